//! Words the result of a verification without overclaiming.

use indicatif::HumanCount;
use jostle_core::subject::Subject;
use jostle_core::verify::{End, Reduction, Verification, Verified};
use jostle_report::publish::{expectation, fault};

use crate::output::in_one_line;
use crate::verify::conclusion::Conclusion;

pub(super) fn statement(
    subject: &Subject,
    verification: &Verification,
    verified: &Verified,
    conclusion: Conclusion,
) -> String {
    let counts = format!(
        "{} executions, {:.1} s",
        HumanCount(verified.executions),
        verified.elapsed.as_secs_f64()
    );
    let bound = match verification.reduction {
        Reduction::Preemptions(1) => " with at most 1 preemption".to_owned(),
        Reduction::Preemptions(most) => format!(" with at most {most} preemptions"),
        Reduction::Sources | Reduction::None => String::new(),
    };
    let classes = classes(verified.classes);
    let found = match &verified.end {
        End::Found(found) => in_one_line(&found.finding),
        _ => String::new(),
    };
    let all = || {
        let rare = rare(verified.limited, verification.bounds.rare);
        format!("all {classes}{bound} pass{rare} ({counts})")
    };
    match conclusion {
        Conclusion::Expected => format!("{found} (as expected; {counts})"),
        Conclusion::Finding => format!("{found} ({counts})"),
        Conclusion::Rejected => {
            "its argument cannot be made of the data, so nothing ran; give other data with --data"
                .to_owned()
        }
        Conclusion::Astray => {
            "the same decisions gave another execution, so that there is no tree to explore; \
             something decides that Jostle does not control (see `jostle hunt`)"
                .to_owned()
        }
        Conclusion::Limit => format!(
            "no proof: the limit was reached; {classes}{bound} pass so far ({counts}). Try a \
             smaller scenario, --preemptions, or a higher limit"
        ),
        Conclusion::Stopped => {
            format!("no proof: it was stopped; {classes}{bound} pass so far ({counts})")
        }
        Conclusion::Cut => format!(
            "no proof: {} executions were cut off after {} steps; {classes}{bound} pass \
             ({counts}). A loop that waits by yielding has no end; wait by spin_loop or a \
             lock, or raise --steps",
            HumanCount(verified.cut),
            verification.bounds.steps,
        ),
        Conclusion::Proof => all(),
        Conclusion::NotObservable => format!(
            "{}; it expects {}, which only a build with ThreadSanitizer sees",
            all(),
            expectation(subject)
        ),
        Conclusion::Missed => format!("{}, but it expects {}", all(), expectation(subject)),
        Conclusion::Broken => {
            let why = match &verified.end {
                End::Broken(why) => why,
                _ => "",
            };
            format!("no proof ({counts}): {}", fault(why))
        }
    }
}

/// What was left out of an exploration with so many rare events.
fn rare(limited: bool, rare: u32) -> String {
    match (limited, rare) {
        (false, _) => String::new(),
        (true, 0) => ", without spurious wake-ups, weak failures and cancellations".into(),
        (true, n) => format!(
            ", with at most {n} spurious wake-up{}, weak failure{0} or cancellation{0} in \
             each execution",
            if n == 1 { "" } else { "s" }
        ),
    }
}

fn classes(n: u64) -> String {
    match n {
        1 => "1 class".to_owned(),
        n => format!("{} classes", HumanCount(n)),
    }
}
