//! What is learnt about inputs while they are instrumented, kept in the cache with the
//! result, as the input is not looked at again.

use serde::{Deserialize, Serialize};

use super::allocators;
use super::assembly::{self, Assembly};
use super::bitcode::Machine;
use super::tokio::Constructors;

/// What is known about an object, or about the objects of an archive together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Objects that were instrumented.
    pub(crate) objects: usize,
    /// Functions in them.
    pub(crate) functions: usize,
    /// Objects without bitcode.
    pub(crate) native: Vec<Native>,
    /// Assembly worth naming.
    pub(crate) assembly: Vec<Assembly>,
    /// Entry points of allocators that native objects define.
    pub(crate) entries: Vec<String>,
    /// The constructors of tokio's runtimes.
    pub(crate) tokio: Option<Constructors>,
}

/// An object of machine code without bitcode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Native {
    /// Its name in the archive or file system.
    pub(crate) object: String,
    /// Whether its compiler instrumented it (`-fsanitize=thread`).
    pub(crate) sanitized: bool,
}

impl Facts {
    /// The facts of an object of another compiler.
    pub(crate) fn of_native(object: String, machine: &Machine) -> Self {
        let entries = machine
            .defines
            .iter()
            .filter(|name| allocators::is_entry(name));
        Self {
            native: vec![Native {
                object,
                sanitized: machine.sanitized,
            }],
            entries: entries.cloned().collect(),
            ..Self::default()
        }
    }

    /// Adds those of another object.
    pub(crate) fn add(&mut self, other: Self) {
        self.objects += other.objects;
        self.functions += other.functions;
        self.native.extend(other.native);
        self.entries.extend(other.entries);
        self.tokio = self.tokio.take().or(other.tokio);
        let assembly = std::mem::take(&mut self.assembly);
        self.assembly = assembly::merge(assembly.into_iter().chain(other.assembly));
    }
}
