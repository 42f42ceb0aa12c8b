//! The results of a hunt as annotations of GitHub Actions. Printed to stderr so stdout stays
//! valid JSON.

use jostle_report::annotations;

use crate::args::Hunt;
use crate::hunt::Hunted;
use crate::progress::Line;
use crate::sink::{Asked, Sink};

struct Annotations;

pub(super) fn asked(args: &Hunt) -> Asked<Hunted> {
    args.annotations
        .is_now()
        .then(|| Box::new(Annotations) as Box<_>)
}

impl Sink<Hunted> for Annotations {
    fn result(&mut self, hunted: &Hunted, line: &Line) {
        for annotation in annotations::render(&hunted.summary) {
            line.report(&annotation);
        }
    }
}
