//! Names and addresses in other spellings: what a rule, `read` or a standing answer says of one is said of all that it may mean.

use crate::place::Place;
use crate::terminal::{Act, on_terminal};
use std::fs;

/// A server that only keeps a list of its calls.
const SERVER: &str = r#"while read -r line; do
  id=$(printf %s "$line" | sed -n 's/.*"id":\([^,}]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*) answer='"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"wiki","version":"1"}}' ;;
    *'"method":"tools/list"'*) answer='"result":{"tools":[{"name":"put","inputSchema":{"type":"object"}},{"name":"get","inputSchema":{"type":"object"}}]}' ;;
    *'"method":"tools/call"'*)
      printf '%s\n' "$line" >> "$CALLS"
      answer='"result":{"content":[{"type":"text","text":"reached"}]}' ;;
    *) answer='"error":{"code":-32601,"message":"there is no such method"}' ;;
  esac
  [ -n "$id" ] && printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$answer"
done"#;

const CATALOGUE: &str = r#"catalogue wiki {
  tool put(path: string, data text: string) -> string {
    writes "wiki:${path}"
  }
  tool get(path: string) -> trusted string {
    reads "wiki:${path}"
  }
  tool fetch(url: string) -> string {
    named "get"
    reads url
  }
  tool kept(path: string) -> stored string {
    named "get"
    reads "wiki:${path}"
  }
}
"#;

fn place(more: &str) -> Place {
    let place = Place::new();
    place.program("server.sh", SERVER);
    let toml = format!(
        "[catalogues]\nfiles = [\"wiki.pl\"]\n[servers.wiki]\ncommand = {:?}\nenv = {{ CALLS = {:?} }}\n{more}",
        place.at("server.sh"),
        place.at("out/calls")
    );
    place.put("planc.toml", toml).put("wiki.pl", CATALOGUE);
    place
}

fn calls(place: &Place) -> String {
    fs::read_to_string(place.at("out/calls")).unwrap_or_default()
}

fn deny(effect: &str, resource: &str) -> String {
    format!("[[policy.rule]]\neffects = [{effect:?}]\nresources = [{resource:?}]\ndecision = \"deny\"\n")
}

/// Names as a plan writes them that some server takes for `admin/keys`.
const KEYS: [&str; 19] = [
    "pages/a&path=admin/keys",
    "x' OR path='admin/keys",
    "\u{1d41a}\u{1d41d}\u{1d426}\u{1d422}\u{1d427}/keys",
    "a\u{3164}dmin/keys",
    "admin/keys",
    "/admin/keys",
    "admin/keys/",
    "admin/keys#://",
    "admin/keys?://",
    "x://../admin/keys",
    "pages/../admin/keys",
    "pages/.\\t./admin/keys",
    "pages/.\\n./admin/keys",
    "pages/%2e%2e/admin/keys",
    "pages/%252e%252e/admin/keys",
    "pages/..;/admin/keys",
    "pages\\\\..\\\\admin/keys",
    "pages/..%2fadmin/keys",
    "pages//../admin/keys",
];

#[test]
fn no_name_leaves_the_space_of_its_catalogue() {
    let place = place(&deny("writes", "wiki:admin/**"));
    for name in KEYS {
        let plan = format!(
            "plan \"W\" {{\n  critical {{\n    modify \"wiki:{name}\"\n  }}\n  step a = wiki.put(path: \"{name}\", text: \"x\")\n}}\n"
        );
        place.put("p.pl", plan);
        let said = place.planc(&["plan", "p.pl"]);
        assert!(said.code != Some(0) && said.out.contains("policy denies"), "{name}: {}", said.short());
    }
}

#[test]
fn no_other_spelling_is_asked_for_before_a_yes() {
    let place = place(&format!("read = [\"wiki:**\"]\n{}", deny("reads", "wiki:admin/**")));
    for name in KEYS {
        place.put("p.pl", format!("plan \"R\" {{\n  step a = wiki.get(path: \"{name}\")\n}}\n"));
        place.planc(&["plan", "p.pl"]);
        assert_eq!(calls(&place), "", "{name}");
    }
    place.put("p.pl", "plan \"R\" {\n  step a = wiki.get(path: \"pages/a b\")\n}\n");
    place.planc(&["plan", "p.pl"]).exits(0);
    assert!(calls(&place).contains("pages/a b"));
}

/// What outside text was put under one name is outside text under another that may be the same.
#[test]
fn another_spelling_makes_nothing_trusted() {
    let place = place("");
    for name in ["R-1", "R-1?://", "R-1#x", "/R-1", "x/../R-1", "R%2d1"] {
        let steps = format!(
            "  step o = http.get(url: \"https://a.example/\")\n  step w = wiki.put(path: \"{name}\", text: o.body)\n  \
             step r = wiki.kept(path: \"R-1\")\n  step f = fs.write(path: \"out/${{r}}\", text: \"x\")"
        );
        let critical = "create \"out/**\"\n    contact \"a.example\"";
        place.put(
            "p.pl",
            format!("plan \"L\" {{\n  critical {{\n    {critical}\n    modify \"wiki:{name}\"\n  }}\n{steps}\n}}\n"),
        );
        let said = place.planc(&["check", "p.pl"]);
        assert!(said.err.contains("P0701") || said.out.contains("P0701"), "{name}: {}", said.short());
    }
}

/// Nobody is asked for what a rule denies, however it is written.
#[test]
fn an_address_meets_the_rules_in_any_spelling() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    let rules = [
        deny("reads", &format!("http://127.0.0.1:{port}/secret/**")),
        deny("contacts", "192.0.2.1"),
        deny("contacts", "evil.example:*"),
        deny("contacts", "other.example:443"),
    ];
    let place = place(&format!("[http]\nhosts = [\"127.0.0.1:{port}\", \"192.0.2.1\"]\n{}", rules.concat()));
    let at = |rest: &str| format!("http://127.0.0.1:{port}{rest}");
    let urls = [
        at("/secret/a"),
        at("/secret?a"),
        at("/secret"),
        at("/%73ecret/a"),
        at("/x/../secret/a"),
        at("/x/%2e%2e/secret/a"),
        at("//secret/a"),
        at("/secret%2fa"),
        at("/secret;x/a"),
        at("/secret/a#b"),
        at("/secret/a").replace("http:", "HTTP:"),
        at("/secret/a").replace("127.0.0.1", "2130706433"),
        at("/secret/a").replace("127.0.0.1", "0x7f.1"),
        at("/secret/a").replace("127.0.0.1", "[::ffff:127.0.0.1]"),
        at("/secret/a").replace("127.0.0.1", "127.0.0.1."),
        at("/secret/a").replace("127.0.0.1", "me@127.0.0.1"),
        "http://192.0.2.1/".into(),
        "http://192.0.2.1:8080/".into(),
        "http://3221225985:8080/".into(),
        "http://[::ffff:c000:201]/".into(),
        "https://evil.example/".into(),
        "https://EVIL.example.:8443/".into(),
        "https://other.example/".into(),
    ];
    for url in urls {
        let lines = "contact \"**\"";
        place.put(
            "p.pl",
            format!("plan \"G\" {{\n  critical {{\n    {lines}\n  }}\n  step a = http.get(url: \"{url}\")\n}}\n"),
        );
        let said = place.planc(&["plan", "p.pl"]);
        assert_ne!(said.code, Some(0), "{url}: {}", said.short());
        assert!(listener.accept().is_err(), "{url} was asked for");
    }
}

/// A bound over texts is no leave for what a server makes of them.
#[test]
fn a_standing_answer_covers_no_other_spelling() {
    let place = place("[policy]\n\"wiki.put\" = \"ask\"\n");
    let add = ["grants", "add", "wiki.put", "--why", "x", "--where", "path=pages/**"];
    let (code, shown) = on_terminal(&place, &add, "Only `yes` is a yes: ", &Act::Type(b"yes\n"));
    assert_eq!(code, 0, "{shown}");
    for (name, is_covered) in [
        ("pages/a", true),
        ("pages/../admin/keys", false),
        ("pages/%2e%2e/admin/keys", false),
        ("pages/.\\t./admin/keys", false),
        ("pages/..;/admin", false),
        ("pages//a", false),
    ] {
        let critical = format!("modify \"wiki:{name}\"");
        place.put("p.pl", format!("plan \"W\" {{\n  critical {{\n    {critical}\n  }}\n  step a = wiki.put(path: \"{name}\", text: \"x\")\n}}\n"));
        let said = place.planc(&["plan", "--format", "json", "p.pl"]);
        let standing = said.json()["steps"][0]["standing_yes"].as_bool().unwrap_or(false);
        assert_eq!(standing, is_covered, "{name}: {}", said.short());
    }
}

/// An address that a redirect leads to is one that is called.
#[test]
fn no_redirect_leads_to_what_a_rule_denies() {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let list = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            reader.read_line(&mut line).unwrap();
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut rest = String::new();
            while reader.read_line(&mut rest).is_ok_and(|read| read > 2) {
                rest.clear();
            }
            let answer = match path.strip_prefix("/go") {
                Some(to) => {
                    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                }
                None => "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\npage".to_owned(),
            };
            list.lock().unwrap().push(path);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let rule = deny("reads", &format!("http://127.0.0.1:{port}/secret/**"));
    let place = place(&format!("[http]\nhosts = [\"127.0.0.1:{port}\"]\n{rule}"));
    let said = |path: &str| {
        let step = format!("step a = http.get(url: \"http://127.0.0.1:{port}{path}\")");
        place.put("p.pl", format!("plan \"G\" {{\n  critical {{\n    contact \"**\"\n  }}\n  {step}\n}}\n"));
        place.planc(&["plan", "p.pl"])
    };
    for path in ["/go/secret/a", "/go/go/secret/a", "/go/%73ecret/a", "/go/x/../secret/a", "/go/secret"] {
        assert_ne!(said(path).code, Some(0), "{path}");
    }
    said("/go/other").exits(0);
    let asked = asked.lock().unwrap();
    assert!(!asked.iter().any(|path| path.contains("ecret") && !path.contains("/go")), "{asked:?}");
    assert!(asked.contains(&"/other".to_owned()), "{asked:?}");
}

/// A value that says its space itself says it in one spelling, or is none to ask for.
#[test]
fn no_text_is_an_address_in_another_spelling() {
    let rules = format!("read = [\"**\"]\n{}", deny("reads", "https://h.example/secret/**"));
    let place = place(&rules);
    for url in [
        "https:/h.example/secret/x",
        "https:h.example/secret/x",
        " https://h.example/secret/x",
        "HTTPS:/h.example/secret/x",
        " wiki:admin/keys",
    ] {
        place.put("p.pl", format!("plan \"R\" {{\n  step a = wiki.fetch(url: \"{url}\")\n}}\n"));
        let said = place.planc(&["plan", "p.pl"]);
        assert!(said.code != Some(0) && calls(&place).is_empty(), "{url}: {}", said.short());
    }
}

/// The space of a name is one in upper and lower case, whoever writes it: a value, a rule, a line, the operator.
#[test]
fn no_space_is_another_one_in_upper_case() {
    for (rule, read) in [("wiki:admin/**", "wiki:**"), ("Wiki:admin/**", "WIKI:**")] {
        let place = place(&format!("read = [{read:?}]\n{}", deny("reads", rule)));
        for name in ["wiki:admin/keys", "Wiki:admin/keys", "WIKI:admin/keys"] {
            place.put("p.pl", format!("plan \"R\" {{\n  step a = wiki.fetch(url: {name:?})\n}}\n"));
            let said = place.planc(&["plan", "p.pl"]).exits(6).says("reads wiki:admin/keys");
            assert!(calls(&place).is_empty(), "{name}: {}", said.short());
        }
        place.put("p.pl", "plan \"R\" {\n  step a = wiki.fetch(url: \"wikI:pages/a\")\n}\n");
        place.planc(&["plan", "p.pl"]).exits(0);
        assert!(calls(&place).contains("pages/a"), "{}", calls(&place));
    }
    let place = place("");
    place.put("p.pl", "plan \"W\" {\n  critical {\n    modify \"Wiki:pages/a\"\n  }\n  step a = wiki.put(path: \"pages/a\", text: \"x\")\n}\n");
    place.planc(&["plan", "p.pl"]).exits(0);
}

/// A glob of which one reading goes back is none, wherever it stands.
#[test]
fn no_glob_goes_back_between_braces() {
    let line = |text: &str| {
        format!("plan \"B\" {{\n  critical {{\n    {text}\n  }}\n  step a = fs.write(path: \"a/x\", text: \"x\")\n}}\n")
    };
    for glob in ["a/{..,b}/x", "a/.{.,b}/x", "{a,b/..}/x"] {
        let place = Place::new();
        place.put("a/x", "x").put("x", "SECRET");
        place.put("p.pl", format!("plan \"B\" {{\n  step a = fs.search(pattern: \"S\", files: {glob:?})\n}}\n"));
        place.planc(&["plan", "p.pl"]).exits(1).says("goes back with `..`");
        place.put("p.pl", line(&format!("modify {glob:?}")));
        place.planc(&["plan", "p.pl"]).exits(1).says("goes back with `..`");
        place.put("p.pl", line("modify \"a/x\""));
        for toml in [
            format!("[workspace]\nread = [{glob:?}]\n"),
            format!("[catalogues]\nfiles = [{glob:?}]\n"),
            format!("[[policy.rule]]\neffects = [\"reads\"]\nresources = [{glob:?}]\ndecision = \"deny\"\n"),
        ] {
            place.put("planc.toml", toml);
            place.planc(&["plan", "p.pl"]).exits(2).says("goes back with `..`");
        }
    }
}
