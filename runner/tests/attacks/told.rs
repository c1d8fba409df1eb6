//! What a plan tells of a secret before anybody has said yes: whatever it decides, two secrets give one card.

use crate::place::{Place, Said};
use serde_json::Value;
use std::fs;

/// Two secrets that differ in their length, their letters and their lines.
const SECRETS: [&str; 2] = ["apple", "banana\nsplit and more"];

/// Lines of `critical` that allow what these plans do.
const CRITICAL: &str = "create \"**\"\n    modify \"**\"\n    delete \"**\"\n    run \"cat\"";

fn written(critical: &str, items: &str) -> String {
    format!("plan \"Look\" {{\n  input token: string secret\n  critical {{\n    {critical}\n  }}\n{items}}}\n")
}

/// What the dry run says of the plan with the input `token`, but for the digests of what an approval binds.
fn told(place: &Place, secret: &str) -> (Said, Value) {
    fs::write(place.at("token"), secret).unwrap();
    let input = format!("token={}", place.at("token").display());
    let of = |format: &str| place.planc(&["--format", format, "plan", "--full", "p.pl", "--input-file", &input]);
    let (mut card, mut report) = (of("text"), of("json").json());
    let object = report.as_object_mut().expect("a report");
    object.retain(|name, _| name != "digest" && name != "deed");
    // Each dry run has a digest of its own, which stands on the card whole and by its first digits.
    let digits = |after: &str| after.chars().take_while(char::is_ascii_hexdigit).collect::<String>();
    let after = |text: &str, before: &str| digits(text.split_once(before).map_or("", |(_, after)| after));
    let short = after(&card.out, "rev 1 · ");
    assert_eq!(short.len(), 12, "{}", card.out);
    let whole = short.clone() + &after(&card.out, &format!("sha256:{short}"));
    card.out = card.out.replace(&whole, "DIGEST").replace(&short, "DIGEST");
    (card, report)
}

/// The digest that approves the plan with a secret.
fn digest(place: &Place, secret: &str) -> String {
    fs::write(place.at("token"), secret).unwrap();
    let input = format!("token={}", place.at("token").display());
    place.digest_with(&["plan", "p.pl", "--input-file", &input])
}

fn run(place: &Place, approve: &str) -> Said {
    let input = format!("token={}", place.at("token").display());
    place.planc(&["run", approve, "p.pl", "--input-file", &input])
}

/// The lines that differ.
fn differing(one: &str, other: &str) -> String {
    let pairs = one.lines().zip(other.lines()).filter(|(a, b)| a != b);
    pairs.map(|(a, b)| format!("{a}\n{b}\n")).collect()
}

#[track_caller]
fn tells_nothing(items: &str) -> Value {
    says_the_same(&written(CRITICAL, items))
}

#[track_caller]
fn says_the_same(plan: &str) -> Value {
    let place = Place::new();
    place.put("p.pl", plan).put("old.txt", "apple").put("other.txt", "x\n");
    let [(card, report), (other_card, other_report)] = SECRETS.map(|secret| told(&place, secret));
    assert_eq!(card.code, other_card.code, "{}\n{}", card.short(), other_card.short());
    assert!(card.out == other_card.out, "{}\n{}", card.out, other_card.out);
    let [said, other] = [&report, &other_report].map(|report| serde_json::to_string_pretty(report).expect("JSON"));
    assert!(said == other, "{}", differing(&said, &other));
    report
}

#[test]
fn conditions_of_an_assumption_and_a_verification() {
    let report = tells_nothing(
        r#"
  assume "it begins with a" { token.starts_with("a") }
  assume "it has five letters" { token.length() == 5 }
  verify "it begins with b" { token.starts_with("b") }
  step a = fs.read(path: "other.txt")
"#,
    );
    assert_eq!(report["disclosures"].as_array().map(Vec::len), Some(3));
    assert_eq!(report["status"], "needs_approval");
}

#[test]
fn whether_a_step_runs() {
    tells_nothing(
        r#"
  step a = fs.write(path: "a.txt", text: "x") {
    when token.starts_with("a")
  }
  step b = fs.read(path: "other.txt") {
    when a == null
  }
  when token.starts_with("b") {
    step c = fs.delete(path: "other.txt")
  }
"#,
    );
}

#[test]
fn how_many_elements_a_block_has() {
    tells_nothing(
        r#"
  each lines = line in token.lines() {
    step one = fs.append(path: "a.txt", text: "x")
  }
  each some = n in [1, 2, 3] {
    step two = fs.append(path: "b.txt", text: "${n}") {
      when token.starts_with("a")
    }
  }
  when token.length() > 5 {
    each others = n in [1, 2] {
      step three = fs.append(path: "c.txt", text: "${n}")
    }
  }
  each few = n in if token.length() > 5 then [1] else [1, 2] {
    step four = fs.append(path: "d.txt", text: "x")
  }
"#,
    );
}

#[test]
fn what_is_expected() {
    tells_nothing(
        r#"
  step a = fs.read(path: "other.txt") {
    expect token.starts_with("a")
    on failure continue
  }
  step b = fs.stat(path: "other.txt") {
    poll every 1s for 5s until token.starts_with("a")
  }
"#,
    );
}

#[test]
fn what_fails() {
    tells_nothing(
        r#"
  let fifth = reveal(token.lines()[1], "the second line")
  step a = fs.write(path: "a.txt", text: fifth) {
    on failure continue
  }
  step b = process.run(argv: ["cat"], stdin: token.lines()[1]) {
    on failure continue
  }
  output line = token.lines()[1]
"#,
    );
}

#[test]
fn what_is_known_and_what_is_not() {
    tells_nothing(
        r#"
  step late = process.run(argv: ["cat"])
  let one = reveal(if token.starts_with("a") then "x" else "${late.exit_code}", "one or the other")
  step a = process.run(argv: ["cat"], stdin: if token.starts_with("a") then "x" else "${late.exit_code}")
  step b = fs.write(path: "a.txt", text: one)
  step c = fs.write(path: "b.txt", text: "x") {
    when token.starts_with("a") or late.exit_code == 0
  }
  output o = if token.starts_with("a") then "x" else "${late.exit_code}"
"#,
    );
}

#[test]
fn what_is_named() {
    tells_nothing(
        r#"
  let one = reveal(token.slice(0, 1), "the first letter")
  step a = fs.write(path: "out/${one}.txt", text: "x")
  step b = fs.read(path: "out/${one}.txt")
  step c = fs.delete(path: "other.txt", recursive: one == "a")
  step d = process.run(argv: ["cat", one])
  step e = fs.glob(pattern: "${one}*")
  output found = e.paths
"#,
    );
}

#[test]
fn what_is_written_by_its_size_its_lines_or_that_it_was_there() {
    tells_nothing(
        r#"
  let all = reveal(token, "it is kept in files")
  step a = fs.write(path: "old.txt", text: all)
  step b = fs.write(path: "new.txt", text: "${all}\n${all}")
  step c = fs.append(path: "other.txt", text: all)
  step moved = fs.move(from: "new.txt", to: "moved.txt")
  step copied = fs.copy(from: "old.txt", to: "copied.txt")
  step gone = fs.delete(path: "moved.txt")
  step look = fs.stat(path: "copied.txt")
  step read = fs.read(path: "copied.txt")
  step edit = fs.edit(path: "copied.txt", edits: [{ find: "appl", replace: "pear" }]) {
    on failure continue
  }
"#,
    );
}

/// What is public fails, or is not known, by what stands beside it.
#[test]
fn what_is_public_beside_a_secret_that_fails() {
    for value in [
        r#"{ a: token.lines()[1], b: 1 }.b"#,
        r#"({ a: token, b: 1 } as ({ a: string(pattern: "^a"), b: int })).b"#,
        r#"[token.lines()[1], "x"].length()"#,
        r#"[1 / (token.length() - 5)].length()"#,
        r#"({ a: if token.starts_with("a") then 1 else late.exit_code, b: 2 } as ({ a: int, b: int(max: 4) })).b"#,
        r#"[if token.starts_with("a") then 1 else late.exit_code].sort().length()"#,
    ] {
        let items = [
            "output o = VALUE",
            "assume \"one\" { TEXT == 1 }",
            "verify \"two\" { VALUE == 2 }",
            "step a = fs.write(path: \"a.txt\", text: \"${VALUE}\") {\n    on failure continue\n  }",
            "step b = fs.write(path: \"${VALUE}.txt\", text: \"\")",
            "step c = fs.read(path: \"other.txt\") {\n    when VALUE == 1\n  }",
            "step d = fs.read(path: \"other.txt\") {\n    expect VALUE == 2\n    on failure continue\n  }",
            "each e = n in [\"x\"].chunks(VALUE) {\n    step f = fs.append(path: \"f.txt\", text: \"x\")\n  }",
            "step g = process.run(argv: [\"cat\", \"${VALUE}\"])",
        ];
        for item in items {
            if item.contains("TEXT") && value.contains("late") {
                continue;
            }
            let item = item.replace("TEXT", value).replace("VALUE", value);
            let late = "step late = process.run(argv: [\"cat\"])";
            let plan = written(CRITICAL, &format!("  step needed = fs.stat(path: \".\")\n  {late}\n  {item}\n"));
            says_the_same(&plan);
        }
    }
}

#[test]
fn what_critical_allows() {
    let step = "  let p = reveal(if token.starts_with(\"a\") then \"a.txt\" else \"b.txt\", \"one of two\")\n  step a = \
                fs.write(path: \"a.txt\", text: \"x\")\n";
    says_the_same(&written("create p", step));
    let step = "  let p = reveal(if token.starts_with(\"a\") then \"cat\" else \"tee\", \"one of two\")\n  step a = \
                process.run(argv: [\"cat\"])\n";
    says_the_same(&written("run p", step));
}

/// What the dry run goes by is not what a run is held to: that is everything as it is.
#[test]
fn files_that_a_secret_chooses_are_bound_as_they_were() {
    let chosen = "  let p = reveal(if token == \"apple\" then \"s.sh\" else \"q.sh\", \"one of two\")\n";
    for (step, change) in [
        ("step a = process.run(argv: [\"sh\", p])", "s.sh"),
        ("step a = process.run(argv: [\"./${p}\"])", "s.sh"),
        ("step a = fs.write(path: p, text: \"new\")", "s.sh"),
        ("step a = fs.write(path: \"a.txt\", text: \"x\") {\n    when token == \"apple\"\n  }", "a.txt"),
        ("each e = l in token.lines() {\n    step a = fs.write(path: \"a.txt\", text: \"x\")\n  }", "a.txt"),
    ] {
        let place = Place::new();
        let critical = format!("{CRITICAL}\n    run \"sh\"\n    run \"./s.sh\"\n    run \"./q.sh\"");
        place.put("p.pl", written(&critical, &format!("{chosen}  {step}\n"))).put("a.txt", "old\n");
        for name in ["s.sh", "q.sh"] {
            place.put(name, "#!/bin/sh\necho made > made.txt\n");
            fs::set_permissions(place.ws().join(name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        let approve = format!("--approve={}", digest(&place, "apple"));
        place.put(change, "#!/bin/sh\necho other > other-made.txt\n");
        let said = run(&place, &approve).exits(5);
        assert!(!place.has("other-made.txt") && !place.has("made.txt"), "{step}: {}", said.short());
    }
}

#[test]
fn what_was_written_of_a_secret_is_read_again_in_the_run() {
    let place = Place::new();
    let items = r#"
  let all = reveal(token, "it is kept in a file")
  step a = fs.write(path: "kept.txt", text: all)
  step b = fs.read(path: "kept.txt")
  step c = fs.copy(from: "kept.txt", to: "copied.txt")
  step d = fs.append(path: "copied.txt", text: "more")
  step e = process.run(argv: ["cat", "copied.txt"])
  step f = fs.move(from: "copied.txt", to: "moved.txt")
  step g = fs.write(path: "size-${b.bytes}.txt", text: "")
  step h = fs.delete(path: "kept.txt")
"#;
    place.put("p.pl", written(CRITICAL, items));
    let approve = format!("--approve={}", digest(&place, "apple"));
    let said = run(&place, &approve);
    assert_eq!(said.code, Some(0), "{}", said.short());
    assert_eq!(fs::read_to_string(place.ws().join("moved.txt")).unwrap(), "applemore");
}

/// What is looked for in a text is found by whoever writes down all that it could be: no text is searched.
#[test]
fn texts_that_a_secret_stands_in() {
    let plan = r#"plan "apple, banana\nsplit and more" {
  rationale "apple, banana\nsplit and more"
  input token: string secret
  input other: string = "apple, banana\nsplit and more"
  critical {
    create "**"
    run "cat"
  }
  assume "apple, banana\nsplit and more"
  step a = fs.write(path: "apple banana", text: "apple, banana\nsplit and more") {
    because "apple, banana\nsplit and more"
  }
  step b = fs.read(path: "old.txt")
  step c = fs.search(pattern: "apple|banana\nsplit and more", files: "*.txt")
  step d = process.run(argv: ["cat", "apple", "banana\nsplit and more"], stdin: "apple, banana\nsplit and more")
  step e = fs.read(path: "no/apple/banana") {
    on failure continue
  }
  output o = "apple, banana\nsplit and more"
}
"#;
    says_the_same(plan);
}

#[test]
fn nobody_agrees_unattended_where_there_are_secrets() {
    for items in [
        "  step a = fs.read(path: \"other.txt\") {\n    expect token.starts_with(\"a\")\n  }\n",
        "  let all = reveal(token, \"why not\")\n  step a = fs.write(path: \"a.txt\", text: all)\n",
        "  let p = reveal(if token == \"\" then \"b\" else \".git/hooks/pre-commit\", \"why not\")\n  step a = fs.write(path: p, text: \"\")\n",
        "  let p = reveal(if token == \"\" then \"b\" else \"private\", \"why not\")\n  step a = fs.delete(path: p, recursive: true)\n",
    ] {
        let place = Place::new();
        place.put("p.pl", written(CRITICAL, items)).put("other.txt", "x\n").put("private/a.txt", "x\n");
        digest(&place, "apple");
        run(&place, "--approve").exits(3);
        assert!(!place.has("a.txt") && place.has("private/a.txt") && !place.has(".git/hooks/pre-commit"));
    }
}

/// What could be shown, and is not known without the secrets, is late like everything else that nobody has seen.
#[test]
fn what_is_public_and_was_not_shown_is_asked_about() {
    let value = r#"({ a: token, b: "private" } as ({ a: string(min: 1), b: string })).b"#;
    for (items, asks) in [
        (format!("  step a = fs.delete(path: {value}, recursive: true)\n"), "path"),
        (
            format!(
                "  step a = fs.delete(path: \"private\", recursive: true) {{\n    when {value} == \"private\"\n  }}\n"
            ),
            "when",
        ),
        (format!("  each e = n in [{value}] {{\n    step a = fs.delete(path: n, recursive: true)\n  }}\n"), "e"),
    ] {
        let place = Place::new();
        place.put("p.pl", written(CRITICAL, &items)).put("private/a.txt", "x\n");
        let approve = format!("--approve={}", digest(&place, "apple"));
        let said = run(&place, &approve).exits(3);
        assert!(place.has("private/a.txt"), "{asks}: {}", said.short());
    }
}

#[test]
fn what_is_written_around_a_secret_is_shown() {
    let place = Place::new();
    let items = r#"
  let t = reveal(token, "it is put into a file")
  let code = "rm -f ${t}"
  step a = fs.write(path: "a.sh", text: "export TOKEN=${t}\nrm -f other.txt\n") {
    undo process.run(argv: ["cat", code])
  }
  step b = process.run(argv: ["cat", "one ${t}"])
"#;
    place.put("p.pl", written(CRITICAL, items));
    fs::write(place.at("token"), "apple").unwrap();
    let input = format!("token={}", place.at("token").display());
    for format in ["text", "markdown", "json", "html"] {
        let said = place.planc(&["--format", format, "plan", "p.pl", "--input-file", &input]).exits(0).out;
        for part in ["rm -f other.txt", "one ${t}", "rm -f ${t}", "undo argv"] {
            assert!(said.contains(part), "{format} shows {part}: {said}");
        }
        assert!(!said.contains("apple"), "{said}");
    }
}
