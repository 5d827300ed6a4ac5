//! Step g, the network phase: the machine's cards are taken out and new ones put in, for the new owner.
//!
//! Three kinds of zone, three files: [`basic`], [`secured`] (advanced with security groups), [`isolated`] (advanced
//! without). [`ensure`] is what 4.20.1 moved in front of the transaction.
//!
//! Departure: a VMware machine with a list of security groups is refused before the addresses are allocated, as in
//! 4.20.0; upstream's fix refuses it after. Inside one transaction nobody can tell.

pub(crate) mod allocate;
mod basic;
mod cidr;
mod cleanup;
mod collect;
mod create;
mod groups;
mod isolated;
mod secured;

pub(super) use create::{delete, ensure};

use crate::error::Error;
use crate::ledger::{Value, by};
use crate::op::Op;
use crate::records::{Network, ZoneKind};

use super::plan::Plan;
use allocate::Card;

/// What to do for an owner who has no network of his own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoNetwork {
    /// Make one, here and now.
    Create,
    /// Give up: [`ensure`] was to have made one.
    Refuse,
}

/// Which connection draws a card's MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MacFrom {
    /// One of its own: numbers are never given back, and uncommitted networks are not seen.
    SecondConnection,
    /// The one that carries the transaction.
    OwnConnection,
}

/// A network the machine is to be on, with the address it should keep there.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) network: Network,
    pub(crate) ip4: Option<String>,
}

/// Takes out the old cards and puts in the new ones.
pub(super) fn rebuild(op: &mut Op<'_>, plan: &Plan, none: NoNetwork, mac: MacFrom) -> Result<(), Error> {
    op.step("network.begin")?;
    match plan.zone.kind {
        ZoneKind::Basic => basic::rebuild(op, plan, mac),
        ZoneKind::Advanced if groups::supported(op, plan)? => secured::rebuild(op, plan, mac),
        ZoneKind::Advanced => isolated::rebuild(op, plan, none, mac),
    }
}

/// Puts in one card a network, in order; the first is the default. A network that was made for this machine is in use
/// from here on, and nobody's orphan.
fn allocate_all(op: &mut Op<'_>, plan: &Plan, wanted: &[Wanted], mac: MacFrom) -> Result<(), Error> {
    for (device_id, one) in (0..).zip(wanted) {
        op.step("network.allocate")?;
        let card = Card { vm_id: plan.vm.id, owner: &plan.new, device_id, ip4: one.ip4.as_deref() };
        allocate::card(op, &one.network, &card, mac)?;
        if one.network.created_for.is_some() {
            op.db.set::<Network>(&by("id", one.network.id), &[("created_for", Value::Null)])?;
        }
    }
    Ok(())
}
