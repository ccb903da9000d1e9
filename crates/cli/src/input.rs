//! Reading what the user names, with a clear word about whatever cannot be read.

use crate::failure::{Failure, plain};
use crate::ui::Ui;
use portcullis::diag::{Code, Diagnostic, Sources, Span};
use portcullis::syntax::add_file;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

/// A file or stdin.
pub(crate) enum Input {
    /// `-`.
    Stdin(std::io::Stdin),
    /// An opened file.
    File(File),
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Input::Stdin(stdin) => stdin.lock().read(buffer),
            Input::File(file) => file.read(buffer),
        }
    }
}

/// True for `-`.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}

/// The name to show for a path.
pub(crate) fn name(path: &Path) -> String {
    if is_stdin(path) { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// The folder that paths in a file are relative to, and the file's name without it: what is said about a file, and kept in a bundle,
/// does not depend on where the file lies.
pub(crate) fn folder_and_name(path: &Path) -> (&Path, String) {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if !is_stdin(path) => (folder, name.to_string_lossy().into_owned()),
        _ => (Path::new(""), name(path)),
    }
}

/// Opens a file or stdin; also gives its length where that is known.
pub(crate) fn open(path: &Path, what: &str) -> Result<(Input, Option<u64>), Failure> {
    if is_stdin(path) {
        return Ok((Input::Stdin(std::io::stdin()), None));
    }
    let refuse = |error: &std::io::Error| {
        let failure = Failure::new("io", format!("cannot read {what} `{}`: {}", path.display(), plain(error)));
        if error.kind() == std::io::ErrorKind::NotFound { suggest(failure, path) } else { failure }
    };
    let file = File::open(path).map_err(|error| refuse(&error))?;
    let metadata = file.metadata().map_err(|error| refuse(&error))?;
    if metadata.is_dir() {
        return Err(
            Failure::new("io", format!("cannot read {what} `{}`: it is a directory", path.display())).with_help("name the file itself")
        );
    }
    Ok((Input::File(file), metadata.is_file().then_some(metadata.len())))
}

/// Reads all bytes, at most `limit`; `empty` is the code for a file that holds none.
pub(crate) fn bytes(path: &Path, what: &str, limit: u64, empty: &'static str) -> Result<Vec<u8>, Failure> {
    let (input, length) = open(path, what)?;
    let too_long = || Failure::new("limit-exceeded", format!("{what} `{}` is longer than the limit of {limit} bytes", name(path)));
    if length.is_some_and(|length| length > limit) {
        return Err(too_long());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length.unwrap_or(0)).unwrap_or(0));
    input
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new("io", format!("cannot read {what} `{}`: {}", name(path), plain(&error))))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(too_long());
    }
    if bytes.is_empty() {
        return Err(Failure::new(empty, format!("{what} `{}` is empty", name(path))));
    }
    Ok(bytes)
}

/// Reads all text.
pub(crate) fn text(ui: &Ui, path: &Path, what: &str, limit: u64) -> Result<String, Failure> {
    let bytes = bytes(path, what, limit, Code::JsonSyntax.as_str())?;
    let (_, name) = folder_and_name(path);
    decode(&name, bytes).map_err(|refused| {
        let (sources, diagnostic) = *refused;
        Failure::refused(ui, &format!("the {what} `{name}`"), &sources, &[diagnostic])
    })
}

/// Bytes as text; the first that is no UTF-8 is shown in its place.
pub(crate) fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Box<(Sources, Diagnostic)>> {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error.into_bytes(),
    };
    let help = if bytes.starts_with(&[0x1f, 0x8b]) {
        Some("it looks compressed; unpack it first")
    } else if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        Some("it looks like UTF-16; save it as UTF-8")
    } else if bytes.starts_with(&portcullis_runtime::format::MAGIC) {
        Some("it is a bundle")
    } else {
        None
    };
    let mut sources = Sources::new();
    let (file, found) = add_file(&mut sources, name.to_owned(), bytes, None);
    let mut diagnostic = found.unwrap_or_else(|| Diagnostic::new(Code::JsonSyntax, Span::new(file, 0, 0), "the text is not UTF-8"));
    if let Some(help) = help {
        diagnostic.help = Some(help.to_owned());
    }
    Err(Box::new((sources, diagnostic)))
}

/// Refuses to wait for a person to type what a pipe should bring, unless `-` says so.
pub(crate) fn stdin_or_refuse(given: bool) -> Result<(), Failure> {
    if !given && std::io::stdin().is_terminal() {
        return Err(Failure::usage("no requests: name a file of requests, or - to type them"));
    }
    Ok(())
}

/// Adds the nearest name in the same directory, if one is near.
fn suggest(failure: Failure, path: &Path) -> Failure {
    let Some(wanted) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { return failure };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(parent) else {
        return failure.with_help(format!("there is no directory `{}`", parent.display()));
    };
    let mut near: Vec<(usize, String)> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .map(|name| (distance(&wanted, &name), name))
        .filter(|(distance, _)| *distance <= 2)
        .collect();
    near.sort();
    match near.first() {
        Some((_, name)) => failure.with_help(format!("did you mean `{}`?", path.with_file_name(name).display())),
        None => failure,
    }
}

/// Edits between two names.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, from) in left.chars().enumerate() {
        let mut diagonal = at;
        if let Some(first) = row.first_mut() {
            *first = at.saturating_add(1);
        }
        let mut before = at.saturating_add(1);
        for (cell, to) in row.iter_mut().skip(1).zip(&right) {
            let cost = diagonal.saturating_add(usize::from(from != *to));
            diagonal = *cell;
            before = cost.min(before.saturating_add(1)).min(cell.saturating_add(1));
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("world.json", "world.json"), 0);
        assert_eq!(distance("wrld.json", "world.json"), 1);
        assert_eq!(distance("worlds.jsn", "world.json"), 2);
        assert_eq!(distance("", "abc"), 3);
    }
}
