//! Types of other crates: `serde`, `nalgebra`, `defmt`. Each part is tested where its feature is enabled.

#[cfg(feature = "serde")]
mod serde_round_trip {
    use std::fmt::Debug;

    use reparam::dense::Matrix;
    use reparam::diagonal::Rule;
    use reparam::diagonal::rule::{Floored, HyperbolicEntropy, Proportionate};
    use reparam::givens::search::{Ask, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Search};
    use reparam::givens::{Chart, Frame, Plane, Rotation};
    use reparam::group_shuffle::GroupShuffle;
    use reparam::group_shuffle::online::Rate;
    use reparam::implicit::Process;
    use reparam::implicit::process::Method;
    use serde::{Serialize, de::DeserializeOwned};

    fn returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let text = serde_json::to_string(value).unwrap();
        let back: T = serde_json::from_str(&text).unwrap();
        assert_eq!(back, *value, "{text}");
    }

    #[test]
    fn values_return_bit_by_bit() {
        let chart = Chart::<f64, 5, 2, 7>::new([0.1, -0.2, 0.3, 1.4, -1.5, 0.6, 1.0 / 3.0]).unwrap();
        returns(&chart);
        returns(&chart.frame());
        returns(&Chart::<f32, 3, 3, 3>::with_reflection([0.1, 0.2, 0.3], true).unwrap());
        returns(&Matrix([[1.0f32, 2.0, 0.1], [4.0, 5.0, 1e-30]]));
        let turn = [[0.6, 0.8], [-0.8, 0.6]];
        returns(
            &GroupShuffle::<f64, 2, 3, 2>::from_blocks([[turn; 3], [[[0.0, 1.0], [1.0, 0.0]]; 3]]).unwrap(),
        );
        returns(&Rate::Normalized { eta: 0.5f32, offset: 0.1 });
        returns(&Rotation::new(0.3f64));
        returns(&Plane { i: 2, j: 7 });
        returns(&PatternConfig::<f32>::default());
        returns(&PlaneConfig::<f64>::default());
        // More elements than serde's own arrays hold.
        returns(&Matrix::<f64, 9, 9>::from_fn(|i, j| 1.0 / (1 + i + j) as f64));
    }

    /// A search that was saved in the middle goes on as if nothing had happened.
    fn goes_on<S: Search<f64> + Serialize + DeserializeOwned>(mut search: S) {
        let mut told = 0u32;
        loop {
            let Ask::Rotated(question) = search.ask() else {
                search.tell(1.0);
                continue;
            };
            told += 1;
            if told == 20 {
                break;
            }
            search.tell(question.rotation.s);
        }
        let mut copy: S = serde_json::from_str(&serde_json::to_string(&search).unwrap()).unwrap();
        for _ in 0..50 {
            assert_eq!(copy.ask(), search.ask());
            let value = if let Ask::Rotated(question) = search.ask() { question.rotation.c } else { 0.5 };
            assert_eq!(copy.tell(value), search.tell(value));
        }
        assert_eq!(copy.report(), search.report());
    }

    #[test]
    fn searches_go_on_from_what_was_saved() {
        goes_on(PatternSearch::new(5, PatternConfig::default()).unwrap());
        goes_on(PlaneSearch::new(5, None, PlaneConfig::default()).unwrap());
    }

    #[test]
    fn rules_come_back() {
        returns(&Floored::new(0.25).unwrap());
        returns(&HyperbolicEntropy::new(0.25).unwrap());
        let mut shown = Proportionate::new(2, 0.5, 0.1).unwrap();
        shown.observe(&[1.0, -3.0], &[0.0; 2]);
        returns(&shown);
        returns(&Process::new(3, 2, 0.5, Method::Factors).unwrap());
    }

    #[test]
    fn text_is_checked_like_any_input() {
        let not_orthonormal = serde_json::from_str::<Frame<f64, 2, 1>>("[1.0, 1.0]").unwrap_err();
        assert!(not_orthonormal.to_string().contains("not orthonormal"), "{not_orthonormal}");
        assert!(serde_json::from_str::<Frame<f64, 2, 1>>("[1.0]").is_err());
        assert!(serde_json::from_str::<Matrix<f64, 2, 1>>("[1.0, 2.0, 3.0]").is_err());
        assert!(serde_json::from_str::<GroupShuffle<f64, 1, 2, 1>>("[1.0, 0.5]").is_err());
        assert!(serde_json::from_str::<Floored<f64>>(r#"{"floor": -1.0}"#).is_err());
        assert!(serde_json::from_str::<HyperbolicEntropy<f64>>(r#"{"scale": 0.0}"#).is_err());
        let no_gain = r#"{"proportion": 0.0, "regularization": 0.1, "base": 0.0, "slope": 1.0}"#;
        assert!(serde_json::from_str::<Proportionate<f64>>(no_gain).is_err());
        let unstable = r#"{"n": 2, "actions": 1, "eta": 1.5, "method": "Factors"}"#;
        assert!(serde_json::from_str::<Process<f64>>(unstable).is_err());
        // More rows than columns have no reflection.
        assert!(serde_json::from_str::<Chart<f64, 2, 1, 1>>("[[0.5], true]").is_err());
    }
}

#[cfg(feature = "nalgebra")]
mod nalgebra_conversions {
    use nalgebra::SMatrix;
    use reparam::dense::Matrix;
    use reparam::givens::{Chart, Error, Frame};

    #[test]
    fn matrices_keep_their_places() {
        let ours = Matrix([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let theirs: SMatrix<f32, 2, 3> = ours.into();
        assert_eq!(theirs, SMatrix::<f32, 2, 3>::new(1.0, 2.0, 3.0, 4.0, 5.0, 6.0));
        assert_eq!(Matrix::from(theirs), ours);
    }

    #[test]
    fn frames_keep_their_places_and_are_checked() {
        let ours = Chart::<f64, 4, 2, 5>::new([0.1, 0.2, 0.3, 0.4, 0.5]).unwrap().frame();
        let theirs: SMatrix<f64, 4, 2> = ours.into();
        assert_eq!(theirs[(3, 0)], ours.rows()[3][0]);
        assert_eq!(Frame::try_from(theirs), Ok(ours));
        assert!(matches!(Frame::try_from(2.0 * theirs), Err(Error::NotOrthonormal { .. })));
    }
}

#[cfg(feature = "defmt")]
mod defmt_formats {
    use reparam::{dense, givens, group_shuffle};

    fn formats<T: defmt::Format>() {}

    #[test]
    fn errors_reports_and_settings_can_be_logged() {
        formats::<dense::Error>();
        formats::<givens::Error>();
        formats::<group_shuffle::Error>();
        formats::<group_shuffle::GroupShuffle<f32, 2, 2, 2>>();
        formats::<group_shuffle::online::Rate<f32>>();
        formats::<givens::Plane>();
        formats::<givens::Rotation<f32>>();
        formats::<givens::search::Report<f32>>();
        formats::<givens::search::Ask<f32>>();
        formats::<givens::search::PatternConfig<f32>>();
        formats::<givens::search::PlaneConfig<f32>>();
    }
}
