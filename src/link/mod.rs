//! Linking: which documents each principal and each resource consults.
//!
//! In: a world. Out: [`Linked`]: accounts, entities and resources in the order of the bundle, each with its *slice*, the list of fragments (documents with
//! the places that attach them) that one layer consults for it.
//!
//! A user's identity slice holds its own policies and those of its groups (S-711), a role's its own; a role has a trust slice (S-720), a declared resource
//! a policy slice (S-705). Accounts are the declared ones and those that only the organization tree names (S-730), with their place in the tree (S-804).
//!
//! Invariants ([`Linked::verify`]): accounts ascend by id, entities by (account, kind, name), resources by ARN; every id is in bounds. Knowledge of
//! accounts enters the compiler here and nowhere before.

mod build;
mod print;
mod types;
mod verify;

#[cfg(test)]
mod tests;

pub use build::link;
pub use print::print;
pub use types::{AttachmentOrigin, FragmentId, Linked, LinkedAccount, LinkedEntity, LinkedResource, Member, SliceId};
