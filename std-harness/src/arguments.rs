//! Checks of arguments that the systems share.

/// A positive number, for `value_parser`.
pub fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number < 1e9 => Ok(number),
        _ => Err("a positive number is needed".into()),
    }
}
