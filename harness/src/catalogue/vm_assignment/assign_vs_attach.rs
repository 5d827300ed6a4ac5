//! A volume is attached after the list of volumes was read: it stays with the old owner.

use vm_assignment::world;

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    Scenario,
};

const FOUND: &str = "a volume was left behind";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "assign-vs-attach",
    summary: "a machine is moved while a volume of its owner is attached to it",
    expectations: &[
        ("reported", Fails { kind: "panic", message: FOUND }),
        ("transaction", Fails { kind: "panic", message: FOUND }),
        ("checkpoint", Fails { kind: "panic", message: FOUND }),
        ("verify-after", Fails { kind: "panic", message: FOUND }),
        ("pr7061", Fails { kind: "panic", message: FOUND }),
        ("pr10875", Fails { kind: "panic", message: FOUND }),
        ("reservations", Fails { kind: "panic", message: FOUND }),
        ("strict", Holds),
    ],
    run,
    full: None,
};

fn run(revision: &str) {
    let mut world = world::small();
    world.volume("data", "A", None, 0);
    let stage = Stage::new(revision, world);
    let assign = stage.start_assign("assign", to("v1", "B"));
    let attach = stage.start("attach", |cloud| cloud.attach("data", "v1"));
    let _ = (assign.join(), attach.join());
    Verdict::new(FOUND).require_sound(&stage.contents()).deliver();
}
