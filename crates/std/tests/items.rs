//! Every stable item of the modules of std that synchronise, held against what stands in for it.
//!
//! The list is `items.tsv`: an item, *controlled* or *real*, and the reason for the latter. It is compared with the documentation
//! of the toolchain, where that is installed, so that a release's new item is named here before somebody misses it.

use std::any::{type_name, type_name_of_val};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The modules whose items are listed.
const MODULES: &[&str] = &[
    "std/sync",
    "std/sync/atomic",
    "std/sync/mpsc",
    "std/thread",
    "std/cell",
    "std/time",
    "std/hint",
    "std/os/unix/thread",
    "core/sync",
    "core/sync/atomic",
    "core/cell",
    "core/hint",
    "core/time",
];

/// The items by path, and why each of them is the real one, if it is.
fn listed() -> BTreeMap<&'static str, Option<&'static str>> {
    let lines = include_str!("items.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut columns = line.split('\t');
            match (columns.next(), columns.next(), columns.next()) {
                (Some(path), Some("controlled"), _) => (path, None),
                (Some(path), Some("real"), Some(reason)) => (path, Some(reason)),
                _ => panic!("{line:?} is neither controlled nor real for a reason"),
            }
        })
        .collect()
}

#[test]
fn what_is_real_is_so_for_a_reason() {
    for (path, reason) in listed() {
        assert!(reason.is_none_or(|reason| reason.len() > 10), "{path}");
    }
}

/// What std's name leads to in the stand-in, by the item's path.
fn stand_ins() -> Vec<(&'static str, String)> {
    macro_rules! types {
        ($($path:literal: $type:ty,)+) => { vec![$(($path, type_name::<$type>().to_owned())),+] };
    }
    macro_rules! functions {
        ($($path:literal: $function:expr,)+) => { vec![$(($path, type_name_of_val(&$function).to_owned())),+] };
    }
    use bohrbug_std::{hint, sync, thread, time};
    let types = types! {
        "std::sync::Barrier": sync::Barrier,
        "std::sync::BarrierWaitResult": sync::BarrierWaitResult,
        "std::sync::Condvar": sync::Condvar,
        "std::sync::LazyLock": sync::LazyLock<u8>,
        "std::sync::Mutex": sync::Mutex<u8>,
        "std::sync::MutexGuard": sync::MutexGuard<'static, u8>,
        "std::sync::Once": sync::Once,
        "std::sync::OnceLock": sync::OnceLock<u8>,
        "std::sync::OnceState": sync::OnceState,
        "std::sync::RwLock": sync::RwLock<u8>,
        "std::sync::RwLockReadGuard": sync::RwLockReadGuard<'static, u8>,
        "std::sync::RwLockWriteGuard": sync::RwLockWriteGuard<'static, u8>,
        "std::sync::WaitTimeoutResult": sync::WaitTimeoutResult,
        "std::sync::atomic::AtomicBool": sync::atomic::AtomicBool,
        "std::sync::atomic::AtomicI8": sync::atomic::AtomicI8,
        "std::sync::atomic::AtomicI16": sync::atomic::AtomicI16,
        "std::sync::atomic::AtomicI32": sync::atomic::AtomicI32,
        "std::sync::atomic::AtomicI64": sync::atomic::AtomicI64,
        "std::sync::atomic::AtomicIsize": sync::atomic::AtomicIsize,
        "std::sync::atomic::AtomicPtr": sync::atomic::AtomicPtr<u8>,
        "std::sync::atomic::AtomicU8": sync::atomic::AtomicU8,
        "std::sync::atomic::AtomicU16": sync::atomic::AtomicU16,
        "std::sync::atomic::AtomicU32": sync::atomic::AtomicU32,
        "std::sync::atomic::AtomicU64": sync::atomic::AtomicU64,
        "std::sync::atomic::AtomicUsize": sync::atomic::AtomicUsize,
        "std::sync::mpsc::IntoIter": sync::mpsc::IntoIter<u8>,
        "std::sync::mpsc::Iter": sync::mpsc::Iter<'static, u8>,
        "std::sync::mpsc::Receiver": sync::mpsc::Receiver<u8>,
        "std::sync::mpsc::Sender": sync::mpsc::Sender<u8>,
        "std::sync::mpsc::SyncSender": sync::mpsc::SyncSender<u8>,
        "std::sync::mpsc::TryIter": sync::mpsc::TryIter<'static, u8>,
        "std::thread::AccessError": thread::AccessError,
        "std::thread::Builder": thread::Builder,
        "std::thread::JoinHandle": thread::JoinHandle<u8>,
        "std::thread::LocalKey": thread::LocalKey<u8>,
        "std::thread::Scope": thread::Scope<'static, 'static>,
        "std::thread::ScopedJoinHandle": thread::ScopedJoinHandle<'static, u8>,
        "std::thread::Thread": thread::Thread,
        "std::thread::ThreadId": thread::ThreadId,
        "std::time::Instant": time::Instant,
    };
    let functions = functions! {
        "std::hint::spin_loop": hint::spin_loop,
        "std::sync::atomic::fence": sync::atomic::fence,
        "std::sync::mpsc::channel": sync::mpsc::channel::<u8>,
        "std::sync::mpsc::sync_channel": sync::mpsc::sync_channel::<u8>,
        "std::thread::available_parallelism": thread::available_parallelism,
        "std::thread::current": thread::current,
        "std::thread::park": thread::park,
        "std::thread::park_timeout": thread::park_timeout,
        "std::thread::scope": thread::scope::<fn(&thread::Scope<'_, 'static>), ()>,
        "std::thread::sleep": thread::sleep,
        "std::thread::spawn": thread::spawn::<fn(), ()>,
        "std::thread::yield_now": thread::yield_now,
    };
    types.into_iter().chain(functions).collect()
}

#[test]
fn what_is_controlled_comes_from_bohrbug_sync() {
    let stand_ins = stand_ins();
    for (path, name) in &stand_ins {
        assert!(name.starts_with("bohrbug_sync::"), "{path} is {name}");
    }
    let found: BTreeSet<&str> = stand_ins.iter().map(|(path, _)| *path).collect();
    let listed = listed().into_iter().filter(|(path, reason)| reason.is_none() && path.starts_with("std::"));
    assert_eq!(found, listed.map(|(path, _)| path).collect());
}

/// What code may ask of the types without naming a method.
#[test]
fn what_is_controlled_can_be_sent_shared_and_unwound_through_as_std_s() {
    use std::panic::{RefUnwindSafe, UnwindSafe};
    fn asks<T: Send + Sync + UnwindSafe + RefUnwindSafe + Unpin>() {}
    use bohrbug_std::{sync, thread, time};
    asks::<sync::Mutex<u8>>();
    asks::<sync::RwLock<u8>>();
    asks::<sync::Condvar>();
    asks::<sync::Barrier>();
    asks::<sync::Once>();
    asks::<sync::OnceLock<u8>>();
    asks::<sync::LazyLock<u8>>();
    asks::<sync::atomic::AtomicU8>();
    asks::<sync::atomic::AtomicPtr<u8>>();
    asks::<sync::mpsc::Sender<u8>>();
    asks::<thread::JoinHandle<u8>>();
    asks::<thread::Thread>();
    asks::<time::Instant>();
}

#[test]
fn the_list_is_that_of_the_toolchain() {
    let Some(documentation) = documentation() else {
        println!("the toolchain has no documentation, and nothing was compared: rustup component add rust-docs");
        return;
    };
    let listed: BTreeSet<String> = listed().into_keys().map(str::to_owned).collect();
    let stable: BTreeSet<String> = MODULES.iter().flat_map(|module| items(&documentation.join(module))).collect();
    let new: Vec<&String> = stable.difference(&listed).collect();
    assert!(new.is_empty(), "{new:?}: the toolchain has items that items.tsv does not know");
    let newest = include_str!("items.tsv").lines().next().unwrap_or_default();
    if is_listed_version(newest) {
        let gone: Vec<&String> = listed.difference(&stable).collect();
        assert!(gone.is_empty(), "{gone:?}: items.tsv has items that the toolchain has not");
    }
}

/// Whether the compiler is the one that the list was made with: an older one has fewer items.
fn is_listed_version(headline: &str) -> bool {
    let output = Command::new("rustc").arg("--version").output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let minor = version.split_whitespace().nth(1).and_then(|version| version.rsplit_once('.')).map(|(minor, _)| minor);
    minor.is_some_and(|minor| headline.contains(&format!("Rust {minor},")))
}

/// The toolchain's documentation of std, if it is installed.
fn documentation() -> Option<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
    let folder = Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("share/doc/rust/html");
    folder.join("std/sync/index.html").is_file().then_some(folder)
}

/// The stable items that the page of a module lists.
fn items(module: &Path) -> Vec<String> {
    let page = std::fs::read_to_string(module.join("index.html")).expect("a page of the documentation");
    let entries = page.split("<dt>").skip(1).filter_map(|entry| entry.split("</dt>").next());
    let stable = entries.filter(|entry| !entry.contains("stab unstable") && !entry.contains("Experimental"));
    let titles = stable.filter_map(|entry| entry.split("title=\"").nth(1)?.split('"').next());
    titles.filter_map(|title| title.split_once(' ')).map(|(_, path)| path.to_owned()).collect()
}
