//! What makes the command fail as annotations of GitHub Actions, on standard error.

use jostle_core::finding::Place;
use jostle_report::annotations;

use crate::output::show;
use crate::result::{Status, Tested};
use crate::sinks::words;

/// Prints a line for each failure of a test.
pub(crate) fn print(tested: &Tested) {
    of(tested).iter().for_each(|line| show(line));
}

fn of(tested: &Tested) -> Vec<String> {
    // A test has no place that is known; its program has a file.
    let file = Place {
        file: tested.source.to_string_lossy().into_owned(),
        line: 1,
        column: 1,
    };
    match &tested.status {
        Status::Found(all) => {
            let line = |found: &crate::result::Found| {
                let title = format!("{} in {}", words::kind(found), tested.name);
                let place = found.finding.place.as_ref().unwrap_or(&file);
                annotations::error(place, &title, &found.finding.message)
            };
            all.iter().map(line).collect()
        }
        Status::Failed { output } => {
            let title = format!("{} fails", tested.name);
            vec![annotations::error(&file, &title, output)]
        }
        Status::Broken { why, .. } => {
            let title = format!("{} gave no result", tested.name);
            vec![annotations::error(&file, &title, why)]
        }
        _ => Vec::new(),
    }
}
