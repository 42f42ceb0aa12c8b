//! The program as the one target of its process.

use std::time::Duration;

use jostle_core::backend::{Capabilities, DuplicateName, Suite};
use jostle_core::budget::Budget;
use jostle_core::op::Site;
use jostle_core::strategy::Kind;
use jostle_core::subject::{Expect, Options, Subject};
use jostle_protocol::Session;
use jostle_site::Frame;

use crate::carrier::image::Image;
use crate::session::backend::Threads;
use crate::tokio;

/// Steps of one execution where the session says nothing.
const STEPS: u32 = 300_000;

/// How long a step takes at most, for timers that may fire before threads that can go on. A step
/// is one atomic operation. With a millisecond for each, a test that makes some thousand steps
/// would see the five seconds pass that it gives itself lest it hang.
const STEP_TIME: Duration = Duration::from_micros(1);

/// The suite with one target: the program from the fork point.
#[derive(Debug)]
pub(crate) struct Unmodified {
    pub(crate) subject: &'static Subject,
    pub(crate) image: &'static Image,
}

impl Unmodified {
    pub(crate) fn new(session: &Session, image: Image) -> Unmodified {
        let site = Site::intern(
            Frame {
                file: "main",
                line: 0,
                column: 0,
                function: "main",
            },
            &[],
        );
        let subject = Subject {
            name: session.name.clone().leak(),
            about: "",
            module: "",
            site,
            expect: Expect::Clean,
            options: Options {
                budget: Budget {
                    steps: session.steps.unwrap_or(STEPS),
                    tasks: 16_000,
                    step_time: STEP_TIME,
                    ..Budget::DEFAULT
                },
                allowed_panics: &[],
                cancel: false,
            },
            takes_data: false,
        };
        Unmodified {
            subject: Box::leak(Box::new(subject)),
            image: Box::leak(Box::new(image)),
        }
    }

    /// Whether the program cannot do with another runtime of tokio than the single-threaded
    /// one, as an execution without preemption shows.
    pub(crate) fn needs_single_thread(&self) -> bool {
        let finding = Threads::new(self.image).try_once(self.subject);
        finding.is_some_and(|finding| tokio::needs_single_thread(&finding.message))
    }

    /// Notes what a user has to know about the executions.
    pub(crate) fn note_cautions(&self) {
        let (executions, cut) = crate::session::backend::counts();
        if cut > 0 {
            crate::cautions::add(&format!(
                "{cut} of {executions} executions were cut at {} steps: what comes after was not \
                 tried (--steps N allows more)",
                self.subject.options.budget.steps
            ));
        }
    }
}

/// What this backend can do.
pub(crate) const CAPABILITIES: Capabilities = Capabilities {
    races: true,
    virtual_time: true,
    cancellation: false,
    exhaustive: false,
};

impl Suite for Unmodified {
    type Backend = Threads;

    fn backend(&self) -> Threads {
        Threads::new(self.image)
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn threads(&self) -> bool {
        false
    }

    fn samplers(&self) -> &'static [Kind] {
        &[Kind::Delay, Kind::Random]
    }

    fn targets(&self) -> Result<Vec<&'static Subject>, DuplicateName> {
        Ok(vec![self.subject])
    }
}
