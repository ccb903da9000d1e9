//! Operators, variables and patterns (sections 5 and 6), and the limits of a request.

use super::{Context, decide, get};
use crate::format::{ATOM_IF_EXISTS, AtomKind, NONE, NetworkRecord, OperandKind, Qualifier, SectionKind, U32};
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue};
use AtomKind::*;
use ContextValue::{Many, One};

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
