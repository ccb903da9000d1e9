//! Hash indexes.

use portcullis_runtime::format::{NONE, PROBES_MAX, U32, hash};

/// How often a table may double before another seed is tried.
const GROWTHS_MAX: u32 = 5;

/// An index over entries with these keys, whose ids are their positions (those with no key are left out); `None` when no table of reasonable size keeps within the probe bound.
pub(super) fn build<'a>(seed: u64, keys: impl Iterator<Item = Option<&'a [u8]>> + Clone) -> Option<Vec<U32>> {
    let entries: Vec<(u64, u32)> = (0u32..).zip(keys).filter_map(|(id, key)| key.map(|key| (hash(seed, key), id))).collect();
    let smallest = entries.len().checked_mul(2)?.max(1).checked_next_power_of_two()?;
    (0..GROWTHS_MAX).find_map(|growth| fill(&entries, smallest.checked_shl(growth)?))
}

fn fill(entries: &[(u64, u32)], slots: usize) -> Option<Vec<U32>> {
    let mask = slots.checked_sub(1)?;
    let mut table = vec![U32::new(NONE); slots];
    for &(hash, id) in entries {
        // Truncation is meant: only the low bits choose the slot.
        let start = (hash & mask as u64) as usize;
        let free = (0..PROBES_MAX as usize)
            .map(|probe| (start + probe) & mask)
            .find(|slot| table.get(*slot).is_some_and(|id| id.get() == NONE))?;
        *table.get_mut(free)? = U32::new(id);
    }
    Some(table)
}
