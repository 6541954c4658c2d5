//! The few fields of a 32-bit ELF file that say what it costs.

use std::fs;
use std::path::Path;

use crate::Error;

const PROGRAM_DATA: u32 = 1;
const NO_DATA: u32 = 8;
const WRITABLE: u32 = 1;
const LOADED: u32 = 2;

/// What a linked program occupies, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Code, constants, and the initial values of statics.
    pub flash: u64,
    /// Statics.
    pub ram: u64,
}

/// A section of an ELF file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    kind: u32,
    flags: u32,
}

/// The sizes of a linked program.
pub fn sizes(file: &Path) -> Result<Sizes, Error> {
    Ok(sum(&sections(file)?))
}

/// The sections of an ELF file.
pub fn sections(file: &Path) -> Result<Vec<Section>, Error> {
    let error = |why: String| Error::File { path: file.to_owned(), why };
    let bytes = fs::read(file).map_err(|why| error(why.to_string()))?;
    parse(&bytes).ok_or_else(|| error("not a 32-bit little-endian ELF file".into()))
}

/// Flash holds what is loaded and has content, RAM what is loaded and writable. Unwinding tables do not count:
/// the link scripts of firmware drop them.
pub fn sum(sections: &[Section]) -> Sizes {
    let total = |want: &dyn Fn(&Section) -> bool| {
        sections
            .iter()
            .filter(|s| s.flags & LOADED != 0 && s.name != ".ARM.exidx" && want(s))
            .map(|s| s.size)
            .sum()
    };
    Sizes {
        flash: total(&|s| s.kind == PROGRAM_DATA || s.kind != NO_DATA && s.flags & WRITABLE == 0),
        ram: total(&|s| s.flags & WRITABLE != 0),
    }
}

fn parse(bytes: &[u8]) -> Option<Vec<Section>> {
    if !bytes.starts_with(b"\x7fELF\x01\x01") {
        return None;
    }
    let headers = word(bytes, 0x20)? as usize;
    let header_size = half(bytes, 0x2e)? as usize;
    let count = half(bytes, 0x30)? as usize;
    let names_index = half(bytes, 0x32)? as usize;
    let header = |index: usize| headers.checked_add(index.checked_mul(header_size)?);
    let names = word(bytes, header(names_index)?.checked_add(0x10)?)? as usize;
    (0..count)
        .map(|index| {
            let at = header(index)?;
            let name = bytes.get(names.checked_add(word(bytes, at)? as usize)?..)?;
            let name = name.get(..name.iter().position(|&byte| byte == 0)?)?;
            Some(Section {
                name: String::from_utf8_lossy(name).into_owned(),
                kind: word(bytes, at + 4)?,
                flags: word(bytes, at + 8)?,
                size: word(bytes, at + 0x14)?.into(),
            })
        })
        .collect()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.get(..4)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..)?.get(..2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of four sections: none, names, code, zeroed statics.
    fn file() -> Vec<u8> {
        let names = b"\0.names\0.text\0.bss\0";
        let mut bytes = vec![0; 52];
        bytes[..6].copy_from_slice(b"\x7fELF\x01\x01");
        bytes.extend_from_slice(names);
        let headers = bytes.len() as u32;
        bytes[0x20..0x24].copy_from_slice(&headers.to_le_bytes());
        bytes[0x2e..0x34].copy_from_slice(&[40, 0, 4, 0, 1, 0]);
        let size = names.len() as u32;
        for [name, kind, flags, offset, size] in
            [[0; 5], [1, 3, 0, 52, size], [8, PROGRAM_DATA, 6, 0, 100], [14, NO_DATA, 3, 0, 24]]
        {
            for word in [name, kind, flags, 0, offset, size, 0, 0, 0, 0] {
                bytes.extend_from_slice(&u32::to_le_bytes(word));
            }
        }
        bytes
    }

    #[test]
    fn reads_names_and_sizes() {
        let sections = parse(&file()).unwrap();
        let names: Vec<_> = sections.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["", ".names", ".text", ".bss"]);
        assert_eq!(sum(&sections), Sizes { flash: 100, ram: 24 });
    }

    #[test]
    fn a_truncated_file_is_refused() {
        let file = file();
        // The last 16 bytes of a header say nothing about sizes.
        assert!((0..file.len() - 16).all(|length| parse(&file[..length]).is_none()));
        assert_eq!(parse(b"#!/bin/sh"), None);
    }

    #[test]
    fn initial_values_count_twice() {
        let data = Section { name: ".data".into(), size: 8, kind: PROGRAM_DATA, flags: WRITABLE | LOADED };
        assert_eq!(sum(&[data]), Sizes { flash: 8, ram: 8 });
    }
}
