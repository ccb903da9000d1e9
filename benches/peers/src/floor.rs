//! How fast it could be at all.
//!
//! [`OneProbe`] asks a hash table for the decision of the whole question: the least that any answer from memory takes. [`TrieWalk`] does what an index must do, and no
//! more: it hashes the caller and the action, walks one prefix trie along the resource, and looks at the entries on its way. Neither knows conditions: requests that
//! they decide wrongly for that are left out, and counted.

use crate::engine::Engine;
use crate::estate::{Estate, expanded};
use hashbrown::HashMap;
use portcullis_workloads::Request;

/// One probe of a table with the joined question as its key.
pub struct OneProbe {
    table: HashMap<String, bool>,
    keys: Vec<String>,
}

impl OneProbe {
    pub fn new(requests: &[Request], expected: &[bool]) -> OneProbe {
        let keys: Vec<String> =
            requests.iter().map(|request| format!("{} {} {}", request.principal, request.action, request.resource)).collect();
        let mut table = HashMap::new();
        for (key, allowed) in keys.iter().zip(expected) {
            table.entry(key.clone()).or_insert(*allowed);
        }
        OneProbe { table, keys }
    }
}

impl Engine for OneProbe {
    fn decide(&mut self, at: usize) -> bool {
        self.table.get(&self.keys[at]).copied().unwrap_or(false)
    }
}

/// What a node of the trie says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    principal: u32,
    action: u32,
    /// For everything below, not for the node's own text alone.
    below: bool,
    is_deny: bool,
}

/// A node of the trie. Its children stand side by side, sorted by the first byte of their labels.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    label: u32,
    label_bytes: u16,
    children: u16,
    first_child: u32,
    first_entry: u32,
    entries: u32,
}

/// Two probes and a trie walk.
pub struct TrieWalk<'w> {
    principals: HashMap<String, u32>,
    actions: HashMap<String, u32>,
    nodes: Vec<Node>,
    /// The first byte of each node's label.
    firsts: Vec<u8>,
    labels: Vec<u8>,
    entries: Vec<Entry>,
    requests: &'w [Request],
}

impl<'w> TrieWalk<'w> {
    /// From the statements of an estate, conditions left out, if all its resources are texts or prefixes and none has a policy; else from the decided requests.
    pub fn new(estate: Option<&Estate>, requests: &'w [Request], expected: &[bool]) -> Result<TrieWalk<'w>, String> {
        let mut trie = TrieWalk {
            principals: HashMap::new(),
            actions: HashMap::new(),
            nodes: Vec::new(),
            firsts: Vec::new(),
            labels: Vec::new(),
            entries: Vec::new(),
            requests,
        };
        for request in requests {
            let (principals, actions) = (trie.principals.len() as u32, trie.actions.len() as u32);
            trie.principals.entry_ref(request.principal.as_str()).or_insert(principals);
            trie.actions.entry_ref(request.action.as_str()).or_insert(actions);
        }
        let patterns = match estate {
            Some(estate) => trie.of_statements(estate)?,
            None => None,
        };
        let mut patterns = patterns.unwrap_or_else(|| trie.of_decisions(expected));
        patterns.sort_unstable();
        patterns.dedup();
        trie.nodes.push(Node::default());
        trie.firsts.push(0);
        trie.build(0, &patterns, 0);
        Ok(trie)
    }

    fn of_statements(&self, estate: &Estate) -> Result<Option<Vec<(String, Entry)>>, String> {
        let catalogue = Estate::catalogue(self.requests);
        let mut patterns = Vec::new();
        let mut sets: Vec<(u32, usize)> = Vec::new();
        for request in self.requests {
            let asker = estate.asker(request)?;
            if asker.of_resource.is_some() {
                return Ok(None);
            }
            let pair = (self.principals[&request.principal], asker.own);
            if !sets.contains(&pair) {
                sets.push(pair);
            }
        }
        for (principal, set) in sets {
            for statement in &estate.sets[set] {
                let actions = expanded(&statement.actions, &catalogue);
                for resource in &statement.resources {
                    let below = resource.ends_with('*');
                    let text = resource.trim_end_matches('*');
                    if text.contains(['*', '$']) {
                        return Ok(None);
                    }
                    let entry = |action| Entry { principal, action, below, is_deny: statement.is_deny };
                    patterns.extend(actions.iter().map(|action| (text.to_owned(), entry(self.actions[action]))));
                }
            }
        }
        Ok(Some(patterns))
    }

    fn of_decisions(&self, expected: &[bool]) -> Vec<(String, Entry)> {
        let entry = |request: &Request| {
            let (principal, action) = (self.principals[&request.principal], self.actions[&request.action]);
            (request.resource.clone(), Entry { principal, action, below: false, is_deny: false })
        };
        self.requests.iter().zip(expected).filter(|(_, allowed)| **allowed).map(|(request, _)| entry(request)).collect()
    }

    /// Fills a node whose text is the first `depth` bytes of the patterns, which are sorted.
    fn build(&mut self, node: usize, patterns: &[(String, Entry)], depth: usize) {
        let here = patterns.iter().take_while(|(text, _)| text.len() == depth).count();
        self.nodes[node].first_entry = self.entries.len() as u32;
        self.nodes[node].entries = here as u32;
        self.entries.extend(patterns[..here].iter().map(|(_, entry)| *entry));
        let rest = &patterns[here..];
        let groups: Vec<&[(String, Entry)]> = rest.chunk_by(|left, right| left.0.as_bytes()[depth] == right.0.as_bytes()[depth]).collect();
        let first_child = self.nodes.len();
        self.nodes[node].first_child = first_child as u32;
        self.nodes[node].children = groups.len() as u16;
        for group in &groups {
            let shared = shared_bytes(group, depth);
            let label = self.labels.len() as u32;
            self.labels.extend(&group[0].0.as_bytes()[depth..shared]);
            self.nodes.push(Node { label, label_bytes: (shared - depth) as u16, ..Node::default() });
            self.firsts.push(group[0].0.as_bytes()[depth]);
        }
        for (number, group) in groups.iter().enumerate() {
            let child = first_child + number;
            self.build(child, group, depth + self.nodes[child].label_bytes as usize);
        }
    }
}

/// How many bytes all of the sorted patterns begin with; at most 65,535 beyond `depth`.
fn shared_bytes(patterns: &[(String, Entry)], depth: usize) -> usize {
    let (Some((first, _)), Some((last, _))) = (patterns.first(), patterns.last()) else { return depth };
    let shared = first.bytes().zip(last.bytes()).take_while(|(left, right)| left == right).count();
    shared.min(depth + usize::from(u16::MAX))
}

impl Engine for TrieWalk<'_> {
    fn decide(&mut self, at: usize) -> bool {
        let request = &self.requests[at];
        let (Some(principal), Some(action)) = (self.principals.get(request.principal.as_str()), self.actions.get(request.action.as_str()))
        else {
            return false;
        };
        let mut rest = request.resource.as_bytes();
        let mut node = self.nodes[0];
        let mut allowed = false;
        loop {
            for entry in &self.entries[node.first_entry as usize..][..node.entries as usize] {
                if entry.principal == *principal && entry.action == *action && (entry.below || rest.is_empty()) {
                    if entry.is_deny {
                        return false;
                    }
                    allowed = true;
                }
            }
            let Some(first) = rest.first() else { return allowed };
            let children = &self.firsts[node.first_child as usize..][..node.children as usize];
            let Ok(number) = children.binary_search(first) else { return allowed };
            node = self.nodes[node.first_child as usize + number];
            let label = &self.labels[node.label as usize..][..node.label_bytes as usize];
            let Some(left) = rest.strip_prefix(label) else { return allowed };
            rest = left;
        }
    }
}
