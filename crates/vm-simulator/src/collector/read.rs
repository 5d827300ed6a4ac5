//! Reading: how an object's properties get into an answer, and how a traversal finds the objects.

use std::collections::{BTreeMap, BTreeSet};

use bohrbug_sync::PoisonError;

use super::{FilterSpec, ObjectSpec, PropertyCollector, Selection};
use crate::fault::{Fault, FaultKind};
use crate::lock::Context;
use crate::reference::Ref;
use crate::registry::{Object, not_found};
use crate::simulator::Simulator;
use crate::value::{Found, Value, lookup};

/// How an object gets into an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// The answer holds the object itself, and is encoded when the object is no longer locked.
    EncodedAfterUnlock,
    /// What is asked for is copied while the object is locked.
    CopiedUnderLock,
}

impl Response {
    /// The object's properties; nothing if it is gone and `reads` is to notice that.
    pub(crate) fn tree(self, reads: Reads, ctx: &mut Context, object: &Object, paths: &[String]) -> Option<Value> {
        match (self, reads) {
            (Self::EncodedAfterUnlock, _) => {
                let answer = ctx.with_lock(object.lock(), |_| object.clone());
                Some(answer.tree(paths))
            }
            // Who had to wait for the lock may have waited for the one who destroyed the object.
            (Self::CopiedUnderLock, Reads::EachUnderItsLock) => ctx.with_lock(object.lock(), |_| match object {
                Object::Machine(machine) => machine.whole_tree(paths),
                other => Some(other.tree(paths)),
            }),
            (Self::CopiedUnderLock, _) => ctx.with_lock(object.lock(), |_| Some(object.tree(paths))),
        }
    }
}

/// Under which locks a traversal reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// The root is locked to look it up, and unlocked before anything behind it is looked for.
    AfterTheRoot,
    /// The root stays locked while it is read and traversed; what lies deeper is read without its lock.
    UnderTheRootsLock,
    /// Each object is read under its own lock, one lock at a time.
    EachUnderItsLock,
}

/// The properties of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectContent {
    /// The object.
    pub object: Ref,
    /// The properties that have a value.
    pub values: Vec<(String, Value)>,
    /// The properties that could not be read.
    pub missing: Vec<(String, Fault)>,
}

impl ObjectContent {
    /// The value at this path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| known == path).map(|(_, value)| value)
    }

    /// The device list, if it was asked for.
    pub fn devices(&self) -> Option<&[crate::device::Device]> {
        match self.get("config.hardware.device") {
            Some(Value::Devices(devices)) => Some(devices),
            _ => None,
        }
    }
}

/// A page of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The objects.
    pub objects: Vec<ObjectContent>,
    /// What to ask for the next page with.
    pub token: Option<u32>,
}

impl Object {
    pub(crate) fn tree(&self, paths: &[String]) -> Value {
        match self {
            Self::Folder(folder) => folder.tree(),
            Self::Machine(machine) => machine.tree(paths),
            Self::Datastore(datastore) => datastore.tree(),
            Self::Network(network) => network.tree(),
            Self::Task(task) => task.tree(),
            Self::View(view) => view.tree(),
        }
    }
}

impl PropertyCollector {
    /// Reads properties, at most `limit` objects at once.
    pub fn retrieve(
        &self,
        simulator: &Simulator,
        ctx: &mut Context,
        spec: &FilterSpec,
        limit: Option<usize>,
    ) -> Result<Page, Fault> {
        let objects = simulator.retrieve(ctx, spec)?;
        self.page(objects, limit, None)
    }

    /// Reads the next page.
    pub fn continue_retrieve(&self, token: u32, limit: Option<usize>) -> Result<Page, Fault> {
        check_limit(limit)?;
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = pages.rest.remove(&token).ok_or_else(|| {
            Fault::new(FaultKind::InvalidCollectorVersion, format!("there is no page {token}")).of("token")
        })?;
        drop(pages);
        self.page(rest, limit, Some(token))
    }

    fn page(&self, mut objects: Vec<ObjectContent>, limit: Option<usize>, token: Option<u32>) -> Result<Page, Fault> {
        check_limit(limit)?;
        let limit = limit.unwrap_or(usize::MAX);
        if objects.len() <= limit {
            return Ok(Page { objects, token: None });
        }
        let rest = objects.split_off(limit);
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let token = token.unwrap_or(pages.last + 1);
        pages.last = pages.last.max(token);
        pages.rest.insert(token, rest);
        Ok(Page { objects, token: Some(token) })
    }
}

impl Simulator {
    /// Reads properties.
    pub fn retrieve(&self, ctx: &mut Context, spec: &FilterSpec) -> Result<Vec<ObjectContent>, Fault> {
        let mut answer = Answer::default();
        for object in &spec.objects {
            self.collect_from(ctx, spec, object, &mut answer)?;
        }
        Ok(answer.contents)
    }

    fn collect_from(
        &self,
        ctx: &mut Context,
        spec: &FilterSpec,
        from: &ObjectSpec,
        answer: &mut Answer,
    ) -> Result<(), Fault> {
        let root = self.registry.get(from.object)?;
        let wanted = !from.skip || from.select.is_empty();
        let names = named(&from.select);
        let found = match self.policy.reads {
            Reads::UnderTheRootsLock => ctx.with_lock(root.lock(), |ctx| {
                if wanted {
                    self.collect(ctx, spec, &root, answer)?;
                }
                self.walk(ctx, &root, &from.select, &names, false)
            }),
            Reads::AfterTheRoot | Reads::EachUnderItsLock => {
                if wanted {
                    self.collect(ctx, spec, &root, answer)?;
                }
                let each = self.policy.reads == Reads::EachUnderItsLock;
                self.walk(ctx, &root, &from.select, &names, each)
            }
        }?;
        for reference in found {
            // What was found and then destroyed is left out.
            if let Ok(object) = self.registry.get(reference) {
                let _ = self.collect(ctx, spec, &object, answer);
            }
        }
        Ok(())
    }

    fn collect(&self, ctx: &mut Context, spec: &FilterSpec, object: &Object, answer: &mut Answer) -> Result<(), Fault> {
        let reference = object.reference();
        let paths = spec.paths(reference.kind);
        if !paths.is_empty() && answer.seen.insert(reference) {
            answer.contents.push(self.read(ctx, object, &paths).ok_or_else(|| not_found(reference))?);
        }
        Ok(())
    }

    /// Reads properties of one object; nothing if it is gone.
    pub(crate) fn read(&self, ctx: &mut Context, object: &Object, paths: &[String]) -> Option<ObjectContent> {
        let reference = object.reference();
        let mut content = ObjectContent { object: reference, values: Vec::new(), missing: Vec::new() };
        if !ctx.has_session() {
            let denied = |path: &String| {
                let fault = Fault::new(FaultKind::NotAuthenticated, "there is no session");
                (path.clone(), fault.of(path.clone()))
            };
            content.missing = paths.iter().map(denied).collect();
            return Some(content);
        }
        let tree = self.policy.response.tree(self.policy.reads, ctx, object, paths)?;
        for path in paths {
            match lookup(&tree, path) {
                Ok(Found::Value(value)) => content.values.push((path.clone(), value)),
                Ok(Found::Unset) => {}
                Err(fault) => content.missing.push((path.clone(), fault)),
            }
        }
        Some(content)
    }

    /// The objects that the specification leads to.
    pub(crate) fn members(&self, ctx: &mut Context, spec: &FilterSpec) -> Result<BTreeSet<Ref>, Fault> {
        let mut members = BTreeSet::new();
        for from in &spec.objects {
            if !from.skip || from.select.is_empty() {
                members.insert(from.object);
            }
            if from.select.is_empty() {
                continue;
            }
            let root = self.registry.get(from.object)?;
            let names = named(&from.select);
            members.extend(self.walk(ctx, &root, &from.select, &names, true)?);
        }
        members.retain(|member| !spec.paths(member.kind).is_empty());
        Ok(members)
    }

    /// Follows selections; `locking` says whether each object is locked while its property is read.
    fn walk(
        &self,
        ctx: &mut Context,
        root: &Object,
        select: &[Selection],
        names: &BTreeMap<&str, &Selection>,
        locking: bool,
    ) -> Result<Vec<Ref>, Fault> {
        let mut found = Vec::new();
        let mut todo: Vec<(Object, &[Selection])> = vec![(root.clone(), select)];
        let mut seen = BTreeSet::new();
        while let Some((object, select)) = todo.pop() {
            for selection in select {
                let (path, next) = match resolve(selection, names)? {
                    Some((kind, path, next)) if kind == object.reference().kind => (path, next),
                    _ => continue,
                };
                for reference in refs(ctx, &object, path, locking)? {
                    if seen.insert((reference, path)) {
                        found.push(reference);
                        if let (false, Ok(child)) = (next.is_empty(), self.registry.get(reference)) {
                            todo.push((child, next));
                        }
                    }
                }
            }
        }
        Ok(found)
    }
}

fn check_limit(limit: Option<usize>) -> Result<(), Fault> {
    if limit == Some(0) {
        return Err(Fault::new(FaultKind::InvalidArgument, "a page has at least one object").of("options.maxObjects"));
    }
    Ok(())
}

#[derive(Default)]
struct Answer {
    contents: Vec<ObjectContent>,
    seen: BTreeSet<Ref>,
}

/// The traversals that have a name, at whatever depth.
fn named(select: &[Selection]) -> BTreeMap<&str, &Selection> {
    let mut names = BTreeMap::new();
    let mut todo: Vec<&Selection> = select.iter().collect();
    while let Some(selection) = todo.pop() {
        if let Selection::Traversal { name, select, .. } = selection {
            if let Some(name) = name {
                names.insert(name.as_str(), selection);
            }
            todo.extend(select);
        }
    }
    names
}

type Resolved<'a> = (crate::reference::ObjectKind, &'a str, &'a [Selection]);

fn resolve<'a>(
    selection: &'a Selection,
    names: &BTreeMap<&'a str, &'a Selection>,
) -> Result<Option<Resolved<'a>>, Fault> {
    let selection = match selection {
        Selection::Named(name) => names.get(name.as_str()).copied().ok_or_else(|| {
            Fault::new(FaultKind::InvalidArgument, format!("no traversal is called '{name}'")).of("selectSet.name")
        })?,
        traversal => traversal,
    };
    Ok(match selection {
        Selection::Traversal { kind, path, select, .. } => Some((*kind, path, select)),
        Selection::Named(_) => None,
    })
}

fn refs(ctx: &mut Context, object: &Object, path: &str, locking: bool) -> Result<Vec<Ref>, Fault> {
    let paths = [path.to_owned()];
    let tree = match locking {
        true => ctx.with_lock(object.lock(), |_| object.tree(&paths)),
        false => object.tree(&paths),
    };
    Ok(match lookup(&tree, path)? {
        Found::Value(Value::Refs(refs)) => refs,
        Found::Value(Value::Ref(reference)) => vec![reference],
        _ => Vec::new(),
    })
}
