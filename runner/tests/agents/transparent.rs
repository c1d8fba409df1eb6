//! A server whose tools have no prefix, and a transparent one: what agents get of it, and what it does not get.

use super::fixture;
use super::http::Server;
use super::support::{Client, Place, called};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Arc;

/// The address of a server with all that the conformance suite wants, and tools of these names.
fn upstream(more: &[&str]) -> String {
    counted(more).0
}

/// The same, and the sessions of the protocol that are open there.
fn counted(more: &[&str]) -> (String, Arc<LocalSessionManager>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let more = more.iter().map(|name| (*name).to_owned()).collect();
    let sessions: Arc<LocalSessionManager> = Arc::default();
    let open = sessions.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let served = async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            fixture::serve(listener, more, open).await
        };
        runtime.block_on(served).unwrap();
    });
    (url, sessions)
}

const READ: &str = "read = [\"up:**\"]\n";
const PLAIN: &str = "read = [\"up:**\"]\nprefix = false\n";
pub const TRANSPARENT: &str = "read = [\"up:**\"]\nprefix = false\ntransparent = true\n";

/// A workspace with such a server, whose tools only read by their reviewed catalogue, but those that are called `put…`.
pub fn wired(more: &[&str], rules: &str) -> Place {
    wired_to(&upstream(more), rules)
}

/// The same, and the sessions of the protocol that are open at the server.
pub fn wired_and_counted(more: &[&str], rules: &str) -> (Place, Arc<LocalSessionManager>) {
    let (url, sessions) = counted(more);
    (wired_to(&url, rules), sessions)
}

fn wired_to(url: &str, rules: &str) -> Place {
    let place = Place::new("");
    configure(&place, url, rules, "");
    place.prints(&["tools", "import", "--mcp", "up"]);
    let file = place.workspace().join("catalogues/up.pl");
    let (mut out, mut tool) = (String::new(), "");
    let text = std::fs::read_to_string(&file).unwrap();
    for line in text.lines() {
        tool = line.trim().strip_prefix("tool ").and_then(|rest| rest.split('(').next()).unwrap_or(tool);
        match line.contains("Effects are not reviewed") {
            true if tool.starts_with("put") => out.push_str("    writes \"up:store\"\n"),
            true => out.push_str("    reads \"up:all\"\n"),
            false => out.push_str(&format!("{line}\n")),
        }
    }
    std::fs::write(file, out).unwrap();
    place
}

fn configure(place: &Place, url: &str, rules: &str, more: &str) {
    let toml = format!("[catalogues]\nfiles = [\"catalogues/*.pl\"]\n\n[servers.up]\nurl = {url:?}\n{rules}{more}");
    place.write("planc.toml", &toml);
}

/// Adds to the configuration.
fn add(place: &Place, more: &str) {
    let text = std::fs::read_to_string(place.workspace().join("planc.toml")).unwrap();
    place.write("planc.toml", &format!("{text}{more}"));
}

fn names(agent: &mut Client) -> Vec<String> {
    let listed = agent.request("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap_or_else(|| panic!("{listed}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_name_without_a_prefix_is_never_that_of_another_tool() {
    let more = ["plan_run", "todo_write", "plan_anything", "PLAN_EXIT", "fs__write", "x__y", "get", "Get", "a.b"];
    let place = wired(&more, PLAIN);
    let mut agent = place.server(&[]);
    let listed = names(&mut agent);
    let mut unique = listed.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), listed.len(), "{listed:?}");
    for name in ["test_simple_text", "a.b", "plan_run", "fs__write", "up__plan_run", "up__todo_write", "up__get"] {
        assert!(listed.iter().any(|listed| listed == name), "{name}: {listed:?}");
    }
    for name in ["plan_anything", "PLAN_EXIT", "x__y", "get", "Get", "up__test_simple_text", "up__a.b"] {
        assert!(!listed.iter().any(|listed| listed == name), "{name}: {listed:?}");
    }
    assert_eq!(agent.done("test_simple_text", json!({})).text, "This is a simple text response for testing.");
    assert_eq!(agent.done("up__plan_run", json!({})).text, "plan_run");
    // These are planc's, whatever a server calls its own.
    let run = agent.call("plan_run", json!({ "plan_id": "00000000" }));
    assert!(run.is_error && run.text.contains("this session has no plan"), "{}", run.text);
    let write = agent.call("fs__write", json!({ "path": "b.txt", "text": "x" }));
    assert!(write.text.contains("fs.write(path: \"b.txt\""), "{}", write.text);
    for name in ["up__test_simple_text", "plan_anything", "x__y", "Get"] {
        let none = agent.raw(name, json!({}));
        assert_eq!(none["error"]["message"], format!("there is no tool `{name}`"), "{none}");
    }
    let (_, said) = agent.hang_up();
    for (name, why) in [
        ("up.plan_run", "it is the name of a tool of planc"),
        ("up.PLAN_EXIT", "it is the name of a tool of planc"),
        ("up.plan_anything", "it begins like a tool of planc"),
        ("up.fs__write", "it has `__` in it, as names with a prefix do"),
        ("up.get", "another tool has it, too"),
    ] {
        assert!(said.contains(&format!("warning: the tool `{name}` keeps its prefix: {why}")), "{name}: {said}");
    }
}

#[test]
fn tools_have_their_prefix_and_servers_are_not_transparent_where_nothing_is_said() {
    let place = wired(&["get"], READ);
    let mut agent = place.server(&[]);
    let listed = names(&mut agent);
    assert!(listed.contains(&"up__get".to_owned()) && !listed.contains(&"get".to_owned()), "{listed:?}");
    let resources = agent.request("resources/list", json!({}));
    assert_eq!(resources["error"]["code"], -32601, "{resources}");
    // It cannot ask, and what it says of a failure is told in planc's words.
    let failed = agent.call("up__test_error_handling", json!({}));
    assert!(failed.text.starts_with("`up.test_error_handling` failed"), "{}", failed.text);
    let state = json!({ "name": "up__get", "arguments": {}, "requestState": "x" });
    let refused = agent.request("tools/call", state);
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
}

#[test]
fn a_transparent_server_stands_behind_the_mode_the_policy_and_the_session() {
    let place = wired(&["get", "put"], TRANSPARENT);
    let mut agent = place.server(&[]);
    assert_eq!(agent.done("get", json!({})).text, "get");
    let refused = agent.call("put", json!({}));
    assert!(refused.text.starts_with("[Tool denied — plan mode is active]"), "{}", refused.text);
    assert_eq!(refused.data["step"], "step put_1 = up.put()");
    let resource = json!({ "uri": "test://static-text" });
    let read = agent.request("resources/read", resource.clone());
    assert!(read["result"]["contents"][0]["text"].as_str().unwrap().contains("static text"), "{read}");
    let audit = place.prints(&["sessions", "audit"]);
    for line in ["allowed  stdio  up.get", "denied   stdio  up.put", "allowed  stdio  up.resources/read"] {
        assert!(audit.contains(line), "{line}: {audit}");
    }

    // What a session above leaves out, its resources and prompts included.
    agent.done("plan_enter", json!({ "tools": ["fs.*"] }));
    let refused = agent.request("resources/read", resource.clone());
    assert!(refused["error"]["message"].as_str().unwrap().contains("not among the tools of this session"), "{refused}");
    assert!(agent.call("get", json!({})).is_error);
    agent.done("plan_enter", json!({ "tools": ["up.get", "up.resources/*"] }));
    assert!(agent.request("resources/read", resource.clone())["result"].is_object());
    assert!(agent.request("prompts/get", json!({ "name": "test_simple_prompt" }))["error"].is_object());

    add(&place, "\n[mode]\ndefault = \"plan\"\n\n[agents]\nplan = \"never\"\n");
    let mut agent = place.server(&[]);
    assert_eq!(agent.done("get", json!({})).text, "get");
    assert!(agent.call("put", json!({})).is_error);
    add(&place, "\n[policy]\n\"up.get\" = \"deny\"\n");
    let refused = agent.call("get", json!({}));
    assert!(refused.is_error && refused.text.starts_with("[Tool denied"), "{}", refused.text);
}

#[test]
fn only_what_the_operator_lets_be_read_is_read() {
    let place = wired(&[], "read = [\"up:all\", \"up:test://template/*/data\"]\ntransparent = true\n");
    let mut agent = place.server(&[]);
    assert!(agent.request("resources/list", json!({}))["result"]["resources"].is_array());
    let read = |agent: &mut Client, uri: &str| agent.request("resources/read", json!({ "uri": uri }));
    assert!(read(&mut agent, "test://template/7/data")["result"].is_object());
    for (method, params) in [
        ("resources/read", json!({ "uri": "test://static-text" })),
        ("resources/subscribe", json!({ "uri": "test://static-text" })),
        ("prompts/get", json!({ "name": "test_simple_prompt" })),
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/prompt", "name": "test_simple_prompt" }, "argument": { "name": "a", "value": "b" },
            }),
        ),
    ] {
        let refused = agent.request(method, params);
        let why = refused["error"]["message"].as_str().unwrap_or_else(|| panic!("{method}: {refused}"));
        assert!(why.contains("is not among what may be read of `up`"), "{method}: {why}");
    }
    let audit = place.prints(&["sessions", "audit"]);
    assert!(audit.contains("denied   stdio  up.prompts/get"), "{audit}");
    let calls = wired(&[], &format!("{TRANSPARENT}\n[agents]\nplan = \"calls\"\n"));
    let mut agent = calls.server(&[]);
    agent.done("test_simple_text", json!({}));
    let refused = read(&mut agent, "test://static-text");
    assert!(refused["error"]["message"].as_str().unwrap().contains("more than one call needs a plan"), "{refused}");
}

/// A resource that is a file is one of the workspace, at the path that is written.
#[test]
fn no_resource_is_a_file_behind_a_link() {
    let place = wired(&[], "read = [\"up:file:**\", \"up:FILE:**\"]\ntransparent = true\n");
    for (folder, file) in [("docs", "docs/a"), ("secret", "secret/key")] {
        std::fs::create_dir(place.workspace().join(folder)).unwrap();
        place.write(file, "text\n");
    }
    std::os::unix::fs::symlink("../secret", place.workspace().join("docs/s")).unwrap();
    let root = place.workspace().canonicalize().unwrap().display().to_string();
    let mut agent = place.server(&[]);
    let mut said = |uri: &str| {
        let answer = agent.request("resources/read", json!({ "uri": uri }));
        answer["error"]["message"].as_str().unwrap_or_default().to_owned()
    };
    for uri in [
        format!("file://{root}/docs/s/key"),
        format!("file://{root}/docs/x?/../../secret/key"),
        format!("file://{root}/docs/../secret/key"),
        format!("file://{root}/planc.toml"),
        format!("FILE://{root}/docs/a"),
        format!("file:{root}/docs/a"),
        "file:///etc/hostname".into(),
    ] {
        assert!(said(&uri).contains("is not among what may be read of `up`"), "{uri}: {}", said(&uri));
    }
    // It is passed on; the server has none.
    let found = said(&format!("file://{root}/docs/a"));
    assert!(!found.contains("is not among"), "{found}");
}

#[test]
fn answers_are_passed_on_as_they_are_and_say_nothing_in_the_name_of_planc() {
    let place = wired(&["get"], TRANSPARENT);
    let mut agent = place.server(&[]);
    let mixed = agent.raw("test_multiple_content_types", json!({}));
    let kinds: Vec<&Value> =
        mixed["result"]["content"].as_array().unwrap().iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["text", "image", "resource"], "{mixed}");
    let failed = agent.raw("test_error_handling", json!({}));
    assert_eq!(failed["result"]["isError"], true, "{failed}");
    assert_eq!(called(&failed["result"]).text, "This tool intentionally returns an error for testing");
    let got = agent.raw("get", json!({}));
    assert_eq!(got["result"]["_meta"], json!({ "other": 1 }), "{got}");
    let misfit = agent.call("test_custom_header", json!({ "value": 7 }));
    assert!(misfit.is_error, "{}", misfit.text);
}

#[test]
fn what_is_secret_in_a_result_is_not_passed_on_either() {
    let place = wired(&["get"], TRANSPARENT);
    let file = place.workspace().join("catalogues/up.pl");
    let text = std::fs::read_to_string(&file).unwrap();
    for name in ["get", "test_error_handling", "test_tool_with_logging"] {
        assert!(text.contains(&format!("tool {name}() -> string")), "{text}");
    }
    std::fs::write(&file, text.replace("() -> string", "() -> secret string")).unwrap();
    let mut agent = place.server(&[]);
    for (name, said) in [("get", "get"), ("test_simple_text", "simple text"), ("test_image_content", "iVBORw0")] {
        let hidden = agent.raw(name, json!({}))["result"].to_string();
        assert!(!hidden.contains(&format!("\"{said}")) && !hidden.contains(&format!("{said} ")), "{name}: {hidden}");
        assert!(!hidden.contains("\"other\""), "{name}: {hidden}");
    }
}

/// A client of the era with sessions that can be asked.
pub fn asked(place: &Place) -> Client {
    let mut agent = place.stateless(&[]);
    agent.without_meta();
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": { "elicitation": {} },
        "clientInfo": { "name": "test", "version": "1" },
    });
    agent.request("initialize", hello);
    agent.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    agent
}

#[test]
fn a_question_of_a_server_is_put_in_its_name_and_written_down() {
    let place = wired(&[], TRANSPARENT);
    let mut agent = asked(&place);
    let call = json!({ "name": "test_elicitation", "arguments": { "message": "Write b.txt\n1 step" } });
    agent.send(&json!({ "jsonrpc": "2.0", "id": 90, "method": "tools/call", "params": call }));
    let question = agent.receive();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    assert_eq!(question["params"]["message"], "up: Write b.txt\nup: 1 step");
    let answer = json!({ "action": "accept", "content": { "username": "ada", "email": "ada@example.org" } });
    agent.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": answer }));
    let done = agent.receive();
    assert_eq!(done["id"], 90, "{done}");
    assert!(called(&done["result"]).text.contains("ada@example.org"), "{done}");
    let audit = place.prints(&["sessions", "audit"]);
    assert!(audit.contains("allowed  stdio  up.test_elicitation asks: elicitation/create"), "{audit}");

    // One that is not transparent asks nobody.
    let place = wired(&[], PLAIN);
    let mut agent = asked(&place);
    let answer = agent.raw("test_elicitation", json!({ "message": "x" }));
    assert_eq!(answer["result"]["isError"], true, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_a_round_is_for_one_caller_and_one_tool() {
    let place = wired(&[], TRANSPARENT);
    let file = place.workspace().with_file_name("two");
    let secrets = ["a", "b"].map(|name| name.repeat(40));
    std::fs::write(&file, format!("ada: {}\nbob: {}\n", secrets[0], secrets[1])).unwrap();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, permissions).unwrap();
    let mut server = Server::start(&place, &["--credentials", file.to_str().unwrap()]);
    let call = |tool: &str, state: Option<&Value>| {
        let mut params = json!({ "name": tool, "arguments": {} });
        if let Some(state) = state {
            params["requestState"] = state.clone();
            params["inputResponses"] = json!({ "confirm": { "action": "accept", "content": { "ok": true } } });
        }
        params
    };
    let tool = "test_input_required_result_request_state";
    server.secret.clone_from(&secrets[0]);
    let first = server.stateless("tools/call", call(tool, None)).await;
    assert_eq!(first["result"]["resultType"], "input_required", "{first}");
    assert_eq!(first["result"]["inputRequests"]["confirm"]["params"]["message"], "up: Please confirm");
    let state = first["result"]["requestState"].clone();
    let done = server.stateless("tools/call", call(tool, Some(&state))).await;
    assert_eq!(called(&done["result"]).text, "state-ok", "{done}");

    let other = server.stateless("tools/call", call("test_input_required_result_tampered_state", Some(&state))).await;
    assert_eq!(other["error"]["code"], -32602, "of another tool: {other}");
    let mut text = state.as_str().unwrap().to_owned();
    text.replace_range(20..21, if &text[20..21] == "A" { "B" } else { "A" });
    let tampered = server.stateless("tools/call", call(tool, Some(&json!(text)))).await;
    assert_eq!(tampered["error"]["code"], -32602, "tampered with: {tampered}");
    server.secret.clone_from(&secrets[1]);
    let stolen = server.stateless("tools/call", call(tool, Some(&state))).await;
    assert_eq!(stolen["error"]["code"], -32602, "of somebody else: {stolen}");
}

#[test]
fn two_servers_cannot_both_be_transparent() {
    let place = Place::new("");
    let server = |name: &str| format!("[servers.{name}]\nurl = \"http://127.0.0.1:1/mcp\"\ntransparent = true\n");
    place.write("planc.toml", &format!("{}{}", server("one"), server("two")));
    let output = place.planc(&["mcp"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("only one server can be `transparent`") && output.status.code() == Some(2), "{said}");
}

#[test]
fn a_server_that_is_not_there_takes_nothing_else_away() {
    let place = wired(&[], TRANSPARENT);
    configure(&place, "http://127.0.0.1:1/mcp", TRANSPARENT, "start_timeout_ms = 2000\n");
    place.write("a.txt", "a\n");
    let mut agent = place.server(&[]);
    assert_eq!(agent.done("fs__read", json!({ "path": "a.txt" })).data["text"], "a\n");
    let failed = agent.call("test_simple_text", json!({}));
    assert!(failed.is_error && failed.text.contains("could not reach the server `up`"), "{}", failed.text);
    assert!(agent.request("resources/list", json!({}))["error"].is_object());
}
