//! Links and other spellings: what a call finds has the labels of who put it there, whatever the path is called.

use crate::place::Place;
use crate::terminal::{Act, on_terminal};

/// Outside text is written to one path, and read at another that leads there.
fn plan(critical: &str, steps: &str) -> String {
    let outside = "step o = process.run(argv: [\"echo\", \"mkdir out; echo evil > out/pwned\"])";
    format!(
        "plan \"p\" {{\n  critical {{\n    run \"echo\"\n    create \"data/v.sh\"\n    {critical}\n  }}\n  {outside}\n  {steps}\n}}\n"
    )
}

const WRITE: &str = "step w = fs.write(path: \"data/v.sh\", text: o.stdout)";

#[test]
fn a_link_makes_nothing_of_outside_text_that_runs_unseen() {
    let critical = "create \"link\"\n    create \"run.sh\"\n    create \"out/**\"\n    delete \"data/v.sh\"\n    run \"ln -s\"\n    run \"sh run.sh\"";
    for from in ["link/v.sh", "data/v.sh"] {
        let place = Place::new();
        let steps = format!(
            "step l = process.run(argv: [\"ln\", \"-s\", \"data\", \"link\"])\n  {WRITE}\n  step c = fs.copy(from: \"{from}\", to: \"run.sh\")\n  step d = fs.delete(path: \"data/v.sh\")\n  step p = process.run(argv: [\"sh\", \"run.sh\"])"
        );
        place.put("a.pl", plan(critical, &steps));
        let said = place.run("a.pl");
        match from {
            // It is looked at, and nobody is there.
            "data/v.sh" => said.exits(3).says("content of run.sh"),
            _ => said.exits(6).says("`link/v.sh` leads to `data/v.sh`").says("step `w` put outside text"),
        };
        assert!(!place.has("out/pwned"), "{from}");
    }
}

#[test]
fn an_old_link_makes_nothing_trusted() {
    for (what, steps) in [
        ("read", "step r = fs.read(path: \"link/v.sh\")\n  step x = fs.write(path: \"n${r.bytes}\", text: \"x\")"),
        ("stat", "step r = fs.stat(path: \"link/v.sh\")\n  step x = fs.write(path: \"n${r.bytes}\", text: \"x\")"),
        (
            "list",
            "step r = fs.list(path: \"link\")\n  step x = fs.write(path: \"n${r.entries.length()}\", text: \"x\")",
        ),
        (
            "copy",
            "step c = fs.copy(from: \"link\", to: \"copied\")\n  step r = fs.read(path: \"copied/v.sh\")\n  step x = fs.write(path: \"n${r.bytes}\", text: \"x\")",
        ),
        // A condition that is false is no way around either.
        (
            "when",
            "step r = fs.read(path: \"link/v.sh\")\n  step x = fs.write(path: \"n1\", text: \"x\") {\n    when r.text == \"never\"\n  }",
        ),
    ] {
        let place = Place::new();
        place.put("data/old", "old\n");
        place.link("data", "link");
        place.put(
            "a.pl",
            plan("create \"n*\"\n    create \"copied\"\n    create \"copied/**\"", &format!("{WRITE}\n  {steps}")),
        );
        place.run("a.pl").exits(6).says("put outside text");
        assert!(
            !std::fs::read_dir(place.ws())
                .unwrap()
                .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with('n') }),
            "{what}"
        );
    }
}

#[test]
fn what_is_written_through_a_link_is_known_where_it_lies() {
    let place = Place::new();
    place.put("real/old", "old\n");
    place.link("real", "data");
    place.put("a.pl", plan("create \"real/**\"\n    create \"n*\"", &format!(
        "{WRITE}\n  step r = fs.read(path: \"real/v.sh\")\n  step x = fs.write(path: \"n${{r.bytes}}\", text: \"x\")"
    )));
    place.run("a.pl").exits(6).says("put outside text");
    // What nobody outside has written is read as ever, through links too.
    let place = Place::new();
    place.put("real/old", "old\n").put("data/x", "");
    place.link("real", "link");
    place.put("a.pl", plan("create \"n*\"", &format!(
        "{WRITE}\n  step r = fs.read(path: \"link/old\")\n  step x = fs.write(path: \"n${{r.bytes}}\", text: \"x\")"
    )));
    place.run("a.pl").exits(0);
    assert!(place.has("n4"));
}

/// A secret goes to one path, and is read at another that leads there.
fn secret(read: &str) -> String {
    format!(
        r#"plan "s" {{
  input token: string secret
  critical {{
    create "out/**"
    create "leak.txt"
    run "tee"
  }}
  step w = process.run(argv: ["tee", "out/s"], stdin: token)
  step r = fs.read(path: "{read}")
  step c = fs.write(path: "leak.txt", text: r.text.upper())
  output o = r.text.upper()
}}
"#
    )
}

#[test]
fn a_link_lets_no_secret_go() {
    let place = Place::new();
    std::fs::create_dir(place.ws().join("out")).unwrap();
    place.link("out", "l");
    std::fs::write(place.at("token"), "hunter22secret").unwrap();
    let input = format!("token={}", place.at("token").display());
    place.put("named.pl", secret("out/s"));
    place.planc(&["plan", "named.pl", "--input-file", &input]).exits(1).says("P0704");
    place.put("s.pl", secret("l/s"));
    let digest = place.digest_with(&["plan", "s.pl", "--input-file", &input]);
    let approve = format!("--approve={digest}");
    let said = place.planc(&["run", &approve, "s.pl", "--input-file", &input]);
    let said = said.exits(6).says("`l/s` leads to `out/s`").says("put a secret");
    assert!(!place.has("leak.txt"));
    let run = place.last_run();
    let shown = place.planc(&["--format", "json", "show", &run]).out;
    let file = place.at("out/evidence.json");
    place.planc(&["evidence", &run, "-o", file.to_str().unwrap()]).exits(0);
    let evidence = std::fs::read_to_string(file).unwrap();
    for text in [&said.out, &said.err, &shown, &evidence] {
        assert!(!text.to_lowercase().contains("hunter22"), "{text}");
    }
}

/// What lies there already is the same secret, so that writing it changes nothing: it is put there all the same.
#[test]
fn the_same_bytes_as_before_are_put_there_too() {
    let place = Place::new();
    place.put("out/s", "hunter22secret");
    place.link("out", "l");
    std::fs::write(place.at("token"), "hunter22secret").unwrap();
    let input = format!("token={}", place.at("token").display());
    place.put("s.pl", secret("l/s"));
    let digest = place.digest_with(&["plan", "s.pl", "--input-file", &input]);
    let said = place.planc(&["run", &format!("--approve={digest}"), "s.pl", "--input-file", &input]);
    let said = said.exits(6).says("`l/s` leads to `out/s`").says("put a secret");
    assert!(!place.has("leak.txt") && !said.out.to_lowercase().contains("hunter22"), "{}", said.short());
}

#[test]
fn a_link_lets_no_secret_go_in_the_dry_run() {
    // What a file tool writes is simulated, and would be read there and shown.
    let place = Place::new();
    std::fs::create_dir(place.ws().join("out")).unwrap();
    place.link("out", "l");
    std::fs::write(place.at("token"), "hunter22secret").unwrap();
    let input = format!("token={}", place.at("token").display());
    let plan = secret("l/s")
        .replace("run \"tee\"", "")
        .replace("process.run(argv: [\"tee\", \"out/s\"], stdin: token)", "fs.write(path: \"out/s\", text: gone)")
        .replace("  step w", "  let gone = reveal(token, \"this file is the vault\")\n  step w");
    place.put("s.pl", plan);
    for form in ["text", "json", "markdown"] {
        let said = place.planc(&["--format", form, "plan", "--full", "s.pl", "--input-file", &input]);
        let said = said.exits(1).says("put a secret");
        assert!(!said.out.to_lowercase().contains("hunter22") && !said.err.to_lowercase().contains("hunter22"));
    }
    // Nor does a check read it.
    place.put(
        "v.pl",
        place
            .get("s.pl")
            .replace("  step r = fs.read(path: \"l/s\")\n", "")
            .replace("  step c = fs.write(path: \"leak.txt\", text: r.text.upper())\n", "")
            .replace(
                "  output o = r.text.upper()\n",
                "  verify \"it is there\" {\n    fs.read(path: \"l/s\").text == \"x\"\n  }\n",
            )
            .replace("    create \"leak.txt\"\n", ""),
    );
    place.planc(&["plan", "v.pl", "--input-file", &input]).exits(1).says("put a secret");
}

/// A rule that asks about what is read asks about it by its other names, too, and a yes to that is one.
#[test]
fn a_rule_that_asks_asks_by_every_name() {
    let rule = "[[policy.rule]]\neffects = [\"reads\"]\nresources = [\"docs/**\"]\ndecision = \"ask\"\n";
    for (line, step) in [
        ("create \"out/**\"", "fs.copy(from: \"hard\", to: \"out/x\")"),
        ("modify \"docs/**\"", "fs.write(path: \"docs/a\", text: \"x\")"),
        ("modify \"hard\"", "fs.write(path: \"hard\", text: \"x\")"),
    ] {
        let place = Place::new();
        place.put("planc.toml", rule).put("docs/a", "a");
        std::fs::hard_link(place.ws().join("docs/a"), place.ws().join("hard")).unwrap();
        place.put("p.pl", format!("plan \"P\" {{\n  critical {{\n    {line}\n  }}\n  step a = {step}\n}}\n"));
        place.run("p.pl").exits(3);
        let (code, shown) = on_terminal(&place, &["resume", &place.last_run()], "`once`", &Act::Type(b"once\n"));
        assert!(code == 0 && shown.contains("docs/a"), "{step}: {shown}");
    }
}
