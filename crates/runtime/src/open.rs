//! Opening: from bytes or a file to a verified bundle.
//!
//! The bytes are read into memory that nobody else can change, verified once, and used as they lie from then on.

use crate::error::OpenError;
use crate::eval::Evaluator;
use crate::format::{BundleKind, NONE, SectionKind};
use crate::request::principal;
use crate::request::{Caller, Principal, PrincipalBuilder, RequestError};
use crate::verify;
use crate::verify::Table;
use crate::views::{Views, record_bytes};

mod overlay;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
pub use overlay::Overlay;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest bundle that is opened: 1 GiB.
pub const BUNDLE_BYTES_MAX: u64 = 1 << 30;

/// Which bundle: the BLAKE3 digest in its header, which covers the digest of every section. Shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleId([u8; 32]);

impl BundleId {
    pub(crate) fn new(digest: [u8; 32]) -> BundleId {
        BundleId(digest)
    }

    /// The digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for BundleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A verified bundle. Cheap to clone, `Send + Sync`, immutable.
#[derive(Clone)]
pub struct Bundle(Arc<Opened>);

struct Opened {
    bytes: Vec<u8>,
    table: Table,
}

/// One section, as `inspect` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionInfo {
    /// What it holds.
    pub kind: SectionKind,
    /// Its first byte in the bundle.
    pub offset: u64,
    /// Its bytes, without padding.
    pub length: u64,
    /// BLAKE3 of those bytes.
    pub digest: [u8; 32],
    /// Its records: bytes for byte sections.
    pub records: u64,
}

impl Bundle {
    /// Verifies a bundle and takes it over: a `Vec<u8>` as it is, a slice as a copy.
    ///
    /// # Errors
    /// `invalid-bundle` for bytes that are not a whole bundle of this format version or break one of its rules; `limit-exceeded` above
    /// [`BUNDLE_BYTES_MAX`] or for a step bound above the global limit.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Bundle, OpenError> {
        Bundle::verified(bytes.into())
    }

    fn verified(bytes: Vec<u8>) -> Result<Bundle, OpenError> {
        if u64::try_from(bytes.len()).map_or(true, |length| length > BUNDLE_BYTES_MAX) {
            return Err(too_large());
        }
        let table = verify::verify(&bytes, BundleKind::World)?;
        Ok(Bundle(Arc::new(Opened { bytes, table })))
    }

    /// Reads a bundle file into memory and verifies it. Later changes of the file have no effect.
    ///
    /// # Errors
    /// Those of [`from_bytes`](Bundle::from_bytes); `invalid-bundle` if the path is no regular file or cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Bundle, OpenError> {
        let path = path.as_ref();
        // Opening a pipe or device can block, so ask first; ask again after opening, since the name may mean another file by then.
        if !std::fs::metadata(path).map_err(OpenError::io)?.is_file() {
            return Err(OpenError::invalid("the path is no regular file"));
        }
        let file = File::open(path).map_err(OpenError::io)?;
        let metadata = file.metadata().map_err(OpenError::io)?;
        if !metadata.is_file() {
            return Err(OpenError::invalid("the path is no regular file"));
        }
        if metadata.len() > BUNDLE_BYTES_MAX {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        let expected = usize::try_from(metadata.len()).map_err(|_| too_large())?;
        bytes.try_reserve_exact(expected).map_err(|_| OpenError::limit("there is not enough memory for the bundle"))?;
        // One byte more than allowed, so that a file that grows meanwhile is refused and not cut short.
        file.take(BUNDLE_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes).map_err(OpenError::io)?;
        Bundle::from_bytes(bytes)
    }

    /// Which bundle this is.
    #[must_use]
    pub fn id(&self) -> BundleId {
        self.0.table.id
    }

    /// The bound on the steps of any decision for a caller that the world describes. Policies that a caller was made with at run time, and session policies, add theirs
    /// ([`Evaluator::decide`](crate::Evaluator::decide)).
    #[must_use]
    pub fn steps_max(&self) -> u64 {
        self.0.table.steps_max
    }

    /// Every section, in file order.
    pub fn sections(&self) -> impl Iterator<Item = SectionInfo> + '_ {
        self.0.table.sections.iter().map(|section| {
            let records = section.length.checked_div(record_bytes(section.kind)).unwrap_or(0);
            SectionInfo {
                kind: section.kind,
                offset: section.offset as u64,
                length: section.length as u64,
                digest: section.digest,
                records: records as u64,
            }
        })
    }

    /// Bytes of the bundle.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        self.0.bytes.len() as u64
    }

    /// Bytes of memory that the bundle holds, shared by its clones.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        (self.0.bytes.capacity() as u64).saturating_add(size_of::<Opened>() as u64).saturating_add(self.0.table.memory_bytes())
    }

    /// Resolves a caller: once for a connection or session, to decide often. May allocate.
    ///
    /// # Errors
    /// `invalid-request` for an unknown form, `limit-exceeded` for a text above [`limits::PRINCIPAL_BYTES_MAX`](crate::limits::PRINCIPAL_BYTES_MAX),
    /// `unknown-principal` for a user or role that its declared account does not have (S-730).
    pub fn principal(&self, caller: Caller<'_>) -> Result<Principal, RequestError> {
        principal::resolve(&self.views(), self.id(), caller)
    }

    /// Begins a caller that the world does not declare: from a token, say. The caller is a user, a role or a role session of any account.
    ///
    /// # Errors
    /// `invalid-request` for an unknown form or another kind of caller; `limit-exceeded` for a text above
    /// [`limits::PRINCIPAL_BYTES_MAX`](crate::limits::PRINCIPAL_BYTES_MAX); `duplicate-entity` for a user or role that the world declares.
    pub fn principal_builder(&self, caller: Caller<'_>) -> Result<PrincipalBuilder<'_>, RequestError> {
        PrincipalBuilder::new(self, caller)
    }

    /// The path of an account's managed policy, `/` at both ends; `None` if the account has none of this name.
    #[must_use]
    pub fn managed_policy_path(&self, account: &str, name: &str) -> Option<&str> {
        let views = self.views();
        // What verification has seen cannot fail.
        let (account, _) = views.account(account).ok()??;
        let policy = views.policy(account, name).ok()??;
        views.text_str(policy.path).ok()
    }

    /// Whether the bundle holds the AWS managed policy with this ARN: some place of the world names it.
    #[must_use]
    pub fn holds_aws_managed_policy(&self, arn: &str) -> bool {
        matches!(self.views().policy(NONE, arn), Ok(Some(_)))
    }

    /// An evaluator over this bundle. Allocates its scratch memory; keep it for many decisions.
    #[must_use]
    pub fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(self.id(), self.views())
    }

    /// The places of the bundle's statements, decoded.
    ///
    /// # Errors
    /// `invalid-bundle` if the cold section cannot be decoded or does not fit the bundle.
    #[cfg(feature = "explain")]
    pub fn explainer(&self) -> Result<crate::Explainer, OpenError> {
        crate::Explainer::new(self.id(), &self.views())
    }

    /// What was compiled.
    ///
    /// # Errors
    /// `invalid-bundle` if the cold section cannot be decoded.
    #[cfg(feature = "explain")]
    pub fn summary(&self) -> Result<crate::format::cold::Summary, OpenError> {
        crate::format::cold::decode(self.views().summary)
            .ok_or_else(|| OpenError::section(SectionKind::Summary, "the section cannot be decoded"))
    }

    pub(crate) fn views(&self) -> Views<'_> {
        // INVARIANT: verification made the same views, so this cannot fail; empty views would make every decision an error.
        self.0.table.views(&self.0.bytes).unwrap_or_default()
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Bundle").field("id", &self.id()).field("bytes", &self.len_bytes()).finish_non_exhaustive()
    }
}

fn too_large() -> OpenError {
    OpenError::limit("the bundle is larger than 1 GiB")
}
