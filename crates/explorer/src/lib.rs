//! Explores the tests of crates that nobody edited, from inside the process of one test.
//!
//! `bohrbug-std` declares the one function that this crate defines. The two meet in the linker, so that no crate under test has
//! this one, or anything that it depends on, in its own graph.
//!
//! What the process is for is in its [`Plan`]. Without one a test is run as it is.

mod ended;
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod every_access;
mod explore;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod hashing;
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod heap;
mod part;
mod replay;
#[cfg(target_os = "linux")]
mod statics;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod system;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bohrbug::{Again, Program};
use bohrbug_plan::{Mode, Outcome, Plan, STARTS_THREADS, VARIABLE};
use bohrbug_std::__bohrbug::{Body, Test};
use bohrbug_sync::control::{exit_at_first_thread, sleeps_take_time, statics_begin_anew, threads_may_panic};

/// Does with a test what its process was started for.
#[unsafe(no_mangle)]
extern "Rust" fn __bohrbug_explore(test: Test, body: Body) {
    let plan = plan();
    match plan.mode {
        Mode::Plain => body(),
        Mode::Probe => {
            exit_at_first_thread(STARTS_THREADS);
            body();
        }
        Mode::Explore | Mode::Replay => {
            let explored = Explored::new(plan, test, body);
            if let Some(asked) = bohrbug::survive::asked() {
                explored.carry_out(asked);
            }
            if explored.plan.mode == Mode::Explore { explored.explore() } else { explored.replay() }
        }
    }
}

fn plan() -> Plan {
    let Ok(text) = std::env::var(VARIABLE) else { return Plan::default() };
    Plan::from_text(&text)
        .unwrap_or_else(|error| panic!("only `cargo bohrbug` sets {VARIABLE}, and this is not a plan: {error}"))
}

/// A test that is explored, or replayed.
struct Explored {
    plan: Plan,
    program: Program,
    /// What the last execution of a test that has to panic panicked with.
    expected: Option<Expected>,
    /// Whether an execution of another test has come to its end.
    has_ended: Arc<AtomicBool>,
}

type Expected = Arc<Mutex<Option<String>>>;

impl Explored {
    fn new(plan: Plan, test: Test, body: Body) -> Self {
        threads_may_panic();
        statics_begin_anew();
        sleeps_take_time();
        #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
        heap::start();
        #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
        if plan.every_access {
            every_access::start(&plan.root);
        }
        let begin = Beginning::new(&plan);
        if !test.should_panic {
            let has_ended = Arc::<AtomicBool>::default();
            let program = Program::new({
                let has_ended = has_ended.clone();
                move || {
                    begin.execution();
                    body();
                    has_ended.store(true, Ordering::Relaxed);
                }
            });
            let program = program.at(test.site).started_again_by(Again::this_program());
            return Self { plan, program, expected: None, has_ended };
        }
        let expected = Expected::default();
        let program = Program::new({
            let expected = expected.clone();
            move || {
                begin.execution();
                keep_panic(&body, &expected);
            }
        });
        let program = program.at(test.site).started_again_by(Again::this_program());
        // It ends by a panic, which is kept.
        Self { plan, program, expected: Some(expected), has_ended: Arc::default() }
    }

    /// Whether an execution has come to the end of the test.
    fn has_ended(&self) -> bool {
        let has_panicked = |expected: &Expected| expected.lock().is_ok_and(|message| message.is_some());
        self.has_ended.load(Ordering::Relaxed) || self.expected.as_ref().is_some_and(has_panicked)
    }

    /// Ends the test as std's harness wants it: one that has to panic does.
    fn succeed(&self) {
        if let Some(expected) = &self.expected {
            let message = expected.lock().ok().and_then(|mut message| message.take());
            std::panic::resume_unwind(Box::new(message.unwrap_or_default()));
        }
    }

    fn write(&self, outcome: &Outcome) {
        // What was written before stays until all of this is there.
        if let Err(error) = bohrbug::trace::replace_file(&self.plan.outcome, &outcome.to_text()) {
            eprintln!("bohrbug: the outcome cannot be written to {}: {error}", self.plan.outcome.display());
        }
    }
}

/// What is the same at the begin of each execution.
struct Beginning {
    /// How many there were.
    count: AtomicU64,
    /// Where to say that there was one.
    mark: PathBuf,
    #[cfg(target_os = "linux")]
    statics: statics::Statics,
}

impl Beginning {
    /// As things are now.
    fn new(plan: &Plan) -> Self {
        Self {
            count: AtomicU64::new(0),
            mark: plan.mark(),
            #[cfg(target_os = "linux")]
            statics: statics::Statics::remember(&plan.foreign),
        }
    }

    /// An execution begins.
    fn execution(&self) {
        if self.count.fetch_add(1, Ordering::Relaxed) == 1 {
            // Whoever waits for it waits longer now; if it cannot be written, not.
            let _ = std::fs::write(&self.mark, "");
        }
        #[cfg(target_os = "linux")]
        self.statics.put_back();
        #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
        {
            hashing::begin();
            // The first time std draws for its hashes in there.
            system::begin();
        }
        #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
        heap::begin();
        #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
        every_access::begin();
    }
}

/// Ends the test as one that has failed, when everything has been said.
fn fail() -> ! {
    std::panic::resume_unwind(Box::new("the test failed; the report is above"))
}

/// Runs a test that has to panic: in every interleaving.
fn keep_panic(body: &Body, expected: &Expected) {
    let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| body())) else {
        panic!("the test did not panic as it should");
    };
    if bohrbug_sync::control::is_stopping() {
        std::panic::resume_unwind(payload);
    }
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    if let Ok(mut expected) = expected.lock() {
        *expected = text;
    }
}
