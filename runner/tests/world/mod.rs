//! A workspace in a temporary folder, planc run in it without a terminal, and what must not differ between two machines
//! taken out of what it says.
#![allow(dead_code, reason = "each of the tests that share this uses a part of it")]

use regex::Regex;
use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::SystemTime;
use tempfile::TempDir;

/// A temporary folder with a workspace, a home and a state directory.
pub struct World {
    folder: TempDir,
}

/// What a command said.
pub struct Said {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The exit code.
    pub exit: i32,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Permission bits.
    pub mode: u32,
    /// Bytes of a file, the target of a link; none for a directory.
    pub content: Option<Vec<u8>>,
    modified: SystemTime,
}

/// Everything in the workspace by relative path.
pub type Tree = BTreeMap<String, Entry>;

impl World {
    /// A workspace with nothing but an empty `planc.toml`.
    pub fn new() -> World {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for name in ["home", "state", "workspace"] {
            make_folder(&folder.path().join(name));
        }
        let world = World { folder };
        world.write("planc.toml", b"");
        world
    }

    /// The workspace.
    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// Writes a file relative to the workspace, with the mode that planc gives.
    pub fn write(&self, path: &str, content: &[u8]) {
        let path = self.workspace().join(path);
        let missing: Vec<&Path> = path.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
        missing.into_iter().rev().for_each(make_folder);
        std::fs::write(&path, content).expect("a file can be written");
        set_mode(&path, 0o644);
    }

    /// Runs planc.
    pub fn planc(&self, args: &[&str]) -> Said {
        let program = env!("CARGO_BIN_EXE_planc");
        // A session of its own has no controlling terminal, so nobody can be asked.
        let command = [&["setsid", "--wait", program], args].concat();
        self.command(&command, "")
    }

    /// Runs any command in the workspace.
    pub fn command(&self, words: &[&str], stdin: &str) -> Said {
        use std::io::Write;
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.workspace()).env_clear();
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a command starts");
        // A command that reads nothing may have closed its input.
        let _ = child.stdin.take().expect("its input is a pipe").write_all(stdin.as_bytes());
        let output = child.wait_with_output().expect("a command ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("planc writes UTF-8");
        Said { out: text(output.stdout), err: text(output.stderr), exit: output.status.code().unwrap_or(-1) }
    }

    /// Runs planc on a terminal, where every question gets the same answer; gives its exit code and the screen.
    pub fn on_terminal(&self, args: &[&str], question: &str, answer: &str) -> (u32, String) {
        use portable_pty::{CommandBuilder, PtySize, native_pty_system};
        use std::io::{Read, Write};
        let size = PtySize { rows: 50, cols: 200, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal can be had");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_planc"));
        command.args(args);
        command.cwd(self.workspace());
        command.env_clear();
        self.environment().iter().for_each(|(name, value)| command.env(name, value));
        let mut child = pair.slave.spawn_command(command).expect("planc starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a terminal can be read");
        let mut writer = pair.master.take_writer().expect("a terminal can be written to");
        let (mut screen, mut buffer, mut answered) = (Vec::new(), [0; 4096], 0);
        // A terminal whose program has ended gives nothing more.
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            screen.extend_from_slice(&buffer[..count]);
            while String::from_utf8_lossy(&screen).matches(question).count() > answered {
                writer.write_all(answer.as_bytes()).expect("it can be typed");
                answered += 1;
            }
        }
        let exit = child.wait().expect("planc ends").exit_code();
        (exit, String::from_utf8_lossy(&screen).into_owned())
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let home = std::env::var("HOME").unwrap_or_default();
        let toolchain = |name: &'static str, folder: &str| {
            (name, std::env::var(name).unwrap_or_else(|_| format!("{home}/{folder}")))
        };
        let inside = |name: &str| self.folder.path().join(name).to_string_lossy().into_owned();
        vec![
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", inside("home")),
            ("XDG_STATE_HOME", inside("state")),
            ("TZ", "UTC".into()),
            ("LC_ALL", "C.UTF-8".into()),
            ("NO_COLOR", "1".into()),
            ("GIT_CONFIG_GLOBAL", "/dev/null".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            toolchain("CARGO_HOME", ".cargo"),
            toolchain("RUSTUP_HOME", ".rustup"),
        ]
    }

    /// Everything in the workspace.
    pub fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        collect(&self.workspace(), "", &mut tree);
        tree
    }

    /// A text without what differs from machine to machine and from run to run.
    pub fn redact(&self, text: &str) -> String {
        let folder = self.folder.path().canonicalize().expect("the folder is there");
        let text = text.replace(&*folder.to_string_lossy(), "/tmp/scratch");
        let text = text.replace(&*self.folder.path().to_string_lossy(), "/tmp/scratch");
        REDACTIONS.iter().fold(text, |text, (pattern, to)| pattern.replace_all(&text, *to).into_owned())
    }
}

/// What is replaced by what.
static REDACTIONS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rules = [
        (r"sha256:[0-9a-f]{8,64}", "sha256:…"),
        (r"\b[0-9a-f]{64}\b", "…"),
        (r"(rev \d+ · )[0-9a-f]{12}", "${1}DIGEST"),
        (r"\b(run|resume|undo|show) [0-9a-f]{8}\b", "${1} RUN"),
        (r"\(owner \d+", "(owner USER"),
        (r"(?m)^[0-9a-f]{8}(  )", "RUN$1"),
        (r#"("run": )"[0-9a-f]{8}""#, "${1}\"RUN\""),
        (r"\d{4}-\d\d-\d\d(T| )\d\d:\d\d(:\d\d(\.\d+)?Z?)?", "TIME"),
        (r"approved by \S+", "approved by USER"),
        (r"· by \S+ at", "· by USER at"),
        (r"by \S+ \((not checked|terminal|unattended)\)", "by USER ($1)"),
        (r"\b[0-9a-f]{12}(  by )", "DIGEST$1"),
        (r"\S+ set (everything|`)", "USER set $1"),
        (r#"("by": )"[^"]*""#, "${1}\"USER\""),
        (r"(program \S+: )/\S+", "${1}PROGRAM"),
        (r#"("seen": )"/\S+ sha256"#, "${1}\"PROGRAM sha256"),
        (r"\b\d+\.\d s\b", "0.0 s"),
        (r#"("(?:duration|took|waited)_ms": )\d+"#, "${1}0"),
        (r"finished in \d+\.\d+s", "finished in 0.00s"),
    ];
    rules.into_iter().map(|(pattern, to)| (Regex::new(pattern).expect("a pattern"), to)).collect()
});

/// Two trees: the contents of all that is new or different, and the names of all that is as before.
pub fn difference(before: &Tree, after: &Tree) -> String {
    let mut text = String::new();
    let paths: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for path in paths {
        let same = |a: &Entry, b: &Entry| (a.mode, &a.content) == (b.mode, &b.content);
        let (sign, shown) = match (before.get(path), after.get(path)) {
            (Some(a), Some(b)) if same(a, b) => (" ", None),
            (Some(_), None) => ("-", None),
            (None, Some(b)) => ("+", b.content.as_ref()),
            (_, Some(b)) => ("~", b.content.as_ref()),
            (None, None) => continue,
        };
        let mode = after.get(path).or(before.get(path)).map_or(0, |entry| entry.mode);
        let is_folder = after.get(path).or(before.get(path)).is_some_and(|entry| entry.content.is_none());
        text.push_str(&format!("{sign} {mode:04o} {path}{}\n", if is_folder { "/" } else { "" }));
        for line in shown.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default().lines() {
            text.push_str(&format!("         | {line}\n"));
        }
    }
    text
}

/// The contents and modes, without times.
pub fn contents(tree: &Tree) -> BTreeMap<&String, (u32, &Option<Vec<u8>>)> {
    tree.iter().map(|(path, entry)| (path, (entry.mode, &entry.content))).collect()
}

fn collect(folder: &Path, prefix: &str, tree: &mut Tree) {
    for entry in std::fs::read_dir(folder).expect("a folder can be read") {
        let entry = entry.expect("an entry can be read");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let metadata = entry.path().symlink_metadata().expect("an entry has metadata");
        let content = match (metadata.is_dir(), metadata.is_symlink()) {
            (true, _) => None,
            (_, true) => Some(std::fs::read_link(entry.path()).expect("a link").into_os_string().into_encoded_bytes()),
            _ => Some(std::fs::read(entry.path()).expect("a file can be read")),
        };
        let modified = metadata.modified().expect("an entry has a time");
        tree.insert(path.clone(), Entry { mode: metadata.mode() & 0o7777, content, modified });
        if metadata.is_dir() {
            collect(&entry.path(), &format!("{path}/"), tree);
        }
    }
}

fn make_folder(path: &Path) {
    std::fs::create_dir(path).expect("a folder can be made");
    set_mode(path, if path.ends_with("state") { 0o700 } else { 0o755 });
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode can be set");
}
