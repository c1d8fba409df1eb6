//! What is signed is what planc writes for the plan, all of it; and who has not been shown a request for changes has not answered it.

use crate::place::Place;
use crate::signed::{QUESTION, SIGNED, Signing};
use crate::terminal::{Act, on_terminal};
use planc::approval::{Approved, Signed, Statement};
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};

const HARMLESS: &str = r#"plan "mend a typo" {
  input what: string = "the"
  critical { create "readme.txt" }
  step look = fs.stat(path: "seen.txt")
  step mend = fs.write(path: "readme.txt", text: what)
}
"#;

/// A statement as JSON, which is written again as planc writes it.
fn read(file: &Path) -> Json {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn write(signing: &Signing, name: &str, statement: &Json) -> PathBuf {
    let file = signing.at(name);
    // In the order of planc.
    let statement: Statement = serde_json::from_value(statement.clone()).unwrap();
    fs::write(&file, statement.text()).unwrap();
    signing.sign("alice", "planc-approval", &file);
    file
}

fn signed(file: &Path) -> Signed {
    let signature = fs::read_to_string(format!("{}.sig", file.display())).unwrap();
    Signed { statement: fs::read_to_string(file).unwrap(), signature }
}

/// Who signs reads the title, the plan and the inputs, not hashes alone: none of it may be another plan's.
#[test]
fn a_statement_that_tells_of_something_else_is_no_yes() {
    let Some(signing) = Signing::new("a_statement_that_tells_of_something_else", SIGNED) else { return };
    signing.place.put("h.pl", HARMLESS).put("seen.txt", "seen");
    let harmless = signing.place.digest("h.pl");
    let other = signing.at("h.json");
    signing.place.planc(&["approve", &harmless, "--statement", &other.display().to_string()]).exits(0);
    let (own, other) = (read(&signing.statement("own", &[])), read(&other));
    let mut lies = vec![
        ("rev", Json::from(7)),
        ("time", Json::from(2)),
        ("workspace", Json::from("/home/alice/scratch")),
        ("catalogue", own["inputs"].clone()),
        ("policy", own["plan"].clone()),
        ("deed", other["deed"].clone()),
    ];
    lies.extend(["title", "plan", "inputs", "observations"].map(|member| (member, other[member].clone())));
    for (member, lie) in &lies {
        let mut statement = own.clone();
        assert_ne!(statement[*member], *lie, "{member}");
        statement[*member] = lie.clone();
        let file = write(&signing, &format!("lie {member}"), &statement);
        signing.import(&file).exits(6).says(member);
        // Past planc into the database it is none either; there the number of the text is not told again.
        if *member != "rev" {
            let yes =
                Approved { id: (*member).to_owned(), channel: "signed".into(), ..signing.place.a_yes(&signing.digest) };
            signing.place.record(&Approved { signed: Some(signed(&file)), ..yes });
        }
    }
    // All of it at once.
    let mut statement = other.clone();
    ["digest", "deed"].into_iter().for_each(|member| statement[member] = own[member].clone());
    signing.import(&write(&signing, "all", &statement)).exits(6);
    // What is written otherwise than planc writes it.
    for (member, odd) in
        [("nonce", ""), ("nonce", "1"), ("at", "2026-01-01T00:00:00Z"), ("at", "2026-01-01T01:00:00.000+01:00")]
    {
        let mut statement = own.clone();
        statement[member] = odd.into();
        signing
            .import(&write(&signing, &format!("odd {odd}").replace(':', "-"), &statement))
            .exits(6)
            .says("canonically");
    }
    signing.nothing_runs();
    // The truth is one.
    signing.import(&signing.signed_by("alice", "true", &["--comment", "looked at it"])).exits(0);
    signing.runs();
}

/// Another time of the same is held against what was written for the first, whatever was planned in between.
#[test]
fn a_statement_for_several_runs_is_what_was_written_for_the_first() {
    let Some(signing) = Signing::new("a_statement_for_several_runs_is_what_was_written", SIGNED) else { return };
    let file = signing.signed_by("alice", "s", &["--uses", "3"]);
    signing.import(&file).exits(0);
    let text = signing.place.get("p.pl");
    for _ in 0..3 {
        signing.runs();
        fs::remove_file(signing.place.ws().join("made.txt")).unwrap();
        signing.place.put("p.pl", text.replace("made\\n", "other\\n"));
        signing.place.digest("p.pl");
        signing.place.put("p.pl", &text);
    }
    signing.nothing_runs();
    // Of what is said for several runs of something else, nothing is one of this.
    let mut lie = read(&file);
    lie["title"] = "wrote".into();
    lie["nonce"] = "0".repeat(32).into();
    let yes = Approved { id: "lie".into(), channel: "signed".into(), ..signing.place.a_yes(&signing.digest) };
    let lie = Some(signed(&write(&signing, "lie", &lie)));
    signing.place.record(&Approved {
        signed: lie,
        terms: planc::approval::Terms { uses: 3, ..Default::default() },
        ..yes
    });
    signing.nothing_runs();
}

/// Whose clock is ahead has still seen no more than there was.
#[test]
fn a_statement_that_is_dated_ahead_closes_no_request() {
    let Some(signing) = Signing::new("a_statement_that_is_dated_ahead", SIGNED) else { return };
    let mut ahead = read(&signing.statement("before", &[]));
    let time = jiff::Timestamp::now().checked_add(jiff::SignedDuration::from_secs(280)).unwrap();
    ahead["at"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string().into();
    let ahead = write(&signing, "ahead", &ahead);
    let plain = signing.signed_by("bob", "plain", &[]);
    signing.place.planc(&["request-changes", &signing.digest, "--comment", "not like this"]).exits(0);
    signing.import(&ahead).exits(3).says("changes were requested");
    signing.nothing_runs();
    // Somebody who has seen it closes it; who had signed before has not seen it by that.
    signing.import(&signing.signed_by("alice", "after", &[])).exits(0);
    for before in [&ahead, &plain] {
        signing.import(before).exits(3).says("changes were requested");
    }
    signing.runs();
}

/// A card that was drawn before somebody wanted changes does not show that.
#[test]
fn a_yes_to_a_card_from_before_a_request_is_none() {
    for args in [&["approve", "DIGEST"][..], &["run", "--approve", "p.pl"]] {
        let place = Place::new();
        place.put(
            "p.pl",
            "plan \"write\" {\n  critical { create \"a\" }\n  step a = fs.write(path: \"a\", text: \"a\")\n}\n",
        );
        let digest = place.digest("p.pl");
        let args: Vec<&str> = args.iter().map(|arg| if *arg == "DIGEST" { digest.as_str() } else { *arg }).collect();
        let no = std::cell::RefCell::new(place.command(&["request-changes", &digest, "--comment", "NOT TODAY"]));
        let meanwhile =
            Act::Meanwhile(Box::new(move || assert!(no.borrow_mut().output().unwrap().status.success())), b"yes\n");
        let (code, screen) = on_terminal(&place, &args, QUESTION, &meanwhile);
        assert_eq!(code, 3, "{screen}");
        assert!(screen.contains("changes were requested"), "{screen}");
        place.planc(&["run", "--approve", "p.pl"]).exits(3);
        assert!(!place.has("a"));
        // The next card shows it, and a yes to that is one.
        let (code, screen) = on_terminal(&place, &["approve", &digest], QUESTION, &Act::Type(b"yes\n"));
        assert!(code == 0 && screen.contains("NOT TODAY"), "{screen}");
        place.planc(&["run", "p.pl"]).exits(0);
    }
}

/// The same directory, emptied and filled anew, is not the place that a signature was given in.
#[test]
fn a_state_that_is_made_anew_is_another_place() {
    let Some(signing) = Signing::new("a_state_that_is_made_anew", SIGNED) else { return };
    let file = signing.signed_by("alice", "s", &[]);
    signing.import(&file).exits(0);
    signing.runs();
    fs::remove_file(signing.place.ws().join("made.txt")).unwrap();
    // With the key that it had, and without it.
    for keeps in [&["key"][..], &[]] {
        for entry in fs::read_dir(signing.place.state()).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                _ if keeps.iter().any(|kept| path.ends_with(kept)) => {}
                true => fs::remove_dir_all(path).unwrap(),
                false => fs::remove_file(path).unwrap(),
            }
        }
        assert_eq!(signing.place.digest("p.pl"), signing.digest);
        signing.import(&file).exits(6).says("not for this place");
        signing.nothing_runs();
    }
}
