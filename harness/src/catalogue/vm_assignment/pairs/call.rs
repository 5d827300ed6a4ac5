//! The calls: every operation, with arguments that let it meet the others; and the worlds in which they do.

use std::collections::BTreeSet;

use vm_assignment::records::{AccountState, Resource, RuleKind, Switch};
use vm_assignment::world::{self, World};
use vm_assignment::{Cloud, Deploy, Error, Operation, Request};

use super::super::stage::{new_machine_of, to};

/// A call, on the machines `v1` and `v2` of account `A`, the volumes `disk`, which is in `v1`, and `data`, which is in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is what its name says")]
pub enum Call {
    AssignToB,
    AssignOtherToB,
    AssignToCaller,
    DeployForA,
    DeployForB,
    Start,
    StartOther,
    Destroy,
    Attach,
    AttachToOther,
    Detach,
    Snapshot,
    SnapshotOfFree,
    AddRule,
    DisableA,
    DisableB,
    DisableCaller,
    RecountA,
    RecountB,
}

/// A world in which calls meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Every machine counts; `B` may have one.
    AllCount,
    /// Machines that run count; `A` may have one such.
    RunningCount,
}

/// The calls by which a caller comes to this operation.
fn calls(operation: Operation) -> &'static [Call] {
    match operation {
        Operation::Assign => &[Call::AssignToB, Call::AssignOtherToB, Call::AssignToCaller],
        Operation::Deploy => &[Call::DeployForA, Call::DeployForB],
        Operation::Start => &[Call::Start, Call::StartOther],
        Operation::Destroy => &[Call::Destroy],
        Operation::Attach => &[Call::Attach, Call::AttachToOther],
        Operation::Detach => &[Call::Detach],
        Operation::Snapshot => &[Call::Snapshot, Call::SnapshotOfFree],
        Operation::AddRule => &[Call::AddRule],
        Operation::SetAccountState => &[Call::DisableA, Call::DisableB, Call::DisableCaller],
        Operation::Recount => &[Call::RecountA, Call::RecountB],
    }
}

impl Place {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::AllCount, Self::RunningCount];

    /// The calls that are made there: all, or those to which it makes a difference.
    pub fn calls(self) -> Vec<Call> {
        let all: BTreeSet<Call> = Operation::ALL.iter().flat_map(|operation| calls(*operation)).copied().collect();
        all.into_iter().filter(|call| self == Self::AllCount || call.counts_what_runs()).collect()
    }

    pub(super) fn world(self) -> World {
        let mut world = world::small();
        world.machine("v2", "A", Some("isoA"));
        world.volume("disk", "A", Some("v1"), 1);
        world.volume("data", "A", None, 1);
        match self {
            Self::AllCount => world.limit_account("B", Resource::UserVm, 1),
            Self::RunningCount => {
                world.switch(Switch::RunningVmsOnly, true);
                world.limit_account("A", Resource::UserVm, 1);
            }
        }
        world
    }
}

impl Call {
    fn counts_what_runs(self) -> bool {
        match self {
            Self::AssignToB | Self::DeployForA | Self::Start | Self::StartOther | Self::Destroy | Self::RecountA => {
                true
            }
            Self::AssignOtherToB
            | Self::AssignToCaller
            | Self::DeployForB
            | Self::Attach
            | Self::AttachToOther
            | Self::Detach
            | Self::Snapshot
            | Self::SnapshotOfFree
            | Self::AddRule
            | Self::DisableA
            | Self::DisableB
            | Self::DisableCaller
            | Self::RecountB => false,
        }
    }

    pub(super) fn make(self, cloud: &Cloud<'_>) -> Result<(), Error> {
        match self {
            Self::AssignToB => cloud.assign(&to("v1", "B")).map(drop),
            Self::AssignOtherToB => cloud.assign(&to("v2", "B")).map(drop),
            Self::AssignToCaller => {
                let to_caller = Request {
                    caller: "root".into(),
                    vm: "v1".into(),
                    domain: Some("ROOT".into()),
                    ..Request::default()
                };
                cloud.assign(&to_caller).map(drop)
            }
            Self::DeployForA => cloud.deploy(&Deploy { vm: "newA".into(), ..new_machine_of("A", "isoA") }),
            Self::DeployForB => cloud.deploy(&Deploy { vm: "newB".into(), ..new_machine_of("B", "netB") }),
            Self::Start => cloud.start("A", "v1"),
            Self::StartOther => cloud.start("A", "v2"),
            Self::Destroy => cloud.destroy("v1"),
            Self::Attach => cloud.attach("data", "v1"),
            Self::AttachToOther => cloud.attach("data", "v2"),
            Self::Detach => cloud.detach("disk", "v1"),
            Self::Snapshot => cloud.snapshot("disk"),
            Self::SnapshotOfFree => cloud.snapshot("data"),
            Self::AddRule => cloud.add_rule("A", "v1", RuleKind::PortForwarding),
            Self::DisableA => cloud.set_account_state("A", AccountState::Disabled),
            Self::DisableB => cloud.set_account_state("B", AccountState::Disabled),
            Self::DisableCaller => cloud.set_account_state("root", AccountState::Disabled),
            Self::RecountA => cloud.recount("A"),
            Self::RecountB => cloud.recount("B"),
        }
    }
}
