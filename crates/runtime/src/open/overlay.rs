//! Session overlays: the documents of one session, compiled to a small bundle of their own (S-715).

use super::BundleId;
use crate::error::OpenError;
use crate::format::BundleKind;
use crate::verify;
use crate::views::{Owned, Views};
use alloc::sync::Arc;
use core::fmt;

/// The largest overlay that is opened: 16 MiB.
const OVERLAY_BYTES_MAX: usize = 16 << 20;

/// A verified session overlay. Kept for the session's life; serves any bundle. Cheap to clone, `Send + Sync`, immutable.
#[derive(Clone)]
pub struct Overlay(Arc<Opened>);

struct Opened {
    id: BundleId,
    sections: Owned,
}

impl Overlay {
    /// Verifies an overlay and takes its contents over.
    ///
    /// # Errors
    /// `invalid-bundle` for bytes that are no whole overlay of this format version or break one of its rules; `limit-exceeded` above 16 MiB or for a step
    /// bound above the global limit.
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Result<Overlay, OpenError> {
        let bytes = bytes.as_ref();
        if bytes.len() > OVERLAY_BYTES_MAX {
            return Err(OpenError::limit("the overlay is larger than 16 MiB"));
        }
        let table = verify::verify(bytes, BundleKind::Session)?;
        let views = table.views(bytes).ok_or_else(|| OpenError::invalid("a section's length is no multiple of its records'"))?;
        Ok(Overlay(Arc::new(Opened { id: table.id, sections: Owned::copy(&views) })))
    }

    /// Which overlay this is: equal bytes have equal ids.
    #[must_use]
    pub fn id(&self) -> BundleId {
        self.0.id
    }

    /// The bound on the steps that it adds to a decision.
    #[must_use]
    pub fn steps_max(&self) -> u64 {
        self.views().steps_max
    }

    /// Bytes of memory that it holds, shared by its clones.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.0.sections.memory_bytes().saturating_add(size_of::<Opened>() as u64)
    }

    #[inline]
    pub(crate) fn views(&self) -> Views<'_> {
        self.0.sections.views()
    }
}

impl fmt::Debug for Overlay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Overlay").field("id", &self.id()).finish_non_exhaustive()
    }
}
