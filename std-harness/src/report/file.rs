//! Files that appear whole or not at all.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::{Error, Result};

/// Writes `bytes` to `path`: into a temporary file in the same folder, synced, then renamed over it. After
/// Ctrl-C, a kill, a full disk or a power cut, `path` holds its old content or the new one.
pub fn write_atomic(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    let path = path.as_ref();
    let fail = |e: std::io::Error| {
        Error::io("write", path, &e).remedy("check that the folder exists, is writable and has free space")
    };
    // A link, a pipe or a device is not replaced by a file: write through a link, straight into the others.
    if let Ok(real) = path.canonicalize() {
        if !real.is_file() && !real.is_dir() {
            return std::fs::write(real, bytes).map_err(fail);
        }
        if real != path && path.is_symlink() {
            return write_atomic(real, bytes);
        }
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".reparam-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the umask takes its part away.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary: NamedTempFile = builder.tempfile_in(folder).map_err(fail)?;
    temporary.write_all(bytes).and_then(|()| temporary.as_file().sync_all()).map_err(fail)?;
    temporary.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
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
