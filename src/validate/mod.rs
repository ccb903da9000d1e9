//! The reference evaluator over a world: the second opinion on every decision.
//!
//! In: a world that the frontend accepted. Out: a [`ReferenceWorld`], which answers requests by the naive evaluator of `portcullis-reference`. That crate shares
//! nothing with the compiler, not even a JSON reader, so this module turns texts into its values: the world's text with every `Doc` replaced by the text of the
//! document that it resolved to, and every account given as a path by the account.
//!
//! Invariant: only the *texts* of documents cross over. What the compiler made of them (patterns, folded keys, parsed dates) does not, so an error there shows as a disagreement.
//!
//! Refusals come from the one frontend, whichever evaluator runs (S-116): a request is first read and resolved as the runtime does it.

use crate::compile::{CompileError, CompileOptions, compile};
use crate::diag::{FileId, Span};
use crate::syntax::{Kind, Limits, Node, Tree};
use crate::world::World;
use portcullis_reference as reference;
use portcullis_runtime::json::JsonRequest;
use portcullis_runtime::{Bundle, OpenError, RequestError};
use std::collections::HashMap;
use std::fmt;

#[cfg(test)]
mod tests;

/// A world as the naive evaluator sees it.
#[derive(Debug)]
pub struct ReferenceWorld {
    world: reference::World,
    bundle: Bundle,
    /// By the place of a policy: its file, and the line and column of each statement. The reference reads values, not texts, so it cannot know.
    places: HashMap<String, Vec<StatementPlace>>,
}

/// Where a statement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPlace {
    /// The file, named relative to the world file.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// Its column, from 1, in characters.
    pub column: u32,
}

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReferenceError {
    /// The world does not compile.
    Compile(CompileError),
    /// The compiled world does not open.
    Open(OpenError),
    /// The frontend refuses the request.
    Request(RequestError),
    /// The naive evaluator refuses the world or the request. A request that the frontend accepted should never get here.
    Reference(reference::Error),
    /// A text that was read before cannot be read again: a defect of this module.
    Text(String),
}

impl ReferenceError {
    /// The code of S-116.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ReferenceError::Compile(error) => error.code(),
            ReferenceError::Open(error) => error.code(),
            ReferenceError::Request(error) => error.code(),
            ReferenceError::Reference(error) => error.code,
            ReferenceError::Text(_) => "invalid-world",
        }
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReferenceError::Compile(error) => error.fmt(f),
            ReferenceError::Open(error) => error.fmt(f),
            ReferenceError::Request(error) => error.fmt(f),
            ReferenceError::Reference(error) => f.write_str(&error.message),
            ReferenceError::Text(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ReferenceError {}

impl ReferenceWorld {
    /// Hands a world to the naive evaluator.
    ///
    /// # Errors
    /// [`ReferenceError`] when the world does not compile, or the naive evaluator does not understand it.
    pub fn new(world: &World) -> Result<ReferenceWorld, ReferenceError> {
        let compiled = compile(world, &CompileOptions::default()).map_err(ReferenceError::Compile)?;
        let bundle = Bundle::from_bytes(compiled.bytes).map_err(ReferenceError::Open)?;
        let value = world_value(world)?;
        let places = world.attachments().map(|attachment| {
            let statements = world.statement_places(attachment).into_iter();
            let statements = statements.map(|(file, at)| StatementPlace { file: file.to_owned(), line: at.line, column: at.column });
            (attachment.place.clone(), statements.collect())
        });
        let places = places.collect();
        let world = reference::World::new(&value).map_err(ReferenceError::Reference)?;
        Ok(ReferenceWorld { world, bundle, places })
    }

    /// Where the text of a matched statement stands: `policy` and `statement` as [`reference::Matched`] has them.
    #[must_use]
    pub fn statement_place(&self, policy: &str, statement: usize) -> Option<&StatementPlace> {
        self.places.get(policy)?.get(statement)
    }

    /// Decides one request, given as JSON text.
    ///
    /// # Errors
    /// [`ReferenceError`] with the frontend's code when the request is refused.
    pub fn decide(&self, request: &str) -> Result<reference::Decision, ReferenceError> {
        let read = JsonRequest::parse(request).map_err(ReferenceError::Request)?;
        read.resolve(&self.bundle).map_err(ReferenceError::Request)?;
        self.decide_alone(request)
    }

    /// Decides one request without asking the frontend first, so that the two can be compared on refusals too.
    ///
    /// # Errors
    /// [`ReferenceError::Reference`] when the naive evaluator refuses the request itself; [`ReferenceError::Text`] when the text is no JSON.
    pub fn decide_alone(&self, request: &str) -> Result<reference::Decision, ReferenceError> {
        let tree = Tree::parse(FileId(0), request, 0..request.len(), &Limits::default())
            .map_err(|diagnostic| ReferenceError::Text(diagnostic.message))?;
        self.world.decide(&plain_value(tree.root())).map_err(ReferenceError::Reference)
    }
}

/// The world's text as one value, everything resolved.
fn world_value(world: &World) -> Result<reference::Value, ReferenceError> {
    Converter { world }.text(world.root)
}

/// A JSON value without anything to resolve.
fn plain_value(node: Node<'_>) -> reference::Value {
    convert(node, &mut |_| Ok::<_, std::convert::Infallible>(None)).unwrap_or_else(|never| match never {})
}

struct Converter<'w> {
    world: &'w World,
}

impl Converter<'_> {
    fn text(&self, span: Span) -> Result<reference::Value, ReferenceError> {
        let source = self.world.sources.file(span.file);
        // Scenario files hold whole worlds, so a world can stand deeper than a document of its own may.
        let limits = Limits { nesting: Limits::default().nesting * 2, ..Limits::default() };
        let tree = Tree::parse(span.file, source.text(), span.start as usize..span.end as usize, &limits)
            .map_err(|diagnostic| ReferenceError::Text(diagnostic.message))?;
        convert(tree.root(), &mut |node| self.resolved(node))
    }

    /// What stands for this value, if it is a `Doc` or an account given as a path.
    fn resolved(&self, node: Node<'_>) -> Result<Option<reference::Value>, ReferenceError> {
        if node.kind() != Kind::String {
            return Ok(None);
        }
        let place = (node.span().file, node.span().start);
        if let Some(document) = self.world.document_at.get(&place).and_then(|id| self.world.documents.get(id.0 as usize)) {
            return self.text(document.span).map(Some);
        }
        if let Some(&file) = self.world.account_file_at.get(&place) {
            let end = u32::try_from(self.world.sources.file(file).text().len()).unwrap_or(u32::MAX);
            return self.text(Span { file, start: 0, end }).map(Some);
        }
        Ok(None)
    }
}

/// A node as a value. The recursion follows the nesting of the text, which the reader limits.
fn convert<E>(node: Node<'_>, resolve: &mut impl FnMut(Node<'_>) -> Result<Option<reference::Value>, E>) -> Result<reference::Value, E> {
    if let Some(value) = resolve(node)? {
        return Ok(value);
    }
    Ok(match node.kind() {
        Kind::Null => reference::Value::Null,
        Kind::Bool => reference::Value::Bool(node.as_bool().unwrap_or_default()),
        Kind::Number => reference::Value::Number(node.number_text().unwrap_or_default().to_owned()),
        Kind::String => reference::Value::String(node.as_str().unwrap_or_default().to_owned()),
        Kind::Array => reference::Value::Array(node.items().map(|item| convert(item, resolve)).collect::<Result<_, _>>()?),
        Kind::Object => {
            let members = node.members().map(|member| Ok((member.key.to_owned(), convert(member.value, resolve)?)));
            reference::Value::Object(members.collect::<Result<_, E>>()?)
        }
    })
}
