//! The old cards go, and their addresses with them.

use crate::error::Error;
use crate::ledger::{Value, by};
use crate::op::Op;
use crate::records::{CleanupTask, IpAddress, IpState, Nic, NicState, UsageKind};
use crate::usage;

use super::super::plan::Plan;

pub(super) fn remove_cards(op: &mut Op<'_>, plan: &Plan) -> Result<(), Error> {
    let cards = op.db.find::<Nic>(&by("instance_id", plan.vm.id).and("removed", false))?;
    for card in &cards {
        op.step("network.cleanup")?;
        if card.state == NicState::Reserved {
            release(op, card)?;
        }
        give_back_address(op, plan, card)?;
        forget_outside(op, card)?;
        let gone = [("state", Value::from(NicState::Deallocated)), ("removed", true.into()), ("claim", Value::Null)];
        op.db.set::<Nic>(&by("id", card.id), &gone)?;
    }
    Ok(())
}

/// Releases a card that is set up on a host, in a transaction of its own.
///
/// The reported system goes on when that fails. But the inner rollback has ended the outer transaction too: what follows
/// commits statement by statement, and the outer commit has nothing left to commit.
fn release(op: &mut Op<'_>, card: &Nic) -> Result<(), Error> {
    let released = op.transaction(|op| {
        op.db.lock::<Nic>(&by("id", card.id))?;
        op.step("network.release")?;
        op.db.set::<Nic>(&by("id", card.id), &[("state", NicState::Allocated.into())])?;
        Ok(())
    });
    if op.revision.locks_first() { released } else { Ok(()) }
}

fn give_back_address(op: &mut Op<'_>, plan: &Plan, card: &Nic) -> Result<(), Error> {
    let Some(ip4) = &card.ip4 else { return Ok(()) };
    let row = by("network_id", card.network_id).and("address", ip4.as_str()).and("guest", true);
    let Some(address) = op.db.first::<IpAddress>(&row)? else { return Ok(()) };
    let free = [("state", Value::from(IpState::Free)), ("account_id", Value::Null), ("vm_id", Value::Null)];
    op.db.set::<IpAddress>(&by("id", address.id), &free)?;
    let owner = address.account_id.unwrap_or(plan.old.id);
    usage::record(op, UsageKind::IpRelease, owner, address.id, &address.address, 0)
}

/// A router's DHCP and DNS entries are outside the ledger: a rollback does not bring them back. The strict revision
/// queues the work in the same transaction, for somebody to do once it is committed.
fn forget_outside(op: &mut Op<'_>, card: &Nic) -> Result<(), Error> {
    if op.revision.locks_first() {
        op.db.insert(&CleanupTask { id: 0, what: "remove-dhcp-entry".into(), resource_id: card.id })?;
    }
    Ok(())
}
