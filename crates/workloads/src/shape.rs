//! What worlds there are, and their sizes.

use crate::{Options, Workload, shapes};

/// A world's kind and size. [`Shape::named`] gives the sizes that figures are quoted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// W1: one user with one policy of five statements.
    OneUser,
    /// W2: one account of roles with policies in their full variety, and resources with policies.
    OneAccount {
        /// Roles.
        roles: usize,
        /// Policies of a role.
        policies: usize,
        /// Statements of a policy.
        statements: usize,
        /// Resources with a policy.
        resources: usize,
    },
    /// W3: an organization, units four deep, with SCPs, RCPs, endpoints, boundaries and resource policies.
    Organization {
        /// Accounts.
        accounts: usize,
        /// Roles of an account.
        roles: usize,
    },
    /// W4: one principal with many statements on distinct resources.
    Statements {
        /// Statements.
        statements: usize,
    },
    /// W5: many principals over few sets of policies.
    Principals {
        /// Principals.
        principals: usize,
        /// Distinct sets of policies; at most 2,016.
        sets: usize,
    },
    /// Hostile: each resource pattern is a prefix of the next.
    NestedPrefixes {
        /// Statements.
        statements: usize,
    },
    /// Hostile: resource patterns `*x*`, so that no prefix tells them apart.
    InnerPatterns {
        /// Statements.
        statements: usize,
    },
    /// Hostile: every statement is on `*` and only its condition tells.
    Conditions {
        /// Statements.
        statements: usize,
    },
}

/// The names of the shapes, with a line on each.
pub const SHAPES: &[(&str, &str)] = &[
    ("w1", "one user, one policy of 5 statements"),
    ("w2", "one account: 50 roles x 6 policies x 20 statements, 200 resource policies"),
    ("w3", "an organization: 200 accounts x 50 roles, units four deep, every layer but sessions"),
    ("w4", "one principal with statements on distinct resources (10,000)"),
    ("w5", "1,000,000 principals over 1,000 sets of policies"),
    ("nested", "hostile: nested prefixes (1,000)"),
    ("inner", "hostile: patterns *x* (1,000)"),
    ("conditions", "hostile: all statements on * with conditions (1,000)"),
];

impl Shape {
    /// The shape of a name of [`SHAPES`], in the size that figures are quoted for.
    #[must_use]
    pub fn named(name: &str) -> Option<Shape> {
        Some(match name {
            "w1" => Shape::OneUser,
            "w2" => Shape::OneAccount { roles: 50, policies: 6, statements: 20, resources: 200 },
            "w3" => Shape::Organization { accounts: 200, roles: 50 },
            "w4" => Shape::Statements { statements: 10_000 },
            "w5" => Shape::Principals { principals: 1_000_000, sets: 1_000 },
            "nested" => Shape::NestedPrefixes { statements: 1_000 },
            "inner" => Shape::InnerPatterns { statements: 1_000 },
            "conditions" => Shape::Conditions { statements: 1_000 },
            _ => return None,
        })
    }

    /// Makes the world and its requests. A size of 0 counts as 1.
    #[must_use]
    pub fn generate(&self, options: &Options) -> Workload {
        match *self {
            Shape::OneUser => shapes::one_user::generate(options),
            Shape::OneAccount { roles, policies, statements, resources } => {
                let sizes = shapes::one_account::Sizes { roles, policies, statements, resources };
                shapes::one_account::generate(options, sizes)
            }
            Shape::Organization { accounts, roles } => shapes::organization::generate(options, accounts.max(1), roles.max(1)),
            Shape::Statements { statements } => shapes::statements::generate(options, statements.max(1)),
            Shape::Principals { principals, sets } => shapes::principals::generate(options, principals.max(1), sets),
            Shape::NestedPrefixes { statements } => shapes::hostile::nested_prefixes(options, statements.max(1)),
            Shape::InnerPatterns { statements } => shapes::hostile::inner_patterns(options, statements.max(1)),
            Shape::Conditions { statements } => shapes::hostile::conditions(options, statements.max(1)),
        }
    }
}
