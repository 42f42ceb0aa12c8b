//! The sizes of a scenario and its tasks, measured in earlier executions.

use crate::id::TaskId;

/// What earlier executions of the same scenario tell about its size.
///
/// Made by a fixed handful of executions before a campaign, so that it is a
/// function of the scenario and not of the campaign's history.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Profile {
    /// The largest number of scheduling decisions seen.
    pub decisions: u32,
    /// Invariant: sorted by key, no two with the same key.
    tasks: Vec<(u64, Size)>,
}

/// How large one task is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Size {
    /// The largest number of steps that it made itself.
    own: u32,
    /// The largest number of steps that it and all its descendants made.
    family: u32,
}

/// What one execution tells about one of its tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TaskSize {
    /// The task that spawned it. A task whose parent does not come before it has none.
    pub parent: TaskId,
    /// See [`TaskView::key`](super::TaskView::key).
    pub key: u64,
    /// How many steps it made.
    pub steps: u32,
}

impl Profile {
    /// Takes in one more execution: how many scheduling decisions it made, and
    /// its tasks by number, the clock among them.
    pub fn observe(&mut self, decisions: u32, tasks: &[TaskSize]) {
        self.decisions = self.decisions.max(decisions);
        let mut families: Vec<u32> = tasks.iter().map(|t| t.steps).collect();
        // Children have larger numbers than their parents, so that a family is
        // complete before it is added to the one above.
        for (number, task) in tasks.iter().enumerate().rev() {
            let parent = task.parent.index();
            if parent < number {
                families[parent] = families[parent].saturating_add(families[number]);
            }
        }
        for (task, family) in tasks.iter().zip(families) {
            let at = match self.tasks.binary_search_by_key(&task.key, |t| t.0) {
                Ok(at) => at,
                Err(at) => {
                    self.tasks.insert(at, (task.key, Size::default()));
                    at
                }
            };
            let size = &mut self.tasks[at].1;
            size.own = size.own.max(task.steps);
            size.family = size.family.max(family);
        }
    }

    /// The largest number of steps seen for the task with `key`, 0 if unknown.
    #[must_use]
    pub fn steps_of(&self, key: u64) -> u32 {
        self.size_of(key).own
    }

    /// The largest number of steps that the task with `key` and all its
    /// descendants were seen to make together, 0 if unknown.
    #[must_use]
    pub fn family_steps_of(&self, key: u64) -> u32 {
        self.size_of(key).family
    }

    /// Becomes equal to `other` and keeps its memory, unlike `clone_from`.
    pub(super) fn copy_from(&mut self, other: &Profile) {
        self.decisions = other.decisions;
        self.tasks.clone_from(&other.tasks);
    }

    fn size_of(&self, key: u64) -> Size {
        self.tasks
            .binary_search_by_key(&key, |t| t.0)
            .map_or(Size::default(), |at| self.tasks[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(parent: usize, key: u64, steps: u32) -> TaskSize {
        TaskSize {
            parent: TaskId::from_index(parent),
            key,
            steps,
        }
    }

    #[test]
    fn a_family_is_a_task_and_all_its_descendants() {
        let mut profile = Profile::default();
        // The clock; main; two children of main; a grandchild.
        profile.observe(
            7,
            &[
                task(0, 0, 5),
                task(1, 10, 3),
                task(1, 11, 20),
                task(1, 12, 30),
                task(2, 13, 400),
            ],
        );
        let families = [10, 11, 12, 13].map(|key| profile.family_steps_of(key));
        assert_eq!(families, [453, 420, 30, 400]);
        assert_eq!(
            [10, 11, 12, 13].map(|key| profile.steps_of(key)),
            [3, 20, 30, 400]
        );
        assert_eq!(profile.steps_of(99), 0);
        assert_eq!(profile.family_steps_of(99), 0);
        assert_eq!(profile.decisions, 7);
    }

    #[test]
    fn the_largest_execution_counts() {
        let mut profile = Profile::default();
        profile.observe(4, &[task(0, 0, 0), task(1, 10, 9), task(1, 11, 2)]);
        profile.observe(3, &[task(0, 0, 1), task(1, 10, 4), task(1, 11, 5)]);
        assert_eq!(profile.decisions, 4);
        assert_eq!(profile.steps_of(10), 9);
        assert_eq!(profile.steps_of(11), 5);
        assert_eq!(profile.family_steps_of(10), 11);
    }
}
