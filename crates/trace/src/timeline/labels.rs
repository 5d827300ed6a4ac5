//! The labels of objects as short as they can be without two of them becoming the same.

use bohrbug_sorted::{SortedMap, SortedSet};

use crate::{Operation, Trace, TraceEvent};

/// How the objects of one trace are called in its timeline.
pub(crate) struct Labels<'a>(SortedMap<&'a str, String>);

impl<'a> Labels<'a> {
    pub(crate) fn of(trace: &'a Trace) -> Self {
        let objects = || trace.events.iter().flat_map(|event| event.object.iter().chain(&event.other));
        let all: SortedSet<&str> = objects().map(String::as_str).collect();
        let mut users: SortedMap<String, usize> = SortedMap::new();
        for label in &all {
            *users.entry(shortened(label)).or_default() += 1;
        }
        let unless_taken = |label: &str| Some(shortened(label)).filter(|short| users[short] == 1);
        Self(all.iter().map(|&label| (label, one_line(&unless_taken(label).unwrap_or(label.to_owned())))).collect())
    }

    /// What the event did, and to what.
    pub(crate) fn action(&self, event: &TraceEvent) -> String {
        // The object of these is the task itself, which the column names.
        if matches!(event.operation, Operation::Begin | Operation::End) {
            return event.operation.name().to_owned();
        }
        // What the code says speaks for itself.
        if event.operation == Operation::Note {
            return one_line(event.object.as_deref().unwrap_or_default());
        }
        event.action(|label| self.0.get(label).cloned().unwrap_or_else(|| one_line(label)))
    }
}

/// The text on one line, with nothing in it that a terminal would obey.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// `mutex src/server/map.rs:10:5#2` as `mutex map.rs:10#2`, `thread main/verify` as `main/verify`; a given name stays.
fn shortened(label: &str) -> String {
    if let Some(path) = label.strip_prefix("thread ") {
        return path.to_owned();
    }
    let Some((kind, site)) = label.split_once(' ').filter(|(_, site)| site.contains(".rs:")) else {
        return label.to_owned();
    };
    let file = site.rsplit(['/', '\\']).next().unwrap_or(site);
    let (place, nth) = file.split_once('#').map_or((file, ""), |(place, _)| (place, &file[place.len()..]));
    // The column goes, the line stays.
    let place = match place.rsplit_once(':') {
        Some((line, column)) if line.contains(':') && column.bytes().all(|b| b.is_ascii_digit()) => line,
        _ => place,
    };
    format!("{kind} {place}{nth}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Header, Runtime};

    fn labels(objects: &[&str]) -> Vec<String> {
        let mut trace = Trace::new(Header::new("test", Runtime::Native, "random"));
        for object in objects {
            trace.events.push(TraceEvent::new("main", Operation::Lock, "a.rs:1:1").on(*object));
        }
        let labels = Labels::of(&trace);
        trace.events.iter().map(|event| labels.action(event)).collect()
    }

    fn check(objects: &[&str], expected: &[&str]) {
        assert_eq!(labels(objects), expected);
    }

    #[test]
    fn a_label_is_shortened_unless_another_would_be_the_same() {
        check(&["server"], &["lock server"]);
        check(&["the server at home"], &["lock the server at home"]);
        check(&["thread main/verify"], &["lock main/verify"]);
        check(&["mutex src/server/map.rs:10:5#2"], &["lock mutex map.rs:10#2"]);
        check(
            &["mutex src/a.rs:10:5", "mutex src/a.rs:10:9", "mutex src/a.rs:11:9"],
            &["lock mutex src/a.rs:10:5", "lock mutex src/a.rs:10:9", "lock mutex a.rs:11"],
        );
        check(&["a\u{1b}[31m\nb"], &["lock a\u{fffd}[31m\u{fffd}b"]);
        check(&["", " ", "mutex .rs:", "mutex a.rs:#"], &["lock ", "lock  ", "lock mutex .rs:", "lock mutex a.rs:#"]);
    }
}
