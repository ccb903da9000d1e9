//! One workload of one size and draw: compiled, its decisions known.

use crate::engine;
use crate::estate::Estate;
use portcullis::runtime::Bundle;
use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
use portcullis::{CompileOptions, compile};
use portcullis_workloads::{Options, Request, Shape};
use std::time::Instant;

/// What compiling took and gave.
#[derive(Debug, Clone)]
pub struct Build {
    /// Statements, each document counted once.
    pub statements: u64,
    pub world_bytes: usize,
    pub bundle_bytes: usize,
    /// Those of the indexed documents, as `portcullis inspect` counts them.
    pub index_bytes: u64,
    pub read_seconds: f64,
    pub compile_seconds: f64,
    /// Opening the bundle, verification included.
    pub open_seconds: f64,
}

/// A workload, ready for engines.
pub struct Case {
    pub bundle: Bundle,
    pub build: Build,
    pub requests: Vec<Request>,
    pub expected: Vec<bool>,
    /// For the shapes that other evaluators can take.
    pub estate: Option<Estate>,
}

impl Case {
    /// Generates and compiles. `is_compared` says whether the world's statements are wanted, too.
    pub fn new(shape: Shape, options: &Options, is_compared: bool) -> Result<Case, String> {
        let workload = shape.generate(options);
        let (bundle, build) = build(&workload.world)?;
        let estate = is_compared.then(|| Estate::read(&workload.world)).transpose()?;
        let requests = workload.requests;
        let expected = engine::decisions(&bundle, &requests)?;
        Ok(Case { bundle, build, requests, expected, estate })
    }
}

/// Compiles a world and opens the bundle.
pub fn build(world: &str) -> Result<(Bundle, Build), String> {
    let start = Instant::now();
    let options = WorldOptions::default();
    let (read, _) =
        read_world_text("world.json", world, ".".as_ref(), &MemoryFiles::default(), &options).map_err(|error| error.to_string())?;
    let read_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let compiled = compile(&read, &CompileOptions::default()).map_err(|error| error.to_string())?;
    let compile_seconds = start.elapsed().as_secs_f64();
    let (bundle_bytes, index_bytes, statements) = (compiled.bytes.len(), compiled.summary.fragment_bytes, compiled.summary.statements);
    let start = Instant::now();
    let bundle = Bundle::from_bytes(compiled.bytes).map_err(|error| error.to_string())?;
    let open_seconds = start.elapsed().as_secs_f64();
    Ok((bundle, Build { statements, world_bytes: world.len(), bundle_bytes, index_bytes, read_seconds, compile_seconds, open_seconds }))
}
