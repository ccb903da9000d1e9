use super::super::elements::plain_action;
use super::super::operator::{self, BASES};
use super::super::pattern;
use super::super::policy::{Operator, Piece, Qualifier};
use crate::diag::nearest;

/// Pieces as a text that tells them apart: `‹` and `›` around variables.
fn show(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Literal(text) => format!("'{text}'"),
        Piece::Star => "*".to_owned(),
        Piece::AnyChar => "?".to_owned(),
        Piece::Variable { key, default: None } => format!("‹{key}›"),
        Piece::Variable { key, default: Some(default) } => format!("‹{key}|{default}›"),
    };
    pieces.iter().map(one).collect()
}

fn glob(text: &str, variables: bool) -> String {
    pattern::glob(text, variables)
        .map_or_else(|error| format!("error {:?}: {}", error.range, error.message), |pattern| show(&pattern.into_pieces()))
}

fn arn(text: &str, variables: bool) -> String {
    pattern::arn(text, variables)
        .map_or_else(|_| "error".to_owned(), |pattern| pattern.parts.iter().map(|part| show(&part.pieces)).collect::<Vec<_>>().join(" "))
}

#[test]
fn globs() {
    for (text, pieces) in [
        ("", ""),
        ("a", "'a'"),
        ("a*b?c", "'a'*'b'?'c'"),
        ("***", "*"),
        ("*?*", "*?*"),
        ("??", "??"),
        ("$", "'$'"),
        ("$$a$", "'$$a$'"),
        ("a:b", "'a:b'"),
        ("${aws:UserName}", "‹aws:username›"),
        ("a${k}*", "'a'‹k›*"),
        ("${*}", "'*'"),
        ("a${*}b${?}c${$}d", "'a*b?c$d'"),
        ("${$}{x}", "'${x}'"),
        ("${k, 'de fault*}'}", "‹k|de fault*}›"),
        ("${k, ''}", "‹k|›"),
        ("${aws:RequestTag/a-b.c_d}", "‹aws:requesttag/a-b.c_d›"),
        ("é*日", "'é'*'日'"),
        ("{}", "'{}'"),
    ] {
        assert_eq!(glob(text, true), pieces, "{text}");
    }
    assert_eq!(glob("a${*}", false), "'a${'*'}'");
    assert_eq!(glob("${k", false), "'${k'");
}

#[test]
fn malformed_variables_are_found_where_they_stand() {
    for (text, range) in [
        ("${", 0..2),
        ("a${k", 1..4),
        ("${}", 0..3),
        ("${k}${}", 4..7),
        ("${a b}", 0..6),
        ("${k,'x'}", 0..8),
        ("${k, x}", 0..7),
        ("${k, 'x}", 0..8),
        ("${k, 'x' }", 0..10),
        ("${k ,'x'}", 0..9),
        ("${k,  'x'}", 0..10),
        ("${a${b}}", 0..7),
        ("${$$}", 0..5),
        ("${a'b}", 0..6),
        ("${\u{a0}}", 0..5),
    ] {
        let error = pattern::glob(text, true).unwrap_err();
        assert_eq!(error.range, range, "{text}: {}", error.message);
        assert!(pattern::text(text, true).is_err() && pattern::arn(text, true).is_err(), "{text}");
        assert!(pattern::text(text, false).is_ok() && pattern::arn(text, false).is_ok(), "{text}");
    }
}

#[test]
fn arns_are_cut_at_colons_outside_variables() {
    assert_eq!(arn("arn:aws:s3:::b/*", true), "'arn' 'aws' 's3'   'b/'*");
    assert_eq!(arn("arn:aws:x:r:a:b:c:*", true), "'arn' 'aws' 'x' 'r' 'a' 'b:c:'*");
    assert_eq!(arn("arn:aws:s3", true), "'arn' 'aws' 's3'");
    assert_eq!(arn("arn:aws:s3:::${aws:username}", true), "'arn' 'aws' 's3'   ‹aws:username›");
    assert_eq!(arn("arn:aws:s3::${a:b, 'c:d'}:e", true), "'arn' 'aws' 's3'  ‹a:b|c:d› 'e'");
    assert_eq!(arn("arn:aws:s3:::${aws:username}", false), "'arn' 'aws' 's3'   '${aws:username}'");
    assert_eq!(arn("arn:${a:b}", false), "'arn' '${a' 'b}'");
    assert_eq!(arn("", true), "");
}

#[test]
fn texts_have_no_wildcards() {
    assert_eq!(show(&pattern::text("a*b?${*}", true).unwrap()), "'a*b?*'");
    assert_eq!(show(&pattern::text("x${k}*", true).unwrap()), "'x'‹k›'*'");
    assert_eq!(show(&pattern::text("x${k}*", false).unwrap()), "'x${k}*'");
    assert!(pattern::text("", true).unwrap().is_empty());
}

/// The way round the grammar for plain actions gives what the grammar gives.
#[test]
fn plain_actions_are_those_of_the_grammar() {
    let letters = ['a', 'Z', '9', '-', '_', ':', '*', '?', ' ', '.', '$', 'é'];
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..4 {
        let end = texts.len();
        for at in from..end {
            for letter in letters {
                texts.push(texts[at].clone() + letter.encode_utf8(&mut [0; 4]));
            }
        }
        from = end;
    }
    let mut plain = 0;
    for text in texts {
        if let Some(action) = plain_action(&text) {
            plain += 1;
            let parts: Vec<String> =
                pattern::action(&text).unwrap().parts.iter().map(|part| show(&part.pieces).to_ascii_lowercase()).collect();
            assert_eq!(show(&action.pieces), parts.join(":").replace("':'", ":"), "{text}");
        }
    }
    assert!(plain > 200, "{plain}");
}

#[test]
fn every_operator_in_every_letter_case() {
    for (prefix, qualifier) in [("", Qualifier::None), ("ForAllValues:", Qualifier::ForAllValues), ("ForAnyValue:", Qualifier::ForAnyValue)]
    {
        for (name, base) in BASES {
            for (suffix, if_exists) in [("", false), ("IfExists", true)] {
                let usual = format!("{prefix}{name}{suffix}");
                let operator = Operator { qualifier, base: *base, if_exists };
                for text in [usual.clone(), usual.to_ascii_lowercase(), usual.to_ascii_uppercase()] {
                    assert_eq!(operator::operator(&text), Some(operator), "{text}");
                    assert_eq!(operator::parsed(&text), Some(operator), "{text}");
                    assert_eq!(operator::usual_spelling(&text), usual);
                }
                for text in [
                    format!("{usual}x"),
                    format!("x{usual}"),
                    format!("{usual} "),
                    format!(" {usual}"),
                    format!("ForAnyValue:{prefix}{name}s"),
                ] {
                    assert_eq!(operator::operator(&text), None, "{text}");
                }
            }
        }
    }
    for text in [
        "",
        "String",
        "StringNot",
        "Equals",
        "StringNotEqualsNot",
        "NumericLike",
        "NumericNotLessThan",
        "DateEqualsIgnoreCase",
        "NotBool",
        "BoolEquals",
    ] {
        assert_eq!(operator::operator(text), None, "{text}");
    }
    for text in [
        "IfExists",
        "ForAllValues:",
        "ForAllValues",
        "StringEqualsIfExistsIfExists",
        "ForAllValues:ForAnyValue:StringLike",
        "NotIpAddressNot",
        "ArnEqualsIgnoreCase",
    ] {
        assert_eq!(operator::operator(text), None, "{text}");
    }
}

#[test]
fn near_names() {
    assert_eq!(nearest("statement", ["Version", "Statement"]), Some("Statement"));
    assert_eq!(nearest("Resouce", ["Resource", "NotResource"]), Some("Resource"));
    assert_eq!(nearest("Efefct", ["Effect"]), Some("Effect"));
    assert_eq!(nearest("StringEqual", ["StringLike", "StringEquals"]), Some("StringEquals"));
    assert_eq!(nearest("Foo", ["Sid", "Action"]), None);
    assert_eq!(nearest("", ["Sid"]), None);
    assert_eq!(nearest(&"S".repeat(1_000_000), ["Sid"]), None);
}
