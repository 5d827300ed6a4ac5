//! A rule (port forwarding, static NAT, load balancing) on the network of a machine's owner.

use crate::error::Error;
use crate::op::Op;
use crate::records::{Rule, RuleKind};

use super::{as_revision_has_it, machine, refuse_dead};

pub(crate) fn run(op: &mut Op<'_>, account: &str, vm: &str, kind: RuleKind) -> Result<(), Error> {
    as_revision_has_it(op, |op| {
        let vm = machine(op, vm)?;
        refuse_dead(op, &vm)?;
        let owner: crate::records::Account = op.must(vm.account_id)?;
        if owner.name != account {
            return Err(Error::denied("rule", format!("{} is not {account}'s", vm.name)));
        }
        op.db.insert(&Rule { id: 0, kind, instance_id: vm.id, account_id: owner.id })?;
        Ok(())
    })
}
