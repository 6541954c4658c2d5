//! What the writers share: nested lists of literals, lines that fit, text that is safe in a comment.

use super::artifact::Values;

/// Columns of a generated line.
const WIDTH: usize = 100;

/// How a language writes lists and numbers.
#[derive(Clone, Copy)]
pub(super) struct Syntax {
    pub(super) open: char,
    pub(super) close: char,
    /// Behind an `f32`.
    pub(super) f32_suffix: &'static str,
    /// Behind a `u64`.
    pub(super) u64_suffix: &'static str,
}

impl Syntax {
    /// The values as literals. `{:?}` writes the shortest decimal number that reads back to the same bits, and
    /// marks it as a floating-point one by a point or an exponent.
    pub(super) fn literals(self, values: &Values) -> Vec<String> {
        fn of<T: std::fmt::Debug>(values: &[T], suffix: &str) -> Vec<String> {
            values.iter().map(|value| format!("{value:?}{suffix}")).collect()
        }
        match values {
            Values::F32(values) => of(values, self.f32_suffix),
            Values::F64(values) => of(values, ""),
            Values::U64(values) => of(values, self.u64_suffix),
            Values::U32(values) => of(values, ""),
            Values::U16(values) => of(values, ""),
            Values::U8(values) => of(values, ""),
            Values::I8(values) => of(values, ""),
            Values::Size(value) => of(&[value], ""),
            Values::Bool(value) => of(&[value], ""),
        }
    }

    /// The items as an array of this shape, from the current column on.
    pub(super) fn array(self, shape: &[usize], items: &[String]) -> String {
        let mut text = String::new();
        self.nest(shape, items, 0, &mut text);
        text
    }

    fn nest(self, shape: &[usize], items: &[String], depth: usize, text: &mut String) {
        let indent = "    ".repeat(depth + 1);
        text.push(self.open);
        match shape {
            [] | [_] => {
                let line = items.join(", ");
                if depth > 0 && indent.len() + line.len() + 3 <= WIDTH || items.is_empty() {
                    *text += &line;
                    text.push(self.close);
                    return;
                }
                let mut column = WIDTH;
                for item in items {
                    if column + item.len() + 2 > WIDTH {
                        *text += "\n";
                        *text += &indent;
                        column = indent.len();
                    } else {
                        text.push(' ');
                        column += 1;
                    }
                    *text += item;
                    text.push(',');
                    column += item.len() + 1;
                }
            }
            [count, rest @ ..] => {
                let each = items.len().checked_div(*count).unwrap_or(0);
                for index in 0..*count {
                    *text += "\n";
                    *text += &indent;
                    self.nest(rest, &items[index * each..(index + 1) * each], depth + 1, text);
                    text.push(',');
                }
                if *count == 0 {
                    text.push(self.close);
                    return;
                }
            }
        }
        *text += "\n";
        *text += &"    ".repeat(depth);
        text.push(self.close);
    }
}

/// Text as lines that fit behind a comment mark.
pub(super) fn comment(text: &str) -> Vec<String> {
    let safe = text.replace("*/", "* /").replace("/*", "/ *");
    let mut lines = vec![String::new()];
    for word in safe.split_whitespace() {
        let last = lines.last_mut().expect("never empty");
        if last.is_empty() {
            *last = word.to_owned();
        } else if last.chars().count() + word.chars().count() + 5 <= WIDTH {
            *last += " ";
            *last += word;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUST: Syntax = Syntax { open: '[', close: ']', f32_suffix: "", u64_suffix: "" };

    #[test]
    fn arrays_nest_and_wrap() {
        let literals = RUST.literals(&Values::F32(vec![1.0, -0.0, 1e-30, 0.1, 3.4028235e38, 16777216.0]));
        assert_eq!(literals, ["1.0", "-0.0", "1e-30", "0.1", "3.4028235e38", "16777216.0"]);
        assert_eq!(
            RUST.array(&[2, 3], &literals),
            "[\n    [1.0, -0.0, 1e-30],\n    [0.1, 3.4028235e38, 16777216.0],\n]"
        );
        assert_eq!(RUST.array(&[0, 3], &[]), "[]");
        assert_eq!(RUST.array(&[0], &[]), "[]");
        let long = RUST.array(&[40], &RUST.literals(&Values::U16(vec![12345; 40])));
        assert!(long.lines().all(|line| line.len() <= WIDTH) && long.lines().count() == 6, "{long}");
        let deep = RUST.array(&[1, 2, 1], &RUST.literals(&Values::U8(vec![1, 2])));
        assert_eq!(deep, "[\n    [\n        [1],\n        [2],\n    ],\n]");
    }

    #[test]
    fn comments_cannot_end_early() {
        assert_eq!(comment("a */ b\n# define c"), ["a * / b # define c"]);
        assert_eq!(comment(&"word ".repeat(30)).len(), 2);
    }
}
