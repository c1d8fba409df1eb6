//! Before approval nothing happens: no command changes a file, runs a program, contacts a host, or shows what may not be
//! read.

use crate::place::{Place, exact_picture};
use std::fs;
use std::net::TcpListener;

/// Every tool in one plan.
fn everything(place: &Place, address: &str) -> String {
    let log = place.at("out/log");
    let log = log.display();
    format!(
        r#"plan "everything" {{
  assume "nothing acts here" {{ fs.read(path: "a.txt").bytes > 0 }}
  critical {{
    create "new/**"
    modify "**"
    delete "**"
    create "*.txt"
    run "sh"
    run "./tool.sh"
    contact "{address}"
  }}
  step read = fs.read(path: "a.txt")
  step list = fs.list(path: ".")
  step globbed = fs.glob(pattern: "**", ignored: true)
  step stat = fs.stat(path: "a.txt")
  step search = fs.search(pattern: "(a*)*b", files: "**")
  step write = fs.write(path: "new/deep/er.txt", text: read.text)
  step edit = fs.edit(path: "a.txt", edits: [{{ find: "a", replace: "b" }}])
  step append = fs.append(path: "b.txt", text: "x")
  step copy = fs.copy(from: "folder", to: "new/folder")
  step move = fs.move(from: "folder", to: "new/moved")
  step dir = fs.make_dir(path: "new/made")
  step gone = fs.delete(path: "c.txt")
  step page = http.get(url: "http://{address}/b")
  step local = process.run(argv: ["./tool.sh"])
  step acts = process.run(argv: ["sh", "-c", "echo acted >> {log}"]) {{
    expect acts.exit_code == 0
    undo process.run(argv: ["sh", "-c", "echo undone >> {log}"])
  }}
  verify "it acted" {{
    step again = process.run(argv: ["sh", "-c", "echo verified >> {log}"])
    again.exit_code == 0
  }}
}}
"#
    )
}

#[test]
fn no_command_but_an_approved_run_does_anything() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let place = Place::new();
    place.put("a.txt", "a").put("b.txt", "b").put("c.txt", "c").put("folder/x/y", "y").put(".git/hooks/x", "");
    place.program("ws/tool.sh", &format!("echo acted >> {}", place.at("out/log").display()));
    place.put("p.pl", everything(&place, &address));
    place.link("a.txt", "link");
    let before = exact_picture(&place.ws());
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["check"],
        vec!["check", "p.pl"],
        vec!["explain", "P0401"],
        vec!["compile", "p.pl"],
        vec!["tools"],
        vec!["plan", "p.pl"],
        vec!["plan", "p.pl", "--full"],
        vec!["--format", "json", "plan", "p.pl"],
        vec!["--format", "markdown", "plan", "p.pl"],
        vec!["run", "p.pl"],
        vec!["run", "--approve", "p.pl"],
        vec!["runs"],
        vec!["completions", "bash"],
        vec!["fmt", "--check", "p.pl"],
        vec!["graph", "p.pl"],
    ];
    for args in &commands {
        let said = place.planc(args);
        assert!(said.code.is_some_and(|code| code != 101), "{args:?} {}", said.short());
        assert_eq!(exact_picture(&place.ws()), before, "{args:?}");
    }
    place.planc(&["plan", "p.pl"]).exits(0);
    let run = place.last_run();
    commands = vec![
        vec!["show", &run],
        vec!["show", &run, "--plan", "--full"],
        vec!["diff", &run],
        vec!["approve", &run],
        vec!["run", &run],
        vec!["resume", &run],
        vec!["undo", &run],
        vec!["abort", &run],
        vec!["run", &run],
    ];
    for args in &commands {
        let said = place.planc(args);
        assert!(said.code.is_some_and(|code| code != 101), "{args:?} {}", said.short());
        assert_eq!(exact_picture(&place.ws()), before, "{args:?}");
    }
    assert!(!place.at("out/log").exists(), "a program ran");
    let nobody = listener.accept().map(|_| ()).unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock, "somebody was contacted");
}

/// Where only a part may be read before approval, nothing else of the tree appears on the card, by whatever way.
#[test]
fn what_may_not_be_read_before_approval_is_not_shown() {
    let place = Place::new();
    place.put("planc.toml", "[workspace]\nread = [\"docs/*/public/**\", \"open/**\", \"flat/*\"]\n");
    place.put("secret/key", "TOPSECRET line\n").put("docs/a/private/key", "TOPSECRET line\n").put("open/x", "fine\n");
    place.put("flat/deep/key", "TOPSECRET line\n").put("key", "TOPSECRET line\n").put("docs/a/public/x", "fine\n");
    place.link("../secret", "open/folder");
    place.link("../secret/key", "open/file");
    let steps = [
        "step s = fs.read(path: \"secret/key\")",
        "step s = fs.read(path: \"open/folder/key\")",
        "step s = fs.read(path: \"open/file\")",
        "step s = fs.read(path: \"docs/a/private/key\")",
        "step s = fs.read(path: \"flat/deep/key\")",
        "step s = fs.search(pattern: \"T\", files: \"**\")",
        "step s = fs.search(pattern: \"T\", files: \"{open,secret}/**\")",
        "step s = fs.search(pattern: \"T\", files: \"flat/**\")",
        "step s = fs.search(pattern: \"T\", files: \"docs/**\")",
        "step s = fs.search(pattern: \"T\", files: \"open/folder/**\")",
        "step s = fs.copy(from: \"secret/key\", to: \"open/copy\")",
        "step s = fs.copy(from: \"open/file\", to: \"open/copy\")",
        "step c = fs.copy(from: \"secret\", to: \"open/copied\")\nstep s = fs.read(path: \"open/copied/key\")",
        "step s = fs.move(from: \"secret/key\", to: \"open/moved\")",
        "step s = fs.edit(path: \"secret/key\", edits: [{ find: \"line\", replace: \"x\" }])",
        "step s = fs.append(path: \"secret/key\", text: \"x\\n\")",
        "step s = fs.write(path: \"secret/key\", text: \"x\")",
        "step s = fs.write(path: \"open/file\", text: \"x\")",
        "step s = fs.delete(path: \"secret/key\")",
        "step s = fs.delete(path: \"secret\", recursive: true)",
    ];
    for step in steps {
        place.put(
            "p.pl",
            format!(
                "plan \"x\" {{ critical {{ create \"**\"\nmodify \"**\"\ndelete \"**\"\nread \"**\" }}\n{step}\n }}"
            ),
        );
        for form in ["text", "json", "markdown"] {
            let said = place.planc(&["--format", form, "plan", "p.pl", "--full"]);
            assert!(matches!(said.code, Some(0)), "{step} {}", said.short());
            assert!(!said.out.contains("TOPSECRET") && !said.err.contains("TOPSECRET"), "{step} {}", said.short());
        }
    }
    for assume in ["fs.read(path: \"key\").text == \"\"", "fs.search(pattern: \"^TOP\", files: \"**\").files == 0"] {
        place.put("p.pl", format!("plan \"x\" {{ assume \"a\" {{ {assume} }}\nstep s = fs.read(path: \"open/x\") }}"));
        let said = place.planc(&["plan", "p.pl"]).exits(0);
        assert!(said.out.contains("known only after the run"), "{}", said.short());
    }
    place.put("p.pl", "plan \"x\" { step s = fs.read(path: \"open/x\")\nstep t = fs.read(path: \"docs/a/public/x\") }");
    place.planc(&["--format", "json", "plan", "p.pl"]).exits(0).says("fine");
}

#[test]
fn catalogues_cannot_soften_what_planc_brings() {
    let place = Place::new();
    let log = place.at("out/log");
    place.put(
        "q.pl",
        format!("plan \"x\" {{ step a = process.run(argv: [\"sh\", \"-c\", \"echo acted >> {}\"]) }}", log.display()),
    );
    place.put("w.pl", "plan \"x\" { step a = fs.write(path: \"made.txt\", text: \"x\") }");
    let soft = [
        "catalogue process { tool run(argv: [string]) -> any { pure } }",
        "catalogue process { tool run(argv: [string], directory: path = \".\", env: [{ name: string, value: string }] = [], stdin: string = \"\", success: [int] = [0], max_output_bytes: int = 1) -> any { reads directory } }",
        "catalogue fs { tool write(path: path, text: string, executable: bool = false) -> any { pure } }",
        "catalogue fs { tool read(path: path) -> any { pure } }",
        "catalogue http { tool get(url: string) -> any { pure } }",
    ];
    for soft in soft {
        place.put("soft.pl", soft);
        for (index, plan) in ["q.pl", "w.pl"].into_iter().enumerate() {
            for how in 0..2 {
                match how {
                    0 => place.put("planc.toml", "[catalogues]\nfiles = [\"soft.pl\"]\n"),
                    _ => place.put("planc.toml", ""),
                };
                let more: &[&str] = if how == 0 { &[] } else { &["--catalogue", "soft.pl"] };
                for args in [vec!["check", plan], vec!["plan", plan], vec!["run", "--approve", plan]] {
                    let said = place.planc(&[more, &args].concat());
                    assert_eq!(said.code, Some(1), "{soft} {index} {}", said.short());
                }
            }
        }
    }
    assert!(!log.exists() && !place.has("made.txt"));
}

#[test]
fn a_tool_that_nothing_carries_out_blocks() {
    let place = Place::new();
    for body in ["{ pure }", "", "{ reads p }", "{ writes p }", "{ pure\nidempotent\napproval auto }"] {
        place.put("planc.toml", "[catalogues]\nfiles = [\"mine.pl\"]\n");
        place.put("mine.pl", format!("catalogue fs2 {{ tool write(p: path, text: string) -> any {body}\n}}"));
        place
            .put("p.pl", "plan \"x\" { critical { modify \"**\" }\nstep a = fs2.write(p: \"made.txt\", text: \"x\") }");
        for args in [vec!["plan", "p.pl"], vec!["run", "--approve", "p.pl"]] {
            let said = place.planc(&args);
            assert_eq!(said.code, Some(1), "{body} {}", said.short());
        }
        place.put(
            "p.pl",
            "plan \"x\" { assume \"y\" { fs2.write(p: \"made.txt\", text: \"x\") == null }\nstep a = fs.list() }",
        );
        assert_ne!(place.planc(&["run", "--approve", "p.pl"]).code, Some(0), "{body}");
    }
    assert!(!place.has("made.txt"));
}

#[test]
fn an_undo_clause_is_judged_like_a_step() {
    let place = Place::new();
    place.open(&["sh"]);
    let log = place.at("out/log");
    let log = log.display();
    for undo in [
        format!("process.run(argv: [\"rm\", \"-rf\", \"{log}\"])"),
        "fs.write(path: \"evil.txt\", text: \"x\")".to_owned(),
        "fs.write(path: \"planc.toml\", text: \"x\")".to_owned(),
        "fs.delete(path: \"p.pl\")".to_owned(),
        "http.get(url: \"http://127.0.0.1:1/\")".to_owned(),
    ] {
        place.put(
            "p.pl",
            format!(
                "plan \"x\" {{ critical {{ run \"sh\" }}\nstep a = process.run(argv: [\"sh\", \"-c\", \"echo >> {log}\"]) {{\nundo {undo}\n}} }}"
            ),
        );
        let said = place.planc(&["plan", "p.pl"]);
        assert_eq!(said.code, Some(1), "{undo} {}", said.short());
    }
    // What is known only later is judged then.
    place.put("which", "rm");
    place.put(
        "p.pl",
        format!(
            "plan \"x\" {{ critical {{ run \"sh\" }}\nstep which = process.run(argv: [\"sh\", \"-c\", \"printf touch\"])\n\
             step a = process.run(argv: [\"sh\", \"-c\", \"echo >> {log}\"]) {{\nundo process.run(argv: [which.stdout, \"{log}.evil\"])\n}} }}"
        ),
    );
    let planned = place.planc(&["plan", "p.pl"]);
    if planned.code == Some(0) {
        place.run("p.pl").exits(0);
        let said = place.planc(&["undo", &place.last_run()]);
        assert_ne!(said.code, Some(0), "{}", said.short());
    }
    assert!(!fs::exists(format!("{log}.evil")).unwrap());
}

#[test]
fn what_critical_forbids_is_blocked_though_nobody_knows_whether_it_runs() {
    let cases = [
        (r#"process.run(argv: ["git", "tag", "v${v}"])"#, r#"no `critical` line allows `run "git tag v1"`"#),
        (r#"http.get(url: "https://${v}.b.example/")"#, r#"no `critical` line allows `contact "1.b.example"`"#),
        (r#"fs.write(path: "${v}/out", text: "x")"#, r#"no `critical` line allows `modify "1/out"`"#),
        (r#"fs.delete(path: "${v}/a")"#, r#"no `critical` line allows `delete "1/a"`"#),
        (r#"fs.write(path: "link/${v}", text: "x")"#, r#"no `critical` line allows `modify "in/1"`"#),
    ];
    for (call, why) in cases {
        let place = Place::new();
        place.put("in/1", "a").put("1/a", "a").link("in", "link");
        let text = format!(
            r#"plan "Unknown" {{
  input v: string
  critical {{
    run "true"
    run "git push"
    contact "a.example"
    create "made/**"
    create "link/**"
    delete "made/**"
  }}
  step first = process.run(argv: ["true"])
  let ended = if first.exit_code == 0 then true else false
  step second = {call} {{
    when ended
  }}
}}
"#
        );
        place.put("p.pl", text);
        place.planc(&["plan", "--input", "v=1", "p.pl"]).exits(1).says("[BLOCKED]").says(why);
    }
}
