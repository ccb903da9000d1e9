//! Each rule broken alone, by one changed record of a bundle that keeps all others: the error names the section and the rule.

use crate::format::*;
use crate::testing::*;
use crate::{Bundle, Overlay};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What is said of the sample with other records in this section.
fn sample_with<T>(kind: SectionKind, change: impl FnOnce(&mut [T])) -> String
where
    T: FromBytes + IntoBytes + KnownLayout + Immutable,
{
    let bytes = sample();
    let changed = with_records(&bytes, kind, change);
    assert_ne!(bytes, changed);
    refused(changed)
}

fn refused(world: Vec<u8>) -> String {
    let error = Bundle::from_bytes(world).unwrap_err();
    assert_eq!(error.code(), "invalid-bundle");
    error.to_string()
}

fn session_refused(overlay: &[u8]) -> String {
    let error = Overlay::from_bytes(overlay).unwrap_err();
    assert_eq!(error.code(), "invalid-bundle");
    error.to_string()
}

fn records(kind: SectionKind) -> usize {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let found = bundle.sections().find(|section| section.kind == kind).unwrap();
    usize::try_from(found.records).unwrap()
}

fn word(number: usize) -> U32 {
    U32::new(u32::try_from(number).unwrap())
}

#[test]
fn chains_exist_where_the_account_is_in_the_organization() {
    let accounts = SectionKind::Accounts;
    let chains = word(records(SectionKind::Chains));
    for beyond in [chains, word(NONE as usize - 1)] {
        let expected = "section `accounts`: a chain is out of bounds";
        assert_eq!(sample_with::<AccountRecord>(accounts, |records| records[0].scps = beyond), expected);
        assert_eq!(sample_with::<AccountRecord>(accounts, |records| records[3].rcps = beyond), expected);
    }
    let expected = "section `accounts`: a chain does not agree with the flag";
    assert_eq!(sample_with::<AccountRecord>(accounts, |records| records[0].scps = U32::new(NONE)), expected);
    assert_eq!(sample_with::<AccountRecord>(accounts, |records| records[2].rcps = U32::new(NONE)), expected);
    assert_eq!(sample_with::<AccountRecord>(accounts, |records| records[1].scps = U32::ZERO), expected);
    assert_eq!(sample_with::<AccountRecord>(accounts, |records| records[1].rcps = U32::ZERO), expected);
    let levels = word(records(SectionKind::ChainLevels));
    let expected = "section `chains`: a range is out of bounds";
    assert_eq!(sample_with::<ChainRecord>(SectionKind::Chains, |records| records[0].len = word(levels.get() as usize + 1)), expected);
    assert_eq!(sample_with::<ChainRecord>(SectionKind::Chains, |records| records[1].first = levels), expected);
    assert_eq!(sample_with::<ChainRecord>(SectionKind::Chains, |records| records[0].len = U32::new(u32::MAX)), expected);
    let slices = word(records(SectionKind::Slices));
    let expected = "section `chain-levels`: a slice is out of bounds";
    assert_eq!(sample_with::<U32>(SectionKind::ChainLevels, |levels| levels[2] = slices), expected);
    assert_eq!(sample_with::<U32>(SectionKind::ChainLevels, |levels| levels[0] = U32::new(NONE)), expected);
}

/// Chains may share their levels, but not so that walking them takes time out of all proportion.
#[test]
fn chains_must_not_overlap_without_bound() {
    let bytes = build(|b| {
        let level = says(b, NONE, Says::Nothing);
        let levels = vec![level; 1 << 13];
        let first = b.chain(&levels);
        for _ in 0..1 << 12 {
            b.push(SectionKind::Chains, &ChainRecord { first: U32::ZERO, len: U32::ZERO });
        }
        world(b, Policies { scps: first, ..NO_POLICIES });
    });
    assert!(Bundle::from_bytes(bytes.clone()).is_ok());
    let changed = with_records::<ChainRecord>(&bytes, SectionKind::Chains, |chains| {
        chains.iter_mut().for_each(|chain| *chain = ChainRecord { first: U32::ZERO, len: U32::new(1 << 13) });
    });
    assert_eq!(refused(changed), "section `chains`: ranges overlap too much");
}

#[test]
fn lists_of_groups_are_in_bounds_and_do_not_overlap_too_much() {
    let lists = word(records(SectionKind::GroupLists));
    let entities = SectionKind::Entities;
    let expected = "section `entities`: a list of groups is out of bounds";
    assert_eq!(sample_with::<EntityRecord>(entities, |records| records[0].groups = lists), expected);
    let expected = "section `entities`: a role is in a group";
    assert_eq!(sample_with::<EntityRecord>(entities, |records| records[1].groups = U32::ZERO), expected);
    let slices = word(records(SectionKind::Slices));
    let expected = "section `group-list-slices`: a slice is out of bounds";
    assert_eq!(sample_with::<U32>(SectionKind::GroupListSlices, |records| records[0] = slices), expected);
    let expected = "section `group-lists`: a range is out of bounds";
    assert_eq!(sample_with::<GroupListRecord>(SectionKind::GroupLists, |records| records[0].len = U32::new(NONE)), expected);

    let bytes = build(|b| {
        let policies = says(b, NONE, Says::Nothing);
        b.group_list(&vec![policies; 1 << 13]);
        for _ in 0..1 << 12 {
            b.push(SectionKind::GroupLists, &GroupListRecord { first: U32::ZERO, len: U32::ZERO });
        }
        world(b, NO_POLICIES);
    });
    assert!(Bundle::from_bytes(bytes.clone()).is_ok());
    let changed = with_records::<GroupListRecord>(&bytes, SectionKind::GroupLists, |lists| {
        lists.iter_mut().for_each(|list| list.len = U32::new(1 << 13));
    });
    assert_eq!(refused(changed), "section `group-lists`: ranges overlap too much");
}

#[test]
fn slices_of_entities_resources_and_endpoints_exist() {
    let slices = word(records(SectionKind::Slices));
    let expected = "section `entities`: a slice is out of bounds";
    let entities = SectionKind::Entities;
    assert_eq!(sample_with::<EntityRecord>(entities, |records| records[1].boundary = slices), expected);
    assert_eq!(sample_with::<EntityRecord>(entities, |records| records[0].boundary = U32::new(NONE - 1)), expected);
    assert_eq!(sample_with::<EntityRecord>(entities, |records| records[0].identity = slices), expected);
    assert_eq!(sample_with::<EntityRecord>(entities, |records| records[1].trust = slices), expected);
    assert_eq!(
        sample_with::<EntityRecord>(entities, |records| records[0].trust = U32::ZERO),
        "section `entities`: a user has a trust policy"
    );
    let expected = "section `entities`: a flag is unknown";
    assert_eq!(sample_with::<EntityRecord>(entities, |records| records[0].flags = U32::new(4)), expected);
    let expected = "section `entities`: a user is service-linked";
    assert_eq!(sample_with::<EntityRecord>(entities, |records| records[0].flags = U32::new(ENTITY_SERVICE_LINKED)), expected);
    let expected = "section `resources`: a slice is out of bounds";
    assert_eq!(sample_with::<ResourceRecord>(SectionKind::Resources, |records| records[0].acl = slices), expected);
    assert_eq!(sample_with::<ResourceRecord>(SectionKind::Resources, |records| records[2].policy = slices), expected);
    let expected = "section `endpoints`: a slice is out of bounds";
    assert_eq!(sample_with::<EndpointRecord>(SectionKind::Endpoints, |records| records[0].policy = slices), expected);
    let no_policy = sample_with::<EndpointRecord>(SectionKind::Endpoints, |records| records[1].policy = U32::new(NONE));
    assert_eq!(no_policy, expected, "an endpoint without a policy has no record");
}

#[test]
fn endpoints_are_in_order_and_found_by_the_key_that_names_one() {
    let endpoints = SectionKind::Endpoints;
    let expected = "section `endpoints`: endpoints are not in strictly ascending order";
    assert_eq!(sample_with::<EndpointRecord>(endpoints, |records| records.swap(0, 1)), expected);
    assert_eq!(sample_with::<EndpointRecord>(endpoints, |records| records[1].id = records[0].id), expected);
    let expected = "section `endpoints`: a symbol is out of bounds";
    let strings = word(records(SectionKind::Strings));
    assert_eq!(sample_with::<EndpointRecord>(endpoints, |records| records[0].id = strings), expected);
    // What a statement without conditions would leave: no context key at all.
    let bytes = build(|b| {
        let policy = says(b, NONE, Says::Deny);
        let id = U32::new(b.symbol("vpce-1"));
        b.push(SectionKind::Endpoints, &EndpointRecord { id, policy: U32::new(policy) });
        world(b, NO_POLICIES);
    });
    assert_eq!(refused(bytes), "section `endpoints`: the key `aws:sourcevpce` is missing");
}

#[test]
fn groups_are_in_order_and_of_declared_accounts() {
    let groups = SectionKind::Groups;
    let expected = "section `groups`: groups are not in strictly ascending order";
    assert_eq!(sample_with::<GroupRecord>(groups, |records| records.swap(0, 1)), expected);
    assert_eq!(sample_with::<GroupRecord>(groups, |records| records[1].name = records[0].name), expected);
    assert_eq!(sample_with::<GroupRecord>(groups, |records| records[0].account = U32::new(3)), expected);
    let expected = "section `groups`: the account is not declared";
    assert_eq!(sample_with::<GroupRecord>(groups, |records| records[2].account = U32::new(4)), expected);
    let expected = "section `groups`: an id is out of bounds";
    assert_eq!(sample_with::<GroupRecord>(groups, |records| records[2].account = U32::new(5)), expected);
    assert_eq!(sample_with::<GroupRecord>(groups, |records| records[2].account = U32::new(NONE)), expected);
    let expected = "section `groups`: a slice is out of bounds";
    assert_eq!(sample_with::<GroupRecord>(groups, |records| records[0].policies = U32::new(NONE)), expected);
    let expected = "section `groups`: a symbol is out of bounds";
    assert_eq!(sample_with::<GroupRecord>(groups, |records| records[2].name = U32::new(NONE)), expected);
}

#[test]
fn managed_policies_are_in_order_and_each_is_one_document() {
    let policies = SectionKind::Policies;
    let expected = "section `policies`: policies are not in strictly ascending order";
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records.swap(0, 1)), expected);
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records.swap(0, 3)), expected);
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[1].name = records[0].name), expected);
    let slices: Vec<usize> = {
        let bytes = sample();
        let range = section_range(&bytes, SectionKind::Slices);
        let slices = <[SliceRecord]>::ref_from_bytes(&bytes[range]).unwrap();
        [0, 2].map(|len| slices.iter().position(|slice| slice.len.get() == len).unwrap()).to_vec()
    };
    for other in slices {
        let expected = "section `policies`: a policy is not one document";
        assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[0].slice = word(other)), expected);
        assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[3].slice = word(other)), expected);
    }
    let expected = "section `policies`: an id is out of bounds";
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[0].slice = word(records_of_slices())), expected);
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[2].account = U32::new(5)), expected);
    let expected = "section `policies`: a path does not agree with the account";
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[0].path = U32::new(NONE)), expected);
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[3].path = U32::ZERO), expected);
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[2].account = U32::new(NONE)), expected);
    let expected = "section `policies`: the account is not declared";
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[2].account = U32::new(4)), expected);
    let expected = "section `policies`: a symbol is out of bounds";
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[2].path = U32::new(NONE - 1)), expected);
    assert_eq!(sample_with::<PolicyRecord>(policies, |records| records[3].name = U32::new(NONE)), expected);
}

/// A name that begins with `arn:` would stand for a policy of AWS, one with a slash for an entity with a path.
#[test]
fn names_hold_no_slash_and_are_no_arns() {
    for (name, accepted) in [
        ("readers", true),
        ("a+b=c,d.e@f_G-9", true),
        ("", false),
        ("team/readers", false),
        ("readers/", false),
        ("arn:aws:iam::aws:policy/All", false),
        ("arn:x", false),
        ("two words", false),
        ("lesér", false),
    ] {
        let with = |describe: &dyn Fn(&mut Builder, u32, &'static str)| {
            let bytes = build(|b| {
                let policy = says(b, NONE, Says::Allow);
                describe(b, policy, name);
            });
            Bundle::from_bytes(bytes).map(|_| ()).map_err(|error| error.to_string())
        };
        let expected = |section: &str| {
            if accepted { Ok(()) } else { Err(format!("section `{section}`: a name has a character that none may have")) }
        };
        let of = |managed, groups| Policies { managed, groups, without_entities: true, ..NO_POLICIES };
        assert_eq!(with(&|b, policy, name| world(b, of(vec![(0, name, policy)], vec![]))), expected("policies"), "{name}");
        assert_eq!(with(&|b, policy, name| world(b, of(vec![], vec![(0, name, policy)]))), expected("groups"), "{name}");
    }
    let bytes = sample();
    let strings = records(SectionKind::Strings);
    let texts = section_range(&bytes, SectionKind::StringBytes);
    let records = <[StringRecord]>::ref_from_bytes(&bytes[section_range(&bytes, SectionKind::Strings)]).unwrap();
    let text = |symbol: usize| &bytes[texts.clone()][records[symbol].offset.get() as usize..][..records[symbol].length.get() as usize];
    let path = (0..strings).find(|symbol| text(*symbol) == b"/").unwrap();
    let expected = "section `entities`: a name has a character that none may have";
    assert_eq!(sample_with::<EntityRecord>(SectionKind::Entities, |records| records[0].name = word(path)), expected);
    assert_eq!(sample_with::<EntityRecord>(SectionKind::Entities, |records| records[2].name = word(path)), expected);
    let expected = "section `policies`: a policy of AWS is not named by its ARN";
    assert_eq!(sample_with::<PolicyRecord>(SectionKind::Policies, |records| records[3].name = records[0].name), expected);
}

fn records_of_slices() -> usize {
    records(SectionKind::Slices)
}

#[test]
fn the_steps_of_a_slice_are_exact() {
    let expected = "section `slices`: a slice's steps are wrong";
    for slice in 0..records_of_slices() {
        let other = |by: u32| {
            sample_with::<SliceRecord>(SectionKind::Slices, |records| {
                records[slice].steps = records[slice].steps.get().wrapping_add(by).into()
            })
        };
        assert_eq!(other(1), expected, "{slice}");
        assert_eq!(other(u32::MAX), expected, "{slice}");
    }
    let changed = with_records::<SliceRecord>(&session_sample(), SectionKind::Slices, |records| records[0].steps = U32::ZERO);
    assert_eq!(session_refused(&changed), expected);
}

#[test]
fn principal_keys_that_cover_a_class_have_no_text() {
    let last = records(SectionKind::PrincipalKeys) - 1;
    let bytes = sample();
    let range = section_range(&bytes, SectionKind::PrincipalKeys);
    let keys = <[PrincipalKeyRecord]>::ref_from_bytes(&bytes[range]).unwrap();
    assert_eq!(keys[last].tag.get(), PrincipalTag::AnyAccount as u32);
    let expected = "section `principal-keys`: a text does not fit its tag";
    let keys = SectionKind::PrincipalKeys;
    assert_eq!(sample_with::<PrincipalKeyRecord>(keys, |records| records[last].text = U32::new(1)), expected);
    assert_eq!(
        sample_with::<PrincipalKeyRecord>(keys, |records| records[last].tag = U32::new(13)),
        "section `principal-keys`: a tag is unknown"
    );
    let expected = "section `rcp-services`: services are not in strictly ascending order";
    assert_eq!(sample_with::<U32>(SectionKind::RcpServices, |services| services.swap(0, 1)), expected);
}

#[test]
fn an_overlay_has_nothing_of_a_world() {
    let plain = |b: &mut Builder| says(b, NONE, Says::Allow);
    let minimal = build_session(|b| _ = plain(b));
    assert!(Overlay::from_bytes(minimal).is_ok());
    let expected = |section: &str| format!("section `{section}`: a session overlay has what belongs to a world");
    assert_eq!(session_refused(&build_session(describe_sample)), expected("accounts"));
    let account = build_session(|b| {
        plain(b);
        let id = U32::new(b.symbol(STRANGE));
        let none = U32::new(NONE);
        let flags = U32::new(ACCOUNT_DECLARED);
        let account =
            AccountRecord { id, flags, organization_id: none, organization_path: none, scps: none, rcps: none, canonical_id: none };
        b.push(SectionKind::Accounts, &account);
    });
    assert_eq!(session_refused(&account), expected("accounts"));
    let chain = build_session(|b| {
        let level = plain(b);
        b.chain(&[level]);
    });
    assert_eq!(session_refused(&chain), expected("chains"));
    let groups = build_session(|b| {
        let policies = plain(b);
        b.group_list(&[policies]);
    });
    assert_eq!(session_refused(&groups), expected("group-lists"));
    let endpoint = build_session(|b| {
        let policy = plain(b);
        b.endpoints(vec![("vpce-1", policy)]);
    });
    assert_eq!(session_refused(&endpoint), expected("endpoints"));
    let managed = build_session(|b| {
        let policy = plain(b);
        b.managed(vec![(NONE, "arn:aws:iam::aws:policy/All", policy)]);
    });
    assert_eq!(session_refused(&managed), expected("policies"));
    let service = build_session(|b| {
        plain(b);
        let s3 = U32::new(b.symbol("s3"));
        b.push(SectionKind::RcpServices, &s3);
    });
    assert_eq!(session_refused(&service), expected("rcp-services"));
    // Entities, groups and resources are of accounts, so that there can be none.
    let group = build_session(|b| {
        let policy = plain(b);
        b.groups(vec![(0, "readers", policy)]);
    });
    assert_eq!(session_refused(&group), "section `groups`: an id is out of bounds");
    // The keys of principals are numbered by the bundle: those of the caller are the main bundle's.
    let element = build_session(|b| {
        let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
        says(b, everyone, Says::Allow);
    });
    assert_eq!(session_refused(&element), expected("principal-elements"));
}

#[test]
fn an_overlay_has_one_slice() {
    let expected = "section `slices`: a session overlay has not one slice";
    assert_eq!(session_refused(&build_session(|_| ())), expected);
    let two = build_session(|b| {
        says(b, NONE, Says::Allow);
        says(b, NONE, Says::Allow);
    });
    assert_eq!(session_refused(&two), expected);
    // A slice of nothing is a session that allows nothing.
    let empty = build_session(|b| _ = b.slice(&[]));
    assert_eq!(Overlay::from_bytes(empty).unwrap().steps_max(), 0);
}
