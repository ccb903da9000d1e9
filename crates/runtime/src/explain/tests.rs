use super::{Actual, FailedCondition, FailedPart, LevelNode, NEAR_MISSES_MAX, RefusingLevel, Rule, TextPlace, Variable};
use crate::format::cold::{NO_STATEMENT, StatementOrigin, SwitchedOffAcl};
use crate::format::{AtomKind, NONE, OperandKind, PrincipalTag, Qualifier, SectionKind, StatementRecord};
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, Effect, Explanation, Layer, Outcome, Overlay, OwnerSource, Principal, Request};
use zerocopy::FromBytes;

fn put(resource: &str) -> Request<'_> {
    Request { action: "s3:PutObject", resource: Some(resource), resource_account: None, context: &[] }
}

fn explain(bundle: &Bundle, principal: &Principal, request: Request<'_>) -> Explanation {
    bundle.evaluator().explain(&bundle.explainer().unwrap(), principal, &request).unwrap()
}

#[test]
fn matched_statements_have_their_places() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    assert_eq!(bundle.summary().unwrap().accounts, 3);
    let alice = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let explanation = explain(&bundle, &alice, put("arn:aws:s3:::b/home/alice/secret"));
    assert_eq!(explanation.layers.get(Layer::Identity), Outcome::ExplicitDeny);
    assert_eq!(explanation.layers.get(Layer::Resource), Outcome::Allowed, "by the ACL of the bucket");
    assert_eq!(explanation.layers.get(Layer::Scp), Outcome::Allowed);
    assert_eq!(explanation.layers.get(Layer::Rcp), Outcome::None, "the owner is outside the organization");
    assert_eq!(explanation.resource_account.as_deref(), Some(OUTSIDE));
    assert_eq!(explanation.resource_account_from, OwnerSource::World);
    assert!(explanation.near_misses.is_empty());
    let place = "accounts[0].users[0].policies[0]";
    let of_alice: Vec<_> = explanation.matched.iter().filter(|found| found.policy == place).collect();
    let [allow, deny] = of_alice[..] else { panic!("{of_alice:?}") };
    assert_eq!((allow.statement, allow.sid.as_deref(), allow.effect), (Some(0), None, Effect::Allow));
    assert_eq!((deny.statement, deny.sid.as_deref(), deny.effect), (Some(1), Some("Secret"), Effect::Deny));
    let text = |line, column| Some(TextPlace { file: Some("put.json".to_string()), line, column });
    assert_eq!((&allow.text, &deny.text), (&text(10, 8), &text(11, 3)));

    let owned = Request { resource_account: Some(MEMBER), ..put("arn:aws:s3:::c") };
    let explanation = explain(&bundle, &alice, owned);
    assert_eq!(explanation.layers.get(Layer::Rcp), Outcome::Allowed);
    assert_eq!(explanation.layers.get(Layer::Resource), Outcome::None);
    assert_eq!(explanation.resource_account_from, OwnerSource::Request);
    let federated = bundle.principal(Caller::Arn(ALICE_FEDERATED)).unwrap();
    assert_eq!(explain(&bundle, &federated, put("arn:aws:s3:::c")).layers.get(Layer::Session), Outcome::ImplicitDeny);
    let session = bundle.principal(Caller::Arn(APP_SESSION)).unwrap();
    assert_eq!(explain(&bundle, &session, put("arn:aws:s3:::c")).layers.get(Layer::Identity), Outcome::ImplicitDeny);
    let service = bundle.principal(Caller::Service("s")).unwrap();
    let explanation = explain(&bundle, &service, put("arn:aws:s3:::zzz"));
    assert_eq!(explanation.layers.get(Layer::Identity), Outcome::None);
    assert_eq!((explanation.resource_account, explanation.resource_account_from), (None, OwnerSource::None));
}

/// S-729: each layer gives its own outcome, also after one that denied.
#[test]
fn every_layer_has_its_own_outcome() {
    let layers = [Layer::Rcp, Layer::Scp, Layer::Endpoint, Layer::Resource, Layer::Identity, Layer::Boundary, Layer::Session];
    let outcome = |says| match says {
        Says::Nothing => Outcome::ImplicitDeny,
        Says::Allow => Outcome::Allowed,
        Says::Deny => Outcome::ExplicitDeny,
    };
    for base in Says::ALL {
        for (changed, one) in layers.iter().flat_map(|layer| Says::ALL.map(|says| (*layer, says))) {
            let of = |layer| if layer == changed { one } else { base };
            let bundle = build(|b| {
                let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
                let [rcp, scp] = [Layer::Rcp, Layer::Scp].map(|layer| {
                    let level = says(b, NONE, of(layer));
                    b.chain(&[level])
                });
                let policies = Policies {
                    rcps: rcp,
                    scps: scp,
                    endpoints: vec![("vpce-1", says(b, everyone, of(Layer::Endpoint)))],
                    bucket: says(b, everyone, of(Layer::Resource)),
                    app: says(b, NONE, of(Layer::Identity)),
                    app_boundary: says(b, NONE, of(Layer::Boundary)),
                    ..NO_POLICIES
                };
                world(b, policies);
            });
            let overlay = Overlay::from_bytes(build_session(|b| _ = says(b, NONE, of(Layer::Session)))).unwrap();
            let bundle = Bundle::from_bytes(bundle).unwrap();
            let principal = limited(&bundle, APP_SESSION, Some(&overlay), &[]);
            let context = [("aws:SourceVpce", ContextValue::One("vpce-1"))];
            let request = Request { resource_account: Some(MEMBER), context: &context, ..put("arn:aws:s3:::b/k") };
            let explanation = explain(&bundle, &principal, request);
            for layer in layers {
                assert_eq!(explanation.layers.get(layer), outcome(of(layer)), "{layer}: {base:?}, {changed} {one:?}");
            }
        }
    }
    let bundle = Bundle::from_bytes(build(|b| world(b, NO_POLICIES))).unwrap();
    let carol = bundle.principal(Caller::Arn("arn:aws:iam::222222222222:root")).unwrap();
    let explanation = explain(&bundle, &carol, put("arn:aws:s3:::b/k"));
    for layer in layers {
        let expected = if layer == Layer::Identity { Outcome::Allowed } else { Outcome::None };
        assert_eq!(explanation.layers.get(layer), expected, "{layer}");
    }
}

/// S-729: session documents by their index in the session, ACL grants without a statement.
#[test]
fn session_documents_and_acl_grants_have_places() {
    let bundle = build(|b| {
        let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
        let grants = [0; 3].map(|_| statement(b, false, everyone, vec![]));
        let fragment = b.plain_fragment(&grants);
        let no_statement = |origin: &mut StatementOrigin| (origin.index, origin.lines_down, origin.column) = (NO_STATEMENT, 0, 0);
        b.explanations.statements.iter_mut().for_each(no_statement);
        let third = b.explanations.statements.len() - 1;
        b.explanations.statements[third].place = 1;
        let at = b.attachment("accounts[1].resources[0].acl.grants[0]", 7, None);
        b.attachment("accounts[1].resources[0].acl.grants[1]", 8, None);
        let bucket_acl = b.slice(&[(fragment, at)]);
        let whole = statement(b, false, NONE, vec![]);
        let whole = b.plain_fragment(&[whole]);
        let at = b.attachment("accounts[0].managed_policies[0]", 3, Some("read.json"));
        let read = b.slice(&[(whole, at)]);
        world(b, Policies { bucket_acl, app: read, managed: vec![(0, "Read", read)], ..NO_POLICIES });
    });
    let overlay = build_session(|b| {
        let whole = statement(b, false, NONE, vec![]);
        let whole = b.plain_fragment(&[whole]);
        let at = b.attachment("session.policies[2]", 2, None);
        b.slice(&[(whole, at)]);
    });
    let bundle = Bundle::from_bytes(bundle).unwrap();
    let overlay = Overlay::from_bytes(overlay).unwrap();
    let session = crate::SessionPolicies {
        overlay: Some(overlay),
        policies: vec![(3, "Read".to_string()), (0, "Read".to_string()), (1, "Read".to_string())],
    };
    let app = bundle.principal(Caller::Arn(APP_SESSION)).unwrap().with_session(&bundle, &session).unwrap();
    let told = explain(&bundle, &app, put("arn:aws:s3:::b/k")).matched;
    let told: Vec<_> =
        told.iter().map(|found| (found.policy.as_str(), found.statement, found.text.as_ref().unwrap().file.is_some())).collect();
    let expected = [
        ("accounts[0].managed_policies[0]", Some(0), true),
        // Both statements of the first grant are one entry.
        ("accounts[1].resources[0].acl.grants[0]", None, false),
        ("accounts[1].resources[0].acl.grants[1]", None, false),
        ("session.policies[0]", Some(0), true),
        ("session.policies[1]", Some(0), true),
        ("session.policies[2]", Some(0), false),
        ("session.policies[3]", Some(0), true),
    ];
    assert_eq!(told, expected);
}

#[test]
fn near_misses_name_the_one_part_that_failed() {
    let bundle = build(|b| {
        let app = b.element(false, &[(PrincipalTag::Arn, APP_ROLE)]);
        let but_for_all = b.element(true, &[(PrincipalTag::Everyone, "")]);
        let (date, network) = (b.symbol("1704067200"), network(b));
        let glob = b.glob("a*${k:v, 'd'}");
        let like = b.atom(AtomKind::StringLike, Qualifier::ForAnyValue, crate::format::ATOM_IF_EXISTS, Some("k:like"), &[glob]);
        let like = b.spelled(like, "forAnyValue:StringLikeIfExists", "K:Like", &["a*${K:v, 'd'}"]);
        let late = b.atom(AtomKind::DateGreaterThan, Qualifier::None, 0, Some("k:date"), &[(OperandKind::Date, date, 0)]);
        let late = b.spelled(late, "DateGreaterThan", "k:date", &["2024-01-01"]);
        let near = b.atom(AtomKind::IpAddress, Qualifier::None, 0, Some("aws:SourceIp"), &[(OperandKind::Network, network, 0)]);
        let near = b.spelled(near, "IpAddress", "aws:sourceIP", &["10.1.2.3/8"]);
        let empty = b.text("e");
        let empty = b.atom(AtomKind::StringEquals, Qualifier::None, 0, Some("k:empty"), &[empty]);
        let empty = b.spelled(empty, "StringEquals", "k:empty", &["e"]);
        let (not_get, elsewhere) = (b.action(&["s3:Put*"], 1), b.resource(&["arn:aws:s3:::other/*"], 0));
        let base = |b: &mut Builder| statement(b, false, NONE, vec![]);
        let statements = [
            Statement { conditions: vec![near, late], ..base(b) },
            Statement { resource: elsewhere, ..base(b) },
            Statement { action: not_get, ..base(b) },
            Statement { conditions: vec![near], ..base(b) },
            Statement { conditions: vec![late], ..base(b) },
            Statement { conditions: vec![like], ..base(b) },
            Statement { conditions: vec![empty], ..base(b) },
            Statement { resource: elsewhere, action: not_get, ..base(b) },
            Statement { resource: elsewhere, conditions: vec![near], ..base(b) },
            Statement { deny: true, resource: elsewhere, ..base(b) },
        ];
        let alice = plain_slice(b, &statements);
        let bucket = [statement(b, false, app, vec![]), statement(b, false, but_for_all, vec![])];
        let bucket = plain_slice(b, &bucket);
        world(b, Policies { alice, bucket, ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bundle).unwrap();
    let alice = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let context = [
        ("k:like", ContextValue::Many(&["b", "c"])),
        ("aws:sourceip", ContextValue::One("192.0.2.7")),
        ("k:empty", ContextValue::Many(&[])),
    ];
    let request = Request { resource_account: Some(MEMBER), context: &context, ..put("arn:aws:s3:::b/k") };
    let explanation = explain(&bundle, &alice, request);
    assert_eq!(explanation.decision.layer(), Layer::Identity);
    let condition = |operator: &str, key: &str, value: &str, actual| FailedCondition {
        operator: operator.to_string(),
        key: key.to_string(),
        values: vec![value.to_string()],
        variables: vec![],
        actual,
    };
    let late = || condition("DateGreaterThan", "k:date", "2024-01-01", Actual::Missing);
    let near = || condition("IpAddress", "aws:sourceIP", "10.1.2.3/8", Actual::One("192.0.2.7".to_string()));
    let many = Actual::Many(vec!["b".to_string(), "c".to_string()]);
    let variables = vec![Variable { text: "${K:v, 'd'}".to_string(), value: Some("d".to_string()) }];
    let like = FailedCondition { variables, ..condition("forAnyValue:StringLikeIfExists", "K:Like", "a*${K:v, 'd'}", many) };
    // The nearest first, and of those in the order of the world.
    let expected = [
        (Some(3), FailedPart::Conditions(vec![near()])),
        (Some(4), FailedPart::Conditions(vec![late()])),
        (Some(5), FailedPart::Conditions(vec![like])),
        (Some(6), FailedPart::Conditions(vec![condition("StringEquals", "k:empty", "e", Actual::Many(vec![]))])),
        (Some(1), FailedPart::Resource { negated: false, variables: vec![] }),
        (Some(2), FailedPart::Action { negated: true }),
        (Some(0), FailedPart::Conditions(vec![near(), late()])),
    ];
    assert_eq!(explanation.near_misses_left_out, 0);
    let told: Vec<_> = explanation.near_misses.into_iter().map(|miss| (miss.statement.statement, miss.failed)).collect();
    assert_eq!(told, expected);
    // Of the resource layer, where that decides.
    let anonymous = bundle.principal(Caller::Anonymous).unwrap();
    let told = explain(&bundle, &anonymous, request).near_misses;
    let principal = |negated| FailedPart::Principal { negated };
    assert_eq!(told.into_iter().map(|miss| miss.failed).collect::<Vec<_>>(), [principal(false), principal(true)]);
}

#[test]
fn near_misses_are_bounded_and_the_nearest_are_kept() {
    let bundle = build(|b| {
        let elsewhere = b.resource(&["arn:aws:s3:::other/*"], 0);
        let get = b.action(&["s3:Get*"], 0);
        let mut statements: Vec<_> = (0..NEAR_MISSES_MAX).map(|_| Statement { action: get, ..statement(b, false, NONE, vec![]) }).collect();
        statements.extend((0..7).map(|_| Statement { resource: elsewhere, ..statement(b, false, NONE, vec![]) }));
        let alice = plain_slice(b, &statements);
        world(b, Policies { alice, ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bundle).unwrap();
    let alice = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let explanation = explain(&bundle, &alice, Request { resource_account: Some(MEMBER), ..put("arn:aws:s3:::b/k") });
    assert_eq!((explanation.near_misses.len(), explanation.near_misses_left_out), (NEAR_MISSES_MAX, 7));
    let of_resources = explanation.near_misses.iter().filter(|miss| matches!(miss.failed, FailedPart::Resource { .. }));
    assert_eq!(of_resources.count(), 7);
}

/// A grant that is not in force is looked at only where it would count.
#[test]
fn a_grant_that_ownership_switches_off_is_named() {
    let bundle = build(|b| {
        let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
        let put = b.action(&["s3:PutObject"], 0);
        let grant = Statement { action: put, ..statement(b, false, everyone, vec![]) };
        let slice = plain_slice(b, &[grant]);
        world(b, NO_POLICIES);
        // Whichever of the world's resources the bucket is.
        b.explanations.switched_off_acls = vec![SwitchedOffAcl { resource: 0, slice }, SwitchedOffAcl { resource: 1, slice }];
    });
    let bundle = Bundle::from_bytes(bundle).unwrap();
    let anonymous = bundle.principal(Caller::Anonymous).unwrap();
    let rule = |request: Request<'_>| explain(&bundle, &anonymous, request).rule;
    assert_eq!(rule(put("arn:aws:s3:::b/k")), Some(Rule::AclSwitchedOff));
    assert_eq!(rule(Request { action: "s3:GetObject", ..put("arn:aws:s3:::b/k") }), Some(Rule::NoResourcePolicy));
    assert_eq!(rule(put("arn:aws:s3:::undeclared/k")), Some(Rule::NoResourcePolicy));
}

/// Each rule where it decides, and none where a statement is missing.
#[test]
fn a_rule_that_decides_is_named() {
    let bundle = build(|b| {
        let whole = statement(b, false, NONE, vec![]);
        let alice = plain_slice(b, &[whole]);
        world(b, Policies { alice, ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bundle).unwrap();
    let foreign = format!("arn:aws:iam::{OUTSIDE}:role/app");
    let no_role = format!("arn:aws:iam::{MEMBER}:role/none");
    let key = format!("arn:aws:kms:us-east-1:{MEMBER}:key/k");
    let bucket = "arn:aws:s3:::undeclared";
    let federated = |name: &str| format!("arn:aws:sts::{MEMBER}:federated-user/{name}");
    let (nobody, stranger) = (federated("nobody"), "arn:aws:iam::999999999999:user/u");
    let cases = [
        (Caller::Arn(ROOT), "sts:AssumeRole", APP_ROLE, Layer::Identity, Some(Rule::RootAssumesRole)),
        (Caller::Arn(ALICE), "iam:PassRole", &foreign, Layer::Resource, Some(Rule::PassRoleOfAnotherAccount)),
        (Caller::Arn(ALICE), "sts:AssumeRole", &no_role, Layer::Resource, Some(Rule::NoTrustPolicy)),
        (Caller::Arn(ALICE), "kms:Decrypt", &key, Layer::Resource, Some(Rule::NoKeyPolicy)),
        (Caller::Anonymous, "s3:GetObject", bucket, Layer::Resource, Some(Rule::NoResourcePolicy)),
        (Caller::Arn(stranger), "s3:GetObject", bucket, Layer::Identity, Some(Rule::UndeclaredAccount)),
        (Caller::Arn(&nobody), "s3:GetObject", bucket, Layer::Identity, Some(Rule::FederatedUserWithoutUser)),
        (Caller::Arn(ALICE_FEDERATED), "s3:PutObject", bucket, Layer::Session, Some(Rule::FederatedUserWithoutSession)),
        (Caller::Arn(APP_SESSION), "s3:GetObject", bucket, Layer::Identity, None),
    ];
    for (caller, action, resource, layer, rule) in cases {
        let principal = bundle.principal(caller).unwrap();
        let request = Request { action, resource: Some(resource), resource_account: None, context: &[] };
        let explanation = explain(&bundle, &principal, request);
        assert_eq!((explanation.decision.layer(), explanation.rule), (layer, rule), "{caller:?} {action} {resource}");
        assert_eq!(explanation.near_misses, [], "{caller:?} {action} {resource}");
        assert_eq!(explanation.refusing_levels, []);
    }
}

fn network(b: &mut Builder) -> u32 {
    use crate::format::{NetworkRecord, U32};
    let address = [10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    b.push(SectionKind::Networks, &NetworkRecord { address, family: U32::new(4), prefix: U32::new(8) })
}

/// Levels that allow are left out, and those of the layer that decided are told alone.
#[test]
fn near_misses_of_a_chain_are_those_of_the_levels_that_do_not_allow() {
    let bundle = build(|b| {
        let (open, shut) = (b.action(&["*"], 0), b.action(&["s3:Get*"], 0));
        let level = |b: &mut Builder, actions: &[u32], place: &str| {
            let statements: Vec<_> =
                actions.iter().map(|action| Statement { action: *action, ..statement(b, false, NONE, vec![]) }).collect();
            let fragment = b.plain_fragment(&statements);
            let at = b.attachment(place, 1, None);
            b.slice(&[(fragment, at)])
        };
        let nothing = b.slice(&[]);
        let levels = [level(b, &[shut, open], "root"), level(b, &[shut], "unit"), level(b, &[open], "account"), nothing];
        let scps = b.chain(&levels);
        world(b, Policies { scps, ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bundle).unwrap();
    let alice = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let explanation = explain(&bundle, &alice, put("arn:aws:s3:::b/k"));
    assert_eq!(explanation.decision.layer(), Layer::Scp);
    let told: Vec<_> = explanation.near_misses.iter().map(|miss| (miss.statement.policy.as_str(), &miss.failed)).collect();
    assert_eq!(told, [("unit", &FailedPart::Action { negated: false })]);
    let level = |id: &str, policies| RefusingLevel { node: LevelNode::Unit, id: id.to_string(), policies };
    assert_eq!(explanation.refusing_levels, [level("ou-1", 1), level("ou-3", 0)]);
}

#[test]
fn cold_sections_that_do_not_fit_are_refused() {
    use crate::format::cold::{Explanations, decode, encode};
    let bytes = sample();
    let bundle = Bundle::from_bytes(bytes.clone()).unwrap();
    let other = Bundle::from_bytes(build(|b| world(b, NO_POLICIES))).unwrap();
    let alice = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let error = bundle.evaluator().explain(&other.explainer().unwrap(), &alice, &put("arn:aws:s3:::b")).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("invalid-bundle", "the explainer was made from another bundle"));

    // As many bytes as before, so that the section still fits its place.
    let range = section_range(&bytes, SectionKind::Explanations);
    let explanations: Explanations = decode(&bytes[range.clone()]).unwrap();
    let refused = |change: &dyn Fn(&mut Explanations)| {
        let mut changed = explanations.clone();
        change(&mut changed);
        let mut bytes = bytes.clone();
        bytes[range.clone()].copy_from_slice(&encode(&changed).unwrap());
        repair(&mut bytes);
        Bundle::from_bytes(bytes).unwrap().explainer().map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(refused(&|_| ()), Ok(()));
    let number = |len: usize| u32::try_from(len).unwrap();
    let files = number(explanations.files.len());
    let error = refused(&|changed| changed.attachments[0].file = files).unwrap_err();
    assert_eq!(error, "section `explanations`: an attachment has no file");
    let first_statement = &bytes[section_range(&bytes, SectionKind::Statements)][..size_of::<StatementRecord>()];
    let action = StatementRecord::read_from_bytes(first_statement).unwrap().action.get();
    let (texts, conditions) = (number(explanations.texts.len()), number(explanations.conditions.len()));
    type Change<'c> = &'c dyn Fn(&mut Explanations);
    let changes: [(Change<'_>, &str); 8] = [
        (&|changed| changed.conditions[0].key = texts, "a condition has no text"),
        (&|changed| changed.conditions[0].atom = u32::MAX, "a condition has no atom"),
        (&|changed| changed.conditions[0].atom = action, "a condition has no atom"),
        (
            &|changed| *changed.written.iter_mut().find_map(|written| written.conditions.first_mut()).unwrap() = conditions,
            "a statement has no condition",
        ),
        (&|changed| changed.statements[0].written = u32::MAX, "a statement has other conditions than it says"),
        (&|changed| changed.statements.iter_mut().for_each(|origin| origin.written = 0), "a statement has other conditions than it says"),
        (&|changed| changed.levels[0] = crate::format::cold::ChainLevel::Unit(texts), "a level has no text"),
        (&|changed| changed.files[0].make_ascii_uppercase(), ""),
    ];
    for (change, message) in changes {
        let expected = if message.is_empty() { Ok(()) } else { Err(format!("section `explanations`: {message}")) };
        assert_eq!(refused(change), expected);
    }
    let member = |bytes: &[u8]| {
        with_records::<crate::format::SliceMember>(bytes, SectionKind::SliceMembers, |members| {
            members[0].attachment = u32::try_from(explanations.attachments.len()).unwrap().into();
        })
    };
    let error = Bundle::from_bytes(member(&bytes)).unwrap().explainer().map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "section `explanations`: a slice member has no attachment");
}

#[test]
fn hostile_lengths_claim_no_memory() {
    use crate::format::cold::{Explanations, decode};
    assert!(decode::<Explanations>(&[0xff; 9]).is_none());
    assert!(decode::<Explanations>(&[0xff; 8]).is_none());
    assert!(decode::<Explanations>(&[0; 64]).is_some());
    assert!(decode::<Explanations>(&[0; 65]).is_none());
}
