//! Measures one contender on one workload, in a separate process each time.

use std::io;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::contender::{Contender, Tool};
use crate::workload::Workload;
use crate::workloads;

/// What a measured process reports on its standard output.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) executions: u64,
    /// How many steps they made in all; not known if nobody counted.
    pub(crate) steps: Option<u64>,
    /// Without the start of the process.
    pub(crate) wall: Duration,
    /// Without the start of the process.
    pub(crate) cpu: Duration,
}

/// What one execution costs, by counting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Instructions of one execution.
    pub(crate) instructions: f64,
    /// Steps of one execution, as the contender counts them.
    pub(crate) steps: Option<f64>,
}

impl Cost {
    /// Instructions per step, if the execution makes any.
    pub(crate) fn per_step(self) -> Option<f64> {
        let steps = self.steps.filter(|&steps| steps > 0.0)?;
        Some(self.instructions / steps)
    }
}

/// How fast executions follow each other; the best of several repetitions.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Speed {
    /// Executions per second.
    pub(crate) wall: f64,
    /// Executions per second of CPU time.
    pub(crate) cpu: f64,
}

impl Speed {
    /// Takes in one more repetition.
    pub(crate) fn observe(&mut self, sample: Sample) {
        let executions = sample.executions as f64;
        self.wall = self.wall.max(executions / sample.wall.as_secs_f64());
        self.cpu = self.cpu.max(executions / sample.cpu.as_secs_f64());
    }
}

/// Makes the executions in this process.
pub(crate) fn here(
    contender: Contender,
    workload: Workload,
    executions: u64,
    count: bool,
) -> Result<Sample> {
    if let Some(why) = workload.impossible(contender) {
        bail!("{contender} cannot run {}: {why}", workload.name());
    }
    let (wall, cpu) = (Instant::now(), cpu_time()?);
    let steps = match contender.tool() {
        Tool::Jostle => Some(workloads::jostle::run(contender, workload, executions)),
        Tool::Shuttle => {
            let executions = usize::try_from(executions)?;
            workloads::shuttle::run(contender, workload, executions, count)
        }
        Tool::Loom => {
            workloads::loom::run(workload, executions);
            None
        }
    };
    Ok(Sample {
        executions,
        steps,
        wall: wall.elapsed(),
        cpu: cpu_time()? - cpu,
    })
}

/// The CPU time that this process has used, all its threads together.
fn cpu_time() -> Result<Duration> {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime))
        .context("the CPU clock runs backwards")
}

/// Measures the speed once, in a new process.
pub(crate) fn timed(contender: Contender, workload: Workload, executions: u64) -> Result<Sample> {
    let mut command = Command::new(std::env::current_exe()?);
    one(&mut command, contender, workload, executions);
    let (_, sample) = finish(&mut command)?;
    Ok(sample)
}

/// Counts instructions and steps: what a longer process has more than a shorter
/// one, divided by the executions that it makes more. What is done once (start
/// of the process, first stacks) cancels out.
pub(crate) fn counted(contender: Contender, workload: Workload) -> Result<Cost> {
    let (few, many) = workload.counted();
    let more = (many - few) as f64;
    let instructions = callgrind(contender, workload, many)? - callgrind(contender, workload, few)?;
    let steps = match (
        steps(contender, workload, few)?,
        steps(contender, workload, many)?,
    ) {
        (Some(few), Some(many)) => Some((many - few) as f64 / more),
        _ => None,
    };
    Ok(Cost {
        instructions: instructions as f64 / more,
        steps,
    })
}

/// The instructions of a whole process.
fn callgrind(contender: Contender, workload: Workload, executions: u64) -> Result<i64> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?);
    one(&mut command, contender, workload, executions);
    let (output, _) = finish(&mut command)?;
    collected(&String::from_utf8_lossy(&output.stderr))
}

/// The total in what callgrind prints at the end: `==1== Collected : 123`.
fn collected(log: &str) -> Result<i64> {
    let total = log
        .lines()
        .filter_map(|line| line.split_once("Collected :"))
        .next_back();
    let (_, total) = total.with_context(|| format!("callgrind printed no total:\n{log}"))?;
    total
        .trim()
        .parse()
        .with_context(|| format!("callgrind's total is no number: {total:?}"))
}

/// The steps of the same executions as in a counted process. shuttle's are
/// counted apart, so that the counting is not itself counted.
fn steps(contender: Contender, workload: Workload, executions: u64) -> Result<Option<u64>> {
    let mut command = Command::new(std::env::current_exe()?);
    one(&mut command, contender, workload, executions);
    command.arg("--count-steps");
    Ok(finish(&mut command)?.1.steps)
}

/// Appends the arguments of `peers one`, and takes away what would change it.
fn one(command: &mut Command, contender: Contender, workload: Workload, executions: u64) {
    command
        .args(["one", &contender.to_string(), &workload.name()])
        .arg(executions.to_string())
        .stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("SHUTTLE_") || text.starts_with("LOOM_") || text.starts_with("RUST_") {
            command.env_remove(name);
        }
    }
}

fn finish(command: &mut Command) -> Result<(Output, Sample)> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed ({}):\n{}",
        output.status,
        head(&String::from_utf8_lossy(&output.stderr))
    );
    let sample = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{command:?} printed no sample"))?;
    Ok((output, sample))
}

/// The first lines, which is where a panic says what is wrong.
fn head(log: &str) -> String {
    log.lines().take(20).collect::<Vec<_>>().join("\n")
}

/// The version of the valgrind that counts.
pub(crate) fn valgrind() -> Result<String> {
    match Command::new("valgrind").arg("--version").output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => bail!("`valgrind --version` failed ({})", output.status),
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(
            "instructions are counted with valgrind, and there is no `valgrind` in the PATH; \
             install it (Debian, Ubuntu: apt install valgrind; Fedora: dnf install valgrind)"
        ),
        Err(error) => Err(error).context("cannot start valgrind"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_from_callgrinds_log() {
        let log = "==7== Events    : Ir\n==7== Collected : 1234567\n==7== \n";
        assert_eq!(collected(log).unwrap(), 1_234_567);
    }

    #[test]
    fn a_log_without_a_total_is_an_error() {
        for log in ["", "==7== Events : Ir\n", "==7== Collected : \n"] {
            assert!(collected(log).is_err(), "{log:?}");
        }
    }

    #[test]
    fn the_best_of_several_repetitions_counts() {
        let mut speed = Speed::default();
        for millis in [30, 10, 20] {
            speed.observe(Sample {
                executions: 100,
                steps: None,
                wall: Duration::from_millis(millis),
                cpu: Duration::from_millis(millis * 2),
            });
        }
        assert!((speed.wall - 10_000.0).abs() < 1e-6, "{speed:?}");
        assert!((speed.cpu - 5_000.0).abs() < 1e-6, "{speed:?}");
    }
}
