//! Barriers.

use bohrbug_sync::{Arc, Barrier, Mutex, thread};

use crate::harness::Program;

#[test]
fn any_party_can_lead() {
    Program::new(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = thread::spawn({
            let barrier = barrier.clone();
            move || barrier.wait().is_leader()
        });
        let mine = barrier.wait().is_leader();
        format!("{mine} {}", other.join().unwrap())
    })
    .expect(&["false true", "true false"], &[]);
}

#[test]
fn nobody_leaves_before_all_have_arrived() {
    let mut program = Program::new(|| {
        let barrier = Arc::new(Barrier::new(3));
        let arrived = Arc::new(Mutex::new(0));
        let party = || {
            let (barrier, arrived) = (barrier.clone(), arrived.clone());
            move || {
                *arrived.lock().unwrap() += 1;
                barrier.wait();
                *arrived.lock().unwrap()
            }
        };
        let others = [thread::spawn(party())];
        let third = thread::spawn(party());
        let mine = party()();
        let others = others.map(|other| other.join().unwrap());
        format!("{mine} {others:?} {}", third.join().unwrap())
    });
    program.for_loom = false;
    program.expect_at_random(&["3 [3] 3"], &[]);
}

#[test]
fn a_barrier_serves_one_round_after_another() {
    let mut program = Program::new(|| {
        let barrier = Arc::new(Barrier::new(2));
        let rounds = |barrier: Arc<Barrier>| move || (0..2).filter(|_| barrier.wait().is_leader()).count();
        let other = thread::spawn(rounds(barrier.clone()));
        let mine = rounds(barrier)();
        format!("{}", mine + other.join().unwrap())
    });
    program.for_loom = false;
    program.expect(&["2"], &[]);
}

#[test]
fn too_few_parties_are_a_deadlock() {
    Program::new(|| {
        let barrier = Arc::new(Barrier::new(3));
        let other = thread::spawn({
            let barrier = barrier.clone();
            move || barrier.wait().is_leader()
        });
        barrier.wait();
        other.join().unwrap();
        "through".to_owned()
    })
    .expect(&[], &["deadlock"]);
}

#[test]
fn a_task_that_unwinds_counts_as_a_party() {
    struct Arrive(Arc<Barrier>);
    impl Drop for Arrive {
        fn drop(&mut self) {
            self.0.wait();
        }
    }
    let mut program = Program::new(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = thread::spawn({
            let barrier = barrier.clone();
            move || {
                let _arrive = Arrive(barrier);
                panic!("on purpose");
            }
        });
        let leads = barrier.wait().is_leader();
        format!("{leads} {}", other.join().is_err())
    });
    program.stops_at_panics = false;
    // The last to arrive leads, and that may be the one that unwinds.
    program.expect(&["false true", "true true"], &["panic"]);
}
