//! The commands over a trace: `replay`, `minimize`, `explain`, `report`, `export`, `verify`
//! and `triage`.
//!
//! The trace names its test and how it was built. The test is built again, and its process
//! executes the command of the same name; what that prints and ends with is passed on.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use jostle_report::publish;

use crate::args::Saved;
use crate::cargo::binary::{Binary, Origin};
use crate::cargo::build;
use crate::cargo::options::Options;
use crate::child::embedded::{self, Setting, Subject, Told};
use crate::exit::ExitStatus;
use crate::interrupt;
use crate::kept;
use crate::output;
use crate::saved::{self, Build, Recalled};
use crate::test::session::Session;
use crate::test::words;

/// No command over a trace takes so long by itself; `--time` is for less.
const LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Options whose value is a path. Processes run in other folders than the user.
const PATHS: [&str; 5] = ["--html", "--perfetto", "--out", "--artifact", "--data"];

/// [`Options`] by themselves, as a trace remembers them.
#[derive(Parser, Debug)]
#[command(no_binary_name = true)]
struct Remembered {
    #[command(flatten)]
    cargo: Options,
}

/// The options of `export`.
#[derive(Parser, Debug)]
#[command(name = "export", no_binary_name = true)]
struct Exported {
    /// The schedule file to write.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Runs the command `name`.
pub(crate) fn run(name: &str, args: &Saved) -> anyhow::Result<ExitCode> {
    interrupt::catch();
    if name == "triage" {
        return triage(args);
    }
    let file = std::path::absolute(&args.file)?;
    let recalled = saved::recall(&file)?;
    let mut command = vec![name.to_owned()];
    command.push(match name {
        "verify" => recalled.name.clone(),
        _ => text(&file)?,
    });
    command.extend(with_whole_paths(&args.options)?);
    if name == "export" {
        return export(&file, &recalled, args);
    }
    let (code, printed) = Started::of(&recalled, &args.cargo)?.told(command.clone())?;
    let printed = output::with_path(&printed, &file, &args.file);
    output::print_bytes(printed.as_bytes())?;
    if name == "minimize" {
        let minimized = minimized(&file, &command);
        // A failure that could not be made smaller, or a second minimization, has one.
        if minimized.is_file() {
            saved::remember(&minimized, &recalled.build)
                .with_context(|| format!("{} does not say how to build it", minimized.display()))?;
        }
    }
    Ok(ExitCode::from(code))
}

/// Writes the schedule file of a failure, beside the tests of its package unless `--out`
/// names another place.
fn export(file: &Path, recalled: &Recalled, args: &Saved) -> anyhow::Result<ExitCode> {
    let given = Exported::try_parse_from(&args.options)
        .map_err(|error| anyhow::anyhow!("{}", error.render()))?;
    let out = given.out.map(std::path::absolute).transpose()?;
    let started = Started::of(recalled, &args.cargo)?;
    let written = started.session.scratch().join("kept.schedule.json");
    let mut command = vec!["export".to_owned(), text(file)?];
    command.extend(["--out".to_owned(), text(&written)?]);
    let (code, printed) = started.told(command)?;
    if code != 0 {
        output::print_bytes(printed.as_bytes())?;
        return Ok(ExitCode::from(code));
    }
    let schedule = kept::read(&written)?;
    let out = out.unwrap_or_else(|| kept::place(&started.binary, &schedule));
    publish::replace(&out, &fs::read(&written)?).with_context(|| {
        format!(
            "cannot write to {}; name another file with --out",
            out.display()
        )
    })?;
    let here = std::env::current_dir()?;
    let shown = publish::quoted(out.strip_prefix(here).unwrap_or(&out));
    let mut told = String::new();
    for row in &schedule.rows {
        told += &format!("  {}\n", jostle_report::text::clean(row));
    }
    if told.is_empty() {
        told += "  the schedule that never preempts\n";
    }
    output::print(&format!(
        "{told}Kept in {shown}; `cargo jostle test` executes it before it explores the test.\n"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Groups the traces of a folder by their tests, since a process knows one.
fn triage(args: &Saved) -> anyhow::Result<ExitCode> {
    let folder = std::path::absolute(&args.file)?;
    let mut groups: BTreeMap<String, (Recalled, Vec<PathBuf>)> = BTreeMap::new();
    let entries = fs::read_dir(&folder).with_context(|| {
        format!(
            "cannot read the folder {}; name one with traces",
            folder.display()
        )
    })?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        paths.push(entry?.path());
    }
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_file()) {
        match saved::recall(&path) {
            Ok(recalled) => {
                let group = groups.entry(recalled.name.clone());
                group.or_insert_with(|| (recalled, Vec::new())).1.push(path);
            }
            Err(error) => output::warn(&format!("warning: {error:#}")),
        }
    }
    anyhow::ensure!(
        !groups.is_empty(),
        "there is no trace in {}",
        folder.display()
    );
    anyhow::ensure!(
        groups.len() == 1 || !args.options.iter().any(|word| word == "--json"),
        "the traces are of {} tests, and a document is of one; put those of each test into a \
         folder of its own",
        groups.len()
    );
    let mut gravest = 0;
    for (name, (recalled, paths)) in &groups {
        if groups.len() > 1 {
            output::print(&format!("\n{}:\n", jostle_report::text::clean(name)))?;
        }
        let apart = tempfile::tempdir().context("there is no room for temporary files")?;
        for path in paths {
            if let Some(file) = path.file_name() {
                fs::copy(path, apart.path().join(file))?;
            }
        }
        let mut command = vec!["triage".to_owned(), text(apart.path())?];
        command.extend(with_whole_paths(&args.options)?);
        let started = Started::of(recalled, &args.cargo)?;
        let (code, printed) = started.told(command)?;
        let shown = printed.replace(&text(apart.path())?, &args.file.to_string_lossy());
        output::print_bytes(shown.as_bytes())?;
        gravest = worse(gravest, code);
    }
    Ok(ExitCode::from(gravest))
}

/// The graver of two exit codes: a finding is one whatever could not be done besides.
fn worse(a: u8, b: u8) -> u8 {
    let rank = |code| match code {
        0 => 0,
        1 => 3,
        130 => 1,
        _ => 2,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// The program of a trace, built and ready.
struct Started {
    session: Session,
    binary: Binary,
    name: String,
    test: Option<String>,
    build: Build,
}

impl Started {
    fn of(recalled: &Recalled, options: &Options) -> anyhow::Result<Started> {
        let name = &recalled.name;
        let origin = Origin::of(name).with_context(|| {
            format!(
                "{name:?} is no test of `cargo jostle`; the `jostle` command of its program \
                 replays a scenario"
            )
        })?;
        let build = &recalled.build;
        let remembered = Remembered::try_parse_from(&build.cargo);
        let how = remembered.context("the trace remembers options of another cargo jostle")?;
        let mut arguments: Vec<OsString> = how.cargo.only(&origin.package).arguments();
        arguments.extend(options.arguments());
        arguments.extend(origin.selects.iter().map(OsString::from));
        let session = Session::begin(options, build.tokio_workers)?;
        let binaries = match build.run {
            true => build::program(&session.invocation(), &arguments),
            false => build::tests(&session.invocation(), &arguments),
        }?;
        let test = origin.test;
        let mut binaries = binaries.into_iter();
        let binary = binaries.find(|binary| binary.name_of(test.as_deref()) == *name);
        Ok(Started {
            binary: binary.with_context(|| {
                format!("there is no {name} any more; `cargo jostle list` shows all tests")
            })?,
            session,
            name: name.clone(),
            test,
            build: build.clone(),
        })
    }

    /// Executes a command; gives its exit code and what it has printed.
    fn told(&self, command: Vec<String>) -> anyhow::Result<(u8, String)> {
        let subject = Subject {
            binary: &self.binary,
            name: self.name.clone(),
            test: self.test.clone(),
            // One that was recorded was asked for.
            ignored: self.test.is_some(),
            arguments: self.build.arguments.clone(),
        };
        let setting = Setting {
            root: self.session.host.root.clone(),
            scratch: self.session.scratch().to_owned(),
            steps: self.build.steps,
            tokio_workers: self.build.tokio_workers,
        };
        let told = embedded::execute(&subject, command, &setting, LIMIT, &interrupt::caught)?;
        match told {
            Told::Executed {
                code,
                stdout,
                errors,
                cautions,
            } => {
                let errors = output::inert(errors.trim_end());
                if !errors.is_empty() {
                    output::show(&publish::for_log(errors));
                }
                for caution in cautions {
                    output::warn(&format!("caution: {caution}"));
                }
                let code = u8::try_from(code).unwrap_or(ExitStatus::Broken.code());
                Ok((code, output::inert(&String::from_utf8_lossy(&stdout))))
            }
            Told::Stopped => Ok((interrupt::CODE, String::new())),
            Told::SingleThreaded { code, output } => anyhow::bail!(
                "the test makes no thread any more and ended with exit code {code}: {}",
                output.trim_end()
            ),
            Told::Refused { reason, remedy } => anyhow::bail!("{reason}; {remedy}"),
            Told::Broken { why, errors } => anyhow::bail!("{why}: {}", errors.trim_end()),
        }
    }
}

/// Where `minimize` saves its result.
fn minimized(file: &Path, command: &[String]) -> PathBuf {
    let mut words = command.iter();
    while let Some(word) = words.next() {
        if let Some(value) = word.strip_prefix("--out=") {
            return value.into();
        }
        if word == "--out" {
            return words.next().map_or_else(PathBuf::new, PathBuf::from);
        }
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".trace.json").unwrap_or(&name);
    file.with_file_name(format!("{stem}.min.trace.json"))
}

/// Options with paths that lead to the same files from any folder.
fn with_whole_paths(options: &[String]) -> anyhow::Result<Vec<String>> {
    let whole = |path: &str| text(&std::path::absolute(path)?);
    let mut words = Vec::new();
    let mut is_path = false;
    for option in options {
        let value = option.split_once('=');
        words.push(match value.filter(|(name, _)| PATHS.contains(name)) {
            _ if is_path => whole(option)?,
            Some((name, path)) => format!("{name}={}", whole(path)?),
            None => option.clone(),
        });
        is_path = !is_path && PATHS.contains(&option.as_str());
    }
    Ok(words)
}

/// A path as text.
fn text(path: &Path) -> anyhow::Result<String> {
    words(&[path.as_os_str().to_owned()])?
        .pop()
        .context("a path is one word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_options_lead_to_the_same_files_from_anywhere() {
        let here = std::env::current_dir().unwrap();
        let whole = |name: &str| here.join(name).to_str().unwrap().to_owned();
        let options = ["--html", "a.html", "--out=b", "--full", "c"].map(str::to_owned);
        assert_eq!(
            with_whole_paths(&options).unwrap(),
            [
                "--html".to_owned(),
                whole("a.html"),
                format!("--out={}", whole("b")),
                "--full".to_owned(),
                "c".to_owned(),
            ]
        );
    }

    #[test]
    fn the_result_of_minimize_is_where_it_was_asked_for() {
        let of = |options: &[&str]| {
            let words: Vec<String> = options.iter().map(|&word| word.to_owned()).collect();
            minimized(Path::new("/f/a.trace.json"), &words)
        };
        assert_eq!(of(&["minimize"]), Path::new("/f/a.min.trace.json"));
        assert_eq!(of(&["minimize", "--out", "/b"]), Path::new("/b"));
        assert_eq!(of(&["minimize", "--out=/b"]), Path::new("/b"));
    }

    #[test]
    fn a_finding_is_graver_than_what_could_not_be_done() {
        assert_eq!(worse(0, 2), 2);
        assert_eq!(worse(2, 1), 1);
        assert_eq!(worse(1, 2), 1);
        assert_eq!(worse(130, 0), 130);
    }
}
