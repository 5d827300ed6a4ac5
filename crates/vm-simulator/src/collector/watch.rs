//! Watching: updates are queued where they happen and answered when the client asks.

use std::collections::VecDeque;

use bohrbug_sync::time::Duration;
use bohrbug_sync::{Arc, PoisonError};

use super::filter::{Filter, FilterState, matches};
use super::{ObjectContent, PropertyCollector};
use crate::fault::{Fault, FaultKind};
use crate::lock::Context;
use crate::reconfigure::NoticeOp;
use crate::reference::Ref;
use crate::simulator::Simulator;
use crate::store::Changed;
use crate::value::Value;

/// Object updates that one answer has at most.
const PAGE: usize = 100;

/// What comes first when a client begins to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subscription {
    /// Reading the initial values: what changes before the collector is registered is never told.
    CollectFirst,
    /// Registering the collector: what changes before the initial values are read is told twice.
    RegisterFirst,
}

/// What happened to an object of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The client did not know of it.
    Enter,
    /// Properties changed.
    Modify,
    /// It is gone.
    Leave,
}

/// A changed property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyChange {
    /// How it changed.
    pub op: NoticeOp,
    /// Which it is.
    pub path: String,
    /// Its value.
    pub value: Option<Value>,
}

/// What changed about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectUpdate {
    /// What happened to it.
    pub kind: ChangeKind,
    /// The object.
    pub object: Ref,
    /// Its changed properties.
    pub changes: Vec<PropertyChange>,
}

/// What changed for a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterUpdate {
    /// The filter's number.
    pub filter: u32,
    /// The objects.
    pub objects: Vec<ObjectUpdate>,
}

/// What changed since the client last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateSet {
    /// What to ask for the next set with.
    pub version: String,
    /// The filters for which something changed.
    pub filters: Vec<FilterUpdate>,
    /// There is more to be had at once.
    pub truncated: bool,
}

impl UpdateSet {
    /// Every value that this set has for this property, in order.
    pub fn values(&self, path: &str) -> Vec<Value> {
        let objects = self.filters.iter().flat_map(|filter| &filter.objects);
        let changes = objects.flat_map(|object| &object.changes);
        let matching = changes.filter(|change| change.path == path);
        matching.filter_map(|change| change.value.clone()).collect()
    }
}

/// What is waiting for the client.
#[derive(Default)]
pub(super) struct Queue {
    updates: VecDeque<Update>,
    marked: bool,
    cancelled: bool,
    waiting: usize,
    rest: Vec<FilterUpdate>,
}

#[derive(Clone)]
enum Update {
    Modified(Ref, Vec<Changed>),
    Left(Ref),
}

impl PropertyCollector {
    /// An object was updated.
    pub(crate) fn notify(&self, object: Ref, update: Vec<Changed>) {
        self.push(|queue| queue.updates.push_back(Update::Modified(object, update)));
    }

    /// An object was updated several times over; nobody asks in between.
    pub(crate) fn notify_all(&self, object: Ref, updates: Vec<Vec<Changed>>) {
        self.push(|queue| queue.updates.extend(updates.into_iter().map(|update| Update::Modified(object, update))));
    }

    /// An object is gone.
    pub(crate) fn left(&self, object: Ref) {
        self.push(|queue| queue.updates.push_back(Update::Left(object)));
    }

    /// A list view has changed: look for the objects again.
    pub(crate) fn mark(&self) {
        self.push(|queue| queue.marked = true);
    }

    /// Ends the wait of a client.
    pub fn cancel_wait(&self) {
        self.push(|queue| queue.cancelled = true);
    }

    fn push(&self, change: impl FnOnce(&mut Queue)) {
        let waiting = {
            let mut queue = self.queue();
            change(&mut queue);
            queue.waiting
        };
        if waiting > 0 {
            self.arrived.notify_all();
        }
    }

    /// Answers what is new, at once. The version `""` begins to watch and answers the initial values; `"-"` is every
    /// later one.
    pub fn check_for_updates(
        self: &Arc<Self>,
        simulator: &Simulator,
        ctx: &mut Context,
        version: &str,
    ) -> Result<Option<UpdateSet>, Fault> {
        match version {
            "" => self.begin(simulator, ctx).map(Some),
            "-" => self.drain(simulator, ctx),
            other => Err(Fault::new(FaultKind::InvalidCollectorVersion, format!("no version '{other}'")).of("version")),
        }
    }

    /// Answers what is new, and waits for it if there is nothing; `None` when the longest wait is over.
    pub fn wait_for_updates(
        self: &Arc<Self>,
        simulator: &Simulator,
        ctx: &mut Context,
        version: &str,
        longest: Option<Duration>,
    ) -> Result<Option<UpdateSet>, Fault> {
        loop {
            if let Some(updates) = self.check_for_updates(simulator, ctx, version)? {
                return Ok(Some(updates));
            }
            if !self.wait(longest)? {
                return Ok(None);
            }
        }
    }

    /// Waits until something is queued; `false` when it took too long.
    fn wait(&self, longest: Option<Duration>) -> Result<bool, Fault> {
        let mut queue = self.queue();
        queue.waiting += 1;
        let mut in_time = true;
        while in_time && queue.updates.is_empty() && !queue.marked && !queue.cancelled {
            queue = match longest {
                None => self.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some(longest) => {
                    let (queue, timeout) =
                        self.arrived.wait_timeout(queue, longest).unwrap_or_else(PoisonError::into_inner);
                    in_time = !timeout.timed_out();
                    queue
                }
            };
        }
        queue.waiting -= 1;
        if std::mem::take(&mut queue.cancelled) {
            return Err(Fault::new(FaultKind::RequestCanceled, "the wait was cancelled").of("wait"));
        }
        Ok(in_time)
    }

    fn begin(self: &Arc<Self>, simulator: &Simulator, ctx: &mut Context) -> Result<UpdateSet, Fault> {
        let filters = match simulator.policy.subscription {
            Subscription::CollectFirst => {
                let initial = self.initial(simulator, ctx)?;
                simulator.registry.subscribe(self);
                initial
            }
            Subscription::RegisterFirst => {
                simulator.registry.subscribe(self);
                self.initial(simulator, ctx)?
            }
        };
        Ok(self.paged(filters))
    }

    fn initial(&self, simulator: &Simulator, ctx: &mut Context) -> Result<Vec<FilterUpdate>, Fault> {
        ctx.with_lock(&self.lock, |ctx| {
            let filters = self.filters.get().get();
            filters.iter().map(|filter| initial(simulator, ctx, filter)).collect()
        })
    }

    fn drain(&self, simulator: &Simulator, ctx: &mut Context) -> Result<Option<UpdateSet>, Fault> {
        // Filters are read one by one, as a loop over a slice does: the slice is read once, its elements as they come.
        let found = ctx.with_lock(&self.lock, |ctx| {
            let (updates, marked) = {
                let mut queue = self.queue();
                let rest = std::mem::take(&mut queue.rest);
                if !rest.is_empty() {
                    return Ok(rest);
                }
                (std::mem::take(&mut queue.updates), std::mem::take(&mut queue.marked))
            };
            let filters = self.filters.get();
            let mut found = Vec::new();
            for index in 0..filters.len() {
                found.extend(news(simulator, ctx, &filters.at(index), &updates, marked)?);
            }
            Ok(found)
        })?;
        Ok(if found.is_empty() { None } else { Some(self.paged(found)) })
    }

    /// As much as one answer has; the rest is kept for the next.
    fn paged(&self, filters: Vec<FilterUpdate>) -> UpdateSet {
        let mut room = PAGE;
        let mut page = Vec::new();
        let mut rest = Vec::new();
        for mut filter in filters {
            let over = filter.objects.split_off(room.min(filter.objects.len()));
            room -= filter.objects.len();
            if !over.is_empty() {
                rest.push(FilterUpdate { filter: filter.filter, objects: over });
            }
            if !filter.objects.is_empty() {
                page.push(filter);
            }
        }
        let truncated = !rest.is_empty();
        if truncated {
            self.queue().rest = rest;
        }
        UpdateSet { version: "-".into(), filters: page, truncated }
    }

    /// Stops watching.
    pub fn stop(&self, simulator: &Simulator) {
        simulator.registry.unsubscribe(self);
    }
}

fn initial(simulator: &Simulator, ctx: &mut Context, filter: &Filter) -> Result<FilterUpdate, Fault> {
    let mut state = filter.lock();
    let contents = match simulator.retrieve(ctx, &filter.spec) {
        // Other filters of the client have been read already, and would count as told.
        Err(gone) if gone.kind == FaultKind::ManagedObjectNotFound && filter.leaves_out_what_is_gone => Vec::new(),
        read => read?,
    };
    state.stale = false;
    state.known = contents.iter().map(|content| content.object).collect();
    let objects = contents.into_iter().map(entered).collect();
    Ok(FilterUpdate { filter: filter.id, objects })
}

fn entered(content: ObjectContent) -> ObjectUpdate {
    let changes = content.values.into_iter().map(|(path, value)| PropertyChange {
        op: NoticeOp::Assign,
        path,
        value: Some(value),
    });
    ObjectUpdate { kind: ChangeKind::Enter, object: content.object, changes: changes.collect() }
}

/// What the queued updates are to this filter.
fn news(
    simulator: &Simulator,
    ctx: &mut Context,
    filter: &Filter,
    updates: &VecDeque<Update>,
    marked: bool,
) -> Result<Option<FilterUpdate>, Fault> {
    let mut state = filter.lock();
    let mut objects = Vec::new();
    let stale = std::mem::take(&mut state.stale) || marked || !updates.is_empty();
    if stale && (filter.traverses() || state.known.is_empty()) {
        objects.extend(look_again(simulator, ctx, filter, &mut state)?);
    }
    let new: Vec<Ref> = objects.iter().map(|object: &ObjectUpdate| object.object).collect();
    for update in updates {
        match update {
            Update::Left(object) if state.known.remove(object) => {
                objects.push(ObjectUpdate { kind: ChangeKind::Leave, object: *object, changes: Vec::new() });
            }
            Update::Modified(object, changed) if state.known.contains(object) && !new.contains(object) => {
                let Ok(managed) = simulator.registry.get(*object) else { continue };
                let paths = filter.spec.paths(object.kind);
                let changes = matches(simulator, ctx, &managed, &paths, changed);
                if !changes.is_empty() {
                    objects.push(ObjectUpdate { kind: ChangeKind::Modify, object: *object, changes });
                }
            }
            Update::Left(_) | Update::Modified(..) => {}
        }
    }
    Ok(if objects.is_empty() { None } else { Some(FilterUpdate { filter: filter.id, objects }) })
}

/// The objects that came and went since the filter was last looked through.
fn look_again(
    simulator: &Simulator,
    ctx: &mut Context,
    filter: &Filter,
    state: &mut FilterState,
) -> Result<Vec<ObjectUpdate>, Fault> {
    let members = simulator.members(ctx, &filter.spec)?;
    let mut updates = Vec::new();
    for gone in state.known.difference(&members) {
        updates.push(ObjectUpdate { kind: ChangeKind::Leave, object: *gone, changes: Vec::new() });
    }
    let mut known: std::collections::BTreeSet<Ref> = state.known.intersection(&members).copied().collect();
    for new in members.difference(&state.known) {
        let Ok(object) = simulator.registry.get(*new) else { continue };
        if let Some(content) = simulator.read(ctx, &object, &filter.spec.paths(new.kind)) {
            updates.push(entered(content));
            known.insert(*new);
        }
    }
    state.known = known;
    Ok(updates)
}
