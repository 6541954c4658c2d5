//! Fixed-length sequences in serde, whose arrays stop at 32 elements.

use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// Fills `target` from a sequence of exactly its length.
pub(crate) fn fill<'de, T, D>(deserializer: D, target: &mut [T]) -> Result<(), D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_seq(Fill(target))
}

struct Fill<'a, T>(&'a mut [T]);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fill<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a sequence of {} elements", self.0.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let length = self.0.len();
        for (filled, slot) in self.0.iter_mut().enumerate() {
            match sequence.next_element()? {
                Some(element) => *slot = element,
                None => return Err(Error::invalid_length(filled, &"more elements")),
            }
        }
        match sequence.next_element::<serde::de::IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(Error::invalid_length(length + 1, &"fewer elements")),
        }
    }
}
