//! What an execution did, without the order of what commutes: one number for all executions that differ in that alone.
//!
//! Two schedules show the same *behaviour* if one comes from the other by exchanging neighbouring events that do not
//! [conflict]: they have the same happens-before relation, every task sees the same, and what fails in one fails in the
//! other (Mazurkiewicz 1977). The number is a hash of that relation. Each event is hashed from the event of its task
//! before it and from the events before it that it conflicts with, whichever schedule they came in; no number of a task
//! or an object goes in, since those differ from schedule to schedule.
//!
//! Limits: it is 64 bits wide, so that among a million behaviours two are taken for one with probability 3 in 100
//! million. And where the conflict relation is coarser than the truth, so is this: it counts more behaviours than there
//! are, never fewer.

use bohrbug_sync::control::Event;
use bohrbug_trace::{Access, ObjectId, Operation, conflict, is_exclusive};

/// Makes the numbers; its memory serves one execution after the other.
///
/// ```
/// use bohrbug::behaviour::Hasher;
///
/// assert_eq!(Hasher::new().behaviour(&[]), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    /// Of each task the hash of its last event.
    tasks: Vec<u64>,
    /// Of each object what an access to it comes after.
    objects: Vec<Past>,
}

/// The accesses to one object, as far as a later one has to know them.
#[derive(Clone, Debug, Default)]
struct Past {
    /// What an access that conflicts with every other comes after: the hash of the last such access, and of all since.
    all: u64,
    /// Those since, one entry a kind.
    since: Vec<Accesses>,
}

/// The accesses of one kind to one object.
#[derive(Clone, Copy, Debug)]
struct Accesses {
    kind: Access,
    /// The sum of their hashes: the same in whatever order they came.
    sum: u64,
}

impl Past {
    /// The sum of the hashes of what an access of that kind comes after.
    #[inline]
    fn before(&self, kind: Access, is_exclusive: bool) -> u64 {
        if is_exclusive {
            return self.all;
        }
        let commuting = self.since.iter().filter(|others| !conflict(others.kind, kind));
        commuting.fold(self.all, |sum, others| sum.wrapping_sub(others.sum))
    }

    #[inline]
    fn add(&mut self, kind: Access, is_exclusive: bool, hash: u64) {
        if is_exclusive {
            self.all = hash;
            self.since.clear();
            return;
        }
        self.all = self.all.wrapping_add(hash);
        match self.since.iter_mut().find(|others| others.kind == kind) {
            Some(others) => others.sum = others.sum.wrapping_add(hash),
            None => self.since.push(Accesses { kind, sum: hash }),
        }
    }
}

impl Hasher {
    /// Before the first execution.
    pub fn new() -> Self {
        Self::default()
    }

    /// The behaviour of an execution with these events.
    pub fn behaviour(&mut self, events: &[Event]) -> u64 {
        self.clear();
        let Self { tasks, objects } = self;
        for event in events {
            let (task, object) = (event.task.index(), event.object.index());
            // What comes of most events, in line and out of the way of the rest.
            if PLAIN[event.operation as usize]
                && !event.other.is_some()
                && let (Some(last), Some(past)) = (tasks.get_mut(task), objects.get_mut(object))
            {
                let hash = mix(own(*last, what(event)), past.all);
                *last = hash;
                past.add(event.access(), true, hash);
            } else {
                add(tasks, objects, task, event.access(), detail(event));
            }
        }
        self.sum()
    }

    fn clear(&mut self) {
        // A task that has done nothing adds nothing to the sum.
        self.tasks.fill(0);
        for past in &mut self.objects {
            past.all = 0;
            past.since.clear();
        }
    }

    fn sum(&self) -> u64 {
        self.tasks.iter().fold(0, |sum, hash| sum.wrapping_add(*hash))
    }
}

/// By the number of an operation: whether an event of it that has one object conflicts with all others of that, and nothing
/// of it was chosen. As many as a byte has values, so that any of them has its place.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut place = 0;
    while place < Operation::ALL.len() {
        let operation = Operation::ALL[place];
        let object = ObjectId(0);
        let conflicts = is_exclusive(Access { operation, object, other: ObjectId::NONE }, object);
        // A comparison that fails is a load.
        let is_itself = !matches!(operation, Operation::CompareExchange) && !operation.is_chosen();
        plain[operation as usize] = conflicts && is_itself;
        place += 1;
    }
    plain
};

/// Adds any event; `detail` is what of it neither its task's past nor its predecessors determine.
#[inline(never)]
fn add(tasks: &mut Vec<u64>, objects: &mut Vec<Past>, task: usize, access: Access, detail: u64) {
    let last = place(tasks, task);
    let own = own(*last, detail);
    *last = if access.other.is_some() { use_both(objects, access, own) } else { use_one(objects, access, own) };
}

/// What an event has of its own: its task's past, and its detail.
#[inline(always)]
const fn own(last: u64, detail: u64) -> u64 {
    last ^ detail.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Enters an access to one object; its hash.
fn use_one(objects: &mut Vec<Past>, access: Access, own: u64) -> u64 {
    if !access.object.is_some() {
        return mix(own, 0);
    }
    let is_exclusive = is_exclusive(access, access.object);
    let past = place(objects, access.object.index());
    let hash = mix(own, past.before(access, is_exclusive));
    past.add(access, is_exclusive, hash);
    hash
}

/// Enters an access to two objects; its hash. Few events have two, and the others are not to pay for its variables.
#[inline(never)]
fn use_both(objects: &mut Vec<Past>, access: Access, own: u64) -> u64 {
    let both = [access.object, access.other].map(|object| (object, is_exclusive(access, object)));
    let both = both.into_iter().filter(|(object, _)| object.is_some());
    let mut before = 0_u64;
    for (object, is_exclusive) in both.clone() {
        before = before.wrapping_add(place(objects, object.index()).before(access, is_exclusive));
    }
    let hash = mix(own, before);
    for (object, is_exclusive) in both {
        place(objects, object.index()).add(access, is_exclusive, hash);
    }
    hash
}

/// The entry at that place; there are as many as it takes.
#[inline]
fn place<T: Clone + Default>(all: &mut Vec<T>, index: usize) -> &mut T {
    if index >= all.len() {
        grow(all, index);
    }
    &mut all[index]
}

#[cold]
fn grow<T: Clone + Default>(all: &mut Vec<T>, index: usize) {
    all.resize(index + 1, T::default());
}

/// What is to be known of an event beside what it follows: what was done and what came of it, and what was chosen.
fn detail(event: &Event) -> u64 {
    let chosen = if event.operation.is_chosen() { event.value().unwrap_or(0) } else { 0 };
    chosen << 16 | what(event)
}

/// What was done, and what came of it.
#[inline(always)]
const fn what(event: &Event) -> u64 {
    (event.outcome as u64) << 8 | event.operation as u64
}

/// Two numbers as one, every bit of which depends on every bit of theirs.
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let product = (a ^ 0x2D35_8DCC_AA6C_78A5) as u128 * (b.rotate_left(32) ^ 0x8BB8_4B93_962E_ACC9) as u128;
    (product as u64) ^ (product >> 64) as u64 ^ a
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};

    use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
    use bohrbug_sync::choice::choose;
    use bohrbug_sync::{Arc, Mutex, RwLock, thread};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::strategy::Dfs;
    use crate::strategy::testing::collect;

    /// Tasks, each a list of accesses.
    type Tasks = Vec<Vec<Access>>;

    fn accesses() -> impl Strategy<Value = Tasks> {
        let operations = vec![Operation::Load, Operation::Load, Operation::Store, Operation::Rmw, Operation::Wait];
        let access = (select(operations), 0..3_u32).prop_map(|(operation, object)| {
            let other = if operation == Operation::Wait { ObjectId((object + 1) % 3) } else { ObjectId::NONE };
            Access { operation, object: ObjectId(object), other }
        });
        vec(vec(access, 1..4), 2..4)
    }

    /// Every order of the tasks' steps, as the tasks whose turn it is.
    fn schedules(left: &mut [usize], schedule: &mut Vec<usize>, see: &mut impl FnMut(&[usize])) {
        let mut ended = true;
        for task in 0..left.len() {
            if left[task] > 0 {
                ended = false;
                left[task] -= 1;
                schedule.push(task);
                schedules(left, schedule, see);
                schedule.pop();
                left[task] += 1;
            }
        }
        if ended {
            see(schedule);
        }
    }

    /// The events of a schedule: task, place in the task, access.
    fn events(tasks: &Tasks, schedule: &[usize]) -> Vec<(usize, usize, Access)> {
        let mut next = vec![0; tasks.len()];
        let event = |&task: &usize| {
            next[task] += 1;
            (task, next[task] - 1, tasks[task][next[task] - 1])
        };
        schedule.iter().map(event).collect()
    }

    /// The first of all schedules with the same behaviour: always the first event that nothing left over has to precede.
    fn normal_form(mut events: Vec<(usize, usize, Access)>) -> Vec<(usize, usize)> {
        let mut form = Vec::new();
        while !events.is_empty() {
            let is_free = |&place: &usize| {
                let (task, _, access) = events[place];
                events[..place].iter().all(|&(other, _, before)| other != task && !conflict(before, access))
            };
            let first = (0..events.len()).filter(is_free).min_by_key(|&place| events[place].0).unwrap();
            let (task, index, _) = events.remove(first);
            form.push((task, index));
        }
        form
    }

    /// The same access with objects numbered as this schedule comes upon them.
    fn renumbered(access: Access, names: &mut BTreeMap<u32, u32>) -> Access {
        let mut name = |object: ObjectId| {
            let next = names.len() as u32;
            if object.is_some() { ObjectId(*names.entry(object.0).or_insert(next)) } else { object }
        };
        let (object, other) = (name(access.object), name(access.other));
        Access { object, other, ..access }
    }

    fn hash(events: &[(usize, usize, Access)]) -> u64 {
        let (mut hasher, mut names) = (Hasher::new(), BTreeMap::new());
        for &(task, _, access) in events {
            // What tells tasks apart in an execution is who spawned them, and that is among the events.
            let detail = (task as u64) << 8 | access.operation as u64;
            let Hasher { tasks, objects } = &mut hasher;
            add(tasks, objects, task, renumbered(access, &mut names), detail);
        }
        hasher.sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn schedules_have_one_hash_if_and_only_if_they_have_one_normal_form(tasks in accesses()) {
            let (mut by_form, mut by_hash) = (BTreeMap::new(), BTreeMap::new());
            let mut left: Vec<usize> = tasks.iter().map(Vec::len).collect();
            schedules(&mut left, &mut Vec::new(), &mut |schedule| {
                let events = events(&tasks, schedule);
                let (form, hash) = (normal_form(events.clone()), hash(&events));
                assert_eq!(*by_form.entry(form.clone()).or_insert(hash), hash, "{tasks:?} {schedule:?}");
                assert_eq!(*by_hash.entry(hash).or_insert(form.clone()), form, "{tasks:?} {schedule:?}");
            });
        }
    }

    /// Runs so many threads of one body.
    fn threads(count: usize, body: fn(&Shared)) -> impl Fn() + Send + Sync + 'static {
        move || {
            let shared = Arc::new(Shared::default());
            let spawn = |_| {
                let shared = shared.clone();
                thread::spawn(move || body(&shared))
            };
            let threads: Vec<_> = (0..count).map(spawn).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
    }

    #[derive(Default)]
    struct Shared {
        number: AtomicU32,
        lock: Mutex<()>,
        rwlock: RwLock<()>,
    }

    #[test]
    fn the_schedules_of_a_program_have_as_many_behaviours_as_there_are_orders_that_matter() {
        /// What it is, how many threads, what each of them does, and the behaviours.
        type Case = (&'static str, usize, fn(&Shared), usize);
        let cases: [Case; 6] = [
            ("writers: in every order, 3!", 3, |shared| shared.number.store(1, SeqCst), 6),
            ("readers: in any", 3, |shared| _ = shared.number.load(SeqCst), 1),
            ("critical sections: C(4, 2)", 2, |shared| (0..2).for_each(|_| drop(shared.lock.lock())), 6),
            ("sections of readers", 2, |shared| drop(shared.rwlock.read()), 1),
            // Each thread makes its own lock, which has another number as they take turns.
            ("locks of their own", 3, |_| drop(Mutex::new(()).lock()), 1),
            ("a choice each: 2^3", 3, |_| _ = choose(2), 8),
        ];
        for (name, count, body, expected) in cases {
            let hasher = RefCell::new(Hasher::new());
            let hashes = collect(Dfs::new(), threads(count, body), move |view| {
                let behaviour = hasher.borrow_mut().behaviour(view.events());
                assert_eq!(behaviour, one_by_one(view.events()), "{name}: what is in line is the same");
                behaviour
            });
            assert_eq!(hashes.into_iter().collect::<BTreeSet<_>>().len(), expected, "{name}");
        }
    }

    /// The behaviour without the way that most events go.
    fn one_by_one(events: &[Event]) -> u64 {
        let mut hasher = Hasher::new();
        for event in events {
            let Hasher { tasks, objects } = &mut hasher;
            add(tasks, objects, event.task.index(), event.access(), detail(event));
        }
        hasher.sum()
    }

    #[test]
    fn a_hasher_forgets_one_execution_before_the_next() {
        let store = Access { operation: Operation::Store, object: ObjectId(0), other: ObjectId::NONE };
        let mut hasher = Hasher::new();
        let enter = |hasher: &mut Hasher| {
            add(&mut hasher.tasks, &mut hasher.objects, 0, store, 0);
            hasher.sum()
        };
        let first = enter(&mut hasher);
        hasher.clear();
        assert_eq!(enter(&mut hasher), first);
    }
}
