//! A small bundle writer for tests: what the compiler writes, without its optimizations.
//!
//! A description runs twice over a [`Builder`]. The first run collects strings, keys, action bounds and principal keys; the second, which knows
//! their ids, writes records. So a description names things by their text.

mod sample;

pub(crate) use sample::*;

use crate::format::*;
use crate::views::record_bytes;
use std::collections::{BTreeMap, BTreeSet};
use zerocopy::{Immutable, IntoBytes};

pub(crate) const SEED: u64 = 7;

/// An operand by its fields.
pub(crate) type Operand = (OperandKind, u32, u32);

#[derive(Default)]
pub(crate) struct Builder {
    writes: bool,
    strings: BTreeSet<String>,
    keys: BTreeSet<String>,
    /// Text and whether it is a literal.
    bounds: BTreeMap<String, bool>,
    principals: BTreeSet<(u32, String)>,
    sections: BTreeMap<SectionKind, Vec<u8>>,
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
        for statement in statements {
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

    pub(crate) fn slice(&mut self, members: &[(u32, u32)]) -> u32 {
        let first = self.count(SectionKind::SliceMembers);
        for (fragment, attachment) in members {
            let member = SliceMember { fragment: U32::new(*fragment), attachment: U32::new(*attachment) };
            self.push(SectionKind::SliceMembers, &member);
        }
        let len = u32::try_from(members.len()).unwrap();
        self.push(SectionKind::Slices, &SliceRecord { first: U32::new(first), len: U32::new(len) })
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

    /// A cell with one shape: partition, service, region and account in full.
    pub(crate) fn cell(&mut self, star: u32, parts: [&str; 4], entries: &[(&str, bool, u32)]) -> u32 {
        let root = self.trie(SectionKind::TrieNodes, END, entries);
        let cell = self.push(SectionKind::Cells, &CellRecord { star: U32::new(star), shapes: U32::new(1 << 15) });
        let parts = parts.map(|part| U32::new(self.symbol(part)));
        self.push(SectionKind::Shapes, &ShapeRecord { cell: U32::new(cell), mask: U32::new(15), parts, root: U32::new(root) });
        cell
    }

    fn string_bytes(&self) -> Vec<u8> {
        self.strings.iter().flat_map(|text| text.bytes()).collect()
    }

    fn index(&mut self, kind: SectionKind, entries: &[(u32, Vec<u8>)]) {
        let length = (entries.len() * 2).next_power_of_two();
        let mut slots = vec![U32::new(NONE); length];
        for (id, bytes) in entries {
            let mut slot = hash(SEED, bytes) as usize & (length - 1);
            while slots[slot].get() != NONE {
                slot = (slot + 1) & (length - 1);
            }
            slots[slot] = U32::new(*id);
        }
        self.sections.insert(kind, slots.as_slice().as_bytes().to_vec());
    }

    fn write_texts(&mut self) {
        let mut offset = 0;
        for text in self.strings.clone() {
            let length = u32::try_from(text.len()).unwrap();
            self.push(SectionKind::Strings, &StringRecord { offset: U32::new(offset), length: U32::new(length) });
            offset += length;
        }
        self.sections.insert(SectionKind::StringBytes, self.string_bytes());
        let entries: Vec<_> = (0..).zip(self.strings.iter().map(|text| text.as_bytes().to_vec())).collect();
        self.index(SectionKind::StringIndex, &entries);

        let mut literals = Vec::new();
        for (id, (text, literal)) in (0..).zip(self.bounds.clone()) {
            let bound = ActionBound { text: U32::new(self.symbol(&text)), literal: U32::new(u32::from(literal)) };
            self.push(SectionKind::ActionBounds, &bound);
            if literal {
                literals.push((id, text.into_bytes()));
            }
        }
        self.index(SectionKind::ActionIndex, &literals);

        for key in self.keys.clone() {
            let (derivation, tag) = Derivation::of_key(&key);
            let tag = tag.map_or(NONE, |tag| self.symbol(tag));
            let record = KeyRecord { name: U32::new(self.symbol(&key)), derivation: U32::new(derivation as u32), tag: U32::new(tag) };
            self.push(SectionKind::Keys, &record);
        }
        let entries: Vec<_> = (0..).zip(self.keys.iter().map(|key| key.as_bytes().to_vec())).collect();
        self.index(SectionKind::KeyIndex, &entries);

        for (tag, text) in self.principals.clone() {
            let record = PrincipalKeyRecord { tag: U32::new(tag), text: U32::new(self.symbol(&text)) };
            self.push(SectionKind::PrincipalKeys, &record);
        }
    }

    /// Costs and the index of shapes, which need the records that the description wrote.
    fn write_derived(&mut self) {
        use zerocopy::FromBytes;
        let shapes = self.sections.get(&SectionKind::Shapes).cloned().unwrap_or_default();
        let shapes = <[ShapeRecord]>::ref_from_bytes(&shapes).unwrap();
        let key = |shape: &ShapeRecord| ShapeRecord::key_bytes(shape.cell.get(), shape.mask.get(), shape.parts.map(U32::get)).to_vec();
        let entries: Vec<_> = (0..).zip(shapes.iter().map(key)).collect();
        self.index(SectionKind::ShapeIndex, &entries);

        let atoms = self.sections.get(&SectionKind::Atoms).cloned().unwrap_or_default();
        let atoms = <[AtomRecord]>::ref_from_bytes(&atoms).unwrap();
        let elements = self.sections.get(&SectionKind::PrincipalElements).cloned().unwrap_or_default();
        let elements = <[PrincipalElementRecord]>::ref_from_bytes(&elements).unwrap();
        let mut bytes = self.sections.get(&SectionKind::DagNodes).cloned().unwrap_or_default();
        let nodes = <[DagNode]>::mut_from_bytes(&mut bytes).unwrap();
        for id in (0..nodes.len()).rev() {
            let node = nodes[id];
            let after = |edge: U32| if edge.get() == END { 0 } else { nodes[edge.get() as usize].cost.get() };
            let cost = if node.word.get() & NODE_EMIT == 0 {
                1 + atoms[node.word.get() as usize].len.get() + after(node.high).max(after(node.low))
            } else {
                let keys = if node.high.get() == NONE { 0 } else { elements[node.high.get() as usize].len.get() };
                1 + keys + after(node.low)
            };
            nodes[id].cost = U32::new(cost);
        }
        self.sections.insert(SectionKind::DagNodes, bytes);
    }
}

/// The bundle that a description describes.
pub(crate) fn build(describe: impl Fn(&mut Builder)) -> Vec<u8> {
    let mut first = Builder::default();
    first.bound("", false);
    describe(&mut first);
    let mut builder = Builder { writes: true, sections: BTreeMap::new(), ..first };
    describe(&mut builder);
    builder.write_texts();
    builder.write_derived();
    let empty: Vec<u8> = Vec::new();
    let steps = crate::verify::steps_bound(&|kind| builder.sections.get(&kind).unwrap_or(&empty)).unwrap();
    assemble(&builder.sections, steps)
}

/// Header, table, sections, padding, digests.
pub(crate) fn assemble(sections: &BTreeMap<SectionKind, Vec<u8>>, steps_max: u64) -> Vec<u8> {
    let mut bytes = vec![0_u8; size_of::<Header>() + SectionKind::ALL.len() * size_of::<SectionEntry>()];
    let mut table = Vec::new();
    for kind in SectionKind::ALL {
        let content = sections.get(kind).cloned().unwrap_or_default();
        bytes.resize(bytes.len().next_multiple_of(64), 0);
        let entry = SectionEntry {
            kind: U32::new(*kind as u32),
            record_bytes: U32::new(u32::try_from(record_bytes(*kind)).unwrap()),
            offset: U64::new(bytes.len() as u64),
            length: U64::new(content.len() as u64),
            digest: [0; 32],
            reserved: [0; 8],
        };
        table.extend_from_slice(entry.as_bytes());
        bytes.extend_from_slice(&content);
    }
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    let header = Header {
        magic: MAGIC,
        version: U32::new(FORMAT_VERSION),
        flags: U32::ZERO,
        length: U64::new(bytes.len() as u64),
        steps_max: U64::new(steps_max),
        hash_seed: U64::new(SEED),
        section_count: U32::new(u32::try_from(SectionKind::ALL.len()).unwrap()),
        reserved: [0; 52],
        digest: [0; 32],
    };
    bytes[..128].copy_from_slice(header.as_bytes());
    bytes[128..128 + table.len()].copy_from_slice(&table);
    repair(&mut bytes);
    bytes
}

/// Makes all digests right again, so that a change reaches the structural checks.
pub(crate) fn repair(bytes: &mut [u8]) {
    let table_end = 128 + SectionKind::ALL.len() * 64;
    for entry in (128..table_end).step_by(64) {
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let (offset, length) = (word(entry + 8), word(entry + 16));
        let content = usize::try_from(offset).ok().zip(usize::try_from(offset.saturating_add(length)).ok());
        if let Some(content) = content.and_then(|(from, to)| bytes.get(from..to)) {
            let digest = *blake3::hash(content).as_bytes();
            bytes[entry + 24..entry + 56].copy_from_slice(&digest);
        }
    }
    bytes[96..128].fill(0);
    let digest = *blake3::hash(&bytes[..table_end]).as_bytes();
    bytes[96..128].copy_from_slice(&digest);
}
