//! The stable codes of everything that the frontend reports (rule S-116, lint catalogue PC1 to PC3).
//!
//! A code has a name and a number; neither is ever reused. The code alone fixes the severity.

use std::fmt;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Refuses the document, and so the world or command that needs it.
    Error,
    /// Reported; never changes a decision.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $number:literal $severity:ident;)*) => {
        /// What a diagnostic is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The name, such as `unknown-element`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The number, such as `PC102`.
            pub fn number(self) -> &'static str {
                match self { $(Code::$variant => $number,)* }
            }

            /// Error or warning.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    // Documents.
    /// The text is not JSON.
    JsonSyntax "json-syntax" "PC101" Error;
    /// A member that the language does not know (S-101, S-102).
    UnknownElement "unknown-element" "PC102" Error;
    /// A member twice in one object (S-103).
    DuplicateKey "duplicate-key" "PC103" Error;
    /// Condition keys or operators equal but for letter case (S-103).
    DuplicateConditionKey "duplicate-condition-key" "PC104" Error;
    /// A value of a type that its element does not take (S-111).
    DataType "data-type" "PC105" Error;
    /// `Version` is none of the two (S-104).
    InvalidVersion "invalid-version" "PC106" Error;
    /// No statement (S-106).
    MissingStatement "missing-statement" "PC107" Error;
    /// A `Sid` with other characters than letters and digits (S-107).
    InvalidSid "invalid-sid" "PC108" Error;
    /// A `Sid` twice (S-107).
    DuplicateSid "duplicate-sid" "PC109" Error;
    /// No `Effect` (S-108).
    MissingEffect "missing-effect" "PC110" Error;
    /// `Effect` is neither `Allow` nor `Deny` (S-108).
    InvalidEffect "invalid-effect" "PC111" Error;
    /// Neither `Action` nor `NotAction` (S-109).
    MissingAction "missing-action" "PC112" Error;
    /// Both members of a pair (S-109).
    ElementCombination "element-combination" "PC113" Error;
    /// No principal element where one is required (S-110).
    MissingPrincipal "missing-principal" "PC114" Error;
    /// No resource element where one is required (S-110).
    MissingResource "missing-resource" "PC115" Error;
    /// A principal element that the policy type does not take (S-110).
    UnsupportedPrincipal "unsupported-principal" "PC116" Error;
    /// A resource element that the policy type does not take (S-110).
    UnsupportedResource "unsupported-resource" "PC117" Error;
    /// An effect that the policy type does not take (S-110).
    UnsupportedEffect "unsupported-effect" "PC118" Error;
    /// Another element that the policy type does not take (S-110).
    UnsupportedElement "unsupported-element" "PC119" Error;
    /// A resource control policy that denies the bare `*` (S-110).
    RcpActionStar "rcp-action-star" "PC120" Error;
    /// An empty `NotAction`, `NotResource` or `NotPrincipal` (S-111).
    EmptyNotElement "empty-not-element" "PC121" Error;
    /// An empty list of condition values (S-113).
    EmptyConditionValues "empty-condition-values" "PC122" Error;
    /// An action pattern without exactly one colon (S-204).
    InvalidAction "invalid-action" "PC123" Error;
    /// A resource that is no ARN, or too short a one (S-302, S-304, S-313).
    InvalidResource "invalid-resource" "PC124" Error;
    /// A principal of no known form (S-412).
    InvalidPrincipal "invalid-principal" "PC125" Error;
    /// A wildcard inside a principal (S-412).
    PrincipalWildcard "principal-wildcard" "PC126" Error;
    /// An unknown condition operator (S-505).
    InvalidOperator "invalid-operator" "PC127" Error;
    /// `NullIfExists` (S-517).
    NullIfExists "null-if-exists" "PC128" Error;
    /// A condition value that is not of its operator's type (S-524).
    InvalidConditionValue "invalid-condition-value" "PC129" Error;
    /// A malformed `${…}` (S-603).
    VariableSyntax "variable-syntax" "PC130" Error;
    /// A variable under an operator that takes none (S-602).
    VariableInOperator "variable-in-operator" "PC131" Error;
    /// A variable in an element that takes none (S-602).
    VariableInElement "variable-in-element" "PC132" Error;

    // Worlds, requests, bundles.
    /// A member that the world or request format does not know.
    UnknownField "unknown-field" "PC151" Error;
    /// A shape that the world format does not know.
    InvalidWorld "invalid-world" "PC152" Error;
    /// A document named by a path, name or ARN that leads nowhere.
    UnresolvedDocument "unresolved-document" "PC153" Error;
    /// A group that its account does not declare.
    UnknownGroup "unknown-group" "PC154" Error;
    /// An account, unit, user, role, group, policy, resource or endpoint twice; a unit below itself.
    DuplicateEntity "duplicate-entity" "PC155" Error;
    /// Tag keys of a user or role equal but for letter case (S-810).
    TagClash "tag-clash" "PC156" Error;
    /// More, longer or deeper than the limits allow.
    LimitExceeded "limit-exceeded" "PC157" Error;
    /// Session documents in a request, where nothing can compile them (S-715).
    UnsupportedLayer "unsupported-layer" "PC158" Error;
    /// Bytes that are no bundle, or a damaged one.
    InvalidBundle "invalid-bundle" "PC159" Error;
    /// A request of a shape that the format does not know (S-206, S-502, S-526, S-715).
    InvalidRequest "invalid-request" "PC160" Error;
    /// A caller that its declared account does not declare (S-730).
    UnknownPrincipal "unknown-principal" "PC161" Error;

    // Warnings.
    /// `NotPrincipal` with `Allow` (S-415).
    AllowNotPrincipal "allow-not-principal" "PC204" Warning;
    /// A trust policy that admits everyone, or everyone of a class (S-402, S-412).
    TrustAnyone "trust-anyone" "PC209" Warning;
    /// `Version` is left out (S-104).
    MissingVersion "missing-version" "PC301" Warning;
    /// `${` under `2008-10-17` (S-601).
    VariableAsText "variable-as-text" "PC302" Warning;
    /// `Id` in an identity-type policy (S-105).
    IdIgnored "id-ignored" "PC303" Warning;
    /// An empty list: it matches nothing (S-111).
    EmptyList "empty-list" "PC304" Warning;
    /// An empty condition: none at all (S-113).
    EmptyCondition "empty-condition" "PC305" Warning;
    /// Longer than AWS takes by default (S-114).
    SizeQuota "size-quota" "PC306" Warning;
    /// A character that AWS does not take (S-115).
    Charset "charset" "PC307" Warning;
    /// A wildcard in the service half of an action (S-203).
    WildcardService "wildcard-service" "PC308" Warning;
    /// An entry that can match nothing (S-204, S-304, S-311, S-412, S-515).
    NeverMatches "never-matches" "PC309" Warning;
    /// A unique id that nothing in the world has (S-408).
    DanglingPrincipal "dangling-principal" "PC310" Warning;
    /// `Federated` outside a trust policy (S-410).
    FederatedPrincipal "federated-principal" "PC311" Warning;
    /// A value or name that is read, but not written as usual (S-505, S-511, S-512, S-514, S-516, S-602).
    OddValue "odd-value" "PC312" Warning;
    /// A set operator where it decides nothing or on a single-valued key (S-520, S-523).
    SetOperatorOnSingle "set-operator-on-single" "PC313" Warning;
    /// A plain operator on a multivalued key (S-809).
    PlainOperatorOnMultivalued "plain-operator-on-multivalued" "PC314" Warning;
    /// `*` or `?` under an operator that has no wildcards (S-507).
    LiteralWildcard "literal-wildcard" "PC315" Warning;
    /// Tag keys of a resource equal but for letter case: the first counts (S-810).
    TagShadowed "tag-shadowed" "PC327" Warning;
    /// An ACL, or a part of one, that counts nowhere: not on a bucket or object, or not on this of the two (S-724, S-725).
    AclWithoutEffect "acl-without-effect" "PC328" Warning;
    /// A `Sid` that AWS takes only in some policy types, or an empty one (S-107).
    SidStyle "sid-style" "PC404" Warning;
    /// A level whose RCPs lack the full-access document (S-708).
    RcpFullAccessMissing "rcp-full-access-missing" "PC507" Warning;
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
