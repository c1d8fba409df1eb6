//! Signed approvals, made and checked by planc and by the real `ssh-keygen`; and what somebody without an approver's key may
//! try instead.

use crate::place::{Place, Said, said, skipped};
use crate::terminal::{Act, on_terminal};
use planc::approval::{Approved, Signed, Statement};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const WRITE: &str = r#"plan "write" {
  critical { create "made.txt" }
  step made = fs.write(path: "made.txt", text: "made\n")
}
"#;

/// The end of the question about a plan.
pub const QUESTION: &str = "is a yes:";

/// A workspace that wants signatures, with a plan that waits; none where `ssh-keygen` is missing.
pub struct Signing {
    pub place: Place,
    pub digest: String,
}

fn ssh(program: &str, args: &[&str], input: &[u8]) -> (bool, String) {
    use std::io::Write;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it was found before");
    child.stdin.take().expect("it is piped").write_all(input).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn keygen(args: &[&str]) {
    let (done, said) = ssh("ssh-keygen", args, b"");
    assert!(done, "ssh-keygen {args:?}: {said}");
}

/// A copy of a file under another name, with the signature beside it.
fn copied(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    fs::copy(sig(from), sig(to)).unwrap();
}

fn sig(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.sig", path.display()))
}

/// An agent of keys, as long as it is held.
pub struct Agent(std::process::Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Signing {
    /// Starts an agent of keys that holds these, and names it to planc; none: there is no program for that.
    pub fn agent(&mut self, test: &str, names: &[&str]) -> Option<Agent> {
        let socket = self.at("agent").display().to_string();
        let _ = fs::remove_file(&socket);
        let started = Command::new("ssh-agent").args(["-D", "-a", &socket]).stdout(Stdio::null()).spawn();
        let Ok(agent) = started.map(Agent) else {
            skipped(test, "there is no ssh-agent here");
            return None;
        };
        crate::place::until("the agent listens", || Path::new(&socket).exists());
        for name in names {
            let added = Command::new("ssh-add").arg("-q").arg(self.at(name)).env("SSH_AUTH_SOCK", &socket).status();
            assert!(added.unwrap().success());
        }
        self.place.env.retain(|(name, _)| name != "SSH_AUTH_SOCK");
        self.place.env.push(("SSH_AUTH_SOCK".into(), socket));
        Some(agent)
    }

    /// `rules` stand in `[approval]`.
    pub fn new(test: &str, rules: &str) -> Option<Signing> {
        if Command::new("ssh-keygen").arg("-?").output().is_err() {
            skipped(test, "there is no ssh-keygen here");
            return None;
        }
        let place = Place::new();
        place.put("p.pl", WRITE);
        let signing = Signing { place, digest: String::new() };
        for name in ["alice", "bob", "mallory"] {
            signing.key(name, "ed25519");
        }
        signing.signers(&["alice", "bob"]);
        signing.rules(rules);
        let digest = signing.place.digest("p.pl");
        Some(Signing { digest, ..signing })
    }

    pub fn key(&self, name: &str, kind: &str) {
        let file = self.at(name).display().to_string();
        keygen(&["-q", "-t", kind, "-N", "", "-C", name, "-f", &file]);
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.place.at("out").join(name)
    }

    pub fn public(&self, name: &str) -> String {
        fs::read_to_string(self.at(&format!("{name}.pub"))).unwrap()
    }

    /// Lets these sign.
    pub fn signers(&self, names: &[&str]) {
        self.signers_file(&names.iter().map(|name| format!("{name} {}", self.public(name))).collect::<String>());
    }

    pub fn signers_file(&self, text: &str) {
        let file = self.at("signers");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    }

    pub fn rules(&self, rules: &str) {
        let signers = self.at("signers");
        self.place.put("planc.toml", format!("[approval]\nsigners = \"{}\"\n{rules}\n", signers.display()));
    }

    /// What is to be signed, from planc.
    pub fn statement(&self, name: &str, more: &[&str]) -> PathBuf {
        let file = self.at(&format!("{name}.json"));
        let path = file.display().to_string();
        self.place.planc(&[&["approve", &self.digest, "--statement", &path], more].concat()).exits(0);
        file
    }

    pub fn sign(&self, key: &str, namespace: &str, file: &Path) {
        let _ = fs::remove_file(sig(file));
        let key = self.at(key).display().to_string();
        keygen(&["-q", "-Y", "sign", "-n", namespace, "-f", &key, &file.display().to_string()]);
    }

    /// A statement that somebody signed with `ssh-keygen`.
    pub fn signed_by(&self, key: &str, name: &str, more: &[&str]) -> PathBuf {
        let file = self.statement(name, more);
        self.sign(key, "planc-approval", &file);
        file
    }

    /// Takes it in.
    pub fn import(&self, file: &Path) -> Said {
        self.place.planc(&["approve", &self.digest, "--signed", &file.display().to_string()])
    }

    #[track_caller]
    pub fn nothing_runs(&self) {
        self.place.planc(&["run", "p.pl"]).exits(3);
        self.place.planc(&["run", "--approve", "p.pl"]).exits(3);
        self.place.planc(&["run", &format!("--approve={}", self.digest), "p.pl"]).exits_with(&[3, 5]);
        assert!(!self.place.has("made.txt"));
    }

    #[track_caller]
    pub fn runs(&self) -> Said {
        let said = self.place.planc(&["run", "p.pl"]).exits(0);
        assert_eq!(self.place.get("made.txt"), "made\n");
        said
    }
}

pub const SIGNED: &str = "require = \"signed\"";

#[test]
fn what_ssh_keygen_signs_is_a_yes() {
    let Some(signing) = Signing::new("what_ssh_keygen_signs_is_a_yes", SIGNED) else { return };
    signing.nothing_runs();
    let file = signing.signed_by("alice", "s", &["--comment", "looked at it"]);
    signing.nothing_runs();
    let path = file.display().to_string();
    signing.place.planc(&["verify-approval", &path]).exits(0).says("signed by alice").says("looked at it");
    signing.import(&file).exits(0);
    signing.runs().says("approved by alice (signed)");
    // The record of it can be checked as well, and against another file of signers it does not hold.
    let run = signing.place.last_run();
    signing.place.planc(&["verify-approval", &run]).exits(0).says("signed by alice");
    signing.signers(&["bob"]);
    signing.place.planc(&["verify-approval", &run]).exits(6).says("not among the signers");
}

#[test]
fn what_planc_signs_ssh_keygen_verifies() {
    let Some(signing) = Signing::new("what_planc_signs_ssh_keygen_verifies", SIGNED) else { return };
    let (key, file) = (signing.at("alice").display().to_string(), signing.at("t.json"));
    let args = ["approve", &signing.digest, "--sign", "--key", &key, "--output", &file.display().to_string()];
    let (code, shown) = on_terminal(&signing.place, &args, QUESTION, &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{shown}");
    let verify = |name: &str, text: &[u8]| {
        let (signers, sig) = (signing.at("signers").display().to_string(), sig(&file).display().to_string());
        ssh("ssh-keygen", &["-Y", "verify", "-f", &signers, "-I", name, "-n", "planc-approval", "-s", &sig], text).0
    };
    let text = fs::read(&file).unwrap();
    assert!(verify("alice", &text) && !verify("bob", &text) && !verify("alice", &[&text[..], b" "].concat()));
    signing.runs().says("approved by alice (signed)");
}

#[test]
fn an_agent_of_keys_signs() {
    let Some(mut signing) = Signing::new("an_agent_of_keys_signs", SIGNED) else { return };
    // The key of another comes first: it is not offered, since its signature would not count.
    let Some(agent) = signing.agent("an_agent_of_keys_signs", &["mallory", "bob"]) else { return };
    let (code, shown) =
        on_terminal(&signing.place, &["approve", &signing.digest, "--sign"], QUESTION, &Act::Type(b"yes\n"));
    drop(agent);
    assert_eq!(code, 0, "{shown}");
    signing.runs().says("approved by bob (signed)");
}

#[test]
fn without_a_terminal_nothing_is_signed() {
    let Some(signing) = Signing::new("without_a_terminal_nothing_is_signed", SIGNED) else { return };
    let key = signing.at("alice").display().to_string();
    signing.place.planc(&["approve", &signing.digest, "--sign", "--key", &key]).exits(3);
    let mut command = signing.place.command(&["approve", &signing.digest, "--sign", "--key", &key]);
    command.stdin(Stdio::null());
    said(command).exits(3);
    // On a terminal, but without the word.
    let args = ["approve", &signing.digest, "--sign", "--key", &key];
    let (code, shown) = on_terminal(&signing.place, &args, QUESTION, &Act::Type(b"\n"));
    assert_eq!(code, 3, "{shown}");
    // The word, but no signature: the operator wants one.
    let (code, shown) = on_terminal(&signing.place, &["approve", &signing.digest], QUESTION, &Act::Type(b"yes\n"));
    assert_eq!(code, 3, "{shown}");
    signing.nothing_runs();
}

type Forge = fn(&Signing, &Path);

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

/// What may be done to a statement that Alice signed for another digest, or that Mallory makes up.
const FORGERIES: [(&str, Forge); 14] = [
    ("no signature", |_, file| fs::remove_file(sig(file)).unwrap()),
    ("an empty signature", |_, file| fs::write(sig(file), "").unwrap()),
    ("a text that was changed", |_, file| edit(file, "\"title\": \"write\"", "\"title\": \"wrote\"")),
    ("more runs", |_, file| edit(file, "\"uses\": 1", "\"uses\": 9")),
    ("a blank", |_, file| edit(file, "{\n", "{ \n")),
    ("a member that is said twice", |signing, file| {
        edit(file, "{\n", "{\n  \"kind\": \"approval\",\n");
        signing.sign("alice", "planc-approval", file);
    }),
    ("not the canonical text, and signed", |signing, file| {
        edit(file, "{\n", "{ \n");
        signing.sign("alice", "planc-approval", file);
    }),
    ("a member that is unknown", |signing, file| {
        edit(file, "{\n", "{\n  \"all\": true,\n");
        signing.sign("alice", "planc-approval", file);
    }),
    ("no run, or all", |signing, file| {
        edit(file, "\"uses\": 1", "\"uses\": 4000000000");
        signing.sign("alice", "planc-approval", file);
    }),
    ("a date to come", |signing, file| {
        edit(file, "\"at\": \"2", "\"at\": \"3");
        signing.sign("alice", "planc-approval", file);
    }),
    ("another namespace", |signing, file| signing.sign("alice", "git", file)),
    ("a key that is not among the signers", |signing, file| signing.sign("mallory", "planc-approval", file)),
    ("a kind of key that is not taken", |signing, file| {
        signing.key("ecdsa", "ecdsa");
        signing.signers_file(&format!("alice {}alice {}", signing.public("alice"), signing.public("ecdsa")));
        signing.sign("ecdsa", "planc-approval", file);
    }),
    ("the signature of something else", |signing, file| {
        let other = signing.signed_by("alice", "other", &[]);
        fs::copy(sig(&other), sig(file)).unwrap();
    }),
];

#[test]
fn a_forged_statement_is_no_yes() {
    for (what, forge) in FORGERIES {
        let Some(signing) = Signing::new("a_forged_statement_is_no_yes", SIGNED) else { return };
        let file = signing.signed_by("alice", "s", &[]);
        forge(&signing, &file);
        let said = signing.import(&file);
        assert!(matches!(said.code, Some(2 | 6)), "{what}: {}", said.short());
        let said = signing.place.planc(&["verify-approval", &file.display().to_string()]);
        assert!(matches!(said.code, Some(2 | 6)), "{what}: {}", said.short());
        signing.nothing_runs();
    }
}

/// The statement is genuine, and for something else: another plan, another input, a copy of the place.
#[test]
fn a_statement_for_something_else_is_no_yes() {
    let Some(signing) = Signing::new("a_statement_for_something_else_is_no_yes", SIGNED) else { return };
    let file = signing.signed_by("alice", "s", &[]);
    signing.place.put("q.pl", WRITE.replace("made\\n", "evil\\n"));
    let other = signing.place.digest("q.pl");
    signing.place.planc(&["approve", &other, "--signed", &file.display().to_string()]).exits(5);
    signing.place.planc(&["run", "q.pl"]).exits(3);
    // The very same text, in another place: its policy and its plan are equal, it is not.
    let Some(elsewhere) = Signing::new("a_statement_for_something_else_is_no_yes", SIGNED) else { return };
    elsewhere.signers_file(&fs::read_to_string(signing.at("signers")).unwrap());
    copied(&file, &elsewhere.at("s"));
    elsewhere.import(&elsewhere.at("s")).exits(6).says("not for this place");
    elsewhere.nothing_runs();
    // A copy of the state directory has the same plan with the same digest, and still is another place.
    let status = Command::new("cp").arg("-a").arg(signing.place.state()).arg(signing.at("copy")).status().unwrap();
    assert!(status.success());
    let mut command = signing.place.bare(&["approve", &signing.digest, "--signed", &file.display().to_string()]);
    command.arg("--state-dir").arg(signing.at("copy"));
    said(command).exits(6);
    assert!(!signing.place.has("made.txt"));
}

#[test]
fn a_statement_counts_once() {
    let Some(signing) = Signing::new("a_statement_counts_once", SIGNED) else { return };
    let file = signing.signed_by("alice", "s", &[]);
    signing.import(&file).exits(0);
    signing.import(&file).exits(3).says("recorded already");
    signing.runs();
    fs::remove_file(signing.place.ws().join("made.txt")).unwrap();
    // The world is as it was; the plan would run a second time, which is another digest.
    signing.nothing_runs();
    assert_ne!(signing.import(&file).code, Some(0));
    signing.place.planc(&["resume", &signing.place.last_run()]);
    assert!(!signing.place.has("made.txt"));
    // In the database it is put back as if it had not been used.
    signing.place.database().execute_batch("DELETE FROM approval_uses").unwrap();
    signing.nothing_runs();
    signing.place.planc(&["run", &signing.digest]);
    assert!(!signing.place.has("made.txt"));
}

#[test]
fn a_statement_for_several_runs_is_for_so_many() {
    let Some(signing) = Signing::new("a_statement_for_several_runs_is_for_so_many", SIGNED) else { return };
    let file = signing.signed_by("alice", "s", &["--uses", "2"]);
    signing.import(&file).exits(0);
    for time in 0..2 {
        signing.runs();
        // The evidence of each run shows whose yes it was, to who has the file of signers.
        let bundle = signing.at(&format!("bundle {time}.json")).display().to_string();
        let (run, signers) = (signing.place.last_run(), signing.at("signers").display().to_string());
        signing.place.planc(&["evidence", &run, "-o", &bundle]).exits(0);
        signing.place.planc(&["verify", &bundle, "--signers", &signers]).exits(0).says("signed by those who may sign");
        signing.signers(&["bob"]);
        signing.place.planc(&["verify", &bundle, "--signers", &signers]).exits(4).says("not among the signers");
        signing.signers(&["alice", "bob"]);
        fs::remove_file(signing.place.ws().join("made.txt")).unwrap();
    }
    signing.nothing_runs();
}

#[test]
fn a_yes_counts_within_its_bounds_alone() {
    let Some(signing) = Signing::new("a_yes_counts_within_its_bounds_alone", SIGNED) else { return };
    let refuse = |name: &str, bound: &str| {
        let bound = format!("{name}={bound}");
        let said = signing.place.planc(&["approve", &signing.digest, "--statement", "/dev/null/x.json", &bound]);
        said.exits(2).says(name);
    };
    refuse("--expires", "-1h");
    refuse("--expires", "2020-01-01T00:00:00Z");
    refuse("--expires", "3 years");
    refuse("--window", "Someday 09:00-17:00 UTC");
    refuse("--uses", "0");
    refuse("--uses", "1001");
    // Only on a day that is not today, nor around the turn of the day.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).weekday();
    let far = today.wrapping_add(3).to_monday_zero_offset();
    let day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][far as usize];
    let closed = signing.signed_by("alice", "closed", &["--window", &format!("{day} 09:00-17:00 UTC")]);
    signing.import(&closed).exits(3).says("it counts only");
    signing.nothing_runs();
    // One that has ended since: the clock was there once.
    let ended = signing.signed_by("bob", "ended", &["--expires", "2h"]);
    signing.import(&ended).exits(0);
    let later = jiff::Timestamp::now().checked_add(jiff::SignedDuration::from_hours(3)).unwrap();
    signing.place.database().execute("UPDATE clock SET latest = ?1", [later.to_string()]).unwrap();
    signing.place.planc(&["run", "p.pl"]).exits(3).says("it ended at");
    signing.nothing_runs();
}

#[test]
fn a_yes_that_was_taken_back_is_none() {
    let Some(signing) = Signing::new("a_yes_that_was_taken_back_is_none", SIGNED) else { return };
    let file = signing.signed_by("alice", "s", &[]);
    signing.import(&file).exits(0);
    signing.place.planc(&["approvals"]).exits(0).says("1  open").says("alice (signed)");
    signing.place.planc(&["approvals", "--revoke", "1"]).exits(0);
    signing.place.planc(&["approvals"]).exits(0).says("1  taken back");
    signing.nothing_runs();
    // The same statement again is not a new yes.
    signing.import(&file).exits(3);
    signing.nothing_runs();
    signing.place.planc(&["approvals", "--revoke", "1"]).exits(2);
    signing.place.planc(&["approvals", "--revoke", "7"]).exits(2);
}

/// What happens to the file of signers between the yes and the run.
const KEYS: [(&str, Forge); 6] = [
    ("the key was taken out", |signing, _| signing.signers(&["bob"])),
    ("the key has ended", |signing, _| {
        signing.signers_file(&format!("alice valid-before=\"20200101Z\" {}", signing.public("alice")));
    }),
    ("the key is for something else", |signing, _| {
        signing.signers_file(&format!("alice namespaces=\"git\" {}", signing.public("alice")));
    }),
    ("a line is not understood", |signing, _| {
        signing.signers_file(&format!("alice {}alice revoked {}", signing.public("alice"), signing.public("alice")));
    }),
    ("others may write to the file", |_, file| {
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
    }),
    ("the file is gone", |_, file| fs::remove_file(file).unwrap()),
];

#[test]
fn a_key_that_counts_no_more_at_the_run_has_signed_nothing() {
    for (what, change) in KEYS {
        let Some(signing) = Signing::new("a_key_that_counts_no_more", SIGNED) else { return };
        let file = signing.signed_by("alice", "s", &[]);
        signing.import(&file).exits(0);
        change(&signing, &signing.at("signers"));
        let said = signing.place.planc(&["run", "p.pl"]);
        assert!(matches!(said.code, Some(2 | 3)), "{what}: {}", said.short());
        assert!(!signing.place.has("made.txt"), "{what}");
    }
}

/// Whoever can write into the database still cannot sign.
#[test]
fn a_record_that_was_put_into_the_database_is_no_signature() {
    let Some(signing) = Signing::new("a_record_that_was_put_into_the_database", SIGNED) else { return };
    let plain = signing.place.a_yes(&signing.digest);
    signing.place.record(&plain);
    signing.place.record(&Approved { id: "2".into(), channel: "signed".into(), by: "alice".into(), ..plain.clone() });
    let file = signing.signed_by("mallory", "s", &[]);
    let read = |file: &Path| Signed {
        statement: fs::read_to_string(file).unwrap(),
        signature: fs::read_to_string(sig(file)).unwrap(),
    };
    let by_mallory = Approved { channel: "signed".into(), signed: Some(read(&file)), ..plain.clone() };
    signing.place.record(&Approved { id: "3".into(), ..by_mallory });
    // Alice's signature for something else, under this digest: what was signed counts, not what stands beside.
    signing.place.put("q.pl", WRITE.replace("made\\n", "evil\\n"));
    let other = Signing { digest: signing.place.digest("q.pl"), place: signing.place };
    let file = other.signed_by("alice", "o", &[]);
    let signed = Some(read(&file));
    other.place.record(&Approved { id: "4".into(), channel: "signed".into(), signed, ..plain.clone() });
    let signing = Signing { digest: plain.digest.to_string(), place: other.place };
    signing.nothing_runs();
    // One run was signed, a thousand are recorded.
    let file = signing.signed_by("alice", "one", &[]);
    let statement = Statement::parse(&read(&file).statement).unwrap();
    assert_eq!(statement.terms.uses, 1);
    let terms = planc::approval::Terms { uses: 1000, ..statement.terms };
    let signed = Some(read(&file));
    signing.place.record(&Approved { id: "5".into(), channel: "signed".into(), signed, terms, ..plain });
    signing.runs();
    fs::remove_file(signing.place.ws().join("made.txt")).unwrap();
    signing.nothing_runs();
}

#[test]
fn what_the_operator_wants_is_part_of_what_is_approved() {
    let Some(signing) = Signing::new("what_the_operator_wants", SIGNED) else { return };
    let file = signing.signed_by("alice", "s", &[]);
    signing.import(&file).exits(0);
    let run = signing.place.last_run();
    // Laxer, stricter, or about other people: another digest each time, for which nobody has said yes.
    for rules in
        ["", "require = \"two\"", "require = \"signed\"\nnot_author = true", "require = \"signed\"\napprovers = 3"]
    {
        signing.rules(rules);
        let said = signing.place.planc(&["run", "p.pl"]).exits(3);
        assert!(!said.out.contains("DONE"), "{rules}");
        signing.place.planc(&["run", &run]).exits_with(&[3, 5]);
        assert!(!signing.place.has("made.txt"), "{rules}");
    }
    signing.rules(SIGNED);
    signing.runs();
}

#[test]
fn the_file_of_signers_lies_where_no_plan_reaches() {
    let Some(signing) = Signing::new("the_file_of_signers_lies_where_no_plan_reaches", SIGNED) else { return };
    let own = format!("alice {}", signing.public("alice"));
    signing.place.put("signers", own);
    let config = |path: &str| format!("[approval]\nrequire = \"signed\"\nsigners = \"{path}\"\n");
    signing.place.put("planc.toml", config("signers"));
    signing.place.planc(&["plan", "p.pl"]).exits(2).says("where plans could reach it");
    // Through a link from outside it is the same file.
    std::os::unix::fs::symlink(signing.place.ws().join("signers"), signing.at("link")).unwrap();
    signing.place.put("planc.toml", config(&signing.at("link").display().to_string()));
    signing.place.planc(&["plan", "p.pl"]).exits(2).says("where plans could reach it");
    // And through a link from inside a plan does not reach the one outside.
    signing.rules(SIGNED);
    signing.place.link(signing.at("signers"), "inside");
    let write = r#"plan "sign" { critical { modify "inside" create "inside" }
step s = fs.write(path: "inside", text: "mallory") }"#;
    signing.place.put("w.pl", write);
    let before = fs::read(signing.at("signers")).unwrap();
    let said = signing.place.planc(&["run", "--approve", "w.pl"]);
    assert_ne!(said.code, Some(0), "{}", said.short());
    assert_eq!(fs::read(signing.at("signers")).unwrap(), before);
}

#[test]
fn two_are_two_people() {
    let Some(signing) = Signing::new("two_are_two_people", "require = \"two\"") else { return };
    let first = signing.signed_by("alice", "a", &[]);
    signing.import(&first).exits(3).says("1 of 2 approvals are there");
    signing.nothing_runs();
    // Once more by the same key, by another key of the same person, and by one who may be anybody.
    let again = signing.signed_by("alice", "again", &[]);
    signing.import(&again).exits(3);
    signing.key("second", "ed25519");
    signing.key("any", "ed25519");
    let keys = format!(
        "alice {}carol,Alice. {}*@example.org {}bob {}",
        signing.public("alice"),
        signing.public("second"),
        signing.public("any"),
        signing.public("bob")
    );
    signing.signers_file(&keys);
    for key in ["second", "any"] {
        let file = signing.signed_by(key, &format!("by {key}"), &[]);
        signing.import(&file).exits(3);
    }
    signing.nothing_runs();
    let other = signing.signed_by("bob", "b", &[]);
    signing.import(&other).exits(0);
    signing.runs().says("alice").says("bob");
}

#[test]
fn nobody_approves_what_they_wrote() {
    let rules = "require = \"signed\"\nnot_author = true\n";
    let Some(signing) = Signing::new("nobody_approves_what_they_wrote", rules) else { return };
    // The account that made the plan is nobody's among the signers: nobody can be told apart from it.
    let file = signing.signed_by("alice", "s", &[]);
    signing.import(&file).exits(3).says("cannot be told apart");
    signing.nothing_runs();
    let me = planc::approval::account();
    let accounts = |of_bob: &str| {
        signing.rules(&format!("{rules}[approval.accounts]\nalice = \"{me}\"\nbob = \"{of_bob}\"\n"));
        signing.place.digest("p.pl")
    };
    let digest = accounts("bob");
    let signing = Signing { digest, ..signing };
    let own = signing.signed_by("alice", "own", &[]);
    signing.import(&own).exits(3).says("cannot be told apart");
    signing.nothing_runs();
    let other = signing.signed_by("bob", "b", &[]);
    signing.import(&other).exits(0);
    signing.runs().says("approved by bob (signed)");
}

#[test]
fn more_is_wanted_for_what_cannot_be_undone() {
    let rules = "[approval.destructive]\nrequire = \"signed\"\n";
    let Some(signing) = Signing::new("more_is_wanted_for_what_cannot_be_undone", rules) else { return };
    signing.place.planc(&["run", "--approve", "p.pl"]).exits(0);
    signing.place.put(
        "d.pl",
        "plan \"delete\" {\n  critical { delete \"made.txt\" }\n  step gone = fs.delete(path: \"made.txt\")\n}\n",
    );
    let digest = signing.place.digest("d.pl");
    signing.place.planc(&["run", "--approve", "d.pl"]).exits(3);
    signing.place.planc(&["run", &format!("--approve={digest}"), "d.pl"]).exits(3);
    let signing = Signing { digest, ..signing };
    let file = signing.signed_by("alice", "s", &[]);
    signing.import(&file).exits(0);
    signing.place.planc(&["run", "d.pl"]).exits(0);
    assert!(!signing.place.has("made.txt"));
}

/// An assumption that fails is taken as given by name and with a reason, by somebody who is known.
#[test]
fn what_fails_is_taken_as_given_by_name_alone() {
    let Some(signing) = Signing::new("what_fails_is_taken_as_given_by_name_alone", SIGNED) else { return };
    let plan = WRITE
        .replace("  critical", "  assume \"it is Friday\" { fs.stat(path: \"friday\").kind == \"file\" }\n  critical");
    signing.place.put("p.pl", plan);
    let said = signing.place.planc(&["--format", "json", "plan", "p.pl"]);
    let digest = said.json()["digest"].as_str().unwrap().to_owned();
    let signing = Signing { digest, ..signing };
    let path = signing.at("no.json").display().to_string();
    signing.place.planc(&["approve", &signing.digest, "--statement", &path]).exits(1).says("--override");
    let wrong = signing.statement("wrong", &["--override", "it is Monday=it will be"]);
    signing.sign("alice", "planc-approval", &wrong);
    signing.import(&wrong).exits(2).says("no assumption");
    assert!(!signing.place.has("made.txt"));
    let right = signing.signed_by("alice", "right", &["--override", "it is Friday=the shop is open on Sunday"]);
    signing.import(&right).exits(0);
    signing.runs().says("the shop is open on Sunday");
}
