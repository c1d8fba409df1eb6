//! Programs whose planc is no more: nothing of them goes on, whether they were approved or only tried in a dry run.

use crate::early::{place, plan, sh};
use crate::place::{Place, picture, until};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Read as _;
use std::process::{Child, ExitStatus, Stdio};

/// A place with a plan whose program goes on for ever, under a name of its own.
fn for_ever() -> (Place, String) {
    let (place, name) = (place(""), format!("sh-{}", uuid::Uuid::new_v4().simple()));
    let script = format!("cp /bin/sh {name}; echo x > made; while true; do ./{name} -c \"sleep 0.05; : {name}\"; done");
    place.put("p.pl", plan("create \"**\"", &sh("a", &script)));
    (place, name)
}

/// Whether a process with this in its command line is there.
fn runs(name: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|process| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        // Not planc, which names the plan's file only.
        String::from_utf8_lossy(&line).contains(name)
    })
}

/// Starts planc, waits until the program runs, gives planc alone a signal, and waits until both are gone.
fn told(place: &Place, name: &str, args: &[&str], signal: Signal) -> ExitStatus {
    let mut command = place.command(args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    until("the program runs", || runs(name));
    kill_process(pid(&child), signal).unwrap();
    let status = child.wait().unwrap();
    until("nothing of the cell runs", || !runs(name));
    status
}

/// How many cells have a folder.
fn cells(place: &Place) -> usize {
    fs::read_dir(place.state().join("cells")).unwrap().count()
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

#[test]
fn a_dry_run_that_is_interrupted_ends_its_program() {
    for (args, signal) in [
        (&["plan", "--run-programs", "p.pl"][..], Signal::INT),
        (&["plan", "--run-programs", "p.pl"], Signal::TERM),
        (&["run", "--approve", "--run-programs", "p.pl"], Signal::INT),
    ] {
        let (place, name) = for_ever();
        let before = picture(&place.ws());
        assert_eq!(told(&place, &name, args, signal).code(), Some(130), "{args:?}");
        assert_eq!((picture(&place.ws()), cells(&place)), (before, 0));
        // Nothing of it is kept: there is no plan that anybody could approve.
        assert_eq!(place.planc(&["--format", "json", "runs"]).exits(0).json()["runs"], serde_json::json!([]));
    }
}

/// What has been looked at is shown, and a signal ends that: nothing listens to it any more.
#[test]
fn showing_ends_at_a_signal() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let place = Place::new();
        let lines = "a line of it\\n".repeat(20_000);
        let text = format!("step a = fs.write(path: \"a\", text: \"{lines}\")");
        place.put("p.pl", format!("plan \"p\" {{\n  critical {{\n    create \"a\"\n  }}\n  {text}\n}}\n"));
        let mut command = place.command(&["plan", "--full", "p.pl"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        // It goes on writing into what nobody reads.
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        kill_process(pid(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal:?}");
    }
}

/// Of two runs of one plan at once one is refused; a run that waits has not begun, whatever the other came to.
#[test]
fn a_run_that_has_not_begun_is_not_told_as_another() {
    let (place, name) = for_ever();
    let digest = place.digest("p.pl");
    let approve = format!("--approve={digest}");
    let mut first = place.command(&["run", &approve, "p.pl"]);
    let mut first = first.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the program runs", || runs(&name));
    place.planc(&["run", &approve, "p.pl"]).exits(2).says("is at work");
    // Another run of it is waited for.
    place.planc(&["plan", "p.pl"]).exits(0);
    let pid = pid(&first);
    until("the first ends", || {
        kill_process(pid, Signal::INT).unwrap();
        first.try_wait().unwrap().is_some()
    });
    let listed = place.planc(&["--format", "json", "runs"]).exits(0).json();
    let of = |at: usize, name: &str| listed["runs"][at][name].as_str().unwrap_or_default().to_owned();
    let waits = (0..2).find(|at| of(*at, "status") == "needs approval").expect("it is told as what it is");
    place.planc(&["show", &of(waits, "run")]).exits(0).says("NEEDS APPROVAL");
    assert_ne!(of(1 - waits, "status"), "needs approval");
}

#[test]
fn a_program_ends_with_its_planc_however_that_went() {
    for args in [&["run", "--approve", "p.pl"][..], &["plan", "--run-programs", "p.pl"]] {
        let (place, name) = for_ever();
        let before = picture(&place.ws());
        told(&place, &name, args, Signal::KILL);
        assert_eq!(picture(&place.ws()), before, "{args:?}");
        assert_eq!(cells(&place), 1);
        place.planc(&["gc"]).exits(0);
        assert_eq!(cells(&place), 0);
    }
}

#[test]
fn a_model_that_is_asked_ends_with_the_dry_run() {
    let place = Place::new();
    let name = format!("planc-{}", uuid::Uuid::new_v4().simple());
    place.put("planc.toml", format!("[model]\ncommand = [\"sh\", \"-c\", \"sleep 300; : {name}\"]\n"));
    place.put("m.pl", "plan \"x\" {\n step a = model.extract(from: \"one\", ask: \"how many?\", type: int)\n}\n");
    let mut command = place.command(&["plan", "m.pl"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the model is asked", || runs(&name));
    kill_process(pid(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    until("it is asked no more", || !runs(&name));
}
