//! The source files that a trace's sites are in, as far as they can be read where somebody looks at it.
//!
//! What it cannot do: know whether a file is still what it was when the trace was recorded. Replay the trace first, and
//! quote what the replay came by.

use std::fs;
use std::path::Path;

use bohrbug_sorted::SortedMap;

use crate::{Trace, called, portable_site};

/// Source files by the path that sites give.
///
/// ```
/// use bohrbug_trace::Sources;
///
/// let sources = Sources::default().with("src/shop.rs", "fn sell() {\n    stock.lock();\n}\n");
/// assert_eq!(sources.line("src/shop.rs:2:11"), Some("    stock.lock();"));
/// assert_eq!(sources.function("src/shop.rs:2:11"), Some("sell"));
/// assert_eq!(sources.line("src/other.rs:2:11"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(SortedMap<String, Vec<String>>);

/// A site taken apart: the file, the line and the column, both from 1.
pub(crate) fn parts(site: &str) -> Option<(&str, usize, usize)> {
    let (rest, column) = site.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((file, line.parse().ok()?, column.parse().ok()?))
}

/// A file larger than this was not written by hand.
const LARGEST: u64 = 1024 * 1024;

impl Sources {
    /// The files of a trace's sites that are below `root`: the workspace that was built. Others are left out.
    pub fn below(root: &Path, trace: &Trace) -> Self {
        let failed = trace.header.failure.iter().filter_map(|failure| failure.site.as_deref());
        let sites = trace.events.iter().map(|event| event.site.as_str()).chain(failed);
        let files = sites.filter_map(|site| Some(parts(&portable_site(site))?.0.to_owned()));
        let mut files: Vec<String> = files.chain(called::files(trace).map(str::to_owned)).collect();
        bohrbug_sorted::sort(&mut files);
        files.dedup();
        let read = |file: &String| {
            // A trace may come from anywhere; it names files of the workspace and nothing else.
            let is_inside = Path::new(file).components().all(|part| matches!(part, std::path::Component::Normal(_)));
            let path = root.join(file);
            let is_small = fs::metadata(&path).is_ok_and(|data| data.is_file() && data.len() <= LARGEST);
            if is_inside && is_small && file.ends_with(".rs") { fs::read_to_string(path).ok() } else { None }
        };
        let read = files.iter().filter_map(|file| Some((file.clone(), lines(&read(file)?))));
        Self(read.collect())
    }

    /// The same with that file.
    #[must_use]
    pub fn with(mut self, file: impl Into<String>, text: &str) -> Self {
        self.0.insert(file.into(), lines(text));
        self
    }

    /// The lines of a file.
    pub fn file(&self, file: &str) -> Option<&[String]> {
        self.0.get(file).map(Vec::as_slice)
    }

    /// The line of a site.
    pub fn line(&self, site: &str) -> Option<&str> {
        let (file, line, _) = parts(site)?;
        self.file(file)?.get(line.checked_sub(1)?).map(String::as_str)
    }

    /// The same trace, whose tasks and objects are called by the shortest names that tell them apart: those of the source, where it
    /// is there and says. For whoever looks at it: what was recorded is what commands take.
    ///
    /// ```
    /// use bohrbug_trace::{Header, Operation, Runtime, Sources, Trace, TraceEvent};
    ///
    /// let mut trace = Trace::new(Header::new("shop", Runtime::Native, "random"));
    /// trace.events.push(TraceEvent::new("main", Operation::Lock, "src/shop.rs:2:11").on("mutex src/shop.rs:1:13"));
    /// let sources = Sources::default().with("src/shop.rs", "let stock = Mutex::new(0);\nstock.lock();\n");
    /// assert_eq!(sources.called(&trace).events[0].object.as_deref(), Some("stock"));
    /// ```
    pub fn called(&self, trace: &Trace) -> Trace {
        called::called(trace, self)
    }

    /// The name of the function that a site is in: that of the nearest `fn` at or above it which is indented less.
    pub fn function(&self, site: &str) -> Option<&str> {
        let (file, line, _) = parts(site)?;
        let lines = self.file(file)?.get(..line)?;
        let indent = |line: &str| line.len() - line.trim_start().len();
        let own = indent(lines.last()?);
        let mut above = lines.iter().rev().enumerate();
        above.find_map(|(distance, line)| function_in(line).filter(|_| distance == 0 || indent(line) < own))
    }
}

fn lines(text: &str) -> Vec<String> {
    // A tab would shift what is marked below it.
    text.lines()
        .map(|line| line.replace('\t', " ").chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect())
        .collect()
}

/// The name of the function that begins on this line.
fn function_in(line: &str) -> Option<&str> {
    let rest = line.trim_start();
    let name = rest
        .strip_prefix("fn ")
        .or_else(|| Some(rest.split_once(" fn ")?).filter(|(before, _)| are_words(before)).map(|(_, name)| name))?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(&name[..end]).filter(|name| !name.is_empty())
}

/// What may stand before `fn`: `pub(crate) const unsafe extern "C"`.
fn are_words(before: &str) -> bool {
    before.chars().all(|c| c.is_ascii_lowercase() || " ()\"C:".contains(c)) && !before.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, line: usize, expected: Option<&str>) {
        let sources = Sources::default().with("a.rs", text);
        assert_eq!(sources.function(&format!("a.rs:{line}:1")), expected, "{text}");
    }

    #[test]
    fn the_function_of_a_line_is_the_nearest_that_is_indented_less() {
        check("fn one() {\n    a();\n}\nfn two() {\n    b();\n}\n", 5, Some("two"));
        check("    pub(crate) const fn one() {\n        a();\n", 2, Some("one"));
        check("fn one() { a() }\n", 1, Some("one"));
        check("fn one() {\n    let f = |x| x;\n    f(\n        2,\n", 4, Some("one"));
        check("// a fn of one\nstatic A: u8 = 1;\n", 2, None);
        check("fn one() {\n    fn two() {}\n    a();\n}\n", 3, Some("one"));
        check("", 1, None);
    }

    #[test]
    fn only_rust_files_below_the_root_are_read() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("inner")).unwrap();
        fs::write(root.path().join("secret.rs"), "secret").unwrap();
        fs::write(root.path().join("inner/a.rs"), "open").unwrap();
        fs::write(root.path().join("inner/a.txt"), "text").unwrap();
        let mut trace = Trace::new(crate::Header::new("t", crate::Runtime::Native, "random"));
        let absolute = root.path().join("secret.rs").display().to_string();
        for file in ["a.rs", "../secret.rs", &absolute, "a.txt", "nowhere.rs"] {
            let site = format!("{file}:1:1");
            trace.events.push(crate::TraceEvent::new("main", crate::Operation::Yield, site));
        }
        let sources = Sources::below(&root.path().join("inner"), &trace);
        assert_eq!(sources, Sources::default().with("a.rs", "open"));
    }
}
