//! Random choices that are the same for a seed on every machine and for any number of threads.

use fastrand::Rng;
use std::cell::RefCell;

/// A stream of choices. It moves behind a shared reference, so that choices nest in one expression.
#[derive(Debug)]
pub struct Dice {
    rng: RefCell<Rng>,
}

impl Dice {
    /// The stream number `index` of a seed. Each world has its own, so worlds can be made in any order.
    pub fn new(seed: u64, index: u64) -> Dice {
        let mut mixed = seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Dice { rng: RefCell::new(Rng::with_seed(mixed ^ (mixed >> 31))) }
    }

    /// True in that many of a hundred throws.
    pub fn percent(&self, percent: u32) -> bool {
        self.rng.borrow_mut().u32(0..100) < percent
    }

    /// A number below `end`; 0 where `end` is 0.
    pub fn below(&self, end: usize) -> usize {
        if end == 0 { 0 } else { self.rng.borrow_mut().usize(0..end) }
    }

    /// A number of the range, both ends included.
    pub fn between(&self, first: usize, last: usize) -> usize {
        self.rng.borrow_mut().usize(first..=last)
    }

    /// A number from 0 up to 1, 1 left out.
    pub fn fraction(&self) -> f64 {
        self.rng.borrow_mut().f64()
    }

    /// Puts the items into another order.
    pub fn shuffle<T>(&self, items: &mut [T]) {
        self.rng.borrow_mut().shuffle(items);
    }

    /// One of the items, which must not be empty.
    pub fn pick<'a, T>(&self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// One of the texts; the empty text of no texts.
    pub fn word<'a>(&self, items: &[&'a str]) -> &'a str {
        items.get(self.below(items.len())).copied().unwrap_or_default()
    }

    /// One of the texts, owned; the empty text of no texts.
    pub fn text<T: AsRef<str>>(&self, items: &[T]) -> String {
        items.get(self.below(items.len())).map_or_else(String::new, |item| item.as_ref().to_owned())
    }

    /// The index of a weight, in proportion to the weights.
    pub fn weighted(&self, weights: &[u32]) -> usize {
        let mut left = self.rng.borrow_mut().u32(0..weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return index,
            }
        }
        0
    }

    /// Up to `count` different items in the order of the list.
    pub fn sample<T: Clone>(&self, items: &[T], count: usize) -> Vec<T> {
        let mut indexes: Vec<usize> = (0..items.len()).collect();
        self.rng.borrow_mut().shuffle(&mut indexes);
        indexes.truncate(count);
        indexes.sort_unstable();
        indexes.into_iter().map(|index| items[index].clone()).collect()
    }
}
