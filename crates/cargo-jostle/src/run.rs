//! `cargo jostle run`: a program whose main is the scenario.

use crate::args::Run;
use crate::cargo::binary::Binary;
use crate::cargo::build;
use crate::child::embedded::Subject;
use crate::exit::ExitStatus;
use crate::plan::{Item, Plan, What};
use crate::saved::Build;
use crate::test::session::Session;
use crate::test::{check, explore_all, words};

/// Runs the command.
pub(crate) fn run(args: &Run) -> anyhow::Result<ExitStatus> {
    check(&args.explore)?;
    let session = Session::begin(&args.cargo, args.explore.tokio_workers)?;
    let binaries = build::program(&session.invocation(), &args.cargo.arguments())?;
    let arguments = words(&args.arguments)?;
    let plan = Plan {
        items: binaries.iter().map(|it| item(it, &arguments)).collect(),
        doctests: Vec::new(),
    };
    let build = Build {
        cargo: words(&args.cargo.how().arguments())?,
        arguments: arguments.clone(),
        run: true,
        tokio_workers: args.explore.tokio_workers,
        steps: args.explore.steps,
    };
    explore_all(&plan, &args.explore, &session.setting(&args.explore), build)
}

/// The whole program as a subject.
fn item<'a>(binary: &'a Binary, arguments: &[String]) -> Item<'a> {
    Item {
        subject: Subject {
            binary,
            name: binary.name_of(None),
            test: None,
            ignored: false,
            arguments: arguments.to_vec(),
        },
        what: What::Explore,
    }
}
