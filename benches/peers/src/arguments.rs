//! What is to be measured.

use portcullis_workloads::{Draw, SHAPES};
use std::path::{Path, PathBuf};

/// The command line, defaults filled in.
#[derive(Debug)]
pub struct Arguments {
    pub workloads: Vec<String>,
    pub sizes: Vec<usize>,
    pub peers_to: usize,
    pub draws: Vec<Draw>,
    pub rounds: usize,
    pub budget_ms: u64,
    pub requests: usize,
    pub seed: u64,
    pub raw: PathBuf,
}

impl Arguments {
    /// Reads `--name value` pairs.
    ///
    /// # Errors
    /// A sentence on what was not understood.
    pub fn parse(words: Vec<String>) -> Result<Arguments, String> {
        let mut arguments = Arguments {
            workloads: SHAPES.iter().map(|(name, _)| (*name).to_owned()).collect(),
            sizes: vec![10, 100, 1_000, 10_000, 100_000, 1_000_000],
            peers_to: 10_000,
            draws: vec![Draw::Uniform, Draw::Zipf],
            rounds: 5,
            budget_ms: 200,
            requests: 10_000,
            seed: 1,
            raw: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance/raw.json"),
        };
        let mut words = words.into_iter();
        while let Some(name) = words.next() {
            let value = words.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--workloads" => arguments.workloads = value.split(',').map(str::to_owned).collect(),
                "--sizes" => arguments.sizes = value.split(',').map(number).collect::<Result<_, _>>()?,
                "--peers-to" => arguments.peers_to = number(&value)?,
                "--draws" => arguments.draws = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--rounds" => arguments.rounds = number(&value)?.max(1),
                "--budget-ms" => arguments.budget_ms = number(&value)? as u64,
                "--requests" => arguments.requests = number(&value)?.max(1),
                "--seed" => arguments.seed = number(&value)? as u64,
                "--raw" => arguments.raw = PathBuf::from(value),
                _ => return Err(format!("`{name}` is not known here")),
            }
        }
        Ok(arguments)
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.replace('_', "").parse().map_err(|_| format!("`{text}` is no number"))
}
