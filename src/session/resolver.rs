//! From the documents of a request's session to its policies: what each `Doc` means, and what of it has to be compiled.
//!
//! The order is that of `docs/formats.md`: an object is the document itself; a string that begins with `arn:` a managed policy of the caller's account or one of AWS; one that
//! ends in `.json` or holds a `/` a file; any other a managed policy of the caller's account by its name, or a built-in document.
//!
//! Who sends a request is not who runs the program: so a path may lead to files below one folder alone, unless the host says otherwise. What counts is the text of the path, before the system
//! sees it; symbolic links below the folder were put there by who owns it, and are followed.

use super::cache::{Cache, Key};
use super::error::SessionError;
use super::overlay::{SessionDocument, compile_overlay};
use crate::diag::{FileId, did_you_mean, nearest, quoted};
use crate::syntax::{Limits, Tree};
use crate::world::{
    DiskFiles, FULL_ACCESS, FileError, FileSystem, RCP_FULL_ACCESS, aws_managed_file, is_path, managed_policy, path_and_name,
};
use portcullis_runtime::json::SessionDocuments;
use portcullis_runtime::{Bundle, Overlay, SessionPolicies};
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Finds and compiles the documents of requests' sessions over one bundle: for
/// [`JsonRequest::resolve_with`](portcullis_runtime::json::JsonRequest::resolve_with).
///
/// Without [`folder`](SessionResolver::folder) a request can name no file, and with it only files below that folder; without [`aws_managed`](SessionResolver::aws_managed) it can name no
/// AWS managed policy but those that the bundle holds. Sessions that were resolved are kept, 1,024 of at most 64 MiB together; while one is, its files are not read again.
///
/// ```
/// use portcullis::runtime::{Bundle, json::JsonRequest};
/// use portcullis::session::SessionResolver;
/// # use portcullis::{CompileOptions, compile, world};
/// # let text = r#"{"version": 1, "accounts": [{"id": "111111111111", "roles": [{"name": "app", "policies": ["FullAWSAccess"]}],
/// #     "managed_policies": [{"name": "Read", "document": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}}]}]}"#;
/// # let (world, _) = world::read_world_text("world.json", text, ".".as_ref(), &world::DiskFiles, &world::WorldOptions::default())?;
/// # let bundle = Bundle::from_bytes(compile(&world, &CompileOptions::default())?.bytes)?;
///
/// let sessions = SessionResolver::new(bundle.clone());
/// let text = r#"{"principal": "arn:aws:sts::111111111111:assumed-role/app/one", "action": "s3:PutObject", "resource": "arn:aws:s3:::b/k",
///     "session": {"policies": ["Read"]}}"#;
/// let request = JsonRequest::parse(text)?;
/// let principal = request.resolve_with(&bundle, |session| sessions.resolve(session))?;
/// let allowed = request.with_request(|request| bundle.evaluator().decide(&principal, request))??.allowed();
/// assert!(!allowed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SessionResolver {
    bundle: Bundle,
    files: Option<Files>,
    /// Paths may lead out of the folder.
    files_anywhere: bool,
    /// The folder of AWS managed policies: as it is found, and as it is named.
    aws_managed: Option<(PathBuf, String)>,
    limits: Limits,
    cache: Cache,
}

/// Where paths lead.
struct Files {
    folder: PathBuf,
    system: Arc<dyn FileSystem + Send>,
}

/// What a document of a session turned out to be.
pub(crate) enum Found<'a> {
    /// A text, and the name of the file that it came from.
    Text { text: Cow<'a, str>, file: Option<String> },
    /// A managed policy that the bundle holds, by its name in the caller's account or by its ARN.
    Held(String),
}

impl SessionResolver {
    /// A resolver over a bundle, without files.
    #[must_use]
    pub fn new(bundle: Bundle) -> SessionResolver {
        SessionResolver {
            bundle,
            files: None,
            files_anywhere: false,
            aws_managed: None,
            limits: Limits::default(),
            cache: Cache::default(),
        }
    }

    /// Lets documents be paths of the disk, relative to this folder: that of the file that holds the requests. An absolute path, and one with `..`, is refused as
    /// `unresolved-document`; symbolic links below the folder are followed.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> SessionResolver {
        self.files(folder, Arc::new(DiskFiles))
    }

    /// As [`folder`](SessionResolver::folder), with files from elsewhere.
    #[must_use]
    pub fn files(self, folder: impl Into<PathBuf>, system: Arc<dyn FileSystem + Send>) -> SessionResolver {
        SessionResolver { files: Some(Files { folder: folder.into(), system }), ..self }
    }

    /// Lets paths lead out of the [`folder`](SessionResolver::folder), to every file that the process can read. For requests that are as trusted as the program: an error in a document quotes the
    /// file.
    #[must_use]
    pub fn files_anywhere(self) -> SessionResolver {
        SessionResolver { files_anywhere: true, ..self }
    }

    /// The folder of AWS managed policies that the bundle does not hold: `name` as explanations show it, relative to `base`
    /// ([`World::aws_managed`](crate::world::World::aws_managed) and the world's folder). It is read as [`folder`](SessionResolver::folder) says, so that must be set.
    #[must_use]
    pub fn aws_managed(self, base: &Path, name: &str) -> SessionResolver {
        let name = name.trim_end_matches('/');
        SessionResolver { aws_managed: Some((base.join(name), name.to_owned())), ..self }
    }

    /// The policies of a session.
    ///
    /// # Errors
    /// [`SessionError`] for the first document that leads nowhere (`unresolved-document`), is neither an object nor a string (`invalid-request`), or has an
    /// error as a session policy.
    pub fn resolve(&self, session: SessionDocuments<'_>) -> Result<SessionPolicies, SessionError> {
        let key = key(session);
        if let Some(known) = self.cache.get(&key) {
            return Ok(known);
        }
        let mut found = Vec::with_capacity(session.documents.len());
        let mut failure = None;
        for (index, document) in (0u32..).zip(session.documents) {
            match self.find(session.account, index, document) {
                Ok(document) => found.push((index, document)),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        let texts: Vec<SessionDocument<'_>> = found
            .iter()
            .filter_map(|(index, found)| match found {
                Found::Text { text, file } => Some(SessionDocument { text, index: *index, file: file.as_deref() }),
                Found::Held(_) => None,
            })
            .collect();
        // An error in a document counts before one of those behind it (S-116).
        let overlay = if texts.is_empty() { None } else { Some(compile_overlay(&texts)?) };
        if let Some(error) = failure {
            return Err(error);
        }
        let overlay = overlay.map(Overlay::from_bytes).transpose()?;
        let held = found.into_iter().filter_map(|(index, found)| match found {
            Found::Held(name) => Some((index, name)),
            Found::Text { .. } => None,
        });
        let policies = SessionPolicies { overlay, policies: held.collect() };
        self.cache.put(key, &policies);
        Ok(policies)
    }

    /// What one document, given as its JSON text, means for a caller of this account.
    pub(crate) fn find<'a>(&self, account: Option<&str>, index: u32, document: &'a str) -> Result<Found<'a>, SessionError> {
        let text = document.trim_start();
        if text.starts_with('{') {
            return Ok(Found::Text { text: Cow::Borrowed(document), file: None });
        }
        let tree = Tree::parse(FileId(0), document, 0..document.len(), &self.limits)
            .map_err(|error| SessionError::at(index, error.code.as_str(), error.message))?;
        let root = tree.root();
        let Some(name) = root.as_str() else {
            let message = format!("a policy is an object or a string, not {}", root.kind().describe());
            return Err(SessionError::at(index, "invalid-request", message));
        };
        if name.starts_with("arn:") {
            self.by_arn(account, index, name)
        } else if is_path(name) {
            self.by_path(index, name)
        } else if account.is_some_and(|account| self.bundle.managed_policy_path(account, name).is_some()) {
            Ok(Found::Held(name.to_owned()))
        } else {
            let built_in = match name {
                "FullAWSAccess" => FULL_ACCESS,
                "RCPFullAWSAccess" => RCP_FULL_ACCESS,
                _ => {
                    let mut message = format!("{} is no managed policy of the caller's account and no built-in document", quoted(name));
                    // No policy of the account is offered: who sends the request need not know their names.
                    if let Some(near) = nearest(name, ["FullAWSAccess", "RCPFullAWSAccess"]) {
                        let _ = write!(message, "; {}", did_you_mean(near));
                    }
                    return Err(SessionError::unresolved(index, message));
                }
            };
            Ok(Found::Text { text: Cow::Borrowed(built_in), file: Some(name.to_owned()) })
        }
    }

    fn by_arn(&self, account: Option<&str>, index: u32, arn: &str) -> Result<Found<'static>, SessionError> {
        let unresolved = |message| Err(SessionError::unresolved(index, message));
        let Some((owner, policy)) = managed_policy(arn) else {
            return unresolved(format!("{} is not the ARN of a managed policy", quoted(arn)));
        };
        if owner == "aws" {
            return self.of_aws(index, arn, policy);
        }
        if account != Some(owner) {
            return unresolved(format!("{} belongs to another account than the caller", quoted(arn)));
        }
        let (path, name) = path_and_name(policy);
        match self.bundle.managed_policy_path(owner, name) {
            Some(own) if own == path => Ok(Found::Held(name.to_owned())),
            _ => unresolved(format!("no managed policy has the ARN {}", quoted(arn))),
        }
    }

    fn of_aws(&self, index: u32, arn: &str, policy: &str) -> Result<Found<'static>, SessionError> {
        if self.bundle.holds_aws_managed_policy(arn) {
            return Ok(Found::Held(arn.to_owned()));
        }
        let unresolved = |message| Err(SessionError::unresolved(index, message));
        let Some(file) = aws_managed_file(policy) else {
            return unresolved(format!("{} is not the ARN of a managed policy", quoted(arn)));
        };
        match &self.aws_managed {
            Some((folder, name)) => self.file(index, &folder.join(&file), format!("{name}/{file}")),
            None => unresolved(format!("the bundle holds no policy {}, and there is no folder to look it up in", quoted(arn))),
        }
    }

    fn by_path(&self, index: u32, path: &str) -> Result<Found<'static>, SessionError> {
        if self.files.is_some() && !self.files_anywhere && !is_below(path) {
            let message = format!("the path {} leads out of the folder of the requests, which it must not", quoted(path));
            return Err(SessionError::unresolved(index, message));
        }
        let folder = self.files.as_ref().map(|files| files.folder.as_path());
        self.file(index, &folder.unwrap_or(Path::new("")).join(path), path.to_owned())
    }

    fn file(&self, index: u32, path: &Path, name: String) -> Result<Found<'static>, SessionError> {
        let shown = quoted(&name);
        let Some(files) = &self.files else {
            return Err(SessionError::unresolved(index, format!("no file can be named here, as {shown} does")));
        };
        let bytes_max = self.limits.document_bytes as u64;
        let bytes = files.system.read(path, bytes_max).map_err(|error| match error {
            FileError::Missing => SessionError::unresolved(index, format!("there is no file {shown}")),
            FileError::Directory => SessionError::unresolved(index, format!("{shown} is a directory, not a file")),
            FileError::Other(reason) => SessionError::unresolved(index, format!("the file {shown} cannot be read: {reason}")),
            FileError::TooLarge => {
                SessionError::at(index, "limit-exceeded", format!("the file {shown} has more than the {bytes_max} bytes that are allowed"))
            }
        })?;
        let text =
            String::from_utf8(bytes).map_err(|_| SessionError::at(index, "json-syntax", format!("the file {shown} is not UTF-8")))?;
        Ok(Found::Text { text: Cow::Owned(text), file: Some(name) })
    }
}

impl fmt::Debug for SessionResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.files.as_ref().map(|files| &files.folder);
        f.debug_struct("SessionResolver").field("bundle", &self.bundle).field("folder", &folder).finish_non_exhaustive()
    }
}

/// Whether a relative path leads nowhere but below its folder, by its text.
fn is_below(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// What decides what a session's documents mean: their texts and, if one is a name, whose name it is.
fn key(session: SessionDocuments<'_>) -> Key {
    let mut hasher = blake3::Hasher::new();
    let names = session.documents.iter().any(|document| !document.trim_start().starts_with('{'));
    // Nothing in a JSON text is a zero byte.
    hasher.update(session.account.filter(|_| names).unwrap_or_default().as_bytes());
    for document in session.documents {
        hasher.update(&[0]).update(document.as_bytes());
    }
    *hasher.finalize().as_bytes()
}
