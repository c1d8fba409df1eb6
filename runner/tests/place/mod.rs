//! What the tests of the binary share: a workspace, a home and a state directory in a temporary folder, commands with a
//! time limit, pictures of trees, a look into the database.

// Each test file uses its own part of it.
#![allow(dead_code)]

use planc::approval::{Approved, Channel, site};
use planc_lang::digest::Digest;
use rusqlite::Connection;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How long one command may take.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    #[track_caller]
    pub fn exits(self, code: i32) -> Said {
        assert_eq!(self.code, Some(code), "{}", self.short());
        self
    }

    #[track_caller]
    pub fn exits_with(self, codes: &[i32]) -> Said {
        assert!(self.code.is_some_and(|code| codes.contains(&code)), "{}", self.short());
        self
    }

    #[track_caller]
    pub fn says(self, part: &str) -> Said {
        assert!(self.err.contains(part) || self.out.contains(part), "no `{part}` in {}", self.short());
        self
    }

    /// Harmless, and not longer than a person reads.
    pub fn short(&self) -> String {
        let clip = |text: &str| text.chars().take(4000).collect::<String>();
        format!("exit {:?}\n--- stdout\n{:?}\n--- stderr\n{:?}", self.code, clip(&self.out), clip(&self.err))
    }

    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }
}

/// A workspace with everything around it.
pub struct Place {
    pub dir: tempfile::TempDir,
    /// Further variables.
    pub env: Vec<(String, String)>,
}

impl Place {
    pub fn new() -> Place {
        Place::called("ws")
    }

    /// With a workspace of this name.
    pub fn called(name: &str) -> Place {
        Place::of(tempfile::tempdir().expect("a temporary directory can be made"), name)
    }

    /// In a folder of its own within another one.
    pub fn within(folder: &str) -> Place {
        Place::of(tempfile::tempdir_in(folder).expect("a temporary directory can be made"), "ws")
    }

    fn of(dir: tempfile::TempDir, name: &str) -> Place {
        for folder in [name, "home", "xdg", "bin", "out"] {
            fs::create_dir_all(dir.path().join(folder)).expect("a directory can be made");
        }
        fs::write(dir.path().join(".name"), name).expect("a file can be written");
        let place = Place { dir, env: Vec::new() };
        place.put("planc.toml", "");
        place
    }

    /// The same, where no operator has said anything.
    pub fn unsaid(self) -> Place {
        fs::remove_file(self.ws().join("planc.toml")).expect("a file can be removed");
        self
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("it exists").join(path)
    }

    pub fn ws(&self) -> PathBuf {
        self.at(&fs::read_to_string(self.dir.path().join(".name")).expect("it was written"))
    }

    pub fn state(&self) -> PathBuf {
        self.at("state")
    }

    pub fn put(&self, path: &str, text: impl AsRef<[u8]>) -> &Place {
        let file = self.ws().join(path);
        fs::create_dir_all(file.parent().expect("a file has a folder")).expect("directories can be made");
        fs::write(file, text).expect("a file can be written");
        self
    }

    /// Lets some programs run outside the sandbox, by their first words.
    pub fn open(&self, programs: &[&str]) -> &Place {
        self.put("planc.toml", format!("[programs]\nopen = {programs:?}\n"))
    }

    pub fn get(&self, path: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.ws().join(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
            .into()
    }

    pub fn has(&self, path: &str) -> bool {
        self.ws().join(path).symlink_metadata().is_ok()
    }

    pub fn link(&self, target: impl AsRef<Path>, path: &str) {
        std::os::unix::fs::symlink(target, self.ws().join(path)).expect("a link can be made");
    }

    /// A program, outside the workspace unless `path` says otherwise.
    pub fn program(&self, path: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let file = self.at(path);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a file can be written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode can be set");
    }

    /// A command in the workspace, without a terminal, with its own home and state. Another folder that is named has one of its own.
    pub fn command(&self, args: &[&str]) -> Command {
        let state = match args.windows(2).find(|words| words[0] == "-C" && words[1] != ".") {
            Some(words) => self.at(&format!("state-{}", words[1].replace(['.', '/'], "_"))),
            None => self.state(),
        };
        let mut command = self.bare(args);
        command.arg("--state-dir").arg(state);
        command
    }

    /// As [`command`](Place::command), with the state where it is kept unless something is said.
    pub fn bare(&self, args: &[&str]) -> Command {
        let planc = assert_cmd::cargo::cargo_bin!("planc");
        // A test that was started on a terminal must not ask there.
        let mut command = match fs::OpenOptions::new().read(true).open("/dev/tty") {
            Ok(_) => {
                let mut command = Command::new("setsid");
                command.arg("-w").arg(planc);
                command
            }
            Err(_) => Command::new(planc),
        };
        command.args(args).current_dir(self.ws()).env_clear().envs(self.variables());
        command
    }

    /// The variables of its commands, on a terminal too: what programs get is part of what is approved.
    pub fn variables(&self) -> Vec<(String, String)> {
        let at = |path: &str| self.at(path).display().to_string();
        let own = [
            ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", at("bin"))),
            ("HOME", at("home")),
            ("XDG_STATE_HOME", at("xdg")),
        ];
        own.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(self.env.iter().cloned()).collect()
    }

    pub fn planc(&self, args: &[&str]) -> Said {
        said(self.command(args))
    }

    /// Dry-runs a file and gives the digest that an approval names.
    #[track_caller]
    pub fn digest(&self, file: &str) -> String {
        self.digest_with(&["plan", file])
    }

    #[track_caller]
    pub fn digest_with(&self, args: &[&str]) -> String {
        let said = self.planc(&[&["--format", "json"], args].concat()).exits(0);
        said.json()["digest"].as_str().expect("a report has a digest").to_owned()
    }

    /// Approves what a file does now, by digest, and runs it.
    #[track_caller]
    pub fn run(&self, file: &str) -> Said {
        let digest = self.digest(file);
        self.planc(&["run", &format!("--approve={digest}"), file])
    }

    /// The newest run.
    pub fn last_run(&self) -> String {
        let runs = self.planc(&["--format", "json", "runs"]).json();
        runs["runs"][0]["run"].as_str().expect("there is a run").to_owned()
    }

    /// Records a yes on a terminal, as a person would give it.
    pub fn yes(&self, digest: &str) {
        self.record(&self.a_yes(digest));
    }

    /// A yes as a person gives it on a terminal.
    pub fn a_yes(&self, digest: &str) -> Approved {
        let query = "SELECT report FROM plans WHERE digest = ?1";
        let report: String = self.database().query_row(query, [digest], |row| row.get(0)).expect("the plan is stored");
        let report: Json = serde_json::from_str(&report).unwrap_or_default();
        let digest: Digest = digest.parse().expect("a digest");
        let deed = report["deed"].as_str().and_then(|deed| deed.parse().ok()).unwrap_or(digest);
        let drawn: String =
            self.database().query_row("SELECT drawn FROM identity", [], |row| row.get(0)).expect("it was drawn");
        let site = site(&self.ws().canonicalize().unwrap(), &self.state().canonicalize().unwrap(), &drawn);
        Approved::by_account(digest, deed, site, Channel::Terminal)
    }

    /// Writes a yes into the database.
    pub fn record(&self, yes: &Approved) {
        let insert = "INSERT INTO approvals (name, digest, deed, uses, record, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = (
            &yes.id,
            yes.digest.to_string(),
            yes.deed.map(|deed| deed.to_string()),
            yes.terms.uses,
            serde_json::to_string(yes).expect("a record is JSON"),
            &yes.at,
        );
        self.database().execute(insert, values).expect("an approval can be recorded");
    }

    /// The database, once there is one.
    pub fn database(&self) -> Connection {
        let connection = Connection::open(self.state().join("planc.db")).expect("a database can be opened");
        connection.busy_timeout(LIMIT).expect("a time limit can be set");
        connection
    }
}

/// Runs a command to its end.
pub fn said(command: Command) -> Said {
    let mut command = assert_cmd::Command::from_std(command);
    let Output { status, stdout, stderr } = command.timeout(LIMIT).output().expect("planc can be started");
    Said { code: status.code(), out: text(&stdout), err: text(&stderr) }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Words without where the lines of a card end.
pub fn words(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != "┊").collect::<Vec<_>>().join(" ")
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !so() {
        assert!(Instant::now() < deadline, "it never came to pass that {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Every path with what it is: kind, mode, content or target.
pub fn picture(root: &Path) -> BTreeMap<Vec<u8>, String> {
    picture_with(root, |_| String::new())
}

/// As [`picture`], with identities and times.
pub fn exact_picture(root: &Path) -> BTreeMap<Vec<u8>, String> {
    picture_with(root, |meta| {
        let (m, c) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
        format!(" {} {m:?} {c:?}", meta.ino())
    })
}

fn picture_with(root: &Path, more: fn(&fs::Metadata) -> String) -> BTreeMap<Vec<u8>, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(path) = pending.pop() {
        let meta = path.symlink_metadata().expect("it was listed");
        let what = if meta.is_dir() {
            pending.extend(fs::read_dir(&path).expect("it can be listed").map(|entry| entry.expect("an entry").path()));
            format!("directory {:o}", meta.mode())
        } else if meta.is_symlink() {
            format!("link {:?}", fs::read_link(&path).expect("a link has a target"))
        } else if meta.is_file() {
            format!("file {:o} {:?}", meta.mode(), fs::read(&path).map(|bytes| bytes.escape_ascii().to_string()))
        } else {
            format!("other {:o}", meta.mode())
        };
        let name = path.strip_prefix(root).expect("it lies in the root").as_os_str().as_bytes().to_vec();
        found.insert(name, what + &more(&meta));
    }
    found
}

/// Whether nothing in a text can move a cursor, reorder or hide what stands around it.
pub fn is_harmless(text: &str) -> bool {
    let hides = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    !text.chars().any(hides)
}

/// Whether another user and mount namespace can be had, for disks that are full or read-only.
pub fn can_mount() -> bool {
    let script = "mount -t tmpfs -o size=64k none /tmp && touch /tmp/x";
    Command::new("unshare").args(["-rm", "sh", "-c", script]).output().is_ok_and(|output| output.status.success())
}

/// Says on the test's output that it was passed over, and why.
pub fn skipped(test: &str, why: &str) {
    println!("SKIPPED {test}: {why}");
}
