//! Vector clocks: for each task, how much of it happens before something.

/// So many tasks have their entries in the clock itself. Few programs have more.
const FEW: usize = 8;

/// For each task, up to which moment all that it does happens before something: a prefix of each task.
///
/// A moment is a number, or what is ordered like one; the default is before the task's first. As long as there are few tasks
/// clocks are copied and joined all at once.
///
/// ```
/// use bohrbug_memory::Clock;
///
/// let (mut reader, mut writer) = (Clock::default(), Clock::default());
/// writer.reach(1, 7);
/// reader.join(&writer);
/// assert_eq!((reader.get(0), reader.get(1)), (0, 7));
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Clock<Moment = u32> {
    /// The first entries, if there are no more: beyond `len` they are the default.
    few: [Moment; FEW],
    len: usize,
    /// All entries, if there are more than a few.
    many: Vec<Moment>,
}

impl<Moment: Copy + Default> Default for Clock<Moment> {
    #[inline]
    fn default() -> Self {
        Self { few: [Moment::default(); FEW], len: 0, many: Vec::new() }
    }
}

impl<Moment: Copy> Clone for Clock<Moment> {
    #[inline]
    fn clone(&self) -> Self {
        let many = if self.many.is_empty() { Vec::new() } else { self.many.clone() };
        Self { few: self.few, len: self.len, many }
    }
}

impl<Moment: Copy + Default + Ord> Clock<Moment> {
    /// Up to which moment of that task all happens before.
    #[inline]
    pub fn get(&self, task: usize) -> Moment {
        let entry = if self.many.is_empty() { self.few.get(task) } else { self.many.get(task) };
        entry.copied().unwrap_or_default()
    }

    /// From now on all happens before that the task does up to that moment, at least.
    #[inline]
    pub fn reach(&mut self, task: usize, moment: Moment) {
        if task >= FEW || !self.many.is_empty() {
            self.reach_of_many(task, moment);
            return;
        }
        self.len = self.len.max(task + 1);
        self.few[task] = self.few[task].max(moment);
    }

    fn reach_of_many(&mut self, task: usize, moment: Moment) {
        self.grow(task + 1);
        self.many[task] = self.many[task].max(moment);
    }

    /// Has entries for so many tasks, at least, and all of them behind one another.
    fn grow(&mut self, tasks: usize) {
        if self.many.is_empty() {
            self.many.extend_from_slice(&self.few[..self.len]);
            (self.few, self.len) = ([Moment::default(); FEW], 0);
        }
        if self.many.len() < tasks {
            self.many.resize(tasks, Moment::default());
        }
    }

    /// From now on what happens before `other` happens before this, too.
    #[inline]
    pub fn join(&mut self, other: &Self) {
        if self.many.is_empty() && other.many.is_empty() {
            for (known, other) in self.few.iter_mut().zip(&other.few) {
                *known = (*known).max(*other);
            }
            self.len = self.len.max(other.len);
        } else {
            self.learn(other.as_slice());
        }
    }

    /// As [`Clock::join`], of entries; whether anything is new.
    #[inline]
    pub(crate) fn learn(&mut self, entries: &[Moment]) -> bool {
        if entries.len() > FEW {
            self.grow(entries.len());
        }
        let mine = if self.many.is_empty() {
            self.len = self.len.max(entries.len());
            &mut self.few[..]
        } else {
            self.grow(entries.len());
            &mut self.many[..]
        };
        let mut is_new = false;
        for (known, other) in mine.iter_mut().zip(entries) {
            is_new |= *other > *known;
            *known = (*known).max(*other);
        }
        is_new
    }

    /// Whether `other` has more of any task.
    #[inline]
    pub(crate) fn is_less_than(&self, other: &[Moment]) -> bool {
        other.iter().enumerate().any(|(task, moment)| *moment > self.get(task))
    }

    /// Becomes `other`.
    #[inline]
    pub fn become_like(&mut self, other: &Self) {
        (self.few, self.len) = (other.few, other.len);
        self.many.clone_from(&other.many);
    }

    /// Forgets everything.
    #[inline]
    pub fn clear(&mut self) {
        (self.few, self.len) = ([Moment::default(); FEW], 0);
        self.many.clear();
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Moment] {
        if self.many.is_empty() { &self.few[..self.len] } else { &self.many }
    }

    /// Each task of which something happens before, with how much.
    #[inline]
    pub fn prefixes(&self) -> impl Iterator<Item = (usize, Moment)> {
        let entries = if self.many.is_empty() { &self.few[..] } else { &self.many[..] };
        entries.iter().copied().enumerate().filter(|(_, moment)| *moment > Moment::default())
    }
}

/// Clocks that are kept to the end of an execution, one behind the other in one piece of memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Vec<u32>);

/// A clock that was kept; the default is the empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeptClock {
    start: u32,
    len: u32,
}

impl Kept {
    #[inline]
    pub(crate) fn keep(&mut self, clock: &[u32]) -> KeptClock {
        let start = self.0.len() as u32;
        self.0.extend_from_slice(clock);
        KeptClock { start, len: clock.len() as u32 }
    }

    #[inline]
    pub(crate) fn get(&self, kept: KeptClock) -> &[u32] {
        &self.0[kept.start as usize..][..kept.len as usize]
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_many_tasks_knows_what_it_knew_of_few() {
        let (mut one, mut other) = (Clock::default(), Clock::default());
        one.reach(0, 3_u32);
        one.reach(7, 1);
        other.reach(FEW, 5);
        other.reach(0, 2);
        let few = one.clone();
        one.join(&other);
        other.join(&few);
        assert_eq!(one, other);
        assert_eq!(one.prefixes().collect::<Vec<_>>(), [(0, 3), (7, 1), (FEW, 5)]);
        assert!(!one.learn(few.as_slice()) && one.learn(&[4]));
        assert!(few.is_less_than(one.as_slice()) && !one.is_less_than(few.as_slice()));
        one.clear();
        assert_eq!((one.get(FEW), one.as_slice()), (0, &[][..]));
        one.become_like(&few);
        assert_eq!(one, few);
    }
}
