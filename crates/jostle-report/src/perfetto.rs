//! An execution in the trace event format, which <https://ui.perfetto.dev> and
//! `chrome://tracing` open.
//!
//! The scenario is a process and every task a thread of it. A step is a slice of
//! one microsecond that begins at its number, since virtual time stands still
//! while tasks run: positions are steps, not durations. A wait is a slice from the
//! step that began it to the wake-up, with an arrow from the step that woke; what
//! never ends ends with the execution.
//!
//! The format is described in "Trace Event Format" (Google, 2016).

use std::collections::BTreeMap;

use jostle_core::id::{ObjectId, TaskId};
use jostle_core::trace::{Step, Trace};
use serde_json::{Value, json};

use crate::Page;
use crate::text;

/// The number of the process.
const PID: u32 = 1;

/// Steps are this long, in microseconds.
const STEP: usize = 1;

/// The document, which ends with a line feed.
#[must_use]
pub fn render(page: &Page<'_>) -> String {
    let trace = page.failing.trace;
    let mut events = names(page.scenario, trace);
    for (at, step) in trace.steps.iter().enumerate() {
        events.push(slice(at, step));
    }
    events.extend(waits(trace));
    events.extend(wakes(trace));
    if let Some(finding) = page.failing.finding {
        let task = finding.task.unwrap_or(TaskId::MAIN);
        events.push(json!({
            "name": format!("{}: {}", finding.kind, text::message(&finding.message)),
            "cat": "finding",
            "ph": "i",
            "s": "g",
            "ts": trace.steps.len() * STEP,
            "pid": PID,
            "tid": task.0,
        }));
    }
    let document = json!({
        "traceEvents": events,
        "displayTimeUnit": "ns",
        "otherData": {
            "scenario": page.scenario,
            "fingerprint": format!("{:016x}", trace.fingerprint()),
            "unit": "one microsecond is one step",
        },
    });
    text::inert_json(&document.to_string()) + "\n"
}

/// What the process and its threads are called and in which order they stand.
fn names(scenario: &str, trace: &Trace) -> Vec<Value> {
    let metadata = |name: &str, tid: u32, args: Value| json!({"name": name, "ph": "M", "ts": 0, "pid": PID, "tid": tid, "args": args});
    let mut events = vec![metadata("process_name", 0, json!({ "name": scenario }))];
    for tid in 0..trace.tasks.len() as u32 {
        let task = TaskId(tid);
        let given = trace.tasks[task.index()].name.as_deref();
        let name = match given {
            Some(name) => format!("{task} {}", text::message(name)),
            None => task.to_string(),
        };
        events.push(metadata("thread_name", tid, json!({ "name": name })));
        let order = json!({ "sort_index": tid });
        events.push(metadata("thread_sort_index", tid, order));
    }
    events
}

fn slice(at: usize, step: &Step) -> Value {
    let mut args = json!({ "step": at + 1, "where": step.site.to_string() });
    if step.object != ObjectId::NONE {
        args["object"] = json!(step.object.to_string());
    }
    if let Some(value) = step.value {
        args["value"] = json!(value);
    }
    if step.preemption {
        args["preemption"] = json!(true);
    }
    let name = match step.object {
        ObjectId::NONE | ObjectId::WORLD => step.word().to_owned(),
        object => format!("{} {object}", step.word()),
    };
    json!({
        "name": name,
        "cat": if step.preemption { "step,preemption" } else { "step" },
        "ph": "X",
        "ts": at * STEP,
        "dur": STEP,
        "pid": PID,
        "tid": step.task.0,
        "args": args,
    })
}

/// The steps of each task that began a wait.
fn blocked(trace: &Trace) -> BTreeMap<TaskId, Vec<usize>> {
    let mut blocked: BTreeMap<TaskId, Vec<usize>> = BTreeMap::new();
    for (at, step) in trace.steps.iter().enumerate() {
        if step.blocks {
            blocked.entry(step.task).or_default().push(at);
        }
    }
    blocked
}

/// A slice for each wait: up to the wake-up or, failing that, the task's next
/// step or the end.
fn waits(trace: &Trace) -> Vec<Value> {
    let end = trace.steps.len();
    let mut next: BTreeMap<TaskId, usize> = BTreeMap::new();
    let mut following = vec![end; end];
    for (at, step) in trace.steps.iter().enumerate().rev() {
        following[at] = next.insert(step.task, at).unwrap_or(end);
    }
    let mut woken: BTreeMap<TaskId, Vec<usize>> = BTreeMap::new();
    for wake in &trace.wakes {
        woken
            .entry(wake.task)
            .or_default()
            .push(wake.steps as usize);
    }
    let mut events = Vec::new();
    for (task, begins) in blocked(trace) {
        for at in begins {
            let wakes = woken.get(&task).map_or(&[][..], Vec::as_slice);
            let wake = wakes.get(wakes.partition_point(|&steps| steps <= at));
            let until = wake.copied().unwrap_or(end).min(following[at]);
            if until <= at + 1 {
                continue;
            }
            let step = &trace.steps[at];
            events.push(json!({
                "name": format!("waits: {}", step.word()),
                "cat": "wait",
                "ph": "X",
                "ts": (at + 1) * STEP,
                "dur": (until - at - 1) * STEP,
                "pid": PID,
                "tid": task.0,
                "args": { "where": step.site.to_string() },
            }));
        }
    }
    events
}

/// An arrow for each wake-up, from the step that woke to the next step of the
/// task that was woken.
fn wakes(trace: &Trace) -> Vec<Value> {
    let mut events = Vec::new();
    let mut steps: BTreeMap<TaskId, Vec<usize>> = BTreeMap::new();
    for (at, step) in trace.steps.iter().enumerate() {
        steps.entry(step.task).or_default().push(at);
    }
    for (id, wake) in trace.wakes.iter().enumerate() {
        let made = wake.steps as usize;
        let of = |task: TaskId| steps.get(&task).map_or(&[][..], Vec::as_slice);
        // The last step of the waker, which need not be the last of all: what a
        // task does between being spawned and its first step is nobody's step.
        let by = of(wake.by);
        let from = by.partition_point(|&at| at < made).checked_sub(1);
        let to = of(wake.task);
        let to = to.get(to.partition_point(|&at| at < made));
        let (Some(from), Some(&to)) = (from.map(|i| by[i]), to) else {
            continue;
        };
        let end = |ph: &str, at: usize, task: TaskId| {
            json!({
                "name": "wakes",
                "cat": "wake",
                "ph": ph,
                "id": id,
                "ts": at * STEP,
                "pid": PID,
                "tid": task.0,
            })
        };
        events.push(end("s", from, wake.by));
        let mut arrival = end("f", to, wake.task);
        // It ends at the slice that encloses it, not at the next one.
        arrival["bp"] = json!("e");
        events.push(arrival);
    }
    events
}
