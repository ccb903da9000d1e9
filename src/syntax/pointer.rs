//! JSON pointers (RFC 6901) to places in a text.

use super::{Kind, Limits, Node, Tree};
use crate::diag::FileId;

/// The JSON pointer of the innermost value or member that holds the byte at `offset`; empty for the whole value, and for
/// a text that is not JSON. The text is read anew: pointers are wanted for a few findings, not for all values.
pub fn pointer_at(text: &str, offset: u32) -> String {
    let limits = Limits { nesting: Limits::NESTING_MAX, string_bytes: usize::MAX, object_keys: usize::MAX, ..Limits::default() };
    let Ok(tree) = Tree::parse(FileId(0), text, 0..text.len(), &limits) else {
        return String::new();
    };
    let mut pointer = String::new();
    let mut node = Some(tree.root());
    while let Some(holder) = node {
        node = step(holder, offset, &mut pointer);
    }
    pointer
}

fn step<'t>(node: Node<'t>, offset: u32, pointer: &mut String) -> Option<Node<'t>> {
    match node.kind() {
        Kind::Object => {
            let member = node.members().find(|member| (member.key_span.start..member.value.span().end).contains(&offset))?;
            pointer.push('/');
            pointer.push_str(&member.key.replace('~', "~0").replace('/', "~1"));
            Some(member.value)
        }
        Kind::Array => {
            let (index, item) = node.items().enumerate().find(|(_, item)| (item.span().start..item.span().end).contains(&offset))?;
            pointer.push('/');
            pointer.push_str(&index.to_string());
            Some(item)
        }
        _ => None,
    }
}
