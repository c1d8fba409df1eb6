//! Every schedule means what the text means from top to bottom: random plans over few cells, failing steps and blocks
//! included, run by [`planc::schedule`] in random order and compared with a naive reading of the text.
//!
//! `PLANC_SCHEDULES` is the number of plans; `.ci/nightly` runs 100,000. A plan that fails is shown with its seed. Links in the workspace are the business of `tests/engine`.

#[path = "schedules/generate.rs"]
mod generate;
#[path = "schedules/simulate.rs"]
mod simulate;

use generate::{CELLS, Dice, plan};
use planc::event::End;
use planc_lang::compile::{Compiled, add_builtin, compile, load_catalogue};
use planc_lang::diagnostic::Severity;
use planc_lang::source::Sources;
use simulate::{Outcome, Rule, in_order, scheduled};

/// How many plans a normal run looks at.
const PLANS: u64 = 3000;

/// How many random schedules of each.
const SCHEDULES: u64 = 4;

fn plans() -> u64 {
    std::env::var("PLANC_SCHEDULES").ok().and_then(|count| count.parse().ok()).unwrap_or(PLANS)
}

/// Compiles plans, the catalogue being loaded once.
struct Compiler {
    sources: Sources,
    catalogue: planc_lang::catalogue::Catalogue,
}

impl Compiler {
    fn new() -> Compiler {
        let mut sources = Sources::default();
        let indices = [add_builtin(&mut sources), sources.add("cells.pl", CELLS)];
        let (catalogue, problems) = load_catalogue(&sources, &indices);
        assert!(problems.iter().all(|problem| problem.severity() == Severity::Warning), "{problems:#?}");
        Compiler { sources, catalogue }
    }

    /// None where steps of a `together` conflict, as the text tells.
    fn compile(&self, text: &str) -> Option<Compiled> {
        let mut sources = self.sources.clone();
        let index = sources.add("plan.pl", text);
        let compilation = compile(&sources, index, &self.catalogue);
        let codes: Vec<String> = compilation.diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()).collect();
        let is_conflict = codes.iter().any(|code| code == "P0506");
        assert!(compilation.compiled.is_some() || is_conflict, "{codes:?}\n{text}");
        compilation.compiled
    }
}

/// Where a schedule and the text differ.
fn difference(text: &Outcome, schedule: &Outcome) -> Option<String> {
    if text.end != schedule.end {
        return Some(format!("it ends {:?} instead of {:?}", schedule.end, text.end));
    }
    // Where a step of a block has failed, others of the block may have run: their order is free. What did run in both
    // has seen the same, and nothing behind the block has run.
    for (name, result) in &schedule.results {
        match text.results.get(name) {
            Some(other) if other != result => return Some(format!("`{name}` gives {result:?} instead of {other:?}")),
            None if text.end == End::Done => return Some(format!("`{name}` runs, and should not")),
            None if schedule.has_effect(name) && !text.in_failed_block(name) => {
                return Some(format!("`{name}` acts after a failure"));
            }
            Some(_) | None => {}
        }
    }
    let missing = text.results.keys().find(|name| !schedule.results.contains_key(*name));
    match missing {
        Some(name) if !text.in_failed_block(name) => Some(format!("`{name}` does not run")),
        _ if !text.failed_in_block && text.cells != schedule.cells => {
            Some(format!("the cells are {:?} instead of {:?}", schedule.cells, text.cells))
        }
        _ => None,
    }
}

/// Looks at plans until a schedule differs from the text; gives how many were looked at, and the difference.
fn look(count: u64, rule: Rule) -> (u64, Option<String>) {
    let compiler = Compiler::new();
    let mut looked = 0;
    for seed in 0..count {
        let text = plan(&mut Dice::new(seed));
        let Some(compiled) = compiler.compile(&text) else { continue };
        looked += 1;
        let expected = in_order(&compiled);
        for schedule in 0..SCHEDULES {
            let found = scheduled(&compiled, &mut Dice::new(seed * 1000 + schedule), rule);
            if let Some(difference) = difference(&expected, &found) {
                return (looked, Some(format!("plan {seed}, schedule {schedule}: {difference}\n{text}")));
            }
        }
    }
    (looked, None)
}

#[test]
fn every_schedule_means_the_text() {
    let (looked, difference) = look(plans(), Rule::AsItIs);
    assert!(difference.is_none(), "{}", difference.unwrap_or_default());
    assert!(looked > plans() / 2, "only {looked} plans compiled");
}

/// What would be found if a rule of order were missing: the test above can fail.
#[test]
fn a_missing_rule_of_order_is_found() {
    let (_, difference) = look(PLANS, Rule::NoConflicts);
    assert!(difference.is_some(), "nobody misses the conflicts");
}
