//! Names for objects, so that traces speak of `server` and not of `mutex server.rs:41`.

use std::fmt::Display;

/// An object of this crate that can carry a name.
pub trait Labelled {
    /// Names the object in the execution that is under way.
    #[doc(hidden)]
    #[track_caller]
    fn set_label(&self, name: &dyn Display) {
        let _ = name;
    }
}

/// Gives `object` the name `name` in traces; costs nothing when nothing is exploring.
///
/// A name holds for the execution in which it was given, so give it inside the closure under test.
///
/// ```
/// use bohrbug_sync::{Mutex, label};
///
/// let accounts = Mutex::new(Vec::<u64>::new());
/// label(&accounts, "accounts");
/// ```
#[track_caller]
pub fn label<O: Labelled + ?Sized>(object: &O, name: impl Display) {
    object.set_label(&name);
}

/// Lists the types that carry names, each with how its object in the execution `x` is found.
macro_rules! labelled {
    ($(($($generics:tt)*) $type:ty: |$this:ident, $x:ident| $object:expr;)+) => {
        $(
            impl<$($generics)*> Labelled for $type {
                #[cfg(feature = "model")]
                #[track_caller]
                fn set_label(&self, name: &dyn Display) {
                    let $this = self;
                    if let Some($x) = crate::ambient::ambient() {
                        let object: Option<bohrbug_events::ObjectId> = $object;
                        if let Some(object) = object {
                            $x.name_object(object, name.to_string());
                        }
                    }
                }
            }
        )+
    };
}

/// As [`labelled`], for what is known by its address.
macro_rules! labelled_by_address {
    ($(($($generics:tt)*) $type:ty: $kind:ident;)+) => {
        labelled! {
            $(($($generics)*) $type: |this, x| Some({
                let address = std::ptr::from_ref(this).cast::<()>().addr();
                x.object_at(address, bohrbug_events::ObjectKind::$kind, std::panic::Location::caller())
            });)+
        }
    };
}

labelled! {
    (T: ?Sized) crate::Mutex<T>: |this, x| Some(this.object(x));
    (T) crate::OnceLock<T>: |this, x| Some(this.object(x));
    (T, F) crate::LazyLock<T, F>: |this, x| Some(this.object(x));
    (T: ?Sized) crate::Shared<T>: |this, x| Some(this.object(x));
    (T: ?Sized) crate::RwLock<T>: |this, x| Some(this.object(x));
    () crate::Condvar: |this, x| Some(this.object(x));
    () crate::Barrier: |this, x| Some(this.object(x));
    () crate::Once: |this, x| Some(this.object(x));
    () crate::Semaphore: |this, x| Some(this.object(x));
    (T) crate::mpsc::Sender<T>: |this, x| this.object(x);
    (T) crate::mpsc::SyncSender<T>: |this, x| this.object(x);
    (T) crate::mpsc::Receiver<T>: |this, x| this.object(x);
}

labelled_by_address! {
    () crate::atomic::AtomicBool: Atomic;
    () crate::atomic::AtomicI8: Atomic;
    () crate::atomic::AtomicU8: Atomic;
    () crate::atomic::AtomicI16: Atomic;
    () crate::atomic::AtomicU16: Atomic;
    () crate::atomic::AtomicI32: Atomic;
    () crate::atomic::AtomicU32: Atomic;
    () crate::atomic::AtomicI64: Atomic;
    () crate::atomic::AtomicU64: Atomic;
    () crate::atomic::AtomicIsize: Atomic;
    () crate::atomic::AtomicUsize: Atomic;
    (T) crate::atomic::AtomicPtr<T>: Atomic;
    (T: ?Sized) crate::cell::UnsafeCell<T>: Cell;
}
