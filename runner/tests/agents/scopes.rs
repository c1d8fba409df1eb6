//! In which scope an agent is: only a credential of the file that `planc.toml` names says that, and what is said of the scope counts.

use super::http::Server;
use super::support::{Place, called, writing};
use serde_json::{Value, json};

const RULE: &str =
    "[[policy.rule]]\nscopes = [\"acme\"]\neffects = [\"creates\"]\ndecision = \"deny\"\nreason = \"acme looks\"\n";

fn secret(of: char) -> String {
    of.to_string().repeat(40)
}

/// What a server answers who brings this credential, and whether the file was written.
async fn written(place: &Place, args: &[&str], secret: String) -> (String, bool) {
    let mut server = Server::start(place, args);
    server.secret = secret;
    let answered = server.call("fs__write", json!({ "path": "b.txt", "text": "x\n" })).await;
    let is_there = place.has("b.txt");
    if is_there {
        std::fs::remove_file(place.workspace().join("b.txt")).unwrap();
    }
    (answered.text, is_there)
}

#[tokio::test]
async fn a_file_of_ones_own_vouches_for_no_scope() {
    let scopes = "[mode.scopes]\n\"acme\" = \"inherit\"\n\"beta\" = \"execute\"\n[agents]\nplan = \"never\"\n";
    for (mode, is_set) in [("scope = \"acme\"\n", true), ("scope = \"acme\"\n", false), ("default = \"plan\"\n", false)]
    {
        let place = Place::new("");
        let operators = place.private("operators", &format!("beta: {}\nacme: {}\n", secret('b'), secret('a')));
        let own = place.private("own", &format!("beta: {}\n", secret('o')));
        let config = |named: &str| format!("[mode]\n{mode}{scopes}{named}{RULE}");
        place.write("planc.toml", &config(""));
        if is_set {
            place.prints(&["mode", "set", "plan", "--scope", "acme", "--why", "frozen"]);
        }
        // Nothing is named: neither a file of one's own nor one in the state directory says it, and neither does who reaches the port.
        place.server(&[]).hang_up();
        place.private("state/agents", &format!("beta: {}\n", secret('s')));
        for (args, secret) in [
            (&["--credentials", own.as_str()] as &[&str], secret('o')),
            (&[], secret('s')),
            (&["--no-credentials"], secret('x')),
        ] {
            let (text, is_there) = written(&place, args, secret).await;
            assert!(!is_there && text.contains("Tool denied"), "{mode} {args:?}: {text}");
        }
        // The operator's file says it, and is the one that counts where none is said.
        place.write("planc.toml", &config(&format!("credentials = \"{operators}\"\n")));
        let (text, is_there) = written(&place, &["--credentials", &own], secret('o')).await;
        assert!(!is_there, "{mode}: {text}");
        for args in [&["--credentials", operators.as_str()] as &[&str], &[]] {
            let (text, is_there) = written(&place, args, secret('b')).await;
            assert!(is_there, "{mode} {args:?}: {text}");
            let (text, is_there) = written(&place, args, secret('a')).await;
            assert!(!is_there, "{mode} {args:?}: {text}");
        }
    }
}

#[tokio::test]
async fn a_name_in_a_file_of_ones_own_is_nobody_elses() {
    let place = Place::new("");
    let real = place.private("real", &format!("victim: {}\n", secret('a')));
    let own = place.private("own", &format!("victim: {}\n", secret('b')));
    for named in
        [String::new(), format!("[mode.scopes]\n\"victim\" = \"inherit\"\n[agents]\ncredentials = \"{real}\"\n")]
    {
        place.write("planc.toml", &named);
        let mut server = Server::start(&place, &["--credentials", &real]);
        server.secret = secret('a');
        server.call("plan_write", json!({ "text": writing("b.txt") })).await;
        let handed = server.call("plan_exit", json!({})).await.data;
        let mut other = Server::start(&place, &["--credentials", &own]);
        other.secret = secret('b');
        let aborted = other
            .stateless("tools/call", json!({ "name": "plan_abort", "arguments": { "session": handed["session"] } }))
            .await;
        assert!(aborted.to_string().contains("there is no such session"), "{aborted}");
        assert_eq!(server.call("plan_status", json!({})).await.data["phase"], "waiting");
    }
}

#[tokio::test]
async fn a_scope_that_nobody_declared_is_in_plan_mode() {
    let place = Place::new("");
    let operators = place.private("operators", &format!("gamma: {}\n{}\n", secret('g'), secret('n')));
    let config = |scopes: &str| format!("{scopes}[agents]\nplan = \"never\"\ncredentials = \"{operators}\"\n");
    place.write("a.txt", "a\n");
    for scopes in ["", "[mode.scopes]\n\"acme\" = \"execute\"\n"] {
        place.write("planc.toml", &config(scopes));
        let (text, is_there) = written(&place, &[], secret('g')).await;
        assert!(!is_there && text.contains("the scope `gamma` is not declared"), "{text}");
        assert_eq!(text.matches("plan mode is active").count(), 1, "{text}");
        let mut server = Server::start(&place, &[]);
        server.secret = secret('g');
        let read = server.call("fs__read", json!({ "path": "a.txt" })).await;
        assert!(!read.is_error, "{}", read.text);
        // A credential without a name is in the scope of the workspace.
        assert!(written(&place, &[], secret('n')).await.1);
    }
    place.write("planc.toml", &config("[mode.scopes]\n\"gamma\" = \"inherit\"\n"));
    assert!(written(&place, &[], secret('g')).await.1);
    // A rule about a scope that is none would be about nobody.
    place.write("planc.toml", &config(RULE));
    let output = place.planc(&["mode"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("the scope `acme` is not declared"), "{said}");
}

#[tokio::test]
async fn a_standing_answer_is_for_the_scope_of_the_session() {
    let place = Place::new("");
    let operators = place.private("operators", &format!("beta: {}\nacme: {}\n", secret('b'), secret('a')));
    place.write(
        "planc.toml",
        &format!("[mode]\nscope = \"acme\"\n[mode.scopes]\n\"acme\" = \"inherit\"\n\"beta\" = \"inherit\"\n[policy]\n\"fs.write\" = \"ask\"\n[approval]\nelicitation = \"any\"\n[agents]\ncredentials = \"{operators}\"\n"),
    );
    std::fs::create_dir(place.workspace().join("docs")).unwrap();
    let grant = |scope: &str, path: &str| {
        let bound = format!("path={path}");
        place.says_yes(&["grants", "add", "fs.write", "--where", &bound, "--scope", scope, "--why", "docs"]);
    };
    grant("acme", "docs/**");
    for (of, name, is_answered) in
        [('b', "docs/one.txt", false), ('a', "docs/two.txt", true), ('b', "docs/three.txt", true)]
    {
        if name == "docs/three.txt" {
            grant("beta", "docs/**");
        }
        let mut server = Server::start(&place, &[]);
        server.secret = secret(of);
        server.call("plan_enter", json!({})).await;
        server.call("plan_write", json!({ "text": writing(name) })).await;
        let exit = |more: Value| {
            let mut params = json!({ "name": "plan_exit", "arguments": {} });
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": { "form": {} } });
            more.as_object().unwrap().iter().for_each(|(key, value)| params[key] = value.clone());
            params
        };
        let asked = server.stateless("tools/call", exit(json!({}))).await;
        let accept = json!({ "approval": { "action": "accept", "content": {} } });
        let state = &asked["result"]["requestState"];
        let yes =
            server.stateless("tools/call", exit(json!({ "requestState": state, "inputResponses": accept }))).await;
        let plan = called(&yes["result"]).data["plan_id"].clone();
        let ran = server.call("plan_run", json!({ "plan_id": plan })).await;
        assert_eq!(place.has(name), is_answered, "{of} {name}: {}", ran.text);
        assert!(is_answered || ran.text.contains("waits for a person's yes"), "{}", ran.text);
    }
}
