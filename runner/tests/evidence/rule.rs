//! What the operator wants of a yes is bound, and so it is held against the yeses that a bundle has.

use super::{Place, export, faults, link_again, verify_json};
use planc::approval::sign_with_key;
use serde_json::{Value as Json, json};
use std::fs;

const WRITE: &str =
    "plan \"w\" {\n  critical { create \"made\" }\n  step a = fs.write(path: \"made\", text: \"made\")\n}\n";

/// Changes the approval in a bundle, and links its records again.
fn with(whole: &Json, change: impl FnOnce(&mut Json)) -> Json {
    let mut bundle = whole.clone();
    let kept = &mut bundle["records"][0]["kept"];
    let mut approved: Json = serde_json::from_str(kept.as_str().unwrap()).unwrap();
    change(&mut approved["approval"]);
    *kept = json!(approved.to_string());
    link_again(&mut bundle);
    bundle
}

fn remove(yes: &mut Json, name: &str) -> Option<Json> {
    yes.as_object_mut().unwrap().remove(name)
}

#[test]
fn two_people_are_two() {
    let place = Place::new();
    place.put("p.pl", WRITE);
    let key = |seed: u8| ssh_key::PrivateKey::from(ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]));
    let signers = place.at("out/signers");
    fs::create_dir_all(place.at("out")).unwrap();
    let line = |name: &str, seed| format!("{name} {}\n", key(seed).public_key().to_openssh().unwrap());
    fs::write(&signers, line("ann", 7) + &line("bob", 8)).unwrap();
    let signers = signers.display().to_string();
    place.put("planc.toml", format!("[approval]\nrequire = \"two\"\nsigners = \"{signers}\"\n"));
    let digest = place.digest("p.pl");
    for (name, seed) in [("ann", 7), ("bob", 8)] {
        let file = place.at(&format!("out/{name}.json"));
        let path = file.display().to_string();
        place.planc(&["approve", &digest, "--statement", &path]).exits(0);
        let statement = fs::read_to_string(&file).unwrap();
        fs::write(format!("{path}.sig"), sign_with_key(&key(seed), statement.as_bytes()).unwrap().text()).unwrap();
        place.planc(&["approve", &digest, "--signed", &path]).exits_with(&[0, 3]);
    }
    place.planc(&["run", &digest]).exits(0);
    let whole = export(&place);
    let signed = ["--digest", digest.as_str(), "--signers", signers.as_str()];
    let said = verify_json(&with(&whole, |_| {}), &signed).exits(0);
    assert!(said.json()["checks"].to_string().contains("what the operator wants"), "{}", said.short());
    // Whose signatures these are is not told without those who may sign.
    let said = verify_json(&whole, &["--digest", &digest]).exits(0).json();
    assert!(!said["checks"].to_string().contains("operator wants"), "{said}");
    assert!(said["unchecked"].to_string().contains("which is signed: `--signers` checks"), "{said}");
    let refused = |bundle: &Json, more: &[&str], why: &str| {
        let said = verify_json(bundle, more).exits(4);
        assert!(faults(&said).contains(why), "{why}: {}", said.short());
    };
    let one = with(&whole, |yes| drop(remove(yes, "with")));
    refused(&one, &signed, "1 of 2 approvals are there");
    refused(&one, &[], "1 of 2 approvals are there");
    let twice = with(&whole, |yes| {
        remove(yes, "with");
        yes["with"] = json!([yes.clone()]);
    });
    refused(&twice, &signed, "the same person");
    // What is recorded beside the signature makes it nobody else's.
    let renamed = with(&whole, |yes| {
        remove(yes, "with");
        let mut other = yes.clone();
        other["credential"] = json!({ "kind": "key", "fingerprint": "SHA256:x", "principal": "bob" });
        yes["with"] = json!([other]);
    });
    assert_eq!(verify_json(&renamed, &signed).code, Some(4));
    let unsigned = with(&whole, |yes| {
        remove(yes, "with");
        remove(yes, "signed");
        yes["channel"] = json!("unattended");
    });
    refused(&unsigned, &[], "it is not signed");
}

#[test]
fn a_channel_is_one_that_counts() {
    let place = Place::new();
    place.put("p.pl", WRITE).put("planc.toml", "[approval]\nrequire = \"terminal\"\nnot_author = false\n");
    let digest = place.digest("p.pl");
    place.yes(&digest);
    place.planc(&["run", &digest]).exits(0);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    for channel in ["argument", "unattended", "elicitation", "signed", "thin air"] {
        let said = verify_json(&with(&whole, |yes| yes["channel"] = json!(channel)), &[]).exits(4);
        assert!(faults(&said).contains("that of "), "{channel}: {}", said.short());
    }
    // Nobody's absence is a yes to what planc cannot take back.
    let place = Place::new();
    place.open(&["sh"]).put(
        "p.pl",
        "plan \"r\" {\n  critical { run \"sh\" }\n  step a = process.run(argv: [\"sh\", \"-c\", \"true\"])\n}\n",
    );
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    let whole = export(&place);
    verify_json(&whole, &[]).exits(0);
    let said = verify_json(&with(&whole, |yes| yes["channel"] = json!("unattended")), &[]).exits(4);
    assert!(faults(&said).contains("nobody was there"), "{}", said.short());
}

/// Who wrote a plan is in no bundle, and which effects it has only by its report.
#[test]
fn what_cannot_be_told_is_not_ticked() {
    let place = Place::new();
    let rules = "[approval]\nnot_author = true\n\n[approval.destructive]\nrequire = \"terminal\"\n";
    place.put("p.pl", WRITE).put("planc.toml", rules);
    let digest = place.digest("p.pl");
    let yes = place.a_yes(&digest);
    let other = json!({ "kind": "account", "uid": 4711, "name": "somebody" });
    let mut yes = serde_json::to_value(yes).unwrap();
    yes["credential"] = other;
    place.record(&serde_json::from_value(yes).unwrap());
    place.planc(&["run", &digest]).exits(0);
    let said = verify_json(&export(&place), &[]).exits(0).json()["unchecked"].to_string();
    assert!(
        said.contains("who wrote the plan is not in it") && said.contains("beyond those that its report"),
        "{said}"
    );
}
