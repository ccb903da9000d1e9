//! Runs the command line as a user does.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Run {
    /// Asserts the exit code, and shows everything if it is another.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// The command, with nothing in its environment that changes what it prints.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "PORTCULLIS_LOG", "RAYON_NUM_THREADS"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command with some stdin.
pub(crate) fn run_with(mut command: Command, stdin: &[u8]) -> Run {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = stdin.to_vec();
    let feeder = std::thread::spawn(move || {
        // A command that fails early does not read it.
        let _ = input.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    Run {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}

/// Runs with arguments.
pub(crate) fn run<const N: usize>(arguments: [&str; N]) -> Run {
    run_stdin(arguments, "")
}

/// Runs with arguments and stdin.
pub(crate) fn run_stdin<const N: usize>(arguments: [&str; N], stdin: &str) -> Run {
    let mut command = command();
    command.args(arguments);
    run_with(command, stdin.as_bytes())
}

/// The project's corpus.
pub(crate) fn corpus(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(path).to_str().unwrap().to_owned()
}

/// A folder of a test's own, empty.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file, gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        self.path(name)
    }

    /// The names of what is in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// The records without what only a bundle tells, otherwise byte for byte.
pub(crate) fn without_near_misses(records: &str) -> String {
    let start = |record: &str| {
        let starts = [",\"rule\":\"", ",\"refusing_levels\":[", ",\"near_misses\":["];
        starts.iter().filter_map(|start| record.find(start)).min()
    };
    let without = |record: &str| match (start(record), record.find(",\"resource_account")) {
        (Some(start), Some(end)) => format!("{}{}\n", &record[..start], &record[end..]),
        _ => format!("{record}\n"),
    };
    records.lines().map(without).collect()
}

/// A small world: alice may read the bucket `b`, but not its folder `secret`.
pub(crate) const WORLD: &str = r#"{
  "version": 1,
  "accounts": [
    {
      "id": "111111111111",
      "users": [
        {
          "name": "alice",
          "policies": [
            {
              "Version": "2012-10-17",
              "Statement": [
                { "Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" },
                { "Sid": "NoSecrets", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret/*" }
              ]
            }
          ]
        }
      ]
    }
  ]
}
"#;

/// A request of alice.
pub(crate) fn request(key: &str) -> String {
    format!(r#"{{"principal":"arn:aws:iam::111111111111:user/alice","action":"s3:GetObject","resource":"arn:aws:s3:::b/{key}"}}"#)
}

pub(crate) const ALLOWED: &str = r#"{"decision":"Allow","reason":"allowed","layer":"identity"}"#;
pub(crate) const DENIED: &str = r#"{"decision":"Deny","reason":"explicit_deny","layer":"identity"}"#;
