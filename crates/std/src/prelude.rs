//! `std::prelude`: what every crate sees without a path. Here `#[test]` explores, and `thread_local!` is ours.

/// Declares a prelude over std's of the same name.
macro_rules! preludes {
    ($($name:ident)+) => {
        $(
            #[doc = concat!("`std::prelude::", stringify!($name), "`.")]
            pub mod $name {
                pub use ::std::prelude::$name::*;

                pub use bohrbug_sync::thread_local;
                #[cfg(feature = "tests")]
                pub use bohrbug_test_macro::test;
            }
        )+
    };
}

preludes! { v1 rust_2015 rust_2018 rust_2021 rust_2024 }
