//! Brute force: every sequence of decisions once.

/// The decisions of one execution, each with how many alternatives it had.
#[derive(Debug, Default)]
pub(crate) struct Dfs {
    path: Vec<(usize, usize)>,
    depth: usize,
}

impl Dfs {
    /// The next decision among `alternatives`.
    pub(crate) fn choose(&mut self, alternatives: usize) -> usize {
        if self.depth == self.path.len() {
            self.path.push((0, alternatives));
        }
        let (chosen, known) = self.path[self.depth];
        assert_eq!(known, alternatives, "the program behaves differently under the same schedule");
        self.depth += 1;
        chosen
    }

    /// Goes to the next sequence; false when there is none.
    pub(crate) fn advance(&mut self) -> bool {
        self.depth = 0;
        while let Some((chosen, alternatives)) = self.path.pop() {
            if chosen + 1 < alternatives {
                self.path.push((chosen + 1, alternatives));
                return true;
            }
        }
        false
    }
}
