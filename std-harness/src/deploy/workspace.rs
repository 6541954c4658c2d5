//! Where the firmware's sources are.

use std::env;
use std::path::{Path, PathBuf};

use reparam_runner::Firmware;

use crate::{Error, Result};

/// Environment variable that names the checkout.
pub(super) const VARIABLE: &str = "REPARAM_WORKSPACE";

/// The firmware of the checkout that was asked for, else of the one named in the environment, else of the one
/// around the current folder, else of the one that this program was built from.
pub(super) fn find(asked: Option<&Path>) -> Result<Firmware> {
    let named = asked.map(Path::to_owned).or_else(|| env::var_os(VARIABLE).map(PathBuf::from));
    let root = match named {
        Some(root) if is_checkout(&root) => root,
        Some(root) => {
            return Err(Error::usage("not a checkout of reparam: it has no firmware/runner")
                .file(root)
                .remedy(format!("name the folder with --workspace or {VARIABLE}")));
        }
        None => {
            let here = env::current_dir().map_err(|e| Error::io("find", ".", &e))?;
            let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
            here.ancestors().chain(built_from).find(|root| is_checkout(root)).map(Path::to_owned).ok_or_else(
                || {
                    Error::failed("the sources of the firmware are not here").remedy(format!(
                        "run it in a checkout of reparam, or name one with --workspace or {VARIABLE}; \
                         --export-only writes the files and builds nothing"
                    ))
                },
            )?
        }
    };
    let root = root.canonicalize().map_err(|e| Error::io("find", &root, &e))?;
    Ok(Firmware::of(&root))
}

fn is_checkout(root: &Path) -> bool {
    root.join("firmware/Cargo.toml").is_file() && root.join("firmware/runner/Cargo.toml").is_file()
}
