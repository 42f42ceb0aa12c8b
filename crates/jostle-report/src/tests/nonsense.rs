//! Traces and findings that fit nothing: a report never fails, never leaves its
//! width where it has a choice, and says the same with and without colours.

use proptest::collection::vec;
use proptest::prelude::*;

use super::commands;
use crate::terminal::{Options, render};
use crate::text::width;
use crate::{Execution, Page, Report, html, json, perfetto};
use jostle_core::finding::{Access, Call, Finding, Kind, Place, Wait};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{Frame, OpKind, Site};
use jostle_core::trace::{ObjectInfo, Step, TaskInfo, Trace, Wake};

fn task() -> impl Strategy<Value = TaskId> {
    prop_oneof![9 => 0usize..6, 1 => Just(usize::MAX), 1 => Just(4_000_000_000)]
        .prop_map(TaskId::from_index)
}

fn object() -> impl Strategy<Value = ObjectId> {
    prop_oneof![
        9 => (0usize..4).prop_map(ObjectId::from_index),
        1 => Just(ObjectId::NONE),
        1 => Just(ObjectId::from_index(4_000_000_000)),
    ]
}

fn op() -> impl Strategy<Value = OpKind> {
    prop::sample::select(OpKind::ALL)
}

fn site() -> impl Strategy<Value = Site> {
    let odd = Frame {
        file: "<a::\u{1b}b>",
        line: 0,
        column: 0,
        function: "\u{202e}",
    };
    let sites = [
        super::library::site(),
        Site::intern_call(odd, "\u{1b}[2J::<script>", &[odd], &[odd]),
        Site::caller(),
        Site::caller(),
        super::other::site(),
        super::long::site(),
    ];
    prop::sample::select(sites.to_vec())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,20}", ".*", "(?s).*"]
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop::option::of(prop_oneof![0u32..2, any::<u32>()]);
    let flags = (prop::bool::weighted(0.3), prop::bool::weighted(0.2));
    (site(), value, task(), object(), op(), flags).prop_map(
        |(site, value, task, object, kind, (preemption, blocks))| Step {
            site,
            value,
            task,
            object,
            choices: 0,
            kind,
            preemption,
            blocks,
        },
    )
}

/// Steps with loops in them.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let part = (vec(step(), 0..6), 1usize..8).prop_map(|(steps, times)| steps.repeat(times));
    vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn trace() -> impl Strategy<Value = Trace> {
    let life = (any::<u32>(), any::<Option<u32>>());
    let info = (prop::option::of(text()), task(), site(), life);
    let info = info.prop_map(|(name, parent, site, (born, ended))| TaskInfo {
        name,
        parent,
        site,
        key: 0,
        steps: 0,
        born,
        ended,
    });
    let wake = (0u32..40, task(), task());
    let wake = wake.prop_map(|(steps, by, task)| Wake { steps, by, task });
    let kind = prop::sample::select(vec!["mutex", "channel", "", "\u{1b}[2J"]);
    let object = (kind, site()).prop_map(|(kind, site)| ObjectInfo { kind, site });
    (
        steps(),
        vec(info, 0..5),
        vec(object, 0..4),
        vec(wake, 0..6),
        any::<(u32, u64)>(),
    )
        .prop_map(
            |(steps, tasks, objects, wakes, (preemptions, time))| Trace {
                choices: Vec::new(),
                steps,
                tasks,
                objects,
                wakes,
                preemptions,
                time,
            },
        )
}

fn place() -> impl Strategy<Value = Place> {
    let anywhere = (text(), any::<u32>(), any::<u32>());
    let near = ("(src/)?a.rs", 0u32..4, 0u32..12);
    let place = prop_oneof![anywhere.boxed(), near.boxed()];
    prop_oneof![
        place.prop_map(|(file, line, column)| Place { file, line, column }),
        site().prop_map(Place::from),
    ]
}

fn finding() -> impl Strategy<Value = Finding> {
    let wait = (task(), op(), object(), place(), vec(task(), 0..6)).prop_map(
        |(task, op, object, place, on)| Wait {
            task,
            op,
            object,
            place,
            call: Call::default(),
            on,
        },
    );
    let kind = prop::sample::select(Kind::ALL);
    let place = prop::option::of(place());
    let task_at_fault = prop::option::of(task());
    let object = (0..9usize).prop_map(ObjectId::from_index);
    let access = (prop::option::of(task()), text(), vec(text(), 0..3));
    let access = (access, prop::option::of(self::place()), vec(object, 0..3));
    let access = access.prop_map(|((task, what, stack), place, held)| Access {
        task,
        what,
        place,
        held,
        stack,
    });
    let parts = (vec(wait, 0..12), vec(task(), 0..4), vec(access, 0..3));
    (kind, text(), task_at_fault, place, parts).prop_map(
        |(kind, message, task, place, (waits, cycle, accesses))| Finding {
            kind,
            message,
            task,
            place,
            waits,
            cycle,
            accesses,
        },
    )
}

fn options() -> impl Strategy<Value = Options> {
    let last = prop_oneof![0usize..40, Just(usize::MAX)];
    (0usize..220, any::<bool>(), last).prop_map(|(width, full, last)| Options {
        width,
        full,
        color: false,
        last,
    })
}

/// The data of a page of HTML.
fn data(html: &str) -> serde_json::Value {
    let (_, data) = html.split_once("type=\"application/json\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    serde_json::from_str(data).unwrap()
}

/// `text` without colours.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (codes, rest) = part.split_once('m').expect("a colour");
        assert!(codes.chars().all(|c| c.is_ascii_digit() || c == ';'));
        plain += rest;
    }
    plain
}

proptest! {
    #[test]
    fn never_fails(
        (trace, finding, options) in (trace(), finding(), options()),
        (scenario, about, source) in (text(), text(), prop::option::of(text())),
    ) {
        let report = Report {
            scenario: &scenario,
            about: &about,
            finding: &finding,
            trace: &trace,
            commands: &commands(),
        };
        let read = |_: &str| source.clone();
        let page = render(&report, &options, &read);
        let end = commands().minimize.unwrap() + "\n";
        prop_assert!(page.ends_with(&end), "{page}");
        prop_assert!(!page.contains(|c: char| c.is_control() && c != '\n'), "{page:?}");
        prop_assert!(page.lines().all(|line| line == line.trim_end()));

        let colored = render(&report, &Options { color: true, ..options }, &read);
        for (colored, line) in plain(&colored).lines().zip(page.lines()) {
            prop_assert_eq!(colored.trim_end(), line);
        }
        prop_assert_eq!(colored.lines().count(), page.lines().count());

        let head = |line: &&str| line.trim_start().starts_with("step") && line.ends_with("where");
        let table = page.lines().skip_while(|line| !head(line));
        for line in table.take_while(|line| !line.is_empty()) {
            prop_assert!(width(line) <= options.width.max(crate::terminal::NARROWEST), "{page}");
        }
        let shown = page.lines().any(|line| head(&line));
        prop_assert!(shown || trace.steps.is_empty());
    }

    #[test]
    fn pages_never_fail(
        (failing, passing, finding) in (trace(), trace(), finding()),
        (scenario, about, source) in (text(), text(), prop::option::of(text())),
    ) {
        let page = Page {
            scenario: &scenario,
            about: &about,
            site: Site::caller(),
            failing: Execution { finding: Some(&finding), trace: &failing },
            passing: Some(Execution { finding: None, trace: &passing }),
            decides: None,
            commands: &commands(),
        };
        let read = |_: &str| source.clone();
        let document: serde_json::Value = serde_json::from_str(&json::render(&page, &read)).unwrap();
        let schema = serde_json::from_str(json::SCHEMA).unwrap();
        prop_assert!(jsonschema::is_valid(&schema, &document), "{document}");
        let html = html::render(&page, &read);
        prop_assert_eq!(data(&html), document);
        prop_assert_eq!(html.matches("</script").count(), 2);
        let events: serde_json::Value = serde_json::from_str(&perfetto::render(&page)).unwrap();
        prop_assert!(events["traceEvents"].as_array().unwrap().len() >= failing.steps.len());
    }
}
