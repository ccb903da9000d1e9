//! Callers, and the principal elements of statements (section 4).
//!
//! An entry that matches a caller does so with a kind, which later decides what a grant can bypass (S-401, S-712).

use crate::policy::{Effect, PolicyKind};
use crate::resource::{Arn, is_account_id};
use crate::value::{Error, Shape, Value};
use crate::world::Entity;

/// How a principal entry reaches a caller; the strongest kind first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Direct,
    Entity,
    Delegation,
}

/// The form in which a request names its caller.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form {
    User,
    Session {
        session_name: String,
    },
    /// A role used with no session name.
    Role,
    FederatedUser,
    Root,
    Service(String),
    Federated(String),
    CanonicalUser(String),
    Anonymous,
}

/// The caller of a request, with what the world knows of it.
#[derive(Debug)]
pub(crate) struct Caller<'w> {
    pub(crate) form: Form,
    /// The ARN as the request gave it, if the form has one.
    pub(crate) arn: Option<Arn>,
    pub(crate) account: Option<String>,
    /// Path and name of the user or role; a session has no path, a federated user only its own name.
    pub(crate) path: String,
    pub(crate) name: String,
    /// The declared user or role; for a federated user its parent user (S-407).
    pub(crate) entity: Option<&'w Entity>,
    /// Whether the caller's account is declared in the world.
    pub(crate) account_is_declared: bool,
}

impl Caller<'_> {
    /// Reads the caller of a request; what the world knows of it is added later.
    pub(crate) fn read(value: &Value) -> Result<Caller<'static>, Error> {
        let invalid = Shape("invalid-request");
        let form = match value {
            Value::String(text) if text == "*" => Form::Anonymous,
            Value::String(text) => {
                let caller = Arn::read(text).and_then(caller_from_arn);
                return invalid.required(caller, &format!("a caller form that fits `{text}`"));
            }
            _ => match invalid.members(value, "the principal")? {
                [(key, Value::String(name))] if !name.is_empty() => match key.as_str() {
                    "Service" => Form::Service(name.clone()),
                    "Federated" => Form::Federated(name.clone()),
                    "CanonicalUser" => Form::CanonicalUser(name.clone()),
                    _ => return Err(Error::new("unknown-field", format!("`{key}` is no caller form"))),
                },
                _ => return invalid.refuse("the principal is no caller form"),
            },
        };
        Ok(caller(form))
    }

    /// The ARN of the declared user or role; its partition is that of the caller's ARN.
    fn entity_arn(&self, type_word: &str) -> Option<String> {
        let (entity, arn) = (self.entity?, self.arn.as_ref()?);
        let (partition, account) = (arn.partition(), arn.account());
        Some(format!("arn:{partition}:iam::{account}:{type_word}{}{}", entity.path, entity.name))
    }

    /// `arn:P:iam::ACCOUNT:role/`, before the path of any role of the caller's account.
    fn role_arn_start(&self) -> Option<String> {
        let arn = self.arn.as_ref()?;
        Some(format!("arn:{}:iam::{}:role/", arn.partition(), arn.account()))
    }

    /// `aws:PrincipalArn`: of a session it is the role's ARN, with its path where the role is declared (S-801).
    pub(crate) fn principal_arn(&self) -> Option<String> {
        match self.form {
            Form::Session { .. } => {
                let undeclared = || Some(self.role_arn_start()? + &self.name);
                self.entity_arn("role").or_else(undeclared)
            }
            _ => self.arn.as_ref().map(|arn| arn.text.clone()),
        }
    }

    pub(crate) fn is_role_session(&self) -> bool {
        matches!(self.form, Form::Session { .. } | Form::Role)
    }

    /// A service-linked role, by its mark or by its path (S-707).
    pub(crate) fn is_service_linked(&self) -> bool {
        let path = self.entity.map_or(&self.path, |entity| &entity.path);
        let marked = self.entity.is_some_and(|entity| entity.service_linked);
        self.is_role_session() && (marked || path.starts_with("/aws-service-role/"))
    }

    pub(crate) fn has_boundary(&self) -> bool {
        self.entity.is_some_and(|entity| entity.boundary.is_some())
    }

    fn is(&self, arn: &str) -> bool {
        self.arn.as_ref().is_some_and(|own| own.text == arn)
    }
}

fn caller(form: Form) -> Caller<'static> {
    let (path, name) = (String::new(), String::new());
    Caller { form, arn: None, account: None, path, name, entity: None, account_is_declared: false }
}

fn caller_from_arn(arn: Arn) -> Option<Caller<'static>> {
    if !has_account_and_partition(&arn) {
        return None;
    }
    let (form, path, name) = if arn.is_global("iam") {
        if arn.rest() == "root" {
            (Form::Root, "", "")
        } else {
            let (form, place) = match arn.rest().strip_prefix("user") {
                Some(place) => (Form::User, place),
                None => (Form::Role, arn.rest().strip_prefix("role")?),
            };
            let (path, name) = place.split_at(place.rfind('/')? + 1);
            (form, path, name)
        }
    } else if arn.is_global("sts") {
        match *arn.rest().split('/').collect::<Vec<_>>() {
            ["assumed-role", role, session] if !session.is_empty() => (Form::Session { session_name: session.to_string() }, "", role),
            ["federated-user", name] => (Form::FederatedUser, "", name),
            _ => return None,
        }
    } else {
        return None;
    };
    if name.is_empty() && form != Form::Root || !(path.is_empty() || path.starts_with('/')) {
        return None;
    }
    let (account, path, name) = (Some(arn.account().to_string()), path.to_string(), name.to_string());
    Some(Caller { account, path, name, arn: Some(arn), ..caller(form) })
}

/// The `P` and `ACCOUNT` of S-412.
fn has_account_and_partition(arn: &Arn) -> bool {
    let in_partition = |c: char| c.is_ascii_alphanumeric() || c == '-';
    is_account_id(arn.account()) && !arn.partition().is_empty() && arn.partition().chars().all(in_partition)
}

/// One entry of a principal element, or the grantee of an ACL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// `"*"` and `{"AWS": "*"}`, which are one and the same (S-402).
    Anyone,
    /// Every caller that has an account; an ACL grantee only (S-724).
    AnyAccount,
    Account(String),
    User(String),
    Role(String),
    Session(String),
    FederatedUser(String),
    UniqueId(String),
    Service(String),
    Federated(String),
    CanonicalUser(String),
    /// An entry that loads and matches nobody.
    Nobody,
}

impl Entry {
    fn read(class: &str, text: &str, policy_kind: PolicyKind) -> Result<Entry, Error> {
        match class {
            "AWS" => read_aws_entry(text),
            "Service" => Ok(Entry::Service(text.to_string())),
            // Identity providers matter only in trust policies (S-410).
            "Federated" if policy_kind == PolicyKind::Trust => Ok(Entry::Federated(text.to_string())),
            "Federated" => Ok(Entry::Nobody),
            "CanonicalUser" => Ok(Entry::CanonicalUser(text.to_string())),
            _ => Err(Error::new("unknown-element", format!("`{class}` is no class of principals"))),
        }
    }

    /// The kind with which the entry matches the caller, by the table of S-401.
    pub(crate) fn kind(&self, caller: &Caller<'_>) -> Option<Kind> {
        let direct = |matched: bool| matched.then_some(Kind::Direct);
        let form = &caller.form;
        match self {
            Entry::Anyone => Some(Kind::Direct),
            Entry::AnyAccount => direct(caller.account.is_some()),
            Entry::Account(account) if caller.account.as_ref() != Some(account) => None,
            Entry::Account(_) if *form == Form::Root => Some(Kind::Direct),
            Entry::Account(_) => Some(Kind::Delegation),
            Entry::User(arn) => match form {
                Form::User => direct(caller.is(arn)),
                Form::FederatedUser if caller.entity_arn("user").as_ref() == Some(arn) => Some(Kind::Entity),
                _ => None,
            },
            Entry::Role(arn) => role_entry_matches(arn, caller).then_some(Kind::Entity),
            Entry::Session(arn) | Entry::FederatedUser(arn) => direct(caller.is(arn)),
            Entry::UniqueId(id) => match caller.entity {
                Some(entity) if entity.id.as_ref() == Some(id) && *form == Form::User => Some(Kind::Direct),
                Some(entity) if entity.id.as_ref() == Some(id) => Some(Kind::Entity),
                _ => None,
            },
            // A lone star covers every caller of the class (S-412).
            Entry::Service(name) => direct(matches!(form, Form::Service(own) if name == "*" || name == own)),
            Entry::Federated(name) => direct(matches!(form, Form::Federated(own) if name == "*" || name == own)),
            Entry::CanonicalUser(name) => direct(matches!(form, Form::CanonicalUser(own) if name == own)),
            Entry::Nobody => None,
        }
    }
}

/// S-405: sessions are compared by their role. Where the role cannot be looked up, the name alone is compared.
fn role_entry_matches(arn: &str, caller: &Caller<'_>) -> bool {
    match caller.form {
        Form::Role => caller.is(arn),
        Form::Session { .. } if caller.account_is_declared => caller.entity_arn("role").as_deref() == Some(arn),
        Form::Session { .. } => {
            let path_and_name = caller.role_arn_start().and_then(|start| arn.strip_prefix(&start));
            path_and_name.and_then(|place| place.rsplit('/').next()) == Some(&caller.name)
        }
        _ => false,
    }
}

/// The values of `AWS` (S-412).
fn read_aws_entry(text: &str) -> Result<Entry, Error> {
    let refuse = || Error::new("invalid-principal", format!("`{text}` is no principal"));
    if text == "*" {
        return Ok(Entry::Anyone);
    }
    if is_account_id(text) {
        return Ok(Entry::Account(text.to_string()));
    }
    let Some(arn) = Arn::read(text) else {
        let unique = text.starts_with("AIDA") || text.starts_with("AROA");
        return if unique { Ok(Entry::UniqueId(text.to_string())) } else { Err(refuse()) };
    };
    if arn.is_global("iam") && arn.account() == "cloudfront" && arn.rest().starts_with("user/") {
        return Ok(Entry::Nobody);
    }
    // Entries and callers have the same ARN forms.
    match caller_from_arn(arn).ok_or_else(refuse)?.form {
        Form::Root => Ok(Entry::Account(text.split(':').nth(4).unwrap_or_default().to_string())),
        Form::User => Ok(Entry::User(text.to_string())),
        Form::Role => Ok(Entry::Role(text.to_string())),
        Form::Session { .. } => Ok(Entry::Session(text.to_string())),
        Form::FederatedUser => Ok(Entry::FederatedUser(text.to_string())),
        _ => Err(refuse()),
    }
}

/// The principal element of a statement.
#[derive(Debug)]
pub(crate) enum PrincipalElement {
    /// The policy type has no principals.
    Absent,
    Listed(Vec<Entry>),
    NotListed(Vec<Entry>),
}

impl PrincipalElement {
    /// Reads the entries of `Principal` or `NotPrincipal`.
    pub(crate) fn read_entries(value: &Value, policy_kind: PolicyKind) -> Result<Vec<Entry>, Error> {
        if let Value::String(text) = value {
            let anyone = (text == "*").then(|| vec![Entry::Anyone]);
            return Shape("invalid-principal").required(anyone, "a principal that is `*` or a map");
        }
        let mut entries = Vec::new();
        let data_type = Shape("data-type");
        for (class, values) in data_type.members(value, "a principal")? {
            for text in data_type.texts(values, "a principal")? {
                entries.push(Entry::read(class, &text, policy_kind)?);
            }
        }
        Ok(entries)
    }

    /// The kind with which the element matches, or `None`.
    pub(crate) fn kind(&self, effect: Effect, caller: &Caller<'_>) -> Option<Kind> {
        match self {
            PrincipalElement::Absent => Some(Kind::Direct),
            PrincipalElement::Listed(entries) => entries.iter().filter_map(|entry| entry.kind(caller)).min(),
            PrincipalElement::NotListed(entries) => {
                let excepted = match effect {
                    // S-414: a boundary undoes the exception, whoever is listed.
                    Effect::Deny => is_spared(entries, caller) && !caller.has_boundary(),
                    // S-415: an entry at any level is enough.
                    Effect::Allow => entries.iter().any(|entry| entry.kind(caller).is_some()),
                };
                (!excepted).then_some(Kind::Direct)
            }
        }
    }
}

/// S-413: spared is a caller all of whose levels are listed. The levels are the kinds with which entries can match it.
fn is_spared(entries: &[Entry], caller: &Caller<'_>) -> bool {
    if entries.contains(&Entry::Anyone) {
        return true;
    }
    let levels: &[Kind] = match caller.form {
        Form::User => &[Kind::Direct, Kind::Delegation],
        Form::Session { .. } => &[Kind::Direct, Kind::Entity, Kind::Delegation],
        Form::Role => &[Kind::Entity, Kind::Delegation],
        Form::FederatedUser if caller.entity.is_some() => &[Kind::Direct, Kind::Entity, Kind::Delegation],
        Form::FederatedUser => &[Kind::Direct, Kind::Delegation],
        Form::Root | Form::Service(_) | Form::Federated(_) | Form::CanonicalUser(_) => &[Kind::Direct],
        Form::Anonymous => return false,
    };
    levels.iter().all(|level| entries.iter().any(|entry| entry.kind(caller) == Some(*level)))
}
