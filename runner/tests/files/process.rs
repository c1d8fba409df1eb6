//! Programs: what they get, what they give, and that nothing of them stays.

use crate::support::{Place, live, strings, text};
use planc::tool::process::{kill_survivors, survivors};
use planc::tool::{EffectKnown, ToolError};
use planc_lang::value::Value;
use std::time::{Duration, Instant};

fn sh(script: &str) -> (&'static str, Value) {
    ("argv", strings(&["sh", "-c", script]))
}

fn run(place: &Place, args: &[(&str, Value)]) -> Result<Value, ToolError> {
    live("process.run", args, &place.context())
}

fn out(result: &Value) -> &str {
    result.get("stdout").and_then(Value::as_str).unwrap()
}

#[test]
fn a_program_gets_its_arguments_input_directory_and_variables() {
    let place = Place::new();
    std::fs::create_dir(place.root().join("sub")).unwrap();
    let env = Value::list([Value::record([("name", text("GIVEN")), ("value", text("a b"))])]);
    let script = "pwd; cat; echo \"$GIVEN|$PLANC_RUN|$CARGO_MANIFEST_DIR\"; echo err >&2";
    let args = [sh(script), ("directory", text("sub")), ("stdin", text("input\n")), ("env", env)];
    let context = place.context();
    let result = live("process.run", &args, &context).unwrap();
    let expected = format!("{}\ninput\na b|{}|\n", place.root().join("sub").display(), context.run);
    assert_eq!(out(&result), expected);
    assert_eq!(result.get("stderr"), Some(&text("err\n")));
    assert_eq!((result.get("exit_code"), result.get("truncated")), (Some(&Value::Int(0)), Some(&Value::Bool(false))));
}

#[test]
fn no_shell_reads_the_arguments() {
    let place = Place::new();
    let result = run(&place, &[("argv", strings(&["echo", "$HOME;", "`id`", "*"]))]).unwrap();
    assert_eq!(out(&result), "$HOME; `id` *\n");
}

#[test]
fn a_program_of_the_workspace_is_named_with_a_dot() {
    let place = Place::new();
    place.put("bin/tool", "#!/bin/sh\necho ran\n");
    place.link("../../out/secret", "bin/out");
    let named = |name: &str| run(&place, &[("argv", strings(&[name]))]);
    assert_eq!(
        named("./bin/tool").unwrap_err().message,
        "could not run `./bin/tool`: there is no program `./bin/tool`"
    );
    place.mode("bin/tool", 0o755);
    assert_eq!(out(&named("./bin/tool").unwrap()), "ran\n");
    assert!(named("bin/tool").unwrap_err().message.contains("neither a name on PATH"));
    assert!(named("./bin/out").unwrap_err().message.contains("there is no program `./bin/out`"));
    place.link("/bin/echo", "bin/echo");
    assert_eq!(out(&named("./bin/echo").unwrap()), "\n");
    assert!(named("./planc.toml").unwrap_err().message.contains("planc's own"));
    let own = std::env::current_exe().unwrap();
    assert!(named(own.to_str().unwrap()).unwrap_err().message.contains("planc's own"));
    for name in ["no-such-program", "", "a\0b"] {
        assert_eq!(named(name).unwrap_err().effect, EffectKnown::None);
    }
    assert_eq!(run(&place, &[("argv", strings(&[]))]).unwrap_err().effect, EffectKnown::None);
}

#[test]
fn an_exit_code_that_is_no_success_fails_with_the_end_of_what_was_said() {
    let place = Place::new();
    let error = run(&place, &[sh("echo one; echo two >&2; exit 3")]).unwrap_err();
    assert_eq!(error.effect, EffectKnown::Done);
    assert!(error.message.ends_with("ended with exit code 3; the end of stderr:\ntwo"), "{error}");
    let success = ("success", Value::list([Value::Int(0), Value::Int(3)]));
    assert_eq!(run(&place, &[sh("exit 3"), success]).unwrap().get("exit_code"), Some(&Value::Int(3)));
    let error = run(&place, &[sh("kill -SEGV $$")]).unwrap_err();
    assert!(error.message.ends_with("was ended by SIGSEGV") && error.effect == EffectKnown::Done, "{error}");
}

#[test]
fn output_is_bounded_and_never_stops_the_program() {
    let place = Place::new();
    let script = "head -c 3000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero | tr '\\0' y >&2; echo end";
    let result = run(&place, &[sh(script), ("max_output_bytes", Value::Int(10))]).unwrap();
    assert_eq!((out(&result), result.get("truncated")), ("xxxxxxxxxx", Some(&Value::Bool(true))));
    assert_eq!(result.get("stderr"), Some(&text("yyyyyyyyyy")));
    let unread = [sh("exit 0"), ("stdin", text(&"x".repeat(1 << 20)))];
    assert!(run(&place, &unread).is_ok());
}

#[test]
fn what_takes_too_long_is_killed_with_all_its_children() {
    let place = Place::new();
    let mut context = place.context();
    context.timeout = Duration::from_millis(200);
    let began = Instant::now();
    let error = live("process.run", &[sh("echo begun; sleep 100 & sleep 100")], &context).unwrap_err();
    assert_eq!(error.effect, EffectKnown::InDoubt);
    assert!(error.message.contains("took longer than 200ms and was killed; the end of stdout:\nbegun"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(survivors(&context.run).is_empty());
}

#[test]
fn what_does_not_listen_is_killed_all_the_same() {
    let place = Place::new();
    let mut context = place.context();
    context.timeout = Duration::from_millis(100);
    let error = live("process.run", &[sh("trap '' TERM; while :; do sleep 1; done")], &context).unwrap_err();
    assert_eq!(error.effect, EffectKnown::InDoubt);
    assert!(survivors(&context.run).is_empty());
}

#[test]
fn a_program_is_started_in_no_other_folder_than_was_meant() {
    use std::os::unix::fs::MetadataExt;
    let (place, other) = (Place::new(), Place::new());
    let of = |place: &Place| place.root().metadata().map(|found| (found.dev(), found.ino())).unwrap();
    for (identity, starts) in [(of(&place), true), (of(&other), false)] {
        let context = planc::tool::CallContext { identity: Some(identity), ..place.context() };
        let ended = live("process.run", &[sh("touch begun")], &context);
        assert_eq!((ended.is_ok(), place.root().join("begun").exists()), (starts, starts), "{ended:?}");
        let _ = std::fs::remove_file(place.root().join("begun"));
        assert!(starts || ended.unwrap_err().message.contains("another folder by now"));
    }
}

#[test]
fn a_person_can_end_a_program() {
    let place = Place::new();
    let (sender, kill) = tokio::sync::watch::channel(false);
    let context = planc::tool::CallContext { kill, ..place.context() };
    let marker = place.root().join("begun");
    let ender = std::thread::spawn(move || {
        while !marker.exists() {
            std::thread::yield_now();
        }
        sender.send(true).unwrap();
        sender
    });
    let error = live("process.run", &[sh("touch begun; sleep 100")], &context).unwrap_err();
    assert!(error.effect == EffectKnown::InDoubt && error.message.ends_with("was killed on request"), "{error}");
    drop(ender.join().unwrap());
    assert!(survivors(&context.run).is_empty());
}

#[test]
fn what_a_program_leaves_running_is_ended_and_named() {
    let place = Place::new();
    let context = place.context();
    let result = live("process.run", &[sh("sleep 100 & echo started")], &context).unwrap();
    assert_eq!(out(&result), "started\n");
    let named = result.get("stderr").and_then(Value::as_str).unwrap();
    // The child may not have become `sleep` yet.
    assert!(named.starts_with("planc: ended what the program left running: "), "{named}");
    assert!(survivors(&context.run).is_empty());
}

#[test]
fn what_leaves_the_group_is_found_by_its_run() {
    let place = Place::new();
    let context = place.context();
    let script = "setsid sh -c 'touch left; exec sleep 100' </dev/null >/dev/null 2>&1 & until [ -e left ]; do :; done";
    live("process.run", &[sh(script)], &context).unwrap();
    let found = survivors(&context.run);
    assert_eq!(found.len(), 1);
    assert_eq!(kill_survivors(&context.run), found);
    assert!(survivors(&context.run).is_empty());
    assert!(survivors("no-such-run").is_empty());
}
