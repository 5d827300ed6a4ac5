//! How often what fails under every schedule that says so fails by itself, on real threads: now and then, as reported.
//!
//! The scenarios' workloads run outside of any exploration. What a run of a failing revision comes to is a matter of luck,
//! so only `strict` is asserted about; the figures of `docs/bugs/reports.md` are printed by
//! `BOHRBUG_REAL_RUNS=20000 cargo test --release -p bohrbug-tests real_threads -- --nocapture`. "Under load" is with as many
//! threads beside it that do nothing but keep the cores busy.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use harness::catalogue::everything;

/// Workloads that end whatever happens: no deadlock is among them.
const WORKLOADS: [&str; 6] = [
    "vm-simulator/reconfigure-vs-collect",
    "vm-simulator/reconfigure-vs-reconfigure",
    "vm-simulator/encode-after-unlock",
    "vm-simulator/collect-then-subscribe",
    "vm-simulator/relocate-vs-relocate",
    "vm-simulator/parallel-create",
];

#[test]
fn on_real_threads_the_reported_revision_trips_now_and_then_and_strict_never() {
    let runs = std::env::var("BOHRBUG_REAL_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    for name in WORKLOADS {
        let scenario = everything().find(name).unwrap_or_else(|| panic!("no scenario {name}"));
        let tripped = |revision: &str| (0..runs).filter(|_| catch_unwind(|| (scenario.run)(revision)).is_err()).count();
        let (alone, loaded) = (tripped("reported"), under_load(|| tripped("reported")));
        println!("{name}: {alone} of {runs} runs of `reported` fail on real threads, {loaded} under load");
        assert_eq!(tripped("strict"), 0, "{name}");
        assert_eq!(under_load(|| tripped("strict")), 0, "{name} under load");
    }
}

/// The busy threads of a measurement under load: twice the cores of the machine that the figures are from.
const BUSY: usize = 4;

fn under_load<T>(work: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..BUSY {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let done = work();
        over.store(true, Relaxed);
        done
    })
}
