//! The command line: a subcommand, then `--name value` pairs and flags.

use std::fmt;

/// What follows the subcommand.
#[derive(Debug)]
pub struct Arguments {
    rest: Vec<String>,
}

/// Why the command line was not understood.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Arguments {
    /// The words behind the subcommand.
    pub fn new(rest: Vec<String>) -> Arguments {
        Arguments { rest }
    }

    /// The number behind a name, with `_` between digits allowed, or `default` where the name is absent.
    ///
    /// # Errors
    /// [`Usage`] if the name stands last or what follows is no number.
    pub fn number(&mut self, name: &str, default: u64) -> Result<u64, Usage> {
        let Some(at) = self.rest.iter().position(|word| word == name) else { return Ok(default) };
        let value = self.rest.get(at + 1).map(|text| text.replace('_', ""));
        let number = value.as_deref().and_then(|text| text.parse().ok()).ok_or_else(|| Usage(format!("{name} needs a number")))?;
        self.rest.drain(at..=at + 1);
        Ok(number)
    }

    /// The text behind a name; `None` where the name is absent.
    ///
    /// # Errors
    /// [`Usage`] if the name stands last.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Usage> {
        let Some(at) = self.rest.iter().position(|word| word == name) else { return Ok(None) };
        if at + 1 == self.rest.len() {
            return Err(Usage(format!("{name} needs a value")));
        }
        Ok(self.rest.drain(at..=at + 1).next_back())
    }

    /// The first word, unless it is an option.
    pub fn word(&mut self) -> Option<String> {
        let is_word = self.rest.first().is_some_and(|word| !word.starts_with("--"));
        is_word.then(|| self.rest.remove(0))
    }

    /// Whether a flag is there.
    pub fn flag(&mut self, name: &str) -> bool {
        let found = self.rest.iter().position(|word| word == name);
        found.map(|at| self.rest.remove(at)).is_some()
    }

    /// Refuses what nobody asked for.
    ///
    /// # Errors
    /// [`Usage`] naming the first word left over.
    pub fn finish(self) -> Result<(), Usage> {
        match self.rest.first() {
            Some(word) => Err(Usage(format!("`{word}` is not known here"))),
            None => Ok(()),
        }
    }
}
