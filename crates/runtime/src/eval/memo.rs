//! Texts of earlier requests and what they were found to be: callers, context keys, actions, the fronts of ARNs.
//!
//! Requests repeat the same few of them letter by letter, so most are found here, in one cache line, and not by hashing and comparing over the bundle's sections. A
//! memo is a direct-mapped cache: an entry holds the whole text and is compared with it, so what it gives is what the bundle would give; a text that is not
//! there, or is too long to be held, takes the long way. Its size is fixed, a new text replaces the older one of its pair, and the memo itself never grows.
//! It serves one bundle.

use crate::error::Fault;
use alloc::vec::Vec;

/// One text and what it is. An entry that was never filled has an empty text, which is never asked for.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Entry<const N: usize, T> {
    text: [u8; N],
    len: u32,
    value: T,
}

impl<const N: usize, T> Entry<N, T> {
    #[inline]
    fn holds(&self, text: &[u8]) -> bool {
        self.text.get(..self.len as usize) == Some(text)
    }
}

/// The memo of texts of at most `N` bytes.
#[derive(Debug)]
pub(super) struct Memo<const N: usize, T> {
    entries: Vec<Entry<N, T>>,
}

impl<const N: usize, T> Memo<N, T> {
    /// With so many places, a power of two and two at least; `blank` makes what they hold before they are filled.
    pub(super) fn new(places: usize, blank: impl Fn() -> T) -> Memo<N, T> {
        debug_assert!(places.is_power_of_two() && places > 1);
        Memo { entries: (0..places).map(|_| Entry { text: [0; N], len: 0, value: blank() }).collect() }
    }

    /// What a text is: from the memo, or else as `fill` makes it out of what stood in its place. `None` for a text that the memo cannot hold.
    #[inline]
    pub(super) fn get<E: From<Fault>>(&mut self, text: &str, fill: impl FnOnce(&mut T) -> Result<(), E>) -> Result<Option<&T>, E> {
        let bytes = text.as_bytes();
        if bytes.is_empty() || bytes.len() > N {
            return Ok(None);
        }
        // Two places side by side; keeping the low bits is intended, and the number of places is even.
        let pair = spread(bytes) as usize & self.entries.len().wrapping_sub(1) & !1;
        let Some([first, second]) = self.entries.get_mut(pair..).and_then(|places| places.first_chunk_mut::<2>()) else {
            return Err(Fault::Corrupt.into());
        };
        if first.holds(bytes) {
            return Ok(Some(&first.value));
        }
        if second.holds(bytes) {
            return Ok(Some(&second.value));
        }
        // The older one goes.
        core::mem::swap(first, second);
        let entry = first;
        // Until it is filled, it holds nothing.
        entry.len = 0;
        fill(&mut entry.value)?;
        let (held, _) = entry.text.split_at_mut_checked(bytes.len()).ok_or(Fault::Corrupt)?;
        held.copy_from_slice(bytes);
        entry.len = u32::try_from(bytes.len()).map_err(|_| Fault::Corrupt)?;
        Ok(Some(&entry.value))
    }
}

/// Spreads texts over places. Texts of one place only make each other slower, so it mixes no better than that asks for, eight bytes at a time.
#[inline]
fn spread(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |mixed: u64, word: u64| (mixed ^ word).wrapping_mul(ODD).rotate_left(27);
    let (words, rest) = text.as_chunks::<8>();
    let mixed = words.iter().fold(text.len() as u64, |mixed, word| mix(mixed, u64::from_le_bytes(*word)));
    let last = match text.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    let mixed = mix(mixed, last);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(memo: &mut Memo<16, usize>, text: &str, found: &mut u32) -> Option<usize> {
        let value = memo.get(text, |value| {
            *found += 1;
            *value = text.len();
            Ok::<(), Fault>(())
        });
        value.unwrap().copied()
    }

    #[test]
    fn a_text_is_looked_for_once() {
        let mut memo = Memo::new(8, || 0);
        let mut found = 0;
        for text in ["aws:SourceIp", "aws:SourceVpce", "aws:SourceIp"] {
            assert_eq!(length(&mut memo, text, &mut found), Some(text.len()));
        }
        assert_eq!(found, 2);
    }

    /// Texts that differ in few bytes, as the callers of one account do, seldom meet.
    #[test]
    fn similar_texts_spread() {
        let places: std::collections::BTreeSet<u64> = (0..256)
            .map(|number| spread(format!("arn:aws:sts::111111111111:assumed-role/app-{number}/session").as_bytes()) & 0x3ff)
            .collect();
        // Thrown at random, 256 texts meet 227 of 1,024 places.
        assert!(places.len() > 200, "{} places", places.len());
    }

    #[test]
    fn texts_in_one_pair_replace_the_older_and_are_never_mixed_up() {
        let mut memo = Memo::new(2, || 0);
        let mut found = 0;
        for text in ["a", "ab", "a", "ab", "a\0", "a", "aws:sourceip", "aws:SourceIp"] {
            assert_eq!(length(&mut memo, text, &mut found), Some(text.len()));
        }
        // Both of the first two stay; from then on each new one drives the older of two out.
        assert_eq!(found, 6);
    }

    #[test]
    fn a_text_that_is_found_wrong_is_not_kept_and_what_it_replaced_is_gone() {
        let mut memo: Memo<16, u32> = Memo::new(2, || 0);
        let fill = |with: u32| {
            move |value: &mut u32| {
                *value = with;
                Ok::<(), Fault>(())
            }
        };
        assert_eq!(memo.get("ec2", fill(5)).unwrap(), Some(&5));
        let broken = memo.get("s3", |value| {
            *value = 6;
            Err(Fault::Corrupt)
        });
        assert!(broken.is_err());
        assert_eq!(memo.get("s3", fill(7)).unwrap(), Some(&7), "not the value of the attempt that failed");
        for text in ["sts", "iam"] {
            assert_eq!(memo.get(text, fill(8)).unwrap(), Some(&8));
        }
        assert!(memo.get("ec2", |_| Err(Fault::Corrupt)).is_err());
    }

    #[test]
    fn a_text_may_fill_its_place_and_not_more() {
        let mut memo = Memo::new(2, || 0);
        let mut found = 0;
        assert_eq!(length(&mut memo, "0123456789abcdef", &mut found), Some(16));
        assert_eq!(length(&mut memo, "0123456789abcdefg", &mut found), None);
        assert_eq!(length(&mut memo, "", &mut found), None);
        assert_eq!(found, 1);
    }
}
