//! A small world for tests with something in every section, a session overlay for it, and requests that reach every part of both.

use super::*;
use crate::{Bundle, Caller, ContextValue, Decision, EvalError, Overlay, Principal, Request, SessionPolicies};

/// A condition of every kind of operand.
fn every_condition(b: &mut Builder) -> Vec<u32> {
    let network = NetworkRecord { address: [10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], family: U32::new(4), prefix: U32::new(8) };
    let network = b.push(SectionKind::Networks, &network);
    let every_operand = [
        (AtomKind::NumericLessThan, (OperandKind::Number, b.symbol("-1.5"), 0)),
        (AtomKind::DateGreaterThan, (OperandKind::Date, b.symbol("1700000000"), 0)),
        (AtomKind::Bool, (OperandKind::Bool, 1, 0)),
        (AtomKind::Null, (OperandKind::Bool, 0, 0)),
        (AtomKind::StringEqualsIgnoreCase, (OperandKind::FoldedText, b.symbol("folded"), 0)),
        (AtomKind::BinaryEquals, (OperandKind::Text, b.symbol("QQ=="), 0)),
        (AtomKind::ArnLike, (OperandKind::AnyArn, 0, 0)),
        (AtomKind::ArnNotLike, (OperandKind::ArnVariable, b.slot("aws:PrincipalArn"), NONE)),
        (AtomKind::StringNotLike, b.glob("*a?b*${k:v, 'd'}")),
        (AtomKind::IpAddress, (OperandKind::Network, network, 0)),
    ];
    let mut conditions = Vec::new();
    for (kind, operand) in every_operand {
        let qualifier = if kind == AtomKind::StringNotLike { Qualifier::ForAnyValue } else { Qualifier::None };
        conditions.push(b.atom(kind, qualifier, 0, Some("k:x"), &[operand]));
    }
    conditions
}

/// The sample: see the code.
pub(crate) fn sample() -> Vec<u8> {
    build(describe_sample)
}

/// The description of the [`sample`].
pub(crate) fn describe_sample(b: &mut Builder) {
    let conditions = every_condition(b);
    let (a, c) = (b.text("a"), b.text("c"));
    let team = b.atom(AtomKind::StringEquals, Qualifier::None, ATOM_IF_EXISTS, Some("aws:PrincipalTag/Team"), &[a, c]);
    let read = Statement {
        action: b.action(&["s3:Get*", "s3:?ist*"], 0),
        resource: b.resource(&["arn:aws:s3:::b/*", "arn:aws:sqs:*:*:q"], 0),
        sid: Some("Read"),
        ..statement(b, false, NONE, vec![team])
    };
    let strange = statement(b, true, NONE, conditions);
    let first = b.plain_fragment(&[read, strange]);

    // Action first, resource in a trie, for `s3:PutObject`.
    let home = b.resource(&["arn:aws:s3:::b/home/${aws:username}/*"], 0);
    let secret = b.resource(&["arn:aws:s3:::b/home/alice/secret"], 0);
    let action = b.action(&["s3:PutObject"], 0);
    let allow = Statement { action, resource: home, ..statement(b, false, NONE, vec![]) };
    let deny = Statement { action, resource: secret, sid: Some("Secret"), ..statement(b, true, NONE, vec![]) };
    let home_root = b.dag(&[(&[home], &allow)]);
    let secret_root = b.dag(&[(&[], &deny)]);
    let entries = vec![("b/home/", true, home_root), ("b/home/alice/secret", false, secret_root)];
    let cell = b.cell(END, &[(["aws", "s3", "", ""], entries)]);
    let (from, to) = b.interval("s3:PutObject");
    let statements = b.statements(&[allow, deny]);
    let second = b.fragment(&[(from, cell), (to, NONE)], NONE, statements);
    // In another order than that of the world.
    let later = b.attachment("accounts[0].users[0].policies[1]", 2, Some("world.json"));
    let earlier = b.attachment("accounts[0].users[0].policies[0]", 1, Some("put.json"));
    let alice = b.slice(&[(first, later), (second, earlier)]);

    let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
    let not_alice = b.element(true, &[(PrincipalTag::Arn, ALICE), (PrincipalTag::Account, MEMBER)]);
    let trusted = b.element(false, &[(PrincipalTag::Arn, ALICE), (PrincipalTag::Service, "ec2.amazonaws.com")]);
    let list = Statement { action: b.action(&["s3:ListBucket"], 0), ..statement(b, false, everyone, vec![]) };
    let delete = Statement { action: b.action(&["s3:Delete*"], 0), ..statement(b, true, not_alice, vec![]) };
    let at = b.attachment("accounts[1].resources[0].policy", 9, Some("world.json"));
    let bucket = b.plain_fragment(&[list, delete]);
    let bucket = b.slice(&[(bucket, at)]);
    let assume = Statement { action: b.action(&["sts:AssumeRole"], 0), ..statement(b, false, trusted, vec![]) };
    let trust = plain_slice(b, &[assume]);
    let app = b.slice(&[]);

    let whole = says(b, NONE, Says::Allow);
    let unit = indexed_slice(b, vec![plan(false, &["*"], None), plan(true, &["s3:Delete*"], Some("arn:aws:s3:::b/home/*"))]);
    let scps = b.chain(&[whole, unit, whole]);
    let rcps = b.chain(&[whole]);
    let app_boundary = indexed_slice(b, vec![plan(false, &["s3:*", "sts:*"], None)]);

    let any_account = b.element(false, &[(PrincipalTag::AnyAccount, "")]);
    let canonical = b.element(false, &[(PrincipalTag::CanonicalUser, "c")]);
    let of_members = Indexed { principal: any_account, ..plan(false, &["s3:ListBucket"], Some("arn:aws:s3:::b")) };
    let of_all = Indexed { principal: everyone, ..plan(false, &["s3:PutObject"], Some("arn:aws:s3:::b/*")) };
    let bucket_acl = indexed_slice(b, vec![of_members, of_all]);
    let of_one = Indexed { principal: canonical, ..plan(false, &["s3:GetObject"], Some("arn:aws:s3:::b/tagged")) };
    let object_acl = indexed_slice(b, vec![of_one]);

    let stranger = b.element(false, &[(PrincipalTag::Account, STRANGE)]);
    let through = Indexed { principal: everyone, ..plan(false, &["s3:*"], None) };
    let stopped = Indexed { principal: stranger, ..plan(true, &["s3:Get*"], Some("arn:aws:s3:::b/*")) };
    let first_endpoint = indexed_slice(b, vec![through, stopped]);
    let nothing = b.slice(&[]);

    let read_home = b.indexed_fragment(vec![plan(false, &["s3:Get*"], Some("arn:aws:s3:::b/home/*"))]);
    let write = b.indexed_fragment(vec![plan(false, &["s3:PutObject", "s3:Delete*"], Some("arn:aws:s3:::b/*"))]);
    let at = b.attachment("accounts[0].managed_policies[0]", 4, Some("world.json"));
    let read_policy = b.slice(&[(read_home, at)]);
    let write_policy = b.slice(&[(write, at)]);
    let both = b.slice(&[(read_home, at), (write, at)]);
    let policies = Policies {
        alice,
        alice_groups: vec![read_policy, nothing],
        app,
        app_boundary,
        trust,
        scps,
        rcps,
        bucket,
        bucket_acl,
        object_acl,
        endpoints: vec![("vpce-1", first_endpoint), ("vpce-2", nothing)],
        groups: vec![(0, "readers", read_policy), (0, "writers", both), (3, "readers", read_policy)],
        managed: vec![
            (0, "Read", read_policy),
            (0, "Write", write_policy),
            (3, "Read", read_policy),
            (NONE, "arn:aws:iam::aws:policy/All", whole),
        ],
        ..NO_POLICIES
    };
    world(b, policies);
}

/// A session overlay with something in every section that it can have something in.
pub(crate) fn session_sample() -> Vec<u8> {
    build_session(describe_session_sample)
}

/// The description of the [`session_sample`].
pub(crate) fn describe_session_sample(b: &mut Builder) {
    let conditions = every_condition(b);
    let strange = statement(b, true, NONE, conditions);
    let team = equals(b, "aws:PrincipalTag/Team", &["a", "c"]);
    let stage = equals(b, "aws:ResourceTag/stage", &["dev"]);
    let read = Statement {
        action: b.action(&["s3:Get*", "s3:?ist*"], 0),
        resource: b.resource(&["arn:aws:s3:::b/*", "arn:aws:s3:::b"], 0),
        ..statement(b, false, NONE, vec![])
    };
    let tagged = statement(b, false, NONE, vec![stage, team]);
    let first = b.plain_fragment(&[strange, read, tagged]);
    let secret = plan(true, &["s3:Get*"], Some("arn:aws:s3:::b/home/alice/secret"));
    let second = b.indexed_fragment(vec![plan(false, &["s3:PutObject"], Some("arn:aws:s3:::b/home/*")), secret]);
    let (at, then) = (b.attachment("session.policies[0]", 0, None), b.attachment("session.policies[1]", 1, None));
    b.slice(&[(first, at), (second, then)]);
}

/// A principal limited by an overlay and by managed policies.
pub(crate) fn limited(bundle: &Bundle, caller: &str, overlay: Option<&Overlay>, names: &[&str]) -> Principal {
    let principal = bundle.principal(Caller::Arn(caller)).unwrap();
    principal.with_session(bundle, &session(overlay, names)).unwrap()
}

/// Session policies: the overlay, and managed policies by name.
pub(crate) fn session(overlay: Option<&Overlay>, names: &[&str]) -> SessionPolicies {
    let first = u32::from(overlay.is_some());
    SessionPolicies { overlay: overlay.cloned(), policies: (first..).zip(names.iter().map(ToString::to_string)).collect() }
}

/// Callers of every kind, as far as the bundle takes them.
pub(crate) fn callers(bundle: &Bundle) -> Vec<Principal> {
    let mut found = Vec::new();
    for caller in [
        Caller::Arn(ALICE),
        Caller::Arn(APP_SESSION),
        Caller::Arn(APP_ROLE),
        Caller::Arn(ROOT),
        Caller::Arn(ALICE_FEDERATED),
        Caller::Arn(LINKED_SESSION),
        Caller::Arn("arn:aws:iam::999999999999:user/x"),
        Caller::Service("ec2.amazonaws.com"),
        Caller::CanonicalUser("c"),
        Caller::Anonymous,
    ] {
        found.extend(bundle.principal(caller));
    }
    let made = bundle.principal_builder(Caller::Arn("arn:aws:sts::111111111111:assumed-role/made/s"));
    let made = made.and_then(|made| made.policy("Read")?.group("writers")?.tag("Team", "a")?.boundary("Write")?.build());
    found.extend(made);
    found
}

/// Sessions with policies, as far as the bundle takes them.
pub(crate) fn sessions(bundle: &Bundle, overlay: &Overlay) -> Vec<Principal> {
    let mut found = Vec::new();
    let mut callers: Vec<Principal> =
        [APP_SESSION, ALICE_FEDERATED].iter().filter_map(|arn| bundle.principal(Caller::Arn(arn)).ok()).collect();
    let made = bundle.principal_builder(Caller::Arn("arn:aws:sts::111111111111:assumed-role/made/s"));
    callers.extend(made.and_then(|made| made.group("writers")?.tag("Team", "a")?.build()));
    for caller in callers {
        found.extend(caller.with_session(bundle, &session(Some(overlay), &[])));
        found.extend(caller.with_session(bundle, &session(Some(overlay), &["Read"])));
        found.extend(caller.with_session(bundle, &session(None, &["Write", "arn:aws:iam::aws:policy/All"])));
    }
    found
}

/// What the indexed and the plain way answer.
pub(crate) type Answers = [Result<Decision, EvalError>; 2];

/// Which of the requests are asked: each `every`th, from `from` on.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) from: usize,
    pub(crate) every: usize,
}

/// All requests.
pub(crate) const WHOLE: Part = Part { from: 0, every: 1 };

/// Asks requests that reach every part of the samples.
pub(crate) fn ask(bundle: &Bundle, principals: &[Principal], part: Part, mut tell: impl FnMut(Answers)) {
    let many = ["xaybd", "", "10.1.2.3"];
    let contexts: [&[(&str, ContextValue<'_>)]; 6] = [
        &[],
        &[("K:X", ContextValue::One("10.1.2.3")), ("k:v", ContextValue::One("v")), ("unknown", ContextValue::One(""))],
        &[("k:x", ContextValue::Many(&many))],
        &[("k:x", ContextValue::One("-2.50")), ("aws:SourceVpce", ContextValue::One("vpce-1"))],
        &[("k:x", ContextValue::One("arn:aws:s3:::b")), ("AWS:PrincipalTag/team", ContextValue::One("c"))],
        &[("aws:sourcevpce", ContextValue::One("vpce-2"))],
    ];
    let actions = ["s3:GetObject", "s3:ListBucket", "S3:PutObject", "s3:DeleteObject", "sts:AssumeRole", "zzz:Unknown"];
    let resources = [
        (None, None),
        (Some("arn:aws:s3:::b"), None),
        (Some("arn:aws:s3:::b/tagged"), None),
        (Some("arn:aws:s3:::b/home/alice/secret"), Some(MEMBER)),
        (Some("arn:aws:s3:::b/home/alice/x"), Some(MEMBER)),
        (Some(APP_ROLE), None),
    ];
    let mut evaluator = bundle.evaluator();
    let requests = contexts.len() * actions.len() * resources.len();
    for number in (part.from..principals.len() * requests).step_by(part.every) {
        let (principal, number) = (&principals[number / requests], number % requests);
        let (context, number) = (contexts[number % contexts.len()], number / contexts.len());
        let (action, (resource, resource_account)) = (actions[number % actions.len()], resources[number / actions.len()]);
        let request = Request { action, resource, resource_account, context };
        tell([evaluator.decide(principal, &request), evaluator.decide_unindexed(principal, &request)]);
    }
}

/// Asks as every kind of caller.
pub(crate) fn ask_everything(bundle: &Bundle, overlay: &Overlay, tell: impl FnMut(Answers)) {
    let mut principals = callers(bundle);
    principals.extend(sessions(bundle, overlay));
    ask(bundle, &principals, WHOLE, tell);
}
