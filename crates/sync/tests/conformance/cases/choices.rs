//! Explicit nondeterminism.

use bohrbug_sync::choice::{choose, fault};

use crate::case::Limit::{self, Misses};
use crate::case::{Budget, Case, On};

const LOOM: &str = "loom's search makes no choices of ours";

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "a choice among three comes to each of them",
        program: || choose(3).to_string(),
        outcomes: &["0", "1", "2"],
        budget: Budget::NONE,
        limits: &[(On::Loom, Misses(&["1", "2"]), LOOM)],
    },
    Case {
        name: "no choice is no choice",
        program: || (choose(0) + choose(1)).to_string(),
        outcomes: &["0"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "two faults fail independently",
        program: || format!("{} {}", fault("first"), fault("second")),
        outcomes: &["false false", "false true", "true false", "true true"],
        budget: Budget::NONE,
        limits: NEVER_ON_LOOM,
    },
];

const NEVER_ON_LOOM: &[(On, Limit, &str)] = &[(On::Loom, Misses(&["false true", "true false", "true true"]), LOOM)];
