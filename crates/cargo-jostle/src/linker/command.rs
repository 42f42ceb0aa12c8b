//! The command line of a linker, as rustc writes it for a C compiler as driver: what goes
//! in, what comes out, and which arguments do not go with instrumentation.
//!
//! Left out are options of the link-time optimization that does not take place
//! (`-plugin-opt`), those that remove names (`-s`, `--strip-*`), as reports are made of
//! them, and those that forbid undefined symbols in a shared library (`-z defs`), as it
//! finds the functions of the runtime when it is loaded.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// What the linker makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A program: the runtime is linked into it.
    Executable,
    /// A shared library: it uses the runtime of the program that loads it.
    Shared,
    /// One object of several, to be linked later.
    Relocatable,
}

/// An argument that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Argument {
    /// An object or archive.
    Input(PathBuf),
    /// A library by name that has to be found as an archive.
    StaticLibrary(String),
    /// Anything else.
    Other(OsString),
}

/// A parsed command line.
#[derive(Debug)]
pub(crate) struct CommandLine {
    /// What is kept, in order.
    pub(crate) arguments: Vec<Argument>,
    /// What is made.
    pub(crate) kind: Kind,
    /// Where it goes.
    pub(crate) output: PathBuf,
    /// The option that asks for a static program, if one does.
    pub(crate) fixed: Option<String>,
    /// Where libraries are looked for.
    pub(crate) folders: Vec<PathBuf>,
    /// Shared libraries by name or file name.
    pub(crate) shared: Vec<String>,
}

/// Options whose value is the next argument.
const WITH_VALUE: &[&str] = &["-o", "-L", "-l", "-z", "-T", "-u", "-e", "-x", "-Xlinker"];

impl CommandLine {
    /// Reads the arguments.
    pub(crate) fn parse(arguments: Vec<OsString>) -> Self {
        let mut this = Self {
            arguments: Vec::new(),
            kind: Kind::Executable,
            output: PathBuf::from("a.out"),
            fixed: None,
            folders: Vec::new(),
            shared: Vec::new(),
        };
        let mut archives_only = false;
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy().into_owned();
            if let Some(options) = argument.as_bytes().strip_prefix(b"-Wl,") {
                this.pass_through(options, &mut archives_only);
                continue;
            }
            if WITH_VALUE.contains(&text.as_str()) {
                let value = arguments.next().unwrap_or_default();
                this.option(&text, argument, value, archives_only);
                continue;
            }
            match text.as_str() {
                "-s" => continue,
                "-shared" => this.kind = Kind::Shared,
                "-r" => this.kind = Kind::Relocatable,
                "-static" | "-static-pie" => this.fixed = Some(text.clone()),
                _ => {}
            }
            if let Some(name) = text.strip_prefix("-l").filter(|it| !it.is_empty()) {
                this.library(name, argument.clone(), archives_only);
            } else if let Some(folder) = argument.as_bytes().strip_prefix(b"-L") {
                this.folders.push(PathBuf::from(OsStr::from_bytes(folder)));
                this.arguments.push(Argument::Other(argument));
            } else {
                this.file_or_other(&text, argument);
            }
        }
        this
    }

    /// An option with a value.
    fn option(&mut self, name: &str, option: OsString, value: OsString, archives_only: bool) {
        match name {
            "-o" => self.output = PathBuf::from(&value),
            "-L" => self.folders.push(PathBuf::from(&value)),
            "-l" => {
                let name = value.to_string_lossy().into_owned();
                let mut option = option;
                option.push(&value);
                self.library(&name, option, archives_only);
                return;
            }
            "-z" if value == "defs" => return,
            _ => {}
        }
        self.arguments.extend([option, value].map(Argument::Other));
    }

    /// A library by its name.
    fn library(&mut self, name: &str, argument: OsString, archives_only: bool) {
        if archives_only {
            self.arguments
                .push(Argument::StaticLibrary(name.to_owned()));
        } else {
            self.shared.push(name.to_owned());
            self.arguments.push(Argument::Other(argument));
        }
    }

    /// An argument without a meaning of its own: an input by its extension.
    fn file_or_other(&mut self, text: &str, argument: OsString) {
        let path = Path::new(&argument);
        let extension = path.extension().unwrap_or_default();
        if !text.starts_with('-') && ["o", "rlib", "a"].iter().any(|it| extension == *it) {
            self.arguments.push(Argument::Input(path.to_owned()));
            return;
        }
        if !text.starts_with('-') && extension == "so" {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            self.shared.push(name);
        }
        self.arguments.push(Argument::Other(argument));
    }

    /// Options that the C compiler hands to the linker itself, separated by commas.
    fn pass_through(&mut self, options: &[u8], archives_only: &mut bool) {
        let mut kept: Vec<&[u8]> = Vec::new();
        let mut options = options.split(|&byte| byte == b',').peekable();
        while let Some(option) = options.next() {
            match option {
                b"-Bstatic" | b"-dn" | b"-non_shared" => *archives_only = true,
                b"-Bdynamic" | b"-dy" | b"-call_shared" => *archives_only = false,
                b"-static" => self.fixed = Some("-Wl,-static".to_owned()),
                b"-r" | b"--relocatable" => self.kind = Kind::Relocatable,
                b"-s" | b"-S" | b"--strip-all" | b"--strip-debug" | b"--no-undefined" => continue,
                b"-z" if options.peek() == Some(&&b"defs"[..]) => {
                    options.next();
                    continue;
                }
                b"-plugin" => {
                    options.next();
                    continue;
                }
                _ if option.starts_with(b"-plugin-opt") => continue,
                _ => {}
            }
            kept.push(option);
        }
        if !kept.is_empty() {
            let argument = [b"-Wl,", kept.join(&b',').as_slice()].concat();
            self.arguments
                .push(Argument::Other(OsString::from_vec(argument)));
        }
    }

    /// The file of a static library, looked for as the linker does.
    pub(crate) fn archive(&self, library: &str) -> Option<PathBuf> {
        let name = match library.strip_prefix(':') {
            Some(file) => file.to_owned(),
            None => format!("lib{library}.a"),
        };
        self.folders
            .iter()
            .map(|folder| folder.join(&name))
            .find(|path| path.is_file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> CommandLine {
        CommandLine::parse(text.split(' ').map(OsString::from).collect())
    }

    fn other(text: &str) -> Argument {
        Argument::Other(text.into())
    }

    #[test]
    fn inputs_and_output_are_told_from_options() {
        let line = parse("-m64 a.rcgu.o /x/libb.rlib -o target/x.o -pie libc.so");
        assert_eq!(line.kind, Kind::Executable);
        assert_eq!(line.output, Path::new("target/x.o"));
        assert_eq!(line.shared, ["libc.so"]);
        assert_eq!(
            line.arguments,
            [
                other("-m64"),
                Argument::Input("a.rcgu.o".into()),
                Argument::Input("/x/libb.rlib".into()),
                other("-o"),
                other("target/x.o"),
                other("-pie"),
                other("libc.so"),
            ]
        );
    }

    #[test]
    fn link_time_optimization_and_stripping_are_left_out() {
        let line = parse(
            "-Wl,-plugin-opt=O0,-plugin-opt=mcpu=x86-64 -Wl,--strip-all -s \
             -Wl,-z,relro,-z,defs,-z,now -z defs -Wl,--gc-sections",
        );
        let kept = [other("-Wl,-z,relro,-z,now"), other("-Wl,--gc-sections")];
        assert_eq!(line.arguments, kept);
    }

    #[test]
    fn the_mode_decides_which_libraries_are_archives() {
        let line = parse("-lone -Wl,-Bstatic -l two -Wl,-Bdynamic -L /x -L/y -lthree");
        assert_eq!(line.shared, ["one", "three"]);
        assert_eq!(line.folders, [Path::new("/x"), Path::new("/y")]);
        let archives = line
            .arguments
            .contains(&Argument::StaticLibrary("two".into()));
        assert!(archives, "{:?}", line.arguments);
        assert_eq!(line.fixed, None);
    }

    #[test]
    fn kinds_of_output_are_told_apart() {
        assert_eq!(parse("-shared").kind, Kind::Shared);
        assert_eq!(parse("-Wl,-r").kind, Kind::Relocatable);
        assert_eq!(parse("-static-pie").fixed.unwrap(), "-static-pie");
    }

    #[test]
    fn a_static_library_is_found_in_the_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libdemo.a");
        std::fs::write(&path, "").unwrap();
        let line = parse(&format!("-L /nowhere -L {}", folder.path().display()));
        assert_eq!(line.archive("demo").unwrap(), path);
        assert_eq!(line.archive(":libdemo.a").unwrap(), path);
        assert_eq!(line.archive("other"), None);
    }
}
