//! The operations, their outcomes and their memory orders, each under the one name that traces, diagnostics and docs use.

/// Declares an enum whose variants have a fixed name in text, with the way there and back.
#[doc(hidden)]
#[macro_export]
macro_rules! vocabulary {
    ($(#[$outer:meta])* pub enum $name:ident { $($(#[$inner:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$inner])* $variant,)+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used in traces and messages.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of that name, if there is one.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

crate::vocabulary! {
    /// What a task does to an object in one event.
    pub enum Operation {
        /// Acquire a mutex, waiting for it.
        Lock = "lock",
        /// Acquire a mutex if it is free.
        TryLock = "try-lock",
        /// Release a mutex.
        Unlock = "unlock",
        /// Acquire a reader-writer lock for reading, waiting for it.
        ReadLock = "read-lock",
        /// Acquire a reader-writer lock for reading if no writer holds it.
        TryReadLock = "try-read-lock",
        /// Release a reader-writer lock held for reading.
        ReadUnlock = "read-unlock",
        /// Acquire a reader-writer lock for writing, waiting for it.
        WriteLock = "write-lock",
        /// Acquire a reader-writer lock for writing if nobody holds it.
        TryWriteLock = "try-write-lock",
        /// Release a reader-writer lock held for writing.
        WriteUnlock = "write-unlock",
        /// Release a mutex and begin to wait on a condition variable, in one step.
        Wait = "wait",
        /// Stop waiting on a condition variable and have its mutex again, in one step.
        Wake = "wake",
        /// Wake one waiter of a condition variable.
        NotifyOne = "notify-one",
        /// Wake all waiters of a condition variable.
        NotifyAll = "notify-all",
        /// Arrive at a barrier.
        Arrive = "arrive",
        /// Leave a barrier whose last party has arrived.
        Leave = "leave",
        /// Enter a one-time initialisation, waiting for one that is running.
        OnceBegin = "once-begin",
        /// Complete a one-time initialisation, or give it up.
        OnceEnd = "once-end",
        /// Look whether a one-time initialisation is complete.
        OnceCheck = "once-check",
        /// Put a message into a channel, waiting for room.
        Send = "send",
        /// Put a message into a channel if there is room.
        TrySend = "try-send",
        /// Wait until the receiver of a rendezvous channel has taken the message.
        Handover = "handover",
        /// Announce to a rendezvous channel that its receiver is here.
        Offer = "offer",
        /// Take a message from a channel, waiting for one.
        Recv = "recv",
        /// Take a message from a channel if there is one.
        TryRecv = "try-recv",
        /// Give up one sender of a channel.
        DropSender = "drop-sender",
        /// Give up the receiver of a channel.
        DropReceiver = "drop-receiver",
        /// Read an atomic variable.
        Load = "load",
        /// Write an atomic variable.
        Store = "store",
        /// Read, change and write an atomic variable in one step.
        Rmw = "rmw",
        /// Write an atomic variable if it has an expected value.
        CompareExchange = "compare-exchange",
        /// A memory fence.
        Fence = "fence",
        /// Create a thread.
        Spawn = "spawn",
        /// A thread's first step.
        Begin = "begin",
        /// A thread's last step.
        End = "end",
        /// Wait for a thread's end.
        Join = "join",
        /// Look whether a thread has ended.
        IsFinished = "is-finished",
        /// Wait for this thread's token and take it.
        Park = "park",
        /// Make a thread's token available.
        Unpark = "unpark",
        /// Look whether a word of memory has an expected value and, if it has, begin to wait there, in one step.
        FutexWait = "futex-wait",
        /// Stop waiting at a word of memory.
        FutexReturn = "futex-return",
        /// Wake those who wait at a word of memory, up to a number.
        FutexWake = "futex-wake",
        /// Give others a turn.
        Yield = "yield",
        /// Let time pass.
        Sleep = "sleep",
        /// Read unsynchronised data.
        CellRead = "cell-read",
        /// Write unsynchronised data.
        CellWrite = "cell-write",
        /// Take a pointer to unsynchronised data, which does not say what it is for.
        CellGet = "cell-get",
        /// Choose one of several values.
        Choose = "choose",
        /// Choose whether a named step fails.
        Fault = "fault",
        /// Read the clock.
        Now = "now",
        /// Say something; the object is the text.
        Note = "note",
        /// Take permits of a semaphore if there are enough, or else stand in line for them.
        AcquirePermits = "acquire-permits",
        /// Stop waiting for permits, which have come or will not.
        TakePermits = "take-permits",
        /// Take permits of a semaphore if there are enough.
        TryAcquirePermits = "try-acquire-permits",
        /// Add permits to a semaphore.
        ReleasePermits = "release-permits",
        /// Take permits out of a semaphore for good.
        ForgetPermits = "forget-permits",
        /// Look how many permits there are, and whether the semaphore is closed.
        CountPermits = "count-permits",
        /// Refuse permits from now on.
        CloseSemaphore = "close-semaphore",
        /// Choose whether a wait that parks has taken its thread's token.
        TakeToken = "take-token",
        /// Look whether a word of memory has an expected value: whoever waits there is then woken or moved, in one step.
        FutexCompare = "futex-compare",
        /// Wake those who wait at a word of memory, up to a number, and have others wait at a second one, up to a number.
        FutexRequeue = "futex-requeue",
    }
}

crate::vocabulary! {
    /// What came of an operation.
    pub enum Outcome {
        /// It happened.
        Done = "done",
        /// Somebody held the lock, there was no room, or no message.
        WouldBlock = "would-block",
        /// The comparison failed.
        Mismatch = "mismatch",
        /// The comparison would have succeeded, and a weak exchange failed all the same.
        WeakFailure = "weak-failure",
        /// Time ran out.
        TimedOut = "timed-out",
        /// It woke without a reason.
        Spurious = "spurious",
        /// The other end of the channel is gone.
        Disconnected = "disconnected",
        /// This task is the barrier's leader, or runs the initialisation.
        Leader = "leader",
        /// The lock or the initialisation is poisoned.
        Poisoned = "poisoned",
        /// The value read is older than the latest write: only under a weak memory model.
        Stale = "stale",
        /// Done without waiting or being scheduled, because the task was unwinding from a panic.
        Unwinding = "unwinding",
    }
}

crate::vocabulary! {
    /// The memory order of an atomic operation.
    pub enum MemoryOrder {
        /// Not an atomic operation.
        None = "none",
        /// No ordering.
        Relaxed = "relaxed",
        /// Reads synchronise.
        Acquire = "acquire",
        /// Writes synchronise.
        Release = "release",
        /// Both synchronise.
        AcqRel = "acq-rel",
        /// Both synchronise, in one order for all.
        SeqCst = "seq-cst",
    }
}

impl From<std::sync::atomic::Ordering> for MemoryOrder {
    fn from(order: std::sync::atomic::Ordering) -> Self {
        use std::sync::atomic::Ordering;
        match order {
            Ordering::Acquire => Self::Acquire,
            Ordering::Release => Self::Release,
            Ordering::AcqRel => Self::AcqRel,
            Ordering::SeqCst => Self::SeqCst,
            _ => Self::Relaxed,
        }
    }
}

/// What is not an atomic operation orders nothing.
impl From<MemoryOrder> for std::sync::atomic::Ordering {
    fn from(order: MemoryOrder) -> Self {
        match order {
            MemoryOrder::None | MemoryOrder::Relaxed => Self::Relaxed,
            MemoryOrder::Acquire => Self::Acquire,
            MemoryOrder::Release => Self::Release,
            MemoryOrder::AcqRel => Self::AcqRel,
            MemoryOrder::SeqCst => Self::SeqCst,
        }
    }
}

impl Operation {
    /// Whether the operation can have to wait for another task.
    #[inline]
    pub const fn can_block(self) -> bool {
        use Operation::*;
        match self {
            Lock | ReadLock | WriteLock | Wake | Leave | OnceBegin | Send | Handover | Recv | Join | Park
            | FutexReturn | TakePermits => true,
            TryLock | Unlock | TryReadLock | ReadUnlock | TryWriteLock | WriteUnlock | Wait | NotifyOne | NotifyAll
            | Arrive | OnceEnd | OnceCheck | TrySend | Offer | TryRecv | DropSender | DropReceiver | Load | Store
            | Rmw | CompareExchange | Fence | Spawn | Begin | End | IsFinished | Unpark | FutexWait | FutexWake
            | Yield | Sleep | CellRead | CellWrite | CellGet | Choose | Fault | Now | Note | AcquirePermits
            | TryAcquirePermits | ReleasePermits | ForgetPermits | CountPermits | CloseSemaphore | TakeToken
            | FutexCompare | FutexRequeue => false,
        }
    }

    /// Whether its value is what the scheduler chose.
    ///
    /// ```
    /// use bohrbug_events::Operation;
    ///
    /// assert!(Operation::Fault.is_chosen());
    /// assert!(!Operation::Load.is_chosen());
    /// ```
    #[inline]
    pub const fn is_chosen(self) -> bool {
        matches!(self, Self::Choose | Self::Fault | Self::Now | Self::TakeToken)
    }

    /// Whether a wait for it may end for no reason.
    ///
    /// ```
    /// use bohrbug_events::Operation;
    ///
    /// assert!(Operation::Wake.may_wake_for_no_reason());
    /// assert!(!Operation::Lock.may_wake_for_no_reason());
    /// ```
    #[inline]
    pub const fn may_wake_for_no_reason(self) -> bool {
        matches!(self, Self::Wake | Self::Park | Self::FutexReturn)
    }

    /// Whether it takes what others may wait for, if it comes to that: a lock, or permits.
    ///
    /// ```
    /// use bohrbug_events::Operation;
    ///
    /// assert!(Operation::TryLock.acquires());
    /// assert!(!Operation::Unlock.acquires());
    /// ```
    #[inline]
    pub const fn acquires(self) -> bool {
        use Operation::*;
        let is_lock = matches!(self, Lock | TryLock | ReadLock | TryReadLock | WriteLock | TryWriteLock | Wake);
        is_lock || matches!(self, AcquirePermits | TryAcquirePermits | TakePermits)
    }

    /// What it was to its object, with that outcome: a compare-exchange that does not find what it expects only reads.
    ///
    /// ```
    /// use bohrbug_events::{Operation, Outcome};
    ///
    /// assert_eq!(Operation::CompareExchange.in_effect(Outcome::Mismatch), Operation::Load);
    /// assert_eq!(Operation::CompareExchange.in_effect(Outcome::Done), Operation::CompareExchange);
    /// ```
    #[must_use]
    #[inline]
    pub const fn in_effect(self, outcome: Outcome) -> Self {
        match (self, outcome) {
            (Self::CompareExchange, Outcome::Mismatch) => Self::Load,
            (operation, _) => operation,
        }
    }

    /// Whether it is about unsynchronised data.
    #[inline]
    pub const fn is_of_cell(self) -> bool {
        matches!(self, Self::CellRead | Self::CellWrite | Self::CellGet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_value() {
        for &operation in Operation::ALL {
            assert_eq!(Operation::from_name(operation.name()), Some(operation));
        }
        for &outcome in Outcome::ALL {
            assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
        }
        for &order in MemoryOrder::ALL {
            assert_eq!(MemoryOrder::from_name(order.name()), Some(order));
        }
        for &order in &MemoryOrder::ALL[1..] {
            assert_eq!(MemoryOrder::from(std::sync::atomic::Ordering::from(order)), order);
        }
    }
}
