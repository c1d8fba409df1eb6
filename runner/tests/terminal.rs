//! The approval prompt on a real terminal: only a typed `yes` is a yes.

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const PLAN: &str = "plan \"Ask\" {\n  critical {\n    create \"a.txt\"\n  }\n  step a = fs.write(path: \"a.txt\", text: \"a\\n\")\n}\n";

const QUESTION: &str = "Only `yes` is a yes: ";

fn answer(answer: &[u8]) -> (String, u32, bool) {
    converse("", &[(QUESTION, answer)])
}

/// Runs `planc run --approve` on a terminal and types each answer at its question; gives the screen, the exit code, and
/// whether the plan took effect.
fn converse(config: &str, script: &[(&str, &[u8])]) -> (String, u32, bool) {
    converse_about(PLAN, config, script)
}

fn converse_about(plan: &str, config: &str, script: &[(&str, &[u8])]) -> (String, u32, bool) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("ws");
    std::fs::create_dir(&workspace).unwrap();
    std::fs::write(workspace.join("ask.pl"), plan).unwrap();
    std::fs::write(workspace.join("planc.toml"), config).unwrap();
    let pair = native_pty_system().openpty(PtySize { rows: 40, cols: 90, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_planc"));
    command.args(["run", "--approve", "ask.pl"]);
    command.cwd(&workspace);
    command.env("HOME", folder.path());
    command.env("XDG_STATE_HOME", folder.path().join("state"));
    command.env("TERM", "xterm");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut writer = pair.master.take_writer().unwrap();
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            if send.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    let (mut screen, mut script) = (Vec::new(), script.iter());
    let mut next = script.next();
    let deadline = Instant::now() + Duration::from_secs(60);
    while let Ok(bytes) = receive.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        screen.extend(bytes);
        if let Some((question, answer)) = next
            && String::from_utf8_lossy(&screen).contains(question)
        {
            writer.write_all(answer).unwrap();
            next = script.next();
        }
    }
    let code = child.wait().unwrap().exit_code();
    (String::from_utf8_lossy(&screen).into_owned(), code, workspace.join("a.txt").exists())
}

#[test]
fn a_typed_yes_runs_the_plan() {
    let (screen, code, done) = answer(b"yes\n");
    assert_eq!((code, done), (0, true), "{screen}");
    assert!(screen.contains("(terminal)"), "{screen}");
}

#[test]
fn what_is_to_be_copied_is_whole_and_the_question_breaks_between_words() {
    let (screen, _, _) = answer(b"no\n");
    let plain: String = screen.replace('\r', "");
    let at = plain.find("planc run --approve=sha256:").expect("it is named");
    let (digest, rest) = plain[at + 27..].split_at(64);
    assert!(digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{screen}");
    assert!(rest.starts_with(" ask.pl") || rest.starts_with(" \\\n      ask.pl"), "{screen}");
    let asked: String = plain.lines().skip_while(|line| !line.contains("Approve and run")).take(2).collect();
    assert!(asked.replace('┊', "").contains("everything can be undone?"), "{screen}");
    assert!(plain.lines().all(|line| !line.contains("┊") || line.starts_with(['┊', ' '])), "{screen}");
}

#[test]
fn nothing_else_is_a_yes() {
    for text in [&b"\n"[..], b"no\n", b"y\n", b"Yes\n", b"yes please\n"] {
        let (screen, code, done) = answer(text);
        assert_eq!((code, done), (3, false), "{text:?}: {screen}");
        assert!(screen.contains("nothing has been changed"), "{screen}");
    }
}

#[test]
fn an_end_of_input_is_no_yes() {
    let (screen, code, done) = answer(&[0x04]);
    assert_eq!((code, done), (3, false), "{screen}");
}

#[test]
fn an_interrupt_is_no_yes() {
    let (screen, code, done) = answer(&[0x03]);
    assert_eq!((code, done), (130, false), "{screen}");
}

const ASKING: &str = "[policy]\n\"fs.write\" = \"ask\"\n";
const CALL: &str = "or `no`: ";
const TERMS: &str = "changes it: ";

#[test]
fn a_call_that_policy_asks_about_gets_a_yes_of_its_own() {
    let (screen, code, done) = converse(ASKING, &[(QUESTION, b"yes\n"), (CALL, b"once\n")]);
    assert_eq!((code, done), (0, true), "{screen}");
    let (screen, code, done) = converse(ASKING, &[(QUESTION, b"yes\n"), (CALL, b"always\n"), (TERMS, b"yes\n")]);
    assert_eq!((code, done), (0, true), "{screen}");
}

#[test]
fn a_call_without_a_yes_does_not_happen() {
    for (typed, exit) in [(&b"no\n"[..], 6), (b"\n", 3), (&[0x04], 3)] {
        let (screen, code, done) = converse(ASKING, &[(QUESTION, b"yes\n"), (CALL, typed)]);
        assert_eq!((code, done), (exit, false), "{typed:?} {screen}");
    }
    let (screen, _, done) = converse(ASKING, &[(QUESTION, b"yes\n"), (CALL, &[0x03])]);
    assert!(!done, "{screen}");
}

const GATE: &str = "goes on, `no` ends the run here: ";

#[test]
fn a_gate_shows_what_it_asks_about_and_takes_yes_or_no() {
    let plan =
        PLAN.replace("  step a", "  step m = fs.stat(path: \"ask.pl\")\n  gate \"It is right.\" show m.kind\n  step a");
    let answers = [(&b"yes\n"[..], 0, true), (b"no\n", 6, false), (b"\n", 3, false), (b"always\n", 3, false)];
    for (typed, exit, expected) in answers {
        let (screen, code, done) = converse_about(&plan, "", &[(QUESTION, b"yes\n"), (GATE, typed)]);
        assert_eq!((code, done), (exit, expected), "{typed:?} {screen}");
        assert!(screen.contains("It is right.") && screen.contains("m.kind = \"file\""), "{screen}");
    }
}

#[test]
fn a_secret_is_typed_unseen() {
    let plan = "plan \"Ask\" {\n  input token: string secret\n  critical {\n    create \"a.txt\"\n  }\n  let open = reveal(token, \"the file is the vault\")\n  step a = fs.write(path: \"a.txt\", text: open)\n}\n";
    let script: [(&str, &[u8]); 2] = [("(not shown): ", b"hunter2hunter2\n"), (QUESTION, b"yes\n")];
    let (screen, code, done) = converse_about(plan, "", &script);
    assert_eq!((code, done), (0, true), "{screen}");
    assert!(!screen.contains("hunter2") && screen.contains("(secret)"), "{screen}");
}
