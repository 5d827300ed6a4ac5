//! The path of a task: `main`, then a segment for each spawn on the way down to it.
//!
//! A segment is the thread's name, or where it was spawned when it has none, and `#2`, `#3`, … from the second of that
//! name under the same parent on. So a path survives the addition of an unrelated thread, which a number does not.

/// The path of the `nth` child (from 1) of that name under `parent`.
///
/// A name that would break the path (a slash, a `#`, a control character, nothing at all) is made to fit; so count the
/// ordinal of the *path*, not of the raw name.
///
/// ```
/// use bohrbug_trace::child_path;
///
/// assert_eq!(child_path("main", "worker", 1), "main/worker");
/// assert_eq!(child_path("main", "worker", 2), "main/worker#2");
/// assert_eq!(child_path("main", "src/lib.rs:10:5", 1), "main/src-lib.rs:10:5");
/// ```
pub fn child_path(parent: &str, name: &str, nth: u32) -> String {
    let name = if name.is_empty() { "unnamed" } else { name };
    let name: String = name.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    if nth < 2 { format!("{parent}/{name}") } else { format!("{parent}/{name}#{nth}") }
}

/// Whether the text is the path of a task.
///
/// ```
/// use bohrbug_trace::is_task_path;
///
/// assert!(is_task_path("main/verify loop/worker#2"));
/// assert!(!is_task_path("worker"));
/// assert!(!is_task_path("main/worker#1"));
/// ```
pub fn is_task_path(text: &str) -> bool {
    let mut segments = text.split('/');
    segments.next() == Some("main") && segments.all(is_segment)
}

/// The path of the task that spawned this one; `None` for `main`.
///
/// ```
/// assert_eq!(bohrbug_trace::parent_path("main/a/b#2"), Some("main/a"));
/// assert_eq!(bohrbug_trace::parent_path("main"), None);
/// ```
pub fn parent_path(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

fn is_segment(segment: &str) -> bool {
    let (name, nth) = segment.split_once('#').map_or((segment, None), |(name, nth)| (name, Some(nth)));
    !name.is_empty() && name.chars().all(fits) && nth.is_none_or(is_repetition)
}

/// The first of a name carries no number, so that a path can be written in one way only.
fn is_repetition(nth: &str) -> bool {
    !nth.starts_with(['0', '+']) && nth.parse::<u32>().is_ok_and(|nth| nth >= 2)
}

fn fits(c: char) -> bool {
    c != '/' && c != '#' && !c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_thread_is_called_its_path_is_one() {
        for name in ["worker", "", "a/b", "#7", "line\nbreak", "überprüfen", " ", "main"] {
            for nth in [0, 1, 2, u32::MAX] {
                let path = child_path("main/parent#2", name, nth);
                assert!(is_task_path(&path), "{path:?}");
                assert_eq!(parent_path(&path), Some("main/parent#2"));
            }
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "/", "main/", "/main", "main//a", "mainly", "main#2", "main/#2", "main/a#", "main/a#b#2"] {
            assert!(!is_task_path(text), "{text:?}");
        }
        for text in
            ["main/a#0", "main/a#1", "main/a#02", "main/a#+2", "main/a#-2", "main/a#99999999999", "main/a\u{1b}"]
        {
            assert!(!is_task_path(text), "{text:?}");
        }
    }
}
