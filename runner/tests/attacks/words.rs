//! What a command line names however it says so: whichever of its words is an interpreter, whatever its options and variables are called,
//! and whatever characters are in it.

use crate::place::Place;
use crate::starts::{meanwhile, plan_of};

/// A confined program that is at work for a while.
const WAITS: &str = "step w = process.run(argv: [\"sh\", \"-c\", \"touch meet/begun; until test -e meet/go; do sleep 0.02; done\"])\n  ";

/// The variables of a call, by name.
type Given = &'static [(&'static str, &'static str)];

/// What is called, with which variables, and which file of it is there, or comes.
const NAMED: [(&str, Given, &str); 33] = [
    (r#"["python3", "-m", "my-tool"]"#, &[], "my-tool.py"),
    (r#"["python3", "-m", "pkg.my-tool"]"#, &[], "pkg/my-tool.py"),
    (r#"["sh", "run.sh", "python3", "-m", "pkg.a"]"#, &[], "pkg/a.py"),
    (r#"["sh", "-c", "exit 0", "x", "python3", "-m", "pkg.a"]"#, &[], "pkg/a.py"),
    (r#"["python3", "-m", "cProfile", "-m", "pkg.a"]"#, &[], "pkg/a.py"),
    (r#"["python3", "-m", "trace", "-t", "--module", "pkg.a"]"#, &[], "pkg/a.py"),
    (r#"["python3", "-m", "unittest", "-q", "test_a"]"#, &[], "test_a.py"),
    (r#"["env", "-u", "sh", "python3", "-m", "pkg.a"]"#, &[], "pkg/a.py"),
    (r#"["./py", "-m", "pkg.a"]"#, &[], "pkg/a.py"),
    (r#"["env", "./py", "-m", "pkg.a"]"#, &[], "pkg/a.py"),
    (r#"["./k"]"#, &[], "bin/interp"),
    (r#"["env", "./k"]"#, &[], "bin/interp"),
    (r#"["./l"]"#, &[], "lib/y.sh"),
    (r#"["perl", "-Mlib=lib", "-MFoo", "-e", "1"]"#, &[], "lib/Foo.pm"),
    (r#"["perl", "-Ilib", "-MFoo qw(a)", "-e", "1"]"#, &[], "lib/Foo.pm"),
    (r#"["perl", "-Ilib", "-d:Foo", "-e", "1"]"#, &[], "lib/Devel/Foo.pm"),
    (r#"["perl", "-e", "1"]"#, &[("PERL5OPT", "-Ilib -MFoo")], "lib/Foo.pm"),
    (r#"["env", "-C", "sub", "perl", "-Ilib", "-MFoo", "-e", "1"]"#, &[], "sub/lib/Foo.pm"),
    (r#"["perl", "-Ilib", "-MFoo", "-e", "1"]"#, &[], "lib/5.36.0/Foo.pm"),
    (r#"["perl", "-Ilib", "-MFoo", "-e", "1"]"#, &[], "lib/x86_64-linux-gnu/Foo.pm"),
    (r#"["perl", "-Ilib", "-MFoo", "-e", "1"]"#, &[], "lib/5.36.0/x86_64-linux/Foo.pm"),
    (r#"["node", "-r", "hook", "app.js"]"#, &[], "node_modules/hook/index.js"),
    (r#"["node", "-r", "hook", "app.js"]"#, &[], "node_modules/hook.js"),
    (r#"["node", "--import", "./hook.mjs?1", "app.js"]"#, &[], "hook.mjs"),
    (r#"["node", "--import", "./h%6fok.mjs", "app.js"]"#, &[], "hook.mjs"),
    (r#"["java", "--class-path=out", "Main"]"#, &[], "out/Main.class"),
    (r#"["java", "Main"]"#, &[("JDK_JAVA_OPTIONS", "-cp out")], "out/Main.class"),
    (r#"["sh", "-c", "exit 0"]"#, &[("BASH_ENV", "$PWD/x.sh")], "x.sh"),
    (r#"["sh", "-c", "exit 0"]"#, &[("LD_PRELOAD", "./y.so:./x.so")], "x.so"),
    (r#"["sh", "run.sh", "my flag"]"#, &[], "my flag"),
    (r#"["sh", "run.sh", "d/my flag"]"#, &[], "d/my flag"),
    (r#"["sh", "run.sh", "d/[a]"]"#, &[], "d/[a]"),
    (r#"["sh", "run.sh", "--flag"]"#, &[], "--flag"),
];

fn place() -> Place {
    let place = Place::new();
    for name in ["python3", "perl", "java", "node"] {
        place.program(&format!("bin/{name}"), "exit 0");
    }
    place.put("planc.toml", "[programs]\nscratch = [\"meet\"]\n").put("meet/x", "").put("run.sh", "exit 0\n");
    place.put("app.js", "").put("lib/x", "").put("sub/x", "").put("d/x", "").put("lib/Foo/x", "");
    place.link(place.at("bin/python3"), "py");
    put_script(&place, "k", "#!bin/interp\n");
    put_script(&place, "l", "#!/usr/bin/env -S sh lib/y.sh\n");
    put_script(&place, "interp", "");
    place
}

fn put_script(place: &Place, path: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    place.put(path, text);
    std::fs::set_permissions(place.ws().join(path), std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn call(argv: &str, env: &[(&str, &str)]) -> String {
    let env: Vec<String> = env.iter().map(|(name, value)| format!("{{ name: {name:?}, value: {value:?} }}")).collect();
    format!("process.run(argv: {argv}, env: [{}])", env.join(", "))
}

fn plan(steps: &str) -> String {
    plan_of(&["sh", "env", "python3", "perl", "java", "node", "./py", "./k", "./l"], steps)
}

/// Between the card and the run, and it is said which file it was.
#[test]
fn what_was_there_and_is_changed_is_stale() {
    for (argv, env, path) in NAMED {
        let place = place();
        place.put(path, "good\n").put("p.pl", plan(&format!("step m = {}", call(argv, env))));
        let digest = place.digest("p.pl");
        place.put(path, "evil\n");
        let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]);
        assert!(said.code == Some(5) && said.err.contains(path), "{argv} {path}: {}", said.short());
    }
}

#[test]
fn what_was_there_and_is_changed_while_an_earlier_step_works_is_stale() {
    for (argv, env, path) in NAMED {
        let place = place();
        place.put(path, "good\n").put("p.pl", plan(&format!("{WAITS}step m = {}", call(argv, env))));
        let said = meanwhile(&place, || _ = place.put(path, "evil\n"));
        assert_eq!(said.code, Some(5), "{argv} {path}: {}", said.short());
    }
}

#[test]
fn what_comes_while_an_earlier_step_works_is_stale() {
    // With a new name nothing is there that the kernel could run.
    for (argv, env, path) in NAMED.into_iter().filter(|(.., path)| *path != "bin/interp") {
        let place = place();
        place.put("p.pl", plan(&format!("{WAITS}step m = {}", call(argv, env))));
        let said = meanwhile(&place, || _ = place.put(path, "evil\n"));
        assert_eq!(said.code, Some(5), "{argv} {path}: {}", said.short());
    }
}

/// The same for what takes a step back, which nobody asks about.
#[test]
fn what_takes_a_step_back_is_bound_to_it() {
    // A bare word may come to be the name of something by then.
    for (argv, env, path) in NAMED.into_iter().filter(|(.., path)| !["my flag", "--flag"].contains(path)) {
        for is_there in [true, false] {
            let place = place();
            if is_there || path == "bin/interp" {
                place.put(path, "good\n");
            }
            let undo = call(argv, env);
            place
                .put("p.pl", plan(&format!("step m = fs.write(path: \"new\", text: \"x\") {{\n    undo {undo}\n  }}")));
            place.run("p.pl").exits(0);
            place.put(path, "evil\n");
            let said = place.planc(&["undo", &place.last_run()]);
            assert!(said.code == Some(4) && said.err.contains("is not made"), "{argv} {path}: {}", said.short());
        }
    }
}

/// A word that is a link to nothing is the name of what it leads to.
#[test]
fn what_comes_behind_a_link_to_nothing_is_not_found() {
    for target in ["gone", "d/gone", "d/../gone"] {
        let place = place();
        place.link(target, "flag");
        let wait = "touch meet/begun; until test -e meet/go; do sleep 0.02; done; test -e \"$1\"\n";
        place.put("check.sh", wait);
        place.put("p.pl", plan("step m = process.run(argv: [\"sh\", \"check.sh\", \"flag\"])"));
        meanwhile(&place, || _ = place.put(target, "")).exits(4).says("exit code 1");
        let place = self::place();
        place.link(target, "flag");
        place.put("p.pl", plan(&format!("{WAITS}step m = process.run(argv: [\"sh\", \"run.sh\", \"flag\"])")));
        meanwhile(&place, || _ = place.put(target, "")).exits(5).says("gone: approved with absent");
    }
}

/// Nor is anything found while the program runs that came at a word, whatever is in it.
#[test]
fn what_comes_at_a_word_while_the_program_runs_is_not_found() {
    for word in [
        "my flag",
        "d/my flag",
        "flag#1",
        "d/#flag",
        "d/a(1)",
        "d/[a]",
        "d/a*b",
        "a&b",
        "d/fl!ag",
        "-flag",
        "x=flag",
        "x=d/flag",
    ] {
        let place = place();
        let wait = "touch meet/begun; until test -e meet/go; do sleep 0.02; done; test -e \"./$1\"\n";
        place.put("check.sh", wait);
        let name = word.split_once('=').map_or(word, |_| word);
        std::fs::create_dir_all(place.ws().join("x=d")).unwrap();
        place.put("p.pl", plan(&format!("step m = process.run(argv: [\"sh\", \"check.sh\", {word:?}])")));
        let said = meanwhile(&place, || _ = place.put(name, ""));
        assert!(said.code == Some(4) && said.err.contains("exit code 1"), "{word}: {}", said.short());
    }
}

/// What planc cannot read it binds nowhere, in a cell no more than in the open.
#[test]
fn what_planc_cannot_read_is_run_nowhere() {
    for (argv, env) in [
        (r#"["env", "-S", "sh 'd x/y.sh'"]"#, None),
        (r#"["env", "-S", "sh \"d\\_x/y.sh\""]"#, None),
        (r#"["env", "-S", "sh d/${X}.sh"]"#, None),
        (r#"["sh", "/proc/self/cwd/x.sh"]"#, None),
        (r#"["sh", "/proc/thread-self/cwd/x.sh"]"#, None),
        (r#"["sh", "/proc/1/root/x.sh"]"#, None),
        (r#"["sh", "../../../../../../../../../proc/self/cwd/x.sh"]"#, None),
        (r#"["sh", "-c", "exit 0"]"#, Some(("ENV", "/proc/self/cwd/x.sh"))),
        (r#"["python3", "-m", "pkg.a"]"#, Some(("PYTHONPYCACHEPREFIX", "cache"))),
        (r#"["env", "PYTHONPYCACHEPREFIX=cache", "python3", "-m", "pkg.a"]"#, None),
        (r#"["python3", "-X", "pycache_prefix=cache", "-m", "pkg.a"]"#, None),
        (r#"["python3", "-Xpycache_prefix=cache", "-m", "pkg.a"]"#, None),
    ] {
        let place = place();
        place.put("x.sh", "exit 0\n");
        let step = call(&argv.replace("${", "\\${"), env.as_slice());
        place.put("p.pl", plan(&format!("step m = {step}")));
        let said = place.planc(&["plan", "p.pl"]);
        let out = crate::place::words(&said.out);
        assert_eq!(said.code, Some(1), "{argv}: {out}");
        assert!(out.contains("planc cannot ") || out.contains("compiled in"), "{argv}: {out}");
    }
}

/// What is only a text costs nothing: nothing comes there, and the run makes what it likes.
#[test]
fn honest_words_are_no_false_alarm() {
    for argv in [
        r#"["sh", "-c", "mkdir -p dist/a; echo 'x y' > dist/a/b; cat dist/a/b | sed 's/x/y/; s/[a-z]*$/&/' > out.txt"]"#,
        r#"["sh", "-c", "test \"$1\" = 'https://a.example/b?c=d#e'", "x", "https://a.example/b?c=d#e"]"#,
        r#"["sh", "-c", "echo \"$1\" > \"$1\"; mkdir -- \"$2\"", "x", "my file (1)", "--[dir] & more"]"#,
        r#"["sh", "-c", "mkdir -p a; echo x > 'a/b c'; rm -r a", "x", "a/b c", "a/*"]"#,
        r#"["sh", "-c", "true", "x", "^(a|b)/[^/]+\\.(js|ts)$", "src/**/*.{a,b}", "~/x/y", "C:/x", "%d/%m", "a\nb/c", "a\tb"]"#,
        r#"["./k2", "a/b"]"#,
        r#"["python3", "-m", "json.tool", "data.json", "-m", "x/y", "--", "-"]"#,
        r#"["perl", "-Ilib", "-MFoo", "-we", "print 1/2; s/a b/c/; /x?y/"]"#,
        r#"["java", "-cp", "lib/*:out", "-Dx=y/z", "Main", "a b/c"]"#,
    ] {
        let place = place();
        put_script(&place, "k2", "#!/bin/sh\nexit 0\n");
        let steps = format!(
            "step m = {}\n  step n = {}",
            call(argv, &[("X", "a/b c:d;e"), ("F", "flag")]),
            call(r#"["sh", "run.sh"]"#, &[])
        );
        place.put("p.pl", plan(&steps).replacen("run \"sh\"", "run \"sh\"\n    run \"./k2\"", 1));
        let said = place.run("p.pl");
        assert_eq!(said.code, Some(0), "{argv}: {}", said.short());
    }
}

/// The archives that are in a folder of which Java takes all.
#[test]
fn an_archive_of_a_folder_is_not_another_one() {
    let place = place();
    place
        .put("lib/app.jar", "good")
        .put("p.pl", plan("step m = process.run(argv: [\"java\", \"-cp\", \"lib/*\", \"Main\"])"));
    let digest = place.digest("p.pl");
    place.put("lib/app.jar", "evil");
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(5).says("lib/app.jar");
}
