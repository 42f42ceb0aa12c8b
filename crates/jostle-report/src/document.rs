//! The data model of pages: their input, and the same as serializable data.

use std::borrow::Cow;

use jostle_core::explain::Pair;
use jostle_core::finding::{self, Finding};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::Site;
use jostle_core::trace::{self, Trace};
use serde::Serialize;

use crate::clues::Clues;
use crate::order;
use crate::places::{Place, Places};
use crate::text;
use crate::{Commands, ReadSource};

/// The version of the document. Raised when a field changes its meaning or goes
/// away; fields may be added without.
pub const VERSION: u32 = 1;

/// An execution with what it came to.
#[derive(Clone, Copy, Debug)]
pub struct Execution<'a> {
    /// What was found, if anything.
    pub finding: Option<&'a Finding>,
    /// The record.
    pub trace: &'a Trace,
}

/// What a page shows.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The name of the scenario.
    pub scenario: &'a str,
    /// What the scenario shows.
    pub about: &'a str,
    /// Where it stands.
    pub site: Site,
    /// The execution that the page is about, which fails as a rule.
    pub failing: Execution<'a>,
    /// One that passes, as near to it as there is, to be compared with it.
    pub passing: Option<Execution<'a>>,
    /// The two operations whose order decides: in the failing execution, and in the
    /// passing one, where they come the other way round.
    pub decides: Option<[Pair; 2]>,
    /// How to go on from here.
    pub commands: &'a Commands,
}

/// A page as JSON has it; see the schema for the fields.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    jostle_report: u32,
    scenario: Scenario<'a>,
    commands: CommandLines<'a>,
    executions: Vec<Record<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decides: Option<Decides>,
    places: Vec<Place>,
}

#[derive(Serialize)]
struct Decides {
    failing: [usize; 2],
    passing: [usize; 2],
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    about: &'a str,
    place: usize,
}

#[derive(Serialize)]
struct CommandLines<'a> {
    replay: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimize: Option<&'a str>,
}

#[derive(Serialize)]
struct Record<'a> {
    fingerprint: String,
    preemptions: u32,
    time_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<Found<'a>>,
    tasks: Vec<Task<'a>>,
    objects: Vec<Object<'a>>,
    steps: Vec<Step>,
    wakes: Vec<Wake>,
}

#[derive(Serialize)]
struct Found<'a> {
    kind: &'static str,
    message: Cow<'a, str>,
    signature: String,
    task: Option<u32>,
    place: Option<usize>,
    waits: Vec<Wait>,
    cycle: Vec<u32>,
    accesses: Vec<Access<'a>>,
    explained_by: Vec<usize>,
}

#[derive(Serialize)]
struct Wait {
    task: u32,
    op: &'static str,
    object: Option<u32>,
    place: usize,
    on: Vec<u32>,
    step: Option<usize>,
    cause: Option<usize>,
}

#[derive(Serialize)]
struct Access<'a> {
    task: Option<u32>,
    what: &'a str,
    held: Vec<u32>,
    place: Option<usize>,
    stack: &'a [String],
}

#[derive(Serialize)]
struct Task<'a> {
    name: Option<Cow<'a, str>>,
    parent: u32,
    place: usize,
    born: u32,
    ended: Option<u32>,
}

#[derive(Serialize)]
struct Object<'a> {
    kind: &'a str,
    place: usize,
}

/// What is usual is left out: most of a document are steps.
#[derive(Serialize)]
struct Step {
    task: u32,
    op: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<u32>,
    place: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    preemption: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    blocks: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<usize>,
}

#[derive(Serialize)]
struct Wake {
    steps: u32,
    by: u32,
    task: u32,
}

impl<'a> Document<'a> {
    pub(super) fn new(page: &Page<'a>, read: ReadSource<'a>) -> Document<'a> {
        let mut places = Places::new(read);
        let executions = std::iter::once(page.failing).chain(page.passing);
        Document {
            jostle_report: VERSION,
            scenario: Scenario {
                name: page.scenario,
                about: page.about,
                place: places.site(page.site),
            },
            commands: CommandLines {
                replay: &page.commands.replay,
                minimize: page.commands.minimize.as_deref(),
            },
            executions: executions.map(|e| record(e, &mut places)).collect(),
            decides: page.decides.map(|pairs| {
                let [failing, passing] = pairs.map(|pair| [pair.first, pair.second]);
                Decides { failing, passing }
            }),
            places: places.into_places(),
        }
    }
}

fn record<'a>(execution: Execution<'a>, places: &mut Places<'_>) -> Record<'a> {
    let trace = execution.trace;
    let tasks = trace.tasks.iter().map(|info| Task {
        name: info.name.as_deref().map(text::message),
        parent: info.parent.0,
        place: places.site(info.site),
        born: info.born,
        ended: info.ended,
    });
    let tasks = tasks.collect();
    let objects = trace.objects.iter().map(|info| Object {
        kind: info.kind,
        place: places.site(info.site),
    });
    let objects = objects.collect();
    let steps = trace.steps.iter().zip(order::after(&trace.steps));
    let steps = steps.map(|(step, after)| self::step(step, after, places));
    let steps = steps.collect();
    Record {
        fingerprint: format!("{:016x}", trace.fingerprint()),
        preemptions: trace.preemptions,
        time_ns: trace.time,
        finding: execution.finding.map(|f| found(f, trace, places)),
        tasks,
        objects,
        steps,
        wakes: trace.wakes.iter().map(wake).collect(),
    }
}

fn step(step: &trace::Step, after: Vec<usize>, places: &mut Places<'_>) -> Step {
    Step {
        task: step.task.0,
        op: step.kind.name(),
        object: object(step.object),
        place: places.site(step.site),
        value: step.value,
        preemption: step.preemption,
        blocks: step.blocks,
        after,
    }
}

fn wake(wake: &trace::Wake) -> Wake {
    Wake {
        steps: wake.steps,
        by: wake.by.0,
        task: wake.task.0,
    }
}

fn found<'a>(finding: &'a Finding, trace: &Trace, places: &mut Places<'_>) -> Found<'a> {
    let clues = Clues::new(finding, trace);
    Found {
        kind: finding.kind.name(),
        message: text::message(&finding.message),
        signature: finding.signature(),
        task: finding.task.map(|task| task.0),
        place: finding.place.as_ref().map(|place| places.place(place)),
        waits: finding
            .waits
            .iter()
            .map(|w| wait(w, &clues, places))
            .collect(),
        cycle: tasks(&finding.cycle),
        accesses: finding.accesses.iter().map(|a| access(a, places)).collect(),
        explained_by: clues.to_show(finding).into_iter().collect(),
    }
}

fn wait(wait: &finding::Wait, clues: &Clues, places: &mut Places<'_>) -> Wait {
    Wait {
        task: wait.task.0,
        op: wait.op.name(),
        object: object(wait.object),
        place: places.wait(wait),
        on: tasks(&wait.on),
        step: clues.last(wait.task).filter(|&step| clues.is_stuck(step)),
        cause: clues.cause(wait.task),
    }
}

fn access<'a>(access: &'a finding::Access, places: &mut Places<'_>) -> Access<'a> {
    Access {
        task: access.task.map(|task| task.0),
        what: &access.what,
        held: access.held.iter().map(|object| object.0).collect(),
        place: access.place.as_ref().map(|place| places.place(place)),
        stack: &access.stack,
    }
}

fn tasks(tasks: &[TaskId]) -> Vec<u32> {
    tasks.iter().map(|task| task.0).collect()
}

fn object(object: ObjectId) -> Option<u32> {
    (object != ObjectId::NONE).then_some(object.0)
}
