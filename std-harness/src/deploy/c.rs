//! A C header: sizes as macros, arrays as `static const`, all names prefixed.

use std::fmt::Write;

use super::artifact::{Artifact, Constant, Values};
use super::literal::{Syntax, comment};

const SYNTAX: Syntax = Syntax { open: '{', close: '}', f32_suffix: "f", u64_suffix: "u" };

/// The constants of the artifact.
pub fn header(artifact: &Artifact) -> String {
    let mut text = String::new();
    block("/*", artifact.header(), &mut text);
    let guard = format!("{}_H", artifact.name.to_uppercase());
    let _ = write!(
        text,
        "#ifndef {guard}\n#define {guard}\n\n#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n"
    );
    for constant in &artifact.constants {
        // C has no arrays without elements.
        if !constant.values.is_empty() {
            text.push('\n');
            item(&artifact.name, constant, &mut text);
        }
    }
    let _ = write!(text, "\n#endif\n");
    text
}

fn item(prefix: &str, constant: &Constant, text: &mut String) {
    block("/**", comment(&constant.doc), text);
    let name = format!("{prefix}_{}", constant.name);
    let scalar = match constant.values {
        Values::F32(_) => "float",
        Values::F64(_) => "double",
        Values::U64(_) => "uint64_t",
        Values::U32(_) => "uint32_t",
        Values::U16(_) => "uint16_t",
        Values::U8(_) => "uint8_t",
        Values::I8(_) => "int8_t",
        Values::Size(value) => {
            let _ = writeln!(text, "#define {} ((size_t){value})", name.to_uppercase());
            return;
        }
        Values::Bool(value) => {
            let _ = writeln!(text, "#define {} {value}", name.to_uppercase());
            return;
        }
    };
    let literals = SYNTAX.literals(&constant.values);
    if constant.shape.is_empty() {
        let _ = writeln!(text, "static const {scalar} {name} = {};", literals.concat());
        return;
    }
    let axes: String = constant.shape.iter().map(|length| format!("[{length}]")).collect();
    let _ =
        writeln!(text, "static const {scalar} {name}{axes} = {};", SYNTAX.array(&constant.shape, &literals));
}

fn block(open: &str, lines: Vec<String>, text: &mut String) {
    match &lines[..] {
        [line] => {
            let _ = writeln!(text, "{open} {line} */");
        }
        lines => {
            let _ = writeln!(text, "{open}");
            for line in lines {
                *text += format!(" * {line}").trim_end();
                text.push('\n');
            }
            *text += " */\n";
        }
    }
}
