//! The remarks of a task: their texts, in memory that serves one execution after another.

/// What a task has remarked in this execution.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Those of this execution, and after them what is left of longer ones.
    texts: Vec<String>,
    /// How many are of this execution.
    count: usize,
}

impl Notes {
    /// Forgets what was remarked.
    pub(crate) const fn clear(&mut self) {
        self.count = 0;
    }

    /// An empty text with the memory of a forgotten one, if there is any. Taken out, since what writes into it is code
    /// under test, which may do anything in between.
    pub(crate) fn blank(&mut self) -> String {
        let mut text = self.texts.get_mut(self.count).map(std::mem::take).unwrap_or_default();
        text.clear();
        text
    }

    /// Adds a remark; its number.
    pub(crate) fn add(&mut self, text: String) -> usize {
        match self.texts.get_mut(self.count) {
            Some(place) => *place = text,
            None => self.texts.push(text),
        }
        self.count += 1;
        self.count - 1
    }

    /// The remark of that number.
    pub(crate) fn get(&self, number: usize) -> Option<&str> {
        self.texts[..self.count].get(number).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_of_the_execution_before_is_none_of_this_one() {
        let mut notes = Notes::default();
        assert_eq!((notes.add("one".to_owned()), notes.add("two".to_owned())), (0, 1));
        notes.clear();
        assert_eq!(notes.get(0), None);
        let mut blank = notes.blank();
        assert!(blank.is_empty() && blank.capacity() > 0);
        blank.push_str("three");
        assert_eq!(notes.add(blank), 0);
        assert_eq!((notes.get(0), notes.get(1)), (Some("three"), None));
    }

    #[test]
    fn a_remark_made_while_another_is_written_comes_first() {
        let mut notes = Notes::default();
        let outer = notes.blank() + "outer";
        let inner = notes.blank() + "inner";
        notes.add(inner);
        notes.add(outer);
        assert_eq!((notes.get(0), notes.get(1)), (Some("inner"), Some("outer")));
    }
}
