//! What a verdict rests on, in words: what ran, what is left out of it, and what was seen that keeps it from being a proof.
//!
//! An [`Exception`] is something that no execution shows and that may matter all the same. A [`Doubt`] is something that an
//! execution has shown: with one of them nothing is *verified*.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::explore::{Report, Verdict};

/// What a proof does not cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exception {
    /// The counts of `Arc`s: `strong_count`, `try_unwrap`, `get_mut`, `into_inner`, and which task drops the last of them.
    ///
    /// `Arc` is std's own, so its counts are no events, and an order of two clones or drops that changes what the program
    /// does is not tried. Nothing tells whether a program has an `Arc`, so only a program of one task goes without.
    ArcCounts,
    /// Readers that wait for a writer which waits for another reader, that in turn waits for one of them.
    ///
    /// A reader that comes after a waiting writer may have to wait. Where somebody waits while it reads, and others read and
    /// write the same lock, a deadlock may come of it that needs three tasks. Such a deadlock is a failure in an execution
    /// that shows it, but executions are not chosen to show it.
    QueuedReaders,
    /// Loops that were taken to wait.
    ///
    /// `dpor` has seen a loop that only reads go round a thousand times in which nothing changed. From then on, after a turn
    /// that has read the same, it does not run the next one before something of that has changed. A loop that counts its
    /// turns, to more than a thousand, or that remembers what turns before the last have read, may do something that was not
    /// tried.
    Loops,
    /// The making of what is reached by a pointer that nothing orders: an atomic pointer was read, and nothing orders the read
    /// after the write.
    ///
    /// To make a cell or an atomic is to write it, but `new` is `const` and no event.
    Making,
    /// Memory that is reached through none of `bohrbug_sync`'s types: std's `UnsafeCell`, raw pointers, `static mut`.
    ///
    /// Only of a program of more than one task that was built so that its own accesses are not seen, and says so
    /// ([`Exploration::blind_to`](crate::Exploration::blind_to)): `cargo bohrbug test` without `--every-access`. Data races there are not found, nor what
    /// depends on the order of such accesses.
    PlainMemory,
}

impl Exception {
    /// Every one.
    pub const ALL: &'static [Self] =
        &[Self::ArcCounts, Self::QueuedReaders, Self::Loops, Self::Making, Self::PlainMemory];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ArcCounts => "`Arc` counts",
            Self::QueuedReaders => "readers behind a waiting writer",
            Self::Loops => "the iterations of waiting loops",
            Self::Making => "the initialisation behind unordered pointers",
            Self::PlainMemory => "plain memory",
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why executions that did not fail prove nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Doubt {
    /// Two tasks reached one cell, nothing orders the two, and at least one of them did so by a pointer of
    /// [`UnsafeCell::get`](bohrbug_sync::cell::UnsafeCell::get), so that nobody knows whether it is a data race.
    Pointers {
        /// The cell.
        cell: String,
        /// Both places in the code.
        places: [String; 2],
    },
    /// A task dropped a cell that another one had used, and nothing orders the two but perhaps what cannot be seen: the count
    /// of an `Arc`.
    Drop {
        /// The cell.
        cell: String,
        /// Who dropped it.
        task: String,
        /// Where it was used.
        used: String,
    },
    /// A thread that is none of the execution's tasks tried to use an object of it.
    Uncontrolled {
        /// Where the object was made.
        made: String,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pointers { cell, places: [first, second] } => write!(
                f,
                "nothing orders two uses of {cell} ({first} and {second}), and `UnsafeCell::get` does not say whether they \
                 read or write; `with` and `with_mut` of `bohrbug_sync::cell::Access` do"
            ),
            Self::Drop { cell, task, used } => write!(
                f,
                "nothing that can be seen orders the drop of {cell} by {task} after its use at {used}; the count of an `Arc` may"
            ),
            Self::Uncontrolled { made } => {
                write!(f, "a thread from outside used what was made at {made}; spawn threads by `bohrbug_sync::thread`")
            }
        }
    }
}

impl Report {
    /// The verdict with what it leaves out: `` verified, `Arc` counts excepted ``.
    pub fn conclusion(&self) -> String {
        self.verdict.excepting(&self.excepted)
    }

    /// What the verdict rests on, in a line that begins with the [conclusion](Self::conclusion).
    ///
    /// ```
    /// let report = bohrbug::check(|| ());
    /// assert_eq!(report.basis(), "verified: every behaviour of this workload ran (1 execution under portfolio)");
    /// ```
    pub fn basis(&self) -> String {
        let mut text = format!("{}: {}", self.conclusion(), self.reason());
        if let Some(left) = &self.left_waiting {
            text += &format!("; main ended while {left}");
        }
        if let Some(what) = self.uncovered {
            text += &format!("; dfs ran instead of dpor, which does not cover {what} under {}", self.memory.name());
        }
        if !self.off.is_empty() {
            text += &format!("; disabled monitors: {}", self.off.join(", "));
        }
        text
    }

    fn reason(&self) -> String {
        let plural = if self.executions == 1 { "" } else { "s" };
        let ran = format!("{} execution{plural} under {}", self.executions, self.strategy);
        match &self.verdict {
            Verdict::Failed(_) => format!("the last of {ran} failed"),
            Verdict::Verified => format!("every behaviour of this workload ran ({ran})"),
            Verdict::Exhausted => format!("the search ended, but is not known to be complete ({ran})"),
            Verdict::Passed if self.inputs > 0 => {
                format!("{} inputs ran, which says nothing about others ({ran})", self.inputs)
            }
            Verdict::Passed => format!("no failure in {ran}, {}", self.shortcoming()),
        }
    }

    /// Why it is no proof.
    fn shortcoming(&self) -> String {
        let mut reasons = Vec::new();
        if !self.is_complete {
            reasons.push("which is not exhaustive".to_owned());
        }
        if self.cut > 0 {
            reasons.push(format!("of which {} were truncated at the step bound", self.cut));
        }
        if let Some(doubt) = self.doubts.first() {
            let others = match self.doubts.len() {
                1 => String::new(),
                doubts => format!(" (and {} more doubts)", doubts - 1),
            };
            reasons.push(format!("but {doubt}{others}"));
        }
        reasons.join(", ")
    }
}

impl Verdict {
    /// The verdict with what it leaves out, in words.
    pub fn excepting(&self, excepted: &BTreeSet<Exception>) -> String {
        let names: Vec<&str> = excepted.iter().map(|exception| exception.name()).collect();
        match names.as_slice() {
            [] => self.to_string(),
            names => format!("{self}, {} excepted", names.join(" and ")),
        }
    }
}
