//! The report of plan mode by one call of a tool: that call and no other, of that tool and no other, and nothing beyond it.

use super::place::Place;
use super::{log, plan, review, wire, wired};

/// A workspace in plan mode that reports by `mock.put`, with these lines more in `[report]`.
fn place(behaviour: &str, report: &str) -> Place {
    let place = wired(behaviour);
    place.planc(&["tools", "import", "--mcp", "mock"]).exits(0);
    review(&place);
    place.put("catalogues/mock.pl", place.get("catalogues/mock.pl").replace("value: string", "data value: string"));
    wire(
        &place,
        behaviour,
        &format!("[mode]\ndefault = \"plan\"\n[report]\ntool = \"mock.put\"\ntext = \"value\"\n{report}"),
    );
    place.put("p.pl", plan("  step put = mock.put(key: \"a\", value: \"b\")\n"));
    place
}

const NOTE: &str = "arguments = { key = \"ticket 7\" }\ntouches = [\"modify mock:store\"]\n";

fn delivery(place: &Place) -> String {
    let reports = place.planc(&["--format", "json", "reports"]).exits(0).json();
    reports["reports"][0]["delivery"].as_str().unwrap().to_owned()
}

#[test]
fn it_is_one_call_with_the_operators_arguments_whatever_the_plan_calls() {
    let place = place("good", NOTE);
    // The plan itself wants to put a note, which would be a second report.
    place.planc(&["plan", "p.pl"]).exits(0).says("told as report 1, to a call of `mock.put`");
    place.planc(&["plan", "p.pl"]).exits(0).says("has its report already");
    place.planc(&["reports", "send", "1"]).exits(0);
    let log = log(&place);
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].starts_with("put {\"key\":\"ticket 7\",\"value\":\"<!-- planc-report-"), "{log:?}");
    assert!(log[0].contains("plan mode is active") && !log[0].contains("run --approve"), "{log:?}");
    let key = log[0].rsplit(' ').next().unwrap();
    assert!(key.starts_with("planc-report-"), "{log:?}");
    assert_eq!(delivery(&place), "sent");
}

#[test]
fn a_call_with_an_effect_beyond_the_report_is_not_made() {
    for (report, part) in [
        ("arguments = { key = \"a\" }\n", "does more than report"),
        ("arguments = { key = \"a\" }\ntouches = [\"modify mock:other\"]\n", "does more than report"),
        ("arguments = { key = \"a\" }\ntouches = [\"contact mock\", \"read **\"]\n", "does more than report"),
        ("touches = [\"modify mock:store\"]\n", "it is required"),
        (
            "arguments = { key = \"a\", value = \"b\" }\ntouches = [\"modify mock:store\"]\n",
            "takes no argument `value`",
        ),
        ("arguments = { key = 7 }\ntouches = [\"modify mock:store\"]\n", "the argument `key`"),
    ] {
        let place = place("good", report);
        place.planc(&["plan", "p.pl"]).exits(3).says(part).says("kept but not delivered");
        assert_eq!((log(&place).len(), delivery(&place).as_str()), (0, "due"), "{report}");
    }
    // What the reviewed catalogue says counts: one effect more, and the call is not made.
    let place = place("good", NOTE);
    place.put("p.pl", "plan \"P\" {\n  step a = fs.list(path: \".\")\n}\n");
    let reviewed = place.get("catalogues/mock.pl");
    for more in [
        "    contacts \"evil.example\"\n",
        "    deletes \"mock:other\"\n",
        "    runs \"sh\"\n",
        "    writes \"notes.txt\"\n",
    ] {
        place.put(
            "catalogues/mock.pl",
            reviewed.replace("    writes \"mock:store\"\n", &format!("    writes \"mock:store\"\n{more}")),
        );
        place.planc(&["plan", "--occasion", more, "p.pl"]).exits_with(&[2, 3]);
        assert_eq!(log(&place).len(), 0, "{more}");
    }
    // Nor one that decides what is done by the text, nor one that policy asks about, nor one of planc's own.
    place.put("catalogues/mock.pl", reviewed.replace("data value: string", "value: string"));
    place.planc(&["plan", "--occasion", "control", "p.pl"]).exits(3).says("decides what is done");
    place.put("catalogues/mock.pl", &reviewed);
    let toml = place.get("planc.toml");
    place.put("planc.toml", format!("{toml}\n[policy]\n\"mock.put\" = \"ask\"\n"));
    place.planc(&["plan", "--occasion", "asked", "p.pl"]).exits(3).says("nobody is asked in plan mode");
    for own in ["fs.write", "process.run", "http.get"] {
        place.put("planc.toml", toml.replace("mock.put", own));
        place.planc(&["plan", "--occasion", own, "p.pl"]).exits(3).says("is no tool of a server");
    }
    place.put("planc.toml", toml.replace("modify mock:store", "run sh"));
    place.planc(&["plan", "p.pl"]).exits(2).says("runs nothing and deletes nothing");
    assert_eq!(log(&place).len(), 0);
}

#[test]
fn a_call_that_was_cut_off_is_in_doubt_and_not_made_again() {
    let place = place("dies", NOTE);
    place.planc(&["plan", "--occasion", "ticket 7", "p.pl"]).exits(7).says("in doubt");
    wire(
        &place,
        "good",
        &format!("[mode]\ndefault = \"plan\"\n[report]\ntool = \"mock.put\"\ntext = \"value\"\n{NOTE}"),
    );
    for args in [vec!["plan", "--occasion", "ticket 7", "p.pl"], vec!["reports", "send"], vec!["reports", "send", "1"]]
    {
        place.planc(&args).exits_with(&[0, 7]);
    }
    assert_eq!((log(&place).len(), delivery(&place).as_str()), (1, "in_doubt"));
    // As if planc itself had been cut off during the call: the same.
    place.database().execute("DELETE FROM report_steps WHERE id = (SELECT MAX(id) FROM report_steps)", []).unwrap();
    assert_eq!(delivery(&place), "sending");
    place.planc(&["reports", "send"]).exits(7);
    assert_eq!((log(&place).len(), delivery(&place).as_str()), (1, "in_doubt"));
}

#[test]
fn one_that_is_the_same_however_often_is_called_again_with_the_same_key() {
    let place = place("dies", NOTE);
    let text = place.get("catalogues/mock.pl");
    place.put(
        "catalogues/mock.pl",
        text.replace("    writes \"mock:store\"\n", "    writes \"mock:store\"\n    idempotent\n"),
    );
    place.planc(&["plan", "p.pl"]).exits(3).says("it is called again");
    wire(
        &place,
        "good",
        &format!("[mode]\ndefault = \"plan\"\n[report]\ntool = \"mock.put\"\ntext = \"value\"\n{NOTE}"),
    );
    place.planc(&["reports", "send"]).exits(0);
    let log = log(&place);
    assert_eq!((log.len(), &log[0]), (2, &log[1]));
    assert_eq!(delivery(&place), "sent");
}
