//! `with_value`.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::go::context::handle::Context;

/// A child of `parent` that carries `value`, which
/// [`Context::value`] finds by its type
/// ([`WithValue`](https://pkg.go.dev/context#WithValue)).
#[must_use]
pub fn with_value<T: Any + Send + Sync>(parent: &Context, value: T) -> Context {
    Context {
        values: Values(Some(Arc::new(Link {
            value: Arc::new(value),
            above: parent.values.clone(),
        }))),
        ..parent.clone()
    }
}

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
