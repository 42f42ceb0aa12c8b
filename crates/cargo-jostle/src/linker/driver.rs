//! One link: instruments the inputs, calls the real linker, and writes the notes.

use std::collections::HashSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result};

use super::allocators;
use super::cache::Cache;
use super::command::{Argument, CommandLine, Kind};
use super::instrument::{Instrumenter, Outcome};
use super::notes::{Builds, Notes};
use super::response;
use super::runtime::Runtime;
use super::tokio::{self, Constructors};
use crate::toolchain::{self, Toolchain};

/// The environment variable that names the linker to call; `cc` if it is not set.
pub(crate) const REAL_LINKER: &str = "JOSTLE_REAL_LINKER";

/// Longer command lines go through a response file. Linux allows for two megabytes,
/// environment included.
const LONGEST: usize = 256 << 10;

/// Does what the arguments ask for.
pub(crate) fn link(arguments: impl IntoIterator<Item = OsString>) -> Result<ExitStatus> {
    let line = CommandLine::parse(response::expand(arguments)?);
    if let Some(option) = &line.fixed {
        anyhow::bail!(
            "`{option}` makes a static program, and the runtime has to be a shared library; build for x86_64-unknown-linux-gnu without `-C target-feature=+crt-static`"
        );
    }
    let cache_dir = toolchain::cache_dir()?;
    let inputs = inputs(&line);
    let toolchain = Toolchain::of_link(&inputs, &cache_dir)?;
    let cache = Cache::open(&cache_dir, toolchain.id())?;
    let outcome = Instrumenter::new(&toolchain, &cache).run(&inputs)?;
    let mut notes = Notes::new(&toolchain, &outcome, &line.shared);
    let mut arguments = Vec::new();
    let runtime = match line.kind {
        Kind::Executable => {
            let runtime = Runtime::at(&toolchain::built_runtime(&cache_dir)?)?;
            arguments.extend(runtime.first());
            notes.runtime = Some(runtime.path().to_owned());
            Some(runtime)
        }
        Kind::Shared | Kind::Relocatable => None,
    };
    arguments.extend(replace(&line, &outcome));
    if let Some(runtime) = &runtime {
        arguments.extend(redirections(runtime, &outcome, &cache, &mut notes)?);
        arguments.extend(runtime.last());
    }
    let status = call(&arguments)?;
    if status.success() {
        notes.write(&line.output)?;
    }
    Ok(status)
}

/// The files that are linked, each once for each time that it is named.
fn inputs(line: &CommandLine) -> Vec<PathBuf> {
    let path = |argument: &Argument| match argument {
        Argument::Input(path) => Some(path.clone()),
        Argument::StaticLibrary(name) => line.archive(name),
        Argument::Other(_) => None,
    };
    line.arguments.iter().filter_map(path).collect()
}

/// The arguments with instrumented files in place of those that were named.
fn replace(line: &CommandLine, outcome: &Outcome) -> Vec<OsString> {
    let mut made = outcome
        .inputs
        .iter()
        .map(|it| it.path.clone().into_os_string());
    let replacement = |argument: &Argument| match argument {
        Argument::Other(argument) => Some(argument.clone()),
        Argument::Input(_) => made.next(),
        Argument::StaticLibrary(name) if line.archive(name).is_some() => made.next(),
        // Somewhere in the linker's own folders.
        Argument::StaticLibrary(name) => Some(format!("-l{name}").into()),
    };
    line.arguments.iter().filter_map(replacement).collect()
}

/// Redirects what the program uses to the runtime or within the program.
fn redirections(
    runtime: &Runtime,
    outcome: &Outcome,
    cache: &Cache,
    notes: &mut Notes,
) -> Result<Vec<OsString>> {
    let facts = || outcome.inputs.iter().map(|it| &it.facts);
    let entries: Vec<String> = facts().flat_map(|it| it.entries.clone()).collect();
    let tokios: Vec<&Constructors> = facts().filter_map(|it| it.tokio.as_ref()).collect();
    if entries.is_empty() && tokios.is_empty() {
        return Ok(Vec::new());
    }
    let symbols = runtime.symbols()?;
    notes.allocators = allocators::redirect(&entries, |name| symbols.contains(name));
    let functions = notes.allocators.iter().flat_map(|it| &it.functions);
    let mut arguments: Vec<OsString> = functions
        .map(|name| format!("-Wl,--wrap={name}").into())
        .collect();
    let (builds, tokio) = redirect_tokio(&tokios, &symbols, cache)?;
    arguments.extend(tokio);
    for note in notes.tokio.iter_mut().filter(|it| it.multi_thread) {
        note.current_thread = builds;
    }
    Ok(arguments)
}

/// Redirects the constructor of tokio's single-threaded runtime.
fn redirect_tokio(
    tokios: &[&Constructors],
    symbols: &HashSet<String>,
    cache: &Cache,
) -> Result<(Builds, Vec<OsString>)> {
    let mut arguments: Vec<OsString> = Vec::new();
    if symbols.contains(tokio::SWITCH) {
        for (argument, assembly) in tokios.iter().filter_map(|it| it.choose()) {
            arguments.push(argument.into());
            arguments.push(cache.assembly(&assembly)?.into());
        }
        return Ok((Builds::ChosenAtRun, arguments));
    }
    if tokio::workers()? > 0 {
        arguments.extend(
            tokios
                .iter()
                .flat_map(|it| it.replace())
                .map(OsString::from),
        );
        return Ok((Builds::MultiThread, arguments));
    }
    Ok((Builds::Itself, arguments))
}

/// Calls the real linker.
fn call(arguments: &[OsString]) -> Result<ExitStatus> {
    let linker = env::var_os(REAL_LINKER).filter(|it| !it.is_empty());
    let linker = linker.unwrap_or_else(|| "cc".into());
    require_driver(&linker)?;
    let mut command = Command::new(&linker);
    let length: usize = arguments.iter().map(|it| it.len() + 1).sum();
    let file = tempfile::NamedTempFile::new();
    if length > LONGEST {
        let file = file.as_ref().map_err(|error| {
            anyhow::anyhow!("no temporary file can be made ({error}); set TMPDIR")
        })?;
        std::fs::write(file.path(), response::join(arguments))
            .context("no temporary file can be written; set TMPDIR")?;
        let mut reference = OsString::from("@");
        reference.push(file.path());
        command.arg(reference);
    } else {
        command.args(arguments);
    }
    command.status().with_context(|| {
        format!(
            "the linker `{}` cannot be run; install a C compiler, or set {REAL_LINKER}",
            linker.display()
        )
    })
}

/// Refuses a bare linker: the arguments are those for a C compiler.
fn require_driver(linker: &OsStr) -> Result<()> {
    let name = Path::new(linker)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let bare = ["ld", "rust-lld", "mold", "wild", "gold"].contains(&name.as_ref())
        || name.starts_with("ld.")
        || name.ends_with("-ld");
    anyhow::ensure!(
        !bare,
        "`{name}` as linker is called without a C compiler, which is not supported; use `-C link-arg=-fuse-ld=…` instead, or set {REAL_LINKER} to a C compiler"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_linker_is_refused_and_a_compiler_is_not() {
        for bare in ["ld", "/usr/bin/ld.lld", "mold", "x86_64-linux-gnu-ld"] {
            require_driver(bare.as_ref()).unwrap_err();
        }
        for driver in ["cc", "/usr/bin/clang-15", "x86_64-linux-gnu-gcc"] {
            require_driver(driver.as_ref()).unwrap();
        }
    }
}
