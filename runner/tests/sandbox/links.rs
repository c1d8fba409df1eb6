//! Links in the workspace, and names from a plan or the environment, that lead elsewhere: neither the copy that a program
//! sees nor what is mounted around it touches anything there.

use crate::early::{dry, place, plan, sh, stdout, step};
use crate::given::spec;
use crate::place::{Place, picture, skipped};
use planc::sandbox::{Cell, Ended, Put, Report, Spec};
use std::fs;
use std::path::Path;
use std::sync::Arc;

const ALL: &str = "create \"**\"\n modify \"**\"\n delete \"**\"\n run \"true\"";

fn nothing(name: &str) -> String {
    format!("step {name} = process.run(argv: [\"true\"])")
}

#[test]
fn a_folder_that_became_a_link_is_not_cleared_where_it_leads() {
    let place = place("");
    place.put("sub/y", "y").put("sub/dir/z", "z");
    fs::create_dir_all(place.at("out/dir/more")).unwrap();
    fs::write(place.at("out/y"), "precious").unwrap();
    let before = picture(&place.at("out"));
    let script = format!("rm -r sub; ln -s {} sub", place.at("out").display());
    let report = dry(&place, &plan(ALL, &format!("{}\n {}", sh("a", &script), nothing("b"))));
    assert_eq!(picture(&place.at("out")), before);
    assert_eq!(report["status"], "needs_approval", "{}", report["problems"]);
    assert_eq!(step(&report, "b")["changes"].as_array().map(Vec::len), Some(0), "{report}");
}

#[test]
fn a_folder_that_became_a_link_to_another_is_no_change_of_the_other() {
    let place = place("");
    place.put("sub/y", "y").put("other/y", "other");
    let text = plan(ALL, &format!("{}\n {}", sh("a", "rm -r sub; ln -s other sub"), sh("b", "cat sub/y")));
    let report = dry(&place, &text);
    assert_eq!(report["status"], "needs_approval", "{}", report["problems"]);
    assert_eq!(stdout(&report, "b"), "other");
    assert_eq!(step(&report, "b")["changes"].as_array().map(Vec::len), Some(0), "{report}");
}

/// What becomes of a cell whose copy is made like this.
fn made(place: &Place, puts: Vec<Put<Arc<[u8]>>>, scratch: &[&str], script: &str) -> Report {
    let scratch = scratch.iter().map(|folder| (*folder).to_owned()).collect();
    let spec = Spec { scratch, before: puts, ..spec(place, "/bin/sh".into(), &["sh", "-c", script]) };
    let cell = Cell::make(spec).unwrap();
    let mut command = cell.command();
    command.as_std_mut().output().unwrap();
    cell.report().unwrap()
}

#[test]
fn a_link_in_the_place_of_a_folder_is_not_followed_when_the_copy_is_made() {
    let put = |kind: &str, folder: &str| match kind {
        "nothing" => Put::Nothing(format!("{folder}/rc")),
        "nothing there" => Put::Nothing(format!("{folder}/dir")),
        "file" => Put::File(format!("{folder}/rc"), Arc::from(*b"evil"), 0o644),
        "new file" => Put::File(format!("{folder}/new"), Arc::from(*b"evil"), 0o644),
        "directory" => Put::Directory(format!("{folder}/dir"), 0o700),
        "new directory" => Put::Directory(format!("{folder}/newdir"), 0o700),
        "link" => Put::Link(format!("{folder}/rc"), "elsewhere".into()),
        _ => unreachable!("{kind}"),
    };
    for kind in ["nothing", "nothing there", "file", "new file", "directory", "new directory", "link"] {
        let place = Place::new();
        for folder in ["out", "ws/sub", "ws/other"] {
            fs::create_dir_all(place.at(folder).join("dir/deep")).unwrap();
            fs::write(place.at(folder).join("rc"), "precious").unwrap();
        }
        place.link(place.at("out"), "outside");
        place.link("other", "inside");
        place.link(place.at("out"), "sub/up");
        let (out, ws) = (picture(&place.at("out")), picture(&place.ws()));
        for folder in ["outside", "inside", "sub/up"] {
            // As if it had been a folder when it was simulated.
            let report = made(&place, vec![put(kind, folder)], &[], "true");
            assert!(matches!(&report.ended, Ended::NoCell(why) if why.contains("by a link")), "{kind}: {report:?}");
            assert_eq!(picture(&place.at("out")), out, "{kind} in {folder}");
        }
        assert_eq!(made(&place, vec![put(kind, "sub")], &[], "true").ended, Ended::Exit(0), "{kind}");
        assert_eq!(picture(&place.ws()), ws, "{kind}");
    }
    let place = Place::new();
    for path in ["../x", "/x", "a/../../x"] {
        let report = made(&place, vec![Put::File(path.into(), Arc::from(*b"evil"), 0o644)], &[], "true");
        assert!(matches!(report.ended, Ended::NoCell(_)), "{path}: {report:?}");
    }
}

#[test]
fn a_scratch_folder_that_became_a_link_is_not_written() {
    let place = Place::new();
    let out = picture(&place.at("out"));
    place.link(place.at("out"), "target");
    place.put("real/x", "");
    place.link("real", "led");
    for folder in ["target", "led"] {
        let report = made(&place, Vec::new(), &[folder], &format!("echo evil > {folder}/new"));
        assert!(matches!(&report.ended, Ended::NoCell(why) if why.contains("is a link")), "{report:?}");
    }
    assert_eq!(picture(&place.at("out")), out);
    assert!(!place.has("real/new"));
    assert_eq!(made(&place, Vec::new(), &["real"], "echo x > real/new").ended, Ended::Exit(0));
    assert!(place.has("real/new"));
}

#[test]
fn what_a_folder_of_path_in_the_workspace_shall_hold_is_not_written_there() {
    let mut place = place("");
    place.put("tools/old", "old");
    place.env.push(("PATH".into(), format!("{}:/usr/bin:/bin", place.ws().join("tools").display())));
    let write = "step w = fs.write(path: \"tools/new\", text: \"evil\")\n step o = fs.write(path: \"tools/old\", text: \"evil\")";
    let report = dry(&place, &plan(ALL, &format!("{write}\n {}", sh("b", "cat tools/new tools/old"))));
    assert_eq!(stdout(&report, "b"), "evilevil");
    assert_eq!((place.has("tools/new"), place.get("tools/old")), (false, "old".into()));
}

#[test]
fn a_home_that_a_plan_names_is_made_nowhere() {
    let place = place("");
    let wanted = [
        format!("/opt/planc-home-{}/a", std::process::id()),
        format!("/usr{}{}", "/..".repeat(40), place.at("out/made/a").display()),
        format!("{}/../made", place.ws().display()),
        place.at("out/made").display().to_string(),
    ];
    for home in &wanted {
        let call = format!(
            "step a = process.run(argv: [\"sh\", \"-c\", \"echo $HOME\"], env: [{{ name: \"HOME\", value: {home:?} }}])"
        );
        let report = dry(&place, &plan("", &call));
        assert_eq!(stdout(&report, "a"), format!("{home}\n"));
        place.planc(&["run", "--approve", "p.pl"]).exits(0);
        assert!(!Path::new(home).exists() && !place.at("out/made").exists() && !place.at("made").exists(), "{home}");
        assert!(!Path::new(home).parent().is_some_and(|above| above.ends_with("planc-home")), "{home}");
    }
    let made = Path::new("/opt").join(format!("planc-home-{}", std::process::id()));
    assert!(!made.exists());
    // The home of the account is there, empty, and thrown away.
    let report = dry(&place, &plan("", &sh("a", "ls -A ~; echo x > ~/x && echo wrote")));
    assert_eq!(stdout(&report, "a"), "wrote\n");
    assert!(!place.at("home/x").exists());
}

#[test]
fn keys_are_not_there_wherever_a_variable_leads() {
    let mut place = place("");
    for key in ["other/.ssh/id", "other/.aws/credentials", "other/notes", "other/bin/tool", "other/registry/.netrc"] {
        fs::create_dir_all(place.at(key).parent().unwrap()).unwrap();
        fs::write(place.at(key), "TOP-SECRET").unwrap();
    }
    let other = place.at("other");
    let script = format!("cd {}; cat bin/tool; grep -rs . .ssh .aws notes registry; true", other.display());
    place.env.push(("CARGO_HOME".into(), other.display().to_string()));
    assert_eq!(stdout(&dry(&place, &plan("", &sh("a", &script))), "a"), "TOP-SECRET");
    place.env = vec![("RUSTUP_HOME".into(), other.display().to_string())];
    let report = dry(&place, &plan("", &sh("a", &format!("{script} 2>/dev/null"))));
    assert!(!stdout(&report, "a").contains("SECRET"), "{report}");
    // A folder of `PATH` is shown, without what holds keys; and none that is for keys.
    for path in [other.display().to_string(), other.join(".ssh").display().to_string()] {
        place.env = vec![("PATH".into(), format!("{path}:/usr/bin:/bin"))];
        let script = format!("grep -rs . {0}/.ssh {0}/.aws; true", other.display());
        assert_eq!(stdout(&dry(&place, &plan("", &sh("a", &script))), "a"), "", "{path}");
    }
    // What a link among them leads to is hidden as well.
    fs::create_dir(place.at("other/real")).unwrap();
    fs::write(place.at("other/real/token"), "TOP-SECRET").unwrap();
    std::os::unix::fs::symlink("real", place.at("other/.vault-token")).unwrap();
    place.env = vec![("PATH".into(), format!("{}:/usr/bin:/bin", other.display()))];
    let script = format!("grep -rs . {0}/.vault-token {0}/real; true", other.display());
    assert_eq!(stdout(&dry(&place, &plan("", &sh("a", &script))), "a"), "");
}

#[test]
fn what_a_variable_names_is_shown_only_as_what_it_is() {
    let mut place = place("");
    for key in ["home/.ssh/id", "other/.ssh/id", "other/project/notes", "away/registry/token"] {
        fs::create_dir_all(place.at(key).parent().unwrap()).unwrap();
        fs::write(place.at(key), "TOP-SECRET").unwrap();
    }
    let top = place.at("").display().to_string();
    let top = top.trim_end_matches('/');
    fs::create_dir_all(place.at("other/bin/.ssh")).unwrap();
    fs::write(place.at("other/bin/.ssh/id"), "TOP-SECRET").unwrap();
    fs::write(place.at("other/bin/notes"), "notes").unwrap();
    place.program("other/bin/tool", "echo tool");
    // A program alone makes no folder of programs of another project.
    place.program("other/project/run", "echo run");
    place.planc(&["plan", "--quiet", "--run-programs", "p.pl"]);
    for (link, target) in [
        ("root", "/".to_owned()),
        ("up", top.to_owned()),
        ("cargo/git", "/".into()),
        ("cargo/registry", format!("{top}/other")),
    ] {
        fs::create_dir_all(place.at(link).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, place.at(link)).unwrap();
    }
    fs::create_dir_all(place.at("cargo/bin")).unwrap();
    fs::write(place.at("cargo/config.toml"), "kept").unwrap();
    std::os::unix::fs::symlink(place.at("state/planc.db"), place.at("cargo/config")).unwrap();
    let script = format!(
        "for up in {top} {top}/root{top} {top}/up {top}/cargo/git{top} {top}/cargo/registry/..; do cat $up/home/.ssh/id $up/other/.ssh/id $up/other/project/notes $up/state/planc.db; ls $up/state $up/home; done 2>/dev/null; cat {top}/cargo/config {top}/root/etc/shadow {top}/cargo/git/etc/shadow 2>/dev/null; true"
    );
    let home = place.at("home").display().to_string();
    for (variable, value) in [
        ("PATH", format!("{top}/root:/usr/bin:/bin")),
        ("PATH", format!("{top}/up:{top}:/usr/bin:/bin")),
        ("PATH", format!("{home}:{top}/other/project:{top}/state:/usr/bin:/bin")),
        ("PATH", "/proc/1/root:/proc/self/root:/:/usr/bin:/bin".into()),
        ("CARGO_HOME", format!("{top}/cargo")),
        ("RUSTUP_HOME", format!("{top}/root")),
    ] {
        for own in [home.as_str(), "/nowhere"] {
            place.env = vec![(variable.into(), value.clone()), ("HOME".into(), own.into())];
            let said = stdout(&dry(&place, &plan("", &sh("a", &script))), "a");
            assert_eq!(said, "", "{variable}={value} HOME={own}");
        }
    }
    // A folder of programs is shown also behind a link, and what the operator lists; keys and the state are not there.
    std::os::unix::fs::symlink(place.at("other/bin"), place.at("tools")).unwrap();
    place.env = vec![("PATH".into(), format!("{top}/tools:/usr/bin:/bin"))];
    let said = dry(&place, &plan("", &sh("a", &format!("tool; ls -A {top}/tools/.ssh"))));
    assert_eq!(stdout(&said, "a"), "tool\n");
    place.put("planc.toml", format!("[programs]\ndry_run = \"sealed\"\nread = [\"{top}/tools\"]\n"));
    place.env.clear();
    let said = dry(&place, &plan("", &sh("a", &format!("cat {top}/tools/notes; ls -A {top}/tools/.ssh; {script}"))));
    assert_eq!(stdout(&said, "a"), "notes", "{said}");
}

#[test]
fn what_is_named_twice_is_mounted_read_only_each_time() {
    if !Path::new("/usr/bin/awk").exists() {
        return skipped("what_is_named_twice", "there is no awk");
    }
    let mut place = place("");
    place.env.push(("PATH".into(), "/usr/bin:/usr/bin/:/usr/./bin:/usr/../usr/bin:/usr/lib/../bin:/usr".into()));
    let script = "awk '$5 ~ \"^/(usr|bin|etc|lib|opt)\" { print $5, substr($6, 1, 2) }' /proc/self/mountinfo";
    let said = stdout(&dry(&place, &plan("", &sh("a", script))), "a");
    assert!(said.contains("/usr ro") && !said.contains(" rw"), "{said}");
}

#[test]
fn a_program_cannot_tell_the_dry_run_by_the_name_of_its_run() {
    let place = place("");
    let text = plan("create \"out\"", &sh("a", "echo $PLANC_RUN | tee out"));
    let early = stdout(&dry(&place, &text), "a");
    place.planc(&["run", "--approve", "--run-programs", "p.pl"]).exits(0);
    let run = place.get("out");
    assert_eq!(run.trim(), place.last_run());
    let form =
        |name: &str| name.trim().chars().map(|c| if c.is_ascii_hexdigit() { 'x' } else { c }).collect::<String>();
    assert_eq!(form(&early), form(&run));
    assert_ne!(early, run);
}
