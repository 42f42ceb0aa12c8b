//! What an execution has to see to besides the task that runs.

/// A set of duties.
///
/// Most executions have none, so that a scheduling point tests a single number.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Duties(u16);

impl Duties {
    /// The strategy wants to be told what changes.
    pub(crate) const WATCHER: Duties = Duties(1);
    /// Choices are prescribed.
    pub(crate) const SCRIPT: Duties = Duties(1 << 1);
    /// The steps of the budget are used up: a fair scheduler has taken over.
    pub(crate) const FAIR: Duties = Duties(1 << 2);
    /// There are tasks that spin.
    pub(crate) const SPINNERS: Duties = Duties(1 << 3);
    /// There are armed timers, or the clock is ready.
    pub(crate) const CLOCK: Duties = Duties(1 << 4);
    /// Something has stopped the execution.
    pub(crate) const STOP: Duties = Duties(1 << 5);
    /// The execution is being torn down.
    pub(crate) const TEARDOWN: Duties = Duties(1 << 6);
    /// There are eager tasks.
    pub(crate) const EAGER: Duties = Duties(1 << 7);
    /// The strategy is not uniform and has to be asked.
    pub(crate) const STRATEGY: Duties = Duties(1 << 8);

    /// The strategy explores: it is asked at every step and told what steps touch.
    pub(crate) const EXPLORER: Duties = Duties(1 << 9);

    pub(crate) const NONE: Duties = Duties(0);

    #[inline]
    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub(crate) fn has(self, duty: Duties) -> bool {
        self.0 & duty.0 != 0
    }

    pub(crate) fn add(&mut self, duty: Duties) {
        self.0 |= duty.0;
    }

    pub(crate) fn remove(&mut self, duty: Duties) {
        self.0 &= !duty.0;
    }
}
