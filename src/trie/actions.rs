//! The action line: every literal and prefix pattern of the bundle as an interval of numbered actions.

use crate::ir::ActionTest;
use crate::syntax::policy::{ActionPattern, Piece};
use std::collections::BTreeMap;

/// The sorted bounds that cut all action texts into numbered intervals; see `portcullis_runtime::format::ActionBound`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionLine {
    bounds: Vec<(String, bool)>,
}

impl Default for ActionLine {
    fn default() -> ActionLine {
        ActionLine { bounds: vec![(String::new(), false)] }
    }
}

/// A run of action ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// First id.
    pub first: u32,
    /// One past the last id.
    pub end: u32,
    /// Every action of the run matches the pattern. Else only actions of the run can.
    pub exact: bool,
}

/// Where a pattern's matches lie on the line.
enum Extent<'p> {
    /// At this text alone.
    At(&'p str),
    /// At the texts that begin with this one; all of them, if it is exact.
    From { prefix: &'p str, exact: bool },
}

fn extent(pattern: &ActionPattern) -> Extent<'_> {
    match pattern.pieces.as_slice() {
        [Piece::Literal(text)] => Extent::At(text),
        [Piece::Literal(prefix), rest @ ..] => Extent::From { prefix, exact: matches!(rest, [Piece::Star]) },
        pieces => Extent::From { prefix: "", exact: matches!(pieces, [Piece::Star]) },
    }
}

/// Whether every action of a pattern's run matches it, so that no test is left open.
#[must_use]
pub fn is_exact(pattern: &ActionPattern) -> bool {
    match extent(pattern) {
        Extent::At(_) => true,
        Extent::From { exact, .. } => exact,
    }
}

/// The least text above every text that begins with `prefix`; `None` if there is none.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // Code points in order; the surrogates are skipped. UTF-8 orders bytes as code points.
        let next = match u32::from(last) + 1 {
            0xD800 => Some('\u{E000}'),
            code => char::from_u32(code),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

impl ActionLine {
    /// The line that all these patterns cut.
    pub fn new<'a>(tests: impl Iterator<Item = &'a ActionTest>) -> ActionLine {
        let mut bounds = BTreeMap::from([(String::new(), false)]);
        for pattern in tests.flat_map(|test| &test.patterns) {
            let (first, literal, end) = match extent(pattern) {
                // The least text above a text is that text and a zero byte.
                Extent::At(text) => (text, true, Some(format!("{text}\0"))),
                Extent::From { prefix, .. } => (prefix, false, successor(prefix)),
            };
            *bounds.entry(first.to_owned()).or_default() |= literal;
            if let Some(end) = end {
                bounds.entry(end).or_default();
            }
        }
        ActionLine { bounds: bounds.into_iter().collect() }
    }

    /// The bounds in order, each with whether its text is a literal pattern.
    pub fn bounds(&self) -> impl ExactSizeIterator<Item = (&str, bool)> {
        self.bounds.iter().map(|(text, literal)| (text.as_str(), *literal))
    }

    /// How many action ids there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        // The bundle writer refuses a line that 32 bits cannot number; until then a saturated length is only too short.
        u32::try_from(self.bounds.len()).unwrap_or(u32::MAX)
    }

    /// Never: bound 0 is the empty text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    fn position(&self, text: &str) -> u32 {
        u32::try_from(self.bounds.partition_point(|(bound, _)| bound.as_str() < text)).unwrap_or(u32::MAX)
    }

    /// The run of action ids that this pattern, one of those that cut the line, can match.
    #[must_use]
    pub fn interval(&self, pattern: &ActionPattern) -> Interval {
        match extent(pattern) {
            // The text is a bound, and the next one is the least text above it.
            Extent::At(text) => {
                let first = self.position(text);
                Interval { first, end: first.saturating_add(1), exact: true }
            }
            Extent::From { prefix, exact } => {
                Interval { first: self.position(prefix), end: successor(prefix).map_or(self.len(), |end| self.position(&end)), exact }
            }
        }
    }

    /// The ids that patterns without an open test match, as ascending disjoint runs.
    pub(crate) fn exact_runs<'p>(&self, patterns: impl Iterator<Item = &'p ActionPattern>) -> Vec<(u32, u32)> {
        let runs = patterns.map(|pattern| self.interval(pattern));
        union(runs.map(|interval| (interval.first, interval.end)).collect())
    }

    /// The ids at which an action element is true, as ascending disjoint runs; in a run marked `open` (third field) it still has to be tested.
    #[must_use]
    pub fn runs(&self, test: &ActionTest) -> Vec<(u32, u32, bool)> {
        let (mut exact, mut open) = (Vec::new(), Vec::new());
        for pattern in &test.patterns {
            let interval = self.interval(pattern);
            if interval.exact { &mut exact } else { &mut open }.push((interval.first, interval.end));
        }
        let (exact, open) = (union(exact), union(open));
        let open = difference(&open, &exact);
        let mut runs: Vec<(u32, u32, bool)> = open.iter().map(|&(first, end)| (first, end, true)).collect();
        if test.negated {
            let touched = union(exact.into_iter().chain(open).collect());
            runs.extend(difference(&[(0, self.len())], &touched).into_iter().map(|(first, end)| (first, end, false)));
        } else {
            runs.extend(exact.into_iter().map(|(first, end)| (first, end, false)));
        }
        runs.sort_unstable();
        runs
    }
}

/// Ascending disjoint runs that cover the same ids; runs that touch are joined.
fn union(mut runs: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    runs.retain(|(first, end)| first < end);
    runs.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::with_capacity(runs.len());
    for (first, end) in runs {
        match joined.last_mut() {
            Some(last) if first <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((first, end)),
        }
    }
    joined
}

/// What of `runs` lies outside `holes`; both ascending and disjoint.
fn difference(runs: &[(u32, u32)], holes: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut rest = Vec::new();
    let mut skip = 0;
    for &(mut first, end) in runs {
        while holes.get(skip).is_some_and(|hole| hole.1 <= first) {
            skip += 1;
        }
        for &(hole_first, hole_end) in holes.iter().skip(skip).take_while(|hole| hole.0 < end) {
            if first < hole_first {
                rest.push((first, hole_first));
            }
            first = first.max(hole_end);
        }
        if first < end {
            rest.push((first, end));
        }
    }
    rest
}
