//! Explores the tree of decisions, one branch at a time.

use std::collections::{HashMap, HashSet};

use crate::decision::ChoiceKind;
use crate::hash::mix;
use crate::id::{ObjectId, TaskId};
use crate::op::{Access, Effect, Site};
use crate::site_class::hash_site;
use crate::strategy::{Explorer, Gate, Touch, View};
use crate::verify::event::{Event, Print};
use crate::verify::happens_before::HappensBefore;
use crate::verify::races;
use crate::verify::{Bounds, Reduction};

/// Why an execution was given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Given {
    /// Whatever it could come to has been or will be explored elsewhere.
    Redundant,
    /// It made more steps than the bounds allow.
    TooLong,
    /// It went another way than the one before with the same decisions.
    Astray,
}

/// One decision of the present branch.
#[derive(Debug)]
struct Node {
    runnable: Vec<TaskId>,
    /// Tasks whose transition from here has been or will be explored elsewhere.
    asleep: Vec<(TaskId, Print)>,
    /// Tasks whose transition from here has been explored.
    done: Vec<(TaskId, Print)>,
    /// Tasks whose transition from here has to be explored.
    wanted: Vec<TaskId>,
    chosen: TaskId,
    /// What the environment answered during the transition.
    answers: Vec<Answer>,
    /// What the transition touches, under all answers so far.
    print: Print,
    /// How many preemptions there were before.
    preemptions: u32,
    /// The running task, which choosing any other task would preempt.
    preempts: Option<TaskId>,
    /// How many rare answers the environment had given before.
    rare: u32,
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    kind: ChoiceKind,
    /// How many alternatives there are.
    arity: u32,
    /// How many of them are to be tried.
    tried: u32,
    picked: u32,
}

fn is_rare(kind: ChoiceKind) -> bool {
    matches!(
        kind,
        ChoiceKind::Spurious | ChoiceKind::WeakFailure | ChoiceKind::Cancel
    )
}

impl Node {
    fn new(runnable: Vec<TaskId>, chosen: TaskId) -> Node {
        Node {
            runnable,
            asleep: Vec::new(),
            done: Vec::new(),
            wanted: vec![chosen],
            chosen,
            answers: Vec::new(),
            print: Print::default(),
            preemptions: 0,
            preempts: None,
            rare: 0,
        }
    }

    fn is_asleep(&self, task: TaskId) -> bool {
        self.asleep.iter().any(|(t, _)| *t == task)
    }

    /// Preemptions up to the end of the transition.
    fn preemptions_with(&self, task: TaskId) -> u32 {
        self.preemptions + u32::from(self.preempts.is_some_and(|last| last != task))
    }

    /// Rare answers up to the end of the transition.
    fn rare_after(&self) -> u32 {
        let rare = self
            .answers
            .iter()
            .filter(|a| is_rare(a.kind) && a.picked > 0);
        self.rare + rare.count() as u32
    }

    /// Goes on to the next combination of answers. Returns false if there is
    /// none.
    fn answer_otherwise(&mut self) -> bool {
        while let Some(last) = self.answers.last_mut() {
            if last.picked + 1 < last.tried {
                last.picked += 1;
                return true;
            }
            self.answers.pop();
        }
        false
    }
}

/// The exploration of one scenario.
#[derive(Debug)]
pub(super) struct Tree {
    reduction: Reduction,
    bounds: Bounds,
    nodes: Vec<Node>,
    order: HappensBefore,
    /// How many nodes the execution at hand has come through.
    depth: usize,
    /// Which answer of the environment is due.
    answer: usize,
    /// The transition at hand, unless it is one that `order` has.
    event: Option<Event>,
    given: Option<Given>,
    /// The classes of the executions that came to an end.
    classes: HashSet<u64>,
    /// With how few preemptions each beginning has been reached.
    reached: HashMap<(u64, TaskId, u32), u32>,
    /// Something was left out because of the bounds.
    limited: bool,
    /// How many events the last execution shared with the one before, whose races
    /// are known.
    shared: usize,
}

impl Tree {
    pub(super) fn new(reduction: Reduction, bounds: Bounds) -> Tree {
        Tree {
            reduction,
            bounds,
            // The main task runs to its first operation before any decision.
            nodes: vec![Node::new(vec![TaskId::MAIN], TaskId::MAIN)],
            order: HappensBefore::default(),
            depth: 0,
            answer: 0,
            event: None,
            given: None,
            classes: HashSet::new(),
            reached: HashMap::new(),
            limited: false,
            shared: 0,
        }
    }

    /// The class of the execution that has ended.
    pub(super) fn class(&self) -> u64 {
        self.order.class()
    }

    pub(super) fn classes(&self) -> u64 {
        self.classes.len() as u64
    }

    /// Whether something was left out because of the bounds.
    pub(super) fn is_limited(&self) -> bool {
        self.limited
    }

    /// The transition at hand has ended.
    fn seal(&mut self) {
        let Some(event) = self.event.take() else {
            return;
        };
        let node = &mut self.nodes[self.depth - 1];
        node.print.add(Print::of(&event));
        let answers = node
            .answers
            .iter()
            .fold(0, |hash, a| mix(hash, u64::from(a.picked) + 1));
        self.order.push(event, answers);
    }

    fn give_up(&mut self, why: Given) -> TaskId {
        self.given = Some(why);
        TaskId::MAIN
    }

    /// The transition of `task`, as far as its operation tells.
    fn started(&self, task: TaskId, view: &View) -> Event {
        let row = &view.tasks[task.index()];
        let label = mix(row.key, mix(row.op.kind as u64, hash_site(row.op.site)));
        let mut event = Event::new(task, label, view.tasks.len() as u32);
        event.universal = races::is_universal(task, row.op.kind);
        event.gate = self.order.gate_of(task, self.order.len());
        let Access { object, effect } = row.op.access();
        if object != ObjectId::NONE && effect != Effect::None {
            event
                .footprint
                .push((Touch::Object(object), effect.writes()));
        }
        event
    }

    /// A decision that this branch has not come to before; none if there is
    /// nothing to be explored from there.
    fn node(&mut self, view: &View, runnable: Vec<TaskId>) -> Option<Node> {
        let parent = self.nodes.last()?;
        let mut node = Node::new(runnable, TaskId::MAIN);
        node.rare = parent.rare_after();
        node.preemptions = parent.preemptions_with(parent.chosen);
        let last = view.last;
        let offers = view.tasks[last.index()].op.kind.offers_to_wait();
        let goes_on = node.runnable.contains(&last) && last != TaskId::CLOCK;
        node.preempts = (goes_on && !offers).then_some(last);
        // The fewer preemptions a schedule has, the better it reads, and whoever lets
        // others go first may wait for them; time passes when nobody else has
        // anything to do.
        let order = |task: &TaskId| {
            let first = *task == last && !offers;
            let waits = *task == last && offers;
            (!first, waits, *task == TaskId::CLOCK, *task)
        };
        node.wanted = node.runnable.clone();
        node.wanted.sort_by_key(order);
        match self.reduction {
            Reduction::None => {}
            Reduction::Preemptions(most) => {
                let key = (self.order.class(), last, node.rare);
                let least = self.reached.entry(key).or_insert(u32::MAX);
                if *least <= node.preemptions {
                    return None;
                }
                *least = node.preemptions;
                let mut wanted = std::mem::take(&mut node.wanted);
                wanted.retain(|&task| node.preemptions_with(task) <= most);
                node.wanted = wanted;
            }
            Reduction::Sources => {
                let print = Print::of(self.order.event(self.order.len() - 1));
                let sleepers = parent.asleep.iter().chain(&parent.done);
                node.asleep = sleepers
                    .filter(|(_, p)| !p.conflicts(&print))
                    .cloned()
                    .collect();
                let awake = node.wanted.iter().find(|&&task| !node.is_asleep(task));
                node.wanted = vec![*awake?];
                if node.runnable.contains(&TaskId::CLOCK) && node.wanted[0] != TaskId::CLOCK {
                    node.wanted.push(TaskId::CLOCK);
                }
            }
        }
        node.chosen = *node.wanted.first()?;
        Some(node)
    }

    /// The execution has ended. Returns why it was given up, if it was.
    pub(super) fn end(&mut self) -> Option<Given> {
        if self.given.is_none() {
            self.seal();
            if self.depth < self.nodes.len() {
                self.given = Some(Given::Astray);
            }
        }
        if self.given.is_none() {
            self.classes.insert(self.order.class());
        }
        self.given
    }

    /// Goes on to the next branch. Returns false if there is none.
    pub(super) fn advance(&mut self) -> bool {
        if self.reduction == Reduction::Sources {
            self.find_races();
        }
        let more = self.branch();
        self.shared = self.order.len();
        more
    }

    fn branch(&mut self) -> bool {
        loop {
            if self.order.len() == self.nodes.len() {
                self.order.pop();
            }
            let Some(node) = self.nodes.last_mut() else {
                break;
            };
            if node.answer_otherwise() {
                return true;
            }
            let print = std::mem::take(&mut node.print);
            node.done.push((node.chosen, print));
            let next =
                node.wanted.iter().copied().find(|&task| {
                    !node.is_asleep(task) && !node.done.iter().any(|(t, _)| *t == task)
                });
            if let Some(task) = next {
                node.chosen = task;
                return true;
            }
            self.nodes.pop();
        }
        false
    }

    fn find_races(&mut self) {
        let mut reversals = Vec::new();
        for at in self.shared..self.order.len() {
            reversals.extend(races::of_event(&self.order, at));
        }
        if self.given.is_none() {
            for (task, gate) in self.order.blocked() {
                reversals.extend(races::of_blocked(&self.order, task, gate));
            }
        }
        for reversal in reversals {
            let node = &mut self.nodes[reversal.at];
            let covered = |task: &TaskId| node.wanted.contains(task) || node.is_asleep(*task);
            if reversal.initials.iter().any(covered) {
                continue;
            }
            let runnable = |task: &&TaskId| node.runnable.contains(task);
            match reversal.initials.iter().find(runnable).copied() {
                Some(task) => node.wanted.push(task),
                None => {
                    let all = node.runnable.clone();
                    node.wanted.extend(all);
                }
            }
        }
    }
}

impl Explorer for Tree {
    fn begin(&mut self) {
        self.given = None;
        self.depth = 1;
        self.answer = 0;
        self.event = (self.order.len() == 0).then(|| Event::new(TaskId::MAIN, 0, 0));
    }

    fn pick(&mut self, view: &View) -> TaskId {
        self.seal();
        let at = self.depth;
        self.depth += 1;
        self.answer = 0;
        let runnable: Vec<TaskId> = view.runnable.iter().collect();
        if let Some(node) = self.nodes.get(at) {
            if node.runnable != runnable {
                return self.give_up(Given::Astray);
            }
        } else if view.step >= self.bounds.steps {
            self.limited = true;
            return self.give_up(Given::TooLong);
        } else if let Some(node) = self.node(view, runnable) {
            self.nodes.push(node);
        } else {
            return self.give_up(Given::Redundant);
        }
        let task = self.nodes[at].chosen;
        if at == self.order.len() {
            self.event = Some(self.started(task, view));
        }
        task
    }

    fn choose(&mut self, kind: ChoiceKind, arity: u32) -> u32 {
        let node = &mut self.nodes[self.depth - 1];
        let due = self.answer;
        self.answer += 1;
        if let Some(answer) = node.answers.get(due) {
            if (answer.kind, answer.arity) != (kind, arity) {
                self.given = Some(Given::Astray);
                return 0;
            }
            return answer.picked;
        }
        let denied = is_rare(kind) && node.rare_after() >= self.bounds.rare;
        self.limited |= denied;
        node.answers.push(Answer {
            kind,
            arity,
            tried: if denied { 1 } else { arity },
            picked: 0,
        });
        0
    }

    fn touched(&mut self, touch: Touch, write: bool) {
        let Some(event) = &mut self.event else { return };
        let first = matches!(touch, Touch::Object(object) if event.makes(object));
        if !first {
            event.footprint.push((touch, write));
        }
    }

    fn touched_all(&mut self) {
        if let Some(event) = &mut self.event {
            event.universal = true;
        }
    }

    fn gate_set(&mut self, gate: Gate, open: bool) {
        if let Some(event) = &mut self.event {
            event.gates.push((gate, open));
        }
    }

    fn arrived(&mut self, task: TaskId, gate: Gate) {
        if let Some(event) = &mut self.event {
            event.arrivals.push((task, gate));
        }
    }

    fn appeared(&mut self, object: ObjectId, site: Site) {
        if let Some(event) = &mut self.event {
            event.appeared.push((object, hash_site(site)));
        }
    }

    fn made(&mut self, touch: Touch) {
        if let Some(event) = &mut self.event {
            event.made.push(touch);
        }
    }

    fn gives_up(&self) -> bool {
        self.given.is_some()
    }
}
