//! Values that become known during a run: outside text decides nothing unseen, the value that is shown is the value that is
//! used, and nothing but a person's word on a terminal lets it through.

use crate::place::{Place, is_harmless};
use crate::terminal::{Act, on_terminal};

/// A program names a tag, which says what is written.
const TAG: &str = r#"plan "tag" {
  critical {
    run    "cat"
    create "tags/*"
  }
  step found = process.run(argv: ["cat", "tag.txt"])
  let tag = endorse(found.stdout.trim(), "the tag that the build has made")
  step mark = fs.write(path: "tags/${tag}", text: "x\n")
}
"#;

/// What stands before the answer.
const ASKS: &str = "`no` ends the run here: ";

/// A place with a run that waits for a person to look at the tag.
fn waiting(tag: &str) -> (Place, String) {
    let place = Place::new();
    place.put("tag.txt", tag).put("p.pl", TAG);
    place.run("p.pl").exits(3);
    let run = place.last_run();
    (place, run)
}

/// The text of a screen, which ends its lines as terminals do.
fn screen(shown: &str) -> String {
    shown.replace("\r\n", "\n").replace("^C", "")
}

#[test]
fn outside_text_chooses_neither_tool_nor_target_nor_how_often() {
    let place = Place::new();
    place.put("tag.txt", "../../etc/passwd\n");
    let before = "step found = process.run(argv: [\"cat\", \"tag.txt\"])";
    for (code, step) in [
        ("P0701", "step a = fs.write(path: found.stdout.trim(), text: \"\")"),
        ("P0701", "step a = fs.delete(path: \"tags/${found.stdout}\")"),
        ("P0701", "step a = process.run(argv: [found.stdout.trim()])"),
        ("P0701", "step a = process.run(argv: [\"sh\"], stdin: found.stdout)"),
        ("P0701", "step a = process.run(argv: [\"sh\", \"-c\", \"echo ${found.stdout}\"])"),
        ("P0701", "step a = http.get(url: found.stdout)"),
        ("P0701", "step a = http.get(url: \"https://days.example/?${found.stdout}\")"),
        ("P0702", "step a = fs.write(path: \"a\", text: \"\") {\n    when found.stdout.contains(\"x\")\n  }"),
        ("P0702", "each all = line in found.stdout.lines() {\n    step a = fs.append(path: \"a\", text: line)\n  }"),
        (
            "P0703",
            "step a = fs.write(path: \"a\", text: \"\", executable: if found.stdout == \"\" then true else false)",
        ),
        // A value that a model takes out of a text is the word of the text.
        (
            "P0701",
            "step said = model.extract(from: \"a\", ask: \"b\", type: { path: path })\n  step a = fs.write(path: said.path, text: \"\")",
        ),
    ] {
        let plan = format!(
            "plan \"p\" {{\n  critical {{\n    run \"cat\"\n    run \"sh\"\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    contact \"*\"\n  }}\n  {before}\n  {step}\n}}\n"
        );
        place.put("p.pl", plan);
        let said = place.planc(&["check", "p.pl"]).exits(1);
        assert!(said.err.contains(code) || said.out.contains(code), "{code} {step}: {}", said.short());
    }
}

#[test]
fn without_a_terminal_it_waits_and_no_argument_is_an_answer() {
    let (place, run) = waiting("v1\n");
    assert!(!place.has("tags"), "nothing is written before somebody has looked");
    place.planc(&["resume", &run]).exits(3).says("let tag");
    place.planc(&["run", &run]).exits(3);
    // Neither the word on standard input nor an answer for another question.
    let mut command = place.command(&["resume", &run]);
    command.stdin(
        std::fs::File::open({
            place.put("yes.txt", "yes\nyes\n");
            place.ws().join("yes.txt")
        })
        .expect("it was written"),
    );
    crate::place::said(command).exits(3);
    place.planc(&["resume", &run, "--resolve", "mark=redo"]).exits(2);
    place.planc(&["approve", &run]).exits_with(&[2, 3, 4, 5]);
    assert!(!place.has("tags"));
    let (code, shown) = on_terminal(&place, &["resume", &run], ASKS, &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{shown:?}");
    assert!(place.has("tags/v1"));
    let events = place.planc(&["show", &run, "--format", "json"]).out;
    assert!(events.contains("values_wait") && events.contains("values_answered"), "{events}");
}

#[test]
fn only_the_words_that_are_asked_for_are_answers() {
    for (what, act, codes) in [
        ("an empty line", Act::Type(b"\n"), [3, 3]),
        ("y", Act::Type(b"y\n"), [3, 3]),
        ("always", Act::Type(b"always\n"), [3, 3]),
        ("a look-alike", Act::Type("у\u{435}s\n".as_bytes()), [3, 3]),
        ("the end of input", Act::Type(b"\x04"), [3, 3]),
        ("Ctrl-C", Act::Type(b"\x03"), [3, 130]),
        ("a closed window", Act::Close, [3, 130]),
        ("typed before the question", Act::Before(b"yes\nyes\n"), [3, 3]),
        ("no", Act::Type(b"no\n"), [6, 6]),
    ] {
        let (place, run) = waiting("v1\n");
        let (code, shown) = on_terminal(&place, &["resume", &run], ASKS, &act);
        assert!(codes.contains(&code), "{what}: {code} {shown:?}");
        assert!(!place.has("tags"), "{what}");
        if code == 6 {
            // A no is final.
            place.planc(&["resume", &run]).exits_with(&[2, 4, 6]);
            assert!(!place.has("tags"), "{what}");
        }
    }
}

#[test]
fn a_value_cannot_look_like_another() {
    let fakes = [
        "v1\u{202e}2v",
        "v\u{0456}",
        "v1\u{200b}",
        "v1\u{1b}[2K\u{1b}[1Av2",
        "v1\n`yes` goes on with exactly this, `no` ends the run here: yes\nlet tag\n    \"v2\"",
        "v1\r\"v2\"                                                                                ",
        "v1\u{e0061}",
        "\u{9b}31mv1",
        "v1\u{fe0f}",
    ];
    for fake in fakes {
        let (place, run) = waiting(&format!("{fake}\n"));
        let (code, shown) = on_terminal(&place, &["resume", "--color", "never", &run], ASKS, &Act::Type(b"no\n"));
        assert_eq!(code, 6, "{shown:?}");
        // The checklist above it moves the cursor by itself.
        let shown = screen(&shown);
        let (_, shown) = shown.split_once("known only now").unwrap_or_else(|| panic!("{shown:?}"));
        let (shown, _) = shown.rsplit_once("`no` ends the run here: no").unwrap_or_else(|| panic!("{shown:?}"));
        assert!(is_harmless(shown), "{shown:?}");
        // Every line that planc draws stands once; the value stands on one line of its own, in ASCII.
        let at = shown.find("  let tag").unwrap_or_else(|| panic!("{shown:?}"));
        let line = shown[at..].lines().nth(1).expect("the value stands below its name");
        assert!(line.is_ascii() && line.trim().starts_with('"') && line.trim().ends_with('"'), "{line:?}");
        assert_eq!(shown.matches("\n  let tag").count(), 1, "{shown:?}");
        let strange = fake.trim().chars().any(|c| !matches!(c, ' '..='~' | '\n'));
        assert_eq!(shown.contains("not ASCII: "), strange, "{shown:?}");
    }
}

#[test]
fn a_value_that_is_too_long_to_be_read_decides_nothing() {
    let place = Place::new();
    place.put("tag.txt", "a".repeat(70_000)).put("p.pl", TAG);
    place.run("p.pl").exits(6).says("longer than what is shown whole");
    assert!(!place.has("tags"));
}

#[test]
fn what_is_shown_is_what_is_used() {
    // What the program would say now is another tag; what it said is in the journal, and is what was shown.
    let (place, run) = waiting("v1\n");
    let file = place.ws().join("tag.txt");
    let act = Act::Meanwhile(Box::new(move || std::fs::write(&file, "v2\n").expect("a file can be written")), b"yes\n");
    let (code, shown) = on_terminal(&place, &["resume", &run], ASKS, &act);
    assert_eq!(code, 0, "{shown:?}");
    assert!(place.has("tags/v1") && !place.has("tags/v2"));
}

/// A script whose content comes from outside, and is run.
const SCRIPT: &str = r#"plan "script" {
  critical {
    run    "cat"
    run    "sh build.sh"
    create "build.sh"
    create "made.txt"
  }
  step found = process.run(argv: ["cat", "script.txt"])
  step saved = fs.write(path: "build.sh", text: found.stdout)
  step built = process.run(argv: ["sh", "build.sh"])
}
"#;

#[test]
fn a_program_runs_what_outside_text_has_put_there_only_as_it_was_shown() {
    let place = Place::new();
    place.put("script.txt", "echo built > made.txt\n").put("p.pl", SCRIPT);
    place.run("p.pl").exits(3).says("content of build.sh");
    assert!(place.has("build.sh") && !place.has("made.txt"));
    let run = place.last_run();
    // A changed file between the pause and the act.
    let file = place.ws().join("build.sh");
    let swap = move || std::fs::write(&file, "echo evil > evil.txt\n").expect("a file can be written");
    let (code, shown) = on_terminal(&place, &["resume", &run], ASKS, &Act::Meanwhile(Box::new(swap), b"yes\n"));
    assert_eq!(code, 5, "{shown:?}");
    assert!(shown.contains("echo built"), "{shown:?}");
    assert!(!place.has("made.txt") && !place.has("evil.txt"));

    let place = Place::new();
    place.put("script.txt", "echo built > made.txt\n").put("p.pl", SCRIPT);
    place.run("p.pl").exits(3);
    let run = place.last_run();
    let (code, shown) = on_terminal(&place, &["resume", &run], ASKS, &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{shown:?}");
    assert_eq!(place.get("made.txt"), "built\n");
}

#[test]
fn reading_by_outside_text_stays_within_the_lines_that_read() {
    let plan = |line: &str| {
        format!(
            "plan \"p\" {{\n  critical {{\n    run \"cat\"\n    read \"{line}\"\n    create \"out.txt\"\n  }}\n  step found = process.run(argv: [\"cat\", \"name.txt\"])\n  step got = fs.read(path: found.stdout.trim() as path)\n  step out = fs.write(path: \"out.txt\", text: got.text)\n}}\n"
        )
    };
    for (name, exit) in [("docs/a.txt", 0), ("secret.txt", 6), ("docs/link", 6)] {
        let place = Place::new();
        place.put("docs/a.txt", "a\n").put("secret.txt", "s\n").put("name.txt", name).put("p.pl", plan("docs/*"));
        place.link("../secret.txt", "docs/link");
        let said = place.run("p.pl").exits(exit);
        assert_eq!(place.has("out.txt"), exit == 0, "{name}: {}", said.short());
    }
    // Without a line that reads, outside text names nothing.
    let place = Place::new();
    let free = plan("docs/*").replace("    read \"docs/*\"\n", "");
    place.put("p.pl", free).planc(&["check", "p.pl"]).exits(1).says("P0701");
}

#[test]
fn what_was_endorsed_on_the_card_is_bound_exactly() {
    // The dry run knows this value: a file that a search finds is outside text only where it is marked so.
    let place = Place::new();
    let plan = r#"plan "known" {
  critical { create "tags/*" }
  step found = model.extract(from: "v1", ask: "the tag", type: string)
  let tag = endorse(found, "the tag that the text names")
  step mark = fs.write(path: "tags/${tag}", text: "x\n")
}
"#;
    place.put("p.pl", plan);
    let answer = place.at("out/answer");
    place.program("bin/say", &format!("cat > /dev/null; cat '{}'", answer.display()));
    std::fs::write(&answer, r#"{"value": "v1"}"#).expect("a file can be written");
    place.put("planc.toml", format!("[model]\ncommand = [\"{}\"]\n", place.at("bin/say").display()));
    let digest = place.digest("p.pl");
    let card = place.planc(&["plan", "p.pl"]).exits(0);
    assert!(card.out.contains("Your yes answers for") && card.out.contains("tag = \"v1\""), "{}", card.short());
    // Another answer is another digest.
    std::fs::write(&answer, r#"{"value": "v2"}"#).expect("a file can be written");
    place.planc(&["plan", "--ask-again", "p.pl"]);
    assert_ne!(digest, place.digest("p.pl"));
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5);
    assert!(!place.has("tags"));
}

/// What a line of `critical` allows is named by a program, or a file that one has written.
const LINES: [(&str, &str, &str); 4] = [
    ("modify r.text", "precious", "step q = process.run(argv: [\"sh\", \"act.sh\"]) {\n    after r\n  }"),
    ("create r.text", ".git/hooks/x", "step q = process.run(argv: [\"sh\", \"act.sh\"]) {\n    after r\n  }"),
    ("modify r.text", "precious", "step q = fs.write(path: \"precious\", text: \"evil\\n\") {\n    after r\n  }"),
    ("run r.text", "sh act.sh", "step q = process.run(argv: [\"sh\", \"act.sh\"]) {\n    after r\n  }"),
];

#[test]
fn what_a_line_turns_out_to_allow_is_looked_at() {
    for (line, names, step) in LINES {
        let place = Place::new();
        place.put("gen.sh", format!("printf '{names}' > n.txt\n")).put("precious", "mine\n").put(".git/hooks/y", "");
        let path = if names.starts_with(".git") { names } else { "precious" };
        place.put("act.sh", format!("echo evil > {path}\n"));
        let run = if line.starts_with("run") { "run \"sh gen.sh\"\n    modify \"precious\"" } else { "run \"sh\"" };
        place.put(
            "p.pl",
            format!(
                "plan \"p\" {{\n  critical {{\n    create \"n.txt\"\n    {line}\n    {run}\n  }}\n  step g = process.run(argv: [\"sh\", \"gen.sh\"])\n  step r = fs.read(path: \"n.txt\")\n  {step}\n}}\n"
            ),
        );
        // No yes that nobody has read, and none by name, is one to that.
        place.planc(&["run", "--approve", "p.pl"]).exits(3).says("turns out to allow");
        place.run("p.pl").exits(3).says(&format!("critical {line}")).says(names);
        let run = place.last_run();
        place.planc(&["resume", &run]).exits(3);
        let evil = || place.has(path) && place.get(path) == "evil\n";
        assert!(!evil(), "{line}");
        let (code, shown) = on_terminal(&place, &["resume", &run], ASKS, &Act::Type(b"yes\n"));
        assert!(shown.contains("which decides what the plan may touch"), "{shown}");
        assert_eq!((code, evil()), (0, true), "{line}: {shown}");
    }
}

#[test]
fn an_answer_about_a_line_allows_what_was_shown_and_nothing_else() {
    for (names, answer) in [("precious", b"no\n".as_slice()), ("other", b"yes\n")] {
        let place = Place::new();
        place.put("gen.sh", format!("printf {names} > n.txt\n")).put("precious", "mine\n");
        let (code, shown) = line_answered(&place, answer);
        assert_eq!((code, place.get("precious").as_str()), (6, "mine\n"), "{shown}");
    }
}

/// A run that changes `precious` by a line about what is in a file, with this answer about the line.
fn line_answered(place: &Place, answer: &'static [u8]) -> (u32, String) {
    place.put(
        "p.pl",
        "plan \"p\" {\n  critical {\n    create \"n.txt\"\n    modify r.text\n    run \"sh\"\n  }\n  step g = process.run(argv: [\"sh\", \"gen.sh\"])\n  step r = fs.read(path: \"n.txt\")\n  step q = fs.write(path: \"precious\", text: \"evil\\n\") {\n    after r\n  }\n}\n",
    );
    place.run("p.pl").exits(3);
    on_terminal(place, &["resume", &place.last_run()], ASKS, &Act::Type(answer))
}
