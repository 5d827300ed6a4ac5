//! Fault points: the named steps at which an experiment may make an operation fail, or kill the process.

/// Every fault point, in the order in which an assignment can reach them.
pub const POINTS: &[&str] = &[
    "assign.checked",
    "network.ensure",
    "network.create",
    "network.implement",
    "assign.begin",
    "assign.usage-destroy",
    "assign.count-out",
    "assign.group",
    "assign.owner",
    "assign.volume",
    "assign.policies",
    "assign.ownership-commit",
    "network.begin",
    "network.security-groups",
    "network.collect",
    "network.cleanup",
    "network.release",
    "network.select",
    "network.allocate",
    "network.secure",
    "assign.count-in",
    "assign.usage-create",
    "assign.commit",
    "assign.verify",
    "undo.network",
    "undo.checkpoint",
];

/// Who decides at a fault point.
pub trait Faults: Sync {
    /// The operation reaches this step; `true` makes it fail there.
    fn hit(&self, point: &'static str) -> bool;
}

/// The scheduler decides ([`bohrbug_sync::choice::fault`]); with nothing exploring, nothing fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scheduled;

impl Faults for Scheduled {
    fn hit(&self, point: &'static str) -> bool {
        bohrbug_sync::choice::fault(point)
    }
}

/// Nothing fails: for workloads that are about interleavings only.
#[derive(Clone, Copy, Debug, Default)]
pub struct Never;

impl Faults for Never {
    fn hit(&self, _: &'static str) -> bool {
        false
    }
}

impl<F: Fn(&'static str) -> bool + Sync> Faults for F {
    fn hit(&self, point: &'static str) -> bool {
        self(point)
    }
}
