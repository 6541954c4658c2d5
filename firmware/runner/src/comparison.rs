use crate::{Error, Report, Tolerance};

/// How far host and target are apart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Number of values compared.
    pub values: usize,
    /// Largest |host − target|.
    pub largest_difference: f64,
    /// Number of values that differ in any bit.
    pub different_bits: usize,
}

/// Compares every value of two runs of one program. An error where they reported different names or sizes,
/// and where a difference exceeds its tolerance.
pub fn compare(host: &Report, target: &Report) -> Result<Comparison, Error> {
    let disagree = |what: String| Err(Error::Disagree(what));
    let mut result = Comparison::default();
    if host.series.len() != target.series.len() {
        return disagree(format!(
            "the host reported {} series, the target {}",
            host.series.len(),
            target.series.len()
        ));
    }
    for (host, target) in host.series.iter().zip(&target.series) {
        let name = &host.name;
        if *name != target.name {
            return disagree(format!("the host reported {name} where the target reported {}", target.name));
        }
        let (x, y) = (host.words.to_f64(), target.words.to_f64());
        if x.len() != y.len() || std::mem::discriminant(&host.words) != std::mem::discriminant(&target.words)
        {
            return disagree(format!("{name} has another type or length on the target"));
        }
        result.values += x.len();
        if host.words == target.words {
            continue;
        }
        for (index, (x, y)) in x.into_iter().zip(y).enumerate() {
            if x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan() {
                continue;
            }
            result.different_bits += 1;
            let difference = (x - y).abs();
            result.largest_difference = result.largest_difference.max(difference);
            let within = match host.tolerance {
                Tolerance::Exact => false,
                Tolerance::Within(tolerance) => difference <= tolerance,
            };
            if !within {
                return disagree(format!(
                    "{name}[{index}] is {x:e} on the host and {y:e} on the target, allowed difference: {}",
                    match host.tolerance {
                        Tolerance::Exact => "none".to_owned(),
                        Tolerance::Within(tolerance) => format!("{tolerance:e}"),
                    }
                ));
            }
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(host: &str, target: &str) -> Result<Comparison, Error> {
        compare(&Report::parse(host).unwrap(), &Report::parse(target).unwrap())
    }

    #[test]
    fn equal_bits_agree() {
        let nan = "reparam:f32 x exact 7fc00000 3f800000\nreparam:u64 n exact ffffffffffffffff";
        assert_eq!(of(nan, nan).unwrap(), Comparison { values: 3, ..Comparison::default() });
    }

    #[test]
    fn differences_are_found_and_tolerated_as_told() {
        let (one, next) = ("3f800000", "3f800001");
        assert!(of(&format!("reparam:f32 x exact {one}"), &format!("reparam:f32 x exact {next}")).is_err());
        let (one, next) = (format!("reparam:f32 x 2^-23 {one}"), format!("reparam:f32 x 2^-23 {next}"));
        let expected = Comparison { values: 1, largest_difference: 2.0f64.powi(-23), different_bits: 1 };
        assert_eq!(of(&one, &next).unwrap(), expected);
        assert!(of(&one, "reparam:f32 x 2^-23 3f800002").is_err());
        assert!(of(&one, "reparam:f32 x 2^-23 7fc00000").is_err(), "NaN is not near");
        assert!(of("reparam:f32 x exact 00000000", "reparam:f32 x exact 80000000").is_err(), "0 is not −0");
    }

    #[test]
    fn different_reports_disagree() {
        let x = "reparam:u32 x exact 00000001";
        for other in
            ["", "reparam:u32 y exact 00000001", "reparam:u32 x exact", "reparam:f32 x exact 00000001"]
        {
            assert!(of(x, other).is_err(), "{other}");
        }
    }
}
