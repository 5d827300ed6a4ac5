use std::ops::ControlFlow;
use std::cell::Cell;
use std::rc::Rc;

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::choose;
use bohrbug_sync::{Arc, Barrier, Condvar, Mutex, RwLock, mpsc, thread};

use super::Dpor;
use crate::strategy::testing;
use crate::Exploration;

fn count(name: &str, program: impl Fn() + Send + Sync + 'static, expected: u64) {
    let report = Exploration { off: vec!["nondeterminism".into()], ..Exploration::new("x", "dpor") }.run(&crate::Program::new(program), |_| ()).unwrap();
    println!("{name}: {} executions, {} cut off, {} expected {:?}", report.executions, report.cut_off, expected, report.verdict);
    if let Some(f) = report.failure { println!("{f}"); }
}

fn locks(n: usize, k: usize) {
    let m = Arc::new(Mutex::new(0));
    let ts: Vec<_> = (0..n).map(|_| { let m = m.clone(); thread::spawn(move || for _ in 0..k { *m.lock().unwrap() += 1; }) }).collect();
    for t in ts { t.join().unwrap(); }
}

fn lastzero(n: usize) {
    let a: Arc<Vec<AtomicU32>> = Arc::new((0..=n).map(|_| AtomicU32::new(0)).collect());
    let mut ts = Vec::new();
    { let a = a.clone(); ts.push(thread::spawn(move || { let mut i = n; while a[i].load(SeqCst) != 0 { i -= 1; } })); }
    for j in 1..=n { let a = a.clone(); ts.push(thread::spawn(move || { let v = a[j-1].load(SeqCst); a[j].store(v + 1, SeqCst); })); }
    for t in ts { t.join().unwrap(); }
}

fn readers(n: usize) {
    let x = Arc::new(AtomicU32::new(0));
    let mut ts = Vec::new();
    { let x = x.clone(); ts.push(thread::spawn(move || x.store(1, SeqCst))); }
    for _ in 0..n { let x = x.clone(); ts.push(thread::spawn(move || { x.load(SeqCst); })); }
    for t in ts { t.join().unwrap(); }
}

fn writers(n: usize) {
    let x = Arc::new(AtomicU32::new(0));
    let ts: Vec<_> = (0..n).map(|_| { let x = x.clone(); thread::spawn(move || x.store(1, SeqCst)) }).collect();
    for t in ts { t.join().unwrap(); }
}

#[test]
fn forms() {
    count("2x1", || locks(2, 1), 2);
    count("2x2", || locks(2, 2), 6);
    count("2x6", || locks(2, 6), 924);
    count("3x2", || locks(3, 2), 90);
    count("4x2", || locks(4, 2), 2520);
    count("readers 3", || readers(3), 8);
    count("readers 6", || readers(6), 64);
    count("writers 4", || writers(4), 24);
    count("choices", || { let a = choose(2); if a == 1 { choose(3); } }, 4);
    count("choices 2", || { let t = thread::spawn(|| { choose(3); }); choose(2); t.join().unwrap(); choose(2); }, 12);
    for n in [3usize, 5, 8, 10] { count("lastzero", move || lastzero(n), (n as u64 + 3) * (1u64 << (n - 2))); }
    let _ = (ControlFlow::<()>::Continue(()), Cell::new(0), Rc::new(0));
}
