//! The property collector: what clients read and watch the inventory with.

mod filter;
mod read;
mod spec;
mod view;
mod watch;

pub use read::{ObjectContent, Page};
pub use spec::{FilterSpec, ObjectSpec, PropertySpec, Selection};
pub use view::ListView;
pub use watch::{ChangeKind, FilterUpdate, ObjectUpdate, PropertyChange, UpdateSet};

pub(crate) use filter::FilterGuard;
pub(crate) use read::{Reads, Response};
pub(crate) use view::ViewChange;
pub(crate) use watch::Subscription;

use std::collections::BTreeMap;

use bohrbug_sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Shared, label};

use crate::lock::ObjectLock;
use crate::reference::{ObjectKind, Ref};
use crate::revision::Telling;
use crate::simulator::Simulator;
use crate::store::slice::Slice;
use filter::Filter;
use watch::Queue;

/// A client's property collector.
pub struct PropertyCollector {
    reference: Ref,
    lock: ObjectLock,
    views: ViewChange,
    telling: Telling,
    /// The number that the last filter got.
    last_filter: Shared<u32>,
    filters: Shared<Slice<Arc<Filter>>>,
    queue: Mutex<Queue>,
    arrived: Condvar,
    pages: Mutex<Pages>,
}

/// What is left of retrievals that did not fit a page, by token; no token is given twice.
#[derive(Default)]
struct Pages {
    last: u32,
    rest: BTreeMap<u32, Vec<ObjectContent>>,
}

impl PropertyCollector {
    /// The collector's reference.
    pub fn reference(&self) -> Ref {
        self.reference
    }

    #[track_caller]
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Simulator {
    /// A property collector for one client.
    pub fn create_collector(&self) -> Arc<PropertyCollector> {
        let reference = self.registry.next(ObjectKind::PropertyCollector);
        let collector = PropertyCollector {
            reference,
            lock: self.policy.filters.lock(reference),
            views: self.policy.views,
            telling: self.policy.telling,
            last_filter: Shared::new(0),
            filters: Shared::new(Slice::new(Vec::new(), &format!("{reference} filters"))),
            queue: Mutex::new(Queue::default()),
            arrived: Condvar::new(),
            pages: Mutex::default(),
        };
        label(&collector.filters, format_args!("{reference} filter list"));
        label(&collector.last_filter, format_args!("{reference} last filter"));
        label(&collector.queue, format_args!("{reference} queue"));
        label(&collector.arrived, format_args!("{reference} arrived"));
        label(&collector.pages, format_args!("{reference} pages"));
        Arc::new(collector)
    }
}
