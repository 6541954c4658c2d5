//! The public functions of the core, found in its source.
//!
//! The lint `unreachable_pub` makes this exact: what is `pub` can be reached by a user.

use std::fs;
use std::path::Path;

/// A public function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// The top module.
    pub(crate) room: String,
    /// The type or trait of a method, the file of a function.
    pub(crate) owner: String,
    /// The name.
    pub(crate) name: String,
}

impl std::fmt::Display for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}::{}", self.owner, self.name)
    }
}

/// The public functions below `src`.
pub(crate) fn functions(src: &Path) -> Result<Vec<Function>, String> {
    let mut functions = Vec::new();
    for entry in sorted(src)? {
        let room = stem(&entry);
        if room != "lib" {
            visit(&entry, &room, &mut functions)?;
        }
    }
    Ok(functions)
}

fn visit(path: &Path, room: &str, functions: &mut Vec<Function>) -> Result<(), String> {
    if path.is_dir() {
        return sorted(path)?.iter().try_for_each(|path| visit(path, room, functions));
    }
    if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let owner = match stem(path) {
            stem if stem == "mod" => path.parent().map(self::stem).unwrap_or_default(),
            stem => stem,
        };
        scan(&text, room, &owner, functions);
    }
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let entries = folder.read_dir().map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// rustfmt puts every item of a module at the left margin and every method one step inside.
fn scan(text: &str, room: &str, file: &str, functions: &mut Vec<Function>) {
    let mut block: Option<(String, bool)> = None;
    for line in text.lines() {
        if line.starts_with("#[cfg(test)]") {
            return;
        }
        let header = line.strip_prefix("pub trait ").map(|rest| (rest, true));
        let header = header.or_else(|| line.strip_prefix("impl").map(|rest| (after_generics(rest), false)));
        if let Some((rest, is_trait)) = header {
            block = Some((identifier(rest).to_owned(), is_trait));
        } else if line.starts_with('}') {
            block = None;
        }
        let (indent, item) = (line.len() - line.trim_start().len(), line.trim_start());
        let name = function_name(item, matches!(block, Some((_, true))) && indent == 4);
        if let Some(name) = name {
            let owner = match &block {
                Some((owner, _)) if indent == 4 => owner.clone(),
                _ => file.to_owned(),
            };
            functions.push(Function { room: room.to_owned(), owner, name: name.to_owned() });
        }
    }
}

/// The name of a public function that starts on this line; in a trait every function is public.
fn function_name(item: &str, in_trait: bool) -> Option<&str> {
    let item = if in_trait { item } else { item.strip_prefix("pub ")? };
    let item = item.strip_prefix("const ").unwrap_or(item);
    let item = item.strip_prefix("unsafe ").unwrap_or(item);
    item.strip_prefix("fn ").map(identifier)
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

fn after_generics(text: &str) -> &str {
    let mut depth = 0;
    for (index, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        if depth == 0 && c != '>' {
            return text[index..].trim_start();
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_functions_methods_and_trait_methods() {
        let source = "\
pub fn free<T>(x: T) {}
pub(crate) fn hidden() {}
impl<T: Into<f32>, const N: usize> Matrix<T, N> {
    pub const fn zeros() -> Self {
        fn inner() {}
    }
    fn private() {}
}
impl<T> Search<T> for Pattern<T> {
    fn ask(&self) {}
}
pub trait Search<T> {
    fn ask(&self);
    fn tell(&self) {}
}
pub const fn scratch_len() -> usize {}
#[cfg(test)]
mod tests {
    pub fn helper() {}
}
";
        let mut functions = Vec::new();
        scan(source, "dense", "lu", &mut functions);
        let names: Vec<_> = functions.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["lu::free", "Matrix::zeros", "Search::ask", "Search::tell", "lu::scratch_len"]);
    }
}
