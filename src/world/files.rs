//! Where the texts that a world names come from: the disk, or a set of files in memory.
//!
//! The reader asks from several threads; a file of documents is asked for once, however many places name it. A path is the
//! world's folder joined with the path that the text names. Nothing is resolved or cleaned up, so `..` and symbolic links
//! mean what the system says.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// There is no such file.
    Missing,
    /// The path leads to a directory.
    Directory,
    /// It holds more bytes than asked for at most.
    TooLarge,
    /// Anything else, in the system's words.
    Other(String),
}

/// A source of files.
pub trait FileSystem: Sync {
    /// The bytes of a file.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] for a file of more than `bytes_max` bytes, which need not be read; the other kinds as named.
    fn read(&self, path: &Path, bytes_max: u64) -> Result<Vec<u8>, FileError>;
}

/// The files of the disk. Only regular files are read: a pipe could block forever.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskFiles;

impl FileSystem for DiskFiles {
    fn read(&self, path: &Path, bytes_max: u64) -> Result<Vec<u8>, FileError> {
        let error = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => FileError::Missing,
            ErrorKind::IsADirectory => FileError::Directory,
            kind => FileError::Other(kind.to_string()),
        };
        let metadata = std::fs::metadata(path).map_err(error)?;
        if metadata.is_dir() {
            return Err(FileError::Directory);
        }
        if !metadata.is_file() {
            return Err(FileError::Other("not a regular file".to_owned()));
        }
        if metadata.len() > bytes_max {
            return Err(FileError::TooLarge);
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(error)?;
        bytes.reserve_exact(usize::try_from(metadata.len()).unwrap_or(0).saturating_add(1));
        // The file may grow while it is read; one byte more than allowed is enough to know.
        file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(error)?;
        if bytes.len() as u64 > bytes_max { Err(FileError::TooLarge) } else { Ok(bytes) }
    }
}

/// A set of files in memory, for tests and for hosts without a disk. A path that only leads to other files is a directory.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryFiles {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same set with one file more; a file of that path is replaced.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }
}

impl FileSystem for MemoryFiles {
    fn read(&self, path: &Path, bytes_max: u64) -> Result<Vec<u8>, FileError> {
        match self.files.get(path) {
            Some(bytes) if bytes.len() as u64 > bytes_max => Err(FileError::TooLarge),
            Some(bytes) => Ok(bytes.clone()),
            None if self.files.keys().any(|file| file.starts_with(path)) => Err(FileError::Directory),
            None => Err(FileError::Missing),
        }
    }
}
