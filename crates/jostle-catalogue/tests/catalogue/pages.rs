//! Pages and documents of real executions, and of one that is large and means
//! harm. What is written here is what `scripts/browser` opens in a browser.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jostle::Fibers;
use jostle::scenario::Scenario;
use jostle_core::campaign::{Replayer, Runner, profile};
use jostle_core::finding::{Access, Finding, Kind, Place};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::input::Input;
use jostle_core::op::{OpKind, Site};
use jostle_core::strategy;
use jostle_core::trace::{ObjectInfo, Step, TaskInfo, Trace, Wake, file};
use jostle_report::publish::{read_source, trace_file};
use jostle_report::{Commands, Execution, Page, html, json, perfetto};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::sample::Index;
use serde_json::Value;

use crate::documents::fields;
use crate::support::catalogue::named;

/// Text that ends what it may stand in.
const HARMFUL: &str = "</script><script>document.title='harmed'</script><img src=x onerror=\"alert(1)\">'&amp;\u{202e}";

fn commands() -> Commands {
    Commands {
        replay: "jostle replay FILE".to_owned(),
        minimize: None,
    }
}

/// The first execution under the random strategy that does or does not fail.
fn execution(name: &str, fails: bool) -> (Option<Finding>, Trace) {
    let scenario = named(name);
    let mut runner = Runner::of(&Fibers);
    let profile = profile(&mut runner, scenario).unwrap();
    for seed in 0..1_000 {
        let input = Input::from_seed(strategy::Kind::Random, seed);
        let run = runner.run(scenario, &profile, &input);
        if !run.rejected && run.outcome.finding.is_some() == fails {
            return (run.outcome.finding, runner.trace());
        }
    }
    panic!("{name}: no execution with finding = {fails} in 1000");
}

fn shown((finding, trace): &(Option<Finding>, Trace)) -> Execution<'_> {
    Execution {
        finding: finding.as_ref(),
        trace,
    }
}

/// Hands `pages` of every scenario that is shown to `check`.
fn with_page(name: &str, check: impl Fn(&Page<'_>)) {
    let scenario = named(name);
    let commands = commands();
    let failing = execution(name, true);
    let passes = !matches!(name, "cron_tick");
    let nearest = Replayer::new(&Fibers, scenario)
        .nearest(&failing.1, &[])
        .unwrap();
    let (passing, decides) = match nearest {
        Some((trace, decides)) => (Some((None, trace)), Some(decides)),
        None => (passes.then(|| execution(name, false)), None),
    };
    check(&Page {
        scenario: scenario.subject.name,
        about: scenario.subject.about,
        site: scenario.subject.site,
        failing: shown(&failing),
        passing: passing.as_ref().map(shown),
        decides,
        commands: &commands,
    });
}

const SHOWN: [&str; 5] = [
    "pool_shutdown",
    "cron_tick",
    "dining_philosophers",
    "lost_waker",
    "shutdown",
];

/// Twelve tasks that hand a lock around for ten thousand steps.
fn large() -> (Option<Finding>, Trace) {
    const TASKS: usize = 12;
    let site = Site::caller();
    let task = |number: usize| TaskInfo {
        name: (number > 1).then(|| format!("{HARMFUL} {number}")),
        parent: TaskId::MAIN,
        site,
        key: 0,
        steps: 0,
        born: 0,
        ended: None,
    };
    let step = |at: usize| Step {
        site,
        value: at.is_multiple_of(5).then_some(at as u32),
        task: TaskId::from_index(1 + at / 2 % TASKS),
        object: ObjectId::from_index(1 + at % 3),
        choices: at as u32,
        kind: if at.is_multiple_of(2) {
            OpKind::Lock
        } else {
            OpKind::Unlock
        },
        preemption: at % 10 == 4,
        blocks: at % 14 == 3,
    };
    let wake = |at: usize| Wake {
        steps: 20 * at as u32 + 5,
        by: TaskId::from_index(1 + (at + 3) % TASKS),
        task: TaskId::from_index(1 + at % TASKS),
    };
    let object = |kind| ObjectInfo { kind, site };
    let trace = Trace {
        steps: (0..10_000).map(step).collect(),
        tasks: (0..=TASKS).map(task).collect(),
        objects: ["world", "Mutex", HARMFUL, "channel"].map(object).to_vec(),
        wakes: (0..450).map(wake).collect(),
        preemptions: 1_000,
        ..Trace::default()
    };
    let mut finding = Finding::new(
        Kind::Panic,
        format!("{HARMFUL}\n{{{{data}}}} {{{{script}}}}"),
    );
    finding.task = Some(TaskId::from_index(5));
    finding.place = Some(Place::from(site));
    (Some(finding), trace)
}

fn with_large_page(check: impl Fn(&Page<'_>)) {
    let failing = large();
    let mut passing = large();
    passing.0 = None;
    passing.1.steps.truncate(9_000);
    passing.1.steps[4_000].kind = OpKind::TryLock;
    check(&Page {
        scenario: HARMFUL,
        about: HARMFUL,
        site: Site::caller(),
        failing: shown(&failing),
        passing: Some(shown(&passing)),
        decides: None,
        commands: &commands(),
    });
}

/// A finding as ThreadSanitizer makes them.
fn with_race_page(check: impl Fn(&Page<'_>)) {
    let (finding, trace) = execution("lost_update", true);
    let place = finding.unwrap().place;
    let access = |task, what: &str, held: &[usize]| Access {
        task: Some(TaskId::from_index(task)),
        what: what.to_owned(),
        place: place.clone(),
        held: held.iter().copied().map(ObjectId::from_index).collect(),
        stack: vec![
            "lost_update::bump src/lost_update.rs:7".to_owned(),
            HARMFUL.to_owned(),
        ],
    };
    let mut race = Finding::new(Kind::Race, "data race on a counter");
    race.accesses = vec![
        access(2, "write of 8 bytes", &[]),
        access(3, "read of 8 bytes", &[1, 7]),
    ];
    check(&Page {
        scenario: "a_race",
        about: "Two tasks that nothing orders.",
        site: Site::caller(),
        failing: shown(&(Some(race), trace)),
        passing: None,
        decides: None,
        commands: &commands(),
    });
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The data of a page, as a browser finds it.
fn data(page: &str) -> Value {
    let start = page.split_once("type=\"application/json\">").unwrap().1;
    serde_json::from_str(start.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn pages_hold_the_document_and_need_nothing_else() {
    let check = |name: &str, page: &Page<'_>| {
        let html = html::render(page, &read_source);
        fs::write(folder().join(format!("{name}.html")), &html).unwrap();
        let document: Value = serde_json::from_str(&json::render(page, &read_source)).unwrap();
        assert_eq!(data(&html), document, "{name}");
        for loads in ["src=\"http", "href=", "@import", "url(", "fetch(", "{{"] {
            let outside = html.replace("{{data}} {{script}}", "");
            assert!(!outside.contains(loads), "{name}: {loads}");
        }
    };
    for name in SHOWN {
        with_page(name, |page| check(name, page));
    }
    with_large_page(|page| check("large", page));
    with_race_page(|page| check("race", page));
}

/// The page says which two operations decide, and the passing execution is the one in
/// which they come the other way round.
#[test]
fn a_page_has_the_pair_that_decides() {
    for (name, kinds) in [
        ("shutdown", ["close", "send"]),
        ("pool_shutdown", ["close", "send"]),
        ("dining_philosophers", ["lock", "lock"]),
    ] {
        with_page(name, |page| {
            let document: Value = serde_json::from_str(&json::render(page, &read_source)).unwrap();
            let [failing, passing] = [0, 1].map(|at| &document["executions"][at]);
            let ops = |execution: &Value, pair: &Value| {
                let steps = execution["steps"].as_array().unwrap();
                let op = |at: &Value| {
                    let at = at.as_u64().unwrap() as usize;
                    let waits = || &execution["finding"]["waits"][at - steps.len()];
                    let it = steps.get(at).unwrap_or_else(waits);
                    (it["op"].as_str().unwrap().to_owned(), it["object"].clone())
                };
                [op(&pair[0]), op(&pair[1])]
            };
            let fails = ops(failing, &document["decides"]["failing"]);
            let mut passes = ops(passing, &document["decides"]["passing"]);
            assert_eq!([&fails[0].0, &fails[1].0], kinds, "{name}");
            passes.reverse();
            assert_eq!(passes, fails, "{name}");
            assert!(passing["finding"].is_null());
        });
    }
    with_page("cron_tick", |page| assert!(page.decides.is_none()));
}

#[test]
fn no_text_becomes_markup() {
    with_large_page(|page| {
        let html = html::render(page, &|_| Some(HARMFUL.repeat(3) + "\n" + HARMFUL));
        assert_eq!(html.matches("</script").count(), 2);
        assert_eq!(html.matches("<script").count(), 2);
        assert!(!html.contains("<img"));
        assert!(data(&html)["scenario"]["name"] == HARMFUL);
    });
}

#[test]
fn a_document_is_as_its_schema_says() {
    let schema: Value = serde_json::from_str(json::SCHEMA).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let check = |page: &Page<'_>| {
        let document: Value = serde_json::from_str(&json::render(page, &read_source)).unwrap();
        schema.validate(&document).unwrap_or_else(|e| panic!("{e}"));
        for (at, step) in document["executions"][0]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            let after = step["after"].as_array().into_iter().flatten();
            assert!(
                after
                    .clone()
                    .all(|before| before.as_u64().unwrap() < at as u64)
            );
        }
        let mut bad = document.clone();
        bad["executions"][0]["steps"][0]["task"] = "main".into();
        assert!(!schema.is_valid(&bad));
    };
    for name in SHOWN {
        with_page(name, check);
    }
    with_large_page(check);
    with_race_page(check);
}

/// Renders a run of `scenario` in every form.
fn render(scenario: &Scenario, finding: Option<&Finding>, trace: &Trace) {
    let page = Page {
        scenario: scenario.subject.name,
        about: scenario.subject.about,
        site: scenario.subject.site,
        failing: Execution { finding, trace },
        passing: None,
        decides: None,
        commands: &commands(),
    };
    let document: Value = serde_json::from_str(&json::render(&page, &read_source)).unwrap();
    assert_eq!(data(&html::render(&page, &read_source)), document);
    check_events(
        &serde_json::from_str(&perfetto::render(&page)).unwrap(),
        trace,
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A trace that was edited either is refused or replays to something that can
    /// be shown.
    #[test]
    fn damaged_traces_do_no_harm(
        damage in vec((any::<Index>(), any::<u8>(), 0usize..3), 1..4),
        wild in vec("[twacsfv][0-9]{1,2}/[2-9]", 0..6),
    ) {
        let scenario = named("shutdown");
        let (finding, trace) = execution("shutdown", true);
        let input = Input::from_seed(strategy::Kind::NonPreemptive, 0);
        let file = trace_file(&scenario.subject, &input, &trace, finding.as_ref());
        let mut text = file::write(&file).unwrap();
        if let Some(at) = text.find("\"choices\": [").filter(|_| !wild.is_empty()) {
            text.insert_str(at + 12, &format!("\"{}\",", wild.join(" ")));
        }
        let mut bytes = text.into_bytes();
        for (at, byte, how) in damage {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Ok(file) = file::read(&bytes) {
            let mut runner = Runner::of(&Fibers);
            let run = runner.replay(scenario, file.choices, &file.data);
            render(scenario, run.outcome.finding.as_ref(), &runner.trace());
        }
    }

    /// Whatever libFuzzer makes is an execution that can be shown.
    #[test]
    fn any_input_can_be_shown(bytes in vec(any::<u8>(), 0..200)) {
        let scenario = named("pool_shutdown");
        let (_, input) = Input::decode(&bytes);
        let mut runner = Runner::of(&Fibers);
        let profile = profile(&mut runner, scenario).unwrap();
        let run = runner.run(scenario, &profile, &input);
        render(scenario, run.outcome.finding.as_ref(), &runner.trace());
    }
}

/// The documents of a version stay as its schema says: programs were written for
/// them.
#[test]
fn the_schema_still_describes_version_1() {
    let schema: Value = serde_json::from_str(json::SCHEMA).unwrap();
    let document = include_str!("../../../../tests/fixtures/report-v1.json");
    let document: Value = serde_json::from_str(document).unwrap();
    assert_eq!(document["jostle_report"], json::VERSION);
    assert!(jsonschema::is_valid(&schema, &document));
    // And what it promises is still written.
    let mut old = BTreeSet::new();
    fields(&document, "", &mut old);
    let written = RefCell::new(BTreeSet::new());
    for name in SHOWN {
        with_page(name, |page| {
            let document = serde_json::from_str(&json::render(page, &read_source)).unwrap();
            fields(&document, "", &mut written.borrow_mut());
        });
    }
    let lost: Vec<_> = old.difference(&written.borrow()).cloned().collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// What the format asks of events; see "Trace Event Format" (Google, 2016).
fn check_events(document: &Value, trace: &Trace) {
    let events = document["traceEvents"].as_array().unwrap();
    let mut flows: Vec<(&Value, &str)> = Vec::new();
    let mut slices = Vec::new();
    for event in events {
        assert!(event["name"].is_string(), "{event}");
        assert!(event["ts"].is_u64() && event["pid"].is_u64(), "{event}");
        assert!(
            event["tid"].as_u64().unwrap() < trace.tasks.len() as u64,
            "{event}"
        );
        match event["ph"].as_str().unwrap() {
            "M" => assert!(event["args"].is_object()),
            "X" => slices.push((&event["tid"], event["ts"].as_u64(), event["dur"].as_u64())),
            "i" => assert_eq!(event["s"], "g"),
            "s" => flows.push((&event["id"], "s")),
            "f" => {
                assert_eq!(event["bp"], "e", "{event}");
                flows.push((&event["id"], "f"));
            }
            other => panic!("{other}: {event}"),
        }
        if matches!(event["ph"].as_str(), Some("s" | "f")) {
            // An arrow hangs on the slice of its task that encloses its end.
            let at = (&event["tid"], event["ts"].as_u64(), Some(1));
            assert!(slices.contains(&at), "{event}");
        }
    }
    assert_eq!(
        events
            .iter()
            .filter(|e| e["cat"] == "wait" && e["dur"] == 0)
            .count(),
        0
    );
    let ids = |wanted: &str| {
        let ends = flows.iter().filter(|(_, ph)| *ph == wanted);
        ends.map(|(id, _)| id.as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids("s"), ids("f"));
    let steps = events.iter().filter(|e| e["args"]["step"].is_u64()).count();
    assert_eq!(steps, trace.steps.len());
}

#[test]
fn trace_events_are_as_perfetto_wants_them() {
    for name in SHOWN {
        with_page(name, |page| {
            let document = serde_json::from_str(&perfetto::render(page)).unwrap();
            check_events(&document, page.failing.trace);
        });
    }
    with_page("cron_tick", |page| {
        let document: Value = serde_json::from_str(&perfetto::render(page)).unwrap();
        let events = document["traceEvents"].as_array().unwrap();
        let count = |ph: &str| events.iter().filter(|e| e["ph"] == ph).count();
        assert!(count("s") > 0, "cron_tick wakes tasks");
        assert!(
            events.iter().any(|e| e["cat"] == "wait"),
            "and has them wait"
        );
    });
}

#[test]
fn who_wakes_whom_and_how_long_tasks_live_is_recorded() {
    let (_, trace) = execution("shutdown", true);
    let (main, worker) = (TaskId::MAIN, TaskId::from_index(2));
    // The body waits for the first job, which the worker sends.
    let sent = trace
        .steps
        .iter()
        .position(|s| s.kind == OpKind::Send)
        .unwrap();
    let wake = Wake {
        steps: sent as u32 + 1,
        by: worker,
        task: main,
    };
    assert_eq!(trace.wakes, [wake]);
    assert_eq!(trace.tasks[worker.index()].born, 0);
    let (_, trace) = execution("lost_update", false);
    for task in &trace.tasks[1..] {
        assert!(task.born <= task.ended.unwrap(), "{task:?}");
    }
    assert_eq!(trace.tasks[1].ended, Some(trace.steps.len() as u32));
}
