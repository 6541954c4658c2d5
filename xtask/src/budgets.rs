//! `firmware/budgets.toml`.

use std::collections::BTreeMap;
use std::fs;

use crate::shell;

/// The checked-in budgets.
#[derive(Default)]
pub(crate) struct Budgets {
    /// Largest number of instructions by kernel, at opt-level 3.
    pub(crate) instructions: BTreeMap<String, u64>,
    /// Largest flash by kernel linked alone.
    pub(crate) flash: BTreeMap<String, u64>,
    /// By room.
    pub(crate) sizes: BTreeMap<String, SizeBudget>,
}

/// Bytes that a room may take.
pub(crate) struct SizeBudget {
    /// Code and constants of all its kernels together.
    pub(crate) flash: u64,
    /// Statics.
    pub(crate) ram: u64,
    /// The deepest call of its benchmark.
    pub(crate) stack: u64,
}

impl Budgets {
    /// Reads the file.
    pub(crate) fn load() -> Result<Self, String> {
        let path = shell::root().join("firmware/budgets.toml");
        let error = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(&path).map_err(|e| error(&e))?;
        Self::parse(&text).map_err(|e| error(&e))
    }

    /// Reads the text of the file.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let file: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
        let mut budgets = Self::default();
        for (section, value) in &file {
            match section.as_str() {
                "instructions" => budgets.instructions = counts(section, value)?,
                "flash" => budgets.flash = counts(section, value)?,
                "size" => {
                    for (room, value) in table(section, value)? {
                        let name = format!("size.{room}");
                        let counts = counts(&name, value)?;
                        let count = |key: &str| counts.get(key).copied().ok_or(format!("{name} lacks {key}"));
                        let (flash, ram, stack) = (count("flash")?, count("ram")?, count("stack")?);
                        budgets.sizes.insert(room.clone(), SizeBudget { flash, ram, stack });
                    }
                }
                _ => return Err(format!("no section [{section}] is known")),
            }
        }
        Ok(budgets)
    }
}

fn table<'a>(name: &str, value: &'a toml::Value) -> Result<&'a toml::Table, String> {
    value.as_table().ok_or(format!("{name} is not a table"))
}

fn counts(section: &str, value: &toml::Value) -> Result<BTreeMap<String, u64>, String> {
    table(section, value)?
        .iter()
        .map(|(name, value)| {
            let count = value.as_integer().and_then(|n| u64::try_from(n).ok());
            Ok((name.clone(), count.ok_or(format!("{section}.{name} is not a count"))?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_counts_and_refuses_the_rest() {
        let text = "[instructions]\nsqrt = 4\n[flash]\n\"trig::sin_cos\" = 700\n";
        let budgets = Budgets::parse(&format!("{text}[size.trig]\nflash = 1\nram = 2\nstack = 3")).unwrap();
        assert_eq!(budgets.instructions["sqrt"], 4);
        assert_eq!(budgets.flash["trig::sin_cos"], 700);
        let size = &budgets.sizes["trig"];
        assert_eq!([size.flash, size.ram, size.stack], [1, 2, 3]);
        for text in [
            "instructions = 1",
            "[instructions]\nsqrt = -4",
            "[instructions]\nsqrt = \"4\"",
            "[instruction]\nsqrt = 4",
            "[size.trig]\nflash = 1\nram = 2",
        ] {
            assert!(Budgets::parse(text).is_err(), "{text}");
        }
    }
}
