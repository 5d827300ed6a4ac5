//! Whose code an instruction is of, and where it is written: by the debug information, once for each instruction.

use std::path::{Path, PathBuf};

use bohrbug::trace::portable_site;
use rustc_hash::FxHashMap;

use crate::statics::{STD, crate_of};

/// The folders of our own crates that run beside code under test.
const OURS: &[&str] = &["bohrbug", "core", "events", "explorer", "memory", "plan", "std", "sync", "trace"];

/// What is known of an instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    pub(super) whose: Whose,
    /// Whether what it does with an atomic orders tasks without an event: in `Arc`, whoever has it, and not in what stands in for
    /// std, whose operations are events. None if that is for its caller to say.
    pub(super) orders: Option<bool>,
}

/// Whose code it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    /// Code under test, at that place.
    Tested(&'static str),
    /// What stands in for std.
    Ours,
    /// std's: it acts for its caller.
    Callers,
}

/// What is known so far.
pub(super) struct Codes {
    known: FxHashMap<usize, Code>,
    root: PathBuf,
    /// Where our own crates lie.
    ours: PathBuf,
}

impl Codes {
    pub(super) fn new(root: &Path) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let ours = here.parent().unwrap_or(here).to_owned();
        Self { known: FxHashMap::default(), root: root.to_owned(), ours }
    }

    /// Code of which nothing is known but who called it.
    pub(super) const fn nobody(&self) -> Code {
        Code { whose: Whose::Callers, orders: None }
    }

    /// What the call that returns to `address` is of.
    pub(super) fn of(&mut self, address: usize) -> Code {
        if let Some(code) = self.known.get(&address) {
            return *code;
        }
        let code = self.look_up(address);
        self.known.insert(address, code);
        code
    }

    /// Of functions that the compiler has put into each other the innermost comes first.
    fn look_up(&self, address: usize) -> Code {
        let mut code = self.nobody();
        let mut is_found = false;
        let inside = std::ptr::without_provenance_mut(address - 1);
        backtrace::resolve(inside, |symbol| {
            if is_found {
                return;
            }
            let name = symbol.name().map(|name| name.to_string()).unwrap_or_default();
            let crate_name = symbol.name().and_then(|name| name.as_str().and_then(crate_of));
            let file = symbol.filename().map(Path::to_owned).unwrap_or_default();
            if self.is_ours(&file, &name, crate_name.as_deref()) {
                code.whose = Whose::Ours;
                code.orders.get_or_insert(false);
                is_found = true;
            } else if is_stds(&file, crate_name.as_deref()) {
                if name.contains("alloc::sync::") {
                    code.orders.get_or_insert(true);
                }
            } else {
                let place = self.place(&file, symbol.lineno(), symbol.colno(), &name);
                code.whose = Whose::Tested(place);
                code.orders.get_or_insert(true);
                is_found = true;
            }
        });
        code
    }

    fn is_ours(&self, file: &Path, name: &str, crate_name: Option<&str>) -> bool {
        let ours = ["bohrbug", "corosensei"];
        file.strip_prefix(&self.ours).is_ok_and(|rest| OURS.iter().any(|ours| rest.starts_with(ours)))
            || crate_name.is_some_and(|name| ours.iter().any(|ours| name.starts_with(ours)))
            || name.contains(" as bohrbug_")
    }

    /// The place as a report shows it; it stays, as there are no more of them than the program has calls.
    fn place(&self, file: &Path, line: Option<u32>, column: Option<u32>, name: &str) -> &'static str {
        let text = match (file.as_os_str().is_empty(), line) {
            (true, _) | (_, None) => format!("{name}, of which there is no debug information"),
            (false, Some(line)) => {
                let file = file.strip_prefix(&self.root).unwrap_or(file);
                portable_site(&format!("{}:{line}:{}", file.display(), column.unwrap_or(1)))
            }
        };
        Box::leak(text.into_boxed_str())
    }
}

/// Whether it is std's, or no code of Rust at all, which calls on behalf of whoever called it.
fn is_stds(file: &Path, crate_name: Option<&str>) -> bool {
    let text = file.to_string_lossy();
    let by_file = text.starts_with("/rustc/") || text.starts_with("/rust/deps/") || text.contains("/rustlib/src/rust/");
    by_file || file.as_os_str().is_empty() && crate_name.is_none_or(|name| STD.contains(&name))
}
