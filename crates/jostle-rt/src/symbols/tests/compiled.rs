//! Compiles `program.rs`, runs it and reads what it tells of itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use jostle_site::Site;

use crate::symbols::{Object, Settings, Symbolizer};

const SOURCE: &str = include_str!("program.rs");

/// The program and the addresses of its atomic instructions.
pub(super) struct Program {
    folder: PathBuf,
    executable: PathBuf,
    /// For each atomic instruction in the order of execution its address and the return
    /// addresses of the stack, the innermost first.
    pub(super) stacks: Vec<Vec<usize>>,
    /// The address of the static `COUNTER`.
    pub(super) counter: usize,
}

impl Program {
    /// Compiled with these options.
    pub(super) fn compile(options: &[&str]) -> Program {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("jostle-symbols-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(folder.join("src")).unwrap();
        std::fs::write(folder.join("src/program.rs"), SOURCE).unwrap();
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let executable = folder.join("program");
        let mut command = Command::new(rustc);
        command.current_dir(&folder);
        // Loaded where the file says, so that addresses are those of the file.
        command.args(["--edition=2024", "-Crelocation-model=static", "-o"]);
        command.arg(&executable).args(options).arg("src/program.rs");
        let compiled = command.output().unwrap();
        let errors = String::from_utf8_lossy(&compiled.stderr);
        assert!(compiled.status.success(), "{errors}");
        let run = Command::new(&executable).output().unwrap();
        assert!(run.status.success(), "{:?}", run.status);
        let address = |word| usize::from_str_radix(word, 16).unwrap();
        let text = String::from_utf8(run.stdout).unwrap();
        let (counter, stacks) = text.split_once('\n').unwrap();
        let stacks = stacks.lines();
        let stacks = stacks.map(|line| line.split(' ').map(address).collect());
        Program {
            stacks: stacks.collect(),
            counter: address(counter),
            folder,
            executable,
        }
    }

    /// For a workspace that the program is the only source of.
    pub(super) fn symbolizer(&self) -> Symbolizer {
        let settings = Settings {
            workspace: self.folder.clone(),
            vendored: Vec::new(),
            crates: vec!["program".to_owned()],
        };
        let object = Object::of_file(0, Path::new(&self.executable)).unwrap();
        Symbolizer::new(&settings, vec![object])
    }

    /// The places of the atomic instructions, in order.
    pub(super) fn sites(&self) -> Vec<Site> {
        let mut symbols = self.symbolizer();
        let site = |stack: &Vec<usize>| {
            let returns: Vec<usize> = stack[1..].iter().rev().copied().collect();
            // The address is that of the instruction and not the one behind it.
            symbols.resolve(stack[0] + 1, &returns)
        };
        self.stacks.iter().map(site).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What is left of it does not matter to any test.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The operations that the comments of the source announce: line and public name.
pub(super) fn announced() -> Vec<(u32, &'static str)> {
    let code = SOURCE
        .lines()
        .zip(1..)
        .filter(|(text, _)| !text.starts_with("//!"));
    let marked = code.filter_map(|(text, line)| Some((line, text.split_once(" //= ")?.1)));
    let all = marked.flat_map(|(line, names)| names.split(", ").map(move |name| (line, name)));
    let all: Vec<_> = all.collect();
    assert!(all.len() > 15);
    all
}

/// The first line of the source that has this text.
pub(super) fn line_of(text: &str) -> u32 {
    let mut lines = SOURCE.lines().zip(1..);
    lines.find(|(line, _)| line.contains(text)).unwrap().1
}
