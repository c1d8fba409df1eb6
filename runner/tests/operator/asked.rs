//! What policy asks about is asked of somebody: reads as well as effects, and what a program has changed by itself.

use crate::place::Place;
use crate::typed::typed;

const CALL: &str = "or `no`: ";
const YES: &str = "Only `yes` is a yes: ";

#[test]
fn a_read_that_policy_asks_about_waits_for_a_yes() {
    let asking = || {
        let place = Place::new();
        place.put("planc.toml", "[policy]\n\"fs.read\" = \"ask\"\n").put("private/s.txt", "the secret\n");
        place.put("r.pl", "plan \"r\" {\n  step a = fs.read(path: \"private/s.txt\")\n  output o = a.text\n}\n");
        place
    };
    let said = asking().planc(&["run", "--approve", "r.pl"]).exits(3).says("waits for a yes");
    assert!(!said.out.contains("the secret") && !said.err.contains("the secret"), "{}", said.short());
    asking().run("r.pl").exits(3);
    for (answer, exit) in [("no", 6), ("", 3), ("once", 0)] {
        let (screen, code) = typed(&asking(), &["run", "--approve", "r.pl"], &[(YES, "yes"), (CALL, answer)]);
        assert_eq!(code, exit, "{screen}");
        assert_eq!(screen.contains("the secret"), exit == 0, "{screen}");
    }
    let place = asking();
    // Nobody is asked within a check.
    place.put("c.pl", "plan \"c\" {\n  step a = fs.stat(path: \"private\")\n  verify \"v\" {\n    fs.read(path: \"private/s.txt\").text == \"the secret\\n\"\n  }\n}\n");
    place.run("c.pl").exits(4).says("in a check nobody is asked");
}

/// Policy asks before programs run, and about production by itself.
const PROD: &str = "[policy]\n\"process.run\" = \"ask\"\n[[policy.rule]]\neffects = [\"writes\", \"creates\"]\nresources = [\"src/prod/**\"]\ndecision = \"ask\"\nreason = \"this is production\"\n";

fn prod(config: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", config).put("src/prod/a", "old\n").put("build.sh", "echo new > src/prod/a\n");
    place.put("p.pl", "plan \"p\" {\n  critical {\n    modify \"src/**\"\n    run \"sh build.sh\"\n  }\n  step a = process.run(argv: [\"sh\", \"build.sh\"])\n}\n");
    place
}

#[test]
fn what_a_program_changed_is_asked_about_by_itself() {
    let once = (CALL, "once");
    for (answers, exit, kept) in [
        (vec![(YES, "yes"), once], 3, "old\n"),
        (vec![(YES, "yes"), once, (CALL, "no")], 6, "old\n"),
        (vec![(YES, "yes"), once, once], 0, "new\n"),
    ] {
        let place = prod(PROD);
        let answers: Vec<_> = match answers.len() {
            // The second question gets no answer.
            2 => [&answers[..], &[(CALL, "")]].concat(),
            _ => answers,
        };
        let (screen, code) = typed(&place, &["run", "--approve", "p.pl"], &answers);
        assert_eq!(code, exit, "{screen}");
        assert!(screen.contains("this is production") && screen.contains("writes src/prod/a"), "{screen}");
        assert!(screen.contains("nothing of what it changed is kept yet"), "{screen}");
        assert_eq!(place.get("src/prod/a"), kept, "{screen}");
    }
}

#[test]
fn a_standing_answer_for_a_call_is_none_for_what_it_changes() {
    let place = prod(PROD);
    let argv = "argv=[\"sh\",\"build.sh\"]";
    let arguments = ["grants", "add", "process.run", "--where", argv, "--why", "it builds"];
    assert_eq!(typed(&place, &arguments, &[(YES, "yes")]).1, 0);
    place.run("p.pl").exits(3);
    assert_eq!(place.get("src/prod/a"), "old\n");
    // Where no rule is about the changes the answer is enough.
    let place = prod("[policy]\n\"process.run\" = \"ask\"\n");
    assert_eq!(typed(&place, &arguments, &[(YES, "yes")]).1, 0);
    place.run("p.pl").exits(0);
    assert_eq!(place.get("src/prod/a"), "new\n");
}

#[test]
fn a_rule_about_a_tool_as_such_asks_once() {
    let rule = "[[policy.rule]]\ntools = [\"process.*\"]\ndecision = \"ask\"\nreason = \"programs are looked at\"\n";
    let place = prod(rule);
    let (screen, code) = typed(&place, &["run", "--approve", "p.pl"], &[(YES, "yes"), (CALL, "once")]);
    assert_eq!(code, 0, "{screen}");
    assert_eq!(place.get("src/prod/a"), "new\n");
}

#[test]
fn a_standing_answer_is_for_the_script_that_was_there() {
    let place = prod("[policy]\n\"process.run\" = \"ask\"\n");
    let argv = "argv=[\"sh\",\"build.sh\"]";
    let (screen, code) =
        typed(&place, &["grants", "add", "process.run", "--where", argv, "--why", "it builds"], &[(YES, "yes")]);
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("while `build.sh` is as it was then"), "{screen}");
    place.run("p.pl").exits(0);
    assert_eq!(place.get("src/prod/a"), "new\n");
    place.put("build.sh", "echo evil > src/prod/a\n");
    place.run("p.pl").exits(3);
    assert_eq!(place.get("src/prod/a"), "new\n");
}

#[test]
fn a_bound_on_a_path_is_for_what_it_leads_to() {
    let place = Place::new();
    place.put("planc.toml", "[policy]\n\"fs.write\" = \"ask\"\n").put("src/main.rs", "main\n").put("docs/x", "");
    // Each is a plan of its own: one that waits would come first.
    let count = std::cell::Cell::new(0);
    let write = |path: &str| {
        count.set(count.get() + 1);
        let title = count.get();
        place.put("p.pl", format!("plan \"p{title}\" {{\n  critical {{\n    modify \"**\"\n    create \"**\"\n  }}\n  step a = fs.write(path: \"{path}\", text: \"evil\")\n}}\n"));
        place.planc(&["run", "--approve", "p.pl"])
    };
    let add = |path: &str| {
        let path = format!("path={path}");
        typed(&place, &["grants", "add", "fs.write", "--where", &path, "--why", "the docs"], &[(YES, "yes")])
    };
    assert_eq!(add("docs/a.md").1, 0);
    place.link("../src/main.rs", "docs/a.md");
    write("docs/a.md").exits(3);
    assert_eq!(place.get("src/main.rs"), "main\n");
    std::fs::remove_file(place.ws().join("docs/a.md")).unwrap();
    write("docs/a.md").exits(0);
    // A folder on the way that has become a link.
    assert_eq!(add("old/a.md").1, 0);
    place.link("src", "old");
    write("old/a.md").exits(3);
    // One that was a link when the answer was given is where it led then, by any name.
    place.link("docs", "papers");
    let (screen, _) = add("papers/b.md");
    assert!(screen.contains("path is \"docs/b.md\""), "{screen}");
    write("docs/b.md").exits(0);
    write("papers/b.md").exits(0);
}

#[test]
fn a_bound_on_an_address_does_not_cross_its_parts() {
    let place = Place::new();
    place.put("planc.toml", "[policy]\n\"http.get\" = \"ask\"\n");
    let add = |bound: &str| {
        typed(&place, &["grants", "add", "http.get", "--where", bound, "--why", "it is public"], &[(YES, "yes")])
    };
    assert_eq!(add("url=http://127.0.0.1:9/public/*").1, 0);
    let run = |url: &str| {
        place.put(
            "p.pl",
            format!("plan \"p\" {{\n  critical {{\n    contact \"*\"\n  }}\n  step a = http.get(url: \"{url}\")\n}}\n"),
        );
        place.run("p.pl")
    };
    // It is asked for, and nobody listens there.
    run("http://127.0.0.1:9/public/a").exits(4);
    for url in [
        "http://127.0.0.1:9/public/../admin",
        "http://127.0.0.1:9/public/%2e%2e/admin",
        "http://127.0.0.1:9/public/..%2fadmin",
        "http://127.0.0.1:9/public/a/b",
        "http://127.0.0.1:9/public/a?to=admin",
        "http://127.0.0.1:9/public/a#b",
        "HTTP://127.0.0.1:9/public/a",
    ] {
        run(url).exits(3);
    }
    // One that readers could disagree about is not called at all.
    place.put("p.pl", "plan \"p\" {\n  critical {\n    contact \"*\"\n  }\n  step a = http.get(url: \"http://127.0.0.1:9@evil.example/public/a\")\n}\n");
    place.planc(&["plan", "p.pl"]).exits(1).says("could disagree");
    // A path with brackets can be meant as it is.
    let place = Place::new();
    place.put("planc.toml", "[policy]\n\"fs.write\" = \"ask\"\n");
    let bound = "path=\"docs/[id]/x\"";
    let arguments = ["grants", "add", "fs.write", "--where", bound, "--why", "the page"];
    assert_eq!(typed(&place, &arguments, &[(YES, "yes")]).1, 0);
    for (path, exit) in [("docs/[id]/x", 0), ("docs/i/x", 3)] {
        place.put("p.pl", format!("plan \"p\" {{\n  critical {{\n    create \"**\"\n  }}\n  step a = fs.write(path: \"{path}\", text: \"a\")\n}}\n"));
        place.run("p.pl").exits(exit);
    }
}

#[test]
fn a_rule_about_reading_holds_for_programs_before_approval() {
    let rule = "[[policy.rule]]\neffects = [\"reads\"]\nresources = [\"private/**\"]\ndecision = \"deny\"\nreason = \"private\"\n";
    for (policy, ran) in [
        (rule, false),
        ("[policy]\n\"fs.read\" = \"ask\"\n", false),
        ("[policy]\n\"process.run\" = \"ask\"\n", true),
        ("", true),
    ] {
        let place = Place::new();
        place.put("planc.toml", format!("{policy}[programs]\ndry_run = \"sealed\"\n"));
        place.put("private/s.txt", "the secret\n");
        place.put("p.pl", "plan \"p\" {\n  critical {\n    run \"cat\"\n  }\n  step a = process.run(argv: [\"cat\", \"private/s.txt\"])\n}\n");
        let said = place.planc(&["plan", "--full", "--run-programs", "p.pl"]).exits(0);
        assert_eq!(said.out.contains("the secret"), ran, "{policy}: {}", said.short());
    }
}

#[test]
fn a_person_says_that_what_can_be_undone_needs_nobody() {
    for (answer, exit) in [("yes", 0), ("no", 6), ("", 6)] {
        let place = Place::new().unsaid();
        let (screen, code) = typed(&place, &["init"], &[(YES, answer)]);
        assert_eq!((code, place.has("planc.toml")), (exit, exit == 0), "{answer:?}: {screen}");
        assert_eq!(place.has("hello.pl"), exit == 0);
        if exit == 0 {
            place.planc(&["check"]).exits(0);
            place.planc(&["fmt", "--check", "hello.pl"]).exits(0);
        }
    }
    // A folder that is not there yet is made.
    let place = Place::new().unsaid();
    let (screen, code) = typed(&place, &["init", "a/new"], &[(YES, "yes")]);
    assert!(code == 0 && place.has("a/new/planc.toml") && place.has("a/new/hello.pl"), "{screen}");
    // A first plan of somebody else is kept.
    let place = Place::new().unsaid();
    place.put("hello.pl", "mine");
    let (screen, code) = typed(&place, &["init"], &[(YES, "yes")]);
    assert!(code == 0 && screen.contains("kept hello.pl") && place.get("hello.pl") == "mine", "{screen}");
    // What is there already is kept, and nobody is asked.
    let place = Place::new();
    place.planc(&["init"]).exits(0).says("kept planc.toml");
    assert!(!place.has("hello.pl") && place.get("planc.toml").is_empty());
    // On a terminal, and by its digest, a plan is approved without the file as well.
    let place = Place::new().unsaid();
    place.put("a.pl", "plan \"a\" {\n  critical { create \"a\" }\n  step a = fs.write(path: \"a\", text: \"a\")\n}\n");
    let (screen, code) = typed(&place, &["run", "--approve", "a.pl"], &[(YES, "yes")]);
    assert_eq!(code, 0, "{screen}");
}
