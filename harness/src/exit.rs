//! What the program's exit codes mean.

use std::process::ExitCode;

/// How the program ends. The order is that of `docs/command-line.md`; 101 is left to panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything came out as asked.
    AsAsked = 0,
    /// Our own fault: a bug in bohrbug, or its output that cannot be written.
    OurFault = 1,
    /// The command line makes no sense: an unknown option, scenario, revision or strategy. Or an assignment was refused.
    Usage = 2,
    /// Nothing was selected.
    NothingSelected = 4,
    /// A bug was found that was not expected; or a replay failed in another way than recorded; or a ledger's invariants
    /// are broken.
    BugFound = 10,
    /// A replay left the recorded path.
    Diverged = 11,
    /// A replay took the recorded path and did not fail.
    DidNotFail = 12,
    /// The budget ended before an expected failure was found.
    NoVerdict = 13,
    /// A trace or a ledger cannot be read.
    Unreadable = 20,
}

impl Exit {
    /// From what matters most to what matters least: when several things happened, the first of these is the code.
    const BY_WEIGHT: [Self; 9] = [
        Self::OurFault,
        Self::Usage,
        Self::NothingSelected,
        Self::Unreadable,
        Self::BugFound,
        Self::Diverged,
        Self::NoVerdict,
        Self::DidNotFail,
        Self::AsAsked,
    ];

    /// The one to end with when all of these happened.
    pub fn worst(all: impl IntoIterator<Item = Self>) -> Self {
        let weight = |exit: &Self| Self::BY_WEIGHT.iter().position(|one| one == exit);
        all.into_iter().min_by_key(weight).unwrap_or(Self::AsAsked)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_several_things_happened_the_heaviest_one_counts() {
        assert_eq!(Exit::worst([]), Exit::AsAsked);
        assert_eq!(Exit::worst([Exit::AsAsked, Exit::NoVerdict]), Exit::NoVerdict);
        assert_eq!(Exit::worst([Exit::NoVerdict, Exit::BugFound, Exit::Diverged]), Exit::BugFound);
        assert_eq!(Exit::worst([Exit::DidNotFail, Exit::Unreadable]), Exit::Unreadable);
        assert_eq!(Exit::worst([Exit::Unreadable, Exit::OurFault]), Exit::OurFault);
    }
}
