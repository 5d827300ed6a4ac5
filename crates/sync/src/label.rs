//! Names for objects, so that traces speak of `server` and not of `mutex server.rs:41`.

/// An object of this crate that can carry a name.
pub trait Labelled {}

impl<T: ?Sized> Labelled for crate::Mutex<T> {}
impl<T: ?Sized> Labelled for crate::Shared<T> {}

/// Gives `object` the name `name` in traces; costs nothing when nothing is exploring.
pub fn label<O: Labelled + ?Sized>(object: &O, name: impl std::fmt::Display) {
    let _ = (object, name);
}
