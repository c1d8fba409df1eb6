//! Out of reach: links of every kind, other names of planc's own files, pipes and devices, other hosts, and texts that
//! are expensive to look at.

use crate::place::{Place, exact_picture, picture};
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

/// A plan whose `critical` covers everything, with these steps.
fn plan(steps: &str) -> String {
    format!(
        "plan \"x\" {{\n critical {{\n read \"**\"\n create \"**\"\n modify \"**\"\n delete \"**\"\n run \"sh\"\n run \"cat\"\n }}\n{steps}\n}}\n"
    )
}

/// A step for each tool that could get hold of `path`.
fn touching(path: &str) -> Vec<String> {
    vec![
        format!("step s = fs.read(path: \"{path}\")"),
        format!("step s = fs.write(path: \"{path}\", text: \"evil\")"),
        format!("step s = fs.append(path: \"{path}\", text: \"evil\")"),
        format!("step s = fs.edit(path: \"{path}\", edits: [{{ find: \"s\", replace: \"evil\" }}])"),
        format!("step s = fs.copy(from: \"{path}\", to: \"copy\")"),
        format!("step s = fs.copy(from: \"plain\", to: \"{path}\", replace: true)"),
        format!("step s = fs.move(from: \"plain\", to: \"{path}\")"),
        format!("step s = process.run(argv: [\"sh\", \"-c\", \"echo evil > s\"], directory: \"{path}\")"),
    ]
}

#[test]
fn no_link_leads_out() {
    let place = Place::new();
    place.open(&["sh"]);
    fs::write(place.at("out/secret"), "secret").unwrap();
    place.put("plain", "plain").put("dir/x", "");
    place.put("p.pl", plan("step s = fs.stat(path: \"plain\")"));
    place.planc(&["plan", "p.pl"]).exits(0);
    let (out, state) = (place.at("out"), place.state());
    let links: [(&std::path::Path, &str); 8] = [
        (&out.join("secret"), "file"),
        (&out, "folder"),
        ("../out/secret".as_ref(), "relative"),
        ("..".as_ref(), "up"),
        ("dir/../../out".as_ref(), "around"),
        (&state, "state"),
        ("/etc/passwd".as_ref(), "etc"),
        (&out.join("gone"), "dangling"),
    ];
    for (target, name) in links {
        symlink(target, place.ws().join(name)).unwrap();
    }
    symlink("folder", place.ws().join("chain")).unwrap();
    let paths = [
        "file",
        "folder/secret",
        "folder/new",
        "relative",
        "up/out/secret",
        "around/secret",
        "state/planc.db",
        "state/new",
        "etc",
        "dangling",
        "chain/secret",
    ];
    let outside = (picture(&out), fs::read("/etc/passwd").unwrap());
    for path in paths {
        for step in touching(path) {
            place.put("p.pl", plan(&step));
            let before = exact_picture(&place.ws());
            let said = place.planc(&["run", "--approve", "p.pl"]);
            assert!(matches!(said.code, Some(1 | 3)), "{step} {}", said.short());
            assert!(!said.out.contains("root:"), "{step}");
            assert_eq!(exact_picture(&place.ws()), before, "{step}");
            assert_eq!((picture(&out), fs::read("/etc/passwd").unwrap()), outside, "{step}");
        }
    }
    // Seen by globs and searches, but not followed.
    place.put("p.pl", plan("step s = fs.search(pattern: \"secret|root\", files: \"**\", ignored: true)\nstep g = fs.glob(pattern: \"**\", ignored: true)"));
    let said = place.planc(&["--format", "json", "plan", "p.pl"]).exits(0);
    assert!(!said.out.contains("folder/secret") && !said.out.contains("root:x"), "{}", said.short());
}

/// Somebody swaps a folder for a link after it was approved, or a program of the run does.
#[test]
fn what_is_swapped_for_a_link_is_not_followed() {
    let write = "step s = fs.write(path: \"dir/new\", text: \"evil\")";
    let place = Place::new();
    place.put("dir/x", "x").put("p.pl", plan(write));
    let digest = place.digest("p.pl");
    place.yes(&digest);
    let run = place.last_run();
    fs::rename(place.ws().join("dir"), place.ws().join("was")).unwrap();
    place.link(place.at("out"), "dir");
    let outside = picture(&place.at("out"));
    place.planc(&["run", &run]).exits_with(&[4, 5]);
    assert_eq!(picture(&place.at("out")), outside);

    for act in [
        write,
        "step s = fs.append(path: \"dir/x\", text: \"evil\")",
        "step s = fs.delete(path: \"dir/x\")",
        "step s = fs.delete(path: \"dir\", recursive: true)",
        "step s = fs.move(from: \"dir/x\", to: \"dir/y\")",
        "step s = fs.copy(from: \"dir\", to: \"copied\")",
        "step s = fs.make_dir(path: \"dir/deep/er\")",
    ] {
        let place = Place::new();
        fs::write(place.at("out/x"), "precious").unwrap();
        let swap = format!(
            "step swap = process.run(argv: [\"sh\", \"-c\", \"mv dir was; ln -s {} dir\"])\n{act}",
            place.at("out").display()
        );
        place.put("dir/x", "x").put("p.pl", plan(&swap));
        let outside = picture(&place.at("out"));
        place.run("p.pl");
        assert_eq!(picture(&place.at("out")), outside, "{act}");
        assert!(!place.has("copied/x") || place.get("copied/x") != "precious", "{act}");
        place.planc(&["undo", &place.last_run()]);
        assert_eq!(picture(&place.at("out")), outside, "{act}");
    }
}

#[test]
fn planc_itself_is_out_of_reach_under_every_name() {
    let place = Place::new();
    place.put("planc.toml", "[catalogues]\nfiles = [\"tools/mine.pl\"]\n# s\n");
    place.put("tools/mine.pl", "catalogue mine { tool t(p: path) -> any { pure } }\n").put("plain", "plain");
    fs::hard_link(place.ws().join("planc.toml"), place.ws().join("hard.toml")).unwrap();
    fs::hard_link(place.ws().join("tools/mine.pl"), place.ws().join("hard.pl")).unwrap();
    place.link("planc.toml", "soft.toml");
    place.link("tools", "soft");
    place.put("sub/planc.toml", "# s\n");
    let kept = ["planc.toml", "tools/mine.pl", "hard.toml", "hard.pl", "sub/planc.toml"];
    let before: Vec<String> = kept.iter().map(|path| place.get(path)).collect();
    let paths = [
        "planc.toml",
        "PLANC.TOML",
        "Planc.Toml",
        "./planc.toml",
        "hard.toml",
        "soft.toml",
        "tools/mine.pl",
        "soft/mine.pl",
        "hard.pl",
        "TOOLS/MINE.PL",
        "sub/planc.toml",
        "dir/.planc/x",
        ".planc-0123456789abcdef0123456789abcdef",
        "new/planc.toml",
    ];
    for path in paths {
        for step in touching(path).into_iter().filter(|step| !step.contains("directory:")) {
            place.put("p.pl", plan(&step));
            let said = place.planc(&["run", "--approve", "p.pl"]);
            assert_eq!(said.code, Some(1), "{step} {}", said.short());
        }
    }
    for step in [
        "step s = fs.delete(path: \"sub\", recursive: true)",
        "step s = fs.move(from: \"tools\", to: \"away\")",
        "step s = fs.copy(from: \"tools\", to: \"away\")",
        "step s = fs.delete(path: \"tools/mine.pl\")",
        "step s = fs.move(from: \"planc.toml\", to: \"away\")",
    ] {
        place.put("p.pl", plan(step));
        let said = place.planc(&["run", "--approve", "p.pl"]);
        assert_eq!(said.code, Some(1), "{step} {}", said.short());
    }
    assert_eq!(kept.iter().map(|path| place.get(path)).collect::<Vec<_>>(), before);
    // What only looks like it is another file, and changes nothing of planc's.
    for look_alike in ["planc․toml", "plаnc.toml", "planc.toml\u{200b}", "ｐlanc.toml", "planc.toml ", "planc.toml."]
    {
        place.put("p.pl", plan(&format!("step s = fs.write(path: \"{look_alike}\", text: \"evil\")")));
        let said = place.planc(&["run", "--approve", "p.pl"]);
        assert!(matches!(said.code, Some(0 | 1)), "{look_alike} {}", said.short());
        assert!(crate::place::is_harmless(&said.out), "{look_alike} {}", said.short());
    }
    assert_eq!(kept.iter().map(|path| place.get(path)).collect::<Vec<_>>(), before);
}

/// A program is arbitrary code, and planc says so; what it did to the configuration counts from the next command on.
#[test]
fn planc_is_not_run_by_its_own_plans() {
    let place = Place::new();
    let planc = assert_cmd::cargo::cargo_bin!("planc");
    fs::hard_link(planc, place.at("bin/alias"))
        .or_else(|_| fs::copy(planc, place.at("bin/alias")).map(|_| ()))
        .unwrap();
    symlink(planc, place.at("bin/linked")).unwrap();
    for name in [planc.to_str().unwrap(), "linked"] {
        place.put("p.pl", format!("plan \"x\" {{ critical {{ run \"{name}\" }}\nstep s = process.run(argv: [\"{name}\", \"approve\", \"x\"]) }}"));
        let said = place.planc(&["plan", "p.pl"]);
        assert_eq!(said.code, Some(1), "{name} {}", said.short());
    }
}

#[test]
fn pipes_and_devices_are_passed_over() {
    let place = Place::new();
    place.put("x", "needle");
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, place.ws().join("pipe"), fifo, 0o644.into(), 0).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, place.ws().join(".gitignore"), fifo, 0o644.into(), 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.ws().join("socket")).unwrap();
    place.link("/dev/zero", "zero");
    place.link("pipe", "to-pipe");
    let began = Instant::now();
    place.put("p.pl", plan("step s = fs.search(pattern: \"needle\", files: \"**\", ignored: true)\nstep t = fs.list()\nstep u = fs.glob(pattern: \"**\")"));
    place.run("p.pl").exits(0);
    for path in ["pipe", "to-pipe", "socket", "zero"] {
        for step in touching(path).into_iter().filter(|step| !step.contains("fs.move") && !step.contains("directory:"))
        {
            place.put("p.pl", plan(&step));
            let said = place.planc(&["plan", "p.pl"]);
            assert!(matches!(said.code, Some(1)), "{step} {}", said.short());
        }
    }
    for (program, code) in [("cat", 0), ("sh", 1)] {
        let argv = format!("[{program:?}, \"pipe\", \"socket\", \"zero\", \".gitignore\"]");
        place.put("p.pl", plan(&format!("step s = process.run(argv: {argv})")));
        place.planc(&["plan", "p.pl"]).exits(code);
    }
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn expensive_patterns_are_bounded() {
    let place = Place::new();
    place.put("x", "a".repeat(100_000));
    let braces = "{a,b}".repeat(5_000);
    let deep = format!("{}x{}", "{".repeat(3_000), "}".repeat(3_000));
    let stars = "*a".repeat(2_000);
    let questions = "?".repeat(10_000);
    let folders = "**/".repeat(3_000);
    for step in [
        "step s = fs.search(pattern: \"(a*)*(a*)*(a*)*b\", files: \"**\")".to_owned(),
        "step s = fs.search(pattern: \"((((a{1,100}){1,100}){1,100}){1,100})\", files: \"**\")".to_owned(),
        format!("step s = fs.search(pattern: \"{}\", files: \"**\")", "(".repeat(5_000)),
        format!("step s = fs.search(pattern: \"{}a{}\", files: \"**\")", "(".repeat(5_000), ")".repeat(5_000)),
        format!("step s = fs.glob(pattern: \"{braces}\")"),
        format!("step s = fs.glob(pattern: \"{deep}\")"),
        format!("step s = fs.glob(pattern: \"{stars}\")"),
        format!("step s = fs.glob(pattern: \"{questions}\")"),
        format!("step s = fs.glob(pattern: \"{folders}x\")"),
        "step s = fs.search(pattern: \"a\", files: \"[\")".to_owned(),
    ] {
        place.put("p.pl", plan(&step));
        let began = Instant::now();
        let said = place.planc(&["plan", "p.pl"]);
        assert!(matches!(said.code, Some(0 | 1)), "{} {}", &step[..60], said.short());
        assert!(began.elapsed() < Duration::from_secs(20), "{} took {:?}", &step[..60], began.elapsed());
    }
    for glob in [braces, deep, stars] {
        place.put(
            "p.pl",
            format!("plan \"x\" {{ critical {{ create \"{glob}\" }}\nstep s = fs.write(path: \"y\", text: \"\") }}"),
        );
        let began = Instant::now();
        let said = place.planc(&["check", "p.pl"]);
        assert!(matches!(said.code, Some(0 | 1)), "{}", said.short());
        assert!(began.elapsed() < Duration::from_secs(20), "{} took {:?}", &glob[..20], began.elapsed());
    }
}

#[test]
fn only_the_host_that_is_named_is_contacted() {
    let place = Place::new();
    place.put("planc.toml", "[http]\nhosts = [\"good.invalid\"]\n");
    for url in [
        "file:///etc/passwd",
        "ftp://good.invalid/",
        "http://good.invalid@127.0.0.1:1/",
        "http://good.invalid:80@127.0.0.1:1/",
        "http://127.0.0.1:1\\\\@good.invalid/",
        "http://127.0.0.1:1#@good.invalid/",
        "http://127.0.0.1:1?@good.invalid/",
        "http:127.0.0.1:1/good.invalid",
        "//good.invalid/",
        "http://good.invalid%00.127.0.0.1:1/",
        "http://\u{ff47}ood.invalid/",
    ] {
        place.put(
            "p.pl",
            format!("plan \"x\" {{ critical {{ contact \"good.invalid\" }}\nstep s = http.get(url: \"{url}\") }}"),
        );
        let said = place.planc(&["run", "--approve", "p.pl"]);
        assert!(matches!(said.code, Some(1 | 3 | 4 | 6)), "{url} {}", said.short());
        assert!(!said.out.contains("root:"), "{url}");
    }
}

/// A late value is used as it is, and judged by what covers it.
#[test]
fn late_values_are_covered_or_refused() {
    let place = Place::new();
    let log = place.at("out/log");
    let late = |said: &str, act: &str| {
        plan(&format!("step late = process.run(argv: [\"sh\", \"-c\", \"printf '{said}'\"])\n{act}"))
            .replace("create \"**\"", "create \"ok/*\"")
            .replace("modify \"**\"\n delete \"**\"", "modify \"ok/*\"")
    };
    // A person looks at it, and says yes to whatever it is.
    let run = || {
        place.run("p.pl").exits(3);
        let yes = Act::Type(b"yes\n");
        on_terminal(&place, &["resume", &place.last_run()], "`no` ends the run here: ", &yes).0
    };
    let act = "let seen = endorse(late.stdout, \"seen\")\nstep made = fs.write(path: seen, text: late.stdout)";
    place.put("p.pl", late("ok/a", act));
    assert_eq!(run(), 0);
    assert_eq!(place.get("ok/a"), "ok/a");
    for path in ["evil", "ok/../evil", "../out/evil", "/etc/evil", "ok/a/../../evil", "planc.toml", "ok/deep/x"] {
        place.put("p.pl", late(path, act));
        let code = run();
        assert!(matches!(code, 4 | 6), "{path}: {code}");
    }
    assert!(
        !place.has("evil")
            && place.get("planc.toml").is_empty()
            && !place.has("ok/deep")
            && !place.at("out/evil").exists()
    );
    let act = format!(
        "let seen = endorse(late.stdout, \"seen\")\nstep acts = process.run(argv: [seen, \"{}\"])",
        log.display()
    );
    for program in ["touch", "/usr/bin/touch", "./touch"] {
        place.put("p.pl", late(program, &act));
        let said = place.planc(&["plan", "p.pl"]);
        if said.code == Some(0) {
            let code = run();
            assert!(matches!(code, 4 | 6), "{program}: {code}");
        }
    }
    assert!(!log.exists());
}
