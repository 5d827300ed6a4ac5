//! Which known name somebody may have meant.

use strsim::osa_distance;

/// The candidate that differs least from `name`, if it differs so little that a slip of the hand explains it.
///
/// ```
/// use bohrbug_trace::nearest;
///
/// assert_eq!(nearest("lokc", ["load", "lock", "unlock"]), Some("lock"));
/// assert_eq!(nearest("banana", ["load", "lock", "unlock"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: String = name.chars().take(MAX_LENGTH).collect();
    let length = name.chars().count();
    let slips = if length < 4 { 1 } else { (length / 3).max(2) };
    candidates
        .into_iter()
        .map(|candidate| (osa_distance(&name, candidate), candidate))
        .min_by_key(|&(distance, _)| distance)
        .filter(|&(distance, _)| distance <= slips)
        .map(|(_, candidate)| candidate)
}

/// Nobody means a name longer than this, and the distance takes time in the square of the length.
const MAX_LENGTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_an_insertion_a_deletion_a_replacement_or_an_exchange_of_neighbours() {
        for slip in ["wirte-lock", "wite-lock", "write-locks", "write-lick"] {
            assert_eq!(nearest(slip, ["read-lock", "write-lock"]), Some("write-lock"), "{slip}");
        }
    }

    #[test]
    fn nothing_is_near_to_a_name_of_another_kind() {
        assert_eq!(nearest("", ["lock"]), None);
        assert_eq!(nearest(&"x".repeat(1 << 20), ["lock"]), None);
    }
}
