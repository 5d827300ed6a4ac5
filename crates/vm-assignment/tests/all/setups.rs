//! What a case's `given` says, as a world and as faults. The prose of the data is turned into rows here and nowhere else.

use vm_assignment::records::{self as r, AccountState, Availability, Resource, RuleKind, SnapshotState, VmState};
use vm_assignment::world::{self, World};

const GIB: i64 = 1 << 30;

pub(crate) fn world(case: i64) -> World {
    let mut w = world::standard();
    match case {
        5 => vm_state(&mut w, VmState::Running),
        7 => vm_state(&mut w, VmState::Destroyed),
        15 => w.edit::<r::Account>("A", |account| account.removed = true),
        16 => w.edit::<r::Account>("B", |account| account.removed = true),
        18 => w.edit::<r::Account>("B", |account| account.state = AccountState::Locked),
        24 => rule(&mut w, RuleKind::PortForwarding),
        26 => rule(&mut w, RuleKind::LoadBalancer),
        28 => public_address(&mut w),
        29 => snapshot(&mut w, "vol-root", SnapshotState::BackedUp),
        30 => snapshot(&mut w, "vol-data", SnapshotState::Creating),
        32 => {
            let instance_id = w.named::<r::Vm>("v1").id;
            w.tables.add(&r::VmSnapshot { id: 0, instance_id, state: "Ready".into() });
        }
        33 => {
            vm_state(&mut w, VmState::Running);
            w.edit::<r::Account>("B", |account| account.state = AccountState::Disabled);
        }
        34 => {
            rule(&mut w, RuleKind::PortForwarding);
            w.limit_account("B", Resource::UserVm, 0);
        }
        35..=49 => quota(&mut w, case),
        50 => {
            w.edit::<r::ServiceOffering>("small", |offering| offering.host_tag = Some("t1".into()));
            for name in ["vol-root", "vol-data"] {
                w.edit::<r::Volume>(name, |volume| volume.tag = Some("s1".into()));
            }
        }
        51 => w.edit::<r::Vm>("v1", |vm| vm.template_id = None),
        53 | 54 => private_template(&mut w, case == 54),
        57 | 93 | 103 => w.without_network("netB"),
        58 => {
            w.without_network("netB");
            w.edit::<r::NetworkOffering>("isolated", |offering| offering.persistent = true);
        }
        59 | 89 => {
            w.without_network("netB");
            w.isolated("netB1", "B", "10.1.1.0/24");
            w.isolated("netB2", "B", "10.1.2.0/24");
        }
        60..=65 | 98 => shared(&mut w, case),
        67..=70 | 79..=81 => basic(&mut w, case),
        71 | 82 | 83 => secured(&mut w, case),
        76 => drop(w.volume("vol-free", "A", None, GIB)),
        77 => policies(&mut w),
        87 => {
            w.isolated("sysNet", "B", "10.1.3.0/24");
            let system = w.named::<r::NetworkOffering>("system").id;
            w.edit::<r::Network>("sysNet", |network| network.network_offering_id = system);
        }
        90..=92 | 94 => no_network_can_be_made(&mut w, case),
        97 => fill(&mut w, "netB"),
        99 => {
            w.isolated("netB2", "B", "10.1.1.0/24");
            fill(&mut w, "netB2");
        }
        _ => {}
    }
    w
}

/// The fault points that fail, and at which time.
pub(crate) fn faults(case: i64) -> &'static [(&'static str, usize)] {
    match case {
        93 => &[("network.create", 1)],
        101 => &[("assign.usage-create", 1)],
        102 => &[("assign.volume", 2)],
        103 => &[("network.allocate", 1), ("undo.network", 1)],
        106 | 107 => &[("network.allocate", 1)],
        _ => &[],
    }
}

fn vm_state(w: &mut World, state: VmState) {
    w.edit::<r::Vm>("v1", |vm| vm.state = state);
}

fn rule(w: &mut World, kind: RuleKind) {
    let vm = w.named::<r::Vm>("v1");
    w.tables.add(&r::Rule { id: 0, kind, instance_id: vm.id, account_id: vm.account_id });
}

fn public_address(w: &mut World) {
    let vm = w.named::<r::Vm>("v1");
    w.tables.add(&r::IpAddress {
        id: 0,
        network_id: w.named::<r::Network>("isoA").id,
        address: "192.0.2.7".into(),
        guest: false,
        account_id: Some(vm.account_id),
        vm_id: Some(vm.id),
        one_to_one_nat: false,
        state: r::IpState::Allocated,
    });
}

fn snapshot(w: &mut World, volume: &str, state: SnapshotState) {
    let volume = w.named::<r::Volume>(volume);
    w.tables.add(&r::Snapshot { id: 0, volume_id: volume.id, account_id: volume.account_id, state });
}

fn quota(w: &mut World, case: i64) {
    match case {
        35 => w.limit_account("B", Resource::UserVm, 0),
        36 => {
            let big = r::ServiceOffering { id: 0, name: "three".into(), cpu: 3, memory: 1, host_tag: None };
            let offering = w.tables.add(&big);
            w.machine("b1", "B", Some("netB"));
            w.edit::<r::Vm>("b1", |vm| vm.service_offering_id = offering);
            w.limit_account("B", Resource::Cpu, 4);
        }
        37 => w.limit_account("B", Resource::Memory, 512),
        39 => w.limit_account("B", Resource::PrimaryStorage, 12 * GIB),
        40 => w.limit_domain("D1", Resource::UserVm, 2),
        42 => {
            w.without_cards("v2");
            let v2 = w.named::<r::Vm>("v2");
            w.tables.remove::<r::Vm>(v2.id);
            w.limit_domain("D1", Resource::UserVm, 1);
        }
        43 => w.limit_account("B", Resource::UserVm, 1),
        44 => Resource::ALL.iter().for_each(|resource| w.limit_account("B", *resource, -1)),
        46 => {
            w.switch(r::Switch::RunningVmsOnly, true);
            w.limit_account("B", Resource::UserVm, 0);
        }
        47 => {
            w.switch(r::Switch::RunningVmsOnly, true);
            w.limit_account("B", Resource::Volume, 0);
        }
        48 => {
            w.edit::<r::Volume>("vol-data", |volume| volume.display = false);
            w.limit_account("B", Resource::Volume, 1);
        }
        _ => panic!("case {case} has no set-up"),
    }
}

fn private_template(w: &mut World, permitted: bool) {
    let (a, b) = (w.named::<r::Account>("A").id, w.named::<r::Account>("B").id);
    let template_id = w.tables.add(&r::Template { id: 0, name: "private".into(), account_id: a, public: false });
    w.edit::<r::Vm>("v1", |vm| vm.template_id = Some(template_id));
    if permitted {
        w.tables.add(&r::LaunchPermission { id: 0, template_id, account_id: b });
    }
}

fn shared(w: &mut World, case: i64) {
    let scope = if case == 65 { "D2" } else { "D1" };
    w.shared("sharedS", "shared", scope, &["10.9.9.18", "10.9.9.19"]);
    if case == 64 {
        w.edit::<r::Network>("sharedS", |network| network.acl = r::Acl::Account);
        let (network_id, account_id) = (w.named::<r::Network>("sharedS").id, w.named::<r::Account>("A").id);
        w.tables.add(&r::NetworkPermission { id: 0, network_id, account_id });
    }
    if case == 63 {
        return;
    }
    w.without_cards("v1");
    w.card("v1", "sharedS", "10.9.9.19");
    if case == 61 {
        w.card("v1", "isoA", "10.1.1.7");
    }
    if case == 98 {
        // Another card has the address since a race of the family of cloudstack#7907.
        let mut card = w.tables.all::<r::Nic>().pop().unwrap();
        card.instance_id = w.named::<r::Vm>("v2").id;
        (card.default_nic, card.device_id, card.mac) = (false, 1, "02:ff:00:00:00:aa".into());
        w.tables.add(&card);
    }
}

fn security_group(w: &mut World, account: &str, name: &str) -> i64 {
    let account_id = w.named::<r::Account>(account).id;
    w.tables.add(&r::SecurityGroup { id: 0, name: name.into(), account_id })
}

fn in_group_of_a(w: &mut World) {
    let security_group_id = security_group(w, "A", "default");
    let instance_id = w.named::<r::Vm>("v1").id;
    w.tables.add(&r::SecurityGroupMember { id: 0, security_group_id, instance_id });
}

fn basic(w: &mut World, case: i64) {
    w.edit::<r::Zone>("zone", |zone| (zone.kind, zone.security_groups) = (r::ZoneKind::Basic, true));
    let networks: &[&str] = match case {
        80 => &[],
        81 => &["zoneNet", "zoneNet2"],
        _ => &["zoneNet"],
    };
    for name in networks {
        w.shared(name, "secured", "ROOT", &["10.9.9.18", "10.9.9.19"]);
        w.edit::<r::Network>(name, |network| network.system = true);
    }
    if let Some(first) = networks.first() {
        w.without_cards("v1");
        w.card("v1", first, "10.9.9.19");
    }
    in_group_of_a(w);
    if case != 68 {
        security_group(w, "B", "default");
        security_group(w, "B", "web");
    }
}

fn secured(w: &mut World, case: i64) {
    w.edit::<r::Zone>("zone", |zone| zone.security_groups = true);
    w.shared("sgNet", "secured", "ROOT", &["10.9.9.18", "10.9.9.19"]);
    in_group_of_a(w);
    security_group(w, "B", "default");
    if case == 82 {
        w.without_cards("v1");
        w.card("v1", "sgNet", "10.9.9.19");
        w.edit::<r::Vm>("v1", |vm| vm.hypervisor = "VMware".into());
    }
}

fn policies(w: &mut World) {
    let (vm, volume) = (w.named::<r::Vm>("v1"), w.named::<r::Volume>("vol-root"));
    let (account_id, domain_id) = (vm.account_id, vm.domain_id);
    w.tables.add(&r::SnapshotPolicy { id: 0, volume_id: volume.id, account_id, domain_id });
    w.tables.add(&r::BackupSchedule { id: 0, instance_id: vm.id, account_id, domain_id });
}

fn no_network_can_be_made(w: &mut World, case: i64) {
    w.without_network("netB");
    match case {
        90 => w.edit::<r::NetworkOffering>("isolated", |offering| offering.availability = Availability::Optional),
        91 => w.edit::<r::NetworkOffering>("isolated", |offering| offering.enabled = false),
        92 => w.edit::<r::Zone>("zone", |zone| zone.physical_network = false),
        94 => w.limit_account("B", Resource::Network, 0),
        _ => panic!("case {case} has no set-up"),
    }
}

/// Leaves a network without a free address.
fn fill(w: &mut World, network: &str) {
    w.edit::<r::Network>(network, |row| row.cidr = "10.1.1.0/30".into());
    w.machine("b1", "B", None);
    w.card("b1", network, "10.1.1.2");
}
