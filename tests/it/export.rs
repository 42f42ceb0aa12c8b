//! Failures kept as tests: they fail as long as the bug is there, whatever else is
//! edited.

use std::panic::Location;

use jostle::campaign::{Follower, Revisit, Runner, profile};
use jostle::input::Input;
use jostle::keep::Row;
use jostle::minimize::{Limits, Minimized, minimize};
use jostle::scenario::registry::{Scope, scenarios};
use jostle::scenario::{Body, Expect, Options, Scenario};
use jostle::strategy::{Kind, Route};

/// The first failure of a scenario, minimized.
fn smallest(scenario: &'static Scenario) -> Option<Minimized> {
    let mut runner = Runner::new();
    let profile = profile(&mut runner, scenario);
    let mut inputs =
        (0..20_000).map(|n| Input::from_seed(Kind::ALL[n as usize % Kind::ALL.len()], n));
    let input = inputs.find(|input| {
        runner
            .run(scenario, &profile, input)
            .outcome
            .finding
            .is_some()
    })?;
    runner.run(scenario, &profile, &input);
    let mut follower = Follower::new(scenario);
    let choices = Route::Choices(runner.trace().choices);
    let first = follower.execute(choices, &input.data).trial;
    minimize(
        first,
        input.data,
        Limits::DEFAULT,
        &mut |candidate| Some(follower.trial(candidate)),
        &mut |_, _| {},
    )
}

fn revisit(scenario: &'static Scenario, rows: &[Row], data: &[u8]) -> Revisit {
    // What is exported is text.
    let rows = rows.iter().map(|row| row.to_string().parse().unwrap());
    Follower::new(scenario).revisit(rows.collect(), data)
}

/// The fixed twin of a bug: the one whose name has the longest beginning in common.
fn twin(bug: &Scenario) -> &'static Scenario {
    let all = scenarios(Scope::All).unwrap();
    let common = |s: &Scenario| {
        s.name
            .bytes()
            .zip(bug.name.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let fixed = all.into_iter().filter(|s| s.name.ends_with("_fixed"));
    fixed.max_by_key(|s| common(s)).unwrap()
}

#[test]
fn every_known_bug_can_be_kept_and_its_twin_passes() {
    let mut kept = 0;
    for bug in scenarios(Scope::All).unwrap() {
        if bug.expect == Expect::Clean {
            continue;
        }
        // Races show only where there is a sanitizer to see them.
        let Some(small) = smallest(bug) else { continue };
        let data = &small.schedule.data;
        let rows = Follower::new(bug).rows(&small.schedule);
        let rows = rows.unwrap_or_else(|| panic!("{}: no words", bug.name));
        let again = revisit(bug, &rows, data);
        let found = again.failure.unwrap().trial.signature;
        assert_eq!(found, small.trial.signature, "{}", bug.name);
        assert!(again.missed.is_none() && !again.nearby, "{}", bug.name);
        let fixed = revisit(twin(bug), &rows, data);
        let found = fixed.failure.map(|f| f.finding);
        assert!(
            found.is_none(),
            "{} on {}: {found:?}",
            bug.name,
            twin(bug).name
        );
        kept += 1;
    }
    assert!(kept >= 18, "{kept}");
}

/// The story of the README's first screen, and what may become of it.
mod original {
    use jostle::go;

    pub(super) fn story() {
        let (jobs, inbox) = go::chan::<u32>(1);
        let worker = jobs.clone();
        go::spawn(move || {
            for n in 0..2 {
                worker.send(n);
            }
        });
        inbox.recv();
        jobs.close();
    }
}

mod unrelated_lines {
    use jostle::go;
    use jostle::sync::atomic::{AtomicU32, Ordering};

    // A comment, and lines that do something else.
    pub(super) fn story() {
        let count = AtomicU32::new(0);
        let (jobs, inbox) = go::chan::<u32>(1);

        let worker = jobs.clone();
        go::spawn(move || {
            let mut sum = 0;
            for n in 0..2 {
                sum += n;
                worker.send(n);
            }
            assert_eq!(sum, 1);
        });

        count.fetch_add(1, Ordering::SeqCst);
        inbox.recv();
        count.fetch_add(1, Ordering::SeqCst);
        jobs.close();
    }
}

mod unrelated_task {
    use jostle::sync::{Arc, Mutex};
    use jostle::{go, thread};

    pub(super) fn story() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&log);
        let logger = thread::spawn(move || {
            for n in 0..3 {
                theirs.lock().unwrap().push(n);
            }
        });
        let (jobs, inbox) = go::chan::<u32>(1);
        let worker = jobs.clone();
        go::spawn(move || {
            for n in 0..2 {
                worker.send(n);
            }
        });
        inbox.recv();
        jobs.close();
        logger.join().unwrap();
    }
}

mod renamed {
    use jostle::go as golang;

    fn produce(out: &golang::Sender<u64>, item: u64) {
        out.send(item);
    }

    pub(super) fn story() {
        let (queue, results) = golang::chan(1);
        let producer = queue.clone();
        golang::spawn(move || (0..2).for_each(|item: u64| producer.send(item)));
        let _ = results.recv();
        queue.close();
        let _ = produce;
    }
}

/// The bug is still there, but the schedule says nothing about where it is now.
mod rewritten {
    use jostle::go;

    fn work(jobs: &go::Sender<u32>) {
        for n in 0..2 {
            jobs.send(n);
        }
    }

    fn shut(jobs: &go::Sender<u32>) {
        jobs.close();
    }

    pub(super) fn story() {
        let (jobs, inbox) = go::chan::<u32>(1);
        let worker = jobs.clone();
        go::spawn(move || work(&worker));
        inbox.recv();
        shut(&jobs);
    }
}

mod fixed {
    use jostle::go;

    pub(super) fn story() {
        let (jobs, inbox) = go::chan::<u32>(1);
        go::spawn(move || {
            for n in 0..2 {
                jobs.send(n);
            }
            jobs.close();
        });
        for _ in inbox.range() {}
    }
}

const fn scenario(body: fn()) -> Scenario {
    Scenario {
        name: "story",
        about: "",
        module: module_path!(),
        site: Location::caller(),
        expect: Expect::Clean,
        options: Options::DEFAULT,
        body: Body::Plain(body),
    }
}

static ORIGINAL: Scenario = scenario(original::story);
static UNRELATED_LINES: Scenario = scenario(unrelated_lines::story);
static UNRELATED_TASK: Scenario = scenario(unrelated_task::story);
static RENAMED: Scenario = scenario(renamed::story);
static REWRITTEN: Scenario = scenario(rewritten::story);
static FIXED: Scenario = scenario(fixed::story);

fn rows_of_the_original() -> Vec<Row> {
    let small = smallest(&ORIGINAL).unwrap();
    Follower::new(&ORIGINAL).rows(&small.schedule).unwrap()
}

#[test]
fn rows_name_functions_and_operations() {
    let rows = rows_of_the_original();
    let text: Vec<String> = rows.iter().map(Row::to_string).collect();
    assert_eq!(text, ["(send in story) before send in story #2 -> main"]);
}

#[test]
fn a_kept_failure_survives_unrelated_edits() {
    let rows = rows_of_the_original();
    for edited in [&ORIGINAL, &UNRELATED_LINES, &UNRELATED_TASK, &RENAMED] {
        let again = revisit(edited, &rows, &[]);
        assert_eq!(again.missed, None);
        assert!(!again.nearby);
        let finding = again.failure.unwrap().finding.unwrap();
        assert_eq!(finding.message, "send on closed channel");
    }
}

#[test]
fn what_cannot_be_followed_is_named_and_looked_for_nearby() {
    let rows = rows_of_the_original();
    let again = revisit(&REWRITTEN, &rows, &[]);
    assert!(again.nearby);
    assert!(again.failure.unwrap().finding.is_some());
    let missed = again.missed.unwrap().to_string();
    assert!(
        missed.contains("never came to send in story #2"),
        "{missed}"
    );
}

#[test]
fn a_kept_failure_passes_when_the_bug_is_gone() {
    let again = revisit(&FIXED, &rows_of_the_original(), &[]);
    assert!(again.failure.is_none() && again.nearby);
}
