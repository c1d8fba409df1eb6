//! `kill -9` at many moments of a run: going on ends in the same tree, no file effect happens twice, no program that
//! finished runs again; and taking back gives the identical original tree.
//!
//! Programs note each of their effects in a file outside of the workspace, which planc neither records nor takes back.

mod place;

use place::{Place, exact_picture, picture, until};
use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The steps that run programs.
const PROGRAMS: [&str; 4] = ["first", "second", "third", "fourth"];

fn plan(place: &Place) -> String {
    let log = place.at("out/log");
    let program = |name: &str| {
        format!(
            "  step {name} = process.run(argv: [\"sh\", \"-c\", \"sleep 0.03; echo {name} >> {}; sleep 0.03\"])\n",
            log.display()
        )
    };
    format!(
        r#"plan "a dozen steps" {{
  critical {{
    modify "src/**"
    create "src/**"
    delete "src/**"
    create "notes.md"
    modify "notes.md"
    run "sh"
  }}
  step readme = fs.read(path: "src/a.txt")
  step rename = fs.edit(path: "src/a.txt", edits: [{{ find: "one", replace: "two", count: 3 }}])
{}  step note = fs.append(path: "notes.md", text: "appended ${{readme.bytes}}\n")
  step copied = fs.copy(from: "src/tree", to: "src/copied/deep")
{}  step moved = fs.move(from: "src/tree", to: "src/moved")
  step again = fs.append(path: "notes.md", text: "appended again\n")
{}  step gone = fs.delete(path: "src/old", recursive: true)
{}  step made = fs.write(path: "src/run.sh", text: "echo ${{third.exit_code}}\n", executable: true)
  step last = fs.append(path: "src/a.txt", text: "the end\n")
  verify "it ends well" {{ fs.read(path: "notes.md").text.contains("again") }}
}}
"#,
        program("first"),
        program("second"),
        program("third"),
        program("fourth"),
    )
}

fn world() -> Place {
    let place = Place::new();
    place.open(&["sh"]);
    place.put("src/a.txt", "one one one\n").put("src/tree/x/y.txt", "y").put("src/tree/z.txt", "z".repeat(10_000));
    place.put("src/old/deep/er.txt", "old").put("notes.md", "notes\n");
    place.link("a.txt", "src/old/link");
    let text = plan(&place);
    place.put("p.pl", text);
    place
}

fn start(place: &Place, args: &[&str]) -> Child {
    place.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("planc can be started")
}

/// How often each program acted.
fn acts(place: &Place) -> BTreeMap<String, usize> {
    let mut acts = BTreeMap::new();
    let log = fs::read_to_string(place.at("out/log")).unwrap_or_default();
    log.lines().for_each(|line| *acts.entry(line.to_owned()).or_default() += 1);
    acts
}

fn events(place: &Place) -> i64 {
    match place.state().join("planc.db").exists() {
        false => 0,
        true => place.database().query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap_or(0),
    }
}

/// Goes on until the run has ended, as a careful person would; whether it ended well.
fn go_on(place: &Place, run: &str, label: &str) -> bool {
    let mut said = place.planc(&["resume", run]);
    for _ in 0..PROGRAMS.len() {
        match said.code {
            Some(0) => return true,
            Some(7) => {}
            // It was killed when all was done and recorded.
            Some(2) if said.err.contains("is over: done") => {
                assert_eq!(place.planc(&["--format", "json", "runs"]).json()["runs"][0]["status"], "done", "{label}");
                return true;
            }
            _ => panic!("{label}: {}", said.short()),
        }
        let named: Vec<&&str> = PROGRAMS
            .iter()
            .filter(|step| {
                let json = place.planc(&["--format", "json", "show", run]).json();
                let last = json["events"].as_array().and_then(|events| {
                    events.iter().rev().find(|event| event.to_string().contains(&format!("\"{step}\""))).cloned()
                });
                last.is_some_and(|event| event.to_string().contains("in_doubt"))
            })
            .collect();
        assert!(named.len() == 1 && said.short().contains(*named[0]), "{label}: {named:?} {}", said.short());
        let step = named[0];
        match acts(place).get(*step) {
            // It did not act: a person who has looked says so.
            None => said = place.planc(&["resume", run, "--resolve", &format!("{step}=redo")]),
            Some(1) => {
                said = place.planc(&["resume", run, "--resolve", &format!("{step}=fail")]);
                assert_eq!(said.code, Some(4), "{label}: {}", said.short());
                return false;
            }
            Some(more) => panic!("{label}: `{step}` acted {more} times"),
        }
    }
    panic!("{label}: it is never over")
}

/// Runs, kills when `now` says so, goes on, compares, takes back, compares.
fn crash(label: &str, expected: &BTreeMap<Vec<u8>, String>, now: impl FnOnce(&Place, &mut Child)) -> bool {
    let place = world();
    let before = picture(&place.ws());
    let digest = place.digest("p.pl");
    let mut child = start(&place, &["run", &format!("--approve={digest}"), "p.pl"]);
    now(&place, &mut child);
    let _ = child.kill();
    let ended = child.wait().expect("it was started").code() == Some(0);
    let acted = acts(&place);
    let well = match (ended, events(&place)) {
        (true, _) => true,
        (false, 0) => {
            // Nothing had begun. The yes may be recorded by now or not: it is for this once.
            assert_eq!(picture(&place.ws()), before, "{label}");
            place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
            true
        }
        (false, _) => go_on(&place, &place.last_run(), label),
    };
    if well {
        let tree: BTreeMap<_, _> = without_plan(picture(&place.ws()));
        assert_eq!(&tree, expected, "{label}");
        assert!(
            acts(&place).values().all(|count| *count == 1) && acts(&place).len() == PROGRAMS.len(),
            "{label}: {:?}",
            acts(&place)
        );
    }
    for (step, count) in acted {
        assert_eq!(acts(&place).get(&step), Some(&count), "{label}: `{step}` had finished and ran again");
    }
    place.planc(&["undo", &place.last_run()]).exits(0);
    assert_eq!(picture(&place.ws()), before, "{label}: taken back");
    let exact = exact_picture(&place.ws());
    place.planc(&["undo", &place.last_run()]);
    assert_eq!(exact_picture(&place.ws()), exact, "{label}: taken back once is enough");
    !ended
}

/// The plan names the place of the log, which is different each time.
fn without_plan(mut picture: BTreeMap<Vec<u8>, String>) -> BTreeMap<Vec<u8>, String> {
    picture.remove(&b"p.pl"[..]);
    picture
}

/// A run that nobody disturbs: its tree, how long it takes, and how many events it records.
fn undisturbed() -> (BTreeMap<Vec<u8>, String>, Duration, i64) {
    let place = world();
    let digest = place.digest("p.pl");
    let began = Instant::now();
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    let took = began.elapsed();
    assert_eq!(acts(&place).len(), PROGRAMS.len());
    (without_plan(picture(&place.ws())), took, events(&place))
}

#[test]
fn killed_at_twenty_random_moments_a_run_goes_on_as_if_nothing_had_been() {
    let (expected, took, _) = undisturbed();
    let mut seed = 0x5eed_u64;
    let mut killed = 0;
    for attempt in 0..20 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = took.mul_f64((seed >> 33) as f64 / (1u64 << 31) as f64);
        killed +=
            u32::from(crash(&format!("{attempt}: after {moment:?}"), &expected, |_, _| std::thread::sleep(moment)));
    }
    assert!(killed >= 10, "only {killed} of 20 runs were still going on");
}

#[test]
fn killed_right_after_each_record_a_run_goes_on_as_if_nothing_had_been() {
    let (expected, _, records) = undisturbed();
    let mut killed = 0;
    for record in 1..=records {
        killed += u32::from(crash(&format!("after record {record}"), &expected, |place, child| {
            until("it is recorded", || events(place) >= record || child.try_wait().expect("it was started").is_some());
        }));
    }
    assert!(i64::from(killed) >= records / 2, "only {killed} of {records} runs were still going on");
}

#[test]
fn killed_while_taking_back_it_is_taken_back_all_the_same() {
    for record in 1..8 {
        let place = world();
        let before = picture(&place.ws());
        place.run("p.pl").exits(0);
        let run = place.last_run();
        let recorded = events(&place);
        let mut child = start(&place, &["undo", &run]);
        until("it is recorded", || {
            events(&place) >= recorded + record || child.try_wait().expect("it was started").is_some()
        });
        let _ = child.kill();
        child.wait().expect("it was started");
        place.planc(&["undo", &run]);
        assert_eq!(picture(&place.ws()), before, "after record {record}");
    }
}
