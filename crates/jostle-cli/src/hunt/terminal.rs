//! The results of a hunt as text: reports and verdicts on stderr, the summary on stdout.

use indicatif::HumanCount;
use jostle_core::campaign::{Summary, Verdict};
use jostle_core::subject::Expect;
use jostle_report::publish::expectation;

use crate::args::Hunt;
use crate::hunt::Hunted;
use crate::output::{in_one_line, print};
use crate::progress::Line;
use crate::sink::{Asked, Sink};

struct Terminal;

pub(super) fn asked(args: &Hunt) -> Asked<Hunted> {
    (!args.json).then(|| Box::new(Terminal) as Box<_>)
}

impl Sink<Hunted> for Terminal {
    fn result(&mut self, hunted: &Hunted, line: &Line) {
        for report in &hunted.reports {
            line.report(report);
        }
        line.say(&verdict(&hunted.summary));
    }

    fn end(&mut self, results: &[Hunted]) -> anyhow::Result<()> {
        print(&total(results))
    }
}

fn verdict(summary: &Summary) -> String {
    let subject = &summary.subject;
    let name = subject.name;
    let executions = HumanCount(summary.executions);
    match summary.verdict() {
        Verdict::AsExpected => match summary.findings.first() {
            Some(found) => format!(
                "ok       {name}: {} (as expected, execution {})",
                in_one_line(&found.finding),
                HumanCount(found.execution)
            ),
            None => format!(
                "ok       {name}: nothing found in {executions} executions, {} distinct{}",
                HumanCount(summary.distinct),
                summary.unseen.map_or_else(String::new, |unseen| format!(
                    " (of the next ones about {:.1} % would be new)",
                    100.0 * unseen.probability
                ))
            ),
        },
        Verdict::Unexpected => match summary.findings.iter().find(|f| !f.expected) {
            Some(found) => format!(
                "FINDING  {name}: {} (execution {})",
                in_one_line(&found.finding),
                HumanCount(found.execution)
            ),
            None => format!("FINDING  {name}"),
        },
        Verdict::Missed => format!(
            "MISSED   {name}: expects {}, not found in {executions} executions",
            expectation(subject)
        ),
        Verdict::NotObservable => format!(
            "skipped  {name}: expects {}, which only a ThreadSanitizer build sees",
            expectation(subject)
        ),
        Verdict::Stopped => {
            let expects = match subject.expect {
                Expect::Clean => String::new(),
                Expect::Finds(..) => format!("expects {}, ", expectation(subject)),
            };
            format!("stopped  {name}: {expects}nothing found so far in {executions} executions")
        }
        Verdict::NothingRan => format!("NOTHING  {name}: {}", summary.why_nothing_ran()),
        Verdict::Broken => format!("BROKEN   {name}: Jostle failed after {executions} executions"),
    }
}
fn total(results: &[Hunted]) -> String {
    let summaries = || results.iter().map(|hunted| &hunted.summary);
    let count = |v: Verdict| summaries().filter(|s| s.verdict() == v).count();
    let executions: u64 = summaries().map(|s| s.executions).sum();
    let seconds: f64 = summaries().map(|s| s.elapsed.as_secs_f64()).sum();
    let broken = match count(Verdict::Broken) {
        0 => String::new(),
        n => format!(", {n} broken"),
    };
    format!(
        "{} scenarios: {} as expected, {} with an unexpected finding, {} missed, \
         {} skipped{broken}; {} executions in {seconds:.1} s\n",
        results.len(),
        count(Verdict::AsExpected),
        count(Verdict::Unexpected),
        count(Verdict::Missed) + count(Verdict::NothingRan),
        count(Verdict::NotObservable),
        HumanCount(executions),
    )
}
