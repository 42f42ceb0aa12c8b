//! Places in the source for addresses of this process.
//!
//! At a scheduling point the runtime knows a return address into instrumented code and
//! the shadow call stack. A reader wants the line that the user wrote, what that line
//! calls by its public name, and who called it. This module makes the one of the other.
//!
//! - `settings`: what has to be told about the program.
//! - `objects`: the files that are loaded, and where.
//! - `image`: debug information and symbols of one file.
//! - `name`: the parts of a demangled name.
//! - `public`: what users call a function, and which functions they do not think of.
//! - `path`: whose a source file is, and how it is shown.
//! - `call`: one frame with all of this.
//! - `place`: the place of a chain of frames.
//! - `symbolizer`: all of it together, remembered.
//! - `stack`: the hash of a shadow call stack.
//! - `site_table`: sites by address and hash, for the scheduling point.
//! - `object_name`: what to call the object behind an address.
//!
//! How they are used:
//!
//! ```text
//! start:   let symbols = Symbolizer::new(&settings, loaded_objects());
//!          let table = SiteTable::new();
//! call:    hash = entered(hash of the innermost entry, leaving, pc);   kept in the new entry
//! point:   table.get(pc, hash)                                         a few instructions
//! miss:    on the root context:
//!          let site = symbols.resolve(pc, &return addresses of the stack);
//!          table.insert(pc, hash, site);
//! ```
//!
//! `loaded_objects` has to reach the C library's `dl_iterate_phdr`.

mod call;
mod image;
mod name;
mod object_name;
mod objects;
mod path;
mod place;
mod public;
mod settings;
mod site_table;
mod stack;
mod symbolizer;
#[cfg(test)]
mod tests;

pub(crate) use object_name::{Home, kind_of_object, object_name};
#[cfg(test)]
pub(crate) use objects::Object;
pub(crate) use objects::loaded_objects;
pub(crate) use settings::Settings;
pub(crate) use site_table::SiteTable;
pub(crate) use stack::{EMPTY, WINDOW, entered};
pub(crate) use symbolizer::{Symbol, Symbolizer};
