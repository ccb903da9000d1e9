//! Nearest misses: what a statement lacked to allow, in the words of its policy.
//!
//! A statement has up to four *parts*: its principal, action and resource elements and its `Condition` block. An Allow statement of the deciding layer is a near miss if
//! exactly one part is false. The block is one part, however many of its conditions are false; each of them is told.

use super::Matched;
use alloc::string::String;
use alloc::vec::Vec;

/// Near misses that an explanation holds at most; of the others it tells their number.
pub const NEAR_MISSES_MAX: usize = 64;

/// An Allow statement that would have matched but for one part (S-702).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The statement.
    pub statement: Matched,
    /// The part that did not match.
    pub failed: FailedPart,
}

/// The part of a statement that did not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailedPart {
    /// `Principal`, or `NotPrincipal` where `negated`; of an ACL's grant its grantee.
    Principal {
        /// The element is `NotPrincipal`.
        negated: bool,
    },
    /// `Action`, or `NotAction` where `negated`; of an ACL's grant what its permission stands for.
    Action {
        /// The element is `NotAction`.
        negated: bool,
    },
    /// `Resource`, or `NotResource` where `negated`; of an ACL's grant the bucket or object.
    Resource {
        /// The element is `NotResource`.
        negated: bool,
        /// The element's variables, in order of appearance.
        variables: Vec<Variable>,
    },
    /// `Condition`: the conditions that are false, in the order of the text; at least one.
    Conditions(Vec<FailedCondition>),
}

/// One key under one operator of `Condition`, which is false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCondition {
    /// The operator with prefix and suffix, as the statement writes it.
    pub operator: String,
    /// The key, as the statement writes it.
    pub key: String,
    /// The values, as the statement writes them and in its order; numbers and booleans by their JSON text (S-112).
    pub values: Vec<String>,
    /// The variables of the values, in order of appearance.
    pub variables: Vec<Variable>,
    /// What the request or the world gives for the key.
    pub actual: Actual,
}

/// A policy variable, and what it stood for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The variable as the statement writes it: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`.
    pub text: String,
    /// What it stood for, its default included; `None` where it was unresolved, so that what contains it matched nothing (S-607, S-608).
    pub value: Option<String>,
}

/// The value of a context key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actual {
    /// Neither the request nor the world gives the key (S-504).
    Missing,
    /// A single value.
    One(String),
    /// A multivalued key; empty where the request gives an empty list, which counts as missing (S-504).
    Many(Vec<String>),
}
