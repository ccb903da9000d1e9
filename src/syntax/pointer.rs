//! JSON pointers (RFC 6901) to places in a text.

use super::{Limits, Tree};
use crate::diag::FileId;

/// The JSON pointer of the innermost value or member that holds the byte at `offset`; empty for the whole value, and for
/// a text that is not JSON. The text is read anew: pointers are wanted for a few findings, not for all values.
pub fn pointer_at(text: &str, offset: u32) -> String {
    pointers_at(text, &[offset]).pop().unwrap_or_default()
}

/// The pointers of many offsets, each as [`pointer_at`] gives it, in the order of the offsets. The text is read once, and only what holds an offset is walked.
pub fn pointers_at(text: &str, offsets: &[u32]) -> Vec<String> {
    let mut pointers = vec![String::new(); offsets.len()];
    let limits = Limits { nesting: Limits::NESTING_MAX, string_bytes: usize::MAX, object_keys: usize::MAX, ..Limits::default() };
    let Ok(tree) = Tree::parse(FileId(0), text, 0..text.len(), &limits) else {
        return pointers;
    };
    let mut wanted: Vec<(u32, usize)> = offsets.iter().copied().zip(0..).collect();
    wanted.sort_unstable();
    // Values to look into, with their pointers and the offsets that they hold.
    let mut work = vec![(tree.root(), String::new(), wanted)];
    while let Some((node, pointer, mut wanted)) = work.pop() {
        for (_, index) in &wanted {
            if let Some(slot) = pointers.get_mut(*index) {
                slot.clone_from(&pointer);
            }
        }
        let members = node.members().map(|member| (member.key_span.start, member.key.replace('~', "~0").replace('/', "~1"), member.value));
        let items = node.items().enumerate().map(|(index, item)| (item.span().start, index.to_string(), item));
        for (start, step, value) in members.chain(items) {
            if wanted.is_empty() {
                break;
            }
            // What lies before this part lies between two parts: the holder has its pointer already.
            let here = wanted.partition_point(|(offset, _)| *offset < start);
            let behind = wanted.partition_point(|(offset, _)| *offset < value.span().end);
            let rest = wanted.split_off(behind);
            let inside = wanted.split_off(here);
            if !inside.is_empty() {
                work.push((value, format!("{pointer}/{step}"), inside));
            }
            wanted = rest;
        }
    }
    pointers
}
