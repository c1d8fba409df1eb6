//! What a plan tells of a secret before anybody has said yes: whatever it decides, two secrets give one card.

use crate::place::Place;
use serde_json::Value;
use std::fs;

/// Two secrets that differ in their length, their letters and their lines.
const SECRETS: [&str; 2] = ["apple", "banana\nsplit and more"];

/// What the dry run says of a plan with the input `token`, but for the digests of what an approval binds.
fn told(place: &Place, items: &str, secret: &str) -> (String, Value) {
    let text = format!(
        "plan \"Look\" {{\n  input token: string secret\n  critical {{\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    \
         run \"cat\"\n  }}\n{items}}}\n"
    );
    place.put("p.pl", &text);
    fs::write(place.at("token"), secret).unwrap();
    let input = format!("token={}", place.at("token").display());
    let of =
        |format: &str| place.planc(&["--format", format, "plan", "--full", "p.pl", "--input-file", &input]).exits(0);
    let mut report = of("json").json();
    let digest = report["digest"].as_str().expect("a digest").to_owned();
    let object = report.as_object_mut().expect("a report");
    object.retain(|name, _| name != "digest" && name != "deed");
    let card = of("text").out.replace(&digest, "DIGEST").replace(&digest[7..19], "DIGEST");
    (card, report)
}

/// The lines that differ.
fn differing(one: &str, other: &str) -> String {
    let pairs = one.lines().zip(other.lines()).filter(|(a, b)| a != b);
    pairs.map(|(a, b)| format!("{a}\n{b}\n")).collect()
}

#[track_caller]
fn tells_nothing(items: &str) -> Value {
    let place = Place::new();
    place.put("old.txt", "apple").put("other.txt", "x\n");
    let [(card, report), (other_card, other_report)] = SECRETS.map(|secret| told(&place, items, secret));
    assert!(card == other_card, "{card}\n{other_card}");
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
