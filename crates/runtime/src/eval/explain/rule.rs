//! What decided an implicit deny other than a missing statement.
//!
//! Input: a request that was denied implicitly, and the layer that decided. Output: the rule, if one decided, and the levels of the organization that do not allow.

use crate::decision::Layer;
use crate::error::Fault;
use crate::eval::layers::{self, Facts, Identity, Session, Sources};
use crate::eval::query::Query;
use crate::eval::walk::Consult;
use crate::explain::{LevelNode, RefusingLevel, Rule, Told};
use crate::format::{ACCOUNT_DECLARED, NONE};
use crate::request::principal::Class;
use crate::views::{at, range};
use alloc::string::ToString;
use alloc::vec::Vec;

/// The rule that made the layer decide, if it was one. The order of the tests is that of the algorithm (semantics, 7.1).
pub(super) fn rule(query: &Query<'_>, facts: &Facts, sources: &Sources<'_>, told: &Told<'_>, layer: Layer) -> Result<Option<Rule>, Fault> {
    Ok(match layer {
        Layer::Rcp | Layer::Scp | Layer::Endpoint | Layer::Boundary => None,
        Layer::Identity if facts.is_sts_on_role && facts.class == Class::Root => Some(Rule::RootAssumesRole),
        Layer::Identity => match sources.identity {
            Identity::Policies(slices) if is_nothing(query, slices)? => without_identity(query, facts)?,
            _ => None,
        },
        Layer::Resource if facts.is_pass_role && !facts.same_account => Some(Rule::PassRoleOfAnotherAccount),
        Layer::Resource if is_granted_by_a_switched_off_acl(query, told)? => Some(Rule::AclSwitchedOff),
        Layer::Resource if sources.policy.is_some() || sources.acls.iter().any(|acl| *acl != NONE) => None,
        Layer::Resource if facts.is_sts_on_role => Some(Rule::NoTrustPolicy),
        Layer::Resource if facts.is_mandatory => Some(Rule::NoKeyPolicy),
        Layer::Resource => Some(Rule::NoResourcePolicy),
        Layer::Session => matches!(sources.session, Session::Silent).then_some(Rule::FederatedUserWithoutSession),
    })
}

/// Whatever any statement says, the rule holds.
pub(super) fn is_beyond_statements(rule: Rule) -> bool {
    matches!(rule, Rule::RootAssumesRole | Rule::PassRoleOfAnotherAccount)
}

/// Whether the ACL of the bucket or of the object would grant the request, if it were in force.
fn is_granted_by_a_switched_off_acl(query: &Query<'_>, told: &Told<'_>) -> Result<bool, Fault> {
    for acl in told.switched_off_acls() {
        let arn = at(query.main.resources, acl.resource)?.arn;
        let is_asked = query.declared.acls.into_iter().flatten().any(|resource| resource.arn == arn);
        if is_asked && layers::allows(query, Consult::slice(acl.slice))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the slices hold no policy.
fn is_nothing(query: &Query<'_>, slices: &[u32]) -> Result<bool, Fault> {
    for slice in slices {
        if *slice != NONE && at(query.views.slices, *slice)?.len.get() > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Why a caller that has an account has no identity policies, unless it is declared and has none (S-730).
fn without_identity(query: &Query<'_>, facts: &Facts) -> Result<Option<Rule>, Fault> {
    let Some(id) = query.principal.account.as_deref() else { return Ok(None) };
    if query.main.account(id)?.is_none_or(|(_, record)| record.flags.get() & ACCOUNT_DECLARED == 0) {
        return Ok(Some(Rule::UndeclaredAccount));
    }
    if facts.class != Class::FederatedUser {
        return Ok(None);
    }
    // `arn:P:sts::ACCOUNT:federated-user/NAME`
    let name = query.principal.principal_arn.as_deref().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
    let parent = query.main.entity(id, false, name)?;
    Ok(parent.is_none().then_some(Rule::FederatedUserWithoutUser))
}

/// The levels of a layer that do not allow, each as its index in `ChainLevels` and its slice; none for a layer without levels.
pub(super) fn refusing_levels(query: &Query<'_>, layer: Layer) -> Result<Vec<(u32, u32)>, Fault> {
    let chain = match layer {
        Layer::Rcp => layers::rcp_chain(query)?,
        Layer::Scp => query.principal.scps,
        _ => NONE,
    };
    let mut refusing = Vec::new();
    if chain == NONE {
        return Ok(refusing);
    }
    let chain = at(query.views.chains, chain)?;
    for (index, slice) in (chain.first.get()..).zip(range(query.views.chain_levels, chain.first, chain.len)?) {
        if !layers::allows(query, Consult::slice(slice.get()))? {
            refusing.push((index, slice.get()));
        }
    }
    Ok(refusing)
}

/// Those levels as people are told of them.
pub(super) fn told_levels(query: &Query<'_>, told: &Told<'_>, layer: Layer, levels: &[(u32, u32)]) -> Result<Vec<RefusingLevel>, Fault> {
    let account = if layer == Layer::Rcp { query.owner } else { query.principal.account.as_deref() };
    let tell = |(index, slice): &(u32, u32)| -> Result<RefusingLevel, Fault> {
        let (node, id) = told.level(*index)?;
        debug_assert!((node == LevelNode::Account) == id.is_none(), "an account is named by whoever asks");
        let id = id.or(account).ok_or(Fault::Corrupt)?.to_string();
        Ok(RefusingLevel { node, id, policies: at(query.views.slices, *slice)?.len.get() })
    };
    levels.iter().map(tell).collect()
}
