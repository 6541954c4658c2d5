//! The same constants for programs in other languages.

use serde::{Serialize, Serializer};

use super::artifact::{Artifact, Constant, Values};
use crate::Result;
use crate::report::json::to_string;

/// One JSON object: constants by name, arrays row-major beside their shape.
pub fn object(artifact: &Artifact) -> Result<String> {
    #[derive(Serialize)]
    struct Object<'a> {
        system: &'a str,
        name: &'a str,
        title: &'a str,
        source: &'a str,
        seed: Option<u64>,
        version: &'a str,
        #[serde(serialize_with = "by_name")]
        constants: &'a [Constant],
    }
    to_string(&Object {
        system: artifact.system,
        name: &artifact.name,
        title: &artifact.title,
        source: &artifact.source,
        seed: artifact.seed,
        version: env!("CARGO_PKG_VERSION"),
        constants: &artifact.constants,
    })
}

fn by_name<S: Serializer>(constants: &[Constant], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(constants.iter().map(|constant| (constant.name, View::of(constant))))
}

/// A number or a truth value says itself what it is; an array brings its type and shape.
#[derive(Serialize)]
#[serde(untagged)]
enum View<'a> {
    Plain(&'a Values),
    Array {
        #[serde(rename = "type")]
        kind: &'static str,
        shape: &'a [usize],
        values: &'a Values,
    },
}

impl<'a> View<'a> {
    fn of(Constant { shape, values, .. }: &'a Constant) -> Self {
        let kind = match values {
            Values::F32(_) => "f32",
            Values::F64(_) => "f64",
            Values::U64(_) => "u64",
            Values::U32(_) => "u32",
            Values::U16(_) => "u16",
            Values::U8(_) => "u8",
            Values::I8(_) => "i8",
            Values::Size(_) | Values::Bool(_) => return Self::Plain(values),
        };
        Self::Array { kind, shape, values }
    }
}
