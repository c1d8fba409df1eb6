//! Handmade reports and events ⟶ snapshots of the card, of Markdown, of the log and of the report of a run.

use planc::approval::{Approved, Terms};
use planc::event::{Difference, End, Event};
use planc::render::card::{Card, Folded, card};
use planc::render::markdown::markdown;
use planc::render::page::page;
use planc::render::text::{Look, Paint, shown};
use planc::render::{checklist, final_report, run_report};
use planc::report::*;
use planc::workspace::{Change as FileChange, FileState, Look as Looked, Observation};
use planc_lang::digest::Digest;
use planc_lang::plan::ReleaseKind;
use planc_lang::revision::{Change, Entry, PartChange, Reach, Revision};
use planc_lang::syntax::{Approval, EffectVerb, OnFailure};
use planc_lang::types::Type;
use planc_lang::value::Value;
use std::time::Duration;

fn plain(width: u16) -> Look {
    Look::new(Some(width), Paint::Plain)
}

fn folded(report: &PlanReport, width: u16) -> String {
    shown(&drawn(report, width), None)
}

fn drawn(report: &PlanReport, width: u16) -> String {
    card(report, Card { look: plain(width), plan: Some("plan.pl"), folded: Folded::Yes })
}

fn minimal() -> PlanReport {
    PlanReport {
        format: REPORT_FORMAT,
        status: PlanStatus::NeedsApproval,
        title: "Look".into(),
        rev: 1,
        time: 1,
        digest: Digest::of("report"),
        deed: None,
        plan_digest: Digest::of("plan"),
        assurance: Assurance::Advisory,
        grounds: Vec::new(),
        problems: vec![],
        plan_mode: None,
        catalogues: Vec::new(),
        scratch: Vec::new(),
        part: None,
        rationale: None,
        context: None,
        inputs: vec![],
        names: vec![],
        assumptions: vec![],
        critical: vec![],
        releases: vec![],
        secret: false,
        disclosures: vec![],
        reuse: vec![],
        steps: vec![read("ini", "config.ini")],
        blocks: Vec::new(),
        waves: vec![vec!["ini".into()]],
        verifications: vec![],
        outputs: vec![],
        observations: vec![],
        revision: None,
        changes_requested: Vec::new(),
    }
}

fn step(name: &str, tool: &str, args: Value, effects: &[(EffectVerb, &str)], outcome: StepOutcome) -> StepReport {
    let read_only = effects.iter().all(|(verb, _)| *verb == EffectVerb::Reads);
    StepReport {
        name: name.into(),
        tool: tool.into(),
        because: None,
        args,
        effects: effects.iter().map(|(verb, what)| EffectReport { verb: *verb, resource: (*what).into() }).collect(),
        read_only,
        destructive: false,
        confined: None,
        reproduce: false,
        policy: Approval::Auto,
        policy_why: Vec::new(),
        standing_yes: false,
        undo: if read_only { UndoKind::Nothing } else { UndoKind::Automatic },
        on_failure: OnFailure::Stop,
        outcome,
        changes: vec![],
        for_others: vec![],
        loadable: vec![],
        each: None,
        element: None,
        poll: None,
        waits_for: vec![],
        timeout_ms: None,
        own_timeout: false,
        when: None,
        retry: None,
        written: vec![],
        late: vec![],
        expects: vec![],
        undo_call: None,
        undoing: None,
        approved_before: None,
    }
}

fn read(name: &str, path: &str) -> StepReport {
    let result = Value::record([("text", Value::string("a = 1\n"))]);
    let args = Value::record([("path", Value::string(path))]);
    step(name, "fs.read", args, &[(EffectVerb::Reads, path)], StepOutcome::Read { result })
}

fn simulated() -> StepOutcome {
    StepOutcome::Simulated { result: Value::record([("created", Value::Bool(true))]) }
}

fn file(content: &str) -> FileState {
    FileState::File { digest: Digest::of(content), bytes: content.len() as u64, mode: 0o644 }
}

fn change(path: &str, before: FileState, after: FileState, diff: &str) -> ChangeReport {
    let lines = |sign: char| {
        diff.lines().skip_while(|line| !line.starts_with('@')).filter(|line| line.starts_with(sign)).count()
    };
    ChangeReport {
        path: path.into(),
        before,
        after,
        diff: Some(diff.into()),
        added: lines('+'),
        removed: lines('-'),
        earlier: None,
    }
}

fn program(name: &str, argv: &[&str]) -> StepReport {
    let args = Value::record([("argv", Value::list(argv.iter().map(|word| Value::string(*word))))]);
    let outcome = StepOutcome::KnownAfterRun { why: "programs run only after approval".into() };
    let base = step(name, "process.run", args, &[(EffectVerb::Runs, &argv.join(" "))], outcome);
    StepReport { undo: UndoKind::Impossible, ..base }
}

fn writes() -> [StepReport; 3] {
    let text = Value::string("[server]\nport = 80\n".repeat(9));
    let args = Value::record([("path", Value::string("config.toml")), ("text", text)]);
    let new = "--- /dev/null\n+++ b/config.toml\n@@ -0,0 +1,2 @@\n+[server]\n+port = 80\n";
    let toml = StepReport {
        because: Some("The loader prefers TOML when both exist, and falls back to the INI file where not.".into()),
        changes: vec![change("config.toml", FileState::Absent, file("[server]"), new)],
        ..step("toml", "fs.write", args, &[(EffectVerb::Writes, "config.toml")], simulated())
    };
    let long: String = (0..60).map(|line| format!("+    line {line}\n")).collect();
    let long = format!("--- a/src/loader.rs\n+++ b/src/loader.rs\n@@ -1,2 +1,61 @@\n-read_ini(\n{long}");
    let args = Value::record([("path", Value::string("src/loader.rs"))]);
    let loader = StepReport {
        waits_for: vec!["toml".into()],
        changes: vec![change("src/loader.rs", file("a"), file("b"), &long)],
        ..step("loader", "fs.edit", args, &[(EffectVerb::Writes, "src/loader.rs")], simulated())
    };
    let args = Value::record([("path", Value::string("old.ini"))]);
    let gone = StepReport {
        destructive: true,
        changes: vec![change("old.ini", file("old"), FileState::Absent, "@@ -1 +0,0 @@\n-old\n")],
        ..step("gone", "fs.delete", args, &[(EffectVerb::Deletes, "old.ini")], simulated())
    };
    [toml, loader, gone]
}

fn critical(verb: &str, resource: &str, why: Option<&str>, touched: &[&str]) -> CriticalReport {
    let touched = touched.iter().map(|t| (*t).to_owned()).collect();
    CriticalReport { verb: verb.into(), resource: resource.into(), value: None, why: why.map(str::to_owned), touched }
}

fn rich() -> PlanReport {
    let tests = StepReport {
        policy: Approval::Ask,
        on_failure: OnFailure::Undo,
        timeout_ms: Some(300_000),
        when: None,
        retry: None,
        expects: vec!["tests.exit_code == 0".into()],
        undo_call: None,
        undoing: None,
        ..program("tests", &["cargo", "test", "--workspace", "--", "--nocapture"])
    };
    let reads = ["a", "b", "c", "d", "e"].map(|name| read(name, &format!("docs/{name}.md")));
    let wave = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let later = || CheckOutcome::Unconfirmed { why: "known after run".into() };
    PlanReport {
        title: "Move configuration from INI to TOML".into(),
        rev: 2,
        time: 1,
        rationale: Some("One reviewed change; the INI file stays until the tests pass.".into()),
        context: Some(
            "The loader has read TOML since 2.3.\n\n- Operators have asked for comments.\n- The format is older than \
             the loader, and nobody has written a line of it by hand for two years."
                .into(),
        ),
        inputs: vec![
            InputReport { name: "environment".into(), secret: false, value: Value::string("staging"), default: true },
            InputReport { name: "limit".into(), secret: false, value: Value::Int(3), default: false },
        ],
        assumptions: vec![
            AssumptionReport {
                text: "config.ini is where the loader expects it".into(),
                outcome: CheckOutcome::Holds,
                check: Some("fs.stat(path: \"config.ini\").kind == \"file\"".into()),
            },
            AssumptionReport {
                text: "No release is in flight today.".into(),
                outcome: CheckOutcome::ForPerson,
                check: None,
            },
            AssumptionReport { text: "The port is free".into(), outcome: later(), check: None },
        ],
        critical: vec![
            critical("read", "docs/*.md", None, &["docs/a.md", "docs/b.md"]),
            critical("create", "config.toml", Some("the new source of truth"), &["config.toml"]),
            critical("modify", "src/**", Some("prefer TOML when both exist"), &["src/loader.rs"]),
            critical("run", "cargo", None, &["cargo test --workspace -- --nocapture", "cargo run"]),
        ],
        releases: vec![
            ReleaseReport {
                name: "account".into(),
                kind: ReleaseKind::Endorse,
                reason: "the account that the bill names".into(),
                value: Value::string("DE89 3704 0044 0532 0130 \u{417}0"),
                from: vec!["`model.extract` gives outside text".into(), "becomes `bill`".into()],
                to: vec!["`to` of `bank.pay`, step `paid`".into()],
            },
            ReleaseReport {
                name: "token".into(),
                kind: ReleaseKind::Reveal,
                reason: "it goes to the vault".into(),
                value: Value::Unknown(Type::String),
                from: vec![],
                to: vec!["`key` of `vault.put`, step `kept`".into()],
            },
        ],
        reuse: vec![ReuseReport {
            target: "src/loader.rs".into(),
            why: Some("parse_toml() already exists; no new parser is written".into()),
            exists: true,
        }],
        steps: reads.into_iter().chain(writes()).chain([tests]).collect(),
        waves: vec![wave(&["a", "b", "c", "d", "e"]), wave(&["toml"]), wave(&["loader"]), wave(&["gone"])],
        verifications: vec![
            VerificationReport {
                text: "the loader reads TOML".into(),
                steps: vec![program("shown", &["cargo", "run"])],
                outcome: later(),
                check: Some("shown.stdout.contains(\"toml\")".into()),
            },
            VerificationReport {
                text: "Operator docs no longer mention config.ini.".into(),
                steps: vec![],
                outcome: CheckOutcome::ForPerson,
                check: None,
            },
        ],
        outputs: vec![
            OutputReport { name: "changed".into(), value: Value::list([Value::string("config.toml")]) },
            OutputReport { name: "log".into(), value: Value::Unknown(Type::String) },
        ],
        observations: vec![seen("docs/a.md")],
        revision: Some(revised(&[("loader", Change::Changed), ("rename", Change::Removed), ("gone", Change::Added)])),
        ..minimal()
    }
}

/// A comparison in which these steps are different.
fn revised(steps: &[(&str, Change)]) -> Revision {
    let part = |name: &str| PartChange {
        part: name.to_owned(),
        before: Some(format!("\"{name}\"")),
        after: Some(format!("\"{name}\".trim()")),
        through: vec![name.to_owned()],
    };
    let entry = |(name, change): &(&str, Change)| Entry {
        name: (*name).to_owned(),
        change: *change,
        was: (*change == Change::Changed).then(|| format!("{name} before")),
        moved: *change == Change::Changed,
        parts: if *change == Change::Changed { vec![part(name), part("args.path")] } else { Vec::new() },
    };
    Revision {
        before: Digest::of("before"),
        after: Digest::of("after"),
        reach: Reach { added: vec![format!("writes {}", steps[0].0)], removed: Vec::new() },
        critical: vec![Entry {
            name: format!("modify \"{}\"", steps[0].0),
            change: Change::Added,
            was: None,
            moved: false,
            parts: Vec::new(),
        }],
        steps: steps.iter().map(entry).collect(),
        eaches: Vec::new(),
        tools: Vec::new(),
        inputs: Vec::new(),
        assumptions: Vec::new(),
        reuse: Vec::new(),
        lets: Vec::new(),
        verifications: Vec::new(),
        outputs: Vec::new(),
        texts: Vec::new(),
    }
}

fn seen(path: &str) -> Observation {
    Observation { look: Looked::At { path: path.into() }, seen: "file 0644 sha256:12".into() }
}

fn blocked() -> PlanReport {
    let mut report = rich();
    let why = "`read_ini(` does not occur in `src/loader.rs`";
    let problem = |step: Option<&str>, message: &str, policy| Problem {
        step: step.map(str::to_owned),
        message: message.into(),
        policy,
        assumption: None,
    };
    report.status = PlanStatus::Blocked;
    report.problems = vec![
        problem(Some("loader"), why, false),
        problem(Some("tests"), "`process.run` is denied", true),
        problem(None, "the assumption \"config.ini is where the loader expects it\" does not hold", false),
    ];
    report.steps.truncate(8);
    report.steps[5].outcome = StepOutcome::Skipped;
    report.steps[6].outcome = StepOutcome::Fails { why: why.into() };
    report.steps[7].outcome = StepOutcome::NotReached;
    report.steps[5..].iter_mut().for_each(|step| step.changes.clear());
    report.assumptions[0].outcome = CheckOutcome::Fails { why: "it is \"missing\"".into() };
    report.reuse[0].exists = false;
    report
}

const HOSTILE: &str = "\u{1b}[2J\u{1b}[H[APPROVED]\r\nfake: line\u{202e}gnp\u{2066}\u{200b}\t| <img src=x> \
                       ![p](http://e.example) ``` # [x](y)";

fn hostile() -> PlanReport {
    let text = || HOSTILE.to_owned();
    let mut report = rich();
    let mut step = report.steps[5].clone();
    step.name = text();
    step.tool = text();
    step.because = Some(text());
    step.args = Value::record([(HOSTILE, Value::string(HOSTILE))]);
    step.effects = vec![EffectReport { verb: EffectVerb::Writes, resource: text() }];
    step.outcome = StepOutcome::Fails { why: text() };
    step.expects = vec![text()];
    step.late = vec![text()];
    step.waits_for = vec![text()];
    step.undo = UndoKind::Impossible;
    step.changes =
        vec![change(HOSTILE, file("a"), file("b"), &format!("@@ -1 +1 @@\n-{}\n+```\n", HOSTILE.replace('\n', "")))];
    report.title = text();
    report.rationale = Some(text());
    report.context = Some(format!("{HOSTILE}\n```\n# Approved\n<script>alert(1)</script>"));
    report.inputs = vec![InputReport { name: text(), secret: false, value: Value::string(HOSTILE), default: false }];
    report.assumptions =
        vec![AssumptionReport { text: text(), outcome: CheckOutcome::Fails { why: text() }, check: Some(text()) }];
    report.critical = vec![critical(HOSTILE, HOSTILE, Some(HOSTILE), &[HOSTILE])];
    report.releases = vec![ReleaseReport {
        name: text(),
        kind: ReleaseKind::Endorse,
        reason: text(),
        value: Value::string(HOSTILE),
        from: vec![text()],
        to: vec![text()],
    }];
    report.reuse = vec![ReuseReport { target: text(), why: Some(text()), exists: false }];
    report.problems = vec![Problem { step: Some(text()), message: text(), policy: false, assumption: None }];
    report.waves = vec![vec![text(), text()]];
    report.outputs = vec![OutputReport { name: text(), value: Value::string(HOSTILE) }];
    report.revision = Some(revised(&[(HOSTILE, Change::Changed), (HOSTILE, Change::Added)]));
    report.verifications = vec![VerificationReport {
        text: text(),
        steps: vec![step.clone()],
        outcome: CheckOutcome::Unconfirmed { why: text() },
        check: Some(text()),
    }];
    report.observations = vec![seen(HOSTILE)];
    report.steps = vec![step];
    report
}

fn hundred() -> PlanReport {
    let steps = (0..100).map(|index| match index % 10 {
        9 => {
            let path = format!("out/{index}.txt");
            let args = Value::record([("path", Value::string(path.as_str()))]);
            StepReport {
                changes: vec![change(&path, FileState::Absent, file("x"), "@@ -0,0 +1 @@\n+x\n")],
                ..step(&format!("write_{index}"), "fs.write", args, &[(EffectVerb::Writes, &path)], simulated())
            }
        }
        _ => read(&format!("read_{index}"), "in.txt"),
    });
    PlanReport { title: "A hundred steps".into(), steps: steps.collect(), waves: vec![], ..minimal() }
}

/// A hundred steps of which each does something: changes, some of what nobody else holds, a program, a deletion.
fn busy() -> PlanReport {
    let mut steps: Vec<StepReport> = (0..97)
        .map(|index| {
            let path = format!("src/part_{index}.rs");
            let diff: String = (0..30).map(|line| format!("-old {line}\n+new {line}\n")).collect();
            let earlier = if index % 40 == 7 { Earlier::Unversioned } else { Earlier::Versioned };
            let args = Value::record([("path", Value::string(path.as_str()))]);
            let changed = change(&path, file("a"), file("b"), &format!("@@ -1,30 +1,30 @@\n{diff}"));
            StepReport {
                because: Some(format!(
                    "Part {index} still calls the function by its old name, which goes away with the next release."
                )),
                changes: vec![ChangeReport { earlier: Some(earlier), ..changed }],
                ..step(&format!("edit_{index}"), "fs.edit", args, &[(EffectVerb::Writes, &path)], simulated())
            }
        })
        .collect();
    let [_, _, gone] = writes();
    steps.push(gone);
    steps.push(program("tests", &["cargo", "test"]));
    steps.push(read("after", "src/part_0.rs"));
    PlanReport { title: "A hundred changes".into(), steps, waves: vec![], ..minimal() }
}

#[test]
fn a_hundred_changes_stay_on_two_screens() {
    let drawn = folded(&busy(), 100);
    assert!(drawn.lines().count() <= 130, "two screens of 65 lines: {drawn}");
    insta::assert_snapshot!(drawn);
}

/// A text without what breaks its lines.
fn squeezed(text: &str) -> String {
    text.replace("┊", "").split_whitespace().collect()
}

#[test]
fn nothing_that_acts_is_shortened_on_the_card() {
    let long = "echo harmless ".repeat(20) + "; echo EVIL > src/main.sh";
    let args = Value::record([
        ("argv", Value::list((0..20).map(|at| Value::string(format!("word{at}"))))),
        ("stdin", Value::string(long.as_str())),
        ("env", Value::list([Value::record([("name", Value::string("X")), ("value", Value::string(long.as_str()))])])),
    ]);
    let changes = vec![change("dist/a", FileState::Absent, file("a"), "@@ -0,0 +1 @@\n+a\n")];
    let result = Value::record([("exit_code", Value::Int(0))]);
    let ran = StepReport {
        changes: changes.clone(),
        ..step(
            "ran",
            "process.run",
            args.clone(),
            &[(EffectVerb::Runs, "sh")],
            StepOutcome::Ran { result: result.clone() },
        )
    };
    let question = Value::record([("what", Value::string(long.as_str()))]);
    let asked = step("asked", "wiki.page", question, &[(EffectVerb::Reads, "page:x")], StepOutcome::Read { result });
    // A name that is none of planc's own contents, and a part of an argument that decides what is done.
    let put = StepReport { changes: changes.clone(), ..step("put", "wiki.put", args, &[], simulated()) };
    let edit = Value::record([("find", Value::string(long.as_str())), ("replace", Value::string("a".repeat(100)))]);
    let edits = Value::record([("path", Value::string("dist/a")), ("edits", Value::list(vec![edit; 10]))]);
    let edit = StepReport { changes, ..step("edit", "fs.edit", edits, &[(EffectVerb::Writes, "dist/a")], simulated()) };
    for one in [ran, asked, put, edit] {
        let name = one.name.clone();
        let drawn = squeezed(&folded(&PlanReport { steps: vec![one], ..minimal() }, 100));
        assert!(drawn.contains("EVIL>src/main.sh"), "{name}: {drawn}");
        assert!(!drawn.contains("more]"), "{name}: {drawn}");
        assert!(name == "asked" || name == "edit" || drawn.contains("\"word19\""), "{name}: {drawn}");
        assert_eq!(name == "edit", drawn.contains("(100bytes)"), "only content that the diff shows: {drawn}");
        assert!(name != "edit" || drawn.matches("EVIL").count() == 10, "{drawn}");
    }
}

/// What may be shortened is content by planc's own catalogue.
#[test]
fn only_data_is_shortened() {
    let mut sources = planc_lang::source::Sources::default();
    let index = planc_lang::compile::add_builtin(&mut sources);
    let (catalogue, _) = planc_lang::compile::load_catalogue(&sources, &[index]);
    for (tool, way) in planc::render::call::CONTENTS {
        let (name, field) = way.split_once('.').unwrap_or((way, ""));
        let tool = catalogue.tool(tool).unwrap();
        let taken = planc_lang::marks::Taken::whole(&tool.params[tool.param(name).unwrap()].marks);
        let taken = if field.is_empty() { taken } else { taken.field(field) };
        assert_eq!(taken.for_use, planc_lang::marks::Use::Data, "{way} of {}", tool.name);
    }
}

/// A block of elements that write `text(index)` each to a file of its own.
fn block(elements: usize, text: impl Fn(usize) -> String) -> PlanReport {
    let steps: Vec<StepReport> = (0..elements)
        .map(|index| {
            let (path, text) = (format!("out/part {index}.txt"), text(index));
            let args = Value::record([("path", Value::string(path.as_str())), ("text", Value::string(text.as_str()))]);
            let lines: String = text.lines().map(|line| format!("+{line}\n")).collect();
            let changed = change(&path, FileState::Absent, file("x"), &format!("@@ -0,0 +1 @@\n{lines}"));
            StepReport {
                each: Some("c".into()),
                element: Some(index),
                changes: vec![changed],
                ..step(&format!("w[{index}]"), "fs.write", args, &[(EffectVerb::Writes, &path)], simulated())
            }
        })
        .collect();
    let block = BlockReport {
        name: "c".into(),
        variable: "name".into(),
        list: "l.text.lines()".into(),
        when: None,
        steps: vec!["w".into()],
        late: false,
        at: 0,
        outcome: BlockOutcome::Elements { count: elements },
    };
    PlanReport { title: "A block".into(), steps, blocks: vec![block], ..minimal() }
}

#[test]
fn a_block_of_equal_elements_is_short_and_names_every_path() {
    let drawn = folded(&block(100, |_| "same\n".into()), 100);
    assert!(drawn.lines().count() <= 60, "{drawn}");
    (0..100).for_each(|index| assert!(squeezed(&drawn).contains(&format!("out/part{index}.txt")), "{index}: {drawn}"));
    insta::assert_snapshot!(drawn);
}

#[test]
fn what_an_element_does_otherwise_is_shown() {
    let common: String = (0..10).map(|line| format!("line {line}\n")).collect();
    let text = |index: usize| match index {
        57 => common.replace("line 8", "EVIL"),
        61 => common.replace("line 3\n", ""),
        70 => "another text\n".to_owned(),
        _ => common.clone(),
    };
    let mut report = block(100, text);
    report.steps[80].undo = UndoKind::Impossible;
    report.steps[81].args =
        Value::record([("path", Value::string("out/part 82.txt")), ("text", Value::string(&*common))]);
    report.steps[83].outcome = StepOutcome::Fails { why: "there is no room".into() };
    insta::assert_snapshot!(folded(&report, 100));
}

/// In a long plan a diff stands once, and every other one too.
#[test]
fn a_change_among_many_is_not_folded_away() {
    let mut report = busy();
    let diff: String = (0..30).map(|line| format!("-old {line}\n+new {line}\n")).collect();
    let diff = format!("@@ -1,30 +1,30 @@\n{}", diff.replace("+new 27", "+EVIL 27"));
    report.steps[60].changes[0].diff = Some(diff);
    let drawn = folded(&report, 100);
    assert!(drawn.contains("EVIL 27"), "{drawn}");
    (0..97).for_each(|index| assert!(squeezed(&drawn).contains(&format!("src/part_{index}.rs")), "{index}: {drawn}"));
}

#[test]
fn the_card_of_a_rich_plan() {
    insta::assert_snapshot!(folded(&rich(), 80));
}

#[test]
fn the_whole_card_of_a_rich_plan() {
    let full = Card { look: plain(100), plan: Some("my plans/it's.pl"), folded: Folded::No };
    insta::assert_snapshot!(shown(&card(&rich(), full), None));
}

#[test]
fn the_page_of_a_rich_plan() {
    insta::assert_snapshot!(page(&rich(), Some("plan.pl")));
}

#[test]
fn the_card_of_a_blocked_plan() {
    insta::assert_snapshot!(folded(&blocked(), 80));
}

#[test]
fn the_card_of_a_minimal_plan() {
    insta::assert_snapshot!(folded(&minimal(), 60));
}

#[test]
fn the_card_of_a_hundred_steps() {
    insta::assert_snapshot!(folded(&hundred(), 80));
}

#[test]
fn the_markdown_of_a_rich_plan() {
    insta::assert_snapshot!(markdown(&rich(), Some("plan.pl")));
}

#[test]
fn the_markdown_of_a_hostile_plan() {
    insta::assert_snapshot!(markdown(&hostile(), Some("plan.pl")));
}

/// Nothing foreign starts a line, moves the cursor or reorders a line.
#[test]
fn a_hostile_plan_cannot_falsify_what_is_shown() {
    let report = hostile();
    let full = shown(&card(&report, Card { look: plain(100), plan: Some(HOSTILE), folded: Folded::No }), None);
    let run = final_report::draw(&run_report::fold(HOSTILE, &report, &hostile_events()), plain(80));
    let log: Vec<String> =
        hostile_events().iter().flat_map(|event| checklist::log_lines(event, None, Paint::Plain)).collect();
    for text in
        [full, folded(&report, 60), markdown(&report, Some(HOSTILE)), page(&report, Some(HOSTILE)), run, log.join("\n")]
    {
        for hidden in ['\u{1b}', '\r', '\u{202e}', '\u{2066}', '\u{200b}', '\t'] {
            assert!(!text.contains(hidden), "{hidden:?} in {text}");
        }
        assert!(!text.lines().any(|line| line.starts_with("fake:")), "{text}");
    }
    insta::assert_snapshot!(folded(&report, 80));
}

/// Every element and every attribute of the page is one that planc writes, none of which runs or fetches anything.
#[test]
fn a_hostile_plan_adds_nothing_to_the_page() {
    const OURS: [&str; 19] = [
        "html", "body", "header", "main", "footer", "section", "details", "summary", "h1", "h2", "p", "ul", "ol", "li",
        "div", "span", "strong", "code", "pre",
    ];
    let drawn = page(&hostile(), Some(HOSTILE));
    let body = drawn.split_once("</head>").unwrap().1;
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("a tag that never ends: {tag}"));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(OURS.contains(&name.trim_start_matches('/')), "<{tag}>");
        let is_ours = attributes.is_empty() || attributes == "open" || attributes.starts_with("class=\"");
        assert!(is_ours && attributes.matches('"').count() <= 2, "<{tag}>");
    }
}

#[test]
fn a_painted_card_is_the_plain_one_with_styles() {
    let look = Look::new(Some(80), Paint::Ansi);
    let painted = shown(&card(&rich(), Card { look, plan: Some("plan.pl"), folded: Folded::Yes }), None);
    assert!(painted.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&painted).to_string(), folded(&rich(), 80));
}

#[test]
fn a_card_keeps_its_width() {
    for width in [20, 40, 60, 80, 100, 200] {
        for report in [rich(), blocked(), hundred()] {
            let drawn = shown(&drawn(&report, width), Some(width));
            let rows = drawn.lines().filter(|line| !line.starts_with("  planc run --approve"));
            let widest = rows.map(|row| row.chars().count()).max();
            assert!(widest <= Some(usize::from(width).min(100)), "{width}: {widest:?}\n{drawn}");
        }
    }
}

fn failed(step: &str, error: String) -> Event {
    Event::StepFailed { step: step.into(), attempt: 1, error, effect_done: true, result: None, changes: vec![] }
}

fn hostile_events() -> Vec<Event> {
    let text = || HOSTILE.to_owned();
    vec![
        Event::StepStarted { step: text(), attempt: 2, args: Value::Null, changes: vec![], result: None },
        failed(HOSTILE, text()),
        Event::StepSkipped { step: text(), reason: text() },
        Event::StepInDoubt { step: text(), attempt: 1, reason: text(), changes: vec![] },
        Event::VerificationFailed { text: text(), why: text() },
        Event::Ended { end: End::InDoubt, outputs: Value::record([(HOSTILE, Value::string(HOSTILE))]) },
    ]
}

fn events() -> Vec<Event> {
    let started = |step: &str, changes: Vec<FileChange>| Event::StepStarted {
        step: step.into(),
        attempt: 1,
        args: Value::Null,
        changes,
        result: None,
    };
    let done =
        |step: &str| Event::StepSucceeded { step: step.into(), attempt: 1, result: Value::Null, changes: vec![] };
    let change = FileChange::new("config.toml", FileState::Absent, file("other"));
    let approval = Approved {
        digest: Digest::of("report"),
        by: "ada".into(),
        channel: "terminal".into(),
        at: "2026-01-02T03:04:05Z".into(),
        id: String::new(),
        deed: None,
        credential: None,
        terms: Terms::default(),
        site: None,
        comment: None,
        overrides: Vec::new(),
        signed: None,
        with: Vec::new(),
    };
    vec![
        Event::Approved { approval: approval.into() },
        Event::Started { pid: 1, resumed: false },
        started("a", vec![]),
        done("a"),
        started("toml", vec![change]),
        done("toml"),
        Event::StepSkipped { step: "gone".into(), reason: "its condition is false".into() },
        started("tests", vec![]),
        failed("tests", format!("`cargo` ended with exit code 101\n{}", "a line of output\n".repeat(50))),
        Event::VerificationFailed { text: "the loader reads TOML".into(), why: "it is false".into() },
        Event::Stale {
            step: Some("loader".into()),
            differences: vec![Difference { expected: seen("src/loader.rs"), found: "absent".into() }],
        },
        Event::Ended { end: End::Failed, outputs: Value::record([("changed", Value::string("config.toml"))]) },
    ]
}

#[test]
fn the_report_of_a_failed_run() {
    insta::assert_snapshot!(final_report::draw(&run_report::fold("7f3a", &rich(), &events()), plain(80)));
}

#[test]
fn the_log_of_a_run() {
    let took = Some(Duration::from_millis(1234));
    let lines: Vec<String> =
        events().iter().flat_map(|event| checklist::log_lines(event, took, Paint::Plain)).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
