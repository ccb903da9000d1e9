//! One request, prepared: its action's number, its resource's parts, its owner, and the values of its context keys.
//!
//! Preparation finds every error that a request can have; afterwards a test is true or false, so that order never hides or creates an error.
//! Rules: S-206, S-304 (cutting), S-308, S-502, S-504, S-605 to S-608, S-704, S-732, section 8.

use super::scratch::{Scratch, Stamp};
use crate::decision::OwnerSource;
use crate::error::{EvalError, Fault};
use crate::format::{self, Derivation, EntityRecord, NONE, ResourceRecord, U32};
use crate::request::limits::{CONTEXT_KEYS_MAX, REQUEST_BYTES_MAX};
use crate::request::principal::Resolved;
use crate::request::{ContextValue, Request, RequestError, check};
use crate::views::{TrieWalk, Views, at};

/// The value of a context key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'q> {
    /// S-504.
    Missing,
    One(&'q str),
    /// Multivalued, at least one element.
    Many(&'q [&'q str]),
    /// Multivalued with one derived element (S-804).
    Path(&'q str),
}

/// The requested resource, but for `*`.
#[derive(Clone, Copy)]
pub(super) struct Resource<'q> {
    pub(super) text: &'q str,
    pub(super) parts: [&'q str; 6],
    /// Symbols of parts 2 to 5, `NONE` where the bundle does not have the text.
    pub(super) symbols: [u32; 4],
}

/// What the declared resources say about the requested one.
#[derive(Clone, Copy, Default)]
pub(super) struct Declared<'q> {
    /// With exactly the requested ARN.
    pub(super) exact: Option<&'q ResourceRecord>,
    /// The deepest at or above it.
    pub(super) deepest: Option<&'q ResourceRecord>,
    /// The deepest with a policy (S-705).
    pub(super) with_policy: Option<&'q ResourceRecord>,
}

/// A prepared request.
pub(super) struct Query<'q> {
    pub(super) views: &'q Views<'q>,
    pub(super) principal: &'q Resolved,
    /// ASCII-folded.
    pub(super) action: &'q [u8],
    pub(super) action_id: u32,
    /// `None` for `*`.
    pub(super) resource: Option<Resource<'q>>,
    pub(super) declared: Declared<'q>,
    pub(super) owner: Option<&'q str>,
    pub(super) owner_source: OwnerSource,
    context: &'q [(&'q str, ContextValue<'q>)],
    stamps: &'q [Stamp],
    epoch: u64,
}

impl<'q> Query<'q> {
    /// Checks a request and prepares it.
    pub(super) fn prepare(
        views: &'q Views<'q>,
        scratch: &'q mut Scratch,
        principal: &'q Resolved,
        request: &'q Request<'q>,
    ) -> Result<Query<'q>, EvalError> {
        check::action(request.action)?;
        let resource = request.resource.unwrap_or("*");
        let mut parts = check::resource(resource)?;
        if let Some(account) = request.resource_account {
            check::resource_account(account)?;
        }
        check_sizes(request)?;
        scratch.begin()?;
        scratch.fold_action(request.action);
        stamp(views, scratch, request.context)?;

        let scratch: &'q Scratch = scratch;
        let action = scratch.action();
        let mut resource = resource;
        if parts.is_none() && action == b"s3:listallmybuckets" {
            // S-732
            resource = &principal.buckets;
            parts = check::resource(resource)?;
        }
        let resource = match parts {
            Some(parts) => Some(Resource { text: resource, parts, symbols: symbols(views, parts)? }),
            None => None,
        };
        let declared = match &resource {
            Some(resource) => declared(views, resource.text)?,
            None => Declared::default(),
        };
        let mut query = Query {
            views,
            principal,
            action,
            action_id: views.action_id(action)?,
            resource,
            declared,
            owner: None,
            owner_source: OwnerSource::None,
            context: request.context,
            stamps: scratch.stamps(),
            epoch: scratch.epoch(),
        };
        (query.owner, query.owner_source) = query.find_owner(request.resource_account)?;
        Ok(query)
    }

    /// S-704.
    fn find_owner(&self, stated: Option<&'q str>) -> Result<(Option<&'q str>, OwnerSource), Fault> {
        if let Some(account) = stated {
            return Ok((Some(account), OwnerSource::Request));
        }
        if let Some([_, _, _, _, account, _]) = self.resource.map(|resource| resource.parts)
            && check::is_account_id(account)
        {
            return Ok((Some(account), OwnerSource::Arn));
        }
        if let Some(resource) = self.declared.deepest {
            let account = at(self.views.accounts, resource.account.get())?;
            return Ok((Some(self.views.text_str(account.id)?), OwnerSource::World));
        }
        Ok(match self.principal.account.as_deref() {
            Some(account) => (Some(account), OwnerSource::Principal),
            None => (None, OwnerSource::None),
        })
    }

    /// The record of the owner's account, if the bundle has one.
    pub(super) fn owner_account(&self) -> Result<Option<&'q format::AccountRecord>, Fault> {
        match self.owner {
            Some(owner) => Ok(self.views.account(owner)?.map(|(_, record)| record)),
            None => Ok(None),
        }
    }

    /// The user or role that the resource is: `user` or `role` in its sixth part.
    pub(super) fn resource_entity(&self, is_role: bool) -> Result<Option<&'q EntityRecord>, Fault> {
        let Some([_, _, "iam", "", account, rest]) = self.resource.map(|resource| resource.parts) else { return Ok(None) };
        match rest.strip_prefix(if is_role { "role" } else { "user" }) {
            Some(path) if path.starts_with('/') => self.views.entity_at(account, is_role, path),
            _ => Ok(None),
        }
    }

    /// The value of a key: the request's, else the derived one (S-806).
    pub(super) fn value(&self, slot: u32) -> Result<Value<'q>, Fault> {
        let stamp = at(self.stamps, slot)?;
        if stamp.epoch != self.epoch {
            return self.derived(slot);
        }
        let (_, value) = at(self.context, stamp.entry)?;
        Ok(match *value {
            ContextValue::One(text) => Value::One(text),
            ContextValue::Many([]) => Value::Missing,
            ContextValue::Many(texts) => Value::Many(texts),
        })
    }

    /// What a variable stands for, or `None` if it is unresolved (S-607, S-608).
    pub(super) fn variable(&self, slot: U32, default: U32) -> Result<Option<&'q [u8]>, Fault> {
        match self.value(slot.get())? {
            Value::One(text) if !text.is_empty() => Ok(Some(text.as_bytes())),
            _ if default.get() == NONE => Ok(None),
            _ => self.views.text(default).map(Some),
        }
    }

    /// Section 8.
    fn derived(&self, slot: u32) -> Result<Value<'q>, Fault> {
        let principal = self.principal;
        let key = at(self.views.keys, slot)?;
        let one = |text: Option<&'q str>| text.map_or(Value::Missing, Value::One);
        Ok(match Derivation::from_number(key.derivation.get()).ok_or(Fault::Corrupt)? {
            Derivation::None => Value::Missing,
            Derivation::PrincipalArn => one(principal.principal_arn.as_deref()),
            Derivation::PrincipalAccount => one(principal.principal_account()),
            Derivation::PrincipalType => one(principal.principal_type()),
            Derivation::UserId => one(principal.user_id.as_deref()),
            Derivation::Username => one(principal.username.as_deref()),
            Derivation::PrincipalTag => {
                let (first, len) = principal.tags;
                one(self.symbol_text(self.views.tag(first, len, key.tag.get())?)?)
            }
            Derivation::PrincipalOrgId => one(self.optional_text(principal.organization.first())?),
            Derivation::PrincipalOrgPaths => path(self.optional_text(principal.organization.last())?),
            Derivation::PrincipalIsAwsService => one(principal.is_service()),
            Derivation::ResourceAccount => one(self.owner),
            Derivation::ResourceOrgId => {
                let account = self.owner_account()?;
                one(self.optional_text(account.map(|account| account.organization_id.get()).as_ref())?)
            }
            Derivation::ResourceOrgPaths => {
                let account = self.owner_account()?;
                path(self.optional_text(account.map(|account| account.organization_path.get()).as_ref())?)
            }
            Derivation::ResourceTag => one(self.symbol_text(self.resource_tag(key.tag.get())?)?),
        })
    }

    /// A tag of the declared resource, user or role with exactly the requested ARN.
    fn resource_tag(&self, key: u32) -> Result<Option<U32>, Fault> {
        if let Some(resource) = self.declared.exact {
            return self.views.tag(resource.tags_first, resource.tags_len, key);
        }
        let entity = match self.resource_entity(false)? {
            Some(user) => Some(user),
            None => self.resource_entity(true)?,
        };
        match entity {
            Some(entity) => self.views.tag(entity.tags_first, entity.tags_len, key),
            None => Ok(None),
        }
    }

    fn symbol_text(&self, symbol: Option<U32>) -> Result<Option<&'q str>, Fault> {
        symbol.map(|symbol| self.views.text_str(symbol)).transpose()
    }

    fn optional_text(&self, symbol: Option<&u32>) -> Result<Option<&'q str>, Fault> {
        self.symbol_text(symbol.filter(|symbol| **symbol != NONE).map(|symbol| U32::new(*symbol)))
    }
}

/// A multivalued key with one derived element.
fn path(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Missing, Value::Path)
}

/// The request limits, but for those of single members.
fn check_sizes(request: &Request<'_>) -> Result<(), RequestError> {
    if request.context.len() > CONTEXT_KEYS_MAX {
        return Err(RequestError::limit("the context has more than 512 keys"));
    }
    let mut total = request.action.len();
    let mut add = |text: &str| total = total.saturating_add(text.len());
    add(request.resource.unwrap_or(""));
    add(request.resource_account.unwrap_or(""));
    for (key, value) in request.context {
        add(key);
        match value {
            ContextValue::One(text) => {
                check::value(text)?;
                add(text);
            }
            ContextValue::Many(texts) => {
                check::elements(texts.len())?;
                for text in *texts {
                    check::value(text)?;
                    add(text);
                }
            }
        }
    }
    if total > REQUEST_BYTES_MAX {
        return Err(RequestError::limit("the request is longer than 64 KiB"));
    }
    Ok(())
}

/// Notes at each slot which entry of the context gives it, and refuses keys that are equal ignoring case, known to the bundle or not (S-502).
fn stamp(views: &Views<'_>, scratch: &mut Scratch, context: &[(&str, ContextValue<'_>)]) -> Result<(), EvalError> {
    for (entry, (key, _)) in (0_u32..).zip(context) {
        scratch.fold_key(key);
        let hash = format::hash(views.seed, scratch.key());
        let earlier = match views.slot(hash, scratch.key())? {
            Some(slot) => scratch.stamp_slot(slot, entry)?,
            None => scratch.note_unknown(hash, entry, |earlier| {
                context.get(earlier as usize).is_some_and(|(other, _)| other.eq_ignore_ascii_case(key))
            })?,
        };
        if let Some(earlier) = earlier {
            let (earlier, _) = at(context, earlier)?;
            return Err(check::repeated_key(earlier, key).into());
        }
    }
    Ok(())
}

/// The symbols of parts 2 to 5.
fn symbols(views: &Views<'_>, parts: [&str; 6]) -> Result<[u32; 4], Fault> {
    let [_, partition, service, region, account, _] = parts;
    let mut symbols = [NONE; 4];
    for (symbol, text) in symbols.iter_mut().zip([partition, service, region, account]) {
        *symbol = views.symbol(text.as_bytes())?.unwrap_or(NONE);
    }
    Ok(symbols)
}

/// The declared resources at or above an ARN: its own, or such that the ARN goes on with `/` or `:` (S-705).
fn declared<'q>(views: &Views<'q>, arn: &str) -> Result<Declared<'q>, Fault> {
    let mut found = Declared::default();
    if views.resource_trie.is_empty() {
        return Ok(found);
    }
    let text = arn.as_bytes();
    let mut walk = TrieWalk::new(views.resource_trie, views.resource_trie_first_bytes, views.string_bytes, 0, text);
    while let Some(step) = walk.step()? {
        let id = step.node.exact.get();
        if id == NONE || !matches!(text.get(step.end), None | Some(b'/' | b':')) {
            continue;
        }
        let resource = at(views.resources, id)?;
        found.deepest = Some(resource);
        if resource.policy.get() != NONE {
            found.with_policy = Some(resource);
        }
        if step.end == text.len() {
            found.exact = Some(resource);
        }
    }
    Ok(found)
}
