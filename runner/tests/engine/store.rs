//! The store on disk: plans, runs, approvals, grouped records, and what it refuses.

use crate::support::claim;
use crate::support::{Break, World};
use planc::approval::{Approved, Channel, Claim, Terms};
use planc::event::{End, Event};
use planc::journal::{Journal, Recorded, Role, Store, StoreError, StoredPlan, StoredSource};
use planc::report::{Assurance, PlanReport, PlanStatus, REPORT_FORMAT};
use planc::run::RunSetup;
use planc::standing::Terms as Standing;
use planc::state::RunState;
use planc_lang::digest::Digest;
use planc_lang::value::Value;
use std::sync::Arc;
use tempfile::TempDir;

fn report(digest: Digest) -> PlanReport {
    PlanReport {
        format: REPORT_FORMAT,
        status: PlanStatus::NeedsApproval,
        title: "t".into(),
        time: 1,
        rev: 1,
        digest,
        deed: None,
        plan_digest: digest,
        assurance: Assurance::Advisory,
        grounds: Vec::new(),
        problems: Vec::new(),
        plan_mode: None,
        catalogues: Vec::new(),
        scratch: Vec::new(),
        part: None,
        rationale: None,
        context: None,
        inputs: Vec::new(),
        names: Vec::new(),
        assumptions: Vec::new(),
        critical: Vec::new(),
        releases: Vec::new(),
        secret: false,
        disclosures: Vec::new(),
        reuse: Vec::new(),
        steps: Vec::new(),
        blocks: Vec::new(),
        waves: Vec::new(),
        verifications: Vec::new(),
        outputs: Vec::new(),
        observations: Vec::new(),
        revision: None,
        changes_requested: Vec::new(),
    }
}

pub fn plan(text: &str, rev: u32) -> StoredPlan {
    let digest = Digest::of(text);
    StoredPlan {
        secret: false,
        digest,
        plan_digest: Digest::of("compiled"),
        key: "plan.pl".into(),
        rev,
        title: "t".into(),
        status: PlanStatus::NeedsApproval,
        sources: vec![StoredSource { name: "plan.pl".into(), text: text.into(), role: Role::Plan }],
        inputs: Value::record([("n", Value::Int(1))]),
        report: report(digest),
        untold: Vec::new(),
        once: None,
        predictions: Vec::new(),
        created_at: planc::journal::now(),
        heard: None,
        inventory: None,
    }
}

fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("state"), dir.path()).unwrap();
    (dir, store)
}

pub fn yes(digest: Digest) -> Approved {
    crate::support::yes(digest, Channel::Terminal)
}

/// A yes to several runs is for other times of the same deed, and two processes together use it no more often than it says.
#[test]
fn a_yes_to_several_runs_is_used_as_often_as_it_says() {
    let (dir, first) = store();
    let second = Store::open(&dir.path().join("state"), dir.path()).unwrap();
    let deed = Digest::of("deed");
    let of = |digest: Digest| Claim { deed, ..claim(digest) };
    let terms = Terms { uses: 3, ..Terms::default() };
    let several = Approved { terms, deed: Some(deed), ..yes(Digest::of("time 1")) };
    assert_eq!(first.record_approval(&several, &Digest::of("compiled"), None).unwrap(), Recorded::New);
    let other = Claim { deed: Digest::of("another deed"), ..claim(Digest::of("time 9")) };
    assert!(first.consume_approval(&other, "cccccccc", |_| Ok(None)).unwrap().is_err());
    let used: usize = std::thread::scope(|scope| {
        let takers = (0..8).map(|number: usize| {
            let store = if number.is_multiple_of(2) { &first } else { &second };
            let (claim, run) = (of(Digest::of(format!("time {}", number + 1))), format!("{number:08}"));
            scope.spawn(move || store.consume_approval(&claim, &run, |_| Ok(None)).unwrap().is_ok())
        });
        let takers: Vec<_> = takers.collect();
        takers.into_iter().map(|taker| usize::from(taker.join().unwrap())).sum()
    });
    assert_eq!(used, 3);
}

/// A clock that is set back gives no yes more time.
#[test]
fn a_yes_that_has_ended_stays_so() {
    let (_dir, store) = store();
    let digest = Digest::of("one");
    let end = |text: &str| Terms { expires: Some(text.into()), ..Terms::default() };
    store
        .record_approval(
            &Approved { terms: end("2026-01-01T00:00:00.000Z"), ..yes(digest) },
            &Digest::of("compiled"),
            None,
        )
        .unwrap();
    assert!(store.consume_approval(&claim(digest), "aaaaaaaa", |_| Ok(None)).unwrap().is_err());
    store
        .record_approval(
            &Approved { terms: end("2200-01-01T00:00:00.000Z"), ..yes(digest) },
            &Digest::of("compiled"),
            None,
        )
        .unwrap();
    assert!(store.judge_approval(&claim(digest), "aaaaaaaa").unwrap().is_ok());
    // The clock was there once, and is back.
    let beside = rusqlite::Connection::open(store.path()).unwrap();
    beside.execute("UPDATE clock SET latest = '2200-01-01T00:00:01Z'", []).unwrap();
    let lack = store.consume_approval(&claim(digest), "aaaaaaaa", |_| Ok(None)).unwrap().unwrap_err();
    assert!(lack.told().contains("it ended at 2200-01-01"), "{}", lack.told());
}

#[test]
fn plans_are_found_by_digest_prefix_and_key() {
    let (_dir, store) = store();
    store.save_plan(&plan("one", 1)).unwrap();
    store.save_plan(&plan("two", 2)).unwrap();
    let digest = Digest::of("one");
    for name in [digest.to_string(), digest.hex(), digest.short()] {
        let found = store.plan(&name).unwrap();
        assert_eq!((found.digest, found.rev, found.sources[0].text.as_str()), (digest, 1, "one"));
    }
    assert_eq!(store.latest_rev("plan.pl").unwrap().unwrap().rev, 2);
    assert!(store.latest_rev("other.pl").unwrap().is_none());
    for name in ["", "sha256:", "zz"] {
        assert!(matches!(store.plan(name), Err(StoreError::Unknown { kind: "plan", .. })), "{name}");
    }
}

#[test]
fn a_waiting_plan_has_a_run_and_a_finished_run_makes_room_for_another() {
    let (_dir, store) = store();
    store.save_plan(&plan("one", 1)).unwrap();
    store.save_plan(&plan("one", 1)).unwrap();
    let runs = store.runs().unwrap();
    assert_eq!(runs.len(), 1);
    let id = &runs[0].id;
    assert!(id.len() == 8 && id.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()), "{id}");
    assert_eq!(store.run(&id[..4]).unwrap(), runs[0]);
    assert_eq!(store.open_run(&Digest::of("one")).unwrap(), runs[0]);
    store.append(id, &[Event::Started { pid: 1, resumed: false }]).unwrap();
    assert_ne!(store.open_run(&Digest::of("one")).unwrap().id, *id);
    assert_eq!(store.run("zzz").unwrap_err().to_string(), "there is no run `zzz`");
    assert!(matches!(store.run(""), Err(StoreError::Unknown { .. })));
}

#[test]
fn an_ambiguous_name_says_what_it_could_be() {
    let (_dir, store) = store();
    for n in 0..40 {
        store.save_plan(&plan(&n.to_string(), n)).unwrap();
    }
    let runs = store.runs().unwrap();
    let first = |id: &str| id[..1].to_owned();
    let shared = runs.iter().map(|run| first(&run.id)).find(|f| runs.iter().filter(|r| first(&r.id) == *f).count() > 1);
    let error = store.run(&shared.expect("forty names share a digit")).unwrap_err();
    assert!(matches!(&error, StoreError::Ambiguous { candidates, .. } if candidates.len() > 1));
    assert!(error.to_string().contains("is ambiguous: the runs"), "{error}");
}

#[test]
fn a_status_is_kept_while_the_plan_is_under_way() {
    let (_dir, store) = store();
    let digest = Digest::of("one");
    store.save_plan(&plan("one", 1)).unwrap();
    store.set_plan_status(&digest, PlanStatus::Executing).unwrap();
    store.save_plan(&plan("one", 1)).unwrap();
    assert_eq!(store.plan(&digest.hex()).unwrap().status, PlanStatus::Executing);
    store.set_plan_status(&digest, PlanStatus::Done).unwrap();
    store.save_plan(&plan("one", 1)).unwrap();
    assert_eq!(store.plan(&digest.hex()).unwrap().status, PlanStatus::NeedsApproval);
    assert!(store.set_plan_status(&Digest::of("nothing"), PlanStatus::Done).is_err());
}

#[test]
fn an_approval_is_used_up_once_and_a_crash_right_after_loses_nothing() {
    let (_dir, store) = store();
    let digest = Digest::of("one");
    assert_eq!(store.consume_approval(&claim(digest), "aaaaaaaa", |_| Ok(None)).unwrap().ok(), None);
    let approval = yes(digest);
    store.record_approval(&approval, &Digest::of("compiled"), None).unwrap();
    assert!(store.judge_approval(&claim(digest), "aaaaaaaa").unwrap().is_ok());
    assert_eq!(store.consume_approval(&claim(digest), "aaaaaaaa", |_| Ok(None)).unwrap().ok(), Some(approval.clone()));
    assert_eq!(store.consume_approval(&claim(digest), "bbbbbbbb", |_| Ok(None)).unwrap().ok(), None);
    assert_eq!(store.consume_approval(&claim(digest), "aaaaaaaa", |_| Ok(None)).unwrap().ok(), Some(approval));
    // Cut off before its first event, the run can still be aborted.
    assert!(store.judge_approval(&claim(digest), "aaaaaaaa").unwrap().is_ok());
    assert!(store.abort(&digest, &digest).unwrap());
    assert_eq!(store.consume_approval(&claim(digest), "aaaaaaaa", |_| Ok(None)).unwrap().ok(), None);
}

#[test]
fn two_processes_cannot_use_up_one_approval() {
    let (dir, first) = store();
    let second = Store::open(&dir.path().join("state"), dir.path()).unwrap();
    let digest = Digest::of("one");
    for round in 0..20 {
        first.record_approval(&yes(digest), &Digest::of("compiled"), None).unwrap();
        let used: usize = std::thread::scope(|scope| {
            let takers = [(&first, "aaaaaaaa"), (&second, "bbbbbbbb")].map(|(store, run)| {
                let run = format!("{run}{round}");
                scope.spawn(move || store.consume_approval(&claim(digest), &run, |_| Ok(None)).unwrap().is_ok())
            });
            takers.into_iter().map(|taker| usize::from(taker.join().unwrap())).sum()
        });
        assert_eq!(used, 1);
    }
}

#[test]
fn records_survive_closing_and_keep_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let note = |n: usize| Event::AssumptionHeld { text: n.to_string() };
    let store = Store::open(dir.path(), dir.path()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let journal = store.journal("aaaaaaaa");
        for n in 0..20 {
            journal.record(note(n)).await.unwrap();
        }
    });
    drop(store);
    let store = Store::open(dir.path(), dir.path()).unwrap();
    let events = store.events("aaaaaaaa").unwrap();
    assert_eq!(events.iter().map(|stored| stored.seq).collect::<Vec<_>>(), (1..=20).collect::<Vec<u64>>());
    assert!(events.iter().enumerate().all(|(n, stored)| stored.event == note(n) && stored.at.ends_with('Z')));
    assert!(store.events("bbbbbbbb").unwrap().is_empty());
}

#[test]
fn records_that_wait_together_are_all_durable_and_in_the_order_of_each_writer() {
    let (dir, store) = store();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let writers = (0..16usize).map(|writer| {
            let journal = store.journal(["aaaaaaaa", "bbbbbbbb"][writer % 2]);
            tokio::spawn(async move {
                for n in 0..25 {
                    journal.record(Event::AssumptionHeld { text: format!("{writer} {n}") }).await.unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
    });
    let other = Store::open(&dir.path().join("state"), dir.path()).unwrap();
    for run in ["aaaaaaaa", "bbbbbbbb"] {
        let events = other.events(run).unwrap();
        assert_eq!(events.len(), 200);
        assert!(events.iter().enumerate().all(|(index, stored)| stored.seq == index as u64 + 1));
        for writer in 0..16usize {
            let own: Vec<usize> = events
                .iter()
                .filter_map(|stored| match &stored.event {
                    Event::AssumptionHeld { text } => {
                        let (who, n) = text.split_once(' ')?;
                        (who == writer.to_string()).then(|| n.parse().unwrap())
                    }
                    _ => None,
                })
                .collect();
            assert!(own.is_sorted(), "{own:?}");
        }
    }
}

#[test]
fn a_run_is_carried_out_and_taken_back_with_the_store() {
    let text = r#"
plan "Stored" {
  critical { create "*.txt" }
  step a = fs.write(path: "a.txt", text: "a")
  step b = fs.write(path: "b.txt", text: "${a.path}")
}
"#;
    let mut world = World::new(&[], text);
    let store = Store::open(&world.state_dir, &world.root).unwrap();
    let mut stored = plan("stored", 1);
    (stored.digest, stored.predictions) = (world.setup.digest, world.setup.predictions.all().to_vec());
    store.save_plan(&stored).unwrap();
    let run = store.open_run(&stored.digest).unwrap();
    store.record_approval(&yes(stored.digest), &Digest::of("compiled"), None).unwrap();
    world.setup.run.clone_from(&run.id);
    world.setup.approval = store.consume_approval(&claim(stored.digest), &run.id, |_| Ok(None)).unwrap().ok();
    world.setup.predictions = store.plan(&stored.digest.short()).unwrap().predictions.into();

    let journal: Arc<dyn Journal> = Arc::new(store.journal(&run.id));
    let process = world.process_with(Break::Never, |setup| setup.journal = journal.clone());
    assert_eq!(process.end(), End::Done);
    assert_eq!(world.read("b.txt"), "a.txt");
    let fold = || {
        let events: Vec<Event> = store.events(&run.id).unwrap().into_iter().map(|stored| stored.event).collect();
        RunState::fold(&world.setup.compiled.plan, &events)
    };
    assert_eq!(fold().status, PlanStatus::Done);
    let setup = RunSetup { journal, ..world.setup.clone() };
    let report = tokio::runtime::Runtime::new().unwrap().block_on(planc::undo::undo(setup)).unwrap();
    assert!(report.complete, "{report:?}");
    assert!(world.tree().is_empty());
    assert_eq!(fold().status, PlanStatus::Undone);
}

#[test]
fn standing_answers_come_and_go() {
    let (_dir, store) = store();
    let terms = |uses: u32| Standing {
        tool: "mail.send".into(),
        definition: planc_lang::digest::Digest::of(b"mail.send"),
        scope: None,
        bounds: Default::default(),
        until: jiff::Timestamp::now() + jiff::Span::new().hours(1),
        uses,
        files: Default::default(),
        variables: Default::default(),
        server: None,
    };
    let first = store.add_standing(&terms(2), "me", "often").unwrap();
    let second = store.add_standing(&terms(1), "you", "once").unwrap();
    assert_eq!((first, second), (1, 2));
    // The same call of a run uses it once, whatever is cut off.
    for (run, step, holds) in
        [("a", "x", true), ("a", "x", true), ("a", "y", true), ("b", "x", false), ("a", "x", true)]
    {
        assert_eq!(store.use_standing(first, run, step).unwrap(), holds, "{run} {step}");
    }
    assert_eq!(store.standing().unwrap()[0].used, 2);
    assert!(!store.use_standing(7, "a", "x").unwrap());
    assert!(store.revoke_standing(second, "anybody").unwrap());
    assert!(!store.revoke_standing(second, "anybody").unwrap());
    assert!(!store.use_standing(second, "a", "x").unwrap());
    let revoked = store.standing().unwrap()[1].revoked.clone().unwrap();
    assert_eq!(revoked.by, "anybody");
    // Who has no key cannot write one, nor widen one.
    let connection = rusqlite::Connection::open(store.path()).unwrap();
    connection.execute("UPDATE standing SET by = 'root' WHERE id = 1", []).unwrap();
    assert!(store.standing().is_err());
}

#[test]
fn a_newer_store_is_refused_and_left() {
    let (dir, store) = store();
    let path = store.path().to_owned();
    drop(store);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    let error = Store::open(&dir.path().join("state"), dir.path()).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }));
    assert!(error.to_string().contains("written by a newer planc"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_store_that_a_newer_planc_took_over_takes_no_records() {
    let (_dir, store) = store();
    let connection = rusqlite::Connection::open(store.path()).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let error = store.append("aaaaaaaa", &[Event::UndoStarted { pid: 1 }]).unwrap_err();
    assert!(error.to_string().contains("newer planc"), "{error}");
}

#[test]
fn what_is_no_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("planc.db"), "this is a text, and longer than the header of a database".repeat(20))
        .unwrap();
    assert!(matches!(Store::open(dir.path(), dir.path()), Err(StoreError::NotAStore { .. })));
    let other = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(other.path().join("planc.db")).unwrap();
    connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(connection);
    assert!(matches!(Store::open(other.path(), other.path()), Err(StoreError::NotAStore { .. })));
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Store::open(file.path(), other.path()).err().unwrap();
    assert!(error.to_string().starts_with("cannot create the state directory in"), "{error}");
}

#[test]
fn a_full_store_says_so_and_keeps_what_was_recorded() {
    let (_dir, store) = store();
    store.append("aaaaaaaa", &[Event::UndoStarted { pid: 1 }]).unwrap();
    // The limit of a connection's own pages stands for a full disk: only this connection sees it.
    store.limit_pages(64).unwrap();
    let text = "x".repeat(1 << 20);
    let error = store.append("aaaaaaaa", &[Event::AssumptionHeld { text }]).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert_eq!(store.events("aaaaaaaa").unwrap().len(), 1);
    store.append("aaaaaaaa", &[Event::UndoStarted { pid: 2 }]).unwrap();
    assert_eq!(store.events("aaaaaaaa").unwrap().len(), 2);
}
