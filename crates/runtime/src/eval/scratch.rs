//! Memory that decisions reuse. Nothing is cleared between two of them: an entry counts only if it bears the present epoch, and no epoch comes twice.

use super::memo::Memo;
use crate::error::{EvalError, Fault};
use crate::format;
use crate::open::BundleId;
use crate::request::limits::{CONTEXT_KEYS_MAX, REQUEST_BYTES_MAX};
use crate::request::principal::{self, Resolved};
use crate::request::{Caller, RequestError};
use crate::views::Views;
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

/// Callers that are resolved from one request to the next.
#[derive(Debug)]
pub(super) struct Callers {
    memo: Memo<CALLER_BYTES, Resolved>,
    /// The caller of the request, if the memo does not hold it.
    other: Resolved,
}

impl Callers {
    pub(super) fn new(bundle: BundleId) -> Callers {
        Callers { memo: Memo::new(CALLERS, || Resolved::roomy(bundle)), other: Resolved::roomy(bundle) }
    }

    /// The caller, resolved over the bundle.
    pub(super) fn get(&mut self, views: &Views<'_>, caller: Caller<'_>) -> Result<&Resolved, RequestError> {
        if let Caller::Arn(arn) = caller
            && let Some(held) = self.memo.get(arn, |held| principal::resolve_into(held, views, caller))?
        {
            return Ok(held);
        }
        principal::resolve_into(&mut self.other, views, caller)?;
        Ok(&self.other)
    }
}

/// Bytes of a short ARN of a caller.
const CALLER_BYTES: usize = 124;
/// Bytes of a short action or context key; longer ones take the long way.
const SHORT_BYTES: usize = 48;
/// Bytes of a short front of an ARN.
const FRONT_BYTES: usize = 56;
/// Places of the memos.
const CALLERS: usize = 256;
const KEYS: usize = 256;
const ACTIONS: usize = 512;
const FRONTS: usize = 128;

/// The memory of one evaluator. Its parts are borrowed apart, since a request's action is kept while its context is read.
#[derive(Debug)]
pub(super) struct Scratch {
    /// The slot of the key that names the endpoint a request came through; the same for every request.
    pub(super) endpoint_slot: Result<Option<u32>, Fault>,
    pub(super) actions: Actions,
    pub(super) fronts: Fronts,
    pub(super) keys: Keys,
}

impl Scratch {
    /// For a bundle. Reserves all that a decision will need; pages that no request is long enough to reach are never touched.
    pub(super) fn new(views: &Views<'_>) -> Scratch {
        Scratch {
            endpoint_slot: views.endpoint_slot(),
            actions: Actions {
                memo: Memo::new(ACTIONS, || HeldAction { folded: [0; SHORT_BYTES], facts: ActionFacts::default() }),
                long: Vec::with_capacity(REQUEST_BYTES_MAX),
            },
            fronts: Fronts { memo: Memo::new(FRONTS, || Front::NOTHING) },
            keys: Keys {
                epoch: 0,
                stamps: vec![Stamp::default(); views.keys.len()],
                overlay_stamps: vec![Stamp::default(); OVERLAY_KEYS],
                unknown: vec![Stamp::default(); UNKNOWN_SLOTS],
                memo: Memo::new(KEYS, || HeldKey { slot: format::NONE, hash: 0 }),
                folded: Vec::with_capacity(REQUEST_BYTES_MAX),
            },
        }
    }
}

/// What an action is to a bundle.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ActionFacts {
    /// Its number on the action line.
    pub(super) id: u32,
    /// What the rules that name actions want to know of it.
    pub(super) traits: u32,
    /// Under the bundle's seed.
    pub(super) hash: u64,
}

/// Actions.
#[derive(Debug)]
pub(super) struct Actions {
    memo: Memo<SHORT_BYTES, HeldAction>,
    /// The action of the request, folded, if it is a long one.
    long: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct HeldAction {
    /// Folding keeps the length.
    folded: [u8; SHORT_BYTES],
    facts: ActionFacts,
}

impl Actions {
    /// An action, folded, with what `find` tells of it.
    pub(super) fn get(
        &mut self,
        action: &str,
        find: impl Fn(&[u8]) -> Result<ActionFacts, EvalError>,
    ) -> Result<(&[u8], ActionFacts), EvalError> {
        let held = self.memo.get(action, |held| {
            let text = held.folded.get_mut(..action.len()).ok_or(Fault::Corrupt)?;
            text.copy_from_slice(action.as_bytes());
            text.make_ascii_lowercase();
            held.facts = find(text)?;
            Ok::<(), EvalError>(())
        })?;
        if let Some(held) = held {
            return Ok((held.folded.get(..action.len()).ok_or(Fault::Corrupt)?, held.facts));
        }
        fold_into(&mut self.long, action);
        let facts = find(&self.long)?;
        Ok((&self.long, facts))
    }
}

/// Fronts of ARNs: what stands before the fifth colon, without `arn:`.
#[derive(Debug)]
pub(super) struct Fronts {
    memo: Memo<FRONT_BYTES, Front>,
}

/// What the parts 2 to 5 of an ARN are to a bundle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Front {
    /// Their symbols, `NONE` where the bundle does not have the text.
    pub(super) symbols: [u32; 4],
    /// Their hashes under the bundle's seed.
    pub(super) hashes: [u64; 4],
}

impl Front {
    /// Of no resource.
    pub(super) const NOTHING: Front = Front { symbols: [format::NONE; 4], hashes: [0; 4] };
}

impl Fronts {
    /// What partition, service, region and account are, of which `front` is the text; `find` looks them up.
    pub(super) fn get(&mut self, front: &str, find: impl Fn() -> Result<Front, Fault>) -> Result<Front, Fault> {
        let held = self.memo.get(front, |held| {
            *held = find()?;
            Ok::<(), Fault>(())
        })?;
        match held {
            Some(front) => Ok(*front),
            None => find(),
        }
    }
}

/// Context keys of the request.
#[derive(Debug)]
pub(super) struct Keys {
    epoch: u64,
    /// By slot.
    stamps: Vec<Stamp>,
    /// By slot of a session overlay. It is as long as the overlay with most keys so far.
    overlay_stamps: Vec<Stamp>,
    /// Hash table of entries whose key the bundle does not know.
    unknown: Vec<Stamp>,
    memo: Memo<SHORT_BYTES, HeldKey>,
    /// A key, folded, that the memo does not hold.
    folded: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct HeldKey {
    /// `NONE` for a key that the bundle does not know.
    slot: u32,
    /// Of the folded key.
    hash: u64,
}

impl Keys {
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

    /// Notes that an entry of the context gives this key; the entry that already gave it, if one did. `equals` tells whether an earlier entry's key is the
    /// same ignoring case.
    pub(super) fn note(
        &mut self,
        views: &Views<'_>,
        overlay: Option<&Views<'_>>,
        key: &str,
        entry: u32,
        equals: impl Fn(u32) -> bool,
    ) -> Result<Option<u32>, Fault> {
        let Keys { memo, folded, .. } = self;
        let mut find = || {
            fold_into(folded, key);
            let hash = format::hash(views.seed, folded);
            Ok::<HeldKey, Fault>(HeldKey { slot: views.slot(hash, folded)?.unwrap_or(format::NONE), hash })
        };
        let held = memo.get(key, |held| {
            *held = find()?;
            Ok::<(), Fault>(())
        })?;
        let HeldKey { slot, hash } = match held {
            Some(held) => *held,
            None => find()?,
        };
        let overlay_slot = match overlay {
            Some(overlay) if overlay.seed == views.seed => overlay.slot(hash, key.as_bytes())?,
            Some(overlay) => {
                fold_into(folded, key);
                overlay.slot(format::hash(overlay.seed, folded), folded)?
            }
            None => None,
        };
        let earlier = match slot {
            format::NONE => self.note_unknown(hash, entry, equals)?,
            slot => stamp(&mut self.stamps, self.epoch, slot, entry)?,
        };
        if earlier.is_none()
            && let Some(slot) = overlay_slot
        {
            stamp(&mut self.overlay_stamps, self.epoch, slot, entry)?;
        }
        Ok(earlier)
    }

    /// Notes an entry whose key, of this hash when folded, the bundle does not know.
    fn note_unknown(&mut self, hash: u64, entry: u32, equals: impl Fn(u32) -> bool) -> Result<Option<u32>, Fault> {
        let mask = UNKNOWN_SLOTS.saturating_sub(1);
        // The length is a power of two; keeping the low bits is intended.
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

/// Notes that an entry gives this slot; the entry that already gave it, if one did.
fn stamp(stamps: &mut [Stamp], epoch: u64, slot: u32, entry: u32) -> Result<Option<u32>, Fault> {
    let stamp = stamps.get_mut(slot as usize).ok_or(Fault::Corrupt)?;
    if stamp.epoch == epoch {
        return Ok(Some(stamp.entry));
    }
    *stamp = Stamp { epoch, entry };
    Ok(None)
}

/// Copying first and folding in place lets both go many bytes at a time.
fn fold_into(folded: &mut Vec<u8>, text: &str) {
    folded.clear();
    folded.extend_from_slice(text.as_bytes());
    folded.make_ascii_lowercase();
}

const _: () = assert!(UNKNOWN_SLOTS.is_power_of_two());
