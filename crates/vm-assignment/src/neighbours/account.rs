//! Enabling, disabling, locking an account. A disabled account is not to be given anything.

use crate::error::{Error, short};
use crate::ledger::by;
use crate::op::Op;
use crate::records::{Account, AccountState, UsageKind};
use crate::usage;

pub(crate) fn run(op: &mut Op<'_>, name: &str, state: AccountState) -> Result<(), Error> {
    op.transaction(|op| {
        let account = op.db.lock::<Account>(&by("name", name).and("removed", false))?.into_iter().next();
        let unknown = || Error::invalid("account", format!("there is no account {}", short(name)));
        let account = account.ok_or_else(unknown)?;
        op.db.set::<Account>(&by("id", account.id), &[("state", state.into())])?;
        if state == AccountState::Disabled {
            usage::record(op, UsageKind::AccountDisable, account.id, account.id, &account.name, 0)?;
        }
        Ok(())
    })
}
