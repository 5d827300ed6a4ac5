//! The suite on native, under an exhaustive search: with tasks that are coroutines, and OS threads.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Mutex;

use bohrbug_sync::control::{Carrier, Runtime, tell_steps_to};

use crate::case::{Case, Found, On, check_all};
use crate::dfs::Dfs;
use crate::explorer::{Bench, alone};

/// Runs the bench on native until its search has ended.
pub(crate) fn on_native(bench: &mut Bench, search: &Rc<RefCell<Dfs>>) {
    loop {
        bench.run_native();
        assert!(bench.explorer().executions < 2_000_000, "too large for brute force");
        if !search.borrow_mut().advance() {
            return;
        }
    }
}

fn explore(case: &Case, carrier: Carrier) -> BTreeSet<String> {
    let search = Rc::new(RefCell::new(Dfs::default()));
    let mut bench = match carrier {
        Carrier::Coroutines => Bench::of(case, Runtime::Native, Some(search.clone())),
        Carrier::Threads => Bench::on_os_threads(case, search.clone()),
    };
    on_native(&mut bench, &search);
    println!("Native: {}: {} executions on {}", case.name, bench.explorer().executions, carrier.name());
    bench.explorer().seen.clone()
}

#[test]
fn native_finds_exactly_the_expected_outcomes() {
    let _alone = alone();
    check_all(On::Native, Found::All, |case| explore(case, Carrier::Coroutines));
}

#[test]
fn os_threads_find_exactly_the_expected_outcomes() {
    let _alone = alone();
    check_all(On::Native, Found::All, |case| explore(case, Carrier::Threads));
}

/// The steps that were told of before they happened.
static TOLD: Mutex<Vec<u64>> = Mutex::new(Vec::new());

#[test]
fn every_event_is_told_of_before_it_happens_on_os_threads() {
    let _alone = alone();
    tell_steps_to(|step| TOLD.lock().unwrap().push(step));
    for case in crate::cases::all() {
        let search = Rc::new(RefCell::new(Dfs::default()));
        let mut bench = Bench::on_os_threads(&case, search.clone());
        for _ in 0..20 {
            TOLD.lock().unwrap().clear();
            bench.run_native();
            let events = bench.execution.events().len() as u64;
            assert_eq!(*TOLD.lock().unwrap(), (0..events).collect::<Vec<_>>(), "{}", case.name);
            if !search.borrow_mut().advance() {
                break;
            }
        }
    }
}
