//! Flags that force the slow path.

/// A set of flags.
///
/// Most executions have none set, so that the fast path tests a single number.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Attention(u16);

impl Attention {
    /// The strategy is to be told what changes.
    pub(super) const WATCHER: Attention = Attention(1);
    /// Choices are prescribed.
    pub(super) const PRESCRIBED: Attention = Attention(1 << 1);
    /// The steps of the budget are used up: a fair scheduler has taken over.
    pub(super) const FAIR: Attention = Attention(1 << 2);
    /// There are tasks that spin.
    pub(super) const SPINNERS: Attention = Attention(1 << 3);
    /// There are armed timers, or the clock is runnable.
    pub(super) const CLOCK: Attention = Attention(1 << 4);
    /// Something has stopped the execution.
    pub(super) const STOP: Attention = Attention(1 << 5);
    /// The execution is being torn down.
    pub(super) const TEARDOWN: Attention = Attention(1 << 6);
    /// There are eager tasks.
    pub(super) const EAGER: Attention = Attention(1 << 7);
    /// The strategy is not uniform and has to be asked.
    pub(super) const STRATEGY: Attention = Attention(1 << 8);
    /// Every schedule is being explored: the explorer is asked at every step and told
    /// what steps touch.
    pub(super) const EXPLORER: Attention = Attention(1 << 9);
    /// The carrier does more at a point than the fast path lets it.
    pub(super) const CARRIER: Attention = Attention(1 << 10);

    pub(super) const NONE: Attention = Attention(0);

    #[inline(always)]
    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    #[inline(always)]
    pub(super) fn has(self, flag: Attention) -> bool {
        self.0 & flag.0 != 0
    }

    #[inline(always)]
    pub(super) fn add(&mut self, flag: Attention) {
        self.0 |= flag.0;
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, flag: Attention) {
        self.0 &= !flag.0;
    }
}
