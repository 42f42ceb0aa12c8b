//! The workloads under jostle.

use jostle::Fibers;
use jostle::scenario::{Body, Expect, Options, Scenario, Subject};
use jostle::sync::atomic::{AtomicUsize, Ordering};
use jostle::sync::{Arc, Mutex, mpsc};
use jostle::{task, thread};
use jostle_core::campaign::{Campaign, Progress, Runner, profile};
use jostle_core::coverage::FeatureKinds;
use jostle_core::input::{Input, Steering};
use jostle_core::op::Site;
use jostle_core::strategy::{Depth, Kind};
use tokio::sync::Semaphore;

use crate::contender::{Contender, PCT_DEPTH};
use crate::workload::Workload;
use crate::workloads::bodies::bodies;

/// Any number.
const SEED: u64 = 1;

/// Executes `workload` `executions` times and returns the number of steps.
///
/// # Panics
///
/// If an oracle finds anything.
pub(crate) fn run(contender: Contender, workload: Workload, executions: u64) -> u64 {
    let scenario = Scenario {
        subject: Subject {
            name: "workload",
            about: "",
            module: module_path!(),
            site: Site::caller(),
            expect: Expect::Clean,
            options: Options::DEFAULT,
            takes_data: false,
        },
        body: Body::Plain(body(workload)),
    };
    match contender {
        Contender::JostleCampaign => campaign(&scenario, executions),
        Contender::JostlePct => {
            let depth = Depth::new(PCT_DEPTH).expect("a depth from 1 to 9");
            execute(&scenario, Kind::Pct(depth), executions)
        }
        Contender::JostleUrw => execute(&scenario, Kind::Urw, executions),
        _ => execute(&scenario, Kind::Random, executions),
    }
}

/// Executions alone: what shuttle's runner does, too.
fn execute(scenario: &Scenario, strategy: Kind, executions: u64) -> u64 {
    let mut runner = Runner::of(&Fibers);
    let profile = profile(&mut runner, scenario).expect("the runtime does not fail");
    let mut input = Input {
        strategy,
        seed: SEED,
        steering: Steering::none(),
        overrides: Vec::new(),
        data: Vec::new(),
    };
    let mut steps = 0;
    for _ in 0..executions {
        let run = runner.run(scenario, &profile, &input);
        assert_eq!(run.broken, None, "jostle failed");
        let outcome = run.outcome;
        if let Some(finding) = outcome.finding {
            panic!("a workload is to have no findings: {finding}");
        }
        steps += u64::from(outcome.steps);
        input.seed += 1;
    }
    steps
}

/// What `jostle hunt` does: it also draws inputs and counts classes.
fn campaign(scenario: &Scenario, executions: u64) -> u64 {
    let campaign = Campaign {
        strategies: vec![Kind::Random],
        runs: executions,
        time: None,
        seed: SEED,
        jobs: 1,
        stop_at_first: true,
        features: FeatureKinds::SEARCH,
    };
    let summary = campaign.explore(&Fibers, scenario, &Progress::default());
    assert_eq!(summary.broken, None, "jostle failed");
    if let Some(found) = summary.findings.first() {
        panic!("a workload is to have no findings: {}", found.finding);
    }
    summary.steps
}

bodies!();

fn async_pingpong(trips: usize) {
    task::block_on(async move {
        let ping = Arc::new(Semaphore::new(0));
        let pong = Arc::new(Semaphore::new(0));
        let (pinged, ponged) = (Arc::clone(&ping), Arc::clone(&pong));
        let echo = task::spawn(async move {
            for _ in 0..trips {
                pinged.acquire().await.unwrap().forget();
                pong.add_permits(1);
            }
        });
        let caller = task::spawn(async move {
            for _ in 0..trips {
                ping.add_permits(1);
                ponged.acquire().await.unwrap().forget();
            }
        });
        caller.await.unwrap();
        echo.await.unwrap();
    });
}

fn async_yields(tasks: usize, times: usize) {
    task::block_on(async move {
        let tasks: Vec<_> = (0..tasks)
            .map(|_| {
                task::spawn(async move {
                    for _ in 0..times {
                        task::yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}
