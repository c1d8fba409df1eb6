//! The commands by which planc starts itself around a program: to whoever may only call planc, and write files, they are none.

use crate::place::{Place, said};
use planc_lang::digest::Digest;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A folder that looks like that of a cell of the process with this id, with a program that really writes where nobody may.
fn cell(place: &Place, pid: &str) -> PathBuf {
    let dir = place.ws().join(format!("cells/{pid}-00000000000000000000000000000000"));
    for folder in ["root", "lower", "upper", "work", "tmp", "home", "nothing", "given"] {
        fs::create_dir_all(dir.join(folder)).unwrap();
    }
    fs::write(dir.join("empty"), "").unwrap();
    let out = place.at("out");
    let told = serde_json::json!({
        "workspace": out, "program": "/bin/sh", "argv": ["sh", "-c", "echo evil > made"], "directory": out,
        "env": [], "home": null, "scratch": [out], "read": [], "hidden": [], "ports": [80, 443], "before": [],
        "trial": false,
        "limits": {"memory_mb": 8192, "cpu_s": 3600, "processes": 4096, "file_mb": 4096, "open_files": 4096},
    });
    fs::write(dir.join("cell.json"), told.to_string()).unwrap();
    dir
}

fn untouched(place: &Place, dir: &Path) {
    assert_eq!(fs::read_dir(place.at("out")).unwrap().count(), 0, "the program ran");
    assert!(!dir.join("report.json").exists() && dir.join("cell.json").exists(), "the launcher did something");
}

/// Commands of planc itself, as bare as an agent would type them.
fn typed(place: &Place, args: &[&str]) {
    said(place.bare(args)).exits(2).says("unrecognized subcommand");
}

#[test]
fn nobody_but_planc_starts_the_launcher() {
    let place = Place::new();
    place.put("planc.toml", "[approval]\nrequire = \"terminal\"\n[mode]\ndefault = \"plan\"\n");
    let dir = cell(&place, &std::process::id().to_string());
    let shown = dir.display().to_string();
    let name = [dir.as_os_str().as_bytes(), &[0], &fs::read(dir.join("cell.json")).unwrap()].concat();
    let name = format!("planc-cell-{}", Digest::of(&name).hex());
    typed(&place, &["__cell", &shown]);
    typed(&place, &["__in-cell", &shown]);
    typed(&place, &["__in-cell", &shown, &name]);
    untouched(&place, &dir);
}

#[test]
fn a_shell_that_becomes_planc_has_started_no_launcher() {
    let place = Place::new();
    let planc = assert_cmd::cargo::cargo_bin!("planc");
    let dir = cell(&place, "1");
    let script = "mv \"$2\" \"${2%/*}/$$-00000000000000000000000000000000\"; cd \"${2%/*}/$$\"-*; \
                  \"$1\" __cell \"$PWD\" 2> ../said & exec \"$1\" mcp";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(planc).arg(&dir).env_clear().env("HOME", place.at("home"));
    shell.current_dir(place.ws()).stdin(std::process::Stdio::null());
    let _ = shell.output().unwrap();
    crate::place::until("the launcher has said that it is none", || {
        place.has("cells/said") && place.get("cells/said").contains("unrecognized subcommand")
    });
    let moved = fs::read_dir(place.ws().join("cells")).unwrap().flatten().find(|entry| entry.path().is_dir());
    untouched(&place, &moved.expect("the folder was moved").path());
}
