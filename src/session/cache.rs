//! What sessions have been resolved to, by the digest of their documents: bounded in number and in bytes.

use portcullis_runtime::{Overlay, SessionPolicies};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Sessions that are kept.
const ENTRIES_MAX: usize = 1_024;
/// Bytes that their overlays take together: 64 MiB.
const BYTES_MAX: u64 = 64 << 20;

/// BLAKE3 of a session's documents and of what else decides what they mean.
pub(super) type Key = [u8; 32];

#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: HashMap<Key, Entry>,
    /// Bytes of all overlays.
    bytes: u64,
    /// Grows with every use.
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    session: SessionPolicies,
    bytes: u64,
    used: u64,
}

impl Cache {
    /// The session with this key.
    pub(super) fn get(&self, key: &Key) -> Option<SessionPolicies> {
        let mut entries = self.lock();
        entries.clock += 1;
        let now = entries.clock;
        let entry = entries.by_key.get_mut(key)?;
        entry.used = now;
        Some(entry.session.clone())
    }

    /// Keeps a session. Those that were used longest ago make room for it; one that is too large by itself is not kept.
    pub(super) fn put(&self, key: Key, session: &SessionPolicies) {
        let bytes = session.overlay.as_ref().map_or(0, Overlay::memory_bytes);
        if bytes > BYTES_MAX {
            return;
        }
        let mut entries = self.lock();
        while entries.by_key.len() >= ENTRIES_MAX || entries.bytes.saturating_add(bytes) > BYTES_MAX {
            // A look at all of them, once for each session that is compiled, which takes longer.
            let Some(oldest) = entries.by_key.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key) else { break };
            entries.remove(&oldest);
        }
        entries.remove(&key);
        entries.clock += 1;
        let used = entries.clock;
        entries.bytes = entries.bytes.saturating_add(bytes);
        entries.by_key.insert(key, Entry { session: session.clone(), bytes, used });
    }

    /// How many are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().by_key.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Entries> {
        // The table is whole after every change, so a panic elsewhere leaves nothing half done.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.by_key.remove(key) {
            self.bytes = self.bytes.saturating_sub(entry.bytes);
        }
    }
}
