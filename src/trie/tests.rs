//! The action line against plain pattern matching, tries against plain comparison, and the space bound of fragments.

use super::actions::ActionLine;
use super::fragment;
use super::radix::{Entry, LocalTrie};
use crate::ir::{self, ActionTest, Atom, Program};
use crate::syntax::policy::{
    ActionElement, ActionPattern, ArnPattern, Document, Effect, Piece, ResourceElement, ResourcePattern, Statement, Version,
};

/// A pattern from its text; `*` and `?` are wildcards.
fn pattern(text: &str) -> ActionPattern {
    let mut pieces = Vec::new();
    for c in text.chars() {
        match (c, pieces.last_mut()) {
            ('*', Some(Piece::Star)) => {}
            ('*', _) => pieces.push(Piece::Star),
            ('?', _) => pieces.push(Piece::AnyChar),
            (c, Some(Piece::Literal(literal))) => literal.push(c),
            (c, _) => pieces.push(Piece::Literal(c.to_string())),
        }
    }
    ActionPattern { pieces }
}

/// The recursive definition of a glob.
fn matches(pieces: &[Piece], text: &str) -> bool {
    match pieces {
        [] => text.is_empty(),
        [Piece::Star, rest @ ..] => text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| matches(rest, &text[at..])),
        [Piece::AnyChar, rest @ ..] => text.chars().next().is_some_and(|c| matches(rest, &text[c.len_utf8()..])),
        [Piece::Literal(literal), rest @ ..] => text.strip_prefix(literal.as_str()).is_some_and(|text| matches(rest, text)),
        [Piece::Variable { .. }, ..] => false,
    }
}

fn action_id(line: &ActionLine, action: &str) -> u32 {
    u32::try_from(line.bounds().filter(|(bound, _)| *bound <= action).count()).unwrap() - 1
}

const PATTERNS: [&str; 14] = [
    "*",
    "s3:*",
    "s3:get*",
    "s3:getobject",
    "s3:get*tagging",
    "s3:g?tobject",
    "sqs:*",
    "*:describe*",
    "s3:getobject\u{10FFFF}*",
    "s3:getobjectacl",
    "é:a",
    "é:*",
    "\u{D7FF}:*",
    "s?:get*",
];

const ACTIONS: [&str; 16] = [
    "s3:getobject",
    "s3:getobjectacl",
    "s3:getobjecttagging",
    "s3:getobjec",
    "s3:gat",
    "s3:put",
    "sqs:describex",
    "ec2:describe",
    "a:b",
    "é:a",
    "é:ab",
    "\u{D7FF}:x",
    "\u{E000}:x",
    "s3:getobject\u{10FFFF}x",
    "s3:getobject\0",
    "zz:z",
];

#[test]
fn runs_say_what_the_patterns_say() {
    let patterns: Vec<_> = PATTERNS.iter().map(|text| pattern(text)).collect();
    for first in 0..patterns.len() {
        for second in 0..patterns.len() {
            for negated in [false, true] {
                let test = ActionTest { negated, patterns: vec![patterns[first].clone(), patterns[second].clone()] };
                // Other patterns cut the line too; that must not change the answer.
                let all = ActionTest { negated: false, patterns: patterns.clone() };
                for line in [ActionLine::new([&test].into_iter()), ActionLine::new([&test, &all].into_iter())] {
                    let runs = line.runs(&test);
                    assert!(runs.windows(2).all(|pair| pair[0].1 <= pair[1].0), "runs are disjoint");
                    for action in ACTIONS {
                        let id = action_id(&line, action);
                        let expected = test.patterns.iter().any(|pattern| matches(&pattern.pieces, action)) != negated;
                        let found = match runs.iter().find(|run| run.0 <= id && id < run.1) {
                            None => false,
                            Some((_, _, false)) => true,
                            Some((_, _, true)) => expected,
                        };
                        assert_eq!(found, expected, "{PATTERNS:?}[{first}, {second}] negated {negated} on {action:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn only_globs_stay_open() {
    let line = ActionLine::new([&ActionTest { negated: false, patterns: PATTERNS.map(pattern).to_vec() }].into_iter());
    for text in PATTERNS {
        let inner_wildcard = text.trim_end_matches('*').contains(['*', '?']);
        assert_eq!(line.interval(&pattern(text)).exact, !inner_wildcard, "{text}");
    }
}

/// What a look-up in the trie finds, as `portcullis_runtime::format::CellRecord` describes it.
fn look_up(trie: &LocalTrie<u32>, text: &str) -> Vec<u32> {
    let (mut found, mut index, mut at) = (Vec::new(), 0, 0);
    loop {
        let node = &trie.nodes[index];
        let label = &trie.keys[node.key].as_bytes()[node.start..node.end];
        if !text.as_bytes()[at..].starts_with(label) {
            break;
        }
        at += label.len();
        found.extend(&node.prefix);
        if at == text.len() {
            found.extend(&node.exact);
            break;
        }
        let children = node.first_child..node.first_child + node.child_count;
        let next = text.as_bytes()[at];
        let Some(child) = children.into_iter().find(|child| {
            let child = &trie.nodes[*child];
            trie.keys[child.key].as_bytes()[child.start] == next
        }) else {
            break;
        };
        index = child;
    }
    found.sort_unstable();
    found
}

#[test]
fn tries_find_what_comparison_finds() {
    let texts = ["", "a", "ab", "abc", "abd", "b", "ba", "é", "éa", "è", "abcdef", "abcxyz"];
    for mask in 1u32..1 << texts.len() {
        let chosen: Vec<usize> = (0..texts.len()).filter(|index| mask >> index & 1 == 1).collect();
        let entries: Vec<_> = chosen
            .iter()
            .flat_map(|&index| {
                let id = u32::try_from(index).unwrap();
                // Every third text both ends and goes on.
                let entry = |exact, value| Entry { key: texts[index].to_owned(), exact, value };
                if index % 3 == 0 { vec![entry(true, id), entry(false, id + 100)] } else { vec![entry(index % 2 == 0, id)] }
            })
            .collect();
        let trie = LocalTrie::build(entries.clone());
        for text in ["", "a", "ab", "abc", "abcd", "abcdef", "abcdefg", "abx", "b", "c", "é", "éa", "èb", "ê"] {
            let mut expected: Vec<u32> = entries
                .iter()
                .filter(|entry| if entry.exact { entry.key == text } else { text.starts_with(&entry.key) })
                .map(|entry| entry.value)
                .collect();
            expected.sort_unstable();
            assert_eq!(look_up(&trie, text), expected, "{text:?} in {entries:?}");
        }
    }
}

fn document(statements: Vec<(Vec<&str>, usize)>) -> Program {
    let statements = statements
        .into_iter()
        .map(|(actions, resources)| Statement {
            span: crate::diag::Span { file: crate::diag::FileId(0), start: 0, end: 0 },
            sid: None,
            effect: Effect::Allow,
            principal: None,
            action: ActionElement { negated: false, patterns: actions.into_iter().map(pattern).collect() },
            resource: Some(ResourceElement {
                negated: false,
                patterns: (0..resources)
                    .map(|resource| {
                        let literal = |text: &str| vec![Piece::Literal(text.to_owned())];
                        ResourcePattern::Arn(ArnPattern {
                            parts: [literal("arn"), literal("aws"), literal("s3"), vec![], vec![], literal(&format!("b{resource}"))],
                        })
                    })
                    .collect(),
                written_variables: Vec::new(),
            }),
            conditions: Vec::new(),
        })
        .collect();
    ir::lower([&Document { version: Version::V2012, statements }].to_vec()).unwrap()
}

fn entries(program: &Program) -> (usize, usize, bool) {
    let fragment = built(program, usize::MAX);
    (fragment.cells.len(), fragment.cells.iter().map(count).sum(), fragment.any_action.is_some())
}

fn count(cell: &super::cells::LocalCell) -> usize {
    cell.star.len() + cell.tries.iter().flat_map(|(_, trie)| &trie.nodes).map(|node| node.exact.len() + node.prefix.len()).sum::<usize>()
}

fn built(program: &Program, sweep_max: usize) -> fragment::LocalFragment {
    let document = &program.documents[0];
    let tests = document.statements.iter().filter_map(|statement| match program.atoms.get(statement.action) {
        Some(Atom::Action(test)) => Some(test),
        _ => None,
    });
    let line = ActionLine::new(tests);
    fragment::build_within(sweep_max, &program.atoms, &line, document)
}

#[test]
fn what_cannot_be_swept_is_still_indexed_by_resource() {
    let program = document(vec![(vec!["s3:get*"], 3), (vec!["s3:getobject"], 2)]);
    let fragment = built(&program, 0);
    assert!(fragment.cells.is_empty() && fragment.ranges.is_empty());
    assert_eq!(fragment.any_action.as_ref().map(count), Some(5));
}

#[test]
fn small_documents_are_indexed_by_action() {
    assert_eq!(entries(&document(vec![(vec!["s3:get*", "s3:put*"], 3), (vec!["s3:getobject"], 1)])), (2, 7, false));
}

#[test]
fn one_statement_is_one_cell_however_long_its_lists() {
    let actions: Vec<String> = (0..500).map(|index| format!("s3:action{index}")).collect();
    let program = document(vec![(actions.iter().map(String::as_str).collect(), 80)]);
    assert_eq!(entries(&program), (1, 80, false));
}

#[test]
fn overlapping_statements_move_to_the_any_action_cell() {
    let actions: Vec<String> = (1..=200).map(|length| format!("s3:{}*", "a".repeat(length))).collect();
    let statements: Vec<_> = actions.iter().map(|action| (vec![action.as_str()], 20)).collect();
    let (_, entries, any_action) = entries(&document(statements));
    // By action alone there would be 200 * 201 / 2 * 20 = 402,000 entries.
    assert!(any_action);
    assert!(entries <= 4 * 200 * 21 + 64, "{entries}");
}
