//! Values that an initialiser makes anew in each execution.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use bohrbug_events::ObjectId;

/// The values of one execution's lazily initialised objects, dropped at its end.
#[derive(Default)]
pub(crate) struct Values {
    values: Vec<Value>,
}

/// A value of a type that is not spelt out, since it may borrow: a pointer, and how to drop it.
pub(crate) struct Value {
    object: ObjectId,
    pointer: NonNull<()>,
    drop: unsafe fn(NonNull<()>),
}

impl Value {
    /// The value of `object`.
    pub(crate) fn new<T>(object: ObjectId, value: T) -> Self {
        /// Drops a boxed `T`.
        unsafe fn drop_boxed<T>(pointer: NonNull<()>) {
            // SAFETY: `new` made the pointer from a box of that type.
            drop(unsafe { Box::from_raw(pointer.cast::<T>().as_ptr()) });
        }
        // SAFETY: a box is never null.
        let pointer = unsafe { NonNull::new_unchecked(Box::into_raw(Box::new(value))) };
        Self { object, pointer: pointer.cast(), drop: drop_boxed::<T> }
    }

    /// The value itself, of the type that it was made with.
    fn into_box<T>(self) -> Box<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: `new` made the pointer from a box, and the callers ask for the type that they put in.
        unsafe { Box::from_raw(this.pointer.cast().as_ptr()) }
    }
}

/// As if nothing were exploring.
impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: `new` made the pair.
        crate::ambient::outside(|| unsafe { (self.drop)(self.pointer) });
    }
}

impl Values {
    /// Keeps a value until the execution's end or until it is taken, or gives it back if its object has one.
    pub(crate) fn put(&mut self, value: Value) -> Option<Value> {
        if self.values.iter().any(|known| known.object == value.object) {
            return Some(value);
        }
        self.values.push(value);
        None
    }

    /// The value of `object`, as the type that it was put in with.
    pub(crate) fn get<T>(&self, object: ObjectId) -> Option<NonNull<T>> {
        self.values.iter().find(|value| value.object == object).map(|value| value.pointer.cast())
    }

    /// Takes the value of `object` out, as the type that it was put in with.
    pub(crate) fn take<T>(&mut self, object: ObjectId) -> Option<Box<T>> {
        let place = self.values.iter().position(|value| value.object == object)?;
        Some(self.values.swap_remove(place).into_box())
    }

    /// Takes the latest value out.
    pub(crate) fn pop(&mut self) -> Option<Value> {
        self.values.pop()
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("count", &self.values.len()).finish()
    }
}
