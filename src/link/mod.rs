//! Linking: which documents each principal, resource, endpoint and account consults.
//!
//! In: a world, and its ACLs as documents ([`acls`]). Out: [`Linked`]: accounts, entities, resources, endpoints, groups and managed policies in the order of
//! the bundle, each with its *slices*. A slice is the list of fragments (documents with the places that attach them) that one layer consults. What is equal
//! is there once: a thousand roles under one list of SCPs share its slices and its chain.
//!
//! A user or role has a slice of its own identity policies, a user a list of its groups' besides (S-711); both may have a boundary (S-714), a role a trust slice
//! (S-720). A declared resource may have a policy slice (S-705) and one of ACL grants (S-724), an endpoint its policy (S-710). Accounts are the
//! declared ones and those that only the organization tree names (S-730), with their place in the tree (S-804) and their chains of SCPs and RCPs
//! (S-706, S-708).
//!
//! Invariants ([`Linked::verify`]): accounts ascend by id, entities by (account, kind, name), resources by ARN, endpoints by id, groups and policies by (account, name);
//! every id is in bounds. Knowledge of accounts enters the compiler here and nowhere before.

mod acl;
mod build;
mod organization;
mod plan;
mod print;
mod types;
mod verify;

#[cfg(test)]
mod tests;

pub use acl::{AclDocument, Acls, acls};
pub use build::link;
pub use plan::Plan;
pub use print::print;
pub use types::{
    AttachmentOrigin, ChainId, FragmentId, GroupListId, Level, LevelNode, Linked, LinkedAccount, LinkedEndpoint, LinkedEntity,
    LinkedFragment, LinkedGroup, LinkedOrganization, LinkedPolicy, LinkedResource, Member, SliceId,
};
