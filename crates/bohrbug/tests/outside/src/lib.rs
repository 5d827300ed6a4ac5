//! Counts things, from several threads: somebody's crate that has nothing to do with Bohrbug but for two lines of its
//! manifest, the imports of `tally.rs`, and a test.

mod tally;

pub use tally::Tally;

use std::any::TypeId;

/// Whose types the imports are in this build.
pub fn whose() -> &'static str {
    let same = [
        TypeId::of::<bohrbug_sync::Mutex<u32>>() == TypeId::of::<std::sync::Mutex<u32>>(),
        TypeId::of::<bohrbug_sync::RwLock<u32>>() == TypeId::of::<std::sync::RwLock<u32>>(),
        TypeId::of::<bohrbug_sync::Condvar>() == TypeId::of::<std::sync::Condvar>(),
        TypeId::of::<bohrbug_sync::Barrier>() == TypeId::of::<std::sync::Barrier>(),
        TypeId::of::<bohrbug_sync::OnceLock<u32>>() == TypeId::of::<std::sync::OnceLock<u32>>(),
        TypeId::of::<bohrbug_sync::atomic::AtomicU32>() == TypeId::of::<std::sync::atomic::AtomicU32>(),
        TypeId::of::<bohrbug_sync::mpsc::Sender<u32>>() == TypeId::of::<std::sync::mpsc::Sender<u32>>(),
        TypeId::of::<bohrbug_sync::thread::JoinHandle<u32>>() == TypeId::of::<std::thread::JoinHandle<u32>>(),
        TypeId::of::<bohrbug_sync::cell::UnsafeCell<u32>>() == TypeId::of::<std::cell::UnsafeCell<u32>>(),
        TypeId::of::<bohrbug_sync::time::Instant>() == TypeId::of::<std::time::Instant>(),
    ];
    if same == [true; 10] {
        "std's"
    } else if same == [false; 10] {
        "controlled"
    } else {
        "mixed"
    }
}
