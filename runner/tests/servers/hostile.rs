//! A server that lies, floods, drips, dies: it gets nothing, and the run says what became of the call.

use super::{log, plan, review, reviewed, run, wire, wired};

/// A run of one call with effects, against a server that behaves so after its tools were reviewed.
fn one_call(behaviour: &str, timeout: &str) -> super::place::Said {
    let place = reviewed();
    wire(&place, behaviour, "");
    let step = format!("  step put = mock.put(key: \"a\", value: \"b\") {{\n    timeout {timeout}\n  }}\n");
    run(&place, &plan(&step))
}

#[test]
fn what_cannot_be_told_is_in_doubt() {
    for (behaviour, why) in [
        ("giant", "more than"),
        ("no-json", "no JSON"),
        ("deep", "no JSON"),
        ("dies", "was lost"),
        ("flood", "answer nothing"),
        ("error", "it failed"),
        ("malformed", "in doubt"),
        ("asks", "in doubt"),
    ] {
        let said = one_call(behaviour, "50s").exits(7).says(why);
        assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "{behaviour}: {}", said.short());
    }
}

#[test]
fn what_never_answers_is_ended() {
    for behaviour in ["silent", "wrong-id", "drip"] {
        one_call(behaviour, "1s").exits(7).says("took longer than 1s");
    }
}

#[test]
fn a_result_that_is_none_is_rejected_and_its_effect_counts() {
    for (behaviour, why) in [
        ("big", "bytes, and at most"),
        ("wrong-type", "does not fit its own schema"),
        ("unknown", "does not fit its own schema"),
    ] {
        one_call(behaviour, "50s").exits(4).says(why);
    }
}

#[test]
fn a_list_without_end_is_given_up() {
    let place = wired("pages");
    place.planc(&["tools", "import", "--mcp", "mock"]).exits(2);
    assert!(!place.has("catalogues/mock.pl"));
}

#[test]
fn a_claim_is_no_effect() {
    let place = wired("lying");
    place.planc(&["tools", "import", "--mcp", "mock"]).exits(0);
    wire(&place, "lying", "read = [\"**\"]\n");
    place.put("p.pl", "plan \"P\" {\n  step put = mock.put(key: \"a\", value: \"b\")\n}\n");
    place.planc(&["plan", "p.pl"]);
    assert_eq!(log(&place).len(), 0, "what claims to read only is not called before approval");
    review(&place);
    place.put("p.pl", plan("  step put = mock.put(key: \"a\", value: \"b\")\n"));
    place.planc(&["plan", "p.pl"]).exits(0);
    assert_eq!(log(&place).len(), 0);
    place.planc(&["run", "--approve", "p.pl"]).exits(3);
    assert_eq!(log(&place).len(), 0, "no silent yes to what cannot be undone");
}

#[test]
fn tools_that_change_during_a_run_are_not_called_again() {
    let place = reviewed();
    wire(&place, "changes", "");
    let steps = "  step one = mock.put(key: \"a\", value: \"b\")\n  step two = mock.get_all()\n  \
                 step three = mock.put(key: \"b\", value: \"c\") {\n    after two\n  }\n";
    run(&place, &plan(steps)).exits(4).says("is not what was reviewed");
    let puts = log(&place).iter().filter(|line| line.starts_with("put ")).count();
    assert_eq!(puts, 1, "{:?}", log(&place));
}

#[test]
fn instructions_in_a_result_are_text_and_drawn_harmlessly() {
    let place = reviewed();
    wire(&place, "escapes", "");
    let said = run(
        &place,
        &plan("  step all = mock.get_all()\n  step put = mock.put(key: \"a\", value: \"b\")\n  output all = all\n"),
    )
    .exits(0);
    assert!(
        !said.out.contains('\u{1b}') && !said.out.contains('\u{202e}') && !said.out.contains('\u{7}'),
        "{}",
        said.short()
    );
    let shown = place.planc(&["runs"]);
    assert!(!shown.out.contains('\u{1b}'), "{}", shown.short());
}

#[test]
fn a_flood_on_the_error_output_is_kept_only_in_part() {
    let place = reviewed();
    wire(&place, "shouts", "");
    let said = run(&place, &plan("  step put = mock.put(key: \"a\", value: \"b\")\n")).exits(0);
    let id =
        said.out.split("run ").nth(1).and_then(|rest| rest.split(' ').next()).expect("the run has a name").to_owned();
    let kept = place.planc(&["show", &id, "--stderr"]).exits(0);
    assert!(kept.out.len() < 2 << 20 && kept.out.contains("of no use"), "{}", kept.out.len());
    assert!(!kept.out.contains('\u{1b}'));
}
