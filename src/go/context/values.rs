//! The values that a context carries.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The values of a context, the nearest first.
///
/// They never change, and whoever shares them shares them by `Arc` in Rust and by
/// pointer in Go: no state of the runtime's is among them.
#[derive(Clone)]
pub(super) struct Values(Option<Arc<Link>>);

struct Link {
    value: Arc<dyn Any + Send + Sync>,
    above: Values,
}

impl Values {
    pub(super) const NONE: Values = Values(None);

    /// These and `value`, which is nearer.
    pub(super) fn with<T: Any + Send + Sync>(&self, value: T) -> Values {
        Values(Some(Arc::new(Link {
            value: Arc::new(value),
            above: self.clone(),
        })))
    }

    pub(super) fn find<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let mut link = self.0.as_ref();
        while let Some(here) = link {
            if let Ok(value) = Arc::clone(&here.value).downcast() {
                return Some(value);
            }
            link = here.above.0.as_ref();
        }
        None
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Values")
    }
}
