//! Keeps the repository as its documents describe it.
//!
//! Checked: no source file is above `LINES_MAX` lines (those above `LINES_GOAL` are listed); no leftovers of unfinished
//! work; each path that a document names in backticks exists; no path of somebody's machine and no number of a tracker's issue in a text;
//! the corpus says where it comes from, folder by folder.

use crate::arguments::{Arguments, Usage};
use std::fs;
use std::path::{Path, PathBuf};

/// A source file above this is a finding.
const LINES_MAX: usize = 1_000;
/// A source file above this is listed.
const LINES_GOAL: usize = 600;
/// What is not the project's own text. In a worktree `.git` is a file.
const SKIPPED: &[&str] = &["target", ".git", "corpus", "node_modules"];

/// The command. True means that there is nothing to say.
///
/// # Errors
/// [`Usage`] for a command line that is not understood, or a repository that cannot be read.
pub fn command(arguments: Arguments) -> Result<bool, Usage> {
    arguments.finish()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tidy = check(&root).map_err(|error| Usage(error.to_string()))?;
    for line in &tidy.notes {
        println!("note: {line}");
    }
    for line in &tidy.findings {
        println!("{line}");
    }
    println!("{} files, {} findings", tidy.files, tidy.findings.len());
    Ok(tidy.findings.is_empty())
}

/// What the check found.
#[derive(Debug, Default)]
struct Tidy {
    files: usize,
    notes: Vec<String>,
    findings: Vec<String>,
}

fn check(root: &Path) -> std::io::Result<Tidy> {
    let mut tidy = Tidy::default();
    for path in files(root)? {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        tidy.files += 1;
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if matches!(extension, "rs" | "pest") {
            size(&name, &text, &mut tidy);
            leftovers(&name, &text, &mut tidy);
        }
        if extension != "lock" {
            machine_paths(&name, &text, &mut tidy);
        }
        if extension == "md" {
            named_paths(root, &path, &name, &text, &mut tidy);
        }
    }
    corpus(root, &mut tidy)?;
    Ok(tidy)
}

fn files(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(|name| SKIPPED.contains(&name)) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn size(name: &str, text: &str, tidy: &mut Tidy) {
    let lines = text.lines().count();
    if lines > LINES_MAX {
        tidy.findings.push(format!("{name}: {lines} lines, at most {LINES_MAX}"));
    } else if lines > LINES_GOAL {
        tidy.notes.push(format!("{name}: {lines} lines, above {LINES_GOAL}"));
    }
}

/// Macros and words of work that is not done. They are put together here, so that this file does not find itself.
fn leftovers(name: &str, text: &str, tidy: &mut Tidy) {
    let words = [["to", "do!("], ["unimple", "mented!("], ["db", "g!("], ["FIX", "ME"], ["XX", "X:"]].map(|halves| halves.concat());
    for (number, line) in text.lines().enumerate() {
        for word in &words {
            if line.contains(word.as_str()) {
                tidy.findings.push(format!("{name}:{}: `{word}` is left over", number + 1));
            }
        }
    }
}

/// Absolute paths into a machine's folders, and numbers of issues: neither means anything to a reader.
fn machine_paths(name: &str, text: &str, tidy: &mut Tidy) {
    let roots = ["home", "root", "Users", "work", "mnt", "srv"];
    for (number, line) in text.lines().enumerate() {
        let starts = line.match_indices('/').filter(|(at, _)| {
            let before = line[..*at].chars().next_back();
            before.is_none_or(|before| before.is_whitespace() || matches!(before, '"' | '`' | '\'' | '(' | '=' | '<'))
        });
        for (at, _) in starts {
            let path: String =
                line[at + 1..].chars().take_while(|character| character.is_ascii_alphanumeric() || *character == '/').collect();
            let mut parts = path.split('/');
            let first = parts.next().unwrap_or_default();
            if roots.contains(&first) && parts.next().is_some_and(|second| !second.is_empty()) {
                tidy.findings.push(format!("{name}:{}: `/{path}` is a path of a machine", number + 1));
            }
        }
        let lower = line.to_ascii_lowercase();
        for word in ["issue ", "issue #"] {
            let digits = lower.match_indices(word).any(|(at, _)| lower[at + word.len()..].starts_with(|next: char| next.is_ascii_digit()));
            if digits {
                tidy.findings.push(format!("{name}:{}: names an issue by its number", number + 1));
            }
        }
    }
}

/// Paths in backticks that begin with a folder of the repository, or name a file at its top.
fn named_paths(root: &Path, document: &Path, name: &str, text: &str, tidy: &mut Tidy) {
    let tops: Vec<String> = fs::read_dir(root)
        .map(|entries| entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
        .unwrap_or_default();
    let mut in_fence = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
            continue;
        }
        // Odd pieces between backticks are code.
        for code in line.split('`').skip(1).step_by(2).filter(|_| !in_fence) {
            let path = code.split(['*', '{', '<', '#', ' ']).next().unwrap_or_default();
            let cut_short = path.len() < code.len();
            let first = path.split('/').next().unwrap_or_default();
            let file_like = path.ends_with(".toml") || path.ends_with(".md");
            let folder_like = path.contains('/') && tops.iter().any(|top| top == first) && first != "target";
            if !(folder_like || (file_like && !path.contains(':'))) {
                continue;
            }
            // What stands before a star or a placeholder is a folder, or the start of a name in one.
            let path = if cut_short { path.rsplit_once('/').map_or("", |(folder, _)| folder) } else { path };
            // Documents speak of each other by name alone, too.
            let beside = document.parent().is_some_and(|folder| folder.join(path).exists()) || root.join("docs").join(path).exists();
            if !root.join(path).exists() && !beside {
                tidy.findings.push(format!("{name}:{}: `{path}` does not exist", number + 1));
            }
        }
    }
}

/// Every folder of the corpus stands in its list of sources.
fn corpus(root: &Path, tidy: &mut Tidy) -> std::io::Result<()> {
    let corpus = root.join("corpus");
    let Ok(sources) = fs::read_to_string(corpus.join("SOURCES.md")) else {
        tidy.findings.push("corpus/SOURCES.md is missing".to_owned());
        return Ok(());
    };
    for entry in fs::read_dir(corpus)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "SOURCES.md" && !sources.contains(&name) {
            tidy.findings.push(format!("corpus/{name} is not in corpus/SOURCES.md"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_paths_are_found() {
        let mut tidy = Tidy::default();
        let bad = ["see `/ho", "me/ann/x` and \"/ro", "ot/y\""].concat();
        machine_paths("a", &bad, &mut tidy);
        assert_eq!(tidy.findings.len(), 2);
        machine_paths("a", "arn:aws:s3:::b/home/alice/x, /home and b/root/x", &mut tidy);
        assert_eq!(tidy.findings.len(), 2);
    }

    #[test]
    fn the_repository_is_tidy() {
        let tidy = check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).map(|tidy| tidy.findings);
        assert_eq!(tidy.ok(), Some(Vec::new()));
    }
}
