//! Callers that are made at run time.

use crate::format::{NONE, PrincipalTag};
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, Overlay, Principal, Request, RequestError};
use ContextValue::One;
use PrincipalTag::{Account, Arn, Everyone};

const MADE_USER: &str = "arn:aws:iam::111111111111:user/made";
const MADE_SESSION: &str = "arn:aws:sts::111111111111:assumed-role/made/s";
/// The role of [`APP_SESSION`], without a path.
const PLAIN_ROLE: &str = "arn:aws:iam::111111111111:role/app";

/// A world that tells callers apart by everything that it can. It declares alice and app, or has what makes them.
fn telling_world(declares: bool, boundary: bool) -> Bundle {
    let bytes = build(|b| {
        let mut grants = Vec::new();
        for (number, (negated, tag, text)) in [
            (false, Arn, ALICE),
            (false, Arn, APP_SESSION),
            (false, Arn, PLAIN_ROLE),
            (false, Account, MEMBER),
            (true, Arn, ALICE),
            (true, Account, MEMBER),
            (false, PrincipalTag::RoleName, PLAIN_ROLE),
            (false, PrincipalTag::AnyAccount, ""),
        ]
        .into_iter()
        .enumerate()
        {
            let element = b.element(negated, &[(tag, text)]);
            let which = equals(b, "k:which", &[&format!("grant {number}")]);
            grants.push(statement(b, false, element, vec![which]));
        }
        let spared = b.element(true, &[(Arn, ALICE), (Arn, APP_SESSION), (Arn, PLAIN_ROLE), (Account, MEMBER)]);
        let which = equals(b, "k:which", &["spared"]);
        grants.push(statement(b, true, spared, vec![which]));
        let everyone = b.element(false, &[(Everyone, "")]);
        for (key, value) in [
            ("aws:PrincipalArn", ALICE),
            ("aws:PrincipalArn", PLAIN_ROLE),
            ("aws:PrincipalAccount", MEMBER),
            ("aws:PrincipalType", "User"),
            ("aws:PrincipalType", "AssumedRole"),
            ("aws:userid", "AIDAALICE"),
            ("aws:username", "alice"),
            ("aws:PrincipalTag/Team", "a"),
            ("aws:PrincipalTag/stage", "dev"),
            ("aws:PrincipalOrgID", "o-x"),
            ("aws:PrincipalIsAWSService", "false"),
        ] {
            let which = equals(b, "k:which", &[&format!("{key} {value}")]);
            let holds = equals(b, key, &[value]);
            grants.push(statement(b, false, everyone, vec![which, holds]));
        }
        let bucket = plain_slice(b, &grants);
        let read = b.indexed_fragment(vec![
            plan(false, &["s3:Get*"], Some("arn:aws:s3:::b/*")),
            plan(true, &["s3:Get*"], Some("arn:aws:s3:::b/no/*")),
        ]);
        let home = b.resource(&["arn:aws:s3:::b/home/${aws:username, 'nobody'}/*"], 0);
        let home = Statement { action: b.action(&["s3:Put*"], 0), resource: home, ..statement(b, false, NONE, vec![]) };
        let home = b.plain_fragment(&[home]);
        let own = b.slice(&[(read, 0), (home, 1)]);
        let (read, home) = (b.slice(&[(read, 0)]), b.slice(&[(home, 1)]));
        let limit = indexed_slice(b, vec![plan(false, &["s3:*"], Some("arn:aws:s3:::b/*")), plan(true, &["s3:GetObjectAcl"], None)]);
        let level = indexed_slice(b, vec![plan(false, &["*"], None), plan(true, &["s3:*"], Some("arn:aws:s3:::b/scp/*"))]);
        let scps = b.chain(&[level]);
        let bound = if boundary { limit } else { NONE };
        let policies = Policies { bucket, scps, rcps: scps, app_path: "/", without_ids: true, ..NO_POLICIES };
        world(
            b,
            if declares {
                Policies { alice: own, alice_boundary: bound, app: own, app_boundary: bound, ..policies }
            } else {
                let managed = vec![(0, "Home", home), (0, "Limit", limit), (1, "Home", read)];
                Policies { without_entities: true, managed, groups: vec![(0, "readers", read)], ..policies }
            },
        );
    });
    Bundle::from_bytes(bytes).unwrap()
}

fn make(bundle: &Bundle, caller: &str, boundary: bool, tags: &[(&str, &str)]) -> Principal {
    let mut made = bundle.principal_builder(Caller::Arn(caller)).unwrap().group("readers").unwrap().policy("Home").unwrap();
    for (key, value) in tags {
        made = made.tag(key, value).unwrap();
    }
    if boundary {
        made = made.boundary("Limit").unwrap();
    }
    made.build().unwrap()
}

/// The same description, once declared and once made: every answer is the same, that of each layer included.
#[test]
fn a_made_caller_decides_as_a_declared_one() {
    let overlay = Overlay::from_bytes(session_sample()).unwrap();
    let mut answers = [0; 2];
    for boundary in [false, true] {
        let (declaring, making) = (telling_world(true, boundary), telling_world(false, boundary));
        for (caller, tags) in
            [(ALICE, &[("TEAM", "a"), ("Stage", "dev")][..]), (APP_SESSION, &[("stage", "dev")]), (PLAIN_ROLE, &[("stage", "dev")])]
        {
            let declared = declaring.principal(Caller::Arn(caller)).unwrap();
            let made = make(&making, caller, boundary, tags);
            assert_eq!((declared.account(), made.account()), (Some(MEMBER), Some(MEMBER)));
            let mut pairs = vec![(declared.clone(), made.clone())];
            if caller != ALICE {
                let session = session(Some(&overlay), &[]);
                pairs.push((declared.with_session(&declaring, &session).unwrap(), made.with_session(&making, &session).unwrap()));
            }
            for (declared, made) in &pairs {
                compare((&declaring, declared), (&making, made), &mut answers);
            }
        }
    }
    assert!(answers[0] > 500 && answers[1] > 500, "{answers:?}");
}

fn compare((declaring, declared): (&Bundle, &Principal), (making, made): (&Bundle, &Principal), answers: &mut [u32; 2]) {
    let mut which: Vec<String> = (0..8).map(|number| format!("grant {number}")).collect();
    which.extend(["spared".to_string(), "nothing".to_string()]);
    for key in ["aws:PrincipalArn", "aws:PrincipalType", "aws:PrincipalAccount", "aws:userid", "aws:username", "aws:PrincipalTag/Team"] {
        for value in [ALICE, PLAIN_ROLE, MEMBER, "User", "AssumedRole", "AIDAALICE", "alice", "a"] {
            which.push(format!("{key} {value}"));
        }
    }
    which.extend(["aws:PrincipalTag/stage dev", "aws:PrincipalOrgID o-x", "aws:PrincipalIsAWSService false"].map(str::to_string));
    let (mut of_declared, mut of_made) = (declaring.evaluator(), making.evaluator());
    for which in &which {
        let context = [("k:which", One(which.as_str()))];
        for owner in [None, Some(MEMBER), Some(OUTSIDE)] {
            for (action, resource) in [
                ("s3:GetObject", Some("arn:aws:s3:::b/x")),
                ("s3:GetObject", Some("arn:aws:s3:::b/no/x")),
                ("s3:GetObject", Some("arn:aws:s3:::b/scp/x")),
                ("s3:GetObjectAcl", Some("arn:aws:s3:::b/x")),
                ("s3:PutObject", Some("arn:aws:s3:::b/home/alice/x")),
                ("s3:PutObject", Some("arn:aws:s3:::b/home/nobody/x")),
                // Beyond the boundary.
                ("sqs:SendMessage", Some("arn:aws:s3:::b/x")),
                ("s3:ListAllMyBuckets", None),
                ("sts:GetCallerIdentity", None),
            ] {
                let request = Request { action, resource, resource_account: owner, context: &context };
                let expected = of_declared.decide(declared, &request).unwrap();
                let what = format!("{which} {owner:?} {action} {resource:?}");
                assert_eq!(of_made.decide(made, &request).unwrap(), expected, "{what}");
                assert_eq!(of_made.decide_unindexed(made, &request).unwrap(), expected, "{what}");
                answers[usize::from(expected.allowed())] += 1;
                #[cfg(feature = "explain")]
                {
                    let layers = |bundle: &Bundle, principal: &Principal| {
                        bundle.evaluator().explain(&bundle.explainer().unwrap(), principal, &request).unwrap().layers
                    };
                    assert_eq!(layers(declaring, declared), layers(making, made), "{what}");
                }
            }
        }
    }
}

fn code<T>(result: Result<T, RequestError>) -> Result<(), &'static str> {
    result.map(|_| ()).map_err(|error| error.code())
}

#[test]
fn what_is_declared_is_not_made() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    for (caller, expected) in [
        (MADE_USER, Ok(())),
        (MADE_SESSION, Ok(())),
        ("arn:aws:iam::111111111111:role/path/made", Ok(())),
        // A role may have the name of a user.
        ("arn:aws:iam::111111111111:role/alice", Ok(())),
        ("arn:aws:iam::111111111111:user/app", Ok(())),
        ("arn:aws:iam::222222222222:user/alice", Ok(())),
        ("arn:aws:iam::333333333333:user/x", Ok(())),
        ("arn:aws:iam::999999999999:user/x", Ok(())),
        ("arn:aws:sts::999999999999:assumed-role/app/s", Ok(())),
        (ALICE, Err("duplicate-entity")),
        ("arn:aws:iam::111111111111:user/other/path/alice", Err("duplicate-entity")),
        ("arn:aws-cn:iam::111111111111:user/alice", Err("duplicate-entity")),
        (APP_ROLE, Err("duplicate-entity")),
        ("arn:aws:iam::111111111111:role/app", Err("duplicate-entity")),
        (APP_SESSION, Err("duplicate-entity")),
        (LINKED_SESSION, Err("duplicate-entity")),
        (ROOT, Err("invalid-request")),
        (ALICE_FEDERATED, Err("invalid-request")),
        ("arn:aws:iam::111111111111:group/g", Err("invalid-request")),
        ("made", Err("invalid-request")),
    ] {
        assert_eq!(code(bundle.principal_builder(Caller::Arn(caller))), expected, "{caller}");
    }
    for caller in [Caller::Anonymous, Caller::Service("s"), Caller::Federated("f"), Caller::CanonicalUser("c")] {
        assert_eq!(code(bundle.principal_builder(caller)), Err("invalid-request"), "{caller:?}");
    }
    let long = format!("{MADE_USER}{}", "x".repeat(2048));
    assert_eq!(code(bundle.principal_builder(Caller::Arn(&long))), Err("limit-exceeded"));
}

#[test]
fn names_are_those_of_the_callers_account_and_of_aws() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let made = || bundle.principal_builder(Caller::Arn(MADE_USER)).unwrap();
    let of = |account: &str| bundle.principal_builder(Caller::Arn(&format!("arn:aws:iam::{account}:user/made"))).unwrap();
    const ALL: &str = "arn:aws:iam::aws:policy/All";
    assert_eq!(code(made().policy("Read")), Ok(()));
    assert_eq!(code(made().policy(ALL)), Ok(()));
    assert_eq!(code(made().boundary(ALL)), Ok(()));
    for arn in ["arn:aws:iam::111111111111:policy/Read", "arn:aws-cn:iam::111111111111:policy/Read"] {
        assert_eq!(code(made().policy(arn)), Ok(()), "{arn}");
        assert_eq!(code(made().boundary(arn)), Ok(()), "{arn}");
        assert_eq!(code(of(OTHER_MEMBER).policy(arn)), Err("unresolved-document"), "{arn}");
        assert_eq!(code(made().group(arn)), Err("unknown-group"), "{arn}");
    }
    let others = [
        ("arn:aws:iam::111111111111:policy/team/Read", "the bundle holds no managed policy with the ARN `{}`"),
        ("arn:aws:iam::111111111111:policy//Read", "the bundle holds no managed policy with the ARN `{}`"),
        ("arn:aws:iam::111111111111:policy/", "the bundle holds no managed policy with the ARN `{}`"),
        ("arn:aws:iam::111111111111:policy/Nothing", "the bundle holds no managed policy with the ARN `{}`"),
        ("arn:aws:iam::222222222222:policy/Read", "`{}` belongs to another account than the caller"),
        ("arn:aws:iam::aws:policy/Other", "the bundle does not hold `{}`, which its world names nowhere"),
        ("arn:aws:iam::111111111111:policy", "`{}` is not the ARN of a managed policy"),
        ("arn:aws:iam::111111111111:policyRead", "`{}` is not the ARN of a managed policy"),
        ("arn:aws:iam::111111111111:role/Read", "`{}` is not the ARN of a managed policy"),
        ("arn:aws:iam:us-east-1:111111111111:policy/Read", "`{}` is not the ARN of a managed policy"),
        ("arn:aws:sts::111111111111:policy/Read", "`{}` is not the ARN of a managed policy"),
        ("arn:", "`{}` is not the ARN of a managed policy"),
    ];
    for (arn, message) in others {
        assert_eq!(code(made().policy(arn)), Err("unresolved-document"), "{arn}");
        assert_eq!(made().policy(arn).unwrap_err().to_string(), message.replace("{}", arn));
    }
    for name in ["Nothing", "read", "Read ", "", "alice"] {
        assert_eq!(code(made().policy(name)), Err("unresolved-document"), "{name}");
        assert_eq!(code(made().boundary(name)), Err("unresolved-document"), "{name}");
        assert_eq!(code(made().group(name)), Err("unknown-group"), "{name}");
    }
    assert_eq!(code(of(OTHER_MEMBER).policy("Read")), Ok(()));
    assert_eq!(code(of(OTHER_MEMBER).policy("Write")), Err("unresolved-document"));
    assert_eq!(code(of(OTHER_MEMBER).group("writers")), Err("unknown-group"));
    for account in [OUTSIDE, TREE_MEMBER, STRANGE] {
        assert_eq!(code(of(account).policy("Read")), Err("unresolved-document"), "{account}");
        assert_eq!(code(of(account).group("readers")), Err("unknown-group"), "{account}");
        assert_eq!(code(of(account).policy(ALL)), Ok(()), "{account}");
    }
    let message = made().policy("Nothing").unwrap_err().to_string();
    assert_eq!(message, "the bundle holds no managed policy `Nothing` for this account");
    assert_eq!(made().group("g").unwrap_err().to_string(), "the caller's account has no group `g`");
}

#[test]
fn a_second_boundary_and_a_clash_of_tags_are_refused() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let made = || bundle.principal_builder(Caller::Arn(MADE_USER)).unwrap();
    let twice = |first, second| code(made().boundary(first).unwrap().boundary(second));
    assert_eq!(twice("Read", "Write"), Err("invalid-request"));
    assert_eq!(twice("Read", "Read"), Err("invalid-request"));
    assert_eq!(twice("Read", "Nothing"), Err("invalid-request"));
    let tags = |second| code(made().tag("Team", "a").unwrap().tag("stage", "b").unwrap().tag(second, "c"));
    assert_eq!(tags("team"), Err("tag-clash"));
    assert_eq!(tags("Team"), Err("tag-clash"));
    assert_eq!(tags("STAGE"), Err("tag-clash"));
    assert_eq!(tags("teams"), Ok(()));
    assert_eq!(tags(""), Ok(()));
    // Patterns search a tag's value as they do a request's, which may not be longer.
    let longest = "x".repeat(crate::limits::VALUE_BYTES_MAX);
    assert_eq!(code(made().tag("t", &longest)), Ok(()));
    assert_eq!(code(made().tag("t", &format!("{longest}x"))), Err("limit-exceeded"));
}

/// A policy that is named twice, by itself and by the account's policy of the same document included, counts once.
#[test]
fn policies_named_twice_count_once() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let steps = |names: &[&str], groups: &[&str]| {
        let mut made = bundle.principal_builder(Caller::Arn(MADE_SESSION)).unwrap();
        for name in names {
            made = made.policy(name).unwrap();
        }
        for name in groups {
            made = made.group(name).unwrap();
        }
        made.build().unwrap().resolved().extra_steps
    };
    let read = steps(&["Read"], &[]);
    assert!(read > 0);
    assert_eq!(steps(&["Read", "Read"], &[]), read);
    assert_eq!(steps(&[], &["readers", "readers"]), read);
    assert_eq!(steps(&["Read"], &["readers"]), read, "the group is that one policy, and shares its slice");
    assert_eq!(steps(&["Read", "Write", "Read"], &[]), steps(&["Write", "Read"], &[]));
    assert_eq!(steps(&[], &[]), 0);
    let principal = bundle.principal_builder(Caller::Arn(MADE_USER)).unwrap().build().unwrap();
    let request = Request { action: "s3:GetObject", resource: None, resource_account: None, context: &[] };
    let decision = bundle.evaluator().decide(&principal, &request).unwrap();
    assert_eq!((decision.allowed(), decision.layer()), (false, crate::Layer::Identity), "without policies");
}

/// The boundary may be one of the identity policies; both count.
#[test]
fn one_policy_may_be_identity_and_boundary() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let made = || bundle.principal_builder(Caller::Arn(MADE_USER)).unwrap();
    let ask = |principal: &Principal, action| {
        let request = Request { action, resource: Some("arn:aws:s3:::b/home/x"), resource_account: Some(MEMBER), context: &[] };
        let decision = bundle.evaluator().decide(principal, &request).unwrap();
        (decision.allowed(), decision.layer())
    };
    let both = made().policy("Read").unwrap().boundary("Read").unwrap().build().unwrap();
    assert_eq!(ask(&both, "s3:GetObject"), (true, crate::Layer::Identity));
    let other = made().policy("Read").unwrap().boundary("Write").unwrap().build().unwrap();
    assert_eq!(ask(&other, "s3:GetObject"), (false, crate::Layer::Boundary));
    assert!(!ask(&other, "s3:DeleteObject").0);
    let foreign = Bundle::from_bytes(build(|b| world(b, NO_POLICIES))).unwrap();
    let request = Request { action: "s3:GetObject", resource: None, resource_account: None, context: &[] };
    assert_eq!(foreign.evaluator().decide(&both, &request).unwrap_err().code(), "unknown-principal");
    assert_eq!(both.bundle_id(), bundle.id());
}
