//! A caller, resolved over a bundle: its account, entity, policies, levels and the texts of its derived keys.
//!
//! Levels (S-413) are what a caller answers to: a role session is its session ARN, its role and its account. Each level has the principal keys that a
//! statement may name it by; the kind of the key says what a grant through it can bypass (S-401, S-712).

use super::check::{self, CallerForm};
use super::session::SessionSet;
use super::{Caller, RequestError};
use crate::error::Fault;
use crate::format::{
    ACCOUNT_DECLARED, ACCOUNT_IN_ORGANIZATION, ACCOUNT_MANAGEMENT, AccountRecord, CALLER_KEYS_MAX, ENTITY_SERVICE_LINKED, EntityRecord,
    NONE, PrincipalTag, U32,
};
use crate::open::BundleId;
use crate::views::Views;
use alloc::format;
use alloc::string::String;
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

/// The path below which service-linked roles stand (S-707).
pub(super) const SERVICE_ROLES: &str = "/aws-service-role/";

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

    /// The 12-digit id of the caller's account, if it has one.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.0.account.as_deref()
    }

    pub(crate) fn new(resolved: Resolved) -> Principal {
        Principal(Arc::new(resolved))
    }

    pub(crate) fn resolved(&self) -> &Resolved {
        &self.0
    }
}

/// Tags of a caller.
#[derive(Debug, Clone)]
pub(crate) enum CallerTags {
    /// First tag and number of tags in the bundle.
    World(U32, U32),
    /// Folded key and value, in order of the keys.
    Made(Vec<(String, String)>),
}

/// A text that may be absent. Its memory is kept when another caller takes its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    is_given: bool,
    text: String,
}

impl Text {
    fn clear(&mut self) {
        self.is_given = false;
        self.text.clear();
    }

    /// Sets it to the parts, one after the other.
    pub(super) fn set(&mut self, parts: &[&str]) {
        self.is_given = true;
        self.text.clear();
        for part in parts {
            self.text.push_str(part);
        }
    }

    pub(crate) fn as_deref(&self) -> Option<&str> {
        self.is_given.then_some(self.text.as_str())
    }
}

/// What evaluation needs to know of a caller.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) bundle: BundleId,
    pub(crate) class: Class,
    /// 12-digit id.
    pub(crate) account: Text,
    /// Symbols of the account's organization and path, or `NONE`.
    pub(crate) organization: [u32; 2],
    /// The chain of SCPs that binds the caller (S-707), or `NONE`.
    pub(crate) scps: u32,
    /// The chain of RCPs that guards what the caller's account owns (S-708, S-709), or `NONE`.
    pub(crate) own_rcps: u32,
    /// The slices of its identity policies.
    pub(crate) identity: Vec<u32>,
    /// The slice of its boundary, or its parent user's (S-414, S-714), or `NONE`.
    pub(crate) boundary: u32,
    pub(crate) session: Option<SessionSet>,
    pub(crate) service_linked: bool,
    pub(crate) tags: CallerTags,
    /// `aws:PrincipalArn`.
    pub(crate) principal_arn: Text,
    /// `aws:userid`.
    pub(crate) user_id: Text,
    /// `aws:username`.
    pub(crate) username: Text,
    /// The resource on which a list of buckets is judged (S-732).
    pub(crate) buckets: String,
    pub(crate) keys: Vec<CallerKey>,
    /// Number of levels.
    pub(crate) levels: u8,
    /// Steps that the caller's own policies can take beyond the bundle's bound: those of policies that were given to it at run time.
    pub(crate) extra_steps: u64,
    /// Steps that the session policies can take.
    pub(crate) session_steps: u64,
}

impl Resolved {
    pub(crate) fn has_boundary(&self) -> bool {
        self.boundary != NONE
    }

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
    let mut resolved = Resolved::blank(bundle);
    resolve_into(&mut resolved, views, caller)?;
    Ok(Principal::new(resolved))
}

/// Resolves a caller in the place of another one of the same bundle. Allocates for texts that are longer than any before.
pub(crate) fn resolve_into(resolved: &mut Resolved, views: &Views<'_>, caller: Caller<'_>) -> Result<(), RequestError> {
    let form = check::caller(caller)?;
    let mut resolver = Resolver::begin(views, resolved, form)?;
    match form {
        CallerForm::User { account, rest, .. } => resolver.user(caller, account, rest)?,
        CallerForm::Role { account, rest, .. } => resolver.role(caller, account, rest)?,
        CallerForm::Session { partition, account, role, session } => resolver.session(caller, partition, account, role, session)?,
        CallerForm::FederatedUser { partition, account, name } => resolver.federated_user(caller, partition, account, name)?,
        CallerForm::Root { account, .. } => resolver.root(caller, account)?,
        CallerForm::Service(name) => resolver.outsider(PrincipalTag::Service, PrincipalTag::AnyService, name)?,
        CallerForm::Federated(name) => resolver.outsider(PrincipalTag::Federated, PrincipalTag::AnyFederated, name)?,
        CallerForm::CanonicalUser(name) => resolver.outsider(PrincipalTag::CanonicalUser, PrincipalTag::AnyCanonicalUser, name)?,
        CallerForm::Anonymous => resolver.resolved.user_id.set(&["anonymous"]),
    }
    Ok(())
}

impl Resolved {
    /// Nobody.
    pub(crate) fn blank(bundle: BundleId) -> Resolved {
        Resolved {
            bundle,
            class: Class::Anonymous,
            account: Text::default(),
            organization: [NONE, NONE],
            scps: NONE,
            own_rcps: NONE,
            identity: Vec::new(),
            boundary: NONE,
            session: None,
            service_linked: false,
            tags: CallerTags::World(U32::ZERO, U32::ZERO),
            principal_arn: Text::default(),
            user_id: Text::default(),
            username: Text::default(),
            buckets: String::new(),
            keys: Vec::new(),
            levels: 0,
            extra_steps: 0,
            session_steps: 0,
        }
    }

    /// Nobody, with memory for whoever comes: a caller whose texts and policies are no more than most has needs no other.
    pub(crate) fn roomy(bundle: BundleId) -> Resolved {
        let mut resolved = Resolved::blank(bundle);
        for text in [&mut resolved.principal_arn, &mut resolved.user_id] {
            text.text.reserve(256);
        }
        for text in [&mut resolved.account.text, &mut resolved.username.text, &mut resolved.buckets] {
            text.reserve(64);
        }
        resolved.keys.reserve(CALLER_KEYS_MAX as usize);
        resolved.identity.reserve(16);
        resolved
    }

    /// Of this form; nothing else is known yet.
    fn begin(&mut self, form: CallerForm<'_>) {
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
        // Every member, so that nothing of an earlier caller can stay.
        let Resolved {
            bundle: _,
            class: own_class,
            account,
            organization,
            scps,
            own_rcps,
            identity,
            boundary,
            session,
            service_linked,
            tags,
            principal_arn,
            user_id,
            username,
            buckets,
            keys,
            levels,
            extra_steps,
            session_steps,
        } = self;
        *own_class = class;
        *organization = [NONE, NONE];
        *scps = NONE;
        *own_rcps = NONE;
        identity.clear();
        *boundary = NONE;
        *session = None;
        *service_linked = false;
        *tags = CallerTags::World(U32::ZERO, U32::ZERO);
        for text in [account, principal_arn, user_id, username] {
            text.clear();
        }
        buckets.clear();
        for part in ["arn:", partition, ":s3:::*"] {
            buckets.push_str(part);
        }
        keys.clear();
        *levels = 0;
        *extra_steps = 0;
        *session_steps = 0;
    }
}

/// Finds what the bundle knows of a caller.
pub(super) struct Resolver<'v, 'b, 'r> {
    views: &'v Views<'b>,
    pub(super) resolved: &'r mut Resolved,
}

impl<'v, 'b, 'r> Resolver<'v, 'b, 'r> {
    /// Begins a caller of this form.
    pub(super) fn begin(views: &'v Views<'b>, resolved: &'r mut Resolved, form: CallerForm<'_>) -> Result<Self, Fault> {
        resolved.begin(form);
        let mut resolver = Resolver { views, resolved };
        resolver.key(PrincipalTag::Everyone, "", EVERY_LEVEL, GrantKind::Direct)?;
        Ok(resolver)
    }

    /// Adds a key at a level, if some element lists it.
    pub(super) fn key(&mut self, tag: PrincipalTag, text: &str, level: u8, kind: GrantKind) -> Result<(), Fault> {
        let found = self.views.principal_key(tag, text)?;
        self.add_key(found, tag, level, kind)
    }

    /// Adds the key of what is `aws:PrincipalArn` at present.
    pub(super) fn principal_arn_key(&mut self, tag: PrincipalTag, level: u8, kind: GrantKind) -> Result<(), Fault> {
        let found = self.views.principal_key(tag, self.resolved.principal_arn.as_deref().unwrap_or_default())?;
        self.add_key(found, tag, level, kind)
    }

    fn add_key(&mut self, found: Option<u32>, tag: PrincipalTag, level: u8, kind: GrantKind) -> Result<(), Fault> {
        let trust_only = matches!(tag, PrincipalTag::Federated | PrincipalTag::AnyFederated);
        if let Some(key) = found {
            // Steps are counted for so many keys and no more.
            if self.resolved.keys.len() >= CALLER_KEYS_MAX as usize {
                return Err(Fault::Corrupt);
            }
            self.resolved.keys.push(CallerKey { key, level, kind, trust_only });
        }
        Ok(())
    }

    /// A new level.
    pub(super) fn level(&mut self) -> u8 {
        let level = self.resolved.levels;
        self.resolved.levels = level.saturating_add(1);
        level
    }

    /// The account: always the last level.
    pub(super) fn account(&mut self, account: &str, kind: GrantKind) -> Result<Option<(u32, &'b AccountRecord)>, Fault> {
        let level = self.level();
        self.key(PrincipalTag::Account, account, level, kind)?;
        self.resolved.account.set(&[account]);
        let found = self.views.account(account)?;
        self.key(PrincipalTag::AnyAccount, "", EVERY_LEVEL, GrantKind::Direct)?;
        if let Some((_, record)) = found {
            if record.canonical_id.get() != NONE {
                self.key(PrincipalTag::CanonicalAccount, self.views.text_str(record.canonical_id)?, level, kind)?;
            }
            if is_member(record) {
                self.resolved.scps = record.scps.get();
                self.resolved.own_rcps = record.rcps.get();
            }
            self.resolved.organization = [record.organization_id.get(), record.organization_path.get()];
        }
        Ok(found.filter(|(_, record)| record.flags.get() & ACCOUNT_DECLARED != 0))
    }

    /// What a user or role record gives.
    fn entity(&mut self, entity: &EntityRecord) -> Result<(), Fault> {
        let own = Some(entity.identity.get()).filter(|own| *own != NONE);
        let groups = self.views.group_slices(entity.groups)?;
        self.resolved.identity.extend(own.into_iter().chain(groups.iter().map(|slice| slice.get())));
        self.resolved.boundary = entity.boundary.get();
        if entity.flags.get() & ENTITY_SERVICE_LINKED != 0 {
            self.service_linked();
        }
        self.resolved.tags = CallerTags::World(entity.tags_first, entity.tags_len);
        Ok(())
    }

    /// Adds the key of an entity's unique id, if it has one (S-408), and gives the id.
    fn unique_id(&mut self, entity: &EntityRecord, level: u8, kind: GrantKind) -> Result<Option<&'b str>, Fault> {
        if entity.unique_id.get() == NONE {
            return Ok(None);
        }
        let id = self.views.text_str(entity.unique_id)?;
        self.key(PrincipalTag::UniqueId, id, level, kind)?;
        Ok(Some(id))
    }

    /// A declared account's user or role, by path and name; an error if the account is declared and it is not.
    fn declared(&self, is_role: bool, account: &str, declared: bool, rest: &str) -> Result<Option<&'b EntityRecord>, RequestError> {
        if !declared {
            return Ok(None);
        }
        let found = self.views.entity_at(account, is_role, rest)?;
        found.map(Some).ok_or_else(|| not_declared(account))
    }

    fn user(&mut self, caller: Caller<'_>, account: &str, rest: &str) -> Result<(), RequestError> {
        // As a user's and a role's ARN are written, so they are compared.
        let arn = caller_text(caller);
        let own = self.level();
        let declared = self.account(account, GrantKind::Delegation)?.is_some();
        let entity = self.declared(false, account, declared, rest)?;
        self.key(PrincipalTag::Arn, arn, own, GrantKind::Direct)?;
        if let Some(entity) = entity {
            if let Some(id) = self.unique_id(entity, own, GrantKind::Direct)? {
                self.resolved.user_id.set(&[id]);
            }
            self.entity(entity)?;
        }
        self.resolved.username.set(&[check::last_segment(rest)]);
        self.resolved.principal_arn.set(&[arn]);
        Ok(())
    }

    fn role(&mut self, caller: Caller<'_>, account: &str, rest: &str) -> Result<(), RequestError> {
        let arn = caller_text(caller);
        let own = self.level();
        let declared = self.account(account, GrantKind::Delegation)?.is_some();
        let entity = self.declared(true, account, declared, rest)?;
        // S-405: a caller given as a role ARN is compared by its whole ARN, so the key without a path has no part in it.
        self.key(PrincipalTag::Arn, arn, own, GrantKind::Entity)?;
        if let Some(entity) = entity {
            self.unique_id(entity, own, GrantKind::Entity)?;
            self.entity(entity)?;
        }
        if rest.starts_with(SERVICE_ROLES) {
            self.service_linked();
        }
        self.resolved.principal_arn.set(&[arn]);
        Ok(())
    }

    /// S-707: no chain of SCPs binds it; S-709: nor do RCPs.
    pub(super) fn service_linked(&mut self) {
        self.resolved.service_linked = true;
        self.resolved.scps = NONE;
    }

    fn session(&mut self, caller: Caller<'_>, partition: &str, account: &str, role: &str, session: &str) -> Result<(), RequestError> {
        let own = self.level();
        self.key(PrincipalTag::Arn, caller_text(caller), own, GrantKind::Direct)?;
        let role_level = self.level();
        match self.account(account, GrantKind::Delegation)? {
            Some(_) => {
                let entity = self.views.entity(account, true, role)?.ok_or_else(|| not_declared(account))?;
                let path = self.views.text_str(entity.path)?;
                self.resolved.principal_arn.set(&["arn:", partition, ":iam::", account, ":role", path, role]);
                self.principal_arn_key(PrincipalTag::Arn, role_level, GrantKind::Entity)?;
                if let Some(id) = self.unique_id(entity, role_level, GrantKind::Entity)? {
                    self.resolved.user_id.set(&[id, ":", session]);
                }
                self.entity(entity)?;
            }
            None => {
                self.resolved.principal_arn.set(&["arn:", partition, ":iam::", account, ":role/", role]);
                self.principal_arn_key(PrincipalTag::RoleName, role_level, GrantKind::Entity)?;
            }
        }
        Ok(())
    }

    fn federated_user(&mut self, caller: Caller<'_>, partition: &str, account: &str, name: &str) -> Result<(), RequestError> {
        let arn = caller_text(caller);
        let own = self.level();
        self.key(PrincipalTag::Arn, arn, own, GrantKind::Direct)?;
        let parent = match self.account(account, GrantKind::Delegation)? {
            Some(_) => self.views.entity(account, false, name)?,
            None => None,
        };
        if let Some(parent) = parent {
            let level = self.level();
            let path = self.views.text_str(parent.path)?;
            self.resolved.principal_arn.set(&["arn:", partition, ":iam::", account, ":user", path, name]);
            self.principal_arn_key(PrincipalTag::Arn, level, GrantKind::Entity)?;
            self.unique_id(parent, level, GrantKind::Entity)?;
            self.entity(parent)?;
            // Section 8: the parent's tags are not the session's.
            self.resolved.tags = CallerTags::World(U32::ZERO, U32::ZERO);
        }
        self.resolved.user_id.set(&[account, ":", name]);
        self.resolved.principal_arn.set(&[arn]);
        Ok(())
    }

    fn root(&mut self, caller: Caller<'_>, account: &str) -> Result<(), RequestError> {
        self.account(account, GrantKind::Direct)?;
        self.resolved.user_id.set(&[account]);
        self.resolved.principal_arn.set(&[caller_text(caller)]);
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
pub(super) fn caller_text(caller: Caller<'_>) -> &str {
    match caller {
        Caller::Arn(text) | Caller::Service(text) | Caller::Federated(text) | Caller::CanonicalUser(text) => text,
        Caller::Anonymous => "*",
    }
}

/// In the organization, and not its management account (S-707, S-709).
pub(crate) fn is_member(account: &AccountRecord) -> bool {
    account.flags.get() & (ACCOUNT_IN_ORGANIZATION | ACCOUNT_MANAGEMENT) == ACCOUNT_IN_ORGANIZATION
}

fn not_declared(account: &str) -> RequestError {
    RequestError::unknown_principal(format!("the account {account} is declared and has no such user or role"))
}
