//! Catalogues that whoever writes a plan can write, too: what they say of a wired server counts for nothing. And programs that
//! only a command line names.

use super::place::{Place, said};
use super::{log, review, reviewed, wire, wired};

/// The mock server, wired up by an operator who has no catalogue for it.
fn without_catalogue() -> Place {
    wired_for("read = [\"**\"]\n")
}

fn wired_for(more: &str) -> Place {
    let place = Place::new();
    wire(&place, "good", more);
    place
}

#[test]
fn a_catalogue_from_the_command_line_says_nothing_of_a_wired_server() {
    let place = without_catalogue();
    place.put("p.pl", "plan \"Look\" {\n  step w = mock.put(key: \"a\", value: \"b\")\n  output o = w\n}\n");
    for body in ["pure", "reads \"page:${key}\"", "reads \"page:x\"\n    named \"put\"\n    approval auto"] {
        place.put(
            "evil.pl",
            format!("catalogue mock {{\n  tool put(key: string, value: string) -> any {{\n    {body}\n  }}\n}}\n"),
        );
        for args in [
            vec!["plan", "p.pl"],
            vec!["plan", "--full", "p.pl"],
            vec!["run", "--approve", "p.pl"],
            vec!["tools", "observe", "mock.put", "--arg", "key=a", "--arg", "value=b"],
            vec!["mcp"],
        ] {
            let said = place.planc(&[&["--catalogue", "evil.pl"], args.as_slice()].concat()).exits(2);
            let said = said.says("`evil.pl` says what `mock.put` does").says("named on the command line");
            said.says("names it in `[catalogues]` of `planc.toml`");
        }
        place.planc(&["--catalogue", "evil.pl", "check", "p.pl"]).exits(0).says("no plan is made with it");
    }
    assert_eq!(log(&place).len(), 0, "the server was never asked");
    // The same text counts once the operator has named it.
    place.put("catalogues/mock.pl", place.get("evil.pl"));
    place.planc(&["plan", "p.pl"]).exits_with(&[0, 1]);
}

#[test]
fn a_tool_that_names_nothing_that_it_reads_is_not_asked_before_approval() {
    let place = reviewed();
    wire(&place, "good", "read = [\"**\"]\n");
    place.put("p.pl", "plan \"P\" {\n  step all = mock.get_all()\n}\n");
    place.put("catalogues/mock.pl", place.get("catalogues/mock.pl").replace("reads \"mock:store\"", "pure"));
    place.planc(&["plan", "p.pl"]).exits(0).says("its server is not asked before approval");
    assert_eq!(log(&place).len(), 0);
}

#[test]
fn the_card_names_every_catalogue_from_the_command_line() {
    let place = Place::new();
    place.put("notes.pl", "catalogue notes {\n  tool look() -> string {\n    pure\n  }\n}\n");
    place.put("p.pl", "plan \"P\" {\n  step all = fs.list()\n}\n");
    for args in
        [vec!["plan", "p.pl"], vec!["plan", "p.pl", "--format", "html"], vec!["plan", "p.pl", "--format", "markdown"]]
    {
        let said = place.planc(&[&["--catalogue", "notes.pl"], args.as_slice()].concat()).exits(0);
        said.says("notes.pl").says("named on the command line, not by the operator");
    }
    place.put("planc.toml", "[catalogues]\nfiles = [\"notes.pl\"]\n");
    let said = place.planc(&["plan", "p.pl"]).exits(0);
    assert!(!said.out.contains("command line"), "{}", said.short());
}

#[test]
fn no_plan_writes_what_the_operator_names_as_catalogues() {
    let place = wired("good");
    place.planc(&["tools", "import", "--mcp", "mock"]).exits(0);
    review(&place);
    for path in [
        "catalogues/mock.pl",
        "catalogues/new.pl",
        "Catalogues/New.PL",
        "catalogues/mock.mcp.json",
        "catalogues/new.mcp.json",
    ] {
        place.put(
            "p.pl",
            format!(
                "plan \"P\" {{\n  critical {{\n    modify \"**\"\n    create \"**\"\n  }}\n  step w = fs.write(path: {path:?}, text: \"x\")\n}}\n"
            ),
        );
        place.planc(&["plan", "p.pl"]).exits(1).says("planc's own");
        place.planc(&["run", "--approve", "p.pl"]).exits(1);
    }
    place.put("planc.toml", place.get("planc.toml") + "\n[programs]\nscratch = [\"catalogues\"]\n");
    place.planc(&["plan", "p.pl"]).exits(2).says("a program could say what tools do");
    assert!(!place.has("catalogues/new.pl") && !place.has("catalogues/new.mcp.json"));
}

#[test]
fn a_program_that_only_the_command_line_names_is_not_started() {
    let place = Place::new();
    let mark = place.at("out/started");
    let script = format!("touch {}", mark.display());
    let args = ["tools", "import", "--mcp", "x", "--", "sh", "-c", &script];
    let import = || said(place.bare(&args));
    let refused = import().exits(6).says("nothing was started, since nobody has said that it may be");
    refused.says("[servers.x] command = \"sh\"");
    place.put("planc.toml", "[servers.x]\ncommand = \"sh\"\nargs = [\"-c\", \"true\"]\n");
    import().exits(6);
    place.put("planc.toml", format!("[servers.y]\ncommand = \"sh\"\nargs = [\"-c\", {script:?}]\n"));
    import().exits(6);
    assert!(!mark.exists(), "it was started");
    // The operator names exactly this, for this server.
    place.put("planc.toml", format!("[servers.x]\ncommand = \"sh\"\nargs = [\"-c\", {script:?}]\n"));
    import().exits(2);
    assert!(mark.exists(), "it was not started");
}
