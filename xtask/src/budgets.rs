//! `firmware/budgets.toml`.

use std::collections::BTreeMap;
use std::fs;

use crate::shell;

/// The checked-in budgets.
pub(crate) struct Budgets {
    /// Largest number of instructions by kernel, at opt-level 3.
    pub(crate) instructions: BTreeMap<String, u64>,
}

impl Budgets {
    /// Reads the file.
    pub(crate) fn load() -> Result<Self, String> {
        let path = shell::root().join("firmware/budgets.toml");
        let error = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(&path).map_err(|e| error(&e))?;
        Self::parse(&text).map_err(|e| error(&e))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
        Ok(Self { instructions: counts(&file, "instructions")? })
    }
}

fn counts(table: &toml::Table, key: &str) -> Result<BTreeMap<String, u64>, String> {
    let section = table.get(key).and_then(toml::Value::as_table).ok_or(format!("no section [{key}]"))?;
    section
        .iter()
        .map(|(name, value)| {
            let count = value.as_integer().and_then(|n| u64::try_from(n).ok());
            Ok((name.clone(), count.ok_or(format!("{key}.{name} is not a count"))?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_counts_and_refuses_the_rest() {
        let budgets = Budgets::parse("[instructions]\nsqrt = 4").unwrap();
        assert_eq!(budgets.instructions["sqrt"], 4);
        for text in ["", "instructions = 1", "[instructions]\nsqrt = -4", "[instructions]\nsqrt = \"4\""] {
            assert!(Budgets::parse(text).is_err(), "{text}");
        }
    }
}
