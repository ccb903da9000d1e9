//! Declared resources, their trie, VPC endpoints, and the services that support RCPs.

use super::entities::{ensure_declared, ensure_tags};
use super::rules::{Budget, Checked, IdSet, ensure, ensure_ascending, ensure_id, ensure_optional_id, found, range};
use super::trie::ensure_trie;
use crate::format::{NONE, SectionKind, U32};
use crate::views::{TrieWalk, Views};

/// Distinct ARNs, declared accounts, tags in order, existing slices; the trie finds every resource and holds nothing else.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    let section = SectionKind::Resources;
    let mut arns = IdSet::new(views.strings.len());
    let mut tags = Budget::new(views.tags.len(), SectionKind::Tags);
    for resource in views.resources {
        ensure_id(resource.arn, views.strings.len(), section, "a symbol is out of bounds")?;
        ensure(arns.insert(resource.arn.get()), section, "two resources have one ARN")?;
        ensure_declared(views, resource.account, section)?;
        let own = range(views.tags, resource.tags_first, resource.tags_len, section)?;
        tags.spend(own.len())?;
        ensure_tags(own)?;
        ensure_optional_id(resource.policy, views.slices.len(), section, "a slice is out of bounds")?;
        ensure_optional_id(resource.acl, views.slices.len(), section, "a slice is out of bounds")?;
    }
    verify_trie(views)?;
    verify_endpoints(views)?;

    let section = SectionKind::RcpServices;
    for service in views.rcp_services {
        ensure_id(*service, views.strings.len(), section, "a symbol is out of bounds")?;
    }
    ensure_ascending(views.rcp_services.iter().map(|service| service.get()), section, "services are not in strictly ascending order")
}

/// In order of their ids, with existing slices; a bundle with endpoints knows the key that names one, or requests would pass them by.
fn verify_endpoints(views: &Views<'_>) -> Checked {
    let section = SectionKind::Endpoints;
    for endpoint in views.endpoints {
        ensure_id(endpoint.id, views.strings.len(), section, "a symbol is out of bounds")?;
        ensure_id(endpoint.policy, views.slices.len(), section, "a slice is out of bounds")?;
    }
    ensure_ascending(views.endpoints.iter().map(|endpoint| endpoint.id.get()), section, "endpoints are not in strictly ascending order")?;
    let key = found(views.endpoint_slot(), section)?;
    ensure(views.endpoints.is_empty() || key.is_some(), section, "the key `aws:sourcevpce` is missing")
}

fn verify_trie(views: &Views<'_>) -> Checked {
    let section = SectionKind::ResourceTrie;
    ensure(views.resource_trie.is_empty() == views.resources.is_empty(), section, "the trie does not fit the resources")?;
    ensure_trie(views.resource_trie, views.resource_trie_first_bytes, views.string_bytes, section)?;
    let mut ends = 0_usize;
    for node in views.resource_trie {
        ensure_optional_id(node.exact, views.resources.len(), section, "a resource is out of bounds")?;
        ensure(node.prefix.get() == NONE, section, "a node has something for a prefix")?;
        ends = ends.saturating_add(usize::from(node.exact.get() != NONE));
    }
    for (id, resource) in (0_u32..).zip(views.resources) {
        ensure(found(find(views, resource.arn), section)? == Some(id), section, "a resource is not found by its ARN")?;
    }
    ensure(ends == views.resources.len(), section, "the trie holds other resources than it should")
}

/// The resource at the end of an ARN's way.
fn find(views: &Views<'_>, arn: U32) -> Result<Option<u32>, crate::error::Fault> {
    let text = views.text(arn)?;
    let mut walk = TrieWalk::new(views.resource_trie, views.resource_trie_first_bytes, views.string_bytes, 0, text);
    let mut found = None;
    while let Some(step) = walk.step()? {
        if step.end == text.len() && step.node.exact.get() != NONE {
            found = Some(step.node.exact.get());
        }
    }
    Ok(found)
}
