//! What planc rewrites in another form, or makes where its caller says: a plan or a catalogue, and nothing that others go by.

use crate::place::{Place, said};
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

/// A plan that a repair rewrites, and its form after that.
const HABITS: &str = "plan 'w' {\n  # why\n  step a = fs.stat(path='.');\n}\n";

/// What is left as it is by a command, whatever its exit code.
#[track_caller]
fn left(place: &Place, args: &[&str], path: &str) {
    let before = place.get(path);
    let said = place.planc(args);
    assert_eq!(place.get(path), before, "{path}: {}", said.short());
    assert_ne!(said.code, Some(0), "{path}: {}", said.short());
}

/// What a repair would make of a text that is no plan, a program in another language reads.
#[test]
fn a_text_that_is_no_plan_is_not_repaired() {
    let place = Place::new();
    let script = "#!/bin/sh\n# The server.\nusage='run `id`';\n";
    for path in ["start.sh", "start.pl", "../home/.bashrc", "../out/signers", ".git/hooks/pre-commit", "x.toml"] {
        place.put(path, script);
        left(&place, &["check", "--fix", path], path);
        left(&place, &["fmt", path], path);
    }
    let perl = "exec \"python3\", 'set @{[`id`]} before'\n";
    place.put("perl.pl", perl);
    left(&place, &["check", "--fix", "perl.pl"], "perl.pl");
    // Called otherwise, a plan is left as well: nobody knows who reads that.
    for path in ["plan.txt", ".hidden.pl", ".claude/plan.pl", "../home/.config/x.pl", "hooks/x.pl"] {
        place.put("hooks/keep", "").put("HEAD", "").put(path, HABITS);
        left(&place, &["check", "--fix", path], path);
    }
    place.put("signers", "#agent@example.org ssh-ed25519 AAAA\n");
    left(&place, &["check", "--fix", "signers"], "signers");
    // What of a plan is still wrong keeps no other mistake of it.
    place.put("part.pl", "plan 'w' {\n  # why\n  step a = fs.stat(path: f\"{b!r}\")\n}\n");
    place.planc(&["check", "--fix", "part.pl"]).exits(1);
    assert!(place.get("part.pl").contains("// why"));
    // Shown it is, and what is read from standard input goes to standard output.
    place.planc(&["check", "--diff", "plan.txt"]).exits(0);
    assert!(place.planc(&["check", "--fix", "plan.txt"]).exits(2).out.contains("+plan \"w\" {"));
}

#[test]
fn what_others_go_by_is_not_rewritten() {
    let place = Place::new();
    place.put(
        "planc.toml",
        "[workspace]\nnested = [\"sub\"]\n[servers.crm]\ncommand = \"perl\"\nargs = [\"wired.pl\"]\n",
    );
    place.put("sub/planc.toml", "").put("../other/planc.toml", "");
    place.link("../other", "led");
    place.link("../out/far.pl", "far.pl");
    place.link("p.pl", "near.pl");
    for path in ["wired.pl", "sub/p.pl", "../other/p.pl", "../out/far.pl", "p.pl"] {
        place.put(path, HABITS);
    }
    for path in ["wired.pl", "sub/p.pl", "../other/p.pl", "led/p.pl", "far.pl"] {
        left(&place, &["check", "--fix", path], path);
        place.put("one.pl", "plan \"w\" {\nstep a = fs.stat(path: \".\")\n}\n");
    }
    let loose = "plan \"w\" {\nstep a = fs.stat(path: \".\")\n}\n";
    for path in ["wired.pl", "sub/p.pl", "../other/p.pl", "../out/far.pl", "p.pl"] {
        place.put(path, loose);
    }
    for path in ["wired.pl", "sub/p.pl", "../other/p.pl", "led/p.pl", "far.pl"] {
        left(&place, &["fmt", path], path);
    }
    // The form of a plan changes nothing that it says. A link within the workspace stays one.
    place.planc(&["fmt", "near.pl"]).exits(0);
    assert!(place.get("p.pl").contains("  step a") && place.ws().join("near.pl").is_symlink());
    place.planc(&["fmt", "../out/far.pl"]).exits(0);
}

#[test]
fn a_repair_wants_a_person_where_a_plan_would() {
    let place = Place::new();
    let crm = "catalogue crm {\n  # Looks.\n  tool look(p: path) -> string { reads p; }\n}\n";
    for rules in [
        "[approval]\nrequire = \"terminal\"\n",
        "[policy]\n\"fs.*\" = \"deny\"\n",
        "[policy]\n\"fs.write\" = \"ask\"\n",
        "[servers.crm]\ncommand = \"true\"\n",
    ] {
        place.put("planc.toml", rules).put("p.pl", HABITS);
        let before = place.get("p.pl");
        let said = place.planc(&["check", "--fix", "p.pl"]).exits(6).says("nobody is here to agree");
        assert!(said.out.contains("+plan \"w\" {"), "{}", said.short());
        assert_eq!(place.get("p.pl"), before, "{rules}");
        place.put("p.pl", "plan \"w\" {\nstep a = fs.stat(path: \".\")\n}\n");
        place.planc(&["fmt", "p.pl"]).exits(0);
    }
    // A catalogue by which every plan is made: its form is nobody's business, what it says is.
    place.put("planc.toml", "[catalogues]\nfiles = [\"crm.pl\"]\n").put("crm.pl", crm);
    place.planc(&["check", "--fix", "crm.pl"]).exits(6).says("is a catalogue");
    assert_eq!(place.get("crm.pl"), crm);
    let fix = ["check", "--fix", "crm.pl"];
    let (code, shown) = on_terminal(&place, &fix, "is a yes:", &Act::Type(b"y\n"));
    assert!(code == 3 && shown.contains("+  // Looks.") && place.get("crm.pl") == crm, "{shown}");
    let (code, shown) = on_terminal(&place, &fix, "is a yes:", &Act::Type(b"yes\n"));
    assert!(code == 0 && place.get("crm.pl").contains("// Looks."), "{shown}");
    place.put("crm.pl", "catalogue crm {\n// Looks.\ntool look(p: path) -> string { reads p }\n}\n");
    place.planc(&["fmt", "crm.pl"]).exits(0);
    // Where nobody has said anything there is no workspace, and nothing that goes by what is there.
    fs::remove_file(place.ws().join("planc.toml")).unwrap();
    place.put("p.pl", HABITS);
    place.planc(&["check", "--fix", "p.pl"]).exits(0);
    assert!(place.get("p.pl").contains("// why"));
}

#[test]
fn manual_pages_replace_no_file_of_anybody_else() {
    let place = Place::new();
    place.put(
        "planc.toml",
        "[workspace]\nnested = [\"sub\"]\n[servers.crm]\ncommand = \"true\"\nargs = [\"plugins\"]\n",
    );
    place.put("plugins/keep", "").put("sub/planc.toml", "").put("../other/planc.toml", "").put(".git/hooks/keep", "");
    place.link("../other", "led");
    for folder in ["plugins", "sub", "led", ".git/hooks", "../other"] {
        place.planc(&["man", "--dir", folder]).exits(2);
        assert_eq!(fs::read_dir(place.ws().join(folder)).unwrap().count(), 1, "{folder}");
    }
    place.put("../out/man/planc-plan.1", "mine\n");
    place.planc(&["man", "--dir", "../out/man"]).exits(2).says("no manual page of planc");
    assert_eq!(fs::read_dir(place.at("out/man")).unwrap().count(), 1);
    fs::remove_file(place.at("out/man/planc-plan.1")).unwrap();
    place.planc(&["man", "--dir", "../out/man"]).exits(0);
    place.planc(&["man", "--dir", "../out/man"]).exits(0);
}

#[test]
fn credentials_are_made_nowhere_but_in_the_state_directory() {
    let place = Place::new();
    place.put("../home/.config/keep", "");
    for argument in ["--credentials", "--approvers"] {
        for path in ["../home/.bashrc", "../home/.config/x.conf", "../out/x"] {
            let mut command = place.command(&["mcp", "--http", "127.0.0.1:0", argument, path]);
            command.stdin(Stdio::null());
            said(command).exits(2).says("cannot use the credentials").says("make it");
            assert!(!place.ws().join(path).exists(), "{path}");
        }
    }
}

/// A demo makes its repository of files: whoever calls planc chooses no program of it, by a name, by git's own variables or otherwise.
#[test]
fn a_demo_starts_no_program_but_planc() {
    let place = Place::new();
    let mark = place.at("out/evil");
    fs::create_dir_all(place.at("first")).unwrap();
    for name in ["sh", "git"] {
        place.program(&format!("first/{name}"), &format!("echo {name} >> {}", mark.display()));
    }
    let mut command = place.bare(&["demo", "release", "../out/demo"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", place.at("first").display()));
    command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "core.fsmonitor");
    command.env("GIT_CONFIG_VALUE_0", place.at("first/sh")).stdin(Stdio::null());
    said(command).exits(3);
    assert!(!mark.exists(), "{:?}", fs::read_to_string(&mark));
    assert!(place.at("out/demo/workspace/.git/HEAD").exists());
}

/// A tool that nobody has reviewed comes into a catalogue with nobody's yes: but not so that no plan can be made any more.
#[test]
fn an_import_leaves_catalogues_without_mistakes() {
    let place = Place::new();
    place.put("planc.toml", "[catalogues]\nfiles = [\"crm.pl\", \"own.pl\"]\n");
    let list = |tools: &str| format!("{{\"tools\": [{tools}]}}");
    let find = "{\"name\": \"find\", \"inputSchema\": {\"type\": \"object\"}}";
    let amount = "{\"name\": \"other\", \"inputSchema\": {\"type\": \"object\", \"$defs\": {\"Amount\": {\"type\": \"object\", \
        \"properties\": {\"b\": {\"$ref\": \"#/$defs/Amount\"}}}}, \"properties\": {\"p\": {\"$ref\": \"#/$defs/Amount\"}}}}";
    place.put("own.pl", "catalogue own {\n  tool x() -> string { pure }\n}\n").put("one.json", list(find));
    place.planc(&["tools", "import", "--mcp", "crm", "--from", "one.json"]).exits(0);
    let own = format!("type Amount = string(max: 3)\n\n{}", place.get("crm.pl"));
    place.put("crm.pl", &own).put("two.json", list(&format!("{find}, {amount}")));
    let import = ["tools", "import", "--mcp", "crm", "--from", "two.json"];
    place.planc(&import).exits(2).says("no plan could be made with").says("Amount");
    assert_eq!(place.get("crm.pl"), own);
    assert!(!place.get("crm.mcp.json").contains("other"));
    // Under a name that the operator gave to another.
    place.put(
        "crm.pl",
        own.replace("Amount", "Sum")
            .replace("tool find(", "tool other(")
            .replace("    pinned", "    named \"find\"\n    pinned"),
    );
    place.planc(&import).exits(2).says("`crm.other`");
    // What is merely new comes in, also beside what is wrong elsewhere.
    place.put("crm.pl", own.replace("Amount", "Sum")).put("own.pl", "catalogue own {\n  tool x( -> string\n}\n");
    place.planc(&import).exits(0);
    assert!(place.get("crm.pl").contains("tool other("));
    let mode = fs::metadata(place.ws().join("crm.pl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o022, 0);
}

/// The text is that of the file that is rewritten: nobody leads planc from one to another while it reads, or while a person is asked.
#[test]
fn what_is_rewritten_is_what_was_read() {
    let place = Place::new();
    place.put("planc.toml", "[catalogues]\nfiles = [\"crm.pl\"]\n[approval]\nrequire = \"terminal\"\n");
    let crm =
        "catalogue crm {\n  # Wipes.\n  tool wipe(id: string) -> string {\n    deletes \"crm:customers\"\n  }\n}\n";
    let loose = "plan \"w\" {\nstep a = fs.stat(path: \".\")\n}\n";
    place
        .put("crm.pl", crm.replace('#', "//"))
        .put("deploy.pl", loose)
        .put("../out/text", crm.replace("deletes", "reads"));
    for (target, args) in [
        ("crm.pl", ["fmt", "../out/x.pl"].as_slice()),
        ("deploy.pl", &["fmt", "../out/x.pl"]),
        ("crm.pl", &["check", "--fix", "../out/x.pl"]),
    ] {
        let before = place.get(target);
        let script =
            format!("mkfifo x.pl; touch ready; exec 3> x.pl; cat text >&3; rm x.pl; ln -s ../ws/{target} x.pl");
        let filler = std::process::Command::new("sh").args(["-c", &script]).current_dir(place.at("out")).spawn();
        let mut filler = filler.unwrap();
        while !place.at("out/ready").exists() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        place.planc(args).exits(2).says("it is no regular file");
        filler.kill().unwrap();
        filler.wait().unwrap();
        assert_eq!(place.get(target), before, "{args:?}");
        for name in ["x.pl", "ready"] {
            fs::remove_file(place.at("out").join(name)).unwrap();
        }
    }
    // What is merely looked at may be a pipe.
    let script = "mkfifo x.pl; touch ready; cat text > x.pl";
    let filler = std::process::Command::new("sh").args(["-c", script]).current_dir(place.at("out")).spawn();
    while !place.at("out/ready").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    place.planc(&["check", "../out/x.pl"]).exits(1);
    filler.unwrap().wait().unwrap();
    // While a person looks at the diff the file is left as it is by then, with its folder.
    place.put("d/p.pl", HABITS).put("e/p.pl", HABITS);
    let fix = ["check", "--fix", "d/p.pl"];
    let ws = place.ws();
    let other = move || fs::write(ws.join("d/p.pl"), HABITS.replace("why", "evil")).unwrap();
    let (code, shown) = on_terminal(&place, &fix, "is a yes:", &Act::Meanwhile(Box::new(other), b"yes\n"));
    assert!(code == 2 && place.get("d/p.pl").contains("# evil"), "{shown}");
    let ws = place.ws();
    let swap = move || {
        fs::rename(ws.join("d"), ws.join("old")).unwrap();
        std::os::unix::fs::symlink("e", ws.join("d")).unwrap();
    };
    let (code, shown) = on_terminal(&place, &fix, "is a yes:", &Act::Meanwhile(Box::new(swap), b"yes\n"));
    assert!(code == 0 && place.get("e/p.pl") == HABITS && place.get("old/p.pl").contains("// evil"), "{shown}");
}

/// Only files that are named are rewritten outside of the workspace, where nobody sees which there are.
#[test]
fn no_folder_outside_is_walked_to_rewrite_what_is_in_it() {
    let place = Place::new();
    let text = "plan \"P\"   {\n}\n";
    place.put("../out/mine/a.pl", text).put("plans/b.pl", text);
    for args in [["fmt", "../out"].as_slice(), &["fmt", "plans", "../out/mine"], &["check", "--fix", "../out"]] {
        place.planc(args).exits(2).says("is no folder of the workspace");
    }
    assert_eq!((place.get("../out/mine/a.pl"), place.get("plans/b.pl")), (text.to_owned(), text.to_owned()));
    place.planc(&["fmt", "--check", "../out"]).exits(1);
    place.planc(&["fmt", "plans", "../out/mine/a.pl"]).exits(0);
    assert!(!place.get("../out/mine/a.pl").contains("   ") && !place.get("plans/b.pl").contains("   "));
}
