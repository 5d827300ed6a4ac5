//! What a caller asks for, and gets.

use crate::error::{Error, short};

/// Longer names are refused before anything is looked up.
const LONGEST_NAME: usize = 255;
/// More networks than a machine can have cards.
const MOST_NAMES: usize = 64;

/// A request to move a machine. Everything is given by name; a domain by its path (`ROOT`, `D1`, `D1/S1`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub caller: String,
    /// The machine.
    pub vm: String,
    /// The new owner; needs `domain`.
    pub account: Option<String>,
    /// The new owner's domain.
    pub domain: Option<String>,
    /// The project whose account becomes the owner, in place of `account`.
    pub project: Option<String>,
    /// The networks of the machine's new cards, the first one the default.
    pub networks: Vec<String>,
    /// The security groups, as `account.group`; an empty list is not the same as none.
    pub security_groups: Option<Vec<String>>,
    /// Leave the network cards alone (known to the strict revision only; the others ignore it).
    pub skip_network: bool,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The machine.
    pub vm: String,
    /// Who owned it.
    pub from: String,
    /// Who owns it.
    pub to: String,
}

impl Request {
    /// The usual request: this machine to this account of this domain.
    pub fn new(caller: &str, vm: &str, account: &str, domain: &str) -> Self {
        let (account, domain) = (Some(account.to_owned()), Some(domain.to_owned()));
        Self { caller: caller.to_owned(), vm: vm.to_owned(), account, domain, ..Self::default() }
    }

    /// Names the networks of the new cards.
    #[must_use]
    pub fn on(mut self, networks: &[&str]) -> Self {
        self.networks = networks.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let groups = self.security_groups.as_deref().unwrap_or_default();
        let lists = self.networks.iter().chain(groups);
        let optional = [&self.account, &self.domain, &self.project].into_iter().flatten();
        let names = [&self.caller, &self.vm].into_iter().chain(optional).chain(lists);
        for name in names {
            validate_name(name)?;
        }
        if self.networks.len() > MOST_NAMES || groups.len() > MOST_NAMES {
            return Err(Error::invalid("0-request", format!("more than {MOST_NAMES} networks or security groups")));
        }
        Ok(())
    }
}

/// Refuses names that cannot be anybody's.
pub(crate) fn validate_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > LONGEST_NAME {
        let text = format!("a name has 1 to {LONGEST_NAME} bytes, not {}: {}", name.len(), short(name));
        return Err(Error::invalid("0-request", text));
    }
    Ok(())
}
