//! Somebody else changes the workspace while planc writes: what is swapped for a link in that instant is not followed.

use crate::place::Place;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

const STEPS: usize = 40;

/// Many files beneath one folder; the first step says that it has begun.
fn plan() -> String {
    let names: Vec<String> = (0..STEPS).map(|n| format!("\"{n}\"")).collect();
    format!(
        "plan \"many\" {{\n  critical {{\n    create \"d/**\"\n    modify \"d/**\"\n    create \"begun\"\n  }}\n  step b = fs.write(path: \"begun\", text: \"\")\n  each all = n in [{}] {{\n    step s = fs.write(path: \"d/${{n}}/deep/er/file\", text: \"x\") {{\n      after b\n    }}\n  }}\n}}\n",
        names.join(", ")
    )
}

#[test]
fn a_folder_that_is_swapped_while_planc_writes_leads_nowhere_else() {
    for inside in [false, true] {
        let place = Place::new();
        place
            .put("p.pl", plan())
            .put("d/kept", "")
            .put("catalogues/mine.pl", "catalogue mine {\n  tool look() -> string {\n    pure\n  }\n}\n")
            .put("planc.toml", "[catalogues]\nfiles = [\"catalogues/*\"]\n");
        fs::create_dir(place.at("out/target")).unwrap();
        let target = if inside { place.ws().join("catalogues") } else { place.at("out/target") };
        symlink(&target, place.ws().join("link")).unwrap();
        let digest = place.digest("p.pl");
        let over = AtomicBool::new(false);
        let swaps = std::thread::scope(|scope| {
            let swapping = scope.spawn(|| {
                let (d, link) = (place.ws().join("d"), place.ws().join("link"));
                while !place.has("begun") && !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
                let mut swaps = 0usize;
                while !over.load(Ordering::Relaxed) {
                    let flags = rustix::fs::RenameFlags::EXCHANGE;
                    rustix::fs::renameat_with(rustix::fs::CWD, &d, rustix::fs::CWD, &link, flags).unwrap();
                    swaps += 1;
                }
                swaps
            });
            place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits_with(&[0, 1, 4, 5, 6]);
            over.store(true, Ordering::Relaxed);
            swapping.join().unwrap()
        });
        assert!(swaps > 0);
        let found: Vec<_> = fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(found.iter().all(|name| name == "mine.pl"), "{found:?} after {swaps} swaps");
    }
}

/// A program in the open that says that it was there.
fn acting() -> Place {
    let place = Place::new();
    place.open(&["sh"]);
    let log = place.at("out/log");
    let plan = r#"plan "acts" {
  critical { run "sh" }
  step acts = process.run(argv: ["sh", "-c", "echo acted >> LOG"])
}
"#;
    place.put("p.pl", plan.replace("LOG", &log.display().to_string()));
    place
}

/// There is no instant in which a yes is used up and the run has not begun: who stops planc there would get a no that says that
/// nothing has run, and lets it go on.
#[test]
fn a_yes_is_used_up_by_a_run_that_has_begun() {
    let place = acting();
    let digest = place.digest("p.pl");
    place.yes(&digest);
    let full = "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'cut off here'); END";
    place.database().execute_batch(full).unwrap();
    assert_ne!(place.planc(&["run", &digest]).code, Some(0));
    let count = |query: &str| place.database().query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM approval_uses"), 0, "used up, and no record of it");
    place.database().execute_batch("DROP TRIGGER full").unwrap();
    place.planc(&["abort", &digest]).exits(0).says("nothing has run");
    place.planc(&["run", &digest]).exits(3);
    assert!(!place.at("out/log").exists());
}

#[test]
fn a_no_comes_before_a_run_or_is_told_that_it_has_begun() {
    for round in 0..16 {
        let place = acting();
        let digest = place.digest("p.pl");
        place.yes(&digest);
        let mut run = place.command(&["run", &digest]);
        let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(round * 3));
        let no = match round % 2 {
            0 => place.planc(&["request-changes", &digest, "--comment", "no"]),
            _ => place.planc(&["abort", &digest]),
        };
        let code = run.wait().unwrap().code();
        let acted = place.at("out/log").exists();
        assert_eq!((acted, code == Some(0)), (no.code != Some(0), no.code != Some(0)), "{round}: {}", no.short());
    }
}
