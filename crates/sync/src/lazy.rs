//! Values that an initialiser makes anew in each execution.

use std::fmt;

/// The values of one execution's lazily initialised objects, dropped at its end.
#[derive(Default)]
pub(crate) struct Values {
    values: Vec<Value>,
}

/// A value of a type that is not spelt out, since it may borrow: a pointer, and how to drop it.
struct Value {
    object: bohrbug_trace::ObjectId,
    pointer: *mut (),
    drop: unsafe fn(*mut ()),
}

impl Values {
    /// Keeps `value` until the execution's end or until it is taken.
    pub(crate) fn put<T>(&mut self, object: bohrbug_trace::ObjectId, value: T) {
        /// Drops a boxed `T`.
        unsafe fn drop_boxed<T>(pointer: *mut ()) {
            // SAFETY: `put` made the pointer from a box of that type.
            drop(unsafe { Box::from_raw(pointer.cast::<T>()) });
        }
        let pointer = Box::into_raw(Box::new(value)).cast();
        self.values.push(Value { object, pointer, drop: drop_boxed::<T> });
    }

    /// The value of `object`, as the type that it was put in with.
    pub(crate) fn get<T>(&self, object: bohrbug_trace::ObjectId) -> Option<*mut T> {
        self.values.iter().find(|value| value.object == object).map(|value| value.pointer.cast())
    }

    /// Takes the value of `object` out, as the type that it was put in with.
    pub(crate) fn take<T>(&mut self, object: bohrbug_trace::ObjectId) -> Option<Box<T>> {
        let place = self.values.iter().position(|value| value.object == object)?;
        let value = self.values.swap_remove(place);
        // SAFETY: `put` made the pointer from a box, and the callers ask for the type that they put in.
        Some(unsafe { Box::from_raw(value.pointer.cast()) })
    }

    /// Drops every value, latest first, as if nothing were exploring.
    pub(crate) fn drop_all(&mut self) {
        while let Some(value) = self.values.pop() {
            // SAFETY: `put` made the pair.
            crate::ambient::outside(|| unsafe { (value.drop)(value.pointer) });
        }
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("count", &self.values.len()).finish()
    }
}
