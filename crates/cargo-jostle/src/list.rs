//! `cargo jostle list`: the tests that `test` would explore, as the harness lists them.

use jostle_report::text::clean;

use crate::args::List;
use crate::cargo::build;
use crate::exit::ExitStatus;
use crate::output;
use crate::plan::{self, What};
use crate::test::session::Session;
use crate::test::words;

/// The workers of tokio's runtimes do not matter here: the folder is that of `test`.
const TOKIO_WORKERS: u16 = 2;

/// Runs the command.
pub(crate) fn run(args: &List) -> anyhow::Result<ExitStatus> {
    let session = Session::begin(&args.cargo, TOKIO_WORKERS)?;
    let binaries = build::tests(&session.invocation(), &args.cargo.arguments())?;
    let mut filters: Vec<String> = args.filter.iter().cloned().collect();
    filters.extend(words(&args.harness)?);
    let plan = plan::of(&binaries, &filters, session.scratch())?;
    anyhow::ensure!(!plan.items.is_empty(), "no test matches");
    let mut text = String::new();
    for item in &plan.items {
        let what = match &item.what {
            What::Explore => "",
            What::Ignored => " (ignored)",
            What::Unknown(_) => " (cannot be listed)",
        };
        text += &format!("{}{what}\n", clean(&item.subject.name));
    }
    output::print(&text)?;
    Ok(ExitStatus::AsExpected)
}
