//! Kinds of failure, and how certain each of them is.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bohrbug_sorted::SortedSet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Before the name of a custom kind in a trace: no kind of a later version can be taken for one.
const CUSTOM: &str = "custom:";

/// How certain a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The execution failed.
    Happened,
    /// The execution went well, but shows that the program is wrong.
    Shown,
    /// The execution went well, and another one may fail. This counts only if the exploration has nothing better: no failure,
    /// and no proof that there is none.
    Suspected,
}

/// Declares the kinds, each with its name and its certainty.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $certainty:ident;)+) => {
        /// What kind of failure it is.
        ///
        /// ```
        /// use bohrbug_trace::{Certainty, FailureKind};
        ///
        /// assert_eq!(FailureKind::from_name("data-race"), Some(FailureKind::DataRace));
        /// assert_eq!(FailureKind::DataRace.certainty(), Certainty::Shown);
        /// assert_eq!(FailureKind::Custom("conservation").to_string(), "conservation");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FailureKind {
            $($(#[$doc])* $variant,)+
            /// The kind of a monitor of your own, by its name.
            Custom(&'static str),
        }

        impl FailureKind {
            /// Every kind that has a name of its own.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in reports and on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Custom(name) => name,
                }
            }

            /// The kind of that name, unless it is a custom one.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }

            /// How certain a failure of this kind is, unless the failure itself says otherwise.
            pub const fn certainty(self) -> Certainty {
                match self {
                    $(Self::$variant => Certainty::$certainty,)+
                    Self::Custom(_) => Certainty::Happened,
                }
            }
        }
    };
}

kinds! {
    /// A panic that nothing caught.
    Panic = "panic", Happened;
    /// A notification that came before its wait.
    LostWakeup = "lost-wakeup", Happened;
    /// Tasks that wait for each other, or for nobody.
    Deadlock = "deadlock", Happened;
    /// Tasks that run and make no progress.
    Livelock = "livelock", Happened;
    /// An execution that does not end within its step bound.
    StepBound = "step-bound", Happened;
    /// A loop without a scheduling point that does not end.
    EndlessLoop = "endless-loop", Happened;
    /// What a runtime could not follow: no failure of the program.
    Runtime = "runtime", Happened;
    /// Two accesses to plain memory that nothing orders.
    DataRace = "data-race", Shown;
    /// A double free, a write after a free, a leak.
    MemoryMisuse = "memory-misuse", Happened;
    /// An access to memory after it was freed.
    UseAfterFree = "use-after-free", Happened;
    /// Locks taken in opposite orders.
    LockOrder = "lock-order", Suspected;
    /// A thread that main does not wait for.
    LeakedThreads = "leaked-threads", Shown;
    /// The program behaved differently under one schedule.
    Nondeterminism = "nondeterminism", Happened;
    /// The program depends on something that is not controlled.
    Uncontrolled = "uncontrolled", Happened;
    /// A signal ended the process.
    Crash = "crash", Happened;
    /// A task ran out of stack.
    StackOverflow = "stack-overflow", Happened;
    /// The program ended the process.
    Exit = "exit", Happened;
}

impl FailureKind {
    /// The name as a noun: "a deadlock", "an exit"; "data-race" is written as two words.
    ///
    /// ```
    /// use bohrbug_trace::FailureKind;
    ///
    /// assert_eq!(FailureKind::DataRace.with_article(), "a data race");
    /// assert_eq!(FailureKind::Exit.with_article(), "an exit");
    /// ```
    pub fn with_article(self) -> String {
        let name = self.name().replace('-', " ");
        let article = if name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        match self {
            // These name no single thing.
            Self::MemoryMisuse | Self::Nondeterminism | Self::LeakedThreads => name,
            _ => format!("{article} {name}"),
        }
    }

    /// Whether such a failure is about more than the execution that shows it: it went well, and another may not.
    pub const fn predicts(self) -> bool {
        match self.certainty() {
            Certainty::Happened => false,
            Certainty::Shown | Certainty::Suspected => true,
        }
    }

    /// Whether the process ends with it, so that it can be replayed in a process of its own only.
    pub const fn ends_process(self) -> bool {
        matches!(self, Self::Crash | Self::StackOverflow | Self::Exit | Self::EndlessLoop | Self::Uncontrolled)
    }

    /// The kind that a trace calls so. The name of a custom kind is kept for the life of the process.
    pub(crate) fn from_trace(text: &str) -> Option<Self> {
        match text.strip_prefix(CUSTOM) {
            Some(name) if !name.is_empty() => Some(Self::Custom(kept(name))),
            Some(_) => None,
            None => Self::from_name(text),
        }
    }
}

/// The text for the life of the process, once.
fn kept(name: &str) -> &'static str {
    static KEPT: Mutex<SortedSet<&'static str>> = Mutex::new(SortedSet::new());
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    all.insert(name);
    name
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for FailureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Custom(name) => serializer.collect_str(&format_args!("{CUSTOM}{name}")),
            known => serializer.serialize_str(known.name()),
        }
    }
}

impl<'de> Deserialize<'de> for FailureKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_trace(&text)
            .ok_or_else(|| serde::de::Error::custom(format_args!("unknown kind of failure {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in FailureKind::ALL.iter().copied().chain([FailureKind::Custom("panic"), FailureKind::Custom("ours")])
        {
            let written = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<FailureKind>(&written).unwrap(), kind, "{written}");
        }
        assert_eq!(serde_json::to_string(&FailureKind::Custom("panic")).unwrap(), "\"custom:panic\"");
        assert!(serde_json::from_str::<FailureKind>("\"custom:\"").is_err());
        assert!(serde_json::from_str::<FailureKind>("\"pannic\"").is_err());
    }
}
