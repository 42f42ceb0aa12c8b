//! The list of scenarios, to which `#[jostle::scenario]` adds at link time.

use jostle_core::backend::DuplicateName;

use crate::scenario::Scenario;

/// Every scenario that is linked into the program, in no particular order.
#[linkme::distributed_slice]
pub static SCENARIOS: [Scenario];

/// The scenarios of the program, sorted by name.
///
/// # Errors
///
/// If two scenarios have the same name.
pub(crate) fn scenarios() -> Result<Vec<&'static Scenario>, DuplicateName> {
    let mut list: Vec<&'static Scenario> = SCENARIOS.iter().collect();
    list.sort_by_key(|s| (s.subject.name, s.subject.site));
    for pair in list.windows(2) {
        let [first, second] = [&pair[0].subject, &pair[1].subject];
        if first.name == second.name {
            return Err(DuplicateName {
                name: first.name,
                first: first.site,
                second: second.site,
            });
        }
    }
    Ok(list)
}
