//! The report: the network phase fails, and the machine is moved nevertheless (cloudstack#10854, #7061).
//!
//! The scheduler decides what is wrong with the network, or which step fails by itself; each is a fault with a name. Whatever it is, a call that
//! answers an error must leave the machine as it was. What 4.20.1 may leave, a network that was made for nothing, is
//! `undo-fails`' subject and not held against it here.

use bohrbug_sync::choice;
use vm_assignment::Request;
use vm_assignment::ledger::Table;
use vm_assignment::records::{Availability, Network, NetworkOffering, Resource, Zone, ZoneKind};
use vm_assignment::world::{self, World};

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const HALF_DONE: &str = "the assignment failed, but it moved the machine";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "network-failure",
    summary: "an assignment fails in its network phase: was anything moved?",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: HALF_DONE }),
        ("transaction", Holds),
        ("checkpoint", Holds),
        ("verify-after", Fails { kind: FailureKind::Panic, message: HALF_DONE }),
        ("pr7061", Holds),
        ("pr10875", Holds),
        ("reservations", Holds),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

/// What can be wrong with the network, by name; if it is nothing, it is left to a step to fail.
const WRONG: &[(&str, SetUp)] = &[
    ("network.none-of-the-new-owner", |world, _| world.without_network("netB")),
    ("network.requested-is-unknown", |_, request| request.networks = vec!["nowhere".into()]),
    ("network.requested-is-the-old-owner's", |_, request| request.networks = vec!["isoA".into()]),
    ("network.second-requested-is-unknown", |_, request| request.networks = vec!["netB".into(), "nowhere".into()]),
    ("network.security-group-in-a-zone-without", |_, request| request.security_groups = Some(vec!["web".into()])),
    ("network.two-of-the-new-owner", |world, _| {
        world.isolated("netB2", "B", "10.1.2.0/24");
    }),
    ("network.is-full", |world, _| world.edit::<Network>("netB", |network| network.cidr = "10.1.1.0/31".into())),
    ("network.no-offering-is-required", |world, _| {
        world.without_network("netB");
        world.edit::<NetworkOffering>("isolated", |offering| offering.availability = Availability::Optional);
    }),
    ("network.offering-is-disabled", |world, _| {
        world.without_network("netB");
        world.edit::<NetworkOffering>("isolated", |offering| offering.enabled = false);
    }),
    ("network.zone-has-no-physical-one", |world, _| {
        world.without_network("netB");
        world.edit::<Zone>("zone", |zone| zone.physical_network = false);
    }),
    ("network.quota-is-used-up", |world, _| {
        world.without_network("netB");
        world.limit_account("B", Resource::Network, 0);
    }),
    ("network.basic-zone-has-none", |world, _| world.edit::<Zone>("zone", |zone| zone.kind = ZoneKind::Basic)),
    ("network.requested-in-a-basic-zone", |world, request| {
        world.edit::<Zone>("zone", |zone| zone.kind = ZoneKind::Basic);
        request.networks = vec!["netB".into()];
    }),
    ("network.none-with-security-groups", |world, _| {
        world.edit::<Zone>("zone", |zone| zone.security_groups = true);
    }),
];

fn run(revision: &str) {
    let (mut world, mut request) = (world::small(), to("v1", "B"));
    let wrong = WRONG.iter().find(|(name, _)| choice::fault(name));
    if let Some((_, set_up)) = wrong {
        set_up(&mut world, &mut request);
    }
    let steps_fail = wrong.is_none();
    let stage = Stage::new(revision, world);
    let before = stage.contents();
    let outcome = stage.alone("assign", move |cloud| {
        // With a wrong network the assignment fails by itself; only without one do the steps fail.
        if steps_fail { cloud.with_faults(&AllButUndo).assign(&request) } else { cloud.assign(&request) }
    });
    let Err(error) = outcome else { return };
    let after = stage.contents();
    let residue = [Table::Network, Table::NetworkSequence, Table::ResourceCount];
    let changes = before.diff(&after);
    let moved: Vec<String> =
        changes.iter().filter(|change| !residue.contains(&change.table)).map(ToString::to_string).collect();
    Verdict::new(HALF_DONE)
        .require(moved.is_empty(), || format!("{error}, and before that had committed:\n  {}", moved.join("\n  ")))
        .require_sound_machine(&after, "v1")
        .deliver();
}

/// Steps fail, undoing them does not.
struct AllButUndo;

impl vm_assignment::fault::Faults for AllButUndo {
    fn hit(&self, point: &'static str) -> bool {
        !point.starts_with("undo.") && choice::fault(point)
    }
}

/// Makes something wrong.
type SetUp = fn(&mut World, &mut Request);
