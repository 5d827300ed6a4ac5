//! What a step touches, and which steps commute.

use super::code::{Do, FLAG};

/// What tasks do something to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
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
pub(super) fn things(step: Do, task: usize) -> Vec<Thing> {
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
pub(super) fn commute(a: Do, b: Do) -> bool {
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
