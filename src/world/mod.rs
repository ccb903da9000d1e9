//! From a world document to a linked [`World`]: accounts, entities, attachments, and every policy document parsed and checked.
//!
//! Input: a world as `formats.md` describes it, in a file ([`read_world`]), a text ([`read_world_text`]) or a part of a text that
//! has been parsed, such as a scenario ([`read_world_node`]), and the files that it names, from the disk or from any other
//! [`FileSystem`]. Output: a [`World`] and warnings, or a [`WorldError`] with everything that is wrong.
//!
//! The naive reader would parse the text, walk the tree and read each document where it is named. This one differs in three
//! ways. A large world is cut into accounts first, since a tree takes many times the memory of its text (`scan.rs`);
//! accounts and files are read in parallel; and a document is parsed once for all places with the same text and type
//! (`documents.rs`). None of the three can be seen in the result: it is the same for any number of threads.
//!
//! Invariants: no error is lost and none is found twice; diagnostics come in world order (S-116); a name in [`Sources`] is
//! the world file's own name without its folder, or a path as the texts write it, so nothing depends on where the world
//! lies; a world that comes out satisfies what [`World`] promises.
//!
//! Rules: S-103 (repeated members), S-110 (which type stands where), S-114 (sizes), S-116 (errors and their order), S-408
//! (dangling ids), S-708 (RCP full access), S-724 (ACL shapes), S-810 (tags). What members mean for a decision (S-704 to
//! S-710, S-730) is for `link`.

mod accounts;
mod acl;
mod checks;
mod documents;
mod files;
mod link;
mod organization;
mod read;
mod resolve;
mod scan;
mod shape;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use acl::S3Name;
pub use acl::{Acl, AclGroup, CannedAcl, Grant, Grantee, Ownership, Permission};
pub use files::{DiskFiles, FileError, FileSystem, MemoryFiles};
pub(crate) use resolve::{aws_managed_file, is_path, managed_policy, path_and_name};
pub use types::{
    Account, Attachment, DocumentId, Group, ManagedPolicy, NamedPolicy, Organization, OrganizationUnit, Place, Resource, Role,
    StoredDocument, User, VpcEndpoint, World,
};

use crate::diag::{Code, Diagnostic, Sources};
use crate::syntax::{Limits, Node};
use std::fmt;
use std::path::Path;

/// The document that the name `FullAWSAccess` stands for, and what a level without `scps` has (S-706).
pub const FULL_ACCESS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The document that the name `RCPFullAWSAccess` stands for, and what a level without `rcps` has (S-708).
pub const RCP_FULL_ACCESS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// How a world is read.
#[derive(Debug, Clone, Default)]
pub struct WorldOptions {
    /// Limits on every text; default: [`Limits::default`].
    pub limits: Limits,
}

/// Why a world was refused.
#[derive(Debug)]
pub struct WorldError {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
}

impl WorldError {
    fn new(sources: Sources, diagnostics: Vec<Diagnostic>) -> Self {
        WorldError { sources, diagnostics }
    }

    /// The texts that were read, as far as reading came.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Everything found, errors and warnings, in world order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The code of the error that stands first (S-116).
    pub fn first_code(&self) -> Code {
        // INVARIANT: there is an error, or the world would not have been refused.
        self.first_error().map_or(Code::InvalidWorld, |diagnostic| diagnostic.code)
    }

    /// Both parts.
    pub fn into_parts(self) -> (Sources, Vec<Diagnostic>) {
        (self.sources, self.diagnostics)
    }

    fn first_error(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|diagnostic| diagnostic.is_error())
    }
}

impl fmt::Display for WorldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.first_error() else { return formatter.write_str("the world was refused") };
        let place = self.sources.line_column(first.span.file, first.span.start);
        let file = self.sources.file(first.span.file).name();
        write!(formatter, "{file}:{}:{}: {}: {}", place.line, place.column, first.code, first.message)
    }
}

impl std::error::Error for WorldError {}

/// Reads a world and the files that it names; their paths are relative to the folder of the world file.
///
/// # Errors
/// Every error in the world and its documents. A file that cannot be read is `unresolved-document` at the place that names
/// it (for the world file itself at the start of an empty text), one that is not UTF-8 is `json-syntax`.
///
/// # Limits
/// [`Limits::world_bytes`] for the world and for each account file, [`Limits::document_bytes`] for each document; 100,000
/// accounts; 10 million statements, counted once for each place.
pub fn read_world(path: &Path, files: &dyn FileSystem, options: &WorldOptions) -> Result<(World, Vec<Diagnostic>), WorldError> {
    read::read_file(path, files, options)
}

/// Reads a world from its text. `name` is what diagnostics call it, `base_dir` the folder that paths in it are relative to.
///
/// # Errors
/// As [`read_world`].
pub fn read_world_text(
    name: &str,
    text: &str,
    base_dir: &Path,
    files: &dyn FileSystem,
    options: &WorldOptions,
) -> Result<(World, Vec<Diagnostic>), WorldError> {
    read::read_text(name.to_owned(), text.into(), read::Input { base_dir, files, options })
}

/// Reads a world that stands within a text, as in a scenario. `sources` must hold the text that `node` was parsed from,
/// under the file id it was parsed with; spans point into it.
///
/// # Errors
/// As [`read_world`].
pub fn read_world_node(
    sources: Sources,
    node: Node<'_>,
    base_dir: &Path,
    files: &dyn FileSystem,
    options: &WorldOptions,
) -> Result<(World, Vec<Diagnostic>), WorldError> {
    read::read_node(sources, node, read::Input { base_dir, files, options })
}
