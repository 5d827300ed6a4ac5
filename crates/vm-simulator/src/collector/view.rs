//! List views: lists of objects that clients keep, and that filters watch through.

use bohrbug_sync::{Arc, Shared, label};

use super::PropertyCollector;
use crate::lock::{Context, ObjectLock};
use crate::reference::{ObjectKind, Ref};
use crate::registry::Object;
use crate::revision::Telling;
use crate::simulator::Simulator;
use crate::store::Changed;
use crate::value::Value;

/// A list of objects.
#[derive(Debug)]
pub struct ListView {
    reference: Ref,
    lock: ObjectLock,
    view: Shared<Vec<Ref>>,
}

/// How a collector learns that a list view has changed. It is called with the view locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ViewChange {
    /// It notes it in its filters, each under the filter's lock. A watcher has the filter locked while it locks the
    /// view to see who is in it: the two wait for each other.
    UnderTheFiltersLock,
    /// It marks its queue, and takes no lock that anyone holds while taking another.
    Marked,
}

impl ListView {
    /// The view's reference.
    pub fn reference(&self) -> Ref {
        self.reference
    }

    pub(crate) fn lock(&self) -> &ObjectLock {
        &self.lock
    }

    pub(crate) fn tree(&self) -> Value {
        Value::Struct(vec![("view", Value::Refs(self.view.get()))])
    }
}

impl Simulator {
    /// A list view of these objects.
    pub fn create_list_view(&self, objects: &[Ref]) -> Arc<ListView> {
        let reference = self.registry.next(ObjectKind::ListView);
        let view = ListView { reference, lock: ObjectLock::new(reference), view: Shared::new(objects.to_vec()) };
        label(&view.view, format_args!("{reference} view"));
        let view = Arc::new(view);
        self.registry.put(Object::View(Arc::clone(&view)));
        view
    }

    /// Adds objects to a list view and removes others.
    pub fn modify_list_view(&self, ctx: &mut Context, view: &ListView, add: &[Ref], remove: &[Ref]) {
        ctx.with_lock(&view.lock, |_| {
            let now = view.view.write(|objects| {
                objects.retain(|object| !remove.contains(object));
                objects.extend(add.iter().filter(|object| !remove.contains(object)));
                objects.clone()
            });
            self.registry.view_changed(view.reference);
            if self.policy.telling == Telling::Everything {
                self.registry.update(view.reference, vec![vec![Changed::assign("view", Value::Refs(now))]]);
            }
        });
    }
}

impl PropertyCollector {
    /// A list view has changed.
    pub(crate) fn view_changed(&self, view: Ref) {
        match self.views {
            ViewChange::UnderTheFiltersLock => {
                for filter in self.filters.get().get() {
                    if filter.begins_at(view) {
                        filter.mark();
                    }
                }
            }
            ViewChange::Marked => self.mark(),
        }
    }
}
