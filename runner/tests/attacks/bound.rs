//! A file that a program in the open is told of is bound by what is in it, or the program does not run.

use crate::looks::in_a_copy;
use crate::place::{Place, until, words};
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::process::Stdio;
use std::time::SystemTime;

/// What the attacker wants to be run in the open: it leaves a line outside of the workspace.
const EVIL: &str = "echo evil >> ../out/log";

fn place() -> Place {
    let place = Place::new();
    place.open(&["sh"]).put("lib/y.sh", "true\n").put("sub/y.sh", "true\n").put("sub/planc.toml", "");
    place.put("sub/.planc/y.sh", "true\n").put(".planc-x.sh", "true\n").put("a\tb.sh", "true\n");
    place
}

fn plan(step: &str) -> String {
    format!("plan \"p\" {{\n  critical {{\n    create \"*\"\n    run \"sh\"\n  }}\n  {step}\n}}\n")
}

/// Workspaces within, planc's own names, names that no plan can have, and links that lead out and in again: the files are there, and
/// planc cannot look at them.
#[test]
fn what_planc_cannot_look_at_does_not_run_in_the_open() {
    for (link, word, file) in [
        (None, "sub/y.sh", "sub/y.sh"),
        (None, ".planc-x.sh", ".planc-x.sh"),
        (Some("sub/y.sh"), "x.sh", "sub/y.sh"),
        (Some("a\tb.sh"), "x.sh", "a\tb.sh"),
        (Some("../out/ws/lib/y.sh"), "x.sh", "lib/y.sh"),
        (Some("/proc/self/cwd/lib/y.sh"), "x.sh", "lib/y.sh"),
        (None, "/proc/self/cwd/lib/y.sh", "lib/y.sh"),
        (Some("/dev/stdin"), "x.sh", "lib/y.sh"),
        (Some("../../../../../../../../proc/self/cwd/lib/y.sh"), "x.sh", "lib/y.sh"),
        (Some("/dev/../proc/self/cwd/lib/y.sh"), "x.sh", "lib/y.sh"),
        (None, "//proc/self/cwd/lib/y.sh", "lib/y.sh"),
        (None, "/proc/net/../cwd/lib/y.sh", "lib/y.sh"),
        (None, "sub/.planc/y.sh", "sub/.planc/y.sh"),
        (Some("sub/.planc/y.sh"), "x.sh", "sub/.planc/y.sh"),
    ] {
        let place = place();
        std::os::unix::fs::symlink(place.ws(), place.at("out/ws")).unwrap();
        link.iter().for_each(|link| place.link(link, "x.sh"));
        let step = format!("step m = process.run(argv: [\"sh\", {word:?}])");
        let said = place.put("p.pl", plan(&step)).planc(&["plan", "p.pl"]).exits(1);
        assert!(said.out.contains("cannot look at") || said.out.contains("cannot bind"), "{}", said.short());
        // In a cell it would find what nobody has approved as well.
        let confined = plan(&step).replace("\"sh\"", "\"bash\"");
        if link.is_none_or(|link| !link.starts_with('/')) && !word.starts_with('/') {
            place.put("p.pl", confined).planc(&["plan", "p.pl"]).exits(1).says("cannot look at");
        }
        // A call that takes back is not made.
        let undo = format!(
            "step m = fs.write(path: \"x\", text: \"x\") {{\n    undo process.run(argv: [\"sh\", {word:?}])\n  }}"
        );
        place.put("p.pl", plan(&undo));
        // What the word itself says is known before.
        if word.starts_with('/') {
            place.planc(&["plan", "p.pl"]).exits(1).says("cannot bind");
            continue;
        }
        place.run("p.pl").exits(0);
        place.put(file, EVIL);
        place.planc(&["undo", &place.last_run()]).exits(4);
        assert!(!place.at("out/log").exists(), "{link:?} {word}");
    }
}

/// A link that says in no text where it leads says so to the kernel.
#[test]
fn a_link_that_is_no_text_is_not_run() {
    use std::os::unix::ffi::OsStrExt;
    let place = place();
    let odd = std::ffi::OsStr::from_bytes(b"lib/\xffy.sh");
    fs::write(place.ws().join(odd), "true\n").unwrap();
    place.link(odd, "x.sh");
    place.put("(not UTF-8)", "true\n").put("p.pl", plan("step m = process.run(argv: [\"sh\", \"x.sh\"])"));
    place.planc(&["plan", "p.pl"]).exits(1).says("cannot look at `x.sh`");
}

/// What a confined program finds by a word is what planc sees there, or the plan is none: names that no plan can have, links that are no
/// text, and a place at which planc may not look.
#[test]
fn a_confined_program_names_what_planc_sees() {
    use std::os::unix::ffi::OsStrExt;
    let step = |word: &str| format!("step m = process.run(argv: [\"bash\", {word:?}])");
    let confined = |step: &str| plan(step).replace("\"sh\"", "\"bash\"");
    for name in ["~a.sh", "a\\b.sh", "a:b.sh", "a\tb.sh", "a\nb.sh", ".planc-c.sh", ".planc-d/check.sh"] {
        let place = place();
        place.put("planc.toml", "").put(name, "true\n");
        place.put("p.pl", confined(&step(name))).planc(&["plan", "p.pl"]).exits(1).says("cannot look at");
        place.link(name, "k.sh");
        place.put("p.pl", confined(&step("k.sh"))).planc(&["plan", "p.pl"]).exits(1).says("cannot look at");
    }
    let place = place();
    place.put("planc.toml", "");
    let odd = std::ffi::OsStr::from_bytes(b"d\xff");
    fs::create_dir(place.ws().join(odd)).unwrap();
    fs::write(place.ws().join(odd).join("check.sh"), "true\n").unwrap();
    place.put("(not UTF-8)/check.sh", "true\n").link(odd, "k");
    let directory = "step m = process.run(argv: [\"bash\", \"check.sh\"], directory: \"k\")";
    for step in [step("k/check.sh").as_str(), directory] {
        place.put("p.pl", confined(step)).planc(&["plan", "p.pl"]).exits(1).says("not UTF-8");
    }
}

/// What is a folder when the card is made is no script later; that it is gone, or has another mode, is nothing.
#[test]
fn a_folder_does_not_become_a_script() {
    let steps = "step w = process.run(argv: [\"bash\", \"-c\", \"touch begun; sleep 2\"])\n  step m = process.run(argv: [\"bash\", \"-c\", \"true\", \"check\"])\n  step n = process.run(argv: [\"bash\", \"check\"], success: [0, 126, 127])";
    type Made = fn(&std::path::Path);
    let becomes: [(Made, i32); 4] = [
        (|at| fs::write(at, "exit 0\n").unwrap(), 5),
        (|at| std::os::unix::fs::symlink("lib/y.sh", at).unwrap(), 5),
        (|_| (), 0),
        (|at| fs::DirBuilder::new().mode(0o700).create(at).unwrap(), 0),
    ];
    for (made, code) in becomes {
        let place = place();
        place.put("planc.toml", "");
        fs::create_dir(place.ws().join("check")).unwrap();
        place.put("p.pl", plan(steps).replace("\"sh\"", "\"bash\""));
        let approve = format!("--approve={}", place.digest("p.pl"));
        let mut command = place.command(&["run", &approve, "p.pl"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("the first program has begun", || in_a_copy(&place, "begun"));
        fs::remove_dir(place.ws().join("check")).unwrap();
        made(&place.ws().join("check"));
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A directory may be named by a part of an option, and words may be hidden in one.
#[test]
fn words_that_planc_reads_otherwise_are_bound_or_not_run() {
    for (argv, code) in [
        (r#"["env", "--chd=lib", "sh", "y.sh"]"#, 0),
        (r#"["env", "-iC", "lib", "sh", "y.sh"]"#, 0),
        (r#"["env", "-iClib", "sh", "y.sh"]"#, 0),
        (r#"["env", "-S", "sh lib/y.sh\cx"]"#, 1),
        (r#"["env", "A=y", "-S", "sh lib/${A}.sh"]"#, 1),
    ] {
        let place = place();
        place.open(&["env"]);
        let text = plan(&format!("step m = process.run(argv: {})", argv.replace("${", "\\${")))
            .replace("run \"sh\"", "run \"env\"");
        let said = place.put("p.pl", text).planc(&["plan", "--format", "json", "p.pl"]).exits(code);
        if code == 0 {
            let digest = said.json()["digest"].as_str().unwrap().to_owned();
            place.put("lib/y.sh", EVIL);
            place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5);
        }
        assert!(!place.at("out/log").exists(), "{argv}");
    }
}

/// What lies elsewhere is not bound, and the card says where that is so.
#[test]
fn what_leads_out_of_the_workspace_is_said() {
    let place = place();
    fs::write(place.at("out/y.sh"), "true\n").unwrap();
    place.link("../out/y.sh", "x.sh");
    place.put("p.pl", plan("step m = process.run(argv: [\"sh\", \"x.sh\"])"));
    let card = place.planc(&["plan", "p.pl"]).exits(0).out;
    assert!(words(&card).contains("`x.sh` leads out of the workspace, where nothing is bound"), "{card}");
}

/// A file of any size is bound by what is in it, whatever its times say.
#[test]
fn a_large_script_is_not_another_one() {
    let place = place();
    let big = |first: &str| [first.as_bytes(), &vec![b'\n'; 65 << 20]].concat();
    place
        .put("big.sh", big("exit 0 # ....................\n"))
        .put("p.pl", plan("step m = process.run(argv: [\"sh\", \"big.sh\"])"));
    let set = |time: SystemTime| {
        fs::File::options().write(true).open(place.ws().join("big.sh")).unwrap().set_modified(time).unwrap()
    };
    let before = fs::metadata(place.ws().join("big.sh")).unwrap().modified().unwrap();
    let digest = place.digest("p.pl");
    let file = fs::File::options().write(true).open(place.ws().join("big.sh")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, format!("{EVIL}\n").as_bytes(), 0).unwrap();
    set(before);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5).says("big.sh");
    assert!(!place.at("out/log").exists());
}

/// An interpreter looks for what is called so with an ending, and for what it has compiled of it: planc needs none of them to find the files.
#[test]
fn what_an_interpreter_makes_of_a_name_is_bound() {
    for (argv, file) in [
        (r#"["node", "app"]"#, "app.js"),
        (r#"["node", "-r", "./hook", "-e", "1"]"#, "hook.cjs"),
        (r#"["node", "sub.d/"]"#, "sub.d/index.js"),
        (r#"["perl", "-I.", "-MLib::Foo", "-e", "1"]"#, "Lib/Foo.pm"),
        (r#"["perl", "-Ilib", "-MFoo=a,b", "x.pl"]"#, "lib/Foo.pmc"),
        (r#"["ruby", "-Ilib", "-rfoo", "x.rb"]"#, "lib/foo.rb"),
        (r#"["lua", "-l", "a.b", "x.lua"]"#, "a/b.lua"),
        (r#"["python3", "-m", "lib.a"]"#, "lib/__pycache__/a.cpython-313.pyc"),
        (r#"["python3", "-m", "lib.a"]"#, "lib/a.abi3.so"),
        (r#"["python3", "tool"]"#, "tool/__pycache__/__main__.cpython-313.pyc"),
        (r#"["java", "-cp", "out", "a.Main"]"#, "out/a/Main.class"),
        (r#"["wrap", "--slowly", "node", "app"]"#, "app.js"),
    ] {
        for before in [Some("before"), None] {
            let place = Place::new();
            // A program of that name, which the machine need not have.
            let name = argv.split('"').nth(1).unwrap();
            place.program(&format!("bin/{name}"), EVIL);
            place.open(&[name]).put("lib/a.py", "").put("tool/__main__.py", "").put("sub.d/keep", "").put("a/keep", "");
            place
                .put("out/a/keep", "")
                .put("Lib/keep", "")
                .put("lib/__pycache__/keep", "")
                .put("tool/__pycache__/keep", "");
            if let Some(text) = before {
                place.put(file, text);
            }
            let text =
                plan(&format!("step m = process.run(argv: {argv})")).replace("run \"sh\"", &format!("run {name:?}"));
            let digest = place.put("p.pl", text).digest("p.pl");
            place.put(file, "after");
            let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]);
            assert_eq!(said.code, Some(5), "{argv} {file} {before:?}: {}", said.short());
            assert!(!place.at("out/log").exists(), "{argv} {file}");
        }
    }
}
