//! The corpus of a scenario: a folder of inputs, as libFuzzer has it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::list;
use crate::input::{self, Input};
use crate::present;
use crate::scenario::Scenario;
use crate::scenario::registry::Scope;

/// The corpus of one scenario; by default one that is kept nowhere.
#[derive(Default)]
pub(super) struct Corpus {
    folder: Option<PathBuf>,
    selector: u32,
    inputs: Vec<Input>,
}

impl Corpus {
    /// What is in the folder of `scenario` in `parent`, by name. Any bytes are an
    /// input, and a folder that is not there has none.
    pub(super) fn open(parent: &Path, scenario: &Scenario, scope: Scope) -> anyhow::Result<Corpus> {
        let folder = parent.join(scenario.name);
        let inputs = read(&folder).with_context(|| {
            format!(
                "the corpus in {} cannot be read; name another folder with --corpus",
                folder.display()
            )
        })?;
        let all = list::all(scope)?;
        let names: Vec<&str> = all.iter().map(|s| s.name).collect();
        Ok(Corpus {
            folder: Some(folder),
            selector: input::selector_of(scenario.name, &names),
            inputs,
        })
    }

    /// The inputs.
    pub(super) fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Adds `inputs` to the folder, under the names that libFuzzer gives them.
    pub(super) fn save(&self, inputs: &[Input]) -> anyhow::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        for input in inputs {
            let bytes = input.encode(self.selector);
            let path = folder.join(sha1_smol::Sha1::from(&bytes).digest().to_string());
            present::replace(&path, &bytes).with_context(|| {
                format!(
                    "the corpus in {} cannot be written to; name another folder with --corpus",
                    folder.display()
                )
            })?;
        }
        Ok(())
    }
}

fn read(folder: &Path) -> io::Result<Vec<Input>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let input = |path: &PathBuf| Ok(Input::decode(&fs::read(path)?).1);
    paths.iter().map(input).collect()
}
