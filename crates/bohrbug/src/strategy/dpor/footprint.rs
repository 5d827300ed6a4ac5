//! What a step touches, and whether two steps may be exchanged.
//!
//! Besides the objects of the program there are some that no event names: the clock, which timed operations share, and
//! the bounds on wake-ups without a reason and on weak exchanges that fail. Who may use one of those up is in a conflict
//! with everybody else who may.
//!
//! What a step does without announcing it is known once it has happened, and may be something else elsewhere. Where that
//! was seen to matter the calls that do so are *surprising*: each is taken to be in a conflict with everything.

use bohrbug_sync::control::{Config, Event, Pending};
use bohrbug_trace::{Access, ObjectId, Operation, conflict, is_exclusive};
use smallvec::SmallVec;

/// What one step touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Footprint {
    accesses: SmallVec<[Access; 2]>,
    /// The objects of the accesses, each once.
    objects: SmallVec<[ObjectId; 2]>,
    /// How many of the accesses were announced.
    announced: usize,
    /// Which of them are not what is done, but what it waits for.
    awaited: (usize, usize),
    /// Whether it cannot be exchanged with anything.
    everything: bool,
}

/// The objects that no event names; no execution has as many objects.
const CLOCK: ObjectId = ObjectId(u32::MAX - 1);
const SPURIOUS: ObjectId = ObjectId(u32::MAX - 2);
const WEAK: ObjectId = ObjectId(u32::MAX - 3);
/// What surprising calls change and all others read.
const ANY: ObjectId = ObjectId(u32::MAX - 4);

/// Whether there are surprising calls, and whether this is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    Off,
    Ordinary,
    Surprising,
}

/// An announced operation, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announced<'a> {
    pub(super) pending: &'a Pending,
    pub(super) care: Care,
    /// Whether it is a compare-exchange that does not find what it expects, and so only reads.
    pub(super) fails: bool,
    /// The task's own thread.
    pub(super) thread: ObjectId,
}

impl Footprint {
    /// Of an operation that has been announced.
    pub(super) fn of_pending(announced: &Announced<'_>, config: &Config, awaited: &[Access]) -> Self {
        let Announced { pending, care, fails, thread } = *announced;
        let access = pending.access();
        let mut footprint = Self::of_one(if fails { Access { operation: Operation::Load, ..access } } else { access });
        footprint.use_unnamed(pending, config, fails);
        if let Some(requeue) = pending.access_of_requeue() {
            footprint.push(requeue);
        }
        // A wait that parks may take its thread's token.
        if pending.parks() {
            footprint.push(Access { operation: Operation::TakeToken, object: thread, other: ObjectId::NONE });
        }
        footprint.wait_for(awaited);
        footprint.take_care(care);
        footprint
    }

    fn of_one(access: Access) -> Self {
        let Access { object, other, .. } = access;
        let objects = match (object.is_some(), other.is_some() && other != object) {
            (true, true) => SmallVec::from_buf([object, other]),
            (true, false) => SmallVec::from_buf_and_len([object; 2], 1),
            (false, true) => SmallVec::from_buf_and_len([other; 2], 1),
            (false, false) => SmallVec::new(),
        };
        Self { accesses: SmallVec::from_buf_and_len([access; 2], 1), objects, ..Self::default() }
    }

    /// Adds what the operation may use besides its object.
    fn use_unnamed(&mut self, pending: &Pending, config: &Config, fails: bool) {
        use Operation::{CompareExchange, Now, Sleep};
        let operation = pending.operation;
        let mut uses = |object| self.push(Access { operation: Operation::Rmw, object, other: ObjectId::NONE });
        if pending.deadline().is_some() || matches!(operation, Now | Sleep) {
            uses(CLOCK);
        }
        if config.spurious > 0 && operation.may_wake_for_no_reason() {
            uses(SPURIOUS);
        }
        if config.weak_failures > 0 && operation == CompareExchange && !fails {
            uses(WEAK);
        }
    }

    fn wait_for(&mut self, awaited: &[Access]) {
        self.awaited.0 = self.accesses.len();
        for &access in awaited {
            if !self.accesses.contains(&access) {
                self.push(access);
            }
        }
        self.awaited.1 = self.accesses.len();
    }

    /// What is done, without what is waited for.
    pub(super) fn own(&self) -> impl Iterator<Item = Access> {
        let (begin, end) = self.awaited;
        self.accesses[..begin].iter().chain(&self.accesses[end..]).copied()
    }

    /// Whether what the step has done would come to something else after the other.
    pub(super) fn is_changed_by(&self, other: &Self) -> bool {
        self.own().any(|mine| other.own().any(|theirs| conflict(mine, theirs)))
    }

    /// Of a step that has happened.
    pub(super) fn of_step(
        announced: Option<&Announced<'_>>,
        events: &[Event],
        config: &Config,
        awaited: &[Access],
    ) -> Self {
        let mut footprint =
            announced.map_or_else(Self::default, |announced| Self::of_pending(announced, config, awaited));
        events.iter().for_each(|event| footprint.add(event));
        footprint
    }

    fn take_care(&mut self, care: Care) {
        let operation = match care {
            Care::Off => None,
            Care::Ordinary => Some(Operation::Load),
            Care::Surprising => Some(Operation::Rmw),
        };
        if let Some(operation) = operation {
            self.push(Access { operation, object: ANY, other: ObjectId::NONE });
        }
        self.announced = self.accesses.len();
    }

    /// Of a step that nothing can be exchanged with.
    pub(super) fn of_everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Adds what an event of the step touched.
    fn add(&mut self, event: &Event) {
        let access = event.access();
        // Choices are nobody else's, and a new thread is known by nobody else yet.
        // What a compare-exchange is has been said when it was announced.
        let is_own = match event.operation {
            Operation::Choose | Operation::Fault | Operation::Spawn => true,
            Operation::CompareExchange => self.objects.contains(&access.object),
            _ => false,
        };
        let touches = access.object.is_some() && !is_own;
        if touches && !self.accesses.contains(&access) {
            self.push(access);
        }
    }

    /// Adds that the memory of the object was freed, which is in a conflict with every use of it.
    pub(super) fn add_free(&mut self, object: ObjectId) {
        let access = Access { operation: Operation::CellWrite, object, other: ObjectId::NONE };
        if !self.accesses.contains(&access) {
            self.push(access);
        }
    }

    fn push(&mut self, access: Access) {
        self.accesses.push(access);
        for object in [access.object, access.other] {
            if object.is_some() && !self.objects.contains(&object) {
                self.objects.push(object);
            }
        }
    }

    pub(super) fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether the order of two steps of different tasks can matter.
    pub(super) fn conflicts(&self, other: &Self) -> bool {
        self.everything
            || other.everything
            || self.accesses.iter().any(|&a| other.accesses.iter().any(|&b| conflict(a, b)))
    }

    /// Whether two that conflict would not if they had done what was announced, and no more.
    pub(super) fn is_surprise(&self, other: &Self) -> bool {
        if !self.does_more() && !other.does_more() {
            return false;
        }
        let [mine, theirs] = [self, other].map(|footprint| &footprint.accesses[..footprint.announced]);
        !mine.iter().any(|&a| theirs.iter().any(|&b| conflict(a, b)))
    }

    /// Whether it did more than was announced.
    pub(super) fn does_more(&self) -> bool {
        self.accesses.len() > self.announced
    }

    /// Whether every other access to the object conflicts with this.
    pub(super) fn is_exclusive(&self, object: ObjectId) -> bool {
        self.accesses.iter().any(|&access| is_exclusive(access, object))
    }

    /// Each object once.
    pub(super) fn objects(&self) -> &[ObjectId] {
        &self.objects
    }
}

/// The place of an object in a table that has the unnamed ones first.
pub(super) const fn place(object: ObjectId) -> usize {
    if is_unnamed(object) { (u32::MAX - 1 - object.0) as usize } else { object.index() + 4 }
}

const fn is_unnamed(object: ObjectId) -> bool {
    object.0 >= ANY.0 && object.is_some()
}
