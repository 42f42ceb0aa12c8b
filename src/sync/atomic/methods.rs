//! Macros that implement the methods of all atomics.

/// Implements [`Real`](super::tracked::Real) for an atomic of std.
macro_rules! real {
    ([$($generics:tt)*] $real:ty, $name:literal, $value:ty, $shown:expr) => {
        impl $($generics)* Real for $real {
            const NAME: &'static str = $name;
            type Value = $value;

            #[inline]
            fn load(&self, order: Ordering) -> $value {
                <$real>::load(self, order)
            }

            #[inline]
            fn store(&self, value: $value, order: Ordering) {
                <$real>::store(self, value, order);
            }

            #[inline]
            fn shown(value: $value) -> Option<u32> {
                let shown: fn($value) -> Option<u32> = $shown;
                shown(value)
            }
        }
    };
}

/// Implements what all atomics have in common, for a type with a field `tracked`
/// around the atomic `$real` of std.
macro_rules! methods {
    ([$($generics:tt)*] $atomic:ty, $real:ty, $value:ty) => {
        impl $($generics)* $atomic {
            /// An atomic with this value.
            #[track_caller]
            pub const fn new(v: $value) -> Self {
                Self {
                    tracked: Tracked::new(<$real>::new(v), <$real>::new(v)),
                }
            }

            /// The value, to be changed by somebody to whom the atomic belongs
            /// alone. Not a scheduling point.
            #[track_caller]
            pub fn get_mut(&mut self) -> &mut $value {
                self.tracked.alone().get_mut()
            }

            /// The value, without a scheduling point, since nobody else can have
            /// it.
            pub const fn into_inner(self) -> $value {
                self.tracked.real.into_inner()
            }

            /// Where the value lies. What is done there is no scheduling point,
            /// and a `static` starts over only at its first access by a method.
            pub const fn as_ptr(&self) -> *mut $value {
                self.tracked.real.as_ptr()
            }

            /// Reads the value.
            ///
            /// # Panics
            ///
            /// If `order` is `Release` or `AcqRel`; outside a scenario.
            #[inline]
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                let value = self.tracked.access(OpKind::Load).load(order);
                note::<$real>(value);
                value
            }

            /// Replaces the value.
            ///
            /// # Panics
            ///
            /// If `order` is `Acquire` or `AcqRel`; outside a scenario.
            #[inline]
            #[track_caller]
            pub fn store(&self, val: $value, order: Ordering) {
                self.tracked.access(OpKind::Store).store(val, order);
                note::<$real>(val);
            }

            /// Replaces the value; returns the old one.
            ///
            /// # Panics
            ///
            /// Outside a scenario.
            #[inline]
            #[track_caller]
            pub fn swap(&self, val: $value, order: Ordering) -> $value {
                let old = self.tracked.access(OpKind::Rmw).swap(val, order);
                note::<$real>(old);
                old
            }

            /// Replaces the value if it is `current`; returns the old one.
            ///
            /// # Errors
            ///
            /// If the value is not `current`; the error is the value.
            ///
            /// # Panics
            ///
            /// If `failure` is `Release` or `AcqRel`; outside a scenario.
            #[inline]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let real = self.tracked.access(OpKind::Rmw);
                let result = real.compare_exchange(current, new, success, failure);
                note_exchange::<$real>(result);
                result
            }

            /// As [`compare_exchange`](Self::compare_exchange), but may fail for
            /// no reason.
            ///
            /// # Errors
            ///
            /// The value, which may be `current`.
            ///
            /// # Panics
            ///
            /// If `failure` is `Release` or `AcqRel`; outside a scenario.
            #[inline]
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let real = self.tracked.access(OpKind::Rmw);
                let legal = !matches!(failure, Ordering::Release | Ordering::AcqRel);
                let result = if legal && self.tracked.fails_weakly(current) {
                    Err(real.load(failure))
                } else {
                    // The strong one: the hardware is no source of decisions.
                    real.compare_exchange(current, new, success, failure)
                };
                note_exchange::<$real>(result);
                result
            }

            /// Replaces the value by what `f` makes of it, in a loop of a load and
            /// weak compare-exchanges, each a scheduling point; returns the old
            /// one.
            ///
            /// # Errors
            ///
            /// If `f` says `None`; the error is the value.
            ///
            /// # Panics
            ///
            /// If `fetch_order` is `Release` or `AcqRel`; outside a scenario.
            #[track_caller]
            pub fn fetch_update<F>(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: F,
            ) -> Result<$value, $value>
            where
                F: FnMut($value) -> Option<$value>,
            {
                let mut seen = self.load(fetch_order);
                while let Some(next) = f(seen) {
                    match self.compare_exchange_weak(seen, next, set_order, fetch_order) {
                        Ok(old) => return Ok(old),
                        Err(now) => seen = now,
                    }
                }
                Err(seen)
            }

            /// [`fetch_update`](Self::fetch_update) by another name.
            ///
            /// # Errors
            ///
            /// If `f` says `None`; the error is the value.
            ///
            /// # Panics
            ///
            /// If `fetch_order` is `Release` or `AcqRel`; outside a scenario.
            #[track_caller]
            pub fn try_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.fetch_update(set_order, fetch_order, f)
            }

            /// As [`fetch_update`](Self::fetch_update) with a function that always
            /// has a new value.
            ///
            /// # Panics
            ///
            /// If `fetch_order` is `Release` or `AcqRel`; outside a scenario.
            #[track_caller]
            pub fn update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: impl FnMut($value) -> $value,
            ) -> $value {
                let updated = self.fetch_update(set_order, fetch_order, |seen| Some(f(seen)));
                updated.unwrap_or_else(|seen| seen)
            }
        }

        impl $($generics)* From<$value> for $atomic {
            #[track_caller]
            fn from(v: $value) -> Self {
                Self::new(v)
            }
        }

        impl $($generics)* fmt::Debug for $atomic {
            /// Not a scheduling point.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.tracked.peek().fmt(f)
            }
        }
    };
}

/// Implements read-modify-write operations that take a value and return the old
/// one.
macro_rules! fetch {
    ($real:ty, $value:ty, $($(#[$doc:meta])* $method:ident,)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Panics
            ///
            /// Outside a scenario.
            #[inline]
            #[track_caller]
            pub fn $method(&self, val: $value, order: Ordering) -> $value {
                let old = self.tracked.access(OpKind::Rmw).$method(val, order);
                note::<$real>(old);
                old
            }
        )*
    };
}

pub(super) use {fetch, methods, real};
