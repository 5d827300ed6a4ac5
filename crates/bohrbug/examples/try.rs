//! Every strategy on four small programs, with what replaying each failure comes to on each runtime.

use bohrbug::*;
use bohrbug_sync::{Arc, Mutex, thread};
fn main() {
    let abba: Program = Program::new(|| {
        let a = Arc::new(Mutex::new(0));
        let b = Arc::new(Mutex::new(0));
        let (a2, b2) = (a.clone(), b.clone());
        let h = thread::spawn(move || {
            let _g = a2.lock().unwrap();
            let _h = b2.lock().unwrap();
        });
        {
            let _g = b.lock().unwrap();
            let _h = a.lock().unwrap();
        }
        h.join().unwrap();
    });
    let lost: Program = Program::new(|| {
        let a = Arc::new(Mutex::new(0));
        let hs: Vec<_> = (0..2)
            .map(|_| {
                let a = a.clone();
                thread::spawn(move || {
                    let v = *a.lock().unwrap();
                    *a.lock().unwrap() = v + 1;
                })
            })
            .collect();
        for h in hs {
            h.join().unwrap();
        }
        assert_eq!(*a.lock().unwrap(), 2, "lost");
    });
    let ok: Program = Program::new(|| {
        let a = Arc::new(Mutex::new(0));
        let hs: Vec<_> = (0..2)
            .map(|_| {
                let a = a.clone();
                thread::spawn(move || {
                    *a.lock().unwrap() += 1;
                })
            })
            .collect();
        for h in hs {
            h.join().unwrap();
        }
        assert_eq!(*a.lock().unwrap(), 2, "lost");
    });
    static C: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    static M: Mutex<u32> = Mutex::new(0);
    let nondet: Program = Program::new(|| {
        let v = {
            let mut m = M.lock().unwrap();
            *m += 1;
            *m
        };
        if v % 2 == 0 {
            thread::spawn(|| {
                let _ = M.lock();
            })
            .join()
            .unwrap();
        }
        let _ = &C;
    });
    for (n, p) in [("abba", abba), ("lost", lost), ("ok", ok), ("nondet", nondet)] {
        for (s, _) in strategies() {
            let mut e = Exploration::new(n, s);
            e.budget.executions = Some(20000);
            let r = e.run(&p, |_| ()).unwrap();
            println!(
                "{n} {s}: {} after {} cut {} {:.3}s {}",
                r.verdict,
                r.executions,
                r.cut,
                r.elapsed.as_secs_f64(),
                r.failure.map(|f| f.to_string()).unwrap_or_default()
            );
            if let Some(t) = r.trace {
                for on in [Runtime::Native, Runtime::Shuttle, Runtime::Loom] {
                    match replay(&t, &p, on) {
                        Ok(r) => println!("    {} {} identical={}", on.name(), r.verdict, r.identical),
                        Err(e) => println!("   {} {e}", on.name()),
                    }
                }
            }
        }
    }
}
