//! Kinds of edits, done mechanically to a recording or to a program.
//!
//! That a program was edited since its trace was recorded is seen from the trace in one of two ways. Either the program is
//! another one now: a scenario that something was put around. Or the trace is of another program: one in which the edit is
//! taken back. A lock was renamed if the recording knows it by another name; a section was added if the recording does not
//! have it. The second way reaches into the midst of every task.

use bohrbug::Program;
use bohrbug::trace::Trace;
use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::{Arc, Mutex, label, thread};

use super::{names, steps, tasks};

/// What an edit is done to.
pub(crate) enum Edit {
    /// The recording, of which the edit is taken back; `None` where it has nothing to be edited.
    Recording(fn(&Trace) -> Option<Trace>),
    /// The program, around which something is put.
    Program(fn(Arc<dyn Fn() + Send + Sync>) -> Program),
}

/// Every kind, under the name of what was done to the program since it was recorded.
pub(crate) const KINDS: &[(&str, Edit)] = &[
    ("lines moved", Edit::Recording(names::move_lines)),
    ("a helper was extracted", Edit::Recording(names::extract_a_helper)),
    ("a file was renamed", Edit::Recording(names::rename_the_files)),
    ("a loop was unrolled", Edit::Recording(names::unroll)),
    ("a lock was renamed", Edit::Recording(names::rename_a_lock)),
    ("every object was renamed", Edit::Recording(names::rename_every_object)),
    ("every object was given a name", Edit::Recording(names::take_the_names_away)),
    ("a lock was split", Edit::Recording(names::merge_two_locks)),
    ("two locks became one", Edit::Recording(names::split_a_lock)),
    ("a mutex became a reader-writer lock", Edit::Recording(names::from_rwlock_to_mutex)),
    ("a reader-writer lock became a mutex", Edit::Recording(names::from_mutex_to_rwlock)),
    ("a task was renamed", Edit::Recording(tasks::rename_one)),
    ("every task was renamed", Edit::Recording(tasks::rename_all)),
    ("tasks are spawned in another order", Edit::Recording(tasks::spawn_in_another_order)),
    ("a scope took the place of spawn and join", Edit::Recording(tasks::join_in_the_order_of_spawning)),
    ("a task was added before the others", Edit::Program(with_a_task)),
    ("a task was removed", Edit::Recording(tasks::add_one)),
    ("a section was added to a task", Edit::Recording(steps::remove_a_section)),
    ("a section was added to every task", Edit::Recording(steps::remove_a_section_of_each)),
    ("a section was removed from a task", Edit::Recording(steps::add_a_section)),
    ("a section was removed from every task", Edit::Recording(steps::add_a_section_to_each)),
    ("an unrelated atomic was added", Edit::Program(with_an_atomic)),
    ("an unrelated atomic was removed", Edit::Recording(steps::add_an_atomic)),
    ("yields were added around it", Edit::Program(with_yields)),
    ("yields were removed everywhere", Edit::Recording(steps::add_yields)),
];

fn with_a_task(run: Arc<dyn Fn() + Send + Sync>) -> Program {
    Program::new(move || {
        let swept = Arc::new(Mutex::new(0));
        label(&*swept, "swept");
        let janitor = thread::Builder::new().name("janitor".to_owned()).spawn({
            let swept = swept.clone();
            move || (0..3).for_each(|_| *swept.lock().expect("nobody panics with it") += 1)
        });
        run();
        janitor.expect("there is room for a thread").join().expect("it does not panic");
        assert_eq!(*swept.lock().expect("nobody panics with it"), 3);
    })
}

fn with_an_atomic(run: Arc<dyn Fn() + Send + Sync>) -> Program {
    Program::new(move || {
        let calls = AtomicU32::new(0);
        calls.fetch_add(1, Ordering::Relaxed);
        run();
        calls.fetch_add(1, Ordering::Relaxed);
    })
}

fn with_yields(run: Arc<dyn Fn() + Send + Sync>) -> Program {
    Program::new(move || {
        thread::yield_now();
        thread::yield_now();
        run();
        thread::yield_now();
    })
}
