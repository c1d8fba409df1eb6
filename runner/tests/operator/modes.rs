//! Modes: nobody leaves plan mode but a person, and a run that goes on when it begins starts nothing further.

use crate::place::{Place, said, until};
use crate::typed::typed;
use planc::config::{Config, Overrides, Places, Setting};
use planc::desk::Desk;
use planc::journal::{Place as At, Store};
use planc::mode::{Authority, ModeError, Modes, Standing};
use std::sync::Arc;

const WRITE: &str =
    "plan \"Write\" {\n  critical {\n    create \"a.txt\"\n  }\n  step a = fs.write(path: \"a.txt\", text: \"a\")\n}\n";

const DENIED: &str = "[Tool denied — plan mode is active]";

const YES: &str = "Only `yes` is a yes: ";

fn place(config: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", config).put("write.pl", WRITE);
    place
}

fn modes(place: &Place) -> Modes {
    let places = Places { current: place.ws(), state_home: None, home: None };
    let overrides = Overrides { state: Some(place.state()), ..Overrides::default() };
    let config = Config::load(&overrides, &places).expect("the configuration is right");
    config.prepare_state().expect("state can be kept");
    let store = Store::open(&config.state, &config.workspace).expect("a store can be opened");
    Desk::open(Arc::new(config), store).expect("the workspace can be opened").modes()
}

fn standing(scope: Option<&str>, session: Option<&str>) -> Standing {
    Standing {
        scope: scope.map(|scope| scope.parse().expect("a scope")),
        session: session.map(str::to_owned),
        is_vouched: true,
    }
}

fn mode(modes: &Modes, scope: Option<&str>, session: Option<&str>) -> String {
    modes.effective(&standing(scope, session)).expect("the store answers").mode.to_string()
}

#[test]
fn in_plan_mode_nothing_is_asked_begun_or_taken_back() {
    let place = place("");
    let digest = place.digest("write.pl");
    place.run("write.pl").exits(0);
    let run = place.last_run();
    std::fs::remove_file(place.ws().join("a.txt")).unwrap();
    place.planc(&["mode", "set", "plan", "--why", "a freeze"]).exits(0);
    for args in [
        vec!["run", "write.pl"],
        vec!["run", "--approve", "write.pl"],
        vec!["run", &format!("--approve={digest}"), "write.pl"],
        vec!["approve", &run],
        vec!["resume", &run],
        vec!["undo", &run],
    ] {
        place.planc(&args).exits(6).says(DENIED).says("a freeze");
    }
    let error = place.planc(&["--format", "json", "run", "--approve", "write.pl"]).exits(6).json();
    assert_eq!(error["error"]["kind"], "refused");
    assert!(!place.has("a.txt"));
}

#[test]
fn only_a_person_at_a_terminal_makes_it_laxer_and_everybody_stricter() {
    let place = place("");
    place.planc(&["mode", "set", "plan", "--why", "a freeze"]).exits(0);
    for wanted in ["execute", "inherit"] {
        place.planc(&["mode", "set", wanted, "--why", "I would like to"]).exits(6).says("needs a person");
    }
    let (screen, code) = typed(&place, &["mode", "set", "inherit", "--why", "it is over"], &[(YES, "y")]);
    assert_eq!(code, 3, "{screen}");
    place.planc(&["run", "--approve", "write.pl"]).exits(6);
    let (screen, code) = typed(&place, &["mode", "set", "inherit", "--why", "it is over"], &[(YES, "yes")]);
    assert_eq!(code, 0, "{screen}");
    place.planc(&["run", "--approve", "write.pl"]).exits(0);
    let log = place.planc(&["--format", "json", "mode", "log"]).json();
    assert_eq!(log["changes"][0]["channel"], "terminal");
    assert_eq!(log["changes"][0]["why"], "it is over");
    assert_eq!(log["changes"][1]["channel"], "anybody");
    place.planc(&["mode", "set", "plan", "--why", " "]).exits(2);
    place.planc(&["mode", "set", "plan", "--scope", "acme", "--why", "x"]).exits(2).says("not declared");
}

#[test]
fn no_variable_and_no_file_of_the_agent_sets_a_mode() {
    let mut place = place("[mode]\ndefault = \"plan\"\n");
    for name in ["PLANC_MODE", "PLANC_SCOPE", "PLANC_SESSION", "MODE"] {
        place.env.push((name.to_owned(), "execute".to_owned()));
    }
    place.put("sub/planc.pl", "").put("sub/write.pl", WRITE);
    place.planc(&["run", "--approve", "write.pl"]).exits(6).says(DENIED);
    // A plan cannot reach the file that decides.
    place.put(
        "loosen.pl",
        "plan \"Loosen\" {\n  critical {\n    modify \"planc.toml\"\n  }\n  step a = fs.write(path: \"planc.toml\", text: \"\")\n}\n",
    );
    place.planc(&["plan", "loosen.pl"]).exits(1);
    assert!(place.get("planc.toml").contains("plan"));
}

#[test]
fn a_run_starts_nothing_further_once_plan_mode_is_active_and_goes_on_when_it_is_over() {
    // In the open, so that the test can see from outside that it has begun.
    let place = place("[programs]\nopen = [\"sh -c\"]\n");
    let wait = format!("while [ ! -e '{0}/go' ]; do sleep 0.02; done", place.at("out").display());
    place.put(
        "two.pl",
        format!(
            "plan \"Two\" {{\n  critical {{\n    run \"sh -c\"\n    create \"late.txt\"\n  }}\n  step first = process.run(argv: [\"sh\", \"-c\", \"touch '{}/begun'; {wait}\"])\n  step second = fs.write(path: \"late.txt\", text: first.stdout)\n}}\n",
            place.at("out").display()
        ),
    );
    let digest = place.digest("two.pl");
    let command = place.command(&["run", &format!("--approve={digest}"), "two.pl"]);
    let running = std::thread::spawn(move || said(command));
    until("the first step has begun", || place.at("out").join("begun").exists());
    place.planc(&["mode", "set", "plan", "--why", "stop everything"]).exits(0);
    std::fs::write(place.at("out").join("go"), "").unwrap();
    running.join().unwrap().exits(6).says("stop everything").says("HELD BY PLAN MODE");
    assert!(!place.has("late.txt"));
    let run = place.last_run();
    place.planc(&["resume", &run]).exits(6).says(DENIED);
    assert!(!place.has("late.txt"));
    typed(&place, &["mode", "set", "inherit", "--why", "go on"], &[(YES, "yes")]);
    place.planc(&["resume", &run]).exits(0);
    assert!(place.has("late.txt"));
}

#[test]
fn a_check_forces_plan_mode_while_it_holds_and_when_it_cannot_be_made() {
    let check = |check: &str| format!("[[mode.plan]]\nwhile = '''{check}'''\nwhy = \"a freeze\"\n");
    let place = place(&check("fs.stat(path: \"FREEZE\").kind == \"file\""));
    let mode = |place: &Place| place.planc(&["--format", "json", "mode"]).exits(0).json()["workspace"].clone();
    assert_eq!(mode(&place)["mode"], "execute");
    place.put("FREEZE", "");
    assert_eq!(mode(&place)["mode"], "plan");
    assert_eq!(mode(&place)["causes"][1]["kind"], "check");
    place.planc(&["run", "--approve", "write.pl"]).exits(6).says("a freeze");
    std::fs::remove_file(place.ws().join("FREEZE")).unwrap();
    place.planc(&["run", "--approve", "--quiet", "write.pl"]).exits(0);
    for wrong in [
        "fs.stat(path: \"FREEZE\").kind ==",
        "fs.read(path: \"missing\").text == \"\"",
        "fs.write(path: \"b.txt\", text: \"\").path == \"b.txt\"",
        "http.get(url: \"https://example.com/\").status == 200",
        "true\n  }\n  assume \"more\" {\n    true",
        "3",
    ] {
        place.put("planc.toml", check(wrong));
        assert_eq!(mode(&place)["mode"], "plan", "{wrong}");
        assert!(!place.has("b.txt"));
    }
}

#[test]
fn a_child_is_never_laxer_and_what_is_not_known_is_in_plan_mode() {
    let place = place("[mode.scopes]\n\"acme\" = \"inherit\"\n\"acme/web\" = \"execute\"\n\"beta\" = \"plan\"\n");
    let modes = modes(&place);
    let set = |scope: &str, setting| {
        modes.set(&At::Scope(scope.into()), setting, "somebody", "to try", &Authority::Terminal).expect("it can be set")
    };
    assert_eq!(mode(&modes, Some("acme/web"), None), "execute");
    set("acme", Setting::Plan);
    assert_eq!(mode(&modes, Some("acme/web"), None), "plan", "the client holds its project");
    set("acme", Setting::Inherit);
    set("beta", Setting::Execute);
    assert_eq!(mode(&modes, Some("beta"), None), "plan", "the file of the operator stands");
    assert_eq!(mode(&modes, Some("gamma"), None), "plan", "nobody declared it");

    let web = standing(Some("acme/web"), None);
    let parent = modes.open_session(&web, Setting::Inherit, "agent").unwrap();
    let below = standing(Some("acme/web"), Some(&parent));
    let child = modes.open_session(&below, Setting::Inherit, "agent").unwrap();
    assert_eq!(mode(&modes, Some("acme/web"), Some(&child)), "execute");
    modes.set(&At::Session(parent.clone()), Setting::Plan, "agent", "planning", &Authority::Anybody).unwrap();
    assert_eq!(mode(&modes, Some("acme/web"), Some(&child)), "plan", "it inherits at once");
    assert!(matches!(modes.open_session(&below, Setting::Execute, "agent"), Err(ModeError::Laxer(_))));
    let loosen =
        |id: &str| modes.set(&At::Session(id.into()), Setting::Execute, "agent", "please", &Authority::Anybody);
    assert_eq!(loosen(&child), Err(ModeError::NeedsPerson));
    assert_eq!(loosen("0123456789abcdef0123456789abcdef"), Err(ModeError::UnknownSession));
    // One that was never given out, and one of another scope.
    assert_eq!(mode(&modes, Some("acme/web"), Some("0123456789abcdef0123456789abcdef")), "plan");
    let free = modes.open_session(&standing(None, None), Setting::Inherit, "agent").unwrap();
    assert_eq!(mode(&modes, None, Some(&free)), "execute");
    assert_eq!(mode(&modes, Some("acme/web"), Some(&free)), "plan");
    assert_eq!(mode(&modes, Some("acme"), Some(&child)), "plan");
    let foreign = standing(Some("acme"), Some(&parent));
    assert_eq!(modes.open_session(&foreign, Setting::Inherit, "agent"), Err(ModeError::UnknownSession));
    let gamma = modes.open_session(&standing(Some("gamma"), None), Setting::Inherit, "agent").unwrap();
    assert_eq!(mode(&modes, Some("gamma"), Some(&gamma)), "plan", "nobody declared it");
}

#[test]
fn a_default_is_for_those_of_whom_nothing_is_said_and_a_word_about_everything_is_for_all() {
    let place = place("[mode]\ndefault = \"plan\"\n[mode.scopes]\n\"acme\" = \"inherit\"\n\"beta\" = \"inherit\"\n");
    let modes = modes(&place);
    assert_eq!(mode(&modes, Some("acme"), None), "plan");
    let set =
        |at, setting| modes.set(&at, setting, "somebody", "promoted", &Authority::Terminal).expect("it can be set");
    set(At::Scope("acme".into()), Setting::Execute);
    assert_eq!(mode(&modes, Some("acme"), None), "execute", "it was promoted");
    assert_eq!(mode(&modes, Some("beta"), None), "plan");
    set(At::Everything, Setting::Plan);
    assert_eq!(mode(&modes, Some("acme"), None), "plan", "held for all");
    set(At::Everything, Setting::Execute);
    assert_eq!(mode(&modes, Some("beta"), None), "execute");
}

#[test]
fn a_window_that_is_open_forces_plan_mode_and_says_so() {
    let always = "from = \"* * * * *\"\nto = \"0 0 30 2 *\"\nzone = \"Europe/Berlin\"\n";
    let place = place(&format!("[mode.scopes]\n\"acme\" = \"execute\"\n[[mode.plan]]\n{always}why = \"nights\"\n"));
    place.planc(&["run", "--approve", "write.pl"]).exits(6).says("Europe/Berlin: nights");
    assert_eq!(mode(&modes(&place), Some("acme"), None), "plan");
    for (wrong, part) in [
        ("from = \"* * * *\"\nto = \"0 8 * * *\"\nzone = \"UTC\"\n", "is no schedule"),
        ("from = \"0 8 * * *\"\nto = \"0 8 * * *\"\nzone = \"Berlin\"\n", "is no time zone"),
        ("from = \"0 8 * * *\"\n", "from`, `to` and `zone"),
        ("scope = \"nobody\"\nwhile = \"true\"\n", "is not declared"),
    ] {
        place.put("planc.toml", format!("[[mode.plan]]\n{wrong}"));
        place.planc(&["mode"]).exits(2).says(part).says("planc.toml:");
    }
}
