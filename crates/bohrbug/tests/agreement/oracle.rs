//! What programs can come to, by a plain interpreter over all states: no reduction, and nothing of Bohrbug's but the
//! programs.
//!
//! A state is what every task has done: for each of its steps, the earlier steps that it does not commute with, and what
//! it chose. Everything else follows from that, and two orders of steps lead to the same state if and only if they differ
//! in nothing but the order of steps that commute. So the different ends are the behaviours. What commutes is said
//! [below](commute), by itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::conditional::{Final, Op, PARTIES, PERMITS, Program};

/// What a program can come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    /// How many behaviours end so.
    pub(crate) finals: BTreeMap<Final, u64>,
    pub(crate) behaviours: u64,
}

/// One step of a task, as a machine does it. Jumps are to places in the task's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    Load(usize),
    Store(usize, u32),
    Add(usize),
    Exchange(usize, u32, u32),
    /// Waits for the value: a loop that reads until it is there comes to the same.
    Await(usize, u32),
    /// Waits for 0, and stores 1.
    Take(usize),
    Lock(usize),
    Unlock(usize),
    /// Jumps if it is held.
    TryLock(usize, usize),
    Read,
    EndRead,
    TryRead(usize),
    Write,
    EndWrite,
    TryWrite(usize),
    Send,
    /// The receiver of a rendezvous has taken it, or is gone.
    HandOver,
    TrySend,
    /// The receiver of a rendezvous is here.
    Offer,
    Recv,
    TryRecv,
    DropSender,
    DropReceiver,
    Wait,
    Wake,
    NotifyOne,
    NotifyAll,
    Arrive,
    Leave,
    /// Jumps if it is complete; nobody looks who has seen that before.
    Check(usize),
    Begin(usize),
    Complete,
    /// Sees whether it is complete.
    Look,
    /// Takes so many permits, or stands in line.
    Acquire(u32),
    /// Has what it stood in line for; jumps if it has not and will not.
    Granted(usize),
    /// Jumps if there are fewer.
    TryAcquire(u32, usize),
    Release(u32),
    CountPermits,
    CloseSemaphore,
    Park,
    Unpark(usize),
    Choose(u32),
    // These are part of the step before.
    SetFlag,
    JumpUnlessFlag(usize),
    JumpUnless(u32, usize),
    Jump(usize),
}

/// The mutex around the flag.
const FLAG: usize = 2;

struct Compiler {
    code: Vec<Do>,
    rendezvous: bool,
    bounded: bool,
    sends: bool,
    receives: bool,
    me: usize,
}

impl Compiler {
    fn all(&mut self, ops: &[Op]) {
        ops.iter().for_each(|op| self.op(op));
    }

    /// The step, what is inside, and the end of it; a step that jumps jumps behind that.
    fn around(&mut self, begin: impl Fn(usize) -> Do, ops: &[Op], end: Do) {
        let place = self.code.len();
        self.code.push(begin(0));
        self.all(ops);
        self.code.push(end);
        self.code[place] = begin(self.code.len());
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Load(word) => self.code.push(Do::Load(*word)),
            Op::Store(word, value) => self.code.push(Do::Store(*word, *value)),
            Op::Add(word) => self.code.push(Do::Add(*word)),
            Op::Exchange(word, from, to) => self.code.push(Do::Exchange(*word, *from, *to)),
            Op::Await(word, value, _) => self.code.push(Do::Await(*word, *value)),
            Op::Spin(word, ops) => self.around(|_| Do::Take(*word), ops, Do::Store(*word, 0)),
            Op::Lock(lock, ops) => self.around(|_| Do::Lock(*lock), ops, Do::Unlock(*lock)),
            Op::TryLock(lock, ops) => self.around(|end| Do::TryLock(*lock, end), ops, Do::Unlock(*lock)),
            Op::Read(ops) => self.around(|_| Do::Read, ops, Do::EndRead),
            Op::TryRead(ops) => self.around(Do::TryRead, ops, Do::EndRead),
            Op::Write(ops) => self.around(|_| Do::Write, ops, Do::EndWrite),
            Op::TryWrite(ops) => self.around(Do::TryWrite, ops, Do::EndWrite),
            Op::Send | Op::TrySend if !self.sends => {}
            Op::TrySend if self.bounded => self.code.push(Do::TrySend),
            Op::Send | Op::TrySend => {
                self.code.push(Do::Send);
                if self.rendezvous {
                    self.code.push(Do::HandOver);
                }
            }
            Op::Recv | Op::TryRecv if !self.receives => {}
            Op::Recv => {
                if self.rendezvous {
                    self.code.push(Do::Offer);
                }
                self.code.push(Do::Recv);
            }
            Op::TryRecv => self.code.push(Do::TryRecv),
            Op::Wait => self.code.extend([Do::Lock(FLAG), Do::Wait, Do::Wake, Do::Unlock(FLAG)]),
            Op::WaitForFlag => {
                let place = self.code.len();
                self.code.extend([Do::Lock(FLAG), Do::JumpUnlessFlag(place + 3), Do::Jump(place + 6)]);
                self.code.extend([Do::Wait, Do::Wake, Do::Jump(place + 1), Do::Unlock(FLAG)]);
            }
            Op::SetFlag => self.code.extend([Do::Lock(FLAG), Do::SetFlag, Do::Unlock(FLAG), Do::NotifyOne]),
            Op::NotifyOne => self.code.push(Do::NotifyOne),
            Op::NotifyAll => self.code.push(Do::NotifyAll),
            Op::Barrier => self.code.extend([Do::Arrive, Do::Leave]),
            Op::CallOnce(ops) => {
                let place = self.code.len();
                self.code.extend([Do::Check(0), Do::Begin(0)]);
                self.all(ops);
                self.code.push(Do::Complete);
                let end = self.code.len();
                (self.code[place], self.code[place + 1]) = (Do::Check(end), Do::Begin(end));
            }
            Op::IsCompleted => self.code.push(Do::Look),
            Op::Acquire(permits, ops) => {
                self.code.push(Do::Acquire(*permits));
                self.around(Do::Granted, ops, Do::Release(*permits));
            }
            Op::TryAcquire(permits, ops) => {
                self.around(|end| Do::TryAcquire(*permits, end), ops, Do::Release(*permits));
            }
            Op::AddPermit => self.code.push(Do::Release(1)),
            Op::CountPermits => self.code.push(Do::CountPermits),
            Op::CloseSemaphore => self.code.push(Do::CloseSemaphore),
            Op::Park => self.code.push(Do::Park),
            Op::Unpark(task) if *task < self.me => self.code.push(Do::Unpark(*task)),
            Op::Unpark(_) | Op::Yield => {}
            Op::Choose(alternatives) => self.code.push(Do::Choose(*alternatives)),
            Op::Fault => self.code.push(Do::Choose(2)),
            Op::If(number, then, otherwise) => {
                let place = self.code.len();
                self.code.push(Do::Jump(0));
                self.all(then);
                let end = self.code.len();
                self.code.push(Do::Jump(0));
                self.code[place] = Do::JumpUnless(*number, self.code.len());
                self.all(otherwise);
                self.code[end] = Do::Jump(self.code.len());
            }
        }
    }
}

fn compile(program: &Program, me: usize) -> Vec<Do> {
    let (sends, receives) = (program.senders().contains(&me), program.receiver() == Some(me));
    let (bounded, rendezvous) = (program.capacity.is_some(), program.capacity == Some(0));
    let mut compiler = Compiler { code: Vec::new(), rendezvous, bounded, sends, receives, me };
    compiler.all(&program.tasks[me]);
    compiler.code.extend(sends.then_some(Do::DropSender));
    compiler.code.extend(receives.then_some(Do::DropReceiver));
    compiler.code
}

/// What tasks do something to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thing {
    Word(usize),
    Mutex(usize),
    RwLock,
    Channel,
    Condvar,
    Barrier,
    Once,
    Semaphore,
    Token(usize),
}

/// The one or two things that a step of a task touches.
fn things(step: Do, task: usize) -> Vec<Thing> {
    use Do::*;
    match step {
        Load(word) | Store(word, _) | Add(word) | Exchange(word, ..) | Await(word, _) | Take(word) => {
            vec![Thing::Word(word)]
        }
        Lock(lock) | Unlock(lock) | TryLock(lock, _) => vec![Thing::Mutex(lock)],
        Read | EndRead | TryRead(_) | Write | EndWrite | TryWrite(_) => vec![Thing::RwLock],
        Send | HandOver | TrySend | Offer | Recv | TryRecv | DropSender | DropReceiver => vec![Thing::Channel],
        Wait | Wake => vec![Thing::Condvar, Thing::Mutex(FLAG)],
        NotifyOne | NotifyAll => vec![Thing::Condvar],
        Arrive | Leave => vec![Thing::Barrier],
        Check(_) | Begin(_) | Complete | Look => vec![Thing::Once],
        Acquire(_) | Granted(_) | TryAcquire(..) | Release(_) | CountPermits | CloseSemaphore => vec![Thing::Semaphore],
        Park => vec![Thing::Token(task)],
        Unpark(other) => vec![Thing::Token(other)],
        Choose(_) | SetFlag | JumpUnlessFlag(_) | JumpUnless(..) | Jump(_) => vec![],
    }
}

/// Whether two steps that touch the same thing do the same in either order: who only reads a word, readers of a lock, who looks whether an initialisation is complete and who begins one, notifications of
/// one condition variable, tokens that are handed to one task, who leaves a barrier, who adds permits, and who counts them.
fn commute(a: Do, b: Do) -> bool {
    use Do::*;
    let reads = |step| matches!(step, Load(_) | Await(..));
    let shares = |step| matches!(step, Read | EndRead | TryRead(_));
    let looks = |step| matches!(step, Check(_) | Look);
    let begins = |step| matches!(step, Begin(_));
    let notifies = |step| matches!(step, NotifyOne | NotifyAll);
    let hands = |step| matches!(step, Unpark(_));
    let leaves = |step| matches!(step, Leave);
    let adds = |step| matches!(step, Release(_));
    let counts = |step| matches!(step, CountPermits);
    reads(a) && reads(b)
        || shares(a) && shares(b)
        || looks(a) && (looks(b) || begins(b))
        || begins(a) && looks(b)
        || notifies(a) && notifies(b)
        || hands(a) && hands(b)
        || leaves(a) && leaves(b)
        || adds(a) && adds(b)
        || counts(a) && counts(b)
}

/// A step that has happened: which things it did what to.
#[derive(Clone, Debug)]
struct Past {
    /// A bit of its own.
    bit: u128,
    things: Vec<Thing>,
    step: Do,
}

/// What of a step tells one behaviour from another: the steps before that it does not commute with, and what it chose.
type Mark = (u128, u32);

#[derive(Clone, Debug, Default)]
struct Waiter {
    task: usize,
    offers: Vec<u32>,
    released: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Got,
    Refused,
    Waits,
}

#[derive(Clone, Debug, Default)]
struct State {
    marks: Vec<Vec<Mark>>,
    past: Vec<Past>,
    places: Vec<usize>,
    last: Vec<u32>,
    seen: Vec<Vec<u32>>,
    words: [u32; 2],
    owners: [Option<usize>; 3],
    flag: bool,
    readers: usize,
    writer: bool,
    queue: VecDeque<u32>,
    sent: u64,
    taken: u64,
    /// For each task, the number of the message that it hands over.
    handing: Vec<u64>,
    senders: usize,
    receiver: bool,
    receiver_waits: bool,
    waiters: Vec<Waiter>,
    notifications: u32,
    arrived: usize,
    round: u64,
    /// For each task, the round that it is in, and whether it arrived last.
    rounds: Vec<(u64, bool)>,
    running: bool,
    complete: bool,
    /// Who has seen that it is complete, and looks no more.
    knows: Vec<bool>,
    tokens: Vec<bool>,
    /// For each task, whether it has found that it has to wait for its next step, and so has parked, if it parks there.
    waited: Vec<bool>,
    /// For each task, whether the receiver of a rendezvous waited when it sent last.
    met: Vec<bool>,
    permits: u32,
    is_closed: bool,
    /// For each task, what it found when it asked for permits last.
    asked: Vec<Asked>,
    /// Who waits for permits, the first first, each with how many it has got and how many it wants.
    line: Vec<(usize, u32, u32)>,
}

/// Every state of a program; `None` if there are more than `most`.
pub(crate) fn ends(program: &Program, most: usize) -> Option<Ends> {
    let machine = Machine {
        capacity: program.capacity,
        code: (0..program.tasks.len()).map(|task| compile(program, task)).collect(),
    };
    let (mut met, mut over) = (BTreeSet::new(), BTreeSet::new());
    let mut ends = Ends::default();
    let mut left = vec![machine.first(program)];
    while let Some(state) = left.pop() {
        if !met.insert((state.marks.clone(), state.waited.clone())) {
            continue;
        }
        if met.len() > most {
            return None;
        }
        let next: Vec<State> = (0..machine.code.len()).flat_map(|task| machine.steps(&state, task)).collect();
        if next.is_empty() && over.insert(state.marks.clone()) {
            let is_over = (0..machine.code.len()).all(|task| machine.next(&state, task).is_none());
            *ends.finals.entry(Final { seen: state.seen, words: is_over.then_some(state.words) }).or_default() += 1;
            ends.behaviours += 1;
        }
        left.extend(next);
    }
    Some(ends)
}

struct Machine {
    capacity: Option<usize>,
    code: Vec<Vec<Do>>,
}

impl Machine {
    fn first(&self, program: &Program) -> State {
        let tasks = self.code.len();
        let mut state = State {
            marks: vec![Vec::new(); tasks],
            places: vec![0; tasks],
            last: vec![0; tasks],
            seen: vec![Vec::new(); tasks],
            handing: vec![0; tasks],
            rounds: vec![(0, false); tasks],
            knows: vec![false; tasks],
            tokens: vec![false; tasks],
            waited: vec![false; tasks],
            met: vec![false; tasks],
            permits: PERMITS as u32,
            asked: vec![Asked::Got; tasks],
            senders: program.senders().len().max(1),
            receiver: true,
            ..State::default()
        };
        (0..tasks).for_each(|task| self.settle(&mut state, task));
        self.let_wait(&mut state);
        state
    }

    fn next(&self, state: &State, task: usize) -> Option<Do> {
        self.code[task].get(state.places[task]).copied()
    }

    /// Goes on to what is a step.
    fn settle(&self, state: &mut State, task: usize) {
        while let Some(step) = self.next(state, task) {
            state.places[task] = match step {
                Do::Jump(place) => place,
                Do::JumpUnless(number, place) if state.last[task] != number => place,
                Do::JumpUnlessFlag(place) if !state.flag => place,
                Do::JumpUnless(..) | Do::JumpUnlessFlag(_) => state.places[task] + 1,
                Do::SetFlag => {
                    state.flag = true;
                    state.places[task] + 1
                }
                Do::Granted(_) if state.asked[task] == Asked::Got => state.places[task] + 1,
                Do::Granted(end) if state.asked[task] == Asked::Refused => end,
                // Who has seen it complete looks no more.
                Do::Check(place) if state.knows[task] => place,
                Do::Look if state.knows[task] => {
                    state.saw(task, 1);
                    state.places[task] + 1
                }
                _ => return,
            };
        }
    }

    /// All that the task's next step can come to.
    fn steps(&self, state: &State, task: usize) -> Vec<State> {
        let Some(step) = self.next(state, task).filter(|&step| self.can(state, task, step)) else { return Vec::new() };
        let parks = self.parks(state, task, step);
        let alternatives = match step {
            Do::Choose(alternatives) => alternatives,
            // In a rendezvous the wait goes on until the message is taken.
            Do::Send if self.capacity == Some(0) && state.receiver => 1,
            // Whoever has waited may have lost its token to that, and was perhaps late, and has not.
            _ if parks && state.waited[task] && state.tokens[task] => 2,
            _ => 1,
        };
        let does = |chosen| {
            let mut state = state.clone();
            self.perform(&mut state, task, step, chosen);
            // An exchange that finds something else only reads.
            let step = match step {
                Do::Exchange(word, ..) if state.last[task] == 0 => Do::Load(word),
                step => step,
            };
            let mut touched = things(step, task);
            if parks {
                touched.push(Thing::Token(task));
                state.tokens[task] &= chosen == 0;
            }
            let is_before = |past: &&Past| {
                let shares = past.things.iter().any(|thing| touched.contains(thing));
                shares && !commute(past.step, step)
            };
            let before = state.past.iter().filter(is_before).fold(0, |before, past| before | past.bit);
            let bit = 1_u128 << (task * 32 + state.marks[task].len());
            state.past.push(Past { bit, things: touched, step });
            state.marks[task].push((before, chosen));
            self.settle(&mut state, task);
            state.waited[task] = false;
            self.let_wait(&mut state);
            state
        };
        (0..alternatives).map(does).collect()
    }

    /// Notes who has to wait.
    fn let_wait(&self, state: &mut State) {
        for task in 0..self.code.len() {
            let waits = self.next(state, task).is_some_and(|step| {
                // A send into a rendezvous that goes through waits for the message to be taken, if at all.
                self.parks(state, task, step) && !self.can(state, task, step)
            });
            state.waited[task] |= waits;
        }
    }

    /// Whether who has to wait for the step parks.
    fn parks(&self, state: &State, task: usize, step: Do) -> bool {
        match step {
            Do::Recv => true,
            Do::Send => self.capacity.is_some(),
            Do::HandOver => !state.met[task],
            _ => false,
        }
    }

    fn has_room(&self, state: &State) -> bool {
        self.capacity.is_none_or(|capacity| state.queue.len() < capacity.max(1))
    }

    /// Whether the step need not wait.
    fn can(&self, state: &State, task: usize, step: Do) -> bool {
        match step {
            Do::Lock(lock) => state.owners[lock].is_none(),
            Do::Await(word, value) => state.words[word] == value,
            Do::Take(word) => state.words[word] == 0,
            Do::Read => !state.writer,
            Do::Write => !state.writer && state.readers == 0,
            Do::Send => !state.receiver || self.has_room(state),
            Do::HandOver => !state.receiver || state.taken >= state.handing[task],
            Do::Recv => !state.queue.is_empty() || state.senders == 0,
            Do::Wake => {
                let is_mine = |waiter: &Waiter| waiter.task == task && (waiter.released || !waiter.offers.is_empty());
                state.owners[FLAG].is_none() && state.waiters.iter().any(is_mine)
            }
            Do::Leave => state.round > state.rounds[task].0,
            Do::Begin(_) => !state.running,
            Do::Granted(_) => state.is_closed || state.has_all(task),
            Do::Park => state.tokens[task],
            _ => true,
        }
    }

    fn perform(&self, state: &mut State, task: usize, step: Do, chosen: u32) {
        state.places[task] += 1;
        match step {
            Do::Load(word) => state.saw(task, state.words[word]),
            Do::Store(word, value) => state.words[word] = value,
            Do::Add(word) => {
                state.saw(task, state.words[word]);
                state.words[word] += 1;
            }
            Do::Exchange(word, from, to) => {
                let is_it = state.words[word] == from;
                state.saw(task, is_it.into());
                if is_it {
                    state.words[word] = to;
                }
            }
            Do::Await(..) => {}
            Do::Take(word) => state.words[word] = 1,
            Do::Lock(lock) => state.owners[lock] = Some(task),
            Do::Unlock(lock) => state.owners[lock] = None,
            Do::TryLock(lock, end) => {
                if state.tried(task, state.owners[lock].is_none(), end) {
                    state.owners[lock] = Some(task);
                }
            }
            Do::Read => state.readers += 1,
            Do::EndRead => state.readers -= 1,
            Do::TryRead(end) => state.readers += usize::from(state.tried(task, !state.writer, end)),
            Do::Write => state.writer = true,
            Do::EndWrite => state.writer = false,
            Do::TryWrite(end) => {
                let is_free = !state.writer && state.readers == 0;
                state.writer |= state.tried(task, is_free, end);
            }
            Do::Send | Do::HandOver | Do::TrySend | Do::Offer | Do::Recv | Do::TryRecv => {
                self.messages(state, task, step);
            }
            Do::DropSender => state.senders -= 1,
            Do::DropReceiver => {
                state.receiver = false;
                if self.capacity != Some(0) {
                    state.queue.clear();
                }
            }
            Do::Wait => {
                state.owners[FLAG] = None;
                state.waiters.push(Waiter { task, ..Waiter::default() });
            }
            Do::Wake => state.wake(task),
            Do::NotifyOne => {
                let number = state.notifications;
                state.waiters.iter_mut().filter(|waiter| !waiter.released).for_each(|w| w.offers.push(number));
                state.notifications += 1;
            }
            Do::NotifyAll => state.waiters.iter_mut().for_each(|waiter| waiter.released = true),
            Do::Arrive => {
                state.arrived += 1;
                let is_last = state.arrived == PARTIES;
                state.rounds[task] = (state.round, is_last);
                if is_last {
                    (state.arrived, state.round) = (0, state.round + 1);
                }
            }
            Do::Leave => state.saw(task, state.rounds[task].1.into()),
            Do::Check(end) | Do::Begin(end) => {
                state.knows[task] = state.complete;
                if state.complete {
                    state.places[task] = end;
                }
                state.running |= matches!(step, Do::Begin(_)) && !state.complete;
            }
            Do::Complete => (state.running, state.complete, state.knows[task]) = (false, true, true),
            Do::Look => {
                state.knows[task] = state.complete;
                state.saw(task, state.complete.into());
            }
            Do::Acquire(permits) if state.is_closed || state.permits >= permits => {
                state.try_permits(task, permits, state.places[task]);
                state.asked[task] = if state.is_closed { Asked::Refused } else { Asked::Got };
            }
            Do::Acquire(permits) => {
                let got = std::mem::take(&mut state.permits);
                state.line.push((task, got, permits));
                state.asked[task] = Asked::Waits;
            }
            Do::Granted(end) => {
                let got = state.has_all(task);
                let place = state.line.iter().position(|(who, ..)| *who == task);
                let (_, back, _) = place.map_or((task, 0, 0), |place| state.line.remove(place));
                if !state.tried(task, got, end) {
                    state.add_permits(back);
                }
            }
            Do::TryAcquire(permits, end) => state.try_permits(task, permits, end),
            Do::Release(permits) => state.add_permits(permits),
            Do::CountPermits => state.saw(task, state.permits),
            Do::CloseSemaphore => state.is_closed = true,
            Do::Park => state.tokens[task] = false,
            Do::Unpark(other) => state.tokens[other] = true,
            Do::Choose(_) => state.saw(task, chosen),
            Do::SetFlag | Do::JumpUnlessFlag(_) | Do::JumpUnless(..) | Do::Jump(_) => {}
        }
    }

    fn messages(&self, state: &mut State, task: usize, step: Do) {
        match step {
            Do::Send | Do::TrySend if !state.receiver => {
                state.saw(task, 0);
                state.places[task] += usize::from(step == Do::Send && self.capacity == Some(0));
            }
            Do::Send => {
                state.met[task] = state.receiver_waits;
                state.put(task);
                if self.capacity == Some(0) {
                    state.handing[task] = state.sent;
                } else {
                    state.saw(task, 1);
                }
            }
            Do::HandOver => {
                let was_taken = state.taken >= state.handing[task];
                if !was_taken {
                    state.queue.pop_front();
                }
                state.saw(task, was_taken.into());
            }
            Do::TrySend => {
                let is_met = state.receiver_waits && state.queue.is_empty();
                let has_room = if self.capacity == Some(0) { is_met } else { self.has_room(state) };
                if has_room {
                    state.put(task);
                }
                state.saw(task, has_room.into());
            }
            Do::Offer => state.receiver_waits = true,
            _ => {
                if step == Do::Recv {
                    state.receiver_waits = false;
                }
                let none = if state.senders == 0 { 9 } else { 8 };
                let message = state.queue.pop_front();
                state.taken += u64::from(message.is_some());
                state.saw(task, message.unwrap_or(none));
            }
        }
    }
}

impl State {
    fn saw(&mut self, task: usize, number: u32) {
        self.last[task] = number;
        self.seen[task].push(number);
    }

    /// Notes whether a task got what it tried for; if not, it goes on behind what it would have done then.
    fn tried(&mut self, task: usize, got: bool, end: usize) -> bool {
        self.saw(task, got.into());
        if !got {
            self.places[task] = end;
        }
        got
    }

    /// Takes permits if they are there.
    fn try_permits(&mut self, task: usize, permits: u32, end: usize) {
        if self.tried(task, !self.is_closed && self.permits >= permits, end) {
            self.permits -= permits;
        }
    }

    /// Whether a task in the line has all that it waits for.
    fn has_all(&self, task: usize) -> bool {
        self.line.iter().any(|&(who, got, wanted)| who == task && got == wanted)
    }

    /// Permits come: for those who wait, the first first, and then for whoever asks.
    fn add_permits(&mut self, mut permits: u32) {
        for (_, got, wanted) in self.line.iter_mut().filter(|_| !self.is_closed) {
            let given = permits.min(*wanted - *got);
            *got += given;
            permits -= given;
        }
        self.permits += permits;
    }

    fn put(&mut self, task: usize) {
        self.queue.push_back(task as u32);
        self.sent += 1;
    }

    /// The first waiter to run takes a notification that was for all who waited then.
    fn wake(&mut self, task: usize) {
        self.owners[FLAG] = Some(task);
        let Some(place) = self.waiters.iter().position(|waiter| waiter.task == task) else { return };
        let waiter = self.waiters.remove(place);
        if let (false, Some(taken)) = (waiter.released, waiter.offers.first()) {
            self.waiters.iter_mut().for_each(|other| other.offers.retain(|offer| offer != taken));
        }
    }
}
