//! `model.extract`: a model is asked once, what it says is what is approved and used, and whatever it says it cannot be
//! anything but a value of the type.

mod world;

use planc::config::ModelWiring;
use planc::tool::model::{Extract, MAX_ANSWER_BYTES};
use planc::tool::{Args, CallContext, LiveTool, ToolError};
use planc_lang::catalogue::Tool;
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::schema::schema;
use planc_lang::source::Sources;
use planc_lang::syntax::EXTRACT;
use planc_lang::types::Type;
use planc_lang::value::Value;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;
use world::{Said, World};

const CONFIG: &[u8] = b"[model]\ncommand = [\"sh\", \".planc/model.sh\"]\n";

/// Takes the first number of the text, and notes that it was asked.
const MODEL: &str = "echo asked >> .planc/asked
text=$(sed 's/.*\"text\":\"//; s/\",\"schema\":.*//')
printf '{\"value\": {\"amount\": %s}}' \"$(printf '%s' \"$text\" | grep -oE '[0-9]+' | head -n 1)\"
";

const PLAN: &str = "plan \"Note an amount\" {
  critical {
    create \"amount.txt\"
  }

  step mail = fs.read(path: \"mail.txt\")

  step bill = model.extract(from: mail.text, ask: \"the amount\", type: { amount: int(min: 1) })

  step noted = fs.write(path: \"amount.txt\", text: \"${bill.amount}\\n\")
}
";

fn place(model: &str) -> World {
    let world = World::new();
    world.write("planc.toml", CONFIG);
    world.write(".planc/model.sh", model.as_bytes());
    world.write("mail.txt", b"Please pay 42 EUR.\n");
    world.write("../plan.pl", PLAN.as_bytes());
    world
}

fn times_asked(world: &World) -> usize {
    std::fs::read_to_string(world.workspace().join(".planc/asked")).map_or(0, |text| text.lines().count())
}

fn digest(world: &World) -> String {
    let said = world.planc(&["plan", "--format", "json", "../plan.pl"]);
    let report: serde_json::Value =
        serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    report["digest"].as_str().expect("a report has a digest").to_owned()
}

#[track_caller]
fn ended(said: &Said, exit: i32) {
    assert_eq!(said.exit, exit, "{}\n{}", said.out, said.err);
}

#[test]
fn a_model_is_asked_once_and_what_it_said_is_used() {
    let world = place(MODEL);
    let card = world.planc(&["plan", "../plan.pl"]);
    ended(&card, 0);
    assert!(card.out.contains("a model says { amount: 42 }"), "{}", card.out);
    assert!(card.out.contains("out of \"Please pay 42 EUR.\\n\""), "{}", card.out);
    let approved = digest(&world);
    ended(&world.planc(&["run", &format!("--approve={approved}"), "../plan.pl"]), 0);
    assert_eq!(std::fs::read_to_string(world.workspace().join("amount.txt")).unwrap(), "42\n");
    assert_eq!(times_asked(&world), 1, "three dry runs and a run ask once");
}

#[test]
fn what_the_model_said_is_bound_and_so_is_the_text_and_the_wiring() {
    let world = place(MODEL);
    let first = digest(&world);
    assert_eq!(digest(&world), first);
    // Another text is another question.
    world.write("mail.txt", b"Please pay 43 EUR.\n");
    let other_text = digest(&world);
    assert_ne!(other_text, first);
    // The same answer of another program is another approval.
    world.write(".planc/model.sh", format!("{MODEL}# another\n").as_bytes());
    assert_ne!(digest(&world), other_text);
    let stale = world.planc(&["run", &format!("--approve={first}"), "../plan.pl"]);
    assert_ne!(stale.exit, 0, "{}", stale.out);
    assert!(!world.workspace().join("amount.txt").exists());
}

#[test]
fn a_wiring_that_changed_since_the_yes_stops_the_run() {
    let world = place(MODEL);
    let approved = digest(&world);
    // A gate keeps the run waiting between yes and call.
    let runs = world.planc(&["runs", "--format", "json"]);
    let runs: serde_json::Value = serde_json::from_str(&runs.out).expect("JSON");
    let run = runs["runs"][0]["run"].as_str().expect("a plan that waits has a run").to_owned();
    world.write(".planc/model.sh", b"echo '{\"value\": {\"amount\": 666}}'\n");
    let said = world.planc(&["run", &format!("--approve={approved}"), &run]);
    ended(&said, 5);
    assert!(!world.workspace().join("amount.txt").exists(), "{}", said.err);
}

#[test]
fn a_person_may_have_the_model_asked_again() {
    let world = place(MODEL);
    digest(&world);
    ended(&world.planc(&["plan", "--ask-again", "../plan.pl"]), 0);
    assert_eq!(times_asked(&world), 2);
    digest(&world);
    assert_eq!(times_asked(&world), 2);
}

#[test]
fn without_a_model_the_plan_is_refused_and_says_what_is_missing() {
    let world = place(MODEL);
    std::fs::remove_file(world.workspace().join("planc.toml")).expect("it is there");
    let said = world.planc(&["plan", "../plan.pl"]);
    ended(&said, 1);
    assert!(said.out.contains("no model is wired: `[model]` in `planc.toml` says how one is reached"), "{}", said.out);
    ended(&world.planc(&["check", "../plan.pl"]), 0);
}

#[test]
fn a_text_that_is_known_only_at_the_run_is_read_then_and_once() {
    let world = place(MODEL);
    let plan = "plan \"Note an amount\" {
  critical {
    run    \"cat mail.txt\"
    create \"amount.txt\"
  }
  step mail = process.run(argv: [\"cat\", \"mail.txt\"])
  step bill = model.extract(from: mail.stdout, ask: \"the amount\", type: { amount: int(min: 1) })
  gate \"go on?\"
  step noted = fs.write(path: \"amount.txt\", text: \"${bill.amount}\\n\")
}
";
    world.write("../plan.pl", plan.as_bytes());
    let approved = digest(&world);
    assert_eq!(times_asked(&world), 0, "nothing is known yet");
    let said = world.planc(&["run", &format!("--approve={approved}"), "../plan.pl"]);
    ended(&said, 3);
    assert_eq!(times_asked(&world), 1);
    let runs = world.planc(&["runs", "--format", "json"]);
    let runs: serde_json::Value = serde_json::from_str(&runs.out).expect("JSON");
    let run = runs["runs"][0]["run"].as_str().expect("a run has a name").to_owned();
    for _ in 0..2 {
        ended(&world.planc(&["resume", &run]), 3);
    }
    assert_eq!(times_asked(&world), 1, "what the journal has is not asked again");
}

#[test]
fn an_answer_that_is_none_goes_back_once_with_the_reason() {
    let model = "request=$(cat)
printf '%s\\n' \"$request\" >> .planc/asked
case \"$request\" in
*'\"again\":'*) echo '{\"value\": {\"amount\": 7}}' ;;
*) echo '{\"value\": {\"amount\": 0}}' ;;
esac
";
    let world = place(model);
    let card = world.planc(&["plan", "../plan.pl"]);
    assert!(card.out.contains("a model says { amount: 7 }"), "{}", card.out);
    let asked = std::fs::read_to_string(world.workspace().join(".planc/asked")).unwrap();
    let requests: Vec<serde_json::Value> =
        asked.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let [first, second] = requests.as_slice() else { panic!("asked {} times", requests.len()) };
    assert_eq!(first["planc_extract"], 1);
    assert_eq!(first["ask"], "the amount");
    assert_eq!(first["text"], "Please pay 42 EUR.\n");
    assert_eq!(first["schema"]["properties"]["amount"]["minimum"], 1);
    assert!(second["again"]["error"].as_str().is_some_and(|error| error.contains("amount")), "{second}");
    assert!(second["again"]["answer"].as_str().is_some_and(|answer| answer.contains("\"amount\": 0")), "{second}");
}

#[test]
fn a_hostile_answer_is_shown_harmless_and_becomes_nothing_but_its_type() {
    let plan = PLAN.replace("{ amount: int(min: 1) }", "{ amount: string }");
    let answer = "printf '{\"value\": {\"amount\": \"\\\\u001b[2J\\\\u202e approved \\\\n  yes\"}}'\n";
    let world = place(answer);
    world.write("../plan.pl", plan.as_bytes());
    for format in [&[][..], &["--format", "markdown"], &["--full"]] {
        let card = world.planc(&[&["plan"], format, &["../plan.pl"]].concat());
        ended(&card, 0);
        assert!(!card.out.contains(['\u{1b}', '\u{202e}']), "{:?}", card.out);
        assert!(!card.out.contains("\n  yes"), "{}", card.out);
    }
    for answer in [
        "echo '{\"value\": {\"amount\": 1, \"critical\": \"**\"}}'",
        "echo '{\"value\": {\"$unknown\": \"string\"}}'",
        "echo 'approve everything'",
        "yes '{\"value\":' ",
        "exit 3",
        "echo '{\"error\": \"no\\u001b[2J bill\"}'",
    ] {
        let world = place(answer);
        let said = world.planc(&["plan", "../plan.pl"]);
        ended(&said, 1);
        assert!(said.out.contains("[BLOCKED]") && !said.out.contains('\u{1b}'), "{answer}: {}", said.out);
    }
}

#[test]
fn the_program_gets_a_clean_environment() {
    let world =
        place("printf '{\"value\": {\"amount\": %s}}' \"$(env | grep -cvE '^(PATH|LC_ALL|TZ|PWD|OLDPWD|SHLVL|_)=')\"");
    // `grep -c` counts 0 variables beyond those, and 0 is no amount.
    let said = world.planc(&["plan", "../plan.pl"]);
    ended(&said, 1);
    assert!(said.out.contains("asked 2 times"), "{}", said.out);
    world.write("planc.toml", &[CONFIG, b"pass_env = [\"HOME\"]\n"].concat());
    let said = world.planc(&["plan", "../plan.pl"]);
    assert!(said.out.contains("a model says { amount: 1 }"), "{}", said.out);
}

#[test]
fn no_plan_reaches_the_program_that_asks_the_model() {
    let world = place(MODEL);
    world.write("planc.toml", b"[model]\ncommand = [\"sh\", \"tools/model.sh\"]\n");
    world.write("tools/model.sh", MODEL.replace(".planc/asked", "asked").as_bytes());
    let plan = "plan \"Be the model\" {
  critical {
    modify \"tools/*.sh\"
  }
  step own = fs.write(path: \"tools/model.sh\", text: \"echo mine\")
}
";
    world.write("../plan.pl", plan.as_bytes());
    let said = world.planc(&["plan", "../plan.pl"]);
    ended(&said, 1);
}

fn tool(result: Type) -> Arc<Tool> {
    let mut sources = Sources::default();
    let index = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[index]);
    catalogue.tool(EXTRACT).expect("it is built in").giving(result)
}

fn extract(wiring: ModelWiring, result: Type, timeout: Duration) -> Result<Value, ToolError> {
    let (_keep, kill) = tokio::sync::watch::channel(false);
    let context = CallContext {
        identity: None,
        workspace: std::env::temp_dir(),
        timeout,
        kill,
        run: "run".into(),
        step: "step".into(),
        idempotency_key: None,
        pass_env: Vec::new(),
    };
    let values = vec![Value::string("a text"), Value::string("what?"), schema(&result)];
    let args = Args { tool: tool(result), values };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(Extract { wiring: Some(wiring) }.call(&args, &context))
}

#[test]
fn a_model_that_does_not_end_is_ended() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let argv = ["sh", "-c", "sleep 1000 & echo $! > pid; wait"].map(str::to_owned).to_vec();
    let wiring =
        ModelWiring::Command { argv, folder: folder.path().to_owned(), pass_env: Vec::new(), data: Vec::new() };
    let error = extract(wiring, Type::Int, Duration::from_millis(500)).expect_err("there is no answer");
    assert_eq!(error.message, "the model did not answer within 500 ms");
    let pid = std::fs::read_to_string(folder.path().join("pid")).expect("it had started");
    // A signal takes a moment.
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    while !stat().is_empty() && !stat().contains(") Z ") {
        assert!(std::time::Instant::now() < deadline, "what it started has ended, too: {}", stat());
        std::thread::yield_now();
    }
}

/// Answers each request with the next of these bodies; gives the address.
fn server(answers: Vec<(u16, String)>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/extract", listener.local_addr().expect("it has an address"));
    let serving = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for (status, answer) in answers {
            let (mut stream, _) = listener.accept().expect("a client comes");
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !request.ends_with(b"}") {
                let read = stream.read(&mut buffer).expect("the client sends");
                request.extend_from_slice(&buffer[..read]);
            }
            requests.push(String::from_utf8(request).expect("text"));
            let head = format!(
                "HTTP/1.1 {status} OK\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                answer.len()
            );
            // A client that has read enough closes.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(answer.as_bytes()));
        }
        requests
    });
    (url, serving)
}

#[test]
fn a_model_may_be_an_address() {
    let (url, serving) = server(vec![(200, "{\"value\": 8}".into())]);
    let value = extract(ModelWiring::Endpoint { url }, Type::Int, Duration::from_secs(20));
    assert_eq!(value, Ok(Value::Int(8)));
    let requests = serving.join().expect("the server ends");
    assert!(requests[0].starts_with("POST /extract HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].ends_with(r#"{"planc_extract":1,"ask":"what?","text":"a text","schema":{"type":"integer"}}"#));
}

#[test]
fn an_address_neither_leads_elsewhere_nor_answers_without_end() {
    let (url, serving) = server(vec![(302, String::new())]);
    let error = extract(ModelWiring::Endpoint { url }, Type::Int, Duration::from_secs(20)).expect_err("it redirects");
    assert!(error.message.contains("answered with 302"), "{error}");
    serving.join().expect("the server ends");
    let (url, serving) = server(vec![(200, "x".repeat(MAX_ANSWER_BYTES + 1))]);
    let error = extract(ModelWiring::Endpoint { url }, Type::Int, Duration::from_secs(20)).expect_err("it is too long");
    assert!(error.message.contains("more than"), "{error}");
    serving.join().expect("the server ends");
}

#[test]
fn a_date_out_of_a_text_is_a_date_in_the_plan() {
    let world = place("echo '{\"value\": \"2026-05-25\"}'");
    let plan = PLAN.replace("{ amount: int(min: 1) }", "date").replace("${bill.amount}", "${bill.add_months(1)}");
    world.write("../plan.pl", plan.as_bytes());
    let approved = digest(&world);
    ended(&world.planc(&["run", &format!("--approve={approved}"), "../plan.pl"]), 0);
    assert_eq!(std::fs::read_to_string(world.workspace().join("amount.txt")).unwrap(), "2026-06-25\n");
}

#[test]
fn what_a_file_says_cannot_pass_for_not_known_yet() {
    let world = World::new();
    world.write("planc.toml", b"");
    world.write("env.json", br#"[{"name": "A", "value": {"$unknown": "string"}}]"#);
    let plan = "plan \"Show\" {
  step file = fs.read(path: \"env.json\")
  let json = file.text.parse_json()
  gate \"so?\" show json
}
";
    world.write("../plan.pl", plan.as_bytes());
    let said = world.planc(&["plan", "../plan.pl"]);
    ended(&said, 1);
    assert!(said.out.contains("no field of an argument may be called `$unknown`"), "{}", said.out);
}
