//! Building what stands in for std and core, and the explorer behind them: once a target folder and toolchain, and again when
//! they have changed.
//!
//! They are built by Cargo from the checkout that this program was built from, for the host and without `--target`, so that no
//! unit of theirs is taken for one of the user's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use crate::cargo::{Project, cargo, host};
use crate::error::Error;

/// Another folder to build them in, for many projects: they are the same for all.
const FOLDER: &str = "BOHRBUG_STAND_INS";

/// Another profile to build them with; `release` is what explores fast.
const PROFILE: &str = "BOHRBUG_STAND_INS_PROFILE";

/// Where the parts of the stand-ins are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StandIns {
    /// In place of std.
    pub(crate) std: PathBuf,
    /// In place of core.
    pub(crate) core: PathBuf,
    /// Where the compiler finds what they depend on.
    pub(crate) folders: Vec<PathBuf>,
    /// What the linker is given beside what the compiler gives it: the explorer, and what it depends on.
    pub(crate) objects: Vec<PathBuf>,
    /// Changes when any of them does.
    pub(crate) mark: String,
}

/// A message of Cargo's.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds the stand-ins for a project, or finds that they are built.
pub(crate) fn build(project: &Project) -> Result<StandIns, Error> {
    let source = source()?;
    let folder = std::env::var_os(FOLDER).map_or_else(|| project.folder.join("stand-ins"), PathBuf::from);
    let profile = std::env::var(PROFILE).unwrap_or_else(|_| "release".to_owned());
    let mut command = cargo();
    command.args(["build", "--quiet", "--lib", "--locked", "--message-format=json", "--profile", &profile]);
    command.args(["-p", "bohrbug-std", "-p", "bohrbug-core", "-p", "bohrbug-explorer"]);
    command.args(["--features", "bohrbug-std/tests,bohrbug-core/tests"]);
    command.arg("--manifest-path").arg(source.join("Cargo.toml")).arg("--target-dir").arg(&folder);
    for name in ["RUSTC_WRAPPER", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    if !folder.exists() {
        eprintln!("bohrbug: building the stand-ins for std, once; this takes a minute or two");
    }
    let output = command.stderr(Stdio::inherit()).output().map_err(Error::io("cargo cannot be run"))?;
    if !output.status.success() {
        return Err(Error::StandIns(format!(
            "the stand-ins for std could not be built from {} (see above). Usually the toolchain is older than Rust 1.88, the \
             machine is offline and Bohrbug's dependencies were never downloaded, or the disk is full. Nothing was left half \
             done: run the command again.",
            source.display()
        )));
    }
    StandIns::of_messages(&String::from_utf8_lossy(&output.stdout))
}

/// The checkout that this program was built from.
fn source() -> Result<PathBuf, Error> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::canonicalize(&here).map_err(|_| {
        Error::StandIns(format!(
            "this program was built from {}, and needs what is there: restore it, or install again from another checkout",
            here.display()
        ))
    })
}

impl StandIns {
    /// The names of the crates that they are built of.
    pub(crate) fn crates(&self) -> impl Iterator<Item = String> {
        let stems = self.objects.iter().filter_map(|object| object.file_stem()?.to_str()?.strip_prefix("lib"));
        stems.map(|stem| stem.rsplit_once('-').map_or(stem, |(name, _)| name).to_owned())
    }

    fn of_messages(text: &str) -> Result<Self, Error> {
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
        let artifacts: Vec<(String, PathBuf)> = messages
            .filter(|message| message.reason == "compiler-artifact")
            .filter_map(|message| Some((message.target?.name, message.filenames)))
            .flat_map(|(name, files)| files.into_iter().map(move |file| (name.clone(), file)))
            .collect();
        let is_library = |path: &Path| path.extension().is_some_and(|extension| extension == "rlib");
        let library = |wanted: &str| {
            let found = artifacts.iter().find(|(name, path)| name == wanted && is_library(path));
            let found = found.map(|(_, path)| in_deps(path));
            found.ok_or_else(|| Error::StandIns(format!("a bug in cargo-bohrbug: Cargo has built no {wanted}")))
        };
        let mut objects: Vec<PathBuf> =
            artifacts.iter().map(|(_, path)| path).filter(|path| is_library(path)).map(|path| in_deps(path)).collect();
        let mut folders: Vec<PathBuf> =
            artifacts.iter().filter_map(|(_, path)| in_deps(path).parent().map(Path::to_owned)).collect();
        folders.sort();
        folders.dedup();
        // Cargo names them in another order each time, and what is built with them would count as built with others.
        objects.sort();
        objects.dedup();
        let mark = mark(&objects)?;
        Ok(Self { std: library("bohrbug_std")?, core: library("bohrbug_core")?, folders, objects, mark })
    }
}

/// The file among the dependencies: Cargo names the copy of a workspace's own library that has no hash in its name.
fn in_deps(path: &Path) -> PathBuf {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return path.to_owned() };
    let twin = folder.join("deps").join(name);
    if folder.ends_with("deps") || !folder.join("deps").is_dir() {
        return path.to_owned();
    }
    if twin.is_file() { twin } else { newest_twin(&folder.join("deps"), path).unwrap_or_else(|| path.to_owned()) }
}

/// Of the files in `folder` with that name and a hash, the one with the same content.
fn newest_twin(folder: &Path, path: &Path) -> Option<PathBuf> {
    let (stem, extension) = (path.file_stem()?.to_str()?, path.extension()?);
    let content = fs::read(path).ok()?;
    let twins = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let named = |twin: &PathBuf| {
        let name = twin.file_stem().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(&format!("{stem}-"))) && twin.extension() == Some(extension)
    };
    twins.filter(named).find(|twin| fs::read(twin).is_ok_and(|found| found == content))
}

/// What tells these objects, and this compiler, from others.
fn mark(objects: &[PathBuf]) -> Result<String, Error> {
    let (_, compiler) = host()?;
    let mut text = compiler;
    for object in objects {
        let metadata = fs::metadata(object).map_err(Error::file(object))?;
        let time = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        text += &format!("{} {} {time:?}\n", object.display(), metadata.len());
    }
    Ok(format!("{:032x}", XxHash3_128::oneshot(text.as_bytes())))
}
