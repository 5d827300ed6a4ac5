//! The suite on native, under an exhaustive search.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use bohrbug_sync::control::Runtime;

use crate::case::{Case, Found, On, check_all};
use crate::dfs::Dfs;
use crate::explorer::{Bench, alone};

fn explore(case: &Case) -> BTreeSet<String> {
    let search = Rc::new(RefCell::new(Dfs::default()));
    let mut bench = Bench::of(case, Runtime::Native, Some(search.clone()));
    loop {
        bench.run_native();
        assert!(bench.explorer.executions < 2_000_000, "{}: too large for brute force", case.name);
        if !search.borrow_mut().advance() {
            println!("Native: {}: {} executions", case.name, bench.explorer.executions);
            return bench.explorer.seen;
        }
    }
}

#[test]
fn native_finds_exactly_the_expected_outcomes() {
    let _alone = alone();
    check_all(On::Native, Found::All, explore);
}
