//! The places in the code as short as they can be: the file's name where that says which file, with a legend that says
//! where it is.

use bohrbug_sorted::{SortedMap, SortedSet};

use super::labels::one_line;
use crate::{Trace, portable_site};

/// How the files of one trace are called in its timeline.
pub(crate) struct Sites(SortedMap<String, String>);

impl Sites {
    pub(crate) fn of(trace: &Trace) -> Self {
        let files: SortedSet<String> = trace.events.iter().map(|event| split(&portable_site(&event.site)).0).collect();
        let mut users: SortedMap<&str, usize> = SortedMap::new();
        for ending in files.iter().flat_map(|file| endings(file)) {
            *users.entry(ending).or_default() += 1;
        }
        let shortest = |file: &str| endings(file).find(|ending| users[ending] == 1).unwrap_or(file).to_owned();
        Self(files.iter().map(|file| (file.clone(), shortest(file))).collect())
    }

    /// A site as the timeline shows it.
    pub(crate) fn short(&self, site: &str) -> String {
        let (file, place) = split(&portable_site(site));
        one_line(&format!("{}{place}", self.0.get(&file).unwrap_or(&file)))
    }

    /// Which file is where: a line a directory.
    pub(crate) fn legend(&self) -> String {
        let mut directories: SortedMap<&str, Vec<&str>> = SortedMap::new();
        for (file, short) in &self.0 {
            directories.entry(&file[..file.len() - short.len()]).or_default().push(short);
        }
        directories.remove("");
        let line =
            |(directory, files): (&&str, &Vec<&str>)| one_line(&format!("in {directory}: {}", files.join(", "))) + "\n";
        directories.iter().map(line).collect()
    }
}

/// The file and, with its colon, the line and column.
fn split(site: &str) -> (String, String) {
    let file = site.trim_end_matches(|c: char| c == ':' || c.is_ascii_digit());
    (file.to_owned(), site[file.len()..].to_owned())
}

/// `c`, `b/c`, `a/b/c`.
fn endings(file: &str) -> impl Iterator<Item = &str> {
    file.rmatch_indices('/').map(|(slash, _)| &file[slash + 1..]).chain([file])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Header, Operation, Runtime, TraceEvent};

    fn check(sites: &[&str], expected: &[&str], legend: &str) {
        let mut trace = Trace::new(Header::new("test", Runtime::Native, "random"));
        trace.events = sites.iter().map(|site| TraceEvent::new("main", Operation::Yield, *site)).collect();
        let names = Sites::of(&trace);
        assert_eq!(sites.iter().map(|site| names.short(site)).collect::<Vec<_>>(), expected);
        assert_eq!(names.legend(), legend);
    }

    #[test]
    fn a_file_is_called_by_its_name_unless_two_have_it() {
        check(&["src/a.rs:1:2", "src/b.rs:3:4"], &["a.rs:1:2", "b.rs:3:4"], "in src/: a.rs, b.rs\n");
        check(
            &["x/src/a.rs:1:2", "y/src/a.rs:1:2", "y/src/b.rs:1:2"],
            &["x/src/a.rs:1:2", "y/src/a.rs:1:2", "b.rs:1:2"],
            "in y/src/: b.rs\n",
        );
        check(&["a.rs:1:2", "src/a.rs:1:2"], &["a.rs:1:2", "src/a.rs:1:2"], "");
        check(&["/rustc/0123/library/std/src/once.rs:1:2"], &["once.rs:1:2"], "in library/std/src/: once.rs\n");
        check(&["", "/", "7"], &["", "/", "7"], "");
    }
}
