//! The last stage of reading: files of documents are read, every `Doc` gets its document, and the world is checked as a whole.
//!
//! Input: the drafts of `accounts.rs` and `organization.rs`. Output: the [`World`] with its warnings, or all diagnostics.
//! Documents are numbered in world order of the first place that names them; files enter [`Sources`] in the order in which
//! they are named, so that errors sort as S-116 wants.

use super::accounts::Draft;
use super::checks;
use super::documents::{DocumentKey, Parsed, Pool};
use super::files::FileError;
use super::organization::OrganizationDraft;
use super::read::{Input, decode, not_utf8, unreadable};
use super::resolve::{FileKey, Order, Reference, References, Target};
use super::types::{Account, Attachment, DocumentId, NamedPolicy, OrganizationUnit, StoredDocument, World};
use super::{FULL_ACCESS, RCP_FULL_ACCESS, WorldError};
use crate::diag::{Code, Diagnostic, FileId, Sources, Span, did_you_mean};
use crate::syntax::Tree;
use crate::syntax::policy::PolicyType;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Statements of one world before equal documents are shared.
const STATEMENTS_MAX: usize = 10_000_000;

/// A reference whose document is known and has no errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linked {
    pub(super) document: DocumentId,
    /// The place of the text.
    pub(super) text: Span,
    /// See [`Parsed::characters`].
    pub(super) characters: usize,
}

/// The files of documents, once they are in [`Sources`].
#[derive(Default)]
struct ReadFiles {
    /// By file and type: the digest and the place of its text. Files that could not be read are not here.
    texts: HashMap<FileKey, BTreeMap<PolicyType, ([u8; 32], Span)>>,
    /// Each file of `Sources` that was read here, and the first of those with the same text.
    first_of: HashMap<FileId, FileId>,
}

impl ReadFiles {
    /// The span as it stands in the first of the files with the same text.
    fn in_first(&self, span: Span) -> Span {
        Span { file: self.first_of.get(&span.file).copied().unwrap_or(span.file), ..span }
    }
}

/// What was read of a world.
pub(super) struct Parts {
    pub(super) organization: Option<OrganizationDraft>,
    pub(super) drafts: Vec<Draft>,
    /// Accounts given as paths: the place of the path, and the file.
    pub(super) account_files: Vec<(Span, FileId)>,
    /// See [`World::aws_managed`].
    pub(super) aws_managed: Option<String>,
}

/// Links the drafts into a world.
pub(super) fn link(
    mut sources: Sources,
    parts: Parts,
    mut diagnostics: Vec<Diagnostic>,
    pool: &Pool<'_>,
    input: Input<'_>,
) -> Result<(World, Vec<Diagnostic>), WorldError> {
    let Parts { organization, mut drafts, account_files, aws_managed } = parts;
    checks::unique_in_world(&drafts, &mut diagnostics);
    let (mut organization, tree_found) = organization.map(|draft| (draft.organization, draft.found)).unzip();
    let groups: Vec<&References> = tree_found.iter().chain(drafts.iter().map(|draft| &draft.found)).collect();
    let references = in_world_order(&groups);
    let files = read_files(&mut sources, &references, &mut diagnostics, pool, input);
    let mut linker = Linker::new(&files, pool.drain());
    let mut linked: Vec<Vec<Option<Linked>>> = groups.iter().map(|group| vec![None; group.references.len()]).collect();
    let mut aws_policies = AwsPolicies::default();
    for (group, index, reference) in &references {
        let found = linker.link(reference, &mut diagnostics);
        if let (Some(arn), Some(found)) = (&reference.aws_arn, found) {
            aws_policies.note(arn, reference, found);
        }
        if let Some(slot) = linked.get_mut(*group).and_then(|group| group.get_mut(*index)) {
            *slot = found;
        }
    }
    if linker.statements > STATEMENTS_MAX {
        let message = format!("a world of {} statements, {STATEMENTS_MAX} are allowed", linker.statements);
        diagnostics.push(Diagnostic::new(Code::LimitExceeded, Span::new(FileId(0), 0, 0), message));
    }
    for (group, linked) in groups.iter().zip(&linked) {
        checks::quotas(group, linked, &mut diagnostics);
        checks::rcp_levels(group, linked, &linker.documents, &mut diagnostics);
    }
    checks::dangling_principals(&sources, &drafts, &linker.documents, &mut diagnostics);

    // A repeated key inside a document is found by the account's check and by the document's own.
    let mut repeated = HashSet::new();
    diagnostics.retain(|diagnostic| diagnostic.code != Code::DuplicateKey || repeated.insert(diagnostic.span));
    if !diagnostics.iter().any(Diagnostic::is_error) {
        // INVARIANT: without an error every reference has a document. Were it broken, the world would be refused all the same.
        let slots = groups.iter().zip(&linked).flat_map(|(group, linked)| group.references.iter().zip(linked));
        let lost = slots.filter(|(_, linked)| linked.is_none());
        let report =
            |(reference, _): (&Reference, _)| Diagnostic::new(Code::UnresolvedDocument, reference.at, "this document cannot be used");
        diagnostics.extend(lost.map(report));
    }
    sources.sort(&mut diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(WorldError::new(sources, diagnostics));
    }

    let (of_tree, of_accounts) = linked.split_at(usize::from(organization.is_some()));
    if let (Some(organization), Some(linked)) = (&mut organization, of_tree.first()) {
        settle_unit(&mut organization.root, linked);
    }
    for (draft, linked) in drafts.iter_mut().zip(of_accounts) {
        settle_account(&mut draft.account, linked);
    }
    let account_file_at = account_files.into_iter().map(|(at, file)| ((at.file, at.start), file)).collect();
    let Linker { documents, document_at, .. } = linker;
    let accounts = drafts.into_iter().map(|draft| draft.account).collect();
    let root = Span::new(FileId(0), 0, sources.file(FileId(0)).text().len());
    let aws_policies = aws_policies.into_list();
    let world = World { sources, root, organization, accounts, aws_managed, aws_policies, documents, document_at, account_file_at };
    Ok((world, diagnostics))
}

/// AWS managed policies by the ARNs that places name.
#[derive(Default)]
struct AwsPolicies {
    by_arn: BTreeMap<String, (PolicyType, Attachment)>,
}

impl AwsPolicies {
    /// Notes a place. Of several types the first in this order is kept, and of its places the first in world order.
    fn note(&mut self, arn: &str, reference: &Reference, found: Linked) {
        let rank = |policy_type| match policy_type {
            PolicyType::Identity => Some(0),
            PolicyType::Boundary | PolicyType::Session => Some(1),
            PolicyType::Scp => Some(2),
            PolicyType::Rcp | PolicyType::Resource | PolicyType::Trust | PolicyType::Endpoint => None,
        };
        let Some(own) = rank(reference.policy_type) else { return };
        if self.by_arn.get(arn).is_none_or(|(kept, _)| rank(*kept).is_some_and(|kept| own < kept)) {
            let attachment = Attachment { document: found.document, place: arn.to_owned(), text: found.text, order: reference.order };
            self.by_arn.insert(arn.to_owned(), (reference.policy_type, attachment));
        }
    }

    fn into_list(self) -> Vec<NamedPolicy> {
        self.by_arn.into_iter().map(|(arn, (_, document))| NamedPolicy { arn, document }).collect()
    }
}

/// A reference with the indexes of its group and of its place in the group.
type Placed<'r> = (usize, usize, &'r Reference);

fn in_world_order<'r>(groups: &[&'r References]) -> Vec<Placed<'r>> {
    let of_group = |(group, found): (usize, &&'r References)| {
        let references: &'r [Reference] = &found.references;
        references.iter().enumerate().map(move |(index, reference)| (group, index, reference))
    };
    let mut references: Vec<Placed<'r>> = groups.iter().enumerate().flat_map(of_group).collect();
    references.sort_by_key(|(_, _, reference)| reference.order);
    references
}

/// Reads every file that a reference leads to, once, and parses it as each type that is asked of it.
///
/// A file that is used as several types stands in [`Sources`] once for each of them, since what a type finds counts at the place that first asks for
/// that type (S-116).
fn read_files(
    sources: &mut Sources,
    references: &[Placed<'_>],
    diagnostics: &mut Vec<Diagnostic>,
    pool: &Pool<'_>,
    input: Input<'_>,
) -> ReadFiles {
    /// Who names a file as a type, in world order.
    type Named = BTreeMap<Order, Span>;
    let mut wanted: HashMap<(&FileKey, PolicyType), Named> = HashMap::new();
    for (_, _, reference) in references {
        if let Target::File { key, named_at, named_order } = &reference.target {
            wanted.entry((key, reference.policy_type)).or_default().insert(*named_order, *named_at);
        }
    }
    let mut wanted: Vec<((&FileKey, PolicyType), Named)> = wanted.into_iter().collect();
    wanted.sort_by(|left, right| (left.1.keys().next(), left.0).cmp(&(right.1.keys().next(), right.0)));

    let limits = &input.options.limits;
    let read = |key: &&FileKey| match key {
        FileKey::Path(path) => {
            let bytes = input.files.read(&input.base_dir.join(path), limits.document_bytes as u64)?;
            let (text, cut) = decode(bytes);
            Ok((Arc::<str>::from(text), cut))
        }
        FileKey::FullAccess => Ok((Arc::from(FULL_ACCESS), false)),
        FileKey::RcpFullAccess => Ok((Arc::from(RCP_FULL_ACCESS), false)),
    };
    let keys: Vec<&FileKey> = wanted.iter().map(|((key, _), _)| *key).collect::<BTreeSet<_>>().into_iter().collect();
    let contents: HashMap<&FileKey, Result<(Arc<str>, bool), FileError>> =
        keys.par_iter().map(|key| (*key, read(key))).collect::<Vec<_>>().into_iter().collect();
    let mut files = ReadFiles::default();
    let mut first_of: HashMap<&FileKey, FileId> = HashMap::new();
    let mut added = Vec::with_capacity(wanted.len());
    for ((key, policy_type), named) in &wanted {
        let name = key.name();
        match contents.get(*key) {
            Some(Ok((text, cut))) => {
                let file = sources.add(name.to_owned(), Arc::clone(text), named.values().next().copied());
                let first = *first_of.entry(*key).or_insert(file);
                files.first_of.insert(file, first);
                if !*cut {
                    added.push((*key, *policy_type, file));
                } else if first == file {
                    diagnostics.push(named_here(not_utf8(sources, file), sources.file(file).named_at(), *policy_type));
                }
            }
            Some(Err(error)) => {
                let report = |at: &Span| unreadable(error, name, *at, limits.document_bytes as u64);
                diagnostics.extend(named.values().map(report));
            }
            None => {}
        }
    }
    let sources = &*sources;
    let parse = |(_, policy_type, file): &(&FileKey, PolicyType, FileId)| {
        let text = sources.file(*file).text();
        let tree = Tree::parse(*file, text, 0..text.len(), limits)
            .map_err(|diagnostic| named_here(diagnostic, sources.file(*file).named_at(), *policy_type))?;
        Ok((pool.intern(tree.root(), *policy_type), tree.root().span()))
    };
    let parsed: Vec<Result<_, Diagnostic>> = added.par_iter().map(parse).collect();
    for ((key, policy_type, file), result) in added.into_iter().zip(parsed) {
        match result {
            Ok(found) => {
                files.texts.entry(key.clone()).or_default().insert(policy_type, found);
            }
            // What is no JSON is that as every type.
            Err(diagnostic) => diagnostics.extend(Some(diagnostic).filter(|_| files.first_of.get(&file) == Some(&file))),
        }
    }
    files
}

struct Linker<'f> {
    files: &'f ReadFiles,
    parsed: HashMap<DocumentKey, Entry>,
    documents: Vec<StoredDocument>,
    document_at: HashMap<(FileId, u32), DocumentId>,
    statements: usize,
    /// Texts that have reported, as which type.
    places: HashSet<(Span, PolicyType)>,
    /// By text: what it has reported, as whichever type. The message is part of it, since types may find different faults with one place.
    reported: HashMap<Span, HashSet<(Code, Span, String)>>,
}

/// A document of the pool and what has become of it.
struct Entry {
    parsed: Parsed,
    id: Option<DocumentId>,
    has_reported: bool,
}

impl<'f> Linker<'f> {
    fn new(files: &'f ReadFiles, pool: HashMap<DocumentKey, Parsed>) -> Self {
        let entry = |(key, parsed)| (key, Entry { parsed, id: None, has_reported: false });
        Linker {
            files,
            parsed: pool.into_iter().map(entry).collect(),
            documents: Vec::new(),
            document_at: HashMap::new(),
            statements: 0,
            places: HashSet::new(),
            reported: HashMap::new(),
        }
    }

    /// Finds the document of a reference, stores it unless it is stored already, and reports what is to be said about it at
    /// this place. `None` for a reference that leads nowhere or to a document with errors.
    fn link(&mut self, reference: &Reference, diagnostics: &mut Vec<Diagnostic>) -> Option<Linked> {
        let (digest, text) = match &reference.target {
            Target::Text { digest, text } => (*digest, *text),
            Target::File { key, .. } => self.files.texts.get(key)?.get(&reference.policy_type).copied()?,
            Target::Nothing => return None,
        };
        let key = (digest, reference.policy_type);
        let entry = self.parsed.get_mut(&key)?;
        match &reference.target {
            _ if !entry.parsed.has_diagnostics() => {}
            Target::File { key: built_in @ (FileKey::FullAccess | FileKey::RcpFullAccess), .. } => {
                diagnostics.extend(of_built_in(built_in, &entry.parsed, text, reference));
            }
            _ if self.places.insert((text, key.1)) => {
                let reported = self.reported.entry(self.files.in_first(text)).or_default();
                report(entry, text, reference, self.files, reported, diagnostics);
            }
            _ => {}
        }
        self.statements = self.statements.saturating_add(entry.parsed.statement_count);
        let document = match entry.id {
            Some(id) => id,
            None => {
                let id = DocumentId(u32::try_from(self.documents.len()).ok()?);
                let document = entry.parsed.take_at(text)?;
                self.documents.push(StoredDocument { policy_type: key.1, digest, span: text, document });
                *entry.id.insert(id)
            }
        };
        self.document_at.insert((reference.at.file, reference.at.start), document);
        Some(Linked { document, text, characters: entry.parsed.characters })
    }
}

/// Reports the errors of a text at each place where it stands, its warnings at the first, and neither twice where types that the text is checked as
/// find the same.
fn report(
    entry: &mut Entry,
    text: Span,
    reference: &Reference,
    files: &ReadFiles,
    reported: &mut HashSet<(Code, Span, String)>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let first = !std::mem::replace(&mut entry.has_reported, true);
    let wanted = entry.parsed.diagnostics_at(text).filter(|diagnostic| first || diagnostic.is_error());
    let known = |diagnostic: &Diagnostic| (diagnostic.code, files.in_first(diagnostic.span), diagnostic.message.clone());
    let fresh: Vec<Diagnostic> = wanted.filter(|diagnostic| !reported.contains(&known(diagnostic))).collect();
    reported.extend(fresh.iter().map(known));
    diagnostics.extend(fresh.into_iter().map(|diagnostic| placed(diagnostic, text, reference)));
}

/// The error with the place that makes its document a policy of this type, where its own place does not tell: the value that names the document, or the
/// opening brace of a document without a principal, which is reported at the end of the statement (S-116).
fn placed(diagnostic: Diagnostic, text: Span, reference: &Reference) -> Diagnostic {
    if !diagnostic.is_error() {
        return diagnostic;
    }
    if text != reference.at {
        return named_here(diagnostic, Some(reference.at), reference.policy_type);
    }
    if diagnostic.code != Code::MissingPrincipal {
        return diagnostic;
    }
    let opening = Span { end: text.start.saturating_add(1).min(text.end), ..text };
    diagnostic.with_label(opening, format!("stands here, as {}", reference.policy_type.described()))
}

/// The error with the place that names its file.
fn named_here(diagnostic: Diagnostic, at: Option<Span>, policy_type: PolicyType) -> Diagnostic {
    match at {
        Some(at) => diagnostic.with_label(at, format!("named here, as {}", policy_type.described())),
        None => diagnostic,
    }
}

/// The error of a built-in document that is named where its type is another. Nobody can change its text, so the place is the name, and the first fault says it.
fn of_built_in(key: &FileKey, parsed: &Parsed, text: Span, reference: &Reference) -> Option<Diagnostic> {
    let errors = parsed.diagnostics_at(text).filter(Diagnostic::is_error);
    let first = errors.min_by_key(|diagnostic| diagnostic.span.start)?;
    let message = format!("`{}` cannot be {}: {}", key.name(), reference.policy_type.described(), first.message);
    let help = match (key, reference.policy_type) {
        (FileKey::FullAccess, PolicyType::Rcp) => did_you_mean(FileKey::RcpFullAccess.name()),
        (FileKey::RcpFullAccess, PolicyType::Identity | PolicyType::Boundary | PolicyType::Scp) => did_you_mean(FileKey::FullAccess.name()),
        _ => "write the document itself in its place".to_owned(),
    };
    Some(Diagnostic::new(first.code, reference.at, message).with_help(help))
}

/// The document of a draft's id, which is an index.
fn settled(draft: DocumentId, linked: &[Option<Linked>]) -> Option<Linked> {
    linked.get(draft.0 as usize).copied().flatten()
}

/// Puts the document and the text's place into an attachment.
fn settle(attachment: &mut Attachment, linked: &[Option<Linked>]) {
    if let Some(found) = settled(attachment.document, linked) {
        attachment.document = found.document;
        attachment.text = found.text;
    }
}

/// Recursion over the tree, whose depth the parser's nesting limit bounds.
fn settle_unit(unit: &mut OrganizationUnit, linked: &[Option<Linked>]) {
    for attachment in unit.scps.iter_mut().chain(&mut unit.rcps).flatten() {
        settle(attachment, linked);
    }
    for below in &mut unit.units {
        settle_unit(below, linked);
    }
}

fn settle_account(account: &mut Account, linked: &[Option<Linked>]) {
    let Account { scps, rcps, managed_policies, groups, users, roles, resources, vpc_endpoints, .. } = account;
    let mut each = |attachment: &mut Attachment| settle(attachment, linked);
    scps.iter_mut().chain(rcps).flatten().for_each(&mut each);
    managed_policies.iter_mut().map(|policy| &mut policy.document).for_each(&mut each);
    groups.iter_mut().flat_map(|group| &mut group.policies).for_each(&mut each);
    users.iter_mut().flat_map(|user| user.policies.iter_mut().chain(&mut user.boundary)).for_each(&mut each);
    roles.iter_mut().flat_map(|role| role.trust.iter_mut().chain(&mut role.policies).chain(&mut role.boundary)).for_each(&mut each);
    resources.iter_mut().flat_map(|resource| &mut resource.policy).for_each(&mut each);
    vpc_endpoints.iter_mut().flat_map(|endpoint| &mut endpoint.policy).for_each(&mut each);
}
