//! Places in the source for addresses of this process.
//!
//! At a scheduling point the runtime knows a return address into instrumented code and
//! the shadow call stack. A reader wants the line that the user wrote, what that line
//! calls by its public name, and who called it. This module makes the one of the other.
//!
//! Use:
//!
//! ```text
//! start:    let objects = loaded_objects();                    // real dl_iterate_phdr
//!           let symbols = Symbolizer::new(&settings, objects); // reads nothing yet
//!           let table = SiteTable::new();
//! entry:    stack[n] = Entry { pc, hash: entered(&stack[..n], pc) };
//! point:    table.get(pc, stack.last().hash) -> Option<Site>   // a few instructions
//! miss:     on the root context: let site = symbols.resolve(pc, &returns);
//!           table.insert(pc, hash, site);
//! ```
