//! A byte trie: over the sixth parts of a cell's resource patterns, and over the ARNs of declared resources.

/// A text and what hangs at it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry<T> {
    pub(crate) key: String,
    /// The text must end here; else anything may follow.
    pub(crate) exact: bool,
    pub(crate) value: T,
}

/// A node of a [`LocalTrie`].
#[derive(Debug)]
pub(crate) struct LocalNode<T> {
    /// Index into [`LocalTrie::keys`] of a text that has the label at `start..end`.
    pub(crate) key: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) first_child: usize,
    pub(crate) child_count: usize,
    pub(crate) exact: Vec<T>,
    pub(crate) prefix: Vec<T>,
}

/// A trie without global ids: node 0 is the root, children lie side by side after their parent.
#[derive(Debug)]
pub(crate) struct LocalTrie<T> {
    /// Distinct texts in ascending order.
    pub(crate) keys: Vec<String>,
    pub(crate) nodes: Vec<LocalNode<T>>,
}

impl<T: Ord> LocalTrie<T> {
    /// The trie of these entries, of which there is at least one.
    pub(crate) fn build(mut entries: Vec<Entry<T>>) -> LocalTrie<T> {
        entries.sort_unstable();
        entries.dedup();
        let mut keys: Vec<String> = Vec::new();
        // What hangs at each key: (exact, prefix).
        let mut lists: Vec<(Vec<T>, Vec<T>)> = Vec::new();
        for entry in entries {
            if keys.last() != Some(&entry.key) {
                keys.push(entry.key);
                lists.push((Vec::new(), Vec::new()));
            }
            if let Some((exact, prefix)) = lists.last_mut() {
                if entry.exact { exact } else { prefix }.push(entry.value);
            }
        }
        let mut nodes: Vec<LocalNode<T>> = Vec::new();
        // Nodes in breadth-first order: (keys first..end, the bytes before the label). `nodes` and `work` grow in step.
        let mut work = vec![(0, keys.len(), 0)];
        while let Some(&(first, end, start)) = work.get(nodes.len()) {
            let label_end = common_prefix(keys.get(first..end).unwrap_or_default());
            let mut below = first;
            let (mut exact, mut prefix) = (Vec::new(), Vec::new());
            if let Some(list) = lists.get_mut(first).filter(|_| keys.get(first).is_some_and(|key| key.len() == label_end)) {
                (exact, prefix) = std::mem::take(list);
                below += 1;
            }
            let first_child = work.len();
            while below < end {
                let byte = byte_at(&keys, below, label_end);
                let next = (below..end).find(|index| byte_at(&keys, *index, label_end) != byte).unwrap_or(end);
                work.push((below, next, label_end));
                below = next;
            }
            let child_count = work.len() - first_child;
            nodes.push(LocalNode { key: first, start, end: label_end, first_child, child_count, exact, prefix });
        }
        LocalTrie { keys, nodes }
    }
}

fn byte_at(keys: &[String], index: usize, at: usize) -> Option<u8> {
    keys.get(index).and_then(|key| key.as_bytes().get(at).copied())
}

/// Bytes that all these sorted texts begin with.
fn common_prefix(keys: &[String]) -> usize {
    match keys {
        [] => 0,
        [only] => only.len(),
        [first, .., last] => first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count(),
    }
}
