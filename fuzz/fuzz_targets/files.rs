//! Any bytes as a file that `jostle` is given: read, replayed, reported, minimized,
//! explained, exported and grouped. None of it may crash, whatever the file contains.
//!
//! What the commands do with their arguments and with the disk is left out; what they do
//! with the file is what is done here, with a limit to the executions. A text whose
//! first line is the name of a scenario is a kept test: its other lines are the
//! rows.
//!
//! AddressSanitizer never gives back the fake stacks of coroutines whose OS thread has
//! ended, and here each input has a thread: a session of more than some minutes needs
//! `ASAN_OPTIONS=detect_stack_use_after_return=0`.
#![no_main]

use jostle::__private::watchdog;
use jostle::scenario::Scenario;
use jostle::{FiberBackend, Fibers};
use jostle_catalogue as _;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Replayed, Runner};
use jostle_core::explain;
use jostle_core::input::{self, Input};
use jostle_core::minimize::{Limits, minimize};
use jostle_core::prescription::Prescription;
use jostle_core::regression::Row;
use jostle_core::strategy::Profile;
use jostle_core::trace::file::{self, ReadError};
use jostle_report::terminal::{self, Options};
use jostle_report::{Commands, Execution, Page, Report, explanation, html, json, perfetto};
use libfuzzer_sys::fuzz_target;

type Replayer<'a> = jostle_core::campaign::Replayer<'a, FiberBackend>;

/// Enough for every pass of the minimizer to have its turn.
const LIMITS: Limits = Limits {
    trials: 100,
    search: 50,
    steps: 20_000,
};

/// The narrowest one, an odd one, a usual one.
const WIDTHS: [usize; 3] = [0, 77, 200];

fuzz_target!(
    init: {
        watchdog::start();
        watchdog::on_stall(watchdog::Action::Abort);
    },
    |bytes: &[u8]| {
        // On a thread of its own, so that no input meets the thread-locals of another.
        std::thread::scope(|scope| {
            scope.spawn(|| use_file(bytes));
        });
    }
);

/// The scenarios that a file may name.
struct Catalogue(Vec<&'static Scenario>);

impl Catalogue {
    fn new() -> Catalogue {
        let all = Fibers.targets().expect("the catalogue has no errors");
        let capabilities = Fibers.capabilities();
        // What corrupts memory without a sanitizer is not executed.
        Catalogue(
            all.into_iter()
                .filter(|s| s.subject.expect.is_observable(capabilities))
                .collect(),
        )
    }

    fn named(&self, name: &str) -> Option<&'static Scenario> {
        self.0.iter().copied().find(|s| s.subject.name == name)
    }

    fn selected(&self, selector: u32) -> Option<&'static Scenario> {
        let names: Vec<&str> = self.0.iter().map(|s| s.subject.name).collect();
        input::select(selector, &names).and_then(|name| self.named(name))
    }
}

fn use_file(bytes: &[u8]) {
    let catalogue = Catalogue::new();
    let text = String::from_utf8_lossy(bytes);
    let (first, rows) = text.split_once('\n').unwrap_or_default();
    if let Some(scenario) = catalogue.named(first) {
        return follow(scenario, rows, bytes);
    }
    let (scenario, data, route) = match file::read(bytes) {
        Ok(read) => {
            // What was read can be written, and says the same.
            if let Ok(text) = file::write(&read) {
                assert_eq!(file::read(text.as_bytes()).as_ref(), Ok(&read));
            }
            let Some(scenario) = catalogue.named(&read.scenario) else {
                return;
            };
            (scenario, read.data, Prescription::recorded(read.choices))
        }
        Err(ReadError::Foreign) => {
            let (selector, input) = Input::decode(bytes);
            let Some(scenario) = catalogue.selected(selector) else {
                return;
            };
            let mut runner = Runner::of(&Fibers);
            runner.run(scenario, &Profile::default(), &input);
            (
                scenario,
                input.data,
                Prescription::recorded(runner.trace().choices),
            )
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let mut replayer = Replayer::new(&Fibers, scenario);
    let first = replayer
        .execute(route, &data)
        .expect("the runtime does not fail");
    report(scenario, &first);
    if first.finding.is_some() {
        pursue(scenario, &first, data, &mut replayer);
    }
}

/// As a kept test does.
fn follow(scenario: &'static Scenario, lines: &str, data: &[u8]) {
    let rows = lines.lines().filter_map(|line| line.parse().ok());
    let rows: Vec<Row> = rows.collect();
    for row in &rows {
        assert_eq!(row.to_string().parse().as_ref(), Ok(row));
    }
    let retest = Replayer::new(&Fibers, scenario).retest(rows, data);
    let retest = retest.expect("the runtime does not fail");
    if let Some(failure) = retest.failure {
        assert!(failure.finding.is_some());
    }
    if let Some(missed) = retest.missed {
        assert!(!missed.to_string().is_empty());
    }
}

/// As `minimize`, `explain`, `export` and `triage` do.
fn pursue(
    scenario: &'static Scenario,
    first: &Replayed,
    data: Vec<u8>,
    replayer: &mut Replayer<'_>,
) {
    let small = minimize(
        first.trial.clone(),
        data,
        LIMITS,
        &mut |candidate| replayer.trial(candidate),
        &mut |_, _| {},
    );
    let small = small.expect("the catalogue leaves nothing to chance");
    assert_eq!(small.trial.signature, first.trial.signature);
    assert!(small.trial.preemptions <= first.trial.preemptions);
    let best = replayer
        .schedule(&small.schedule)
        .expect("the runtime does not fail");
    assert_eq!(best.trial.signature, first.trial.signature);
    report(scenario, &best);
    let explained = replayer.explain(&best, &small.schedule);
    if let Some(explained) = explained.expect("the runtime does not fail") {
        let finding = best.finding.as_ref().expect("it was explained");
        let releases = explain::releases(finding, &best.trace);
        for width in WIDTHS {
            let options = options(width);
            let _ = explanation::render(finding, &best.trace, &explained, &releases, &options);
        }
    }
    let rows = replayer.rows(&small.schedule);
    if let Some(rows) = rows.expect("the runtime does not fail") {
        let text = rows.iter().map(|row| row.to_string().parse());
        let again: Result<Vec<Row>, _> = text.collect();
        let again = again.expect("what is exported can be read");
        let again = Replayer::new(&Fibers, scenario).retest(again, &small.schedule.data);
        let again = again.expect("the runtime does not fail");
        let failure = again.failure.expect("what is exported fails");
        assert_eq!(failure.trial.signature, first.trial.signature);
    }
}

fn options(width: usize) -> Options {
    Options {
        width,
        full: width == WIDTHS[1],
        color: width == WIDTHS[2],
        ..Options::default()
    }
}

/// In every form.
fn report(scenario: &Scenario, replayed: &Replayed) {
    let commands = Commands {
        replay: "jostle replay FILE".to_owned(),
        minimize: None,
    };
    let execution = Execution {
        finding: replayed.finding.as_ref(),
        trace: &replayed.trace,
    };
    let page = Page {
        scenario: scenario.subject.name,
        about: scenario.subject.about,
        site: scenario.subject.site,
        failing: execution,
        passing: Some(execution),
        decides: None,
        commands: &commands,
    };
    let read = &|_: &str| None;
    let _ = html::render(&page, read);
    let _ = json::render(&page, read);
    let _ = perfetto::render(&page);
    let Some(finding) = &replayed.finding else {
        return;
    };
    let report = Report {
        scenario: scenario.subject.name,
        about: scenario.subject.about,
        finding,
        trace: &replayed.trace,
        commands: &commands,
    };
    for width in WIDTHS {
        let _ = terminal::render(&report, &options(width), read);
    }
}
