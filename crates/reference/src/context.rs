//! The context of one request: the keys that it gave and the keys that the world derives (section 8).
//!
//! Names are kept in ASCII lower case, tag keys included (S-502). The keys of the request stand before the derived ones
//! and the first of a name counts, so the request wins (S-806) and the first of two clashing resource tags counts
//! (S-810).

/// The value of a context key. Everything is text; the operator decides how to read it (S-527).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ContextValue {
    Single(String),
    /// An array, even one of a single element (S-506).
    Many(Vec<String>),
}

/// Keys in the order in which they count.
#[derive(Debug, Default)]
pub(crate) struct Context {
    keys: Vec<(String, ContextValue)>,
}

impl Context {
    /// Adds a key behind those that are there.
    pub(crate) fn add(&mut self, name: &str, value: ContextValue) {
        self.keys.push((name.to_ascii_lowercase(), value));
    }

    pub(crate) fn add_single(&mut self, name: &str, text: impl Into<String>) {
        self.add(name, ContextValue::Single(text.into()));
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.given(name).is_some()
    }

    /// The value of a key, or `None` where it is missing. An empty array is missing (S-504).
    pub(crate) fn value(&self, name: &str) -> Option<&ContextValue> {
        self.given(name).filter(|value| **value != ContextValue::Many(Vec::new()))
    }

    /// The text of a key that is present and not multivalued.
    pub(crate) fn single(&self, name: &str) -> Option<&str> {
        match self.value(name) {
            Some(ContextValue::Single(text)) => Some(text),
            _ => None,
        }
    }

    fn given(&self, name: &str) -> Option<&ContextValue> {
        let found = self.keys.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    #[cfg(test)]
    pub(crate) fn of(keys: &[(&str, &str)]) -> Context {
        let mut context = Context::default();
        for (name, text) in keys {
            context.add_single(name, *text);
        }
        context
    }
}
