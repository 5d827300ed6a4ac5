//! The process of one test, and a watch over it.
//!
//! What a process does without our knowing (a read from a socket, a lock of a C library) shows in its being blocked: it uses no
//! processor time. That is looked at here, outside, so that no such time comes into what is recorded.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bohrbug_plan::{Mode, Outcome, Plan, VARIABLE};

use crate::error::Error;

/// How long a process may use no processor time before it counts as blocked.
const QUIET: Duration = Duration::from_secs(3);

/// How long it may where nothing is controlled: tests sleep, too.
const PLAIN_QUIET: Duration = Duration::from_secs(60);

/// How long an exploration may take beyond its budget: for what a failure is made smaller, and for an execution that is long.
const GRACE: Duration = Duration::from_secs(30);

/// How long its first execution may.
const FIRST: Duration = Duration::from_secs(10);

/// What std's harness is told to run one test.
pub(crate) fn arguments(name: &str) -> impl Iterator<Item = &str> {
    [name, "--exact", "--include-ignored", "--nocapture", "--test-threads=1", "-q"].into_iter()
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Code(i32),
    Signal(i32),
    /// It was ended, since it did nothing any more.
    Stuck,
    /// It was ended, since it did not come to an end.
    Overdue,
}

/// What is known of a process that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    /// What it printed.
    pub(crate) said: String,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) milliseconds: u64,
}

/// A test and what is to be done with it.
pub(crate) struct TestProcess<'a> {
    binary: &'a Path,
    name: &'a str,
    plan: Plan,
    said: PathBuf,
}

impl<'a> TestProcess<'a> {
    pub(crate) fn new(binary: &'a Path, name: &'a str, mut plan: Plan, folder: &Path) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        plan.outcome = folder.join(format!("outcome-{number}"));
        Self { binary, name, plan, said: folder.join(format!("said-{number}")) }
    }

    /// Runs it to its end.
    #[expect(clippy::disallowed_methods, reason = "how long a process takes is shown, and never recorded")]
    pub(crate) fn run(self) -> Result<Ended, Error> {
        let file = File::create(&self.said).map_err(Error::file(&self.said))?;
        let twin = file.try_clone().map_err(Error::file(&self.said))?;
        let mut command = Command::new(self.binary);
        command.args(arguments(self.name));
        command.env(VARIABLE, self.plan.to_text()).stdin(Stdio::null()).stdout(file).stderr(twin);
        same_addresses(&mut command);
        let start = Instant::now();
        let child = command.spawn().map_err(Error::file(self.binary))?;
        let end = self.watch(child, start)?;
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let said = fs::read(&self.said).map(|said| String::from_utf8_lossy(&said).into_owned()).unwrap_or_default();
        let outcome = fs::read_to_string(&self.plan.outcome).ok().and_then(|text| Outcome::from_text(&text).ok());
        let _ = [&self.said, &self.plan.outcome, &self.plan.mark()].map(fs::remove_file);
        Ok(Ended { end, said: without_harness(&said, self.name), outcome, milliseconds })
    }

    #[expect(clippy::disallowed_methods, reason = "nothing else can wait for a process and watch it, too")]
    fn watch(&self, mut child: Child, start: Instant) -> Result<End, Error> {
        let quiet = if self.plan.mode == Mode::Plain { PLAIN_QUIET } else { QUIET };
        let mut pause = Duration::from_millis(1);
        let mut seen = (None, Instant::now());
        loop {
            if let Some(status) = child.try_wait().map_err(Error::io("a test cannot be waited for"))? {
                return Ok(end_of(status));
            }
            let blocked_at = blocked(child.id()).filter(|_| !waits_for_its_like(child.id()));
            if blocked_at.is_none() || blocked_at != seen.0 {
                seen = (blocked_at, Instant::now());
            }
            let is_stuck = seen.1.elapsed() > quiet;
            if is_stuck || self.limit().is_some_and(|limit| start.elapsed() > limit) {
                end_all(child.id());
                let _ = (child.kill(), child.wait());
                return Ok(if is_stuck { End::Stuck } else { End::Overdue });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// How long it may take: until an execution has ended, and altogether. A shard's budget has no time.
    fn limit(&self) -> Option<Duration> {
        if !matches!(self.plan.mode, Mode::Explore) {
            return None;
        }
        let budget = Duration::from_millis(self.plan.milliseconds) * 2;
        match self.plan.mark().exists() {
            true if self.plan.shard.is_some() => None,
            true => Some(budget + GRACE),
            false => Some(budget + FIRST),
        }
    }
}

/// Has Linux place the program, and what else it maps, where it did the last time: some programs decide by the addresses of
/// their statics. Where it may not be asked for that, as in some containers, they differ.
#[cfg(target_os = "linux")]
fn same_addresses(command: &mut Command) {
    let ask = || {
        // SAFETY: it says what there is, and then adds to it; the process is about to become another program.
        unsafe {
            let there = libc::personality(0xFFFF_FFFF);
            if there >= 0 {
                libc::personality(there as libc::c_ulong | libc::ADDR_NO_RANDOMIZE as libc::c_ulong);
            }
        }
        Ok(())
    };
    // SAFETY: between the two it calls the kernel and nothing else.
    unsafe { std::os::unix::process::CommandExt::pre_exec(command, ask) };
}

#[cfg(not(target_os = "linux"))]
const fn same_addresses(_: &mut Command) {}

fn end_of(status: std::process::ExitStatus) -> End {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return End::Signal(signal);
    }
    End::Code(status.code().unwrap_or(-1))
}

/// The processor time at which a process waits for something, where the system says it as Linux does; none while it runs, or
/// could if others let it.
fn blocked(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let used = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    (*fields.first()? == "S").then_some(used)
}

/// Whether it waits for a process of the same program, as one does that has come to its end and has another one make the trace.
fn waits_for_its_like(process: u32) -> bool {
    let program = |process: u32| fs::read_link(format!("/proc/{process}/exe")).ok();
    let Some(own) = program(process) else { return false };
    children(process).into_iter().any(|child| program(child).as_ref() == Some(&own))
}

/// The processes that it has started and that are still there, where the system says so as Linux does.
fn children(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    children
        .flat_map(|some| some.split_whitespace().filter_map(|child| child.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Ends what a process has started, and what that has: the processes that make its trace would go on without it. It is stopped
/// first, so that it starts no more.
fn end_all(process: u32) {
    #[cfg(unix)]
    {
        let tell = |process: u32, signal| {
            if let Ok(process) = libc::pid_t::try_from(process) {
                // SAFETY: a call to the kernel, about a process of ours, which keeps its number until it is waited for.
                unsafe { libc::kill(process, signal) };
            }
        };
        tell(process, libc::SIGSTOP);
        for child in children(process) {
            end_all(child);
            tell(child, libc::SIGKILL);
        }
    }
}

/// What a test said, without what its harness says around it.
fn without_harness(said: &str, name: &str) -> String {
    let said = said.trim_start().strip_prefix("running 1 test\n").unwrap_or(said);
    let verdict = said.rfind(&format!("{name} --- FAILED\n"));
    let end = verdict.or_else(|| said.rfind("\nfailures:\n\nfailures:\n")).unwrap_or(said.len());
    let said = said[..end].trim_end();
    said.strip_suffix("\nF").or_else(|| said.strip_suffix("F")).unwrap_or(said).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_harness_says_is_left_out() {
        for (said, expected) in [
            ("\nrunning 1 test\nhello\na::b --- FAILED\n\nfailures:\n\nfailures:\n    a::b\n\ntest result: F", "hello"),
            ("\nrunning 1 test\nhello\nF\nfailures:\n\nfailures:\n    a::b\n", "hello"),
            ("hello", "hello"),
        ] {
            assert_eq!(without_harness(said, "a::b"), expected, "{said:?}");
        }
    }
}
