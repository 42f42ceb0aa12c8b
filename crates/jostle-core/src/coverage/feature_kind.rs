//! The kinds of features, each of which can be switched off.

use std::fmt;
use std::str::FromStr;

macro_rules! feature_kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal,)*) => {
        /// A kind of feature of an execution.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum FeatureKind { $($(#[$doc])* $kind,)* }

        impl FeatureKind {
            /// Every kind.
            pub const ALL: &'static [FeatureKind] = &[$(FeatureKind::$kind,)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(FeatureKind::$kind => $name,)* }
            }
        }
    };
}

feature_kinds! {
    /// Which write each operation reads from, and the value, together with what its
    /// task did just before.
    Reads "reads",
    /// Which write each operation reads from, and how often its task had done the
    /// same.
    Repeats "repeats",
    /// Between which operations another task took over.
    Switches "switches",
    /// At which operation a task had to wait, and who had been at the object last.
    Waits "waits",
    /// Which locks are taken while which others are held.
    Locks "locks",
    /// What is done to a channel and the like in which state.
    States "states",
    /// Which arm of a `select!`, which waiter, which timer was chosen where.
    Arms "arms",
    /// Where a task was cancelled, woke for no reason, or failed weakly.
    Rare "rare",
}

impl fmt::Display for FeatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of kinds of features.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeatureKinds(u8);

impl FeatureKinds {
    /// Every kind.
    pub const ALL: FeatureKinds = FeatureKinds(u8::MAX);

    /// What a search builds on.
    ///
    /// Reads and repeats alone. The others make executions worth keeping that are no
    /// closer to anything.
    pub const SEARCH: FeatureKinds =
        FeatureKinds(1 << FeatureKind::Reads as u8 | 1 << FeatureKind::Repeats as u8);

    /// Whether `kind` is in the set.
    #[inline]
    #[must_use]
    pub const fn has(self, kind: FeatureKind) -> bool {
        self.0 >> kind as u8 & 1 == 1
    }

    /// The set with `kind`.
    #[must_use]
    pub const fn with(self, kind: FeatureKind) -> FeatureKinds {
        FeatureKinds(self.0 | 1 << kind as u8)
    }

    /// The set without `kind`.
    #[must_use]
    pub const fn without(self, kind: FeatureKind) -> FeatureKinds {
        FeatureKinds(self.0 & !(1 << kind as u8))
    }
}

impl FromStr for FeatureKinds {
    type Err = UnknownFeatureKind;

    /// Every kind but those named, separated by commas.
    fn from_str(text: &str) -> Result<FeatureKinds, UnknownFeatureKind> {
        let mut kinds = FeatureKinds::ALL;
        for name in text.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            let kind = FeatureKind::ALL.iter().find(|k| k.name() == name);
            let kind = kind.ok_or_else(|| UnknownFeatureKind {
                name: name.to_owned(),
            })?;
            kinds = kinds.without(*kind);
        }
        Ok(kinds)
    }
}

/// There is no kind of feature with this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "there is no kind of feature {name:?}; use reads, repeats, switches, waits, locks, states, arms \
     or rare"
)]
pub struct UnknownFeatureKind {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_can_be_switched_off_by_name() {
        assert_eq!("".parse(), Ok(FeatureKinds::ALL));
        for &kind in FeatureKind::ALL {
            let rest: FeatureKinds = kind.name().parse().unwrap();
            assert!(!rest.has(kind) && FeatureKinds::ALL.has(kind));
            assert_eq!(rest.with(kind).has(kind), FeatureKinds::ALL.has(kind));
            let others = FeatureKind::ALL.iter().filter(|&&k| k != kind);
            assert!(others.clone().all(|&k| rest.has(k)), "{kind}");
        }
        let two: FeatureKinds = "arms, locks".parse().unwrap();
        assert!(
            !two.has(FeatureKind::Arms)
                && !two.has(FeatureKind::Locks)
                && two.has(FeatureKind::Rare)
        );
        let error = "lines".parse::<FeatureKinds>().unwrap_err().to_string();
        assert!(
            FeatureKind::ALL.iter().all(|k| error.contains(k.name())),
            "{error}"
        );
    }
}
