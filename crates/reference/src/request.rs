//! Requests: reading one, finding its caller and owner, and deriving context keys (S-206, S-704, S-730, section 8).
//!
//! Input: a request as a JSON value. Output: its parts, with `invalid-request` for every shape that the formats do not
//! know and `unknown-principal` for a caller that its declared account does not have.

use crate::context::{Context, ContextValue};
use crate::policy::{Action, Document, PolicyKind};
use crate::principal::{Caller, Form};
use crate::resource::{Arn, is_account_id};
use crate::value::{Error, Shape, Value, unknown_field};
use crate::world::{Places, World};

const SHAPE: Shape = Shape("invalid-request");

/// A request that has been read, not yet looked up in a world.
pub(crate) struct Request {
    pub(crate) caller: Caller<'static>,
    pub(crate) action: Action,
    /// `None` for the resource `*`.
    pub(crate) resource: Option<Arn>,
    pub(crate) resource_account: Option<String>,
    pub(crate) context: Context,
    pub(crate) session: Vec<Document>,
}

/// Where the owner of the resource was taken from (S-704).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The request named it.
    Request,
    /// The account part of the ARN.
    Arn,
    /// The account that declares the resource, or the one above it.
    World,
    /// The caller's account.
    Principal,
    /// There is no owner.
    None,
}

impl Source {
    /// The name of the source in decisions.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Request => "request",
            Source::Arn => "arn",
            Source::World => "world",
            Source::Principal => "principal",
            Source::None => "none",
        }
    }
}

impl Request {
    /// Reads a request; the places of its session documents are ranked behind the world's.
    pub(crate) fn read(value: &Value, rank_start: usize) -> Result<Request, Error> {
        let (mut caller, mut action, mut resource, mut resource_account) = (None, None, None, None);
        let (mut context, mut session) = (Context::default(), Vec::new());
        for (name, member) in SHAPE.members(value, "a request")? {
            match name.as_str() {
                "principal" => caller = Some(Caller::read(member)?),
                "action" => {
                    let text = SHAPE.text(member, "the action")?;
                    action = Some(SHAPE.required(Action::read(&text), &format!("one action in `{text}`"))?);
                }
                "resource" => {
                    let text = SHAPE.text(member, "the resource")?;
                    if text != "*" {
                        resource = Some(SHAPE.required(Arn::read(&text), &format!("an ARN of six parts in `{text}`"))?);
                    }
                }
                "resource_account" => {
                    let id = SHAPE.text(member, "the resource account")?;
                    if !is_account_id(&id) {
                        return SHAPE.refuse(format!("`{id}` is no account id"));
                    }
                    resource_account = Some(id);
                }
                "context" => context = read_context(member)?,
                "session" => session = read_session(member, rank_start)?,
                other => return Err(unknown_field(other, "a request")),
            }
        }
        let caller = SHAPE.required(caller, "the principal")?;
        let takes_session = caller.is_role_session() || caller.form == Form::FederatedUser;
        if !session.is_empty() && !takes_session {
            return SHAPE.refuse("only role sessions and federated users have session policies");
        }
        let action = SHAPE.required(action, "the action")?;
        // The list of buckets is judged on an ARN of its own (S-732).
        if action.is("s3", &["ListAllMyBuckets"]) && resource.is_none() {
            let partition = caller.arn.as_ref().map_or("aws", Arn::partition);
            resource = Arn::read(&format!("arn:{partition}:s3:::*"));
        }
        Ok(Request { caller, action, resource, resource_account, context, session })
    }
}

fn read_context(value: &Value) -> Result<Context, Error> {
    let mut context = Context::default();
    for (name, member) in SHAPE.members(value, "the context")? {
        if context.contains(name) {
            return SHAPE.refuse(format!("`{name}` occurs twice in the context, but for letter case"));
        }
        let scalar = |item| SHAPE.scalar(item, "a context value");
        let value = match member {
            Value::Array(items) => ContextValue::Many(items.iter().map(scalar).collect::<Result<_, _>>()?),
            single => ContextValue::Single(scalar(single)?),
        };
        context.add(name, value);
    }
    Ok(context)
}

fn read_session(value: &Value, rank_start: usize) -> Result<Vec<Document>, Error> {
    let mut places = Places::starting_at(rank_start);
    let mut session = Vec::new();
    for (name, member) in SHAPE.members(value, "the session")? {
        match (name.as_str(), member) {
            ("policies", Value::Array(_)) => {
                session = places.documents(member, PolicyKind::Session, "session.policies")?;
            }
            ("policies", _) => return SHAPE.refuse("the policies of the session are not an array"),
            (other, _) => return Err(unknown_field(other, "a session")),
        }
    }
    Ok(session)
}

impl World {
    /// Looks the caller up. Where its account is declared it has to be declared there, but for root users and federated
    /// users, whose parent may be missing (S-730, S-407).
    pub(crate) fn identify<'w>(&'w self, caller: Caller<'w>) -> Result<Caller<'w>, Error> {
        let Some(account) = caller.account.as_deref().and_then(|id| self.account(id)) else {
            return Ok(caller);
        };
        let (users, roles) = (&account.users, &account.roles);
        let (path, name) = (&caller.path, &caller.name);
        let (entity, required) = match caller.form {
            Form::User => (users.iter().find(|user| user.name == *name && user.path == *path), true),
            Form::Role => (roles.iter().find(|role| role.name == *name && role.path == *path), true),
            Form::Session { .. } => (roles.iter().find(|role| role.name == *name), true),
            Form::FederatedUser => (users.iter().find(|user| user.name == *name), false),
            _ => (None, false),
        };
        if required && entity.is_none() {
            let message = format!("account {} has no such user or role: `{path}{name}`", account.id);
            return Err(Error::new("unknown-principal", message));
        }
        Ok(Caller { entity, account_is_declared: true, ..caller })
    }

    /// The owner of the requested resource (S-704).
    pub(crate) fn owner(&self, request: &Request) -> (Option<String>, Source) {
        if let Some(account) = &request.resource_account {
            return (Some(account.clone()), Source::Request);
        }
        if let Some(arn) = &request.resource {
            if is_account_id(arn.account()) {
                return (Some(arn.account().to_string()), Source::Arn);
            }
            let above = self.resources().filter(|(_, resource)| arn.is_at_or_under(&resource.arn.text));
            if let Some((account, _)) = above.max_by_key(|(_, resource)| resource.arn.text.len()) {
                return (Some(account.id.clone()), Source::World);
            }
        }
        match &request.caller.account {
            Some(account) => (Some(account.clone()), Source::Principal),
            None => (None, Source::None),
        }
    }

    /// Adds the keys of section 8 behind those of the request, which win (S-806). What cannot be derived stays absent
    /// (S-805).
    pub(crate) fn derive_keys(&self, context: &mut Context, caller: &Caller<'_>, owner: Option<&str>, resource: Option<&Arn>) {
        let account = caller.account.as_deref().unwrap_or_default();
        let declared_id = caller.entity.and_then(|entity| entity.id.as_deref());
        let (principal_type, user_id) = match &caller.form {
            Form::User => (Some("User"), declared_id.map(str::to_string)),
            Form::Session { session_name } => (Some("AssumedRole"), declared_id.map(|id| format!("{id}:{session_name}"))),
            // Without a session name there is no user id (S-802).
            Form::Role => (Some("AssumedRole"), None),
            Form::FederatedUser => (Some("FederatedUser"), Some(format!("{account}:{}", caller.name))),
            Form::Root => (Some("Account"), Some(account.to_string())),
            Form::Anonymous => (Some("Anonymous"), Some("anonymous".to_string())),
            Form::Service(_) | Form::Federated(_) | Form::CanonicalUser(_) => (None, None),
        };
        let principal_account = match caller.form {
            Form::Anonymous => Some("anonymous".to_string()),
            _ => caller.account.clone(),
        };
        let is_service = match caller.form {
            Form::Service(_) => Some("true".to_string()),
            _ => caller.account.as_ref().map(|_| "false".to_string()),
        };
        let membership = |account| self.membership(account);
        let caller_membership = caller.account.as_deref().and_then(membership);
        let owner_membership = owner.and_then(membership);
        for (name, text) in [
            ("aws:PrincipalArn", caller.principal_arn()),
            ("aws:PrincipalAccount", principal_account),
            ("aws:PrincipalType", principal_type.map(str::to_string)),
            ("aws:userid", user_id),
            ("aws:username", (caller.form == Form::User).then(|| caller.name.clone())),
            ("aws:PrincipalOrgID", caller_membership.as_ref().map(|own| own.organization_id.to_string())),
            ("aws:PrincipalIsAWSService", is_service),
            ("aws:ResourceAccount", owner.map(str::to_string)),
            ("aws:ResourceOrgID", owner_membership.as_ref().map(|own| own.organization_id.to_string())),
        ] {
            if let Some(text) = text {
                context.add_single(name, text);
            }
        }
        for (name, membership) in [("aws:PrincipalOrgPaths", caller_membership), ("aws:ResourceOrgPaths", owner_membership)] {
            if let Some(membership) = membership {
                context.add(name, ContextValue::Many(vec![membership.path]));
            }
        }
        // A federated user has none of its parent's tags.
        let own = caller.entity.filter(|_| caller.form != Form::FederatedUser);
        for (key, text) in own.iter().flat_map(|entity| &entity.tags) {
            context.add_single(&format!("aws:PrincipalTag/{key}"), text);
        }
        let declared = resource.and_then(|arn| self.resources().find(|(_, declared)| declared.arn.text == arn.text));
        let declared_tags = declared.map(|(_, declared)| &declared.tags);
        let entity_tags = resource.and_then(|arn| self.entity_with_arn(arn)).map(|entity| &entity.tags);
        for (key, text) in declared_tags.into_iter().chain(entity_tags).flatten() {
            context.add_single(&format!("aws:ResourceTag/{key}"), text);
        }
    }
}
