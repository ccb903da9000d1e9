//! Asks git for the commit, for `--version`. Without git, or from an archive, there is none and the build goes on.

use std::path::Path;
use std::process::Command;

/// What git prints, if it is there and knows.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PORTCULLIS_COMMIT");
    let Some(here) = std::env::var_os("CARGO_MANIFEST_DIR") else { return };
    // An archive unpacked within some other repository has that one's commit, not ours.
    let root = Path::new(&here).join("../..");
    if std::env::var_os("PORTCULLIS_COMMIT").is_some() || !root.join(".git").exists() {
        return;
    }
    if let Some(commit) = git(&root, &["rev-parse", "--short=12", "HEAD"]) {
        println!("cargo::rustc-env=PORTCULLIS_COMMIT={commit}");
    }
    // The log of HEAD grows with every commit and checkout; a file that is missing would be built anew each time.
    if let Some(log) = git(&root, &["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"])
        && Path::new(&log).exists()
    {
        println!("cargo::rerun-if-changed={log}");
    }
}
