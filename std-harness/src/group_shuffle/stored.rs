//! GS matrices in `.safetensors` files, each with the header of the core's format in the metadata.
//!
//! A matrix `N` is the tensor `N.theta` (strict upper triangles, [factors, blocks, b(b − 1)/2]) or `N.blocks`
//! ([factors, blocks, b, b]), with `N.scale` where each output has a scale, and metadata `N:group_shuffle.…`, the
//! header's keys. A block butterfly matrix of m factors is m matrices of one factor each, `N#00`, `N#01`, …; the
//! metadata `N#01:butterfly.factor` tells between which permutation and its inverse the factor acts (see
//! [`butterfly`](super::butterfly)), and factor 0 acts first.

use std::collections::BTreeMap;
use std::path::Path;

use reparam::group_shuffle::format::{Header, Storage};
use reparam::group_shuffle::{Shape, cayley};

use super::failed;
use crate::data::Array;
use crate::data::safetensors::{Precision, Reader, write};
use crate::{Error, Result};

const BUTTERFLY: &str = "butterfly.factor";

/// One matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// What its numbers mean.
    pub header: Header,
    /// Its numbers.
    pub values: Vec<f64>,
    /// A scale for each output.
    pub scale: Option<Vec<f64>>,
    /// Which factor of a butterfly it is.
    pub butterfly: Option<usize>,
}

impl Matrix {
    /// The Cayley parameters in this program's sign and factor; an error for blocks that have none.
    pub fn theta(&self) -> Result<Vec<f64>> {
        let mut values = self.values.clone();
        let header = self.header.normalize(&mut values).map_err(failed)?;
        let shape = header.shape;
        if header.storage == Storage::Parameters {
            return Ok(values);
        }
        let b = shape.block();
        let mut theta = vec![0.0; shape.parameter_len()];
        let mut scratch = vec![0.0; cayley::inverse_scratch_len(b)];
        cayley::inverses(shape, &values, &mut theta, &mut scratch, &mut vec![0; b]).map_err(failed)?;
        Ok(theta)
    }

    /// The blocks.
    pub fn blocks(&self) -> Result<Vec<f64>> {
        if self.header.storage == Storage::Blocks {
            return Ok(self.values.clone());
        }
        blocks(self.header.shape, &self.theta()?)
    }
}

/// The blocks of Cayley parameters.
pub fn blocks(shape: Shape, theta: &[f64]) -> Result<Vec<f64>> {
    let mut blocks = vec![0.0; shape.block_len()];
    cayley::blocks(shape, theta, &mut blocks, &mut vec![0; cayley::pivot_len(shape.block())])
        .map_err(failed)?;
    Ok(blocks)
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// Matrices by name.
    pub matrices: BTreeMap<String, Matrix>,
    /// Other tensors.
    pub tensors: BTreeMap<String, Array>,
    /// Other metadata.
    pub texts: BTreeMap<String, String>,
}

impl Stored {
    /// Writes it, whole or not at all.
    pub fn write(&self, path: &Path, precision: Precision) -> Result<()> {
        let (mut tensors, mut texts) = (self.tensors.clone(), self.texts.clone());
        for (name, Matrix { header, values, scale, butterfly }) in &self.matrices {
            let shape = header.shape;
            let (b, counts) = (shape.block(), [shape.factors(), shape.blocks()]);
            let (part, axes) = match header.storage {
                Storage::Parameters => ("theta", [&counts[..], &[cayley::parameter_len(b)]].concat()),
                Storage::Blocks => ("blocks", [&counts[..], &[b, b]].concat()),
            };
            tensors.insert(format!("{name}.{part}"), Array { shape: axes, values: values.clone() });
            if let Some(scale) = scale {
                tensors.insert(
                    format!("{name}.scale"),
                    Array { shape: vec![scale.len()], values: scale.clone() },
                );
            }
            texts.extend(header.entries().map(|(key, value)| (format!("{name}:{key}"), value.to_string())));
            texts.extend(butterfly.map(|factor| (format!("{name}:{BUTTERFLY}"), factor.to_string())));
        }
        write(path, &tensors, precision, &texts)
    }

    /// Reads a file that [`write`](Self::write) wrote.
    pub fn read(path: &Path) -> Result<Self> {
        let mut reader = Reader::open(path)?;
        let mut stored = Self { texts: reader.all_metadata(), ..Self::default() };
        let names: Vec<String> = stored
            .texts
            .keys()
            .filter_map(|key| key.strip_suffix(":group_shuffle.version").map(str::to_owned))
            .collect();
        for name in reader.names() {
            let array = reader.read(&name)?;
            stored.tensors.insert(name, array);
        }
        for name in names {
            let fail = |what: String| Error::failed(format!("matrix {name:?}: {what}")).file(path);
            let prefix = format!("{name}:");
            let entries =
                stored.texts.iter().filter_map(|(key, text)| Some((key.strip_prefix(&prefix)?, &text[..])));
            let header = Header::parse(entries).map_err(|e| fail(e.to_string()))?;
            let butterfly = match stored.texts.get(&format!("{prefix}{BUTTERFLY}")) {
                Some(text) => {
                    Some(text.parse().map_err(|_| fail(format!("{BUTTERFLY} is {text:?}, no number")))?)
                }
                None => None,
            };
            stored.texts.retain(|key, _| !key.starts_with(&prefix));
            let part = if header.storage == Storage::Parameters { "theta" } else { "blocks" };
            let missing = || fail(format!("no tensor \"{name}.{part}\""));
            let array = stored.tensors.remove(&format!("{name}.{part}")).ok_or_else(missing)?;
            if array.values.len() != header.len() {
                let (found, expected) = (array.values.len(), header.len());
                return Err(fail(format!(
                    "{found} numbers in \"{name}.{part}\", the header asks for {expected}"
                )));
            }
            let scale = stored.tensors.remove(&format!("{name}.scale")).map(|scale| scale.values);
            stored.matrices.insert(name, Matrix { header, values: array.values, scale, butterfly });
        }
        if stored.matrices.is_empty() {
            return Err(Error::failed("no matrix: none of its metadata ends in `:group_shuffle.version`")
                .file(path)
                .remedy("give a file that `reparam group-shuffle` wrote"));
        }
        Ok(stored)
    }
}

#[cfg(test)]
mod tests {
    use reparam::group_shuffle::format::{Sign, Storage};

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let shape = Shape::new(3, 2, 2).unwrap();
        let theta: Vec<f64> = (0..12).map(|k| 0.1 * f64::from(k) - 0.5).collect();
        let matrix = |header, values| Matrix { header, values, scale: None, butterfly: None };
        let ours = Header::new(shape);
        let mut stored = Stored::default();
        stored
            .matrices
            .insert("a".into(), Matrix { scale: Some(vec![1.0, 2.0]), ..matrix(ours, theta.clone()) });
        let opposite = theta.iter().map(|x| -x).collect();
        stored.matrices.insert("a.b".into(), matrix(Header { sign: Sign::Minus, ..ours }, opposite));
        let whole = matrix(Header { storage: Storage::Blocks, ..ours }, blocks(shape, &theta).unwrap());
        stored.matrices.insert("c#1".into(), Matrix { butterfly: Some(1), ..whole });
        stored.tensors.insert("other".into(), Array { shape: vec![1], values: vec![7.0] });
        stored.texts.insert("key".into(), "text".into());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.safetensors");
        stored.write(&path, Precision::F64).unwrap();
        let read = Stored::read(&path).unwrap();
        assert_eq!(read, stored);
        for matrix in read.matrices.values() {
            let found = matrix.theta().unwrap();
            assert!(found.iter().zip(&theta).all(|(a, b)| (a - b).abs() < 1e-12), "{matrix:?}");
            assert_eq!(matrix.blocks().unwrap().len(), shape.block_len());
        }

        stored.matrices.clear();
        stored.write(&path, Precision::F64).unwrap();
        assert!(Stored::read(&path).unwrap_err().to_string().contains("no matrix"));
        stored.texts.insert("n:group_shuffle.version".into(), "1".into());
        stored.write(&path, Precision::F64).unwrap();
        let message = Stored::read(&path).unwrap_err().to_string();
        assert!(message.contains("matrix \"n\"") && message.contains("group_shuffle.block"), "{message}");
    }
}
