//! The observable effects of a transition.
//!
//! Whether the order of two transitions matters is decided here, and not by
//! [`Access::conflicts_with`](crate::op::Access::conflicts_with): what a transition
//! touches is more than the object of its operation, since everything that runs before
//! the next decision belongs to it, and the kernel reports it piece by piece; see
//! [`Touch`](crate::strategy::Touch).

use crate::id::{ObjectId, TaskId};
use crate::strategy::{Gate, Touch};

/// One transition of the execution at hand.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) task: TaskId,
    /// Conflicts with every other transition, because it is enabled by their
    /// number rather than by what they do: a timer that fires, a spin.
    pub(super) universal: bool,
    /// What it touched; each piece once, when it is sealed.
    pub(super) footprint: Vec<(Touch, bool)>,
    /// The gate that it passed.
    pub(super) gate: Option<Gate>,
    /// Which task came to which gate.
    pub(super) arrivals: Vec<(TaskId, Gate)>,
    /// The gates that it opened and shut, in order.
    pub(super) gates: Vec<(Gate, bool)>,
    /// The objects that it was the first to touch, and a hash of where each was
    /// created.
    pub(super) appeared: Vec<(ObjectId, u64)>,
    /// The pieces of state that it made.
    pub(super) made: Vec<Touch>,
    /// How many tasks there were before it.
    pub(super) tasks: u32,
    /// A hash of the task and its operation.
    pub(super) label: u64,
    /// Its number among the events of its task, from 1.
    pub(super) nth: u32,
    /// What happens before it, itself included.
    pub(super) clock: Clock,
    /// A hash of it and of all that happens before it.
    pub(super) hash: u64,
}

impl Event {
    pub(super) fn new(task: TaskId, label: u64, tasks: u32) -> Event {
        Event {
            task,
            universal: false,
            footprint: vec![(Touch::Task(task), true)],
            gate: None,
            arrivals: Vec::new(),
            gates: Vec::new(),
            appeared: Vec::new(),
            made: Vec::new(),
            tasks,
            label,
            nth: 0,
            clock: Clock::default(),
            hash: 0,
        }
    }

    /// Joins the entries of each piece of state.
    pub(super) fn tidy(&mut self) {
        // A write sorts behind the read that it covers.
        self.footprint.sort_unstable();
        self.footprint.reverse();
        self.footprint.dedup_by_key(|(touch, _)| *touch);
    }

    /// Whether it touches `touch`, and if so whether it writes it.
    fn touches(&self, touch: Touch) -> Option<bool> {
        let of = |&&(t, _): &&(Touch, bool)| t == touch;
        self.footprint.iter().find(of).map(|&(_, write)| write)
    }

    /// Whether it was the first to touch `object`.
    pub(super) fn makes(&self, object: ObjectId) -> bool {
        self.appeared.iter().any(|&(o, _)| o == object)
    }

    /// Whether the order of the two matters.
    pub(super) fn conflicts(&self, other: &Event) -> bool {
        self.universal
            || other.universal
            || self
                .footprint
                .iter()
                .any(|&(touch, write)| other.touches(touch).is_some_and(|theirs| write || theirs))
    }
}

/// For each task, how many of its events happen before, by number of the task.
#[derive(Clone, Default, Debug)]
pub(super) struct Clock(Vec<u32>);

impl Clock {
    pub(super) fn join(&mut self, other: &Clock) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, &theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(theirs);
        }
    }

    pub(super) fn set(&mut self, task: TaskId, nth: u32) {
        if self.0.len() <= task.index() {
            self.0.resize(task.index() + 1, 0);
        }
        self.0[task.index()] = nth;
    }

    /// Whether `event` is among what happens before.
    pub(super) fn covers(&self, event: &Event) -> bool {
        let seen = self.0.get(event.task.index()).copied().unwrap_or(0);
        seen >= event.nth
    }
}

/// What a transition touches, in names that mean the same in every execution
/// with the same beginning.
#[derive(Clone, Default, Debug)]
pub(super) struct Print {
    universal: bool,
    pieces: Vec<(Piece, bool)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Piece {
    Known(Touch),
    /// An object that nobody has touched before: what number it gets depends on
    /// who is first, but not where it was created.
    Fresh(u64),
}

impl Print {
    pub(super) fn of(event: &Event) -> Print {
        let piece = |&(touch, write): &(Touch, bool)| {
            let piece = match touch {
                Touch::Object(object) | Touch::Tried(object) => {
                    let fresh = event.appeared.iter().find(|(o, _)| *o == object);
                    fresh.map_or(Piece::Known(touch), |&(_, site)| Piece::Fresh(site))
                }
                // Nobody else can touch what is not there yet.
                Touch::Cell(_) if event.made.contains(&touch) => return None,
                Touch::Task(task) | Touch::Standing(task) if task.0 >= event.tasks => return None,
                Touch::Task(_) | Touch::Standing(_) | Touch::Cell(_) | Touch::Clock => {
                    Piece::Known(touch)
                }
            };
            Some((piece, write))
        };
        // From here on the object has a number, under which others touch it.
        let appeared = event
            .appeared
            .iter()
            .map(|&(_, site)| (Piece::Fresh(site), false));
        Print {
            universal: event.universal,
            pieces: event
                .footprint
                .iter()
                .filter_map(piece)
                .chain(appeared)
                .collect(),
        }
    }

    /// Adds what the same transition touches under other answers of the
    /// environment.
    pub(super) fn add(&mut self, other: Print) {
        self.universal |= other.universal;
        self.pieces.extend(other.pieces);
        self.pieces.sort_unstable();
        self.pieces.dedup();
    }

    pub(super) fn conflicts(&self, other: &Print) -> bool {
        self.universal
            || other.universal
            || self.pieces.iter().any(|&(piece, write)| {
                other
                    .pieces
                    .iter()
                    .any(|&(theirs, writes)| piece == theirs && (write || writes))
            })
    }
}
