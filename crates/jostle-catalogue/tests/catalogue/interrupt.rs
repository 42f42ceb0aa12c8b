//! Ctrl-C: the results so far are reported and saved.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::command::{code, command, fingerprint, folder, jostle, stderr, stdout};
use crate::support::repository::root;

fn start(args: &[&str]) -> Child {
    command()
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ctrl_c(child: &Child) {
    let pid = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(kill.success());
}

/// Waits until the process catches SIGINT, or has come to its end.
fn catches(child: &mut Child) {
    let status = format!("/proc/{}/status", child.id());
    let catches = || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let caught = status.lines().find_map(|l| l.strip_prefix("SigCgt:"));
        let caught = caught.map(|mask| u64::from_str_radix(mask.trim(), 16).unwrap());
        // SIGINT is number 2, whose bit is the second.
        caught.is_some_and(|mask| mask & 2 != 0)
    };
    while !catches() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
}

/// What comes of the command with a Ctrl-C as soon as it catches that, and perhaps
/// a second one.
fn interrupted(args: &[&str], twice: bool) -> Output {
    let mut child = start(args);
    catches(&mut child);
    ctrl_c(&child);
    if twice {
        ctrl_c(&child);
    }
    child.wait_with_output().unwrap()
}

/// The first of some attempts that is as wanted: a machine may be so busy that a
/// signal comes too late.
fn attempt(what: &str, attempt: impl FnMut() -> Option<Output>) -> Output {
    let output = std::iter::repeat_with(attempt).take(20).flatten().next();
    output.unwrap_or_else(|| panic!("{what}"))
}

/// A known failure with a megabyte of data that it does not need, so that there is
/// something to do.
fn large(out: &Path) -> (String, Value) {
    let kept = root().join("corpus/orders/failing/misuse.trace.json");
    let mut known = json(&kept);
    let data = known["data"].as_str().unwrap().to_owned() + &"00".repeat(1 << 20);
    known["data"] = data.into();
    let trace = out.join("large.trace.json");
    fs::write(&trace, known.to_string()).unwrap();
    (trace.to_str().unwrap().to_owned(), known)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn minimizing_keeps_the_best_so_far() {
    let out = folder("ctrl-c");
    let (trace, before) = large(&out);
    let small = out.join("small.trace.json");
    let args = ["minimize", &trace, "--out", small.to_str().unwrap()];
    let output = attempt("minimizing was never interrupted", || {
        let _ = fs::remove_file(&small);
        let output = interrupted(&args, false);
        let early = ", and ended before there was nothing left to try";
        stdout(&output).contains(early).then_some(output)
    });
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let after = json(&small);
    assert_eq!(
        before["finding"]["signature"],
        after["finding"]["signature"]
    );
    assert_eq!(after["strategy"], "calm");
    // What is saved is what the report is about, and it replays.
    let replayed = jostle(&["replay", small.to_str().unwrap()]);
    assert_eq!(code(&replayed), 1, "{}", stderr(&replayed));
    assert_eq!(fingerprint(&stdout(&replayed)), after["fingerprint"]);
    assert!(stdout(&output).contains(&format!("replay {}", small.display())));
}

#[test]
fn a_second_one_ends_the_process_at_once() {
    let out = folder("ctrl-c-twice");
    let (trace, _) = large(&out);
    let small = out.join("small.trace.json");
    let args = ["minimize", &trace, "--out", small.to_str().unwrap()];
    let output = attempt("the second one never came in time", || {
        let output = interrupted(&args, true);
        (code(&output) == 130).then_some(output)
    });
    assert_eq!(stdout(&output), "");
}

/// The first scenario has been explored, and of the others one has begun.
#[test]
fn a_hunt_tells_and_saves_what_it_has() {
    let out = folder("ctrl-c-hunt");
    let (corpus, junit) = (out.join("corpus"), out.join("results.xml"));
    let output = attempt("no hunt was interrupted in the middle", || {
        let _ = fs::remove_dir_all(&corpus);
        fs::create_dir_all(&corpus).unwrap();
        let mut child = start(&[
            "hunt",
            "shutdown",
            "shutdown_fixed",
            "lost_update_fixed",
            "--time",
            "60",
            "--corpus",
            corpus.to_str().unwrap(),
            "--junit",
            junit.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ]);
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut text = String::new();
        while !text.contains("ok       shutdown: ") && said.read_line(&mut text).unwrap() > 0 {}
        // The second one reaches something new with its first execution.
        ctrl_c(&child);
        said.read_to_string(&mut text).unwrap();
        let mut output = child.wait_with_output().unwrap();
        output.stderr = text.into_bytes();
        // It may have come before the second one began.
        let text = stderr(&output);
        let begun = text.contains("stopped  shutdown_fixed: ");
        (begun && !text.contains("so far in 0 executions")).then_some(output)
    });
    let text = stderr(&output);
    assert_eq!(code(&output), 130, "{text}");
    let stopped = "stopped  shutdown_fixed: nothing found so far in ";
    assert!(text.contains(stopped), "{text}");
    assert!(
        text.contains("Ctrl-C: 2 of 3 scenarios were not explored to the end"),
        "{text}"
    );
    assert!(!text.contains("lost_update_fixed"), "{text}");
    assert!(stdout(&output).starts_with("2 scenarios: 1 as expected"));
    let kept = fs::read_dir(corpus.join("shutdown_fixed")).unwrap();
    assert!(kept.count() > 0);
    let results = fs::read_to_string(&junit).unwrap();
    assert!(
        results.contains("<skipped message=\"stopped after "),
        "{results}"
    );
}

#[test]
fn an_exploration_is_no_proof_then() {
    let output = attempt("no exploration was interrupted", || {
        let output = interrupted(&["verify", "cron_tick_fixed", "orders_fixed"], false);
        stderr(&output).contains("no proof").then_some(output)
    });
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let text = stderr(&output);
    assert!(
        text.contains("cron_tick_fixed: no proof: it was stopped; "),
        "{text}"
    );
    assert!(
        text.contains("Ctrl-C: 1 of 2 scenarios were not explored"),
        "{text}"
    );
}
