//! The tables as structs, and the words that their columns hold.
//!
//! The columns are those of the reported system that an assignment reads or writes; what else its tables carry was cut.
//! Departures: 1. one table holds the three kinds of rule that forbid a move; 2. `networks.created_for` says for which
//! machine an assignment that is not over yet made a network, so that an audit can tell an orphan from a network that
//! somebody ordered; 3. `nics.claim` is the unique "network/address" of a live address, which only the strict revision
//! fills in; 4. `cleanup_task` is where the strict revision queues what it could not undo.
#![allow(missing_docs, reason = "a column is documented by the fact sheet of its table, not by a sentence each")]

use crate::ledger::{records, words};

words! {
    /// What an account may do.
    AccountKind {
        User = "user", RootAdmin = "root-admin", DomainAdmin = "domain-admin",
        ResourceDomainAdmin = "resource-domain-admin", Project = "project",
    }
    /// Whether an account may act.
    AccountState { Enabled = "enabled", Disabled = "disabled", Locked = "locked" }
    /// Where a machine is in its life.
    VmState {
        Stopped = "Stopped", Starting = "Starting", Running = "Running", Stopping = "Stopping",
        Migrating = "Migrating", Destroyed = "Destroyed", Expunging = "Expunging", Error = "Error", Unknown = "Unknown",
    }
    /// How a zone lays out guest networks.
    ZoneKind { Basic = "basic", Advanced = "advanced" }
    /// How a guest network is shared.
    GuestType { Isolated = "isolated", Shared = "shared", L2 = "l2" }
    /// Who may use a network: one account, or a domain.
    Acl { Account = "account", Domain = "domain" }
    /// Whether a network offering is created for accounts that have no network.
    Availability { Required = "required", Optional = "optional" }
    /// How far a network is set up.
    NetworkState { Allocated = "Allocated", Implemented = "Implemented" }
    /// How far a network card is set up.
    NicState { Allocated = "Allocated", Reserved = "Reserved", Deallocated = "Deallocated" }
    /// Whether an address is in use.
    IpState { Free = "Free", Allocated = "Allocated" }
    /// What quotas count.
    Resource {
        UserVm = "user_vm", Cpu = "cpu", Memory = "memory", Volume = "volume",
        PrimaryStorage = "primary_storage", Network = "network",
    }
    /// A rule that ties a machine to its owner's network.
    RuleKind { PortForwarding = "port-forwarding", StaticNat = "static-nat", LoadBalancer = "load-balancer" }
    /// How far a volume snapshot is.
    SnapshotState { Creating = "Creating", BackedUp = "BackedUp", Destroyed = "Destroyed", Error = "Error" }
    /// What is billed.
    UsageKind {
        VmCreate = "VM.CREATE", VmDestroy = "VM.DESTROY", VolumeCreate = "VOLUME.CREATE",
        VolumeDelete = "VOLUME.DELETE", IpAssign = "NET.IPASSIGN", IpRelease = "NET.IPRELEASE",
        AccountDisable = "ACCOUNT.DISABLE",
    }
    /// A switch of the whole cloud.
    Switch {
        RunningVmsOnly = "resource.count.running.vms.only", AdminAnywhere = "allow.admin.deploy.anywhere",
        ShareTemplates = "share.public.templates.with.other.domains",
    }
}

records! {
    /// A node of the tree of domains.
    Domain { name: String, parent_id: Option<i64>, path: String }
    /// An account: an owner, and who calls.
    Account { name: String, kind: AccountKind, domain_id: i64, state: AccountState, removed: bool }
    /// A project and the account that owns its things.
    Project { name: String, account_id: i64, domain_id: i64 }
    /// A member of a project.
    ProjectMember { project_id: i64, account_id: i64 }
    /// A data centre.
    Zone { name: String, kind: ZoneKind, security_groups: bool, physical_network: bool }
    /// What a machine is made of.
    ServiceOffering { name: String, cpu: i64, memory: i64, host_tag: Option<String> }
    /// What a machine is made from.
    Template { name: String, account_id: i64, public: bool }
    /// An account that may use somebody's private template.
    LaunchPermission { template_id: i64, account_id: i64 }
    /// A kind of network.
    NetworkOffering {
        name: String, availability: Availability, enabled: bool, persistent: bool, system_only: bool,
        security_groups: bool,
    }
    /// A switch that is on or off.
    Setting { name: Switch, enabled: bool }
    /// How much an account or a domain may have; -1 is without limit.
    ResourceLimit {
        account_id: Option<i64>, domain_id: Option<i64>, resource: Resource, tag: String, max: i64,
    }
    /// A machine.
    Vm {
        name: String, state: VmState, account_id: i64, domain_id: i64, zone_id: i64, service_offering_id: i64,
        template_id: Option<i64>, hypervisor: String, update_count: i64, display: bool, shared_filesystem: bool,
        removed: bool,
    }
    /// A disk.
    Volume {
        name: String, account_id: i64, domain_id: i64, instance_id: Option<i64>, size: i64, tag: Option<String>,
        display: bool, removed: bool,
    }
    /// A guest network.
    Network {
        name: String, account_id: i64, domain_id: i64, zone_id: i64, network_offering_id: i64, guest_type: GuestType,
        acl: Acl, scope_id: Option<i64>, cidr: String, system: bool, state: NetworkState, created_for: Option<i64>,
    }
    /// The sequence of a network's MAC addresses, in a row of its own because others draw from it.
    NetworkSequence { network_id: i64, mac_address_seq: i64 }
    /// An account that may use somebody else's network.
    NetworkPermission { network_id: i64, account_id: i64 }
    /// A network card.
    Nic {
        instance_id: i64, network_id: i64, ip4: Option<String>, mac: String, default_nic: bool, device_id: i64,
        state: NicState, removed: bool, claim: Option<String>,
    }
    /// An address that is handed out: of a shared guest network, or public.
    IpAddress {
        network_id: i64, address: String, guest: bool, account_id: Option<i64>, vm_id: Option<i64>,
        one_to_one_nat: bool, state: IpState,
    }
    /// A security group.
    SecurityGroup { name: String, account_id: i64 }
    /// A machine in a security group.
    SecurityGroupMember { security_group_id: i64, instance_id: i64 }
    /// An instance group.
    InstanceGroup { name: String, account_id: i64 }
    /// A machine in an instance group.
    InstanceGroupMember { group_id: i64, instance_id: i64 }
    /// How much an account or a domain has.
    ResourceCount {
        account_id: Option<i64>, domain_id: Option<i64>, resource: Resource, tag: String, count: i64,
    }
    /// How much an operation under way is about to take.
    Reservation { account_id: i64, domain_id: i64, resource: Resource, tag: String, amount: i64 }
    /// What is billed, and to whom.
    UsageEvent { kind: UsageKind, account_id: i64, resource_id: i64, resource_name: String, size: i64 }
    /// A rule that ties a machine to its owner's network.
    Rule { kind: RuleKind, instance_id: i64, account_id: i64 }
    /// A snapshot of a volume.
    Snapshot { volume_id: i64, account_id: i64, state: SnapshotState }
    /// A snapshot of a machine.
    VmSnapshot { instance_id: i64, state: String }
    /// When snapshots of a volume are taken.
    SnapshotPolicy { volume_id: i64, account_id: i64, domain_id: i64 }
    /// When backups of a machine are taken.
    BackupSchedule { instance_id: i64, account_id: i64, domain_id: i64 }
    /// Something that could not be undone at once, for somebody to finish.
    CleanupTask { what: String, resource_id: i64 }
}
