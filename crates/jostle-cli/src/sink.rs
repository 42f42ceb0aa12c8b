//! Output sinks: one implementation per format.
//!
//! A command explores and decides; each format is a sink in a separate file, and a line in
//! the command's list of sinks.

use crate::output;
use crate::progress::Line;

/// A format of results of type `R`, one for each scenario.
pub(crate) trait Sink<R> {
    /// A scenario is done. `line` is the live line, above which there may be others.
    fn result(&mut self, _result: &R, _line: &Line) {}

    /// The command is done, and the live line gone.
    fn end(&mut self, _results: &[R]) -> anyhow::Result<()> {
        Ok(())
    }
}

/// A sink, if it was asked for.
pub(crate) type Asked<R> = Option<Box<dyn Sink<R>>>;

/// The sinks of one command, in the order in which they are told.
pub(crate) struct Sinks<R>(Vec<Box<dyn Sink<R>>>);

impl<R> Sinks<R> {
    /// Those that were asked for.
    pub(crate) fn new(sinks: impl IntoIterator<Item = Asked<R>>) -> Sinks<R> {
        Sinks(sinks.into_iter().flatten().collect())
    }

    /// See [`Sink::result`].
    pub(crate) fn result(&mut self, result: &R, line: &Line) {
        for sink in &mut self.0 {
            sink.result(result, line);
        }
    }

    /// See [`Sink::end`]. What one of them cannot write is no reason for the others not to.
    /// Complains of each, and tells whether all is written.
    #[must_use]
    pub(crate) fn end(&mut self, results: &[R]) -> bool {
        let ends = self.0.iter_mut().map(|sink| sink.end(results));
        let errors: Vec<_> = ends.filter_map(Result::err).collect();
        errors.iter().for_each(output::complain);
        errors.is_empty()
    }
}
