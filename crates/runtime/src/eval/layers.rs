//! Which policies each layer consults for a prepared request, and in which order (semantics, section 7).
//!
//! This release has no boundaries, organization policies, session or endpoint policies in a bundle: [`consult`] says of those layers what
//! their absence means (default `FullAWSAccess` where a chain binds, S-706), and the next release gives them slices.

use super::combine::{LayerState, States};
use super::query::Query;
use super::walk::{Consult, Match, Verdict, Walk};
use crate::error::Fault;
use crate::format::{ACCOUNT_IN_ORGANIZATION, ACCOUNT_MANAGEMENT, NONE};
use crate::request::principal::Class;

/// What the combination needs to know beside the outcomes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub(super) class: Class,
    /// The caller has an account and it owns the resource.
    pub(super) same_account: bool,
    /// S-727; never for anonymous callers.
    pub(super) is_get_caller_identity: bool,
    /// S-720: an `sts:` action on a role.
    pub(super) is_sts_on_role: bool,
    /// S-723.
    pub(super) is_pass_role: bool,
    /// A trust policy or key policy: needed even in the same account (S-720, S-722).
    pub(super) is_mandatory: bool,
}

impl Facts {
    pub(super) fn of(query: &Query<'_>) -> Facts {
        let class = query.principal.class;
        let parts = query.resource.map(|resource| resource.parts);
        let is_role = matches!(parts, Some([_, _, "iam", "", _, rest]) if rest.starts_with("role/"));
        let is_key = matches!(parts, Some([_, _, "kms", _, _, rest]) if rest.starts_with("key/"));
        let is_sts_on_role = is_role && query.action.starts_with(b"sts:");
        let account = query.principal.account.as_deref();
        Facts {
            class,
            same_account: account.is_some() && account == query.owner,
            is_get_caller_identity: query.action == b"sts:getcalleridentity" && class != Class::Anonymous,
            is_sts_on_role,
            is_pass_role: query.action == b"iam:passrole",
            is_mandatory: is_sts_on_role || is_key,
        }
    }
}

/// How layers are consulted.
pub(super) enum Mode<'m> {
    /// Through the indexes, up to the first layer that denies.
    Indexed,
    /// Statement by statement, all layers.
    Plain(&'m mut dyn FnMut(Match)),
}

/// Consults the layers.
pub(super) fn consult(query: &Query<'_>, facts: &Facts, mode: Mode<'_>) -> Result<States, Fault> {
    let mut walk = Walk::new(query);
    let mut mode = mode;
    let mut states = States { rcp: LayerState::ABSENT, scp: LayerState::ABSENT, ..States::default() };
    if matches!(mode, Mode::Plain(_)) {
        // With nothing but default documents attached these two allow wherever they apply: they matter to an explanation only.
        states.rcp = rcp(query)?;
        states.scp = scp(query);
    }
    states.session = if facts.class == Class::FederatedUser { LayerState::SILENT } else { LayerState::ABSENT };

    if let Some(policy) = resource_policy(query, facts)? {
        states.grants = run(&mut walk, policy, &mut mode)?;
        states.resource = LayerState::of(states.grants);
        if states.resource.deny && matches!(mode, Mode::Indexed) {
            return Ok(states);
        }
    }
    states.identity = match facts.class {
        Class::Anonymous | Class::Service | Class::Federated | Class::CanonicalUser => LayerState::ABSENT,
        Class::Root => LayerState::ALLOWED,
        Class::User | Class::Role | Class::FederatedUser => {
            let policies = Consult { slice: query.principal.identity, ..Consult::default() };
            LayerState::of(run(&mut walk, policies, &mut mode)?)
        }
    };
    Ok(states)
}

fn run(walk: &mut Walk<'_, '_>, consult: Consult, mode: &mut Mode<'_>) -> Result<Verdict, Fault> {
    match mode {
        Mode::Indexed => walk.indexed(consult),
        Mode::Plain(tell) => walk.plain(consult, *tell),
    }
}

/// The trust policy for an `sts:` action on a role, else the policy of the deepest declared resource that has one (S-705).
fn resource_policy(query: &Query<'_>, facts: &Facts) -> Result<Option<Consult>, Fault> {
    if facts.is_sts_on_role {
        let trust = query.resource_entity(true)?.map(|role| role.trust.get()).filter(|slice| *slice != NONE);
        return Ok(trust.map(|slice| Consult { slice, is_trust: true, ignores_deny: false }));
    }
    let Some(resource) = query.declared.with_policy else { return Ok(None) };
    let ignores_deny = facts.class == Class::Root
        && facts.same_account
        && matches!(query.action, b"s3:getbucketpolicy" | b"s3:putbucketpolicy" | b"s3:deletebucketpolicy")
        && is_bucket(query.views.text(resource.arn)?);
    Ok(Some(Consult { slice: resource.policy.get(), is_trust: false, ignores_deny }))
}

/// `arn:P:s3:::bucket`: its policy is a bucket policy (S-717).
fn is_bucket(arn: &[u8]) -> bool {
    let mut parts = arn.splitn(6, |byte| *byte == b':');
    let [_, _, service, region, account, rest] = [(); 6].map(|()| parts.next().unwrap_or_default());
    service == b"s3" && region.is_empty() && account.is_empty() && !rest.is_empty() && !rest.contains(&b'/')
}

/// S-707: whether a chain of SCPs binds the caller. With nothing but `FullAWSAccess` in it, it allows.
fn scp(query: &Query<'_>) -> LayerState {
    let caller = query.principal;
    let binds = matches!(caller.class, Class::User | Class::Role | Class::FederatedUser | Class::Root)
        && is_member(caller.account_flags)
        && !caller.service_linked;
    if binds { LayerState::ALLOWED } else { LayerState::ABSENT }
}

/// S-708, S-709: whether a chain of RCPs guards the resource. With nothing but `RCPFullAWSAccess` in it, it allows.
fn rcp(query: &Query<'_>) -> Result<LayerState, Fault> {
    if query.principal.service_linked || query.action == b"kms:retiregrant" {
        return Ok(LayerState::ABSENT);
    }
    let Some(owner) = query.owner_account()? else { return Ok(LayerState::ABSENT) };
    if !is_member(owner.flags.get()) {
        return Ok(LayerState::ABSENT);
    }
    let service = query.action.split(|byte| *byte == b':').next().unwrap_or_default();
    let Some(symbol) = query.views.symbol(service)? else { return Ok(LayerState::ABSENT) };
    let supports = query.views.rcp_services.binary_search_by(|listed| listed.get().cmp(&symbol)).is_ok();
    Ok(if supports { LayerState::ALLOWED } else { LayerState::ABSENT })
}

/// In the organization, and not its management account.
fn is_member(account_flags: u32) -> bool {
    account_flags & (ACCOUNT_IN_ORGANIZATION | ACCOUNT_MANAGEMENT) == ACCOUNT_IN_ORGANIZATION
}
