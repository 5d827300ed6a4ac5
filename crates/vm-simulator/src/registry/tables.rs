//! How the registry's tables are guarded: by one mutex, or each by itself.

use std::collections::BTreeMap;

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, label};

use super::Object;
use crate::collector::PropertyCollector;
use crate::reference::{ObjectKind, Ref};

/// Whether those who only look something up exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookups {
    /// As the original has it.
    OneAtATime,
    /// They do not, and who needs a number or the watchers waits for nobody who needs an object: there is less to wait
    /// for, and fewer orders to explore.
    Together,
}

/// What the registry knows.
pub(super) trait Tables: Send + Sync {
    /// A number that no object of this kind has.
    fn next(&self, kind: ObjectKind) -> u32;

    /// Adds an object, and answers who watches now.
    fn insert(&self, object: Object) -> Handlers;

    /// Removes an object, and answers who watches now.
    fn remove(&self, reference: Ref) -> Handlers;

    fn get(&self, reference: Ref) -> Option<Object>;

    fn all(&self) -> Vec<Object>;

    fn handlers(&self) -> Handlers;

    fn subscribe(&self, handler: &Arc<PropertyCollector>);

    fn unsubscribe(&self, handler: Ref);
}

type Objects = BTreeMap<Ref, Object>;
type Handlers = Vec<Arc<PropertyCollector>>;

impl Lookups {
    pub(super) fn tables(self) -> Box<dyn Tables> {
        match self {
            Self::OneAtATime => Box::new(OneAtATime::new()),
            Self::Together => Box::new(Apart::new()),
        }
    }
}

fn add(handlers: &mut Handlers, handler: &Arc<PropertyCollector>) {
    if !handlers.iter().any(|known| Arc::ptr_eq(known, handler)) {
        handlers.push(Arc::clone(handler));
    }
}

/// One mutex around everything.
struct OneAtATime(Mutex<All>);

#[derive(Default)]
struct All {
    objects: Objects,
    handlers: Handlers,
    next: BTreeMap<ObjectKind, u32>,
}

impl OneAtATime {
    fn new() -> Self {
        let all = Mutex::new(All::default());
        label(&all, "registry");
        Self(all)
    }

    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables for OneAtATime {
    fn next(&self, kind: ObjectKind) -> u32 {
        let mut all = self.lock();
        let next = all.next.entry(kind).or_insert(1);
        let number = *next;
        *next += 1;
        number
    }

    fn insert(&self, object: Object) -> Handlers {
        let mut all = self.lock();
        all.objects.insert(object.reference(), object);
        all.handlers.clone()
    }

    fn remove(&self, reference: Ref) -> Handlers {
        let mut all = self.lock();
        all.objects.remove(&reference);
        all.handlers.clone()
    }

    fn get(&self, reference: Ref) -> Option<Object> {
        self.lock().objects.get(&reference).cloned()
    }

    fn all(&self) -> Vec<Object> {
        self.lock().objects.values().cloned().collect()
    }

    fn handlers(&self) -> Handlers {
        self.lock().handlers.clone()
    }

    fn subscribe(&self, handler: &Arc<PropertyCollector>) {
        add(&mut self.lock().handlers, handler);
    }

    fn unsubscribe(&self, handler: Ref) {
        self.lock().handlers.retain(|known| known.reference() != handler);
    }
}

/// Objects and watchers each have a lock of their own, and numbers need none. Who is added is found before the watchers are
/// asked for: one that begins to watch later finds it.
struct Apart {
    objects: RwLock<Objects>,
    handlers: RwLock<Handlers>,
    next: Box<[AtomicU32; ObjectKind::ALL.len()]>,
}

impl Apart {
    fn new() -> Self {
        let next = Box::new(ObjectKind::ALL.map(|_| AtomicU32::new(1)));
        for (kind, next) in ObjectKind::ALL.iter().zip(&*next) {
            label(next, format_args!("next {kind:?}"));
        }
        let apart = Self { objects: RwLock::default(), handlers: RwLock::default(), next };
        label(&apart.objects, "registry");
        label(&apart.handlers, "watchers");
        apart
    }

    #[track_caller]
    fn objects(&self) -> RwLockReadGuard<'_, Objects> {
        self.objects.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn objects_mut(&self) -> RwLockWriteGuard<'_, Objects> {
        self.objects.write().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn handlers_mut(&self) -> RwLockWriteGuard<'_, Handlers> {
        self.handlers.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables for Apart {
    fn next(&self, kind: ObjectKind) -> u32 {
        self.next[kind as usize].fetch_add(1, Ordering::SeqCst)
    }

    fn insert(&self, object: Object) -> Handlers {
        self.objects_mut().insert(object.reference(), object);
        self.handlers()
    }

    fn remove(&self, reference: Ref) -> Handlers {
        self.objects_mut().remove(&reference);
        self.handlers()
    }

    fn get(&self, reference: Ref) -> Option<Object> {
        self.objects().get(&reference).cloned()
    }

    fn all(&self) -> Vec<Object> {
        self.objects().values().cloned().collect()
    }

    fn handlers(&self) -> Handlers {
        self.handlers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn subscribe(&self, handler: &Arc<PropertyCollector>) {
        add(&mut self.handlers_mut(), handler);
    }

    fn unsubscribe(&self, handler: Ref) {
        self.handlers_mut().retain(|known| known.reference() != handler);
    }
}
