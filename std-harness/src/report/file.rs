//! Files that appear whole or not at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::{Error, Result};

/// Writes `bytes` to `path`: into a temporary file in the same folder, synced, then renamed over it. After
/// Ctrl-C, a kill, a full disk or a power cut, `path` holds its old content or the new one.
pub fn write_atomic(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    write_atomic_with(path, |file| file.write_all(bytes))
}

/// As [`write_atomic`], of what `content` writes bit by bit: the whole need not fit into memory.
pub fn write_atomic_with(
    path: impl AsRef<Path>,
    content: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    let path = path.as_ref();
    let write = |file: &std::fs::File| {
        let mut buffered = BufWriter::with_capacity(1 << 16, file);
        content(&mut buffered)?;
        buffered.flush()
    };
    let fail = |e: std::io::Error| {
        Error::io("write", path, &e).remedy("check that the folder is writable and has free space")
    };
    match destination(path)? {
        Destination::Device(device) => {
            std::fs::File::create(device).and_then(|file| write(&file)).map_err(fail)
        }
        Destination::File { file, folder } => {
            let temporary = temporary(&folder).map_err(fail)?;
            write(temporary.as_file()).and_then(|()| temporary.as_file().sync_all()).map_err(fail)?;
            temporary.persist(file).map_err(|e| fail(e.error)).map(drop)
        }
    }
}

/// Whether [`write_atomic`] could write to `path` now: to be asked before hours of work rather than after them.
pub fn check_writable(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    match destination(path)? {
        Destination::Device(_) => Ok(()),
        Destination::File { folder, .. } => {
            temporary(&folder).map(drop).map_err(|e| Error::io("write", path, &e))
        }
    }
}

/// The file behind `path`, through links. Not there yet: its folder's real name with the file's.
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let folder = folder(path).canonicalize().unwrap_or_else(|_| folder(path).to_owned());
        folder.join(path.file_name().unwrap_or_default())
    })
}

enum Destination {
    /// A pipe or a device: written to, never replaced by a file.
    Device(PathBuf),
    File {
        file: PathBuf,
        folder: PathBuf,
    },
}

fn destination(path: &Path) -> Result<Destination> {
    let file = real(path);
    let names_folder = path.to_string_lossy().ends_with(std::path::is_separator);
    if file.is_dir() || names_folder || path.file_name().is_none() {
        return Err(Error::failed("cannot write: this is a folder").file(path).remedy("name a file in it"));
    }
    if file.exists() && !file.is_file() {
        return Ok(Destination::Device(file));
    }
    let folder = folder(&file).to_owned();
    if !folder.is_dir() {
        let what = format!("cannot write: there is no folder {}", folder.display());
        return Err(Error::failed(what).file(path).remedy("make the folder first"));
    }
    Ok(Destination::File { file, folder })
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".reparam-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the umask takes its part away.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    // The name of a file that nobody asked for would only confuse.
    builder.tempfile_in(folder).map_err(|e| e.kind().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = write_atomic(folder.path().join("no/such/out.json"), b"x").unwrap_err();
        assert!(error.to_string().contains("no/such/out.json: cannot write"), "{error}");
    }
}
