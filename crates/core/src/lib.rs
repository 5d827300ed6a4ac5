//! Stands in for core, as [`bohrbug_std`] does for std: for crates without std, and for paths that say `core`.

#![no_std]

pub use ::core::*;

#[cfg(feature = "model")]
pub mod hint {
    //! `core::hint`.

    pub use ::core::hint::*;

    pub use bohrbug_std::hint::spin_loop;
}

#[cfg(feature = "model")]
pub mod sync {
    //! `core::sync`.

    pub use ::core::sync::*;

    pub use bohrbug_std::sync::atomic;
}

/// `core::prelude`: here `#[test]` explores.
#[cfg(feature = "tests")]
pub mod prelude {
    /// Declares a prelude over core's of the same name.
    macro_rules! preludes {
        ($($name:ident)+) => {
            $(
                #[doc = concat!("`core::prelude::", stringify!($name), "`.")]
                pub mod $name {
                    pub use ::core::prelude::$name::*;

                    pub use bohrbug_std::prelude::v1::test;
                }
            )+
        };
    }

    preludes! { v1 rust_2015 rust_2018 rust_2021 rust_2024 }
}

#[cfg(not(feature = "model"))]
use bohrbug_std as _;
