//! The typed policy document: what remains of a policy text once every rule about its form has been checked.
//!
//! Types only. Texts that the semantics compare ignoring letter case are stored folded to ASCII lower case (actions,
//! condition keys, variable names); everything else is as written. Patterns are already cut into pieces, so later stages never look at pattern text again.

use crate::diag::Span;
use portcullis_runtime::datatypes::{Cidr, Instant, Number};

/// The type of a policy: which elements it takes and which layer it speaks in (S-110).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyType {
    /// Attached to a user, group or role, inline or managed.
    Identity,
    /// A permissions boundary of a user or role.
    Boundary,
    /// Passed when a session starts.
    Session,
    /// Service control policy.
    Scp,
    /// Resource control policy.
    Rcp,
    /// Attached to a resource.
    Resource,
    /// A role's trust policy.
    Trust,
    /// A VPC endpoint's policy.
    Endpoint,
}

impl PolicyType {
    /// What a message calls a policy of this type, with the article: `a trust policy`.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            PolicyType::Identity => "an identity policy",
            PolicyType::Boundary => "a permissions boundary",
            PolicyType::Session => "a session policy",
            PolicyType::Scp => "a service control policy",
            PolicyType::Rcp => "a resource control policy",
            PolicyType::Resource => "a resource policy",
            PolicyType::Trust => "a trust policy",
            PolicyType::Endpoint => "an endpoint policy",
        }
    }
}

/// `Version` of a document (S-104).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// `2008-10-17`, stated or by default: no variables (S-601).
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// A checked policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its language version.
    pub version: Version,
    /// Its statements in the order of the text; at least one.
    pub statements: Vec<Statement>,
}

/// `Effect` of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The statement object in the text.
    pub span: Span,
    /// `Sid`, if there is one (an empty one counts as given).
    pub sid: Option<String>,
    /// `Effect`.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; `None` in policy types that have none.
    pub principal: Option<PrincipalElement>,
    /// `Action` or `NotAction`.
    pub action: ActionElement,
    /// `Resource` or `NotResource`; `None` where a resource or trust policy leaves it out (S-314).
    pub resource: Option<ResourceElement>,
    /// One entry for each (operator, key) pair, in the order of the text; all must hold (S-501). Empty operator maps (S-113) have no entry.
    pub conditions: Vec<Condition>,
}

/// `Action` or `NotAction`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionElement {
    /// True for `NotAction` (S-205).
    pub negated: bool,
    /// The patterns; those that can match nothing (S-204) are left out.
    pub patterns: Vec<ActionPattern>,
}

/// One action pattern: literal, `*` and `?` pieces over ASCII-lower-cased text with exactly one colon; the pattern `*` alone is a single `Star` (S-201 to S-203).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionPattern {
    /// The pieces; never `Variable`.
    pub pieces: Vec<Piece>,
}

/// A piece of a pattern or template. Two literals never stand side by side, nor do two stars.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Piece {
    /// Text compared as it is (`${*}`, `${?}` and `${$}` end up here, S-604); never empty.
    Literal(String),
    /// `*`: zero or more characters.
    Star,
    /// `?`: exactly one character.
    AnyChar,
    /// `${key}` or `${key, 'default'}` (S-603).
    Variable {
        /// The context key, folded to ASCII lower case.
        key: String,
        /// The default, literal text (S-609).
        default: Option<String>,
    },
}

/// `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceElement {
    /// True for `NotResource` (S-309).
    pub negated: bool,
    /// Alternatives: the entries of the element, each short ARN expanded to its union (S-304); entries that can match nothing are left out.
    pub patterns: Vec<ResourcePattern>,
    /// Its variables as the text has them, `${...}`, each once, in order of appearance; for explanations.
    pub written_variables: Vec<Box<str>>,
}

/// One resource pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourcePattern {
    /// Only stars: every resource, the resource `*` included (S-301).
    All,
    /// Six parts, each matched alone (S-303).
    Arn(ArnPattern),
}

/// Six pattern parts: `arn`, partition, service, region, account, rest. An empty part has no pieces and matches only the empty text (S-307).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArnPattern {
    /// The parts in order. In resource elements only the last holds variables (S-311).
    pub parts: [Vec<Piece>; 6],
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalElement {
    /// True for `NotPrincipal` (S-413, S-415).
    pub negated: bool,
    /// The entries, in the order of the text; `"*"` and `{"AWS": "*"}` are `Everyone` (S-402).
    pub entries: Vec<PrincipalEntry>,
}

/// One entry of a principal element (S-401, S-412). Entries that load with a warning and match nothing (CloudFront user ARNs; `Federated` outside trust policies, S-410) are left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrincipalEntry {
    /// `*` or `{"AWS": "*"}`.
    Everyone,
    /// An account, by 12-digit id or root ARN.
    Account(String),
    /// An IAM user ARN, as written.
    User(String),
    /// An IAM role ARN, as written.
    Role(String),
    /// An assumed-role session ARN, as written.
    RoleSession(String),
    /// A federated-user ARN, as written.
    FederatedUser(String),
    /// `AIDA…` or `AROA…`.
    UniqueId(String),
    /// `{"Service": s}`; `None` for `*`: every service.
    Service(Option<String>),
    /// `{"Federated": p}`; `None` for `*`. In policies other than trust policies the entry is left out (S-410).
    Federated(Option<String>),
    /// `{"CanonicalUser": c}`; `None` for `*`.
    CanonicalUser(Option<String>),
    /// Every caller that has an account: the ACL group `AuthenticatedUsers` (S-724). No policy text can say it.
    AnyAccount,
    /// Whatever account has this canonical id, as `Account` covers it: a canonical user that an ACL names (S-411). No policy text can say it.
    CanonicalAccount(String),
}

/// One (operator, key) pair of a condition block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The operator with its set prefix and suffix.
    pub operator: Operator,
    /// The context key, folded to ASCII lower case (S-502).
    pub key: String,
    /// The values; alternatives (S-501). Values that can match nothing (S-515) are left out, so the list may be empty.
    pub values: Vec<ConditionValue>,
    /// The same as the text has it.
    pub written: WrittenCondition,
}

/// A condition in the letters of its policy, for explanations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenCondition {
    /// The operator with its set prefix and suffix, in any letter case.
    pub operator: Box<str>,
    /// The context key.
    pub key: Box<str>,
    /// The texts of all values (S-112), in their order.
    pub values: Box<[Box<str>]>,
    /// The variables in them, `${...}`, each once, in order of appearance.
    pub variables: Vec<Box<str>>,
}

/// A condition operator (S-505).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operator {
    /// The set prefix.
    pub qualifier: Qualifier,
    /// The base operator. `ArnEquals` reads as `ArnLike`, `ArnNotEquals` as `ArnNotLike`: they are one operator (S-515).
    pub base: BaseOperator,
    /// True with the suffix `IfExists`.
    pub if_exists: bool,
}

/// `ForAllValues:`, `ForAnyValue:` or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Qualifier {
    /// A plain operator.
    None,
    /// `ForAllValues:` (S-518).
    ForAllValues,
    /// `ForAnyValue:` (S-519).
    ForAnyValue,
}

/// The base operators of S-505.
#[allow(missing_docs, reason = "each is named after the operator that it stands for")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BaseOperator {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnLike,
    ArnNotLike,
    Null,
}

/// A condition value, read as its operator wants it (S-507 to S-516, S-524).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConditionValue {
    /// String operators: literal text and variables; `Star` and `AnyChar` under `StringLike` only. No pieces: the empty string.
    Text(Vec<Piece>),
    /// Numeric operators: normalized (S-510).
    Number(Number),
    /// Date operators (S-511).
    Date(Instant),
    /// `Bool`, and `Null` (S-512, S-516).
    Bool(bool),
    /// `Bool` with a variable in it (S-602): the text after substitution, in any letter case, is `true` or `false`.
    BoolText(Vec<Piece>),
    /// `BinaryEquals`: canonical base64 text (S-513), so equal bytes are equal text.
    Binary(String),
    /// `IpAddress`, `NotIpAddress`: host bits masked off, IPv4-mapped networks already IPv4 (S-514).
    Network(Cidr),
    /// ARN operators: any ARN (a value of only stars).
    AnyArn,
    /// ARN operators: six parts, variables in any.
    Arn(ArnPattern),
    /// ARN operators: one variable alone; its value is cut into parts after substitution, and then compared as a literal ARN (S-606).
    ArnVariable {
        /// The context key, folded to ASCII lower case.
        key: String,
        /// The default.
        default: Option<String>,
    },
}
