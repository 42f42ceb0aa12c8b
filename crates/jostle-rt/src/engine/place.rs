//! Sites by return address and calls.

use jostle_core::op::Site;

use crate::hot;
use crate::symbols::{SiteTable, Symbolizer};

/// What is known of places, and who finds out more.
#[derive(Debug)]
pub(crate) struct Places {
    table: SiteTable,
    symbols: Symbolizer,
}

impl Places {
    pub(crate) fn new(symbols: Symbolizer) -> Places {
        Places {
            table: SiteTable::new(),
            symbols,
        }
    }

    /// The site of what goes on at `pc` under calls with this hash, if it is known.
    #[inline]
    pub(crate) fn get(&self, pc: usize, calls: u64) -> Option<Site> {
        self.table.get(pc, calls)
    }

    /// Finds out the site of what goes on at `pc` in the running thread.
    #[cold]
    pub(crate) fn learn(&mut self, pc: usize) -> Site {
        let calls: Vec<usize> = hot::calls().iter().map(|call| call.pc).collect();
        let site = self.symbols.resolve(pc, &calls);
        self.table.insert(pc, hot::calls_hash(), site);
        site
    }

    pub(crate) fn symbols(&mut self) -> &mut Symbolizer {
        &mut self.symbols
    }
}
