//! Minimizing: every known bug, from failing inputs of every strategy.

use std::collections::{BTreeMap, HashSet};

use jostle::Fibers;
use jostle::arbitrary::{Arbitrary, Unstructured};
use jostle::scenario::{Body, Expect, Scenario};
use jostle_core::backend::Suite;
use jostle_core::campaign::Runner;
use jostle_core::decision::Override;
use jostle_core::input::{Input, Steering};
use jostle_core::strategy::{Kind, Profile};

use crate::support::catalogue::{catalogue, named};
use crate::support::failures::{failing, minimized};

/// The fewest preemptions with which each known bug shows, by exhaustive search; see
/// [`the_known_minima_are_those_of_exhaustive_search`].
const KNOWN: &[(&str, u32)] = &[
    ("bounded_buffer", 0),
    ("channel_len", 1),
    ("countdown", 1),
    ("cron_tick", 0),
    ("cron_tick_buffered", 0),
    ("dining_philosophers", 1),
    ("double_checked_init", 1),
    ("early_return", 0),
    ("lock_order_abba", 1),
    ("lost_update", 1),
    ("lost_waker", 0),
    ("lost_wakeup", 1),
    ("missed_notify", 0),
    ("mpsc_cycle", 0),
    ("orders", 0),
    ("pool_shutdown", 1),
    ("pool_shutdown_logged", 1),
    ("pool_shutdown_retry", 0),
    ("select_loss", 0),
    ("shutdown", 1),
];

/// Failing inputs of each scenario, as many as asked for in the issue.
const INPUTS: usize = 20;

/// Executions that making one input small may take: four times what the worst of them
/// takes, and far from ten seconds.
const MOST: u64 = 1_000;

/// Executions in which a failing input is looked for.
const PATIENCE: usize = 20_000;

fn bugs() -> Vec<&'static Scenario> {
    let bugs = catalogue()
        .into_iter()
        .filter(|s| s.subject.expect != Expect::Clean);
    bugs.collect()
}

/// Failing inputs, every strategy in turn.
fn failing_inputs(scenario: &'static Scenario) -> Vec<Input> {
    failing(scenario, PATIENCE).take(INPUTS).collect()
}

/// Deviations from the calm schedule that the exhaustive search goes up to. Without a
/// limit there would be no end to it: a wait can end spuriously again and again.
const DEVIATIONS: usize = 4;

/// Data for a scenario that takes some: `orders` is told to send and then to
/// stop.
const DATA: &[u8] = &[1, 0, 0, 0, 0x80, 0, 1, 0, 0, 0, 0xff];

/// Executions of one exhaustive search. None comes near it.
const EXECUTIONS: usize = 50_000;

/// The fewest preemptions of an execution with the expected finding: every schedule
/// without preemptions is tried, then every one with a single one, and so on, by
/// overriding decisions of the calm strategy. It shares nothing with the minimizer.
fn exhaustive(scenario: &'static Scenario) -> Option<u32> {
    let mut runner = Runner::of(&Fibers);
    let none = Profile::default();
    let mut queue = BTreeMap::from([(0, vec![Vec::<Override>::new()])]);
    let mut seen = HashSet::new();
    let mut executions = 0;
    while let Some(mut first) = queue.first_entry() {
        let preemptions = *first.key();
        let Some(overrides) = first.get_mut().pop() else {
            first.remove();
            continue;
        };
        executions += 1;
        assert!(executions < EXECUTIONS, "{}", scenario.subject.name);
        let next = overrides.last().map_or(0, |o| o.at + 1);
        let input = Input {
            strategy: Kind::NonPreemptive,
            seed: 0,
            steering: Steering::none(),
            overrides: overrides.clone(),
            data: DATA.to_vec(),
        };
        let outcome = runner.run(scenario, &none, &input).outcome;
        if outcome.preemptions > preemptions {
            // Its turn comes later.
            queue
                .entry(outcome.preemptions)
                .or_default()
                .push(overrides);
            continue;
        }
        let choices = runner.trace().choices;
        if outcome
            .finding
            .is_some_and(|f| scenario.subject.expect.allows(&f))
        {
            return Some(outcome.preemptions);
        }
        let few = overrides.len() < DEVIATIONS;
        if !seen.insert(choices.clone()) || !few {
            continue;
        }
        for (choice, at) in choices.iter().skip(next as usize).zip(next..) {
            for pick in 0..choice.arity {
                let mut longer = overrides.clone();
                longer.push(Override { at, pick });
                queue.entry(preemptions).or_default().push(longer);
            }
        }
    }
    None
}

#[test]
fn the_known_minima_are_those_of_exhaustive_search() {
    for &(name, known) in KNOWN {
        let scenario = named(name);
        assert_eq!(exhaustive(scenario), Some(known), "{name}");
    }
}

/// What minimizing the failing inputs of a bug came to.
struct Figures {
    name: &'static str,
    inputs: usize,
    known: u32,
    /// Preemptions of the minimized schedules, the most of them.
    most: u32,
    /// The most executions that one input took.
    executions: u64,
}

/// As Markdown has tables.
#[allow(
    clippy::print_stdout,
    reason = "libtest shows it when asked to with --nocapture"
)]
fn print(table: &[Figures]) {
    println!("| bug | inputs | fewest preemptions | most left | executions |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for row in table {
        let Figures {
            name,
            inputs,
            known,
            most,
            executions,
        } = row;
        println!("| {name} | {inputs} | {known} | {most} | {executions} |");
    }
}

/// The acceptance test of minimizing: 20 failing inputs of each known bug, made to
/// fail with no more than one preemption too many, as the same bug, in few executions.
#[test]
fn every_known_bug_is_minimized_to_about_the_known_minimum() {
    let mut table = Vec::new();
    for scenario in bugs() {
        let name = scenario.subject.name;
        let inputs = failing_inputs(scenario);
        // Races show only where there is a sanitizer to see them.
        if inputs.is_empty() && !scenario.subject.expect.is_observable(Fibers.capabilities()) {
            continue;
        }
        assert_eq!(inputs.len(), INPUTS, "{name}");
        let known = KNOWN.iter().find(|(known, _)| *known == name);
        let known = known.map_or_else(|| exhaustive(scenario).unwrap(), |&(_, known)| known);
        let mut row = Figures {
            name,
            inputs: inputs.len(),
            known,
            most: 0,
            executions: 0,
        };
        for input in &inputs {
            let (small, first) = minimized(scenario, input);
            let steps = first.steps;
            row.most = row.most.max(small.trial.preemptions);
            row.executions = row.executions.max(small.trials);
            assert!(small.complete, "{name}: {} executions", small.trials);
            assert!(small.trials <= MOST, "{name}: {} executions", small.trials);
            assert!(small.trial.preemptions <= known + 1, "{name}: {small:?}");
            // Nothing is simpler than a schedule without deviations, however many steps
            // it takes.
            let simplest = small.schedule.deviations.is_empty();
            assert!(
                simplest || small.trial.steps <= 2 * steps,
                "{name}: {small:?}"
            );
            let takes_data = matches!(scenario.body, Body::Data(_));
            assert!(small.schedule.data.is_empty() || takes_data, "{name}");
        }
        table.push(row);
    }
    print(&table);
    assert!(table.len() >= KNOWN.len(), "{}", table.len());
}

/// How many inputs of each bug are minimized twice: all of them where that takes no
/// time.
const TWICE: usize = if cfg!(debug_assertions) { 2 } else { INPUTS };

#[test]
fn the_answer_is_the_same_each_time() {
    for scenario in bugs() {
        for input in failing_inputs(scenario).iter().take(TWICE) {
            let (once, _) = minimized(scenario, input);
            let (again, _) = minimized(scenario, input);
            assert_eq!(once.schedule, again.schedule, "{}", scenario.subject.name);
            assert_eq!(once.trials, again.trials, "{}", scenario.subject.name);
        }
    }
}

/// What `orders` is told to do.
#[derive(Arbitrary, PartialEq, Debug)]
enum Order {
    Rest,
    Send(u8),
    Stop,
}

#[test]
fn data_shrink_to_what_the_failure_needs() {
    let orders = named("orders");
    for input in &failing_inputs(orders) {
        let (small, _) = minimized(orders, input);
        let data = &small.schedule.data;
        let plan: Vec<Order> = Unstructured::new(data).arbitrary().unwrap();
        assert_eq!(plan, [Order::Send(0), Order::Stop], "{:?}", input.data);
        // What else the bytes could be smaller in is how many there are.
        assert!(data.len() <= 11, "{data:?}");
    }
}
