//! Session policies: they come with a request, so they are compiled while it waits.
//!
//! In: the documents of one session, as texts ([`compile_overlay`]) or as a request gives them ([`SessionResolver`]: objects, names, ARNs, paths). Out: a bundle of
//! kind *session*, an [`Overlay`](portcullis_runtime::Overlay), which the runtime decides together with the world's, and the names of managed policies that the
//! world's bundle holds already.
//!
//! A service that starts sessions itself compiles each once and keeps its overlay for the session's life. One that gets them with every request keeps a resolver, which keeps what it
//! has compiled.
//!
//! Invariants: equal documents give equal bytes; every document is checked as a session policy (S-110), named ones included; the error that is reported is the first in the
//! order of the list (S-116); no thread but the caller's is used, and nothing is read but the files that a document names.
//!
//! Rules: S-110, S-116, S-715, S-729 (places).

mod cache;
mod error;
mod overlay;
mod resolver;
#[cfg(test)]
mod tests;

pub use error::SessionError;
pub use overlay::{SessionDocument, compile_overlay};
pub(crate) use resolver::Found;
pub use resolver::SessionResolver;
