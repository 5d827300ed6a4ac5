//! The journal of a process that is gone, or about to go: what it was at, and its execution once more.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bohrbug_trace::Trace;
use memmap2::MmapOptions;

use super::about::About;
use super::child::{self, NotRun, Ran};
use super::death::Death;
use super::files;
use super::order::{Order, Wish};
use super::page::{Decision, Page, SIZE};
use crate::runtime::Program;

/// What a journal says.
pub(crate) struct Leftover {
    path: PathBuf,
    pub(crate) about: About,
    /// Whether an execution was under way.
    pub(crate) was_running: bool,
    /// Its number, from 0.
    pub(crate) number: u64,
    /// How many had come to their end.
    pub(crate) complete: u64,
    goes_on: bool,
    decisions: Vec<Decision>,
    is_overflown: bool,
    /// How the process ended, if it could say so.
    pub(crate) died: Option<Death>,
    /// Keeps others from it.
    _lock: Option<File>,
}

impl Leftover {
    /// Reads a journal; `None` if the file is none, or was being made when its process ended.
    pub(super) fn read(path: &Path, lock: Option<File>) -> Option<Self> {
        let file = File::open(path).ok()?;
        if file.metadata().ok()?.len() != SIZE as u64 {
            return None;
        }
        let map = MmapOptions::new().map_raw_read_only(&file).ok()?;
        // SAFETY: it has a page's size, any bytes are a page, and whoever writes to it meanwhile does so by atomics, too.
        let page = unsafe { &*map.as_ptr().cast::<Page>() };
        if !page.is_open() {
            return None;
        }
        Some(Self {
            path: path.to_owned(),
            about: serde_json::from_str(str::from_utf8(&page.about()).ok()?).ok()?,
            was_running: page.is_running(),
            number: page.number(),
            complete: page.complete(),
            goes_on: page.goes_on(),
            decisions: page.decisions(),
            is_overflown: page.is_overflown(),
            died: page.died(),
            _lock: lock,
        })
    }

    /// Those of processes that are gone, of what is `wanted`, each locked.
    pub(crate) fn all(wanted: impl Fn(&About) -> bool) -> Vec<Self> {
        // While one thread looks at a journal it is locked for the others.
        let _looking = files::looking();
        let is_wanted = |leftover: &Self| wanted(&leftover.about);
        let take = |path: PathBuf| {
            // What is somebody else's is not locked, not even for a moment: he may look for it now.
            if Self::read(&path, None).is_some_and(|leftover| !is_wanted(&leftover)) {
                return None;
            }
            let read = Self::read(&path, Some(files::claim(&path)?));
            if read.is_none() {
                // It was idle, or not whole as yet.
                remove(&path);
            }
            read.filter(is_wanted)
        };
        files::left_over().into_iter().filter_map(take).collect()
    }

    /// Runs the execution that was under way once more, in a process of its own, as far as its decisions go; its trace, if it
    /// fails.
    ///
    /// # Errors
    ///
    /// If it cannot be run.
    pub(crate) fn retold(&self, program: &Program) -> Result<Option<Trace>, NotRun> {
        let Some(again) = program.again.as_ref().filter(|_| self.was_running && !self.is_overflown) else {
            return Ok(None);
        };
        let order = Order::new(self.about.clone(), Wish::decisions(&self.decisions));
        let order = Order { goes_on: self.goes_on, ..order };
        let Ran { events, failure, has_died, .. } = child::run(again, order)?;
        let Some(failure) = failure else { return Ok(None) };
        let mut header = self.about.header(self.number);
        header.failure = Some(failure.record());
        header.ends_process = has_died && !failure.kind.ends_process();
        header.waiting = failure.waiting;
        Ok(Some(Trace { header, events }))
    }

    /// Nobody needs it any more.
    pub(crate) fn discard(&self) {
        remove(&self.path);
    }

    /// What it was at, in words.
    pub(crate) fn progress(&self) -> String {
        let About { strategy, seed, .. } = &self.about;
        let complete = self.complete;
        let plural = if complete == 1 { " is" } else { "s are" };
        let at = if self.was_running {
            format!("in execution {}", self.number + 1)
        } else {
            "between two executions".into()
        };
        let by = self.died.map(|death| format!("by {} ", death.name())).unwrap_or_default();
        format!("{by}{at} under {strategy}, seed {seed}; {complete} execution{plural} complete")
    }
}

/// Keeps the first that fails again of what the processes have left behind that explored that. It stays
/// where it is until it is kept: this process may be ended, too, by another thread that explores.
pub(crate) fn left_behind(of: &About, program: &Program, keep: impl FnOnce(Trace)) {
    if program.again.is_none() {
        return;
    }
    let mut keep = Some(keep);
    for left in Leftover::all(|about| about.is_of_same(of)) {
        if keep.is_some()
            && let Ok(Some(trace)) = left.retold(program)
            && let Some(keep) = keep.take()
        {
            keep(trace);
        }
        left.discard();
    }
}

pub(super) fn remove(path: &Path) {
    // One that stays is looked at again by the next run.
    let _ = fs::remove_file(path);
}
