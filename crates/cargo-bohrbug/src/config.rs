//! What Cargo's configuration says of a wrapper around the compiler, whose place we take: it is called by ours.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The wrapper that Cargo would call here, if any: of the environment, or of the configuration that is nearest.
pub(crate) fn wrapper() -> Result<Option<PathBuf>, Error> {
    for name in ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"] {
        if let Some(wrapper) = std::env::var_os(name) {
            return Ok((!wrapper.is_empty()).then(|| PathBuf::from(wrapper)));
        }
    }
    let here = std::env::current_dir().map_err(Error::io("the current directory cannot be found"))?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        home.filter(|home: &OsString| !home.is_empty()).map(|home| Path::new(&home).join(".cargo"))
    });
    let folders = here.ancestors().map(|folder| folder.join(".cargo")).chain(home);
    for folder in folders {
        for name in ["config", "config.toml"] {
            if let Some(wrapper) = in_file(&folder.join(name))? {
                return Ok((!wrapper.as_os_str().is_empty()).then_some(wrapper));
            }
        }
    }
    Ok(None)
}

/// What one file says.
fn in_file(path: &Path) -> Result<Option<PathBuf>, Error> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
    let config: toml_edit::DocumentMut =
        text.parse().map_err(|error| Error::Project(format!("{} cannot be read: {error}", path.display())))?;
    let value = config.get("build").and_then(|build| build.get("rustc-wrapper"));
    let Some(value) = value.and_then(toml_edit::Item::as_str) else { return Ok(None) };
    // As Cargo has it: a name is looked for in PATH, and a path begins beside the folder of the configuration.
    let is_path = value.contains(['/', '\\']);
    let base = path.parent().and_then(Path::parent).filter(|_| is_path);
    Ok(Some(base.map_or_else(|| PathBuf::from(value), |base| base.join(value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_a_wrapper_by_name_or_by_path() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join(".cargo/config.toml");
        fs::create_dir_all(config.parent().unwrap()).unwrap();
        for (text, expected) in [
            ("", None),
            ("[build]\njobs = 1\n", None),
            ("[build]\nrustc-wrapper = \"sccache\"\n", Some(PathBuf::from("sccache"))),
            ("build.rustc-wrapper = \"tools/wrap\"\n", Some(folder.path().join("tools/wrap"))),
        ] {
            fs::write(&config, text).unwrap();
            assert_eq!(in_file(&config).unwrap(), expected, "{text}");
        }
        fs::write(&config, "build = ").unwrap();
        assert!(in_file(&config).is_err());
    }
}
