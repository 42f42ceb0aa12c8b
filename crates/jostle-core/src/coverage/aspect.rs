//! What is looked at.

use std::fmt;
use std::str::FromStr;

macro_rules! aspects {
    ($($(#[$doc:meta])* $aspect:ident $name:literal,)*) => {
        /// Something to look at in an execution.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Aspect { $($(#[$doc])* $aspect,)* }

        impl Aspect {
            /// Every aspect.
            pub const ALL: &'static [Aspect] = &[$(Aspect::$aspect,)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Aspect::$aspect => $name,)* }
            }
        }
    };
}

aspects! {
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

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of aspects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Aspects(u8);

impl Aspects {
    /// Everything there is to look at.
    pub const ALL: Aspects = Aspects(u8::MAX);

    /// What a search builds on.
    ///
    /// Reads and repeats alone. The others make executions worth keeping that are no
    /// closer to anything.
    pub const SEARCH: Aspects = Aspects(1 << Aspect::Reads as u8 | 1 << Aspect::Repeats as u8);

    /// Whether `aspect` is looked at.
    #[inline]
    #[must_use]
    pub const fn has(self, aspect: Aspect) -> bool {
        self.0 >> aspect as u8 & 1 == 1
    }

    /// The set with `aspect`.
    #[must_use]
    pub const fn with(self, aspect: Aspect) -> Aspects {
        Aspects(self.0 | 1 << aspect as u8)
    }

    /// The set without `aspect`.
    #[must_use]
    pub const fn without(self, aspect: Aspect) -> Aspects {
        Aspects(self.0 & !(1 << aspect as u8))
    }
}

impl FromStr for Aspects {
    type Err = UnknownAspect;

    /// Everything but the aspects named, separated by commas.
    fn from_str(text: &str) -> Result<Aspects, UnknownAspect> {
        let mut aspects = Aspects::ALL;
        for name in text.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            let aspect = Aspect::ALL.iter().find(|a| a.name() == name);
            let aspect = aspect.ok_or_else(|| UnknownAspect {
                name: name.to_owned(),
            })?;
            aspects = aspects.without(*aspect);
        }
        Ok(aspects)
    }
}

/// There is no aspect with this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "there is no aspect {name:?} of coverage; use reads, repeats, switches, waits, locks, states, \
     arms or rare"
)]
pub struct UnknownAspect {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_aspect_can_be_switched_off_by_name() {
        assert_eq!("".parse(), Ok(Aspects::ALL));
        for &aspect in Aspect::ALL {
            let rest: Aspects = aspect.name().parse().unwrap();
            assert!(!rest.has(aspect) && Aspects::ALL.has(aspect));
            assert_eq!(rest.with(aspect).has(aspect), Aspects::ALL.has(aspect));
            let others = Aspect::ALL.iter().filter(|&&a| a != aspect);
            assert!(others.clone().all(|&a| rest.has(a)), "{aspect}");
        }
        let two: Aspects = "arms, locks".parse().unwrap();
        assert!(!two.has(Aspect::Arms) && !two.has(Aspect::Locks) && two.has(Aspect::Rare));
        let error = "lines".parse::<Aspects>().unwrap_err().to_string();
        assert!(
            Aspect::ALL.iter().all(|a| error.contains(a.name())),
            "{error}"
        );
    }
}
