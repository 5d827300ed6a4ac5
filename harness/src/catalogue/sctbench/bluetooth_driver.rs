//! A driver is stopped while a request begins: the request looks whether it is stopping, and then counts itself in.
//!
//! First described by S. Qadeer and D. Wu, *KISS: Keep It Simple and Sequential*, PLDI 2004. Fixed, a request counts
//! itself in before it looks.

use bohrbug_sync::Arc;
use bohrbug_sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};

use super::threads::{join, spawn};
use super::{FIXED, HOLDS, REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "bluetooth_driver",
    summary: "a driver is stopped between a request's check and its entry",
    expectations: &[(REPORTED, fails("the driver has been stopped")), (FIXED, HOLDS)],
    run,
    ..Scenario::USUAL
};

struct Driver {
    /// The requests under way, and one for the driver itself.
    pending: AtomicI32,
    stopping: AtomicBool,
    /// Set when nothing is under way any more.
    idle: AtomicBool,
    stopped: AtomicBool,
}

fn run(revision: &str) {
    let driver = Arc::new(Driver {
        pending: AtomicI32::new(1),
        stopping: AtomicBool::new(false),
        idle: AtomicBool::new(false),
        stopped: AtomicBool::new(false),
    });
    let stopper = {
        let driver = driver.clone();
        spawn("stopper", move || driver.stop())
    };
    let may_run = if revision == FIXED { driver.enter_and_look() } else { driver.look_and_enter() };
    if may_run {
        assert!(!driver.stopped.load(SeqCst), "the driver has been stopped under a request");
        driver.leave();
    }
    join([stopper]);
}

impl Driver {
    fn stop(&self) {
        self.stopping.store(true, SeqCst);
        self.leave();
        if self.idle.load(SeqCst) {
            self.stopped.store(true, SeqCst);
        }
    }

    fn leave(&self) {
        if self.pending.fetch_sub(1, SeqCst) == 1 {
            self.idle.store(true, SeqCst);
        }
    }

    fn look_and_enter(&self) -> bool {
        let may_run = !self.stopping.load(SeqCst);
        if may_run {
            self.pending.fetch_add(1, SeqCst);
        }
        may_run
    }

    fn enter_and_look(&self) -> bool {
        self.pending.fetch_add(1, SeqCst);
        let may_run = !self.stopping.load(SeqCst);
        if !may_run {
            self.leave();
        }
        may_run
    }
}
