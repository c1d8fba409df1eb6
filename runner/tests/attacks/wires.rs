//! What planc goes by: behind links of the workspace, in a workspace around or beside, and where programs really write.

use crate::place::Place;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const LOOK: &str = "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n";

/// A plan that leads a link elsewhere, or moves a folder away with what is in it.
fn leads(link: &str, to: &str) -> String {
    format!(
        "plan \"p\" {{\n  critical {{\n    run \"ln\"\n    modify \"{link}\"\n    delete \"{link}\"\n    create \"{link}\"\n  }}\n  step a = process.run(argv: [\"ln\", \"-sfn\", \"{to}\", \"{link}\"])\n}}\n"
    )
}

fn moves(folder: &str) -> String {
    format!(
        "plan \"p\" {{\n  critical {{\n    delete \"{folder}\"\n    delete \"{folder}/**\"\n    create \"gone\"\n    create \"gone/**\"\n  }}\n  step a = fs.move(from: \"{folder}\", to: \"gone\")\n}}\n"
    )
}

#[test]
fn no_plan_leads_what_planc_goes_by_elsewhere() {
    let works = "[servers.crm]\ncommand = \"make\"\nargs = [\"-s\", \"serve\"]\ncwd = \"run\"\n";
    let searched = "[servers.crm]\ncommand = \"python3\"\nargs = [\"-m\", \"part\"]\ncwd = \"/usr\"\nenv = { PYTHONPATH = \"ROOT/run\" }\n";
    let catalogues = "[catalogues]\nfiles = [\"run/*.pl\"]\n";
    let report = "[report]\nfile = \"run/notes.md\"\n";
    for config in [works, searched, catalogues, report] {
        // Straight out of the workspace, by another link, and by one in a folder.
        for (run, more, link) in [
            ("../out", None, "run"),
            ("cur", Some(("v1", "cur")), "run"),
            ("cur", Some(("v1", "cur")), "cur"),
            ("r/sub", Some(("../v1", "r/sub")), "r/sub"),
            ("r/sub", Some(("../v1", "r/sub")), "r"),
        ] {
            let place = Place::new();
            fs::create_dir_all(place.at("out")).unwrap();
            place.put("v1/keep", "").put("old/keep", "").put("old/sub/keep", "").put("r/keep", "");
            place.link(run, "run");
            if let Some((to, from)) = more {
                place.link(to, from);
            }
            place.put("planc.toml", config.replace("ROOT", &place.ws().display().to_string()));
            let plan = if link == "r" { moves("r") } else { leads(link, "old") };
            place.put("p.pl", plan);
            let said = place.planc(&["run", "--approve", "p.pl"]);
            assert!(said.code != Some(0), "{config} {run} {link}: {}", said.short());
            let link = if link == "r" { "r/sub" } else { link };
            assert!(place.ws().join(link).symlink_metadata().unwrap().is_symlink());
            let led = fs::read_link(place.ws().join(link)).unwrap();
            assert_ne!(led.display().to_string(), "old", "{config} {run} {link}");
            // What is beside it is a plan's.
            place.link("v1", "beside");
            place.put("p.pl", leads("beside", "old")).run("p.pl").exits(0);
        }
    }
}

#[test]
fn the_rules_lie_in_no_other_workspace() {
    for (to, code) in [
        ("../conf/app.toml", 2),
        ("../cl/app.toml", 2),
        ("../../other/app.toml", 2),
        ("../planc.toml", 0),
        ("conf/app.toml", 0),
        ("../../out/app.toml", 0),
    ] {
        let place = Place::new();
        place
            .put("planc.toml", "[workspace]\nnested = [\"app\"]\n")
            .put("conf/app.toml", "")
            .put("app/conf/app.toml", "");
        place.put("app/p.pl", LOOK).link("conf", "cl");
        for folder in ["other", "out"] {
            fs::create_dir_all(place.at(folder)).unwrap();
            fs::write(place.at(folder).join("app.toml"), "").unwrap();
        }
        fs::write(place.at("other").join("planc.toml"), "").unwrap();
        place.link(to, "app/planc.toml");
        let said = place.planc(&["-C", "app", "plan", "p.pl"]);
        assert_eq!(said.code, Some(code), "{to}: {}", said.short());
        if code == 2 {
            said.says("the rules are read from");
        }
    }
}

/// The link lies in the workspace around, before a `..`, whatever its target is.
#[test]
fn no_link_of_another_workspace_leads_to_the_rules() {
    for config in ["[policy]\ncedar = \"../rl/policy.cedar\"\n", "[policy]\ncedar = \"../led/policy.cedar\"\n"] {
        let place = Place::new();
        place.put("planc.toml", "[workspace]\nnested = [\"app\"]\n").put("rules/policy.cedar", "");
        fs::create_dir_all(place.at("out")).unwrap();
        fs::write(place.at("out").join("policy.cedar"), "").unwrap();
        place.link("rules", "rl");
        place.link("../out", "led");
        place.put("app/planc.toml", config).put("app/p.pl", LOOK);
        place.planc(&["-C", "app", "plan", "p.pl"]).exits(2).says("is a workspace of its own");
    }
}

#[test]
fn nothing_that_planc_goes_by_lies_where_programs_write() {
    let scratch = "[programs]\nscratch = [\"target\"]\n";
    // Of the workspace itself, behind links.
    for (config, led) in [
        (scratch.to_owned(), Some("target/conf/base.toml")),
        (scratch.to_owned(), Some("target/cl/base.toml")),
        (format!("[catalogues]\nfiles = [\"cats/*.pl\"]\n{scratch}"), None),
        (format!("[catalogues]\nfiles = [\"over/*.pl\"]\n{scratch}"), None),
        (format!("[report]\nfile = \"over/notes.md\"\n{scratch}"), None),
        (format!("[servers.crm]\ncommand = \"make\"\ncwd = \"over\"\n{scratch}"), None),
    ] {
        let place = Place::new();
        place.put("target/conf/base.toml", &config).put("conf/base.toml", &config).put("p.pl", LOOK);
        place.put("target/c/keep", "").link("../conf", "target/cl");
        place.link("target/c", "cats");
        place.link("target/cl", "over");
        match led {
            Some(to) => {
                fs::remove_file(place.ws().join("planc.toml")).unwrap();
                place.link(to, "planc.toml");
            }
            None => {
                place.put("planc.toml", &config);
            }
        }
        place.planc(&["plan", "p.pl"]).exits(2).says("programs really write `target`");
    }
    // Of one around.
    for config in [
        "[policy]\ncedar = \"../target/rules/policy.cedar\"\n",
        "[servers.crm]\ncommand = \"../target/crm\"\n",
        "[servers.crm]\ncommand = \"make\"\ncwd = \"../target\"\n",
    ] {
        let place = Place::new();
        place.put("planc.toml", format!("[workspace]\nnested = [\"app\"]\n{scratch}")).put("target/crm", "");
        place.put("target/rules/policy.cedar", "").put("app/planc.toml", config).put("app/p.pl", LOOK);
        place.planc(&["-C", "app", "plan", "p.pl"]).exits(2).says("programs really write `target`");
        place.put("planc.toml", "[workspace]\nnested = [\"app\"]\n");
        place.planc(&["-C", "app", "plan", "p.pl"]).exits(0);
    }
}

/// A program that is found by its name is a part of what is started, wherever links lead.
#[test]
fn a_program_found_by_its_name_lies_in_no_other_workspace() {
    for wiring in [
        "[servers.crm]\ncommand = \"crm\"\npass_env = [\"PATH\"]\n",
        "[model]\ncommand = [\"crm\"]\npass_env = [\"PATH\"]\n",
        "[servers.crm]\ncommand = \"env\"\nargs = [\"A=b\", \"crm\"]\npass_env = [\"PATH\"]\n",
        "[servers.crm]\ncommand = \"timeout\"\nargs = [\"60\", \"nice\", \"crm\"]\npass_env = [\"PATH\"]\n",
        "[servers.crm]\ncommand = \"sh\"\nargs = [\"-c\", \"exec crm\"]\npass_env = [\"PATH\"]\n",
        "[servers.crm]\ncommand = \"env\"\nargs = [\"crm\"]\npass_env = [\"PATH\"]\ndata = [\"**\"]\n",
    ] {
        for (led, code) in [("../other/crm", 2), ("../out/crm", 0)] {
            let place = Place::new();
            for folder in ["other", "out", "bin"] {
                fs::create_dir_all(place.at(folder)).unwrap();
                fs::write(place.at(folder).join("crm"), "#!/bin/sh\n").unwrap();
                fs::set_permissions(place.at(folder).join("crm"), fs::Permissions::from_mode(0o755)).unwrap();
            }
            fs::write(place.at("other").join("planc.toml"), "").unwrap();
            fs::remove_file(place.at("bin").join("crm")).unwrap();
            std::os::unix::fs::symlink(led, place.at("bin").join("crm")).unwrap();
            place.put("planc.toml", wiring).put("p.pl", LOOK);
            let mut command = place.bare(&["plan", "p.pl"]);
            let path = std::env::var("PATH").unwrap();
            command.env("PATH", format!("{}:{path}", place.at("bin").display()));
            let said = crate::place::said(command);
            assert_eq!(said.code, Some(code), "{wiring} {led}: {}", said.short());
            if code == 2 {
                said.says("a `PATH` in which another one comes first");
            }
        }
    }
}

/// Right behind the letter of an option a path is one.
#[test]
fn no_option_leads_to_another_workspace() {
    for word in ["-IROOT/other", "@ROOT/other/part.py", "-d@ROOT/other/part.py", "-I../other"] {
        let place = Place::new();
        fs::create_dir_all(place.at("other")).unwrap();
        for file in ["planc.toml", "part.py"] {
            fs::write(place.at("other").join(file), "").unwrap();
        }
        let word = word.replace("ROOT", place.at("").display().to_string().trim_end_matches('/'));
        place.put("planc.toml", format!("[servers.crm]\ncommand = \"perl\"\nargs = [{word:?}, \"-MPart\"]\n"));
        place.put("p.pl", LOOK).planc(&["plan", "p.pl"]).exits(2).says("is a workspace of its own");
    }
}

fn edit() -> String {
    "plan \"p\" {\n  critical { modify \"lib/**\" }\n  step a = fs.write(path: \"lib/part.py\", text: \"evil\")\n}\n"
        .to_owned()
}

/// A line of `data` is about each part of a list, and a `*` in it about one folder.
#[test]
fn data_is_said_of_each_part() {
    for wiring in [
        "command = \"env\"\nargs = [\"python3\", \"-m\", \"part\"]\ncwd = \"/usr\"\nenv = { PYTHONPATH = \"ROOT/lib:/opt/cache\" }\ndata = [\"**/cache\"]",
        "command = \"python3\"\nargs = [\"lib/part.py\"]\ndata = [\"*.py\", \"*\"]",
        "command = \"sh\"\nargs = [\"-c\", \"exec python3 lib/part.py\"]\ndata = [\"exec python3 lib/part.py\"]",
    ] {
        let place = Place::new();
        let wiring = wiring.replace("ROOT", &place.ws().display().to_string());
        place.put("planc.toml", format!("[servers.crm]\n{wiring}\n")).put("lib/part.py", "").put("p.pl", edit());
        place.planc(&["run", "--approve", "p.pl"]).exits(1).says("a part of a server");
        assert!(place.get("lib/part.py").is_empty(), "{wiring}");
    }
}

#[test]
fn a_line_of_nested_has_the_form_of_a_path() {
    for line in ["apps/x/", "./apps/x", "apps//x"] {
        let place = Place::new();
        place.put("planc.toml", format!("[workspace]\nnested = [{line:?}]\n")).put("p.pl", LOOK);
        place.planc(&["plan", "p.pl"]).exits(2).says("planc.toml:2:");
    }
}

/// What was typed draws no line of what planc says of it.
#[test]
fn what_is_typed_is_shown_as_it_is_everywhere() {
    let place = Place::new();
    let forged = "x\r\nplanc: all is well\u{202e}\u{1b}[2J";
    for args in [
        &["grants", "revoke", forged][..],
        &["reports", "show", forged],
        &[forged],
        &["runs", forged],
        &["--format", forged, "runs"],
    ] {
        for args in [args.to_vec(), [&["--color=always"][..], args].concat()] {
            let said = place.planc(&args).exits(2);
            let all = format!("{}{}", said.out, said.err);
            assert!(!all.contains(['\r', '\u{202e}']) && !all.contains("\u{1b}[2J"), "{args:?}: {all:?}");
            assert!(!all.lines().any(|line| line.starts_with("planc:")), "{args:?}: {all}");
            said.says("all is well");
        }
    }
}
