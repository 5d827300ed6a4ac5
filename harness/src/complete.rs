//! A catalogue in which a revision is missing does not compile.

use crate::scenario::Scenario;

/// Refuses to compile if one of the scenarios does not say what is expected of each revision, and not why either.
macro_rules! expects_every_revision {
    ($scenarios:path, $revision:ty) => {
        const _: () = {
            let (scenarios, revisions): (&[$crate::scenario::Scenario], &[$revision]) = ($scenarios, &<$revision>::ALL);
            let mut place = 0;
            while place < scenarios.len() * revisions.len() {
                let (scenario, revision) = (&scenarios[place / revisions.len()], revisions[place % revisions.len()]);
                assert!(
                    $crate::complete::speaks_of(scenario, revision.name()),
                    "a revision is missing from a scenario"
                );
                place += 1;
            }
        };
    };
}
pub(crate) use expects_every_revision;

/// Whether the scenario says what is expected of the revision of that name, or why it leaves some out.
pub(crate) const fn speaks_of(scenario: &Scenario, revision: &str) -> bool {
    let mut place = 0;
    while place < scenario.expectations.len() {
        if is_same(scenario.expectations[place].0.as_bytes(), revision.as_bytes()) {
            return true;
        }
        place += 1;
    }
    scenario.leaves_out.is_some()
}

/// Whether the texts are the same; the operator is not for the compiler.
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut place = 0;
    while place < one.len() && place < other.len() && one[place] == other[place] {
        place += 1;
    }
    place == one.len() && place == other.len()
}
