//! The plain build is the standard library: each type is std's own, which this file proves by compiling.

#![cfg(not(feature = "model"))]

/// Accepts two types only if they are one.
fn same<T: ?Sized>(_: std::marker::PhantomData<T>, _: std::marker::PhantomData<T>) {}

macro_rules! identical {
    ($($ours:ty = $theirs:ty;)+) => {
        #[test]
        fn the_plain_build_exports_the_types_of_the_standard_library() {
            $(same(std::marker::PhantomData::<$ours>, std::marker::PhantomData::<$theirs>);)+
        }
    };
}

use bohrbug_sync as ours;

identical! {
    ours::Arc<u8> = std::sync::Arc<u8>;
    ours::Weak<u8> = std::sync::Weak<u8>;
    ours::Barrier = std::sync::Barrier;
    ours::BarrierWaitResult = std::sync::BarrierWaitResult;
    ours::Condvar = std::sync::Condvar;
    ours::WaitTimeoutResult = std::sync::WaitTimeoutResult;
    ours::LazyLock<u8> = std::sync::LazyLock<u8>;
    ours::Mutex<u8> = std::sync::Mutex<u8>;
    ours::MutexGuard<'static, u8> = std::sync::MutexGuard<'static, u8>;
    ours::Once = std::sync::Once;
    ours::OnceState = std::sync::OnceState;
    ours::OnceLock<u8> = std::sync::OnceLock<u8>;
    ours::RwLock<u8> = std::sync::RwLock<u8>;
    ours::RwLockReadGuard<'static, u8> = std::sync::RwLockReadGuard<'static, u8>;
    ours::RwLockWriteGuard<'static, u8> = std::sync::RwLockWriteGuard<'static, u8>;
    ours::PoisonError<u8> = std::sync::PoisonError<u8>;
    ours::TryLockError<u8> = std::sync::TryLockError<u8>;
    ours::LockResult<u8> = std::sync::LockResult<u8>;
    ours::TryLockResult<u8> = std::sync::TryLockResult<u8>;
    ours::atomic::AtomicBool = std::sync::atomic::AtomicBool;
    ours::atomic::AtomicI8 = std::sync::atomic::AtomicI8;
    ours::atomic::AtomicU8 = std::sync::atomic::AtomicU8;
    ours::atomic::AtomicI16 = std::sync::atomic::AtomicI16;
    ours::atomic::AtomicU16 = std::sync::atomic::AtomicU16;
    ours::atomic::AtomicI32 = std::sync::atomic::AtomicI32;
    ours::atomic::AtomicU32 = std::sync::atomic::AtomicU32;
    ours::atomic::AtomicI64 = std::sync::atomic::AtomicI64;
    ours::atomic::AtomicU64 = std::sync::atomic::AtomicU64;
    ours::atomic::AtomicIsize = std::sync::atomic::AtomicIsize;
    ours::atomic::AtomicUsize = std::sync::atomic::AtomicUsize;
    ours::atomic::AtomicPtr<u8> = std::sync::atomic::AtomicPtr<u8>;
    ours::atomic::Ordering = std::sync::atomic::Ordering;
    ours::cell::UnsafeCell<u8> = std::cell::UnsafeCell<u8>;
    ours::cell::RefCell<u8> = std::cell::RefCell<u8>;
    ours::mpsc::Sender<u8> = std::sync::mpsc::Sender<u8>;
    ours::mpsc::SyncSender<u8> = std::sync::mpsc::SyncSender<u8>;
    ours::mpsc::Receiver<u8> = std::sync::mpsc::Receiver<u8>;
    ours::mpsc::Iter<'static, u8> = std::sync::mpsc::Iter<'static, u8>;
    ours::mpsc::TryIter<'static, u8> = std::sync::mpsc::TryIter<'static, u8>;
    ours::mpsc::IntoIter<u8> = std::sync::mpsc::IntoIter<u8>;
    ours::thread::Builder = std::thread::Builder;
    ours::thread::JoinHandle<u8> = std::thread::JoinHandle<u8>;
    ours::thread::LocalKey<u8> = std::thread::LocalKey<u8>;
    ours::thread::Scope<'static, 'static> = std::thread::Scope<'static, 'static>;
    ours::thread::ScopedJoinHandle<'static, u8> = std::thread::ScopedJoinHandle<'static, u8>;
    ours::thread::Thread = std::thread::Thread;
    ours::thread::ThreadId = std::thread::ThreadId;
    ours::thread::AccessError = std::thread::AccessError;
    ours::time::Duration = std::time::Duration;
    ours::time::Instant = std::time::Instant;
}
