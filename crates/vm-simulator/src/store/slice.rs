//! A growable list whose copies share their elements, as slices of the simulator's own language do.
//!
//! A [`Slice`] is an array and a length. Copying it copies neither: two slices of one array see each other's writes,
//! each up to its own length. That is how a list that was handed to a watcher changes under it, and how removing an
//! element from a working copy corrupts the list that is still published.

use bohrbug_sync::{Arc, Shared, label};

/// A view of the first elements of a shared array.
#[derive(Debug)]
pub(crate) struct Slice<T> {
    array: Arc<Array<T>>,
    length: usize,
}

#[derive(Debug)]
struct Array<T> {
    elements: Shared<Vec<T>>,
    capacity: usize,
    name: String,
}

impl<T> Clone for Slice<T> {
    fn clone(&self) -> Self {
        Self { array: Arc::clone(&self.array), length: self.length }
    }
}

impl<T: Clone> Slice<T> {
    /// A slice of a new array; `name` is the array's name in traces.
    pub(crate) fn new(elements: Vec<T>, name: &str) -> Self {
        Self::with_capacity(elements, 0, name)
    }

    fn with_capacity(elements: Vec<T>, capacity: usize, name: &str) -> Self {
        let length = elements.len();
        let capacity = capacity.max(length.next_power_of_two());
        let array = Array { elements: Shared::new(elements), capacity, name: name.to_owned() };
        label(&array.elements, name);
        Self { array: Arc::new(array), length }
    }

    /// How many elements this slice sees.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// The elements that this slice sees.
    pub(crate) fn get(&self) -> Vec<T> {
        self.array.elements.read(|elements| elements[..self.length].to_vec())
    }

    /// The element at `index`, read on its own.
    pub(crate) fn at(&self, index: usize) -> T {
        self.array.elements.read(|elements| elements[index].clone())
    }

    /// This slice with `element` behind it. While there is room the array stays the same, so whatever a longer slice
    /// of it has at that place is overwritten; otherwise the elements move to a new array.
    pub(crate) fn append(&self, element: T) -> Self {
        let length = self.length;
        if length == self.array.capacity {
            let mut elements = self.get();
            elements.push(element);
            return Self::with_capacity(elements, length * 2, &self.array.name);
        }
        self.array.elements.write(|elements| match elements.get_mut(length) {
            Some(place) => *place = element,
            None => elements.push(element),
        });
        Self { array: Arc::clone(&self.array), length: length + 1 }
    }

    /// This slice without the element at `index`: in the array those behind it move up, and the last stays twice.
    pub(crate) fn remove(&self, index: usize) -> Self {
        self.array.elements.write(|elements| {
            for place in index..self.length.saturating_sub(1) {
                elements[place] = elements[place + 1].clone();
            }
        });
        Self { array: Arc::clone(&self.array), length: self.length - 1 }
    }

    /// Puts `element` at `index`, for every slice of the array.
    pub(crate) fn put(&self, index: usize, element: T) {
        self.array.elements.write(|elements| elements[index] = element);
    }
}

#[cfg(test)]
mod tests {
    use super::Slice;

    #[test]
    fn a_longer_slice_sees_what_is_appended_to_a_shorter_one() {
        let short = Slice::new(vec![1, 2, 3], "list");
        let long = short.append(4);
        assert_eq!(short.append(5).get(), [1, 2, 3, 5]);
        assert_eq!((short.get(), long.get()), (vec![1, 2, 3], vec![1, 2, 3, 5]));
    }

    #[test]
    fn removing_leaves_the_last_element_twice_in_the_slice_that_is_still_held() {
        let held = Slice::new(vec![1, 2, 3], "list");
        assert_eq!(held.remove(0).get(), [2, 3]);
        assert_eq!(held.get(), [2, 3, 3]);
    }

    #[test]
    fn a_full_array_is_left_behind() {
        let full = Slice::new(vec![1, 2], "list");
        let grown = full.append(3);
        assert_eq!(grown.remove(0).get(), [2, 3]);
        assert_eq!(full.get(), [1, 2]);
    }
}
