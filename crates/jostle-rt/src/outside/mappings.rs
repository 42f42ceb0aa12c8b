//! Memory that the program maps by itself, besides its heap.
//!
//! Private mappings from before the fork point are part of the image: what an execution writes
//! to them is taken back. They stay mapped and writable for that; one that an execution unmaps
//! or protects cannot be accessed until its end, and is writable again after it. What an
//! execution maps is unmapped after it.

#![allow(unsafe_code)]

use std::fs;
use std::ops::Range;

use crate::sys;

/// Larger mappings are no part of the image, which would fill memory with them: they are
/// address space that an allocator has reserved.
const LARGEST: usize = 1 << 28;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Mappings {
    is_marked: bool,
    /// Private mappings from before the fork point.
    before: Vec<Range<usize>>,
    /// Those of this execution.
    made: Vec<Range<usize>>,
    /// Parts of those from before whose protection the execution has changed.
    protected: Vec<Range<usize>>,
}

impl Mappings {
    /// A mapping was made.
    pub(crate) fn made(&mut self, range: Range<usize>, is_private: bool) {
        if self.is_marked {
            without(&mut self.made, &range);
            self.made.push(range);
        } else {
            without(&mut self.before, &range);
            self.before.extend(is_private.then_some(range));
        }
    }

    /// Whether memory from before the fork point is in `range`, in an execution.
    pub(crate) fn is_kept(&self, range: &Range<usize>) -> bool {
        self.is_marked && self.before.iter().any(|it| overlap(it, range).is_some())
    }

    /// The protection of memory from before the fork point has changed in `range`.
    pub(crate) fn protected(&mut self, range: &Range<usize>) {
        let parts = self.before.iter().filter_map(|it| overlap(it, range));
        self.protected.extend(parts);
    }

    /// Mappings are gone.
    pub(crate) fn gone(&mut self, range: &Range<usize>) {
        let list = match self.is_marked {
            true => &mut self.made,
            false => &mut self.before,
        };
        without(list, range);
    }

    /// The fork point is here. What can be written to is what has to be put back.
    pub(super) fn mark(&mut self) {
        self.is_marked = true;
        let writable = writable(&fs::read_to_string("/proc/self/maps").unwrap_or_default());
        self.before = self
            .before
            .iter()
            .flat_map(|it| writable.iter().filter_map(|part| overlap(it, part)))
            .collect();
        let all = self.before.len();
        self.before.retain(|it| it.len() <= LARGEST);
        if self.before.len() < all {
            crate::cautions::add(
                "a large mapping of memory (`mmap`) from before the first thread is not put back: \
                 executions after the first one see what others wrote",
            );
        }
    }

    /// What the image has to hold.
    pub(crate) fn kept(&self) -> &[Range<usize>] {
        &self.before
    }

    /// Back to the fork point, but for contents.
    pub(super) fn restore(&mut self) {
        let writable = (libc::PROT_READ | libc::PROT_WRITE) as usize;
        for range in self.protected.drain(..) {
            // SAFETY: It was mapped like that, and the program does not run.
            unsafe { sys::call(libc::SYS_mprotect, [range.start, range.len(), writable]) };
        }
        for range in self.made.drain(..) {
            // SAFETY: Nobody knows of it any more.
            unsafe { sys::call(libc::SYS_munmap, [range.start, range.len()]) };
        }
    }
}

/// What two ranges have in common.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> Option<Range<usize>> {
    let both = a.start.max(b.start)..a.end.min(b.end);
    (!both.is_empty()).then_some(both)
}

/// Takes `range` out of all in `list`.
fn without(list: &mut Vec<Range<usize>>, range: &Range<usize>) {
    if !list.iter().any(|it| overlap(it, range).is_some()) {
        return;
    }
    let parts = list.drain(..).flat_map(|it| {
        let before = it.start..it.end.min(range.start);
        let after = it.start.max(range.end)..it.end;
        [before, after]
    });
    *list = parts.filter(|it| !it.is_empty()).collect();
}

/// The private mappings that can be read and written, from the list that the system gives.
fn writable(maps: &str) -> Vec<Range<usize>> {
    let range = |line: &str| {
        let (addresses, rest) = line.split_once(' ')?;
        let (start, end) = addresses.split_once('-')?;
        let number = |text| usize::from_str_radix(text, 16).ok();
        let is_writable = rest.starts_with("rw") && rest.as_bytes().get(3) == Some(&b'p');
        is_writable.then_some(number(start)?..number(end)?)
    };
    maps.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_mappings_that_can_be_written_are_read_from_the_list() {
        let maps = "1000-3000 rw-p 00000000 00:00 0 \n\
                    3000-4000 r--p 00000000 00:00 0 \n\
                    5000-6000 rw-s 00000000 00:01 7 /dev/zero (deleted)\n\
                    8000-9000 rwxp 00000000 00:00 0 [heap]\n";
        assert_eq!(writable(maps), [0x1000..0x3000, 0x8000..0x9000]);
    }

    #[test]
    fn a_part_that_goes_leaves_what_is_beside_it() {
        let mut mappings = Mappings::default();
        mappings.made(10..20, true);
        mappings.made(40..50, false);
        mappings.gone(&(12..15));
        assert_eq!(mappings.before, [10..12, 15..20]);
        mappings.gone(&(0..30));
        assert!(mappings.before.is_empty());
    }

    #[test]
    fn what_is_from_before_and_what_is_not_are_told_apart() {
        let mut mappings = Mappings::default();
        mappings.made(10..20, true);
        assert!(!mappings.is_kept(&(10..20)));
        mappings.is_marked = true;
        mappings.made(30..40, true);
        assert!(mappings.is_kept(&(15..35)));
        assert!(!mappings.is_kept(&(30..40)));
        mappings.protected(&(15..35));
        assert_eq!(mappings.protected, vec![15..20]);
        mappings.gone(&(30..40));
        assert!(mappings.made.is_empty());
        assert_eq!(mappings.kept(), vec![10..20]);
    }
}
