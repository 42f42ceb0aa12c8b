//! A task that waits in a library, at a place that debug information tells.

use super::run::{Case, Run};
use super::{commands, read, report};
use crate::json;
use crate::terminal::Options;
use crate::{Execution, Page};
use jostle_core::finding::{Call, Kind, Place, Wait};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{Frame, OpKind, Site};

const LINE: u32 = line!();

fn frame(file: &'static str, line: u32, function: &'static str) -> Frame {
    Frame {
        file,
        line,
        column: 9,
        function,
    }
}

/// A line of this file that calls tokio, which does an atomic operation.
pub(super) fn site() -> Site {
    let here = frame(file!(), LINE, "serve");
    let inner = [
        frame("core/src/sync/atomic.rs", 3136, "AtomicUsize::load"),
        frame("tokio-1.54.1/src/sync/notify.rs", 900, "Notified.await"),
    ];
    let callers = [frame("src/main.rs", 7, "main")];
    Site::intern_call(here, "Notified.await", &inner, &callers)
}

/// The second wait is no step.
fn waits_in_tokio() -> Case {
    let mut run = Run::new();
    let state = run.object("AtomicUsize");
    run.does(TaskId::MAIN, OpKind::Load, state).site = site();
    let step = run.wait(TaskId::MAIN, &[]);
    let other = run.spawn("other");
    let unrecorded = Wait {
        task: other,
        op: OpKind::Wait,
        object: ObjectId::NONE,
        place: Place::from(site()),
        call: Call::from(site()),
        on: Vec::new(),
    };
    let (finding, trace) = run.hangs(Kind::LostWakeup, "2 tasks wait", vec![step, unrecorded]);
    Case {
        scenario: "serves",
        about: "",
        finding,
        trace,
    }
}

#[test]
fn a_report_names_what_the_line_calls_and_where_in_the_library_it_stands() {
    let page = report(&waits_in_tokio(), &Options::default());
    // The object of the second one is not known.
    let here = format!("library.rs:{LINE}");
    assert!(page.contains("Notified.await #1"), "{page}");
    let named = page
        .lines()
        .filter(|line| line.contains("Notified.await") && line.contains(&here));
    assert_eq!(named.count(), 2, "{page}");
    let lines: Vec<&str> = page.lines().map(str::trim).collect();
    let library = [
        "in Notified.await at tokio-1.54.1/src/sync/notify.rs:900",
        "in AtomicUsize::load at core/src/sync/atomic.rs:3136",
    ];
    assert!(lines.windows(2).any(|two| two == library), "{page}");
    assert!(page.contains("[Notified.await]:"), "{page}");
    assert!(
        !page.contains("[load]") && !page.contains("[wait]"),
        "{page}"
    );
}

#[test]
fn the_document_has_the_frames_with_the_place() {
    let case = waits_in_tokio();
    let page = Page {
        scenario: case.scenario,
        about: case.about,
        site: Site::caller(),
        failing: Execution {
            finding: Some(&case.finding),
            trace: &case.trace,
        },
        passing: None,
        decides: None,
        commands: &commands(),
    };
    let document: serde_json::Value = serde_json::from_str(&json::render(&page, &read)).unwrap();
    let schema = serde_json::from_str(json::SCHEMA).unwrap();
    assert!(jsonschema::is_valid(&schema, &document), "{document}");
    let execution = &document["executions"][0];
    let place = |at: &serde_json::Value| &document["places"][at.as_u64().unwrap() as usize];
    let step = place(&execution["steps"][0]["place"]);
    assert_eq!(execution["steps"][0]["op"], "load");
    let wait = place(&execution["finding"]["waits"][1]["place"]);
    for place in [step, wait] {
        assert_eq!(place["operation"], "Notified.await");
        assert_eq!(place["line"], LINE);
        assert_eq!(place["inner"][1]["function"], "Notified.await");
        assert_eq!(place["inner"][0]["line"], 3136);
    }
    assert_eq!(step["callers"][0]["file"], "src/main.rs");
    // A place of the compiler's has none of this.
    let scenario = place(&document["scenario"]["place"]).as_object().unwrap();
    for field in ["operation", "inner", "callers"] {
        assert!(!scenario.contains_key(field), "{field}");
    }
    let mut wrong = document.clone();
    let at = execution["steps"][0]["place"].as_u64().unwrap() as usize;
    wrong["places"][at]["inner"][0]["line"] = "3136".into();
    assert!(!jsonschema::is_valid(&schema, &wrong), "{wrong}");
}
