use crate::format::{ATOM_IF_EXISTS, ATOM_NEGATED, AtomKind, NONE, NetworkRecord, OperandKind, PrincipalTag, Qualifier, SectionKind, U32};
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, Decision, EvalError, Layer, Reason, Request};
use AtomKind::*;
use ContextValue::{Many, One};

type Context<'a> = &'a [(&'a str, ContextValue<'a>)];

fn decide(bundle: &Bundle, caller: Caller<'_>, request: Request<'_>) -> Result<Decision, EvalError> {
    let principal = bundle.principal(caller).unwrap();
    let mut evaluator = bundle.evaluator();
    let indexed = evaluator.decide(&principal, &request);
    assert_eq!(indexed, evaluator.decide_unindexed(&principal, &request));
    indexed
}

fn get(context: Context<'_>) -> Request<'_> {
    Request { action: "s3:GetObject", resource: Some("arn:aws:s3:::b/key"), resource_account: Some("111111111111"), context }
}

/// A world in which alice may do what the action or resource atom holds for.
fn element_gate(is_action: bool, atom: impl Fn(&mut Builder) -> u32) -> Bundle {
    let bytes = build(|b| {
        let mut allow = statement(b, false, NONE, vec![]);
        let atom = atom(b);
        *(if is_action { &mut allow.action } else { &mut allow.resource }) = atom;
        let alice = plain_slice(b, &[allow]);
        world(b, Policies { alice, ..NO_POLICIES });
    });
    Bundle::from_bytes(bytes).unwrap()
}

/// A world in which alice may do what the condition atom holds for.
fn gate(atom: impl Fn(&mut Builder) -> u32) -> Bundle {
    let bytes = build(|b| {
        let atom = atom(b);
        let allow = statement(b, false, NONE, vec![atom]);
        let alice = plain_slice(b, &[allow]);
        world(b, Policies { alice, ..NO_POLICIES });
    });
    Bundle::from_bytes(bytes).unwrap()
}

/// An operand from its text, as the compiler would lower it.
fn operand(b: &mut Builder, kind: AtomKind, text: &str) -> Operand {
    use crate::datatypes::{Cidr, Instant, Number, fold};
    match kind {
        StringEquals | StringNotEquals if text.contains("${") => b.glob(text),
        StringLike | StringNotLike if text.contains(['*', '?', '$']) => b.glob(text),
        StringEquals | StringNotEquals | StringLike | StringNotLike | BinaryEquals => b.text(text),
        StringEqualsIgnoreCase | StringNotEqualsIgnoreCase | Bool if text.contains("${") => b.glob(text),
        StringEqualsIgnoreCase | StringNotEqualsIgnoreCase => (OperandKind::FoldedText, b.symbol(&fold(text)), 0),
        Bool | Null => (OperandKind::Bool, u32::from(text == "true"), 0),
        IpAddress | NotIpAddress => {
            let (cidr, _) = Cidr::parse(text).unwrap();
            let record =
                NetworkRecord { address: cidr.address, family: U32::new(u32::from(cidr.family)), prefix: U32::new(u32::from(cidr.prefix)) };
            (OperandKind::Network, b.push(SectionKind::Networks, &record), 0)
        }
        ArnLike | ArnNotLike if text == "*" => (OperandKind::AnyArn, 0, 0),
        ArnLike | ArnNotLike if text.starts_with("${") => (OperandKind::ArnVariable, b.slot(&text[2..text.len() - 1]), NONE),
        ArnLike | ArnNotLike => b.arn(text),
        DateEquals | DateNotEquals | DateLessThan | DateLessThanEquals | DateGreaterThan | DateGreaterThanEquals => {
            (OperandKind::Date, b.symbol(Instant::parse(text).unwrap().text()), 0)
        }
        _ => (OperandKind::Number, b.symbol(Number::parse(text).unwrap().text()), 0),
    }
}

fn condition(kind: AtomKind, qualifier: Qualifier, flags: u32, texts: &[&str], context: Context<'_>) -> bool {
    let bundle = gate(|b| {
        let operands: Vec<Operand> = texts.iter().map(|text| operand(b, kind, text)).collect();
        b.atom(kind, qualifier, flags, Some("k:x"), &operands)
    });
    decide(&bundle, Caller::Arn(ALICE), get(context)).unwrap().allowed()
}

fn plain(kind: AtomKind, texts: &[&str], value: &str) -> bool {
    condition(kind, Qualifier::None, 0, texts, &[("K:X", One(value))])
}

#[test]
fn operators_on_a_single_value() {
    for (kind, texts, value, expected) in [
        (StringEquals, &["a", "b"][..], "b", true),
        (StringEquals, &["a", "b"], "B", false),
        (StringEquals, &[""], "", true),
        (StringEquals, &["a*"], "ab", false),
        (StringNotEquals, &["1", "2"], "1", false),
        (StringNotEquals, &["1", "2"], "3", true),
        (StringEqualsIgnoreCase, &["É"], "é", true),
        (StringEqualsIgnoreCase, &["ß"], "ss", false),
        (StringNotEqualsIgnoreCase, &["A"], "a", false),
        (StringLike, &["a*c"], "abc", true),
        (StringLike, &["a?c"], "aéc", true),
        (StringLike, &["a?c"], "ac", false),
        (StringLike, &["*"], "", true),
        (StringLike, &["a\n*"], "a\nb", true),
        (StringNotLike, &["a*", "b"], "b", false),
        (NumericEquals, &["10"], "10.0", true),
        (NumericEquals, &["10"], "ten", false),
        (NumericNotEquals, &["10"], "ten", true),
        (NumericLessThan, &["9007199254740993"], "9007199254740992", true),
        (NumericLessThan, &["5", "1"], "3", true),
        (NumericLessThan, &["5"], "5", false),
        (NumericLessThanEquals, &["5"], "5", true),
        (NumericGreaterThan, &["5"], "5", false),
        (NumericGreaterThanEquals, &["5"], "1e9", false),
        (DateEquals, &["2023-11-14T22:13:20Z"], "1700000000", true),
        (DateNotEquals, &["2023-11-14"], "x", true),
        (DateLessThan, &["2024-01"], "2023-12-31T23:59:59.9Z", true),
        (DateGreaterThan, &["2024-01"], "2024-01-01", false),
        (DateGreaterThanEquals, &["2024-01"], "2024-01-01T00:00Z", true),
        (DateLessThanEquals, &["2024-01"], "1704067200", true),
        (Bool, &["true"], "TRUE", true),
        (Bool, &["false"], "0", false),
        (Bool, &["${k:v, 'true'}"], "True", true),
        (Bool, &["${k:v, 'falſe'}"], "false", false),
        (BinaryEquals, &["QQ=="], "QQ==", true),
        (BinaryEquals, &["QQ=="], "QR==", false),
        (IpAddress, &["10.0.0.0/8"], "::ffff:10.1.1.1", true),
        (NotIpAddress, &["10.0.0.0/8"], "2001:db8::1", true),
        (NotIpAddress, &["10.0.0.0/8"], "junk", true),
        (ArnLike, &["arn:aws:s3:::b*"], "arn:aws:s3:::bx/y:z", true),
        (ArnLike, &["arn:aws:x:*:1*:f/*"], "arn:aws:x:r:9:1:f/a", false),
        (ArnLike, &["*"], "arn:aws:s3:::b", true),
        (ArnLike, &["*"], "b", false),
        (ArnNotLike, &["*"], "b", true),
        (ArnLike, &["${aws:PrincipalArn}"], ALICE, true),
        (ArnNotLike, &["${k:missing}"], ALICE, true),
    ] {
        assert_eq!(plain(kind, texts, value), expected, "{kind:?} {texts:?} {value}");
    }
}

/// The table at the end of section 5.
#[test]
fn operators_by_the_state_of_the_key() {
    let states: [Context<'_>; 7] = [
        &[],
        &[("k:x", Many(&[]))],
        &[("k:x", One("a"))],
        &[("k:x", One(""))],
        &[("k:x", Many(&["a"]))],
        &[("k:x", Many(&["a", "b", ""]))],
        &[("k:x", Many(&["", ""]))],
    ];
    let all = Qualifier::ForAllValues;
    let any = Qualifier::ForAnyValue;
    let none = Qualifier::None;
    for (kind, qualifier, flags, expected) in [
        (StringEquals, none, 0, "..t...."),
        (StringNotEquals, none, 0, "tt.t..."),
        (StringEquals, none, ATOM_IF_EXISTS, "ttt...."),
        (StringNotEquals, none, ATOM_IF_EXISTS, "tt.t..."),
        (StringEquals, all, 0, "ttttt.t"),
        (StringNotEquals, all, 0, "tt.t..t"),
        (StringEquals, any, 0, "..t.tt."),
        (StringNotEquals, any, 0, ".....t."),
        (StringEquals, any, ATOM_IF_EXISTS, "ttt.tt."),
        (StringNotEquals, any, ATOM_IF_EXISTS, "tt...t."),
        (StringEquals, all, ATOM_IF_EXISTS, "ttttt.t"),
    ] {
        let found: String =
            states.iter().map(|context| if condition(kind, qualifier, flags, &["a"], context) { 't' } else { '.' }).collect();
        assert_eq!(found, expected, "{kind:?} {qualifier:?} {flags}");
    }
    for (qualifier, texts, expected) in [
        (none, &["true"][..], "tt....t"),
        (none, &["false"], "..tttt."),
        (none, &["true", "false"], "ttttttt"),
        (all, &["true"], "ttttttt"),
        (any, &["true"], "......."),
    ] {
        let found: String = states.iter().map(|context| if condition(Null, qualifier, 0, texts, context) { 't' } else { '.' }).collect();
        assert_eq!(found, expected, "{qualifier:?} {texts:?}");
    }
}

#[test]
fn variables_are_literal_text_or_unresolved() {
    let with = |kind, texts: &[&str], value: &str, extra: &[(&str, ContextValue<'_>)]| {
        let mut context = vec![("k:x", One(value))];
        context.extend_from_slice(extra);
        condition(kind, Qualifier::None, 0, texts, &context)
    };
    assert!(with(StringLike, &["a${k:v}*"], "a*bc", &[("K:V", One("*b"))]));
    assert!(!with(StringLike, &["a${k:v}*"], "axbc", &[("k:v", One("*b"))]));
    assert!(with(StringEquals, &["${aws:username}"], "alice", &[]));
    assert!(with(StringEqualsIgnoreCase, &["x${aws:username}É"], "XALICEé", &[]));
    assert!(!with(StringEqualsIgnoreCase, &["x${aws:username}"], "XALICEé", &[]));
    for unresolved in [&[][..], &[("k:v", One(""))], &[("k:v", Many(&["a"]))], &[("k:v", Many(&[]))]] {
        assert!(!with(StringEquals, &["${k:v}"], "", unresolved));
        assert!(with(StringNotEquals, &["${k:v}"], "a", unresolved));
        assert!(with(StringEquals, &["${k:v}", "b"], "b", unresolved));
        assert!(with(StringEquals, &["${k:v, 'd'}"], "d", unresolved));
        assert!(with(StringEquals, &["x${k:v, ''}"], "x", unresolved));
    }
    // Derived multivalued keys do not resolve (S-607), and under a plain operator they are multivalued (S-506).
    assert!(!with(StringLike, &["*${aws:PrincipalOrgPaths}"], "o-x/r-y/ou-z/", &[]));
}

/// Every pattern over `ab*?` against every text over `ab`, compared with a naive matcher.
#[test]
fn globs_agree_with_a_naive_matcher() {
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
            Some((b'?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
            Some((byte, rest)) => text.first() == Some(byte) && naive(rest, &text[1..]),
        }
    }
    fn words(alphabet: &[char], length: usize) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut last = words.clone();
        for _ in 0..length {
            last = last.iter().flat_map(|word| alphabet.iter().map(move |character| format!("{word}{character}"))).collect();
            words.extend(last.clone());
        }
        words
    }
    let patterns: Vec<String> = words(&['a', 'b', '*', '?'], 4).into_iter().filter(|pattern| !pattern.contains("**")).collect();
    let texts = words(&['a', 'b'], 5);
    let bytes = build(|b| {
        let mut statements = Vec::new();
        for pattern in &patterns {
            let glob = b.glob(pattern);
            let like = b.atom(StringLike, Qualifier::None, 0, Some("k:x"), &[glob]);
            let key = b.text(pattern);
            let which = b.atom(StringEquals, Qualifier::None, 0, Some("k:pattern"), &[key]);
            statements.push(statement(b, false, NONE, vec![which, like]));
        }
        let alice = plain_slice(b, &statements);
        world(b, Policies { alice, ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bytes).unwrap();
    let principal = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let mut evaluator = bundle.evaluator();
    for pattern in &patterns {
        for text in &texts {
            let context = [("k:x", One(text.as_str())), ("k:pattern", One(pattern.as_str()))];
            let allowed = evaluator.decide(&principal, &get(&context)).unwrap().allowed();
            assert_eq!(allowed, naive(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
    }
}

#[test]
fn actions_and_resources() {
    let acts = |patterns: &[&str], flags, action: &str| {
        let bundle = element_gate(true, |b| b.action(patterns, flags));
        decide(&bundle, Caller::Arn(ALICE), Request { action, ..get(&[]) }).unwrap().allowed()
    };
    assert!(acts(&["S3:getobject"], 0, "s3:GetObject"));
    assert!(!acts(&["s3:GetObject"], 0, "s3:GetObjectAcl"));
    assert!(acts(&["s3:Get*"], 0, "s3:Get"));
    assert!(!acts(&["s3:*"], 0, "s3express:Get"));
    assert!(acts(&["*:Get?b*"], 0, "S3:GetObject"));
    assert!(acts(&["s3:Put*", "s3:Delete*"], ATOM_NEGATED, "s3:GetObject"));
    assert!(!acts(&["s3:Put*", "s3:G*t"], ATOM_NEGATED, "s3:GetObject"));

    let reaches = |patterns: &[&str], flags, resource: Option<&str>| {
        let bundle = element_gate(false, |b| b.resource(patterns, flags));
        decide(&bundle, Caller::Arn(ALICE), Request { resource, ..get(&[]) }).unwrap().allowed()
    };
    assert!(reaches(&["arn:aws:s3:::b*/private/*"], 0, Some("arn:aws:s3:::bx/a/b/private/x")));
    assert!(reaches(&["arn:aws:s3:*:*:b"], 0, Some("arn:aws:s3:::b")));
    assert!(!reaches(&["arn:aws:s3::111111111111:b"], 0, Some("arn:aws:s3:::b")));
    assert!(!reaches(&["arn:aws:s*"], 0, Some("arn:aws:s3:::b")), "parts that are left out are empty here");
    assert!(!reaches(&["arn:aws:sqs:*:*:*"], 0, None));
    assert!(reaches(&["*"], 0, None) && reaches(&["*"], 0, Some("*")));
    assert!(reaches(&["arn:aws:sqs:*:*:*"], ATOM_NEGATED, None));
    assert!(reaches(&["arn:aws:s3:::${k:missing}"], ATOM_NEGATED, Some("arn:aws:s3:::b")));
    assert!(reaches(&["arn:aws:s3:::home/${aws:username}/*"], 0, Some("arn:aws:s3:::home/alice/x")));
    // S-732
    let bundle = element_gate(false, |b| b.resource(&["arn:aws:s3:::*"], 0));
    let list = Request { action: "s3:ListAllMyBuckets", resource: None, ..get(&[]) };
    assert!(decide(&bundle, Caller::Arn(ALICE), list).unwrap().allowed());
    let cn = Caller::Arn("arn:aws-cn:iam::111111111111:user/alice");
    assert!(!decide(&bundle, cn, list).unwrap().allowed());
}

#[test]
fn derived_keys() {
    let holds = |key: &str, value: &str, caller: &str, request: Request<'_>| {
        let bytes = build(|b| {
            let text = b.text(value);
            let atom = b.atom(StringEquals, Qualifier::ForAnyValue, 0, Some(key), &[text]);
            let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
            let allow = statement(b, false, everyone, vec![atom]);
            let bucket = plain_slice(b, &[allow]);
            let action = statement(b, false, NONE, vec![]);
            let alice = plain_slice(b, &[action]);
            world(b, Policies { bucket, app: alice, alice, ..NO_POLICIES });
        });
        let bundle = Bundle::from_bytes(bytes).unwrap();
        let caller = if caller == "*" { Caller::Anonymous } else { Caller::Arn(caller) };
        decide(&bundle, caller, request).unwrap().allowed()
    };
    let request = Request { resource_account: None, ..get(&[]) };
    for (key, value, caller) in [
        ("aws:PrincipalArn", APP_ROLE, APP_SESSION),
        ("aws:PrincipalArn", ALICE, ALICE),
        ("aws:PrincipalAccount", "111111111111", ALICE),
        ("aws:PrincipalAccount", "anonymous", "*"),
        ("aws:PrincipalType", "AssumedRole", APP_ROLE),
        ("aws:PrincipalType", "Anonymous", "*"),
        ("aws:userid", "AROAAPP:s1", APP_SESSION),
        ("aws:userid", "AIDAALICE", ALICE),
        ("aws:username", "alice", ALICE),
        ("aws:PrincipalTag/TEAM", "a", ALICE),
        ("aws:PrincipalTag/stage", "dev", APP_SESSION),
        ("aws:PrincipalOrgID", "o-x", ALICE),
        ("aws:PrincipalOrgPaths", "o-x/r-y/ou-z/", ALICE),
        ("aws:PrincipalIsAWSService", "false", ALICE),
        ("aws:ResourceAccount", "222222222222", ALICE),
    ] {
        assert!(holds(key, value, caller, request), "{key} {value} {caller}");
    }
    assert!(!holds("aws:username", "app", APP_SESSION, request));
    assert!(!holds("aws:PrincipalTag/team", "a", APP_SESSION, request), "the role has only the first tag");
    assert!(!holds("aws:ResourceTag/stage", "dev", ALICE, request), "the object is not declared");
    let bucket = Request { resource: Some("arn:aws:s3:::b"), ..request };
    assert!(holds("aws:ResourceTag/stage", "dev", ALICE, bucket));
    assert!(!holds("aws:ResourceOrgID", "o-x", ALICE, bucket), "the owner is outside");
    let stated = Request { resource_account: Some("111111111111"), ..bucket };
    assert!(holds("aws:ResourceOrgPaths", "o-x/r-y/ou-z/", ALICE, stated));
    let given = [("AWS:username", One("bob"))];
    assert!(holds("aws:username", "bob", ALICE, Request { context: &given, ..request }));
}

#[test]
fn request_errors() {
    let bundle = element_gate(true, |b| b.action(&["*"], 0));
    let code = |request| decide(&bundle, Caller::Arn(ALICE), request).map_err(|error| error.code());
    let long = "x".repeat(8 * 1024 + 1);
    let values = vec!["v"; 1025];
    let keys: Vec<String> = (0..513).map(|number| format!("k:{number}")).collect();
    let entries: Vec<(&str, ContextValue<'_>)> = keys.iter().map(|key| (key.as_str(), One("v"))).collect();
    let wide = "y".repeat(8 * 1024);
    let nine: Vec<(&str, ContextValue<'_>)> = keys.iter().take(8).map(|key| (key.as_str(), One(wide.as_str()))).collect();
    let too_long = [("z:z", One(long.as_str()))];
    let too_many = [("z:z", Many(&values))];
    for (request, expected) in [
        (Request { action: "s3GetObject", ..get(&[]) }, "invalid-request"),
        (Request { action: "s3:", ..get(&[]) }, "invalid-request"),
        (Request { action: "s3:a:b", ..get(&[]) }, "invalid-request"),
        (Request { action: "s3:Get?", ..get(&[]) }, "invalid-request"),
        (Request { resource: Some("b/key"), ..get(&[]) }, "invalid-request"),
        (Request { resource: Some("arn:aws:s3:b"), ..get(&[]) }, "invalid-request"),
        (Request { resource_account: Some("1"), ..get(&[]) }, "invalid-request"),
        (get(&[("z:Z", One("1")), ("z:z", One("1"))]), "invalid-request"),
        (get(&[("z:z", One("1")), ("z:z", One("1"))]), "duplicate-key"),
        (get(&too_long), "limit-exceeded"),
        (get(&too_many), "limit-exceeded"),
        (get(&entries), "limit-exceeded"),
        (get(&nine), "limit-exceeded"),
    ] {
        assert_eq!(code(request), Err(expected), "{:?}", request.action);
    }
    assert!(code(get(&entries[..512])).unwrap().allowed());
    let other = Bundle::from_bytes(sample()).unwrap().principal(Caller::Arn(ALICE)).unwrap();
    assert_eq!(bundle.evaluator().decide(&other, &get(&[])).unwrap_err().code(), "unknown-principal");
}

#[test]
fn a_step_bound_that_is_too_low_is_an_error_and_no_decision() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let principal = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let mut evaluator = bundle.evaluator();
    evaluator.views.steps_max = 1;
    assert_eq!(evaluator.decide(&principal, &get(&[])).unwrap_err().code(), "limit-exceeded");
    evaluator.views.dag_nodes = &[];
    evaluator.views.steps_max = 1000;
    assert_eq!(evaluator.decide(&principal, &get(&[])).unwrap_err().code(), "invalid-bundle");
}

/// Who is covered by a bucket policy's statement, and what follows (S-401 to S-415, S-711 to S-723).
#[test]
fn principals_and_the_combination() {
    use PrincipalTag::{Account, Arn, Everyone, RoleName, Service, UniqueId};
    struct Case<'a> {
        deny: bool,
        negated: bool,
        entries: &'a [(PrincipalTag, &'a str)],
        caller: Caller<'a>,
        owner: &'a str,
        /// The caller's identity policies allow everything.
        identity: bool,
        expected: (bool, Layer),
    }
    let federated = Caller::Arn("arn:aws:sts::111111111111:federated-user/alice");
    let stranger_session = Caller::Arn("arn:aws:sts::999999999999:assumed-role/r/s");
    let alice = Caller::Arn(ALICE);
    let own = "111111111111";
    let other = "222222222222";
    let base =
        Case { deny: false, negated: false, entries: &[], caller: alice, owner: own, identity: false, expected: (true, Layer::Resource) };
    let account: &[(PrincipalTag, &str)] = &[(Account, own)];
    let account_and_alice: &[(PrincipalTag, &str)] = &[(Arn, ALICE), (Account, own)];
    let everyone: &[(PrincipalTag, &str)] = &[(Everyone, "")];
    let cases = [
        Case { entries: everyone, ..base },
        Case { entries: &[(Arn, ALICE)], ..base },
        Case { entries: &[(UniqueId, "AIDAALICE")], ..base },
        Case { entries: account, expected: (false, Layer::Identity), ..base },
        Case { entries: account, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: &[], identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: account, deny: true, identity: true, expected: (false, Layer::Resource), ..base },
        Case { entries: account, owner: other, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: everyone, owner: other, expected: (false, Layer::Identity), ..base },
        Case { owner: other, identity: true, expected: (false, Layer::Resource), ..base },
        Case { entries: &[(Arn, APP_ROLE)], caller: Caller::Arn(APP_SESSION), ..base },
        Case { entries: &[(Arn, APP_SESSION)], caller: Caller::Arn(APP_SESSION), ..base },
        Case { entries: &[(Arn, APP_SESSION)], caller: Caller::Arn(APP_ROLE), expected: (false, Layer::Identity), ..base },
        Case { entries: &[(Arn, APP_ROLE)], caller: Caller::Arn(APP_ROLE), ..base },
        Case { entries: &[(Arn, ALICE)], caller: federated, identity: true, expected: (false, Layer::Session), ..base },
        Case { entries: everyone, caller: federated, ..base },
        Case { entries: account, caller: Caller::Arn(ROOT), ..base },
        Case { entries: &[], caller: Caller::Arn(ROOT), expected: (true, Layer::Identity), ..base },
        Case { entries: account, deny: true, caller: Caller::Arn(ROOT), expected: (false, Layer::Resource), ..base },
        Case { entries: everyone, caller: Caller::Anonymous, owner: other, ..base },
        Case { entries: account, caller: Caller::Anonymous, expected: (false, Layer::Resource), ..base },
        Case { entries: &[(Service, "x")], caller: Caller::Service("x"), ..base },
        Case { entries: &[(Service, "x")], caller: Caller::Service("y"), expected: (false, Layer::Resource), ..base },
        Case {
            entries: &[(RoleName, "arn:aws:iam::999999999999:role/r")],
            caller: stranger_session,
            expected: (false, Layer::Identity),
            ..base
        },
        Case { entries: account, deny: true, negated: true, identity: true, expected: (false, Layer::Resource), ..base },
        Case { entries: account_and_alice, deny: true, negated: true, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: everyone, deny: true, negated: true, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: account, deny: true, negated: true, caller: Caller::Arn(ROOT), expected: (true, Layer::Identity), ..base },
        Case { entries: account, negated: true, caller: Caller::Anonymous, ..base },
        Case { entries: account, negated: true, identity: true, expected: (true, Layer::Identity), ..base },
        Case { entries: account, deny: true, negated: true, caller: Caller::Anonymous, expected: (false, Layer::Resource), ..base },
    ];
    for (number, case) in cases.iter().enumerate() {
        let bytes = build(|b| {
            let element = b.element(case.negated, case.entries);
            let grant = statement(b, case.deny, element, vec![]);
            let bucket = plain_slice(b, &[grant]);
            let all = statement(b, false, NONE, vec![]);
            let identity = if case.identity { plain_slice(b, &[all]) } else { NONE };
            world(b, Policies { alice: identity, app: identity, bucket, ..NO_POLICIES });
        });
        let bundle = Bundle::from_bytes(bytes).unwrap();
        let decision = decide(&bundle, case.caller, Request { resource_account: Some(case.owner), ..get(&[]) }).unwrap();
        assert_eq!((decision.allowed(), decision.layer()), case.expected, "case {number}: {decision:?}");
    }
}

#[test]
fn services_with_their_own_rules() {
    let bytes = build(|b| {
        let all = statement(b, false, NONE, vec![]);
        let alice = plain_slice(b, &[all]);
        let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
        let trusted = b.element(false, &[(PrincipalTag::Arn, ALICE), (PrincipalTag::Federated, "idp")]);
        let delegated = b.element(false, &[(PrincipalTag::Account, "111111111111")]);
        let assume = statement(b, false, trusted, vec![]);
        let trust = plain_slice(b, &[assume]);
        let deny = statement(b, true, everyone, vec![]);
        let grant = statement(b, false, trusted, vec![]);
        let bucket = plain_slice(b, &[deny, grant]);
        let open = statement(b, false, delegated, vec![]);
        let key = plain_slice(b, &[open]);
        world(b, Policies { alice, app: NONE, trust, bucket, key });
    });
    let bundle = Bundle::from_bytes(bytes).unwrap();
    let ask = |caller, action, resource| {
        let request = Request { action, resource: Some(resource), resource_account: None, context: &[] };
        let decision = decide(&bundle, caller, request).unwrap();
        (decision.allowed(), decision.reason(), decision.layer())
    };
    let alice = Caller::Arn(ALICE);
    let root = Caller::Arn(ROOT);
    let implicit = Reason::ImplicitDeny;
    assert_eq!(ask(alice, "sts:AssumeRole", APP_ROLE), (true, Reason::Allowed, Layer::Resource));
    assert_eq!(ask(Caller::Arn(APP_SESSION), "sts:AssumeRole", APP_ROLE), (false, implicit, Layer::Resource));
    assert_eq!(ask(root, "sts:AssumeRole", APP_ROLE), (false, implicit, Layer::Identity));
    assert_eq!(ask(alice, "sts:AssumeRole", "arn:aws:iam::111111111111:role/none"), (false, implicit, Layer::Resource));
    assert_eq!(ask(Caller::Federated("idp"), "sts:AssumeRoleWithSAML", APP_ROLE), (true, Reason::Allowed, Layer::Resource));
    assert_eq!(ask(Caller::Federated("other"), "sts:AssumeRoleWithSAML", APP_ROLE), (false, implicit, Layer::Resource));
    assert_eq!(ask(alice, "iam:PassRole", APP_ROLE), (true, Reason::Allowed, Layer::Identity));
    assert_eq!(ask(alice, "iam:PassRole", "arn:aws:iam::222222222222:role/x"), (false, implicit, Layer::Resource));
    let key = "arn:aws:kms:eu-west-1:111111111111:key/k1";
    assert_eq!(ask(alice, "kms:Decrypt", key), (true, Reason::Allowed, Layer::Identity));
    assert_eq!(ask(alice, "kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/k2"), (false, implicit, Layer::Resource));
    assert_eq!(ask(root, "kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/k2"), (false, implicit, Layer::Resource));
    let bucket_root = Caller::Arn("arn:aws:iam::222222222222:root");
    assert_eq!(ask(bucket_root, "s3:DeleteBucketPolicy", "arn:aws:s3:::b"), (true, Reason::Allowed, Layer::Identity));
    assert_eq!(ask(bucket_root, "s3:DeleteBucket", "arn:aws:s3:::b"), (false, Reason::ExplicitDeny, Layer::Resource));
    assert_eq!(ask(root, "s3:DeleteBucketPolicy", "arn:aws:s3:::b"), (false, Reason::ExplicitDeny, Layer::Resource));
    assert_eq!(ask(root, "sts:GetCallerIdentity", "*"), (true, Reason::Allowed, Layer::Identity));
    assert_eq!(ask(Caller::Anonymous, "sts:GetCallerIdentity", "*"), (false, implicit, Layer::Resource));
    // A federated entry counts in trust policies only (S-410): the bucket's Deny for everyone decides here, not its grant.
    assert_eq!(ask(Caller::Federated("idp"), "s3:GetObject", "arn:aws:s3:::b/x"), (false, Reason::ExplicitDeny, Layer::Resource));
    assert_eq!(Decision::default().layer(), Layer::Identity);
    assert!(!Decision::default().allowed());
}
