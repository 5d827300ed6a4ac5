//! Sets of tasks: those that can go on now, and those that wait for one object.
//!
//! A set is kept up to date instead of being searched for. Its order is that of the tasks' numbers, so an index into it
//! means the same when a schedule is repeated; and all who wait for one object join or leave another set at once.

use bohrbug_events::TaskId;

/// A set of tasks, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskSet {
    /// The first 128 tasks: few executions have more.
    first: [u64; INLINE],
    /// The others, 64 a word; behind a pointer, since every object has two sets.
    #[expect(clippy::box_collection, reason = "one word instead of three where there is no rest")]
    rest: Option<Box<Vec<u64>>>,
}

const BITS: usize = u64::BITS as usize;
/// How many words need no pointer.
const INLINE: usize = 2;
/// How often one of many is guessed before they are counted.
const GUESSES: usize = 2;

/// How many tasks a set has, for who wants to know no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    None,
    One(TaskId),
    Many,
}

impl TaskSet {
    /// The empty set.
    pub(crate) const fn new() -> Self {
        Self { first: [0; INLINE], rest: None }
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.first[0] | self.first[1] == 0 && self.rest_is_empty()
    }

    #[inline]
    fn rest_is_empty(&self) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.iter().all(|word| *word == 0))
    }

    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        if self.is_one_word() { count(self.first[0]) } else { self.words().map(count).sum() }
    }

    /// Whether none but the first 64 tasks can be among them.
    #[inline]
    fn is_one_word(&self) -> bool {
        self.first[1] == 0 && self.rest.is_none()
    }

    /// Whether the task is among them.
    #[inline]
    pub fn contains(&self, task: TaskId) -> bool {
        let (word, bit) = (task.index() / BITS, 1 << (task.index() % BITS));
        match self.first.get(word) {
            Some(word) => word & bit != 0,
            None => self.rest_words().get(word - INLINE).is_some_and(|word| word & bit != 0),
        }
    }

    /// The one with `n` others before it.
    ///
    /// # Panics
    ///
    /// If there are no more than `n`.
    #[inline]
    pub fn nth(&self, n: usize) -> TaskId {
        if self.is_one_word() { TaskId(nth_bit(self.first[0], n)) } else { self.nth_of_all(n) }
    }

    fn nth_of_all(&self, n: usize) -> TaskId {
        let mut before = 0;
        for (place, word) in self.words().enumerate() {
            let here = count(word);
            if n < before + here {
                return TaskId((place * BITS) as u32 + nth_bit(word, n - before));
            }
            before += here;
        }
        too_few(before, n);
    }

    /// One of them, each with the same probability, if `draw` makes of a number one of those below it, each with the same
    /// probability. It is not called where there is only one.
    ///
    /// # Panics
    ///
    /// If there is none, or `draw` makes of a number one that is not below it.
    #[inline]
    pub fn pick(&self, mut draw: impl FnMut(usize) -> usize) -> TaskId {
        let few = self.first[0];
        if few < PLACES.len() as u64 && self.is_one_word() {
            let count = count(few);
            return TaskId(nth_bit(few, if count == 1 { 0 } else { draw(count) }));
        }
        self.pick_of_many(draw)
    }

    /// Where many can go on, nearly every number below the highest is one of theirs: a guess is right more often than not,
    /// and takes a small part of the time of counting them.
    #[inline(never)]
    fn pick_of_many(&self, mut draw: impl FnMut(usize) -> usize) -> TaskId {
        if let Some(only) = self.only() {
            return only;
        }
        let numbers = self.numbers();
        for _ in 0..GUESSES {
            let guess = TaskId(draw(numbers) as u32);
            if self.contains(guess) {
                return guess;
            }
        }
        self.nth(draw(self.len()))
    }

    /// The highest number of a task among them, and one more.
    #[inline]
    fn numbers(&self) -> usize {
        let up_to = |place: usize, word: u64| place * BITS + (u64::BITS - word.leading_zeros()) as usize;
        match (self.first, self.rest_words()) {
            ([first, 0], []) => up_to(0, first),
            ([_, second], []) => up_to(1, second),
            (_, rest) => (INLINE + rest.len()) * BITS,
        }
    }

    /// The only one, if there is just one.
    #[inline]
    pub fn only(&self) -> Option<TaskId> {
        match self.amount() {
            Amount::One(task) => Some(task),
            Amount::None | Amount::Many => None,
        }
    }

    /// Whether there is none, one or many.
    #[inline]
    pub(crate) fn amount(&self) -> Amount {
        let few = self.first[0];
        if few & few.wrapping_sub(1) != 0 {
            Amount::Many
        } else if !self.is_one_word() {
            self.amount_of_all()
        } else if few == 0 {
            Amount::None
        } else {
            Amount::One(TaskId(few.trailing_zeros()))
        }
    }

    fn amount_of_all(&self) -> Amount {
        let mut all = self.iter();
        match (all.next(), all.next()) {
            (None, _) => Amount::None,
            (Some(task), None) => Amount::One(task),
            _ => Amount::Many,
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = TaskId> {
        self.words().enumerate().flat_map(|(place, mut rest)| {
            std::iter::from_fn(move || {
                let next = (rest != 0).then(|| TaskId((place * BITS) as u32 + rest.trailing_zeros()));
                rest &= rest.wrapping_sub(1);
                next
            })
        })
    }

    /// The set as words of 64 tasks each, the first task in the lowest bit of the first word.
    #[inline]
    pub fn words(&self) -> impl Iterator<Item = u64> + Clone {
        self.first.into_iter().chain(self.rest_words().iter().copied())
    }

    /// The same as two slices: the words of the first 128 tasks, without the second if there is nothing from there on, and
    /// the others.
    #[inline]
    pub fn slices(&self) -> (&[u64], &[u64]) {
        if self.is_one_word() { (&self.first[..1], &[]) } else { (&self.first, self.rest_words()) }
    }

    /// The same as one word, if there is none but the first 64 tasks.
    #[inline]
    pub(crate) fn as_word(&self) -> Option<u64> {
        self.is_one_word().then_some(self.first[0])
    }

    #[inline]
    fn rest_words(&self) -> &[u64] {
        self.rest.as_ref().map_or(&[], |rest| rest)
    }

    pub(crate) fn clear(&mut self) {
        self.first = [0; INLINE];
        self.rest = None;
    }

    #[inline]
    pub(crate) fn set(&mut self, task: TaskId, member: bool) {
        if member { self.insert(task) } else { self.remove(task) }
    }

    #[inline]
    pub(crate) fn insert(&mut self, task: TaskId) {
        let (word, bit) = (task.index() / BITS, 1 << (task.index() % BITS));
        match self.first.get_mut(word) {
            Some(word) => *word |= bit,
            None => self.insert_into_rest(word - INLINE, bit),
        }
    }

    #[cold]
    fn insert_into_rest(&mut self, word: usize, bit: u64) {
        self.rest_of(word + 1)[word] |= bit;
    }

    /// At least that many words of the rest.
    #[cold]
    fn rest_of(&mut self, words: usize) -> &mut [u64] {
        let rest = self.rest.get_or_insert_default();
        if rest.len() < words {
            rest.resize(words, 0);
        }
        rest
    }

    #[inline]
    pub(crate) fn remove(&mut self, task: TaskId) {
        let (word, bit) = (task.index() / BITS, 1 << (task.index() % BITS));
        match self.first.get_mut(word) {
            Some(word) => *word &= !bit,
            None => self.remove_from_rest(word - INLINE, bit),
        }
    }

    #[cold]
    fn remove_from_rest(&mut self, word: usize, bit: u64) {
        if let Some(word) = self.rest.as_mut().and_then(|rest| rest.get_mut(word)) {
            *word &= !bit;
        }
    }

    /// Lets all of `others` in, or none of them.
    #[inline]
    pub(crate) fn set_all(&mut self, others: &Self, members: bool) {
        // The second word is seldom there, and one by one they come from where they were written one by one.
        set_word(&mut self.first[0], others.first[0], members);
        if others.first[1] != 0 {
            set_word(&mut self.first[1], others.first[1], members);
        }
        if let Some(others) = &others.rest {
            self.set_rest(others, members);
        }
    }

    #[cold]
    fn set_rest(&mut self, others: &[u64], members: bool) {
        let pairs = self.rest_of(others.len()).iter_mut().zip(others);
        pairs.for_each(|(word, &others)| set_word(word, others, members));
    }
}

/// Sets the bits in the one that are set in the other, or clears them.
#[inline]
const fn set_word(word: &mut u64, others: u64, members: bool) {
    *word = if members { *word | others } else { *word & !others };
}

/// For each byte, the places of its bits that are set, from the lowest.
///
/// Strategies draw one of a few tasks at every step. A loop over the bits ends where nobody can foretell it, and a
/// processor that guesses wrong loses more time than the rest of the drawing takes.
static PLACES: [[u8; 8]; 256] = {
    let mut places = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut place, mut n) = (0, 0);
        while place < 8 {
            if byte & (1 << place) != 0 {
                places[byte][n] = place;
                n += 1;
            }
            place += 1;
        }
        byte += 1;
    }
    places
};

/// For each byte, how many of its bits are set.
static COUNTS: [u8; 256] = {
    let mut counts = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        counts[byte] = (byte as u8).count_ones() as u8;
        byte += 1;
    }
    counts
};

/// How many bits are set.
#[inline]
fn count(word: u64) -> usize {
    COUNTS.get(word as usize).map_or_else(|| word.count_ones() as usize, |&count| count.into())
}

/// The place of the bit that is set with `n` others below it.
#[inline]
fn nth_bit(word: u64, n: usize) -> u32 {
    match PLACES.get(word as usize) {
        Some(places) if n < count(word) => places[n].into(),
        _ => nth_bit_of_many(word, n),
    }
}

const EACH: u64 = 0x0101_0101_0101_0101;
const HIGHEST: u64 = EACH << 7;

/// As [`nth_bit`] for any word, without a branch that could go either way (Vigna, *Broadword Implementation of Rank/Select
/// Queries*, WEA 2008): how many bits are set up to each byte, for all eight of them at a time, says in which byte it is.
fn nth_bit_of_many(word: u64, n: usize) -> u32 {
    let up_to = up_to_each_byte(word);
    if n >= (up_to >> 56) as usize {
        too_few(count(word), n);
    }
    // The highest bit of each byte up to which there are no more than `n`: those lie before the one that is looked for.
    let before = (((n as u64 * EACH) | HIGHEST) - up_to) & HIGHEST;
    let place = ((before >> 7).wrapping_mul(EACH) >> 56) as u32 * 8;
    let left = n - ((up_to << 8) >> place & 0xFF) as usize;
    place + u32::from(PLACES[(word >> place & 0xFF) as usize][left])
}

/// For each byte, how many bits are set in it and in those below.
#[inline]
const fn up_to_each_byte(word: u64) -> u64 {
    let pairs = word - (word >> 1 & (EACH * 0x55));
    let nibbles = (pairs & (EACH * 0x33)) + (pairs >> 2 & (EACH * 0x33));
    let bytes = (nibbles + (nibbles >> 4)) & (EACH * 0x0F);
    bytes.wrapping_mul(EACH)
}

#[cold]
fn too_few(members: usize, n: usize) -> ! {
    panic!("a set of {members} tasks has no {n} and one more");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn check(set: &TaskSet, expected: &BTreeSet<u32>) {
        let expected: Vec<TaskId> = expected.iter().copied().map(TaskId).collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), expected);
        assert_eq!((set.len(), set.is_empty()), (expected.len(), expected.is_empty()));
        assert_eq!((0..expected.len()).map(|n| set.nth(n)).collect::<Vec<_>>(), expected);
        let picked: Vec<_> = (0..expected.len()).map(|n| set.pick(|below| n.min(below - 1))).collect();
        assert!(picked.iter().all(|task| expected.contains(task)));
        if expected.iter().all(|task| task.index() < 8) {
            assert_eq!(picked, expected);
        }
        assert!(expected.iter().all(|&task| set.contains(task)));
        let amount = match expected[..] {
            [] => Amount::None,
            [only] => Amount::One(only),
            _ => Amount::Many,
        };
        assert_eq!(set.amount(), amount);
    }

    #[test]
    fn a_set_has_what_was_put_in_and_not_taken_out() {
        let (mut set, mut expected) = (TaskSet::new(), BTreeSet::new());
        for step in 0..1_000_u32 {
            let task = step * 37 % 200;
            set.set(TaskId(task), step % 3 != 0);
            if step % 3 == 0 {
                expected.remove(&task)
            } else {
                expected.insert(task)
            };
            check(&set, &expected);
        }
    }

    #[test]
    fn any_few_tasks_are_counted_and_found_by_their_place() {
        for bits in 0_u32..1 << 10 {
            let expected: BTreeSet<u32> = (0..10).filter(|task| bits & (1 << task) != 0).collect();
            let mut set = TaskSet::new();
            expected.iter().for_each(|&task| set.insert(TaskId(task)));
            check(&set, &expected);
        }
    }

    #[test]
    fn any_many_tasks_are_found_by_their_place() {
        let mut word = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..1_000 {
            word = word.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(1);
            for word in [word, word | word.rotate_left(7), word & word.rotate_left(7), u64::MAX, 1 << (word >> 58)] {
                let expected: Vec<u32> = (0..64).filter(|place| word & (1 << place) != 0).collect();
                let found: Vec<u32> = (0..expected.len()).map(|n| nth_bit_of_many(word, n)).collect();
                assert_eq!(found, expected, "{word:x}");
            }
        }
    }

    #[test]
    fn each_is_picked_as_often_as_the_others() {
        for members in [vec![1, 4, 7], vec![0, 3, 9], vec![2, 3, 5, 67, 69], vec![130, 131]] {
            let mut set = TaskSet::new();
            members.iter().for_each(|&task| set.insert(TaskId(task)));
            // Every sequence of draws, each once.
            let mut picked = vec![0; members.len()];
            let mut all = 1;
            let mut sequence = 0;
            while sequence < all {
                let (mut left, mut below) = (sequence, 1);
                let task = set.pick(|n| {
                    below *= n;
                    let drawn = left % n;
                    left /= n;
                    drawn
                });
                let place = members.iter().position(|&member| TaskId(member) == task);
                picked[place.unwrap_or_else(|| panic!("{task} is none of {members:?}"))] += 1;
                all = all.max(below);
                sequence += 1;
            }
            assert!(picked.iter().all(|&times| times == all / members.len()), "{members:?}: {picked:?} of {all}");
        }
    }

    #[test]
    fn all_of_a_set_join_and_leave_another_at_once() {
        for (own, others) in [
            (vec![1, 2], vec![2, 3]),
            (vec![], vec![63, 64, 300]),
            (vec![64, 130], vec![64]),
            (vec![1, 70], vec![3, 70, 99]),
        ] {
            let (mut set, mut theirs) = (TaskSet::new(), TaskSet::new());
            own.iter().for_each(|&task| set.insert(TaskId(task)));
            others.iter().for_each(|&task| theirs.insert(TaskId(task)));
            let mut expected: BTreeSet<u32> = own.iter().chain(&others).copied().collect();
            set.set_all(&theirs, true);
            check(&set, &expected);
            expected.retain(|task| !others.contains(task));
            set.set_all(&theirs, false);
            check(&set, &expected);
        }
    }
}
