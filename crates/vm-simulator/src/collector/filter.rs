//! Filters: what a client watches, and which of the queued updates concern it.

use std::collections::BTreeSet;

use bohrbug_sync::{Arc, Mutex, MutexGuard, PoisonError, label};

use super::watch::PropertyChange;
use super::{FilterSpec, PropertyCollector};
use crate::fault::{Fault, FaultKind};
use crate::lock::{Context, ObjectLock};
use crate::reconfigure::NoticeOp;
use crate::reference::Ref;
use crate::registry::Object;
use crate::revision::Telling;
use crate::simulator::Simulator;
use crate::store::Changed;
use crate::value::{Found, Value, lookup};

/// Whether a collector's filter list is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilterGuard {
    /// The collector opts out of locking, and every lock taken on it is none.
    OptedOut,
    /// By the collector's lock.
    Locked,
}

impl FilterGuard {
    pub(crate) fn lock(self, collector: Ref) -> ObjectLock {
        match self {
            Self::OptedOut => ObjectLock::opted_out(collector),
            Self::Locked => ObjectLock::new(collector),
        }
    }
}

/// A filter.
pub(super) struct Filter {
    pub(super) id: u32,
    pub(super) spec: FilterSpec,
    /// An object that is gone when watching begins is left out. The original fails as a whole, and takes for told what
    /// it has read until then.
    pub(super) leaves_out_what_is_gone: bool,
    state: Mutex<FilterState>,
}

/// What a filter remembers from one answer to the next.
#[derive(Default)]
pub(super) struct FilterState {
    /// The objects that the client knows of.
    pub(super) known: BTreeSet<Ref>,
    /// A list view has changed since they were last looked for.
    pub(super) stale: bool,
}

impl Filter {
    #[track_caller]
    pub(super) fn lock(&self) -> MutexGuard<'_, FilterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begins_at(&self, view: Ref) -> bool {
        self.spec.objects.iter().any(|from| from.object == view)
    }

    pub(super) fn mark(&self) {
        self.lock().stale = true;
    }

    pub(super) fn traverses(&self) -> bool {
        self.spec.objects.iter().any(|from| !from.select.is_empty())
    }
}

impl PropertyCollector {
    /// Adds a filter and answers its number.
    pub fn create_filter(&self, ctx: &mut Context, spec: FilterSpec) -> u32 {
        ctx.with_lock(&self.lock, |_| {
            let filters = self.filters.get();
            let id = match self.telling {
                // The number of a filter that has gone may be given anew.
                Telling::AsOriginal => filters.get().iter().map(|filter| filter.id).max().unwrap_or(0) + 1,
                Telling::Everything => self.last_filter.write(|last| {
                    *last += 1;
                    *last
                }),
            };
            // A client that watches already is to be told what a new filter finds.
            let stale = self.telling == Telling::Everything;
            let filter = Filter {
                id,
                spec,
                leaves_out_what_is_gone: stale,
                state: Mutex::new(FilterState { stale, ..FilterState::default() }),
            };
            label(&filter.state, format_args!("{} filter-{id}", self.reference));
            self.filters.set(filters.append(Arc::new(filter)));
            if stale {
                self.mark();
            }
            id
        })
    }

    /// Removes a filter.
    pub fn destroy_filter(&self, ctx: &mut Context, id: u32) -> Result<(), Fault> {
        ctx.with_lock(&self.lock, |_| {
            let filters = self.filters.get();
            let at = filters.get().iter().position(|filter| filter.id == id).ok_or_else(|| {
                Fault::new(FaultKind::ManagedObjectNotFound, format!("there is no filter {id}")).of("filter")
            })?;
            self.filters.set(filters.remove(at));
            Ok(())
        })
    }
}

/// What of an update concerns these paths.
///
/// A path that names the changed property itself gets the queued value, and so does a path into it. A path above it
/// gets what can be read now, once. "Above" is a matter of characters, not of names: `config.hard` is above
/// `config.hardware.device`.
pub(super) fn matches(
    simulator: &Simulator,
    ctx: &mut Context,
    object: &Object,
    paths: &[String],
    update: &[Changed],
) -> Vec<PropertyChange> {
    let mut found = Vec::new();
    let mut read_again = BTreeSet::new();
    for change in update {
        for path in paths {
            if let Some(change) = queued(path, change) {
                found.push(change);
            } else if is_above(path, &change.path) && read_again.insert(path) {
                let content = simulator.read(ctx, object, std::slice::from_ref(path));
                let values = content.into_iter().flat_map(|content| content.values);
                found.extend(values.map(|(path, value)| PropertyChange {
                    op: NoticeOp::Assign,
                    path,
                    value: Some(value),
                }));
            }
        }
    }
    found
}

/// The queued value, where `path` is the changed property or leads into it.
fn queued(path: &str, change: &Changed) -> Option<PropertyChange> {
    let rest = path.strip_prefix(change.path.as_str())?;
    let value = change.value.as_ref().map(crate::store::Held::encode);
    let value = match rest.as_bytes().first() {
        None => value,
        Some(b'.') => Some(dig(value?, rest)?),
        Some(_) => return None,
    };
    Some(PropertyChange { op: change.op, path: path.to_owned(), value })
}

/// Goes on into a value: `.name`.
fn dig(value: Value, rest: &str) -> Option<Value> {
    let root = Value::Struct(vec![("value", value)]);
    match lookup(&root, &format!("value{rest}")) {
        Ok(Found::Value(value)) => Some(value),
        _ => None,
    }
}

/// Whether `path` is above the changed property; the elements of a list have nothing above them.
fn is_above(path: &str, changed: &str) -> bool {
    !path.is_empty() && changed.len() > path.len() && changed.starts_with(path) && !changed.contains('[')
}
