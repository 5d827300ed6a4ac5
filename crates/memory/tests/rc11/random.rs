//! Random programs: what the crate's model can be led to is what the axioms allow, graph by graph.
//!
//! `cargo test` runs 500 small ones. The long run, of 20,000 programs of up to a million candidates, is
//! `BOHRBUG_TEST_PROGRAMS=20000 BOHRBUG_TEST_CANDIDATES=1000000 cargo test --release -p bohrbug-memory --test rc11 random
//! -- --nocapture`; `BOHRBUG_TEST_SEED` makes it another.

use std::collections::HashSet;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::oracle::{self, Model, Sequences};
use super::program::{Graph, Program};
use super::{explore, generate, walk};

const RC11: Model = Model::Rc11(Sequences::Cpp20);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Programs of at most so many candidates, and how many had more and were drawn again.
fn programs(seed: u64, count: u64, most: u64) -> (Vec<Program>, u64) {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let (mut programs, mut again) = (Vec::new(), 0);
    while (programs.len() as u64) < count {
        let program = generate::program(&mut rng);
        if oracle::candidates(&program) <= most { programs.push(program) } else { again += 1 }
    }
    (programs, again)
}

#[test]
fn every_graph_that_the_axioms_allow_is_reached_and_no_other() {
    let count = number("BOHRBUG_TEST_PROGRAMS", 500);
    let most = number("BOHRBUG_TEST_CANDIDATES", 20_000);
    let (programs, again) = programs(number("BOHRBUG_TEST_SEED", 11), count, most);
    let (mut graphs, mut weak, mut mixed) = (0, 0, 0);
    for program in &programs {
        let allowed: HashSet<Graph> = oracle::executions(program, RC11).into_iter().collect();
        let reached = walk::all(program);
        if let Some(missed) = allowed.difference(&reached).next() {
            panic!("a graph of {program:#?} is not reached: {missed:?}");
        }
        if let Some(wrong) = reached.difference(&allowed).next() {
            panic!("a graph of {program:#?} is not consistent: {wrong:?}");
        }
        let strong = oracle::executions(program, Model::Sc).len();
        graphs += allowed.len();
        weak += usize::from(allowed.len() > strong);
        mixed += usize::from(uses_psc(program, &allowed));
    }
    println!(
        "{count} programs of at most {most} candidates ({again} drawn again): {graphs} graphs, the same on both sides; \
         {weak} programs have more than under SC, and in {mixed} the order of `SeqCst` events forbids some"
    );
    // The comparison is of no worth if the programs are all the same.
    assert!(weak * 8 > programs.len() && mixed * 12 > programs.len(), "{weak} weak programs, {mixed} with psc");
}

#[test]
fn the_search_comes_to_every_graph_once() {
    let count = number("BOHRBUG_TEST_PROGRAMS", 500);
    let most = number("BOHRBUG_TEST_CANDIDATES", 20_000);
    let (programs, again) = programs(number("BOHRBUG_TEST_SEED", 12), count, most);
    let (mut graphs, mut blocked) = (0, 0);
    for program in &programs {
        match explore::difference(program) {
            Ok(explored) => (graphs, blocked) = (graphs + explored.complete.len(), blocked + explored.blocked),
            Err(difference) => panic!("a graph of {program:#?} is {difference}"),
        }
    }
    assert_eq!(blocked, 0, "nobody waits");
    println!("{count} programs of at most {most} candidates ({again} drawn again): {graphs} graphs, each once");
}

#[test]
fn the_search_comes_to_every_graph_in_which_nobody_waits_for_good() {
    let count = number("BOHRBUG_TEST_PROGRAMS", 500);
    let most = number("BOHRBUG_TEST_CANDIDATES", 20_000);
    let mut rng = Pcg64Mcg::seed_from_u64(number("BOHRBUG_TEST_SEED", 14));
    let (mut graphs, mut blocked, mut done) = (0, 0, 0);
    while done < count {
        let program = generate::with_assumptions(&mut rng);
        if oracle::candidates(&program) > most {
            continue;
        }
        done += 1;
        match explore::difference(&program) {
            Ok(explored) => (graphs, blocked) = (graphs + explored.complete.len(), blocked + explored.blocked),
            Err(difference) => panic!("a graph of {program:#?} is {difference}"),
        }
    }
    println!(
        "{count} programs of which threads wait: {graphs} graphs, each once, and {blocked} executions in which one waits"
    );
    assert!(graphs > blocked / 4 && blocked > 0);
}

#[test]
fn the_search_comes_to_every_order_of_locks_once() {
    let count = number("BOHRBUG_TEST_PROGRAMS", 500);
    let mut rng = Pcg64Mcg::seed_from_u64(number("BOHRBUG_TEST_SEED", 13));
    let (mut graphs, mut blocked, mut deadlocks) = (0, 0, 0);
    for _ in 0..count {
        let program = generate::with_locks(&mut rng);
        match explore::difference_from_walks(&program) {
            Ok(explored) => {
                assert_eq!(explored.blocked > 0, walk::has_deadlock(&program), "{program:#?}");
                graphs += explored.complete.len();
                blocked += explored.blocked;
                deadlocks += usize::from(explored.blocked > 0);
            }
            Err(difference) => panic!("a graph of {program:#?} is {difference}"),
        }
    }
    println!("{count} programs with locks: {graphs} graphs, each once; {deadlocks} deadlock, in {blocked} executions");
    assert!(deadlocks * 50 > count as usize);
}

/// Whether the same program with its `SeqCst` weakened would have more executions.
fn uses_psc(program: &Program, allowed: &HashSet<Graph>) -> bool {
    oracle::executions(&program.without_seq_cst(), RC11).len() > allowed.len()
}

#[test]
fn a_random_walk_reaches_every_graph_as_soon_as_its_probability_says() {
    let (programs, _) = programs(12, 200, 500);
    let mut rng = Pcg64Mcg::seed_from_u64(13);
    let mut walked = 0;
    for program in &programs {
        let probabilities = walk::probabilities(program);
        let total: f64 = probabilities.values().sum();
        assert!((total - 1.0).abs() < 1e-9, "{total} for {program:#?}");
        let least = probabilities.values().copied().fold(1.0, f64::min);
        if least < 1.0 / 200.0 {
            continue;
        }
        walked += 1;
        let allowed: HashSet<Graph> = oracle::executions(program, RC11).into_iter().collect();
        // A graph is missed by n walks with probability (1-p)^n < e^-pn: so many walks miss any of them in one of 10^9 cases.
        let walks = ((allowed.len() as f64).ln() + 21.0) / least;
        let reached: HashSet<Graph> = (0..walks as u64).map(|_| walk_once(program, &mut rng)).collect();
        assert_eq!(reached, allowed, "{program:#?}");
    }
    assert!(walked > 50, "only {walked} programs are small enough");
}

fn walk_once(program: &Program, rng: &mut Pcg64Mcg) -> Graph {
    let mut walk = walk::Walk::new(program);
    loop {
        let Some(&thread) = walk.threads().choose(rng) else { return walk.complete().unwrap() };
        let choices = walk.choices(thread);
        walk.step(thread, choices[rng.random_range(0..choices.len())]);
    }
}
