//! The world that most tests share: an organization, entities, resources; what they are allowed is the test's own.

use super::{Builder, Indexed, Statement};
use crate::format::*;

pub(crate) const ALICE: &str = "arn:aws:iam::111111111111:user/alice";
pub(crate) const ALICE_FEDERATED: &str = "arn:aws:sts::111111111111:federated-user/alice";
pub(crate) const APP_SESSION: &str = "arn:aws:sts::111111111111:assumed-role/app/s1";
pub(crate) const APP_ROLE: &str = "arn:aws:iam::111111111111:role/svc/app";
pub(crate) const LINKED_SESSION: &str = "arn:aws:sts::111111111111:assumed-role/linked/s1";
pub(crate) const ROOT: &str = "arn:aws:iam::111111111111:root";
pub(crate) const CAROL: &str = "arn:aws:iam::444444444444:user/carol";

/// Declared; in the organization.
pub(crate) const MEMBER: &str = "111111111111";
/// Declared; outside the organization.
pub(crate) const OUTSIDE: &str = "222222222222";
/// Of the organization tree only.
pub(crate) const MANAGEMENT: &str = "333333333333";
/// Declared; in the organization, under other chains.
pub(crate) const OTHER_MEMBER: &str = "444444444444";
/// Of the organization tree only.
pub(crate) const TREE_MEMBER: &str = "555555555555";
/// Unknown.
pub(crate) const STRANGE: &str = "999999999999";

/// What hangs where in a [`world`]: ids of slices, but for chains. A chain that is `NONE` has no levels, so it allows everything.
#[derive(Clone)]
pub(crate) struct Policies {
    pub(crate) alice: u32,
    /// The policies of alice's groups: slices.
    pub(crate) alice_groups: Vec<u32>,
    pub(crate) alice_boundary: u32,
    pub(crate) app: u32,
    pub(crate) app_boundary: u32,
    pub(crate) trust: u32,
    pub(crate) linked: u32,
    pub(crate) carol: u32,
    /// The chains of the accounts 1…, 3… and 5….
    pub(crate) scps: u32,
    pub(crate) rcps: u32,
    /// The chains of account 4….
    pub(crate) other_scps: u32,
    pub(crate) other_rcps: u32,
    pub(crate) bucket: u32,
    pub(crate) bucket_acl: u32,
    pub(crate) object: u32,
    pub(crate) object_acl: u32,
    pub(crate) key: u32,
    /// Endpoints with a policy, by id.
    pub(crate) endpoints: Vec<(&'static str, u32)>,
    /// Groups by account's record and name.
    pub(crate) groups: Vec<(u32, &'static str, u32)>,
    /// Managed policies by account's record, or `NONE`, and name, or ARN.
    pub(crate) managed: Vec<(u32, &'static str, u32)>,
    /// The world declares no users and roles.
    pub(crate) without_entities: bool,
    /// Users and roles have no unique ids.
    pub(crate) without_ids: bool,
    /// The path of the role app.
    pub(crate) app_path: &'static str,
}

pub(crate) const NO_POLICIES: Policies = Policies {
    alice: NONE,
    alice_groups: Vec::new(),
    alice_boundary: NONE,
    app: NONE,
    app_boundary: NONE,
    trust: NONE,
    linked: NONE,
    carol: NONE,
    scps: NONE,
    rcps: NONE,
    other_scps: NONE,
    other_rcps: NONE,
    bucket: NONE,
    bucket_acl: NONE,
    object: NONE,
    object_acl: NONE,
    key: NONE,
    endpoints: Vec::new(),
    groups: Vec::new(),
    managed: Vec::new(),
    without_entities: false,
    without_ids: false,
    app_path: "/svc/",
};

/// Accounts as the constants say; alice and the roles app and linked of the first, carol of the fourth;
/// a bucket of the second, an object under it, and a KMS key of the first.
pub(crate) fn world(b: &mut Builder, policies: Policies) {
    let word = U32::new;
    let whole = b.chain(&[]);
    let or_whole = |chain| word(if chain == NONE { whole } else { chain });
    let (scps, rcps) = (or_whole(policies.scps), or_whole(policies.rcps));
    let (other_scps, other_rcps) = (or_whole(policies.other_scps), or_whole(policies.other_rcps));
    let outside = word(NONE);
    let org = word(b.symbol("o-x"));
    for (id_text, flags, path, scps, rcps) in [
        (MEMBER, ACCOUNT_DECLARED | ACCOUNT_IN_ORGANIZATION, "o-x/r-y/ou-z/", scps, rcps),
        (OUTSIDE, ACCOUNT_DECLARED, "", outside, outside),
        (MANAGEMENT, ACCOUNT_IN_ORGANIZATION | ACCOUNT_MANAGEMENT, "o-x/r-y/", scps, rcps),
        (OTHER_MEMBER, ACCOUNT_DECLARED | ACCOUNT_IN_ORGANIZATION, "o-x/r-y/ou-w/", other_scps, other_rcps),
        (TREE_MEMBER, ACCOUNT_IN_ORGANIZATION, "o-x/r-y/ou-z/", scps, rcps),
    ] {
        let inside = flags & ACCOUNT_IN_ORGANIZATION != 0;
        let optional = |symbol| if inside { symbol } else { outside };
        let path = word(b.symbol(path));
        let id = word(b.symbol(id_text));
        let (organization_id, organization_path) = (optional(org), optional(path));
        let canonical_id = word(if id_text == MEMBER { b.symbol("c") } else { NONE });
        b.push(
            SectionKind::Accounts,
            &AccountRecord { id, flags: word(flags), organization_id, organization_path, scps, rcps, canonical_id },
        );
    }
    let mut tags = Vec::new();
    for (key, value) in [("stage", "dev"), ("team", "a")] {
        let tag = TagRecord { key: word(b.symbol(key)), value: word(b.symbol(value)) };
        tags.push(b.push(SectionKind::Tags, &tag));
    }
    let first_tag = word(tags[0]);
    let alice_groups = b.group_list(&policies.alice_groups);
    if !policies.without_entities {
        for (account, flags, name, path, unique_id, tags, [identity, boundary, trust]) in [
            (0, 0, "alice", "/", Some("AIDAALICE"), 2, [policies.alice, policies.alice_boundary, NONE]),
            (0, ENTITY_ROLE, "app", policies.app_path, Some("AROAAPP"), 1, [policies.app, policies.app_boundary, policies.trust]),
            (0, ENTITY_ROLE | ENTITY_SERVICE_LINKED, "linked", "/", None, 0, [policies.linked, NONE, NONE]),
            (3, 0, "carol", "/", None, 0, [policies.carol, NONE, NONE]),
        ] {
            let entity = EntityRecord {
                account: word(account),
                flags: word(flags),
                name: word(b.symbol(name)),
                path: word(b.symbol(path)),
                unique_id: word(unique_id.filter(|_| !policies.without_ids).map_or(NONE, |id| b.symbol(id))),
                tags_first: first_tag,
                tags_len: word(tags),
                identity: word(identity),
                groups: word(if name == "alice" { alice_groups } else { NONE }),
                boundary: word(boundary),
                trust: word(trust),
                name_offset: U32::ZERO,
                name_len: U32::ZERO,
            };
            b.push(SectionKind::Entities, &entity);
        }
    }
    let mut entries = Vec::new();
    for (arn, account, policy, acl) in [
        ("arn:aws:s3:::b", 1, policies.bucket, policies.bucket_acl),
        ("arn:aws:s3:::b/tagged", 1, policies.object, policies.object_acl),
        ("arn:aws:kms:eu-west-1:111111111111:key/k1", 0, policies.key, NONE),
    ] {
        let record = ResourceRecord {
            arn: word(b.symbol(arn)),
            account: word(account),
            tags_first: first_tag,
            tags_len: word(1),
            policy: word(policy),
            acl: word(acl),
        };
        entries.push((arn, false, b.push(SectionKind::Resources, &record)));
    }
    b.trie(SectionKind::ResourceTrie, NONE, &entries);
    // In the order of the texts, as symbols are.
    for service in ["kms", "s3", "sts"] {
        let service = word(b.symbol(service));
        b.push(SectionKind::RcpServices, &service);
    }
    b.endpoints(policies.endpoints);
    b.groups(policies.groups);
    b.managed(policies.managed);
}

impl Builder {
    /// A chain of these levels, from the root down.
    pub(crate) fn chain(&mut self, levels: &[u32]) -> u32 {
        let first = U32::new(self.count(SectionKind::ChainLevels));
        for level in levels {
            self.push(SectionKind::ChainLevels, &U32::new(*level));
        }
        self.push(SectionKind::Chains, &ChainRecord { first, len: U32::new(u32::try_from(levels.len()).unwrap()) })
    }

    /// Endpoints with their policies, and the key that names one.
    pub(crate) fn endpoints(&mut self, mut endpoints: Vec<(&str, u32)>) {
        endpoints.sort();
        if !endpoints.is_empty() {
            self.slot("aws:SourceVpce");
        }
        for (id, policy) in endpoints {
            let id = U32::new(self.symbol(id));
            self.push(SectionKind::Endpoints, &EndpointRecord { id, policy: U32::new(policy) });
        }
    }

    /// The policies of a user's groups; `NONE` without any.
    pub(crate) fn group_list(&mut self, slices: &[u32]) -> u32 {
        let first = U32::new(self.count(SectionKind::GroupListSlices));
        for slice in slices {
            self.push(SectionKind::GroupListSlices, &U32::new(*slice));
        }
        let record = GroupListRecord { first, len: U32::new(u32::try_from(slices.len()).unwrap()) };
        if slices.is_empty() { NONE } else { self.push(SectionKind::GroupLists, &record) }
    }

    /// Groups by account's record and name.
    pub(crate) fn groups(&mut self, mut groups: Vec<(u32, &str, u32)>) {
        groups.sort();
        for (account, name, policies) in groups {
            let name = U32::new(self.symbol(name));
            self.push(SectionKind::Groups, &GroupRecord { account: U32::new(account), name, policies: U32::new(policies) });
        }
    }

    /// Managed policies by account's record, or `NONE`, and name, or ARN.
    pub(crate) fn managed(&mut self, mut policies: Vec<(u32, &str, u32)>) {
        policies.sort();
        for (account, name, slice) in policies {
            let name = U32::new(self.symbol(name));
            let path = U32::new(if account == NONE { NONE } else { self.symbol("/") });
            let record = PolicyRecord { account: U32::new(account), name, path, slice: U32::new(slice) };
            self.push(SectionKind::Policies, &record);
        }
    }
}

/// What a policy says of whatever it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Nothing,
    Allow,
    Deny,
}

impl Says {
    pub(crate) const ALL: [Says; 3] = [Says::Nothing, Says::Allow, Says::Deny];
}

/// A slice of one policy that says this to those whom the element covers.
pub(crate) fn says(b: &mut Builder, principal: u32, what: Says) -> u32 {
    let statements = match what {
        Says::Nothing => Vec::new(),
        Says::Allow | Says::Deny => vec![statement(b, what == Says::Deny, principal, vec![])],
    };
    plain_slice(b, &statements)
}

/// One statement without index, which holds for every action and resource.
pub(crate) fn statement(b: &mut Builder, deny: bool, principal: u32, conditions: Vec<u32>) -> Statement {
    let action = b.action(&["*"], 0);
    Statement { deny, action, resource: NONE, principal, conditions, sid: None }
}

/// A slice of one plain fragment.
pub(crate) fn plain_slice(b: &mut Builder, statements: &[Statement]) -> u32 {
    let fragment = b.plain_fragment(statements);
    b.slice(&[(fragment, 0)])
}

/// A slice of one indexed fragment.
pub(crate) fn indexed_slice(b: &mut Builder, plans: Vec<Indexed<'_>>) -> u32 {
    let fragment = b.indexed_fragment(plans);
    b.slice(&[(fragment, 0)])
}

/// A statement for one action pattern and one resource.
pub(crate) fn plan<'a>(deny: bool, actions: &'a [&'a str], resource: Option<&'a str>) -> Indexed<'a> {
    Indexed { deny, actions, resource, principal: NONE, conditions: Vec::new() }
}

/// A condition: the key equals one of these texts.
pub(crate) fn equals(b: &mut Builder, key: &str, texts: &[&str]) -> u32 {
    let operands: Vec<_> = texts.iter().map(|text| b.text(text)).collect();
    b.atom(AtomKind::StringEquals, Qualifier::None, 0, Some(key), &operands)
}
