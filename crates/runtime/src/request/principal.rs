//! A caller, resolved over a bundle: its account, entity, policies, levels and the texts of its derived keys.
//!
//! Levels (S-413) are what a caller answers to: a role session is its session ARN, its role and its account. Each level has the principal keys that a
//! statement may name it by; the kind of the key says what a grant through it can bypass (S-401, S-712).

use super::check::{self, CallerForm};
use super::{Caller, RequestError};
use crate::error::Fault;
use crate::format::{ACCOUNT_DECLARED, AccountRecord, ENTITY_HAS_BOUNDARY, ENTITY_SERVICE_LINKED, EntityRecord, NONE, PrincipalTag, U32};
use crate::open::BundleId;
use crate::views::Views;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What a grant can bypass, weakest first (S-401).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum GrantKind {
    /// Through the account.
    Delegation,
    /// Through the role, or the parent user of a federated one.
    Entity,
    /// To the caller itself.
    Direct,
}

/// What the caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// An IAM user.
    User,
    /// A session of a role, its name known or not.
    Role,
    /// A federated user (GetFederationToken).
    FederatedUser,
    /// An account's root user.
    Root,
    /// A service.
    Service,
    /// A caller that an identity provider vouches for.
    Federated,
    /// A canonical user.
    CanonicalUser,
    /// Unsigned.
    Anonymous,
}

/// A principal key that some element of the bundle lists and that covers the caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallerKey {
    /// Id in `PrincipalKeys`.
    pub(crate) key: u32,
    /// The level that it names, or [`EVERY_LEVEL`].
    pub(crate) level: u8,
    pub(crate) kind: GrantKind,
    /// Counts in trust policies only (S-410).
    pub(crate) trust_only: bool,
}

/// The level of the key `*`.
pub(crate) const EVERY_LEVEL: u8 = u8::MAX;

/// A resolved caller. Cheap to clone, `Send + Sync`; serves every [`Evaluator`](crate::Evaluator) of the bundle that resolved it and no other.
#[derive(Debug, Clone)]
pub struct Principal(Arc<Resolved>);

impl Principal {
    /// The bundle that resolved the caller.
    #[must_use]
    pub fn bundle_id(&self) -> BundleId {
        self.0.bundle
    }

    pub(crate) fn resolved(&self) -> &Resolved {
        &self.0
    }
}

/// What evaluation needs to know of a caller.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) bundle: BundleId,
    pub(crate) class: Class,
    /// 12-digit id.
    pub(crate) account: Option<String>,
    /// Flags of the account's record, 0 if the bundle has none.
    pub(crate) account_flags: u32,
    /// Symbols of the account's organization and path, or `NONE`.
    pub(crate) organization: [u32; 2],
    /// Slice of the identity policies, or `NONE`.
    pub(crate) identity: u32,
    /// The caller, or its parent user, has a boundary (S-414, S-714).
    pub(crate) has_boundary: bool,
    pub(crate) service_linked: bool,
    /// First tag and number of tags.
    pub(crate) tags: (U32, U32),
    /// `aws:PrincipalArn`.
    pub(crate) principal_arn: Option<String>,
    /// `aws:userid`.
    pub(crate) user_id: Option<String>,
    /// `aws:username`.
    pub(crate) username: Option<String>,
    /// The resource on which a list of buckets is judged (S-732).
    pub(crate) buckets: String,
    pub(crate) keys: Vec<CallerKey>,
    /// Number of levels.
    pub(crate) levels: u8,
}

impl Resolved {
    /// `aws:PrincipalAccount`.
    pub(crate) fn principal_account(&self) -> Option<&str> {
        if self.class == Class::Anonymous { Some("anonymous") } else { self.account.as_deref() }
    }

    /// `aws:PrincipalType`.
    pub(crate) fn principal_type(&self) -> Option<&'static str> {
        match self.class {
            Class::User => Some("User"),
            Class::Role => Some("AssumedRole"),
            Class::FederatedUser => Some("FederatedUser"),
            Class::Root => Some("Account"),
            Class::Anonymous => Some("Anonymous"),
            Class::Service | Class::Federated | Class::CanonicalUser => None,
        }
    }

    /// `aws:PrincipalIsAWSService`.
    pub(crate) fn is_service(&self) -> Option<&'static str> {
        match self.class {
            Class::Service => Some("true"),
            Class::User | Class::Role | Class::FederatedUser | Class::Root => Some("false"),
            Class::Anonymous | Class::Federated | Class::CanonicalUser => None,
        }
    }
}

/// Resolves a caller (S-730).
pub(crate) fn resolve(views: &Views<'_>, bundle: BundleId, caller: Caller<'_>) -> Result<Principal, RequestError> {
    let form = check::caller(caller)?;
    let mut builder = Builder { views, resolved: Resolved::new(bundle, form)? };
    builder.key(PrincipalTag::Everyone, "", EVERY_LEVEL, GrantKind::Direct)?;
    match form {
        CallerForm::User { partition, account, rest } => builder.user(caller, partition, account, rest)?,
        CallerForm::Role { partition, account, rest } => builder.role(partition, account, rest)?,
        CallerForm::Session { partition, account, role, session } => builder.session(caller, partition, account, role, session)?,
        CallerForm::FederatedUser { partition, account, name } => builder.federated_user(caller, partition, account, name)?,
        CallerForm::Root { partition, account } => builder.root(partition, account)?,
        CallerForm::Service(name) => builder.outsider(PrincipalTag::Service, PrincipalTag::AnyService, name)?,
        CallerForm::Federated(name) => builder.outsider(PrincipalTag::Federated, PrincipalTag::AnyFederated, name)?,
        CallerForm::CanonicalUser(name) => builder.outsider(PrincipalTag::CanonicalUser, PrincipalTag::AnyCanonicalUser, name)?,
        CallerForm::Anonymous => builder.resolved.user_id = Some("anonymous".to_string()),
    }
    Ok(Principal(Arc::new(builder.resolved)))
}

impl Resolved {
    fn new(bundle: BundleId, form: CallerForm<'_>) -> Result<Resolved, Fault> {
        let (class, partition) = match form {
            CallerForm::User { partition, .. } => (Class::User, partition),
            CallerForm::Role { partition, .. } | CallerForm::Session { partition, .. } => (Class::Role, partition),
            CallerForm::FederatedUser { partition, .. } => (Class::FederatedUser, partition),
            CallerForm::Root { partition, .. } => (Class::Root, partition),
            CallerForm::Service(_) => (Class::Service, "aws"),
            CallerForm::Federated(_) => (Class::Federated, "aws"),
            CallerForm::CanonicalUser(_) => (Class::CanonicalUser, "aws"),
            CallerForm::Anonymous => (Class::Anonymous, "aws"),
        };
        Ok(Resolved {
            bundle,
            class,
            account: None,
            account_flags: 0,
            organization: [NONE, NONE],
            identity: NONE,
            has_boundary: false,
            service_linked: false,
            tags: (U32::ZERO, U32::ZERO),
            principal_arn: None,
            user_id: None,
            username: None,
            buckets: format!("arn:{partition}:s3:::*"),
            keys: Vec::new(),
            levels: 0,
        })
    }
}

struct Builder<'v, 'b> {
    views: &'v Views<'b>,
    resolved: Resolved,
}

impl<'b> Builder<'_, 'b> {
    /// Adds a key at a level, if some element lists it.
    fn key(&mut self, tag: PrincipalTag, text: &str, level: u8, kind: GrantKind) -> Result<(), Fault> {
        let trust_only = matches!(tag, PrincipalTag::Federated | PrincipalTag::AnyFederated);
        if let Some(key) = self.views.principal_key(tag, text)? {
            self.resolved.keys.push(CallerKey { key, level, kind, trust_only });
        }
        Ok(())
    }

    /// A new level.
    fn level(&mut self) -> u8 {
        let level = self.resolved.levels;
        self.resolved.levels = level.saturating_add(1);
        level
    }

    /// The account: always the last level.
    fn account(&mut self, account: &str, kind: GrantKind) -> Result<Option<(u32, &'b AccountRecord)>, Fault> {
        let level = self.level();
        self.key(PrincipalTag::Account, account, level, kind)?;
        self.resolved.account = Some(account.to_string());
        let found = self.views.account(account)?;
        if let Some((_, record)) = found {
            self.resolved.account_flags = record.flags.get();
            self.resolved.organization = [record.organization_id.get(), record.organization_path.get()];
        }
        Ok(found.filter(|(_, record)| record.flags.get() & ACCOUNT_DECLARED != 0))
    }

    /// What a user or role record gives.
    fn entity(&mut self, entity: &EntityRecord) {
        self.resolved.identity = entity.identity.get();
        self.resolved.has_boundary = entity.flags.get() & ENTITY_HAS_BOUNDARY != 0;
        self.resolved.service_linked = entity.flags.get() & ENTITY_SERVICE_LINKED != 0;
        self.resolved.tags = (entity.tags_first, entity.tags_len);
    }

    /// The keys of an entity at a level: its ARN, and its unique id if it has one (S-408).
    fn entity_keys(&mut self, arn: &str, entity: Option<&EntityRecord>, level: u8, kind: GrantKind) -> Result<Option<&'b str>, Fault> {
        self.key(PrincipalTag::Arn, arn, level, kind)?;
        let Some(entity) = entity.filter(|entity| entity.unique_id.get() != NONE) else { return Ok(None) };
        let unique_id = self.views.text_str(entity.unique_id)?;
        self.key(PrincipalTag::UniqueId, unique_id, level, kind)?;
        Ok(Some(unique_id))
    }

    /// A declared account's user or role, by path and name; an error if the account is declared and it is not.
    fn declared(&self, is_role: bool, account: &str, declared: bool, rest: &str) -> Result<Option<&'b EntityRecord>, RequestError> {
        if !declared {
            return Ok(None);
        }
        let found = self.views.entity_at(account, is_role, rest)?;
        found.map(Some).ok_or_else(|| not_declared(account))
    }

    fn user(&mut self, caller: Caller<'_>, partition: &str, account: &str, rest: &str) -> Result<(), RequestError> {
        let arn = caller_text(caller);
        let own = self.level();
        let declared = self.account(account, GrantKind::Delegation)?.is_some();
        let entity = self.declared(false, account, declared, rest)?;
        let unique_id = self.entity_keys(arn, entity, own, GrantKind::Direct)?;
        if let Some(entity) = entity {
            self.entity(entity);
        }
        self.resolved.user_id = unique_id.map(ToString::to_string);
        self.resolved.username = Some(check::last_segment(rest).to_string());
        self.resolved.principal_arn = Some(format!("arn:{partition}:iam::{account}:user{rest}"));
        Ok(())
    }

    fn role(&mut self, partition: &str, account: &str, rest: &str) -> Result<(), RequestError> {
        let own = self.level();
        let declared = self.account(account, GrantKind::Delegation)?.is_some();
        let entity = self.declared(true, account, declared, rest)?;
        let arn = format!("arn:{partition}:iam::{account}:role{rest}");
        // S-405: a caller given as a role ARN is compared by its whole ARN, so the key without a path has no part in it.
        self.entity_keys(&arn, entity, own, GrantKind::Entity)?;
        if let Some(entity) = entity {
            self.entity(entity);
        }
        self.resolved.principal_arn = Some(arn);
        Ok(())
    }

    fn session(&mut self, caller: Caller<'_>, partition: &str, account: &str, role: &str, session: &str) -> Result<(), RequestError> {
        let own = self.level();
        self.key(PrincipalTag::Arn, caller_text(caller), own, GrantKind::Direct)?;
        let role_level = self.level();
        let arn = match self.account(account, GrantKind::Delegation)? {
            Some((account_id, _)) => {
                let entity = self.views.entity(account_id, true, role)?.ok_or_else(|| not_declared(account))?;
                let arn = format!("arn:{partition}:iam::{account}:role{}{role}", self.views.text_str(entity.path)?);
                let unique_id = self.entity_keys(&arn, Some(entity), role_level, GrantKind::Entity)?;
                self.resolved.user_id = unique_id.map(|id| format!("{id}:{session}"));
                self.entity(entity);
                arn
            }
            None => {
                let arn = format!("arn:{partition}:iam::{account}:role/{role}");
                self.key(PrincipalTag::RoleName, &arn, role_level, GrantKind::Entity)?;
                arn
            }
        };
        self.resolved.principal_arn = Some(arn);
        Ok(())
    }

    fn federated_user(&mut self, caller: Caller<'_>, partition: &str, account: &str, name: &str) -> Result<(), RequestError> {
        let arn = caller_text(caller);
        let own = self.level();
        self.key(PrincipalTag::Arn, arn, own, GrantKind::Direct)?;
        let parent = match self.account(account, GrantKind::Delegation)? {
            Some((account_id, _)) => self.views.entity(account_id, false, name)?,
            None => None,
        };
        if let Some(parent) = parent {
            let level = self.level();
            let parent_arn = format!("arn:{partition}:iam::{account}:user{}{name}", self.views.text_str(parent.path)?);
            self.entity_keys(&parent_arn, Some(parent), level, GrantKind::Entity)?;
            self.entity(parent);
            // Section 8: the parent's tags are not the session's.
            self.resolved.tags = (U32::ZERO, U32::ZERO);
        }
        self.resolved.user_id = Some(format!("{account}:{name}"));
        self.resolved.principal_arn = Some(arn.to_string());
        Ok(())
    }

    fn root(&mut self, partition: &str, account: &str) -> Result<(), RequestError> {
        self.account(account, GrantKind::Direct)?;
        self.resolved.user_id = Some(account.to_string());
        self.resolved.principal_arn = Some(format!("arn:{partition}:iam::{account}:root"));
        Ok(())
    }

    /// A caller without an account.
    fn outsider(&mut self, tag: PrincipalTag, any: PrincipalTag, name: &str) -> Result<(), RequestError> {
        let level = self.level();
        self.key(tag, name, level, GrantKind::Direct)?;
        self.key(any, "", level, GrantKind::Direct)?;
        Ok(())
    }
}

/// The text of a caller given by its ARN.
fn caller_text(caller: Caller<'_>) -> &str {
    match caller {
        Caller::Arn(text) | Caller::Service(text) | Caller::Federated(text) | Caller::CanonicalUser(text) => text,
        Caller::Anonymous => "*",
    }
}

fn not_declared(account: &str) -> RequestError {
    RequestError::unknown_principal(format!("the account {account} is declared and has no such user or role"))
}
