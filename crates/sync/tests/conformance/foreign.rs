//! The suite on shuttle and on loom.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::rc::Rc;

use bohrbug_sync::control::Runtime;
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

use crate::case::{Case, Found, On, check_all, message};
use crate::dfs::Dfs;
use crate::explorer::{Bench, alone};

/// A bench that a foreign runtime's closure can hold: it runs on the calling OS thread alone.
#[derive(Clone, Copy)]
pub(crate) struct Held(NonNull<Bench>);

// SAFETY: see the type.
unsafe impl Send for Held {}
// SAFETY: see the type.
unsafe impl Sync for Held {}

impl Held {
    pub(crate) fn new(bench: &mut Bench) -> Self {
        Self(NonNull::from(bench))
    }

    #[expect(clippy::mut_from_ref, reason = "each use is over before the next: see the type")]
    pub(crate) fn bench(&self) -> &mut Bench {
        // SAFETY: the callers keep the bench until the foreign runtime has returned.
        unsafe { &mut *self.0.as_ptr() }
    }
}

/// shuttle's scheduling and our choices, decided by one search.
struct Searching {
    search: Rc<RefCell<Dfs>>,
    begun: bool,
    left: usize,
    held: Held,
}

impl Scheduler for Searching {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.held.bench().finish();
        let more = !std::mem::replace(&mut self.begun, true) || self.search.borrow_mut().advance();
        self.left = self.left.checked_sub(1)?;
        more.then(|| Schedule::new(0))
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        let place = if runnable.len() > 1 { self.search.borrow_mut().choose(runnable.len()) } else { 0 };
        Some(runnable[place].id())
    }

    fn next_u64(&mut self) -> u64 {
        0
    }
}

/// Runs the bench under shuttle until its search has ended, `executions` times at most.
pub(crate) fn on_shuttle(bench: &mut Bench, search: Rc<RefCell<Dfs>>, executions: usize) {
    let held = Held::new(bench);
    let mut config = shuttle::Config::new();
    config.stack_size = 512 * 1024;
    config.failure_persistence = shuttle::FailurePersistence::None;
    config.silence_warnings = true;
    let scheduler = Searching { search, begun: false, left: executions, held };
    let result = catch_unwind(AssertUnwindSafe(|| {
        shuttle::Runner::new(scheduler, config).run(move || held.bench().run_foreign());
    }));
    end(bench, "shuttle", result);
}

/// Runs the bench under loom until its search has ended, `executions` times at most.
pub(crate) fn on_loom_for(bench: &mut Bench, executions: usize) {
    let held = Held::new(bench);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 20_000;
    // Enough for programs of this size, and the search of three threads ends.
    builder.preemption_bound = Some(2);
    builder.checkpoint_interval = 1;
    builder.max_permutations = Some(executions);
    let result = catch_unwind(AssertUnwindSafe(|| builder.check(move || held.bench().run_foreign())));
    end(bench, "loom", result);
}

fn end(bench: &mut Bench, runtime: &str, result: std::thread::Result<()>) {
    if let Err(payload) = result {
        bench.explorer().incident = Some(format!("{runtime} itself: {}", message(&*payload)));
    }
    bench.finish();
}

fn explore_on_shuttle(case: &Case) -> BTreeSet<String> {
    let search = Rc::new(RefCell::new(Dfs::default()));
    let mut bench = Bench::of(case, Runtime::Shuttle, Some(search.clone()));
    on_shuttle(&mut bench, search, 1_000_000);
    println!("Shuttle: {}: {} executions", case.name, bench.explorer().executions);
    assert!(bench.explorer().executions < 1_000_000, "{}: too large for brute force", case.name);
    bench.explorer().seen.clone()
}

fn explore_on_loom(case: &Case) -> BTreeSet<String> {
    let mut bench = Bench::of(case, Runtime::Loom, None);
    on_loom_for(&mut bench, 1_000_000);
    println!("Loom: {}: {} executions", case.name, bench.explorer().executions);
    bench.explorer().seen.clone()
}

#[test]
fn shuttle_finds_exactly_the_expected_outcomes() {
    let _alone = alone();
    check_all(On::Shuttle, Found::All, explore_on_shuttle);
}

#[test]
fn loom_finds_exactly_the_expected_outcomes() {
    let _alone = alone();
    check_all(On::Loom, Found::All, explore_on_loom);
}
