//! Every folder of `examples/`, with its real programs, killed at its records.

use crate::generate::Dice;
use crate::journal::{Break, Tear};
use crate::life::{Life, World};
use crate::{Looked, asked, difference, somewhere};
use planc::desk::Given;
use planc::event::{End, Event};
use planc::state::UndoState;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the cases of one example may take in a normal run: those with a compiler get a few, the others one for each record
/// and more.
const TIME: Duration = Duration::from_secs(3);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory can be made");
    for entry in std::fs::read_dir(from).expect("a directory can be read") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("it has a name"));
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(std::fs::copy(&path, &target).expect("a file can be copied")),
        }
    }
}

fn fill(example: &Path, root: &Path) {
    copy(&example.join("workspace"), root);
    let repository = example.join("repository");
    if repository.exists() {
        copy(&repository, &root.join(".git"));
    }
}

/// A file `inputs.json` and the files in `secrets`.
fn inputs(example: &Path) -> Vec<Given> {
    let mut given = Vec::new();
    if let Ok(text) = std::fs::read_to_string(example.join("inputs.json")) {
        let values: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).expect("a JSON object");
        given.extend(values.into_iter().map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Given { name, text, exposed: false }
        }));
    }
    for entry in std::fs::read_dir(example.join("secrets")).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a secret can be read");
        given.push(Given { name, text: text.trim_end_matches('\n').to_owned(), exposed: false });
    }
    given
}

fn is_leaving(path: &str) -> bool {
    ["target", ".git", "Cargo.lock"].iter().any(|left| path == *left || path.starts_with(&format!("{left}/")))
}

/// Which places an example is broken at: each record in each way, in an order that a seed decides.
fn places(records: usize, dice: &mut Dice) -> Vec<Break> {
    let mut places: Vec<Break> = (0..records)
        .flat_map(|at| {
            [
                Break::Before(at),
                Break::After(at),
                Break::Within(at, Tear::Bytes(500)),
                Break::Within(at, Tear::Frames(500)),
            ]
        })
        .collect();
    for at in (1..places.len()).rev() {
        places.swap(at, dice.below(at + 1));
    }
    places
}

/// Nothing where the plan is blocked.
fn simulate(name: &str) -> Option<Looked> {
    let example = folder().join(name);
    let text = std::fs::read_to_string(example.join("plan.pl")).expect("there is a plan");
    let fill = |root: &Path| fill(&example, root);
    let inputs = inputs(&example);
    let world = World { fill: &fill, plan: &text, catalogues: &[], inputs: &inputs, cells: false, seed: None };
    let mut life = Life::new(&world)?;
    let mut looked = Looked { plans: 1, ..Looked::default() };
    let mut dice = Dice::new(name.bytes().map(u64::from).sum());
    let before = tree(&life);
    let mut whole = life.live_through(&[], &mut dice);
    whole.tree.retain(|path, _| !is_leaving(path));
    let records = life.events().len();
    let began = Instant::now();
    let breaks = places(records, &mut dice);
    let all = breaks.len();
    for (case, at) in breaks.into_iter().enumerate() {
        if asked().is_none() && case >= 3 && began.elapsed() > TIME {
            break;
        }
        life.reset();
        let mut outcome = life.live_through(&[at], &mut dice);
        outcome.tree.retain(|path, _| !is_leaving(path));
        looked.cases += 1;
        looked.done += u64::from(outcome.end == End::Done);
        looked.doubts += u64::from(life.events().iter().any(|event| matches!(event, Event::StepInDoubt { .. })));
        if let Some(difference) = difference(&whole, &outcome) {
            panic!("{name}, case {case} of {all}, {at:?}: {difference}\n{:?}", life.events());
        }
        if outcome.state.undo == UndoState::No {
            let at = somewhere(&mut dice, 6);
            if life.take_back(at).is_none() {
                life.take_back(Break::Never);
            }
        }
        life.check_evidence();
        if !life.outside.made().iter().any(|made| made.tool == "process.run") {
            assert_eq!(before, tree(&life), "{name}, case {case}, {at:?}: taken back");
        }
    }
    eprintln!("{name}: {} of {all} places, {looked:?} in {:.1} s", looked.cases, began.elapsed().as_secs_f64());
    Some(looked)
}

fn tree(life: &Life) -> crate::life::Tree {
    let mut tree = life.tree();
    tree.retain(|path, _| !is_leaving(path));
    tree
}

#[test]
fn examples_killed_at_their_records_come_to_the_same() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("there are examples")
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let looked: Vec<(String, Option<Looked>)> = names.into_iter().map(|name| (name.clone(), simulate(&name))).collect();
    let blocked: Vec<&str> =
        looked.iter().filter(|(_, looked)| looked.is_none()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(blocked, ["stale-assumption"]);
    assert!(looked.iter().filter_map(|(_, looked)| looked.as_ref()).all(|looked| looked.cases > 2), "{looked:?}");
}
