//! Executions to the first bug on known programs, under jostle, shuttle and loom.
//!
//! - [`program`], [`contender`]: what is executed, and by whom.
//! - `programs`: the programs; [`on_jostle`], [`on_shuttle`], [`on_loom`] include
//!   them, each with another runtime.
//! - [`hunt`]: executions of one program until its bug shows.
//! - [`suite`]: all hunts of a table; [`sample`]: what several of them say.
//! - [`published`]: figures from elsewhere.
//! - [`targets`]: what jostle is held to.
//! - [`table`]: the figures as Markdown.

mod contender;
mod hunt;
mod on_jostle;
// The same files three times: each beside another runtime.
#[allow(clippy::duplicate_mod)]
mod on_loom;
#[allow(clippy::duplicate_mod)]
mod on_shuttle;
mod program;
mod published;
mod sample;
mod suite;
mod table;
mod targets;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::contender::Contender;
use crate::program::{Program, matches};
use crate::suite::{Document, Suite};

/// Counts executions to the first bug on known programs, under jostle, shuttle and
/// loom. Exits with 1 if `--check` misses a target, with 2 if something cannot be
/// measured.
#[derive(Debug, Parser)]
struct Cli {
    /// Hunts of each contender on each program.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// The first seed; the others follow.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// Executions of a hunt at most; five times as many on SafeStack.
    #[arg(long, default_value_t = 10_000)]
    cap: u64,
    /// Only programs with such a name; `*` stands for anything. May be repeated.
    #[arg(long, value_name = "GLOB")]
    programs: Vec<String>,
    /// Who is compared, separated by commas: default and jostle's strategies,
    /// default with another choice of what is new (default-reads, default+locks),
    /// libfuzzer, verify, verify-N,
    /// shuttle-random, shuttle-pct3, shuttle-urw, loom, loom-N.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    strategies: Vec<Contender>,
    /// OS threads; the figures do not depend on it.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Also write every hunt into this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Judge jostle's default search by what is promised of it.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    hunt::quiet::install();
    run(&cli).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let suite = Suite {
        contenders: match cli.strategies.is_empty() {
            true => Contender::usual(),
            false => cli.strategies.clone(),
        },
        seeds: cli.first_seed..cli.first_seed + cli.seeds,
        cap: cli.cap,
        jobs: cli.jobs,
    };
    if suite.contenders.contains(&Contender::LibFuzzer) {
        hunt::libfuzzer_target()?;
    }
    let mut rows = Vec::new();
    for program in programs(&cli.programs)? {
        let row = suite.row(program);
        eprintln!("{}", table::line(&suite, &row));
        rows.push(row);
    }
    print!("{}", table::executions(&suite, &rows));
    print!("{}", table::troubles(&suite, &rows));
    if let Some(path) = &cli.json {
        let document = serde_json::to_string_pretty(&Document::new(&suite, &rows))?;
        std::fs::write(path, document)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if !cli.check {
        return Ok(ExitCode::SUCCESS);
    }
    let targets = targets::judge(&suite, &rows);
    ensure!(!targets.is_empty(), "--check needs the contender default");
    println!();
    for target in &targets {
        println!("{target}");
    }
    match targets.iter().filter(|t| !t.is_met).count() {
        0 => Ok(ExitCode::SUCCESS),
        missed => {
            eprintln!("{missed} of {} targets missed", targets.len());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The programs that any of `patterns` stands for, or all.
fn programs(patterns: &[String]) -> Result<Vec<Program>> {
    let mut programs = on_jostle::PROGRAMS.to_vec();
    programs.extend(hunt::catalogue());
    if patterns.is_empty() {
        return Ok(programs);
    }
    for pattern in patterns {
        let known = programs.iter().any(|p| matches(pattern, p.name));
        ensure!(known, "no program is named {pattern:?}");
    }
    programs.retain(|p| patterns.iter().any(|pattern| matches(pattern, p.name)));
    Ok(programs)
}
