//! The suite on native, under an exhaustive search.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use bohrbug_sync::control::Runtime;

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

fn explore(case: &Case) -> BTreeSet<String> {
    let search = Rc::new(RefCell::new(Dfs::default()));
    let mut bench = Bench::of(case, Runtime::Native, Some(search.clone()));
    on_native(&mut bench, &search);
    println!("Native: {}: {} executions", case.name, bench.explorer().executions);
    bench.explorer().seen.clone()
}

#[test]
fn native_finds_exactly_the_expected_outcomes() {
    let _alone = alone();
    check_all(On::Native, Found::All, explore);
}
