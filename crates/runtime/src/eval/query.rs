//! One request, prepared: its action's number, its resource's parts, its owner, and the values of its context keys.
//!
//! Preparation finds every error that a request can have; afterwards a test is true or false, so that order never hides or creates an error.
//! Rules: S-206, S-304 (cutting), S-308, S-502, S-504, S-605 to S-608, S-704, S-732, section 8.

use super::action::{self, Action};
use super::demand::DerivedKeys;
use super::scratch::{Front, Keys, Scratch, Stamp};
use crate::decision::OwnerSource;
use crate::error::{EvalError, Fault};
use crate::format::{self, Derivation, EntityRecord, NONE, ResourceRecord, U32};
use crate::request::limits::{CONTEXT_KEYS_MAX, REQUEST_BYTES_MAX};
use crate::request::principal::{CallerTags, Resolved};
use crate::request::{ContextValue, Request, RequestError, check};
use crate::views::{TrieWalk, Views, at};
use alloc::vec::Vec;
use core::cell::Cell;

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

/// How a variable whose key the request leaves out is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variables {
    /// As the rules say: unresolved (S-607), or by its default (S-608).
    Exact,
    /// It stands for no text at all: what matches even so, matches for certain.
    Nothing(DerivedKeys),
    /// It stands for any text: what does not match even so, does not match for certain.
    Anything(DerivedKeys),
}

/// What a variable stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Variable<'q> {
    Text(&'q [u8]),
    /// What contains it matches nothing (S-607).
    Unresolved,
    /// Any text; not in a decision.
    Any,
}

/// The requested resource, but for `*`.
#[derive(Clone, Copy)]
pub(super) struct Resource<'q> {
    pub(super) text: &'q str,
    pub(super) parts: [&'q str; 6],
}

impl Resource<'_> {
    /// The text of parts 2 to 5 and the colons between them.
    fn front(&self) -> &str {
        let [arn, .., rest] = self.parts;
        let from = arn.len().saturating_add(1);
        let to = self.text.len().saturating_sub(rest.len()).saturating_sub(1);
        self.text.get(from..to).unwrap_or_default()
    }

    /// For an S3 bucket or object, where the bucket's ARN ends.
    fn bucket_end(&self) -> Option<usize> {
        let [_, _, "s3", "", "", rest] = self.parts else { return None };
        let key = rest.find('/').map_or(0, |slash| rest.len().saturating_sub(slash));
        Some(self.text.len().saturating_sub(key))
    }
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
    /// The bucket and the object whose ACLs count for the request (S-724).
    pub(super) acls: [Option<&'q ResourceRecord>; 2],
}

/// A context that no request holds, and which of its entries gives which slot of the main bundle.
pub(super) struct OwnContext<'q> {
    context: Vec<(&'q str, ContextValue<'q>)>,
    stamps: Vec<Stamp>,
}

/// A prepared request, as one bundle sees it.
#[derive(Clone)]
pub(super) struct Query<'q> {
    /// The bundle whose statements are tested: the main one, or a session overlay.
    pub(super) views: &'q Views<'q>,
    /// The main bundle, which knows the caller and the resource.
    pub(super) main: &'q Views<'q>,
    pub(super) principal: &'q Resolved,
    pub(super) action: Action<'q>,
    /// `None` for `*`.
    pub(super) resource: Option<Resource<'q>>,
    pub(super) declared: Declared<'q>,
    pub(super) owner: Option<&'q str>,
    pub(super) owner_source: OwnerSource,
    variables: Variables,
    /// What parts 2 to 5 of the resource are to the main bundle.
    front: Front,
    /// Their symbols in the bundle whose statements are tested; looked up when they are first asked for.
    symbols: Cell<Option<[u32; 4]>>,
    endpoint_slot: Result<Option<u32>, Fault>,
    context: &'q [(&'q str, ContextValue<'q>)],
    stamps: &'q [Stamp],
    overlay_stamps: &'q [Stamp],
    epoch: u64,
}

impl<'q> Query<'q> {
    /// Checks a request and prepares it, for the main bundle and for the caller's session overlay, if it has one.
    pub(super) fn prepare(
        views: &'q Views<'q>,
        overlay: Option<&Views<'_>>,
        scratch: &'q mut Scratch,
        principal: &'q Resolved,
        request: &'q Request<'q>,
    ) -> Result<Query<'q>, EvalError> {
        let Scratch { endpoint_slot, actions, fronts, keys } = scratch;
        let endpoint_slot = *endpoint_slot;
        let (action, facts) = actions.get(request.action, |folded| action::facts(views, folded))?;
        let action = Action::new(action, facts);
        let mut resource = request.resource.unwrap_or("*");
        let mut parts = check::resource(resource)?;
        if let Some(account) = request.resource_account {
            check::resource_account(account)?;
        }
        check_sizes(request)?;
        keys.begin(overlay.map_or(0, |overlay| overlay.keys.len()))?;
        note_keys(views, overlay, keys, request.context)?;

        let keys: &'q Keys = keys;
        if parts.is_none() && action.lists_buckets() {
            // S-732
            resource = &principal.buckets;
            parts = check::resource(resource)?;
        }
        let resource = parts.map(|parts| Resource { text: resource, parts });
        let (declared, front) = match &resource {
            Some(resource) => (declared(views, resource)?, fronts.get(resource.front(), || front(views, resource.parts))?),
            None => (Declared::default(), Front::NOTHING),
        };
        let mut query = Query {
            views,
            main: views,
            principal,
            action,
            resource,
            declared,
            owner: None,
            owner_source: OwnerSource::None,
            variables: Variables::Exact,
            symbols: Cell::new(Some(front.symbols)),
            front,
            endpoint_slot,
            context: request.context,
            stamps: keys.stamps(),
            overlay_stamps: keys.overlay_stamps(),
            epoch: keys.epoch(),
        };
        (query.owner, query.owner_source) = query.find_owner(request.resource_account)?;
        Ok(query)
    }

    /// The same request as a session overlay sees it. Who calls and what the world says of the resource stay those of the main bundle.
    pub(super) fn over<'o>(&self, overlay: &'o Views<'o>) -> Result<Query<'o>, Fault>
    where
        'q: 'o,
    {
        Ok(Query {
            views: overlay,
            action: self.action.over(self.main, overlay)?,
            symbols: Cell::new(None),
            stamps: self.overlay_stamps,
            ..self.clone()
        })
    }

    /// The symbols of parts 2 to 5 of the resource, `NONE` where the bundle whose statements are tested does not have the text.
    pub(super) fn symbols(&self) -> Result<[u32; 4], Fault> {
        if let Some(symbols) = self.symbols.get() {
            return Ok(symbols);
        }
        let symbols = match &self.resource {
            Some(resource) if self.views.seed == self.main.seed => front_hashed(self.views, resource.parts, self.front.hashes)?.symbols,
            Some(resource) => front(self.views, resource.parts)?.symbols,
            None => [NONE; 4],
        };
        self.symbols.set(Some(symbols));
        Ok(symbols)
    }

    /// The id of the endpoint that the request came through (S-710): a single value.
    pub(super) fn endpoint(&self) -> Result<Option<&'q str>, Fault> {
        let Some(slot) = self.endpoint_slot? else { return Ok(None) };
        Ok(match self.value(slot)? {
            Value::One(id) => Some(id),
            _ => None,
        })
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
            let account = at(self.main.accounts, resource.account.get())?;
            return Ok((Some(self.main.text_str(account.id)?), OwnerSource::World));
        }
        Ok(match self.principal.account.as_deref() {
            Some(account) => (Some(account), OwnerSource::Principal),
            None => (None, OwnerSource::None),
        })
    }

    /// The record of the owner's account, if the bundle has one.
    pub(super) fn owner_account(&self) -> Result<Option<&'q format::AccountRecord>, Fault> {
        match self.owner {
            Some(owner) => Ok(self.main.account(owner)?.map(|(_, record)| record)),
            None => Ok(None),
        }
    }

    /// The user or role that the resource is: `user` or `role` in its sixth part.
    pub(super) fn resource_entity(&self, is_role: bool) -> Result<Option<&'q EntityRecord>, Fault> {
        let Some([_, _, "iam", "", account, rest]) = self.resource.map(|resource| resource.parts) else { return Ok(None) };
        match rest.strip_prefix(if is_role { "role" } else { "user" }) {
            Some(path) if path.starts_with('/') => self.main.entity_at(account, is_role, path),
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

    /// Whether the request gives the key.
    pub(super) fn is_given(&self, slot: u32) -> Result<bool, Fault> {
        Ok(at(self.stamps, slot)?.epoch == self.epoch)
    }

    /// Whether neither the request nor the world gives the key (S-504).
    pub(super) fn is_missing(&self, slot: u32) -> Result<bool, Fault> {
        Ok(self.value(slot)? == Value::Missing)
    }

    /// The same request with another reading of variables.
    pub(super) fn with_variables(&self, variables: Variables) -> Query<'q> {
        Query { variables, ..self.clone() }
    }

    /// The context of the same request if it came through this endpoint (S-710). The request must not give the key.
    pub(super) fn context_through(&self, endpoint: &'q str) -> Result<OwnContext<'q>, Fault> {
        let mut context = self.context.to_vec();
        let mut stamps = self.stamps.to_vec();
        if let Some(slot) = self.endpoint_slot? {
            let entry = u32::try_from(context.len()).map_err(|_| Fault::Corrupt)?;
            context.push(("aws:SourceVpce", ContextValue::One(endpoint)));
            *stamps.get_mut(slot as usize).ok_or(Fault::Corrupt)? = Stamp { epoch: self.epoch, entry };
        }
        Ok(OwnContext { context, stamps })
    }

    /// The same request with another context.
    pub(super) fn within<'o>(&self, own: &'o OwnContext<'o>) -> Query<'o>
    where
        'q: 'o,
    {
        Query { context: &own.context, stamps: &own.stamps, ..self.clone() }
    }

    /// What a variable stands for (S-607, S-608).
    pub(super) fn variable(&self, slot: U32, default: U32) -> Result<Variable<'q>, Fault> {
        match self.variables {
            Variables::Exact => {}
            Variables::Nothing(derived) if self.is_open(slot.get(), derived)? => return Ok(Variable::Unresolved),
            Variables::Anything(derived) if self.is_open(slot.get(), derived)? => return Ok(Variable::Any),
            Variables::Nothing(_) | Variables::Anything(_) => {}
        }
        Ok(match self.value(slot.get())? {
            Value::One(text) if !text.is_empty() => Variable::Text(text.as_bytes()),
            _ if default.get() == NONE => Variable::Unresolved,
            _ => Variable::Text(self.views.text(default)?),
        })
    }

    /// Whether the request does not say, and may yet say, what the key is.
    pub(super) fn is_open(&self, slot: u32, derived: DerivedKeys) -> Result<bool, Fault> {
        Ok(!self.is_given(slot)? && (derived == DerivedKeys::Open || self.is_missing(slot)?))
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
            Derivation::PrincipalTag => match &principal.tags {
                CallerTags::World(first, len) => {
                    let value = match self.tag_key(key.tag)? {
                        Some(key) => self.main.tag(*first, *len, key)?,
                        None => None,
                    };
                    one(self.symbol_text(value)?)
                }
                CallerTags::Made(tags) => {
                    let key = self.views.text_str(key.tag)?;
                    let place = tags.binary_search_by(|(own, _)| own.as_str().cmp(key)).ok();
                    one(place.and_then(|place| tags.get(place)).map(|(_, value)| value.as_str()))
                }
            },
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
            Derivation::ResourceTag => {
                let value = match self.tag_key(key.tag)? {
                    Some(key) => self.resource_tag(key)?,
                    None => None,
                };
                one(self.symbol_text(value)?)
            }
        })
    }

    /// The main bundle's symbol of a tag key of this bundle.
    fn tag_key(&self, key: U32) -> Result<Option<u32>, Fault> {
        if core::ptr::eq(self.views, self.main) { Ok(Some(key.get())) } else { self.main.symbol(self.views.text(key)?) }
    }

    /// A tag of the declared resource, user or role with exactly the requested ARN; of a role that is declared as a resource too the resource's counts first.
    fn resource_tag(&self, key: u32) -> Result<Option<U32>, Fault> {
        if let Some(resource) = self.declared.exact
            && let Some(value) = self.main.tag(resource.tags_first, resource.tags_len, key)?
        {
            return Ok(Some(value));
        }
        let entity = match self.resource_entity(false)? {
            Some(user) => Some(user),
            None => self.resource_entity(true)?,
        };
        match entity {
            Some(entity) => self.main.tag(entity.tags_first, entity.tags_len, key),
            None => Ok(None),
        }
    }

    fn symbol_text(&self, symbol: Option<U32>) -> Result<Option<&'q str>, Fault> {
        symbol.map(|symbol| self.main.text_str(symbol)).transpose()
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
fn note_keys(
    views: &Views<'_>,
    overlay: Option<&Views<'_>>,
    keys: &mut Keys,
    context: &[(&str, ContextValue<'_>)],
) -> Result<(), EvalError> {
    let overlay = overlay.filter(|overlay| !overlay.keys.is_empty());
    for (entry, (key, _)) in (0_u32..).zip(context) {
        let equals = |earlier: u32| context.get(earlier as usize).is_some_and(|(other, _)| other.eq_ignore_ascii_case(key));
        if let Some(earlier) = keys.note(views, overlay, key, entry, equals)? {
            let (earlier, _) = at(context, earlier)?;
            return Err(check::repeated_key(earlier, key).into());
        }
    }
    Ok(())
}

/// What parts 2 to 5 of an ARN are to a bundle.
fn front(views: &Views<'_>, parts: [&str; 6]) -> Result<Front, Fault> {
    let [_, partition, service, region, account, _] = parts;
    front_hashed(views, parts, [partition, service, region, account].map(|text| format::hash(views.seed, text.as_bytes())))
}

/// The same, for known hashes.
fn front_hashed(views: &Views<'_>, parts: [&str; 6], hashes: [u64; 4]) -> Result<Front, Fault> {
    let [_, texts @ .., _] = parts;
    let mut symbols = [NONE; 4];
    for ((symbol, text), hash) in symbols.iter_mut().zip(texts).zip(hashes) {
        let found = if text.is_empty() { views.symbol(b"")? } else { views.symbol_hashed(hash, text.as_bytes())? };
        *symbol = found.unwrap_or(NONE);
    }
    Ok(Front { symbols, hashes })
}

/// The declared resources at or above an ARN: its own, or such that the ARN goes on with `/` or `:` (S-705).
fn declared<'q>(views: &Views<'q>, requested: &Resource<'_>) -> Result<Declared<'q>, Fault> {
    let mut found = Declared::default();
    if views.resource_trie.is_empty() {
        return Ok(found);
    }
    let text = requested.text.as_bytes();
    let bucket_end = requested.bucket_end();
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
        let [bucket, object] = &mut found.acls;
        if bucket_end == Some(step.end) {
            *bucket = Some(resource);
        } else if step.end == text.len() {
            *object = Some(resource);
        }
        if step.end == text.len() {
            found.exact = Some(resource);
        }
    }
    Ok(found)
}
