//! Outside of executions the `Arc` and the `Weak` whose counts are events do what std's do, step by step.

use std::cell::RefCell;
use std::rc::Rc;

type Said = Rc<RefCell<Vec<String>>>;

/// Says when it is dropped.
#[derive(Debug)]
struct Loud(u32, Said);

impl Drop for Loud {
    fn drop(&mut self) {
        self.1.borrow_mut().push(format!("{} is dropped", self.0));
    }
}

/// Numbers that look random (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

/// What is seen in a hundred random steps with the `Arc` and the `Weak` of a module.
macro_rules! seen_with {
    ($seen:ident, $($module:ident)::+) => {
        fn $seen(seed: u64) -> Vec<String> {
            use $($module)::+::{Arc, Weak};
            let (mut numbers, said) = (Numbers(seed), Said::default());
            let say = |text: String| said.borrow_mut().push(text);
            let mut arcs = vec![Arc::new(Loud(0, said.clone()))];
            let mut weaks = vec![Weak::<Loud>::new()];
            for number in 1..100 {
                let weak = weaks[numbers.below(weaks.len())].clone();
                if arcs.is_empty() {
                    say(format!("{:?} {} {}", weak.upgrade(), weak.strong_count(), weak.weak_count()));
                    arcs.push(Arc::new(Loud(number, said.clone())));
                }
                let arc = arcs.swap_remove(numbers.below(arcs.len()));
                say(format!("{} {} {}", arc.0, Arc::strong_count(&arc), Arc::weak_count(&arc)));
                match numbers.below(9) {
                    0 | 1 => arcs.extend([arc.clone(), arc]),
                    2 => say(format!("{:?}", Arc::try_unwrap(arc).map(|loud| loud.0).map_err(|arc| arc.0))),
                    3 => say(format!("{:?}", Arc::into_inner(arc).map(|loud| loud.0))),
                    4 => {
                        let mut arc = arc;
                        if let Some(loud) = Arc::get_mut(&mut arc) {
                            loud.0 += 100;
                        }
                        arcs.push(arc);
                    }
                    5 => {
                        weaks.push(Arc::downgrade(&arc));
                        arcs.push(arc);
                    }
                    6 => {
                        arcs.push(arc);
                        arcs.extend(weak.upgrade());
                        say(format!("{} {}", weak.strong_count(), weak.weak_count()));
                    }
                    7 => {
                        let pointer = Arc::into_raw(arc);
                        // SAFETY: the pointer is that of one that counts, and what is counted more is taken back.
                        arcs.push(unsafe {
                            Arc::increment_strong_count(pointer);
                            Arc::decrement_strong_count(pointer);
                            Arc::from_raw(pointer)
                        });
                    }
                    _ => say(format!("{}", arcs.iter().any(|other| Arc::ptr_eq(other, &arc)))),
                }
            }
            drop(arcs);
            say(format!("{:?}", weaks.iter().map(|weak| weak.upgrade().is_some()).collect::<Vec<_>>()));
            drop(weaks);
            said.take()
        }
    };
}

seen_with!(ours, bohrbug_sync::counted);
seen_with!(theirs, std::sync);

#[test]
fn random_steps_come_to_the_same() {
    for seed in 0..500 {
        assert_eq!(ours(seed), theirs(seed), "{seed}");
    }
}
