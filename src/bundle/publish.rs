//! Atomic publishing: a reader of the path sees the old file or the new one, never a part.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many names are tried for the temporary file.
const NAMES_MAX: u32 = 100;

/// Bytes of the target's name that go into the temporary name, so that it fits wherever the target's does.
const NAME_BYTES_MAX: usize = 64;

/// Who may read a file that is published where there was none; one that was there keeps its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Its owner alone: bundles, since they tell who may do what.
    #[default]
    Private,
    /// Whom the process lets read its files (on Unix, by its umask): results.
    Shared,
}

/// A function that is told where the temporary file is.
pub type Told<'a> = dyn Fn(Option<&Path>) + 'a;

/// How a file is published.
#[derive(Clone, Copy, Default)]
pub struct Publish<'a> {
    /// Default: [`Access::Private`].
    pub access: Access,
    /// Is told the temporary file's path once it exists, and `None` once it is gone: whoever ends the process on a signal can remove it.
    pub on_temporary: Option<&'a Told<'a>>,
}

impl fmt::Debug for Publish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish").field("access", &self.access).finish_non_exhaustive()
    }
}

/// Makes `bytes` the content of the file at `path`, readable by its owner alone. See [`publish_with`].
///
/// # Errors
/// Those of [`publish_with`].
pub fn publish(path: &Path, bytes: &[u8]) -> io::Result<()> {
    publish_with(path, bytes, &Publish::default())
}

/// Makes `bytes` the content of the file at `path`.
///
/// The bytes go to a temporary file in the same folder, are synced to the disk, and take the name in one step; then the folder is synced. A failed sync is not
/// tried again, since the pages it lost may be marked clean.
///
/// # Errors
/// Any error of the file system, and `path` without a file name or naming a folder. After an error the old file is as it was and the temporary file is gone. One exception:
/// when the last step fails, the sync of the folder, the new file has the name already, and only a crash of the machine could bring the old one back; the message says so.
pub fn publish_with(path: &Path, bytes: &[u8], options: &Publish<'_>) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    if path.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "the path is a directory"));
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Opened before anything is written: a folder that cannot be synced is found while the old file still stands.
    let handle = if cfg!(unix) { Some(File::open(folder)?) } else { None };
    let (temporary, mut file) = create_temporary(folder, name, options.access)?;
    let tell = |path| options.on_temporary.into_iter().for_each(|note| note(path));
    tell(Some(temporary.as_path()));
    let written = keep_mode(path, &file).and_then(|()| file.write_all(bytes)).and_then(|()| file.sync_all());
    drop(file);
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if renamed.is_err() {
        // The error that counts is the first; a temporary file that cannot be removed either does no harm to readers.
        let _ = fs::remove_file(&temporary);
    }
    tell(None);
    renamed?;
    let synced = handle.map_or(Ok(()), |folder| folder.sync_all());
    synced.map_err(|error| io::Error::new(error.kind(), format!("the file is replaced, but its folder could not be synced: {error}")))
}

/// Gives the temporary file the mode of the file that it will replace.
fn keep_mode(path: &Path, file: &File) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(old) if old.is_file() => file.set_permissions(old.permissions()),
        _ => Ok(()),
    }
}

fn create_temporary(folder: &Path, name: &OsStr, access: Access) -> io::Result<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(match access {
            Access::Private => 0o600,
            Access::Shared => 0o666,
        });
    }
    #[cfg(not(unix))]
    let _ = access;
    let name = name.to_string_lossy();
    let name = name.get(..name.floor_char_boundary(NAME_BYTES_MAX)).unwrap_or_default();
    for attempt in 0..NAMES_MAX {
        let temporary = folder.join(OsString::from(format!(".{name}.{}.{attempt}.tmp", std::process::id())));
        match options.open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many temporary files of this name are left over"))
}
