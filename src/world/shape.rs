//! Reading the shapes of the world format out of JSON nodes: objects with known members, arrays, strings of a form.
//!
//! Every function reports what is wrong (`unknown-field`, `invalid-world`) and gives `None` for what cannot be used, so the
//! caller goes on with the rest and all errors of a world come out at once. Repeated members are reported by
//! [`duplicate_keys`](crate::syntax::duplicate_keys) over a whole account; here the first one counts.

use crate::diag::{Code, Diagnostic, Span, did_you_mean, nearest, quoted};
use crate::syntax::{Kind, Node};
use portcullis_runtime::format::is_entity_name;

/// A member of an object that the format knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'n> {
    pub(super) name: &'static str,
    pub(super) key: Span,
    pub(super) value: Node<'n>,
}

/// The known members of one object.
#[derive(Debug)]
pub(super) struct Fields<'n> {
    fields: Vec<Field<'n>>,
    /// The closing brace.
    pub(super) close: Span,
}

impl<'n> Fields<'n> {
    /// Reads an object. `subject` names it with its article, such as `a user`.
    pub(super) fn read(node: Node<'n>, subject: &str, names: &[&'static str], diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        if node.kind() != Kind::Object {
            diagnostics.push(mismatch(node, subject, "an object"));
            return None;
        }
        let mut fields: Vec<Field<'n>> = Vec::with_capacity(node.len().min(names.len()));
        for member in node.members() {
            match names.iter().find(|name| **name == member.key) {
                Some(name) if fields.iter().any(|field| field.name == *name) => {}
                Some(name) => fields.push(Field { name, key: member.key_span, value: member.value }),
                None => diagnostics.push(unknown(member.key, member.key_span, subject, names)),
            }
        }
        Some(Fields { fields, close: node.close_span() })
    }

    /// The member of a name.
    pub(super) fn get(&self, name: &str) -> Option<Field<'n>> {
        self.fields.iter().copied().find(|field| field.name == name)
    }

    /// The same; reports its absence at the closing brace.
    pub(super) fn required(&self, name: &str, subject: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Field<'n>> {
        let field = self.get(name);
        if field.is_none() {
            diagnostics.push(missing(self.close, name, subject));
        }
        field
    }

    /// The elements of an optional array.
    pub(super) fn list(&self, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<Node<'n>> {
        self.get(name).and_then(|field| list(field, diagnostics)).unwrap_or_default()
    }

    /// A required, non-empty string.
    pub(super) fn required_text(&self, name: &str, subject: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<(&'n str, Span)> {
        let field = self.required(name, subject, diagnostics)?;
        Some((non_empty(field.value, &format!("`{name}`"), diagnostics)?, field.value.span()))
    }

    /// An optional, non-empty string.
    pub(super) fn optional_text(&self, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<&'n str> {
        non_empty(self.get(name)?.value, &format!("`{name}`"), diagnostics)
    }

    /// The required name of a user, role, group or managed policy, and its place; a name that none can have is reported and given all the same, so that
    /// what refers to it is no second error.
    pub(super) fn name(&self, subject: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<(&'n str, Span)> {
        let (name, at) = self.required_text("name", subject, diagnostics)?;
        if !is_entity_name(name) {
            diagnostics.push(not_a_name(name, at, subject));
        }
        Some((name, at))
    }

    /// An IAM path; `/` where it is left out.
    pub(super) fn path(&self, diagnostics: &mut Vec<Diagnostic>) -> String {
        let Some(field) = self.get("path") else { return "/".to_owned() };
        let Some(path) = text(field.value, "`path`", diagnostics) else { return "/".to_owned() };
        if !(path.starts_with('/') && path.ends_with('/')) {
            let message = format!("the path {} does not begin and end with `/`", quoted(path));
            let bare = path.trim_matches('/');
            let help = format!("write {}", quoted(&if bare.is_empty() { "/".to_owned() } else { format!("/{bare}/") }));
            diagnostics.push(Diagnostic::new(Code::InvalidWorld, field.value.span(), message).with_help(help));
        }
        path.to_owned()
    }

    /// The tags: keys as written with their places, and values.
    pub(super) fn tags(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<(Span, String, String)> {
        let Some(field) = self.get("tags") else { return Vec::new() };
        if field.value.kind() != Kind::Object {
            diagnostics.push(mismatch(field.value, "`tags`", "an object"));
            return Vec::new();
        }
        let mut tags = Vec::with_capacity(field.value.len());
        for member in field.value.members() {
            if let Some(value) = text(member.value, &format!("the tag {}", quoted(member.key)), diagnostics) {
                tags.push((member.key_span, member.key.to_owned(), value.to_owned()));
            }
        }
        tags
    }
}

/// The elements of an array.
pub(super) fn list<'n>(field: Field<'n>, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Node<'n>>> {
    if field.value.kind() == Kind::Array {
        return Some(field.value.items().collect());
    }
    diagnostics.push(mismatch(field.value, &format!("`{}`", field.name), "an array"));
    None
}

/// A string.
pub(super) fn text<'n>(node: Node<'n>, subject: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<&'n str> {
    let text = node.as_str();
    if text.is_none() {
        diagnostics.push(mismatch(node, subject, "a string"));
    }
    text
}

/// A string that is not empty.
pub(super) fn non_empty<'n>(node: Node<'n>, subject: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<&'n str> {
    let text = text(node, subject, diagnostics)?;
    if text.is_empty() {
        diagnostics.push(Diagnostic::new(Code::InvalidWorld, node.span(), format!("{subject} is empty")));
        return None;
    }
    Some(text)
}

/// A string that is one of a few.
pub(super) fn one_of(node: Node<'_>, subject: &str, known: &[&str], diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let text = text(node, subject, diagnostics)?;
    if known.contains(&text) {
        return Some(text.to_owned());
    }
    let message = format!("{subject} does not know {}", quoted(text));
    diagnostics.push(Diagnostic::new(Code::InvalidWorld, node.span(), message).with_help(suggestion(text, known)));
    None
}

/// An account id.
pub(super) fn account_id(node: Node<'_>, subject: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let text = text(node, subject, diagnostics)?;
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let message = format!("{subject} is {}, which is no account id of 12 digits", quoted(text));
    diagnostics.push(Diagnostic::new(Code::InvalidWorld, node.span(), message));
    None
}

/// `invalid-world`: a name of an entity with a character that none may have.
fn not_a_name(name: &str, at: Span, subject: &str) -> Diagnostic {
    let is_odd = |character: &char| !is_entity_name(character.encode_utf8(&mut [0; 4]));
    let odd = name.chars().find(is_odd).map(|character| quoted(&character.to_string())).unwrap_or_default();
    let help = match name.rsplit_once('/') {
        Some((path, last)) if is_entity_name(last) && !path.contains(':') => {
            let path = path.trim_matches('/');
            format!("the path is a member of its own: `\"name\": \"{last}\"` and `\"path\": \"/{path}/\"`")
        }
        _ => "a name has letters of A to Z and a to z, digits and `+=,.@_-`".to_owned(),
    };
    let message = format!("{} is no name of {subject}: it holds {odd}", quoted(name));
    Diagnostic::new(Code::InvalidWorld, at, message).with_help(help)
}

/// `invalid-world`: a value of another kind than the format asks for.
pub(super) fn mismatch(node: Node<'_>, subject: &str, wanted: &str) -> Diagnostic {
    Diagnostic::new(Code::InvalidWorld, node.span(), format!("{subject} must be {wanted}, not {}", node.kind().describe()))
}

/// `invalid-world`: a required member is missing from the object that ends at `close`.
pub(super) fn missing(close: Span, name: &str, subject: &str) -> Diagnostic {
    Diagnostic::new(Code::InvalidWorld, close, format!("{subject} has no `{name}`"))
}

/// `unknown-field`.
pub(super) fn unknown(key: &str, span: Span, subject: &str, names: &[&str]) -> Diagnostic {
    Diagnostic::new(Code::UnknownField, span, format!("{subject} has no member {}", quoted(key))).with_help(suggestion(key, names))
}

/// `duplicate-entity`.
pub(super) fn duplicate(span: Span, first: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::DuplicateEntity, span, message).with_label(first, "first here")
}

/// `did you mean …?`, or the whole choice if nothing is near.
fn suggestion(text: &str, known: &[&str]) -> String {
    match nearest(text, known.iter().copied()) {
        Some(name) => did_you_mean(name),
        None => format!("known here: {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}
