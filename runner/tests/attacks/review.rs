//! What people say about a plan besides yes and no: changes that they request, parts that they approve, what they have approved
//! before; and how much all of that proves.

use crate::place::{Place, skipped};
use crate::signed::{QUESTION, SIGNED, Signing};
use crate::terminal::{Act, on_terminal};
use planc::approval::Approved;
use serde_json::Value as Json;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const WRITE: &str = r#"plan "write" {
  critical { create "*.txt" }
  step made = fs.write(path: "made.txt", text: "made\n")
}
"#;

#[test]
fn a_request_for_changes_voids_every_yes_and_is_read_by_the_author() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    let digest = place.digest("p.pl");
    place.yes(&digest);
    let args = ["request-changes", &digest, "--step", "made=another name, please", "--comment", "nearly"];
    place.planc(&args).exits(0).says("2 comments");
    let refused = || {
        place.planc(&["run", "p.pl"]).exits(3);
        place.planc(&["run", "--approve", "p.pl"]).exits(3).says("changes were requested");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says("changes were requested");
        assert!(!place.has("made.txt"));
    };
    refused();
    let plan = place.planc(&["--format", "json", "show", &digest]).exits(0).json()["plan"].clone();
    let request = &plan["changes_requested"][0];
    assert_eq!((&plan["status"], &request["comment"]), (&Json::from("changes_requested"), &Json::from("nearly")));
    assert_eq!(request["steps"][0], serde_json::json!({ "step": "made", "comment": "another name, please" }));
    // To plan the same text once more, or under another policy, forgets nothing.
    place.planc(&["plan", "p.pl"]).exits(0).says("CHANGES REQUESTED").says("another name, please");
    refused();
    // Another text is another plan, and the request is not about it.
    place.put("p.pl", WRITE.replace("made.txt", "named.txt"));
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    assert!(place.has("named.txt"));
    // A person who has seen the request may say yes all the same.
    place.put("p.pl", WRITE);
    let digest = place.digest("p.pl");
    let (code, shown) = on_terminal(&place, &["approve", &digest], QUESTION, &Act::Type(b"yes\n"));
    assert!(code == 0 && shown.contains("another name, please"), "{shown}");
    place.planc(&["run", "p.pl"]).exits(0);
    assert!(place.has("made.txt"));
}

#[test]
fn a_yes_to_several_runs_is_void_too() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    let digest = place.digest("p.pl");
    let yes = place.a_yes(&digest);
    let terms = planc::approval::Terms { uses: 3, ..yes.terms.clone() };
    place.record(&Approved { terms, ..yes });
    place.planc(&["run", "p.pl"]).exits(0);
    fs::remove_file(place.ws().join("made.txt")).unwrap();
    let again = place.digest("p.pl");
    place.planc(&["request-changes", &again, "--comment", "no more"]).exits(0);
    place.planc(&["run", "p.pl"]).exits(3);
    assert!(!place.has("made.txt"));
}

const COPY: &str = r#"plan "copy" {
  critical { create "b.txt" }
  step a = fs.read(path: "a.txt")
  step b = fs.write(path: "b.txt", text: a.text)
}
"#;

/// The request is about the text: a yes to an earlier dry run of it, over what is there again, is none while it stands, nor after a
/// later yes to the other one.
#[test]
fn a_request_stands_against_a_yes_to_another_dry_run_of_the_text() {
    let place = Place::new();
    place.put("p.pl", COPY).put("a.txt", "1");
    let first = place.digest("p.pl");
    let (code, shown) = on_terminal(&place, &["approve", &first], QUESTION, &Act::Type(b"yes\n"));
    assert!(code == 0, "{shown}");
    place.put("a.txt", "2");
    let second = place.digest("p.pl");
    assert_ne!(first, second);
    place.planc(&["request-changes", &second, "--comment", "not like this"]).exits(0);
    place.put("a.txt", "1");
    let refused = || {
        place.planc(&["run", &first]).exits(3);
        place.planc(&["run", "p.pl"]).exits(3);
        place.planc(&["run", &format!("--approve={first}"), "p.pl"]).exits(3).says("changes were requested");
        assert!(!place.has("b.txt"));
    };
    refused();
    let plans = place.database();
    let status = |digest: &str| -> String {
        plans.query_row("SELECT status FROM plans WHERE digest = ?1", [digest], |row| row.get(0)).unwrap()
    };
    assert_ne!(status(&first), "approved");
    // One that came back to life is none either, as long as nobody has said yes after the request.
    plans.execute("UPDATE approvals SET revoked = NULL", []).unwrap();
    place.planc(&["run", "p.pl"]).exits(3).says("changes were requested since");
    refused();
    plans.execute("UPDATE approvals SET revoked = '2026-01-01T00:00:00.000Z'", []).unwrap();
    place.put("a.txt", "2");
    let (code, shown) = on_terminal(&place, &["approve", &second], QUESTION, &Act::Type(b"yes\n"));
    assert!(code == 0 && shown.contains("not like this"), "{shown}");
    place.put("a.txt", "1");
    place.planc(&["run", "p.pl"]).exits(3);
    assert!(!place.has("b.txt"), "the yes after the request is to the other dry run");
    place.put("a.txt", "2");
    place.planc(&["run", "p.pl"]).exits(0);
    assert_eq!(place.get("b.txt"), "2");
}

/// Each dry run of a plan with secrets has a digest of its own.
#[test]
fn a_request_stands_against_an_earlier_yes_to_a_plan_with_secrets() {
    let place = Place::new();
    fs::write(place.at("token"), "hunter22").unwrap();
    let input = format!("token={}", place.at("token").display());
    place.put("p.pl", "plan \"tee\" {\n  input token: string secret\n  critical {\n    create \"b.txt\"\n    run \"tee\"\n  }\n  step b = process.run(argv: [\"tee\", \"b.txt\"], stdin: token)\n}\n");
    let planned = || place.digest_with(&["plan", "p.pl", "--input-file", &input]);
    let first = planned();
    place.yes(&first);
    let second = planned();
    assert_ne!(first, second);
    place.planc(&["request-changes", &second, "--comment", "no"]).exits(0);
    place.planc(&["run", &first]).exits(3);
    assert!(!place.has("b.txt"));
}

#[test]
fn a_request_is_about_what_is_there() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    let digest = place.digest("p.pl");
    let long = "x".repeat(planc::approval::MAX_COMMENT_BYTES + 1);
    place.planc(&["request-changes", &digest]).exits(2).says("--comment");
    place.planc(&["request-changes", &digest, "--step", "mode=x"]).exits(2).says("did you mean `made`?");
    place.planc(&["request-changes", &digest, "--step", "made"]).exits(2);
    place.planc(&["request-changes", &digest, "--comment", &long]).exits(2).says("at most");
    place.planc(&["request-changes", "sha256:0000000000", "--comment", "x"]).exits(2);
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    place.planc(&["request-changes", &digest, "--comment", "too late"]).exits(2).says("has begun");
}

const PARTS: &str = r#"plan "parts" {
  input go: bool = true
  critical {
    create "a.txt"
    create "b.txt"
    create "c.txt"  // for c
  }
  step a = fs.write(path: "a.txt", text: "a")
  let path = a.path
  step b = fs.write(path: "b.txt", text: path)
  when go {
    step c = fs.write(path: "c.txt", text: "c")
  }
  step d = fs.stat(path: "c.txt")
  step e = fs.stat(path: "a.txt")
  verify "c is there" { fs.stat(path: "c.txt").kind == "file" }
  verify "a is there" { fs.stat(path: "a.txt").kind == "file" }
  output all = [b.path, d.kind]
  output first = a.path
}
"#;

fn names(report: &Json) -> Vec<&str> {
    report["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect()
}

#[test]
fn a_part_has_what_it_depends_on_and_nothing_else() {
    let place = Place::new();
    place.put("p.pl", PARTS);
    let part = |choice: [&str; 2]| {
        let said = place.planc(&["--format", "json", "plan", "p.pl", choice[0], choice[1]]).exits(0);
        let report = said.json();
        let steps = names(&report).join(" ");
        let rest = |name: &str| report[name].as_array().unwrap().len();
        (steps, rest("critical"), rest("verifications"), rest("outputs"))
    };
    assert_eq!(part(["--only", "b"]), ("a b".to_owned(), 2, 1, 1));
    let said = place.planc(&["plan", "p.pl", "--only", "b"]).exits(0);
    said.says("depends on it: a").says("later revision: c, d, e");
    // What is left out takes along what looks at it.
    assert_eq!(part(["--except", "c"]).0, "a b e");
    assert_eq!(part(["--except", "a"]).0, "c d");
    assert_eq!(part(["--only", "d"]).0, "c d");
    assert_eq!(part(["--only", "e,d"]).0, "a c d e");
    for (choice, says) in [
        (["--only", "x"], "no step `x`"),
        (["--only", "a,b,c,d,e"], "the whole plan"),
        (["--except", "a,c"], "nothing is left"),
    ] {
        place.planc(&["plan", "p.pl", choice[0], choice[1]]).exits(2).says(says);
    }
    place.planc(&["plan", "p.pl", "--only", "a", "--except", "b"]).exits(2);
}

#[test]
fn a_yes_to_a_part_is_one_to_that_part() {
    let place = Place::new();
    place.put("p.pl", PARTS);
    let whole = place.digest("p.pl");
    let part = place.digest_with(&["plan", "p.pl", "--only", "b"]);
    assert_ne!(whole, part);
    assert_eq!(part, place.digest_with(&["plan", "p.pl", "--except", "c,e"]), "the same part");
    // That to the whole is none to a part of it, and the other way round.
    place.yes(&whole);
    place.planc(&["run", "p.pl", "--only", "b"]).exits(3);
    place.planc(&["run", &format!("--approve={whole}"), "p.pl", "--only", "b"]).exits(5);
    assert!(!place.has("a.txt"));
    place.planc(&["run", &format!("--approve={part}"), "p.pl", "--only", "b"]).exits(0);
    assert!(place.has("a.txt") && place.has("b.txt") && !place.has("c.txt"));
    // What was approved as a whole looked at a world that is no more.
    place.planc(&["run", "p.pl"]).exits_with(&[1, 3, 5]);
    assert!(!place.has("c.txt"));
}

#[test]
fn a_gate_before_a_step_is_a_part_of_it() {
    let place = Place::new();
    let plan = "plan \"gated\" {\n  critical { create \"*.txt\" }\n  step a = fs.write(path: \"a.txt\", text: \"a\")\n  gate \"look\" show a.path\n  step b = fs.write(path: \"b.txt\", text: \"b\")\n}\n";
    place.put("p.pl", plan);
    let report = place.planc(&["--format", "json", "plan", "p.pl", "--only", "a"]).exits(0).json();
    assert_eq!(names(&report), ["a"]);
    // The gate shows what `a` gave: `b` goes with neither missing, so that is the whole plan, and nothing is left without `a`.
    place.planc(&["plan", "p.pl", "--only", "b"]).exits(2).says("the whole plan");
    place.planc(&["plan", "p.pl", "--except", "a"]).exits(2).says("nothing is left");
}

fn revised(a: &str, c: &str) -> String {
    format!(
        r#"plan "revised" {{
  critical {{
    create "*.txt"
    run "sh"
  }}
  step a = fs.write(path: "a.txt", text: "{a}")
  step b = fs.write(path: "b.txt", text: a.path)
  step c = fs.write(path: "c.txt", text: "{c}")
  step p = process.run(argv: ["sh", "-c", "cat a.txt c.txt"])
}}
"#
    )
}

/// The steps that a plan shows as approved before.
fn before(place: &Place) -> String {
    let report = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).json();
    let steps = report["steps"].as_array().unwrap().iter().filter(|step| step["approved_before"].is_object());
    steps.map(|step| step["name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_a_revision_leaves_alone_is_shown_as_approved_and_asked_about_all_the_same() {
    let place = Place::new();
    place.put("p.pl", revised("a", "c"));
    let first = place.digest("p.pl");
    assert_eq!(before(&place), "");
    place.yes(&first);
    place.put("p.pl", revised("a", "cc"));
    // `p` may read what changed.
    assert_eq!(before(&place), "a b");
    place.planc(&["plan", "p.pl"]).exits(0).says("approved in rev 1 by").says("2 of 4 steps were approved before");
    place.planc(&["run", "p.pl"]).exits(3);
    place.planc(&["run", &format!("--approve={first}"), "p.pl"]).exits(5);
    assert!(!place.has("a.txt"), "the whole wants a yes");
    place.put("p.pl", revised("aa", "c"));
    assert_eq!(before(&place), "c", "b uses what a gives");
    // Only a reason is another one, or the title: what does the same is the same, what says something else is not.
    place.put("p.pl", revised("a", "c").replace("\"revised\"", "\"again\""));
    assert_eq!(before(&place), "a b c p");
    let because = "step a = fs.write(path: \"a.txt\", text: \"a\") {\n    because \"harmless\"\n  }";
    place.put("p.pl", revised("a", "c").replace("step a = fs.write(path: \"a.txt\", text: \"a\")", because));
    assert_eq!(before(&place), "c");
    // A wider grant is more for what is not known exactly.
    place.put("p.pl", revised("a", "c").replace("create \"*.txt\"", "create \"**\""));
    assert_eq!(before(&place), "a b c");
}

#[test]
fn only_a_yes_of_a_person_that_still_counts_is_shown() {
    let place = Place::new();
    let revise = |place: &Place| {
        place.put("p.pl", revised("a", "cc"));
        before(place)
    };
    let approved = |change: fn(Approved) -> Approved| {
        let place = Place::new();
        place.put("p.pl", revised("a", "c"));
        let digest = place.digest("p.pl");
        place.record(&change(place.a_yes(&digest)));
        revise(&place)
    };
    assert_eq!(approved(|yes| yes), "a b");
    assert_eq!(approved(|yes| Approved { channel: "argument".into(), ..yes }), "");
    assert_eq!(approved(|yes| Approved { channel: "unattended".into(), ..yes }), "");
    assert_eq!(approved(|yes| Approved { channel: "signed".into(), ..yes }), "");
    assert_eq!(approved(|yes| Approved { site: None, ..yes }), "");
    let ended = |yes: Approved| Approved {
        terms: planc::approval::Terms { expires: Some("2020-01-01T00:00:00.000Z".into()), ..yes.terms.clone() },
        ..yes
    };
    assert_eq!(approved(ended), "");
    place.put("p.pl", revised("a", "c"));
    place.yes(&place.digest("p.pl"));
    assert_eq!(revise(&place), "a b");
    place.put("planc.toml", "[policy]\n\"fs.delete\" = \"deny\"\n");
    assert_eq!(revise(&place), "", "under another policy nothing was approved");
    fs::remove_file(place.ws().join("planc.toml")).unwrap();
    place.planc(&["approvals", "--revoke", "1"]).exits(0);
    assert_eq!(revise(&place), "");
}

fn level(place: &Place) -> (String, String) {
    let report = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).json();
    (report["assurance"].as_str().unwrap().to_owned(), report["grounds"].to_string())
}

#[test]
fn a_level_is_claimed_only_where_it_was_found() {
    let test = "a_level_is_claimed_only_where_it_was_found";
    let Some(mut signing) = Signing::new(test, SIGNED) else { return };
    // Which agent of keys there is, who calls planc says: without one nobody can tell what it holds.
    let is_told = |signing: &Signing, why: &str| {
        let (found, grounds) = level(&signing.place);
        assert!(found == "advisory" && grounds.contains(why), "{why}: {found} {grounds}");
    };
    is_told(
        &signing,
        "`SSH_AUTH_SOCK` names no agent of keys, so that it cannot be told whether one holds the key of alice",
    );
    let Some(agent) = signing.agent(test, &["alice"]) else { return };
    is_told(&signing, "the key of alice is at hand");
    drop(agent);
    is_told(&signing, "no agent of keys answers where `SSH_AUTH_SOCK` says");
    let Some(_agent) = signing.agent(test, &["mallory"]) else { return };
    signing.rules("");
    let place = &signing.place;
    let is = |expected: &str, why: &str| {
        let (found, grounds) = level(place);
        assert!(found == expected && grounds.contains(why), "{expected} {why}: {found} {grounds}");
    };
    is("advisory", "no signature is required");
    signing.rules(SIGNED);
    is("signed_record", "a signature is required");
    place.planc(&["plan", "p.pl"]).exits(0).says("signed record");
    // Two are wanted, and two there are; three are wanted.
    signing.rules("require = \"two\"");
    is("signed_record", "2 different people");
    signing.rules("require = \"two\"\napprovers = 3");
    is("advisory", "2 can sign, and 3 are wanted");
    // The key lies where the account of planc has it at hand.
    signing.rules(SIGNED);
    let ssh = place.at("home").join(".ssh");
    fs::create_dir(&ssh).unwrap();
    fs::copy(signing.at("mallory"), ssh.join("id_ed25519")).unwrap();
    is("signed_record", "a signature is required");
    fs::copy(signing.at("alice"), ssh.join("id_ed25519")).unwrap();
    is("advisory", "the key of alice is at hand");
    fs::remove_file(ssh.join("id_ed25519")).unwrap();
    // Nobody vouches for what cannot be read.
    fs::set_permissions(signing.at("signers"), fs::Permissions::from_mode(0o666)).unwrap();
    is("advisory", "others may write to it");
    fs::set_permissions(signing.at("signers"), fs::Permissions::from_mode(0o644)).unwrap();
    is("signed_record", "a signature is required");
}

#[test]
fn agents_that_can_reach_around_planc_are_behind_no_gateway() {
    let Some(mut signing) = Signing::new("agents_that_can_reach_around_planc", "") else { return };
    let Some(_agent) = signing.agent("agents_that_can_reach_around_planc", &[]) else { return };
    let place = &signing.place;
    let is = |expected: &str, why: &str| {
        let (found, grounds) = level(place);
        assert!(found == expected && grounds.contains(why), "{expected} {why}: {found} {grounds}");
    };
    let me = planc::approval::account();
    signing.rules(&format!("agents = [\"{me}\"]"));
    is("advisory", "is the account of planc");
    signing.rules("agents = [\"nobody at all\"]");
    is("advisory", "there is no account");
    let others = fs::read_to_string("/etc/passwd").unwrap_or_default();
    if !others.lines().any(|line| line.starts_with("nobody:")) || me == "nobody" {
        skipped("agents_that_can_reach_around_planc", "there is no other account here");
        return;
    }
    signing.rules("agents = [\"nobody\"]");
    is("gateway", "cannot write to the workspace");
    signing.rules(&format!("agents = [\"nobody\"]\n{SIGNED}"));
    is("enforced", "cannot write to the workspace");
    // The folder of the workspace, one above it, the configuration, the signers.
    for path in [place.ws(), place.at("."), place.ws().join("planc.toml")] {
        let mode = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        let (found, grounds) = level(place);
        assert!(found == "signed_record" && grounds.contains("may write to"), "{}: {grounds}", path.display());
        fs::set_permissions(&path, mode).unwrap();
    }
    is("enforced", "cannot write to the workspace");
    signing.rules(&format!("agents = [\"nobody\", \"{me}\"]\n{SIGNED}"));
    is("signed_record", "is the account of planc");
}

/// What `make` does is for the program before it to say, and whether any of it begins for the assumption.
const BUILD: &str = r#"plan "build" {
  assume "the data is what it should be" { fs.read(path: "data.txt").text == "precious" }
  critical { run "sh" }
  step prepare = process.run(argv: ["sh", "-c", "true"])
  step build = process.run(argv: ["sh", "-c", "cat Makefile"])
}
"#;

#[test]
fn a_program_behind_another_program_was_not_approved_before() {
    let place = Place::new();
    place.put("p.pl", BUILD).put("data.txt", "precious").put("Makefile", "all:");
    place.yes(&place.digest("p.pl"));
    place.put("p.pl", BUILD.replace("\"build\"", "\"again\""));
    assert_eq!(before(&place), "prepare build");
    place.put("p.pl", BUILD.replace("\"true\"", "\"echo > Makefile\""));
    assert_eq!(before(&place), "");
    // An assumption that is weaker, or gone, or says something else.
    for other in ["true or fs.read", "fs.read(path: \"data.txt\").bytes > 0 and fs.read"] {
        place.put("p.pl", BUILD.replacen("fs.read", other, 1));
        assert_eq!(before(&place), "", "{other}");
    }
    let lines: Vec<&str> = BUILD.lines().filter(|line| !line.contains("assume")).collect();
    place.put("p.pl", lines.join("\n"));
    assert_eq!(before(&place), "");
    place.put("p.pl", BUILD.replace("should be", "should always be"));
    assert_eq!(before(&place), "");
}

#[test]
fn a_program_takes_the_programs_before_it_along() {
    let place = Place::new();
    place.put("p.pl", BUILD.replace("cat Makefile", "cat data.txt")).put("data.txt", "precious");
    place.planc(&["plan", "p.pl", "--only", "build"]).exits(2).says("the whole plan");
    place.planc(&["plan", "p.pl", "--except", "prepare"]).exits(2).says("nothing is left");
    let report = place.planc(&["--format", "json", "plan", "p.pl", "--only", "prepare"]).exits(0).json();
    assert_eq!(names(&report), ["prepare"]);
}
