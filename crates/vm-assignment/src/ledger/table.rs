//! The list of tables and what is declared about each.

use super::Spec;
use crate::records as r;

macro_rules! tables {
    ($($name:ident = $sql:literal $catalogue:ident [$($column:literal -> $parent:ident),*] [$($unique:expr),*];)*) => {
        /// A table of the ledger.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Table { $(#[doc = concat!("`", $sql, "`")] $name),* }

        impl Table {
            /// Every table, parents before children.
            pub const ALL: &'static [Table] = &[$(Table::$name),*];

            /// What is declared about it.
            pub fn spec(self) -> &'static Spec {
                match self {$(
                    Table::$name => {
                        static SPEC: Spec = Spec {
                            name: $sql,
                            columns: r::$name::COLUMNS,
                            references: &[$(($column, Table::$parent)),*],
                            unique: &[$(&$unique),*],
                            catalogue: tables!(@ $catalogue),
                        };
                        &SPEC
                    }
                )*}
            }
        }
    };
    (@ catalogue) => { true };
    (@ live) => { false };
}

tables! {
    Domain = "domain" catalogue ["parent_id" -> Domain] [["path"]];
    Account = "account" live ["domain_id" -> Domain] [["domain_id", "name"]];
    Project = "project" catalogue ["account_id" -> Account, "domain_id" -> Domain] [["name"]];
    ProjectMember = "project_member" catalogue ["project_id" -> Project, "account_id" -> Account]
        [["project_id", "account_id"]];
    Zone = "zone" catalogue [] [["name"]];
    ServiceOffering = "service_offering" catalogue [] [["name"]];
    Template = "template" catalogue ["account_id" -> Account] [["name"]];
    LaunchPermission = "launch_permission" catalogue ["template_id" -> Template, "account_id" -> Account]
        [["template_id", "account_id"]];
    NetworkOffering = "network_offering" catalogue [] [["name"]];
    Setting = "setting" catalogue [] [["name"]];
    ResourceLimit = "resource_limit" catalogue ["account_id" -> Account, "domain_id" -> Domain]
        [["account_id", "resource", "tag"], ["domain_id", "resource", "tag"]];
    Vm = "vm_instance" live
        ["account_id" -> Account, "domain_id" -> Domain, "zone_id" -> Zone,
         "service_offering_id" -> ServiceOffering, "template_id" -> Template] [["name"]];
    Volume = "volumes" live ["account_id" -> Account, "domain_id" -> Domain, "instance_id" -> Vm] [["name"]];
    Network = "networks" live
        ["account_id" -> Account, "domain_id" -> Domain, "zone_id" -> Zone,
         "network_offering_id" -> NetworkOffering, "scope_id" -> Domain, "created_for" -> Vm] [];
    NetworkSequence = "op_networks" live ["network_id" -> Network] [["network_id"]];
    NetworkPermission = "network_permission" catalogue ["network_id" -> Network, "account_id" -> Account]
        [["network_id", "account_id"]];
    Nic = "nics" live ["instance_id" -> Vm, "network_id" -> Network] [["claim"]];
    IpAddress = "user_ip_address" live ["network_id" -> Network, "account_id" -> Account, "vm_id" -> Vm]
        [["network_id", "address"]];
    SecurityGroup = "security_group" live ["account_id" -> Account] [["account_id", "name"]];
    SecurityGroupMember = "security_group_vm_map" live
        ["security_group_id" -> SecurityGroup, "instance_id" -> Vm] [];
    InstanceGroup = "instance_group" catalogue ["account_id" -> Account] [["account_id", "name"]];
    InstanceGroupMember = "instance_group_vm_map" live ["group_id" -> InstanceGroup, "instance_id" -> Vm] [];
    ResourceCount = "resource_count" live ["account_id" -> Account, "domain_id" -> Domain]
        [["account_id", "resource", "tag"], ["domain_id", "resource", "tag"]];
    Reservation = "resource_reservation" live ["account_id" -> Account, "domain_id" -> Domain] [];
    UsageEvent = "usage_event" live ["account_id" -> Account] [];
    Rule = "vm_rule" live ["instance_id" -> Vm, "account_id" -> Account] [];
    Snapshot = "snapshots" live ["volume_id" -> Volume, "account_id" -> Account] [];
    VmSnapshot = "vm_snapshots" live ["instance_id" -> Vm] [];
    SnapshotPolicy = "snapshot_policy" live
        ["volume_id" -> Volume, "account_id" -> Account, "domain_id" -> Domain] [];
    BackupSchedule = "backup_schedule" live
        ["instance_id" -> Vm, "account_id" -> Account, "domain_id" -> Domain] [];
    CleanupTask = "cleanup_task" live [] [];
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec().name)
    }
}
