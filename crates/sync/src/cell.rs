//! Cells, as [`std::cell`]: the one that can be shared between threads is under control.
//!
//! In an execution an `UnsafeCell` is known by its address. Its accesses are events, and scheduling points only where
//! the configuration asks for it. Limits:
//!
//! 1. [`UnsafeCell::get`] cannot know what its pointer is for. The event says so, and the pointer is assumed to be used
//!    before the task's next operation. [`Access::with`] and [`Access::with_mut`] say what an access is.
//! 2. [`UnsafeCell::raw_get`], [`UnsafeCell::get_mut`] and the creation of a cell are not events. Neither is its drop,
//!    of which whoever watches accesses to cells is told.
//! 3. The value is in memory on every runtime; loom's own cell, which checks accesses by itself, is not used.
//! 4. A cell that is dropped is forgotten, so that another one in its memory is another object. One that was moved away
//!    or never dropped (`mem::forget`, memory given back without a drop) is not, and the next cell in its memory passes for
//!    it.

pub use std::cell::{BorrowError, BorrowMutError, Cell, LazyCell, OnceCell, Ref, RefCell, RefMut};

use std::fmt;
use std::panic::Location;

use bohrbug_events::{ObjectKind, Operation, Outcome};

use crate::ambient::ambient;
use crate::control::Pending;
use crate::shared::access_point;

pub use crate::access::Access;

/// The core of every cell, as [`std::cell::UnsafeCell`].
///
/// ```
/// use bohrbug_sync::cell::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: nobody else has the cell.
/// unsafe { *cell.get() += 1 };
/// assert_eq!(cell.into_inner(), 2);
/// ```
#[derive(Default)]
#[repr(C)]
pub struct UnsafeCell<T: ?Sized> {
    // At the address of the cell, which its drop therefore knows. A field has the destructor and not the cell, so that
    // the cell can still be taken apart, and what it borrows need not outlive it.
    forget: ForgetOnDrop,
    value: std::cell::UnsafeCell<T>,
}

/// Has the execution forget the cell that is at its own address.
#[derive(Default)]
struct ForgetOnDrop;

impl Drop for ForgetOnDrop {
    #[inline]
    fn drop(&mut self) {
        if let Some(x) = ambient() {
            let cell = x.forget_object_at(std::ptr::from_ref(self).addr(), ObjectKind::Cell);
            if let Some(cell) = cell.filter(|_| x.cells_watched()) {
                x.tell_of_drop(cell);
            }
        }
    }
}

impl<T> UnsafeCell<T> {
    /// A new cell.
    pub const fn new(value: T) -> Self {
        Self { forget: ForgetOnDrop, value: std::cell::UnsafeCell::new(value) }
    }

    /// Consumes the cell and returns the value.
    pub fn into_inner(self) -> T {
        let Self { forget: _, value } = self;
        value.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// A pointer to the value, reported as a possible read or write.
    #[track_caller]
    pub fn get(&self) -> *mut T {
        self.report(Operation::CellGet, Location::caller());
        self.value.get()
    }

    /// The value, which the borrow shows that nobody else has.
    pub const fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// A pointer to the value of a cell that need not be valid yet.
    pub const fn raw_get(this: *const Self) -> *mut T {
        std::cell::UnsafeCell::raw_get(this as *const std::cell::UnsafeCell<T>)
    }

    /// The value behind a unique borrow, as a cell.
    pub const fn from_mut(value: &mut T) -> &mut Self {
        // SAFETY: a cell is its value in memory, and the borrow is unique.
        unsafe { &mut *(std::ptr::from_mut(value) as *mut Self) }
    }

    fn report(&self, operation: Operation, site: &'static Location<'static>) {
        let Some(x) = ambient() else { return };
        let object = x.object_at(std::ptr::from_ref(self).cast::<()>().addr(), ObjectKind::Cell, site);
        if x.cell_points() {
            access_point(x, object, operation, site);
        } else {
            x.report_access(&Pending::new(operation, object, site), Outcome::Done);
        }
    }
}

impl<T: ?Sized> Access<T> for UnsafeCell<T> {
    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        self.report(Operation::CellRead, Location::caller());
        f(self.value.get())
    }

    #[track_caller]
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.report(Operation::CellWrite, Location::caller());
        f(self.value.get())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
