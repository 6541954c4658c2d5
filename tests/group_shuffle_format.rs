//! The header of a stored matrix.

use proptest::prelude::*;
use reparam::Real;
use reparam::group_shuffle::format::{Factor, Header, KEYS, Layout, Sign, Storage};
use reparam::group_shuffle::{Error, Fault, Shape, Side, cayley};

fn text(header: &Header) -> Vec<(String, String)> {
    header.entries().iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn parse(entries: &[(String, String)]) -> Result<Header, Error> {
    Header::parse(entries.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

fn header() -> impl Strategy<Value = Header> {
    let choices = (0..2_usize, 0..2_usize, 0..2_usize, 0..2_usize, 0..2_usize);
    (1..200_usize, 1..200_usize, 1..9_usize, choices).prop_map(
        |(b, r, m, (layout, storage, sign, factor, side))| Header {
            shape: Shape::new(b, r, m).unwrap(),
            layout: [Layout::ShuffleReturn, Layout::Shuffle][layout],
            storage: [Storage::Parameters, Storage::Blocks][storage],
            sign: [Sign::Plus, Sign::Minus][sign],
            factor: [Factor::One, Factor::Half][factor],
            side: [Side::Weight, Side::Input][side],
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(header in header(), order in any::<u64>()) {
        let mut entries = text(&header);
        // Any order, and among keys of others.
        let places = entries.len();
        entries.rotate_left(usize::try_from(order % places as u64).unwrap());
        entries.push(("format".into(), "pt".into()));
        prop_assert_eq!(parse(&entries), Ok(header));
    }

    #[test]
    fn the_key_at_fault_is_named(header in header(), other in header(), at in 0..KEYS.len()) {
        let key = KEYS[at];
        let entries = text(&header);
        let fault = |fault| Err(Error::Header { key, fault });

        let mut missing = entries.clone();
        missing.remove(at);
        prop_assert_eq!(parse(&missing), fault(Fault::Missing));
        let mut repeated = entries.clone();
        repeated.push(entries[at].clone());
        prop_assert_eq!(parse(&repeated), fault(Fault::Repeated));
        for wrong in ["", "gather", "-1", "+1", "01", "1 ", "99999999999999999999999999", "Plus", "2.0"] {
            let mut entries = entries.clone();
            entries[at].1 = wrong.into();
            prop_assert_eq!(parse(&entries), fault(Fault::Value), "{}", wrong);
        }

        // The first that differs, in the order of the keys.
        let differing = text(&other).into_iter().zip(entries).find(|(a, b)| a != b).map(|(a, _)| a.0);
        match header.require(&other) {
            Ok(()) => prop_assert_eq!(differing, None),
            Err(Error::Header { key, fault: Fault::Differs }) => prop_assert_eq!(differing.as_deref(), Some(key)),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn sizes_must_fit() {
    let mut entries = text(&Header::new(Shape::new(4, 3, 2).unwrap()));
    let dim = KEYS.iter().position(|key| key.ends_with("dim")).unwrap();
    for wrong in ["0", "13", "3"] {
        entries[dim].1 = wrong.into();
        assert_eq!(parse(&entries), Err(Error::Header { key: KEYS[dim], fault: Fault::Value }), "{wrong}");
    }
}

/// The same matrix from the parameters of four programs: written out here by their own formulas, for one plane.
#[test]
fn four_conventions_are_one_rotation() {
    let shape = Shape::new(2, 1, 1).unwrap();
    let t: f64 = 0.3;
    let expected = {
        let norm = 1.0 + t * t;
        [(1.0 - t * t) / norm, 2.0 * t / norm, -2.0 * t / norm, (1.0 - t * t) / norm]
    };
    let stored = [
        (Sign::Plus, Factor::One, t),
        (Sign::Minus, Factor::One, -t),
        (Sign::Plus, Factor::Half, 2.0 * t),
        (Sign::Minus, Factor::Half, -2.0 * t),
    ];
    for (sign, factor, theta) in stored {
        let mut values = [theta];
        let header = Header { sign, factor, ..Header::new(shape) }.normalize(&mut values).unwrap();
        assert_eq!(header, Header::new(shape));
        let mut q = [0.0; 4];
        cayley::blocks(shape, &values, &mut q, &mut []).unwrap();
        assert!(q.iter().zip(expected).all(|(q, e)| (q - e).abs() < 1e-15), "{sign:?} {factor:?}");
    }
    // Blocks are what they are.
    let mut blocks = expected.map(f32::from_f64);
    let header = Header { storage: Storage::Blocks, sign: Sign::Minus, ..Header::new(shape) };
    assert_eq!(header.normalize(&mut blocks).unwrap().sign, Sign::Plus);
    assert_eq!(blocks, expected.map(f32::from_f64));
    assert_eq!(header.normalize(&mut blocks[..3]), Err(Error::Length { expected: 4, found: 3 }));
}
