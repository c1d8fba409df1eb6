//! Bundles of evidence: what is exported holds together offline; whatever is changed in one is found, as far as the file alone
//! can tell; what is no bundle is refused.

mod place;
#[path = "evidence/attempts.rs"]
mod attempts;
#[path = "evidence/ended.rs"]
mod ended;
#[path = "evidence/order.rs"]
mod order;
#[path = "evidence/rule.rs"]
mod rule;
#[path = "evidence/shown.rs"]
mod shown;
#[path = "evidence/whole.rs"]
mod whole;

use place::{Place, Said};
use planc::journal::chain::{first, link};
use serde_json::{Value as Json, json};
use std::fs;

const PLAN: &str = r#"plan "Evidence" {
  input mark: string = "M"
  critical {
    read   "in/*"
    create "out/**"
    create "flag"
    delete "flag"
    modify "log.txt"
    delete "gone.txt"
    run    "sh -c"
    run    "rm flag"
  }
  step found = fs.glob(pattern: "in/*.txt")
  each copies = path in found.paths {
    step text = fs.read(path: path)
    step copy = fs.write(path: "out/${path.name()}", text: "${mark}: ${text.text}")
    result copy.bytes
  }
  step log = fs.append(path: "log.txt", text: "${copies.sum()}\n")
  step gone = fs.delete(path: "gone.txt")
  step flag = process.run(argv: ["sh", "-c", "touch flag"]) {
    undo process.run(argv: ["rm", "flag"])
  }
  verify "it is there" { fs.stat(path: "out/a.txt").kind == "file" }
  output bytes = copies.sum()
}
"#;

fn world() -> Place {
    let place = Place::new();
    place.put("in/a.txt", "a").put("in/b.txt", "b").put("log.txt", "log\n").put("gone.txt", "gone").put("p.pl", PLAN);
    place.run("p.pl").exits(0);
    place
}

/// The bundle of the last run.
fn export(place: &Place) -> Json {
    let run = place.last_run();
    let file = place.at("out/bundle.json").display().to_string();
    let _ = fs::remove_file(&file);
    fs::create_dir_all(place.at("out")).unwrap();
    place.planc(&["evidence", &run, "-o", &file]).exits(0);
    serde_json::from_slice(&fs::read(&file).unwrap()).unwrap()
}

/// What is said of a bundle in another place, where nothing but the bundle is.
fn verify(bundle: &[u8], more: &[&str]) -> Said {
    let elsewhere = Place::new();
    let file = elsewhere.at("bundle");
    fs::write(&file, bundle).unwrap();
    let file = file.display().to_string();
    let args: Vec<&str> = ["--format", "json", "verify", &file].into_iter().chain(more.iter().copied()).collect();
    let said = elsewhere.planc(&args);
    assert!(!elsewhere.state().exists(), "verifying makes no state");
    said
}

fn verify_json(bundle: &Json, more: &[&str]) -> Said {
    verify(&serde_json::to_vec(bundle).unwrap(), more)
}

/// Every fault that is told.
fn faults(said: &Said) -> String {
    said.json()["checks"].as_array().unwrap().iter().map(|check| check["faults"].to_string()).collect()
}

/// Writes the links of all records anew, as everybody can.
fn link_again(bundle: &mut Json) {
    let (run, digest) = (bundle["run"].as_str().unwrap().to_owned(), bundle["digest"].as_str().unwrap().to_owned());
    let mut before = first(&run, &digest);
    for (index, record) in bundle["records"].as_array_mut().unwrap().iter_mut().enumerate() {
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        before = link(&before, index as u64 + 1, &text("at"), &text("kept"));
        record["seq"] = json!(index + 1);
        record["link"] = json!(before);
    }
}

/// Changes the text of the first record that has a part, and links all of them again.
fn forge(bundle: &mut Json, has: &str, from: &str, to: &str) {
    let records = bundle["records"].as_array_mut().unwrap();
    let record = records.iter_mut().find(|record| record["kept"].as_str().unwrap().contains(has)).expect(has);
    let kept = record["kept"].as_str().unwrap();
    assert!(kept.contains(from), "{kept}");
    record["kept"] = json!(kept.replace(from, to));
    link_again(bundle);
}

/// The bundle with events in a place, all of it linked again.
fn with(whole: &Json, at: usize, events: &[Json]) -> Json {
    let mut bundle = whole.clone();
    let records = bundle["records"].as_array_mut().unwrap();
    let time = records[0]["at"].clone();
    let record = |event: &Json| json!({ "seq": 1, "at": time, "kept": event.to_string(), "link": "" });
    records.splice(at..at, events.iter().map(record));
    link_again(&mut bundle);
    bundle
}

#[test]
fn what_is_exported_holds_together_elsewhere() {
    let place = world();
    let bundle = export(&place);
    let said = verify_json(&bundle, &[]).exits(0);
    assert_eq!(said.json()["valid"], json!(true));
    assert!(said.json()["checks"].as_array().unwrap().len() >= 8, "{}", said.short());
    let head = bundle["records"].as_array().unwrap().last().unwrap()["link"].as_str().unwrap().to_owned();
    let digest = bundle["digest"].as_str().unwrap().to_owned();
    verify_json(&bundle, &["--head", &head, "--digest", &digest]).exits(0);
    verify_json(&bundle, &["--head", &digest]).exits(4);
    verify_json(&bundle, &["--digest", &head]).exits(4);
    // Taken back, and with another policy since: what was approved then is what counts.
    place.planc(&["undo", &place.last_run()]).exits(0);
    place.put("planc.toml", "[policy]\n\"fs.*\" = \"deny\"\n");
    let after = export(&place);
    assert!(after["records"].as_array().unwrap().len() > bundle["records"].as_array().unwrap().len());
    verify_json(&after, &[]).exits(0);
    // The earlier end is no longer the end.
    verify_json(&after, &["--head", &head]).exits(4);
    let again = place.planc(&["evidence", &place.last_run(), "-o", &place.at("out/bundle.json").display().to_string()]);
    again.exits(2).says("exists");
}

#[test]
fn another_canonical_form_is_told_once() {
    let place = world();
    let mut bundle = export(&place);
    bundle["compiled"] = json!(bundle["compiled"].as_str().unwrap().replace("touch", "rm -r"));
    let said = verify_json(&bundle, &[]).exits(4).json();
    let checks = said["checks"].as_array().unwrap();
    let texts = checks.iter().find(|check| check["what"] == "the texts compile to the plan").unwrap();
    let faults = texts["faults"].as_array().unwrap();
    assert!(faults.len() == 1 && faults[0].as_str().unwrap().starts_with("the canonical form is"), "{texts}");
}

#[test]
fn every_example_of_a_change_is_found() {
    type Change = (&'static str, fn(&mut Json));
    let changes: &[Change] = &[
        ("a word of the plan", |b| {
            let last = b["sources"].as_array_mut().unwrap().last_mut().unwrap();
            last["text"] = json!(last["text"].as_str().unwrap().replace("touch flag", "touch flags"));
        }),
        ("the compiled form", |b| b["compiled"] = json!(b["compiled"].as_str().unwrap().replace("touch", "rm -r"))),
        ("an input", |b| b["bound"] = json!(b["bound"].as_str().unwrap().replace("\"M\"", "\"N\""))),
        ("a secret argument that is none", |b| b["report"]["steps"][2]["args"] = json!({ "path": "(secret)" })),
        ("a secret word in an argument", |b| b["report"]["steps"][2]["args"]["text"] = json!("x (secret)")),
        ("a secret input that is none", |b| b["report"]["inputs"][0]["value"] = json!("(secret)")),
        ("an argument that is left out", |b| {
            drop(b["report"]["steps"][2]["args"].as_object_mut().unwrap().remove("path"))
        }),
        ("a step that is left out", |b| drop(b["report"]["steps"].as_array_mut().unwrap().pop())),
        ("the digest", |b| b["digest"] = b["plan_digest"].clone()),
        ("the digest of the plan", |b| b["plan_digest"] = b["digest"].clone()),
        ("the run", |b| b["run"] = json!("00000000")),
        ("the digest of the report", |b| b["report"]["digest"] = b["plan_digest"].clone()),
        ("a record", |b| {
            let kept = b["records"][5]["kept"].as_str().unwrap().to_owned() + " ";
            b["records"][5]["kept"] = json!(kept);
        }),
        ("a time", |b| b["records"][5]["at"] = json!("2020-01-01T00:00:00.000Z")),
        ("a removed record", |b| drop(b["records"].as_array_mut().unwrap().remove(5))),
        ("an exchange", |b| b["records"].as_array_mut().unwrap().swap(4, 5)),
        ("a record twice", |b| {
            let record = b["records"][5].clone();
            b["records"].as_array_mut().unwrap().insert(5, record);
        }),
        ("no records", |b| b["records"] = json!([])),
        ("contents", |b| drop(b["contents"].as_array_mut().unwrap().pop())),
        // From here on the chain is made anew, as everybody can.
        ("another path", |b| forge(b, "\"step_started\",\"step\":\"gone\"", "gone.txt", "in/a.txt")),
        ("another argument", |b| forge(b, "\"step_started\",\"step\":\"flag\"", "touch flag", "touch more")),
        ("a change outside of critical", |b| {
            forge(
                b,
                "\"step_started\",\"step\":\"copy[0]\"",
                "\"path\":\"out/a.txt\",\"before\"",
                "\"path\":\"etc/a.txt\",\"before\"",
            )
        }),
        ("a yes to something else", |b| {
            let (digest, plan) =
                (b["digest"].as_str().unwrap().to_owned(), b["plan_digest"].as_str().unwrap().to_owned());
            forge(b, "\"approved\"", &digest, &plan);
        }),
        ("no yes", |b| {
            b["records"].as_array_mut().unwrap().remove(0);
            link_again(b);
        }),
        ("a step twice", |b| {
            let records = b["records"].as_array_mut().unwrap();
            let at = records
                .iter()
                .position(|r| r["kept"].as_str().unwrap().contains("\"step_succeeded\",\"step\":\"flag\""))
                .unwrap();
            // It began, its changes were observed, it ended.
            let again: Vec<Json> = records[at - 2..=at].to_vec();
            records.splice(at + 1..at + 1, again);
            link_again(b);
        }),
        ("changes of a program twice", |b| {
            let records = b["records"].as_array_mut().unwrap();
            let at = records
                .iter()
                .position(|r| r["kept"].as_str().unwrap().contains("\"step_observed\",\"step\":\"flag\""))
                .unwrap();
            records.insert(at + 1, records[at].clone());
            link_again(b);
        }),
        ("a change of a program outside of critical", |b| {
            forge(b, "\"step_observed\",\"step\":\"flag\"", "\"path\":\"flag\"", "\"path\":\"flags\"")
        }),
        ("a result out of nothing", |b| {
            let records = b["records"].as_array_mut().unwrap();
            let at = records
                .iter()
                .position(|r| r["kept"].as_str().unwrap().contains("\"step_started\",\"step\":\"flag\""))
                .unwrap();
            records.remove(at);
            link_again(b);
        }),
        ("a result of another type", |b| {
            forge(b, "\"step_succeeded\",\"step\":\"flag\"", "\"exit_code\":0", "\"exit_code\":\"0\"")
        }),
        ("a step that is not there", |b| {
            forge(b, "\"step_started\",\"step\":\"flag\"", "\"step\":\"flag\"", "\"step\":\"other\"")
        }),
        ("no event", |b| forge(b, "\"step_started\",\"step\":\"flag\"", "step_started", "step_imagined")),
        ("too early", |b| {
            let records = b["records"].as_array_mut().unwrap();
            let of = |part: &str| records.iter().position(|r| r["kept"].as_str().unwrap().contains(part)).unwrap();
            let (found, log) = (of("\"step_started\",\"step\":\"found\""), of("\"step_started\",\"step\":\"copy[0]\""));
            let record = records.remove(log);
            records.insert(found, record);
            link_again(b);
        }),
    ];
    let whole = export(&world());
    for (what, change) in changes {
        let mut bundle = whole.clone();
        change(&mut bundle);
        assert_ne!(bundle, whole, "{what}");
        let said = verify_json(&bundle, &[]);
        assert_eq!(said.code, Some(4), "{what}: {}", said.short());
        assert!(faults(&said).len() > 20, "{what}: {}", said.short());
    }
}

/// planc ended while the program was in its cell: nothing had been done, and it was run again.
#[test]
fn a_program_that_was_cut_off_in_its_cell_may_begin_again() {
    let mut bundle = attempts::cut_off(&export(&world()));
    verify_json(&bundle, &[]).exits(0);
    // In the open it may have acted twice.
    let open = bundle["bound"].as_str().unwrap().replace("\"open\":[]", "\"open\":[\"sh -c\"]");
    assert_ne!(bundle["bound"], json!(open));
    bundle["bound"] = json!(open);
    verify_json(&bundle, &[]).exits(4).says("may act twice");
}

#[test]
fn a_shorter_chain_is_found_by_its_head() {
    let whole = export(&world());
    let head = whole["records"].as_array().unwrap().last().unwrap()["link"].as_str().unwrap().to_owned();
    let mut bundle = whole;
    bundle["records"].as_array_mut().unwrap().pop();
    let said = verify_json(&bundle, &[]).exits(0);
    assert!(said.json()["unchecked"].to_string().contains("it was not over"), "{}", said.short());
    verify_json(&bundle, &["--head", &head]).exits(4);
}

#[test]
fn what_is_no_bundle_is_refused() {
    let whole = serde_json::to_vec(&export(&world())).unwrap();
    let with = |change: fn(&mut Json)| {
        let mut bundle: Json = serde_json::from_slice(&whole).unwrap();
        change(&mut bundle);
        serde_json::to_vec(&bundle).unwrap()
    };
    let deep = |open: &str, close: &str| {
        format!("{{\"evidence\":1,\"run\":{}{}}}", open.repeat(200_000), close.repeat(200_000)).into_bytes()
    };
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("half", whole[..whole.len() / 2].to_vec()),
        ("no text", vec![0xff; 1000]),
        ("zeros", vec![0; 1 << 20]),
        ("compressed", [&[0x1f, 0x8b, 8, 0][..], &[0; 1000]].concat()),
        ("a list", b"[]".to_vec()),
        ("a number", b"1".to_vec()),
        ("deep lists", deep("[", "]")),
        ("deep records", deep("{\"a\":", "1}")),
        ("a later form", with(|b| b["evidence"] = json!(2))),
        ("a huge form", with(|b| b["evidence"] = json!(1e300))),
        ("another type", with(|b| b["records"] = json!("many"))),
        ("a negative number", with(|b| b["records"][0]["seq"] = json!(-1))),
        ("more than is known", with(|b| b["extract_to"] = json!("../../etc/passwd"))),
        ("two things behind each other", [whole.clone(), whole.clone()].concat()),
        ("many texts", with(|b| b["sources"] = json!(vec![b["sources"][0].clone(); 5000]))),
    ];
    for (what, bytes) in files {
        let said = verify(&bytes, &[]);
        assert_eq!(said.code, Some(2), "{what}: {}", said.short());
        assert!(said.short().contains("bundle") && said.short().len() < 2000, "{what}: {}", said.short());
    }
    // Names lead nowhere, and numbers past the end count as gaps.
    let said = verify(&with(|b| b["sources"][0]["name"] = json!("../../../etc/passwd\u{1b}[2J")), &[]);
    assert!(said.code == Some(0) && !said.short().contains('\u{1b}'), "{}", said.short());
    verify(&with(|b| b["records"][1]["seq"] = json!(u64::MAX)), &[]).exits(4);
    let place = Place::new();
    let long = place.at("long");
    fs::File::create(&long).unwrap().set_len(10 << 30).unwrap();
    place.planc(&["verify", &long.display().to_string()]).exits(2).says("longer than 256 MiB");
    place.planc(&["verify", &place.ws().display().to_string()]).exits(2);
    place.planc(&["verify", "--key", "/nowhere", "p.pl"]).exits(2);
}

#[test]
fn secrets_stay_sealed_and_open_with_their_key() {
    let place = Place::new();
    let secret = "hunter2-\"quoted\"-hunter2";
    fs::write(place.at("token"), secret).unwrap();
    let text = "plan \"Sealed\" {\n  input token: string secret\n  let shown = reveal(token, \"the file is for it\")\n  critical { create \"a.txt\" \n run \"sh -c\" }\n  step a = fs.write(path: \"a.txt\", text: shown)\n  step b = process.run(argv: [\"sh\", \"-c\", \"cat; echo\"], stdin: token)\n}\n";
    place.put("p.pl", text);
    let input = format!("token={}", place.at("token").display());
    let digest = place.digest_with(&["plan", "p.pl", "--input-file", &input]);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl", "--input-file", &input]).exits(0);
    let bundle = export(&place);
    let whole = bundle.to_string();
    assert!(!whole.contains("hunter2"), "the secret is not in the bundle");
    let said = verify_json(&bundle, &[]).exits(0);
    assert!(said.json()["unchecked"].to_string().contains("--key"), "{}", said.short());
    let key = place.state().display().to_string();
    let opened = verify_json(&bundle, &["--key", &key]).exits(0);
    assert!(!opened.json()["unchecked"].to_string().contains("--key") && !opened.short().contains("hunter2"));
    let other = world();
    verify_json(&bundle, &["--key", &other.state().display().to_string()]).exits(4).says("another key");
    let mut shown = bundle.clone();
    shown["shown"].as_array_mut().unwrap().pop();
    verify_json(&shown, &[]).exits(4);
}

#[test]
fn a_plan_that_has_not_run_leaves_no_evidence() {
    let place = Place::new();
    place.put("p.pl", "plan \"p\" {\n  critical { create \"a\" }\n  step a = fs.write(path: \"a\", text: \"a\")\n}\n");
    place.planc(&["plan", "--quiet", "p.pl"]).exits(0);
    place.planc(&["evidence", &place.last_run()]).exits(2).says("it has not begun");
    place.planc(&["evidence", "nothing"]).exits(2).says("there is no run");
}

/// A yes that was signed for one thing is none for another, whatever stands beside it in a bundle that somebody made.
#[test]
fn what_was_signed_counts_and_not_what_stands_beside_it() {
    use planc::approval::{Signed, Terms, sign_with_key};
    let place = Place::new();
    place.put("p.pl", "plan \"w\" {\n  input n: int = 1\n  critical {\n    create \"made\"\n    modify \"made\"\n  }\n  step a = fs.write(path: \"made\", text: \"${n}\")\n}\n");
    let key = ssh_key::PrivateKey::from(ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]));
    let signers = place.at("out/signers");
    fs::write(&signers, format!("ann {}\n", key.public_key().to_openssh().unwrap())).unwrap();
    let signers = signers.display().to_string();
    let (statement, digest) = (place.at("out/statement.json"), place.digest("p.pl"));
    place.planc(&["approve", &digest, "--statement", &statement.display().to_string()]).exits(0);
    let statement = fs::read_to_string(statement).unwrap();
    let signature = sign_with_key(&key, statement.as_bytes()).unwrap().text();
    let signed = serde_json::to_value(Signed { statement, signature }).unwrap();
    // A run of the same plan over another input, with that signature and words that make it one to many runs of this.
    let bundle_of = |input: &str| {
        let other = place.digest_with(&["plan", "p.pl", "--input", input]);
        place.planc(&["run", &format!("--approve={other}"), "p.pl", "--input", input]).exits(0);
        (export(&place), other)
    };
    for (input, wanted, is_it) in [("n=1", 1, true), ("n=2", 1, false), ("n=3", 5, false)] {
        let (mut bundle, other) = bundle_of(input);
        let records = bundle["records"].as_array_mut().unwrap();
        let mut approved: Json = serde_json::from_str(records[0]["kept"].as_str().unwrap()).unwrap();
        let yes = &mut approved["approval"];
        assert_eq!(yes["digest"], json!(other));
        yes["digest"] = json!(digest);
        yes["signed"] = signed.clone();
        if wanted > 1 {
            yes["terms"] = serde_json::to_value(Terms { uses: wanted, ..Terms::default() }).unwrap();
        }
        records[0]["kept"] = json!(approved.to_string());
        link_again(&mut bundle);
        let said = verify_json(&bundle, &["--signers", &signers]).exits(if is_it { 0 } else { 4 });
        assert!(is_it || faults(&said).contains("is for sha256:"), "{input}: {}", said.short());
    }
}

#[test]
fn a_report_that_shows_something_else_than_was_approved_is_found() {
    let bundle = export(&world());
    for (what, change) in [
        (
            "the input `mark`",
            (|bundle: &mut Json| bundle["report"]["inputs"][0]["value"] = json!("harmless")) as fn(&mut Json),
        ),
        ("`path` of `gone`", |bundle| {
            let steps = bundle["report"]["steps"].as_array_mut().unwrap();
            let gone = steps.iter_mut().find(|step| step["name"] == "gone").unwrap();
            gone["args"]["path"] = json!("harmless.txt");
        }),
        ("something else that was looked at", |bundle| {
            bundle["report"]["observations"].as_array_mut().unwrap().pop();
        }),
        ("something else that was looked at", |bundle| {
            bundle["report"]["observations"][0]["seen"] = json!("absent");
        }),
    ] {
        let mut other = bundle.clone();
        change(&mut other);
        assert_ne!(other, bundle);
        let said = verify_json(&other, &[]).exits(4);
        assert!(faults(&said).contains(what), "{what}: {}", said.short());
    }
}
