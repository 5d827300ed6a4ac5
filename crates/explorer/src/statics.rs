//! The statics of the crates under test begin each execution with the bits that the program was built with.
//!
//! Where they are the program's own table of symbols says. Whose they are is in their names: those of std, of what stands in for it,
//! and of crates that were left on the real std are not touched, nor are those of C. What an execution left in a static is not
//! dropped: it is leaked.
//!
//! Limits: Linux; a program whose symbols were stripped keeps its statics but for those that are primitives of ours, which
//! `bohrbug-sync` puts back; so do crates under test that have the name of one that the explorer is built of.

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::fs::File;

use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

/// What std is made of.
pub(crate) const STD: &[&str] = &[
    "std",
    "core",
    "alloc",
    "test",
    "getopts",
    "panic_unwind",
    "unwind",
    "std_detect",
    "compiler_builtins",
    "addr2line",
    "gimli",
    "miniz_oxide",
    "adler2",
    "rustc_demangle",
    "__rustc",
];

/// The statics, as they were when the process began.
pub(crate) struct Statics(Vec<(*mut u8, Box<[u8]>)>);

// SAFETY: executions are one after the other, and so are the uses of this.
unsafe impl Send for Statics {}
// SAFETY: as above.
unsafe impl Sync for Statics {}

impl Statics {
    /// Remembers them, before any test has run. Crates of those names are left alone.
    pub(crate) fn remember(foreign: &[String]) -> Self {
        let foreign: BTreeSet<&str> = foreign.iter().map(String::as_str).chain(STD.iter().copied()).collect();
        let places = places(&foreign).unwrap_or_default();
        let bits = |(place, size)| {
            let place = std::ptr::with_exposed_provenance_mut::<u8>(place);
            // SAFETY: a static lies there, and stays; its bits are read as such, whatever they are.
            (place, unsafe { std::slice::from_raw_parts(place, size) }.into())
        };
        Self(places.into_iter().map(bits).collect())
    }

    /// An execution begins.
    pub(crate) fn put_back(&self) {
        for (place, bits) in &self.0 {
            // SAFETY: as above; no other thread runs code under test.
            let now = unsafe { std::slice::from_raw_parts_mut(*place, bits.len()) };
            if now != &**bits {
                now.copy_from_slice(bits);
            }
        }
    }
}

/// Where statics that can change are, and how large.
fn places(foreign: &BTreeSet<&str>) -> Option<Vec<(usize, usize)>> {
    let file = File::open("/proc/self/exe").ok()?;
    // SAFETY: nobody writes to a program that runs.
    let program = unsafe { memmap2::Mmap::map(&file) }.ok()?;
    let program = object::File::parse(&*program).ok()?;
    let changing: Vec<_> = program
        .sections()
        .filter(|section| matches!(section.name(), Ok(".data" | ".bss")))
        .map(|section| section.index())
        .collect();
    let base = base()?;
    let is_there = |section: Option<object::SectionIndex>| section.is_some_and(|section| changing.contains(&section));
    let statics = program
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Data && symbol.size() > 0 && is_there(symbol.section_index()))
        .filter(|symbol| symbol.name().ok().and_then(crate_of).is_some_and(|name| !foreign.contains(&*name)));
    Some(statics.map(|symbol| (base + symbol.address() as usize, symbol.size() as usize)).collect())
}

/// Between which addresses all statics of the program that can change are.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
pub(crate) fn range() -> Option<std::ops::Range<usize>> {
    let file = File::open("/proc/self/exe").ok()?;
    // SAFETY: nobody writes to a program that runs.
    let program = unsafe { memmap2::Mmap::map(&file) }.ok()?;
    let program = object::File::parse(&*program).ok()?;
    let base = base()?;
    let changing = program.sections().filter(|section| matches!(section.name(), Ok(".data" | ".bss")));
    let ranges =
        changing.map(|section| base + section.address() as usize..base + (section.address() + section.size()) as usize);
    ranges.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
}

/// The crate that a symbol of Rust's belongs to.
pub(crate) fn crate_of(symbol: &str) -> Option<String> {
    let path = format!("{:#}", rustc_demangle::try_demangle(symbol).ok()?);
    let path = path.trim_start_matches(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let end = path.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    Some(path[..end].to_owned())
}

/// By how much the program's addresses are higher than in its file.
fn base() -> Option<usize> {
    unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _: usize, found: *mut c_void) -> libc::c_int {
        // SAFETY: the C library passes a description that is there during the call, and what we gave it.
        unsafe { *found.cast::<Option<usize>>() = Some((*info).dlpi_addr as usize) };
        // The first is the program itself.
        1
    }
    let mut found = None::<usize>;
    // SAFETY: the function above is what it is called for, and `found` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut found).cast()) };
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    static COUNT: AtomicU32 = AtomicU32::new(7);

    #[test]
    fn a_static_gets_its_first_bits_back_unless_its_crate_is_foreign() {
        let statics = Statics::remember(&[]);
        let none = Statics::remember(&["bohrbug_explorer".to_owned()]);
        COUNT.store(8, Ordering::Relaxed);
        none.put_back();
        assert_eq!(COUNT.load(Ordering::Relaxed), 8);
        // Of the others some may be in use by other tests.
        let place = (&raw const COUNT).cast_mut().cast::<u8>();
        let mine = Statics(statics.0.into_iter().filter(|(found, _)| *found == place).collect());
        mine.put_back();
        assert_eq!(COUNT.load(Ordering::Relaxed), 7);
    }

    #[test]
    fn a_symbols_crate_is_the_first_name_in_it() {
        for (symbol, expected) in [
            ("_ZN5tally5COUNT17h0123456789abcdefE", Some("tally")),
            ("_ZN41_$LT$tally..Bar$u20$as$u20$tally..Foo$GT$1x1S17h0123456789abcdefE", Some("tally")),
            ("_RNvCs1234_7mycrate5COUNT", Some("mycrate")),
            ("environ", None),
        ] {
            assert_eq!(crate_of(symbol).as_deref(), expected, "{symbol}");
        }
    }
}
