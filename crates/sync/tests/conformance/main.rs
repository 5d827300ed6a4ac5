//! One suite of small programs, written once over the public names, for every runtime.
//!
//! Each case is a program and, as data beside it, the set of outcomes that it can have. The plain build has to stay inside
//! the set; an exhaustive search on native has to find exactly the set, and so has one on shuttle, and loom's own. What a runtime cannot do is an entry of the case, with its reason, and is printed when the suite runs.
//!
//! A new primitive adds a file of cases and a line in `cases/mod.rs`.

#[cfg_attr(not(feature = "model"), allow(dead_code, reason = "std has nothing to set a budget for"))]
mod case;
mod cases;
mod os;

#[cfg(feature = "model")]
mod dfs;
#[cfg(all(feature = "loom", feature = "shuttle"))]
mod events;
#[cfg(feature = "model")]
#[cfg_attr(
    not(all(feature = "loom", feature = "shuttle")),
    expect(dead_code, reason = "for the runtimes that are left out")
)]
mod explorer;
#[cfg(all(feature = "loom", feature = "shuttle"))]
mod failing;
#[cfg(all(feature = "loom", feature = "shuttle"))]
mod foreign;
#[cfg(feature = "model")]
mod native;
#[cfg(all(feature = "loom", feature = "shuttle"))]
mod random;
