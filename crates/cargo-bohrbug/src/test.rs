//! `cargo bohrbug test`: Cargo's own `test`, with our compiler, our runner, and a folder of its own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bohrbug_plan::{Mode, Plan};

use crate::cargo::{Project, cargo, host, remove, this_program};
use crate::error::Error;
use crate::ledger::{self, Order};
use crate::options::{Format, Options};
use crate::stand_ins::{self, StandIns};
use crate::turns::{LockFile, Share, outlive_interrupts};
use crate::wrapper::{self, Wrap};
use crate::{config, every_access, runner, rustdoc, shard, table};

/// Cargo's options that say which targets are meant; without any, documentation tests are, too, which `rustdoc` builds.
const TARGETS: &[&str] = &[
    "--lib",
    "--bins",
    "--bin",
    "--examples",
    "--example",
    "--tests",
    "--test",
    "--all-targets",
    "--benches",
    "--bench",
];

/// Explores the tests of a project.
pub(crate) fn run(options: &Options) -> Result<u8, Error> {
    let asked = shard::asked(options)?;
    let project = Project::find(options)?;
    let mut plan = plan(options, &project, Mode::Explore, None);
    if let Some((shard, out)) = asked {
        (plan.shard, plan.out) = (Some(shard), out);
    }
    let (code, order) = explore(options, &project, plan)?;
    let outcomes = order.outcomes();
    if options.format == Format::Human && !outcomes.is_empty() {
        print!("\n{}", table::render(&outcomes));
    }
    remove(&order.folder)?;
    Ok(code)
}

/// What is asked for of each test.
pub(crate) fn plan(options: &Options, project: &Project, mode: Mode, trace: Option<PathBuf>) -> Plan {
    Plan {
        mode,
        strategy: options.strategy.clone(),
        seed: options.seed,
        executions: options.executions,
        events: options.events,
        milliseconds: u64::try_from(options.time.as_millis()).unwrap_or(u64::MAX),
        every_access: options.every_access,
        root: project.root.clone(),
        traces: project.folder.join("traces"),
        trace,
        times: options.times,
        ..Plan::default()
    }
}

/// Has Cargo build and run the tests; its exit code, and where their outcomes are.
pub(crate) fn explore(options: &Options, project: &Project, plan: Plan) -> Result<(u8, Order), Error> {
    if options.every_access {
        every_access::announce()?;
    }
    let (share, alone) = Share::take(&project.folder)?;
    if alone {
        // Of runs that were killed.
        remove(&project.folder.join("runs"))?;
    }
    let stand_ins = stand_ins::build(project)?;
    let foreign = stand_ins.crates().chain(options.leave.iter().cloned()).collect();
    let plan = Plan { foreign, ..plan };
    let order = Order::new(plan, ledger::folder(&project.folder)?, options.format);
    let units = units(project, options, &stand_ins, &share)?;
    let lock = LockFile::keep(&project.root, &order.folder, alone)?;
    outlive_interrupts();
    let mut command = command(options, &units, &order.folder)?;
    command.env(ledger::VARIABLE, order.write()?);
    command.env(wrapper::VARIABLE, wrap(&order.folder, options, stand_ins)?).env("RUSTC_WRAPPER", this_program()?);
    let status = command.status().map_err(Error::io("cargo cannot be run"));
    lock.restore(&share);
    let code = status?.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(101);
    Ok((code, order))
}

fn command(options: &Options, units: &Path, folder: &Path) -> Result<Command, Error> {
    let (host, _) = host()?;
    if let Some(target) = options.of_cargo("--target").filter(|target| *target != host.as_str()) {
        return Err(Error::Usage(format!(
            "tests are explored on the machine that builds them, {host}, not on {}; omit --target",
            target.display()
        )));
    }
    let program = this_program()?;
    let program = program.to_str().ok_or_else(|| Error::Usage("the path of this program is not Unicode".to_owned()))?;
    let mut command = cargo();
    command.args(if options.nextest { &["nextest", "run"][..] } else { &["test"] });
    command.args(without(&options.cargo, &["--target", "--target-dir"]));
    let asked = |argument: &OsString| {
        argument.to_str().is_some_and(|text| TARGETS.contains(&text.split('=').next().unwrap_or(text)))
    };
    if !options.nextest && !options.cargo.iter().any(asked) {
        match rustdoc::write(folder)? {
            Some(rustdoc) => _ = command.env("RUSTDOC", rustdoc),
            None => _ = command.arg("--tests"),
        }
    }
    command.args(["--target", &host]).arg("--target-dir").arg(units);
    command.args(["--config", &format!("target.{host}.runner=[{program:?}, {:?}]", runner::NAME)]);
    // What is linked in only by the linker would not survive the one, nor an exploration the other.
    for profile in ["DEV", "TEST", "RELEASE", "BENCH"] {
        command.env(format!("CARGO_PROFILE_{profile}_LTO"), "off");
    }
    if !options.tests.is_empty() {
        command.arg("--").args(&options.tests);
    }
    Ok(command)
}

/// The arguments without these options and their values.
fn without<'a>(arguments: &'a [OsString], names: &[&str]) -> Vec<&'a OsString> {
    let mut rest = arguments.iter();
    let mut kept = Vec::new();
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        if names.contains(&&*text) {
            rest.next();
        } else if !names.iter().any(|name| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))) {
            kept.push(argument);
        }
    }
    kept
}

/// The folder for the user's units. Cargo does not know of the stand-ins, so it is emptied when they have changed.
fn units(project: &Project, options: &Options, stand_ins: &StandIns, share: &Share) -> Result<PathBuf, Error> {
    let mut left = options.leave.clone();
    left.sort();
    let name = if options.every_access { "units-every-access" } else { "units" };
    let name = if left.is_empty() { name.to_owned() } else { format!("{name}-without-{}", left.join("-")) };
    let units = project.folder.join(name);
    let stamp = units.join("stand-ins");
    if fs::read_to_string(&stamp).is_ok_and(|mark| mark == stand_ins.mark) {
        return Ok(units);
    }
    share.alone(|| {
        remove(&units)?;
        fs::create_dir_all(&units).map_err(Error::file(&units))?;
        fs::write(&stamp, &stand_ins.mark).map_err(Error::file(&stamp))
    })?;
    Ok(units)
}

/// Writes what the wrapper has to know; returns the file.
fn wrap(folder: &Path, options: &Options, stand_ins: StandIns) -> Result<PathBuf, Error> {
    let link = folder.join("link");
    let objects: String =
        stand_ins.objects.iter().map(|object| format!("{:?}\n", object.display().to_string())).collect();
    fs::write(&link, format!("-Wl,--start-group\n{objects}-Wl,--end-group\n")).map_err(Error::file(&link))?;
    let before = config::wrapper()?;
    let wrap = Wrap { stand_ins, leave: options.leave.clone(), every_access: options.every_access, before, link };
    let path = folder.join("wrap.json");
    let text = serde_json::to_vec(&wrap).unwrap_or_else(|error| unreachable!("this is JSON: {error}"));
    fs::write(&path, text).map_err(Error::file(&path))?;
    Ok(path)
}
