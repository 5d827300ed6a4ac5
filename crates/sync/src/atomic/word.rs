//! What the atomics of a `bool` and of the integers have in common.
//!
//! The macros name what the files have in scope that use them.

/// Declares an atomic with what every word's has, and how an event carries the word.
macro_rules! atomic_word {
    ($(#[$doc:meta])* $name:ident($word:ident), $value:ident => $recorded:expr) => {
        $(#[$doc])*
        #[derive(Default)]
        #[repr(transparent)]
        pub struct $name(plain::$name);

        impl Word for $word {
            type Std = plain::$name;

            #[inline]
            fn load(atomic: &Self::Std) -> Self {
                atomic.load(Ordering::SeqCst)
            }

            #[inline]
            fn store(atomic: &Self::Std, value: Self) {
                atomic.store(value, Ordering::SeqCst);
            }

            #[inline]
            fn recorded(self) -> Option<u64> {
                let $value = self;
                $recorded
            }

            #[inline]
            fn bits(self) -> u64 {
                self as u64
            }
        }

        impl $name {
            /// A new atomic.
            #[inline]
            pub const fn new(value: $word) -> Self {
                Self(plain::$name::new(value))
            }

            /// The atomic at `pointer`.
            ///
            /// # Safety
            ///
            #[doc = concat!("As for [`std::sync::atomic::", stringify!($name), "::from_ptr`]: aligned, valid for `'a`, \
                and accessed by nothing but atomics meanwhile.")]
            #[inline]
            pub const unsafe fn from_ptr<'a>(pointer: *mut $word) -> &'a Self {
                // SAFETY: the caller's promise; this type is std's atomic in memory, and that is the word in memory.
                unsafe { &*pointer.cast::<Self>() }
            }

            /// The value, which the borrow shows that nobody else has.
            #[inline]
            pub fn get_mut(&mut self) -> &mut $word {
                self.0.get_mut()
            }

            /// Consumes the atomic and returns the value.
            #[inline]
            pub const fn into_inner(self) -> $word {
                self.0.into_inner()
            }

            /// The address of the value; accesses through it are not seen.
            #[inline]
            pub const fn as_ptr(&self) -> *mut $word {
                self.0.as_ptr()
            }

            /// Reads the value.
            ///
            /// # Panics
            ///
            /// If the order is [`Ordering::Release`] or [`Ordering::AcqRel`].
            #[track_caller]
            #[inline]
            pub fn load(&self, order: Ordering) -> $word {
                check_load(order);
                match ambient() {
                    None => self.0.load(order),
                    Some(x) => access::load(x, &self.0, order, Location::caller()),
                }
            }

            /// Writes the value.
            ///
            /// # Panics
            ///
            /// If the order is [`Ordering::Acquire`] or [`Ordering::AcqRel`].
            #[track_caller]
            #[inline]
            pub fn store(&self, value: $word, order: Ordering) {
                check_store(order);
                match ambient() {
                    None => self.0.store(value, order),
                    Some(x) => access::store(x, &self.0, value, order, Location::caller()),
                }
            }

            /// Writes `new` if the value is `current`.
            ///
            /// # Errors
            ///
            /// The value, if it is another.
            ///
            /// # Panics
            ///
            /// If `failure` is [`Ordering::Release`] or [`Ordering::AcqRel`].
            #[track_caller]
            #[inline]
            pub fn compare_exchange(
                &self,
                current: $word,
                new: $word,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$word, $word> {
                check_failure(failure);
                match ambient() {
                    None => self.0.compare_exchange(current, new, success, failure),
                    Some(x) => {
                        let exchange = Exchange { current, new, success, failure, weak: false };
                        exchange.perform(x, &self.0, Location::caller())
                    }
                }
            }

            /// Writes `new` if the value is `current`, or fails for no reason.
            ///
            /// # Errors
            ///
            /// The value.
            ///
            /// # Panics
            ///
            /// If `failure` is [`Ordering::Release`] or [`Ordering::AcqRel`].
            #[track_caller]
            #[inline]
            pub fn compare_exchange_weak(
                &self,
                current: $word,
                new: $word,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$word, $word> {
                check_failure(failure);
                match ambient() {
                    None => self.0.compare_exchange_weak(current, new, success, failure),
                    Some(x) => {
                        let exchange = Exchange { current, new, success, failure, weak: true };
                        exchange.perform(x, &self.0, Location::caller())
                    }
                }
            }

            /// Reads the value and replaces it by what `f` makes of it, again and again until nobody came between.
            ///
            /// # Errors
            ///
            /// The value of which `f` made nothing.
            ///
            /// # Panics
            ///
            /// If `fetch_order` is [`Ordering::Release`] or [`Ordering::AcqRel`].
            #[track_caller]
            #[inline]
            pub fn fetch_update<F>(&self, set_order: Ordering, fetch_order: Ordering, mut f: F) -> Result<$word, $word>
            where
                F: FnMut($word) -> Option<$word>,
            {
                let mut value = self.load(fetch_order);
                while let Some(next) = f(value) {
                    match self.compare_exchange_weak(value, next, set_order, fetch_order) {
                        Ok(old) => return Ok(old),
                        Err(other) => value = other,
                    }
                }
                Err(value)
            }

            /// As [`fetch_update`](Self::fetch_update), under the name that it has since 1.95.
            ///
            /// # Errors
            ///
            /// The value of which `f` made nothing.
            ///
            /// # Panics
            ///
            /// If `fetch_order` is [`Ordering::Release`] or [`Ordering::AcqRel`].
            #[track_caller]
            #[inline]
            pub fn try_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                f: impl FnMut($word) -> Option<$word>,
            ) -> Result<$word, $word> {
                self.fetch_update(set_order, fetch_order, f)
            }

            /// Reads the value and replaces it by what `f` makes of it, again and again until nobody came between; returns
            /// the old value.
            ///
            /// # Panics
            ///
            /// If `fetch_order` is [`Ordering::Release`] or [`Ordering::AcqRel`].
            #[track_caller]
            #[inline]
            pub fn update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: impl FnMut($word) -> $word,
            ) -> $word {
                match self.fetch_update(set_order, fetch_order, |value| Some(f(value))) {
                    Ok(old) | Err(old) => old,
                }
            }

            /// Writes `new` if the value is `current`; returns the old value.
            #[deprecated(note = "as in std: use `compare_exchange` or `compare_exchange_weak`")]
            #[track_caller]
            #[inline]
            pub fn compare_and_swap(&self, current: $word, new: $word, order: Ordering) -> $word {
                match self.compare_exchange(current, new, order, if_it_fails(order)) {
                    Ok(old) | Err(old) => old,
                }
            }
        }

        impl From<$word> for $name {
            fn from(value: $word) -> Self {
                Self::new(value)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
pub(super) use atomic_word;

/// Declares the read-modify-write methods that take a value.
macro_rules! updates {
    ($name:ident($word:ident): $($(#[$doc:meta])* $method:ident($value:ident, $old:ident) => $new:expr;)+) => {
        impl $name {
            $(
                $(#[$doc])*
                /// Returns the old value.
                #[track_caller]
                #[inline]
                pub fn $method(&self, $value: $word, order: Ordering) -> $word {
                    match ambient() {
                        None => self.0.$method($value, order),
                        Some(x) => access::update(x, &self.0, order, Location::caller(), |$old: $word| $new),
                    }
                }
            )+
        }
    };
}
pub(super) use updates;
