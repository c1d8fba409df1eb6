//! `planc tools observe`: a hint for reviewers, from one call in a copy of the workspace.

use super::place::picture;
use super::{log, reviewed, wire};

#[test]
fn a_call_that_changes_nothing_holds() {
    let place = reviewed();
    place.put("kept.txt", "kept");
    let before = picture(&place.ws());
    let said = place.planc(&["tools", "observe", "mock.get_all", "--arg", "Odd_Name=x"]).exits(0);
    assert!(said.out.contains("nothing was different after the call"), "{}", said.short());
    assert!(said.out.contains("It is a hint"), "{}", said.short());
    assert_eq!(log(&place), ["get-all {\"Odd-Name\":\"x\"} -"]);
    assert_eq!(picture(&place.ws()), before);
    let json = place.planc(&["--format", "json", "tools", "observe", "mock.get_all"]).exits(0).json();
    assert_eq!((&json["verdict"], &json["server_claims"]), (&"held".into(), &true.into()), "{json}");
}

#[test]
fn what_a_call_writes_is_seen_in_the_copy_and_nowhere_else() {
    let place = reviewed();
    place.put("kept.txt", "kept").put("old/gone.txt", "gone");
    wire(&place, "scribbles", "");
    let before = picture(&place.ws());
    let said = place.planc(&["tools", "observe", "mock.get_all"]).exits(4);
    for line in ["changed kept.txt", "created new.txt", "deleted old/gone.txt", "created ~/.mock"] {
        assert!(said.out.contains(line), "{line}: {}", said.short());
    }
    assert!(said.out.contains("its server and the catalogue say that it only reads"), "{}", said.short());
    assert_eq!(picture(&place.ws()), before, "the workspace itself is as it was");
    assert!(!place.at("home/.mock").exists());
    // A tool that says what it does is looked at in the same way.
    place
        .planc(&["tools", "observe", "mock.put", "--arg", "key=a", "--arg", "value=b"])
        .exits(4)
        .says("changed kept.txt");
}

#[test]
fn a_call_that_fails_says_little() {
    let place = reviewed();
    wire(&place, "error", "");
    let said = place.planc(&["tools", "observe", "mock.put", "--arg", "key=a", "--arg", "value=b"]).exits(4);
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
    place.planc(&["tools", "observe", "mock.get_all"]).exits(2).says("runs elsewhere");
    assert_eq!(log(&place).len(), 0);
}
