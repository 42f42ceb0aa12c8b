//! The results of a verification as the document of `--json`.

use jostle_core::verify::End;
use serde_json::{Value, json};

use crate::args::Verify;
use crate::exit::ExitStatus;
use crate::output;
use crate::sink::{Asked, Sink};
use crate::verify::Explored;

struct Json;

pub(super) fn asked(args: &Verify) -> Asked<Explored> {
    args.json.then(|| Box::new(Json) as Box<_>)
}

impl Sink<Explored> for Json {
    fn end(&mut self, results: &[Explored]) -> anyhow::Result<()> {
        let scenarios: Vec<_> = results.iter().map(scenario).collect();
        output::document(&json!({ "scenarios": scenarios }))
    }
}

fn scenario(explored: &Explored) -> Value {
    let verified = &explored.verified;
    let end = match &verified.end {
        End::Exhausted => "exhausted",
        End::Found(_) => "found",
        End::Limit => "limit",
        End::Stopped => "stopped",
        End::Rejected => "rejected",
        End::Astray => "astray",
        End::Broken(_) => "broken",
    };
    json!({
        "name": explored.name,
        "end": end,
        "as_expected": explored.conclusion.status() == ExitStatus::AsExpected,
        "statement": explored.statement,
        "classes": verified.classes,
        "executions": verified.executions,
        "redundant": verified.redundant,
        "cut": verified.cut,
        "limited": verified.limited,
        "longest": verified.longest,
        "seconds": verified.elapsed.as_secs_f64(),
        "trace": explored.saved.as_ref().and_then(|saved| saved.path.as_ref()).map(|path| path.to_string_lossy()),
    })
}
