//! Plans with secrets are gone through twice: what only the second time sees, with servers that say another thing in the run.

use crate::place::{Place, Said, until};
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::process::Stdio;

/// A server that says what stands in the file of the tool's name; where there is a file `fails`, it says so as an error.
const SERVER: &str = r#"while read -r line; do
  id=$(printf %s "$line" | sed -n 's/.*"id":\([^,}]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*) answer='"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"says","version":"1"}}' ;;
    *'"method":"tools/list"'*) answer='"result":{"tools":[{"name":"key","inputSchema":{"type":"object"}},{"name":"word","inputSchema":{"type":"object"}},{"name":"num","inputSchema":{"type":"object"}}]}' ;;
    *'"method":"tools/call"'*)
      name=$(printf %s "$line" | sed -n 's/.*"name":"\([a-z]*\)".*/\1/p')
      answer="\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"$(cat "$SAYS/$name")\"}],\"isError\":$(test -e "$SAYS/fails" && echo true || echo false)}" ;;
    *) answer='"error":{"code":-32601,"message":"there is no such method"}' ;;
  esac
  [ -n "$id" ] && printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$answer"
done"#;

const CATALOGUE: &str = r#"catalogue says {
  tool key() -> trusted secret string {
    reads "says:all"
  }
  tool word() -> string {
    reads "says:all"
  }
  tool num() -> trusted secret int {
    reads "says:all"
  }
  tool use(secret pin: string) -> trusted int {
    reads "says:all"
  }
}
"#;

/// A place with the server, which says this until it says something else.
pub fn place(says: &[(&str, &str)]) -> Place {
    let place = Place::new();
    place.program("server.sh", SERVER);
    let wiring = format!(
        "[catalogues]\nfiles = [\"says.pl\"]\n[servers.says]\ncommand = {:?}\nenv = {{ SAYS = {:?} }}\nread = [\"says:*\"]\n",
        place.at("server.sh"),
        place.at("says")
    );
    place.put("planc.toml", wiring);
    place.put("says.pl", CATALOGUE).put("other.txt", "x\n").put("s.sh", "echo approved > ran.txt\n");
    now(&place, says);
    place
}

pub fn now(place: &Place, says: &[(&str, &str)]) {
    fs::create_dir_all(place.at("says")).unwrap();
    says.iter().for_each(|(tool, text)| fs::write(place.at("says").join(tool), text).unwrap());
}

pub fn plan(items: &str) -> String {
    format!(
        "plan \"Twice\" {{\n  critical {{\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    run \"sh\"\n  }}\n{items}}}\n"
    )
}

/// Approves the plan as it is, lets something happen once its run waits for `flag`, and gives how it ends.
fn meanwhile(place: &Place, items: &str, happens: impl FnOnce()) -> Said {
    place.put("p.pl", plan(&format!("{WAITS}{items}")));
    let approve = format!("--approve={}", place.digest("p.pl"));
    let mut command = place.command(&["run", &approve, "p.pl"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("its first step has started", || {
        place.planc(&["--format", "json", "show", &place.last_run()]).out.contains("step_started")
    });
    happens();
    place.put("flag", "1");
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code(),
        out: crate::place::text(&output.stdout),
        err: crate::place::text(&output.stderr),
    }
}

const WAITS: &str = r#"
  step s = fs.stat(path: "flag") {
    poll every 1s for 60s until s.kind == "file"
  }
"#;

/// The server says one thing while the plan is shown and another while it runs: what only then is reached is what it was.
#[test]
fn what_is_behind_a_failure_stays_as_it_was() {
    let file = |place: &Place| fs::write(place.ws().join("a.txt"), "of somebody else\n").unwrap();
    let link = |place: &Place| {
        fs::remove_file(place.ws().join("a.txt")).unwrap();
        place.link("other.txt", "a.txt");
    };
    let script = |place: &Place| fs::write(place.ws().join("s.sh"), "echo evil > ran.txt\n").unwrap();
    let write = r#"step c = fs.write(path: "a.txt", text: "x")"#;
    let runs = r#"step c = process.run(argv: ["sh", "s.sh"])"#;
    let happening: [fn(&Place); 3] = [file, link, script];
    for (step, happens) in [write, write, runs].into_iter().zip(happening) {
        let place = place(&[("key", "no")]);
        place.put("a.txt", "mine\n");
        let items = format!(
            r#"  step a = says.key() {{ after s }}
  step b = fs.stat(path: "other.txt") {{
    expect a == "yes"
    after a
  }}
  {step} {{ after b }}
"#
        );
        let said = meanwhile(&place, &items, || {
            happens(&place);
            now(&place, &[("key", "yes")]);
        });
        assert_eq!(said.code, Some(5), "{step}: {}", said.short());
        assert!(!place.has("ran.txt") && place.get("other.txt") == "x\n" && place.get("a.txt") != "x", "{step}");
    }
}

#[test]
fn what_takes_back_behind_a_failure_stays_as_it_was() {
    let place = place(&[("key", "no")]);
    let items = r#"  step a = says.key() { after s }
  step b = fs.stat(path: "other.txt") {
    expect a == "yes"
    after a
  }
  step c = fs.write(path: "n.txt", text: "1") {
    after b
    undo process.run(argv: ["sh", "s.sh"])
  }
"#;
    let said = meanwhile(&place, items, || {
        place.put("s.sh", "echo evil > ran.txt\n");
        now(&place, &[("key", "yes")]);
    });
    assert_eq!(said.code, Some(0), "{}", said.short());
    place.planc(&["undo", &place.last_run()]).exits(4).says("s.sh");
    assert!(!place.has("ran.txt"));
}

/// What others say is written where a secret wants it: what then runs it has been looked at by a person.
#[test]
fn text_of_others_below_a_secret_is_asked_about() {
    for write in [
        "let x = reveal(if k == \"yes\" then r else \"\", \"why not\")\n  step a = fs.write(path: \"t.sh\", text: x)",
        "step a = fs.write(path: \"t.sh\", text: r) {\n    when k == \"yes\"\n  }",
    ] {
        let place = place(&[("key", "yes"), ("word", "echo evil > ran.txt")]);
        let items = format!(
            "  step r = says.word()\n  step k = says.key()\n  {write}\n  step c = process.run(argv: [\"sh\", \"t.sh\"])\n"
        );
        place.put("p.pl", plan(&items));
        let approve = format!("--approve={}", place.digest("p.pl"));
        let said = place.planc(&["run", &approve, "p.pl"]).exits(3);
        assert!(!place.has("ran.txt"), "{}", said.short());
    }
}

/// What is let go is looked at, also where it went through a program and a file.
#[test]
fn what_is_let_go_through_a_file_is_asked_about() {
    for from in [
        "let x = reveal(p.stdout, \"why not\")",
        "step r = fs.read(path: \"out.txt\")\n  let x = reveal(r.text, \"why not\")",
    ] {
        let place = place(&[("key", "hunter22")]);
        place.put("mk.sh", "tee out.txt\n");
        let items = format!(
            "  step k = says.key()\n  let t = reveal(k, \"it is piped\")\n  step p = process.run(argv: [\"sh\", \"mk.sh\"], stdin: t)\n  {from}\n  step a = fs.write(path: \"z.txt\", text: x)\n"
        );
        place.put("p.pl", plan(&items));
        let approve = format!("--approve={}", place.digest("p.pl"));
        let said = place.planc(&["run", &approve, "p.pl"]).exits(3);
        assert!(!place.has("z.txt"), "{}", said.short());
    }
}

/// What stands before a gate.
const GOES_ON: &str = "`no` ends the run here: ";

/// Approves a plan whose only server says `key`, and goes on at its gate after something has happened.
fn at_gate(place: &Place, items: &str, happens: Box<dyn Fn()>) -> (u32, String) {
    place.put("p.pl", plan(items));
    let approve = format!("--approve={}", place.digest("p.pl"));
    let (code, shown) = on_terminal(place, &["run", &approve, "p.pl"], GOES_ON, &Act::Meanwhile(happens, b"yes\n"));
    (code, shown.replace("\r\n", "\n"))
}

/// Nobody knows before how many elements a secret gives: behind a gate they follow each other all the same.
#[test]
fn a_block_behind_a_gate_is_not_stale_of_itself() {
    for steps in [
        "step a = fs.read(path: l.from)\n    step b = fs.write(path: l.to, text: \"x\")",
        "step a = fs.write(path: \"n.sh\", text: \"echo ${l.to} > ran.txt\")\n    step b = process.run(argv: [\"sh\", \"n.sh\"])",
        "step a = fs.write(path: \"one_${l.to}\", text: l.to)\n    step b = fs.move(from: \"one_${l.to}\", to: \"two_${l.to}\")\n    step c = fs.stat(path: \"two_${l.to}\")",
    ] {
        let place = place(&[("key", "secret")]);
        let items = format!(
            "  step k = says.key()\n  step f = fs.write(path: \"first.txt\", text: \"1\")\n  gate \"go on\"\n  let all = reveal([{{ from: \"other.txt\", to: \"n.txt\", t: k }}, {{ from: \"n.txt\", to: \"m.txt\", t: k }}], \"why not\")\n  each e = l in all {{\n    {steps}\n  }}\n"
        );
        let (code, shown) = at_gate(&place, &items, Box::new(|| ()));
        assert_eq!(code, 0, "{steps}: {shown}");
    }
}

/// A file with a secret in it has become another one: that is told, and no digest by which the secret could be tried.
#[test]
fn a_stale_gate_tells_no_digest_of_a_secret() {
    let place = place(&[("key", "hunter22")]);
    let items = r#"  step k = says.key()
  let t = reveal(k, "it is kept in a file")
  step a = fs.write(path: ".env", text: t)
  gate "go on"
  step r = fs.read(path: ".env")
  step c = process.run(argv: ["sh", ".env"])
"#;
    let env = place.ws().join(".env");
    let (code, shown) = at_gate(&place, items, Box::new(move || fs::write(&env, "tampered").unwrap()));
    assert_eq!(code, 5, "{shown}");
    let digest = planc_lang::digest::Digest::of("hunter22").to_string();
    let run = place.last_run();
    for said in [shown, place.planc(&["show", &run]).out, place.planc(&["show", "--format", "json", &run]).out] {
        assert!(!said.contains(&digest["sha256:".len()..][..12]), "{said}");
    }
}
