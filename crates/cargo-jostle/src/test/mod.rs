//! `cargo jostle test`: explores the tests that a crate already has.
//!
//! - [`mod@self`]: the command. [`session`]: what it and its relatives need before.
//! - [`pool`]: several at a time, results in their order.
//! - [`explore`]: one test. [`retest`]: its kept schedules before that. [`confirm`]: each
//!   finding again, in a fresh process.

pub(crate) mod confirm;
pub(crate) mod explore;
pub(crate) mod pool;
mod retest;
pub(crate) mod session;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use jostle_report::publish;

use crate::args::{Explore, Test};
use crate::cargo::binary::Binary;
use crate::cargo::build;
use crate::child::embedded::Setting;
use crate::exit::ExitStatus;
use crate::interrupt;
use crate::plan::{self, Item, Plan};
use crate::result::{Status, Tested, Totals};
use crate::saved::Build;
use crate::sinks::{annotations, document, junit, progress, terminal};
use crate::test::explore::{Budget, Campaign};
use crate::test::session::Session;

/// Runs the command.
pub(crate) fn run(args: &Test) -> anyhow::Result<ExitStatus> {
    check(&args.explore)?;
    let session = Session::begin(&args.cargo, args.explore.tokio_workers)?;
    let mut binaries = build::tests(&session.invocation(), &args.cargo.arguments())?;
    // Benchmarks measure, and what measures is no test.
    binaries.retain(|binary| binary.kind != "bench");
    let filters = filters(args)?;
    let plan = plan::of(&binaries, &filters, session.scratch())?;
    if plan.items.is_empty() {
        nothing(&binaries, args)?;
    }
    let build = Build {
        cargo: words(&args.cargo.how().arguments())?,
        arguments: Vec::new(),
        run: false,
        tokio_workers: args.explore.tokio_workers,
        steps: args.explore.steps,
    };
    explore_all(&plan, &args.explore, &session.setting(&args.explore), build)
}

/// Explores everything in a plan, prints the results, and decides how the command ends.
pub(crate) fn explore_all(
    plan: &Plan<'_>,
    args: &Explore,
    setting: &Setting,
    build: Build,
) -> anyhow::Result<ExitStatus> {
    interrupt::catch();
    let began = Instant::now();
    let folder = args.out.as_deref().unwrap_or(Path::new(publish::FOLDER));
    let campaign = Campaign {
        args: args.clone(),
        budget: Budget::of(args),
        setting: setting.clone(),
        build,
        out: std::path::absolute(folder)?,
        here: std::env::current_dir()?,
    };
    let line = progress::Line::new(args.json);
    let mut printed = terminal::Terminal::new(plan, args.json);
    let results = pool::run(
        &plan.items,
        jobs(args.jobs),
        &|item: &Item<'_>| explore::one(item, &campaign, &interrupt::caught),
        &|running, done| {
            let running: Vec<&Item<'_>> = running.iter().map(|&nth| &plan.items[nth]).collect();
            line.set(&running, done, plan.items.len());
        },
        &mut |tested| {
            line.above(|| {
                printed.result(tested);
                if args.annotations.is_now() {
                    annotations::print(tested);
                }
            });
        },
    );
    line.end();
    let stopped = |tested: &&Tested| matches!(tested.status, Status::Stopped);
    let left = results.iter().filter(stopped).count();
    if left > 0 {
        terminal::interrupted(left, results.len());
    }
    let totals = Totals::of(&results, plan, began.elapsed());
    let mut written = printed.end(&results, &totals);
    if args.json {
        written = written.and(document::print(&results, &totals, args.seed));
    }
    if let Some(path) = &args.junit {
        written = written.and(junit::write(path, &results, totals.elapsed));
    }
    let status = totals.status();
    match written {
        Ok(()) => Ok(status),
        // A finding is one, whether it can be written or not.
        Err(error) => {
            crate::output::complain(&error);
            Ok(status.max(ExitStatus::Unusable))
        }
    }
}

/// Checks, before anything is built, that results can be written.
pub(crate) fn check(args: &Explore) -> anyhow::Result<()> {
    let folder = args.out.as_deref().unwrap_or(Path::new(publish::FOLDER));
    publish::check_folder(folder).with_context(|| {
        format!(
            "traces cannot be saved in {}; name another folder with --out",
            folder.display()
        )
    })?;
    anyhow::ensure!(
        folder.to_str().is_some(),
        "the name of the folder of --out is no text in UTF-8; name another one"
    );
    if let Some(path) = &args.junit {
        publish::check_file(path).with_context(|| {
            format!(
                "cannot write to {}; name another file with --junit",
                path.display()
            )
        })?;
    }
    Ok(())
}

/// What the harness is given besides `--list`.
fn filters(args: &Test) -> anyhow::Result<Vec<String>> {
    let mut filters: Vec<String> = args.filter.iter().cloned().collect();
    filters.extend(words(&args.harness)?);
    Ok(filters)
}

/// Arguments as text.
pub(crate) fn words(words: &[std::ffi::OsString]) -> anyhow::Result<Vec<String>> {
    let text = |word: &std::ffi::OsString| {
        let text = word.to_str().map(str::to_owned);
        text.with_context(|| format!("{} is no text in UTF-8", word.display()))
    };
    words.iter().map(text).collect()
}

/// Complains that there is nothing to explore: a command that does nothing has not passed.
pub(crate) fn nothing(binaries: &[Binary], args: &Test) -> anyhow::Result<()> {
    anyhow::ensure!(
        !binaries.is_empty(),
        "there is no test in what was selected; `cargo jostle run` explores a program"
    );
    match args.filter.is_some() || !args.harness.is_empty() {
        true => anyhow::bail!(
            "no test matches; `cargo jostle list` shows all, and --exact wants the whole path"
        ),
        false => anyhow::bail!("there is no test; `cargo jostle run` explores a program"),
    }
}

/// How many processes at a time.
pub(crate) fn jobs(asked: Option<u16>) -> usize {
    asked.map_or_else(
        || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        usize::from,
    )
}
