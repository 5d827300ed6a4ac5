//! Where `pctwm` helps: bugs that need one read of many to see another thread's store.

use bohrbug::{Exploration, MemoryModel, Program};
use bohrbug_sync::atomic::AtomicU32;
use bohrbug_sync::atomic::Ordering::Relaxed;
use bohrbug_sync::{Arc, thread};

/// How many words there are.
const WORDS: usize = 40;

/// Fails if the read of the thirty-first word alone sees what the other thread has stored.
fn needle() -> Program {
    Program::new(|| {
        let words: Arc<[AtomicU32; WORDS]> = Arc::new(std::array::from_fn(|_| AtomicU32::new(0)));
        let writer = {
            let words = words.clone();
            thread::spawn(move || words.iter().for_each(|word| word.store(1, Relaxed)))
        };
        let seen: Vec<usize> = (0..WORDS).filter(|&word| words[word].load(Relaxed) == 1).collect();
        assert_ne!(seen, [30], "one alone was new");
        writer.join().unwrap();
    })
}

/// How many of ten seeds fail within so many executions.
fn found(strategy: &str, executions: u64) -> usize {
    let fails = |seed: &u64| {
        let mut exploration = Exploration::new("needle", strategy).seed(*seed);
        exploration.config.memory = MemoryModel::Rc11;
        exploration.budget.executions = Some(executions);
        exploration.run(&needle(), |_| ()).unwrap().verdict.is_failed()
    };
    (0..10).filter(fails).count()
}

#[test]
fn one_read_of_many_that_communicates_is_found_by_the_strategy_that_draws_few() {
    // That the one read of some forty is drawn, and reads the newer of two stores: about one time in a hundred.
    assert_eq!(found("pctwm:1", 400), 10);
    // Thirty reads of old values, each a draw where the writer has been there before.
    let others = ["random", "pct", "pos", "surw"].map(|strategy| found(strategy, 400));
    assert!(others.iter().all(|found| *found < 5), "{others:?}");
}
