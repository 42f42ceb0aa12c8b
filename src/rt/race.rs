//! Turns the data races that ThreadSanitizer reports into findings.

use std::path::Path;

use crate::sanitizer;
use crate::sanitizer::{Frame, Race};
use jostle_core::finding::{Access, Finding, Kind, Place};
use jostle_core::id::{ObjectId, TaskId};

/// The finding that a report of ThreadSanitizer comes to.
///
/// The place of a race is that of its accesses; which of the two came second
/// depends on the schedule, and the finding's signature does not tell them apart.
#[cold]
pub(crate) fn finding(race: &Race) -> Finding {
    let accesses: Vec<Access> = race.accesses.iter().map(access).collect();
    let kind = match race.kind.as_str() {
        "data-race" => "data race",
        other => other,
    };
    let outlook = outlook(race);
    let message = format!("{kind}: {}{outlook}", sentence(&accesses));
    let mut finding = Finding::new(Kind::Race, message);
    finding.task = accesses.first().and_then(|a| a.task);
    finding.accesses = accesses;
    finding
}

/// The misuse to which accesses that stand for operations lead on another schedule, in the
/// words of the misuse. A channel is written by close and read by send.
fn outlook(race: &Race) -> &'static str {
    match race.accesses.as_slice() {
        [a, b] if a.modelled && b.modelled => match (a.write, b.write) {
            (true, true) => ", of which one is a close of closed channel",
            _ => ", which can be a send on closed channel",
        },
        _ => "",
    }
}

fn sentence(accesses: &[Access]) -> String {
    let parts: Vec<String> = accesses
        .iter()
        .map(|access| {
            let task = access
                .task
                .map_or_else(|| "somebody".to_owned(), |task| task.to_string());
            match &access.place {
                Some(place) => {
                    format!("{} by {task} at {}:{}", access.what, place.file, place.line)
                }
                None => format!("{} by {task}", access.what),
            }
        })
        .collect();
    parts.join(" and ")
}

fn access(access: &sanitizer::Access) -> Access {
    let known = |frame: &&Frame| !frame.file.is_empty() && frame.line != 0;
    let users: Vec<&Frame> = access
        .frames
        .iter()
        .take_while(|frame| !is_bottom(frame))
        .filter(known)
        .filter(|frame| !is_std(frame) && !is_own(frame))
        .collect();
    // Where no frame is the user's, the innermost one has to do.
    let place = users
        .first()
        .copied()
        .or_else(|| access.frames.iter().find(known));
    Access {
        task: access.task.map(TaskId),
        what: what(access),
        held: access.held.iter().copied().map(ObjectId).collect(),
        place: place.map(|frame| Place {
            file: near(&frame.file),
            line: frame.line,
            column: frame.column.max(1),
        }),
        stack: users
            .iter()
            .map(|frame| {
                let (file, line) = (near(&frame.file), frame.line);
                format!("{} at {file}:{line}", plain(&frame.function))
            })
            .collect(),
    }
}

/// `write of 8 bytes`, or the operation of a primitive that counts as an access.
fn what(access: &sanitizer::Access) -> String {
    if access.modelled {
        return if access.write { "close" } else { "send" }.to_owned();
    }
    let is_access = |frame: &&Frame| is_std(frame) || is_own(frame);
    let operation = access
        .frames
        .iter()
        .take_while(is_access)
        .filter(|f| is_own(f) && !f.file.ends_with("_macro.rs"))
        .last();
    if let Some(frame) = operation {
        return last_name(&frame.function).to_owned();
    }
    let atomic = if access.atomic { "atomic " } else { "" };
    let what = if access.write { "write" } else { "read" };
    let plural = if access.size == 1 { "" } else { "s" };
    format!("{atomic}{what} of {} byte{plural}", access.size)
}

/// The last part of a function's path: `lock` of `Mutex<T>::lock`, `send` of
/// `<Sender<T>>::send`.
fn last_name(function: &str) -> &str {
    let path = match function.strip_prefix('<') {
        Some(rest) => rest.rsplit_once(">::").map_or(rest, |(_, name)| name),
        None => function,
    };
    let path = plain(path);
    path.rsplit_once("::").map_or(path, |(_, name)| name)
}

/// The function without what it is generic over.
fn plain(function: &str) -> &str {
    match function.split_once('<') {
        Some((name, _)) if !name.is_empty() => name,
        _ => function,
    }
}

fn is_std(frame: &Frame) -> bool {
    frame.file.starts_with("/rustc/") || frame.file.contains("/rustlib/src/rust/")
}

/// Whether the frame is where tasks begin.
fn is_bottom(frame: &Frame) -> bool {
    frame.file == concat!(env!("CARGO_MANIFEST_DIR"), "/src/rt/coroutine.rs")
}

/// Whether the frame stands between a user's access and TSan. The folder is
/// only compared with what the compiler wrote into the debug information.
fn is_own(frame: &Frame) -> bool {
    const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");
    const OWN: [&str; 7] = ["go", "rt", "sanitizer", "sync", "task", "thread", "time"];
    let module = frame
        .file
        .strip_prefix(SOURCES)
        .and_then(|f| f.split(['/', '.']).next());
    frame.file.starts_with(jostle_core::SOURCES) || module.is_some_and(|m| OWN.contains(&m))
}

/// The path from the root of the workspace, so that it is the same on every machine and
/// in every program, and looks as the compiler's own file names do. The root is the
/// folder of the lock file: the tests of a package have the package's as the current
/// one. Where there is no lock file, what the path has in common with the current folder
/// is left out.
fn near(file: &str) -> String {
    let path = Path::new(file);
    let Ok(here) = std::env::current_dir() else {
        return file.to_owned();
    };
    let mut common = here
        .ancestors()
        .filter(|folder| folder.parent().is_some() && path.starts_with(folder));
    let nearest = common.clone().next();
    let root = common.find(|folder| folder.join("Cargo.lock").is_file());
    match root
        .or(nearest)
        .and_then(|folder| path.strip_prefix(folder).ok())
    {
        Some(rest) => rest.display().to_string(),
        None => file.to_owned(),
    }
}
