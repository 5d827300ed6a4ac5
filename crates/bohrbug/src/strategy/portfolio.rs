//! `portfolio`: several strategies in turn, each of which is good at what another is bad at.
//!
//! An exhaustive search has a third of the executions, and proves that nothing fails if it comes to its end. The random
//! ones share the rest, so that a bug that any of them finds soon is found soon. Turns are short at first and grow: each
//! strategy has run once by the sixth execution.
//!
//! Which strategy an execution belongs to follows from its number alone, and so does what a random one does in it, once
//! its executions were run that it learns from: they come first. Only the exhaustive search needs all of its own
//! executions, in order; one of them may cost twice as much as one of the others, and as they are a third of all, two
//! threads still have the same to do.
//!
//! An exhaustive search that has come to its end proves nothing if one of its executions was cut off at the step bound, or
//! if something was seen that keeps them from being a proof. Then the others go on.

use bohrbug_sync::control::{Event, View};
use bohrbug_trace::TaskId;

use super::{Descriptor, Dpor, Graphs, Pct, Pos, Random, Standing, Strategy, Surw};

/// How often the turns double: to 192 executions a round. The longer they are, the longer a strategy may wait for its turn,
/// and the further threads that share an exploration run ahead of each other.
const DOUBLINGS: u32 = 5;

/// Several strategies in turn.
pub struct Portfolio {
    members: Vec<Member>,
    /// Whose turn it is.
    at: usize,
    /// How many executions it takes until each member has learned.
    learning: u64,
    /// Whether the end of the exhaustive search will prove nothing.
    is_no_proof: bool,
}

/// A strategy of a portfolio.
struct Member {
    /// The executions of its first turn; each later turn is twice as long, up to a bound.
    share: u64,
    strategy: Box<dyn Strategy>,
}

impl Portfolio {
    /// The usual one.
    pub fn new(seed: u64) -> Self {
        let member = |share, strategy: Box<dyn Strategy>| Member { share, strategy };
        Self::of(vec![
            member(2, Box::<Dpor>::default()),
            member(1, Box::new(Pos::new(seed))),
            member(1, Box::new(Surw::new(seed))),
            member(1, Box::new(Pct::new(seed, 3))),
            member(1, Box::new(Random::new(seed))),
        ])
    }

    /// The one under a weak memory model, where `dpor` searches for execution graphs.
    pub(crate) fn under_weak_memory(seed: u64) -> Self {
        let mut portfolio = Self::new(seed);
        portfolio.members[0].strategy = Box::<Graphs>::default();
        portfolio
    }

    /// Those, the exhaustive ones among which prove for all.
    fn of(members: Vec<Member>) -> Self {
        let mut portfolio = Self { members, at: 0, learning: 0, is_no_proof: false };
        portfolio.learning = portfolio.learns_from();
        portfolio
    }

    /// How many executions it takes until each member has had those that it learns from.
    fn learns_from(&self) -> u64 {
        let learning = |member: &Member| member.strategy.descriptor().learning;
        let mut left: u64 = self.members.iter().map(learning).sum();
        let mut executions = 0;
        while left > 0 {
            let (at, number) = self.turn(executions);
            left -= u64::from(number < learning(&self.members[at]));
            executions += 1;
        }
        executions
    }

    /// Whose the execution of that number is, and which of its own.
    fn turn(&self, execution: u64) -> (usize, u64) {
        let round: u64 = self.members.iter().map(|member| member.share).sum();
        // Round r begins after (2^r - 1) first rounds.
        let doublings = (execution / round + 1).ilog2().min(DOUBLINGS);
        let length = 1 << doublings;
        let begun = (1 << doublings) - 1;
        let before = begun + (execution / round - begun) / length * length;
        let mut rest = execution - before * round;
        for (at, member) in self.members.iter().enumerate() {
            if rest < member.share * length {
                return (at, member.share * before + rest);
            }
            rest -= member.share * length;
        }
        (0, execution)
    }

    fn current(&self) -> &dyn Strategy {
        &*self.members[self.at].strategy
    }

    fn current_mut(&mut self) -> &mut dyn Strategy {
        &mut *self.members[self.at].strategy
    }
}

impl Strategy for Portfolio {
    fn begin(&mut self, execution: u64) -> bool {
        let (at, number) = self.turn(execution);
        self.at = at;
        if self.current_mut().begin(number) {
            return true;
        }
        if self.current().standing().proves && !self.is_no_proof {
            return false;
        }
        // It has ended and proved nothing; the last one, which never ends, has its turns, under numbers that nobody has.
        self.at = self.members.len() - 1;
        self.current_mut().begin(u64::MAX - execution)
    }

    #[inline]
    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.current_mut().next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.current_mut().choose(view, alternatives)
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.current_mut().reported(view, event);
    }

    fn end(&mut self, view: View<'_>) {
        self.current_mut().end(view);
        self.is_no_proof |= view.is_cut() && !self.current().descriptor().samples;
    }

    // What an execution that is drawn has shown the search comes to as well, before its end: so the number of threads does
    // not matter.
    fn doubted(&mut self) {
        self.current_mut().doubted();
        self.is_no_proof = true;
    }

    fn is_in_order(&self, execution: u64) -> bool {
        let (at, number) = self.turn(execution);
        self.members[at].strategy.is_in_order(number)
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor { seeded: true, learning: self.learning, ..self.current().descriptor() }
    }

    fn standing(&self) -> Standing {
        let draws = |member: &Member| member.strategy.descriptor().samples;
        let standing = self.current().standing();
        // Only a member that searches ever has nothing left to explore, and it proves for those that draw.
        let proves = standing.proves
            && !self.is_no_proof
            && self.members.iter().all(|one| draws(one) || one.strategy.standing().proves);
        Standing { proves, guarantee: None, ..standing }
    }
}

#[cfg(test)]
mod tests {
    use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
    use bohrbug_sync::cell::UnsafeCell;
    use bohrbug_sync::{Arc, thread};

    use super::*;
    use crate::strategy::Dfs;
    use crate::strategy::testing::times_held_up;
    use crate::{Budget, Exploration, Program, Verdict};

    #[test]
    fn every_strategy_has_its_own_executions_one_after_the_other() {
        let portfolio = Portfolio::new(0);
        let mut next = vec![0; portfolio.members.len()];
        for execution in 0..200_000 {
            let (at, number) = portfolio.turn(execution);
            assert_eq!(number, next[at], "execution {execution}");
            next[at] += 1;
        }
        let first: Vec<_> = (0..6).map(|execution| portfolio.turn(execution).0).collect();
        assert_eq!(first, [0, 0, 1, 2, 3, 4]);
        // A third for the exhaustive one, a sixth for each other, but for the last round, which is cut off.
        assert!(
            next[0].abs_diff(66_667) < 200 && next[1..].iter().all(|count| count.abs_diff(33_333) < 200),
            "{next:?}"
        );
    }

    // Brute force comes to such an order only after 2^30 others, and a random walk with probability 2^-30. `pos` has 330 of
    // 2,000 executions, each of which shows it with probability 1/32, so it misses it with probability (31/32)^330 = 3e-5.
    #[test]
    fn it_finds_what_one_of_them_finds() {
        assert!(times_held_up(Portfolio::new(1), 30, 2_000) > 0);
        assert_eq!(times_held_up(Dfs::new(), 30, 2_000), 0);
    }

    #[test]
    fn it_proves_what_the_exhaustive_one_proves_and_nothing_else() {
        // Three steps of one among three of the other are 20 behaviours, the last of which has a number above 20.
        let explore = |executions| {
            let program = Program::new(|| {
                let word = Arc::new(AtomicU32::new(0));
                let steps = |word: Arc<AtomicU32>| (0..3).for_each(|_| _ = word.fetch_add(1, SeqCst));
                let other = thread::spawn({
                    let word = word.clone();
                    move || steps(word)
                });
                steps(word);
                other.join().unwrap();
            });
            let budget = Budget { executions: Some(executions), ..Budget::default() };
            let exploration = Exploration { budget, ..Exploration::new("a portfolio", "portfolio") };
            exploration.run(&program, |_| ()).unwrap().verdict
        };
        assert_eq!((explore(20), explore(1_000)), (Verdict::Passed, Verdict::Verified));
    }

    #[test]
    fn it_goes_on_where_the_exhaustive_one_ends_and_proves_nothing() {
        // Whether two uses of the cell are a data race is not known: there is no order of them.
        let program = Program::new(|| {
            let cell = Arc::new(Pointed(UnsafeCell::new(0)));
            let other = thread::spawn({
                let cell = cell.clone();
                move || _ = cell.0.get()
            });
            _ = cell.0.get();
            other.join().unwrap();
        });
        let explore = |strategy: &str, jobs| {
            let budget = Budget::default().executions(500);
            Exploration::new("a portfolio", strategy).budget(budget).jobs(jobs).run(&program, |_| ()).unwrap()
        };
        let alone = explore("dpor", 1);
        assert!(alone.is_complete && alone.executions < 10 && alone.verdict == Verdict::Passed, "{}", alone.basis());
        for jobs in [1, 2] {
            let report = explore("portfolio", jobs);
            assert_eq!((report.executions, report.verdict), (500, Verdict::Passed), "{jobs} jobs");
        }
    }

    /// A cell that threads share.
    struct Pointed(UnsafeCell<u32>);

    // SAFETY: nothing is read or written.
    unsafe impl Sync for Pointed {}

    #[test]
    fn it_has_learned_when_all_have() {
        let portfolio = Portfolio::new(0);
        let learned = portfolio.descriptor().learning;
        let mut seen = vec![0; portfolio.members.len()];
        (0..learned).for_each(|execution| seen[portfolio.turn(execution).0] += 1);
        for (member, seen) in portfolio.members.iter().zip(seen) {
            assert!(seen >= member.strategy.descriptor().learning);
        }
    }
}
