//! Places in the code, as text that means the same on every machine and, without its line, after most edits.

use std::borrow::Cow;

/// A site without the directories of this machine: what lies in Cargo's registry, in its git checkouts or in the standard
/// library is named from its package on.
///
/// A path inside the workspace is left as the compiler gives it, relative to the workspace's root.
///
/// ```
/// use bohrbug_trace::portable_site;
///
/// assert_eq!(portable_site("/home/x/.cargo/registry/src/example.org-0123456789abcdef/log-0.4.1/src/a.rs:1:2"), "log-0.4.1/src/a.rs:1:2");
/// assert_eq!(portable_site("/rustc/0123abcd/library/std/src/sync/once.rs:1:2"), "library/std/src/sync/once.rs:1:2");
/// assert_eq!(portable_site("src\\server.rs:4:5"), "src/server.rs:4:5");
/// ```
pub fn portable_site(site: &str) -> String {
    let site = site.replace('\\', "/");
    // What stands before the package, and how many directories with changing names follow it.
    for (marker, changing) in [("/registry/src/", 1), ("/git/checkouts/", 2), ("/rustc/", 1), ("/rustlib/src/rust/", 0)]
    {
        if let Some(rest) = after(&site, marker).and_then(|rest| rest.splitn(changing + 1, '/').nth(changing)) {
            return rest.to_owned();
        }
    }
    site
}

/// What comes after the first such marker, which begins with a slash: there are few of those, and every event has a site.
fn after<'a>(site: &'a str, marker: &str) -> Option<&'a str> {
    site.match_indices('/').find_map(|(at, _)| site[at..].strip_prefix(marker))
}

/// The text with the line and the column taken out of each `file.rs:line:column` in it.
///
/// Only there: an object that the code calls `port:20000` is another one than `port:20001`.
pub(crate) fn without_line(text: &str) -> Cow<'_, str> {
    if !text.contains(EXTENSION) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(EXTENSION) {
        let (file, after) = rest.split_at(at + EXTENSION.len());
        kept.push_str(file.trim_end_matches(':'));
        rest = after.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit());
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

const EXTENSION: &str = ".rs:";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(without_line(text), expected);
    }

    #[test]
    fn lines_are_taken_out_of_sites_only() {
        check("mutex src/lib.rs:10:5#2", "mutex src/lib.rs#2");
        check("main/src-lib.rs:10:5/worker#2", "main/src-lib.rs/worker#2");
        check("a.rs:1:2 and b.rs:3:4", "a.rs and b.rs");
        check("port:20000", "port:20000");
        check("a.rs:", "a.rs");
        check("", "");
    }

    #[test]
    fn a_short_path_after_a_marker_is_no_reason_to_panic() {
        assert_eq!(portable_site("/rustc/"), "/rustc/");
        assert_eq!(portable_site("/git/checkouts/a"), "/git/checkouts/a");
    }
}
