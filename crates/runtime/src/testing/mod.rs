//! A small bundle writer for tests: what the compiler writes, without its optimizations.
//!
//! A description runs twice over a [`Builder`]. The first run collects strings, keys, action bounds and principal keys; the second, which knows
//! their ids, writes records. So a description names things by their text.
//!
//! `write` makes bytes of the records, `world` describes the world that most tests share, `sample` one with something in every section.

mod cold_section;
mod sample;
mod world;
mod write;

pub(crate) use sample::*;
pub(crate) use world::*;
pub(crate) use write::*;

use crate::format::*;
use crate::views::record_bytes;
use std::collections::{BTreeMap, BTreeSet};
use zerocopy::{Immutable, IntoBytes};

pub(crate) const SEED: u64 = 7;

/// An operand by its fields.
pub(crate) type Operand = (OperandKind, u32, u32);

/// Parts 2 to 5 of an ARN, and the entries of their trie: text, whether it applies to longer ones too, and what it leads to.
pub(crate) type Trie<'a> = ([&'a str; 4], Vec<(&'a str, bool, u32)>);

pub(crate) struct Builder {
    kind: BundleKind,
    seed: u64,
    writes: bool,
    strings: BTreeSet<String>,
    keys: BTreeSet<String>,
    /// Text and whether it is a literal.
    bounds: BTreeMap<String, bool>,
    principals: BTreeSet<(u32, String)>,
    sections: BTreeMap<SectionKind, Vec<u8>>,
    pub(crate) explanations: cold::Explanations,
    /// How atoms are written: operator, key and values.
    spelled: BTreeMap<u32, (String, String, Vec<String>)>,
}

/// One statement of a description.
pub(crate) struct Statement {
    pub(crate) deny: bool,
    /// An atom.
    pub(crate) action: u32,
    /// An atom, or `NONE`.
    pub(crate) resource: u32,
    /// An element, or `NONE`.
    pub(crate) principal: u32,
    pub(crate) conditions: Vec<u32>,
    pub(crate) sid: Option<&'static str>,
}

/// One statement by its texts, which an index can be made for.
pub(crate) struct Indexed<'a> {
    pub(crate) deny: bool,
    /// Literals and prefixes.
    pub(crate) actions: &'a [&'a str],
    /// An ARN, with a star at its end for all that begin with it; `None` for every resource.
    pub(crate) resource: Option<&'a str>,
    /// An element, or `NONE`.
    pub(crate) principal: u32,
    pub(crate) conditions: Vec<u32>,
}

fn id_of<T: Ord>(set: &BTreeSet<T>, item: &T) -> u32 {
    u32::try_from(set.iter().position(|other| other == item).unwrap()).unwrap()
}

impl Builder {
    pub(crate) fn push<T: IntoBytes + Immutable>(&mut self, kind: SectionKind, record: &T) -> u32 {
        assert_eq!(size_of::<T>(), record_bytes(kind));
        let bytes = self.sections.entry(kind).or_default();
        let id = bytes.len() / size_of::<T>();
        bytes.extend_from_slice(record.as_bytes());
        u32::try_from(id).unwrap()
    }

    fn count(&self, kind: SectionKind) -> u32 {
        u32::try_from(self.sections.get(&kind).map_or(0, Vec::len) / record_bytes(kind)).unwrap()
    }

    pub(crate) fn symbol(&mut self, text: &str) -> u32 {
        if self.writes {
            return id_of(&self.strings, &text.to_string());
        }
        self.strings.insert(text.to_string());
        0
    }

    pub(crate) fn slot(&mut self, key: &str) -> u32 {
        let key = key.to_ascii_lowercase();
        if self.writes {
            return id_of(&self.keys, &key);
        }
        self.keys.insert(key.clone());
        self.symbol(&key);
        if let (_, Some(tag)) = Derivation::of_key(&key) {
            self.symbol(tag);
        }
        0
    }

    fn bound(&mut self, text: &str, literal: bool) -> u32 {
        if self.writes {
            return u32::try_from(self.bounds.keys().position(|other| other == text).unwrap()).unwrap();
        }
        *self.bounds.entry(text.to_string()).or_default() |= literal;
        self.symbol(text);
        0
    }

    /// First and past-the-end action id of a literal, a `prefix*` or `*`.
    pub(crate) fn interval(&mut self, pattern: &str) -> (u32, u32) {
        let pattern = pattern.to_ascii_lowercase();
        let Some(prefix) = pattern.strip_suffix('*') else {
            return (self.bound(&pattern, true), self.bound(&format!("{pattern}\0"), false));
        };
        let first = self.bound(prefix, false);
        let Some(last) = prefix.bytes().last() else { return (first, u32::try_from(self.bounds.len()).unwrap()) };
        let successor = format!("{}{}", &prefix[..prefix.len() - 1], char::from(last + 1));
        (first, self.bound(&successor, false))
    }

    pub(crate) fn action(&mut self, patterns: &[&str], flags: u32) -> u32 {
        let mut operands = Vec::new();
        for pattern in patterns {
            let inner = pattern.trim_end_matches('*');
            operands.push(if inner.contains(['*', '?']) {
                self.glob(&pattern.to_ascii_lowercase())
            } else {
                let (first, end) = self.interval(pattern);
                (OperandKind::ActionInterval, first, end)
            });
        }
        self.atom(AtomKind::Action, Qualifier::None, flags, None, &operands)
    }

    pub(crate) fn resource(&mut self, patterns: &[&str], flags: u32) -> u32 {
        let mut operands = Vec::new();
        for pattern in patterns {
            operands.push(if *pattern == "*" { (OperandKind::AllResources, 0, 0) } else { self.arn(pattern) });
        }
        self.atom(AtomKind::Resource, Qualifier::None, flags, None, &operands)
    }

    /// `*`, `?`, `${key}` and `${key, 'default'}`.
    fn pieces(&mut self, pattern: &str) -> (u32, u32) {
        let first = self.count(SectionKind::Pieces);
        let mut rest = pattern;
        let mut len = 0;
        while let Some(character) = rest.chars().next() {
            let (kind, a, b, taken) = match character {
                '*' => (PieceKind::Star, 0, 0, 1),
                '?' => (PieceKind::AnyChar, 0, 0, 1),
                '$' => {
                    let end = rest.find('}').unwrap();
                    let (name, default) = match rest[2..end].split_once(", '") {
                        Some((name, default)) => (name, Some(default.trim_end_matches('\''))),
                        None => (&rest[2..end], None),
                    };
                    let (name, default) = (name.to_string(), default.map(ToString::to_string));
                    let default = default.map_or(NONE, |default| self.symbol(&default));
                    (PieceKind::Variable, self.slot(&name), default, end + 1)
                }
                _ => {
                    let end = rest.find(['*', '?', '$']).unwrap_or(rest.len());
                    (PieceKind::Literal, self.symbol(&rest[..end]), 0, end)
                }
            };
            self.push(SectionKind::Pieces, &PieceRecord { kind: U32::new(kind as u32), a: U32::new(a), b: U32::new(b) });
            len += 1;
            rest = &rest[taken..];
        }
        (first, len)
    }

    pub(crate) fn glob(&mut self, pattern: &str) -> Operand {
        let (first, len) = self.pieces(pattern);
        (OperandKind::Glob, first, len)
    }

    pub(crate) fn arn(&mut self, pattern: &str) -> Operand {
        let mut parts = [PieceRange { first: U32::ZERO, len: U32::ZERO }; 6];
        for (part, text) in parts.iter_mut().zip(pattern.splitn(6, ':')) {
            let (first, len) = self.pieces(text);
            *part = PieceRange { first: U32::new(first), len: U32::new(len) };
        }
        (OperandKind::Arn, self.push(SectionKind::ArnPatterns, &ArnPatternRecord { parts }), 0)
    }

    pub(crate) fn text(&mut self, text: &str) -> Operand {
        (OperandKind::Text, self.symbol(text), 0)
    }

    pub(crate) fn atom(&mut self, kind: AtomKind, qualifier: Qualifier, flags: u32, key: Option<&str>, operands: &[Operand]) -> u32 {
        let slot = key.map_or(NONE, |key| self.slot(key));
        let mut operands = operands.to_vec();
        operands.sort();
        let first = self.count(SectionKind::Operands);
        for (kind, a, b) in &operands {
            self.push(SectionKind::Operands, &OperandRecord { kind: U32::new(*kind as u32), a: U32::new(*a), b: U32::new(*b) });
        }
        let texts = operands.iter().filter(|(kind, _, _)| *kind == OperandKind::Text).count();
        let word = |number: usize| U32::new(u32::try_from(number).unwrap());
        self.push(
            SectionKind::Atoms,
            &AtomRecord {
                kind: U32::new(kind as u32),
                qualifier: U32::new(qualifier as u32),
                flags: U32::new(flags),
                slot: U32::new(slot),
                first: U32::new(first),
                len: word(operands.len()),
                texts: word(texts),
            },
        )
    }

    /// The atom, which its statements write so.
    pub(crate) fn spelled(&mut self, atom: u32, operator: &str, key: &str, values: &[&str]) -> u32 {
        let values = values.iter().map(ToString::to_string).collect();
        self.spelled.insert(atom, (operator.to_string(), key.to_string(), values));
        atom
    }

    pub(crate) fn element(&mut self, negated: bool, entries: &[(PrincipalTag, &str)]) -> u32 {
        let mut members = BTreeSet::new();
        for (tag, text) in entries {
            self.symbol(text);
            let entry = (*tag as u32, (*text).to_string());
            if self.writes {
                members.insert(id_of(&self.principals, &entry));
            } else {
                self.principals.insert(entry);
            }
        }
        let first = self.count(SectionKind::PrincipalMembers);
        for member in &members {
            self.push(SectionKind::PrincipalMembers, &U32::new(*member));
        }
        let len = u32::try_from(members.len()).unwrap();
        let flags = if negated { PRINCIPAL_NEGATED } else { 0 };
        let record = PrincipalElementRecord { flags: U32::new(flags), first: U32::new(first), len: U32::new(len) };
        self.push(SectionKind::PrincipalElements, &record)
    }

    /// A chain of tests and an emission for each statement.
    pub(crate) fn dag(&mut self, statements: &[(&[u32], &Statement)]) -> u32 {
        let root = self.count(SectionKind::DagNodes);
        for (number, (tests, statement)) in statements.iter().enumerate() {
            let start = self.count(SectionKind::DagNodes);
            let emission = start + u32::try_from(tests.len()).unwrap();
            let next = if number + 1 == statements.len() { END } else { emission + 1 };
            for (place, atom) in (start..).zip(*tests) {
                self.node(*atom, place + 1, next);
            }
            let word = NODE_EMIT | if statement.deny { NODE_DENY } else { 0 };
            self.node(word, statement.principal, next);
        }
        if statements.is_empty() { END } else { root }
    }

    fn node(&mut self, word: u32, high: u32, low: u32) {
        let node = DagNode { word: U32::new(word), high: U32::new(high), low: U32::new(low), cost: U32::ZERO };
        self.push(SectionKind::DagNodes, &node);
    }

    pub(crate) fn statements(&mut self, statements: &[Statement]) -> (u32, u32) {
        let first = self.count(SectionKind::Statements);
        for (index, statement) in (0..).zip(statements) {
            let sid = statement.sid.map(ToString::to_string);
            self.explanations.statements.push(cold::StatementOrigin { place: 0, index, sid, lines_down: index, column: 3, written: 0 });
            let conditions_first = self.count(SectionKind::StatementConditions);
            for condition in &statement.conditions {
                self.push(SectionKind::StatementConditions, &U32::new(*condition));
            }
            let record = StatementRecord {
                flags: U32::new(if statement.deny { STATEMENT_DENY } else { 0 }),
                action: U32::new(statement.action),
                resource: U32::new(statement.resource),
                principal: U32::new(statement.principal),
                conditions_first: U32::new(conditions_first),
                conditions_len: U32::new(u32::try_from(statement.conditions.len()).unwrap()),
            };
            self.push(SectionKind::Statements, &record);
        }
        (first, u32::try_from(statements.len()).unwrap())
    }

    pub(crate) fn fragment(&mut self, ranges: &[(u32, u32)], any_action_cell: u32, statements: (u32, u32)) -> u32 {
        let ranges_first = self.count(SectionKind::ActionRanges);
        for (first_action, cell) in ranges {
            self.push(SectionKind::ActionRanges, &ActionRange { first_action: U32::new(*first_action), cell: U32::new(*cell) });
        }
        let record = FragmentRecord {
            ranges_first: U32::new(ranges_first),
            ranges_len: U32::new(u32::try_from(ranges.len()).unwrap()),
            any_action_cell: U32::new(any_action_cell),
            statements_first: U32::new(statements.0),
            statements_len: U32::new(statements.1),
            flags: U32::new(FRAGMENT_DENIES),
        };
        self.push(SectionKind::Fragments, &record)
    }

    /// A fragment without indexes: everything hangs in one cell for every action.
    pub(crate) fn plain_fragment(&mut self, statements: &[Statement]) -> u32 {
        let tests: Vec<Vec<u32>> = statements
            .iter()
            .map(|statement| {
                let elements = [statement.action, statement.resource].into_iter().filter(|atom| *atom != NONE);
                elements.chain(statement.conditions.iter().copied()).collect()
            })
            .collect();
        let chain: Vec<(&[u32], &Statement)> = tests.iter().map(Vec::as_slice).zip(statements).collect();
        let star = self.dag(&chain);
        let cell = self.push(SectionKind::Cells, &CellRecord { star: U32::new(star), shapes: U32::ZERO });
        let range = self.statements(statements);
        self.fragment(&[], cell, range)
    }

    /// A fragment with an index: a cell for each interval of actions, and in it a star and a trie for each set of parts 2 to 5.
    pub(crate) fn indexed_fragment(&mut self, plans: Vec<Indexed<'_>>) -> u32 {
        let mut statements = Vec::new();
        let mut intervals: Vec<Vec<(u32, u32)>> = Vec::new();
        let mut places: Vec<Option<(Vec<&str>, bool)>> = Vec::new();
        for plan in plans {
            let action = self.action(plan.actions, 0);
            let resource = plan.resource.map_or(NONE, |arn| self.resource(&[arn], 0));
            intervals.push(plan.actions.iter().map(|pattern| self.interval(pattern)).collect());
            places.push(plan.resource.map(|arn| {
                let plain = arn.strip_suffix('*').unwrap_or(arn);
                let parts: Vec<&str> = plain.splitn(6, ':').collect();
                parts.iter().for_each(|part| _ = self.symbol(part));
                (parts, plain.len() < arn.len())
            }));
            let Indexed { deny, principal, conditions, .. } = plan;
            statements.push(Statement { deny, action, resource, principal, conditions, sid: None });
        }
        let cuts: BTreeSet<u32> = intervals.iter().flatten().flat_map(|(first, end)| [*first, *end]).collect();
        let mut ranges = Vec::new();
        for cut in cuts {
            let covering: Vec<usize> = (0..statements.len())
                .filter(|statement| intervals[*statement].iter().any(|(first, end)| (*first..*end).contains(&cut)))
                .collect();
            let cell = if covering.is_empty() { NONE } else { self.indexed_cell(&statements, &places, &covering) };
            ranges.push((cut, cell));
        }
        // An interval can end beyond the last bound, where no action is.
        ranges.retain(|(first, _)| (*first as usize) < self.bounds.len());
        let statements = self.statements(&statements);
        self.fragment(&ranges, NONE, statements)
    }

    fn indexed_cell(&mut self, statements: &[Statement], places: &[Option<(Vec<&str>, bool)>], covering: &[usize]) -> u32 {
        let dag = |b: &mut Builder, which: &[usize]| {
            let chain: Vec<(&[u32], &Statement)> = which.iter().map(|id| (&*statements[*id].conditions, &statements[*id])).collect();
            b.dag(&chain)
        };
        let without: Vec<usize> = covering.iter().copied().filter(|statement| places[*statement].is_none()).collect();
        let star = dag(self, &without);
        // Which statements each text leads to, alone or as a prefix.
        type Entries<'a> = BTreeMap<(&'a str, bool), Vec<usize>>;
        let mut tries: BTreeMap<Vec<&str>, Entries<'_>> = BTreeMap::new();
        for statement in covering {
            if let Some((parts, is_prefix)) = &places[*statement] {
                tries.entry(parts[1..5].to_vec()).or_default().entry((parts[5], *is_prefix)).or_default().push(*statement);
            }
        }
        let mut written = Vec::new();
        for (parts, entries) in tries {
            let entries: Vec<_> = entries.into_iter().map(|((text, is_prefix), which)| (text, is_prefix, dag(self, &which))).collect();
            written.push(([parts[0], parts[1], parts[2], parts[3]], entries));
        }
        self.cell(star, &written)
    }

    pub(crate) fn slice(&mut self, members: &[(u32, u32)]) -> u32 {
        let first = self.count(SectionKind::SliceMembers);
        for (fragment, attachment) in members {
            let member = SliceMember { fragment: U32::new(*fragment), attachment: U32::new(*attachment) };
            self.push(SectionKind::SliceMembers, &member);
        }
        let len = u32::try_from(members.len()).unwrap();
        let indexes_first = self.count(SectionKind::SliceIndexes);
        for (fragment, _) in members {
            self.push(SectionKind::SliceIndexes, &U32::new(*fragment));
        }
        // The steps are written at the end.
        let (first, indexes_first, len) = (U32::new(first), U32::new(indexes_first), U32::new(len));
        self.push(SectionKind::Slices, &SliceRecord { first, len, indexes_first, indexes_len: len, steps: U32::ZERO })
    }

    /// A place at which a document is attached; the same place is one attachment.
    pub(crate) fn attachment(&mut self, place: &str, order: u64, file: Option<&str>) -> u32 {
        let explanations = &mut self.explanations;
        let file = file.map_or(cold::NO_FILE, |file| {
            let found = explanations.files.iter().position(|other| other == file);
            let id = found.unwrap_or_else(|| {
                explanations.files.push(file.to_string());
                explanations.files.len() - 1
            });
            u32::try_from(id).unwrap()
        });
        let attachment = cold::Attachment { place: place.to_string(), order, file, line: 10, column: 5 };
        let found = explanations.attachments.iter().position(|other| *other == attachment);
        let id = found.unwrap_or_else(|| {
            explanations.attachments.push(attachment);
            explanations.attachments.len() - 1
        });
        u32::try_from(id).unwrap()
    }

    /// A trie of (text, applies to longer ones too, root); its root node.
    pub(crate) fn trie(&mut self, section: SectionKind, absent: u32, entries: &[(&str, bool, u32)]) -> u32 {
        let first_bytes = if section == SectionKind::TrieNodes { SectionKind::TrieFirstBytes } else { SectionKind::ResourceTrieFirstBytes };
        for (text, _, _) in entries {
            self.symbol(text);
        }
        let root = self.count(section);
        let labels = self.string_bytes();
        let mut entries: Vec<(&str, bool, u32)> = entries.to_vec();
        entries.sort();
        let mut queue = vec![(0_usize, entries)];
        let mut next = root + 1;
        let mut done = 0;
        while done < queue.len() {
            let (from, entries) = queue[done].clone();
            done += 1;
            let is_root = done == 1;
            let head = entries.first().unwrap().0;
            let common = if is_root {
                0
            } else {
                (from..=head.len())
                    .rev()
                    .find(|end| entries.iter().all(|entry| entry.0.as_bytes().starts_with(&head.as_bytes()[..*end])))
                    .unwrap()
            };
            let label = &head.as_bytes()[from..common.max(from)];
            let offset =
                if self.writes { labels.windows(label.len().max(1)).position(|window| window.starts_with(label)).unwrap() } else { 0 };
            let mut node = TrieNode {
                label_offset: U32::new(u32::try_from(offset).unwrap()),
                label_len: U32::new(u32::try_from(label.len()).unwrap()),
                first_child: U32::new(0),
                child_count: U32::ZERO,
                exact: U32::new(absent),
                prefix: U32::new(absent),
            };
            let mut children: BTreeMap<u8, Vec<(&str, bool, u32)>> = BTreeMap::new();
            for entry in entries {
                match entry.0.as_bytes().get(common) {
                    Some(byte) => children.entry(*byte).or_default().push(entry),
                    None if entry.1 => node.prefix = U32::new(entry.2),
                    None => node.exact = U32::new(entry.2),
                }
            }
            node.first_child = U32::new(if children.is_empty() { 0 } else { next });
            node.child_count = U32::new(u32::try_from(children.len()).unwrap());
            next += u32::try_from(children.len()).unwrap();
            queue.extend(children.into_values().map(|entries| (common, entries)));
            self.push(section, &node);
            self.push(first_bytes, &label.first().copied().unwrap_or(0));
        }
        root
    }

    /// A cell with a trie for each set of parts: partition, service, region and account in full.
    pub(crate) fn cell(&mut self, star: u32, tries: &[Trie<'_>]) -> u32 {
        let shapes = if tries.is_empty() { 0 } else { 1 << 15 };
        let cell = self.push(SectionKind::Cells, &CellRecord { star: U32::new(star), shapes: U32::new(shapes) });
        for (parts, entries) in tries {
            let root = self.trie(SectionKind::TrieNodes, END, entries);
            let parts = parts.map(|part| U32::new(self.symbol(part)));
            self.push(SectionKind::Shapes, &ShapeRecord { cell: U32::new(cell), mask: U32::new(15), parts, root: U32::new(root) });
        }
        cell
    }
}
