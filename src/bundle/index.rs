//! Hash indexes.

use portcullis_runtime::format::{NONE, PROBES_MAX, U32};

/// How often a table may double before another seed is tried.
const GROWTHS_MAX: u32 = 5;

/// An index over entries with these hashes, whose ids are their positions (those without one are left out); `None` when no table of reasonable size keeps within the probe bound.
pub(super) fn build(hashes: impl Iterator<Item = Option<u64>>) -> Option<Vec<U32>> {
    let entries: Vec<(u64, u32)> = (0u32..).zip(hashes).filter_map(|(id, hash)| hash.map(|hash| (hash, id))).collect();
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
