//! A bounded memory of what took work to make: callers, sessions.
//!
//! Two generations: what is used moves to the younger one, and when that is full the elder one is forgotten. So what comes often stays, at the price of one
//! look-up, and nothing is kept but the two maps. Never more than twice the limits is held.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// How much one generation holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Entries.
    pub(crate) entries: usize,
    /// Bytes, as whoever puts something in counts them.
    pub(crate) bytes: u64,
}

/// What was made, by key.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    limits: Limits,
    young: HashMap<K, (V, u64)>,
    old: HashMap<K, (V, u64)>,
    young_bytes: u64,
}

impl<K: Hash + Eq, V> Cache<K, V> {
    /// An empty one.
    pub(crate) fn new(limits: Limits) -> Self {
        Cache { limits, young: HashMap::new(), old: HashMap::new(), young_bytes: 0 }
    }

    /// Whether something is kept under this key. If so, it is there for the next [`get`](Cache::get), and young again.
    pub(crate) fn renew<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if self.young.contains_key(key) {
            return true;
        }
        match self.old.remove_entry(key) {
            Some((key, (value, bytes))) => {
                self.insert(key, value, bytes);
                true
            }
            None => false,
        }
    }

    /// What was renewed or put in last.
    pub(crate) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.young.get(key).map(|(value, _)| value)
    }

    /// Keeps something of so many bytes. It is there for the next [`get`](Cache::get) at least, however large it is.
    pub(crate) fn insert(&mut self, key: K, value: V, bytes: u64) {
        if self.young.len() >= self.limits.entries || self.young_bytes.saturating_add(bytes) > self.limits.bytes {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes = self.young_bytes.saturating_add(bytes);
        self.young.insert(key, (value, bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, Limits};

    #[test]
    fn what_comes_often_stays() {
        let mut cache = Cache::new(Limits { entries: 4, bytes: 1000 });
        cache.insert("often".to_owned(), 0, 1);
        for number in 0..100 {
            cache.insert(format!("once {number}"), number, 1);
            assert!(cache.renew("often"), "after {number}");
            assert_eq!(cache.get("often"), Some(&0));
            assert!(cache.young.len() <= 4 && cache.old.len() <= 4);
        }
        assert!(!cache.renew("once 0"));
        assert!(cache.renew("once 99"));
        assert_eq!(cache.get("once 99"), Some(&99));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut cache = Cache::new(Limits { entries: 1000, bytes: 10 });
        for number in 0..100 {
            cache.insert(number, number, 4);
            assert!(cache.young_bytes <= 10);
            assert!(cache.young.len() + cache.old.len() <= 4);
        }
        // Something larger than the limit is alone in its generation, and gone after the next.
        cache.insert(1000, 1000, 50);
        assert_eq!(cache.get(&1000), Some(&1000));
        cache.insert(1001, 1001, 4);
        cache.insert(1002, 1002, 10);
        assert!(!cache.renew(&1000));
    }
}
