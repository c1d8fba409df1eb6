//! Every folder of `examples/`: checked, drawn, dry-run, run and taken back in a copy of its workspace, each result compared
//! with what was reviewed. A dry run leaves the tree as it is, to the last time stamp; an undo gives back every byte.

mod world;

use serde_json::Value;
use std::path::{Path, PathBuf};
use world::{Said, Tree, World, contents, difference};

/// How the run of an example ends.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// It is done, and can be taken back.
    Done,
    /// The same, once a person has looked at what became known during the run.
    Asked,
    /// It cannot be approved.
    Blocked,
    /// It fails and takes back what it has done.
    Undone,
}

impl Ending {
    /// The exit codes of `plan` and `run`.
    fn exits(self) -> (i32, i32) {
        match self {
            Ending::Done => (0, 0),
            Ending::Asked => (0, 3),
            Ending::Blocked => (1, 1),
            Ending::Undone => (0, 4),
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// A copy of an example: its workspace, with the plan beside it.
struct Example {
    name: &'static str,
    world: World,
    /// `--input …` for each of its inputs.
    inputs: Vec<String>,
}

impl Example {
    fn open(name: &'static str) -> Example {
        let folder = folder().join(name);
        let world = World::new();
        // Each has its own, or none where a person is needed anyway.
        std::fs::remove_file(world.workspace().join("planc.toml")).expect("a file can be removed");
        copy(&folder.join("workspace"), "", &world);
        let plan = std::fs::read(folder.join("plan.pl")).expect("an example has a plan");
        world.write("../plan.pl", &plan);
        if folder.join("repository").exists() {
            copy(&folder.join("repository"), ".git/", &world);
            let said = world.command(&["git", "fsck", "--full", "--strict"], "");
            assert_eq!(said.exit, 0, "{name}: {}", said.err);
            let said = world.command(&["git", "status", "--porcelain"], "");
            assert_eq!((said.exit, said.out.as_str()), (0, ""), "{name}: {}", said.err);
        }
        let mut inputs = inputs(&folder);
        for secret in secrets(&folder) {
            let content = std::fs::read(folder.join("secrets").join(&secret)).expect("a secret can be read");
            world.write(&format!("../secrets/{secret}"), &content);
            inputs.push(format!("--input-file={secret}=../secrets/{secret}"));
        }
        Example { name, world, inputs }
    }

    fn planc(&self, args: &[&str]) -> Said {
        self.world.planc(args)
    }

    /// Runs a command on the plan with the inputs of the example.
    fn on_plan(&self, args: &[&str]) -> Said {
        let inputs: Vec<&str> = self.inputs.iter().map(String::as_str).collect();
        self.planc(&[args, &inputs, &["../plan.pl"]].concat())
    }

    /// Elements of an `each` overlap, and their log has another order each time: where there are some, what is compared
    /// is the report alone.
    fn log(&self) -> &'static [&'static str] {
        let plan = std::fs::read_to_string(self.world.workspace().join("../plan.pl")).expect("the plan can be read");
        match plan.contains("\n  each ") {
            true => &["--quiet"],
            false => &[],
        }
    }

    fn reviewed(&self, part: &str, text: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path("snapshots/examples");
        let mut text = self.world.redact(text);
        if folder().join(self.name).join("secrets").is_dir() {
            // What a secret is written into is told apart by a digest with a key of its own.
            text = SEALED.replace_all(&text, "${1}SEALED").into_owned();
        }
        settings.bind(|| insta::assert_snapshot!(format!("{}.{part}", self.name), text));
    }
}

/// The content of a file that a secret is in, as it is shown.
static SEALED: std::sync::LazyLock<regex::Regex> = std::sync::LazyLock::new(|| {
    regex::Regex::new(r"(actual \d+ bytes, mode \d+, )[0-9a-f]{12}").expect("the expression is one")
});

/// A file `inputs.json` ⟶ arguments: strings as they are, everything else as JSON.
fn inputs(folder: &Path) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(folder.join("inputs.json")) else { return Vec::new() };
    let values: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("the inputs are a JSON object");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.iter().map(|(name, value)| format!("--input={name}={}", text(value))).collect()
}

/// The names of the files in `secrets`, which are inputs.
fn secrets(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("secrets")).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn copy(folder: &Path, prefix: &str, world: &World) {
    for entry in std::fs::read_dir(folder).expect("the example has a workspace") {
        let path = entry.expect("an entry can be read").path();
        let inside = format!("{prefix}{}", path.file_name().expect("it has a name").to_string_lossy());
        match path.is_dir() {
            true => copy(&path, &format!("{inside}/"), world),
            false => world.write(&inside, &std::fs::read(&path).expect("a file can be read")),
        }
    }
}

/// What programs leave behind, which planc neither changed nor takes back.
fn without_leavings(tree: Tree) -> Tree {
    let leaving =
        |path: &str| ["target", ".git"].iter().any(|left| path == *left || path.starts_with(&format!("{left}/")));
    tree.into_iter().filter(|(path, _)| !leaving(path) && path != "Cargo.lock").collect()
}

/// The whole life of an example.
fn live(name: &'static str, ending: Ending) {
    let example = Example::open(name);
    let before = example.world.tree();

    let formatted = example.planc(&["fmt", "--check", "../plan.pl"]);
    assert_eq!((formatted.out.as_str(), formatted.exit), ("", 0), "{name} is in the one form: {}", formatted.err);
    let checked = example.planc(&["check", "../plan.pl"]);
    assert_eq!((checked.out.as_str(), checked.exit), ("", 0), "{name} has neither errors nor warnings");
    example.reviewed("1-graph", &example.planc(&["graph", "../plan.pl"]).out);

    let (plan_exit, run_exit) = ending.exits();
    let card = example.on_plan(&["plan"]);
    assert_eq!(card.exit, plan_exit, "{name}: {}", card.err);
    example.reviewed("2-card", &card.out);
    example.reviewed("3-plan-markdown", &example.on_plan(&["plan", "--format", "markdown"]).out);
    let report = example.on_plan(&["plan", "--format", "json"]);
    example.reviewed("4-plan-json", &report.out);
    assert!(example.world.tree() == before, "the dry run of {name} leaves the tree as it is");

    let report: Value = serde_json::from_str(&report.out).expect("the report is JSON");
    let digest = report["digest"].as_str().expect("the report has a digest");
    let approve = format!("--approve={digest}");
    let run = example.on_plan(&[&["run", &approve], example.log()].concat());
    assert_eq!(run.exit, run_exit, "{name}: {}\n{}", run.out, run.err);
    example.reviewed("5-run", &format!("{}{}", run.err, run.out));
    if ending == Ending::Asked {
        agree(&example);
    }
    if ending != Ending::Blocked {
        evidence(&example);
    }
    let after = without_leavings(example.world.tree());
    let before = without_leavings(before);
    match ending {
        Ending::Blocked | Ending::Undone => {
            assert_eq!(contents(&before), contents(&after), "{name} leaves nothing behind");
        }
        Ending::Done | Ending::Asked => undo(&example, &before, &after),
    }
}

/// A person looks at everything that became known, and agrees.
fn agree(example: &Example) {
    let runs: Value = serde_json::from_str(&example.planc(&["runs", "--format", "json"]).out).expect("JSON");
    let id = runs["runs"][0]["run"].as_str().expect("a run has a name").to_owned();
    let (exit, screen) = example.world.on_terminal(&["resume", &id], "`no` ends the run here: ", "yes\n");
    assert_eq!(exit, 0, "{}: {screen}", example.name);
    let asked = screen.split("known only now").nth(1).expect("something is asked");
    let asked = asked.split("`yes` goes on").next().unwrap_or_default();
    example.reviewed("5-asked", &asked.replace('\r', ""));
}

/// What was done holds together with what was approved, in a file of its own.
fn evidence(example: &Example) {
    let runs: Value = serde_json::from_str(&example.planc(&["runs", "--format", "json"]).out).expect("JSON");
    let id = runs["runs"][0]["run"].as_str().expect("a run has a name").to_owned();
    let written = example.planc(&["evidence", &id, "-o", "../evidence.json"]);
    assert_eq!(written.exit, 0, "{}: {}", example.name, written.err);
    let verified = example.planc(&["verify", "../evidence.json"]);
    assert_eq!(verified.exit, 0, "{}: {}", example.name, verified.out);
}

fn undo(example: &Example, before: &Tree, after: &Tree) {
    example.reviewed("6-tree", &difference(before, after));
    let runs: Value = serde_json::from_str(&example.planc(&["runs", "--format", "json"]).out).expect("JSON");
    let id = runs["runs"][0]["run"].as_str().expect("a run has a name").to_owned();
    example.reviewed("7-show", &example.planc(&["show", &id]).out);
    let undone = example.planc(&[&["undo", id.as_str()], example.log()].concat());
    example.reviewed("8-undo", &format!("{}{}", undone.err, undone.out));
    assert_eq!(undone.exit, 0, "{}: {}\n{}", example.name, undone.out, undone.err);
    let restored = without_leavings(example.world.tree());
    assert_eq!(contents(before), contents(&restored), "{} is taken back to the last byte", example.name);
}

macro_rules! examples {
    ($($test:ident: $name:literal, $ending:ident;)*) => {
        $(
            #[test]
            fn $test() {
                live($name, Ending::$ending);
            }
        )*

        const TESTED: &[&str] = &[$($name),*];
    };
}

examples! {
    cheaper_offer: "cheaper-offer", Asked;
    clean_data: "clean-data", Done;
    config_to_toml: "config-to-toml", Done;
    fan_out: "fan-out", Done;
    half_way: "half-way", Undone;
    pay_bill: "pay-bill", Done;
    release: "release", Asked;
    rename_function: "rename-function", Done;
    rename_in_crate: "rename-in-crate", Done;
    rename_in_workspace: "rename-in-workspace", Done;
    reset_access: "reset-access", Done;
    rotate_secret: "rotate-secret", Done;
    stale_assumption: "stale-assumption", Blocked;
    study_schema: "study-schema", Done;
    tidy_notes: "tidy-notes", Done;
    triage_rows: "triage-rows", Done;
}

#[test]
fn every_example_is_tested_and_explained() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("there are examples")
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, TESTED);
    for name in names {
        assert!(folder().join(&name).join("README.md").is_file(), "{name} has a README.md");
    }
}

#[test]
fn the_demonstration_needs_nobody() {
    let world = World::new();
    let before = world.tree();
    let said = world.planc(&["demo", "config-to-toml", "../demo"]);
    assert_eq!(said.exit, 0, "{}\n{}", said.out, said.err);
    assert!(world.workspace().join("../demo/workspace/config.toml").is_file());
    assert!(world.tree() == before, "the current directory stays as it is");
    let default = world.planc(&["demo", "--format", "json", "--list"]);
    let listed: Value = serde_json::from_str(&default.out).expect("JSON");
    assert!(listed["examples"].as_array().is_some_and(|names| names.len() == TESTED.len() + 1), "{listed}");
}
