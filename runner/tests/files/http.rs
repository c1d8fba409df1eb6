//! Pages from a listener on loopback.

use crate::support::{Place, live, text};
use planc::tool::{EffectKnown, ToolError};
use planc_lang::value::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

/// Answers each request for a path with what `answer` gives; with nothing, never.
fn serve(answer: fn(&str, &[String]) -> Option<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
            match answer(&path, &head) {
                // Said, so that no client asks once more on a connection that is about to be closed.
                Some(text) => drop(stream.write_all(text.replacen("\r\n", "\r\nConnection: close\r\n", 1).as_bytes())),
                None => open.push(stream),
            }
        }
    });
    address
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn get(url: String, more: &[(&str, Value)]) -> Result<Value, ToolError> {
    let mut args = vec![("url", text(&url))];
    args.extend_from_slice(more);
    let mut context = Place::new().context();
    context.timeout = Duration::from_secs(5);
    live("http.get", &args, &context)
}

fn answer(path: &str, head: &[String]) -> Option<String> {
    let redirect = |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    Some(match path {
        "/page" => ok("a page"),
        "/headers" => ok(head.iter().find(|line| line.starts_with("x-given")).map_or("", String::as_str)),
        "/here" => redirect("/page"),
        "/loop" => redirect("/loop"),
        "/elsewhere" => redirect("http://localhost:1/page"),
        "/port" => redirect("http://127.0.0.1:1/page"),
        "/large" => ok(&"x".repeat(5000)),
        "/endless" => format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(5000)),
        "/cut" => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".into(),
        "/silent" => return None,
        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno such x".into(),
    })
}

#[test]
fn a_page_is_text_with_its_status() {
    let at = serve(answer);
    let result = get(format!("http://{at}/page"), &[]).unwrap();
    let expected = format!(r#"{{ url: "http://{at}/page", status: 200, content_type: "text/plain", body: "a page" }}"#);
    assert_eq!(result.to_string(), expected);
    let headers = Value::list([Value::record([("name", text("X-Given")), ("value", text("yes"))])]);
    let result = get(format!("http://{at}/headers"), &[("headers", headers)]).unwrap();
    assert_eq!(result.get("body"), Some(&text("x-given: yes")));
}

#[test]
fn a_status_of_failure_fails_unless_any_will_do() {
    let at = serve(answer);
    let error = get(format!("http://{at}/none"), &[]).unwrap_err();
    assert_eq!(error.message, format!("`http://{at}/none` answered with 404 Not Found:\nno such x"));
    assert_eq!(error.effect, EffectKnown::Done);
    let result = get(format!("http://{at}/none"), &[("any_status", Value::Bool(true))]).unwrap();
    assert_eq!(result.get("status"), Some(&Value::Int(404)));
}

#[test]
fn redirects_stay_with_the_host() {
    let at = serve(answer);
    let result = get(format!("http://{at}/here"), &[]).unwrap();
    assert_eq!(result.get("url"), Some(&text(&format!("http://{at}/page"))));
    for path in ["elsewhere", "port"] {
        let error = get(format!("http://{at}/{path}"), &[]).unwrap_err();
        assert!(error.message.contains("it redirects to another host, port or scheme"), "{error}");
    }
    let error = get(format!("http://{at}/loop"), &[]).unwrap_err();
    assert!(error.message.ends_with("it redirects too often"), "{error}");
}

#[test]
fn answers_are_bounded_in_size_and_time() {
    let at = serve(answer);
    let max = [("max_bytes", Value::Int(4999))];
    for path in ["large", "endless"] {
        let error = get(format!("http://{at}/{path}"), &max).unwrap_err();
        assert_eq!(error.message, format!("the answer of `http://{at}/{path}` has more than 4999 bytes"));
    }
    assert!(get(format!("http://{at}/endless"), &[("max_bytes", Value::Int(5000))]).is_ok());
    assert_eq!(get(format!("http://{at}/cut"), &[]).unwrap_err().effect, EffectKnown::Done);
    let mut context = Place::new().context();
    context.timeout = Duration::from_millis(100);
    let error = live("http.get", &[("url", text(&format!("http://{at}/silent")))], &context).unwrap_err();
    assert!(error.message.ends_with("there was no answer within 100 ms"), "{error}");
}

#[test]
fn what_is_not_reached_was_not_contacted() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = get(format!("http://{unused}/"), &[]).unwrap_err();
    assert_eq!(error.effect, EffectKnown::None, "{error}");
    assert_eq!(get("ftp://127.0.0.1/".into(), &[]).unwrap_err().effect, EffectKnown::None);
    let host = Value::list([Value::record([("name", text("Host")), ("value", text("other.org"))])]);
    let error = get(format!("http://{unused}/"), &[("headers", host)]).unwrap_err();
    assert_eq!(error.message, "`Host` cannot be sent as a header");
}
