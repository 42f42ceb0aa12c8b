//! The results of a verification as text on stderr.

use crate::args::Verify;
use crate::progress::Line;
use crate::sink::{Asked, Sink};
use crate::verify::Explored;

struct Terminal;

pub(super) fn asked(args: &Verify) -> Asked<Explored> {
    (!args.json).then(|| Box::new(Terminal) as Box<_>)
}

impl Sink<Explored> for Terminal {
    fn result(&mut self, explored: &Explored, line: &Line) {
        if let Some(saved) = &explored.saved {
            line.report(&saved.report);
        }
        line.say(&format!("{}: {}", explored.name, explored.statement));
    }
}
