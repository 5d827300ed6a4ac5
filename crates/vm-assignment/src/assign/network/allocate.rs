//! One card: an address, a MAC, a row. Deploying a machine does the same.
//!
//! For an isolated network the address is looked up among the live cards and then inserted, two statements, with nothing
//! to keep a second operation from finding the same address free in between (the family of cloudstack#7907). The strict
//! revision writes a claim on the address, which is unique.

use std::net::Ipv4Addr;

use crate::error::{Error, ErrorKind};
use crate::ledger::by;
use crate::op::Op;
use crate::records::{Account, GuestType, IpAddress, IpState, Network, NetworkSequence, Nic, NicState, UsageKind};
use crate::usage;

use super::{MacFrom, cidr};

const STAGE: &str = "tx/network";

/// What the card is for.
pub(crate) struct Card<'a> {
    pub(crate) vm_id: i64,
    pub(crate) owner: &'a Account,
    pub(crate) device_id: i64,
    pub(crate) ip4: Option<&'a str>,
}

pub(crate) fn card(op: &mut Op<'_>, network: &Network, card: &Card<'_>, mac: MacFrom) -> Result<Nic, Error> {
    let ip4 = match network.guest_type {
        GuestType::L2 => None,
        GuestType::Isolated => Some(free_address(op, network, card)?),
        GuestType::Shared => Some(take_shared_address(op, network, card)?),
    };
    let mac = draw_mac(op, network, mac)?;
    let claim = ip4.as_ref().filter(|_| op.revision.locks_first()).map(|ip4| format!("{}/{ip4}", network.id));
    let mut nic = Nic {
        id: 0,
        instance_id: card.vm_id,
        network_id: network.id,
        ip4,
        mac,
        default_nic: card.device_id == 0,
        device_id: card.device_id,
        state: NicState::Allocated,
        removed: false,
        claim,
    };
    nic.id = op.db.insert(&nic)?;
    Ok(nic)
}

fn live_cards(op: &mut Op<'_>, network: &Network) -> Result<Vec<Nic>, Error> {
    Ok(op.db.find(&by("network_id", network.id).and("removed", false))?)
}

fn free_address(op: &mut Op<'_>, network: &Network, card: &Card<'_>) -> Result<String, Error> {
    let used: Vec<String> = live_cards(op, network)?.into_iter().filter_map(|nic| nic.ip4).collect();
    if let Some(wanted) = card.ip4 {
        return if used.iter().any(|ip4| ip4 == wanted) { taken(network, wanted) } else { Ok(wanted.to_owned()) };
    }
    let hosts = cidr::hosts(&network.cidr);
    let hosts = hosts.ok_or_else(|| Error::runtime(STAGE, format!("{} is not a network", network.cidr)))?;
    let free = hosts.map(|host: Ipv4Addr| host.to_string()).find(|host| !used.contains(host));
    free.ok_or_else(|| full(network))
}

/// The addresses of a shared network are rows, and who takes one locks it.
fn take_shared_address(op: &mut Op<'_>, network: &Network, card: &Card<'_>) -> Result<String, Error> {
    let mut free = by("network_id", network.id).and("guest", true).and("state", IpState::Free);
    if let Some(wanted) = card.ip4 {
        free = free.and("address", wanted);
    }
    let address = match (op.db.lock::<IpAddress>(&free)?.into_iter().next(), card.ip4) {
        (Some(address), _) => address,
        (None, Some(wanted)) => return taken(network, wanted),
        (None, None) => return Err(full(network)),
    };
    if live_cards(op, network)?.iter().any(|nic| nic.ip4.as_ref() == Some(&address.address)) {
        return taken(network, &address.address);
    }
    let set =
        [("state", IpState::Allocated.into()), ("account_id", card.owner.id.into()), ("vm_id", card.vm_id.into())];
    op.db.set::<IpAddress>(&by("id", address.id).and("state", IpState::Free), &set)?;
    usage::record(op, UsageKind::IpAssign, card.owner.id, address.id, &address.address, 0)?;
    Ok(address.address)
}

fn draw_mac(op: &mut Op<'_>, network: &Network, from: MacFrom) -> Result<String, Error> {
    let sequence = op.db.first::<NetworkSequence>(&by("network_id", network.id))?;
    let missing = || Error::runtime(STAGE, format!("network {} has no sequence of addresses", network.name));
    let sequence = sequence.ok_or_else(missing)?;
    let number = match from {
        MacFrom::SecondConnection => op.db.draw::<NetworkSequence>(sequence.id, "mac_address_seq")?,
        MacFrom::OwnConnection => {
            op.db.add::<NetworkSequence>(&by("id", sequence.id), "mac_address_seq", 1)?;
            op.db.get::<NetworkSequence>(sequence.id)?.map(|row| row.mac_address_seq)
        }
    };
    let unseen = || Error::runtime(STAGE, format!("no MAC address: nobody sees network {} yet", network.name));
    number.map(|number| mac_address(network.id, number)).ok_or_else(unseen)
}

fn mac_address(network: i64, number: i64) -> String {
    let [.., n1, n0] = network.to_be_bytes();
    let [.., m2, m1, m0] = number.to_be_bytes();
    format!("02:{n1:02x}:{n0:02x}:{m2:02x}:{m1:02x}:{m0:02x}")
}

fn taken<T>(network: &Network, ip4: &str) -> Result<T, Error> {
    Err(Error::runtime(STAGE, format!("{ip4} of network {} is taken", network.name)))
}

fn full(network: &Network) -> Error {
    let text = format!("network {} has no free address", network.name);
    Error::new(ErrorKind::InsufficientCapacity, STAGE, text)
}
