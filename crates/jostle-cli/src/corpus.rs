//! The corpus of a scenario: a folder of inputs, as libFuzzer uses.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jostle_core::backend::Suite;
use jostle_core::input::{self, Input};
use jostle_core::subject::Subject;
use jostle_report::publish;

use crate::list;

/// The corpus of one scenario; by default one that is kept nowhere.
#[derive(Default)]
pub(crate) struct Corpus {
    folder: Option<PathBuf>,
    selector: u32,
    inputs: Vec<Input>,
}

impl Corpus {
    /// What is in the folder of `subject` in `parent`, by name. Any bytes are an
    /// input, and a folder that is not there has none.
    pub(crate) fn open<S: Suite>(
        parent: &Path,
        subject: &Subject,
        suite: &S,
    ) -> anyhow::Result<Corpus> {
        let folder = parent.join(subject.name);
        let inputs = read(&folder).with_context(|| {
            format!(
                "the corpus in {} cannot be read; name another folder with --corpus",
                folder.display()
            )
        })?;
        let all = list::all(suite)?;
        let names: Vec<&str> = all.iter().map(|target| target.as_ref().name).collect();
        Ok(Corpus {
            folder: Some(folder),
            selector: input::selector_of(subject.name, &names),
            inputs,
        })
    }

    /// The inputs.
    pub(crate) fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Adds `inputs` to the folder, under the names that libFuzzer gives them.
    pub(crate) fn save(&self, inputs: &[Input]) -> anyhow::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        for input in inputs {
            let bytes = input.encode(self.selector);
            let path = folder.join(sha1_smol::Sha1::from(&bytes).digest().to_string());
            publish::replace(&path, &bytes).with_context(|| {
                format!(
                    "the corpus in {} cannot be written to; name another folder with --corpus",
                    folder.display()
                )
            })?;
        }
        Ok(())
    }
}

/// Checks that the folder of `--corpus` is there and can be written to.
///
/// # Errors
///
/// If not: one that is not there is more likely mistyped than meant to be new.
pub(crate) fn check(folder: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(
        folder.is_dir(),
        "there is no folder {}; name another folder with --corpus, or make it with mkdir",
        folder.display()
    );
    publish::check_folder(folder).with_context(|| {
        format!(
            "the corpus in {} cannot be written to; name another folder with --corpus",
            folder.display()
        )
    })
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
    let input = |path: &PathBuf| {
        let bytes = publish::read_file(path);
        let bytes = bytes.map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        Ok(Input::decode(&bytes).1)
    };
    paths.iter().map(input).collect()
}
