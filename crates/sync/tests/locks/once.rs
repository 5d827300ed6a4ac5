//! `Once`, `OnceLock` and `LazyLock`.

use std::sync::atomic::{AtomicUsize, Ordering};

use bohrbug_sync::{Arc, LazyLock, Mutex, Once, OnceLock, thread};

use crate::harness::{Program, only_os_threads};

#[test]
fn one_of_two_runs_the_initialisation_and_the_other_waits_for_it() {
    Program::new(|| {
        let shared = Arc::new((Once::new(), Mutex::new(String::new())));
        let call = |name: &'static str| {
            let shared = shared.clone();
            move || {
                shared.0.call_once(|| shared.1.lock().unwrap().push_str(name));
                shared.1.lock().unwrap().clone()
            }
        };
        let other = thread::spawn(call("b"));
        let mine = call("a")();
        assert!(shared.0.is_completed());
        format!("{mine} {}", other.join().unwrap())
    })
    .expect(&["a a", "b b"], &[]);
}

#[test]
fn a_panic_poisons_until_a_forced_call() {
    let mut program = Program::new(|| {
        let once = Arc::new(Once::new());
        let other = thread::spawn({
            let once = once.clone();
            move || once.call_once(|| panic!("on purpose"))
        });
        let outcome = other.join().is_err();
        let poisoned = thread::spawn({
            let once = once.clone();
            move || once.call_once(|| ())
        });
        let poisoned = poisoned.join().is_err();
        let mut told = false;
        once.call_once_force(|state| told = state.is_poisoned());
        format!("{outcome} {poisoned} {told} {}", once.is_completed())
    });
    program.stops_at_panics = false;
    program.expect(&["true true true true"], &["panic"]);
}

#[test]
fn a_wait_ends_with_the_initialisation() {
    Program::new(|| {
        let once = Arc::new(Once::new());
        let runner = thread::spawn({
            let once = once.clone();
            move || once.call_once(thread::yield_now)
        });
        once.wait();
        let completed = once.is_completed();
        runner.join().unwrap();
        completed.to_string()
    })
    .expect(&["true"], &[]);
}

#[test]
fn a_wait_for_what_nobody_runs_is_a_deadlock() {
    Program::new(|| {
        Once::new().wait();
        String::new()
    })
    .expect(&[], &["deadlock"]);
}

#[test]
fn an_initialisation_that_needs_itself_is_a_deadlock() {
    Program::new(|| {
        let cell = OnceLock::new();
        cell.get_or_init(|| *cell.get_or_init(|| 1) + 1).to_string()
    })
    .expect(&[], &["deadlock"]);
}

static CELL: OnceLock<Arc<String>> = OnceLock::new();

#[test]
fn a_static_cell_is_empty_in_each_execution() {
    Program::new(|| {
        let mut seen = CELL.get().map_or_else(|| "empty".to_owned(), |value| value.to_string());
        let other = thread::spawn(|| CELL.set(Arc::new("b".to_owned())).is_ok());
        let mine = CELL.get_or_init(|| Arc::new("a".to_owned()));
        seen.push_str(mine);
        format!("{seen} {}", other.join().unwrap())
    })
    .expect(&["emptya false", "emptyb true"], &[]);
    assert_eq!(CELL.get(), None);
}

#[test]
fn a_cell_that_was_filled_outside_is_full_inside() {
    static FULL: OnceLock<u32> = OnceLock::new();
    FULL.set(3).unwrap();
    Program::new(|| format!("{:?} {:?} {}", FULL.get(), FULL.set(4), FULL.wait())).expect(&["Some(3) Err(4) 3"], &[]);
}

#[test]
fn a_cell_can_be_emptied_and_gives_its_value_away() {
    Program::new(|| {
        let token = Arc::new(());
        let mut cell = OnceLock::new();
        cell.set(token.clone()).unwrap();
        let copy = cell.clone();
        assert_eq!(cell, copy);
        let held = Arc::strong_count(&token);
        let taken = cell.take().is_some();
        let empty = cell.get().is_none();
        cell.set(token.clone()).unwrap();
        *cell.get_mut().unwrap() = token.clone();
        let inner = cell.into_inner().is_some();
        drop(copy);
        format!("{held} {taken} {empty} {inner} {}", Arc::strong_count(&token))
    })
    .expect(&["3 true true true 1"], &[]);
}

#[test]
fn a_panic_leaves_a_cell_empty() {
    let mut program = Program::new(|| {
        let cell = Arc::new(OnceLock::new());
        let other = thread::spawn({
            let cell = cell.clone();
            move || *cell.get_or_init(|| panic!("on purpose"))
        });
        let mine = *cell.get_or_init(|| 1);
        format!("{mine} {:?}", other.join().ok())
    });
    program.stops_at_panics = false;
    program.expect(&["1 None", "1 Some(1)"], &["panic"]);
}

static MADE: AtomicUsize = AtomicUsize::new(0);
static LAZY: LazyLock<Mutex<Vec<&'static str>>> = LazyLock::new(|| {
    MADE.fetch_add(1, Ordering::Relaxed);
    Mutex::new(Vec::new())
});

#[test]
fn a_static_lazy_value_is_made_anew_in_each_execution() {
    let program = Program::new(|| {
        let other = thread::spawn(|| LAZY.lock().unwrap().push("b"));
        LAZY.lock().unwrap().push("a");
        other.join().unwrap();
        LAZY.lock().unwrap().join("")
    });
    program.expect(&["ab", "ba"], &[]);
    let before = MADE.load(Ordering::Relaxed);
    assert_eq!(program.native(Some(10)).executions, 10);
    assert_eq!(MADE.load(Ordering::Relaxed), before + 10);
    assert!(LAZY.lock().unwrap().is_empty(), "outside, it has a value of its own");
}

#[test]
fn an_initialiser_that_owns_something_runs_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static LAZY: std::rc::Rc<LazyLock<String, Box<dyn FnOnce() -> String>>> =
            std::rc::Rc::new(LazyLock::new(Box::new(|| {
                RUNS.fetch_add(1, Ordering::Relaxed);
                "made".to_owned()
            })));
    }
    Program::new(|| LAZY.with(|lazy| (***lazy).clone())).expect(&["made"], &[]);
    // Once for each OS thread: this one, and that of the main task where it has its own.
    assert_eq!(RUNS.load(Ordering::Relaxed), if only_os_threads() { 1 } else { 2 });
}

#[test]
fn a_lazy_value_whose_initialiser_panics_is_poisoned() {
    let mut program = Program::new(|| {
        let lazy = Arc::new(LazyLock::<u32>::new(|| panic!("on purpose")));
        let force = |lazy: Arc<LazyLock<u32>>| thread::spawn(move || **lazy);
        let handles = [force(lazy.clone()), force(lazy)];
        let messages = handles.map(|handle| {
            let payload = handle.join().unwrap_err();
            (*payload.downcast_ref::<&str>().unwrap_or(&"?")).to_owned()
        });
        let mut messages = messages.to_vec();
        messages.sort();
        messages.join(", ")
    });
    program.stops_at_panics = false;
    program.expect(&["LazyLock instance has previously been poisoned, on purpose"], &["panic"]);
}

#[test]
fn a_lazy_value_can_be_looked_at_and_changed() {
    let changed = || {
        let mut lazy = LazyLock::new(|| 1);
        assert_eq!(LazyLock::get(&lazy), None);
        assert_eq!(LazyLock::get_mut(&mut lazy), None);
        *LazyLock::force_mut(&mut lazy) += 1;
        *lazy += 1;
        *LazyLock::get_mut(&mut lazy).unwrap() += 1;
        format!("{:?} {lazy:?}", LazyLock::get(&lazy))
    };
    Program::new(changed).expect(&["Some(4) LazyLock(4)"], &[]);
    assert_eq!(changed(), "Some(4) LazyLock(4)");
}
