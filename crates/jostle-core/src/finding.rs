//! Findings as data, with a signature that is the same in every run.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::hash::Fnv;
use crate::id::{ObjectId, TaskId};
use crate::op::{Frame, OpKind, Site, file_name};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal,)*) => {
        /// The kind of a finding.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind,)*];

            /// The word that `expect = "…"`, reports and files use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// A task panicked, and nobody in the task caught it.
    Panic "panic",
    /// A primitive was used in a way that its rules forbid, with Go's words
    /// where the rule is Go's: send on closed channel, close of closed channel,
    /// negative WaitGroup counter, unlock of unlocked mutex.
    Misuse "misuse",
    /// The body of the scenario, or a circle of tasks, waits for ever.
    Deadlock "deadlock",
    /// The body has returned, and a task is left that nothing can wake.
    Leak "leak",
    /// A task waits for a wake-up that came too early or that nobody can give
    /// any more.
    LostWakeup "lost-wakeup",
    /// Two tasks accessed the same memory, one of them to write it, and nothing
    /// ordered the accesses. Reported by ThreadSanitizer.
    Race "race",
    /// No end within the step budget, not even under a fair scheduler.
    Livelock "livelock",
    /// Memory was used after it had been freed.
    UseAfterFree "use-after-free",
    /// Memory was freed twice, or what was freed is no block of the heap.
    DoubleFree "double-free",
    /// The program ended itself with an exit code that is not 0, and no panic was seen.
    Exit "exit",
    /// The program aborted, and no panic was seen.
    Abort "abort",
    /// A signal ended the program: an access to memory that is not there, an illegal
    /// instruction, a stack overflow.
    Crash "crash",
    /// The program does not come to a scheduling point any more.
    Stall "stall",
    /// The same input gave two different executions, or the scenario used an
    /// operating-system thread or a real blocking call.
    Nondeterminism "nondeterminism",
}

impl Kind {
    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|k| k.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A place in the source.
///
/// The order of places begins with the names of the files, so that it is the same in every
/// build; see [`file_name`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The file as the compiler names it.
    pub file: String,
    /// Line, counted from 1; 0 if it is not known.
    pub line: u32,
    /// Column, counted from 1.
    pub column: u32,
}

impl Place {
    /// The place in a form that is the same in every build; see [`file_name`].
    fn without_folders(&self) -> String {
        format!("{}:{}:{}", file_name(&self.file), self.line, self.column)
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Place) -> Ordering {
        file_name(&self.file)
            .cmp(file_name(&other.file))
            .then(self.line.cmp(&other.line))
            .then(self.column.cmp(&other.column))
            .then_with(|| self.file.cmp(&other.file))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Place) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<Site> for Place {
    fn from(site: Site) -> Place {
        Place {
            file: site.file().to_owned(),
            line: site.line(),
            column: site.column(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            // A function without debug information stands for its file.
            (0, _) => write!(f, "{}", self.file),
            (line, column) => write!(f, "{}:{line}:{column}", self.file),
        }
    }
}

/// What a place calls, where that is known; see [`Site::operation`] and [`Site::inner`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Call {
    /// The public name of the library function: `Mutex::lock`; empty if it is not known.
    pub operation: &'static str,
    /// How it comes to what is done, the innermost frame first.
    pub inner: &'static [Frame],
}

impl From<Site> for Call {
    fn from(site: Site) -> Call {
        Call {
            operation: site.operation(),
            inner: site.inner(),
        }
    }
}

/// A task that waits, as part of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wait {
    /// The task that waits.
    pub task: TaskId,
    /// For what.
    pub op: OpKind,
    /// On which object.
    pub object: ObjectId,
    /// Since which line.
    pub place: Place,
    /// What that line calls.
    pub call: Call,
    /// Tasks that could end the wait, if particular ones are responsible.
    pub on: Vec<TaskId>,
}

impl Wait {
    /// What the task does, by its public name where there is one.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.call.operation {
            "" => self.op.name(),
            operation => operation,
        }
    }
}

/// What an oracle found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What kind of bug it is.
    pub kind: Kind,
    /// One line: the message of a panic, or what the oracle saw.
    pub message: String,
    /// The task at fault, if there is one.
    pub task: Option<TaskId>,
    /// Where it shows: the site of the panic, or where the task waits.
    pub place: Option<Place>,
    /// Every task that waits and is part of the finding.
    pub waits: Vec<Wait>,
    /// Tasks that wait for each other, each for the next and the last for the
    /// first.
    pub cycle: Vec<TaskId>,
    /// Accesses to memory that nothing orders.
    pub accesses: Vec<Access>,
}

/// An access to memory, as part of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// The task that made it, if that is known.
    pub task: Option<TaskId>,
    /// What it did: `write of 8 bytes`, `atomic read of 4 bytes`.
    pub what: String,
    /// The locks that the task held at the access, for reading too, and what it was
    /// initializing. ThreadSanitizer forgets some if they are more than 16.
    pub held: Vec<ObjectId>,
    /// Where: the innermost frame that is the user's.
    pub place: Option<Place>,
    /// The stack, innermost frame first, a line for each.
    pub stack: Vec<String>,
}

impl Finding {
    /// A finding with a kind, a message and nothing else.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Finding {
        Finding {
            kind,
            message: message.into(),
            task: None,
            place: None,
            waits: Vec::new(),
            cycle: Vec::new(),
            accesses: Vec::new(),
        }
    }

    /// Two findings with equal signatures are taken to be the same bug.
    ///
    /// The signature is the kind and a hash of where it shows and, for tasks
    /// that wait, of what they wait for and where. Task numbers, values and the
    /// number of waiting tasks do not enter, since they differ between
    /// schedules; the same places do, by line and column and the name of the file
    /// without its folders, so that it is the same in every build on every machine.
    #[must_use]
    pub fn signature(&self) -> String {
        let mut parts: Vec<String> = self
            .waits
            .iter()
            .map(|w| format!("{} {}", w.op, w.place.without_folders()))
            .collect();
        // The column of an access is a matter of how it was compiled.
        parts.extend(self.accesses.iter().map(|a| match &a.place {
            Some(place) => format!("{} {}:{}", a.what, file_name(&place.file), place.line),
            None => a.what.clone(),
        }));
        parts.sort();
        parts.dedup();
        match &self.place {
            Some(place) => parts.push(place.without_folders()),
            None if parts.is_empty() => parts.push(self.message.clone()),
            None => {}
        }
        let mut hash = Fnv::new();
        for part in &parts {
            hash.write(part.as_bytes());
            hash.write(b"\n");
        }
        format!("{}-{:016x}", self.kind, hash.finish())
    }
}

impl Finding {
    /// The message in one line: that of an assertion has several.
    #[must_use]
    pub fn headline(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn race(folder: &str, line: u32) -> Finding {
        let mut race = Finding::new(Kind::Race, "data race");
        race.accesses.push(Access {
            task: None,
            what: "write of 8 bytes".to_owned(),
            held: Vec::new(),
            place: Some(Place {
                file: format!("{folder}counter.rs"),
                line,
                column: 1,
            }),
            stack: Vec::new(),
        });
        race
    }

    #[test]
    fn a_bug_is_the_same_from_every_folder() {
        fn at(folder: &str, line: u32) -> Place {
            Place {
                file: format!("{folder}pool.rs"),
                line,
                column: 5,
            }
        }
        let panic: fn(&str, u32) -> Finding = |folder, line| Finding {
            place: Some(at(folder, line)),
            ..Finding::new(Kind::Panic, "oh")
        };
        let leak: fn(&str, u32) -> Finding = |folder, line| Finding {
            waits: vec![Wait {
                task: TaskId::MAIN,
                op: OpKind::Recv,
                object: ObjectId::NONE,
                place: at(folder, line),
                call: Call::default(),
                on: Vec::new(),
            }],
            ..Finding::new(Kind::Leak, "oh")
        };
        for finding in [panic, leak] {
            let here = finding("src/", 7).signature();
            assert_eq!(here, finding("/home/me/project/src/", 7).signature());
            assert_ne!(here, finding("src/", 8).signature());
        }
    }

    #[test]
    fn a_wait_is_named_by_what_its_line_calls() {
        let inner = [Frame {
            file: "tokio-1.54.1/src/sync/notify.rs",
            line: 7,
            column: 1,
            function: "Notified.await",
        }];
        let place = Frame {
            file: "src/pool.rs",
            line: 3,
            column: 5,
            function: "close",
        };
        let site = Site::intern_call(place, "Notified.await", &inner, &[]);
        let wait = |site: Site| Wait {
            task: TaskId::MAIN,
            op: OpKind::Wait,
            object: ObjectId::NONE,
            place: Place::from(site),
            call: Call::from(site),
            on: Vec::new(),
        };
        assert_eq!(wait(site).word(), "Notified.await");
        assert_eq!(wait(site).call.inner, inner);
        assert_eq!(wait(Site::caller()).word(), "wait");
    }

    #[test]
    fn a_place_without_a_line_is_shown_without_one() {
        let place = |line| Place {
            file: "<pool::close>".to_owned(),
            line,
            column: 0,
        };
        assert_eq!(place(0).to_string(), "<pool::close>");
        assert_eq!(place(3).to_string(), "<pool::close>:3:0");
    }

    #[test]
    fn a_race_is_the_same_from_every_folder() {
        let here = race("src/", 7).signature();
        assert_eq!(here, race("project/src/", 7).signature());
        assert_eq!(here, race("", 7).signature());
        assert_ne!(here, race("src/", 8).signature());
    }
}
