//! planc with MCP servers that others wrote, from their registries: imported, reviewed, planned with, killed, resumed.
//!
//! `install.sh` installs them; where it has not, or could not, these tests say so and are passed over. Between planc and
//! each server stands `between.py`, which notes every call and can change a definition.

#[path = "../place/mod.rs"]
mod place;
#[path = "../operator/typed.rs"]
mod typed;
mod world;

use place::until;
use std::process::{Child, Stdio};
use typed::typed;
use world::{World, count};

#[test]
fn the_tools_of_real_servers_are_imported_and_stay_as_reviewed() {
    let Some(world) = World::new("the import") else { return };
    let place = &world.place;
    let said = place.planc(&["tools", "check"]).exits(0);
    for (server, tools) in [("files", 14), ("memory", 9), ("every", 13), ("git", 12), ("clock", 2), ("sqlite", 6)] {
        assert!(said.out.contains(&format!("{server}: {tools} tools as reviewed")), "{}", said.short());
    }
    place.planc(&["check"]).exits(0);
}

#[test]
fn results_of_every_kind_arrive_as_they_are_declared() {
    let Some(world) = World::new("the kinds of results") else { return };
    let place = &world.place;
    place.put(
        "p.pl",
        "plan \"Kinds\" {\n  step sum = every.get_sum(a: 2.0, b: 40.0)\n  \
         step weather = every.get_structured_content(location: \"Chicago\")\n  \
         step graph = memory.read_graph()\n  step tables = sqlite.list_tables()\n  step echo = every.echo(message: \"hö\\u{1b}\")\n  \
         step branches = git.git_branch(repo_path: \"repo\", branch_type: \"local\")\n  \
         output sum = sum\n  output weather = weather.temperature > -100.0\n  output entities = graph.entities.length()\n  \
         output tables = tables.contains(\"releases\")\n  output echo = echo\n  output branches = branches.contains(\"main\")\n}\n",
    );
    let said = place.run("p.pl").exits(0);
    for line in [
        "sum = \"The sum of 2 and 40 is 42.\"",
        "weather = true",
        "entities = 0",
        "tables = true",
        "branches = true",
        "echo = \"Echo: hö",
    ] {
        assert!(said.out.contains(line), "{line}\n{}", said.short());
    }
}

#[test]
fn a_plan_over_five_servers_is_killed_and_resumed_and_repeats_nothing() {
    let Some(world) = World::new("a plan over five servers") else { return };
    let place = &world.place;
    let (digest, mut child) = started(&world, "reads");
    // It is killed while a server works on a call that only reads.
    until("the long call is made", || count(&world, "every", "trigger-long-running-operation") == 1);
    child.kill().expect("it runs");
    child.wait().expect("it was started");
    assert_eq!(world.commits(), 2, "{}", world.log("git"));
    let run = place.last_run();
    place.planc(&["resume", &run]).exits(0).says("[DONE]");
    world.is_done(2);
    // What was approved is used up.
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]);
    assert_eq!(world.commits(), 2);
}

#[test]
fn a_call_with_effects_that_was_cut_off_waits_for_a_person() {
    let Some(world) = World::new("a call that was cut off") else { return };
    let place = &world.place;
    let (_, mut child) = started(&world, "writes");
    until("the long call is made", || count(&world, "every", "trigger-long-running-operation") == 1);
    child.kill().expect("it runs");
    child.wait().expect("it was started");
    let run = place.last_run();
    place.planc(&["resume", &run]).exits(7).says("long");
    assert_eq!(count(&world, "every", "trigger-long-running-operation"), 1);
    place.planc(&["resume", &run, "--resolve", "long=redo"]).exits(0).says("[DONE]");
    world.is_done(2);
}

#[test]
fn a_definition_that_changed_upstream_is_refused_until_somebody_reviewed_it() {
    let Some(world) = World::new("a changed definition") else { return };
    let place = &world.place;
    place.put("p.pl", world.plan("reads"));
    let digest = place.digest("p.pl");
    world.change("git", Some("git_commit"));
    let said = place.planc(&["tools", "check", "git"]).exits(5);
    assert!(said.out.contains("~ git_commit is different") && said.out.contains("Sends a copy"), "{}", said.short());
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5).says("is not what was reviewed");
    assert_eq!(world.log("git") + &world.log("files") + &world.log("sqlite"), "");
    place.planc(&["tools", "import", "--mcp", "git"]).exits(5).says("nothing was written");
    let accept = ["tools", "import", "--mcp", "git", "--accept"];
    place.planc(&accept).exits(6).says("nobody is here who has looked");
    let (screen, code) = typed(place, &accept, &[("Only `yes` is a yes:", "yes")]);
    assert_eq!(code, 0, "{screen}");
    place.planc(&["tools", "check", "git"]).exits(0);
    // What was approved is another plan than this one is now.
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5);
    assert_eq!(world.log("git"), "");
    place.run("p.pl").exits(0);
    world.is_done(1);
}

#[test]
fn a_definition_that_changes_during_a_run_ends_its_calls() {
    let Some(world) = World::new("a definition that changes during a run") else { return };
    let place = &world.place;
    let (_, mut child) = started(&world, "reads");
    until("the long call is made", || count(&world, "every", "trigger-long-running-operation") == 1);
    child.kill().expect("it runs");
    child.wait().expect("it was started");
    world.change("memory", Some("create_entities"));
    let run = place.last_run();
    let said = place.planc(&["resume", &run]);
    assert!(said.code != Some(0) && said.out.contains("is not what was reviewed"), "{}", said.short());
    assert_eq!(count(&world, "memory", "create_entities"), 0);
    assert_eq!(world.commits(), 2);
}

/// Dry-runs the plan, approves it by the digest that its card names, and starts it.
fn started(world: &World, long: &str) -> (String, Child) {
    let place = &world.place;
    world.long(long);
    place.put("p.pl", world.plan(long));
    let said = place.planc(&["check", "p.pl"]).exits(0);
    assert!(said.err.contains("no mistakes in 1 file"), "{}", said.short());
    place.planc(&["plan", "p.pl"]).exits(0).says("its server is not asked before approval");
    assert_eq!(world.log("files") + &world.log("git"), "", "nothing is called before a yes");
    let digest = place.digest("p.pl");
    let mut command = place.command(&["run", &format!("--approve={digest}"), "p.pl"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("planc can be started");
    (digest, child)
}
