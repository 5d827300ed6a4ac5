//! Who called whom in each task, as far as functions say when they are entered.
//!
//! A frame is known by the stack pointer that its function has at its calls: one that is below another is of a later call, so that
//! frames which were left without a word, by a panic or a function that is never left, are found out.

use super::code::{Code, Whose};

/// The calls of each stack, the latest last.
#[derive(Default)]
pub(super) struct Frames(Vec<Vec<Frame>>);

/// A function that was entered.
#[derive(Clone, Copy)]
struct Frame {
    stack: usize,
    caller: Caller,
    /// An instruction of the function.
    inside: usize,
}

/// Whose code acts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Caller {
    /// Where in the code under test; none if it is not under test.
    pub(super) place: Option<&'static str>,
    /// Whether what it does with an atomic orders tasks without an event.
    pub(super) orders: bool,
}

impl Frames {
    /// A function was entered from there, which has that instruction.
    pub(super) fn enter(&mut self, number: usize, stack: usize, from: Code, inside: usize) {
        let caller = self.caller(number, stack + 1, from);
        self.of(number).push(Frame { stack, caller, inside });
    }

    /// An instruction of the last function that has said that it was entered, of those with frames from there up.
    pub(super) fn last(&mut self, number: usize, stack: usize) -> Option<usize> {
        let frames = self.of(number);
        cut(frames, stack);
        frames.last().map(|frame| frame.inside)
    }

    /// The function with that frame is left.
    pub(super) fn leave(&mut self, number: usize, stack: usize) {
        cut(self.of(number), stack + 1);
    }

    /// Who acts in that frame, at such code.
    pub(super) fn caller(&mut self, number: usize, stack: usize, at: Code) -> Caller {
        let frames = self.of(number);
        cut(frames, stack);
        let above = frames.last().map(|frame| frame.caller).unwrap_or_default();
        Caller {
            place: match at.whose {
                Whose::Tested(place) => Some(place),
                Whose::Ours => None,
                Whose::Callers => above.place,
            },
            orders: at.orders.unwrap_or(above.orders),
        }
    }

    fn of(&mut self, number: usize) -> &mut Vec<Frame> {
        if self.0.len() <= number {
            self.0.resize_with(number + 1, Vec::new);
        }
        &mut self.0[number]
    }
}

/// Takes out the frames below that.
fn cut(frames: &mut Vec<Frame>, stack: usize) {
    while frames.last().is_some_and(|frame| frame.stack < stack) {
        frames.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTED: Code = Code { whose: Whose::Tested("a.rs:1:1"), orders: Some(true) };
    const STD: Code = Code { whose: Whose::Callers, orders: None };
    const OURS: Code = Code { whose: Whose::Ours, orders: Some(false) };

    #[test]
    fn std_acts_for_its_caller_and_what_a_panic_has_left_is_no_caller() {
        let mut frames = Frames::default();
        let mut place = |stack, at| frames.caller(0, stack, at).place;
        assert_eq!(place(900, STD), None);
        assert_eq!(place(900, TESTED), Some("a.rs:1:1"));
        frames.enter(0, 800, TESTED, 1);
        frames.enter(0, 700, STD, 2);
        assert_eq!(frames.caller(0, 700, STD).place, Some("a.rs:1:1"));
        frames.enter(0, 600, OURS, 3);
        assert_eq!(frames.caller(0, 600, STD).place, None);
        assert!(!frames.caller(0, 600, STD).orders);
        assert_eq!(frames.last(0, 500), Some(3));
        // A panic: nobody has said that 600 is left.
        assert_eq!(frames.caller(0, 700, STD).place, Some("a.rs:1:1"));
        assert_eq!(frames.last(0, 700), Some(2));
        frames.leave(0, 700);
        frames.leave(0, 800);
        assert_eq!(frames.caller(0, 900, STD).place, None);
    }
}
