//! Failing executions of a scenario, found by seed and minimized.

use jostle::Fibers;
use jostle::scenario::Scenario;
use jostle_core::campaign::{Replayer, Runner, profile};
use jostle_core::decision::Choice;
use jostle_core::input::Input;
use jostle_core::minimize::{Limits, Minimized, Trial, minimize};
use jostle_core::prescription::Prescription;
use jostle_core::strategy::Kind;

/// An input for each seed, every strategy in turn.
pub(crate) fn inputs() -> impl Iterator<Item = Input> {
    (0..).map(|seed| Input::from_seed(Kind::ALL[(seed % Kind::ALL.len() as u64) as usize], seed))
}

/// Those of the first `patience` [`inputs`] that fail.
pub(crate) fn failing(scenario: &'static Scenario, patience: usize) -> impl Iterator<Item = Input> {
    let mut runner = Runner::of(&Fibers);
    let profile = profile(&mut runner, scenario).unwrap();
    inputs().take(patience).filter(move |input| {
        let run = runner.run(scenario, &profile, input);
        run.outcome.finding.is_some()
    })
}

/// The choices of the execution of `input`, and the signature of what it finds.
fn choices(scenario: &'static Scenario, input: &Input) -> (Vec<Choice>, Option<String>) {
    let mut runner = Runner::of(&Fibers);
    let profile = profile(&mut runner, scenario).unwrap();
    let run = runner.run(scenario, &profile, input);
    let found = run.outcome.finding.map(|finding| finding.signature());
    (runner.trace().choices, found)
}

/// What minimizing makes of the execution of `input`, and how that was before.
pub(crate) fn minimized(scenario: &'static Scenario, input: &Input) -> (Minimized, Trial) {
    let (choices, found) = choices(scenario, input);
    let (small, first) = minimized_from(scenario, choices, &input.data);
    assert_eq!(first.signature, found, "{}", scenario.subject.name);
    (small, first)
}

/// As [`minimized`], of the execution with these choices.
pub(crate) fn minimized_from(
    scenario: &'static Scenario,
    choices: Vec<Choice>,
    data: &[u8],
) -> (Minimized, Trial) {
    let mut replayer = Replayer::new(&Fibers, scenario);
    let first = replayer
        .execute(Prescription::recorded(choices), data)
        .unwrap()
        .trial;
    let small = minimize(
        first.clone(),
        data.to_vec(),
        Limits::DEFAULT,
        &mut |candidate| replayer.trial(candidate),
        &mut |_, _| {},
    );
    let small = small.unwrap();
    assert_eq!(
        small.trial.signature, first.signature,
        "{}",
        scenario.subject.name
    );
    // What is said of the schedule is true of it.
    let again = replayer.schedule(&small.schedule).unwrap();
    assert_eq!(
        again.trial.signature, first.signature,
        "{}",
        scenario.subject.name
    );
    assert_eq!(again.trace.preemptions, small.trial.preemptions);
    (small, first)
}
