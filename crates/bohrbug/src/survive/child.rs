//! One execution in a process of its own, which may end in any way.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::Duration;

use bohrbug_trace::{StepIdx, TraceEvent};

use super::about::Again;
use super::death::Death;
use super::files::new_file;
use super::order::Order;
use super::records::Read;
use super::watchdog::{self, Now};
use crate::failure::Failure;

/// What came of an execution in a process of its own.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// What happened.
    pub(crate) events: Vec<TraceEvent>,
    /// Who was chosen, and after how many events.
    pub(crate) chosen: Vec<(String, StepIdx)>,
    pub(crate) values: BTreeMap<String, Vec<u32>>,
    pub(crate) preemptions: u32,
    /// How it failed, if it did: the process may have ended after that, too.
    pub(crate) failure: Option<Failure>,
    /// Whether the process came to its end in another way than it was to.
    pub(crate) has_died: bool,
}

/// Why there is nothing to tell of an execution.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRun {
    #[error("no process can be started, or its records cannot be read: {0}")]
    System(#[from] io::Error),
    #[error(
        "the new process did not come to the workload: usually the check is not reached when its test runs alone, or the \
         program takes other arguments"
    )]
    NotReached,
    #[error(
        "the new process used {0:?} of processor time, or slept as long, and did not come to an end: usually the program does much \
         before the check, or waits there for something that a second process does not get"
    )]
    NoEnd(Duration),
}

/// Between two looks at whether a child has ended.
const LOOK: Duration = Duration::from_millis(1);

/// After so many of these it is asked what the child has used.
const LOOKS: u32 = 100;

/// A child that has its own watchdog uses no more processor time than so many of its budgets, nor sleeps longer. How long it takes
/// is no measure: on a busy machine it may be ready and not run.
const BUDGETS: u32 = 30;

/// The least that it is given: a test binary may have much to do before.
const LEAST: Duration = Duration::from_secs(60);

/// Runs it. The order's records are this function's business.
pub(crate) fn run(again: &Again, order: Order) -> Result<Ran, NotRun> {
    let (records, _) = new_file("records", "jsonl")?;
    let (path, mut file) = new_file("order", "json")?;
    let stack_size = order.about.stack_size;
    let limit = (Duration::from_millis(order.about.loop_time) * BUDGETS).max(LEAST);
    let ran: io::Result<_> = (|| {
        Order { records: records.clone(), ..order }.write(&mut file)?;
        let status = wait(again.command(&path).spawn()?, limit)?;
        let text = fs::read(&records)?;
        Ok((status, Read::parse(&String::from_utf8_lossy(&text))))
    })();
    let _ = (fs::remove_file(&records), fs::remove_file(&path));
    let (status, read) = ran?;
    let status = status.ok_or(NotRun::NoEnd(limit))?;
    if read.has_begun { Ok(judged(read, status, stack_size)) } else { Err(NotRun::NotReached) }
}

/// Waits for its end; brings it about when it uses or sleeps too much, which is no end of its own.
fn wait(mut child: Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let mut slept = Duration::ZERO;
    loop {
        for _ in 0..LOOKS {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            thread::park_timeout(LOOK);
        }
        // Where nobody says what it uses, time has to do.
        let Now { used, waits } = watchdog::now_of(child.id()).unwrap_or(Now { used: Duration::ZERO, waits: true });
        slept += if waits { LOOK * LOOKS } else { Duration::ZERO };
        if used >= limit || slept >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
    }
}

fn judged(read: Read, status: ExitStatus, stack_size: usize) -> Ran {
    let Read { mut events, chosen, values, preemptions, failed, said, died, deep, has_ended, .. } = read;
    let failure = match failed {
        Some(failed) => {
            events.truncate(failed.length as usize);
            Some(failed.failure())
        }
        None if has_ended => None,
        None => {
            let death = died.and_then(Death::decoded).unwrap_or_else(|| death_of(status));
            let task = chosen.last().map_or("main", |(task, _)| task.as_str());
            let site = events.iter().rev().find(|event| event.task == task).map(|event| event.site.clone());
            let message = death.message(stack_size, deep, said.as_deref());
            Some(Failure::new(death.kind(), message).in_task(task.to_owned()).at(site))
        }
    };
    Ran { events, chosen, values, preemptions, failure, has_died: !has_ended }
}

fn death_of(status: ExitStatus) -> Death {
    match status.signal() {
        Some(signal) => Death::Signal(signal),
        None => Death::Exit(status.code().unwrap_or_default()),
    }
}
