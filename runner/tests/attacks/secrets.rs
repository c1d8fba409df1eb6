//! Secrets: whatever a plan does with one, and however the process ends, no byte of it is in the state directory, in what
//! is printed, or in what an approval names.

use crate::place::{Place, Said, until};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

/// A secret that every escaping changes.
const SECRET: &str = "hunter2 \"quoted\" \\back & päss";

/// Hexadecimal digits in which none of its bytes can be part of something else.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let json = serde_json::to_string(secret).expect("a text is JSON");
    let debug = format!("{secret:?}");
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms: Vec<String> =
        vec![secret.into(), json[1..json.len() - 1].into(), debug[1..debug.len() - 1].into(), percent, hex];
    forms.extend((0..3).map(|shift| {
        let digits = base64(&[&b"xyz"[..shift], secret.as_bytes()].concat());
        digits[(shift * 8).div_ceil(6)..(shift + secret.len()) * 8 / 6].to_owned()
    }));
    // Parts that survive where a line is broken in it.
    forms.extend(["hunter2".to_owned(), "quoted".to_owned(), "p\u{e4}ss".to_owned()]);
    forms.into_iter().map(String::into_bytes).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits =
        |chunk: &[u8]| chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
    let digits = |chunk: &[u8]| {
        let bits = bits(chunk);
        (0..=chunk.len()).map(|at| DIGITS[(bits >> (18 - 6 * at) & 63) as usize] as char).collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

fn holds(bytes: &[u8], form: &[u8]) -> bool {
    bytes.windows(form.len()).any(|window| window == form)
}

#[track_caller]
fn tells_nothing(what: &str, bytes: &[u8]) {
    for form in forms(SECRET) {
        assert!(!holds(bytes, &form), "{what} holds {}", String::from_utf8_lossy(&form));
    }
}

/// Every file of the state directory, names included.
#[track_caller]
fn state_tells_nothing(place: &Place) {
    let mut open = vec![place.state(), place.at("home"), place.at("xdg")];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        tells_nothing("a name", path.to_string_lossy().as_bytes());
        match path.is_dir() {
            true => open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path())),
            false => {
                seen += 1;
                tells_nothing(&path.display().to_string(), &fs::read(&path).unwrap());
            }
        }
    }
    assert!(seen > 1, "the state was looked at");
}

#[track_caller]
fn said_nothing(said: Said) -> Said {
    tells_nothing("standard output", said.out.as_bytes());
    tells_nothing("standard error", said.err.as_bytes());
    said
}

/// A plan that hands the secret to a vault, writes it down, and shows it in every way that there is.
const ROTATE: &str = r#"plan "Rotate a secret" {
  input token: string secret
  critical {
    run    "vault"
    create "out.txt"
    create "enc.txt"
    modify "old.txt"
  }
  let header = "Bearer ${token}"
  let released = reveal(header, "these files are the vault")
  step put = process.run(argv: ["vault", "put"], stdin: token)
  step old = fs.write(path: "old.txt", text: released)
  step new = fs.write(path: "out.txt", text: "before\n${released}\nafter\n")
  step env = process.run(argv: ["vault", "env"], env: [{ name: "TOKEN", value: token }])
  step leak = process.run(argv: ["vault", "leak"], stdin: token) {
    on failure continue
  }
  step wrong = process.run(argv: ["vault", "put"], stdin: token) {
    expect if wrong.stdout == "something else" then true else false
    on failure continue
  }
  output said = put.stdout
  output header = header
  output length = token.length()
}
"#;

fn place() -> Place {
    let place = Place::new();
    place.put("p.pl", ROTATE).put("old.txt", "old\n");
    fs::write(place.at("token"), format!("{SECRET}\n")).unwrap();
    let vault = place.at("out/vault");
    place.program(
        "bin/vault",
        &format!(
            r#"case "$1" in
put) cat > {0}; echo "stored $(cat {0})"; base64 -w0 {0} ;;
env) printf '%s' "$TOKEN" > {0}; echo "$TOKEN" | od -An -tx1 ;;
leak) cat > {0}; cat {0} >&2; base64 -w0 {0} >&2; od -An -v -tx1 {0} | tr -d ' \n' >&2; exit 3 ;;
hang) cat > {0}; sleep 30 ;;
esac"#,
            vault.display()
        ),
    );
    place
}

fn input(place: &Place) -> String {
    format!("token={}", place.at("token").display())
}

#[test]
fn rotating_a_secret_leaves_no_trace_of_it() {
    let place = place();
    place.put("planc.toml", "[programs]\nopen = [\"vault\", \"sh\"]\npass_env = [\"PATH\"]\n");
    let input = input(&place);
    said_nothing(place.planc(&["plan", "--full", "p.pl", "--input-file", &input]).exits(0)).says("(secret)");
    said_nothing(place.planc(&["--format", "markdown", "plan", "p.pl", "--input-file", &input]).exits(0));
    let planned = said_nothing(place.planc(&["--format", "json", "plan", "p.pl", "--input-file", &input]).exits(0));
    let digest = planned.json()["digest"].as_str().unwrap().to_owned();
    state_tells_nothing(&place);
    let approve = format!("--approve={digest}");
    said_nothing(place.planc(&["run", &approve, "p.pl", "--input-file", &input])).exits(0);
    assert_eq!(fs::read_to_string(place.at("out/vault")).unwrap(), SECRET, "the vault got it");
    assert!(place.get("out.txt").contains(SECRET), "and the file");
    state_tells_nothing(&place);
    let run = place.last_run();
    for args in [
        vec!["show", &run],
        vec!["show", "--plan", "--full", &run],
        vec!["--format", "json", "show", &run],
        vec!["--format", "markdown", "show", &run],
        vec!["diff", &run],
        vec!["--format", "json", "diff", &run],
        vec!["runs"],
    ] {
        said_nothing(place.planc(&args));
    }
    said_nothing(place.planc(&["undo", &run]));
    assert_eq!(place.get("old.txt"), "old\n");
    assert!(!place.has("out.txt"));
    state_tells_nothing(&place);
}

#[test]
fn a_run_that_is_killed_leaves_no_trace_either_and_goes_on() {
    let place = place();
    place.put("planc.toml", "[programs]\nopen = [\"vault\", \"sh\"]\npass_env = [\"PATH\"]\n");
    place.put(
        "hang.pl",
        r#"plan "Hang" {
  input token: string secret
  critical {
    run    "vault"
    create "out.txt"
  }
  let released = reveal(token, "this file is the vault")
  step new = fs.write(path: "out.txt", text: released)
  step put = process.run(argv: ["vault", "hang"], stdin: token)
  output said = new.bytes
}
"#,
    );
    let input = input(&place);
    let digest = place.digest_with(&["plan", "hang.pl", "--input-file", &input]);
    let mut command = place.command(&["run", &format!("--approve={digest}"), "hang.pl", "--input-file", &input]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the vault has it", || fs::read(place.at("out/vault")).is_ok_and(|bytes| bytes == SECRET.as_bytes()));
    child.kill().unwrap();
    let mut said = Vec::new();
    child.stderr.take().unwrap().read_to_end(&mut said).unwrap();
    child.wait().unwrap();
    tells_nothing("standard error", &said);
    state_tells_nothing(&place);
    let run = place.last_run();
    said_nothing(place.planc(&["resume", &run])).exits(7);
    said_nothing(place.planc(&["resume", &run, "--resolve", "put=fail"]));
    said_nothing(place.planc(&["show", &run]));
    said_nothing(place.planc(&["--format", "json", "show", &run]));
    said_nothing(place.planc(&["undo", &run]));
    assert!(!place.has("out.txt"));
    state_tells_nothing(&place);
}

/// Expressions over a secret that fail, each with a part of it at hand.
const FAILING: [&str; 7] = [
    "token.slice(0, 13).parse(\"{n: int}\").n",
    "token.slice(0, 3).parse(\"{n: int}\").n",
    "token.slice(7, 14).parse_csv(\"n: int\")[0].n",
    "token.slice(0, 5).parse_json()",
    "[1].first(token.slice(0, 13))",
    "[n for n in [1] if n > 1].first(token.slice(0, 13))",
    "(if token == \"x\" then 1 else token.slice(0, 12).parse(\"{n: int}\").n)",
];

#[test]
fn a_failure_tells_no_part_of_a_secret() {
    let place = place();
    fs::write(place.at("out/parts"), "QwErTyUiOpAsDf").unwrap();
    let mut tried = 0;
    for failing in FAILING {
        for of in ["token", "a"] {
            let failing = failing.replace("token", of);
            let text = format!(
                "plan \"t\" {{\n  input token: string secret\n  critical {{\n    run \"tee\"\n  }}\n  let a = token\n  step put = process.run(argv: [\"tee\"], stdin: \"${{{failing}}}\")\n  output used = a.length()\n}}\n"
            );
            place.put("t.pl", text);
            let args = ["plan", "t.pl", "--input-file", "token=../out/parts"];
            let texts = place.planc(&args);
            let json = place.planc(&[&["--format", "json"], args.as_slice()].concat());
            if texts.code != Some(0) {
                continue;
            }
            assert!(!texts.out.contains("would fail"), "{failing}: {}", texts.short());
            let approve = format!("--approve={}", json.json()["digest"].as_str().unwrap());
            let run = place.planc(&["run", &approve, "t.pl", "--input-file", "token=../out/parts"]);
            for said in [&texts.out, &texts.err, &json.out, &json.err, &run.out, &run.err] {
                for part in ["QwE", "OpA", "UiOp", "pAsDf"] {
                    assert!(!said.contains(part), "{failing} tells {part}: {said}");
                }
            }
            // What does not fail was not known before, so that it may be asked about.
            if !matches!(run.code, Some(0 | 3)) {
                tried += 1;
                let words = ["a secret has a part in why", "it fails by what is secret"];
                assert!(words.iter().any(|words| run.out.contains(words)), "{failing}: {}", run.short());
            }
        }
    }
    assert!(tried >= 8, "{tried}");
}

#[test]
fn a_secret_is_no_argument_and_no_message() {
    let place = place();
    said_nothing(place.planc(&["plan", "p.pl", "--input", &format!("token={SECRET}")]).exits(2))
        .says("other processes can see")
        .says("--input-file token=PATH");
    place.planc(&["plan", "p.pl"]).exits(2).says("--input-file token=PATH");
    place.put("typed.pl", "plan \"p\" {\n  input n: int secret\n  step a = process.run(argv: [\"vault\"], stdin: \"${n}\")\n  critical { run \"vault\" }\n}\n");
    said_nothing(place.planc(&["plan", "typed.pl", "--input-file", &input(&place)]).exits(2));
    let n = format!("n={}", place.at("token").display());
    said_nothing(place.planc(&["plan", "typed.pl", "--input-file", &n]).exits(2)).says("does not fit");
    fs::write(place.at("token"), vec![b'x'; 2 << 20]).unwrap();
    place.planc(&["plan", "p.pl", "--input-file", &input(&place)]).exits(2).says("more than");
}

#[test]
fn what_is_approved_tells_nothing_of_the_secret_and_is_bound_to_it() {
    let (one, other) = (place(), place());
    one.put("planc.toml", "[programs]\nopen = [\"vault\", \"sh\"]\npass_env = [\"PATH\"]\n");
    let digest = |place: &Place| place.digest_with(&["plan", "p.pl", "--input-file", &input(place)]);
    let first = digest(&one);
    fs::write(one.at("token"), "another secret").unwrap();
    let second = digest(&one);
    assert_ne!(first, second, "another secret is another plan");
    // What runs is what was approved, whatever is given now.
    said_nothing(one.planc(&["run", &format!("--approve={first}"), "p.pl", "--input-file", &input(&one)]));
    assert_eq!(fs::read_to_string(one.at("out/vault")).unwrap(), SECRET);
    // Who has the digest and the plan, but not the key, cannot try secrets: another key gives another digest.
    fs::write(other.at("token"), format!("{SECRET}\n")).unwrap();
    assert_ne!(first, digest(&other));
}

#[test]
fn without_its_key_a_state_directory_is_of_no_use_and_says_so() {
    let place = place();
    let digest = place.digest_with(&["plan", "p.pl", "--input-file", &input(&place)]);
    let key = place.state().join("key");
    assert_eq!(mode(&key), 0o600);
    fs::remove_file(&key).unwrap();
    let said = place.planc(&["show", &digest]);
    assert_ne!(said.code, Some(0));
    said_nothing(said).says("sealed with another key");
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt;
    path.metadata().unwrap().mode() & 0o777
}

/// The example that rotates a key, with a key that every escaping changes: no form of either key is in what planc prints or
/// keeps, before, during and after.
#[test]
fn the_example_that_rotates_a_secret_tells_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/rotate-secret");
    let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
    let place = Place::new();
    for path in ["vault/vault.sh", "vault/billing", "service/auth.env"] {
        place.put(path, read(&format!("workspace/{path}")));
    }
    place.put("vault/billing", format!("{SECRET}\n")).put("service/auth.env", format!("BILLING_KEY={SECRET}\n"));
    place.put("p.pl", read("plan.pl"));
    fs::write(place.at("old"), format!("{SECRET}\n")).unwrap();
    fs::write(place.at("new"), format!("{SECRET} the second\n")).unwrap();
    let (old, new) = (format!("old={}", place.at("old").display()), format!("new={}", place.at("new").display()));
    let given = ["p.pl", "--input-file", &old, "--input-file", &new];
    for form in [&["plan", "--full"][..], &["--format", "markdown", "plan"]] {
        said_nothing(place.planc(&[form, &given].concat()).exits(0)).says("(secret)");
    }
    let planned = said_nothing(place.planc(&[&["--format", "json", "plan"][..], &given].concat()).exits(0));
    let approve = format!("--approve={}", planned.json()["digest"].as_str().unwrap());
    said_nothing(place.planc(&[&["run", &approve][..], &given].concat())).exits(0);
    assert_eq!(place.get("vault/billing"), format!("{SECRET} the second\n"));
    assert_eq!(place.get("service/auth.env"), format!("BILLING_KEY={SECRET} the second\n"));
    state_tells_nothing(&place);
    let run = place.last_run();
    for args in [vec!["show", &run], vec!["--format", "json", "show", &run], vec!["--format", "markdown", "show", &run]]
    {
        said_nothing(place.planc(&args));
    }
    said_nothing(place.planc(&["undo", &run]));
    assert_eq!(place.get("vault/billing"), format!("{SECRET}\n"));
    assert_eq!(place.get("service/auth.env"), format!("BILLING_KEY={SECRET}\n"));
    state_tells_nothing(&place);
}
