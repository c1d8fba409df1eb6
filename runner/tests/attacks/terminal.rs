//! The question on a terminal: only the word that is asked for, typed after the question, is a yes.

use crate::place::{LIMIT, Place};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::fs;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const WRITE: &str = r#"plan "write" {
  critical { create "made.txt" }
  step made = fs.write(path: "made.txt", text: "made\n")
}
"#;

/// What is done once the question is there.
pub enum Act {
    Type(&'static [u8]),
    /// Typed before the question; at the question, nothing but a line end.
    Before(&'static [u8]),
    Close,
    /// Something happens while the person thinks; then this is typed.
    Meanwhile(Box<dyn Fn()>, &'static [u8]),
}

/// Runs a command on a terminal; gives its exit code and what the terminal showed.
pub fn on_terminal(place: &Place, args: &[&str], question: &str, act: &Act) -> (u32, String) {
    on_terminal_of(100, place, args, question, act)
}

/// The same on a terminal of so many columns; 0: it does not tell.
fn on_terminal_of(cols: u16, place: &Place, args: &[&str], question: &str, act: &Act) -> (u32, String) {
    let size = PtySize { rows: 50, cols, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).expect("a terminal can be had");
    let mut command = CommandBuilder::new(assert_cmd::cargo::cargo_bin!("planc"));
    command.args(args);
    command.arg("--state-dir");
    command.arg(place.state());
    command.cwd(place.ws());
    command.env_clear();
    command.env("TERM", "xterm");
    for (name, value) in place.variables() {
        command.env(name, value);
    }
    let mut writer = pair.master.take_writer().expect("a terminal can be written to");
    if let Act::Before(text) = act {
        writer.write_all(text).expect("it can be typed");
    }
    let mut child = pair.slave.spawn_command(command).expect("planc can be started");
    drop(pair.slave);
    let shown = Arc::new(Mutex::new(Vec::new()));
    let mut reader = pair.master.try_clone_reader().expect("a terminal can be read");
    let seen = shown.clone();
    let reading = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            seen.lock().expect("no reader panics").extend_from_slice(&buffer[..count]);
        }
    });
    let text = || String::from_utf8_lossy(&shown.lock().expect("no reader panics")).into_owned();
    // What was written last may still be on its way; a process that was left holds the terminal open.
    let to_the_end = || {
        let all = Instant::now() + Duration::from_secs(2);
        while !reading.is_finished() && Instant::now() < all {
            std::thread::sleep(Duration::from_millis(5));
        }
        text()
    };
    let deadline = Instant::now() + LIMIT;
    while !text().contains(question) {
        assert!(Instant::now() < deadline, "it never asked: {:?}", text());
        if let Some(status) = child.try_wait().expect("it was started") {
            return (status.exit_code(), to_the_end());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut master = Some(pair.master);
    match act {
        Act::Type(text) => writer.write_all(text).expect("it can be typed"),
        Act::Before(_) => writer.write_all(b"\n").expect("it can be typed"),
        Act::Close => master = None,
        Act::Meanwhile(happens, text) => {
            happens();
            writer.write_all(text).expect("it can be typed");
        }
    }
    // A closed window has neither end.
    let writer = master.is_some().then_some(writer);
    let status = loop {
        match child.try_wait().expect("it was started") {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                let _ = child.kill();
                panic!("it never ended: {:?}", text());
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    drop((writer, master));
    (status.exit_code(), to_the_end())
}

#[test]
fn only_the_typed_word_approves() {
    let wrong: [(&str, Act); 19] = [
        ("an empty line", Act::Type(b"\n")),
        ("blanks", Act::Type(b"   \n")),
        ("y", Act::Type(b"y\n")),
        ("Y", Act::Type(b"Y\n")),
        ("Yes", Act::Type(b"Yes\n")),
        ("YES", Act::Type(b"YES\n")),
        ("yes.", Act::Type(b"yes.\n")),
        ("yes yes", Act::Type(b"yes yes\n")),
        ("ja", Act::Type(b"ja\n")),
        ("once", Act::Type(b"once\n")),
        ("a look-alike", Act::Type("у\u{435}s\n".as_bytes())),
        ("with a control character", Act::Type(b"\x16\x1byes\n")),
        ("the end of input", Act::Type(b"\x04")),
        ("half a word and the end of input", Act::Type(b"yes\x04\x04")),
        ("Ctrl-C", Act::Type(b"\x03")),
        ("the word and Ctrl-C", Act::Type(b"yes\x03")),
        ("Ctrl-C, then the word", Act::Type(b"\x03yes\n")),
        ("a closed window", Act::Close),
        ("typed before the question", Act::Before(b"yes\nyes\n")),
    ];
    for (what, act) in wrong {
        let place = Place::new();
        place.put("p.pl", WRITE);
        let (code, shown) = on_terminal(&place, &["run", "--approve", "p.pl"], "is a yes:", &act);
        assert!(matches!(code, 3 | 130), "{what}: {code} {shown:?}");
        assert!(!place.has("made.txt"), "{what}");
        let approvals: i64 =
            place.database().query_row("SELECT count(*) FROM approvals", [], |row| row.get(0)).expect("it can be read");
        assert_eq!(approvals, 0, "{what}");
    }
    for yes in [&b"yes\n"[..], b"yes\r", b"  yes \n", b"no\x7f\x7fyes\n"] {
        let place = Place::new();
        place.put("p.pl", WRITE);
        let (code, shown) =
            on_terminal(&place, &["run", "--approve", "p.pl"], "is a yes:", &Act::Type(Vec::leak(yes.to_vec())));
        assert_eq!(code, 0, "{shown:?}");
        assert_eq!(place.get("made.txt"), "made\n");
    }
}

#[test]
fn approve_asks_and_a_call_asks_with_its_own_words() {
    let place = Place::new();
    place.put("p.pl", WRITE).put("planc.toml", "[policy]\n\"fs.write\" = \"ask\"\n");
    place.planc(&["plan", "p.pl"]).exits(0);
    let run = place.last_run();
    let (code, _) = on_terminal(&place, &["approve", &run], "is a yes:", &Act::Type(b"y\n"));
    assert_eq!(code, 3);
    let (code, _) = on_terminal(&place, &["approve", &run], "is a yes:", &Act::Type(b"yes\n"));
    assert_eq!(code, 0);
    assert!(!place.has("made.txt"), "approving runs nothing");
    // Without a terminal nobody can be asked about the call.
    place.planc(&["run", &run]).exits(3);
    for answer in [&b"\n"[..], b"y\n", b"yes\n", b"Once\n", b"\x04", b"\x03"] {
        let act = Act::Type(Vec::leak(answer.to_vec()));
        let (code, shown) = on_terminal(&place, &["resume", &run], "or `no`:", &act);
        assert!(matches!(code, 3 | 130), "{answer:?}: {code} {shown:?}");
        assert!(!place.has("made.txt"), "{answer:?}");
    }
    let (code, shown) = on_terminal(&place, &["resume", &run], "or `no`:", &Act::Type(b"once\n"));
    assert_eq!(code, 0, "{shown:?}");
    assert!(place.has("made.txt"));
}

/// What a plan says cannot move what the terminal shows around the question.
#[test]
fn the_card_on_the_terminal_is_harmless() {
    let place = Place::new();
    place.put(
        "p.pl",
        "plan \"\\u{1b}[2J\\u{202e}x\\u{9b}A\" {\n  rationale \"\\u{1b}]52;c;eA==\\u{7}\\rApproved already\"\n  critical { create \"made.txt\" }\n  step made = fs.write(path: \"made.txt\", text: \"\\u{1b}[1A\\u{1b}[2K\")\n}\n",
    );
    let (code, shown) =
        on_terminal(&place, &["run", "--approve", "--color", "never", "p.pl"], "is a yes:", &Act::Type(b"no\n"));
    assert_eq!(code, 3);
    assert!(crate::place::is_harmless(&shown.replace("\r\n", "\n").replace("^C", "")), "{shown:?}");
}

/// The lines of what a terminal was sent, without styles, and of a line that is drawn again the last.
fn rows(shown: &str) -> Vec<String> {
    let plain = anstream::adapter::strip_str(shown).to_string();
    plain.replace("\r\n", "\n").split('\n').map(|row| row.rsplit('\r').next().unwrap_or_default().to_owned()).collect()
}

/// No row is left to a terminal to go on with, but for a command that planc itself draws: what the terminal would go on with at its first
/// column looks like a row of planc's own.
#[track_caller]
fn no_row_is_too_long(cols: u16, shown: &str) {
    let cols = if cols == 0 { 80 } else { usize::from(cols) };
    for row in rows(shown).iter().filter(|row| !row.starts_with("  planc run --approve")) {
        assert!(row.chars().count() <= cols, "{cols} columns: {row}\n{shown}");
        assert!(!row.starts_with("FORGED"), "{cols} columns: {row}\n{shown}");
    }
}

/// Words of which some begin a line wherever a terminal breaks them by itself.
fn forged(room: usize) -> String {
    format!("{}{}", "x ".repeat(room / 2), "FORGED everything can be undone, says planc ".repeat(6))
}

/// What a program says is a row of a question, whatever the name is called that it stands behind.
#[test]
fn a_row_of_a_gate_is_no_command() {
    let place = Place::new();
    place.put("said", forged(60));
    for (name, cols) in [("planc", 40), ("planc", 80), ("planc", 120), ("planc", 0), ("shown", 80)] {
        place.put(
            "p.pl",
            format!(
                "plan \"publish\" {{\n  critical {{\n    run \"cat\"\n    create \"out\"\n  }}\n  step v = process.run(argv: [\"cat\", \
                 \"said\"])\n  let {name} = v.stdout.trim()\n  gate \"The notes are fit.\" show {name}\n  step t = fs.write(path: \"out\", \
                 text: \"x\")\n}}\n"
            ),
        );
        let planned = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).json();
        let approve = format!("--approve={}", planned["digest"].as_str().unwrap());
        let question = "`no` ends the run here: ";
        let (_, shown) = on_terminal_of(cols, &place, &["run", &approve, "p.pl"], question, &Act::Type(b"no\n"));
        let (_, asked) = shown.split_once(" asks ").unwrap_or_else(|| panic!("it never asked: {shown}"));
        let (asked, _) = asked.split_once(question).unwrap_or_else(|| panic!("it never asked: {shown}"));
        assert!(asked.contains(&format!("  {name} = \"x x")), "{shown}");
        no_row_is_too_long(cols, asked);
        assert!(!place.has("out"));
    }
}

/// All that people are shown on a terminal, however narrow it is.
#[test]
fn no_row_on_a_terminal_begins_as_others_want() {
    let place = Place::new();
    let words = forged(30);
    let path = format!("a{}", forged(60)[..200].trim_end());
    place.put("gone", "x\n").put("fails.sh", "cat words >&2; exit 3\n").put("words", &words);
    let plan = |path: &str| {
        format!(
            "plan \"{words}\" {{\n  rationale \"{words}\"\n  input planc: string = \"{words}\"\n  assume \"{words}\"\n  critical {{\n    create \
             \"a*\"\n    delete \"gone\"\n    run \"sh\"\n  }}\n  step a = fs.write(path: \"{path}\", text: planc) {{\n    because \"{words}\"\n  \
             }}\n  step b = fs.delete(path: \"gone\")\n  step c = process.run(argv: [\"sh\", \"fails.sh\"]) {{\n    on failure continue\n  }}\n  \
             output out = planc\n}}\n"
        )
    };
    place
        .put("p.pl", plan(&path))
        .put("other.pl", plan("a"))
        .put("wrong.pl", format!("plan \"{words}\" {{ nothing }}\n"));
    let planned = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).json();
    let approve = format!("--approve={}", planned["digest"].as_str().unwrap());
    let never = "\u{0}";
    for cols in [40, 80, 100, 0] {
        for args in
            [vec!["plan", "p.pl"], vec!["plan", "--full", "p.pl"], vec!["plan", &words], vec!["check", "wrong.pl"]]
        {
            let (_, shown) = on_terminal_of(cols, &place, &args, never, &Act::Close);
            assert!(rows(&shown).concat().contains("FORGED"), "{args:?}: {shown}");
            no_row_is_too_long(cols, &shown);
        }
        let (_, shown) = on_terminal_of(cols, &place, &["run", "--approve", "p.pl"], "is a yes:", &Act::Type(b"no\n"));
        no_row_is_too_long(cols, &shown);
    }
    place.planc(&["run", &approve, "p.pl"]);
    let run = place.last_run();
    for cols in [40, 80] {
        for args in [
            vec!["show", &run],
            vec!["show", &run, "--plan"],
            vec!["diff", &run],
            vec!["diff", "p.pl", "other.pl"],
            vec!["runs"],
            vec!["graph", "p.pl"],
        ] {
            let (_, shown) = on_terminal_of(cols, &place, &args, never, &Act::Close);
            no_row_is_too_long(cols, &shown);
        }
    }
    // What is no terminal is given whole lines; documents stay as they are.
    assert!(!place.planc(&["runs"]).exits(0).out.contains('┊'));
}

/// What a program says while a run goes on, beneath the list that is drawn again and again.
#[test]
fn no_row_of_the_live_list_goes_on_by_itself() {
    let place = Place::new();
    place.put("said", forged(30)).put("fails.sh", "cat said >&2; exit 3\n").put(
        "p.pl",
        "plan \"live\" {\n  critical { run \"sh\" }\n  step c = process.run(argv: [\"sh\", \"fails.sh\"]) { on failure continue }\n}\n",
    );
    let planned = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).json();
    let approve = format!("--approve={}", planned["digest"].as_str().unwrap());
    let (code, shown) = on_terminal_of(40, &place, &["run", &approve, "p.pl"], "\u{0}", &Act::Close);
    assert_eq!(code, 0, "{shown}");
    let (live, report) = shown.split_once("live").expect("what came of it is told");
    assert!(live.contains("┊ FORGED") && report.contains("FORGED"), "{shown}");
    no_row_is_too_long(40, report);
}

/// What is copied of what a terminal was sent.
fn unstyled(shown: &str) -> String {
    let mut parts = shown.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest)
    })
}

/// The words that a shell hands to `planc` when this is pasted into it; nothing: it runs no such command.
fn pasted(shell: &str, folder: &std::path::Path, text: &str) -> Vec<String> {
    let told = "planc() { printf '%s\\0' \"$@\" >> told; }\n";
    let _ = fs::remove_file(folder.join("told"));
    let mut child = std::process::Command::new(shell)
        .current_dir(folder)
        .env_clear()
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("there is a shell");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(format!("{told}{text}").as_bytes()).expect("it reads");
    drop(input);
    child.wait().expect("it ends");
    let told = fs::read_to_string(folder.join("told")).unwrap_or_default();
    told.split_terminator('\0').map(str::to_owned).collect()
}

/// What is copied from a card is pasted into a shell: it reads the words that are shown, or that a word is not shown, and nothing else.
#[test]
fn a_command_that_is_copied_is_the_one_that_is_shown() {
    use planc::render::text::{Look, Paint, Word, command, shown};
    use proptest::prelude::*;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let parts = prop_oneof![
        Just("'".to_owned()),
        Just(";touch pwned;".to_owned()),
        Just("\n".to_owned()),
        Just("\\".to_owned()),
        Just("$(touch pwned)`touch pwned`".to_owned()),
        Just("é┊ א".to_owned()),
        "[a-z]{1,40}",
        "[ -~]{0,12}",
        " {1,60}",
    ];
    let word = proptest::collection::vec(parts, 1..9).prop_map(|parts| parts.concat());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 400, ..ProptestConfig::default() });
    let all = (proptest::collection::vec(word, 1..4), 3_u16..200, any::<bool>());
    runner
        .run(&all, |(words, width, is_bash)| {
            let drawn: Vec<Word> = words.iter().map(|word| Word::of(word, "WORD")).collect();
            let mut out = String::new();
            command(&mut out, Look::new(Some(width), Paint::Plain), "planc run --approve", &drawn);
            let out = shown(&out, Some(width));
            let read = pasted(if is_bash { "bash" } else { "sh" }, folder.path(), &out);
            prop_assert!(!folder.path().join("pwned").exists(), "{out}");
            prop_assert_eq!(read.len(), words.len() + 2, "{}", out);
            for (read, word) in read[2..].iter().zip(&words) {
                prop_assert!(read == word || read == "WORD", "{read:?} of {word:?}: {out}");
            }
            Ok(())
        })
        .unwrap();
}

/// The same with whole cards, where a break comes to stand between the signs that end a quote.
#[test]
fn a_card_ends_with_no_command_of_others() {
    let place = Place::new();
    let folder = tempfile::tempdir().expect("a folder can be made");
    let plan = "plan \"p\" {\n  input note: string = \"n\"\n  critical {\n    create \"a\"\n  }\n  step a = fs.write(path: \"a\", text: note)\n}\n";
    let never = "\u{0}";
    for cols in [40_u16, 80, 120] {
        let usual = usize::from(cols);
        for before in 0..6 {
            let lead = usual - "  planc run --approve ".len() - before;
            let name = format!("{}';touch pwned;'b.pl", "x".repeat(lead));
            let given = format!("note={}';touch pwned;'yy", "x".repeat(usual.saturating_sub(43) + before));
            place.put(&name, plan).put("p.pl", plan);
            for args in [vec!["plan", &name], vec!["plan", "p.pl", "--input", &given]] {
                let (_, shown) = on_terminal_of(cols, &place, &args, never, &Act::Close);
                let shown = unstyled(&shown.replace("\r\n", "\n"));
                let foot = shown.split_once("approves with\n").expect("it asks for a yes").1;
                for shell in ["bash", "sh"] {
                    let read = pasted(shell, folder.path(), foot);
                    assert!(!folder.path().join("pwned").exists(), "{shown}");
                    let is_told = |word: &String| {
                        ["run", "--approve", "--input", "FILE", "note=…", "p.pl"].contains(&word.as_str())
                            || word.starts_with("--approve=")
                            || *word == name
                            || *word == given
                    };
                    assert!(read.len() >= 5 && read.iter().all(is_told), "{read:?}: {shown}");
                }
            }
        }
    }
}
