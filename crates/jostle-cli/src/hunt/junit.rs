//! The results of a hunt as the file of `--junit`.

use std::path::PathBuf;

use jostle_report::junit;

use crate::args::Hunt;
use crate::hunt::Hunted;
use crate::output;
use crate::sink::{Asked, Sink};

struct Junit {
    path: PathBuf,
}

pub(super) fn asked(args: &Hunt) -> Asked<Hunted> {
    let path = args.junit.clone()?;
    Some(Box::new(Junit { path }))
}

impl Sink<Hunted> for Junit {
    fn end(&mut self, results: &[Hunted]) -> anyhow::Result<()> {
        let results: Vec<_> = results
            .iter()
            .map(|hunted| junit::Hunted {
                summary: &hunted.summary,
                reports: &hunted.reports,
            })
            .collect();
        output::write(&self.path, junit::render(&results)?.as_bytes(), "--junit")
    }
}
