//! `cargo jostle doctor`: whether this machine has what is needed, and how to get what is
//! missing.

use jostle_report::text::clean;

use crate::exit::ExitStatus;
use crate::linker;
use crate::output;
use crate::toolchain;

/// Runs the command.
pub(crate) fn run() -> anyhow::Result<ExitStatus> {
    let cache = toolchain::cache_dir()?;
    let checks = linker::checks(&std::env::current_dir()?, &cache);
    let mut text = String::new();
    for check in &checks {
        let verdict = if check.ok { "ok     " } else { "MISSING" };
        text += &format!("{verdict}  {}: {}\n", check.name, clean(&check.text));
        if let Some(remedy) = &check.remedy {
            text += &format!("         {}\n", clean(remedy));
        }
    }
    output::print(&text)?;
    Ok(match checks.iter().all(|check| check.ok) {
        true => ExitStatus::AsExpected,
        false => ExitStatus::Unusable,
    })
}
