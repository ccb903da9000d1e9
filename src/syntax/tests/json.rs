use super::super::explain::walk;
use super::*;

fn parse(text: &str) -> Result<Tree<'_>, Diagnostic> {
    Tree::parse(FileId(0), text, 0..text.len(), &Limits::default())
}

fn refusal(text: &str) -> (&'static str, u32) {
    match parse(text) {
        Ok(_) => ("accepted", 0),
        Err(error) => (error.code.as_str(), error.span.start),
    }
}

#[test]
fn a_tree_keeps_kinds_places_and_texts() {
    let text = " {\"a\" : [1, -2.50e3, true, null, \"x\\u0041\\n\"], \"b\\u00e9\":{}} ";
    let tree = parse(text).unwrap();
    let root = tree.root();
    assert_eq!((root.kind(), root.len(), root.span().start, root.span().end as usize), (Kind::Object, 2, 1, text.len() - 1));
    assert_eq!(&text[root.close_span().range()], "}");
    let list = root.member("a").unwrap();
    assert_eq!((list.kind(), list.len()), (Kind::Array, 5));
    let kinds: Vec<Kind> = list.items().map(Node::kind).collect();
    assert_eq!(kinds, [Kind::Number, Kind::Number, Kind::Bool, Kind::Null, Kind::String]);
    let items: Vec<Node<'_>> = list.items().collect();
    assert_eq!(items[1].number_text(), Some("-2.50e3"));
    assert_eq!(items[2].as_bool(), Some(true));
    assert_eq!(items[4].as_str(), Some("xA\n"));
    assert!(items[4].has_escapes() && items[4].source() == "\"x\\u0041\\n\"");
    let second = root.members().nth(1).unwrap();
    assert_eq!((second.key, &text[second.key_span.range()]), ("bé", "\"b\\u00e9\""));
    assert!(second.value.is_empty() && second.value.members().next().is_none() && second.value.items().next().is_none());
    assert!(root.member("c").is_none() && root.as_str().is_none() && list.members().next().is_none());
}

#[test]
fn a_part_of_a_text_keeps_the_places_of_the_whole() {
    let text = "xx [\"é\", \"b\"] yy";
    let tree = Tree::parse(FileId(3), text, 2..15, &Limits::default()).unwrap();
    let b = tree.root().items().nth(1).unwrap();
    assert_eq!((&text[b.span().range()], b.span().file), ("\"b\"", FileId(3)));
    assert!(Tree::parse(FileId(0), text, 0..4_000, &Limits::default()).is_err());
}

#[test]
fn what_is_not_json_is_refused_where_it_stops() {
    for (text, at) in [
        ("", 0),
        ("  ", 2),
        ("\u{feff}{}", 0),
        ("{} x", 3),
        ("{}{}", 2),
        ("[1,]", 3),
        ("{\"a\":1,}", 7),
        ("{\"a\" 1}", 5),
        ("{a:1}", 1),
        ("[01]", 1),
        ("[1.]", 1),
        ("[+1]", 1),
        ("[.5]", 1),
        ("[NaN]", 1),
        ("[Infinity]", 1),
        ("[tru]", 1),
        ("['a']", 1),
        ("[\"a]", 1),
        ("[\"\\x\"]", 2),
        ("[\"\\u12g4\"]", 2),
        ("[\"a\tb\"]", 3),
        ("[\"a\\\nb\"]", 4),
        ("[\"\u{1}\"]", 2),
        ("[1 2]", 3),
        ("[\u{a0}1]", 1),
        ("[1]]", 3),
        ("[1", 2),
        ("{\"a\":{}", 7),
        ("// c\n{}", 0),
        ("[\"\\ud800\"]", 2),
        ("[\"x\\ud83d\\u0041\"]", 3),
        ("[\"\\udc00\\ud800\"]", 2),
    ] {
        assert_eq!(refusal(text), ("json-syntax", at), "{text:?}");
    }
    for text in [
        "{}",
        "[]",
        "1",
        "\"\"",
        "[\"\\ud83d\\ude00\"]",
        "[\"\u{7f}\u{2028}\"]",
        "\t[ 0 ,\r\n-0.0E+9 ]",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
    ] {
        assert!(parse(text).is_ok(), "{text:?}");
    }
}

#[test]
fn limits_hold_at_their_edges() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(&nested(32)).is_ok());
    assert_eq!(refusal(&nested(33)), ("limit-exceeded", 32));
    assert_eq!(refusal(&"[".repeat(1_000_000)), ("limit-exceeded", 32));
    assert!(parse(&format!("[\"{}\"]", "[".repeat(1_000))).is_ok(), "brackets in a string do not nest");
    let deep = Limits { nesting: usize::MAX, ..Limits::default() };
    let text = nested(Limits::NESTING_MAX);
    assert!(Tree::parse(FileId(0), &text, 0..text.len(), &deep).is_ok());
    let text = nested(Limits::NESTING_MAX + 1);
    assert!(Tree::parse(FileId(0), &text, 0..text.len(), &deep).is_err());

    let string = |bytes: usize| format!("[\"{}\"]", "x".repeat(bytes));
    assert!(parse(&string(65_536)).is_ok());
    assert_eq!(refusal(&string(65_537)), ("limit-exceeded", 1));
    assert!(parse(&format!("[\"{}\"]", "\\u0041".repeat(65_536))).is_ok(), "escapes count as what they stand for");

    let keys = |count: usize| format!("{{{}}}", (0..count).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(","));
    assert!(parse(&keys(65_536)).is_ok());
    assert_eq!(refusal(&keys(65_537)), ("limit-exceeded", 0));
}

#[test]
fn duplicate_keys_are_found_at_every_depth_and_after_unescaping() {
    let text = "{\"a\":[{\"x\":1,\"y\":2,\"\\u0078\":3}],\"b\":{\"a\":1},\"a\":{}}";
    let tree = parse(text).unwrap();
    let mut found = Vec::new();
    duplicate_keys(tree.root(), &mut found);
    let places: Vec<(u32, u32)> = found.iter().map(|d| (d.span.start, d.labels[0].0.start)).collect();
    assert_eq!(places, [(44, 1), (19, 7)], "{text}");
    assert!(found.iter().all(|d| d.code == Code::DuplicateKey));

    let many: Vec<String> = (0..65_000).map(|n| format!("\"{}\":0", n % 64_999)).collect();
    let text = format!("{{{}}}", many.join(","));
    let tree = parse(&text).unwrap();
    let mut found = Vec::new();
    duplicate_keys(tree.root(), &mut found);
    assert_eq!(found.len(), 1);
    assert_eq!((&text[found[0].span.range()], found[0].labels[0].0.start), ("\"0\"", 1));
}

/// The walk that explains a refusal and the grammar accept the same texts (lone surrogates apart, which both let pass).
#[test]
fn the_walk_and_the_grammar_agree() {
    let check = |text: &str| {
        let accepted = match parse(text) {
            Ok(_) => true,
            Err(error) => error.code == Code::JsonSyntax && error.message.contains("surrogate"),
        };
        let scanned = super::super::scan::scan(FileId(0), text, 0, &Limits::default()).is_ok();
        assert_eq!(accepted, scanned && walk(text).is_none(), "{text:?}");
    };
    let alphabet = ['{', '}', '[', ']', ',', ':', '"', '\\', 'u', '0', '1', '-', '.', 'e', ' ', 'é'];
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..4 {
        let end = texts.len();
        for at in from..end {
            for letter in alphabet {
                texts.push(texts[at].clone() + letter.encode_utf8(&mut [0; 4]));
            }
        }
        from = end;
    }
    texts.iter().for_each(|text| check(text));
    let sample = "{\"a\": [1, -0.5e+7, \"x\\n\\u00e9\\\"\", true, false, null, {}], \"b\": {\"c\": []}} ";
    for at in 0..sample.len() {
        let (head, tail) = sample.split_at(at);
        check(head);
        check(&format!("{head}{}", &tail[1..]));
        for letter in alphabet.iter().chain(&['\n', '\u{1}', 't', '}']) {
            check(&format!("{head}{letter}{tail}"));
            check(&format!("{head}{letter}{}", &tail[1..]));
        }
    }
}

#[test]
fn pointers_lead_to_the_innermost_value() {
    let text = "{\"a/b\": [10, {\"~\": 2}], \"c\": 3}";
    for (what, pointer) in
        [("10", "/a~1b/0"), ("2}", "/a~1b/1/~0"), ("\"~\"", "/a~1b/1/~0"), ("3", "/c"), ("\"c\"", "/c"), ("[10", "/a~1b"), ("{\"a", "")]
    {
        let at = u32::try_from(text.find(what).unwrap()).unwrap();
        assert_eq!(pointer_at(text, at), pointer, "{what}");
    }
    let text = r#"{"a": [1, {"b": 2}, 3], "c~/": "x"}"#;
    let offsets: Vec<u32> = (0..u32::try_from(text.len()).unwrap()).rev().collect();
    let one_by_one: Vec<String> = offsets.iter().map(|offset| pointer_at(text, *offset)).collect();
    assert_eq!(pointers_at(text, &offsets), one_by_one);
    assert_eq!(pointer_at(text, 16), "/a/1/b");
    assert_eq!(pointer_at("[", 0), "");
}

#[test]
fn bytes_that_are_not_text() {
    let mut sources = Sources::new();
    let (file, error) = add_file(&mut sources, "a".to_owned(), b"{\n \"\xff\"}".to_vec(), None);
    let span = error.map(|error| error.span).unwrap();
    let place = sources.line_column(file, span.start);
    assert_eq!((place.line, place.column, sources.text(span)), (2, 3, "\u{fffd}"));
    let (file, error) = add_file(&mut sources, "b".to_owned(), "é".as_bytes().to_vec(), None);
    assert_eq!((error, sources.file(file).text()), (None, "é"));
}
