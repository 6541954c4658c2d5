//! Dense arrays from NumPy's `.npy`.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

use npyz::{DType, Deserialize, NpyFile, Order, TypeChar, WriterBuilder};

use super::Array;
use super::safetensors::Precision;
use crate::report::file::write_atomic;
use crate::{Error, Result};

/// Reads floats and integers of any width and byte order, stored in C or Fortran order, as `f64` in C order.
/// NaN, infinities and other element types are errors.
pub fn read(path: &Path) -> Result<Array> {
    let file = File::open(path).map_err(|e| Error::io("read", path, &e))?;
    from_reader(BufReader::new(file), path)
}

/// [`read`] from something else than a file; errors name `path` all the same.
pub fn from_reader(reader: impl Read, path: &Path) -> Result<Array> {
    let npy = NpyFile::new(reader).map_err(|e| {
        if e.raw_os_error().is_some() {
            return Error::io("read", path, &e);
        }
        Error::failed(format!("not a .npy array: {e}"))
            .file(path)
            .remedy("write it with numpy.save, or use another file name for CSV")
    })?;
    let shape = lengths(&npy, path)?;
    let order = npy.order();
    let values = values(npy, path)?;
    let values = match order {
        Order::C => values,
        Order::Fortran => row_major(&values, &shape),
    };
    if let Some(flat) = values.iter().position(|value| !value.is_finite()) {
        let what = format!("element {:?} is {}, which is not finite", index(flat, &shape), values[flat]);
        return Err(Error::failed(what).file(path).remedy("replace or remove such values before saving"));
    }
    Ok(Array { shape, values })
}

/// Writes values in C order as floats of 64 bits, whole or not at all.
pub fn write(path: &Path, shape: &[usize], values: &[f64]) -> Result<()> {
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let mut bytes = Vec::new();
    let written = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&shape)
        .writer(&mut bytes)
        .begin_nd()
        .and_then(|mut writer| writer.extend(values.iter().copied()).and_then(|()| writer.finish()));
    written.map_err(|e| Error::io("write", path, &e))?;
    write_atomic(path, &bytes)
}

/// The precision that holds the elements of a file: 32 bits for floats of 32, else 64.
pub fn precision(path: &Path) -> Result<Precision> {
    let file = File::open(path).map_err(|e| Error::io("read", path, &e))?;
    let npy = NpyFile::new(BufReader::new(file)).map_err(|e| Error::io("read", path, &e))?;
    Ok(match npy.dtype() {
        DType::Plain(kind) if kind.type_char() == TypeChar::Float && kind.num_bytes() == Some(4) => {
            Precision::F32
        }
        _ => Precision::F64,
    })
}

fn lengths<R: Read>(npy: &NpyFile<R>, path: &Path) -> Result<Vec<usize>> {
    let shape: Option<Vec<usize>> = npy.shape().iter().map(|&length| usize::try_from(length).ok()).collect();
    shape
        .filter(|shape| shape.iter().try_fold(1usize, |n, &length| n.checked_mul(length)).is_some())
        .ok_or_else(|| Error::failed("the array is larger than the address space").file(path))
}

fn values<R: Read>(npy: NpyFile<R>, path: &Path) -> Result<Vec<f64>> {
    let dtype = npy.dtype();
    let DType::Plain(kind) = &dtype else { return Err(unsupported(&dtype, path)) };
    match (kind.type_char(), kind.num_bytes()) {
        (TypeChar::Float, Some(8)) => convert::<f64, _>(npy, |x| x),
        (TypeChar::Float, Some(4)) => convert::<f32, _>(npy, f64::from),
        (TypeChar::Int, Some(8)) => convert::<i64, _>(npy, |x| x as f64),
        (TypeChar::Int, Some(4)) => convert::<i32, _>(npy, f64::from),
        (TypeChar::Int, Some(2)) => convert::<i16, _>(npy, f64::from),
        (TypeChar::Int, Some(1)) => convert::<i8, _>(npy, f64::from),
        (TypeChar::Uint, Some(8)) => convert::<u64, _>(npy, |x| x as f64),
        (TypeChar::Uint, Some(4)) => convert::<u32, _>(npy, f64::from),
        (TypeChar::Uint, Some(2)) => convert::<u16, _>(npy, f64::from),
        (TypeChar::Uint, Some(1)) => convert::<u8, _>(npy, f64::from),
        _ => return Err(unsupported(&dtype, path)),
    }
    .map_err(|e| match e.kind() {
        ErrorKind::UnexpectedEof => Error::failed("the array is cut short").file(path),
        _ => Error::io("read the array", path, &e),
    })
}

fn unsupported(dtype: &DType, path: &Path) -> Error {
    Error::failed(format!(
        "elements of type {} are neither integers nor floats of 4 or 8 bytes",
        dtype.descr()
    ))
    .file(path)
    .remedy("convert before saving: array.astype(\"f8\")")
}

fn convert<T: Deserialize, R: Read>(npy: NpyFile<R>, number: impl Fn(T) -> f64) -> std::io::Result<Vec<f64>> {
    let data = npy.data::<T>().map_err(std::io::Error::other)?;
    data.map(|value| value.map(&number)).collect()
}

/// Index along each axis of position `flat` in row-major order.
fn index(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut index: Vec<usize> = shape.iter().rev().map(|&length| (flat % length, flat /= length).0).collect();
    index.reverse();
    index
}

/// Values stored with the first axis contiguous, reordered to have the last one contiguous.
fn row_major(values: &[f64], shape: &[usize]) -> Vec<f64> {
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1;
    for &length in shape {
        strides.push(stride);
        stride *= length;
    }
    let place =
        |flat: usize| index(flat, shape).iter().zip(&strides).map(|(i, stride)| i * stride).sum::<usize>();
    (0..values.len()).map(|flat| values[place(flat)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> tempfile::NamedTempFile {
        let fortran = if fortran { "True" } else { "False" };
        let mut header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
        while !(10 + header.len() + 1).is_multiple_of(64) {
            header.push(' ');
        }
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(data);
        let file = tempfile::Builder::new().suffix(".npy").tempfile().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn element_types_and_orders() {
        let expected = Array { shape: vec![2, 3], values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] };
        let c: Vec<u8> = (1..=6).flat_map(|x| f64::from(x).to_le_bytes()).collect();
        assert_eq!(read(npy("<f8", false, "(2, 3)", &c).path()).unwrap(), expected);
        let fortran: Vec<u8> = [1, 4, 2, 5, 3, 6].iter().flat_map(|&x| (x as f32).to_be_bytes()).collect();
        assert_eq!(read(npy(">f4", true, "(2, 3)", &fortran).path()).unwrap(), expected);
        let ints: Vec<u8> = (1i16..=6).flat_map(i16::to_le_bytes).collect();
        assert_eq!(read(npy("<i2", false, "(2, 3)", &ints).path()).unwrap(), expected);
        let cube: Vec<u8> = (0..24).flat_map(|x| f64::from(x).to_le_bytes()).collect();
        let read_cube = read(npy("<f8", true, "(2, 3, 4)", &cube).path()).unwrap();
        // Element (i, j, k) of a Fortran-ordered 2×3×4 array lies at i + 2·j + 6·k.
        assert_eq!(read_cube.values[12 + 2 * 4 + 3], f64::from(1 + 2 * 2 + 6 * 3));
    }

    #[test]
    fn written_arrays_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let array = Array { shape: vec![2, 2], values: vec![1.0, -0.5, 1e-300, 4.0] };
        write(&path, &array.shape, &array.values).unwrap();
        assert_eq!(read(&path).unwrap(), array);
    }

    #[test]
    fn problems_are_named() {
        let nan: Vec<u8> = [1.0, 2.0, f64::NAN, 4.0].iter().flat_map(|x: &f64| x.to_le_bytes()).collect();
        for (file, part) in [
            (npy("<f8", false, "(2, 2)", &nan), "element [1, 0] is NaN"),
            (npy("<f8", false, "(2, 3)", &nan), "cut short"),
            (npy("<c16", false, "(2,)", &nan), "neither integers nor floats"),
        ] {
            let message = read(file.path()).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        let text = tempfile::Builder::new().suffix(".npy").tempfile().unwrap();
        std::fs::write(text.path(), "1,2\n").unwrap();
        assert!(read(text.path()).unwrap_err().to_string().contains("numpy.save"));
    }
}
