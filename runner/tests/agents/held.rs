//! Runs of a session that somebody puts into plan mode: nothing further is started, whoever carries them out.

use super::http::Server;
use super::support::Place;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const OPEN: &str = "[programs]\nopen = [\"sh -c\"]\n";

/// Who carries a run out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    /// `planc run` on the command line.
    Command,
    /// Another session that handed the same text in.
    Another,
    /// The session itself.
    Itself,
}

/// How it is held.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// Somebody sets the mode of the session.
    Mode,
    /// An approver calls a route of a server that does not carry the run out.
    Route(&'static str),
    /// Not at all.
    Not,
}

/// A plan whose first step waits until the test has looked, and whose second one writes a file.
fn two(outside: &Path) -> String {
    let out = outside.display();
    format!(
        "plan \"Two\" {{\n  critical {{\n    run \"sh -c\"\n    create \"late.txt\"\n  }}\n  step first = process.run(argv: [\"sh\", \"-c\", \"touch '{out}/begun'; while [ ! -e '{out}/go' ]; do sleep 0.02; done\"])\n  step second = fs.write(path: \"late.txt\", text: first.stdout)\n}}\n"
    )
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether the second step was not done, and what is answered when the run is to go on.
fn held(by: By, how: How) -> (bool, Option<String>) {
    let place = Place::new(OPEN);
    let approvers = place.private("approvers", &format!("boss: {}\n", "c".repeat(40)));
    let outside = place.state().with_file_name("out");
    std::fs::create_dir(&outside).unwrap();
    let mut agent = place.server(&[]);
    agent.done("plan_write", json!({ "text": two(&outside) }));
    let handed = agent.done("plan_exit", json!({})).data;
    let (plan, session) = (text(&handed["plan_id"]), text(&handed["session"]));
    place.approve(&plan);
    let begun = {
        let outside = outside.clone();
        move || until("the first step has begun", || outside.join("begun").exists())
    };
    let mut other = place.server(&[]);
    let running = match by {
        By::Command => {
            let mut command = place.planc(&["run", &plan]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            std::thread::spawn(move || drop(command.output().unwrap()))
        }
        By::Another => {
            other.done("plan_write", json!({ "text": two(&outside) }));
            let same = text(&other.done("plan_exit", json!({})).data["plan_id"]);
            assert_eq!(same, plan);
            std::thread::spawn(move || drop(other.call("plan_run", json!({ "plan_id": same }))))
        }
        By::Itself => {
            let plan = plan.clone();
            let mut agent = place.server(&["--session", &session]);
            std::thread::spawn(move || drop(agent.call("plan_run", json!({ "plan_id": plan }))))
        }
    };
    begun();
    match how {
        How::Mode => drop(place.prints(&["mode", "set", "plan", "--session", &session, "--why", "stop"])),
        How::Route(route) => {
            let server = Server::start(&place, &["--approvers", &approvers]);
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let said = runtime.block_on(server.operator(&format!("/sessions/{session}/{route}"), &"c".repeat(40)));
            assert_eq!(said["withdrawn"], json!([plan]), "{said}");
        }
        How::Not => {}
    }
    std::fs::write(outside.join("go"), "").unwrap();
    running.join().unwrap();
    let is_held = !place.has("late.txt");
    let again = is_held.then(|| agent.call("plan_run", json!({ "plan_id": plan })).text);
    assert_eq!(place.has("late.txt"), !is_held, "it goes on all the same");
    (is_held, again)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

#[test]
fn a_session_in_plan_mode_holds_its_runs_whoever_carries_them_out() {
    for by in [By::Command, By::Another, By::Itself] {
        let (is_held, again) = held(by, How::Mode);
        assert!(is_held, "{by:?}");
        assert!(again.unwrap().contains("plan mode is active"), "{by:?}");
    }
    assert!(!held(By::Command, How::Not).0);
}

#[test]
fn an_approver_holds_what_another_process_carries_out() {
    for (by, route) in [(By::Command, "enter"), (By::Itself, "enter"), (By::Another, "abort")] {
        let (is_held, again) = held(by, How::Route(route));
        assert!(is_held, "{by:?}");
        assert!(again.unwrap().contains("approver boss set this session to `plan`"), "{by:?}");
    }
    assert!(!held(By::Itself, How::Not).0);
}
