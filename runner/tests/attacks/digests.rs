//! What the digest of a plan with secrets tells: nothing, not even that nothing has changed. And it is a digest all the same: what
//! was approved runs, as it was, as often as it was approved.

use crate::place::{Place, Said};
use crate::terminal::{Act, on_terminal};
use planc::approval::{Approved, Terms};
use serde_json::Value;
use std::fs;

/// Looks at a file where the secret begins so.
const LOOKS: &str = r#"plan "Look" {
  input token: string secret
  critical { create "made.txt" }
  step a = fs.stat(path: "a.txt") { when token.starts_with("a") }
  step b = fs.write(path: "made.txt", text: "x\n")
}
"#;

fn planned(place: &Place) -> Value {
    place.planc(&["--format", "json", "plan", "p.pl", "--input-file", &input(place)]).exits(0).json()
}

fn input(place: &Place) -> String {
    fs::write(place.at("token"), "apple").unwrap();
    format!("token={}", place.at("token").display())
}

fn run(place: &Place, more: &[&str]) -> Said {
    place.planc(&[&["run", "p.pl", "--input-file", &input(place)], more].concat())
}

/// A place with the plan, and what its dry run says of itself.
fn place() -> (Place, Value) {
    let place = Place::new();
    place.put("p.pl", LOOKS).put("a.txt", "1\n");
    let report = planned(&place);
    (place, report)
}

fn digest(report: &Value) -> &str {
    report["digest"].as_str().expect("a digest")
}

#[test]
fn each_dry_run_has_its_own() {
    let (place, first) = place();
    let same = planned(&place);
    place.put("a.txt", "22\n");
    let other = planned(&place);
    for (one, two) in [(&first, &same), (&first, &other), (&same, &other)] {
        assert!(one["digest"] != two["digest"] && one["deed"] != two["deed"], "{}", digest(one));
    }
    assert_eq!([&first, &same, &other].map(|report| report["rev"].as_u64()), [Some(1); 3]);
    // One without secrets is known again.
    place.put("q.pl", "plan \"q\" {\n  step a = fs.stat(path: \"a.txt\")\n}\n");
    assert_eq!(place.digest("q.pl"), place.digest("q.pl"));
}

/// By its digest: whoever gives the inputs again learns nothing, not even that they are the same.
#[test]
fn what_was_approved_is_known_again_by_its_digest() {
    let (place, report) = place();
    let (code, shown) = on_terminal(&place, &["approve", digest(&report)], "exactly this", &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{shown}");
    planned(&place);
    run(&place, &[]).exits(3).says("nobody has approved this yet").says("planc run DIGEST");
    assert!(!place.has("made.txt"));
    place.planc(&["run", digest(&report)]).exits(0);
    assert!(place.has("made.txt"));
    place.planc(&["run", digest(&report)]).exits_with(&[3, 5]);
}

/// Who may call planc, and does not know a secret, finds it out in no way by giving others.
#[test]
fn nobody_finds_a_secret_by_giving_others() {
    let told = |place: &Place, guess: &str, args: &[&str]| {
        fs::write(place.at("guess"), guess).unwrap();
        let input = format!("token={}", place.at("guess").display());
        let said = place.planc(&[args, &["p.pl", "--input-file", &input]].concat());
        // Each dry run has a digest of its own.
        let words = said.err.split_whitespace().filter(|word| !word.contains("sha256:"));
        (said.code, words.collect::<Vec<_>>().join(" "))
    };
    for is_run in [false, true] {
        let (place, report) = place();
        let approve = format!("--approve={}", digest(&report));
        if is_run {
            place.planc(&["run", "--quiet", digest(&report), &approve]).exits(0);
        } else {
            place.yes(digest(&report));
        }
        let calls: [&[&str]; 4] =
            [&["run"], &["run", "--approve"], &["run", "--quiet", &approve], &["run", "--run-programs"]];
        for args in &calls[..if is_run { 4 } else { 2 }] {
            assert_eq!(told(&place, "apple", args), told(&place, "avocado", args), "{args:?}");
        }
        // A text in which it is none is not compared either.
        let open = LOOKS.replace("string secret", "string");
        place.put("p.pl", open);
        let of = |guess: &str| {
            let said = place.planc(&["run", &approve, "p.pl", "--input", &format!("token={guess}")]).exits(5);
            said.err.matches("inputs:").count()
        };
        assert_eq!(of("apple"), of("avocado"));
    }
}

/// What was approved runs with what it was planned with, whatever is given now.
#[test]
fn a_secret_is_the_one_that_was_planned() {
    let place = Place::new();
    place.put("p.pl", "plan \"Keep\" {\n  input token: string secret\n  input name: string\n  critical {\n    create \"*\"\n    run \"tee\"\n  }\n  step a = process.run(argv: [\"tee\", name], stdin: token)\n}\n");
    let (given, name) = (input(&place), ["--input", "name=made.txt"]);
    let digest = place.digest_with(&[&["plan", "p.pl", "--input-file", &given][..], &name].concat());
    let approve = format!("--approve={digest}");
    fs::write(place.at("token"), "another").unwrap();
    let other = ["--input", "name=other.txt"];
    let said = place.planc(&[&["run", &approve, "p.pl", "--input-file", &given][..], &other].concat()).exits(5);
    assert!(said.err.contains("inputs: approved with") && !said.err.contains("apple"), "{}", said.err);
    place.put("q.pl", place.get("p.pl").replace("Keep", "Keeps"));
    place.planc(&[&["run", &approve, "q.pl"][..], &name].concat()).exits(5).says("the text of the plan");
    place.planc(&[&["run", &approve, "p.pl", "--input-file", &given][..], &name].concat()).exits(0);
    assert_eq!((place.get("made.txt").as_str(), place.has("other.txt")), ("apple", false));
}

#[test]
fn what_was_approved_and_has_changed_is_not() {
    let (place, report) = place();
    place.yes(digest(&report));
    place.put("a.txt", "22\n");
    run(&place, &[]).exits(3);
    run(&place, &[&format!("--approve={}", digest(&report))]).exits(5);
    assert!(!place.has("made.txt"));
}

#[test]
fn a_yes_to_several_runs_is_to_as_many() {
    let (place, report) = place();
    let mut yes = place.a_yes(digest(&report));
    yes.deed = report["deed"].as_str().and_then(|deed| deed.parse().ok());
    let terms = Terms { uses: 2, ..yes.terms.clone() };
    place.record(&Approved { terms, ..yes });
    for code in [0, 0, 5] {
        let _ = fs::remove_file(place.ws().join("made.txt"));
        place.planc(&["run", digest(&report)]).exits(code);
        assert_eq!(place.has("made.txt"), code == 0);
    }
}

/// A yes that is none is compared with nothing: it would tell whether the file was looked at.
#[test]
fn a_yes_that_does_not_count_tells_nothing() {
    let place = Place::new();
    place.put("p.pl", LOOKS).put("a.txt", "1\n").put("planc.toml", "[approval]\nrequire = \"terminal\"\n");
    let approve = format!("--approve={}", digest(&planned(&place)));
    let told = |said: Said| said.err.lines().next().unwrap_or_default().to_owned();
    let same = told(run(&place, &[&approve]).exits(3));
    place.put("a.txt", "22\n");
    let other = told(run(&place, &[&approve]).exits(3));
    assert_eq!(same, other);
    assert!(!place.has("made.txt"));
}

/// There is one report for what would be done, though each dry run has a digest of its own.
#[test]
fn the_same_is_reported_once() {
    let place = Place::new();
    place.put("p.pl", LOOKS).put("a.txt", "1\n");
    place.put("planc.toml", "[mode]\ndefault = \"plan\"\n[report]\nfile = \"../reports.md\"\n");
    for _ in 0..3 {
        place.planc(&["plan", "--quiet", "p.pl", "--input-file", &input(&place)]).exits(0);
    }
    let reports = place.planc(&["--format", "json", "reports"]).exits(0).json();
    assert_eq!(reports["reports"].as_array().map(Vec::len), Some(1), "{reports}");
}
