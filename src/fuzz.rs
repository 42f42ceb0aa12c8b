//! The fuzz target: executes scenarios on the inputs of libFuzzer, reports what is found,
//! and makes new inputs for it. Users meet it as [`fuzz_target!`](crate::fuzz_target).
//!
//! - `counters`: shows libFuzzer the features of an execution.
//! - `mutator`: makes an input out of others.

mod counters;
mod mutator;

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;

use crate::backend::{FiberBackend, Fibers};
use crate::fuzz::mutator::Mutant;
use crate::scenario::Scenario;
use crate::scenario::registry::scenarios;
use crate::watchdog;
use jostle_core::backend::{Broken, Suite};
use jostle_core::campaign::{self, Runner};
use jostle_core::coverage::{FeatureKinds, Features};
use jostle_core::finding::Finding;
use jostle_core::hash::mix;
use jostle_core::history::History;
use jostle_core::input::{self, Input};
use jostle_core::search::Search;
use jostle_core::strategy::Profile;
use jostle_core::trace::Trace;
use jostle_report::text::fit;
use jostle_report::{Commands, publish, settings};

/// The environment variable that names the scenario to fuzz.
const SCENARIO_VARIABLE: &str = "JOSTLE_SCENARIO";

/// The environment variable that names the kinds of features of coverage that libFuzzer is not shown,
/// separated by commas.
const COVERAGE_VARIABLE: &str = "JOSTLE_COVERAGE_OFF";

/// Defines the fuzz target of a project: libFuzzer's inputs drive the scenarios that are
/// linked into it, and a mutator that knows schedules makes new ones.
///
/// The fuzz crate depends on `jostle`, on `libfuzzer-sys` and on the crate that holds the
/// scenarios. Its target is three lines:
///
/// ```ignore
/// #![no_main]
/// use my_crate as _;
/// jostle::fuzz_target!();
/// ```
///
/// With a scenario named in the environment variable `JOSTLE_SCENARIO`, every finding is a
/// crash. Without, each input selects one of the scenarios, and a finding is a crash unless
/// the scenario expects it.
///
/// libFuzzer is shown what an execution did that others need not have done (see
/// [`coverage`](jostle_core::coverage)), and new inputs come from the same search as those of
/// `jostle hunt`. `JOSTLE_COVERAGE_OFF` switches
/// [kinds of features](jostle_core::coverage::FeatureKind) off, separated by commas.
#[macro_export]
macro_rules! fuzz_target {
    () => {
        ::libfuzzer_sys::fuzz_target!(
            init: $crate::__private::fuzz::begin(),
            |bytes: &[u8]| -> ::libfuzzer_sys::Corpus {
                if $crate::__private::fuzz::one_input(bytes) {
                    ::libfuzzer_sys::Corpus::Keep
                } else {
                    ::libfuzzer_sys::Corpus::Reject
                }
            }
        );
        ::libfuzzer_sys::fuzz_mutator!(
            |bytes: &mut [u8], size: usize, most: usize, seed: u32| {
                let mutate = ::libfuzzer_sys::fuzzer_mutate;
                $crate::__private::fuzz::mutate(bytes, size, most, seed, mutate)
            }
        );
        ::libfuzzer_sys::fuzz_crossover!(
            |a: &[u8], b: &[u8], child: &mut [u8], seed: u32| {
                $crate::__private::fuzz::cross(a, b, child, seed)
            }
        );
    };
}

/// The state of the target between inputs.
struct Fuzzer {
    scenarios: Vec<&'static Scenario>,
    names: Vec<&'static str>,
    /// The profiles of those that have been executed.
    profiles: Vec<Option<Profile>>,
    /// A scenario was named.
    named: bool,
    /// Where libFuzzer writes its artifacts.
    artifacts: String,
    runner: Runner<FiberBackend>,
    /// The searches of the scenarios that have been executed.
    searches: Vec<Option<Search>>,
    /// The features that libFuzzer is shown.
    features: Features,
    history: History,
    /// How many mutants have been made: libFuzzer's seeds have 32 bits.
    mutants: u64,
}

std::thread_local! {
    // libFuzzer calls the target on one thread.
    static FUZZER: RefCell<Option<Fuzzer>> = const { RefCell::new(None) };
}

/// Prepares the target. Ends the process with exit code 2 and a message if there
/// is nothing to fuzz.
pub fn begin() {
    match Fuzzer::new() {
        Ok(fuzzer) => FUZZER.set(Some(fuzzer)),
        Err(message) => {
            say(&format!("error: {message}\n"));
            process::exit(2);
        }
    }
}

/// Executes one input. Returns false if the scenario's argument cannot be made
/// out of it. Aborts the process, after a report, if a finding is a crash.
pub fn one_input(bytes: &[u8]) -> bool {
    // libFuzzer begins with the empty input. A bug that shows on every schedule
    // would leave an artifact of no bytes, which other tools take for a mishap.
    if bytes.is_empty() {
        return true;
    }
    FUZZER.with_borrow_mut(|fuzzer| match fuzzer {
        Some(fuzzer) => fuzzer.execute(bytes),
        None => {
            say("error: the fuzz target was not prepared; use jostle::fuzz_target!\n");
            process::exit(2);
        }
    })
}

/// Replaces the first `size` bytes of `bytes` by another input of `most` bytes at most;
/// returns its length. `mutate_bytes` is libFuzzer's own mutation: it takes the buffer, how
/// many of its bytes are in use and how many may be, and returns how many are.
///
/// What it makes depends on what has been executed in this process, which libFuzzer
/// allows for everything but its own repetition of a session from the same seed.
///
/// # Panics
///
/// If the buffer is shorter than `size` or `most`.
pub fn mutate(
    bytes: &mut [u8],
    size: usize,
    most: usize,
    seed: u32,
    mutate_bytes: fn(&mut [u8], usize, usize) -> usize,
) -> usize {
    let mutant = FUZZER.with_borrow_mut(|fuzzer| match fuzzer {
        Some(fuzzer) => fuzzer.mutate(&bytes[..size], most, seed),
        None => Mutant::Another,
    });
    match mutant {
        Mutant::Another => mutate_bytes(bytes, size, most),
        Mutant::Bytes(mutant) => {
            bytes[..mutant.len()].copy_from_slice(&mutant);
            mutant.len()
        }
    }
}

/// Writes what the inputs `a` and `b` make together, or another input in their place, to
/// the beginning of `child`; returns its length. As for [`mutate`], that depends on what
/// has been executed.
pub fn cross(a: &[u8], b: &[u8], child: &mut [u8], seed: u32) -> usize {
    let most = child.len();
    let bytes = FUZZER.with_borrow_mut(|fuzzer| match fuzzer {
        Some(fuzzer) => fuzzer.cross(a, b, most, seed),
        None => mutator::cross(a, b, most, u64::from(seed), None, true),
    });
    child[..bytes.len()].copy_from_slice(&bytes);
    bytes.len()
}

impl Fuzzer {
    fn mutate(&mut self, bytes: &[u8], most: usize, seed: u32) -> Mutant {
        let seed = self.widen(seed);
        let (search, open) = self.search_of(bytes);
        mutator::mutate(bytes, most, seed, search, open)
    }

    fn cross(&mut self, a: &[u8], b: &[u8], most: usize, seed: u32) -> Vec<u8> {
        let seed = self.widen(seed);
        let (search, open) = self.search_of(a);
        mutator::cross(a, b, most, seed, search, open)
    }

    /// A seed that no other mutant of this process has.
    fn widen(&mut self, seed: u32) -> u64 {
        self.mutants += 1;
        mix(self.mutants, u64::from(seed))
    }

    /// The search of the scenario that these bytes select, and whether more than its
    /// schedules is to be found.
    fn search_of(&mut self, bytes: &[u8]) -> (Option<&mut Search>, bool) {
        let (selector, _) = Input::decode(bytes);
        let at = self.selected(selector);
        let open = self.scenarios.len() > 1 || self.scenarios[at].subject.takes_data;
        (self.searches[at].as_mut(), open)
    }

    /// Which scenario this selector selects.
    fn selected(&self, selector: u32) -> usize {
        let name = input::select(selector, &self.names);
        let at = self.names.iter().position(|n| Some(*n) == name);
        at.unwrap_or(0)
    }

    fn new() -> Result<Fuzzer, String> {
        watchdog::limit()?;
        let all = scenarios().map_err(|error| error.to_string())?;
        if all.is_empty() {
            return Err(
                "no scenario is linked into the fuzz target; add `use my_crate as _;` with \
                        the crate that holds the functions marked #[jostle::scenario]"
                    .to_owned(),
            );
        }
        let name = |text: &str| Ok::<String, String>(text.to_owned());
        let named = settings::variable(SCENARIO_VARIABLE, name)?.filter(|n| !n.is_empty());
        let scenarios = match &named {
            None => all
                .into_iter()
                .filter(|s| s.subject.expect.is_observable(Fibers.capabilities()))
                .collect(),
            Some(name) => {
                let found = all.iter().copied().find(|s| s.subject.name == name);
                vec![found.ok_or_else(|| {
                    let names: Vec<&str> = all.iter().map(|s| s.subject.name).collect();
                    format!(
                        "{SCENARIO_VARIABLE} names {:?}, which is no scenario; there are {}",
                        fit(name, 100),
                        names.join(", ")
                    )
                })?]
            }
        };
        let features = settings::variable(COVERAGE_VARIABLE, str::parse::<FeatureKinds>)?;
        let features = features.unwrap_or(FeatureKinds::ALL);
        watchdog::on_stall(watchdog::Action::Abort);
        Ok(Fuzzer {
            names: scenarios.iter().map(|s| s.subject.name).collect(),
            profiles: vec![None; scenarios.len()],
            searches: scenarios.iter().map(|_| None).collect(),
            features: Features::new(features),
            history: History::default(),
            mutants: 0,
            scenarios,
            named: named.is_some(),
            artifacts: artifact_prefix(std::env::args()),
            runner: Runner::of(&Fibers),
        })
    }

    fn execute(&mut self, bytes: &[u8]) -> bool {
        let (selector, input) = Input::decode(bytes);
        let at = self.selected(selector);
        let scenario = self.scenarios[at];
        let runner = &mut self.runner;
        let profile = match &mut self.profiles[at] {
            Some(profile) => profile,
            unknown => {
                let profile = campaign::profile(runner, scenario);
                unknown.insert(profile.unwrap_or_else(|broken| breaks(&broken)))
            }
        };
        let run = runner.run(scenario, profile, &input);
        let run = run.sound().unwrap_or_else(|broken| breaks(&broken));
        if let Some(finding) = run.outcome.finding
            && (self.named || !scenario.subject.expect.allows(&finding))
        {
            let trace = self.runner.trace();
            self.crash(scenario, &input, bytes, finding, trace);
        }
        if !run.rejected {
            self.learn(at, &input);
        }
        !run.rejected
    }

    /// Shows libFuzzer and the search what the last execution did.
    fn learn(&mut self, at: usize, input: &Input) {
        self.runner.recount(&mut self.history);
        let scenario = self.scenarios[at];
        let search =
            self.searches[at].get_or_insert_with(|| Search::new(scenario.subject.takes_data));
        search.learn(&self.history, &input.data);
        search.show(
            &mut self.features,
            &self.history,
            &input.data,
            counters::hit,
        );
    }

    /// Reports and aborts: libFuzzer then writes its artifact.
    fn crash(
        &self,
        scenario: &'static Scenario,
        input: &Input,
        bytes: &[u8],
        finding: Finding,
        trace: Trace,
    ) -> ! {
        let confirmed = campaign::confirm(&Fibers, scenario, finding, trace, &input.data)
            .unwrap_or_else(|broken| breaks(&broken));
        let stem = format!("crash-{}", sha1_smol::Sha1::from(bytes).digest());
        let artifact = PathBuf::from(format!("{}{stem}", self.artifacts));
        let commands = commands(scenario, &artifact);
        say("\n");
        say(&publish::report(
            &scenario.subject,
            &confirmed.finding,
            &confirmed.trace,
            &commands,
            false,
        ));
        let file = publish::trace_file(
            &scenario.subject,
            input,
            &confirmed.trace,
            Some(&confirmed.finding),
        );
        // Not beside the artifact: cargo-fuzz takes every new file there for one.
        let folder = Path::new(publish::FOLDER);
        match publish::save(folder, &stem, &file) {
            Ok(path) => say(&format!("Trace:    {}\n\n", publish::quoted(&path))),
            Err(error) => say(&format!(
                "warning: the trace could not be saved in {}: {error}\n\n",
                folder.display()
            )),
        }
        process::abort();
    }
}

/// Ends the process because the runtime failed.
fn breaks(broken: &Broken) -> ! {
    say(&format!("error: this is a bug in jostle: {broken}\n"));
    process::abort();
}

fn commands(scenario: &Scenario, artifact: &Path) -> Commands {
    let prefix = format!(
        "{SCENARIO_VARIABLE}={} cargo +nightly fuzz",
        scenario.subject.name
    );
    let path = relative(artifact);
    let artifact = publish::quoted(&path);
    let minimize = publish::minimize_command(&path, Some(scenario.subject.name));
    Commands {
        replay: format!("{prefix} run scenario {artifact}"),
        minimize: minimize.or_else(|| Some(format!("{prefix} tmin scenario {artifact}"))),
    }
}

/// The path as seen from the current folder, if that is shorter.
fn relative(path: &Path) -> PathBuf {
    let here = std::env::current_dir();
    match here.as_deref().map(|here| path.strip_prefix(here)) {
        Ok(Ok(relative)) => relative.to_owned(),
        _ => path.to_owned(),
    }
}

/// The value of libFuzzer's flag, the last one if it is repeated.
fn artifact_prefix(args: impl Iterator<Item = String>) -> String {
    args.filter_map(|arg| arg.strip_prefix("-artifact_prefix=").map(str::to_owned))
        .last()
        .unwrap_or_default()
}

fn say(text: &str) {
    // Nothing can be done about a closed standard error.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
