//! What a program can come to, by a plain interpreter over all states: no reduction, and nothing of Bohrbug's.
//!
//! A step is one access to a count, to the cell or to the word, as std's `Arc` does them; what its orders order is in clocks.

use std::collections::BTreeSet;

use crate::program::{Op, Outcome, Program, TASKS};

/// The count of `Weak`s while somebody looks at both counts.
const LOCKED: u8 = u8::MAX;

/// One access, and what goes with it. The last of a task's list is its next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Do {
    /// What comes next depends on what the task has then.
    Decide(u8),
    /// Everything that the task has goes.
    End,
    Add,
    /// One `Arc` less; what the last one does then.
    Take(Last),
    /// The last one looks at all that came before.
    LookBack,
    /// The value's destructor runs.
    DropValue,
    TakeWeak,
    LookBackWeak,
    Free,
    SeeCount,
    /// Counts the `Weak`s as locked, if there is none.
    Lock,
    IsAlone,
    Unlock(bool),
    Unwrap,
    ReadStrong,
    Upgrade(u8),
    ReadWeak,
    Downgrade(u8),
    ReadCell,
    WriteCell,
    Load,
    Store,
}

/// What the last `Arc` does with the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Last {
    /// Drops it.
    Drops,
    /// Takes it out, and says so.
    TakesOut,
}

type Clock = [u8; TASKS];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    next: [Vec<Do>; TASKS],
    arcs: [u8; TASKS],
    weaks: [u8; TASKS],
    seen: [Vec<u8>; TASKS],
    dropped: Vec<u8>,
    strong: u8,
    weak: u8,
    is_freed: bool,
    word: u8,
    /// What each task knows of, and what who acquires from each location learns.
    clocks: [Clock; TASKS],
    of_strong: Clock,
    of_weak: Clock,
    of_word: Clock,
    /// The last write of the cell, and each task's last read.
    written: (usize, u8),
    read: Clock,
}

/// Every outcome of a program; `None` if there are more states than `most`.
pub(crate) fn outcomes(program: &Program, most: usize) -> Option<BTreeSet<Outcome>> {
    let mut outcomes = BTreeSet::new();
    let mut met = BTreeSet::new();
    let mut left = vec![State::first(program)];
    while let Some(state) = left.pop() {
        if met.contains(&state) {
            continue;
        }
        if met.len() >= most {
            return None;
        }
        let mut is_over = true;
        for task in 0..TASKS {
            let mut next = state.clone();
            if !next.can(task) {
                continue;
            }
            is_over = false;
            match next.step(task, program) {
                Ok(()) => left.push(next),
                Err(failure) => _ = outcomes.insert(failure),
            }
        }
        if is_over {
            let State { seen, dropped, .. } = state.clone();
            outcomes.insert(Outcome::Ended { seen, dropped });
        }
        met.insert(state);
    }
    Some(outcomes)
}

fn join(into: &mut Clock, other: Clock) {
    into.iter_mut().zip(other).for_each(|(one, other)| *one = other.max(*one));
}

impl State {
    fn first(program: &Program) -> Self {
        let mut state = Self {
            next: [const { Vec::new() }; TASKS],
            arcs: [1; TASKS],
            weaks: [0; TASKS],
            seen: [const { Vec::new() }; TASKS],
            dropped: Vec::new(),
            strong: TASKS as u8,
            weak: 1,
            is_freed: false,
            word: 0,
            clocks: [[0; TASKS]; TASKS],
            of_strong: [0; TASKS],
            of_weak: [0; TASKS],
            of_word: [0; TASKS],
            written: (0, 0),
            read: [0; TASKS],
        };
        for task in 0..TASKS {
            state.next[task].push(Do::End);
            state.next[task].extend((0..program.tasks[task].len()).rev().map(|place| Do::Decide(place as u8)));
            state.settle(task, program);
        }
        state
    }

    /// Whether the task has a step that need not wait.
    fn can(&self, task: usize) -> bool {
        match self.next[task].last() {
            None => false,
            // It looks again until it is unlocked.
            Some(Do::Downgrade(LOCKED)) => self.weak != LOCKED,
            Some(_) => true,
        }
    }

    /// Replaces what depends on what the task has by the accesses that come of it.
    fn settle(&mut self, task: usize, program: &Program) {
        while let Some(step) = self.next[task].last().copied() {
            let (has_arc, has_weak) = (self.arcs[task] > 0, self.weaks[task] > 0);
            match step {
                Do::Decide(place) => {
                    self.next[task].pop();
                    let op = program.tasks[task][usize::from(place)];
                    let first = match op {
                        Op::Clone if has_arc => Do::Add,
                        Op::Drop if has_arc => self.gives_up(task, Last::Drops),
                        Op::IntoInner if has_arc => self.gives_up(task, Last::TakesOut),
                        Op::Count if has_arc => Do::SeeCount,
                        Op::GetMut if has_arc => Do::Lock,
                        Op::TryUnwrap if has_arc => Do::Unwrap,
                        Op::Downgrade if has_arc => Do::ReadWeak,
                        Op::Upgrade if has_weak => Do::ReadStrong,
                        Op::DropWeak if has_weak => self.gives_up_weak(task),
                        Op::Raise => Do::Add,
                        Op::ReadCell if has_arc => Do::ReadCell,
                        Op::WriteCell if has_arc => Do::WriteCell,
                        Op::Load => Do::Load,
                        Op::Store => Do::Store,
                        _ => continue,
                    };
                    self.next[task].push(first);
                }
                Do::End if has_arc => {
                    let take = self.gives_up(task, Last::Drops);
                    self.next[task].push(take);
                }
                Do::End if has_weak => {
                    let take = self.gives_up_weak(task);
                    self.next[task].push(take);
                }
                Do::End => _ = self.next[task].pop(),
                Do::DropValue => {
                    self.next[task].pop();
                    self.dropped.push(task as u8);
                }
                Do::Free => {
                    self.next[task].pop();
                    self.is_freed = true;
                }
                _ => return,
            }
        }
    }

    fn gives_up(&mut self, task: usize, last: Last) -> Do {
        self.arcs[task] -= 1;
        Do::Take(last)
    }

    fn gives_up_weak(&mut self, task: usize) -> Do {
        self.weaks[task] -= 1;
        Do::TakeWeak
    }

    /// The task's next access.
    fn step(&mut self, task: usize, program: &Program) -> Result<(), Outcome> {
        let Some(step) = self.next[task].pop() else { return Ok(()) };
        if self.is_freed && !matches!(step, Do::Load | Do::Store) {
            return Err(Outcome::Misuse);
        }
        self.access(task, step)?;
        self.settle(task, program);
        Ok(())
    }

    /// The next accesses, the first first.
    fn then(&mut self, task: usize, steps: &[Do]) {
        self.next[task].extend(steps.iter().rev());
    }

    fn saw(&mut self, task: usize, number: u8) {
        self.seen[task].push(number);
    }

    fn access(&mut self, task: usize, step: Do) -> Result<(), Outcome> {
        match step {
            Do::Decide(_) | Do::End | Do::DropValue | Do::Free => {}
            Do::Add => {
                self.strong = self.strong.wrapping_add(1);
                self.arcs[task] += 1;
            }
            Do::Take(last) => {
                self.release(task, |state| &mut state.of_strong);
                self.strong = self.strong.wrapping_sub(1);
                match (self.strong, last) {
                    (0, Last::Drops) => self.then(task, &[Do::LookBack, Do::DropValue, Do::TakeWeak]),
                    // The memory goes first, then the value, which somebody has taken out.
                    (0, Last::TakesOut) => {
                        self.then(task, &[Do::LookBack, Do::TakeWeak]);
                        self.taken_out(task);
                    }
                    (_, Last::Drops) => {}
                    (_, Last::TakesOut) => self.saw(task, 0),
                }
            }
            Do::LookBack => join(&mut self.clocks[task], self.of_strong),
            Do::TakeWeak => {
                self.release(task, |state| &mut state.of_weak);
                self.weak = self.weak.wrapping_sub(1);
                if self.weak == 0 {
                    self.then(task, &[Do::LookBackWeak, Do::Free]);
                }
            }
            Do::LookBackWeak => join(&mut self.clocks[task], self.of_weak),
            Do::SeeCount => self.saw(task, self.strong),
            Do::Lock if self.weak == 1 => {
                join(&mut self.clocks[task], self.of_weak);
                self.weak = LOCKED;
                self.then(task, &[Do::IsAlone]);
            }
            Do::Lock => self.saw(task, 0),
            Do::IsAlone => {
                join(&mut self.clocks[task], self.of_strong);
                let is_alone = self.strong == 1;
                self.then(task, &[Do::Unlock(is_alone)]);
            }
            Do::Unlock(is_alone) => {
                self.weak = 1;
                self.tick(task);
                self.of_weak = self.clocks[task];
                self.saw(task, is_alone.into());
                if is_alone {
                    self.then(task, &[Do::WriteCell]);
                }
            }
            Do::Unwrap if self.strong == 1 => {
                self.strong = 0;
                self.arcs[task] -= 1;
                self.then(task, &[Do::LookBack, Do::TakeWeak]);
                self.taken_out(task);
            }
            Do::Unwrap => self.saw(task, 0),
            Do::ReadStrong => {
                let now = self.strong;
                self.then(task, &[Do::Upgrade(now)]);
                if now == 0 {
                    self.next[task].pop();
                    self.saw(task, 0);
                }
            }
            Do::Upgrade(expected) if self.strong == expected => {
                join(&mut self.clocks[task], self.of_strong);
                self.strong += 1;
                self.arcs[task] += 1;
                self.saw(task, 1);
            }
            Do::Upgrade(_) if self.strong == 0 => self.saw(task, 0),
            Do::Upgrade(_) => {
                let now = self.strong;
                self.then(task, &[Do::Upgrade(now)]);
            }
            Do::ReadWeak => {
                let now = self.weak;
                self.then(task, &[Do::Downgrade(now)]);
            }
            Do::Downgrade(LOCKED) => {
                let now = self.weak;
                self.then(task, &[Do::Downgrade(now)]);
            }
            Do::Downgrade(expected) if self.weak == expected => {
                join(&mut self.clocks[task], self.of_weak);
                self.weak += 1;
                self.weaks[task] += 1;
            }
            Do::Downgrade(_) => {
                let now = self.weak;
                self.then(task, &[Do::Downgrade(now)]);
            }
            Do::ReadCell => {
                self.follows(task, self.written)?;
                self.tick(task);
                self.read[task] = self.clocks[task][task];
            }
            Do::WriteCell => {
                self.follows(task, self.written)?;
                (0..TASKS).try_for_each(|other| self.follows(task, (other, self.read[other])))?;
                self.tick(task);
                self.written = (task, self.clocks[task][task]);
            }
            Do::Load => {
                join(&mut self.clocks[task], self.of_word);
                self.saw(task, self.word);
            }
            Do::Store => {
                self.word = 1 + task as u8;
                self.tick(task);
                self.of_word = self.clocks[task];
            }
        }
        Ok(())
    }

    /// What the task has taken out is dropped when the memory is gone, and that it has it is seen before.
    fn taken_out(&mut self, task: usize) {
        // Beneath the two accesses to come, and what may come of the second.
        let place = self.next[task].len() - 2;
        self.next[task].insert(place, Do::DropValue);
        self.saw(task, 1);
    }

    /// Others who acquire from there know what this task knows.
    fn release(&mut self, task: usize, of: impl Fn(&mut Self) -> &mut Clock) {
        self.tick(task);
        let clock = self.clocks[task];
        join(of(self), clock);
    }

    const fn tick(&mut self, task: usize) {
        self.clocks[task][task] += 1;
    }

    /// The access of that task, at its time, came before, as far as this task can know.
    fn follows(&self, task: usize, (other, time): (usize, u8)) -> Result<(), Outcome> {
        if other == task || self.clocks[task][other] >= time { Ok(()) } else { Err(Outcome::Race) }
    }
}
