//! What decided an implicit deny other than a missing statement: a rule of the semantics, or a level of the organization.

use alloc::string::String;

/// A rule that decided an implicit deny, so that no statement of the deciding layer could have allowed, or there is none that could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A root user and an `sts:` action on a role: a root user cannot assume a role (S-720).
    RootAssumesRole,
    /// `iam:PassRole` on a role of another account (S-723).
    PassRoleOfAnotherAccount,
    /// A role without a trust policy, or one that is not declared, admits nobody (S-720).
    NoTrustPolicy,
    /// A KMS key without a key policy, or one that is not declared, admits nobody (S-722).
    NoKeyPolicy,
    /// A grant of an ACL would count, but `BucketOwnerEnforced` on the bucket switches it off (S-725).
    AclSwitchedOff,
    /// The caller needs a grant of the resource's side, and the resource has neither a policy nor an ACL in force (S-713, S-718, S-719, S-721).
    NoResourcePolicy,
    /// The caller's account is not declared, so it has no identity policies (S-730).
    UndeclaredAccount,
    /// A federated user of a declared account that has no user of that name, so it has no identity policies (S-730).
    FederatedUserWithoutUser,
    /// A federated user without session policies has no permissions of its own (S-716).
    FederatedUserWithoutSession,
}

impl Rule {
    /// All of them.
    pub const ALL: &'static [Rule] = &[
        Rule::RootAssumesRole,
        Rule::PassRoleOfAnotherAccount,
        Rule::NoTrustPolicy,
        Rule::NoKeyPolicy,
        Rule::AclSwitchedOff,
        Rule::NoResourcePolicy,
        Rule::UndeclaredAccount,
        Rule::FederatedUserWithoutUser,
        Rule::FederatedUserWithoutSession,
    ];

    /// The name that the formats document gives it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::RootAssumesRole => "root_assumes_role",
            Rule::PassRoleOfAnotherAccount => "pass_role_of_another_account",
            Rule::NoTrustPolicy => "no_trust_policy",
            Rule::NoKeyPolicy => "no_key_policy",
            Rule::AclSwitchedOff => "acl_switched_off",
            Rule::NoResourcePolicy => "no_resource_policy",
            Rule::UndeclaredAccount => "undeclared_account",
            Rule::FederatedUserWithoutUser => "federated_user_without_user",
            Rule::FederatedUserWithoutSession => "federated_user_without_session",
        }
    }
}

/// A level of the organization whose SCPs or RCPs do not allow a request (S-706, S-708).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusingLevel {
    /// What stands there.
    pub node: LevelNode,
    /// The id of the root, unit or account.
    pub id: String,
    /// The number of policies that the level lists; 0 for an empty list, which allows nothing.
    pub policies: u32,
}

/// A node of the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LevelNode {
    /// The root.
    Root,
    /// An organizational unit.
    Unit,
    /// The account: the caller's for SCPs, the resource owner's for RCPs.
    Account,
}

impl LevelNode {
    /// The name that the formats document gives it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LevelNode::Root => "root",
            LevelNode::Unit => "unit",
            LevelNode::Account => "account",
        }
    }
}
