//! The stages of reading a world, in order.
//!
//! 1. The world text is cut (`scan.rs`) and everything but the accounts is read: [`Outline`]. Where the cut fails, or a slice
//!    turns out to be no JSON, the text is parsed as a whole, so that the error is that of the whole.
//! 2. Account files are read and get their place in [`Sources`].
//! 3. Accounts are parsed and read in parallel, each from its own slice, whose tree is dropped at once.
//! 4. Files of documents are read and parsed in parallel, and everything is linked (`link.rs`, `checks.rs`).
//!
//! Results of parallel steps are collected in world order, and files enter [`Sources`] between the steps, in the order in
//! which the texts name them: nothing depends on the number of threads. A first mistake does not end the reading, except
//! that a text which is no JSON is not read further.

use super::accounts::{Draft, read_account};
use super::documents::Pool;
use super::files::{FileError, FileSystem};
use super::organization::{OrganizationDraft, read_organization};
use super::resolve::{Surroundings, folder_of, join};
use super::shape::{mismatch, missing, non_empty, unknown};
use super::types::World;
use super::{WorldError, WorldOptions, link, scan};
use crate::diag::{Code, Diagnostic, FileId, Sources, Span, quoted};
use crate::syntax::{Kind, Limits, Node, Tree, duplicate_keys};
use rayon::prelude::*;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Accounts of one world.
const ACCOUNTS_MAX: usize = 100_000;

const WORLD: &[&str] = &["version", "aws_managed", "organization", "accounts"];

/// Everything that reading needs beside the text.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) base_dir: &'a Path,
    pub(super) files: &'a dyn FileSystem,
    pub(super) options: &'a WorldOptions,
}

/// A world read from its own file, or the diagnostics that refuse it.
pub(super) fn read_file(path: &Path, files: &dyn FileSystem, options: &WorldOptions) -> Result<(World, Vec<Diagnostic>), WorldError> {
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy()).into_owned();
    let base_dir = path.parent().unwrap_or(Path::new(""));
    let limit = options.limits.world_bytes as u64;
    match files.read(path, limit) {
        Ok(bytes) => {
            let (text, cut) = decode(bytes);
            if !cut {
                return read_text(name, text.into(), Input { base_dir, files, options });
            }
            let mut sources = Sources::new();
            let file = sources.add(name, text, None);
            let diagnostics = vec![not_utf8(&sources, file)];
            Err(WorldError::new(sources, diagnostics))
        }
        Err(error) => {
            let mut sources = Sources::new();
            let file = sources.add(name.clone(), "", None);
            let diagnostics = vec![unreadable(&error, &name, Span::new(file, 0, 0), limit)];
            Err(WorldError::new(sources, diagnostics))
        }
    }
}

/// A world that is a whole text.
pub(super) fn read_text(name: String, text: Arc<str>, input: Input<'_>) -> Result<(World, Vec<Diagnostic>), WorldError> {
    let mut sources = Sources::new();
    let file = sources.add(name, Arc::clone(&text), None);
    let bytes_max = input.options.limits.world_bytes;
    if text.len() > bytes_max {
        let message = format!("the world has {} bytes, {bytes_max} are allowed", text.len());
        return Err(WorldError::new(sources, vec![Diagnostic::new(Code::LimitExceeded, Span::new(file, 0, 0), message)]));
    }
    let pool = Pool::new(&input.options.limits);
    let stage = Stage { input, pool: &pool, limits: &input.options.limits };
    if let Some(outline) = stage.outline_of_slices(file, &text) {
        match stage.finish(sources, outline) {
            Ok(result) => return result,
            Err(returned) => sources = returned,
        }
    }
    let whole = Tree::parse(file, &text, 0..text.len(), &input.options.limits);
    match whole {
        Ok(tree) => stage.whole(sources, tree.root()),
        Err(diagnostic) => Err(WorldError::new(sources, vec![diagnostic])),
    }
}

/// A world that stands in a text which has been parsed.
pub(super) fn read_node(sources: Sources, node: Node<'_>, input: Input<'_>) -> Result<(World, Vec<Diagnostic>), WorldError> {
    let pool = Pool::new(&input.options.limits);
    let (world, warnings) = Stage { input, pool: &pool, limits: &input.options.limits }.whole(sources, node)?;
    Ok((World { root: node.span(), ..world }, warnings))
}

/// A member of the world object.
struct Member<'t> {
    key: &'t str,
    key_span: Span,
    value: Value<'t>,
}

enum Value<'t> {
    Node(Node<'t>),
    /// An array whose elements have not been parsed, or will be parsed once more.
    Elements(Span, Vec<Span>),
}

/// The world but for its accounts.
struct Outline {
    aws_managed: Option<String>,
    organization: Option<OrganizationDraft>,
    accounts: Vec<Element>,
    diagnostics: Vec<Diagnostic>,
    /// The text was cut: slices nest two levels deeper than they seem, and a syntax error asks for the whole parse.
    cut: bool,
}

/// An element of `accounts`.
struct Element {
    /// Its place.
    at: Span,
    /// The file that holds the account, if the element is a path.
    path: Option<String>,
}

/// An account's text, once account files have been read.
struct AccountText<'e> {
    element: &'e Element,
    index: usize,
    file: FileId,
    text: Arc<str>,
}

#[derive(Clone, Copy)]
struct Stage<'a> {
    input: Input<'a>,
    pool: &'a Pool<'a>,
    limits: &'a Limits,
}

impl<'a> Stage<'a> {
    /// The limits for a part that stands `depth` levels deep.
    fn limits_at(&self, depth: usize) -> Limits {
        Limits { nesting: self.limits.nesting.min(Limits::NESTING_MAX).saturating_sub(depth), ..self.limits.clone() }
    }

    /// The outline of a text, or `None` where it has to be parsed as a whole.
    fn outline_of_slices(&self, file: FileId, text: &str) -> Option<Outline> {
        let (slices, close) = scan::cut(text)?;
        let limits = self.limits_at(1);
        if slices.len() > limits.object_keys || limits.nesting < 2 {
            return None;
        }
        let mut trees = Vec::with_capacity(slices.len());
        for slice in &slices {
            let key = Tree::parse(file, text, slice.key.clone(), &limits).ok()?;
            let value = match &slice.elements {
                Some(_) => None,
                None => Some(Tree::parse(file, text, slice.value.clone(), &limits).ok()?),
            };
            trees.push((key, value));
        }
        let mut members: Vec<Member<'_>> = Vec::with_capacity(slices.len());
        let mut seen = HashSet::with_capacity(slices.len());
        for (slice, (key, value)) in slices.iter().zip(&trees) {
            let span = |range: &std::ops::Range<usize>| Span::new(file, range.start, range.end);
            let value = match (value, &slice.elements) {
                (Some(value), _) => Value::Node(value.root()),
                (None, elements) => Value::Elements(span(&slice.value), elements.iter().flatten().map(span).collect()),
            };
            let key_text = key.root().as_str()?;
            let unseen_accounts = key_text == "accounts" && matches!(&value, Value::Node(node) if node.kind() == Kind::Array);
            if unseen_accounts || !seen.insert(key_text) {
                return None;
            }
            members.push(Member { key: key_text, key_span: span(&slice.key), value });
        }
        let mut outline = self.outline(members, Span::new(file, close, close + 1), text)?;
        outline.cut = true;
        Some(outline)
    }

    /// Reads a world whose text has been parsed as a whole.
    fn whole(&self, sources: Sources, node: Node<'_>) -> Result<(World, Vec<Diagnostic>), WorldError> {
        if node.kind() != Kind::Object {
            return Err(WorldError::new(sources, vec![mismatch(node, "a world", "an object")]));
        }
        let mut repeated = Vec::new();
        duplicate_keys(node, &mut repeated);
        let mut members: Vec<Member<'_>> = Vec::with_capacity(node.len());
        let mut seen = HashSet::with_capacity(node.len());
        for member in node.members() {
            // The first of repeated members counts.
            if !seen.insert(member.key) {
                continue;
            }
            let value = match (member.key, member.value.kind()) {
                ("accounts", Kind::Array) => Value::Elements(member.value.span(), member.value.items().map(Node::span).collect()),
                _ => Value::Node(member.value),
            };
            members.push(Member { key: member.key, key_span: member.key_span, value });
        }
        // INVARIANT: what was parsed as a whole parses in parts. Were it broken, the world would be refused all the same.
        let broken = Diagnostic::new(Code::InvalidWorld, node.span(), "this world cannot be read");
        let Some(mut outline) = self.outline(members, node.close_span(), node.text()) else {
            return Err(WorldError::new(sources, vec![broken]));
        };
        outline.diagnostics.append(&mut repeated);
        self.finish(sources, outline).unwrap_or_else(|sources| Err(WorldError::new(sources, vec![broken])))
    }

    /// Reads the members of the world; `None` if an element of `accounts` is no JSON.
    fn outline(&self, members: Vec<Member<'_>>, close: Span, text: &str) -> Option<Outline> {
        let mut diagnostics = Vec::new();
        for member in &members {
            if !WORLD.contains(&member.key) {
                diagnostics.push(unknown(member.key, member.key_span, "a world", WORLD));
            }
            if let Value::Node(node) = member.value
                && member.key != "organization"
            {
                duplicate_keys(node, &mut diagnostics);
            }
        }
        let member = |name: &str| members.iter().find(|member| member.key == name).map(|member| &member.value);
        match member("version") {
            Some(Value::Node(node)) if node.number_text() == Some("1") => {}
            Some(Value::Node(node)) => {
                let message = format!("the version of the world format is the number 1, not {}", quoted(node.source()));
                diagnostics.push(Diagnostic::new(Code::InvalidWorld, node.span(), message));
            }
            _ => diagnostics.push(missing(close, "version", "a world")),
        }
        let aws_managed = match member("aws_managed") {
            Some(Value::Node(node)) => {
                non_empty(*node, "`aws_managed`", &mut diagnostics).map(|folder| folder.trim_end_matches('/').to_owned())
            }
            _ => None,
        };
        let organization = match member("organization") {
            Some(Value::Node(node)) => {
                let around = self.surroundings(aws_managed.as_deref(), "", None);
                let (organization, mut found) = read_organization(*node, around);
                diagnostics.append(&mut found);
                organization
            }
            _ => None,
        };
        let accounts = match member("accounts") {
            Some(Value::Elements(at, elements)) => self.elements(*at, elements, text, &mut diagnostics)?,
            Some(Value::Node(node)) => {
                diagnostics.push(mismatch(*node, "`accounts`", "an array"));
                Vec::new()
            }
            None => {
                diagnostics.push(missing(close, "accounts", "a world"));
                Vec::new()
            }
        };
        Some(Outline { aws_managed, organization, accounts, diagnostics, cut: false })
    }

    fn elements(&self, at: Span, elements: &[Span], text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Element>> {
        if elements.len() > ACCOUNTS_MAX {
            let message = format!("a world of {} accounts, {ACCOUNTS_MAX} are allowed", elements.len());
            diagnostics.push(Diagnostic::new(Code::LimitExceeded, Span { end: at.start + 1, ..at }, message));
            return Some(Vec::new());
        }
        let mut accounts = Vec::with_capacity(elements.len());
        for at in elements {
            let mut path = None;
            if text.get(at.range()).is_some_and(|text| text.starts_with('"')) {
                let tree = Tree::parse(at.file, text, at.range(), self.limits).ok()?;
                path = non_empty(tree.root(), "the path of an account", diagnostics).map(str::to_owned);
                if path.is_none() {
                    continue;
                }
            }
            accounts.push(Element { at: *at, path });
        }
        Some(accounts)
    }

    fn surroundings<'b>(&self, aws_managed: Option<&'b str>, folder: &'b str, account_at: Option<u32>) -> Surroundings<'b>
    where
        'a: 'b,
    {
        Surroundings { pool: self.pool, aws_managed, folder, account_at }
    }

    /// Reads the accounts and links everything. Gives the sources back if the text was cut and a slice is no JSON.
    fn finish(&self, mut sources: Sources, mut outline: Outline) -> Result<Result<(World, Vec<Diagnostic>), WorldError>, Sources> {
        let mut diagnostics = std::mem::take(&mut outline.diagnostics);
        let texts = self.account_texts(&mut sources, &outline, &mut diagnostics);
        let aws_managed = outline.aws_managed.as_deref();
        let read = |account: &AccountText<'_>| self.account(account, outline.cut, aws_managed);
        let results: Vec<_> = texts.par_iter().map(read).collect();
        if outline.cut && texts.iter().zip(&results).any(|(account, result)| account.element.path.is_none() && result.is_err()) {
            return Err(sources);
        }
        let account_files =
            texts.iter().filter(|account| account.element.path.is_some()).map(|account| (account.element.at, account.file)).collect();
        let mut drafts: Vec<Draft> = Vec::with_capacity(results.len());
        for result in results {
            match result {
                Ok((draft, mut found)) => {
                    diagnostics.append(&mut found);
                    drafts.extend(draft);
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        drop(texts);
        let parts = link::Parts { organization: outline.organization, drafts, account_files, aws_managed: outline.aws_managed };
        Ok(link::link(sources, parts, diagnostics, self.pool, self.input))
    }

    /// Finds the text of every account, reading the files among them.
    fn account_texts<'e>(&self, sources: &mut Sources, outline: &'e Outline, diagnostics: &mut Vec<Diagnostic>) -> Vec<AccountText<'e>> {
        let read = |element: &Element| {
            let path = element.path.as_deref()?;
            Some(self.input.files.read(&self.input.base_dir.join(path), self.limits.world_bytes as u64).map(decode))
        };
        let contents: Vec<_> = outline.accounts.par_iter().map(read).collect();
        let mut texts = Vec::with_capacity(contents.len());
        for (index, (element, content)) in outline.accounts.iter().zip(contents).enumerate() {
            let file = match (content, &element.path) {
                (Some(Ok((text, cut))), Some(path)) => {
                    let file = sources.add(join("", path), text, Some(element.at));
                    if cut {
                        diagnostics.push(not_utf8(sources, file));
                        continue;
                    }
                    file
                }
                (Some(Err(error)), Some(path)) => {
                    diagnostics.push(unreadable(&error, path, element.at, self.limits.world_bytes as u64));
                    continue;
                }
                _ => element.at.file,
            };
            texts.push(AccountText { element, index, file, text: sources.file(file).shared_text() });
        }
        texts
    }

    /// Parses and reads one account. The error is that of a text which is no JSON.
    fn account(
        &self,
        account: &AccountText<'_>,
        cut: bool,
        aws_managed: Option<&str>,
    ) -> Result<(Option<Draft>, Vec<Diagnostic>), Diagnostic> {
        let (range, folder, limits) = match &account.element.path {
            Some(path) => (0..account.text.len(), folder_of(path), self.limits.clone()),
            None => (account.element.at.range(), "", self.limits_at(if cut { 2 } else { 0 })),
        };
        let tree = Tree::parse(account.file, &account.text, range, &limits)?;
        let around = self.surroundings(aws_managed, folder, Some(account.element.at.start));
        Ok(read_account(tree.root(), around, &format!("accounts[{}]", account.index)))
    }
}

/// The text of a file's bytes, and whether it was cut at a byte that is not UTF-8.
pub(super) fn decode(bytes: Vec<u8>) -> (String, bool) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(valid);
            (String::from_utf8(bytes).unwrap_or_default(), true)
        }
    }
}

/// `json-syntax` behind the last character of a text that [`decode`] cut.
pub(super) fn not_utf8(sources: &Sources, file: FileId) -> Diagnostic {
    let end = sources.file(file).text().len();
    Diagnostic::new(Code::JsonSyntax, Span::new(file, end, end), "the file is not UTF-8 from here on").with_help("save the file as UTF-8")
}

/// The error for a file that was not read, at the value that names it.
pub(super) fn unreadable(error: &FileError, path: &str, at: Span, bytes_max: u64) -> Diagnostic {
    let path = quoted(path);
    match error {
        FileError::Missing => Diagnostic::new(Code::UnresolvedDocument, at, format!("there is no file {path}")),
        FileError::Directory => Diagnostic::new(Code::UnresolvedDocument, at, format!("{path} is a directory, not a file")),
        FileError::Other(reason) => Diagnostic::new(Code::UnresolvedDocument, at, format!("the file {path} cannot be read: {reason}")),
        FileError::TooLarge => {
            Diagnostic::new(Code::LimitExceeded, at, format!("the file {path} has more than the {bytes_max} bytes that are allowed"))
        }
    }
}
