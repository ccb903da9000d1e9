//! Which policies each layer consults for a prepared request, and in which order (semantics, section 7).

use super::combine::{self, LayerState, States};
use super::query::Query;
use super::walk::{Consult, Match, Verdict, Walk};
use crate::decision::Layer;
use crate::error::Fault;
use crate::format::{FRAGMENT_DENIES, NONE, ResourceRecord, U32};
use crate::request::principal::{Class, is_member};
use crate::request::session::SessionSet;
use crate::views::{Views, at, range};

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
        let is_sts_on_role = is_role && query.action.is_sts();
        let account = query.principal.account.as_deref();
        Facts {
            class,
            same_account: account.is_some() && account == query.owner,
            is_get_caller_identity: query.action.is_get_caller_identity() && class != Class::Anonymous,
            is_sts_on_role,
            is_pass_role: query.action.is_pass_role(),
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

/// What the layers of one request consult. Whether a layer applies follows from the caller, the action and the resource alone.
pub(super) struct Sources<'q> {
    /// S-708, S-709.
    pub(super) rcp: Option<&'q [U32]>,
    /// S-707.
    pub(super) scp: Option<&'q [U32]>,
    /// The trust policy for an `sts:` action on a role, else the policy of the deepest declared resource that has one (S-705).
    pub(super) policy: Option<Consult>,
    /// The ACLs of the bucket and of the object, where they are in force (S-724).
    pub(super) acls: [u32; 2],
    pub(super) identity: Identity<'q>,
    /// A slice, or `NONE`.
    pub(super) boundary: u32,
    pub(super) session: Session<'q>,
}

/// What the identity layer says (S-711, S-717, S-729).
pub(super) enum Identity<'q> {
    /// The caller has no account.
    Absent,
    /// A root user.
    Allowed,
    Policies(&'q [u32]),
}

/// What the session layer says (S-715, S-716).
pub(super) enum Session<'q> {
    Absent,
    /// A federated user without session policies.
    Silent,
    Policies(&'q SessionSet),
}

impl<'q> Sources<'q> {
    pub(super) fn of(query: &Query<'q>, facts: &Facts) -> Result<Sources<'q>, Fault> {
        let caller = query.principal;
        let [bucket, object] = query.declared.acls;
        let acl = |resource: Option<&ResourceRecord>| resource.map_or(NONE, |resource| resource.acl.get());
        Ok(Sources {
            rcp: levels(query.views, rcp_chain(query)?)?,
            scp: levels(query.views, caller.scps)?,
            policy: resource_policy(query, facts)?,
            acls: [acl(bucket), acl(object)],
            identity: match facts.class {
                Class::Anonymous | Class::Service | Class::Federated | Class::CanonicalUser => Identity::Absent,
                Class::Root => Identity::Allowed,
                Class::User | Class::Role | Class::FederatedUser => Identity::Policies(&caller.identity),
            },
            boundary: caller.boundary,
            session: match &caller.session {
                Some(set) => Session::Policies(set),
                None if facts.class == Class::FederatedUser => Session::Silent,
                None => Session::Absent,
            },
        })
    }
}

/// Consults the layers. `overlay` is the view of the caller's session overlay, if it has one.
pub(super) fn consult(query: &Query<'_>, overlay: Option<&Views<'_>>, facts: &Facts, mode: Mode<'_>) -> Result<States, Fault> {
    let sources = Sources::of(query, facts)?;
    let mut run = Run { walk: Walk::new(query), mode, layer: Layer::Rcp, denies_only: false };
    let mut states = States { rcp: run.chain(Layer::Rcp, sources.rcp)?, ..States::default() };
    if run.ends(states.rcp) {
        return Ok(states);
    }
    run.denies_only |= states.rcp.limits();
    states.scp = run.chain(Layer::Scp, sources.scp)?;
    if run.ends(states.scp) {
        return Ok(states);
    }
    run.denies_only |= states.scp.limits();
    // Found last of all sources, since it depends on a key of the context.
    states.endpoint = run.optional_slice(Layer::Endpoint, endpoint_policy(query)?)?;
    if run.ends(states.endpoint) {
        return Ok(states);
    }
    run.denies_only |= states.endpoint.limits();
    (states.resource, states.grants) = run.resource(&sources)?;
    if run.ends(states.resource) {
        return Ok(states);
    }
    run.denies_only = run.denies_only || combine::is_settled(facts, &states, Layer::Resource);
    states.identity = match sources.identity {
        Identity::Absent => LayerState::ABSENT,
        Identity::Allowed => LayerState::ALLOWED,
        Identity::Policies(slices) => run.slices(Layer::Identity, slices)?,
    };
    if run.ends(states.identity) {
        return Ok(states);
    }
    if sources.boundary == NONE && matches!(sources.session, Session::Absent) {
        return Ok(states);
    }
    run.denies_only = run.denies_only || combine::is_settled(facts, &states, Layer::Identity);
    states.boundary = run.optional_slice(Layer::Boundary, sources.boundary)?;
    if run.ends(states.boundary) {
        return Ok(states);
    }
    run.denies_only = run.denies_only || combine::is_settled(facts, &states, Layer::Boundary);
    states.session = match sources.session {
        Session::Absent => LayerState::ABSENT,
        Session::Silent => LayerState::SILENT,
        Session::Policies(set) => run.session(set, query, overlay)?,
    };
    Ok(states)
}

/// Whether a slice allows by itself.
#[cfg(feature = "explain")]
pub(super) fn allows(query: &Query<'_>, consult: Consult) -> Result<bool, Fault> {
    let mut verdict = Verdict::default();
    Walk::new(query).plain(consult, &mut verdict, &mut |_, _, _| ())?;
    Ok(verdict.allows())
}

/// A walk over the layers in one of the two ways.
struct Run<'w, 'q, 'm> {
    walk: Walk<'w, 'q>,
    mode: Mode<'m>,
    /// The layer that is consulted.
    layer: Layer,
    /// Whatever it allows, the decision stays what it is, unless it denies.
    denies_only: bool,
}

impl Run<'_, '_, '_> {
    /// The indexed way ends at the first layer that denies: earlier ones are complete, so reason and layer are exact.
    fn ends(&self, state: LayerState) -> bool {
        state.deny && matches!(self.mode, Mode::Indexed)
    }

    fn slice(&mut self, consult: Consult, verdict: &mut Verdict) -> Result<(), Fault> {
        match &mut self.mode {
            Mode::Indexed if verdict.deny => Ok(()),
            Mode::Indexed => self.walk.indexed(consult, self.denies_only, verdict),
            Mode::Plain(tell) => {
                let layer = self.layer;
                self.walk.plain(consult, verdict, &mut |place, statement, is_deny| tell(Match { layer, place, statement, is_deny }))
            }
        }
    }

    /// S-706: denies when any level denies, allows when every level allows.
    fn chain(&mut self, layer: Layer, levels: Option<&[U32]>) -> Result<LayerState, Fault> {
        self.layer = layer;
        let Some(levels) = levels else { return Ok(LayerState::ABSENT) };
        let mut state = LayerState::ALLOWED;
        for level in levels {
            self.walk.count(1)?;
            let mut verdict = Verdict::default();
            self.slice(Consult::slice(level.get()), &mut verdict)?;
            state.deny |= verdict.deny;
            state.allow &= verdict.allows();
            // A level that does not allow settles the chain.
            self.denies_only |= !state.allow;
            if self.ends(state) {
                break;
            }
        }
        Ok(state)
    }

    fn optional_slice(&mut self, layer: Layer, slice: u32) -> Result<LayerState, Fault> {
        if slice == NONE { Ok(LayerState::ABSENT) } else { self.slices(layer, &[slice]) }
    }

    /// S-703: the policies of a layer act together.
    fn slices(&mut self, layer: Layer, slices: &[u32]) -> Result<LayerState, Fault> {
        self.layer = layer;
        let mut verdict = Verdict::default();
        for slice in slices {
            self.slice(Consult::slice(*slice), &mut verdict)?;
        }
        Ok(LayerState::of(verdict))
    }

    /// Resource policy and ACLs, and the kinds of their grants.
    fn resource(&mut self, sources: &Sources<'_>) -> Result<(LayerState, Verdict), Fault> {
        self.layer = Layer::Resource;
        let mut verdict = Verdict::default();
        let mut applies = false;
        let acls = sources.acls.into_iter().filter(|slice| *slice != NONE).map(Consult::slice);
        for consult in sources.policy.into_iter().chain(acls) {
            applies = true;
            self.slice(consult, &mut verdict)?;
        }
        Ok((if applies { LayerState::of(verdict) } else { LayerState::ABSENT }, verdict))
    }

    /// The policies of a session act as one layer, whether they are in the main bundle or in an overlay.
    fn session(&mut self, set: &SessionSet, query: &Query<'_>, overlay: Option<&Views<'_>>) -> Result<LayerState, Fault> {
        self.layer = Layer::Session;
        let mut verdict = Verdict::default();
        for (slice, place) in &set.named {
            self.slice(Consult { session: Some(*place), ..Consult::slice(*slice) }, &mut verdict)?;
        }
        let Some(views) = overlay else { return Ok(LayerState::of(verdict)) };
        let is_moot = self.denies_only && !views.fragments.iter().any(|fragment| fragment.flags.get() & FRAGMENT_DENIES != 0);
        if is_moot && matches!(self.mode, Mode::Indexed) {
            // Not even a request for the overlay need be made.
            return Ok(LayerState::of(verdict));
        }
        let over = query.over(views)?;
        let mut walk = self.walk.over(&over);
        // The verifier has seen that an overlay has slice 0 and no other.
        let consult = Consult { is_overlay: true, ..Consult::slice(0) };
        match &mut self.mode {
            Mode::Indexed if verdict.deny => {}
            Mode::Indexed => walk.indexed(consult, self.denies_only, &mut verdict)?,
            Mode::Plain(tell) => {
                let layer = self.layer;
                walk.plain(consult, &mut verdict, &mut |place, statement, is_deny| tell(Match { layer, place, statement, is_deny }))?;
            }
        }
        Ok(LayerState::of(verdict))
    }
}

/// The trust policy for an `sts:` action on a role, else the policy of the deepest declared resource that has one (S-705).
fn resource_policy(query: &Query<'_>, facts: &Facts) -> Result<Option<Consult>, Fault> {
    if facts.is_sts_on_role {
        let trust = query.resource_entity(true)?.map(|role| role.trust.get()).filter(|slice| *slice != NONE);
        return Ok(trust.map(|slice| Consult { is_trust: true, ..Consult::slice(slice) }));
    }
    let Some(resource) = query.declared.with_policy else { return Ok(None) };
    let ignores_deny = facts.class == Class::Root
        && facts.same_account
        && query.action.is_of_bucket_policies()
        && is_bucket(query.views.text(resource.arn)?);
    Ok(Some(Consult { ignores_deny, ..Consult::slice(resource.policy.get()) }))
}

/// `arn:P:s3:::bucket`: its policy is a bucket policy (S-717).
fn is_bucket(arn: &[u8]) -> bool {
    let mut parts = arn.splitn(6, |byte| *byte == b':');
    let [_, _, service, region, account, rest] = [(); 6].map(|()| parts.next().unwrap_or_default());
    service == b"s3" && region.is_empty() && account.is_empty() && !rest.is_empty() && !rest.contains(&b'/')
}

/// The levels of a chain; `None` without one.
fn levels<'q>(views: &Views<'q>, chain: u32) -> Result<Option<&'q [U32]>, Fault> {
    if chain == NONE {
        return Ok(None);
    }
    let chain = at(views.chains, chain)?;
    range(views.chain_levels, chain.first, chain.len).map(Some)
}

/// The chain of RCPs that guards the resource (S-708, S-709), or `NONE`.
pub(super) fn rcp_chain(query: &Query<'_>) -> Result<u32, Fault> {
    if query.principal.service_linked || query.action.is_retire_grant() || !query.action.supports_rcps() {
        return Ok(NONE);
    }
    Ok(if query.owner.is_some() && query.owner == query.principal.account.as_deref() {
        query.principal.own_rcps
    } else {
        query.owner_account()?.filter(|owner| is_member(owner)).map_or(NONE, |owner| owner.rcps.get())
    })
}

/// The policy of the endpoint that the request came through (S-710), or `NONE`.
pub(super) fn endpoint_policy(query: &Query<'_>) -> Result<u32, Fault> {
    let Some(id) = query.endpoint()? else { return Ok(NONE) };
    Ok(query.views.endpoint(id)?.map_or(NONE, |endpoint| endpoint.policy.get()))
}
