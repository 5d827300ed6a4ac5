//! Lines into words: short names for replicas and engines, kinds of errors, and what is expected of an operation.

use replica_manager::{Error, ErrorKind, Result, State, names};

use super::Outcome;
// Names as the control plane gives them, so that every revision's verify adopts them.
const SHORT: [(&str, &str); 4] =
    [("r", "vol-r-0000000a"), ("r2", "vol-r-0000000b"), ("r3", "vol-r-0000000c"), ("e", "vol-e")];

const KINDS: [(&str, ErrorKind); 11] = [
    ("invalid-argument", ErrorKind::InvalidArgument),
    ("not-found", ErrorKind::NotFound),
    ("already-exists", ErrorKind::AlreadyExists),
    ("refused", ErrorKind::FailedPrecondition),
    ("no-such-device", ErrorKind::NoSuchDevice),
    ("name-exists", ErrorKind::NameExists),
    ("no-space", ErrorKind::NoSpace),
    ("busy", ErrorKind::DeviceBusy),
    ("broken-pipe", ErrorKind::BrokenPipe),
    ("mismatch", ErrorKind::Mismatch),
    ("failed", ErrorKind::Failed),
];

/// One line of a script: words, and after `->` what is expected.
pub(super) struct Line<'a> {
    words: Vec<&'a str>,
    expected: Option<&'a str>,
}

impl<'a> Line<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        let (words, expected) = match line.split_once("->") {
            Some((words, expected)) => (words, Some(expected.trim())),
            None => (line, None),
        };
        Self { words: words.split_whitespace().collect(), expected }
    }

    pub(super) fn word(&self, at: usize) -> std::result::Result<&'a str, String> {
        self.words.get(at).copied().ok_or_else(|| format!("word {} is missing", at + 1))
    }

    pub(super) fn from(&self, at: usize) -> &[&'a str] {
        self.words.get(at..).unwrap_or_default()
    }

    /// Nothing after `->` means that it went well, and that a reply with a state runs; `in STATE` names the reply's state;
    /// `an error` is any; and everything else is a kind of error.
    pub(super) fn compare(&self, answer: Result<()>, state: Option<State>) -> Outcome {
        let got = match (&answer, state) {
            (Err(error), _) => format!("the answer was {error}"),
            (Ok(()), Some(state)) => format!("it went well, in {state}"),
            (Ok(()), None) => "it went well".to_owned(),
        };
        let is_so = match (self.expected, answer) {
            (None, answer) => answer.is_ok() && state.is_none_or(|state| state == State::Running),
            (Some("an error"), answer) => answer.is_err(),
            (Some(expected), answer) => match (expected.strip_prefix("in "), answer) {
                (Some(wanted), answer) => answer.is_ok() && state.is_some_and(|state| state.to_string() == wanted),
                (None, Err(Error { kind: found, .. })) => found == kind(expected)?,
                (None, Ok(())) => false,
            },
        };
        if is_so { Ok(()) } else { Err(got) }
    }
}

pub(super) fn kind(word: &str) -> std::result::Result<ErrorKind, String> {
    let found = KINDS.iter().find(|(name, _)| *name == word);
    found.map(|(_, kind)| *kind).ok_or_else(|| format!("there is no kind of error {word}"))
}

/// `r`, `r2`, `r3` and `e` stand for names as the control plane gives them.
pub(super) fn name(word: &str) -> String {
    SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| long).to_owned()
}

/// A volume: a replica's head by the replica's name, a snapshot of it as `r/s`.
pub(super) fn lvol(word: &str) -> String {
    match word.split_once('/') {
        Some((replica, snapshot)) => names::snapshot_lvol(&name(replica), snapshot),
        None => name(word),
    }
}
