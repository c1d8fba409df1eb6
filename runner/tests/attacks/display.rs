//! What a person is shown: nothing in a plan, a file, a name, a result or an error moves the cursor, hides or reorders
//! text, starts a line of its own, or breaks out of its place in Markdown.

use crate::place::{Place, Said, is_harmless};
use std::fs;

/// Escape sequences, a title, a clipboard, a link, direction marks, returns, tags.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}]8;;http://evil.invalid\u{1b}\\x\u{1b}]8;;\u{1b}\\\u{202e}gnp.exe\u{2066}\r\u{8}\u{7f}\u{9b}31m\u{200b}\u{2028}\u{e0041}";

#[track_caller]
fn harmless(said: &Said) {
    assert!(is_harmless(&said.out), "{}", said.short());
    assert!(is_harmless(&said.err), "{}", said.short());
    assert!(!said.err.contains("panicked"), "{}", said.short());
}

/// As a string of the language, which has no raw control characters.
fn quoted(text: &str) -> String {
    text.chars().map(|c| format!("\\u{{{:x}}}", c as u32)).collect()
}

#[test]
fn texts_of_plans_files_and_programs_are_shown_harmlessly() {
    let place = Place::new();
    let evil = quoted(EVIL);
    place.put("evil.txt", format!("before\n{EVIL}\nafter\n"));
    fs::create_dir(place.ws().join("names")).unwrap();
    fs::write(place.ws().join("names").join(EVIL.replace('/', "_")), "x").unwrap();
    fs::write(place.ws().join("names/new\nline [DONE]"), "x").unwrap();
    place.put("say.sh", format!("printf '%s\\n' '{EVIL}'; printf '%s\\n' '{EVIL}' >&2; exit $1\n"));
    for raw in [true, false] {
        let text = if raw { EVIL.replace(['\r', '\\'], "") } else { evil.clone() };
        place.put(
            "p.pl",
            format!(
                r#"plan "{text}" {{
  rationale "{text}"
  context "{text}"
  input name: string = "{text}"
  assume "{text}" {{ fs.stat(path: "evil.txt").kind == "file" }}
  assume "{text} unchecked"
  critical {{
    modify "evil.txt" "{text}"
    create "made.txt" "{text}"
    run "sh" "{text}"
  }}
  reuse "evil.txt" "{text}"
  step read = fs.read(path: "evil.txt")
  step names = fs.list(path: "names")
  step edit = fs.edit(path: "evil.txt", edits: [{{ find: "after", replace: "{text}" }}]) {{ because "{text}" }}
  step made = fs.write(path: "made.txt", text: "${{name}} {text}")
  step says = process.run(argv: ["sh", "say.sh", "0", "{text}"])
  step fails = process.run(argv: ["sh", "say.sh", "1", "{text}"])
  verify "{text}" {{ read.text != "{text}" }}
  output out = read.text
}}
"#
            ),
        );
        for args in [vec!["check", "p.pl"], vec!["plan", "p.pl"], vec!["plan", "p.pl", "--full"], vec!["graph", "p.pl"]]
        {
            harmless(&place.planc(&args));
        }
        harmless(&place.planc(&["--format", "markdown", "plan", "p.pl"]));
        for form in ["dot", "mermaid"] {
            harmless(&place.planc(&["graph", "p.pl", "--as", form]));
        }
        let planned = place.planc(&["--format", "json", "plan", "p.pl"]);
        if raw && planned.code != Some(0) {
            continue;
        }
        let digest = planned.exits(0).json()["digest"].as_str().unwrap().to_owned();
        let ran = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(4);
        harmless(&ran);
        let run = place.last_run();
        for args in
            [vec!["show", &run], vec!["show", &run, "--plan"], vec!["diff", &run], vec!["runs"], vec!["undo", &run]]
        {
            harmless(&place.planc(&args));
        }
        harmless(&place.planc(&["--format", "markdown", "show", &run]));
    }
}

#[test]
fn names_on_the_command_line_are_shown_harmlessly() {
    let place = Place::new();
    let evil = EVIL.replace('/', "_");
    for args in [
        vec!["check", &evil],
        vec!["plan", &evil],
        vec!["run", &evil],
        vec!["show", &evil],
        vec!["undo", &evil],
        vec!["tools", &evil],
        vec!["explain", &evil],
        vec!["-C", &evil, "plan", "x"],
        vec!["--catalogue", &evil, "plan", "x"],
    ] {
        let said = place.planc(&args);
        assert_ne!(said.code, Some(0));
        harmless(&said);
    }
    place.put(&format!("{evil}.pl"), "plan \"x\" { step a = fs.raed(path: \"x\") }");
    harmless(&place.planc(&["check"]).exits(1));
    harmless(&place.planc(&["check", &format!("{evil}.pl")]).exits(1));
    place
        .put("planc.toml", format!("[catalogues]\nfiles = [{:?}]\n", "gone\u{1b}[2J.pl").replace("\\u{1b}", "\\u001b"));
    harmless(&place.planc(&["plan", "x"]).exits(2));
}

#[test]
fn markdown_cannot_be_broken_out_of() {
    let place = Place::new();
    let evil = "# APPROVED\n\n```\n<script>alert(1)</script> ![x](http://evil.invalid/x.png) [y](javascript:z) | a | b |\n````\n</details>\n~~~\n> quote\n- [x] done\n";
    let text = quoted(evil);
    place.put("evil.md", format!("{evil}old\n"));
    place.put(
        "p.pl",
        format!(
            r#"plan "{text}" {{
  rationale "{text}"
  context "{text}"
  critical {{
    modify "evil.md" "{text}"
  }}
  step edit = fs.edit(path: "evil.md", edits: [{{ find: "old", replace: "{text}" }}]) {{ because "{text}" }}
}}
"#
        ),
    );
    let said = place.planc(&["--format", "markdown", "plan", "p.pl"]).exits(0);
    let mut fence: Option<usize> = None;
    for line in said.out.lines() {
        let ticks = line.trim_start().chars().take_while(|c| *c == '`').count();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            Some(open) if ticks >= open && line.trim_start().chars().all(|c| c == '`') => fence = None,
            Some(_) => {}
            None => {
                let outside = line.split('`').step_by(2).collect::<String>();
                assert!(line.matches('`').count() > 2 || !outside.contains("<script>"), "{line}");
                assert!(!line.starts_with("# APPROVED") && !line.starts_with("- [x]"), "{line}");
            }
        }
    }
    assert_eq!(fence, None, "{}", said.out);
}

#[test]
fn huge_outputs_and_long_lines_are_bounded() {
    let place = Place::new();
    place.put("long.txt", "x".repeat(5_000_000)).put("many.txt", "line\n".repeat(500_000));
    place.put(
        "p.pl",
        r#"plan "huge" {
  critical {
    modify "*.txt"
    run "sh"
  }
  step long = fs.append(path: "long.txt", text: "y\n")
  step many = fs.edit(path: "many.txt", edits: [{ find: "line", replace: "LINE", count: 500000 }])
  step says = process.run(argv: ["sh", "-c", "yes 'a very long line of output' | head -c 200000000; yes e | head -c 50000000 >&2"])
  step cut = process.run(argv: ["sh", "-c", "yes x | tr -d '\\n' | head -c 3000000 >&2; exit 3"], max_output_bytes: 100)
}
"#,
    );
    let card = place.planc(&["plan", "p.pl"]).exits(0);
    let ran = place.run("p.pl").exits(4);
    let run = place.last_run();
    let shown = place.planc(&["show", &run]).exits(0);
    for (what, said, most) in [("card", &card, 12_000_000), ("run", &ran, 1_000_000), ("show", &shown, 1_000_000)] {
        let size = said.out.len() + said.err.len();
        assert!(size < most, "{what}: {size} bytes");
    }
    place.planc(&["undo", &run]).exits(0);
    assert_eq!(place.get("long.txt").len(), 5_000_000);
}

#[test]
fn what_is_known_of_a_call_is_on_the_card() {
    let place = Place::new();
    place.put("pay", "#!/bin/sh\n");
    place.put(
        "p.pl",
        "plan \"Pay\" {\n  critical {\n    run \"true\"\n    run \"./pay\"\n    contact [\"a.example\", \"b.example\"]\n  }\n  \
         step r = process.run(argv: [\"true\"])\n  let account = endorse(r.stdout, \"looked at\")\n  \
         step p = process.run(argv: [\"./pay\", \"--to\", account])\n  step f = fs.read(path: \"missing.txt\")\n  \
         gate \"Paid?\" show account\n}\n",
    );
    let said = place.planc(&["plan", "p.pl"]);
    assert!(said.out.contains("runs ./pay (with arguments known after run)"), "{}", said.short());
    assert!(said.out.contains("gate 1: \"Paid?\" shows account = "), "{}", said.short());
    assert!(!said.out.contains("that is: "), "{}", said.short());
    for form in ["markdown", "html"] {
        let said = place.planc(&["plan", "--format", form, "p.pl"]);
        assert!(!said.out.contains("that is: ") && said.out.contains("./pay (with arguments"), "{}", said.short());
    }
}

/// A condition is shown as the language writes it, and not as its author has: a comment in it could say something else, and so
/// could the name of a `let`.
#[test]
fn conditions_are_shown_without_comments_and_with_what_their_names_stand_for() {
    let place = Place::new();
    place.put(
        "p.pl",
        r#"plan "Conditions" {
  critical {
    create "a.txt"
  }
  let tests_pass = 1 == 1
  let is_reviewed = tests_pass
  assume "the tests pass" {
    tests_pass // and fs.read(path: "report.txt").text.contains("ok")
      or false
  }
  step a = fs.write(path: "a.txt", text: "x") {
    when is_reviewed // and never at night
  }
}
"#,
    );
    for format in ["text", "markdown", "json", "html"] {
        let card = place.planc(&["--format", format, "plan", "p.pl"]).exits(0).out;
        assert!(!card.contains("report.txt") && !card.contains("at night"), "{format}: {card}");
        for said in ["tests_pass or false", "1 == 1", "is_reviewed"] {
            assert!(card.contains(said), "{format} says {said}: {card}");
        }
    }
}

/// However many names there are: a name stands for what somebody says yes to.
#[test]
fn no_name_is_left_out_of_a_card() {
    let place = Place::new();
    let many: Vec<String> = (0..40).map(|number| format!("  let n{number:02} = {number} + 0\n")).collect();
    let sum: Vec<String> = (0..40).map(|number| format!("n{number:02}")).collect();
    place.put("old", "x\n");
    place.put(
        "p.pl",
        format!(
            "plan \"Tidy\" {{\n{}  let is_dry = \"lib/old\".length() > 100\n  assume \"The numbers are numbers.\" {{ {} > 0 }}\n  critical \
             {{\n    delete \"old\"\n    run \"true\"\n  }}\n  step s = process.run(argv: [\"true\"])\n  step t = fs.delete(path: \"old\") {{ \
             when s.exit_code == 0 and not is_dry }}\n}}\n",
            many.concat(),
            sum.join(" + ")
        ),
    );
    for format in ["text", "markdown", "html"] {
        let card = place.planc(&["--format", format, "plan", "p.pl"]).exits(0).out;
        assert!(card.replace("&quot;", "\"").contains("\"lib/old\".length()"), "{format}: {card}");
        assert!(!card.contains("more name"), "{format}: {card}");
    }
}
