//! What is told of a secret after a yes: by the place where it stands, never by its text, in nothing that is given out.

use crate::passes::{now, place as served, plan};
use crate::place::{Place, Said};
use crate::terminal::{Act, on_terminal};
use planc_lang::digest::Digest;
use serde_json::Value;
use std::fs;

const PIN: &str = "4711";

/// A plan with a secret of few letters, which everything may be done with.
fn written(items: &str) -> String {
    format!(
        "plan \"Afterwards\" {{\n  input token: string secret\n  critical {{\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    run \"tee\"\n    run \"cp\"\n    run \"rev\"\n    run \"grep\"\n    run \"sh\"\n  }}\n{items}}}\n"
    )
}

pub fn place(items: &str) -> Place {
    let place = Place::new();
    place.put("p.pl", written(items)).put("other.txt", "x\n");
    fs::write(place.at("token"), PIN).unwrap();
    place
}

pub fn input(place: &Place) -> String {
    format!("token={}", place.at("token").display())
}

/// Approves the plan by its digest and runs it.
pub fn run(place: &Place) -> Said {
    let input = input(place);
    let approve = format!("--approve={}", place.digest_with(&["plan", "p.pl", "--input-file", &input]));
    place.planc(&["--format", "json", "run", &approve, "p.pl", "--input-file", &input])
}

/// All that is told of the last run.
pub fn told(place: &Place) -> Vec<(&'static str, String)> {
    let run = place.last_run();
    let bundle = bundle(place).to_string();
    let show = |format: &str| place.planc(&["--format", format, "show", &run]);
    let both = |said: Said| said.out + &said.err;
    vec![
        ("show", both(show("text"))),
        ("show as JSON", both(show("json"))),
        ("show as Markdown", both(show("markdown"))),
        ("diff", both(place.planc(&["diff", &run]))),
        ("diff as JSON", both(place.planc(&["--format", "json", "diff", &run]))),
        ("evidence", bundle),
    ]
}

fn bundle(place: &Place) -> Value {
    let file = place.at("out/bundle.json");
    let _ = fs::remove_file(&file);
    fs::create_dir_all(place.at("out")).unwrap();
    place.planc(&["evidence", &place.last_run(), "-o", &file.display().to_string()]).exits(0);
    serde_json::from_slice(&fs::read(&file).unwrap()).unwrap()
}

/// Nothing that is told has one of these texts, nor a digest of one.
#[track_caller]
pub fn hides(all: &[(&str, String)], texts: &[&str]) {
    for (what, said) in all {
        for text in texts {
            let digest = Digest::of(text).to_string();
            let digest = &digest["sha256:".len()..][..12];
            assert!(text.len() < 5 || !said.contains(text), "{what} tells {text}: {said}");
            assert!(!said.contains(digest), "{what} has the digest of {text}: {said}");
        }
    }
}

#[test]
fn digests_of_files_that_a_secret_stands_in() {
    let kept = "  let t = reveal(token, \"it is kept\")\n  step a = fs.write(path: \"a.txt\", text: t)\n";
    for items in [
        format!("{kept}  step b = fs.write(path: \"a.txt\", text: \"public\")\n"),
        format!("{kept}  step b = fs.delete(path: \"a.txt\")\n"),
        format!("{kept}  step b = fs.copy(from: \"a.txt\", to: \"b.txt\")\n  step c = fs.append(path: \"b.txt\", text: \"\\n\")\n"),
        format!("{kept}  step b = fs.move(from: \"a.txt\", to: \"b.txt\")\n  step c = fs.delete(path: \"b.txt\")\n"),
        "  step a = process.run(argv: [\"tee\", \"a.txt\"], stdin: token)\n  step b = process.run(argv: [\"cp\", \"a.txt\", \"b.txt\"])\n  step c = fs.delete(path: \"a.txt\")\n".to_owned(),
    ] {
        let place = place(&items);
        let said = run(&place).exits(0);
        let mut all = told(&place);
        all.push(("run", said.out + &said.err));
        hides(&all, &[PIN, "4711\n"]);
        let undone = place.planc(&["undo", &place.last_run()]);
        all = told(&place);
        all.push(("undo", undone.out + &undone.err));
        hides(&all, &[PIN, "4711\n"]);
    }
}

/// What was left of a file with a secret in it, because somebody changed it since.
#[test]
fn conflicts_of_an_undo() {
    let items = "  step a = process.run(argv: [\"sh\", \"-c\", \"rev > a.txt\"], stdin: token)\n  step b = fs.copy(from: \"a.txt\", to: \"b.txt\")\n";
    let place = place(items);
    fs::write(place.at("token"), "hunter22").unwrap();
    run(&place).exits(0);
    place.put("a.txt", "mine\n").put("b.txt", "mine\n");
    let undone = place.planc(&["undo", &place.last_run()]).exits(4);
    let mut all = told(&place);
    all.push(("undo", undone.out + &undone.err));
    hides(&all, &["hunter22", "22retnuh", "22retnuh\n"]);
}

/// Words that say why something failed hold what it failed over.
#[test]
fn words_of_failures() {
    let second = "  let t = reveal(token.lines()[1], \"a part of it\")\n";
    for step in [
        "step a = fs.read(path: \"x/${t}\") {\n    on failure continue\n  }",
        "step a = fs.edit(path: \"other.txt\", edits: [{ find: t, replace: \"y\" }]) {\n    on failure continue\n  }",
        "step a = process.run(argv: [\"cp\", \"x/${t}\", \"y\"]) {\n    on failure continue\n  }",
        "step a = fs.search(pattern: \"(${t}\", files: \"*\") {\n    on failure continue\n  }",
        "step a = process.run(argv: [\"sh\", \"-c\", \"tail -n 1 >&2; exit 1\"], stdin: token) {\n    on failure continue\n  }",
    ] {
        let place = place(&format!("{second}  {step}\n"));
        fs::write(place.at("token"), "first line of it\nPIN4711").unwrap();
        let said = run(&place).exits(0);
        let mut all = told(&place);
        all.push(("run", said.out + &said.err));
        hides(&all, &["PIN4711"]);
        assert!(all[0].1.contains("a secret has a part in why"), "{}", all[0].1);
    }
}

/// Whoever has to mend it is told, on a terminal and nowhere else.
#[test]
fn a_person_is_told_why() {
    let step = "step a = process.run(argv: [\"sh\", \"-c\", \"echo no such user >&2; exit 7\"], stdin: token)";
    let place = place(&format!("  {step}\n"));
    run(&place).exits(4);
    let args = ["show", &place.last_run(), "--failures"];
    let said = place.planc(&args).exits(6).says("a person on a terminal");
    assert!(!said.short().contains("no such user"));
    let (code, shown) = on_terminal(&place, &args, "Only `yes`", &Act::Type(b"yes\n"));
    assert!(code == 0 && shown.contains("no such user") && shown.contains("exit code 7"), "{shown}");
    let (code, shown) = on_terminal(&place, &args, "Only `yes`", &Act::Type(b"y\n"));
    assert!(code != 0 && !shown.contains("no such user"), "{shown}");
}

#[test]
fn no_standing_answer_keeps_a_secret() {
    let place = served(&[]);
    for bound in ["pin=4711", "pin=4*1"] {
        let said = place.planc(&["grants", "add", "says.use", "--where", bound, "--why", "often"]).exits(2);
        assert!(said.err.contains("takes a secret") && !said.short().contains("47"), "{}", said.short());
    }
}

/// A server gives a secret that is not of its type, or says it in an error.
#[test]
fn words_of_a_server_that_gives_secrets() {
    for (step, fails) in [("says.num()", false), ("says.key()", true)] {
        let place = served(&[("num", "hunter22"), ("key", "no: hunter22")]);
        if fails {
            now(&place, &[("fails", "")]);
        }
        place.put("p.pl", plan(&format!("  step a = {step} {{\n    on failure continue\n  }}\n")));
        let report = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0);
        let approve = format!("--approve={}", report.json()["digest"].as_str().unwrap());
        let said = place.planc(&["--format", "json", "run", &approve, "p.pl"]).exits(0);
        let mut all = told(&place);
        all.push(("plan", report.out));
        all.push(("run", said.out + &said.err));
        hides(&all, &["hunter22"]);
    }
}

/// Whether a step fails that may find a secret in a file says a bit of it: the approver has read so.
#[test]
fn failures_of_what_finds_a_secret_are_told_before() {
    let greps: String = (0..3)
        .map(|n| format!("  step g{n} = process.run(argv: [\"grep\", \"-q\", \"{n}\", \"k.txt\"]) {{\n    on failure continue\n  }}\n"))
        .collect();
    let place = place(&format!("  step c = process.run(argv: [\"tee\", \"k.txt\"], stdin: token)\n{greps}"));
    let report = place.planc(&["--format", "json", "plan", "p.pl", "--input-file", &input(&place)]).exits(0).json();
    let told = report["disclosures"].to_string();
    for n in 0..3 {
        assert!(told.contains(&format!("{{\"of\":\"g{n}\",\"what\":\"whether it fails\"}}")), "{told}");
    }
    assert!(told.contains("{\"of\":\"c\",\"what\":\"which files it changes\"}"), "{told}");
}

/// What a secret chose to look at has changed before anything has begun.
#[test]
fn what_is_stale_before_the_first_step() {
    let place = place("  let p = reveal(\"PIN${token}.txt\", \"why not\")\n  step a = fs.stat(path: p)\n");
    place.put("PIN4711.txt", "1\n");
    let digest = place.digest_with(&["plan", "p.pl", "--input-file", &input(&place)]);
    place.yes(&digest);
    place.put("PIN4711.txt", "22\n");
    let run = place.last_run();
    let said = place.planc(&["--format", "json", "run", &run]).exits(5);
    let mut all = told(&place);
    all.push(("run", said.out + &said.err));
    hides(&all, &["PIN4711"]);
}

/// Evidence tells no more than what is shown, and its sealed parts open only under the texts that they are of.
#[test]
fn evidence_keeps_what_was_found() {
    let items = "  let p = reveal(\"PIN${token}.txt\", \"why not\")\n  assume \"never\" { token.length() > 99 }\n  step a = fs.stat(path: p)\n  step b = fs.stat(path: \"other.txt\") {\n    when token.contains(\"4\")\n  }\n  step c = process.run(argv: [\"tee\", \"c.txt\"], stdin: token)\n";
    let place = place(items);
    place.put("PIN4711.txt", "1\n");
    let said = run(&place);
    assert_eq!(said.code, Some(4), "{}", said.short());
    let whole = bundle(&place);
    assert!(!whole.to_string().contains("PIN4711") && !whole["bound"].as_str().unwrap().contains("\"calls\""));
    let verify = |bundle: &Value, more: &[&str]| {
        let file = place.at("out/changed");
        fs::write(&file, bundle.to_string()).unwrap();
        place.planc(&[&["verify", &file.display().to_string()], more].concat())
    };
    let key = place.state().display().to_string();
    verify(&whole, &[]).exits(0);
    verify(&whole, &["--key", &key]).exits(0);
    let mut other = whole.clone();
    other["found"] = "sealed:1:AAAA".into();
    verify(&other, &["--key", &key]).exits(4);
}

#[test]
fn a_key_opens_nothing_under_other_texts() {
    let place = place("  step a = process.run(argv: [\"tee\", \"c.txt\"], stdin: token)\n");
    fs::write(place.at("token"), "hunter22").unwrap();
    run(&place).exits(0);
    let whole = bundle(&place);
    for (from, to) in [("string secret", "string"), ("stdin: token", "stdin: \"x\"")] {
        let mut other = whole.clone();
        for source in other["sources"].as_array_mut().unwrap() {
            source["text"] = source["text"].as_str().unwrap().replace(from, to).into();
        }
        let file = place.at("out/changed");
        fs::write(&file, other.to_string()).unwrap();
        let said = place.planc(&["verify", &file.display().to_string(), "--key", &place.state().display().to_string()]);
        let said = said.exits(4);
        assert!(!(said.out.clone() + &said.err).contains("hunter22"), "{}", said.short());
    }
}
