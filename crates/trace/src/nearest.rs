//! Which known name somebody may have meant.

/// The candidate that differs least from `name`, if it differs so little that a slip of the hand explains it.
///
/// ```
/// use bohrbug_trace::nearest;
///
/// assert_eq!(nearest("lokc", ["load", "lock", "unlock"]), Some("lock"));
/// assert_eq!(nearest("banana", ["load", "lock", "unlock"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().take(MAX_LENGTH).collect();
    let slips = if name.len() < 4 { 1 } else { (name.len() / 3).max(2) };
    candidates
        .into_iter()
        .map(|candidate| (distance(&name, candidate), candidate))
        .min_by_key(|&(distance, _)| distance)
        .filter(|&(distance, _)| distance <= slips)
        .map(|(_, candidate)| candidate)
}

/// Nobody means a name longer than this, and the distance takes time in the square of the length.
const MAX_LENGTH: usize = 100;

/// How many insertions, deletions, replacements and exchanges of neighbours lead from one to the other.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().take(MAX_LENGTH).collect();
    let mut before = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = above[j] + usize::from(a[i] != b[j]);
            let mut least = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                let exchanged: &Vec<usize> = &before;
                least = least.min(exchanged[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, expected: usize) {
        assert_eq!(distance(&a.chars().collect::<Vec<_>>(), b), expected, "{a} {b}");
    }

    #[test]
    fn a_distance_counts_single_slips() {
        check("", "", 0);
        check("", "lock", 4);
        check("lock", "", 4);
        check("lock", "lokc", 1);
        check("lock", "unlock", 2);
        check("wirte-lock", "write-lock", 1);
        check("load", "lock", 2);
    }

    #[test]
    fn nothing_is_near_to_a_name_of_another_kind() {
        assert_eq!(nearest("", ["lock"]), None);
        assert_eq!(nearest(&"x".repeat(1 << 20), ["lock"]), None);
    }
}
