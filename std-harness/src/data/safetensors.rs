//! Named tensors from and to `.safetensors`, the format of weights and adapters.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensors};

use super::Array;
use crate::report::file::write_atomic;
use crate::{Error, Result};

/// Bytes of the length of the header.
const PREFIX: u64 = 8;
/// The format's own bound on the header.
const MAX_HEADER: u64 = 100_000_000;

/// An open file: names, shapes and metadata are known, and a tensor is read when it is asked for. A file of many
/// gigabytes costs no more memory than one of its tensors.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    file: File,
    header: Metadata,
    /// Where the data begins.
    start: u64,
}

impl Reader {
    /// Opens a file and checks its header against its length.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let io = |e: std::io::Error| Error::io("read", path, &e);
        let broken = |what: String| {
            Error::failed(format!("not a .safetensors file: {what}"))
                .file(path)
                .remedy("write it with safetensors.numpy.save_file, or save an array as .npy")
        };
        let mut file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let mut prefix = [0; PREFIX as usize];
        if length < PREFIX {
            return Err(broken(format!("{length} bytes are too few for a header")));
        }
        file.read_exact(&mut prefix).map_err(io)?;
        let header_length = u64::from_le_bytes(prefix);
        if header_length > MAX_HEADER || header_length > length - PREFIX {
            return Err(broken(format!("it announces a header of {header_length} bytes and has {length}")));
        }
        let mut header = vec![0; header_length as usize];
        file.read_exact(&mut header).map_err(io)?;
        let header: Metadata = serde_json::from_slice(&header).map_err(|e| broken(format!("header: {e}")))?;
        let start = PREFIX + header_length;
        let expected = start + header.data_len() as u64;
        if expected != length {
            let what = format!("it has {length} bytes, its header asks for {expected}");
            return Err(Error::failed(what).file(path).remedy("copy or download it again: it is cut short"));
        }
        Ok(Self { path: path.to_owned(), file, header, start })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of the tensors, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.header.offset_keys();
        names.sort_unstable();
        names
    }

    /// Length of each axis of a tensor; `None` if there is none of that name.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.header.info(name).map(|info| info.shape.as_slice())
    }

    /// The precision that holds the elements of a tensor: 64 bits for those of 64, else 32.
    pub fn precision(&self, name: &str) -> Precision {
        match self.header.info(name).map(|info| info.dtype) {
            Some(Dtype::F64) => Precision::F64,
            _ => Precision::F32,
        }
    }

    /// A text of the file's metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.header.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// All texts of the file's metadata, sorted by key.
    pub fn all_metadata(&self) -> BTreeMap<String, String> {
        self.header.metadata().iter().flatten().map(|(key, text)| (key.clone(), text.clone())).collect()
    }

    /// `name` if it is given and there, else the name of the only tensor.
    pub fn choose(&self, name: Option<&str>) -> Result<String> {
        match (name, &self.names()[..]) {
            (Some(name), _) if self.shape(name).is_some() => Ok(name.to_owned()),
            (None, [only]) => Ok(only.clone()),
            (name, names) => {
                let what = match name {
                    Some(name) => format!("no tensor {name:?}"),
                    None => format!("{} tensors, expected one or a name", names.len()),
                };
                Err(Error::usage(what).file(&self.path).remedy(listed(names)))
            }
        }
    }

    /// Reads a tensor of `f64`, `f32`, `f16` or `bf16` as `f64`. NaN, infinities and other element types are
    /// errors.
    pub fn read(&mut self, name: &str) -> Result<Array> {
        let Some(info) = self.header.info(name) else {
            let what = format!("no tensor {name:?}");
            return Err(Error::failed(what).file(&self.path).remedy(listed(&self.names())));
        };
        let (shape, dtype, (from, to)) = (info.shape.clone(), info.dtype, info.data_offsets);
        let io = |e: std::io::Error| Error::io("read", &self.path, &e);
        let mut bytes = vec![0; to - from];
        self.file.seek(SeekFrom::Start(self.start + from as u64)).map_err(io)?;
        self.file.read_exact(&mut bytes).map_err(io)?;
        let values = match dtype {
            Dtype::F64 => numbers(&bytes, f64::from_le_bytes),
            Dtype::F32 => numbers(&bytes, |b| f64::from(f32::from_le_bytes(b))),
            Dtype::F16 => numbers(&bytes, |b| f16::from_le_bytes(b).to_f64()),
            Dtype::BF16 => numbers(&bytes, |b| bf16::from_le_bytes(b).to_f64()),
            _ => {
                let what = format!("tensor {name:?} of shape {shape:?} has elements of type {dtype}");
                return Err(Error::failed(what)
                    .file(&self.path)
                    .remedy("F64, F32, F16 and BF16 are read: convert it before saving"));
            }
        };
        if let Some(position) = values.iter().position(|value| !value.is_finite()) {
            let what = format!(
                "tensor {name:?} of shape {shape:?}: element {position} (row-major) is {}, which is not finite",
                values[position]
            );
            return Err(Error::failed(what).file(&self.path));
        }
        Ok(Array { shape, values })
    }
}

fn numbers<const WIDTH: usize>(bytes: &[u8], number: impl Fn([u8; WIDTH]) -> f64) -> Vec<f64> {
    let (elements, _) = bytes.as_chunks::<WIDTH>();
    elements.iter().map(|&element| number(element)).collect()
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(20).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "the file holds no tensors".into(),
        n if n > 20 => format!("it holds {shown}, … ({n} tensors)"),
        _ => format!("it holds {shown}"),
    }
}

/// How wide the numbers of a written file are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 64 bits.
    F64,
}

/// Writes tensors and metadata to `path`, whole or not at all. The same content gives the same bytes: tensors and
/// metadata are sorted by name.
pub fn write(
    path: impl AsRef<Path>,
    tensors: &BTreeMap<String, Array>,
    precision: Precision,
    metadata: &BTreeMap<String, String>,
) -> Result<()> {
    let path = path.as_ref();
    let bytes = bytes(tensors, precision, metadata).map_err(|e| e.file(path))?;
    write_atomic(path, &bytes)
}

/// The crate's own writer keeps metadata in a hash map, which puts it down in another order in each run.
fn bytes(
    tensors: &BTreeMap<String, Array>,
    precision: Precision,
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>> {
    let fail = |e: &dyn std::fmt::Display| Error::failed(format!("cannot be written as .safetensors: {e}"));
    let (dtype, width) = match precision {
        Precision::F32 => (Dtype::F32, 4),
        Precision::F64 => (Dtype::F64, 8),
    };
    let mut header = serde_json::Map::new();
    if !metadata.is_empty() {
        header.insert("__metadata__".into(), serde_json::to_value(metadata).map_err(|e| fail(&e))?);
    }
    let mut end = 0;
    for (name, Array { shape, values }) in tensors {
        let start = end;
        end += values.len() * width;
        let info = TensorInfo { dtype, shape: shape.clone(), data_offsets: (start, end) };
        header.insert(name.clone(), serde_json::to_value(info).map_err(|e| fail(&e))?);
    }
    let mut header = serde_json::to_vec(&header).map_err(|e| fail(&e))?;
    // The data begins at a multiple of eight bytes.
    header.resize(header.len().next_multiple_of(PREFIX as usize), b' ');
    let mut bytes = Vec::with_capacity(PREFIX as usize + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    for (name, Array { shape, values }) in tensors {
        for (position, &value) in values.iter().enumerate() {
            match precision {
                Precision::F32 => bytes.extend((value as f32).to_le_bytes()),
                Precision::F64 => bytes.extend(value.to_le_bytes()),
            }
            if !(value.is_finite() && (precision == Precision::F64 || (value as f32).is_finite())) {
                let what = format!(
                    "tensor {name:?} of shape {shape:?}: element {position} (row-major) is {value:e}"
                );
                return Err(Error::failed(what).remedy("it is not finite or does not fit into 32 bits"));
            }
        }
    }
    // A shape that does not match its values, or a name twice as long as the format allows.
    SafeTensors::read_metadata(&bytes).map_err(|e| fail(&e))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (BTreeMap<String, Array>, BTreeMap<String, String>) {
        let tensors = [
            ("l", Array { shape: vec![2, 1, 3], values: vec![0.1, -2.5, 3e-30, 4.0, 5.0, -0.0] }),
            ("empty", Array { shape: vec![0, 4], values: vec![] }),
            ("scalar", Array { shape: vec![], values: vec![1.0 / 3.0] }),
        ];
        let metadata = (0..20).map(|k| (format!("key {k}"), "a \"text\"".to_owned())).collect();
        (tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into(), metadata)
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (tensors, metadata) = sample();
        for (name, precision) in [("a", Precision::F64), ("b", Precision::F32)] {
            let path = folder.path().join(name);
            write(&path, &tensors, precision, &metadata).unwrap();
            let mut reader = Reader::open(&path).unwrap();
            assert_eq!(reader.names(), ["empty", "l", "scalar"]);
            assert_eq!(reader.metadata("key 7"), Some("a \"text\""));
            assert_eq!(reader.all_metadata(), metadata);
            assert_eq!(reader.shape("l").unwrap(), [2, 1, 3]);
            for (name, tensor) in &tensors {
                let mut expected = tensor.clone();
                if precision == Precision::F32 {
                    expected.values.iter_mut().for_each(|value| *value = f64::from(*value as f32));
                }
                assert_eq!(reader.read(name).unwrap(), expected);
            }
            // The crate reads it too.
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(SafeTensors::deserialize(&bytes).unwrap().tensor("l").unwrap().shape(), [2, 1, 3]);
        }
    }

    #[test]
    fn half_precision_as_the_crate_writes_it() {
        use safetensors::tensor::{TensorView, serialize};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("half.safetensors");
        let f: Vec<u8> =
            [1.5f32, -0.1, 65504.0].iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
        let b: Vec<u8> = [1.5f32, -0.1, 3e38].iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes()).collect();
        let views = [
            ("f", TensorView::new(Dtype::F16, vec![3], &f).unwrap()),
            ("b", TensorView::new(Dtype::BF16, vec![3], &b).unwrap()),
            ("i", TensorView::new(Dtype::I16, vec![3], &b).unwrap()),
        ];
        std::fs::write(&path, serialize(views, None).unwrap()).unwrap();
        let mut reader = Reader::open(&path).unwrap();
        // Nearest numbers with 11 and 8 significant bits.
        assert_eq!(reader.read("f").unwrap().values, [1.5, -0.099_975_585_937_5, 65504.0]);
        assert_eq!(reader.read("b").unwrap().values[..2], [1.5, -0.100_097_656_25]);
        let message = reader.read("i").unwrap_err().to_string();
        assert!(message.contains("half.safetensors") && message.contains("type I16"), "{message}");
    }

    #[test]
    fn problems_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.safetensors");
        let (mut tensors, metadata) = sample();
        write(&path, &tensors, Precision::F64, &metadata).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.choose(Some("l")).unwrap(), "l");
        assert!(reader.choose(None).unwrap_err().to_string().contains("\"empty\", \"l\", \"scalar\""));
        assert!(reader.choose(Some("m")).unwrap_err().to_string().contains("no tensor \"m\""));
        for (bytes, part) in [
            (&whole[..whole.len() - 1], "cut short"),
            (&whole[..100], "announces a header"),
            (&whole[..5], "too few"),
            (b"\x02\0\0\0\0\0\0\0[]".as_slice(), "header"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff{}".as_slice(), "announces a header"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let message = Reader::open(&path).unwrap_err().to_string();
            assert!(message.contains(part) && message.contains("t.safetensors"), "{message}");
        }
        let mut nan = whole.clone();
        let last = nan.len() - 8;
        nan[last..].copy_from_slice(&f64::NAN.to_le_bytes());
        std::fs::write(&path, nan).unwrap();
        let message = Reader::open(&path).unwrap().read("scalar").unwrap_err().to_string();
        assert!(message.contains("\"scalar\"") && message.contains("not finite"), "{message}");

        tensors.insert("big".into(), Array { shape: vec![1], values: vec![1e300] });
        let message = write(&path, &tensors, Precision::F32, &metadata).unwrap_err().to_string();
        assert!(message.contains("\"big\"") && message.contains("32 bits"), "{message}");
        tensors.insert("big".into(), Array { shape: vec![2], values: vec![1.0] });
        assert!(write(&path, &tensors, Precision::F64, &metadata).is_err());
    }
}
