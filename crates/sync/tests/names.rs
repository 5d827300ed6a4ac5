//! Every name that code under test may import exists in both builds, as it does in the standard library.
//!
//! The lists compile against this crate, in whichever build, and against std. What std has and the model build has not is
//! a list, too.

/// Imports each name from this crate and from std.
macro_rules! importable {
    ($($ours:ident)::+ = $($theirs:ident)::+: $($name:ident)+) => {
        const _: () = {
            #[allow(unused_imports, reason = "that they can be imported is what is tested")]
            use {$($ours)::+::{$($name),+}};
        };
        const _: () = {
            #[allow(unused_imports, reason = "as above")]
            use {$($theirs)::+::{$($name),+}};
        };
    };
}

importable! { bohrbug_sync = std::sync:
    Arc LockResult Mutex MutexGuard PoisonError TryLockError TryLockResult Weak atomic mpsc
}

importable! { bohrbug_sync = std::sync:
    Barrier BarrierWaitResult Condvar LazyLock Once OnceLock OnceState RwLock RwLockReadGuard RwLockWriteGuard
    WaitTimeoutResult
}

importable! { bohrbug_sync::atomic = std::sync::atomic:
    AtomicBool AtomicI8 AtomicI16 AtomicI32 AtomicI64 AtomicIsize AtomicPtr AtomicU8 AtomicU16 AtomicU32 AtomicU64
    AtomicUsize Ordering compiler_fence fence
}

importable! { bohrbug_sync::counted = std::sync: Arc Weak }

importable! { bohrbug_sync::mpsc = std::sync::mpsc:
    IntoIter Iter Receiver RecvError RecvTimeoutError SendError Sender SyncSender TryIter TryRecvError TrySendError
    channel sync_channel
}

importable! { bohrbug_sync::thread = std::thread:
    AccessError Builder JoinHandle LocalKey Result Scope ScopedJoinHandle Thread ThreadId available_parallelism current
    panicking park park_timeout scope sleep spawn yield_now
}

importable! { bohrbug_sync::cell = std::cell:
    BorrowError BorrowMutError Cell LazyCell OnceCell Ref RefCell RefMut UnsafeCell
}

importable! { bohrbug_sync::sync = std::sync:
    Arc Barrier BarrierWaitResult Condvar LazyLock LockResult Mutex MutexGuard Once OnceLock OnceState PoisonError RwLock
    RwLockReadGuard RwLockWriteGuard TryLockError TryLockResult WaitTimeoutResult Weak atomic mpsc
}

#[expect(deprecated, reason = "std keeps them")]
mod deprecated {
    importable! { bohrbug_sync::sync = std::sync: ONCE_INIT }
    importable! { bohrbug_sync::thread = std::thread: sleep_ms park_timeout_ms }
    importable! { bohrbug_sync::atomic = std::sync::atomic:
        ATOMIC_BOOL_INIT ATOMIC_ISIZE_INIT ATOMIC_USIZE_INIT spin_loop_hint
    }
}

importable! { bohrbug_sync::hint = std::hint: assert_unchecked black_box spin_loop unreachable_unchecked }

importable! { bohrbug_sync::time = std::time: Duration Instant }

const _: () = {
    #[allow(unused_imports, reason = "as above; std has none of these")]
    use bohrbug_sync::{Labelled, Shared, choice, label, note};
};

importable! { bohrbug_sync = std: thread_local thread time cell hint }

/// What std has, stable, and the model build has not.
const ABSENT: &[(&str, &str)] =
    &[("std::time::SystemTime, std::time::UNIX_EPOCH", "the wall clock is nothing that a schedule could decide")];

#[test]
fn what_the_model_build_has_not_is_listed_with_a_reason() {
    for (name, reason) in ABSENT {
        println!("not in the model build: {name}: {reason}");
        assert!(!name.is_empty() && !reason.is_empty());
    }
}
