//! From the outcomes of the layers to the decision: the algorithm of semantics 7.1, line by line (S-701, S-711 to S-728).
//!
//! This is the only module that makes an Allow, and it does so in one place, [`allow`].

use super::layers::Facts;
use super::walk::Verdict;
use crate::decision::{Decision, Layer, Reason};
#[cfg(feature = "explain")]
use crate::decision::{Layers, Outcome};
use crate::request::principal::Class;

/// What one layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LayerState {
    /// Some policy of the kind applies.
    pub(super) applies: bool,
    pub(super) deny: bool,
    pub(super) allow: bool,
}

impl LayerState {
    /// The layer does not apply, so it limits nothing.
    pub(super) const ABSENT: LayerState = LayerState { applies: false, deny: false, allow: false };
    /// It applies and allows.
    pub(super) const ALLOWED: LayerState = LayerState { applies: true, deny: false, allow: true };
    /// It applies and says nothing.
    pub(super) const SILENT: LayerState = LayerState { applies: true, deny: false, allow: false };

    pub(super) fn of(verdict: Verdict) -> LayerState {
        LayerState { applies: true, deny: verdict.deny, allow: verdict.allows() }
    }

    /// It applies and does not allow.
    pub(super) fn limits(self) -> bool {
        self.applies && !self.allow
    }

    #[cfg(feature = "explain")]
    fn outcome(self) -> Outcome {
        match self {
            LayerState { applies: false, .. } => Outcome::None,
            LayerState { deny: true, .. } => Outcome::ExplicitDeny,
            LayerState { allow: true, .. } => Outcome::Allowed,
            _ => Outcome::ImplicitDeny,
        }
    }
}

/// What all layers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct States {
    pub(super) rcp: LayerState,
    pub(super) scp: LayerState,
    pub(super) endpoint: LayerState,
    pub(super) resource: LayerState,
    pub(super) identity: LayerState,
    pub(super) boundary: LayerState,
    pub(super) session: LayerState,
    /// The grants of the resource layer by kind.
    pub(super) grants: Verdict,
}

impl States {
    fn in_order(&self) -> [(Layer, LayerState); 7] {
        [
            (Layer::Rcp, self.rcp),
            (Layer::Scp, self.scp),
            (Layer::Endpoint, self.endpoint),
            (Layer::Resource, self.resource),
            (Layer::Identity, self.identity),
            (Layer::Boundary, self.boundary),
            (Layer::Session, self.session),
        ]
    }

    /// The first layer that denies (S-728).
    pub(super) fn denying(&self) -> Option<Layer> {
        self.in_order().into_iter().find(|(_, state)| state.deny).map(|(layer, _)| layer)
    }

    /// S-729.
    #[cfg(feature = "explain")]
    pub(super) fn outcomes(&self) -> Layers {
        Layers {
            rcp: self.rcp.outcome(),
            scp: self.scp.outcome(),
            endpoint: self.endpoint.outcome(),
            resource: self.resource.outcome(),
            identity: self.identity.outcome(),
            boundary: self.boundary.outcome(),
            session: self.session.outcome(),
        }
    }
}

/// Whether, once the layers up to `after` (the resource layer or a later one) are known and none of the organization's or the endpoint limits, [`combine`] decides the same
/// whatever later layers allow, as long as none denies. Read off its lines.
pub(super) fn is_settled(facts: &Facts, states: &States, after: Layer) -> bool {
    let grants = states.grants;
    let has_account = match facts.class {
        Class::Anonymous | Class::Service | Class::Federated | Class::CanonicalUser => false,
        Class::User | Class::Role | Class::FederatedUser | Class::Root => true,
    };
    let by_rule = (facts.is_sts_on_role && facts.class == Class::Root) || (facts.is_pass_role && !facts.same_account) || !has_account;
    // A grant through the entity in its own account is decided by boundary and session.
    let by_entity = facts.same_account && grants.entity;
    let by_resource = if facts.same_account { grants.direct } else { !grants.allows() };
    let without_delegation = facts.same_account && facts.is_mandatory && !grants.delegation && !by_entity;
    if by_rule || by_resource || without_delegation {
        return true;
    }
    if by_entity || after < Layer::Identity {
        return false;
    }
    !states.identity.allow || (after >= Layer::Boundary && states.boundary.limits())
}

/// The one place where an Allow is made.
fn allow(layer: Layer) -> Decision {
    Decision::allow_from_combine(layer)
}

fn implicit(layer: Layer) -> Decision {
    Decision::deny(Reason::ImplicitDeny, layer)
}

/// The decision.
pub(super) fn combine(facts: &Facts, states: &States) -> Decision {
    if facts.is_get_caller_identity {
        return allow(Layer::Identity);
    }
    if let Some(layer) = states.denying() {
        return Decision::deny(Reason::ExplicitDeny, layer);
    }
    for (layer, state) in [(Layer::Rcp, states.rcp), (Layer::Scp, states.scp), (Layer::Endpoint, states.endpoint)] {
        if state.limits() {
            return implicit(layer);
        }
    }
    if facts.is_sts_on_role && facts.class == Class::Root {
        return implicit(Layer::Identity);
    }
    if facts.is_pass_role && !facts.same_account {
        return implicit(Layer::Resource);
    }
    let grants = states.grants;
    match facts.class {
        Class::Anonymous | Class::Service | Class::Federated | Class::CanonicalUser => {
            return if grants.allows() { allow(Layer::Resource) } else { implicit(Layer::Resource) };
        }
        Class::User | Class::Role | Class::FederatedUser | Class::Root => {}
    }
    if facts.same_account {
        if grants.direct {
            return allow(Layer::Resource);
        }
        let mut blocked = None;
        if grants.entity {
            blocked = if states.boundary.limits() {
                Some(Layer::Boundary)
            } else if states.session.limits() {
                Some(Layer::Session)
            } else {
                return allow(Layer::Resource);
            };
        }
        if facts.is_mandatory && !grants.delegation {
            return implicit(blocked.unwrap_or(Layer::Resource));
        }
        if !states.identity.allow {
            return implicit(blocked.unwrap_or(Layer::Identity));
        }
    } else {
        if !grants.allows() {
            return implicit(Layer::Resource);
        }
        if !states.identity.allow {
            return implicit(Layer::Identity);
        }
    }
    if states.boundary.limits() {
        return implicit(Layer::Boundary);
    }
    if states.session.limits() {
        return implicit(Layer::Session);
    }
    allow(Layer::Identity)
}
