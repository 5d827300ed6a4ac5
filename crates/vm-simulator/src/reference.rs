//! References to managed objects.

use std::fmt;

/// The type of a managed object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A folder of machines and folders.
    Folder,
    /// A virtual machine.
    VirtualMachine,
    /// A datastore.
    Datastore,
    /// A network.
    Network,
    /// A port group of a distributed switch.
    DistributedVirtualPortgroup,
    /// A task.
    Task,
    /// A list of objects that a client keeps.
    ListView,
    /// A client's property collector.
    PropertyCollector,
}

impl ObjectKind {
    /// Each of them, by its number.
    pub(crate) const ALL: [Self; 8] = [
        Self::Folder,
        Self::VirtualMachine,
        Self::Datastore,
        Self::Network,
        Self::DistributedVirtualPortgroup,
        Self::Task,
        Self::ListView,
        Self::PropertyCollector,
    ];

    fn prefix(self) -> &'static str {
        match self {
            Self::Folder => "group",
            Self::VirtualMachine => "vm",
            Self::Datastore => "datastore",
            Self::Network => "network",
            Self::DistributedVirtualPortgroup => "dvportgroup",
            Self::Task => "task",
            Self::ListView => "listview",
            Self::PropertyCollector => "collector",
        }
    }

    /// Whether `type_name` names this type or the base that inventory objects share.
    pub fn is_named(self, type_name: &str) -> bool {
        let entity = matches!(self, Self::Folder | Self::VirtualMachine | Self::Datastore | Self::Network);
        type_name == format!("{self:?}") || (entity && type_name == "ManagedEntity")
    }
}

/// A reference to a managed object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ref {
    /// The object's type.
    pub kind: ObjectKind,
    /// Its number among the objects of its type.
    pub id: u32,
}

impl Ref {
    /// A reference to the object `id` of type `kind`.
    pub const fn new(kind: ObjectKind, id: u32) -> Self {
        Self { kind, id }
    }

    /// The reference with its type, as the wire has it: `Network:network-6`.
    pub fn typed(self) -> String {
        format!("{:?}:{self}", self.kind)
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.prefix(), self.id)
    }
}
