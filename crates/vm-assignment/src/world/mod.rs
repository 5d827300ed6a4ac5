//! Worlds: the contents that a test, a scenario or an example begins with.
//!
//! A [`World`] is written down by names; [`World::finish`] adds what follows from the rest: the counts, and the open
//! billing of whatever lives.

mod lines;

use crate::audit::counts;
use crate::ledger::{Record, Tables};
use crate::records as r;

/// Contents under construction.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// What is there so far; anything not covered by a method below is added here.
    pub tables: Tables,
}

const GIB: i64 = 1 << 30;

/// The world of the behaviour cases: domains `D1` (with `S1`, `S2`) and `D2` (with `S2` and below it `T2`), admins,
/// accounts `A` and `B` in `D1`, `C` in `D2`, a project, machines `v1` and `v2` of `A`, an isolated network each for `A`
/// and `B`.
pub fn standard() -> World {
    let mut world = World::default();
    for path in ["ROOT", "D1", "D1/S1", "D1/S2", "D2", "D2/S2", "D2/S2/T2"] {
        world.domain(path);
    }
    world.account("root", r::AccountKind::RootAdmin, "ROOT");
    world.account("admin2", r::AccountKind::RootAdmin, "ROOT");
    world.account("da1", r::AccountKind::DomainAdmin, "D1");
    world.account("da2", r::AccountKind::DomainAdmin, "D2");
    world.account("ra1", r::AccountKind::ResourceDomainAdmin, "D1");
    let users = [("A", "D1"), ("B", "D1"), ("C", "D2"), ("S1acct", "D1/S1"), ("S2acct", "D1/S2")];
    for (name, domain) in users {
        world.account(name, r::AccountKind::User, domain);
    }
    world.project("P1", "D1");
    world.switch(r::Switch::ShareTemplates, true);
    world.catalogue(2, 1024);
    world.instance_group("G", "A");
    world.isolated("isoA", "A", "10.1.1.0/24");
    world.isolated("netB", "B", "10.1.1.0/24");
    world.machine("v1", "A", Some("isoA"));
    world.volume("vol-root", "A", Some("v1"), 10 * GIB);
    world.volume("vol-data", "A", Some("v1"), 5 * GIB);
    world.machine("v2", "A", Some("isoA"));
    world.join_group("v1", "G");
    world
}

/// The smallest world in which a machine can be moved: `A` and `B` in `D1`, each with a network, machine `v1` of `A` that
/// counts as one machine and nothing else. For scenarios, where every row and every statement multiplies interleavings.
pub fn small() -> World {
    let mut world = World::default();
    world.domain("ROOT");
    world.domain("D1");
    world.account("root", r::AccountKind::RootAdmin, "ROOT");
    world.account("A", r::AccountKind::User, "D1");
    world.account("B", r::AccountKind::User, "D1");
    world.switch(r::Switch::ShareTemplates, true);
    world.catalogue(0, 0);
    world.isolated("isoA", "A", "10.1.1.0/24");
    world.isolated("netB", "B", "10.1.1.0/24");
    world.machine("v1", "A", Some("isoA"));
    world
}

impl World {
    /// The row that has this name.
    ///
    /// # Panics
    ///
    /// If there is none: a world is written by hand, and a wrong name is a mistake in it.
    pub fn named<R: Record>(&self, name: &str) -> R {
        match self.tables.named(name) {
            Some(found) => found,
            None => panic!("this world has no {} {name}", R::TABLE),
        }
    }

    /// Changes the row that has this name.
    pub fn edit<R: Record>(&mut self, name: &str, change: impl FnOnce(&mut R)) {
        let mut row = self.named::<R>(name);
        change(&mut row);
        self.tables.put(&row);
    }

    /// Adds a domain below the one that its path says; `ROOT` is above the others.
    pub fn domain(&mut self, path: &str) -> i64 {
        let parent = path.rsplit_once('/').map_or("ROOT", |(parent, _)| parent);
        let all = self.tables.all::<r::Domain>();
        let parent_id = all.iter().find(|domain| domain.path == parent && path != "ROOT").map(|domain| domain.id);
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        self.tables.add(&r::Domain { id: 0, name, parent_id, path: path.to_owned() })
    }

    /// Adds an account.
    pub fn account(&mut self, name: &str, kind: r::AccountKind, domain: &str) -> i64 {
        let domain_id = self.domain_at(domain);
        let state = r::AccountState::Enabled;
        self.tables.add(&r::Account { id: 0, name: name.to_owned(), kind, domain_id, state, removed: false })
    }

    fn domain_at(&self, path: &str) -> i64 {
        self.tables.all::<r::Domain>().iter().find(|domain| domain.path == path).map_or(0, |domain| domain.id)
    }

    /// Adds a project and the account that owns its things.
    pub fn project(&mut self, name: &str, domain: &str) {
        let account_id = self.account(name, r::AccountKind::Project, domain);
        let domain_id = self.domain_at(domain);
        self.tables.add(&r::Project { id: 0, name: name.to_owned(), account_id, domain_id });
    }

    /// Turns a switch on or off.
    pub fn switch(&mut self, name: r::Switch, enabled: bool) {
        self.tables.add(&r::Setting { id: 0, name, enabled });
    }

    /// Adds an advanced zone `zone`, network offerings `isolated` (required), `shared`, `secured` (with security
    /// groups) and `system`, a service offering `small` and a public template `public`.
    pub fn catalogue(&mut self, cpu: i64, memory: i64) {
        let kind = r::ZoneKind::Advanced;
        let zone = r::Zone { id: 0, name: "zone".into(), kind, security_groups: false, physical_network: true };
        self.tables.add(&zone);
        for (name, required) in [("isolated", true), ("shared", false), ("secured", false), ("system", false)] {
            self.tables.add(&r::NetworkOffering {
                id: 0,
                name: name.into(),
                availability: if required { r::Availability::Required } else { r::Availability::Optional },
                enabled: true,
                persistent: false,
                system_only: name == "system",
                security_groups: name == "secured",
            });
        }
        self.tables.add(&r::ServiceOffering { id: 0, name: "small".into(), cpu, memory, host_tag: None });
        let account_id = self.named::<r::Account>("root").id;
        self.tables.add(&r::Template { id: 0, name: "public".into(), account_id, public: true });
    }

    /// Adds an isolated network of an account.
    pub fn isolated(&mut self, name: &str, account: &str, cidr: &str) -> i64 {
        let owner = self.named::<r::Account>(account);
        self.network(name, &owner, "isolated", r::GuestType::Isolated, r::Acl::Account, cidr)
    }

    /// Adds a shared network for everybody below a domain, with these addresses.
    pub fn shared(&mut self, name: &str, offering: &str, scope: &str, addresses: &[&str]) -> i64 {
        let owner = self.named::<r::Account>("root");
        let id = self.network(name, &owner, offering, r::GuestType::Shared, r::Acl::Domain, "10.9.9.0/24");
        let scope_id = Some(self.domain_at(scope));
        self.edit::<r::Network>(name, |network| network.scope_id = scope_id);
        for address in addresses {
            self.tables.add(&r::IpAddress {
                id: 0,
                network_id: id,
                address: (*address).to_owned(),
                guest: true,
                account_id: None,
                vm_id: None,
                one_to_one_nat: false,
                state: r::IpState::Free,
            });
        }
        id
    }

    fn network(
        &mut self,
        name: &str,
        owner: &r::Account,
        offering: &str,
        guest_type: r::GuestType,
        acl: r::Acl,
        cidr: &str,
    ) -> i64 {
        let id = self.tables.add(&r::Network {
            id: 0,
            name: name.to_owned(),
            account_id: owner.id,
            domain_id: owner.domain_id,
            zone_id: self.named::<r::Zone>("zone").id,
            network_offering_id: self.named::<r::NetworkOffering>(offering).id,
            guest_type,
            acl,
            scope_id: None,
            cidr: cidr.to_owned(),
            system: false,
            state: r::NetworkState::Allocated,
            created_for: None,
        });
        self.tables.add(&r::NetworkSequence { id: 0, network_id: id, mac_address_seq: 0 });
        id
    }

    /// Adds a stopped machine, with a card on an isolated network or none.
    pub fn machine(&mut self, name: &str, account: &str, network: Option<&str>) -> i64 {
        let owner = self.named::<r::Account>(account);
        let id = self.tables.add(&r::Vm {
            id: 0,
            name: name.to_owned(),
            state: r::VmState::Stopped,
            account_id: owner.id,
            domain_id: owner.domain_id,
            zone_id: self.named::<r::Zone>("zone").id,
            service_offering_id: self.named::<r::ServiceOffering>("small").id,
            template_id: Some(self.named::<r::Template>("public").id),
            hypervisor: "KVM".into(),
            update_count: 0,
            display: true,
            shared_filesystem: false,
            removed: false,
        });
        if let Some(network) = network {
            let used = self.tables.all::<r::Nic>().len() + 2;
            self.card(name, network, &format!("10.1.1.{used}"));
        }
        id
    }

    /// Adds a card with this address; on a shared network, takes the address's row.
    pub fn card(&mut self, vm: &str, network: &str, ip4: &str) -> i64 {
        let vm = self.named::<r::Vm>(vm);
        let network = self.named::<r::Network>(network);
        let device_id = self.live_cards(&vm);
        for mut address in self.tables.all::<r::IpAddress>() {
            if address.network_id == network.id && address.address == ip4 {
                address.state = r::IpState::Allocated;
                (address.account_id, address.vm_id) = (Some(vm.account_id), Some(vm.id));
                self.tables.put(&address);
                self.bill(r::UsageKind::IpAssign, vm.account_id, address.id, ip4, 0);
            }
        }
        let number = self.tables.all::<r::Nic>().len() + 1;
        self.tables.add(&r::Nic {
            id: 0,
            instance_id: vm.id,
            network_id: network.id,
            ip4: Some(ip4.to_owned()),
            mac: format!("02:ff:00:00:00:{number:02x}"),
            default_nic: device_id == 0,
            device_id,
            state: r::NicState::Allocated,
            removed: false,
            claim: None,
        })
    }

    fn live_cards(&self, vm: &r::Vm) -> i64 {
        let all = self.tables.all::<r::Nic>();
        all.iter().filter(|nic| nic.instance_id == vm.id && !nic.removed).map(|_| 1).sum()
    }

    /// Takes a machine's cards away, and the rows with them.
    pub fn without_cards(&mut self, vm: &str) {
        let vm = self.named::<r::Vm>(vm);
        for nic in self.tables.all::<r::Nic>().iter().filter(|nic| nic.instance_id == vm.id) {
            self.tables.remove::<r::Nic>(nic.id);
        }
    }

    /// Takes a network without cards away.
    pub fn without_network(&mut self, name: &str) {
        let network = self.named::<r::Network>(name);
        for row in self.tables.all::<r::NetworkSequence>().iter().filter(|row| row.network_id == network.id) {
            self.tables.remove::<r::NetworkSequence>(row.id);
        }
        self.tables.remove::<r::Network>(network.id);
    }

    /// Adds a volume, attached or not.
    pub fn volume(&mut self, name: &str, account: &str, vm: Option<&str>, size: i64) -> i64 {
        let owner = self.named::<r::Account>(account);
        self.tables.add(&r::Volume {
            id: 0,
            name: name.to_owned(),
            account_id: owner.id,
            domain_id: owner.domain_id,
            instance_id: vm.map(|vm| self.named::<r::Vm>(vm).id),
            size,
            tag: None,
            display: true,
            removed: false,
        })
    }

    /// Adds an instance group.
    pub fn instance_group(&mut self, name: &str, account: &str) {
        let account_id = self.named::<r::Account>(account).id;
        self.tables.add(&r::InstanceGroup { id: 0, name: name.to_owned(), account_id });
    }

    /// Puts a machine into an instance group.
    pub fn join_group(&mut self, vm: &str, group: &str) {
        let (group, vm) = (self.named::<r::InstanceGroup>(group), self.named::<r::Vm>(vm));
        self.tables.add(&r::InstanceGroupMember { id: 0, group_id: group.id, instance_id: vm.id });
    }

    /// Limits what an account may have.
    pub fn limit_account(&mut self, account: &str, resource: r::Resource, max: i64) {
        let account_id = Some(self.named::<r::Account>(account).id);
        self.tables.add(&r::ResourceLimit { id: 0, account_id, domain_id: None, resource, tag: String::new(), max });
    }

    /// Limits what a domain may have.
    pub fn limit_domain(&mut self, domain: &str, resource: r::Resource, max: i64) {
        let domain_id = Some(self.domain_at(domain));
        self.tables.add(&r::ResourceLimit { id: 0, account_id: None, domain_id, resource, tag: String::new(), max });
    }

    fn bill(&mut self, kind: r::UsageKind, account_id: i64, resource_id: i64, name: &str, size: i64) {
        let resource_name = name.to_owned();
        self.tables.add(&r::UsageEvent { id: 0, kind, account_id, resource_id, resource_name, size });
    }

    /// Adds the counts and the open billing.
    ///
    /// # Panics
    ///
    /// If a row that was added by hand cannot be read.
    pub fn finish(mut self) -> Tables {
        for vm in self.tables.all::<r::Vm>() {
            if vm.display && crate::neighbours::recount::counts(&vm, false) {
                self.bill(r::UsageKind::VmCreate, vm.account_id, vm.id, &vm.name, 0);
            }
        }
        for volume in self.tables.all::<r::Volume>().iter().filter(|volume| volume.display && !volume.removed) {
            self.bill(r::UsageKind::VolumeCreate, volume.account_id, volume.id, &volume.name, volume.size);
        }
        match counts::rows(&self.tables) {
            Ok(rows) => rows.iter().for_each(|row| {
                self.tables.add(row);
            }),
            Err(error) => panic!("a world that cannot be read: {error}"),
        }
        self.tables
    }
}
