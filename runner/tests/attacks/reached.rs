//! A standing answer for a tool of a server: for the server that it was given for, and for no other.

use crate::place::Place;
use crate::servers::{calls, place};
use crate::terminal::{Act, on_terminal};
use std::fs;

/// As it was reached then, with the variables that it got.
#[test]
fn a_standing_answer_is_for_no_other_server() {
    let mut place = place();
    let config = place.get("planc.toml").replace("read = [\"docs/**\"]\n[catalogues]", "[catalogues]");
    let config = config.replace("read = [\"docs/**\"]\n", "") + "pass_env = [\"CRM_ENV\", \"UNSET\"]\n";
    let asks = "[policy]\n\"files.get\" = \"ask\"\n";
    place.put("planc.toml", format!("{config}{asks}"));
    let run = "plan \"L\" {\n  critical {\n    read \"docs/**\"\n  }\n  step a = files.get(path: \"docs/a\")\n}\n";
    place.put("p.pl", run);
    let with = |place: &mut Place, variables: &[(&str, &str)]| {
        place.env = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    };
    let give = |place: &Place| {
        let add = ["grants", "add", "files.get", "--any", "path", "--why", "staging"];
        let (code, shown) = on_terminal(place, &add, "Only `yes` is a yes: ", &Act::Type(b"yes\n"));
        assert_eq!(code, 0, "{shown}");
    };
    let answers = |place: &Place| {
        let said = place.planc(&["plan", "--format", "json", "p.pl"]).exits(0);
        said.json()["steps"][0]["standing_yes"].as_bool().unwrap_or(false)
    };
    with(&mut place, &[("CRM_ENV", "staging")]);
    give(&place);
    let listed = place.planc(&["grants"]).exits(0).says("while its server is reached as it was then");
    listed.says("while the variable `CRM_ENV` is as it was then").says("while the variable `UNSET` is not set");
    assert!(answers(&place));
    let held =
        [vec![("CRM_ENV", "production")], vec![("CRM_ENV", "")], vec![], vec![("CRM_ENV", "staging"), ("UNSET", "x")]];
    for variables in held {
        with(&mut place, &variables);
        assert!(!answers(&place), "{variables:?}");
        let said = place.planc(&["run", "--approve", "p.pl"]);
        assert!(said.code != Some(0) && calls(&place).is_empty(), "{variables:?}: {}", said.short());
    }
    // What it does not get, and how it speaks, is nobody's matter.
    with(&mut place, &[("CRM_ENV", "staging"), ("LANG", "de_DE.UTF-8"), ("PATH", "/tmp:/usr/local/bin:/usr/bin:/bin")]);
    assert!(answers(&place));
    let other = place.at("server2.sh").display().to_string();
    fs::copy(place.at("server.sh"), &other).unwrap();
    let first = place.at("server.sh").display().to_string();
    for (wired, is_same) in [
        (config.replace(&first, &other), false),
        (config.replace("env = {", "args = [\"--production\"]\nenv = {"), false),
        (config.replace("env = { ", "env = { HOST = \"x\", "), false),
        (config.replace("pass_env = [\"CRM_ENV\", \"UNSET\"]", "pass_env = [\"CRM_ENV\"]"), false),
        // Limits, and what is read early, are no other server.
        (format!("{config}timeout_ms = 5000\nmax_result_bytes = 4096\n"), true),
        (format!("{config}read = [\"other/**\"]\n"), true),
    ] {
        place.put("planc.toml", format!("{wired}{asks}"));
        assert_eq!(answers(&place), is_same, "{wired}");
    }
    // Nor is a program that was brought up to date.
    place.put("planc.toml", format!("{config}{asks}"));
    fs::write(&first, format!("{}\n# newer\n", fs::read_to_string(&first).unwrap())).unwrap();
    assert!(answers(&place));
    // Headers are tokens: another one is the same server, another address is not.
    let url = |port: u16| {
        format!(
            "[catalogues]\nfiles = [\"files.pl\"]\n[servers.files]\nurl = \"http://127.0.0.1:{port}/mcp\"\nheaders_from_env = {{ Authorization = \"TOKEN\" }}\n{asks}"
        )
    };
    place.put("planc.toml", url(9));
    assert!(!answers(&place));
    with(&mut place, &[("TOKEN", "Bearer a")]);
    give(&place);
    with(&mut place, &[("TOKEN", "Bearer b")]);
    assert!(answers(&place));
    place.put("planc.toml", url(10));
    assert!(!answers(&place));
}
