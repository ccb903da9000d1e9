use super::super::policy::*;
use super::*;
use PolicyType::{Boundary, Endpoint, Identity, Rcp, Resource, Scp, Session, Trust};

const ALL: [PolicyType; 8] = [Identity, Boundary, Session, Scp, Rcp, Resource, Trust, Endpoint];

/// A document of version 2012-10-17 around statements.
pub(super) fn policy(statements: &str) -> String {
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}")
}

/// A statement that the type accepts, with what is given put in front.
pub(super) fn statement(policy_type: PolicyType, front: &str) -> String {
    let rest = match policy_type {
        Identity | Boundary | Session | Scp => "\"Effect\":\"Deny\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"",
        Rcp | Resource | Endpoint => "\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"",
        Trust => "\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"111111111111\"},\"Action\":\"sts:AssumeRole\"",
    };
    let members: Vec<&str> = [front, rest].into_iter().filter(|text| !text.is_empty()).collect();
    policy(&format!("{{{}}}", members.join(",")))
}

/// Codes of an identity statement with these members instead of the usual ones.
fn identity(members: &str) -> Vec<&'static str> {
    codes(Identity, &policy(&format!("{{{members}}}")))
}

fn action(value: &str) -> Vec<&'static str> {
    identity(&format!("\"Effect\":\"Allow\",\"Action\":{value},\"Resource\":\"*\""))
}

fn resource(policy_type: PolicyType, value: &str) -> (Vec<&'static str>, Vec<String>) {
    let principal = if matches!(policy_type, Rcp | Resource | Endpoint) { "\"Principal\":\"*\"," } else { "" };
    let text = policy(&format!("{{\"Effect\":\"Deny\",{principal}\"Action\":\"s3:GetObject\",\"Resource\":{value}}}"));
    let (document, diagnostics) = read(policy_type, &text);
    let patterns =
        document.and_then(|document| document.statements.into_iter().next()?.resource).map_or(Vec::new(), |element| element.patterns);
    (diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect(), patterns.iter().map(arn_text).collect())
}

fn pieces_text(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Literal(text) => text.clone(),
        Piece::Star => "*".to_owned(),
        Piece::AnyChar => "?".to_owned(),
        Piece::Variable { key, .. } => format!("${{{key}}}"),
    };
    pieces.iter().map(one).collect()
}

fn arn_text(pattern: &ResourcePattern) -> String {
    match pattern {
        ResourcePattern::All => "all".to_owned(),
        ResourcePattern::Arn(arn) => arn.parts.iter().map(|part| pieces_text(part)).collect::<Vec<_>>().join(":"),
    }
}

fn principal(policy_type: PolicyType, element: &str, value: &str) -> (Vec<&'static str>, Vec<PrincipalEntry>) {
    let resource = if policy_type == Endpoint { ",\"Resource\":\"*\"" } else { "" };
    let text = policy(&format!("{{\"Effect\":\"Deny\",\"{element}\":{value},\"Action\":\"sts:AssumeRole\"{resource}}}"));
    let (document, diagnostics) = read(policy_type, &text);
    let entries =
        document.and_then(|document| document.statements.into_iter().next()?.principal).map_or(Vec::new(), |element| element.entries);
    (diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect(), entries)
}

fn condition(block: &str) -> (Vec<&'static str>, Vec<Condition>) {
    let (document, diagnostics) = read(Identity, &statement(Identity, &format!("\"Condition\":{block}")));
    let conditions =
        document.and_then(|document| document.statements.into_iter().next()).map_or(Vec::new(), |statement| statement.conditions);
    (diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect(), conditions)
}

fn value(operator: &str, value: &str) -> (Vec<&'static str>, Vec<ConditionValue>) {
    let (codes, conditions) = condition(&format!("{{\"{operator}\":{{\"k\":{value}}}}}"));
    (codes, conditions.into_iter().next().map_or(Vec::new(), |condition| condition.values))
}

#[test]
fn s101_to_s106_the_document() {
    for policy_type in ALL {
        assert_eq!(codes(policy_type, &statement(policy_type, "")), [""; 0], "{policy_type:?}");
        let one = statement(policy_type, "").replace(['[', ']'], "");
        assert_eq!(codes(policy_type, &one), [""; 0], "a single statement, {policy_type:?}");
        assert_eq!(codes(policy_type, &statement(policy_type, "\"Foo\":1")), ["unknown-element"]);
        assert_eq!(codes(policy_type, &statement(policy_type, "").replace("{\"Version\"", "{\"id\":1,\"Version\"")), ["unknown-element"]);
    }
    for text in ["[]", "\"x\"", "1", "null", "true"] {
        assert_eq!(codes(Identity, text), ["data-type"]);
    }
    assert_eq!(codes(Identity, "{\"Version\":\"2012-10-17\"}"), ["missing-statement"]);
    assert_eq!(codes(Identity, "{\"Version\":\"2012-10-17\",\"Statement\":[]}"), ["missing-statement"]);
    assert_eq!(codes(Identity, "{\"Version\":\"2012-10-17\",\"Statement\":\"x\"}"), ["data-type"]);
    assert_eq!(codes(Identity, &policy("1,[]")), ["data-type", "data-type"]);
    assert_eq!(codes(Identity, "{"), ["json-syntax"]);

    let version =
        |policy_type, version: &str| codes(policy_type, &statement(policy_type, "").replace("\"Version\":\"2012-10-17\",", version));
    for policy_type in ALL {
        let new_only = matches!(policy_type, Scp | Rcp);
        assert_eq!(version(policy_type, ""), [if new_only { "invalid-version" } else { "missing-version" }]);
        assert_eq!(version(policy_type, "\"Version\":\"2008-10-17\","), if new_only { vec!["invalid-version"] } else { vec![] });
        for other in ["\"2012-10-18\"", "\"\"", "2012", "null", "[\"2012-10-17\"]"] {
            assert_eq!(version(policy_type, &format!("\"Version\":{other},")), ["invalid-version"], "{other}");
        }
        let id = |id: &str| version(policy_type, &format!("\"Version\":\"2012-10-17\",\"Id\":{id},"));
        let ignored = if matches!(policy_type, Resource | Trust | Endpoint) { vec![] } else { vec!["id-ignored"] };
        assert_eq!(id("\"x\""), ignored);
        assert_eq!(id("5"), [ignored.as_slice(), &["data-type"]].concat());
        assert_eq!(id("\"${a}\""), [ignored.as_slice(), &["variable-in-element"]].concat());
    }
}

#[test]
fn s103_names_twice() {
    assert_eq!(identity("\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\",\"Action\":\"a:c\""), ["duplicate-key"]);
    assert_eq!(
        codes(Identity, &statement(Identity, "\"Condition\":{},\"Condition\":{}")),
        ["empty-condition", "duplicate-key", "empty-condition"]
    );
    assert_eq!(condition("{\"StringEquals\":{\"a\":\"1\",\"a\":\"2\"}}").0, ["duplicate-key"]);
    assert_eq!(condition("{\"StringEquals\":{\"a\":\"1\",\"A\":\"2\"}}").0, ["duplicate-condition-key"]);
    assert_eq!(condition("{\"StringEquals\":{\"a\":\"1\"},\"stringequals\":{\"b\":\"2\"}}").0, ["duplicate-condition-key", "odd-value"]);
    assert_eq!(condition("{\"StringEquals\":{\"a\":\"1\"},\"StringEqualsIfExists\":{\"A\":\"2\"}}").0, [""; 0]);
    assert_eq!(
        codes(Resource, &policy("{\"Effect\":\"Deny\",\"Principal\":{\"AWS\":[],\"AWS\":[]},\"Action\":\"a:b\"}")),
        ["empty-list", "duplicate-key", "empty-list"]
    );
}

#[test]
fn s107_sids() {
    for policy_type in ALL {
        let strict = !matches!(policy_type, Resource | Trust | Endpoint);
        let sid = |sid: &str| codes(policy_type, &statement(policy_type, &format!("\"Sid\":{sid}")));
        assert_eq!(sid("\"Az09\""), [""; 0]);
        assert_eq!(sid("\"\""), ["sid-style"]);
        assert_eq!(sid("\"a b\""), [if strict { "invalid-sid" } else { "sid-style" }]);
        assert_eq!(sid("\"é\""), [if strict { "invalid-sid" } else { "sid-style" }]);
        assert_eq!(sid("5"), ["data-type"]);
        assert_eq!(sid("null"), ["data-type"]);
        assert_eq!(sid("\"${a}\""), ["variable-in-element"]);
        let inner = statement(policy_type, "\"Sid\":\"A\"");
        let one = inner.split_once('[').and_then(|(_, rest)| rest.rsplit_once(']')).map(|(one, _)| one.to_owned()).unwrap();
        assert_eq!(codes(policy_type, &policy(&format!("{one},{one}"))), [if strict { "duplicate-sid" } else { "sid-style" }]);
        let empty = one.replace("\"A\"", "\"\"");
        assert_eq!(codes(policy_type, &policy(&format!("{empty},{empty}"))), ["sid-style", "sid-style"]);
    }
}

#[test]
fn s108_s109_effect_and_pairs() {
    let effect = |effect: &str| identity(&format!("\"Effect\":{effect},\"Action\":\"a:b\",\"Resource\":\"*\""));
    for wrong in ["\"allow\"", "\"ALLOW\"", "\"\"", "true", "null", "[\"Allow\"]"] {
        assert_eq!(effect(wrong), ["invalid-effect"], "{wrong}");
    }
    assert_eq!(identity("\"Effect\":\"Allow\",\"Action\":\"a:b\",\"NotAction\":\"a:b\",\"Resource\":\"*\""), ["element-combination"]);
    assert_eq!(identity("\"Effect\":\"Allow\",\"Action\":\"a:b\",\"NotResource\":\"*\",\"Resource\":\"*\""), ["element-combination"]);
    let both = "{\"Effect\":\"Deny\",\"NotPrincipal\":{\"AWS\":\"111111111111\"},\"Principal\":\"*\",\"Action\":\"a:b\"}";
    assert_eq!(codes(Resource, &policy(both)), ["element-combination"]);
    // S-116: at one closing brace, in this order.
    assert_eq!(identity(""), ["missing-effect", "missing-action", "missing-resource"]);
    assert_eq!(codes(Endpoint, &policy("{}")), ["missing-effect", "missing-action", "missing-principal", "missing-resource"]);
    assert_eq!(codes(Scp, "{}"), ["invalid-version", "missing-statement"]);
    assert_eq!(identity("\"Resource\":\"b/key\""), ["invalid-resource", "missing-effect", "missing-action"]);
}

#[test]
fn s110_what_each_type_takes() {
    for policy_type in ALL {
        let of = |statement: &str| codes(policy_type, &policy(&format!("{{{statement}}}")));
        let takes_principal = matches!(policy_type, Rcp | Resource | Trust | Endpoint);
        let with = "\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"a:b\"";
        let found = of(with);
        assert_eq!(found.contains(&"unsupported-principal"), !takes_principal, "{policy_type:?}");
        assert_eq!(found.contains(&"missing-resource"), !matches!(policy_type, Resource | Trust), "{policy_type:?}");
        assert_eq!(of("\"Effect\":\"Deny\",\"Action\":\"a:b\"").contains(&"missing-principal"), takes_principal, "{policy_type:?}");
        assert_eq!(of(&format!("{with},\"Resource\":\"*\"")).contains(&"unsupported-resource"), policy_type == Trust);
        assert_eq!(of(&format!("{with},\"NotResource\":\"*\"")).contains(&"unsupported-resource"), policy_type == Trust);
        let not = of("\"Effect\":\"Deny\",\"NotPrincipal\":{\"AWS\":\"111111111111\"},\"Action\":\"a:b\"");
        assert_eq!(not.contains(&"unsupported-principal"), !matches!(policy_type, Resource | Endpoint), "{policy_type:?}");
        assert!(!not.contains(&"missing-principal"), "{policy_type:?}");
        let not_action = of(&with.replace("Action", "NotAction"));
        assert_eq!(not_action.contains(&"unsupported-element"), policy_type == Rcp);
    }
}

#[test]
fn s110_rcps() {
    let rcp = |statements: &str| codes(Rcp, &policy(statements));
    assert_eq!(rcp("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}"), [""; 0]);
    assert_eq!(rcp("{\"Resource\":[\"*\"],\"Action\":[\"*\"],\"Principal\":\"*\",\"Effect\":\"Allow\"}"), [""; 0]);
    let allow = ["unsupported-effect"];
    for change in ["\"Sid\":\"A\",", "\"Condition\":{\"Bool\":{\"a\":true}},"] {
        assert_eq!(rcp(&format!("{{{change}\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}}")), allow);
    }
    assert_eq!(rcp("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"NotResource\":\"*\"}"), allow);
    assert_eq!(rcp("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\"*\",\"*\"],\"Resource\":\"*\"}"), allow);
    assert_eq!(rcp("{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}"), ["rcp-action-star"]);
    assert_eq!(rcp("{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:*\",\"*\"],\"Resource\":\"*\"}"), ["rcp-action-star"]);
    assert_eq!(rcp("{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*:*\",\"Resource\":\"*\"}"), ["wildcard-service"]);
    for other in ["{\"AWS\":\"*\"}", "\"x\"", "{\"AWS\":\"111111111111\"}", "{}"] {
        assert_eq!(
            rcp(&format!("{{\"Effect\":\"Deny\",\"Principal\":{other},\"Action\":\"s3:*\",\"Resource\":\"*\"}}")),
            ["unsupported-principal"],
            "{other}"
        );
    }
    assert_eq!(
        rcp("{\"Effect\":\"Deny\",\"Principal\":\"${a}\",\"Action\":\"s3:*\",\"Resource\":\"*\"}").first(),
        Some(&"variable-in-element")
    );
}

#[test]
fn s111_types_and_empty_lists() {
    for wrong in ["null", "5", "true", "{}", "[[\"a:b\"]]", "[null]", "[5]"] {
        assert_eq!(action(wrong), ["data-type"], "{wrong}");
        assert_eq!(resource(Identity, wrong).0, ["data-type"], "{wrong}");
        assert_eq!(principal(Resource, "Principal", &format!("{{\"AWS\":{wrong}}}")).0, ["data-type"], "{wrong}");
    }
    for wrong in ["null", "5", "true", "[\"*\"]"] {
        assert_eq!(principal(Resource, "Principal", wrong).0, ["data-type"], "{wrong}");
    }
    assert_eq!(action("[]"), ["empty-list"]);
    assert_eq!(resource(Identity, "[]").0, ["empty-list"]);
    assert_eq!(principal(Resource, "Principal", "{\"AWS\":[]}").0, ["empty-list"]);
    assert_eq!(identity("\"Effect\":\"Allow\",\"NotAction\":[],\"Resource\":\"*\""), ["empty-not-element"]);
    assert_eq!(identity("\"Effect\":\"Allow\",\"Action\":\"a:b\",\"NotResource\":[]"), ["empty-not-element"]);
    assert_eq!(principal(Resource, "NotPrincipal", "{\"AWS\":[]}").0, ["empty-not-element"]);
    assert_eq!(principal(Resource, "NotPrincipal", "{}").0, ["empty-not-element"]);
    assert_eq!(principal(Resource, "NotPrincipal", "{\"AWS\":[],\"Service\":\"a\"}").0, ["empty-list"]);
}

#[test]
fn s114_s115_sizes_and_characters() {
    let long = |bytes: usize| statement(Identity, &format!("\"Condition\":{{\"StringEquals\":{{\"k\":\"{}\"}}}}", "x".repeat(bytes)));
    let fixed = long(0).len();
    assert_eq!(codes(Identity, &long(6_144 - fixed)), [""; 0]);
    assert_eq!(codes(Identity, &long(6_145 - fixed)), ["size-quota"]);
    assert_eq!(codes(Identity, &long(6_144 - fixed).replace(":[", ":  \n  [")), [""; 0], "white space outside strings is not counted");
    assert_eq!(quota_characters("{\"a b\": \"\\\" c\"} ", false), 14);
    assert_eq!(quota_characters("{ é }", true), 5);
    let wide = "x".repeat(20_480);
    let spaced = |policy_type| codes(policy_type, &statement(policy_type, "").replace(":[", &format!(":{}[", " ".repeat(20_480))));
    assert_eq!((spaced(Resource), spaced(Endpoint)), (vec![], vec!["size-quota"]));
    assert_eq!(codes(Resource, &statement(Resource, &format!("\"Sid\":\"{wide}\""))), ["size-quota"]);
    for policy_type in ALL {
        let strict = matches!(policy_type, Identity | Boundary | Session | Trust);
        let found = codes(policy_type, &statement(policy_type, "\"Condition\":{\"StringEquals\":{\"k\":\"ÿ日\"}}"));
        assert_eq!(found, if strict { vec!["charset"] } else { vec![] });
        assert_eq!(codes(policy_type, &statement(policy_type, "\"Condition\":{\"StringEquals\":{\"k\":\"ÿ\"}}")), [""; 0]);
    }
}

#[test]
fn s201_to_s204_actions() {
    for fine in ["\"*\"", "\"s3:*\"", "\"s3:Get?bject*\"", "\"S3:GETOBJECT\"", "\"a:b.c\"", "[\"a:b\",\"*\"]"] {
        assert_eq!(action(fine), [""; 0], "{fine}");
    }
    for wrong in ["\"\"", "\"s3\"", "\"**\"", "\"?\"", "\"s3:a:b\"", "\"::\"", "\"a b\""] {
        assert_eq!(action(wrong), ["invalid-action"], "{wrong}");
    }
    for dead in ["\"s3:\"", "\"s3:Get Object\"", "\" s3:GetObject\"", "\"s3:GetObject\\n\"", "\":Get\"", "\"*:\""] {
        assert_eq!(action(dead), ["never-matches"], "{dead}");
    }
    for wide in ["\"*:*\"", "\"s?:Get\"", "\"*:Get\""] {
        assert_eq!(action(wide), ["wildcard-service"], "{wide}");
    }
    assert_eq!(action("\"s3:${aws:username}\""), ["variable-in-element"]);
    assert_eq!(action("\"${*}\""), ["variable-in-element"]);
    let text = policy("{\"Effect\":\"Allow\",\"Action\":[\"S3:Get*\",\"x:\",\"EC2:Run\",\"*\"],\"Resource\":\"*\"}");
    let actions: Vec<String> =
        read(Identity, &text).0.unwrap().statements[0].action.patterns.iter().map(|pattern| pieces_text(&pattern.pieces)).collect();
    assert_eq!(actions, ["s3:get*", "ec2:run", "*"]);
    let old = text.replace("2012", "2008").replace("\"x:\"", "\"x:${y}\"");
    assert_eq!(codes(Identity, &old), ["variable-as-text"]);
}

#[test]
fn s301_to_s313_resources() {
    assert_eq!(resource(Identity, "\"*\"").1, ["all"]);
    assert_eq!(resource(Identity, "\"***\"").1, ["all"]);
    assert_eq!(resource(Identity, "\"arn:aws:s3:::b/*:c\"").1, ["arn:aws:s3:::b/*:c"]);
    for wrong in ["\"\"", "\"b/key\"", "\"arn*\"", "\"ARN:aws:s3:::b\"", "\"arn\"", "\" arn:aws:s3:::b\"", "\"*:aws:s3:::b\""] {
        assert_eq!(resource(Identity, wrong).0, ["invalid-resource"], "{wrong}");
    }
    // S-304: what a short pattern is, by type of policy.
    for (text, plain, in_scp, patterns) in [
        ("arn:aws:s3", false, false, vec![]),
        ("arn:aws:s3:::", true, true, vec!["arn:aws:s3:::"]),
        ("arn:aws:s*s:news", false, false, vec![]),
        ("arn:aws:s3:*", true, true, vec!["arn:aws:s3:*:*:*"]),
        ("arn:aws:s3:*:b", true, false, vec!["arn:aws:s3:*:*:b"]),
        ("arn:*", true, true, vec!["arn:*:*:*:*:*"]),
        ("arn:aws:sns:?*", true, true, vec!["arn:aws:sns:?*:*:*"]),
        ("arn:aws:*:x*", true, true, vec!["arn:aws:*:*:*:x*", "arn:aws:*:*:x*:*", "arn:aws:*:x*:*:*"]),
    ] {
        let json = format!("\"{text}\"");
        for policy_type in [Identity, Session, Boundary, Scp] {
            let accepted = if policy_type == Scp { in_scp } else { plain };
            let (codes, mut found) = resource(policy_type, &json);
            found.sort();
            assert_eq!(codes, if accepted { vec![] } else { vec!["invalid-resource"] }, "{policy_type:?} {text}");
            assert_eq!(found, if accepted { patterns.clone() } else { vec![] }, "{policy_type:?} {text}");
        }
        for policy_type in [Resource, Endpoint] {
            let (codes, mut found) = resource(policy_type, &json);
            found.sort();
            assert_eq!(codes, if plain { vec![] } else { vec!["never-matches"] }, "{policy_type:?} {text}");
            assert_eq!(found, patterns, "{policy_type:?} {text}");
        }
        let whole = text.matches(':').count() == 5;
        assert_eq!(resource(Rcp, &json).0, if whole { vec![] } else { vec!["invalid-resource"] }, "{text}");
    }
    // S-311
    assert_eq!(
        resource(Identity, "[\"arn:aws:s3:::${aws:username}\",\"arn:aws:s3:${a}::b\",\"arn:${*}:s3:::b\"]"),
        (vec!["never-matches", "never-matches"], vec!["arn:aws:s3:::${aws:username}".to_owned()])
    );
    assert_eq!(resource(Identity, "\"arn:aws:s3:*:${a}\"").1, ["arn:aws:s3:*:*:${a}"]);
    assert_eq!(resource(Identity, "\"arn:aws:${a}:*\"").0, ["never-matches"]);
    // S-313
    assert_eq!(resource(Resource, "\"execute-api:/prod/*\"").1, ["arn:*:execute-api:*:*:*/prod/*"]);
    assert_eq!(resource(Resource, "\"execute-api:prod\"").0, ["invalid-resource"]);
    for policy_type in [Identity, Endpoint, Rcp] {
        assert_eq!(resource(policy_type, "\"execute-api:/prod\"").0, ["invalid-resource"]);
    }
    // S-603 before S-302
    assert_eq!(resource(Identity, "\"b/${aws:username\"").0, ["variable-syntax"]);
    assert_eq!(resource(Identity, "\"b/${aws:username}\"").0, ["invalid-resource"]);
}

#[test]
fn s401_to_s415_principals() {
    use PrincipalEntry::*;
    let one = |class: &str, text: &str| principal(Resource, "Principal", &format!("{{\"{class}\":\"{text}\"}}"));
    let account = || "111111111111".to_owned();
    for (text, entry) in [
        ("*", Everyone),
        ("111111111111", Account(account())),
        ("arn:aws-cn:iam::111111111111:root", Account(account())),
        ("arn:aws:iam::111111111111:user/a/b", User("arn:aws:iam::111111111111:user/a/b".to_owned())),
        ("arn:aws:iam::111111111111:role/p/r", Role("arn:aws:iam::111111111111:role/p/r".to_owned())),
        ("arn:aws:sts::111111111111:assumed-role/r/s", RoleSession("arn:aws:sts::111111111111:assumed-role/r/s".to_owned())),
        ("arn:aws:sts::111111111111:federated-user/f", FederatedUser("arn:aws:sts::111111111111:federated-user/f".to_owned())),
        ("AROAX1", UniqueId("AROAX1".to_owned())),
    ] {
        assert_eq!(one("AWS", text), (vec![], vec![entry]), "{text}");
    }
    for text in [
        "",
        "11111111111",
        "1111111111111",
        "11111111111１",
        "arn:aws:iam::111111111111:alice",
        "arn:aws:iam::111111111111:group/g",
        "arn:aws:iam::111111111111:instance-profile/g",
        "arn:aws:iam::111111111111:user/",
        "arn:aws:iam::111111111111:root/",
        "arn:aws:iam::AccountB-ID:root",
        "arn:aws:iam:us-east-1:111111111111:root",
        "arn::iam::111111111111:root",
        "arn:a_b:iam::111111111111:root",
        "arn:aws:sts::111111111111:assumed-role/r",
        "arn:aws:sts::111111111111:assumed-role/r/",
        "arn:aws:sts::111111111111:assumed-role/r/s/t",
        "arn:aws:sts::111111111111:role/r",
        "arn:aws:iam::111111111111:assumed-role/r/s",
        "AIDA",
        "AGPAX1",
        "AIDA-1",
        "s3.amazonaws.com",
    ] {
        assert_eq!(one("AWS", text).0, ["invalid-principal"], "{text}");
    }
    for (class, text) in [
        ("AWS", "arn:aws:iam::111111111111:user/*"),
        ("AWS", "**"),
        ("AWS", "11111111111?"),
        ("Service", "*.amazonaws.com"),
        ("CanonicalUser", "*"),
        ("Federated", "a?"),
    ] {
        assert_eq!(one(class, text).0, ["principal-wildcard"], "{text}");
    }
    assert_eq!(one("AWS", "arn:aws:iam::cloudfront:user/CloudFront Origin E"), (vec!["never-matches"], vec![]));
    assert_eq!(one("Service", "a.amazonaws.com").1, [Service(Some("a.amazonaws.com".to_owned()))]);
    assert_eq!(one("Service", "*"), (vec!["trust-anyone"], vec![Service(None)]));
    assert_eq!(one("CanonicalUser", "abc").1, [CanonicalUser(Some("abc".to_owned()))]);
    assert_eq!(one("Federated", "x"), (vec!["federated-principal"], vec![]));
    for class in ["Service", "Federated", "CanonicalUser"] {
        assert_eq!(one(class, "").0, ["invalid-principal"]);
        assert_eq!(one(class, "${a}").0, ["variable-in-element"]);
    }
    assert_eq!(one("aws", "*").0, ["unknown-element"]);
    assert_eq!(one("AWS", "arn:aws:iam::111111111111:user/${aws:username}*").0, ["variable-in-element"]);
    assert_eq!(principal(Resource, "Principal", "\"alice\"").0, ["invalid-principal"]);
    assert_eq!(principal(Resource, "Principal", "{}").0, ["invalid-principal"]);
    assert_eq!(principal(Trust, "Principal", "\"*\""), (vec!["trust-anyone"], vec![Everyone]));
    assert_eq!(principal(Trust, "Principal", "{\"AWS\":\"*\"}"), (vec!["trust-anyone"], vec![Everyone]));
    assert_eq!(
        principal(Trust, "Principal", "{\"Federated\":[\"*\",\"p\"]}"),
        (vec!["trust-anyone"], vec![Federated(None), Federated(Some("p".to_owned()))])
    );
    assert_eq!(principal(Resource, "NotPrincipal", "\"*\"").1, [Everyone]);
    let allow = "{\"Effect\":\"Allow\",\"NotPrincipal\":{\"AWS\":\"111111111111\"},\"Action\":\"a:b\"}";
    assert_eq!(codes(Resource, &policy(allow)), ["allow-not-principal"]);
}

#[test]
fn s113_s505_s517_s523_operators() {
    assert_eq!(condition("{}").0, ["empty-condition"]);
    assert_eq!(condition("{\"StringEquals\":{}}").0, ["empty-condition"]);
    for wrong in [
        "[]",
        "null",
        "\"x\"",
        "{\"StringEquals\":[]}",
        "{\"StringEquals\":\"x\"}",
        "{\"StringEquals\":{\"k\":null}}",
        "{\"StringEquals\":{\"k\":{}}}",
        "{\"StringEquals\":{\"k\":[[]]}}",
    ] {
        assert_eq!(condition(wrong).0, ["data-type"], "{wrong}");
    }
    for operator in
        ["StringEquals", "StringEqualsIfExists", "ForAllValues:StringNotEquals", "ForAnyValue:StringEqualsIfExists", "Null", "Bool"]
    {
        assert_eq!(value(operator, "[]").0, ["empty-condition-values"], "{operator}");
    }
    for operator in ["ForAllValues:StringEquals", "ForAnyValue:ArnLike"] {
        assert_eq!(condition(&format!("{{\"{operator}\":{{\"K\":[]}}}}")).1[0].values, [], "{operator}");
    }
    assert_eq!(value("StringMatches", "\"x\"").0, ["invalid-operator"]);
    assert_eq!(value("ForAnyValues:StringEquals", "[null]").0, ["invalid-operator", "data-type"]);
    assert_eq!(value("stringlike", "\"x\"").0, ["odd-value"]);
    assert_eq!(value("NullIfExists", "true").0, ["null-if-exists"]);
    assert_eq!(value("ForAnyValue:nullifexists", "true").0, ["null-if-exists"]);
    assert_eq!(value("ForAllValues:Null", "true").0, ["set-operator-on-single"]);
    let (codes, conditions) =
        condition("{\"ForAnyValue:ArnEqualsIfExists\":{\"AWS:SourceArn\":[\"*\"],\"b\":\"*\"},\"Null\":{\"c\":\"TRUE\"}}");
    assert!(codes.is_empty(), "{codes:?}");
    assert_eq!(conditions.len(), 3);
    assert_eq!(
        conditions[0],
        Condition {
            operator: Operator { qualifier: Qualifier::ForAnyValue, base: BaseOperator::ArnLike, if_exists: true },
            key: "aws:sourcearn".to_owned(),
            values: vec![ConditionValue::AnyArn],
            written: WrittenCondition {
                operator: "ForAnyValue:ArnEqualsIfExists".into(),
                key: "AWS:SourceArn".into(),
                values: ["*".into()].into(),
                variables: Vec::new()
            }
        }
    );
    assert_eq!(conditions[2].values, [ConditionValue::Bool(true)]);
    assert_eq!(condition("{\"StringEquals\":{\"aws:RequestTag/${aws:username}\":\"x\"}}").0, ["variable-in-element"]);
}

#[test]
fn s507_to_s516_values() {
    let text = |text: &str| ConditionValue::Text(vec![Piece::Literal(text.to_owned())]);
    assert_eq!(value("StringEquals", "[\"a\",true,1.50,\"\"]").1, [text("a"), text("true"), text("1.50"), ConditionValue::Text(vec![])]);
    assert_eq!(value("StringEquals", "\"a*\""), (vec!["literal-wildcard"], vec![text("a*")]));
    assert_eq!(value("StringEquals", "\"a${*}\""), (vec![], vec![text("a*")]));
    assert_eq!(value("StringLike", "\"a*\"").1, [ConditionValue::Text(vec![Piece::Literal("a".to_owned()), Piece::Star])]);
    let wrong = vec!["invalid-condition-value"];
    for (operator, fine, unfit) in [
        ("NumericLessThan", vec!["1", "\"-1.5\"", "\"010\""], vec!["\"ten\"", "1e1", "\"1e1\"", "true", "\"\"", "\" 1\""]),
        (
            "DateEquals",
            vec!["\"2020-01-01\"", "1577836800", "\"2020-01-01T00:00:00Z\""],
            vec!["\"x\"", "\"2020-13-01\"", "\"2020-01-01T24:00:00Z\"", "true", "1e9"],
        ),
        ("Bool", vec!["true", "\"True\"", "\"FALSE\""], vec!["\"yes\"", "1", "\"\""]),
        ("Null", vec!["true", "\"False\""], vec!["\"yes\"", "0"]),
        ("BinaryEquals", vec!["\"\"", "\"QQ==\""], vec!["\"QQ\"", "\"QR==\"", "\"*\""]),
        (
            "IpAddress",
            vec!["\"10.0.0.0/8\"", "\"::1\"", "\"::ffff:10.0.0.0/104\""],
            vec!["\"10.0.0\"", "\"010.0.0.1\"", "\"10.0.0.0/255.0.0.0\"", "\"fe80::1%eth0\"", "\"10.0.0.0/33\""],
        ),
    ] {
        for json in fine {
            assert_eq!(value(operator, json).0, [""; 0], "{operator} {json}");
        }
        for json in unfit {
            assert_eq!(value(operator, json).0, wrong, "{operator} {json}");
        }
    }
    for operator in ["NumericEquals", "DateEquals", "Null", "BinaryEquals", "NotIpAddress"] {
        assert_eq!(value(operator, "\"${a:b}\"").0, ["variable-in-operator"], "{operator}");
        assert_eq!(value(operator, "\"${a\"").0, ["variable-in-operator"], "{operator}");
    }
    assert_eq!(value("DateEquals", "\"2020\"").0, ["odd-value"]);
    assert_eq!(value("DateEquals", "2020").0, ["odd-value"]);
    assert_eq!(value("Bool", "[true,false]").0, ["odd-value"]);
    assert_eq!(value("Null", "[true,\"false\"]").0, ["odd-value"]);
    assert_eq!(value("IpAddress", "\"10.0.0.1/8\"").0, ["odd-value"]);
    assert!(
        matches!(value("Bool", "\"${a}\""), (codes, values) if codes == ["odd-value"] && matches!(values.as_slice(), [ConditionValue::BoolText(_)]))
    );
    assert_eq!(value("Bool", "\"${*}\"").0, wrong);
    assert_eq!(value("Bool", "\"${a\"").0, ["variable-syntax"]);
    for operator in ["StringEquals", "StringLike", "ArnLike", "StringEqualsIgnoreCaseIfExists"] {
        assert_eq!(value(operator, "\"${svc:p,'x'}\"").0, ["variable-syntax"], "{operator}");
    }
}

#[test]
fn s515_s606_arn_values() {
    let arns = |json: &str| {
        let (codes, values) = value("ArnLike", json);
        let show = |value: &ConditionValue| match value {
            ConditionValue::AnyArn => "any".to_owned(),
            ConditionValue::Arn(arn) => arn_text(&ResourcePattern::Arn(arn.clone())),
            ConditionValue::ArnVariable { key, default } => format!("variable {key} {default:?}"),
            other => format!("{other:?}"),
        };
        (codes, values.iter().map(show).collect::<Vec<_>>())
    };
    assert_eq!(arns("[\"*\",\"**\"]").1, ["any", "any"]);
    assert_eq!(arns("\"arn:aws:iam::*:role/${aws:username}\"").1, ["arn:aws:iam::*:role/${aws:username}"]);
    assert_eq!(arns("\"arn:aws:iam::${a}:role/x\"").1, ["arn:aws:iam::${a}:role/x"]);
    assert_eq!(arns("\"arn:aws:s3*\"").1, ["arn:aws:s3*:*:*:*"]);
    assert_eq!(arns("\"a*\"").1, ["a*:*:*:*:*:*"]);
    assert_eq!(arns("\"${aws:PrincipalArn}\"").1, ["variable aws:principalarn None"]);
    assert_eq!(arns("\"${a, 'arn:x'}\"").1, ["variable a Some(\"arn:x\")"]);
    assert_eq!(arns("[\"x\",\"\",\"arn:aws:s3\",\"${*}\",\"arn:aws:*:b\"]"), (vec!["never-matches"; 5], vec![]));
    assert_eq!(arns("5"), (vec!["never-matches"], vec![]));
}

#[test]
fn s601_the_old_version_has_no_variables() {
    let old = |members: &str| {
        codes(
            Resource,
            &format!(
                "{{\"Version\":\"2008-10-17\",\"Statement\":{{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"a:b\",{members}}}}}"
            ),
        )
    };
    assert_eq!(old("\"Resource\":\"arn:aws:s3:::${aws\""), ["variable-as-text"]);
    assert_eq!(old("\"Resource\":\"arn:aws:s3:${a}::b\""), ["variable-as-text"]);
    assert_eq!(old("\"Condition\":{\"StringEquals\":{\"k\":\"${\"}}"), ["variable-as-text"]);
    assert_eq!(old("\"Condition\":{\"StringEquals\":{\"${k}\":\"\"}}"), ["variable-as-text"]);
    assert_eq!(old("\"Condition\":{\"NumericEquals\":{\"k\":\"${a}\"}}"), ["invalid-condition-value", "variable-as-text"]);
    assert_eq!(old("\"Sid\":\"${a}\""), ["sid-style", "variable-as-text"]);
    // The version counts wherever it stands.
    let late = "{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"a:b\",\"Resource\":\"arn:aws:s3:::${a}\"},\"Version\":\"2012-10-17\"}";
    let patterns = read(Identity, late).0.unwrap().statements.remove(0).resource.unwrap().patterns;
    assert!(matches!(&patterns[..], [ResourcePattern::Arn(arn)] if matches!(arn.parts[5][..], [Piece::Variable { .. }])));
}

#[test]
fn s809_plain_operators_on_lists() {
    assert_eq!(condition("{\"StringEquals\":{\"AWS:tagkeys\":\"a\"}}").0, ["plain-operator-on-multivalued"]);
    assert_eq!(condition("{\"StringNotLikeIfExists\":{\"aws:PrincipalOrgPaths\":\"a\"}}").0, ["plain-operator-on-multivalued"]);
    assert_eq!(condition("{\"ForAnyValue:StringLike\":{\"aws:TagKeys\":\"a\"},\"Null\":{\"aws:TagKeys\":false}}").0, [""; 0]);
}

#[test]
fn limits_of_documents() {
    let list = |count: usize| format!("[{}]", vec!["\"a:b\""; count].join(","));
    assert_eq!(action(&list(16_384)), ["size-quota"]);
    assert!(action(&list(16_385)).contains(&"limit-exceeded"));
    assert_eq!(value("StringEquals", &list(16_384)).0, ["size-quota"]);
    assert!(value("StringEquals", &list(16_385)).0.contains(&"limit-exceeded"));
    let statements = |count: usize| policy(&vec!["{\"Effect\":\"Deny\",\"Action\":\"a:b\",\"Resource\":\"*\"}"; count].join(","));
    assert_eq!(codes(Identity, &statements(4_096)), ["size-quota"]);
    assert!(codes(Identity, &statements(4_097)).contains(&"limit-exceeded"));
    let long = |bytes: usize| format!("\"a:{}\"", "b".repeat(bytes - 2));
    assert_eq!((action(&long(2_048)), action(&long(2_049))), (vec![], vec!["limit-exceeded"]));
    let stars = |count: usize| format!("\"arn:aws:s3:::{}\"", "a*".repeat(count));
    assert_eq!((resource(Identity, &stars(64)).0, resource(Identity, &stars(65)).0), (vec![], vec!["limit-exceeded"]));
    assert_eq!((value("StringLike", &stars(64)).0, value("ArnLike", &stars(65)).0), (vec![], vec!["limit-exceeded"]));
    let keys =
        |count: usize| format!("{{\"StringEquals\":{{{}}}}}", (0..count).map(|n| format!("\"k{n}\":\"\"")).collect::<Vec<_>>().join(","));
    assert_eq!((condition(&keys(256)).0, condition(&keys(257)).0), (vec![], vec!["limit-exceeded"]));
    let spaces = " ".repeat(1 << 20);
    assert_eq!(codes(Identity, &(statement(Identity, "") + &spaces)), ["limit-exceeded"]);
}
