//! Tools of servers, from the import to the run; and servers that mean harm. The server is this same program, started
//! again with `MOCK` in its environment.

mod clauses;
mod foreign;
mod hostile;
mod live;
mod mock;
#[path = "../operator/typed.rs"]
mod typed;
mod observe;
#[path = "../place/mod.rs"]
mod place;
mod reports;

use place::Place;

/// A workspace with the catalogue of the mock server, imported, and reviewed by hand.
pub fn reviewed() -> Place {
    let place = wired("good");
    place.planc(&["tools", "import", "--mcp", "mock"]).exits(0);
    review(&place);
    place
}

/// What a person would write into the catalogue.
pub fn review(place: &Place) {
    let text = place.get("catalogues/mock.pl");
    let mut out = String::new();
    let mut tool = "";
    for line in text.lines() {
        tool = line.trim().strip_prefix("tool ").and_then(|rest| rest.split('(').next()).unwrap_or(tool);
        match line.contains("Effects are not reviewed") {
            true => out.push_str(match tool {
                "put" => "    writes \"mock:store\"\n",
                _ => "    reads \"mock:store\"\n",
            }),
            false => out.push_str(&format!("{line}\n")),
        }
    }
    place.put("catalogues/mock.pl", out);
}

/// A workspace in which the mock server behaves in this way.
pub fn wired(behaviour: &str) -> Place {
    let place = Place::new();
    wire(&place, behaviour, "");
    place
}

/// Says in `planc.toml` how the mock server is reached.
pub fn wire(place: &Place, behaviour: &str, more: &str) {
    let own = std::env::current_exe().expect("it is running");
    let log = place.at("out/log");
    let toml = format!(
        "[catalogues]\nfiles = [\"catalogues/*.pl\"]\n\n[servers.mock]\ncommand = {own:?}\n\
         args = [\"mock::serves\", \"--exact\", \"--nocapture\", \"-q\"]\n\
         env = {{ MOCK = {behaviour:?}, MOCK_LOG = {log:?} }}\n{more}"
    );
    place.put("planc.toml", toml);
}

/// What the server was asked to do, one call per line.
pub fn log(place: &Place) -> Vec<String> {
    let text = std::fs::read_to_string(place.at("out/log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A plan with these steps, and everything allowed that they need.
pub fn plan(steps: &str) -> String {
    format!("plan \"P\" {{\n  critical {{\n    modify \"mock:store\"\n  }}\n{steps}}}\n")
}

/// Runs a plan by the digest that its card names.
pub fn run(place: &Place, plan: &str) -> place::Said {
    place.put("p.pl", plan);
    let planned = place.planc(&["plan", "--format", "json", "p.pl"]).exits(0).json();
    let digest = planned["digest"].as_str().expect("a plan has a digest").to_owned();
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"])
}
