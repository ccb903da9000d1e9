use super::*;
use std::collections::HashSet;

fn sources(text: &str) -> (Sources, FileId) {
    let mut sources = Sources::new();
    let file = sources.add("policy.json".to_owned(), text, None);
    (sources, file)
}

fn at(file: FileId, text: &str, what: &str) -> Span {
    let start = text.find(what).unwrap_or_default();
    Span::new(file, start, start + what.len())
}

#[test]
fn codes_are_unique() {
    let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let numbers: HashSet<_> = Code::ALL.iter().map(|code| code.number()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert_eq!(numbers.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(code.number().starts_with("PC") && code.number().len() == 5, "{code:?}");
        assert!(code.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{code:?}");
        assert_eq!(code.severity() == Severity::Error, code.number().starts_with("PC1"), "{code:?}");
    }
}

#[test]
fn lines_and_columns() {
    let (sources, file) = sources("a\r\nbé☃c\n");
    let place = |offset| {
        let place = sources.line_column(file, offset);
        (place.line, place.column)
    };
    assert_eq!(place(0), (1, 1));
    assert_eq!(place(3), (2, 1));
    assert_eq!(place(6), (2, 3));
    assert_eq!(place(7), (2, 3), "inside a character counts as its start");
    assert_eq!(place(9), (2, 4));
    assert_eq!(place(11), (3, 1));
    assert_eq!(place(1_000), (3, 1), "behind the text counts as its end");
    let (empty, file) = self::sources("");
    assert_eq!(empty.line_column(file, 0), LineColumn { line: 1, column: 1 });
    assert_eq!(Sources::new().line_column(FileId(7), 3), LineColumn { line: 1, column: 1 });
}

#[test]
fn order_follows_the_places_that_name_files() {
    let mut sources = Sources::new();
    let world = sources.add("world".to_owned(), "x".repeat(100), None);
    let second = sources.add("second".to_owned(), "x".repeat(100), Some(Span::new(world, 60, 65)));
    let first = sources.add("first".to_owned(), "x".repeat(100), Some(Span::new(world, 20, 25)));
    let inner = sources.add("inner".to_owned(), "x".repeat(100), Some(Span::new(first, 50, 55)));
    let mark = |file, start| Diagnostic::new(Code::DataType, Span::new(file, start, start + 1), format!("{file:?} {start}"));
    let mut found = vec![
        mark(second, 0),
        mark(world, 70),
        mark(first, 60),
        mark(inner, 99),
        mark(first, 50),
        mark(world, 20),
        mark(first, 3),
        mark(world, 0),
        Diagnostic::new(Code::DataType, Span::new(world, 0, 9), "same start, later"),
    ];
    sources.sort(&mut found);
    let order: Vec<_> = found.iter().map(|d| (d.span.file, d.span.start)).collect();
    assert_eq!(order, [(world, 0), (world, 0), (world, 20), (first, 3), (first, 50), (inner, 99), (first, 60), (second, 0), (world, 70)]);
    assert_eq!(found[1].message, "same start, later");
}

#[test]
fn an_excerpt_with_a_label_and_help() {
    let text = "{\n  \"Sid\": \"A\",\n\n\t\"Sid\": \"B\"\n}\n";
    let (sources, file) = sources(text);
    let second = Span::new(file, text.rfind("\"Sid\"").unwrap_or_default(), text.rfind("\"Sid\"").unwrap_or_default() + 5);
    let diagnostic = Diagnostic::new(Code::DuplicateKey, second, "the member `Sid` stands twice")
        .with_label(at(file, text, "\"Sid\""), "first here")
        .with_help("leave one out");
    let expected = "\
error[PC103 duplicate-key]: the member `Sid` stands twice
 --> policy.json:4:2
  |
2 |   \"Sid\": \"A\",
  |   ----- first here
...
4 |     \"Sid\": \"B\"
  |     ^^^^^
  |
  = help: leave one out
";
    assert_eq!(render_text(&sources, &diagnostic, false), expected);
    let coloured = render_text(&sources, &diagnostic, true);
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, escape)) = rest.split_once('\x1b') {
        stripped.push_str(before);
        rest = escape.split_once('m').map_or("", |(_, after)| after);
    }
    assert_eq!(stripped + rest, expected, "colour adds escapes and nothing else");
}

#[test]
fn long_lines_are_cut_to_a_window() {
    let text = format!("[{}\"needle\"{}]", "\"aaaaaaa\",".repeat(2_000), ",\"bbbbbbb\"".repeat(2_000));
    let (sources, file) = sources(&text);
    let shown = render_text(&sources, &Diagnostic::new(Code::DataType, at(file, &text, "\"needle\""), "no"), false);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[3].chars().count() < WIDTH_SEEN, "{shown}");
    let column = |line: &str, what: &str| line.split(what).next().map(|before| before.chars().count());
    assert_eq!(column(lines[3], "\"needle\""), column(lines[4], "^"), "{shown}");
    assert!(lines[4].ends_with("^^^^^^^^"), "{shown}");
    assert!(lines[3].contains("| …") && lines[3].ends_with('…'), "{shown}");
}

const WIDTH_SEEN: usize = 110;

#[test]
fn wide_characters_and_ends_of_texts() {
    let text = "[\"日本\", nope";
    let (sources, file) = sources(text);
    let shown = render_text(&sources, &Diagnostic::new(Code::JsonSyntax, at(file, text, "nope"), "no"), false);
    assert!(shown.ends_with("1 | [\"日本\", nope\n  |          ^^^^\n"), "{shown}");
    let end = Diagnostic::new(Code::JsonSyntax, Span::new(file, text.len(), text.len()), "the text ends");
    let shown = render_text(&sources, &end, false);
    assert!(shown.ends_with("  |              ^\n"), "{shown}");
}

#[test]
fn an_error_at_the_end_of_a_line_with_a_label_draws_the_line_once() {
    let text = "{\"a\": [1";
    let (sources, file) = sources(text);
    let diagnostic =
        Diagnostic::new(Code::JsonSyntax, Span::new(file, 8, 8), "the text ends").with_label(Span::new(file, 6, 7), "opened here");
    let shown = render_text(&sources, &diagnostic, false);
    assert!(shown.ends_with("1 | {\"a\": [1\n  |       - opened here\n  |         ^\n"), "{shown}");
}

#[test]
fn two_places_far_apart_on_one_line_have_no_gap_between_them() {
    let text = format!("[1, {}2]", "\"aaaaaaa\",".repeat(100));
    let (sources, file) = sources(&text);
    let diagnostic = Diagnostic::new(Code::DataType, at(file, &text, "2"), "no").with_label(at(file, &text, "1"), "here");
    let shown = render_text(&sources, &diagnostic, false);
    assert_eq!(shown.matches("1 | ").count(), 2, "{shown}");
    assert!(!shown.contains("..."), "{shown}");
}

#[test]
fn nothing_acts_on_the_terminal() {
    let text = "[\"\u{202e}\u{1b}[31m\"]";
    let (sources, file) = sources(text);
    let diagnostic =
        Diagnostic::new(Code::DataType, Span::new(file, 1, text.len()), format!("no {}", quoted("a\u{1b}b\n"))).with_help("x\u{202e}y");
    let shown = render_text(&sources, &diagnostic, false);
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    assert!(shown.contains("`a\\u{1b}b\\u{a}`"), "{shown}");
    assert_eq!(quoted(&"x".repeat(1_000)).chars().count(), 83);
}

#[test]
fn labels_in_other_files() {
    let mut sources = Sources::new();
    let world = sources.add("world.json".to_owned(), "{\"a\": \"p.json\"}", None);
    let policy = sources.add("p.json".to_owned(), "{}", Some(Span::new(world, 6, 14)));
    let diagnostic =
        Diagnostic::new(Code::MissingStatement, Span::new(policy, 1, 2), "no").with_label(Span::new(world, 6, 14), "named here");
    let shown = render_text(&sources, &diagnostic, false);
    assert_eq!(
        shown,
        "error[PC107 missing-statement]: no\n --> p.json:1:2\n  |\n1 | {}\n  |  ^\n ::: world.json:1:7\n  |\n1 | {\"a\": \"p.json\"}\n  |       -------- named here\n"
    );
}

#[test]
fn the_machine_form() {
    let text = "{\n\"é\": 1}";
    let (sources, file) = sources(text);
    let found =
        machine(&sources, &Diagnostic::new(Code::UnknownElement, at(file, text, "1"), "no").with_label(at(file, text, "\"é\""), "here"));
    assert_eq!((found.code, found.id, found.severity), ("unknown-element", "PC102", "error"));
    assert_eq!((found.line, found.column, found.offset, found.end), (2, 6, 8, 9));
    assert_eq!((found.labels[0].line, found.labels[0].column, found.labels[0].offset), (2, 1, 2));
}

#[test]
fn columns_count_characters_across_blocks() {
    let line = "aé".repeat(3000);
    let mut sources = Sources::new();
    let file = sources.add("long.json".to_owned(), format!("x\n{line}\nend"), None);
    // Each "aé" has three bytes and two characters; line 2 begins at byte 2.
    for pair in [0, 1, 341, 342, 1023, 2999] {
        let at = sources.line_column(file, 2 + pair * 3);
        assert_eq!((at.line, at.column), (2, pair * 2 + 1));
    }
    assert_eq!(sources.line_column(file, 2 + 9000).column, 6001);
    assert_eq!(sources.line_column(file, 2 + 9001).line, 3);
}
