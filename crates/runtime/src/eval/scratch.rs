//! Memory that decisions reuse. Nothing is cleared between two of them: an entry counts only if it bears the present epoch, and no epoch comes twice.

use crate::error::Fault;
use crate::request::limits::{CONTEXT_KEYS_MAX, REQUEST_BYTES_MAX};
use alloc::vec;
use alloc::vec::Vec;

/// Which entry of the request's context gives a key.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stamp {
    pub(super) epoch: u64,
    pub(super) entry: u32,
}

/// Context keys of a session overlay for which there is memory from the beginning.
const OVERLAY_KEYS: usize = 256;

/// Slots of the table of keys that the bundle does not know: twice as many as a request may have, so that one is always free.
const UNKNOWN_SLOTS: usize = 2 * CONTEXT_KEYS_MAX;

/// The memory of one evaluator.
#[derive(Debug)]
pub(super) struct Scratch {
    epoch: u64,
    /// By slot.
    stamps: Vec<Stamp>,
    /// By slot of a session overlay. It is as long as the overlay with most keys so far.
    overlay_stamps: Vec<Stamp>,
    /// Hash table of entries whose key the bundle does not know.
    unknown: Vec<Stamp>,
    action: Vec<u8>,
    key: Vec<u8>,
}

impl Scratch {
    /// For a bundle with so many slots. Reserves all that a decision will need; pages that no request is long enough to reach are never touched.
    pub(super) fn new(slots: usize) -> Scratch {
        Scratch {
            epoch: 0,
            stamps: vec![Stamp::default(); slots],
            overlay_stamps: vec![Stamp::default(); OVERLAY_KEYS],
            unknown: vec![Stamp::default(); UNKNOWN_SLOTS],
            action: Vec::with_capacity(REQUEST_BYTES_MAX),
            key: Vec::with_capacity(REQUEST_BYTES_MAX),
        }
    }

    /// A new request, under a session overlay with so many keys. Allocates for an overlay with more keys than any before and than [`OVERLAY_KEYS`].
    pub(super) fn begin(&mut self, overlay_keys: usize) -> Result<(), Fault> {
        if overlay_keys > self.overlay_stamps.len() {
            self.overlay_stamps.resize(overlay_keys, Stamp::default());
        }
        self.epoch = self.epoch.checked_add(1).ok_or(Fault::Corrupt)?;
        Ok(())
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    pub(super) fn overlay_stamps(&self) -> &[Stamp] {
        &self.overlay_stamps
    }

    pub(super) fn action(&self) -> &[u8] {
        &self.action
    }

    pub(super) fn fold_action(&mut self, action: &str) {
        fold_into(&mut self.action, action);
    }

    /// Folds a key; [`Scratch::key`] gives the result.
    pub(super) fn fold_key(&mut self, key: &str) {
        fold_into(&mut self.key, key);
    }

    /// The key folded last.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// Notes that an entry gives this slot; the entry that already gave it, if one did.
    pub(super) fn stamp_slot(&mut self, slot: u32, entry: u32) -> Result<Option<u32>, Fault> {
        let stamp = self.stamps.get_mut(slot as usize).ok_or(Fault::Corrupt)?;
        if stamp.epoch == self.epoch {
            return Ok(Some(stamp.entry));
        }
        *stamp = Stamp { epoch: self.epoch, entry };
        Ok(None)
    }

    /// Notes that an entry gives this slot of the session overlay.
    pub(super) fn stamp_overlay_slot(&mut self, slot: u32, entry: u32) -> Result<(), Fault> {
        let stamp = self.overlay_stamps.get_mut(slot as usize).ok_or(Fault::Corrupt)?;
        *stamp = Stamp { epoch: self.epoch, entry };
        Ok(())
    }

    /// Notes an entry whose key the bundle does not know; the earlier entry that `equals` finds equal, if there is one.
    pub(super) fn note_unknown(&mut self, hash: u64, entry: u32, equals: impl Fn(u32) -> bool) -> Result<Option<u32>, Fault> {
        let mask = UNKNOWN_SLOTS.saturating_sub(1);
        // The length is a power of two; keeping the low bits of the hash is intended.
        let mut place = hash as usize & mask;
        for _ in 0..UNKNOWN_SLOTS {
            let stamp = self.unknown.get_mut(place).ok_or(Fault::Corrupt)?;
            if stamp.epoch != self.epoch {
                *stamp = Stamp { epoch: self.epoch, entry };
                return Ok(None);
            }
            if equals(stamp.entry) {
                return Ok(Some(stamp.entry));
            }
            place = place.wrapping_add(1) & mask;
        }
        Err(Fault::Corrupt)
    }
}

/// Copying first and folding in place lets both go many bytes at a time.
fn fold_into(folded: &mut Vec<u8>, text: &str) {
    folded.clear();
    folded.extend_from_slice(text.as_bytes());
    folded.make_ascii_lowercase();
}

const _: () = assert!(UNKNOWN_SLOTS.is_power_of_two());
