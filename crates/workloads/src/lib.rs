//! Worlds and requests to measure with: seeded, of any size, and written in portcullis' own formats.
//!
//! In: a [`Shape`] (what the world looks like, with its sizes) and [`Options`] (seed, draw, number of requests). Out: a [`Workload`], the text of a world
//! (`docs/formats.md`) with the files that it names, and requests to it. Equal input gives equal bytes on every machine.
//!
//! Every shape steers its requests to one mix, [`MIX`]: about 60 % are allowed, 10 % denied by a statement and 30 % by default. A request is *aimed* at a statement and
//! then decided by whoever measures; nothing here knows a decision. The tests of this crate check the mix with the compiled evaluator, and small sizes with the reference.
//!
//! What is drawn (a statement, a principal) is drawn uniformly, or by Zipf's law with exponent 1, as a few resources and callers make most of real traffic.
//!
//! The crate depends on neither the compiler nor the runtime, so that programs that measure other evaluators can use it, too.

pub mod dice;
mod draw;
pub mod json;
pub mod medium;
mod policy;
mod request;
mod shape;
mod shapes;

pub use draw::Draw;
pub use request::{Aim, MIX, Request, Value};
pub use shape::{SHAPES, Shape};

/// What is common to all shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Decides every random choice.
    pub seed: u64,
    /// How statements and principals are drawn for requests.
    pub draw: Draw,
    /// Number of requests.
    pub requests: usize,
}

impl Default for Options {
    /// Seed 1, uniform, 10,000 requests.
    fn default() -> Options {
        Options { seed: 1, draw: Draw::Uniform, requests: 10_000 }
    }
}

/// A world and requests to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The world's text, `world.json`.
    pub world: String,
    /// The files that the world names, by their paths relative to it. Only [`medium`] has some.
    pub files: Vec<(String, String)>,
    /// The requests, in the order in which they are to be decided.
    pub requests: Vec<Request>,
}

impl Workload {
    /// The requests as `requests.ndjson`: one JSON object a line.
    #[must_use]
    pub fn ndjson(&self) -> String {
        self.requests.iter().map(|request| format!("{}\n", request.json())).collect()
    }
}
