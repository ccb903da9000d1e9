//! The reference evaluator over a world: the second opinion on every decision.
//!
//! In: a world that the frontend accepted. Out: a [`ReferenceWorld`], which answers requests by the naive evaluator of `portcullis-reference`. That crate shares
//! nothing with the compiler, not even a JSON reader, so this module turns texts into its values: the world's text with every `Doc` replaced by the text of the
//! document that it resolved to, and every account given as a path by the account; likewise a request's text with the documents of its session.
//!
//! Invariant: only the *texts* of documents cross over. What the compiler made of them (patterns, folded keys, parsed dates) does not, so an error there shows as a disagreement.
//!
//! Refusals come from the one frontend, whichever evaluator runs (S-116): a request is first read and resolved as the runtime does it.

use crate::compile::{CompileOptions, compile};
use crate::diag::{FileId, LineColumn, Sources, Span};
use crate::session::{Found, SessionResolver};
use crate::syntax::policy::PolicyType;
use crate::syntax::{Kind, Limits, Node, Tree, parse_policy_text};
use crate::world::{Attachment, World};
use portcullis_reference as reference;
use portcullis_runtime::Bundle;
use portcullis_runtime::json::JsonRequest;
use std::collections::HashMap;

mod error;
#[cfg(test)]
mod tests;

pub use error::ReferenceError;

/// A world as the naive evaluator sees it.
#[derive(Debug)]
pub struct ReferenceWorld {
    world: reference::World,
    bundle: Bundle,
    sessions: SessionResolver,
    /// By the place of a policy or an ACL grant: its file, and the line and column of each statement or of the grant. The reference reads values, not texts, so it
    /// cannot know.
    places: HashMap<String, Vec<StatementPlace>>,
    /// What a session may name: managed policies by account and name, those of AWS by an empty account and their ARN.
    managed: HashMap<(String, String), Taken>,
}

/// Where a statement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPlace {
    /// The file, named relative to the world file; `None` for a document that came with a request: then line and column are those within the document.
    pub file: Option<String>,
    /// Its line, from 1.
    pub line: u32,
    /// Its column, from 1, in characters.
    pub column: u32,
}

/// A decision with the places of what matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The decision.
    pub decision: reference::Decision,
    /// One for each entry of the decision's `matched`: where it stands, if that is known.
    pub places: Vec<Option<StatementPlace>>,
}

/// A document as the reference takes it.
#[derive(Debug, Clone)]
struct Taken {
    value: reference::Value,
    /// The places of its statements, if they are known.
    places: Option<Vec<StatementPlace>>,
}

impl ReferenceWorld {
    /// Hands a world to the naive evaluator.
    ///
    /// # Errors
    /// [`ReferenceError`] when the world does not compile, or the naive evaluator does not understand it.
    pub fn new(world: &World) -> Result<ReferenceWorld, ReferenceError> {
        let compiled = compile(world, &CompileOptions::default()).map_err(ReferenceError::Compile)?;
        let bundle = Bundle::from_bytes(compiled.bytes).map_err(ReferenceError::Open)?;
        let converter = Converter { world };
        let value = converter.text(world.root)?;
        let attached = world.attachments().map(|attachment| (attachment.place.clone(), statement_places(world, attachment)));
        let grants = world.grant_places().map(|at| {
            let place = world.sources.line_column(at.text.file, at.text.start);
            (at.path.clone(), vec![StatementPlace::new(Some(world.sources.file(at.text.file).name()), place)])
        });
        let places = attached.chain(grants).collect();
        let taken = |document: &Attachment| -> Result<Taken, ReferenceError> {
            Ok(Taken { value: converter.text(document.text)?, places: Some(statement_places(world, document)) })
        };
        let mut managed = HashMap::new();
        for account in &world.accounts {
            for policy in &account.managed_policies {
                managed.insert((account.id.clone(), policy.name.clone()), taken(&policy.document)?);
            }
        }
        for policy in &world.aws_policies {
            managed.insert((String::new(), policy.arn.clone()), taken(&policy.document)?);
        }
        let world = reference::World::new(&value).map_err(ReferenceError::Reference)?;
        Ok(ReferenceWorld { world, sessions: SessionResolver::new(bundle.clone()), bundle, places, managed })
    }

    /// Finds the documents of sessions with the resolver that the function makes of the plain one: it knows the bundle, and no files yet.
    #[must_use]
    pub fn sessions(self, with: impl FnOnce(SessionResolver) -> SessionResolver) -> ReferenceWorld {
        ReferenceWorld { sessions: with(self.sessions), ..self }
    }

    /// Decides one request, given as JSON text.
    ///
    /// # Errors
    /// [`ReferenceError`] with the frontend's code when the request is refused.
    pub fn decide(&self, request: &str) -> Result<reference::Decision, ReferenceError> {
        self.decide_placed(request).map(|placed| placed.decision)
    }

    /// As [`decide`](ReferenceWorld::decide), with the places of what matched.
    ///
    /// # Errors
    /// Those of [`decide`](ReferenceWorld::decide).
    pub fn decide_placed(&self, request: &str) -> Result<Placed, ReferenceError> {
        let read = JsonRequest::parse(request).map_err(|error| ReferenceError::Request(error.into()))?;
        read.resolve_with(&self.bundle, |session| self.sessions.resolve(session)).map_err(ReferenceError::Request)?;
        let (decision, session) = self.decide_taken(request)?;
        let place = |matched: &reference::Matched| {
            // A grant is its place.
            let statement = matched.statement.unwrap_or(0);
            let of_session = session.iter().find(|(policy, _)| *policy == matched.policy);
            let places = of_session.map_or_else(|| self.places.get(&matched.policy), |(_, taken)| taken.places.as_ref());
            places?.get(statement).cloned()
        };
        let places = decision.matched.iter().map(place).collect();
        Ok(Placed { decision, places })
    }

    /// Decides one request without asking the frontend first, so that the two can be compared on refusals too.
    ///
    /// # Errors
    /// [`ReferenceError::Reference`] when the naive evaluator refuses the request itself; [`ReferenceError::Text`] when the text is no JSON;
    /// [`ReferenceError::Request`] when a document of its session leads nowhere.
    pub fn decide_alone(&self, request: &str) -> Result<reference::Decision, ReferenceError> {
        self.decide_taken(request).map(|(decision, _)| decision)
    }

    /// The decision, and the documents of the session with their places.
    fn decide_taken(&self, request: &str) -> Result<(reference::Decision, Vec<(String, Taken)>), ReferenceError> {
        let tree = parsed(request)?;
        let mut session = Vec::new();
        // By offset in the request.
        let mut documents = HashMap::new();
        for (index, node) in (0u32..).zip(session_documents(tree.root())) {
            let taken = self.session_document(tree.root(), index, node)?;
            documents.insert(node.span().start, taken.value.clone());
            session.push((format!("session.policies[{index}]"), taken));
        }
        let value = convert(tree.root(), &mut |node| Ok::<_, ReferenceError>(documents.get(&node.span().start).cloned()))?;
        let decision = self.world.decide(&value).map_err(ReferenceError::Reference)?;
        Ok((decision, session))
    }

    /// A document of a request's session, whatever it is given as.
    fn session_document(&self, request: Node<'_>, index: u32, node: Node<'_>) -> Result<Taken, ReferenceError> {
        if node.kind() != Kind::String {
            return Ok(Taken { value: plain_value(node), places: Some(text_places(node.source(), None)) });
        }
        // The caller's account is the fifth part of its ARN.
        let account = request.member("principal").and_then(Node::as_str).and_then(|arn| arn.split(':').nth(4));
        match self.sessions.find(account, index, node.source()).map_err(ReferenceError::Request)? {
            Found::Held(name) => {
                let owner = if name.starts_with("arn:") { "" } else { account.unwrap_or_default() };
                let lost = || ReferenceError::Text(format!("the managed policy {name} is in the bundle and not in the world"));
                self.managed.get(&(owner.to_owned(), name.clone())).cloned().ok_or_else(lost)
            }
            Found::Text { text, file } => {
                let value = plain_value(parsed(&text)?.root());
                Ok(Taken { value, places: Some(text_places(&text, file.as_deref())) })
            }
        }
    }
}

impl StatementPlace {
    fn new(file: Option<&str>, at: LineColumn) -> StatementPlace {
        StatementPlace { file: file.map(str::to_owned), line: at.line, column: at.column }
    }
}

fn statement_places(world: &World, attachment: &Attachment) -> Vec<StatementPlace> {
    world.statement_places(attachment).into_iter().map(|(file, at)| StatementPlace::new(Some(file), at)).collect()
}

/// The places of the statements of a document's text.
fn text_places(text: &str, name: Option<&str>) -> Vec<StatementPlace> {
    let mut sources = Sources::new();
    let file = sources.add(name.unwrap_or_default().to_owned(), text, None);
    let document = parse_policy_text(&sources, file, PolicyType::Session, &Limits::default(), &mut Vec::new());
    let statements = document.map(|document| document.statements).unwrap_or_default();
    statements.iter().map(|statement| StatementPlace::new(name, sources.line_column(file, statement.span.start))).collect()
}

fn session_documents(request: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    request.member("session").and_then(|session| session.member("policies")).into_iter().flat_map(Node::items)
}

fn parsed(text: &str) -> Result<Tree<'_>, ReferenceError> {
    Tree::parse(FileId(0), text, 0..text.len(), &Limits::default()).map_err(|diagnostic| ReferenceError::Text(diagnostic.message))
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
