//! What an interpreter looks for by itself where it is told a script or a module: a file that was not there when the card was made is
//! nothing that a confined program finds, neither while an earlier step works nor while it runs.

use crate::place::{Place, Said, said, until};
use std::fs;

/// An interpreter that runs what it finds at the places of `FOUND`, and else ends with 7.
const INTERPRETER: &str = "for each in $FOUND; do if test -e $each; then exit 0; fi; done; exit 7";
/// One that looks only when it may go on.
const WAITING: &str = "touch meet/begun; until test -e meet/go; do sleep 0.02; done; for each in $FOUND; do if test -e $each; then \
                       exit 0; fi; done; exit 7";
/// A confined program that is at work for a while.
const WAITS: &str =
    "step w = process.run(argv: [\"sh\", \"-c\", \"touch meet/begun; until test -e meet/go; do sleep 0.02; done\"])";

/// What is called, what is there before, and what comes.
const COMES: [(&str, &[&str], &str); 31] = [
    (r#"["python3", "-m", "unittest", "-q"]"#, &[], "unittest/__main__.py"),
    (r#"["python3", "-m", "unittest", "-q"]"#, &[], "unittest/__init__.cpython-311-x86_64-linux-gnu.so"),
    (r#"["python3", "-m", "unittest", "-q"]"#, &[], "unittest.abi3.so"),
    (r#"["env", "PYTHONPATH=lib", "python3", "-m", "unittest"]"#, &[], "lib/unittest/__main__.py"),
    (r#"["env", "PYTHONPATH=lib", "python3", "-m", "unittest"]"#, &["lib/x"], "lib/unittest.py"),
    (r#"["perl", "-Ilib", "-MList::Util", "-e", "1"]"#, &["lib/x"], "lib/List/Util.pm"),
    (r#"["perl", "-Ilib", "-MList::Util", "-e", "1"]"#, &["lib/List/Util"], "lib/List/Util.pmc"),
    (r#"["env", "PERL5LIB=lib", "perl", "-MList::Util", "-e", "1"]"#, &[], "lib/List/Util.pm"),
    (r#"["ruby", "-Ilib", "-rfoo", "x.rb"]"#, &["x.rb"], "lib/foo.rb"),
    (r#"["lua", "-l", "a.b", "x.lua"]"#, &["x.lua"], "a/b.lua"),
    (r#"["java", "-cp", "out", "a.Main"]"#, &[], "out/a/Main.class"),
    (r#"["python3", "-m", "pkg.a"]"#, &["pkg/a.py", "pkg/__init__.py"], "pkg/__pycache__/a.cpython-311.pyc"),
    (r#"["python3", "-m", "pkg.a"]"#, &["pkg/a.py", "pkg/__pycache__/x"], "pkg/__pycache__/a.cpython-311.pyc"),
    (r#"["python3", "-m", "pkg.a"]"#, &["pkg/a.py", "pkg/__pycache__/x"], "pkg/__pycache__/a.cpython-314.opt-2.pyc"),
    (r#"["python3", "-m", "pkg.a"]"#, &["pkg/a.py", "pkg/__pycache__/x"], "pkg/__pycache__/__init__.cpython-311.pyc"),
    (r#"["python3", "-m", "pkg.a"]"#, &["pkg/a.py"], "pkg/a.so"),
    (r#"["python3", "-m", "m"]"#, &["m.py"], "__pycache__/m.cpython-311.pyc"),
    (r#"["python3", "tool"]"#, &["tool/__main__.py"], "tool/__pycache__/__main__.pypy310.pyc"),
    (r#"["node", "app"]"#, &["app/index.js"], "app.js"),
    (r#"["node", "app"]"#, &["app/index.js"], "app.json"),
    (r#"["node", "app"]"#, &["app/index.js"], "app/package.json"),
    (r#"["node", "-r", "./hook", "-e", "1"]"#, &[], "hook.js"),
    (r#"["env", "NODE_PATH=mods", "node", "-r", "hook", "-e", "1"]"#, &["mods/x"], "mods/hook.js"),
    (r#"["env", "PYTHONPATH=lib", "python3", "x.py"]"#, &["x.py", "lib/x"], "lib/sitecustomize.py"),
    (r#"["env", "PYTHONWARNINGS=error::w.m.C", "python3", "x.py"]"#, &["x.py", "w/x"], "w/m.py"),
    (r#"["env", "PYTHONBREAKPOINT=breaks.f", "python3", "x.py"]"#, &["x.py"], "breaks.py"),
    (r#"["env", "-vSpython3 -m unittest"]"#, &[], "unittest/__main__.py"),
    (r#"["env", "-vS", "-vS python3 -m unittest"]"#, &[], "unittest.py"),
    (r#"["env", "-vSPYTHONPATH=lib python3 -m unittest"]"#, &[], "lib/unittest.py"),
    (r#"["env", "--split=python3 tool"]"#, &["tool/x"], "tool/__main__.py"),
    (r#"["env", "-S-v -Spython3 tool"]"#, &["tool/x"], "tool/__main__.py"),
];

fn place(interpreter: &str) -> Place {
    let place = Place::new();
    for name in ["python3", "perl", "ruby", "lua", "java", "node"] {
        place.program(&format!("bin/{name}"), interpreter);
    }
    place.put("planc.toml", "[programs]\nscratch = [\"meet\"]\n").put("meet/x", "");
    place
}

fn put(place: &Place, empty: &[&str]) {
    for path in empty {
        place.put(path, "");
    }
}

fn plan(steps: &str) -> String {
    plan_of(&["sh", "env", "python3", "perl", "ruby", "lua", "java", "node"], steps)
}

/// A plan that may run these programs, and may do much.
pub fn plan_of(programs: &[&str], steps: &str) -> String {
    let runs: Vec<String> = programs.iter().map(|name| format!("    run {name:?}\n")).collect();
    let lines = format!("    create \"**\"\n    modify \"**\"\n    delete \"**\"\n{}", runs.concat());
    format!("plan \"p\" {{\n  critical {{\n{lines}  }}\n  {steps}\n}}\n")
}

fn call(argv: &str, found: &str) -> String {
    format!("process.run(argv: {argv}, env: [{{ name: \"FOUND\", value: {found:?} }}])")
}

/// Runs `p.pl`, and does something while a program of it waits.
pub fn meanwhile(place: &Place, act: impl FnOnce()) -> Said {
    let command = place.command(&["run", &format!("--approve={}", place.digest("p.pl")), "p.pl"]);
    let run = std::thread::spawn(move || said(command));
    until("a program works", || place.has("meet/begun"));
    act();
    place.put("meet/go", "");
    run.join().unwrap()
}

/// The path as it is found without being named: `FOUND` is none that planc takes for a path.
fn hidden(path: &str) -> String {
    path.split('/').map(|part| format!("?{}", &part[1..])).collect::<Vec<_>>().join("/")
}

#[test]
fn what_comes_to_be_found_first_while_an_earlier_step_works_is_stale() {
    for (argv, there, comes) in COMES {
        let place = place(INTERPRETER);
        put(&place, there);
        place.put("p.pl", plan(&format!("{WAITS}\n  step m = {}", call(argv, &hidden(comes)))));
        let said = meanwhile(&place, || _ = place.put(comes, "evil\n"));
        assert_eq!(said.code, Some(5), "{argv} {comes}: {}", said.short());
    }
}

#[test]
fn what_comes_to_be_found_first_while_the_program_runs_is_not_found() {
    for (argv, there, comes) in COMES {
        let place = place(WAITING);
        put(&place, there);
        place.put("p.pl", plan(&format!("step m = {}", call(argv, &hidden(comes)))));
        let said = meanwhile(&place, || _ = place.put(comes, "evil\n"));
        let ends = said.code == Some(4) && said.err.contains("exit code 7");
        assert!(ends, "{argv} {comes}: {}", said.short());
    }
}

/// Nor in what takes a step back.
#[test]
fn what_comes_to_be_found_first_takes_no_step_back() {
    for (argv, there, comes) in COMES {
        let place = place(INTERPRETER);
        put(&place, there);
        let undo = call(argv, &hidden(comes));
        place.put("p.pl", plan(&format!("step m = fs.write(path: \"x\", text: \"x\") {{\n    undo {undo}\n  }}")));
        place.run("p.pl").exits(0);
        place.put(comes, "evil\n");
        let said = place.planc(&["undo", &place.last_run()]);
        assert!(said.code == Some(4) && said.err.contains("is not made"), "{argv} {comes}: {}", said.short());
    }
}

/// What the run itself has left is found, in the state in which it has left it.
#[test]
fn what_the_run_has_made_is_found() {
    for (argv, there, comes) in COMES {
        for evil in [false, true] {
            let place = place(INTERPRETER);
            put(&place, there);
            let folder = comes.rsplit_once('/').map_or(".", |(folder, _)| folder);
            let make = format!("mkdir -p {folder}; echo made > {comes}");
            let make = format!("step g = process.run(argv: [\"sh\", \"-c\", {make:?}])");
            place.put("p.pl", plan(&format!("{make}\n  {WAITS}\n  step m = {}", call(argv, &hidden(comes)))));
            let act = || {
                if evil {
                    _ = place.put(comes, "evil\n")
                }
            };
            let said = meanwhile(&place, act);
            assert_eq!(said.code, Some(if evil { 5 } else { 0 }), "{argv} {comes} {evil}: {}", said.short());
        }
    }
}

/// A program makes there what it likes itself, where it may.
#[test]
fn what_a_program_makes_where_it_looked_first_is_kept() {
    for (argv, there, comes) in COMES {
        let folder = comes.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let place = place(&format!("mkdir -p {folder} && echo made > {comes} && test -e {comes}"));
        put(&place, there);
        place.put("p.pl", plan(&format!("step m = {}\n  step n = {}", call(argv, "1"), call(argv, "2"))));
        let said = place.run("p.pl");
        assert_eq!(said.code, Some(0), "{argv} {comes}: {}", said.short());
        assert_eq!(place.get(comes), "made\n");
        assert!(there.iter().all(|path| place.has(path)));
    }
}

/// What nobody records is no false alarm.
#[test]
fn what_programs_leave_in_scratch_is_found() {
    let argv = r#"["env", "PYTHONPATH=meet", "python3", "-m", "lib.a"]"#;
    let make = r#"step g = process.run(argv: ["sh", "-c", "mkdir -p meet/lib; echo > meet/lib/a.py"])"#;
    let place = place(INTERPRETER);
    place.put("p.pl", plan(&format!("{make}\n  step m = {}", call(argv, "meet/lib/?.py")))).run("p.pl").exits(0);
}

/// A link that comes on the way leads to what nobody has approved, also where a `..` goes up from behind it; one that the run has made is
/// known.
#[test]
fn a_link_that_comes_on_the_way_is_stale() {
    let evil = |place: &Place| {
        place.put("q/x.sh", "exit 0\n");
        fs::create_dir_all(place.ws().join("q/r")).unwrap();
    };
    let step = "step m = process.run(argv: [\"sh\", \"m/../x.sh\"])";
    let place = place(INTERPRETER);
    evil(&place);
    place.put("x.sh", "exit 0\n").put("p.pl", plan(&format!("{WAITS}\n  {step}")));
    let said = meanwhile(&place, || place.link("q/r", "m"));
    said.exits(5).says("m: approved with absent");
    let place = self::place(INTERPRETER);
    evil(&place);
    let make = "step g = process.run(argv: [\"sh\", \"-c\", \"ln -s q/r m\"])";
    place.put("x.sh", "exit 1\n").put("p.pl", plan(&format!("{make}\n  {step}"))).run("p.pl").exits(0);
}

/// A word that is the whole name of nothing: that it stays so is bound as well.
#[test]
fn a_word_does_not_come_to_be_a_file() {
    type Make = fn(&Place);
    let makes: [Make; 2] =
        [|place| _ = place.put("flag", ""), |place| fs::create_dir(place.ws().join("flag")).unwrap()];
    for argv in [r#"["sh", "check.sh", "flag"]"#, r#"["sh", "-c", "[ -e \"$1\" ]", "sh", "flag"]"#] {
        for make in makes {
            let place = place(INTERPRETER);
            place.put("check.sh", "[ -e \"$1\" ]\n");
            place.put("p.pl", plan(&format!("{WAITS}\n  step m = process.run(argv: {argv})")));
            meanwhile(&place, || make(&place)).exits(5).says("flag: approved with absent");
        }
    }
    for make in makes {
        let place = place(INTERPRETER);
        place.put("check.sh", format!("{}\n", WAITING.replace("$FOUND", "$1")));
        place.put("p.pl", plan("step m = process.run(argv: [\"sh\", \"check.sh\", \"flag\"])"));
        meanwhile(&place, || make(&place)).exits(4).says("exit code 7");
    }
}

/// Words name what a run makes, and what others make where nobody records it.
#[test]
fn a_word_is_what_the_run_makes_of_it() {
    let step = |name: &str, argv: &str| format!("step {name} = process.run(argv: {argv})\n  ");
    let first = [
        (
            r#"["sh", "-c", "echo x > flag; mkdir out; echo y > out/y"]"#,
            r#"["sh", "-c", "cat flag; tar -cf a.tar out", "sh", "flag", "out"]"#,
        ),
        (r#"["sh", "-c", "true"]"#, r#"["mkdir", "out"]"#),
        (r#"["sh", "-c", "true"]"#, r#"["touch", "flag"]"#),
        (r#"["tar", "-cf", "a.tar", "in"]"#, r#"["tar", "-xf", "a.tar", "in"]"#),
        (r#"["tar", "-cf", "a.tar", "in"]"#, r#"["tar", "-xf", "a.tar", "-C", "in", "in"]"#),
        (r#"["cp", "-r", "in", "copy"]"#, r#"["mv", "copy", "moved"]"#),
        (r#"["ln", "-s", "in", "link"]"#, r#"["rm", "link"]"#),
        (r#"["cp", "-r", "in", "copy"]"#, r#"["diff", "-r", "in", "copy"]"#),
        (r#"["sh", "make.sh"]"#, r#"["tar", "-cf", "a.tar", "out"]"#),
        (r#"["sh", "-c", "mkdir meet/deep"]"#, r#"["sh", "-c", "cd meet; ls deep", "sh", "meet"]"#),
    ];
    for (make, uses) in first {
        let place = place(INTERPRETER);
        place.put("planc.toml", "[programs]\nscratch = [\"meet\"]\nopen = [\"sh make.sh\"]\n");
        place.put("in/x", "x\n").put("make.sh", "mkdir out; echo y > out/y\n");
        let text = plan(&format!("{}{}", step("a", make), step("b", uses)));
        let more = ["diff", "tar", "mkdir", "touch", "cp", "mv", "ln", "rm"].map(|name| format!("    run {name:?}\n"));
        place.put("p.pl", text.replacen("  critical {\n", &format!("  critical {{\n{}", more.concat()), 1));
        let said = place.run("p.pl");
        assert_eq!(said.code, Some(0), "{make} {uses}: {}", said.short());
    }
}

/// A text is no path, however long it is and whatever stands in it.
#[test]
fn a_long_word_is_only_a_text() {
    let long = |length: usize| "x".repeat(length);
    for word in [
        long(255),
        long(256),
        long(5000),
        format!("a/{}", long(250)),
        format!("a/{}", long(300)),
        format!("{}/a", long(300)),
    ] {
        let place = place(INTERPRETER);
        place
            .put("a/b", "")
            .put("p.pl", plan(&format!("step m = process.run(argv: [\"sh\", \"-c\", \"true\", \"sh\", {word:?}])")));
        place.run("p.pl").exits(0);
    }
}

/// Where a call says that programs are, nobody can bind what any program, word or first line looks for: nothing of the workspace is there.
#[test]
fn no_program_finds_others_in_the_workspace_by_a_path_of_the_plan() {
    let env = |name: &str, value: &str| format!(", env: [{{ name: {name:?}, value: {value:?} }}]");
    let given = |value: &str| env("PATH", value);
    let calls = [
        (r#"["env", "PATH=tools:/usr/bin:/bin", "check"]"#, String::new()),
        (r#"["env", "PATH=/usr/bin:/bin:", "check"]"#, String::new()),
        (r#"["env", "PATH=", "/bin/sh", "check"]"#, String::new()),
        (r#"["env", "PATH=/usr/bin:/proc/self/cwd", "check"]"#, String::new()),
        (r#"["env", "PATH=/usr/bin:ROOT/tools", "check"]"#, String::new()),
        (r#"["env", "-C", "/", "PATH=ROOT/q/../tools", "check"]"#, String::new()),
        (r#"["env", "-S", "PATH=tools:/usr/bin check"]"#, String::new()),
        (r#"["env", "-iSPATH=tools:/usr/bin check"]"#, String::new()),
        (r#"["env", "--split=PATH=tools:/usr/bin check"]"#, String::new()),
        (r#"["nice", "env", "-", "PATH=tools", "check"]"#, String::new()),
        (r#"["make", "PATH=tools:/usr/bin", "CC=check"]"#, String::new()),
        (r#"["make", "PATH:=tools:/usr/bin", "CC=check"]"#, String::new()),
        (r#"["env", "GIT_EXEC_PATH=tools", "git", "check"]"#, String::new()),
        (r#"["env", "PYTHONUSERBASE=tools", "python3", "x.py"]"#, String::new()),
        (r#"["env", "LD_LIBRARY_PATH=tools", "true"]"#, String::new()),
        (r#"["make", "PATH = tools:/usr/bin", "CC=check"]"#, String::new()),
        (r#"["env", "MAKEFLAGS=PATH=tools:/usr/bin", "make"]"#, String::new()),
        (r#"["git", "--exec-path=tools", "check"]"#, String::new()),
        (r#"["./e", "-SPATH=tools:/usr/bin check"]"#, String::new()),
        (r#"["./e", "PATH=tools:/usr/bin", "check"]"#, String::new()),
        (r#"["./by"]"#, String::new()),
        (r#"["true"]"#, env("MAKEFLAGS", "-k PATH=tools:/usr/bin")),
        (r#"["true"]"#, env("PYTHONHOME", "tools")),
        (r#"["true"]"#, given("ALIAS/tools:/usr/bin:/bin")),
        (r#"["true"]"#, given("ALIAS/none/yet:/usr/bin:/bin")),
        (r#"["true"]"#, given("tools:/usr/bin:/bin")),
        (r#"["true"]"#, given("/usr/bin:/bin:")),
        (r#"["true"]"#, given("../ws/tools:/usr/bin:/bin")),
        (r#"["true"]"#, given("ROOT:/usr/bin:/bin")),
        (r#"["true"]"#, given("$PWD/tools:/usr/bin:/bin")),
        (r#"["true"]"#, env("GIT_EXEC_PATH", "tools")),
        (r#"["true"]"#, env("PYTHONUSERBASE", "ROOT/tools")),
    ];
    let programs = ["env", "nice", "make", "git", "true", "./by", "./e"];
    for (argv, env) in calls {
        let place = Place::new();
        // Another name of the workspace, which lies outside.
        let alias = place.at("alias");
        std::os::unix::fs::symlink(place.ws(), &alias).unwrap();
        std::os::unix::fs::symlink("/usr/bin/env", place.ws().join("e")).unwrap();
        let call = format!("process.run(argv: {argv}{env})").replace("ROOT", &place.ws().display().to_string());
        let call = call.replace("ALIAS", &alias.display().to_string());
        place.put("tools/x", "").put("q/x", "").program("ws/by", "");
        let line = fs::read_to_string(place.ws().join("by")).unwrap().replacen(
            "/bin/sh",
            "/usr/bin/env -S PATH=tools check",
            1,
        );
        fs::write(place.ws().join("by"), line).unwrap();
        for (step, open) in [
            (format!("step a = {call}"), ""),
            (format!("step a = {call} {{\n    on failure continue\n  }}"), ""),
            (format!("step a = fs.write(path: \"n\", text: \"\") {{\n    undo {call}\n  }}"), ""),
            (
                format!("step a = {call}"),
                "[programs]\nopen = [\"env\", \"nice\", \"make\", \"git\", \"true\", \"./by\", \"./e\"]\n",
            ),
        ] {
            place.put("planc.toml", open).put("p.pl", plan_of(&programs, &step));
            let said = place.planc(&["plan", "p.pl"]).exits(1);
            said.says("by its own path, as `./node_modules/.bin/eslint`");
        }
    }
    // What the words are only the run knows.
    let later = |value: &str| format!("if t.exit_code == 0 then {value:?} else \"x\"");
    for step in [
        format!("process.run(argv: [\"env\", {}, \"true\"])", later("PATH=tools:/usr/bin:/bin")),
        format!("process.run(argv: [\"true\"], env: [{{ name: \"PATH\", value: {} }}])", later("tools:/usr/bin:/bin")),
        format!("process.run(argv: [\"true\"], env: [{{ name: {}, value: \"tools\" }}])", later("GIT_EXEC_PATH")),
    ] {
        let place = Place::new();
        place.put("tools/x", "");
        let steps = format!("step t = process.run(argv: [\"true\"])\n  step a = {step}");
        place.put("p.pl", plan_of(&["env", "true"], &steps));
        place.run("p.pl").exits(5).says("whatever anybody puts there would be run");
    }
    // Folders of the system, a program by its own path, and what is only a text.
    let place = Place::new();
    place.put("tools/x", "").program("ws/tools/check", "exit 0");
    for call in [
        r#"process.run(argv: ["env", "PATH=/usr/bin:/bin", "true"])"#,
        r#"process.run(argv: ["./tools/check"], env: [{ name: "PATH", value: "/usr/local/bin:/usr/bin:/bin" }])"#,
        r#"process.run(argv: ["true", "MANPATH=tools", "--path=tools", "the PATH=tools"])"#,
        r#"process.run(argv: ["env", "MY_PATH=tools", "true"])"#,
        r#"process.run(argv: ["true", "PATH = tools"], env: [{ name: "NOTE", value: "a PATH = b" }])"#,
        // Behind the program of `env` its words are no options of `env`.
        r#"process.run(argv: ["env", "true", "--sep=\\n", "-S", "'a b'"])"#,
        r#"process.run(argv: ["env", "-i", "A=b", "true", "--split=\\d"])"#,
    ] {
        place.put("p.pl", plan_of(&["env", "true", "./tools/check"], &format!("step a = {call}")));
        place.run("p.pl").exits(0);
    }
}

/// A first line that is no text, or is cut within a letter, is read as far as it is one.
#[test]
fn a_first_line_that_is_no_text_is_read() {
    let cut =
        [b"#!/usr/bin/env -S python3 -m mod ".as_slice(), &[b'a'; 222], "é".repeat(20).as_bytes(), b"\n"].concat();
    for (line, come) in [
        (b"#!/usr/bin/env -S A=\xff sh ./y.sh\n".as_slice(), "y.sh"),
        (b"#!/usr/bin/env -S A=\xff python3 -m mod\n", "mod.py"),
        (&cut, "mod.py"),
    ] {
        let place = Place::new();
        place.program("ws/t", "");
        place.put("t", line).put("p.pl", plan_of(&["./t"], "step a = process.run(argv: [\"./t\"])"));
        let digest = place.digest("p.pl");
        place.put(come, "exit(0)\n");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5).says(come);
    }
}

/// What is read by rules of somebody's own is written plainly, or is nothing to run; what is written plainly is held.
#[test]
fn what_is_read_by_rules_of_its_own_is_written_plainly() {
    let env = |name: &str, value: &str| format!(", env: [{{ name: {name:?}, value: {value:?} }}]");
    let calls = [
        (r#"["node", "x.js"]"#, env("NODE_OPTIONS", "--require \"./hook.js\"")),
        (r#"["env", "NODE_OPTIONS=-r ./ho\\ok.js", "node", "x.js"]"#, String::new()),
        (r#"["java", "A"]"#, env("JDK_JAVA_OPTIONS", "-cp 'out'")),
        (r#"["sh", "x.sh"]"#, env("BASH_ENV", "./x$N.sh")),
        (r#"["sh", "x.sh"]"#, env("ENV", "`echo ./y.sh`")),
        (r#"["sh", "x.sh"]"#, env("LD_PRELOAD", "./$LIB/y.so")),
        (r#"["make"]"#, env("MAKEFILES", "$(X)m.mk")),
        (r#"["sh", "x.sh"]"#, env("BASH_ENV", "$PWDX./x.sh")),
        (r#"["sh", "x.sh"]"#, env("BASH_ENV", "lib$PWD/x.sh")),
        (r#"["sh", "x.sh"]"#, env("ENV", "~+/x.sh")),
        (r#"["make"]"#, env("MAKEFILES", "$PWD/m.mk")),
        (r#"["make", "MAKEFILES=$(X)m.mk"]"#, String::new()),
        (r#"["make"]"#, env("GNUMAKEFLAGS", "--eval=include\\ ./m.mk")),
        (r#"["sh", "x.sh"]"#, env("GIT_CONFIG_PARAMETERS", "'core.fsmonitor=./x.sh'")),
        (r#"["./by"]"#, String::new()),
        (r#"["perl", "-wMFoo'Bar", "-e", "1"]"#, String::new()),
        (r#"["node", "--import", "file://localhost/hook.mjs", "x.js"]"#, String::new()),
        (r#"["perl", "-MFoo'Bar", "-e", "1"]"#, String::new()),
        (r#"["perl", "-MFoo::Bar;do'x.pl'", "-e", "1"]"#, String::new()),
        (r#"["perl", "-Mparent=Foo'Bar", "-e", "1"]"#, String::new()),
        (r#"["perl", "-Mlib qw{lib}", "-e", "1"]"#, String::new()),
        (r#"["node", "x.js"]"#, env("NODE_OPTIONS", "--import=file://localhost/hook.mjs")),
        (r#"["node", "x.js"]"#, env("NODE_OPTIONS", "--import=file:tmp/hook.mjs")),
        (r#"["node", "x.js"]"#, env("NODE_OPTIONS", "--import=file:///tmp/h\took.mjs")),
        (r#"["node", "--import", "./ho\nok.mjs", "x.js"]"#, String::new()),
        (r#"["node", "--import=./lib\\hook.mjs", "x.js"]"#, String::new()),
        (r#"["node", "--import", "./hook.mjs ", "x.js"]"#, String::new()),
    ];
    let programs = ["env", "node", "java", "sh", "make", "perl", "./by"];
    let place = Place::new();
    place.program("ws/by", "");
    place.put("by", "#!/usr/bin/env -S BASH_ENV=./$(echo)x.sh sh y.sh\n");
    for (argv, env) in calls {
        let call = format!("process.run(argv: {argv}{env})");
        let undo = format!("step a = fs.write(path: \"n\", text: \"\") {{\n    undo {call}\n  }}");
        for step in [format!("step a = {call}"), undo] {
            place.put("p.pl", plan_of(&programs, &step));
            place.planc(&["--format", "json", "plan", "p.pl"]).exits(1).says("what only its reader knows");
        }
    }
    for line in ["sh ./${NOPE}x.sh", "sh \"./a b.sh\"", "P${NOPE}ATH=bin:/usr/bin prog"] {
        place.put("by", format!("#!/usr/bin/env -S {line}\n"));
        place.put("p.pl", plan_of(&programs, "step a = process.run(argv: [\"./by\"])"));
        place.planc(&["--format", "json", "plan", "p.pl"]).exits(1).says("nobody can tell what `env` makes of it");
    }
    for argv in [
        r#"["sh", "-c", "true", "it's $5 a/b"], env: [{ name: "NOTE", value: "it's \\$5 a/b" }]"#,
        r#"["sh", "-c", "true"], env: [{ name: "BASH_ENV", value: "$PWD/none.sh" }]"#,
        r#"["perl", "-MPOSIX qw(floor)", "-MList::Util=sum,max", "-e", "1"]"#,
        r#"["perl", "-M5.010", "-Mv5.10", "-MPOSIX()", "-MTime::HiRes\tqw(time)", "-e", "1"]"#,
        r#"["perl", "-nem/a(b)'c/", "x.txt", "-mfix(core): it's"]"#,
        r#"["sh", "-c", "true", "-r", "1\\|2", "src/node"], env: [{ name: "PYTHONHOME", value: "" }]"#,
    ] {
        place.put("p.pl", plan_of(&programs, &format!("step a = process.run(argv: {argv})")));
        place.run("p.pl").exits(0);
    }
}

/// Scripts that are run one by the other by their first lines, Perl's options without a dash, what comes into a folder that Node loads, and an
/// alias of git that is a command.
#[test]
fn what_is_named_in_other_ways_is_held() {
    let scripts = |place: &Place| {
        for at in 1..10 {
            let next = if at < 9 { format!("./t{}", at + 1) } else { "sh ./y.sh".to_owned() };
            place.program(&format!("ws/t{at}"), "");
            place.put(&format!("t{at}"), format!("#!/usr/bin/env -S {next}\n"));
        }
    };
    for (call, prepare, comes) in [
        (r#"argv: ["./t1"]"#, Box::new(scripts) as Box<dyn Fn(&Place)>, "y.sh"),
        (
            r#"argv: ["perl", "-e", "1"], env: [{ name: "PERL5OPT", value: "Ilib MFoo" }]"#,
            Box::new(|_: &Place| ()),
            "lib/Foo.pm",
        ),
        (
            r#"argv: ["node", "-r", "./hook", "x.js"]"#,
            Box::new(|place: &Place| _ = place.put("hook/x", "")),
            "hook/index.js",
        ),
        (r#"argv: ["perl", "-Ilib", "-Mif=1,Foo", "-e", "1"]"#, Box::new(|_: &Place| ()), "lib/Foo.pm"),
        (r#"argv: ["env", "-Ssh ./y\u{a0}z.sh"]"#, Box::new(|_: &Place| ()), "y\u{a0}z.sh"),
        (
            r#"argv: ["java", "-p", "out", "-m", "m/a.Main"]"#,
            Box::new(|place: &Place| _ = place.put("out/a/x", "")),
            "out/a/Main.class",
        ),
        (r#"argv: ["git", "-c", "alias.x=!./x.sh", "x"]"#, Box::new(|_: &Place| ()), "x.sh"),
    ] {
        let place = Place::new();
        prepare(&place);
        place.put("lib/keep", "").put("x.js", "");
        place.put(
            "p.pl",
            plan_of(&["perl", "node", "git", "env", "java", "./t1"], &format!("step a = process.run({call})")),
        );
        let digest = place.digest("p.pl");
        place.put(comes, "1;\n");
        let shown = comes.rsplit('\u{a0}').next().unwrap_or(comes);
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5).says(shown);
    }
}
