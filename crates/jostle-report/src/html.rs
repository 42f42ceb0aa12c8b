//! Renders a page for a browser: one file that needs nothing else, not even a network.
//!
//! - `page.html`, `style.css`: what is there before anything is known.
//! - `js/`: what shows the document, in the order of `SCRIPTS`: `dom` (elements
//!   and text), `model` (what the document says), `state` (what is shown),
//!   `board`, `lines`, `map` (the lanes), `source`, `details` (the column beside
//!   them), `controls`, `keys`, `main`.
//!
//! The page holds the document of [`json`](crate::json) as data. Nothing
//! that comes from the program under test is ever taken for markup: in the page
//! the document has no `<`, and the scripts make text of it and elements only by
//! name. A policy in the page keeps it from loading anything.

use crate::document::Document;
use crate::terminal::{self, Options};
use crate::{Page, ReadSource, Report};

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");

/// The scripts in an order in which each uses, while it is read, only those
/// before it.
const SCRIPTS: [&str; 11] = [
    include_str!("html/js/dom.js"),
    include_str!("html/js/model.js"),
    include_str!("html/js/state.js"),
    include_str!("html/js/board.js"),
    include_str!("html/js/lines.js"),
    include_str!("html/js/map.js"),
    include_str!("html/js/source.js"),
    include_str!("html/js/details.js"),
    include_str!("html/js/controls.js"),
    include_str!("html/js/keys.js"),
    include_str!("html/js/main.js"),
];

/// The width of the text for browsers without JavaScript.
const WIDTH: usize = 120;

/// The page.
#[must_use]
pub fn render(page: &Page<'_>, read: ReadSource<'_>) -> String {
    let document = Document::new(page, read);
    let data = serde_json::to_string(&document).expect("strings and lists can be written as JSON");
    let title = match page.failing.finding {
        Some(finding) => format!("{}: {} - Jostle", page.scenario, finding.kind),
        None => format!("{} - Jostle", page.scenario),
    };
    let script = SCRIPTS.concat();
    let parts = [
        ("{{title}}", escaped(&title)),
        ("{{style}}", STYLE.to_owned()),
        ("{{text}}", escaped(&text(page, read))),
        ("{{data}}", inert(&data)),
        (
            "{{script}}",
            format!("(() => {{\n\"use strict\";\n{script}}})();"),
        ),
    ];
    // Each mark is looked for behind the one before it, so that what is put in
    // is not searched.
    let mut html = String::with_capacity(PAGE.len() + data.len() + STYLE.len() + script.len());
    let mut rest = PAGE;
    for (mark, part) in &parts {
        let (before, after) = rest
            .split_once(mark)
            .expect("the page has every mark, in order");
        html.push_str(before);
        html.push_str(part);
        rest = after;
    }
    html + rest
}

/// The report as text.
fn text(page: &Page<'_>, read: ReadSource<'_>) -> String {
    let Some(finding) = page.failing.finding else {
        return "nothing found".to_owned();
    };
    let report = Report {
        scenario: page.scenario,
        about: page.about,
        finding,
        trace: page.failing.trace,
        commands: page.commands,
    };
    let options = Options {
        width: WIDTH,
        ..Options::default()
    };
    terminal::render(&report, &options, read)
}

/// `text` as text of HTML.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON that says the same and can neither end the element it stands in nor
/// begin a comment there: outside of strings JSON has none of these signs.
fn inert(json: &str) -> String {
    let json = json.replace('<', "\\u003c").replace('>', "\\u003e");
    json.replace('&', "\\u0026")
}
