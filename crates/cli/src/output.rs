//! Results: to stdout, or to a file that appears whole or not at all, even when the program is interrupted.

use crate::failure::Failure;
use crate::input;
use portcullis::bundle::{Access, Publish, publish_with};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Bytes kept back before a write to stdout, unless someone flushes.
const BUFFER_BYTES: usize = 64 * 1024;

/// The temporary file of the file that is being written, for [`remove_temporary`].
static TEMPORARY: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Removes the temporary file of a file that is being written. From then on no file is published: the lock is never given back.
pub(crate) fn remove_temporary() {
    let mut temporary = TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = temporary.take() {
        // There is nobody left to tell.
        let _ = std::fs::remove_file(path);
    }
    std::mem::forget(temporary);
}

/// Where results go.
pub(crate) struct Output {
    target: Target,
    buffer: Vec<u8>,
}

enum Target {
    Stdout,
    /// Published by [`Output::finish`]; nothing stands there before.
    File(PathBuf),
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Output { target: Target::Stdout, buffer: Vec::new() }
    }

    /// A file, or stdout for `-` and for nothing.
    pub(crate) fn to(path: Option<&Path>) -> Self {
        match path {
            Some(path) if !input::is_stdin(path) => Output { target: Target::File(path.to_owned()), buffer: Vec::new() },
            _ => Output::stdout(),
        }
    }

    /// Adds bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.buffer.extend_from_slice(bytes);
        if matches!(self.target, Target::Stdout) && self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Adds one JSON document and a line break.
    pub(crate) fn write_json(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        let mut bytes = serde_json::to_vec_pretty(document).map_err(|error| Failure::new("io", format!("cannot write JSON: {error}")))?;
        bytes.push(b'\n');
        self.write(&bytes)
    }

    /// Hands over what was kept back: whoever reads a pipe sees whole lines as they come. A file waits for [`Output::finish`].
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if matches!(self.target, Target::Stdout) && !self.buffer.is_empty() {
            let mut stdout = io::stdout().lock();
            let written = stdout.write_all(&self.buffer).and_then(|()| stdout.flush());
            self.buffer.clear();
            written.map_err(|error| Failure::io("write to", Path::new("<stdout>"), &error))?;
        }
        Ok(())
    }

    /// Ends the output: the last bytes, or the file.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        match &self.target {
            Target::Stdout => self.flush(),
            Target::File(path) => publish(path, &self.buffer, Access::Shared),
        }
    }
}

/// Writes a file, whole or not at all: the one place that does.
fn publish(path: &Path, bytes: &[u8], access: Access) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::new("io", format!("cannot write `{}`: it is a directory", path.display())).with_help("name the file to write"));
    }
    // A device or a pipe is written to, not replaced.
    let special = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    let written = if special {
        std::fs::OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(bytes))
    } else {
        let register = |temporary: Option<&Path>| {
            *TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner) = temporary.map(Path::to_path_buf);
        };
        publish_with(path, bytes, &Publish { access, on_temporary: Some(&register) })
    };
    written.map_err(|error| Failure::io("write", path, &error))
}

/// Writes a bundle: to a file, or to a pipe, never to a terminal.
pub(crate) fn publish_binary(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if !input::is_stdin(path) {
        return publish(path, bytes, Access::Private);
    }
    let mut output = Output::stdout();
    output.write(bytes)?;
    output.finish()
}

/// Refuses, before any work is done, a place that a bundle cannot go to.
pub(crate) fn check_binary_target(path: &Path) -> Result<(), Failure> {
    if input::is_stdin(path) {
        if io::stdout().is_terminal() {
            return Err(Failure::usage("a bundle is binary and stdout is a terminal").with_help("use -o FILE, or pipe the output"));
        }
        return Ok(());
    }
    if path.is_dir() {
        return Err(Failure::new("io", format!("cannot write `{}`: it is a directory", path.display())).with_help("name the file to write"));
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => {
            Err(Failure::new("io", format!("cannot write `{}`: there is no directory `{}`", path.display(), parent.display())))
        }
        _ => Ok(()),
    }
}

/// Refuses an output that would overwrite an input, also through links.
pub(crate) fn check_not_input(output: Option<&Path>, inputs: &[&Path]) -> Result<(), Failure> {
    let Some(output) = output.filter(|output| !input::is_stdin(output)) else { return Ok(()) };
    for input in inputs.iter().filter(|input| !input::is_stdin(input)) {
        if same_file(output, input) {
            let failure = Failure::usage(format!("the output `{}` is the input `{}`", output.display(), input.display()));
            return Err(failure.with_help("name another file to write"));
        }
    }
    Ok(())
}

/// Whether two paths lead to one regular file.
fn same_file(left: &Path, right: &Path) -> bool {
    let (Ok(left_meta), Ok(right_meta)) = (std::fs::metadata(left), std::fs::metadata(right)) else { return false };
    if !left_meta.is_file() || !right_meta.is_file() {
        return false;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (left_meta.dev(), left_meta.ino()) == (right_meta.dev(), right_meta.ino()) {
            return true;
        }
    }
    matches!((left.canonicalize(), right.canonicalize()), (Ok(left), Ok(right)) if left == right)
}
