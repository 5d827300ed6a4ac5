//! Programs whose operations depend on values that were read or drawn: `dpor` once missed outcomes of each.

use std::collections::BTreeSet;
use std::sync::{Arc as Plain, Mutex as Uncontrolled};

use bohrbug::{Exploration, Program, Verdict};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::choose;
use bohrbug_sync::{Arc, Mutex, thread};

type Task = fn(&World) -> Vec<u32>;

#[derive(Default)]
struct World {
    x: AtomicU32,
    y: AtomicU32,
    lock: Mutex<()>,
}

/// The tasks, and what they saw in an outcome that was missed.
const PROGRAMS: &[(&[Task], &[&[u32]])] = &[
    (
        &[
            |world| vec![world.x.load(SeqCst)],
            |world| store(&world.x, 1),
            |world| match world.y.load(SeqCst) {
                0 => vec![0, world.x.load(SeqCst)],
                seen => vec![seen],
            },
            |world| [store(&world.y, 1), store(&world.y, 0)].concat(),
        ],
        &[&[1], &[], &[1], &[]],
    ),
    (
        &[
            |world| vec![world.x.load(SeqCst)],
            |world| store(&world.x, 1),
            |world| world.lock.try_lock().map_or_else(|_| vec![], |_held| vec![world.x.load(SeqCst)]),
            |world| vec![world.lock.try_lock().is_ok().into()],
        ],
        &[&[1], &[], &[], &[1]],
    ),
    (
        &[
            |world| {
                let (first, second) = (choose(3) as u32, choose(2) as u32);
                if second == 1 {
                    store(&world.x, 1);
                }
                vec![first, second]
            },
            |world| vec![world.x.load(SeqCst), choose(2) as u32],
        ],
        &[&[2, 0], &[0, 1]],
    ),
];

fn store(word: &AtomicU32, value: u32) -> Vec<u32> {
    word.store(value, SeqCst);
    Vec::new()
}

/// Everything that the tasks can see, by a search that comes to its end.
fn outcomes(tasks: &'static [Task], strategy: &str) -> BTreeSet<Vec<Vec<u32>>> {
    let seen = Plain::new(Uncontrolled::new(BTreeSet::new()));
    let book = Plain::clone(&seen);
    let program = Program::new(move || {
        let world = Arc::new(World::default());
        let spawn = |task: &'static Task| {
            let world = world.clone();
            thread::spawn(move || task(&world))
        };
        let threads: Vec<_> = tasks.iter().map(spawn).collect();
        let outcome = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        book.lock().unwrap().insert(outcome);
    });
    let report = Exploration::new("values", strategy).run(&program, |_| ()).unwrap();
    assert_eq!(report.verdict, Verdict::Verified, "{:?}", report.failure());
    drop(program);
    Plain::into_inner(seen).unwrap().into_inner().unwrap()
}

#[test]
fn what_a_task_does_may_depend_on_what_it_has_read() {
    for (number, &(tasks, missed)) in PROGRAMS.iter().enumerate() {
        let dpor = outcomes(tasks, "dpor");
        assert!(dpor.contains(&missed.iter().map(|seen| seen.to_vec()).collect::<Vec<_>>()), "program {number}");
        assert_eq!(dpor, outcomes(tasks, "dfs"), "program {number}");
    }
}
