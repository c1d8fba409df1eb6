//! Standing answers: given by a person only, kept within their bounds, taken back at once, and never more than an answer to
//! what policy asks.

use crate::place::{Place, said, until};
use crate::typed::typed;

const ASK: &str = "[policy]\n\"fs.write\" = \"ask\"\n";
const YES: &str = "Only `yes` is a yes: ";
const CALL: &str = "or `no`: ";
const TERMS: &str = "changes it: ";

fn place(config: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", config).put("docs/x", "").put("private/secret", "s");
    place
}

fn write(path: &str) -> String {
    format!(
        "plan \"Write {path}\" {{\n  critical {{\n    modify \"**\"\n    create \"**\"\n  }}\n  step a = fs.write(path: \"{path}\", text: \"a\")\n}}\n"
    )
}

fn add(place: &Place, args: &[&str]) -> (String, u32) {
    typed(place, &[&["grants", "add", "fs.write", "--why", "the docs are rewritten"], args].concat(), &[(YES, "yes")])
}

/// The exit code of a run of a plan that writes a path, approved by digest.
fn ran(place: &Place, path: &str) -> Option<i32> {
    place.put("p.pl", write(path));
    place.run("p.pl").code
}

fn grants(place: &Place) -> serde_json::Value {
    place.planc(&["--format", "json", "grants", "list", "--all"]).exits(0).json()["grants"].clone()
}

#[test]
fn nobody_but_a_person_on_a_terminal_gives_one() {
    let place = place(ASK);
    let arguments = ["grants", "add", "fs.write", "--where", "path=docs/**", "--why", "I would like to"];
    place.planc(&arguments).exits(6).says("by a person on a terminal");
    let mut fed = place.command(&["grants", "add", "fs.write", "--why", "x"]);
    fed.stdin(std::fs::File::open(place.ws().join("docs/x")).unwrap());
    said(fed).exits(6);
    for answer in ["y", "", "always"] {
        let (screen, code) = typed(&place, &arguments, &[(YES, answer)]);
        assert_eq!(code, 3, "{screen}");
    }
    assert_eq!(grants(&place).as_array().unwrap().len(), 0);
    assert_eq!(ran(&place, "docs/a.txt"), Some(3));
    // A plan has no way to it: neither by a tool nor by an argument.
    let script = format!("exec {:?} \"$@\" --state-dir {:?}", env!("CARGO_BIN_EXE_planc"), place.state());
    place.program("bin/own", &script);
    place.put("g.pl", "plan \"G\" {\n  critical {\n    run \"own\"\n  }\n  step a = process.run(argv: [\"own\", \"grants\", \"add\", \"fs.write\", \"--why\", \"x\"])\n}\n");
    place.run("g.pl");
    assert_eq!(grants(&place).as_array().unwrap().len(), 0);
}

#[test]
fn an_answer_is_kept_within_its_bounds() {
    let place = place(ASK);
    let (screen, code) = add(&place, &["--where", "path=docs/**", "--uses", "3", "--for", "12h"]);
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("fs.write where path is like `docs/**`"), "{screen}");
    assert_eq!(ran(&place, "docs/a.txt"), Some(0));
    assert_eq!(ran(&place, "other/a.txt"), Some(3), "another path");
    // What a link leads to counts, and so does `..`.
    place.link("../private", "docs/open");
    assert_ne!(ran(&place, "docs/open/secret"), Some(0));
    assert_eq!(place.get("private/secret"), "s");
    // An argument of which nothing is said must be what it is when it is left out.
    place.put("mode.pl", write("docs/b.txt").replace("text: \"a\"", "text: \"a\", executable: true"));
    place.run("mode.pl").exits(3);
    assert_eq!(ran(&place, "docs/c.txt"), Some(0));
    assert_eq!(ran(&place, "docs/d.txt"), Some(0));
    assert_eq!(ran(&place, "docs/e.txt"), Some(3), "used up");
    assert_eq!(grants(&place)[0]["used"], 3);
    assert!(!place.has("docs/e.txt"));
    for (wrong, part) in [
        (["--where", "where=x"], "has no parameter"),
        (["--uses", "0"], "is no number from 1"),
        (["--for", "900d"], "is no time"),
        (["--for", "soon"], "is no time"),
        (["--any", "nothing"], "has no parameter"),
    ] {
        place.planc(&[&["grants", "add", "fs.write", "--why", "x"][..], &wrong].concat()).exits(2).says(part);
    }
}

#[test]
fn one_that_is_taken_back_or_over_answers_no_more() {
    let place = place(ASK);
    add(&place, &["--where", "path=docs/**"]);
    assert_eq!(ran(&place, "docs/a.txt"), Some(0));
    // Everybody may take it back.
    place.planc(&["grants", "revoke", "1"]).exits(0);
    assert_eq!(ran(&place, "docs/b.txt"), Some(3));
    place.planc(&["grants", "revoke", "1"]).exits(2);
    assert!(grants(&place)[0]["revoked"]["by"].is_string());
    add(&place, &["--where", "path=docs/**"]);
    place.database().execute("UPDATE standing SET terms = replace(terms, 'docs/**', '**')", []).unwrap();
    // One that was written past planc answers nothing and stops what would ask for it, until it is taken back.
    place.put("p.pl", write("docs/c.txt"));
    place.planc(&["run", "--approve", "p.pl"]).exits(2).says("not as a person gave it").says("grants revoke 2");
    assert!(!place.has("docs/c.txt"));
    place.planc(&["grants", "revoke", "2"]).exits(0);
    assert_eq!(ran(&place, "docs/c.txt"), Some(3));
}

#[test]
fn it_answers_for_its_scope_only() {
    let scoped = |scope: &str| {
        format!(
            "{ASK}[mode]\nscope = \"{scope}\"\n[mode.scopes]\n\"acme\" = \"execute\"\n\"acme/web\" = \"execute\"\n\"acmes\" = \"execute\"\n"
        )
    };
    let place = place(&scoped("acme"));
    add(&place, &["--where", "path=docs/**"]);
    assert_eq!(grants(&place)[0]["terms"]["scope"], "acme");
    for (scope, code) in [("acme", 0), ("acme/web", 0), ("acmes", 3)] {
        place.put("planc.toml", scoped(scope));
        assert_eq!(ran(&place, &format!("docs/{}.txt", scope.replace('/', "-"))), Some(code), "{scope}");
    }
    place.put("planc.toml", ASK);
    assert_eq!(ran(&place, "docs/none.txt"), Some(3), "no scope is not this scope");
}

#[test]
fn it_overrides_neither_a_denial_nor_plan_mode() {
    let place = place(ASK);
    add(&place, &["--any", "path"]);
    let deny = "[[policy.rule]]\neffects = [\"writes\", \"creates\"]\nresources = [\"docs/**\"]\ndecision = \"deny\"\nreason = \"the docs stand\"\n";
    place.put("planc.toml", format!("{ASK}{deny}"));
    place.put("p.pl", write("docs/a.txt"));
    place.planc(&["run", "--approve", "p.pl"]).exits(6).says("the docs stand");
    assert_eq!(ran(&place, "other.txt"), Some(0));
    // What `critical` does not cover is not covered by it either.
    place.put("c.pl", write("c.txt").replace("\"**\"", "\"d.txt\""));
    place.planc(&["run", "--approve", "c.pl"]).exits(1);
    place.put("planc.toml", format!("{ASK}[[mode.plan]]\nwhile = 'true'\nwhy = \"a freeze\"\n"));
    place.put("p.pl", write("b.txt"));
    place.planc(&["run", "--approve", "p.pl"]).exits(6).says("a freeze");
    assert!(!place.has("docs/a.txt") && !place.has("b.txt") && !place.has("c.txt"));
}

#[test]
fn always_at_a_question_asks_what_that_means() {
    let place = place(ASK);
    place.put("p.pl", write("docs/a.txt"));
    let run =
        |answers: &[(&str, &str)]| typed(&place, &["run", "--approve", "p.pl"], &[&[(YES, "yes")], answers].concat());
    // Taken as it is shown: this path, whatever the text.
    let (screen, code) = run(&[(CALL, "always"), (TERMS, "yes")]);
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("fs.write where path is \"docs/a.txt\""), "{screen}");
    place.put("p.pl", write("docs/b.txt"));
    let (screen, code) = run(&[(CALL, "always"), (TERMS, "path=docs/**"), (TERMS, "uses 2"), (TERMS, "yes")]);
    assert_eq!(code, 0, "{screen}");
    let all = grants(&place);
    assert_eq!((&all[0]["used"], &all[1]["used"]), (&1.into(), &1.into()));
    assert_eq!(all[1]["terms"]["uses"], 2);
    // Nobody is asked for what is covered, and the journal says what answered.
    place.put("p.pl", write("docs/c.txt"));
    place.run("p.pl").exits(0);
    let shown = place.planc(&["--format", "json", "show", &place.last_run()]).json();
    let events = shown["events"].as_array().unwrap();
    let answered = events.iter().find(|event| event["event"] == "call_answered").unwrap();
    assert_eq!((&answered["answer"], &answered["standing"]["number"]), (&"standing".into(), &2.into()));
    // It is part of the evidence, and holds together.
    let file = place.at("out/evidence.json");
    place.planc(&["evidence", &place.last_run(), "-o", file.to_str().unwrap()]).exits(0);
    place.planc(&["verify", file.to_str().unwrap()]).exits(0);
    assert!(std::fs::read_to_string(&file).unwrap().contains("is like `docs/**`"));
    // Anything else is no yes, and stays without a trace.
    for (at, answer) in ["", "ok", "path=../x"].into_iter().enumerate() {
        place.put("p.pl", write(&format!("e{at}.txt")));
        let (screen, code) = run(&[(CALL, "always"), (TERMS, answer), (TERMS, "")]);
        assert_eq!(code, 3, "{answer}: {screen}");
    }
    assert_eq!(grants(&place).as_array().unwrap().len(), 2);
    assert!(!place.has("e0.txt") && !place.has("e1.txt") && !place.has("e2.txt"));
}

#[test]
fn a_crash_right_after_it_was_used_uses_it_once() {
    // In the open, so that the test can see from outside that it has begun.
    let place = place("[policy]\n\"process.run\" = \"ask\"\n[programs]\nopen = [\"sh -c\"]\n");
    let wait = format!("touch '{0}/begun'; while [ ! -e '{0}/go' ]; do sleep 0.02; done", place.at("out").display());
    place.put(
        "w.pl",
        format!("plan \"W\" {{\n  critical {{\n    run \"sh -c\"\n  }}\n  step a = process.run(argv: [\"sh\", \"-c\", \"{wait}\"])\n}}\n"),
    );
    let digest = place.digest("w.pl");
    let arguments = ["grants", "add", "process.run", "--any", "argv", "--uses", "1", "--why", "waiting"];
    let (screen, code) = typed(&place, &arguments, &[(YES, "yes")]);
    assert_eq!(code, 0, "{screen}");
    let mut child = place.command(&["run", &format!("--approve={digest}"), "w.pl"]).spawn().unwrap();
    until("the program has begun", || place.at("out").join("begun").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::write(place.at("out").join("go"), "").unwrap();
    assert_eq!(grants(&place)[0]["used"], 1);
    place.planc(&["resume", &place.last_run()]).exits(7);
    assert_eq!(grants(&place)[0]["used"], 1);
}

#[test]
fn a_clock_that_is_set_back_gives_a_standing_answer_no_more_time() {
    let place = place(ASK);
    add(&place, &["--where", "path=docs/**", "--for", "12h"]);
    assert_eq!(ran(&place, "docs/a.txt"), Some(0));
    // What was seen here before is later than the clock is now.
    let later = (jiff::Timestamp::now() + jiff::Span::new().hours(13)).to_string();
    place.database().execute("UPDATE clock SET latest = ?1", [later]).unwrap();
    assert_eq!(ran(&place, "docs/b.txt"), Some(3));
    assert!(!place.has("docs/b.txt"));
}

#[test]
fn no_spelling_of_a_path_leads_out_of_a_bound() {
    let place = place(ASK);
    add(&place, &["--where", "path=docs/**"]);
    place.link("../private", "docs/link");
    place.link("../private/secret", "docs/alias");
    std::fs::hard_link(place.ws().join("private/secret"), place.ws().join("docs/hard")).unwrap();
    for path in [
        "docs/../private/secret",
        "DOCS/a",
        "Docs/a",
        "docs//../private/secret",
        "./private/secret",
        "docs/link/secret",
        "docs/alias",
        "do\u{0441}s/a",
        "docs\u{200b}/a",
    ] {
        place.put("p.pl", write(path));
        let said = place.planc(&["run", "--approve", "p.pl"]);
        assert_ne!(said.code, Some(0), "{path}: {}", said.short());
        assert_eq!(place.get("private/secret"), "s", "{path}");
    }
    // A file that is replaced is another file: what else it is called keeps what it had.
    assert_eq!(ran(&place, "docs/hard"), Some(0));
    assert_eq!(place.get("private/secret"), "s");
}

/// What somebody does to the files after an answer was given.
type Change<'c> = &'c dyn Fn(&Place);

#[test]
fn a_command_line_means_what_it_meant() {
    let config = "[policy]\n\"process.run\" = \"ask\"\n[programs]\nopen = [\"sh\", \"make\", \"python3\", \"env\"]\n";
    let given = |argv: &str, change: Change<'_>| {
        let place = place(config);
        place.put("one/d.sh", "echo first\n").put("two/d.sh", "echo second\n").put("b.mk", "x:\n\techo first\n");
        place.put("pack/__main__.py", "").put("lib/x.py", "");
        place.link("one", "by");
        place.link("one/d.sh", "d.sh");
        place.put("p.pl", format!("plan \"P\" {{\n  critical {{\n    run \"sh\"\n    run \"make\"\n    run \"python3\"\n    run \"env\"\n  }}\n  step a = process.run(argv: {argv})\n}}\n"));
        let bound = format!("argv={argv}");
        let (screen, code) =
            typed(&place, &["grants", "add", "process.run", "--where", &bound, "--why", "it builds"], &[(YES, "yes")]);
        if code != 0 {
            return (screen, None, None);
        }
        let before = place.run("p.pl").code;
        change(&place);
        (screen, before, place.run("p.pl").code)
    };
    let relink = |place: &Place, to: &str, from: &str| {
        std::fs::remove_file(place.ws().join(from)).unwrap();
        place.link(to, from);
    };
    let put = |path: &'static str| {
        move |place: &Place| {
            place.put(path, "echo second\n");
        }
    };
    let cases: [(&str, Change<'_>); 7] = [
        (r#"["sh","by/d.sh"]"#, &|place| relink(place, "two", "by")),
        (r#"["sh","d.sh"]"#, &|place| relink(place, "two/d.sh", "d.sh")),
        (r#"["sh","one/d.sh"]"#, &put("one/d.sh")),
        (r#"["sh","none"]"#, &put("none")),
        (r#"["sh","none/d.sh"]"#, &put("none/d.sh")),
        (r#"["make","-s","-fb.mk","x"]"#, &put("b.mk")),
        (r#"["python3","-m","none.a"]"#, &put("none/a.py")),
    ];
    for (argv, change) in cases {
        let (screen, before, after) = given(argv, change);
        // Without a script it fails, and nobody is asked.
        let expected = if argv.contains("none") { Some(4) } else { Some(0) };
        assert_eq!((before, after), (expected, Some(3)), "{argv}: {screen}");
        assert_eq!(given(argv, &|_| {}).2, expected, "{argv}");
    }
    // What is in a folder is not one thing.
    for argv in
        [r#"["python3","pack"]"#, r#"["python3","-m","pack"]"#, r#"["env","PYTHONPATH=lib","python3","-c","1"]"#]
    {
        let (screen, before, _) = given(argv, &|_| {});
        assert!(before.is_none() && screen.contains("a folder in which code is looked for"), "{argv}: {screen}");
    }
}

/// Whoever calls planc chooses what variables hold: an answer says yes to a program with those that it was given with.
#[test]
fn a_program_runs_with_the_variables_that_it_was_approved_with() {
    let config = "[policy]\n\"process.run\" = \"ask\"\n[programs]\npass_env = [\"TOPIC\", \"UNSET\"]\n";
    let mut place = place(config);
    place.program("out/sh", "echo evil > docs/x");
    place
        .put("gen.sh", "echo generated > docs/${TOPIC}${UNSET}\n")
        .put("docs/record", "record")
        .put("docs/xrecord", "record");
    // Each is another plan, so that none waits for an earlier one.
    let ran = |place: &Place, n: usize| {
        place.put("p.pl", format!("plan \"P{n}\" {{\n  critical {{\n    run \"sh\"\n    modify \"docs/*\"\n  }}\n  step a = process.run(argv: [\"sh\", \"gen.sh\"])\n}}\n"));
        place.run("p.pl")
    };
    let with = |place: &mut Place, variables: &[(&str, &str)]| {
        let own = [("TOPIC", "x"), ("LANG", "C.UTF-8"), ("TZ", "UTC")];
        place.env =
            own.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    };
    with(&mut place, &[]);
    let args = ["grants", "add", "process.run", "--where", r#"argv=["sh","gen.sh"]"#, "--why", "drafts"];
    let (screen, code) = typed(&place, &args, &[(YES, "yes")]);
    assert_eq!(code, 0, "{screen}");
    let listed = place.planc(&["grants"]).exits(0);
    let listed =
        listed.says("while the variable `TOPIC` is as it was then").says("while the variable `UNSET` is not set");
    assert!(!listed.out.contains("LANG") && !listed.out.contains("HOME"), "{}", listed.short());
    ran(&place, 0).exits(0);
    // How a program speaks, and where planc is called, is nobody's matter.
    let free = [("LANG", "de_DE.UTF-8"), ("LC_ALL", "C"), ("TZ", "Europe/Vienna"), ("PWD", "/")];
    for (n, other) in free.into_iter().enumerate() {
        with(&mut place, &[other]);
        ran(&place, 10 + n).exits(0);
    }
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", place.at("out").display());
    let elsewhere = place.at("out").display().to_string();
    let held = [("TOPIC", "record"), ("TOPIC", ""), ("UNSET", "record"), ("PATH", &path), ("CARGO_HOME", &elsewhere)];
    for (n, other) in held.into_iter().enumerate() {
        with(&mut place, &[other]);
        ran(&place, 20 + n).exits(3).says("waits");
        assert_eq!((place.get("docs/record"), place.get("docs/xrecord")), ("record".into(), "record".into()), "{n}");
    }
    with(&mut place, &[]);
    ran(&place, 30).exits(0);
}
