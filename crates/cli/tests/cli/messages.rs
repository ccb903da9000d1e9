//! Messages as people see them: each `tests/ui/NAME.json` is compiled, and what comes out on stderr is compared with `NAME.txt`.
//!
//! With `PORTCULLIS_BLESS=1` the files are written anew; read the difference before you commit it.

use crate::common::{Folder, command, run_with};
use std::path::Path;

#[test]
fn messages_are_as_agreed() {
    let folder = Folder::new("messages");
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut names: Vec<_> = std::fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    names.sort();
    assert!(!names.is_empty());
    let mut wrong = Vec::new();
    for path in names {
        let mut command = command();
        command.current_dir(&cases).args(["compile", path.file_name().unwrap().to_str().unwrap(), "-o", &folder.path("b"), "-v"]);
        let run = run_with(command, b"");
        assert_eq!(folder.names().is_empty(), run.code != 0, "{}: {:?}", path.display(), folder.names());
        let _ = std::fs::remove_file(folder.path("b"));
        // Only the last line holds a time: that of a success is left out, that of a refusal is shown without it.
        let shown: String = run.stderr.lines().filter(|line| !line.starts_with("compiled ")).map(without_time).collect();
        let shown = format!("exit code {}\n{shown}", run.code);
        let golden = path.with_extension("txt");
        if std::env::var_os("PORTCULLIS_BLESS").is_some() {
            std::fs::write(&golden, &shown).unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != shown {
            wrong.push(format!("{}:\n{shown}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A line without the `, 0.08 s` at its end.
fn without_time(line: &str) -> String {
    match line.strip_suffix(" s").and_then(|rest| rest.rsplit_once(", ")) {
        Some((rest, time)) if time.parse::<f64>().is_ok() => format!("{rest}\n"),
        _ => format!("{line}\n"),
    }
}
