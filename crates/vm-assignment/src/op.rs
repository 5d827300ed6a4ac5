//! What every operation has at hand: a connection, the revision, and who decides about faults.

use std::collections::BTreeMap;
use std::rc::Rc;

use bohrbug_sync::note;

use crate::error::{Error, ErrorKind};
use crate::fault::Faults;
use crate::ledger::{Db, Ledger, Record, by};
use crate::records::{Account, Domain, Setting, Switch};
use crate::revision::Revision;

pub(crate) struct Op<'l> {
    pub(crate) db: Db<'l>,
    pub(crate) ledger: &'l dyn Ledger,
    pub(crate) revision: Revision,
    pub(crate) faults: &'l dyn Faults,
    ancestries: BTreeMap<i64, Rc<[Domain]>>,
}

impl<'l> Op<'l> {
    pub(crate) fn new(ledger: &'l dyn Ledger, revision: Revision, faults: &'l dyn Faults) -> Result<Self, Error> {
        Ok(Self { db: Db::new(ledger.connect()?), ledger, revision, faults, ancestries: BTreeMap::new() })
    }

    /// A fault point.
    pub(crate) fn step(&self, point: &'static str) -> Result<(), Error> {
        if self.faults.hit(point) {
            return Err(Error::new(ErrorKind::Injected, point, format!("{point} failed")));
        }
        Ok(())
    }

    /// Runs `body` in a transaction, or in the one that is open; any error undoes the whole of it.
    ///
    /// An inner rollback ends the outer transaction too; the outer commit then has nothing to commit. The reported
    /// system only logs that, and so answers success with half the work lost; the strict revision fails.
    #[track_caller]
    pub(crate) fn transaction<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let outermost = !self.db.connection().in_transaction();
        self.db.connection().begin()?;
        let outcome = body(self);
        match outcome {
            Ok(value) => {
                if outermost {
                    note("commit");
                }
                let whole = self.db.connection().commit()?;
                if !whole {
                    note("an inner rollback had ended the transaction");
                }
                if !whole && self.revision.locks_first() {
                    return Err(Error::runtime("commit", "an inner rollback had ended the transaction"));
                }
                Ok(value)
            }
            Err(error) => {
                note("roll back");
                self.db.connection().rollback();
                Err(error)
            }
        }
    }

    /// The row a reference leads to; its absence is a broken ledger, not a caller's mistake.
    #[track_caller]
    pub(crate) fn must<R: Record>(&mut self, id: i64) -> Result<R, Error> {
        let table = R::TABLE;
        self.db.get(id)?.ok_or_else(|| Error::runtime("ledger", format!("{table}[{id}] is missing")))
    }

    pub(crate) fn switch(&mut self, name: Switch) -> Result<bool, Error> {
        Ok(self.db.first::<Setting>(&by("name", name))?.is_some_and(|setting| setting.enabled))
    }

    /// The domain and those above it, up to and with the root. They are of the catalogue, so they are read once.
    pub(crate) fn ancestry(&mut self, domain: i64) -> Result<Rc<[Domain]>, Error> {
        if let Some(known) = self.ancestries.get(&domain) {
            return Ok(known.clone());
        }
        let read: Rc<[Domain]> = self.read_ancestry(domain)?.into();
        self.ancestries.insert(domain, read.clone());
        Ok(read)
    }

    fn read_ancestry(&mut self, domain: i64) -> Result<Vec<Domain>, Error> {
        let mut chain: Vec<Domain> = Vec::new();
        let mut next = Some(domain);
        while let Some(id) = next {
            let node: Domain = self.must(id)?;
            if chain.iter().any(|above| above.id == id) {
                return Err(Error::runtime("ledger", format!("domain[{id}] is its own ancestor")));
            }
            next = node.parent_id;
            chain.push(node);
        }
        Ok(chain)
    }

    /// Whether `domain` is `top` or below it.
    pub(crate) fn is_within(&mut self, domain: i64, top: i64) -> Result<bool, Error> {
        Ok(self.ancestry(domain)?.iter().any(|node| node.id == top))
    }

    #[track_caller]
    pub(crate) fn account_named(&mut self, name: &str, domain: Option<i64>) -> Result<Option<Account>, Error> {
        let mut filter = by("name", name).and("removed", false);
        if let Some(domain) = domain {
            filter = filter.and("domain_id", domain);
        }
        Ok(self.db.first(&filter)?)
    }
}
