//! Every example and random plans, killed at every record of the journal and in the middle of records, gone on with, compared with
//! a run that nobody disturbed: the same result, no effect twice that may not be made twice, and what is in doubt is never
//! guessed. Tools outside work, fail, are slow and lie.
//!
//! Everything comes from a seed, which a failure names. `PLANC_SIMULATIONS` is the number of cases, and then every place of every
//! example is one; `.ci/nightly` runs 20,000.

#[allow(dead_code, reason = "what random plans mean is tried by `schedules`")]
#[path = "schedules/generate.rs"]
mod generate;
#[path = "clock/mod.rs"]
mod clock;
#[path = "simulation/journal.rs"]
mod journal;
#[path = "simulation/life.rs"]
mod life;
#[path = "simulation/outside.rs"]
mod outside;
#[path = "simulation/plans.rs"]
mod plans;
#[allow(dead_code, reason = "what random plans mean is tried by `schedules`")]
#[path = "schedules/simulate.rs"]
mod simulate;
#[path = "simulation/examples.rs"]
mod examples;
#[path = "simulation/torn.rs"]
mod torn;

use generate::{CELLS, Dice};
use journal::{Break, Tear};
use life::{Life, Outcome, World};
use planc::event::End;
use planc::state::{StepState, UndoState};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// How many cases a normal run looks at, over all kinds of random plans.
const CASES: u64 = 240;

/// How many cases in all, where somebody says so.
fn asked() -> Option<u64> {
    std::env::var("PLANC_SIMULATIONS").ok().and_then(|count| count.parse().ok())
}

/// A place at which to break, of a run with so many records.
fn somewhere(dice: &mut Dice, records: usize) -> Break {
    let at = dice.below(records.max(1));
    match dice.below(6) {
        0 => Break::Before(at),
        1 | 2 => Break::After(at),
        kind => Break::Within(at, tear(dice, kind)),
    }
}

fn tear(dice: &mut Dice, kind: usize) -> Tear {
    let part = dice.below(1000) as u64;
    match kind {
        3 => Tear::Frames(part),
        4 => Tear::Bytes(part),
        _ => Tear::Rubbish(part),
    }
}

/// The first break, and perhaps others of those who go on.
fn breaks(dice: &mut Dice, records: usize) -> Vec<Break> {
    let mut breaks = vec![somewhere(dice, records)];
    while breaks.len() < 4 && dice.one_in(2) {
        breaks.push(somewhere(dice, 6));
    }
    breaks
}

/// How long programs say that they took.
static TIMES: std::sync::LazyLock<regex::Regex> =
    std::sync::LazyLock::new(|| regex::Regex::new(r"finished in \d+\.\d+s").expect("the expression is one"));

/// Where each step stands, without what says how it came to that.
fn stand(outcome: &Outcome) -> BTreeMap<String, String> {
    let steps = outcome.state.steps().iter();
    steps
        .map(|step| {
            let stands = match &step.state {
                StepState::Succeeded { result } => TIMES.replace_all(&format!("succeeded {result}"), "…").into_owned(),
                StepState::Failed { .. } => "failed".to_owned(),
                StepState::Skipped { .. } => "skipped".to_owned(),
                StepState::Undone => "undone".to_owned(),
                StepState::Waiting => "waiting".to_owned(),
                StepState::Running { .. } => "running".to_owned(),
                StepState::InDoubt { .. } => "in doubt".to_owned(),
            };
            (step.name.clone(), stands)
        })
        .collect()
}

/// Where a run that was disturbed differs from one that was not.
fn difference(whole: &Outcome, other: &Outcome) -> Option<String> {
    if whole.end != other.end {
        return Some(format!("it ends {:?} instead of {:?}", other.end, whole.end));
    }
    if whole.end != End::Done {
        // What has run beside the step that failed is a matter of time; what holds of it is checked all along.
        return None;
    }
    if whole.tree != other.tree {
        let paths = whole.tree.keys().chain(other.tree.keys());
        let first = paths.clone().find(|path| whole.tree.get(*path) != other.tree.get(*path));
        return Some(format!("`{first:?}` is another one"));
    }
    let (stands, stood) = (stand(whole), stand(other));
    if let Some((step, stands)) = stands.iter().find(|(step, stands)| stood.get(*step) != Some(stands)) {
        return Some(format!("`{step}` has {:?} instead of {stands:?}", stood.get(step)));
    }
    if whole.state.outputs != other.state.outputs {
        return Some(format!("outputs are {} instead of {}", other.state.outputs, whole.state.outputs));
    }
    if whole.cells != other.cells {
        return Some(format!("cells are {:?} instead of {:?}", other.cells, whole.cells));
    }
    (whole.effects != other.effects).then(|| format!("{:?} instead of {:?}", other.effects, whole.effects))
}

/// What was looked at.
#[derive(Debug, Default)]
struct Looked {
    plans: u64,
    cases: u64,
    done: u64,
    doubts: u64,
}

/// One case of a plan: it is carried out with breaks, compared, and taken back with another break.
fn disturbed(
    life: &mut Life,
    whole: &Outcome,
    breaks: &[Break],
    dice: &mut Dice,
    looked: &mut Looked,
) -> Result<(), String> {
    life.reset();
    let before = life.tree();
    let outcome = life.live_through(breaks, dice);
    looked.cases += 1;
    looked.done += u64::from(outcome.end == End::Done);
    looked.doubts +=
        u64::from(life.events().iter().any(|event| matches!(event, planc::event::Event::StepInDoubt { .. })));
    if let Some(difference) = difference(whole, &outcome) {
        let events: Vec<String> = life.events().iter().map(|event| format!("  {event:?}")).collect();
        return Err(format!("{difference}\n{}\n{}", life.text, events.join("\n")));
    }
    if outcome.state.undo == UndoState::No {
        let at = somewhere(dice, 6);
        if life.take_back(at).is_none() {
            life.take_back(Break::Never);
        }
    }
    life.check_evidence();
    let after = life.tree();
    match before == after {
        true => Ok(()),
        false => {
            let paths = before.keys().chain(after.keys());
            let first = paths.clone().find(|path| before.get(*path) != after.get(*path));
            let events: Vec<String> = life.events().iter().map(|event| format!("  {event:?}")).collect();
            Err(format!("taken back, `{first:?}` is not as before\n{}\n{}", life.text, events.join("\n")))
        }
    }
}

/// How many cases of each plan.
const CASES_OF_A_PLAN: u64 = 5;

/// Random plans until there are so many cases.
fn simulate_plans(name: &str, cases: u64, world: impl Fn(u64) -> String, catalogue: &str, behave: bool) {
    let began = Instant::now();
    let mut looked = Looked::default();
    let fill = |root: &Path| {
        for (path, text) in plans::FILES {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("a directory can be made");
            std::fs::write(path, text).expect("a file can be written");
        }
    };
    for seed in 0.. {
        if looked.cases >= cases {
            break;
        }
        let text = world(seed);
        let world = World {
            fill: &fill,
            plan: &text,
            catalogues: &[("tools.pl", catalogue)],
            inputs: &[],
            cells: true,
            seed: behave.then_some(seed),
        };
        let Some(mut life) = Life::new(&world) else { continue };
        looked.plans += 1;
        let mut dice = Dice::new(seed ^ 0x00c0_ffee);
        let whole = life.live_through(&[], &mut dice);
        let records = life.events().len();
        for case in 0..CASES_OF_A_PLAN {
            let breaks = breaks(&mut dice, records);
            if let Err(difference) = disturbed(&mut life, &whole, &breaks, &mut dice, &mut looked) {
                panic!("{name}, plan {seed}, case {case}, {breaks:?}: {difference}");
            }
        }
    }
    eprintln!("{name}: {looked:?} in {:.1} s", began.elapsed().as_secs_f64());
    assert!(looked.done > looked.cases / 8 && looked.doubts > 0, "{looked:?}");
}

#[test]
fn plans_over_files_and_tools_that_fail_are_slow_and_lie() {
    let cases = asked().unwrap_or(CASES) / 2;
    simulate_plans("files", cases, |seed| plans::plan(&mut Dice::new(seed)), plans::TOOLS, true);
}

#[test]
fn plans_over_cells_with_blocks_gates_and_conditions() {
    let cases = asked().unwrap_or(CASES) / 2;
    simulate_plans("cells", cases, |seed| generate::plan(&mut Dice::new(seed)), CELLS, false);
}
