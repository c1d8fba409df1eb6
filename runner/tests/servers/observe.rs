//! `planc tools observe`: a hint for reviewers, from one call in a copy of the workspace.

use super::place::{Place, Said, picture};
use super::typed::typed;
use super::{log, reviewed, wire};

/// What is said of a call that a person has said yes to.
fn observed(place: &Place, args: &[&str]) -> Said {
    let all: Vec<&str> = ["tools", "observe"].iter().chain(args).copied().collect();
    let (screen, code) = typed(place, &all, &[("Only `yes` is a yes:", "yes")]);
    // A terminal ends lines in its own way.
    Said { code: Some(code as i32), out: screen.replace('\r', ""), err: String::new() }
}

#[test]
fn a_call_that_changes_nothing_holds() {
    let place = reviewed();
    place.put("kept.txt", "kept");
    let before = picture(&place.ws());
    let said = observed(&place, &["mock.get_all", "--arg", "Odd_Name=x"]).exits(0);
    assert!(said.out.contains("nothing was different after the call"), "{}", said.short());
    assert!(said.out.contains("It is a hint"), "{}", said.short());
    assert_eq!(log(&place), ["get-all {\"Odd-Name\":\"x\"} -"]);
    assert_eq!(picture(&place.ws()), before);
    let said = observed(&place, &["--format", "json", "mock.get_all"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&said.out[said.out.find("\n{").unwrap()..]).unwrap();
    assert_eq!((&json["verdict"], &json["server_claims"]), (&"held".into(), &true.into()), "{json}");
}

#[test]
fn what_a_call_writes_is_seen_in_the_copy_and_nowhere_else() {
    let place = reviewed();
    place.put("kept.txt", "kept").put("old/gone.txt", "gone");
    wire(&place, "scribbles", "");
    let before = picture(&place.ws());
    let said = observed(&place, &["mock.get_all"]).exits(4);
    for line in ["changed kept.txt", "created new.txt", "deleted old/gone.txt", "created ~/.mock"] {
        assert!(said.out.contains(line), "{line}: {}", said.short());
    }
    assert!(said.out.contains("its server and the catalogue say that it only reads"), "{}", said.short());
    assert_eq!(picture(&place.ws()), before, "the workspace itself is as it was");
    assert!(!place.at("home/.mock").exists());
    // A tool that says what it does is looked at in the same way.
    observed(&place, &["mock.put", "--arg", "key=a", "--arg", "value=b"]).exits(4).says("changed kept.txt");
}

#[test]
fn a_call_that_fails_says_little() {
    let place = reviewed();
    wire(&place, "error", "");
    let said = observed(&place, &["mock.put", "--arg", "key=a", "--arg", "value=b"]).exits(4);
    assert!(said.out.contains("the call failed, and nothing was different"), "{}", said.short());
    assert!(said.out.contains("it said: `mock.put` answered with an error: it failed"), "{}", said.short());
}

#[test]
fn what_cannot_be_observed_is_refused() {
    let place = reviewed();
    place.planc(&["tools", "observe", "mock.put"]).exits(2).says("needs the argument `key`");
    place.planc(&["tools", "observe", "mock.put", "--arg", "kye=a"]).exits(2).says("has no parameter `kye`");
    place.planc(&["tools", "observe", "mock.get_oll"]).exits(2).says("did you mean `mock.get_all`?");
    place.planc(&["tools", "observe", "fs.read", "--arg", "path=a"]).exits(2).says("planc's own");
    let wiring = "[catalogues]\nfiles = [\"catalogues/*.pl\"]\n[servers.mock]\nurl = \"http://127.0.0.1:1/\"\n";
    place.put("planc.toml", wiring);
    observed(&place, &["mock.get_all"]).exits(2).says("runs elsewhere");
    assert_eq!(log(&place).len(), 0);
}

#[test]
fn nothing_is_called_unless_a_person_says_so() {
    let place = reviewed();
    place.put("planc.toml", format!("{}\n[policy]\n\"mock.*\" = \"deny\"\n", place.get("planc.toml")));
    for tool in ["mock.get_all", "mock.put"] {
        let args = ["tools", "observe", tool, "--arg", "key=a", "--arg", "value=b"];
        let args = if tool == "mock.put" { &args[..] } else { &args[..3] };
        place.planc(args).exits(6).says("nobody has said that it may be");
        let (screen, code) = typed(&place, args, &[("Only `yes` is a yes:", "no")]);
        assert!(code == 3 && screen.contains("nothing was called"), "{screen}");
    }
    assert_eq!(log(&place).len(), 0);
}
