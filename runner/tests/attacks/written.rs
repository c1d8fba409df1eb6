//! What planc itself writes where its caller says, and what it takes a word for: nothing there is what others execute, and no word is two things.

use crate::around::write;
use crate::place::{Place, said};
use crate::terminal::{Act, on_terminal};
use std::fs;

#[test]
fn what_planc_writes_is_nothing_that_a_shell_starts_with() {
    let place = Place::new();
    place.put("a.pl", write("a.txt"));
    let digest = place.digest("a.pl");
    place
        .planc(&["approve", &digest, "--comment", "$(id)", "--statement", "../home/.bash_profile.json"])
        .exits(2)
        .says("is hidden");
    place.planc(&["run", "--approve", "a.pl"]).exits(0);
    let run = place.last_run();
    for path in ["../home/.x.json", "../home/.config/x/y.json", ".envrc.json", ".planc/x.json", ".claude/x.json"] {
        place.planc(&["evidence", &run, "-o", path]).exits(2).says("is hidden");
    }
    place.put(
        "tools.json",
        "{\"tools\": [{\"name\": \"x\", \"description\": \"$(id)\", \"inputSchema\": {\"type\": \"object\"}}]}",
    );
    for (path, why) in
        [("../home/.profile.pl", "is hidden"), ("../home/profile", "ends in `.pl`"), (".claude/z.pl", "is hidden")]
    {
        place.planc(&["tools", "import", "--mcp", "x", "--from", "tools.json", "--to", path]).exits(2).says(why);
    }
    assert_eq!(fs::read_dir(place.at("home")).unwrap().count(), 0);
    // Nor behind a link, to what is there or is not.
    place.put("x/keep", "");
    place.put("../home/.config/keep", "");
    for (target, name) in
        [("../../home/.bashrc", "x/a.json"), ("../home/.config", "y/x.json"), ("../../home/.config/keep", "x/c.json")]
    {
        place.link(target, name.strip_suffix("/x.json").unwrap_or(name));
        place.planc(&["evidence", &run, "-o", name]).exits(2).says("or a link to what is");
    }
    assert!(!place.at("home/.bashrc").exists() && !place.at("home/.config/x.json").exists());
}

/// What planc writes of a plan's words where its caller says is called as its form is, and lies where nobody executes it.
#[test]
fn what_planc_writes_is_nothing_that_others_execute() {
    let place = Place::new();
    place.put("sub/planc.toml", "").put("bare/HEAD", "").put("bare/hooks/keep", "").put("docs/keep", "");
    place.put("a.pl", write("a.txt").replace("\"w\"", "\"Notes $(id)\""));
    let digest = place.digest("a.pl");
    place.planc(&["run", "--approve", "a.pl"]).exits(0);
    let run = place.last_run();
    place.put("../out/.claude/keep", "").put("../out/.git/hooks/keep", "").put(".git/hooks/keep", "");
    place.link("GNUmakefile", "link.json");
    place.link(".git", "repository");
    for (path, why) in [
        ("GNUmakefile", "name one that ends in `.json`"),
        ("CLAUDE.md", "name one that ends in `.json`"),
        ("policy.cedar", "name one that ends in `.json`"),
        ("docs/planc.toml", "name one that ends in `.json`"),
        ("link.json", "a link"),
        (".git/hooks/x.json", "is hidden"),
        ("repository/hooks/x.json", "is hidden"),
        ("bare/hooks/x.json", "execute and go by"),
        ("../out/.claude/x.json", "execute and go by"),
        ("../out/.git/hooks/x.json", "execute and go by"),
        ("sub/x.json", "is a workspace of its own"),
    ] {
        place.planc(&["evidence", &run, "-o", path]).exits(2).says(why);
        place.planc(&["approve", &digest, "--statement", path]).exits(2).says(why);
        assert!(!place.ws().join(path).exists(), "{path}");
    }
    for path in ["docs/bundle.json", "../out/bundle.json"] {
        place.planc(&["evidence", &run, "-o", path]).exits(0);
        place.planc(&["evidence", &run, "-o", path]).exits(2).says("is there already");
        place.planc(&["verify", path]).exits(0);
    }
}

/// Tries to have planc write a file without its ending, in each way that there is.
fn written(place: &Place, (run, digest): (&str, &str), path: &str, why: Option<&str>) {
    let (json, pl) = (format!("{path}.json"), format!("{path}.pl"));
    let import = ["tools", "import", "--mcp", "x", "--from", "tools.json"];
    let commands = [
        (vec!["evidence", run, "-o", &json], json.as_str()),
        (vec!["approve", digest, "--statement", &json], &json),
        (vec!["approve", digest, "--sign", "--output", &json], &json),
        ([&import[..], &["--to", &pl]].concat(), &pl),
        // One that the caller says there is, and that is not there.
        ([&import[..], &["--catalogue", &pl]].concat(), &pl),
    ];
    for (at, (command, file)) in commands.into_iter().enumerate() {
        let said = place.planc(&command);
        let file = place.ws().join(file);
        match why {
            Some(why) => {
                said.exits(2).says(why);
                assert!(!file.exists(), "{command:?}");
                assert!(!file.with_extension("mcp.json").exists() && !file.with_extension("json.sig").exists());
            }
            // Who signs is asked on a terminal, and what was planned under other rules waits for nothing.
            None if matches!(at, 1 | 2) => assert!(!said.err.contains("writes no such file"), "{}", said.short()),
            None => drop(said.exits(0)),
        }
        for file in [file.with_extension("mcp.json"), file] {
            let _ = fs::remove_file(file);
        }
    }
}

/// What planc writes where its caller says lies in this workspace or in none, and here where a plan may write it that nobody reads.
#[test]
fn what_planc_writes_is_nothing_that_no_plan_could_write() {
    let place = Place::new();
    let tools =
        "{\"tools\": [{\"name\": \"find\", \"description\": \"evil\", \"inputSchema\": {\"type\": \"object\"}}]}";
    place.put("tools.json", tools).put("a.pl", write("a.txt")).put("b.pl", write("b.txt"));
    place.planc(&["run", "--approve", "a.pl"]).exits(0);
    let (run, digest) = (place.last_run(), place.digest("b.pl"));
    let of = (run.as_str(), digest.as_str());
    for folder in ["plugins/keep", "lib/keep", "docs/keep", "cats/keep", "catalogues/keep", "srv.py"] {
        place.put(folder, "");
    }
    place
        .put("../other/planc.toml", "")
        .put("../other/plugins/keep", "")
        .put("../out/work/keep", "")
        .put("../out/cats/keep", "");
    place.link("../other/plugins", "led");
    place.link("../out", "open");
    place.link("../out/cats", "more");
    let crm = |args: &str, more: &str| format!("[servers.crm]\ncommand = \"python3\"\nargs = {args}\n{more}");
    let here = crm("[\"srv.py\", \"plugins\"]", "data = [\"docs\", \"docs/**\"]\n");
    let work = crm("[\"srv.py\"]", "cwd = \"../out/work\"\n");
    let denies = "[[policy.rule]]\neffects = [\"writes\"]\nresources = [\"docs/**\"]\ndecision = \"deny\"\n".to_owned();
    let around = "lies in the workspace `";
    for (config, path, why) in [
        ("", "../other/plugins/x", Some(around)),
        ("", "../other/new/x", Some(around)),
        ("", "led/x", Some(around)),
        ("", "docs/../../other/x", Some(around)),
        ("", "docs/x", None),
        ("", "../out/x", None),
        ("", "open/x", None),
        ("[policy]\n\"fs.*\" = \"deny\"\n", "docs/x", Some("policy denies `fs.write`")),
        ("[policy]\n\"fs.*\" = \"deny\"\n", "../out/x", None),
        (&denies, "docs/x", Some("policy denies `fs.write`")),
        (&denies, "lib/../docs/x", Some("policy denies `fs.write`")),
        (&denies, "lib/x", None),
        (&here, "plugins/x", Some("as a part of a server")),
        (&here, "lib/x", Some("is what the server `crm` may load")),
        (&here, "docs/x", None),
        (&here, "../out/x", None),
        (&work, "../out/work/x", Some("lies in what planc goes by here")),
        (&work, "../out/x", None),
        ("", "../state/x", Some("lies in what planc goes by here")),
    ] {
        place.put("planc.toml", config);
        written(&place, of, path, why);
    }
    // A catalogue is where the configuration says, and nowhere else where that looks for them.
    let import =
        |more: &[&str]| place.planc(&[&["tools", "import", "--mcp", "x", "--from", "tools.json"], more].concat());
    let own = "is planc's own";
    for (config, path, why) in [
        ("[catalogues]\nfiles = [\"cats/*.pl\"]\n", "cats/x.pl", own),
        ("[catalogues]\nfiles = [\"cats/*.pl\"]\n", "docs/../cats/y.pl", own),
        ("[catalogues]\nfiles = [\"more/*.pl\"]\n", "../out/cats/x.pl", "lies in what planc goes by here"),
    ] {
        place.put("planc.toml", config);
        import(&["--to", path]).exits(2).says(why).says("list it in `[catalogues]`");
        assert!(!place.has(path), "{path}");
    }
    place.put("planc.toml", format!("{here}[catalogues]\nfiles = [\"cats/x.pl\"]\n"));
    for more in [&["--to", "cats/x.pl"][..], &["--to", "docs/../cats/x.pl"], &[]] {
        import(more).exits(0);
        assert!(place.has("cats/x.pl") && place.has("cats/x.mcp.json"));
        fs::remove_file(place.ws().join("cats/x.pl")).unwrap();
    }
    place.put("planc.toml", here);
    import(&[]).exits(0);
    assert!(place.has("catalogues/x.pl"));
}

#[test]
fn what_planc_writes_goes_through_no_link() {
    let place = Place::new();
    place.put("tools.json", "{\"tools\": [{\"name\": \"x\", \"inputSchema\": {\"type\": \"object\"}}]}");
    place.put("../home/.bashrc", "kept").put("man/keep", "").put("catalogues/keep", "");
    for name in ["catalogues/.x.pl.new", "catalogues/.x.mcp.json.new", "catalogues/x.mcp.json", "man/planc.1"] {
        place.link("../../home/.bashrc", name);
    }
    let import = |name: &str| place.planc(&["tools", "import", "--mcp", name, "--from", "tools.json"]);
    // A lock that says something else is none.
    import("x").exits(2);
    fs::remove_file(place.ws().join("catalogues/x.mcp.json")).unwrap();
    place.link("../../home/.new", "catalogues/x.mcp.json");
    import("x").exits(2);
    fs::remove_file(place.ws().join("catalogues/x.mcp.json")).unwrap();
    import("x").exits(0);
    // A catalogue that is a link within the workspace stays one.
    let moved = |from: &str, to: &str| fs::rename(place.ws().join(from), place.ws().join(to)).unwrap();
    place.put("mine/keep", "");
    moved("catalogues/x.pl", "mine/x.pl");
    place.link("../mine/x.pl", "catalogues/x.pl");
    place.put("mine/x.pl", place.get("mine/x.pl").replace("tool x()", "tool x( )"));
    fs::remove_file(place.ws().join("catalogues/x.mcp.json")).unwrap();
    import("x").exits(0);
    assert!(place.ws().join("catalogues/x.pl").is_symlink() && place.has("catalogues/x.mcp.json"));
    fs::remove_file(place.ws().join("catalogues/x.pl")).unwrap();
    moved("mine/x.pl", "catalogues/x.pl");
    place.planc(&["man", "--dir", "man"]).exits(2).says("a link to what is");
    fs::remove_file(place.ws().join("man/planc.1")).unwrap();
    place.planc(&["man", "--dir", "man"]).exits(0);
    assert!(place.get("man/planc.1").contains("planc") && place.has("man/planc-plan.1"));
    assert!(place.get("catalogues/x.pl").contains("tool x()"));
    // Nor through a folder that is one.
    fs::rename(place.ws().join("catalogues"), place.ws().join("before")).unwrap();
    place.link("../home", "catalogues");
    import("y").exits(2).says("leads out of the workspace");
    assert_eq!(place.get("../home/.bashrc"), "kept");
    assert_eq!(fs::read_dir(place.at("home")).unwrap().count(), 1);
    // A text in another form is written where it was read, in this workspace.
    for (target, code) in [("../p.pl", 2), ("before/p.pl", 0)] {
        place.put(target, "plan \"P\"   {\n}\n");
        let _ = fs::remove_file(place.ws().join("p.pl"));
        place.link(target, "p.pl");
        place.planc(&["fmt", "p.pl"]).exits(code);
        assert_eq!((place.get(target).contains("   "), place.ws().join("p.pl").is_symlink()), (code == 2, true));
    }
}

#[test]
fn a_demo_is_played_in_no_workspace() {
    let place = Place::new();
    place.put("planc.toml", "[programs]\nscratch = [\"target\"]\n").put("target/keep", "");
    place.link(place.ws().join("target"), "../out/target");
    place.link("../../out/led", "target/link");
    place.planc(&["demo", "hello", "target/link"]).exits(2).says("File exists");
    assert!(!place.at("out/led").exists());
    for folder in ["target/demo", "demo", "../out/target/demo", "../out/target/../x"] {
        place.planc(&["demo", "hello", folder]).exits(2).says("lies in the workspace of");
        assert!(!place.has(folder), "{folder}");
    }
    let mut command = place.command(&["demo", "hello"]);
    command.env("TMPDIR", place.ws().join("target"));
    said(command).exits(2).says("lies in the workspace of");
    place.planc(&["demo", "config-to-toml", "../out/demo"]).exits(0);
    place.planc(&["demo", "hello", "../out/demo"]).exits(2).says("File exists");
}

#[test]
fn a_file_that_is_called_as_a_run_is_not_taken_for_it() {
    let place = Place::new();
    let ran = |path: &str| {
        place.put("a.pl", write(path));
        place.planc(&["run", "--approve", "a.pl"]).exits(0);
        place.last_run()
    };
    let (good, other) = (ran("a.txt"), ran("b.txt"));
    let bundle = |name: &str| {
        place.planc(&["evidence", &good, "-o", "bundle.json"]).exits(0);
        fs::rename(place.ws().join("bundle.json"), place.ws().join(name)).unwrap();
    };
    bundle(&other);
    let named = format!("./{other}");
    place.planc(&["verify", &other]).exits(2).says("is the name of a run and of a file").says(&named);
    place.planc(&["verify", &named]).exits(0).says(&good);
    place.planc(&["verify", &good]).exits(0).says("is as it was written");
    let (digest, signers) = (place.digest("a.pl"), ["--signers", "signers"]);
    place.put(&digest, "text").put("signers", "");
    for word in [&other, &digest] {
        place.planc(&[&["verify-approval", word], &signers[..]].concat()).exits(2).says("of a run and of a file");
    }
    // A name of hexadecimal digits that no run has is a file.
    bundle("feed");
    place.planc(&["verify", "feed"]).exits(0).says(&good);
    // The same for a plan that is compared, and one that is run.
    place.put("a.pl", write("c.txt"));
    let waiting = place.digest("a.pl");
    for word in [&other, &waiting] {
        place.put(word, write("evil.txt"));
        place.planc(&["diff", &good, word]).exits(2).says("of a run and of a file").says(&format!("./{word}"));
        place.planc(&["diff", word, &good]).exits(2).says("of a run and of a file");
        for args in [["run", word].as_slice(), &["run", "--approve", word]] {
            place.planc(args).exits(2).says("of a run and of a file").says(&format!("./{word}"));
        }
        place.planc(&["diff", &good, &format!("./{word}")]).exits(1);
        assert!(!place.has("evil.txt"));
    }
    place.planc(&["run", "--approve", &format!("./{waiting}")]).exits(0);
    assert!(place.has("evil.txt"));
    place.put("feed", write("d.txt"));
    place.planc(&["run", "--approve", "feed"]).exits(0);
}

/// Where every plan wants more than a yes, planc writes nothing into the workspace with nobody's.
#[test]
fn what_planc_writes_waits_where_every_plan_does() {
    for rule in ["require = \"terminal\"", "require = \"signed\"\nsigners = \"../out/signers\""] {
        let place = Place::new();
        place.put("../out/signers", "").put("a.pl", "plan \"Look\" {\n  step a = fs.stat(path: \"a.pl\")\n}\n");
        place.put("t.json", "{\"tools\": [{\"name\": \"x\", \"inputSchema\": {\"type\": \"object\"}}]}");
        place.run("a.pl").exits(0);
        let (run, digest) = (place.last_run(), place.digest("a.pl"));
        place.put("planc.toml", format!("[approval]\n{rule}\n"));
        let import = ["tools", "import", "--mcp", "x", "--from", "t.json", "--to"];
        for (args, name) in [
            (["evidence", run.as_str(), "-o"].as_slice(), "x.json"),
            (&["approve", digest.as_str(), "--statement"], "x.json"),
            (&import, "x.pl"),
        ] {
            let told = "is none that a plan may write with nobody's yes: `[approval]` asks for";
            place.planc(&[args, &[name]].concat()).exits(2).says(told);
            assert!(!place.ws().join(name).exists(), "{rule} {args:?}");
        }
        place.planc(&["evidence", &run, "-o", "../out/x.json"]).exits(0);
        // A person says yes, or no.
        let asks = "Write it all the same?";
        let (code, shown) = on_terminal(&place, &["evidence", &run, "-o", "x.json"], asks, &Act::Type(b"no\n"));
        assert_eq!((code, place.has("x.json")), (3, false), "{shown}");
        let (code, shown) = on_terminal(&place, &["evidence", &run, "-o", "x.json"], asks, &Act::Type(b"yes\n"));
        assert_eq!((code, place.has("x.json")), (0, true), "{shown}");
    }
    // Where no operator has said anything it is a folder of no workspace.
    let place = Place::new().unsaid();
    place.put("a.pl", "plan \"Look\" {\n  step a = fs.stat(path: \"a.pl\")\n}\n");
    place.run("a.pl").exits(0);
    place.planc(&["evidence", &place.last_run(), "-o", "x.json"]).exits(0);
}

/// A catalogue that goes where the configuration says goes there, and not where a link leads into another workspace.
#[test]
fn a_catalogue_is_written_into_no_workspace_within() {
    let place = Place::new();
    place.put("planc.toml", "[workspace]\nnested = [\"sub\"]\n").put("sub/planc.toml", "");
    place.put("t.json", "{\"tools\": [{\"name\": \"x\", \"inputSchema\": {\"type\": \"object\"}}]}");
    let import = ["tools", "import", "--mcp", "x", "--from", "t.json"];
    place.link("sub", "catalogues");
    for more in [[].as_slice(), &["--to", "catalogues/x.pl"], &["--to", "sub/x.pl"]] {
        place.planc(&[&import, more].concat()).exits(2);
        assert!(!place.ws().join("sub/x.pl").exists(), "{more:?}");
    }
    // A folder of this workspace behind a link is one.
    place.put("tools/keep", "");
    fs::remove_file(place.ws().join("catalogues")).unwrap();
    place.link("tools", "catalogues");
    place.planc(&import).exits(0);
    assert!(place.ws().join("tools/x.pl").exists());
}

/// The folder of each file is the one that was judged, whatever its name leads to while planc reads or a person is asked.
#[test]
fn what_planc_writes_goes_where_it_was_judged() {
    let place = Place::new();
    place.put("a.pl", "plan \"Look\" {\n  step a = fs.stat(path: \"a.pl\")\n}\n").run("a.pl").exits(0);
    let run = place.last_run();
    place.put("planc.toml", "[catalogues]\nfiles = [\"own/crm.pl\"]\n[approval]\nrequire = \"terminal\"\n");
    let crm = "catalogue crm {\n  tool wipe(id: string) -> string {\n    deletes \"crm:customers\"\n  }\n}\n";
    place.put(".git/hooks/keep", "").put("own/crm.pl", crm).put("d/keep", "").put("../out/d/keep", "");
    let ws = place.ws();
    let swap = move || {
        fs::rename(ws.join("d"), ws.join("d.old")).unwrap();
        std::os::unix::fs::symlink(ws.join(".git/hooks"), ws.join("d")).unwrap();
    };
    let there = |folder: &str| fs::read_dir(place.ws().join(folder)).unwrap().count();
    // While a person is asked.
    let before = there(".git/hooks");
    let (code, shown) = on_terminal(
        &place,
        &["evidence", &run, "-o", "d/x.json"],
        "Write it all the same?",
        &Act::Meanwhile(Box::new(swap), b"yes\n"),
    );
    assert!(code == 0 && there(".git/hooks") == before && place.has("d.old/x.json"), "{shown}");
    // While planc reads, it reads no pipe: whoever fills it would decide when it goes on.
    let tool = "{\"name\": \"wipe\", \"inputSchema\": {\"type\": \"object\"}}";
    place.put("t.json", format!("{{\"tools\": [{tool}]}}"));
    let import = ["tools", "import", "--mcp", "crm", "--from", "t.json", "--to", "../out/d/crm.pl"];
    let pages = ["man", "--dir", "../out/d"];
    for (pipe, args) in [("crm.pl", import.as_slice()), ("crm.mcp.json", &import), ("planc.1", &pages)] {
        let script = format!(
            "mkfifo d/{pipe}; touch ready; exec 3> d/{pipe}; cat text >&3; mv d old; ln -s ../ws/own d; exec 3>&-"
        );
        place.put("../out/text", crm.replace("deletes", "reads"));
        let mut filler = std::process::Command::new("sh").args(["-c", &script]).current_dir(place.at("out")).spawn();
        while !place.at("out/ready").exists() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        place.planc(args).exits(2);
        let filler = filler.as_mut().unwrap();
        filler.kill().unwrap();
        filler.wait().unwrap();
        assert_eq!((place.get("own/crm.pl"), there("own")), (crm.to_owned(), 1), "{pipe}");
        fs::remove_file(place.at("out/ready")).unwrap();
        fs::remove_file(place.at("out/d").join(pipe)).unwrap();
    }
    // Folders that are not there yet are made, and not behind a link that is.
    place.planc(&["man", "--dir", "../out/new/man1"]).exits(0);
    assert!(place.at("out/new/man1/planc.1").exists());
    place.link("nothing", "../out/led");
    place.planc(&["man", "--dir", "../out/led"]).exits(2);
    assert!(!place.at("out/nothing").exists());
}

/// A person says yes to the folder that the question names, and to no other.
#[test]
fn a_workspace_is_made_in_the_folder_that_was_asked_about() {
    let place = Place::new().unsaid();
    for folder in ["important/keep", "other/keep", "x/keep"] {
        place.put(&format!("../out/{folder}"), "");
    }
    place.link(place.at("out/important"), "../out/led");
    let asked = format!("Write `planc.toml` into `{}`?", place.at("out/important").display());
    let (code, shown) = on_terminal(&place, &["init", "../out/led"], "is a yes:", &Act::Type(b"no\n"));
    let plain: String = shown.split_whitespace().filter(|word| *word != "┊").collect();
    assert!(code == 6 && plain.contains(&asked.replace(' ', "")), "{shown}");
    let out = place.at("out");
    let swap = move || {
        fs::remove_dir_all(out.join("x")).unwrap();
        std::os::unix::fs::symlink(out.join("other"), out.join("x")).unwrap();
    };
    let meanwhile = Act::Meanwhile(Box::new(swap), b"yes\n");
    let (code, shown) = on_terminal(&place, &["init", "../out/x"], "is a yes:", &meanwhile);
    assert!(code == 2 && !place.at("out/other/planc.toml").exists(), "{shown}");
    // Where a configuration is, nobody is asked, and nothing is written.
    place.put("planc.toml", "[catalogues]\nfiles = [\"*.pl\"]\n[policy]\n\"fs.*\" = \"deny\"\n");
    place.put("../out/other/planc.toml", "");
    for args in [["-C", ".", "init"].as_slice(), &["-C", "../out/other", "init"], &["init", "../out/other"]] {
        place.planc(args).exits(0).says("kept planc.toml").says("nothing was written");
        assert!(!place.has("hello.pl") && !place.at("out/other/hello.pl").exists(), "{args:?}");
    }
}
