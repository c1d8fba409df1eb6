//! Somebody else changes the workspace while planc writes: what is swapped for a link in that instant is not followed.

use crate::place::Place;
use std::fs;
use std::os::unix::fs::symlink;
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
