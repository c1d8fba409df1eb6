//! Policy: what the operator writes is kept, whatever the plan, links or late values do; and only the operator writes it.

use crate::place::{Place, said, until};
use planc::config::parse;
use planc::policy::{Moment, Policy};
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::effects::Resource;
use planc_lang::source::Sources;
use planc_lang::syntax::{Approval, EffectVerb};
use std::time::Instant;

fn place(config: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", config).put("docs/secret/a.txt", "s").put("docs/b.txt", "b");
    place
}

fn plan(critical: &str, steps: &str) -> String {
    format!("plan \"P\" {{\n  critical {{\n    {critical}\n  }}\n  {steps}\n}}\n")
}

const RULE: &str = "[[policy.rule]]\neffects = [\"writes\", \"creates\", \"deletes\"]\nresources = [\"docs/secret/**\"]\ndecision = \"deny\"\nreason = \"the record stays as it is\"\nmatches = [\"fs.write writes docs/secret/a.txt\", \"fs.delete deletes docs\"]\nnot = [\"fs.write writes docs/b.txt\", \"fs.read reads docs/secret/a.txt\"]\n";

#[test]
fn a_rule_over_resources_is_kept_and_its_reason_is_told() {
    let place = place(RULE);
    place.put("bad.pl", plan("modify \"docs/**\"", "step a = fs.write(path: \"docs/secret/a.txt\", text: \"x\")"));
    place.put("good.pl", plan("modify \"docs/**\"", "step a = fs.write(path: \"docs/b.txt\", text: \"x\")"));
    let report = place.planc(&["--format", "json", "plan", "bad.pl"]).exits(6).json();
    let message = report["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("policy denies `fs.write`: the record stays as it is"), "{message}");
    assert_eq!(report["steps"][0]["policy"], "deny");
    place.planc(&["plan", "bad.pl"]).exits(6).says("the record stays as it is");
    place.run("good.pl").exits(0);
    assert_eq!((place.get("docs/secret/a.txt"), place.get("docs/b.txt")), ("s".into(), "x".into()));
}

#[test]
fn links_and_whole_folders_do_not_lead_around_a_rule() {
    let place = place(RULE);
    place.link("secret", "docs/open");
    place.put("link.pl", plan("modify \"docs/**\"", "step a = fs.write(path: \"docs/open/a.txt\", text: \"x\")"));
    place.put(
        "folder.pl",
        plan("delete \"docs/**\"\n    delete \"docs\"", "step a = fs.delete(path: \"docs\", recursive: true)"),
    );
    place.put(
        "move.pl",
        plan(
            "delete \"docs/**\"\n    delete \"docs\"\n    create \"old/**\"\n    create \"old\"",
            "step a = fs.move(from: \"docs\", to: \"old\")",
        ),
    );
    for file in ["link.pl", "folder.pl", "move.pl"] {
        place.planc(&["run", "--approve", file]).exits_with(&[1, 6]).says("the record stays as it is");
    }
    assert_eq!(place.get("docs/secret/a.txt"), "s");
}

#[test]
fn what_is_known_only_at_run_is_judged_then() {
    let place = place(RULE);
    place.put(
        "late.pl",
        plan(
            "modify \"docs/**\"\n    run \"echo\"",
            "step which = process.run(argv: [\"echo\", \"-n\", \"docs/secret/a.txt\"])\n  let path = endorse(which.stdout, \"it is one of ours\")\n  step a = fs.write(path: path, text: \"x\")",
        ),
    );
    place.planc(&["plan", "late.pl"]).exits(0).says("may deny it once it is known");
    let digest = place.digest("late.pl");
    place.planc(&["run", &format!("--approve={digest}"), "late.pl"]).exits_with(&[3, 6]);
    assert_eq!(place.get("docs/secret/a.txt"), "s");
}

#[test]
fn the_strictest_rule_counts_whatever_the_order_and_none_loosens_the_catalogue() {
    let mut sources = Sources::default();
    let index = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[index]);
    let tool = |name: &str| catalogue.tools().find(|tool| tool.name == name).unwrap();
    let lines = ["\"fs.*\" = \"ask\"\n", "\"*\" = \"auto\"\n", "\"fs.delete\" = \"deny\"\n"];
    for order in [[0, 1, 2], [1, 2, 0], [2, 0, 1]] {
        let toml = format!("[policy]\n{}", order.map(|at| lines[at]).concat());
        let policy = Policy::load(&parse("planc.toml", &toml).unwrap().policy, None, None).unwrap();
        assert_eq!(policy.of_tool(tool("fs.delete")).decision, Approval::Deny);
        assert_eq!(policy.of_tool(tool("fs.write")).decision, Approval::Ask);
        assert_eq!(policy.of_tool(tool("http.get")).decision, Approval::Auto);
        let asks = planc_lang::catalogue::Tool { approval: Approval::Ask, ..(**tool("http.get")).clone() };
        assert_eq!(policy.of_tool(&asks).decision, Approval::Ask, "a rule never loosens the catalogue");
    }
}

#[test]
fn a_rule_that_asks_waits_where_nobody_can_be_asked() {
    let ask = "[[policy.rule]]\neffects = [\"creates\"]\ndecision = \"ask\"\nreason = \"new files are looked at\"\n";
    let place = place(ask);
    place.put("new.pl", plan("create \"new.txt\"", "step a = fs.write(path: \"new.txt\", text: \"x\")"));
    place.put("old.pl", plan("modify \"docs/b.txt\"", "step a = fs.write(path: \"docs/b.txt\", text: \"x\")"));
    place.run("new.pl").exits(3);
    assert!(!place.has("new.txt"));
    place.run("old.pl").exits(0);
}

#[test]
fn a_change_of_a_rule_voids_what_was_approved() {
    let place = place("");
    place.put("a.pl", plan("modify \"docs/**\"", "step a = fs.write(path: \"docs/b.txt\", text: \"x\")"));
    let digest = place.digest("a.pl");
    place.put("planc.toml", RULE);
    place.planc(&["run", &format!("--approve={digest}"), "a.pl"]).exits(5);
    assert_eq!(place.get("docs/b.txt"), "b");
}

const CEDAR: &str = r#"
@id("no pushes")
@decision("deny")
@reason("releases are made by people")
@matches("process.run runs git push origin")
@not("process.run runs git status")
forbid (principal, action == Action::"runs", resource in Meets::"git push");

@id("other people's files")
@decision("ask")
@matches("acme: fs.write writes shared/a.txt")
@not("beta: fs.write writes shared/a.txt")
forbid (principal in Scope::"acme", action in Action::"changes", resource)
when { context.tool in Tools::"fs.*" }
unless { resource in Within::"own/**" };

@id("big writes")
forbid (principal, action, resource)
when { context.call.hasTag("text") && context.call.getTag("text") like "*forbidden*" };
"#;

#[test]
fn a_file_of_cedar_says_the_rest() {
    let place = place(
        "[policy]\ncedar = \"policy.cedar\"\n[mode]\nscope = \"acme/web\"\n[mode.scopes]\n\"acme/web\" = \"execute\"\n",
    );
    place.put("policy.cedar", CEDAR);
    place.put("push.pl", plan("run \"git\"", "step a = process.run(argv: [\"git\", \"push\", \"origin\"])"));
    place
        .put("text.pl", plan("create \"own/a.txt\"", "step a = fs.write(path: \"own/a.txt\", text: \"so forbidden\")"));
    place.put("own.pl", plan("create \"own/a.txt\"", "step a = fs.write(path: \"own/a.txt\", text: \"fine\")"));
    place.put("other.pl", plan("create \"a.txt\"", "step a = fs.write(path: \"a.txt\", text: \"fine\")"));
    place.planc(&["plan", "push.pl"]).exits(6).says("releases are made by people");
    place.planc(&["plan", "text.pl"]).exits(6).says("big writes");
    place.run("other.pl").exits(3);
    place.run("own.pl").exits(0);
    // No tool reaches the file, and one that lies about unnamed is a mistake.
    for path in ["policy.cedar", "planc.toml"] {
        let write = format!("step a = fs.write(path: \"{path}\", text: \"\")");
        place.put("reach.pl", plan(&format!("modify \"{path}\""), &write));
        place.planc(&["plan", "reach.pl"]).exits(1);
    }
    assert_eq!(place.get("policy.cedar"), CEDAR);
    place.put("planc.toml", "");
    place.planc(&["plan", "own.pl"]).exits(2).says("nothing names it");
    place.put("planc.toml", "[policy]\ncedar = \"missing.cedar\"\n");
    place.planc(&["plan", "own.pl"]).exits(2).says("missing.cedar");
}

#[test]
fn what_is_wrong_with_a_rule_is_shown_where_it_stands() {
    let place = place("");
    for (toml, line, part) in [
        ("[[policy.rule]]\ndecision = \"auto\"\n", 2, "cannot loosen"),
        ("[[policy.rule]]\ndecision = \"deny\"\nmatches = [\"fs.write writes ../up\"]\n", 3, "leaves the workspace"),
        ("[[policy.rule]]\ndecision = \"deny\"\nnot = [\"fs.write writes a\"]\n", 3, "which it must not"),
        (
            "[[policy.rule]]\ntools = [\"http.*\"]\ndecision = \"deny\"\nmatches = [\"fs.write writes a\"]\n",
            4,
            "which it must",
        ),
        (
            "[[policy.rule]]\neffects = [\"writes\"]\nresources = [\"/etc/**\"]\ndecision = \"deny\"\n",
            3,
            "not relative",
        ),
        ("[[policy.rule]]\nscopes = [\"a b\"]\ndecision = \"deny\"\n", 2, "is no scope"),
        ("[[policy.rule]]\ntools = [\"a[\"]\ndecision = \"deny\"\n", 2, "is not valid"),
        ("[[policy.rule]]\ndecision = \"deny\"\nwhat = 1\n", 3, "unknown key"),
    ] {
        place.put("planc.toml", toml);
        place.planc(&["tools"]).exits(2).says(part).says(&format!("planc.toml:{line}:"));
    }
    place.put("planc.toml", "[policy]\ncedar = \"p.cedar\"\n");
    for (cedar, line, part) in [
        ("\nforbid (principal, action, resource) when { resource.size > 3 };\n", 2, "size"),
        ("\n\nforbid (principal, action, resource;\n", 3, "unexpected"),
        ("\npermit (principal, action, resource);\n", 2, "can only forbid"),
        ("\n@decision(\"allow\")\nforbid (principal, action, resource);\n", 2, "neither `ask` nor `deny`"),
        ("\n@whatever(\"x\")\nforbid (principal, action, resource);\n", 2, "means nothing here"),
        (
            "\n@matches(\"fs.write writes a\")\nforbid (principal, action == Action::\"reads\", resource);\n",
            2,
            "which it must",
        ),
        ("\nforbid (principal, action == Action::\"explodes\", resource);\n", 2, "explodes"),
    ] {
        place.put("p.cedar", cedar);
        place.planc(&["tools"]).exits(2).says(part).says(&format!("p.cedar:{line}:"));
    }
}

#[test]
fn what_may_do_anything_meets_every_rule_and_what_is_not_known_stands_on_the_strict_side() {
    let load = |toml: &str| Policy::load(&parse("planc.toml", toml).unwrap().policy, None, None).unwrap();
    let mut sources = Sources::default();
    let index = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[index]);
    let tool = catalogue.tools().find(|tool| tool.name == "fs.write").unwrap();
    let says = |policy: &Policy, verb, resource, moment| policy.decide(tool, &[], &[(verb, resource)], moment).decision;
    let deletes = load("[[policy.rule]]\neffects = [\"deletes\"]\nresources = [\"docs/**\"]\ndecision = \"deny\"\n");
    assert_eq!(says(&deletes, EffectVerb::Writes, Resource::Everything, Moment::Planned), Approval::Deny);
    assert_eq!(says(&deletes, EffectVerb::Deletes, Resource::AnyPath, Moment::Planned), Approval::Auto);
    assert_eq!(says(&deletes, EffectVerb::Deletes, Resource::AnyPath, Moment::Now), Approval::Deny);
    assert_eq!(says(&deletes, EffectVerb::Deletes, Resource::Glob("d*/**".into()), Moment::Planned), Approval::Deny);
    let only =
        load("[[policy.rule]]\neffects = [\"runs\"]\nexcept = [\"git status\", \"cargo test\"]\ndecision = \"deny\"\n");
    let runs = |words: &str| Resource::Program(words.split(' ').map(Into::into).collect());
    assert_eq!(says(&only, EffectVerb::Runs, runs("git status --short"), Moment::Now), Approval::Auto);
    for words in ["git push", "/usr/bin/git status", "sh -c git", "git -C . status"] {
        assert_eq!(says(&only, EffectVerb::Runs, runs(words), Moment::Now), Approval::Deny, "{words}");
    }
    assert_eq!(says(&only, EffectVerb::Runs, Resource::AnyProgram, Moment::Planned), Approval::Deny);
}

#[test]
fn ten_thousand_calls_are_judged_in_linear_time() {
    let toml = format!("[policy]\n\"http.*\" = \"ask\"\n{RULE}");
    let policy = Policy::load(&parse("planc.toml", &toml).unwrap().policy, None, None).unwrap();
    let mut sources = Sources::default();
    let index = add_builtin(&mut sources);
    let (catalogue, _) = load_catalogue(&sources, &[index]);
    let tool = catalogue.tools().find(|tool| tool.name == "fs.write").unwrap();
    let judge = |calls: usize| {
        let begun = Instant::now();
        for call in 0..calls {
            let touch = [(EffectVerb::Writes, Resource::Path(format!("out/{call}.txt").into()))];
            assert_eq!(policy.decide(tool, &[], &touch, Moment::Now).decision, Approval::Auto);
        }
        begun.elapsed()
    };
    judge(200);
    let (few, many) = (judge(1000), judge(10_000));
    println!("policy: 1000 calls in {few:?}, 10000 in {many:?}");
    assert!(many < few * 40, "{few:?} for 1000, {many:?} for 10000");
}

#[test]
fn a_rule_that_is_tightened_during_a_run_counts_when_the_run_goes_on() {
    // In the open, so that the test can see from outside that it has begun.
    let open = "[programs]\nopen = [\"sh -c\"]\n";
    let place = place(open);
    let wait = format!("touch '{0}/begun'; while [ ! -e '{0}/go' ]; do sleep 0.02; done", place.at("out").display());
    place.put(
        "two.pl",
        plan(
            "run \"sh -c\"\n    create \"late.txt\"",
            &format!("step a = process.run(argv: [\"sh\", \"-c\", \"{wait}\"])\n  step b = fs.write(path: \"late.txt\", text: a.stdout)"),
        ),
    );
    let digest = place.digest("two.pl");
    let command = place.command(&["run", &format!("--approve={digest}"), "two.pl"]);
    let running = std::thread::spawn(move || said(command));
    until("the first step has begun", || place.at("out").join("begun").exists());
    place.planc(&["mode", "set", "plan", "--why", "a look"]).exits(0);
    place.put("planc.toml", format!("{open}[policy]\n\"fs.write\" = \"deny\"\n"));
    std::fs::write(place.at("out").join("go"), "").unwrap();
    running.join().unwrap().exits(6);
    let (screen, code) =
        crate::typed::typed(&place, &["mode", "set", "inherit", "--why", "go on"], &[("Only `yes` is a yes: ", "yes")]);
    assert_eq!(code, 0, "{screen}");
    place.planc(&["resume", &place.last_run()]).exits(5).says("another policy");
    assert!(!place.has("late.txt"));
}

/// A program is judged by what it has changed, which nobody knows before: nothing of it is kept before policy has said yes.
#[test]
fn what_a_program_changed_is_judged_before_any_of_it_is_kept() {
    let plan = "plan \"x\" {\n critical {\n create \"**\"\n run \"sh -c\"\n }\n step a = process.run(argv: [\"sh\", \"-c\", \"mkdir docs other; echo x > docs/a; echo y > other/b\"])\n}\n";
    let rules = |folder: &str, decision: &str| {
        format!(
            "[[policy.rule]]\neffects = [\"creates\"]\nresources = [\"{folder}/**\"]\ndecision = \"{decision}\"\nreason = \"the editors keep it\"\nmatches = [\"fs.write creates {folder}/a\"]\nnot = [\"fs.write creates a\"]\n"
        )
    };
    let place = Place::new();
    place.put("planc.toml", rules("docs", "deny")).put("p.pl", plan);
    place.run("p.pl").exits(6).says("the editors keep it");
    assert!(!place.has("docs") && !place.has("other"));
    let place = Place::new();
    place.put("planc.toml", rules("docs", "ask")).put("p.pl", plan);
    place.run("p.pl").exits(3);
    assert!(!place.has("docs") && !place.has("other"));
    let place = Place::new();
    place.put("planc.toml", rules("nothing", "deny")).put("p.pl", plan);
    place.run("p.pl").exits(0);
    assert!(place.has("docs/a") && place.has("other/b"));
}

#[test]
fn a_rule_is_met_by_names_that_go_ways() {
    let rule = "[[policy.rule]]\nresources = [\"wiki:secret/**\"]\ndecision = \"deny\"\n\
                matches = [\"fs.read reads wiki:pages/../secret/a\", \"fs.read reads wiki:./secret\"]\n\
                not = [\"fs.read reads wiki:pages/a\", \"fs.read reads note:pages/../secret/a\"]\n";
    let place = Place::new();
    place.put("planc.toml", rule).put("p.pl", "plan \"p\" {\n  step l = fs.list(path: \".\")\n}\n");
    place.planc(&["plan", "p.pl"]).exits(0);
}

/// A rule that may be about files anywhere is met by what a call reads beneath the folder that it names: nothing is told of it, nothing
/// after it finds it, and neither does a run whose dry run could not know.
#[test]
fn what_is_read_beneath_a_folder_is_judged_file_by_file() {
    for resources in ["**/.env", "**/secret/**", "docs/**/key", "docs/[s-t]ecret/**"] {
        for effects in ["reads", "reads\", \"creates"] {
            let place = Place::new();
            place.put("docs/secret/.env/key", "DENIED").put("docs/a", "a").put("docs/public/b", "b");
            let rule = format!(
                "[programs]\nopen = [\"sh\"]\n[[policy.rule]]\neffects = [\"{effects}\"]\nresources = [\"{resources}\", \"**/.env/**\"]\ndecision = \"deny\"\nreason = \"keys\"\n"
            );
            place.put("planc.toml", rule);
            let plan = |steps: &str| {
                format!(
                    "plan \"p\" {{\n  critical {{\n    create \"**\"\n    delete \"**\"\n    run \"sh\"\n  }}\n  {steps}\n}}\n"
                )
            };
            let copy = "step a = fs.copy(from: \"docs\", to: \"out\")";
            let read = "step b = fs.read(path: \"out/secret/.env/key\") { after a }\n  step c = fs.stat(path: \"x-${b.text}\")";
            let said = place.put("p.pl", plan(&format!("{copy}\n  {read}"))).planc(&["plan", "p.pl"]).exits(6);
            assert!(!format!("{}{}", said.out, said.err).contains("x-DENIED"), "{resources}: {}", said.short());
            // What is there only the run knows.
            let late = format!("step s = process.run(argv: [\"sh\", \"-c\", \"true\"])\n  {copy} {{ after s }}");
            let planned = place.put("p.pl", plan(&late)).planc(&["plan", "--format", "json", "p.pl"]);
            if planned.code == Some(0) {
                let digest = planned.json()["digest"].as_str().unwrap().to_owned();
                place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(4).says("what it reads beneath");
            }
            assert!(!place.has("out"), "{resources}");
            // What holds none of it is copied.
            place
                .put("p.pl", plan("step a = fs.copy(from: \"docs/public\", to: \"out\")"))
                .planc(&["plan", "p.pl"])
                .exits(0);
        }
    }
}

/// A file is read under all names that it has in the workspace, whatever it is called by who reads it; and what is in a file that
/// is changed stands in the diff.
#[test]
fn no_other_name_leads_around_a_rule() {
    let rule = "[[policy.rule]]\neffects = [\"reads\"]\nresources = [\"docs/**/key\"]\ndecision = \"deny\"\n";
    let place = Place::new();
    place.put("planc.toml", rule).put("docs/a/key", "DENIED").put("pub/other", "x").put("free/a", "FREE");
    for name in ["hard", "pub/hard"] {
        std::fs::hard_link(place.ws().join("docs/a/key"), place.ws().join(name)).unwrap();
    }
    std::fs::hard_link(place.ws().join("free/a"), place.ws().join("free/b")).unwrap();
    let digest = planc_lang::digest::Digest::of(b"DENIED").hex();
    for step in [
        "fs.read(path: \"hard\")",
        "fs.copy(from: \"hard\", to: \"out\")",
        "fs.move(from: \"hard\", to: \"out\")",
        "fs.edit(path: \"hard\", edits: [{ find: \"D\", replace: \"x\" }])",
        "fs.write(path: \"hard\", text: \"x\")",
        "fs.write(path: \"docs/a/key\", text: \"x\")",
        "fs.delete(path: \"hard\")",
        "fs.delete(path: \"docs/a/key\")",
        "fs.copy(from: \"pub\", to: \"out\")",
        "fs.copy(from: \"docs/a\", to: \"out\")",
        "fs.delete(path: \"pub\", recursive: true)",
        "fs.search(pattern: \"^D\", files: \"pub/*\", max_matches: 0)",
    ] {
        let lines = "create \"**\"\n    modify \"**\"\n    delete \"**\"\n    read \"**\"";
        place.put("p.pl", plan(lines, &format!("step a = {step}")));
        let said = place.planc(&["--format", "json", "plan", "p.pl"]).exits(6).says("reads docs/a/key");
        assert!(!said.out.contains("DENIED") && !said.out.contains(&digest), "{step}: {}", said.short());
        let check = format!("assume \"so\" {{\n    {step}.files > 0\n  }}\n  step b = fs.stat(path: \"free\")");
        if step.contains("search") {
            let said = place.put("p.pl", plan(lines, &check)).planc(&["--format", "json", "plan", "p.pl"]).exits(0);
            assert_eq!(said.json()["assumptions"][0]["outcome"]["outcome"], "unconfirmed", "{}", said.short());
            assert!(!said.out.contains(&digest), "{}", said.short());
        }
    }
    // What has other names of which no rule speaks is read as ever.
    place.put(
        "p.pl",
        plan(
            "create \"out/**\"",
            "step a = fs.read(path: \"free/b\")\n  step c = fs.copy(from: \"free\", to: \"out/x\")",
        ),
    );
    place.run("p.pl").exits(0);
    // A name that comes later is found at the run.
    let late = "step s = process.run(argv: [\"ln\", \"free/b\", \"docs/a/key\"])\n  step a = fs.copy(from: \"free\", to: \"out/y\")";
    place.put("planc.toml", format!("[programs]\nopen = [\"ln\"]\n{rule}"));
    std::fs::remove_file(place.ws().join("docs/a/key")).unwrap();
    place.put("p.pl", plan("create \"**\"\n    run \"ln\"", late));
    let digest = place.digest("p.pl");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(4).says("reads docs/a/key");
    assert!(!place.has("out/y"));
}
