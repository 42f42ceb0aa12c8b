//! Reports of hand-written traces, and of nonsense.
//!
//! - `run`: the builder of traces.
//! - `abba`, `asleep`, `assertion`, `cron`, `crowd`, `long`, `many`, `pool`, `spin`: a trace
//!   and a finding each. Every line of a snapshot that names one of these files shows a line
//!   of it.
//! - `other`: a file with the same name as others.
//! - `library`: a place that debug information tells.
//! - `nonsense`: traces and findings that fit nothing.

mod abba;
mod asleep;
mod assertion;
mod cron;
mod crowd;
mod library;
#[path = "paths/日本語/a_directory_whose_name_goes_on_and_on/and_another_one_below_it/a_file_with_a_name_that_is_longer_than_any_reasonable_terminal_is_wide_and_then_some.rs"]
mod long;
mod many;
mod nonsense;
#[path = "paths/other/mod.rs"]
mod other;
mod pool;
mod run;
mod spin;

use std::path::Path;

use crate::terminal::{Options, render};
use crate::tests::run::Case;
use crate::{Commands, Report};
use jostle_core::finding::{Finding, Kind};
use jostle_core::trace::Trace;

fn commands() -> Commands {
    Commands {
        replay: "jostle replay corpus/pool_shutdown/found/misuse-1f2e.trace".to_owned(),
        minimize: Some("jostle minimize corpus/pool_shutdown/found/misuse-1f2e.trace".to_owned()),
    }
}

/// The fixtures, from the root of the workspace, where the compiler is started.
fn read(file: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(file)).ok()
}

fn report(case: &Case, options: &Options) -> String {
    let report = Report {
        scenario: case.scenario,
        about: case.about,
        finding: &case.finding,
        trace: &case.trace,
        commands: &commands(),
    };
    render(&report, options, &read)
}

/// The report at three widths; the same text is given once.
fn at_three_widths(case: &Case) -> String {
    let mut pages: Vec<(String, String)> = Vec::new();
    for width in [80, 120, 200] {
        let options = Options {
            width,
            ..Options::default()
        };
        let page = report(case, &options);
        match pages.last_mut() {
            Some((widths, last)) if *last == page => *widths += &format!(", {width}"),
            _ => pages.push((format!("WIDTH {width}"), page)),
        }
    }
    let pages: Vec<String> = pages
        .iter()
        .map(|(w, page)| format!("{w}\n\n{page}"))
        .collect();
    pages.join("\n\n")
}

#[test]
fn send_on_closed_channel() {
    insta::assert_snapshot!(at_three_widths(&pool::shutdown()));
}

#[test]
fn leaked_collector() {
    insta::assert_snapshot!(at_three_widths(&cron::tick()));
}

#[test]
fn locks_in_opposite_orders() {
    insta::assert_snapshot!(at_three_widths(&abba::deadlock()));
}

#[test]
fn everybody_asleep() {
    insta::assert_snapshot!(at_three_widths(&asleep::writer()));
}

#[test]
fn failed_assertion() {
    insta::assert_snapshot!(at_three_widths(&assertion::lost_update()));
}

#[test]
fn forty_tasks() {
    insta::assert_snapshot!(at_three_widths(&crowd::asleep()));
}

#[test]
fn a_thousand_steps() {
    insta::assert_snapshot!(at_three_widths(&spin::forever()));
}

#[test]
fn wide_characters_and_long_paths() {
    insta::assert_snapshot!(at_three_widths(&long::wide()));
}

#[test]
fn colors_are_used_only_if_asked_for() {
    let case = pool::shutdown();
    let colored = Options {
        color: true,
        ..Options::default()
    };
    let page = report(&case, &colored);
    assert!(page.starts_with("\u{1b}[1m\u{1b}[31mmisuse\u{1b}[0m in pool_shutdown:"));
    assert!(!report(&case, &Options::default()).contains('\u{1b}'));
}

#[test]
fn every_step_is_shown_in_full() {
    let case = crowd::asleep();
    let full = Options {
        full: true,
        ..Options::default()
    };
    let page = report(&case, &full);
    for step in 1..=case.trace.steps.len() {
        let number = format!("{step:>5}  ");
        assert!(page.lines().any(|line| line.contains(&number)), "{step}");
    }
    assert!(!page.contains("--full"));
}

#[test]
fn long_lists_are_cut_unless_in_full() {
    let case = many::waits();
    let short = report(&case, &Options::default());
    let stuck = |page: &str| page.lines().filter(|line| line.ends_with("stuck")).count();
    let tasks = |page: &str| {
        page.lines()
            .filter(|line| line.ends_with(" [lock]:"))
            .count()
    };
    assert_eq!((stuck(&short), tasks(&short)), (8, 8));
    assert!(short.contains("\n  #1–#9 and #11–#40 mutex (many.rs:12)\n"));
    assert!(short.contains("\n… 32 more tasks; --full shows all\n"));

    let full = Options {
        full: true,
        ..Options::default()
    };
    assert_eq!(tasks(&report(&case, &full)), 40);
}

/// As the page narrows, bars move together, then columns become lanes, then
/// lanes go.
#[test]
fn layouts_give_way_in_order() {
    let case = crowd::asleep();
    let layout = |width: usize| {
        let options = Options {
            width,
            ..Options::default()
        };
        let page = report(&case, &options);
        let head = page.lines().find(|line| line.ends_with("where")).unwrap();
        match head {
            head if head.contains("step │") => "columns",
            head if head.contains("step│") => "tight columns",
            head if head.contains("main") => "lanes",
            _ => "text",
        }
    };
    let mut layouts: Vec<&str> = (20..200).rev().map(layout).collect();
    layouts.dedup();
    assert_eq!(layouts, ["columns", "tight columns", "lanes", "text"]);
}

/// At 20 columns nothing of what a task did, and of where, is cut.
#[test]
fn a_narrow_page_is_a_list() {
    let case = pool::shutdown();
    let options = Options {
        width: 20,
        ..Options::default()
    };
    let page = report(&case, &options);
    let table = page.split_once("where\n").unwrap().1;
    let table = table.split("\n\n").next().unwrap();
    assert!(!table.contains('…'), "{table}");
    assert!(
        table.lines().all(|line| crate::text::width(line) <= 20),
        "{table}"
    );
    let whole: String = table.split_whitespace().collect();
    for said in ["t2worker:", "receive#1", "pool.rs:21", "✗misuse"] {
        assert!(whole.contains(said), "{said} in {table}");
    }
}

#[test]
fn an_unreadable_source_is_left_out() {
    let case = pool::shutdown();
    let report = Report {
        scenario: case.scenario,
        about: case.about,
        finding: &case.finding,
        trace: &case.trace,
        commands: &Commands {
            replay: "again".to_owned(),
            minimize: None,
        },
    };
    let page = render(&report, &Options::default(), &|_| None);
    let end = page.split("gone on\n\n").nth(1).unwrap();
    insta::assert_snapshot!(end, @r#"
    task t2 "worker" [send]:
        crates/jostle-report/src/tests/pool.rs:22
    created by main at crates/jostle-report/src/tests/pool.rs:15

    close #1 (channel, crates/jostle-report/src/tests/pool.rs:13) by main at step 7:
        crates/jostle-report/src/tests/pool.rs:21

    Replay:   again
    "#);
}

#[test]
fn nothing_happened() {
    let case = Case {
        scenario: "empty",
        about: "",
        finding: Finding::new(Kind::Nondeterminism, "the same input gave two executions"),
        trace: Trace::default(),
    };
    insta::assert_snapshot!(at_three_widths(&case));
}
