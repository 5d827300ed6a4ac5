//! Whether a test is expected to panic: nothing tells a test of its own attributes, so its source is looked at.

use std::fs;
use std::panic::Location;
use std::path::{Path, PathBuf};

/// Whether the function around that call, which has the test's name, is marked `#[should_panic]`; `false` where its source is not
/// there to be read.
pub(super) fn should_panic(call: &Location<'_>, test: Option<&str>) -> bool {
    let Some(name) = test.and_then(|test| test.rsplit("::").next()) else { return false };
    let source = find(Path::new(call.file())).and_then(|path| fs::read_to_string(path).ok());
    source.is_some_and(|source| is_marked(&source, call.line() as usize, name))
}

/// A file that the compiler has named from the workspace's directory, which is one of those above the package's.
fn find(file: &Path) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|directory| directory.join(file)).find(|path| path.is_file())
}

fn is_marked(source: &str, line: usize, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().take(line).map(str::trim).collect();
    let head = format!("fn {name}(");
    let Some(function) = lines.iter().rposition(|line| line.contains(&head)) else { return false };
    let attributes = lines[..function].iter().rev().take_while(|line| line.starts_with(['#', '/']));
    attributes.into_iter().any(|line| line.starts_with("#[should_panic"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_expected_to_panic_if_its_own_function_says_so() {
        let source = "#[test]\n#[should_panic(expected = \"lost\")]\n// Why.\nfn one() {\n    check();\n}\n\n#[test]\nfn two() {\n    check();\n}\n";
        assert!(is_marked(source, 5, "one"));
        assert!(!is_marked(source, 10, "two"));
        assert!(!is_marked(source, 10, "three"));
    }
}
