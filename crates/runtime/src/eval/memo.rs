//! Texts of earlier requests and what they were found to be: context keys, actions, the fronts of ARNs.
//!
//! Requests repeat the same few of them letter by letter, so most are found here, in one cache line, and not by hashing and comparing over the bundle's sections. A
//! memo is a direct-mapped cache: an entry holds the whole text and is compared with it, so what it gives is what the bundle would give; a text that is not
//! there, or is too long to be held, takes the long way. Its size is fixed, a new text replaces the one in its place, and nothing is ever allocated.
//! It serves one bundle.

use crate::error::Fault;
use alloc::vec;
use alloc::vec::Vec;

/// One text and what it is. An entry that was never filled has an empty text, which is never asked for.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Entry<const N: usize, T> {
    text: [u8; N],
    len: u32,
    value: T,
}

/// The memo of texts of at most `N` bytes.
#[derive(Debug)]
pub(super) struct Memo<const N: usize, T> {
    entries: Vec<Entry<N, T>>,
}

impl<const N: usize, T: Copy> Memo<N, T> {
    /// With so many places, a power of two; `value` is what they hold before they are filled.
    pub(super) fn new(places: usize, value: T) -> Memo<N, T> {
        debug_assert!(places.is_power_of_two());
        Memo { entries: vec![Entry { text: [0; N], len: 0, value }; places] }
    }

    /// What a text is: from the memo, or else from `find`. `None` for a text that the memo cannot hold.
    #[inline]
    pub(super) fn get<E: From<Fault>>(&mut self, text: &str, find: impl FnOnce() -> Result<T, E>) -> Result<Option<&T>, E> {
        let bytes = text.as_bytes();
        if bytes.is_empty() || bytes.len() > N {
            return Ok(None);
        }
        // Keeping the low bits is intended.
        let place = spread(bytes) as usize & self.entries.len().wrapping_sub(1);
        let entry = self.entries.get_mut(place).ok_or(Fault::Corrupt)?;
        if entry.text.get(..entry.len as usize) != Some(bytes) {
            entry.value = find()?;
            let (held, _) = entry.text.split_at_mut_checked(bytes.len()).ok_or(Fault::Corrupt)?;
            held.copy_from_slice(bytes);
            entry.len = u32::try_from(bytes.len()).map_err(|_| Fault::Corrupt)?;
        }
        Ok(Some(&entry.value))
    }
}

/// Spreads texts over places by their length, ends and middle. Texts of one place only make each other slower.
#[inline]
fn spread(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let word = |from: usize| text.get(from..).and_then(|rest| rest.first_chunk::<8>()).map_or(0, |word| u64::from_le_bytes(*word));
    let last = text.len().saturating_sub(8);
    let ends =
        if last == 0 { text.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)) } else { word(0) ^ word(last).rotate_left(23) };
    let mixed = (ends ^ word(last >> 1).rotate_left(47)).wrapping_add(text.len() as u64).wrapping_mul(ODD);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(memo: &mut Memo<16, usize>, text: &str, found: &mut u32) -> Option<usize> {
        let value = memo.get(text, || {
            *found += 1;
            Ok::<usize, Fault>(text.len())
        });
        value.unwrap().copied()
    }

    #[test]
    fn a_text_is_looked_for_once() {
        let mut memo = Memo::new(8, 0);
        let mut found = 0;
        for text in ["aws:SourceIp", "aws:SourceVpce", "aws:SourceIp"] {
            assert_eq!(length(&mut memo, text, &mut found), Some(text.len()));
        }
        assert_eq!(found, 2);
    }

    #[test]
    fn texts_in_one_place_replace_each_other_and_are_never_mixed_up() {
        let mut memo = Memo::new(1, 0);
        let mut found = 0;
        for text in ["a", "ab", "a\0", "a", "aws:sourceip", "aws:SourceIp"] {
            assert_eq!(length(&mut memo, text, &mut found), Some(text.len()));
        }
        assert_eq!(found, 6);
    }

    #[test]
    fn a_text_that_is_found_wrong_is_not_kept() {
        let mut memo: Memo<16, u32> = Memo::new(1, 0);
        assert!(memo.get("s3", || Err::<u32, Fault>(Fault::Corrupt)).is_err());
        assert_eq!(memo.get("s3", || Ok::<u32, Fault>(7)).unwrap(), Some(&7));
    }

    #[test]
    fn a_text_may_fill_its_place_and_not_more() {
        let mut memo = Memo::new(1, 0);
        let mut found = 0;
        assert_eq!(length(&mut memo, "0123456789abcdef", &mut found), Some(16));
        assert_eq!(length(&mut memo, "0123456789abcdefg", &mut found), None);
        assert_eq!(length(&mut memo, "", &mut found), None);
        assert_eq!(found, 1);
    }
}
