//! Resolving one `Doc`: an object, a path, an ARN or a name, in the order that `formats.md` gives.
//!
//! A [`Scope`] is what a `Doc` can refer to from where it stands: the folder of its file, the AWS-managed directory and, within
//! an account, that account's managed policies. It turns every `Doc` into a [`Reference`]; texts in the same file are
//! parsed on the spot, files are only noted. Errors: `unresolved-document`, `invalid-world`.

use super::documents::Pool;
use super::shape::{Field, Fields, list, mismatch};
use super::types::{Attachment, DocumentId};
use crate::diag::{Code, Diagnostic, Span, did_you_mean, nearest, quoted};
use crate::syntax::policy::PolicyType;
use crate::syntax::{Kind, Node};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

/// Unknown names of one account for which a known one is suggested.
const SUGGESTIONS_MAX: u32 = 16;

/// World order of a value: see [`Attachment::order`].
pub(super) type Order = (u32, u32);

/// A file that a `Doc` leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum FileKey {
    /// A path relative to the world's folder, as written and joined.
    Path(String),
    /// `FullAWSAccess`.
    FullAccess,
    /// `RCPFullAWSAccess`.
    RcpFullAccess,
}

impl FileKey {
    fn built_in(name: &str) -> Option<FileKey> {
        match name {
            "FullAWSAccess" => Some(FileKey::FullAccess),
            "RCPFullAWSAccess" => Some(FileKey::RcpFullAccess),
            _ => None,
        }
    }

    /// The path as written and joined, or the name.
    pub(super) fn name(&self) -> &str {
        match self {
            FileKey::Path(path) => path,
            FileKey::FullAccess => "FullAWSAccess",
            FileKey::RcpFullAccess => "RCPFullAWSAccess",
        }
    }
}

/// What a `Doc` means.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// A text in the world file or an account file; it is in the pool.
    Text {
        /// Its digest.
        digest: [u8; 32],
        /// Its place.
        text: Span,
    },
    /// A file, with the value that names it: for a managed policy the place of its declaration.
    File {
        /// The file.
        key: FileKey,
        /// The naming value.
        named_at: Span,
        /// Its world order.
        named_order: Order,
    },
    /// Nothing; the error has been reported.
    Nothing,
}

/// One `Doc` of the world.
#[derive(Debug)]
pub(super) struct Reference {
    /// The value.
    pub(super) at: Span,
    /// Its world order.
    pub(super) order: Order,
    /// What the document is checked as here.
    pub(super) policy_type: PolicyType,
    /// What the value means.
    pub(super) target: Target,
    /// False for a document attached by name or ARN, which counts as a managed policy in S-114.
    pub(super) inline: bool,
    /// The ARN of the AWS managed policy that the value names, if it names one.
    pub(super) aws_arn: Option<Box<str>>,
}

/// A sum of sizes that AWS limits (S-114).
#[derive(Debug)]
pub(super) struct Quota {
    /// Where a breach is reported.
    pub(super) at: Span,
    /// Whose inline policies are summed, for the message.
    pub(super) subject: &'static str,
    /// The characters that AWS takes by default, white space outside strings not counted.
    pub(super) characters_max: usize,
    /// The references among which the inline ones are summed.
    pub(super) references: Range<usize>,
}

/// All `Doc`s of an account or of the organization. [`DocumentId`]s in a draft are indexes into `references`.
#[derive(Debug, Default)]
pub(super) struct References {
    pub(super) references: Vec<Reference>,
    pub(super) quotas: Vec<Quota>,
    /// For each `rcps` member its key and its references (S-708).
    pub(super) rcp_levels: Vec<(Span, Range<usize>)>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A managed policy as the documents of its account see it.
#[derive(Debug)]
pub(super) struct Managed<'n> {
    /// `path`.
    pub(super) path: String,
    /// Its own reference.
    pub(super) reference: usize,
    /// Its text, if that is inline: it may have to be parsed as another type too.
    pub(super) node: Option<Node<'n>>,
}

/// What is shared by everything in one file of the world.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) pool: &'a Pool<'a>,
    /// `aws_managed`.
    pub(super) aws_managed: Option<&'a str>,
    /// The folder of the file, relative to the world's: empty, or with a closing `/`.
    pub(super) folder: &'a str,
    /// The offset of the account in the world text; `None` in the organization.
    pub(super) account_at: Option<u32>,
}

/// What the documents of an account or of the organization can refer to.
#[derive(Debug)]
pub(super) struct Scope<'a, 'n> {
    pub(super) around: Surroundings<'a>,
    /// Id of the account, if it has a valid one; `None` in the organization.
    pub(super) account: Option<String>,
    /// The account's managed policies by name.
    pub(super) managed: HashMap<String, Managed<'n>>,
    /// What has been found.
    pub(super) found: References,
    suggestions_left: u32,
}

impl<'a, 'n> Scope<'a, 'n> {
    pub(super) fn new(around: Surroundings<'a>) -> Self {
        Scope { around, account: None, managed: HashMap::new(), found: References::default(), suggestions_left: SUGGESTIONS_MAX }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.diagnostics.push(diagnostic);
    }

    /// A list of attached documents; `None` if the member is left out. `place` is that of the holder.
    pub(super) fn attachments(&mut self, fields: &Fields<'n>, name: &str, policy_type: PolicyType, place: &str) -> Option<Vec<Attachment>> {
        let field = fields.get(name)?;
        let first = self.found.references.len();
        let nodes = list(field, &mut self.found.diagnostics).unwrap_or_default();
        let attachments =
            nodes.into_iter().enumerate().map(|(index, node)| self.attach(node, policy_type, format!("{place}.{name}[{index}]"))).collect();
        if policy_type == PolicyType::Rcp {
            self.found.rcp_levels.push((field.key, first..self.found.references.len()));
        }
        Some(attachments)
    }

    /// One attached document.
    pub(super) fn attachment(&mut self, field: Option<Field<'n>>, policy_type: PolicyType, place: &str) -> Option<Attachment> {
        let field = field?;
        let before = self.found.diagnostics.len();
        let attachment = self.attach(field.value, policy_type, format!("{place}.{}", field.name));
        if field.value.kind() == Kind::Array
            && let Some(report) = self.found.diagnostics.get_mut(before)
        {
            report.help = Some(format!("`{}` is one document, not a list: write it without the brackets", field.name));
        }
        Some(attachment)
    }

    fn attach(&mut self, node: Node<'n>, policy_type: PolicyType, place: String) -> Attachment {
        let index = self.refer(node, policy_type);
        Attachment { document: draft_id(index), place, text: node.span(), order: self.order(node.span()) }
    }

    /// World order of a value in this file.
    pub(super) fn order(&self, span: Span) -> Order {
        match self.around.account_at {
            Some(account) => (account, span.start),
            None => (span.start, 0),
        }
    }

    fn push(&mut self, node: Node<'n>, policy_type: PolicyType, target: Target, inline: bool) -> usize {
        let aws_arn = node.as_str().filter(|text| matches!(managed_policy(text), Some(("aws", _)))).map(Box::from);
        let reference = Reference { at: node.span(), order: self.order(node.span()), policy_type, target, inline, aws_arn };
        self.found.references.push(reference);
        self.found.references.len() - 1
    }

    /// Resolves a `Doc` and gives the index of its reference.
    pub(super) fn refer(&mut self, node: Node<'n>, policy_type: PolicyType) -> usize {
        let (target, inline) = match node.as_str() {
            Some(text) if text.starts_with("arn:") => (self.by_arn(node, text, policy_type), false),
            Some(text) if is_path(text) => (self.by_path(node, text), true),
            Some(text) => (self.by_name(node, text, policy_type), false),
            None => (self.inline(node, policy_type), true),
        };
        self.push(node, policy_type, target, inline)
    }

    /// The document of a managed policy, where it is declared, and the index of its reference.
    pub(super) fn declare(&mut self, node: Node<'n>, place: String) -> (usize, Attachment) {
        let index = self.refer_managed(node);
        (index, Attachment { document: draft_id(index), place, text: node.span(), order: self.order(node.span()) })
    }

    /// Resolves the document of a managed policy: an object or a path, no name and no ARN.
    fn refer_managed(&mut self, node: Node<'n>) -> usize {
        let target = match node.as_str() {
            Some(text) if is_path(text) && !text.starts_with("arn:") => self.by_path(node, text),
            Some(text) => {
                let message = format!("the document of a managed policy cannot be named, as {} does", quoted(text));
                let help = "give the document itself, or a path that ends in `.json` or holds a `/`";
                self.unresolved(node, message, Some(help.to_owned()))
            }
            None => self.inline(node, PolicyType::Identity),
        };
        self.push(node, PolicyType::Identity, target, false)
    }

    fn inline(&mut self, node: Node<'n>, policy_type: PolicyType) -> Target {
        if node.kind() != Kind::Object {
            self.report(mismatch(node, "a policy document", "an object or a string"));
            return Target::Nothing;
        }
        Target::Text { digest: self.around.pool.intern(node, policy_type), text: node.span() }
    }

    fn by_path(&self, node: Node<'n>, text: &str) -> Target {
        self.file(node, FileKey::Path(join(self.around.folder, text)))
    }

    fn file(&self, node: Node<'n>, key: FileKey) -> Target {
        Target::File { key, named_at: node.span(), named_order: self.order(node.span()) }
    }

    fn by_name(&mut self, node: Node<'n>, name: &str, policy_type: PolicyType) -> Target {
        if self.managed.contains_key(name) {
            return self.by_managed(name, policy_type);
        }
        if let Some(key) = FileKey::built_in(name) {
            return self.file(node, key);
        }
        let near = self.near(name);
        if self.around.account_at.is_some() {
            let message = format!("{} is no managed policy of this account and no built-in document", quoted(name));
            self.unresolved(node, message, near)
        } else {
            let help = near.unwrap_or_else(|| "an organization takes built-in names, ARNs of AWS managed policies, and paths".to_owned());
            self.unresolved(node, format!("{} is no built-in document", quoted(name)), Some(help))
        }
    }

    /// A help line with the managed policy or built-in document nearest to a name that is not known.
    fn near(&mut self, name: &str) -> Option<String> {
        if !self.may_suggest(self.managed.len()) {
            return None;
        }
        nearest_of(name, self.managed.keys().map(String::as_str).chain(["FullAWSAccess", "RCPFullAWSAccess"])).map(did_you_mean)
    }

    /// Whether the nearest of so many known names is looked for. Only some are, as each takes a look at all.
    pub(super) fn may_suggest(&mut self, known: usize) -> bool {
        const NAMES_MAX: usize = 1_000;
        let Some(left) = self.suggestions_left.checked_sub(1) else { return false };
        self.suggestions_left = left;
        known <= NAMES_MAX
    }

    /// A managed policy of the account, checked as `policy_type`.
    fn by_managed(&self, name: &str, policy_type: PolicyType) -> Target {
        let Some(managed) = self.managed.get(name) else { return Target::Nothing };
        if let Some(node) = managed.node {
            return Target::Text { digest: self.around.pool.intern(node, policy_type), text: node.span() };
        }
        self.found.references.get(managed.reference).map_or(Target::Nothing, |reference| reference.target.clone())
    }

    fn by_arn(&mut self, node: Node<'n>, arn: &str, policy_type: PolicyType) -> Target {
        let Some((owner, policy)) = managed_policy(arn) else {
            return self.unresolved(node, format!("{} is not the ARN of a managed policy", quoted(arn)), None);
        };
        if owner == "aws" {
            return self.aws_managed(node, arn, policy);
        }
        if self.around.account_at.is_some() && self.account.is_none() {
            // The account's own id is missing or malformed, which has been reported; whose policy this is cannot be told.
            return Target::Nothing;
        }
        let (path, name) = path_and_name(policy);
        let own = self.account.as_deref() == Some(owner);
        match self.managed.get(name) {
            Some(managed) if own && managed.path == path => self.by_managed(name, policy_type),
            Some(managed) if own => {
                let help = format!("the policy {} of this account has the path {}", quoted(name), quoted(&managed.path));
                self.unresolved(node, format!("no managed policy has the ARN {}", quoted(arn)), Some(help))
            }
            _ if own => {
                let near =
                    if self.may_suggest(self.managed.len()) { nearest_of(name, self.managed.keys().map(String::as_str)) } else { None };
                let declared = near.and_then(|near| Some((near, self.managed.get(near)?)));
                let help = declared.map(|(near, managed)| {
                    let head = arn.strip_suffix(policy).unwrap_or_default();
                    did_you_mean(&format!("{head}{}{near}", managed.path.trim_start_matches('/')))
                });
                self.unresolved(node, format!("this account declares no managed policy {}", quoted(name)), help)
            }
            _ => {
                let help = "only managed policies of the same account and AWS managed policies can be named";
                self.unresolved(node, format!("{} belongs to another account", quoted(arn)), Some(help.to_owned()))
            }
        }
    }

    fn aws_managed(&mut self, node: Node<'n>, arn: &str, policy: &str) -> Target {
        let Some(file) = aws_managed_file(policy) else {
            return self.unresolved(node, format!("{} is not the ARN of a managed policy", quoted(arn)), None);
        };
        match self.around.aws_managed {
            Some(directory) => self.file(node, FileKey::Path(format!("{directory}/{file}"))),
            None => {
                let help = "name the directory that holds AWS managed policies in the world's `aws_managed`";
                self.unresolved(node, format!("the world has no AWS managed policies to look {} up in", quoted(arn)), Some(help.to_owned()))
            }
        }
    }

    fn unresolved(&mut self, node: Node<'n>, message: String, help: Option<String>) -> Target {
        self.report(Diagnostic { help, ..Diagnostic::new(Code::UnresolvedDocument, node.span(), message) });
        Target::Nothing
    }
}

/// The known name nearest to one that is not known.
pub(super) fn nearest_of<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    // In the order of the alphabet, so that the order of a table cannot be seen.
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    nearest(name, known)
}

/// A string that is no ARN is a path if it ends in `.json` or holds a `/`.
pub(crate) fn is_path(text: &str) -> bool {
    text.ends_with(".json") || text.contains('/')
}

/// The account part of a managed policy's ARN (`aws` for those of AWS), and what follows `policy/`.
pub(crate) fn managed_policy(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let head = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let (owner, resource) = (parts.next()?, parts.next()?);
    matches!(head, ["arn", _, "iam", ""]).then_some((owner, resource.strip_prefix("policy/")?))
}

/// Path (`/` at both ends) and name of what follows `policy/` in the ARN of an account's managed policy.
pub(crate) fn path_and_name(policy: &str) -> (String, &str) {
    policy.rsplit_once('/').map_or_else(|| ("/".to_owned(), policy), |(path, name)| (format!("/{path}/"), name))
}

/// The file of an AWS managed policy below the folder that holds them; `None` where what follows `policy/` would lead out of it.
pub(crate) fn aws_managed_file(policy: &str) -> Option<String> {
    let safe = policy.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']));
    safe.then(|| format!("{policy}.json"))
}

/// A path that stands in a file of `folder`, relative to the world's folder.
pub(super) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') || Path::new(path).is_absolute() { path.to_owned() } else { format!("{folder}{path}") }
}

/// The folder of a file, empty or with a closing `/`.
pub(super) fn folder_of(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or_default()
}

/// The index of a reference, in the place of a document id until all documents are known.
fn draft_id(index: usize) -> DocumentId {
    DocumentId(u32::try_from(index).unwrap_or(u32::MAX))
}
