//! The same workloads under jostle, shuttle and loom, side by side.
//!
//! - [`workload`], [`contender`]: what is executed, and by whom.
//! - [`workloads`]: the code that is executed.
//! - [`measure`]: counts instructions and time, in separate processes.
//! - [`results`]: the figures and their ratios.
//! - [`targets`]: the ratios that jostle is held to.
//! - [`table`]: the figures as Markdown.

mod contender;
mod measure;
mod results;
mod table;
mod targets;
mod workload;
mod workloads;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

use crate::contender::Contender;
use crate::measure::Speed;
use crate::results::{Results, Row};
use crate::workload::Workload;

/// Compares jostle with shuttle and loom on the same workloads.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures and prints the tables. Exits with 2 if something cannot be measured.
    Run(Run),
    /// Executes one workload and prints how long that took, as JSON; what `run` starts.
    One {
        contender: Contender,
        workload: Workload,
        #[arg(value_parser = clap::value_parser!(u64).range(1..))]
        executions: u64,
        /// Count steps also where counting costs something.
        #[arg(long)]
        count_steps: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Run {
    /// Exit with 1 if a target is missed.
    #[arg(long)]
    check: bool,
    /// Only these workloads.
    #[arg(long = "workload", value_name = "WORKLOAD")]
    workloads: Vec<Workload>,
    /// Only these contenders.
    #[arg(long = "contender", value_name = "CONTENDER")]
    contenders: Vec<Contender>,
    /// How often each is timed; with 0 instructions are counted and nothing else.
    #[arg(long, default_value_t = 4)]
    repetitions: u32,
}

/// Instructions that a timed process executes: some tenths of a second.
const TIMED_INSTRUCTIONS: f64 = 1.5e9;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(options) => run(options),
        Command::One {
            contender,
            workload,
            executions,
            count_steps,
        } => one(contender, workload, executions, count_steps),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn one(contender: Contender, workload: Workload, executions: u64, count: bool) -> Result<ExitCode> {
    let sample = measure::here(contender, workload, executions, count)?;
    println!("{}", serde_json::to_string(&sample)?);
    Ok(ExitCode::SUCCESS)
}

fn run(options: Run) -> Result<ExitCode> {
    let valgrind = measure::valgrind()?;
    let workloads = all_unless(options.workloads);
    let contenders = all_unless(options.contenders);
    let mut results = Results::default();
    for &workload in &workloads {
        let able = contenders.iter().copied();
        let able: Vec<_> = able.filter(|&c| workload.impossible(c).is_none()).collect();
        results
            .rows
            .extend(measure_all(workload, &able, options.repetitions)?);
    }
    let tables = [
        table::costs(&results),
        table::per_step(&results, &contenders),
        table::absences(&workloads, &contenders),
    ];
    for table in tables.iter().filter(|t| !t.is_empty()) {
        println!("{table}");
    }
    println!(
        "Instructions by {valgrind} callgrind; best of {} repetitions for times.",
        options.repetitions
    );
    if !options.check {
        return Ok(ExitCode::SUCCESS);
    }
    let targets = targets::judge(&results);
    println!();
    for target in &targets {
        println!("{target}");
    }
    match targets.iter().filter(|t| !t.is_met()).count() {
        0 => Ok(ExitCode::SUCCESS),
        missed => {
            eprintln!("{missed} of {} targets missed", targets.len());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Counts each contender, then times them in turns, so that what else the
/// machine does meanwhile hits all of them.
fn measure_all(workload: Workload, contenders: &[Contender], repetitions: u32) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for &contender in contenders {
        eprintln!("counting {} {contender}", workload.name());
        rows.push(Row {
            workload,
            contender,
            cost: measure::counted(contender, workload)?,
            speed: None,
        });
    }
    if workload.is_auxiliary() {
        return Ok(rows);
    }
    for repetition in 1..=repetitions {
        eprintln!("timing {}, {repetition} of {repetitions}", workload.name());
        for row in &mut rows {
            let executions = (TIMED_INSTRUCTIONS / row.cost.instructions).ceil().max(2.0);
            let sample = measure::timed(row.contender, workload, executions as u64)?;
            row.speed.get_or_insert_with(Speed::default).observe(sample);
        }
    }
    Ok(rows)
}

fn all_unless<T: ValueEnum + Clone>(chosen: Vec<T>) -> Vec<T> {
    match chosen.is_empty() {
        true => T::value_variants().to_vec(),
        false => chosen,
    }
}
