//! The best alignment of two lists: which pairs, in order on both sides, have the highest score together.
//!
//! Needleman and Wunsch's recurrence, with two states for Gotoh's cost of opening a gap: two events that stand together on
//! both sides belong together. As long as two lists agree in everything they are aligned step by step; what is too long for
//! a table beyond that is not aligned.

/// The most cells of a table.
const CELLS: usize = 1_000_000;

/// What it costs to begin a gap; scores are multiples of more than that.
const GAP: i64 = 1;

/// The pairs of the best alignment of lists of these lengths, in order. A pair without a score is never made.
pub(super) fn best(left: usize, right: usize, score: impl Fn(usize, usize) -> Option<i64>) -> Vec<(usize, usize)> {
    let is_sure = |a: usize, b: usize| score(a, b).is_some_and(|score| score >= super::objects::SAME);
    let head = (0..left.min(right)).take_while(|&place| is_sure(place, place)).count();
    let mut pairs: Vec<_> = (0..head).map(|place| (place, place)).collect();
    let (rows, columns) = (left - head, right - head);
    if rows > 0 && columns > 0 && rows.saturating_mul(columns) <= CELLS {
        let rest = table(rows, columns, |a, b| score(head + a, head + b));
        pairs.extend(rest.into_iter().map(|(a, b)| (head + a, head + b)));
    }
    pairs
}

/// How the best alignment of two beginnings ends.
#[derive(Clone, Copy, Default)]
struct Cell {
    /// The score if the last two are a pair.
    paired: Option<i64>,
    /// The score if one of them is left over.
    open: i64,
}

impl Cell {
    fn best(self) -> i64 {
        self.paired.map_or(self.open, |paired| paired.max(self.open))
    }

    /// The score when a gap follows that costs so much to begin.
    fn gap(self, cost: i64) -> i64 {
        self.paired.map_or(self.open, |paired| self.open.max(paired - cost))
    }
}

fn table(rows: usize, columns: usize, score: impl Fn(usize, usize) -> Option<i64>) -> Vec<(usize, usize)> {
    let mut cells = vec![vec![Cell::default(); columns + 1]; rows + 1];
    for row in 1..=rows {
        for column in 1..=columns {
            let before = cells[row - 1][column - 1].best();
            let paired = score(row - 1, column - 1).map(|score| before + score);
            let above = cells[row - 1][column].gap(cost(column == columns));
            let beside = cells[row][column - 1].gap(cost(row == rows));
            cells[row][column] = Cell { paired, open: above.max(beside) };
        }
    }
    way_back(&cells)
}

/// What is left over at the ends costs nothing.
const fn cost(at_the_end: bool) -> i64 {
    if at_the_end { 0 } else { GAP }
}

fn way_back(cells: &[Vec<Cell>]) -> Vec<(usize, usize)> {
    let (rows, columns) = (cells.len() - 1, cells[0].len() - 1);
    let (mut row, mut column) = (rows, columns);
    let mut pairs = Vec::new();
    let mut owed = 0;
    while row > 0 && column > 0 {
        let cell = cells[row][column];
        if cell.paired.is_some_and(|paired| paired - owed >= cell.open) {
            (row, column, owed) = (row - 1, column - 1, 0);
            pairs.push((row, column));
            continue;
        }
        let (of_column, of_row) = (cost(row == rows), cost(column == columns));
        if cells[row][column - 1].gap(of_column) >= cells[row - 1][column].gap(of_row) {
            (column, owed) = (column - 1, of_column);
        } else {
            (row, owed) = (row - 1, of_row);
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: &[(usize, usize)]) {
        let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
        let pairs = best(left.len(), right.len(), |a, b| (left[a] == right[b]).then_some(12));
        assert_eq!(pairs, expected);
    }

    #[test]
    fn as_many_as_can_be_are_paired_and_neighbours_stay_together() {
        check("", "abc", &[]);
        check("abc", "abc", &[(0, 0), (1, 1), (2, 2)]);
        check("abc", "xbc", &[(1, 1), (2, 2)]);
        check("ab", "axb", &[(0, 0), (1, 2)]);
        // Never the `l` of one section and the `u` of another.
        check("xlu", "ylulu", &[(1, 3), (2, 4)]);
        check("lu", "lluu", &[(0, 1), (1, 2)]);
        check("lulu", "lu", &[(2, 0), (3, 1)]);
    }

    #[test]
    fn no_choice_of_pairs_in_order_has_a_higher_score() {
        // Against brute force, over all words of two letters.
        let words: Vec<Vec<u8>> =
            (0..=4).flat_map(|length| (0..1 << length).map(move |bits| word(length, bits))).collect();
        for left in &words {
            for right in &words {
                let score = |a: usize, b: usize| (left[a] == right[b]).then_some(8);
                let pairs = table_or_nothing(left.len(), right.len(), score).len();
                assert_eq!(pairs, longest_common(left, right), "{left:?} {right:?}");
            }
        }
    }

    fn word(length: u32, bits: u32) -> Vec<u8> {
        (0..length).map(|place| (bits >> place & 1) as u8).collect()
    }

    fn table_or_nothing(
        rows: usize,
        columns: usize,
        score: impl Fn(usize, usize) -> Option<i64>,
    ) -> Vec<(usize, usize)> {
        if rows == 0 || columns == 0 { Vec::new() } else { table(rows, columns, score) }
    }

    fn longest_common(left: &[u8], right: &[u8]) -> usize {
        match (left, right) {
            ([], _) | (_, []) => 0,
            ([a, left @ ..], [b, right @ ..]) if a == b => 1 + longest_common(left, right),
            ([_, rest @ ..], [_, others @ ..]) => longest_common(rest, right).max(longest_common(left, others)),
        }
    }
}
