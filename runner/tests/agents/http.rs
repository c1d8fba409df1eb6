//! The server on HTTP: both eras, who is let in, and from where.

use super::support::{Called, Place, called, writing};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// A server on HTTP that is ended with this.
pub struct Server {
    child: Child,
    url: String,
    pub secret: String,
    http: Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub fn start(place: &Place, args: &[&str]) -> Server {
        let all: Vec<&str> = ["mcp", "--http", "127.0.0.1:0"].into_iter().chain(args.iter().copied()).collect();
        let mut child =
            place.planc(&all).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let secret = std::fs::read_to_string(place.state().join("agents")).unwrap_or_default().trim().to_owned();
        Server { child, url: url.trim().to_owned(), secret, http: Client::builder().no_proxy().build().unwrap() }
    }

    pub async fn send(&self, message: &Value, headers: &[(&str, &str)]) -> Response {
        let mut request = self.http.post(&self.url).body(message.to_string());
        let usual = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        let secret = format!("Bearer {}", self.secret);
        let credential = [("authorization", secret.as_str())];
        for (name, value) in
            usual.iter().chain(&credential).filter(|(name, _)| headers.iter().all(|one| one.0 != *name))
        {
            request = request.header(*name, *value);
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Calls a route of the operator that does something.
    pub async fn operator(&self, path: &str, secret: &str) -> Value {
        let request = self.http.post(format!("{}{path}", self.url.strip_suffix("/mcp").unwrap()));
        let response = request.header("authorization", format!("Bearer {secret}")).send().await.unwrap();
        let text = response.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// A request of the era without sessions.
    pub async fn stateless(&self, method: &str, params: Value) -> Value {
        answer(self.alone(method, params).await).await
    }

    /// All that comes with the answer to such a request, in order.
    pub async fn told(&self, method: &str, params: Value) -> Vec<Value> {
        let text = self.alone(method, params).await.text().await.unwrap();
        let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
        let events: Vec<Value> = events.filter_map(|data| serde_json::from_str(data).ok()).collect();
        match events.as_slice() {
            [] => vec![serde_json::from_str(&text).unwrap()],
            [..] => events,
        }
    }

    async fn alone(&self, method: &str, mut params: Value) -> Response {
        for (key, value) in [
            ("protocolVersion", json!("2026-07-28")),
            ("clientInfo", json!({ "name": "test", "version": "1" })),
            ("clientCapabilities", json!({})),
        ] {
            let given = &mut params["_meta"][format!("io.modelcontextprotocol/{key}")];
            if given.is_null() {
                *given = value;
            }
        }
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut headers = vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        if !name.is_empty() {
            headers.push(("mcp-name", &name));
        }
        self.send(&message, &headers).await
    }

    pub async fn call(&self, name: &str, arguments: Value) -> Called {
        called(&self.stateless("tools/call", json!({ "name": name, "arguments": arguments })).await["result"])
    }

    /// Greets in the era of sessions; gives the session of the protocol.
    pub async fn greet(&self) -> String {
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello });
        let response = self.send(&message, &[]).await;
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let hello = answer(response).await;
        assert_eq!(hello["result"]["protocolVersion"], "2025-11-25", "{hello}");
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let headers = [("mcp-session-id", id.as_str()), ("mcp-protocol-version", "2025-11-25")];
        assert_eq!(self.send(&ready, &headers).await.status(), StatusCode::ACCEPTED);
        id
    }

    pub async fn call_in(&self, session: &str, name: &str, arguments: Value) -> Called {
        let params = json!({ "name": name, "arguments": arguments });
        let message = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params });
        let headers = [("mcp-session-id", session), ("mcp-protocol-version", "2025-11-25")];
        called(&answer(self.send(&message, &headers).await).await["result"])
    }
}

/// The answer in a body, which is JSON or a stream of events.
async fn answer(response: Response) -> Value {
    let text = response.text().await.unwrap();
    let last = text.lines().rev().find_map(|line| line.strip_prefix("data:").filter(|data| data.contains("jsonrpc")));
    let json = last.unwrap_or(&text);
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn an_agent_without_a_session_of_the_protocol_goes_through_the_loop() {
    let place = Place::new("");
    let server = Server::start(&place, &[]);
    let discovered = server.stateless("server/discover", json!({})).await;
    assert!(discovered["result"]["supportedVersions"].to_string().contains("2026-07-28"), "{discovered}");
    assert!(discovered["result"]["instructions"].as_str().unwrap().contains("plan_write"), "{discovered}");
    let tools = server.stateless("tools/list", json!({})).await;
    assert!(tools["result"]["tools"].to_string().contains("fs__read"), "{tools}");
    let refused = server.call("fs__write", json!({ "path": "b.txt", "text": "x\n" })).await;
    assert!(refused.text.starts_with("[Tool denied — plan mode is active]"), "{}", refused.text);
    let session = server.call("plan_enter", json!({ "goal": "a file" })).await.data["session"].clone();
    let wrong = server
        .call("plan_write", json!({ "text": writing("b.txt").replace("text:", "txt:"), "session": session }))
        .await;
    assert!(wrong.is_error && wrong.text.contains("use `text`"), "{}", wrong.text);
    server.call("plan_write", json!({ "text": writing("b.txt"), "session": session })).await;
    let plan = server.call("plan_exit", json!({ "session": session })).await.data["plan_id"].clone();
    place.approve(plan.as_str().unwrap());
    // Another server on the same state goes on.
    drop(server);
    let server = Server::start(&place, &[]);
    let report = server.call("plan_run", json!({ "plan_id": plan, "session": session })).await;
    assert!(place.has("b.txt") && !report.is_error, "{}", report.text);
    let audit = place.prints(&["sessions", "audit"]);
    assert!(audit.contains("bearer agent of ") && audit.contains("allowed  http   plan_run"), "{audit}");
}

#[tokio::test]
async fn conversations_with_a_session_of_the_protocol_are_kept_apart() {
    let place = Place::new("");
    let server = Server::start(&place, &[]);
    let (one, two) = (server.greet().await, server.greet().await);
    server.call_in(&one, "plan_write", json!({ "text": writing("b.txt") })).await;
    let status = server.call_in(&two, "plan_status", json!({})).await;
    assert!(status.text.contains("there is no plan yet"), "{}", status.text);
    let status = server.call_in(&one, "plan_status", json!({})).await;
    assert_eq!(status.data["rev"], 1, "{}", status.text);
    let refused = server.call_in(&two, "fs__write", json!({ "path": "b.txt", "text": "x" })).await;
    assert!(refused.is_error && !place.has("b.txt"), "{}", refused.text);
    // One that nobody gave out is none.
    let ping = json!({ "jsonrpc": "2.0", "id": 3, "method": "ping" });
    assert_eq!(server.send(&ping, &[("mcp-session-id", "0123")]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_conversation_belongs_to_who_began_it() {
    let place = Place::new("");
    let file = place.workspace().parent().unwrap().join("two");
    std::fs::write(&file, format!("ann: {}\nbob: {}\n", "a".repeat(40), "b".repeat(40))).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, mode).unwrap();
    let mut server = Server::start(&place, &["--credentials", file.to_str().unwrap()]);
    server.secret = "a".repeat(40);
    let id = server.greet().await;
    let entered = server.call_in(&id, "plan_enter", json!({ "goal": "mine" })).await;
    let session = entered.data["session"].clone();
    server.secret = "b".repeat(40);
    let headers = [("mcp-session-id", id.as_str()), ("mcp-protocol-version", "2025-11-25")];
    let call = |name: &str, arguments: Value| json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": { "name": name, "arguments": arguments } });
    // Neither to speak in it, nor to answer what is asked there, nor to listen, nor to end it.
    let accept = json!({ "jsonrpc": "2.0", "id": 0, "result": { "action": "accept", "content": {} } });
    for message in [call("plan_status", json!({})), call("plan_exit", json!({})), accept] {
        assert_eq!(server.send(&message, &headers).await.status(), StatusCode::NOT_FOUND);
    }
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let request = server.http.request(method, &server.url).bearer_auth(&server.secret);
        let request = request.header("accept", "text/event-stream").header("mcp-session-id", &id);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    }
    // An id that was given to nobody is none either.
    let other = [("mcp-session-id", "00000000-0000-0000-0000-000000000000"), headers[1]];
    assert_eq!(server.send(&call("plan_status", json!({})), &other).await.status(), StatusCode::NOT_FOUND);
    let own = server.greet().await;
    let named = server.call_in(&own, "plan_status", json!({ "session": session })).await;
    assert!(named.is_error && named.text.contains("no such session"), "{}", named.text);
    server.secret = "a".repeat(40);
    let status = server.call_in(&id, "plan_status", json!({})).await;
    assert_eq!(status.data["session"], session, "{}", status.text);
}

#[tokio::test]
async fn nobody_is_let_in_without_a_credential_or_from_a_page_of_elsewhere() {
    let place = Place::new("");
    let server = Server::start(&place, &[]);
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let half = format!("Bearer {}", &server.secret[..32]);
    for credential in ["", "Bearer", "Bearer x", half.as_str(), "Basic eDp4", &format!("Token {}", server.secret)] {
        let refused = server.send(&list, &[("authorization", credential)]).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{credential}");
        assert!(refused.headers().contains_key("www-authenticate"));
        let text = refused.text().await.unwrap();
        assert!(!text.contains("fs__") && !text.contains(&server.secret), "{text}");
    }
    let port = server.url.rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    for (name, value, status) in [
        ("host", "evil.example".to_owned(), StatusCode::FORBIDDEN),
        ("host", format!("evil.example:{port}"), StatusCode::FORBIDDEN),
        ("host", "127.0.0.1:1".into(), StatusCode::FORBIDDEN),
        ("origin", "https://evil.example".into(), StatusCode::FORBIDDEN),
        ("origin", "null".into(), StatusCode::FORBIDDEN),
        ("origin", format!("http://localhost.evil.example:{port}"), StatusCode::FORBIDDEN),
    ] {
        let refused = server.send(&list, &[(name, value.as_str())]).await;
        assert_eq!(refused.status(), status, "{name}: {value}: {}", refused.text().await.unwrap());
    }
    let own = server.send(&list, &[("origin", &format!("http://127.0.0.1:{port}"))]).await;
    assert_ne!(own.status(), StatusCode::FORBIDDEN);
    let huge = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "x": "x".repeat(5 << 20) } });
    assert_eq!(server.send(&huge, &[]).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_agent_is_no_approver_and_an_approver_no_agent() {
    let place = Place::new("");
    let approvers = place.workspace().with_file_name("approvers");
    let secret = "c".repeat(40);
    std::fs::write(&approvers, format!("{secret}\n")).unwrap();
    std::fs::set_permissions(&approvers, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let server = Server::start(&place, &["--approvers", approvers.to_str().unwrap()]);
    server.call("plan_write", json!({ "text": writing("b.txt") })).await;
    let plan = server.call("plan_exit", json!({})).await.data["plan_id"].clone();
    let base = server.url.strip_suffix("/mcp").unwrap().to_owned();
    let get = |path: &str, secret: &str| {
        let request = server.http.get(format!("{base}{path}")).header("authorization", format!("Bearer {secret}"));
        request.send()
    };
    assert_eq!(get("/sessions", &server.secret).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let list: Value = serde_json::from_str(&get("/sessions", &secret).await.unwrap().text().await.unwrap()).unwrap();
    let session = list["sessions"][0]["session"].as_str().unwrap().to_owned();
    let shown = get(&format!("/sessions/{session}"), &secret).await.unwrap().text().await.unwrap();
    assert!(shown.contains(plan.as_str().unwrap()), "{shown}");
    let (ping, bearer) = (json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }), format!("Bearer {secret}"));
    assert_eq!(server.send(&ping, &[("authorization", &bearer)]).await.status(), StatusCode::UNAUTHORIZED);
    let stop = |secret: &str| {
        let request = server.http.post(format!("{base}/sessions/{session}/abort"));
        request.header("authorization", format!("Bearer {secret}")).send()
    };
    assert_eq!(stop(&server.secret).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.call("plan_status", json!({})).await.data["phase"], "waiting");
    assert_eq!(stop(&secret).await.unwrap().status(), StatusCode::OK);
    assert_eq!(server.call("plan_status", json!({})).await.data["phase"], "aborted");
}

#[test]
fn other_addresses_and_unsafe_credentials_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new("");
    let refused = |args: &[&str]| {
        let output = place.planc(&[&["mcp"], args].concat()).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["--http", "0.0.0.0:0"]).contains("can be reached from other machines"));
    assert!(refused(&["--http", "0.0.0.0:0", "--allow-remote", "--no-credentials"]).contains("other machines"));
    assert!(refused(&["--http", "127.0.0.1:0", "--credentials", "agents"]).contains("lies in the workspace"));
    let file = place.workspace().with_file_name("weak");
    let named = file.to_str().unwrap().to_owned();
    let mode = |mode: u32| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::write(&file, "short\n").unwrap();
    mode(0o600);
    assert!(refused(&["--http", "127.0.0.1:0", "--credentials", &named]).contains("shorter than"));
    std::fs::write(&file, "x".repeat(64)).unwrap();
    mode(0o666);
    assert!(refused(&["--http", "127.0.0.1:0", "--credentials", &named]).contains("may write it"));
    mode(0o644);
    assert!(refused(&["--http", "127.0.0.1:0", "--credentials", &named]).contains("may read it"));
}
