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
    young: Generation<K, V>,
    old: Generation<K, V>,
}

/// Values by key. They stand apart from their keys, so that finding one is a single look-up.
#[derive(Debug)]
struct Generation<K, V> {
    places: HashMap<K, usize>,
    /// Each value with its bytes; none where it has moved on.
    values: Vec<Option<(V, u64)>>,
    bytes: u64,
}

impl<K: Hash + Eq, V> Cache<K, V> {
    /// An empty one.
    pub(crate) fn new(limits: Limits) -> Self {
        Cache { limits, young: Generation::new(), old: Generation::new() }
    }

    /// What is kept under this key, or else what is made: a value, and its bytes. It is there until the next call at least, however large it is.
    ///
    /// # Errors
    /// Those of making it; then nothing is kept.
    pub(crate) fn get_or_make<Q, E>(&mut self, key: &Q, make: impl FnOnce() -> Result<(V, u64), E>) -> Result<Option<&V>, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let place = match self.young.places.get(key) {
            Some(place) => *place,
            None => {
                let (key, (value, bytes)) = match self.old.take(key) {
                    Some(found) => found,
                    None => (key.to_owned(), make()?),
                };
                if self.young.places.len() >= self.limits.entries || self.young.bytes.saturating_add(bytes) > self.limits.bytes {
                    self.old = std::mem::replace(&mut self.young, Generation::new());
                }
                self.young.put(key, value, bytes)
            }
        };
        Ok(self.young.values.get(place).and_then(Option::as_ref).map(|(value, _)| value))
    }
}

impl<K: Hash + Eq, V> Generation<K, V> {
    fn new() -> Self {
        Generation { places: HashMap::new(), values: Vec::new(), bytes: 0 }
    }

    /// Adds a value under a key that is not there; its place.
    fn put(&mut self, key: K, value: V, bytes: u64) -> usize {
        let place = self.values.len();
        self.values.push(Some((value, bytes)));
        self.places.insert(key, place);
        self.bytes = self.bytes.saturating_add(bytes);
        place
    }

    fn take<Q>(&mut self, key: &Q) -> Option<(K, (V, u64))>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let (key, place) = self.places.remove_entry(key)?;
        Some((key, self.values.get_mut(place)?.take()?))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, Limits};

    /// The value under the key, and whether it had to be made.
    fn get(cache: &mut Cache<String, usize>, key: &str, value: usize, bytes: u64) -> (usize, bool) {
        let mut made = false;
        let found = cache.get_or_make(key, || {
            made = true;
            Ok::<_, ()>((value, bytes))
        });
        (*found.unwrap().unwrap(), made)
    }

    #[test]
    fn what_comes_often_stays() {
        let mut cache = Cache::new(Limits { entries: 4, bytes: 1000 });
        assert_eq!(get(&mut cache, "often", 7, 1), (7, true));
        for number in 0..100 {
            assert_eq!(get(&mut cache, &format!("once {number}"), number, 1), (number, true));
            assert_eq!(get(&mut cache, "often", 8, 1), (7, false), "after {number}");
            assert!(cache.young.values.len() <= 4 && cache.old.values.len() <= 4);
        }
        assert_eq!(get(&mut cache, "once 99", 0, 1), (99, false));
        assert_eq!(get(&mut cache, "once 0", 5, 1), (5, true));
    }

    #[test]
    fn what_cannot_be_made_is_not_kept() {
        let mut cache: Cache<String, usize> = Cache::new(Limits { entries: 4, bytes: 1000 });
        assert_eq!(cache.get_or_make("key", || Err("refused")), Err("refused"));
        assert_eq!(get(&mut cache, "key", 1, 1), (1, true));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut cache = Cache::new(Limits { entries: 1000, bytes: 10 });
        for number in 0..100 {
            get(&mut cache, &number.to_string(), number, 4);
            assert!(cache.young.bytes <= 10);
            assert!(cache.young.places.len() + cache.old.places.len() <= 4);
        }
        // Something larger than the limit is alone in its generation, and gone after the next.
        assert_eq!(get(&mut cache, "large", 1000, 50), (1000, true));
        get(&mut cache, "next", 1001, 4);
        get(&mut cache, "after", 1002, 10);
        assert_eq!(get(&mut cache, "large", 1003, 50), (1003, true));
    }
}
