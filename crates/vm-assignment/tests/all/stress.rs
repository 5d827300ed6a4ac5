//! Eight real threads on one ledger file: assignments, deploys and destroys over twenty accounts.
//!
//! Two seconds by default; the long run is
//! `VM_ASSIGNMENT_STRESS_SECONDS=30 cargo test --release -p vm-assignment --test all -- stress`.

#![expect(clippy::disallowed_methods, reason = "real threads run for a while")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use vm_assignment::ledger::{Ledger, Tables};
use vm_assignment::records::{self as r, AccountKind};
use vm_assignment::world::World;
use vm_assignment::{Cloud, Deploy, Error, ErrorKind, Request, Revision, audit};

use crate::ledgers;

const THREADS: u64 = 8;
const ACCOUNTS: u64 = 20;
const MACHINES: u64 = 40;

fn seconds() -> Duration {
    let asked = std::env::var("VM_ASSIGNMENT_STRESS_SECONDS").ok();
    Duration::from_secs(asked.and_then(|text| text.parse().ok()).unwrap_or(2))
}

fn world() -> Tables {
    let mut world = World::default();
    world.domain("ROOT");
    world.domain("D0");
    world.domain("D1");
    world.account("root", AccountKind::RootAdmin, "ROOT");
    world.switch(r::Switch::ShareTemplates, true);
    world.catalogue(2, 512);
    for account in 0..ACCOUNTS {
        world.account(&name(account), AccountKind::User, &domain(account));
        if account % 2 == 0 {
            world.isolated(&format!("net-{}", name(account)), &name(account), "10.1.0.0/16");
        }
        world.limit_account(&name(account), r::Resource::UserVm, 6);
    }
    world.limit_domain("D0", r::Resource::UserVm, 45);
    for machine in 0..MACHINES {
        let account = machine % ACCOUNTS / 2 * 2;
        let vm = format!("vm{machine}");
        world.machine(&vm, &name(account), None);
        world.card(&vm, &format!("net-{}", name(account)), &format!("10.1.9.{machine}"));
        world.volume(&format!("{vm}-root"), &name(account), Some(&vm), 1 << 20);
    }
    world.finish()
}

fn name(account: u64) -> String {
    format!("acct{account}")
}

fn domain(account: u64) -> String {
    format!("D{}", account % 4 / 2)
}

/// A small generator, so that a thread's work is the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What may be refused when others are at work: quotas, a machine that is gone or owned already, no network.
fn is_expected(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::ResourceAllocation | ErrorKind::InvalidParameter | ErrorKind::Conflict | ErrorKind::PermissionDenied
    )
}

#[test]
fn eight_threads_break_no_invariant_of_strict() {
    let contents = world();
    assert_eq!(audit::of_everything(&contents).unwrap(), []);
    let (_folder, ledger) = ledgers::sqlite(&contents);
    let cloud = Cloud::new(&ledger, Revision::Strict).without_faults();
    let (end, moved, made, gone) =
        (Instant::now() + seconds(), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let work = |thread: u64| {
        let mut dice = Dice(thread + 1);
        let mut own = 0;
        while Instant::now() < end {
            let account = dice.roll(ACCOUNTS);
            let outcome = match dice.roll(10) {
                0..7 => {
                    let vm = format!("vm{}", dice.roll(MACHINES));
                    let request = Request::new("root", &vm, &name(account), &domain(account));
                    (&moved, cloud.assign(&request).map(drop))
                }
                7..9 => {
                    own += 1;
                    let account = account / 2 * 2;
                    let deploy = Deploy {
                        account: name(account),
                        domain: domain(account),
                        vm: format!("new{thread}-{own}"),
                        offering: "small".into(),
                        network: format!("net-{}", name(account)),
                        volume_size: 1 << 20,
                    };
                    (&made, cloud.deploy(&deploy))
                }
                _ => (&gone, cloud.destroy(&format!("new{thread}-{}", dice.roll(own + 1)))),
            };
            match outcome {
                (done, Ok(())) => drop(done.fetch_add(1, Ordering::SeqCst)),
                (_, Err(error)) => assert!(is_expected(&error), "{error} ({:?})", error.kind),
            }
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
    let after = ledger.snapshot().unwrap();
    assert_eq!(audit::of_everything(&after).unwrap(), []);
    check_nothing_was_lost(&contents, &after, &moved, &made, &gone);
}

/// Each success left its events and its rows, exactly once.
fn check_nothing_was_lost(before: &Tables, after: &Tables, moved: &AtomicU64, made: &AtomicU64, gone: &AtomicU64) {
    let [moved, made, gone] = [moved, made, gone].map(|count| count.load(Ordering::SeqCst));
    let events = |kind| {
        let count = |tables: &Tables| tables.all::<r::UsageEvent>().iter().filter(|event| event.kind == kind).count();
        (count(after) - count(before)) as u64
    };
    assert_eq!(events(r::UsageKind::VmCreate), moved + made, "a machine is billed anew by a move or a deploy");
    assert_eq!(events(r::UsageKind::VmDestroy), moved + gone, "billing ends by a move or a destroy");
    let machines = |tables: &Tables| tables.all::<r::Vm>().len() as u64;
    assert_eq!(machines(after), machines(before) + made);
    assert!(moved > 10 && made > 0, "{moved} moved, {made} made, {gone} destroyed: too little to say anything");
}
