//! The table: a program, and how many behaviours it has.
//!
//! A behaviour is a happens-before relation: two schedules that differ in the order of neighbouring events that do not
//! conflict are one. Main starts the threads and joins them, and does nothing else unless the family says so, so that
//! what is counted are the orders of what the threads do. The derivations are with the families.

use crate::families::*;

/// A program and its number of behaviours.
pub(crate) struct ClosedForm {
    /// The family, with its parameters.
    pub(crate) name: &'static str,
    /// Runs it once.
    pub(crate) program: fn(),
    /// How many behaviours it has.
    pub(crate) behaviours: u64,
    /// What gets through it in a debug build, in little time.
    pub(crate) reach: Reach,
}

/// The weakest search that gets through a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Every schedule.
    BruteForce,
    /// Every happens-before relation of a prefix.
    Caching,
    /// Every behaviour once.
    Reduction,
}

const fn small(name: &'static str, program: fn(), behaviours: u64) -> ClosedForm {
    ClosedForm { name, program, behaviours, reach: Reach::BruteForce }
}

const fn middle(name: &'static str, program: fn(), behaviours: u64) -> ClosedForm {
    ClosedForm { name, program, behaviours, reach: Reach::Caching }
}

const fn large(name: &'static str, program: fn(), behaviours: u64) -> ClosedForm {
    ClosedForm { name, program, behaviours, reach: Reach::Reduction }
}

/// All of them.
pub(crate) const ALL: &[ClosedForm] = &[
    // (n k)! / (k!)^n
    small("mutex(2, 1)", || mutex(2, 1), 2),
    small("mutex(2, 2)", || mutex(2, 2), 6),
    small("mutex(2, 3)", || mutex(2, 3), 20),
    small("mutex(3, 1)", || mutex(3, 1), 6),
    middle("mutex(2, 6)", || mutex(2, 6), 924),
    middle("mutex(3, 2)", || mutex(3, 2), 90),
    middle("mutex(4, 1)", || mutex(4, 1), 24),
    large("mutex(4, 2)", || mutex(4, 2), 2_520),
    // With n + 1 for n.
    small("mutex_with_main(1, 2)", || mutex_with_main(1, 2), 6),
    small("mutex_with_main(2, 1)", || mutex_with_main(2, 1), 6),
    // The same with one atomic step for a section.
    small("counter(2, 2)", || counter(2, 2), 6),
    small("counter(3, 1)", || counter(3, 1), 6),
    middle("counter(3, 2)", || counter(3, 2), 90),
    // n!
    small("writers(2)", || writers(2), 2),
    small("writers(3)", || writers(3), 6),
    middle("writers(4)", || writers(4), 24),
    large("writers(5)", || writers(5), 120),
    large("writers(6)", || writers(6), 720),
    // 1
    small("independent(1)", || independent(1), 1),
    small("independent(3)", || independent(3), 1),
    middle("independent(10)", || independent(10), 1),
    large("independent(50)", || independent(50), 1),
    small("own_locks(2)", || own_locks(2), 1),
    large("own_locks(20)", || own_locks(20), 1),
    // 2^n
    small("readers(1)", || readers(1), 2),
    small("readers(2)", || readers(2), 4),
    middle("readers(3)", || readers(3), 8),
    large("readers(8)", || readers(8), 256),
    // (k + 1)^n
    small("versions(1, 3)", || versions(1, 3), 4),
    small("versions(2, 2)", || versions(2, 2), 9),
    large("versions(4, 3)", || versions(4, 3), 256),
    // (n + 3) 2^(n - 2)
    small("lastzero(2)", || lastzero(2), 5),
    middle("lastzero(3)", || lastzero(3), 12),
    large("lastzero(4)", || lastzero(4), 28),
    large("lastzero(5)", || lastzero(5), 64),
    large("lastzero(10)", || lastzero(10), 3_328),
    // 8^(n - 11)
    large("indexer(11)", || indexer(11), 1),
    large("indexer(12)", || indexer(12), 8),
    large("indexer(13)", || indexer(13), 64),
    large("indexer(14)", || indexer(14), 512),
    // 2^(n - 13)
    small("file_system(2)", || file_system(2), 1),
    large("file_system(13)", || file_system(13), 1),
    large("file_system(14)", || file_system(14), 2),
    large("file_system(16)", || file_system(16), 8),
    large("file_system(18)", || file_system(18), 32),
    large("file_system(19)", || file_system(19), 64),
    // w! (w + 1)^r
    small("rwlock(1, 1)", || rwlock(1, 1), 2),
    small("rwlock(2, 0)", || rwlock(2, 0), 1),
    small("rwlock(2, 1)", || rwlock(2, 1), 4),
    small("rwlock(1, 2)", || rwlock(1, 2), 6),
    middle("rwlock(2, 2)", || rwlock(2, 2), 18),
    large("rwlock(3, 2)", || rwlock(3, 2), 54),
    small("shared(1, 1)", || shared(1, 1), 2),
    small("shared(2, 1)", || shared(2, 1), 4),
    small("shared(1, 2)", || shared(1, 2), 6),
    middle("shared(2, 2)", || shared(2, 2), 18),
    // n! (n! / 0! + n! / 1! + ... + n! / n!)
    small("condvar(1)", || condvar(1), 2),
    middle("condvar(2)", || condvar(2), 10),
    middle("condvar(3)", || condvar(3), 96),
    small("tokens(1)", || tokens(1), 2),
    middle("tokens(2)", || tokens(2), 10),
    middle("tokens(3)", || tokens(3), 96),
    // n! catalan(n)
    small("channel(1)", || channel(1), 1),
    small("channel(2)", || channel(2), 4),
    middle("channel(3)", || channel(3), 30),
    // catalan(k)
    small("stream(2)", || stream(2), 2),
    small("stream(3)", || stream(3), 5),
    small("stream(4)", || stream(4), 14),
    // catalan(k)^2
    small("pipeline(1)", || pipeline(1), 1),
    small("pipeline(2)", || pipeline(2), 4),
    middle("pipeline(3)", || pipeline(3), 25),
    middle("pipeline(4)", || pipeline(4), 196),
    // 1, and 2^(k - 1)
    small("bounded_stream(1, 4)", || bounded_stream(1, 4), 1),
    small("bounded_stream(2, 3)", || bounded_stream(2, 3), 4),
    small("bounded_stream(2, 4)", || bounded_stream(2, 4), 8),
    // (n!)^2, and 24
    small("barrier(2, 1)", || barrier(2, 1), 2),
    small("barrier(2, 2)", || barrier(2, 2), 8),
    middle("barrier(3, 1)", || barrier(3, 1), 6),
    large("watcher()", watcher, 2),
    // (k + 1) (k + 2) / 2
    small("tries(1)", || tries(1), 3),
    small("tries(2)", || tries(2), 6),
    small("tries(3)", || tries(3), 10),
    // 4^k, and 2^n
    small("choices(1)", || choices(1), 4),
    small("choices(2)", || choices(2), 16),
    large("choices(4)", || choices(4), 256),
    large("choices_in_one_place(6)", || choices_in_one_place(6), 64),
    // n! 2^n
    small("choices_in_turn(2)", || choices_in_turn(2), 8),
    middle("choices_in_turn(3)", || choices_in_turn(3), 48),
    large("chosen_writes(2)", || chosen_writes(2), 8),
    large("chosen_writes(3)", || chosen_writes(3), 48),
    // 2^k (k + 1)
    small("choices_between_steps(1)", || choices_between_steps(1), 4),
    small("choices_between_steps(3)", || choices_between_steps(3), 32),
    // 2 + 3
    small("fault_and_repair()", fault_and_repair, 5),
];
