//! Around the operator's word: another folder, another state, another variable, another file that is run before anybody is asked.

use crate::place::{Place, said};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const STRICT: &str =
    "[policy]\n\"fs.write\" = \"deny\"\n[approval]\nrequire = \"terminal\"\n[mode]\ndefault = \"plan\"\n";

pub fn write(path: &str) -> String {
    format!(
        "plan \"w\" {{\n  critical {{\n    create \"{path}\"\n    modify \"{path}\"\n  }}\n  step a = fs.write(path: \"{path}\", text: \"evil\\n\")\n}}\n"
    )
}

fn shell(critical: &str, script: &str) -> String {
    format!(
        "plan \"p\" {{\n  critical {{\n    run \"sh -c\"\n    {critical}\n  }}\n  step a = process.run(argv: [\"sh\", \"-c\", {script:?}])\n}}\n"
    )
}

#[test]
fn a_workspace_is_not_reached_from_a_folder_above_it() {
    let place = Place::new();
    place.put("inner/planc.toml", STRICT).put("inner/src/a.txt", "old\n").put("b.txt", "b\n");
    let read = "plan \"r\" {\n  critical { create \"copy\" }\n  step r = fs.read(path: \"inner/src/a.txt\")\n  step w = fs.write(path: \"copy\", text: r.text)\n}\n";
    let delete = "plan \"d\" {\n  critical {\n    delete \"inner\"\n    delete \"inner/**\"\n  }\n  step d = fs.delete(path: \"inner\", recursive: true)\n}\n";
    for plan in [&write("inner/src/a.txt"), &write("inner/new.txt"), read, delete] {
        place.put("a.pl", plan);
        place.planc(&["run", "--approve", "a.pl"]).exits(1).says("is a workspace of its own");
    }
    // A program finds out when its changes are judged; nothing of them is kept.
    place.put(
        "a.pl",
        shell("modify \"inner/src/a.txt\"\n    modify \"b.txt\"", "echo evil > inner/src/a.txt; echo c > b.txt"),
    );
    place.planc(&["run", "--approve", "a.pl"]).exits(4).says("is a workspace of its own");
    assert_eq!((place.get("inner/src/a.txt"), place.get("b.txt")), ("old\n".into(), "b\n".into()));
    // What is listed and found goes around it.
    let look = "plan \"l\" {\n  step l = fs.list(path: \".\")\n  step g = fs.glob(pattern: \"**/*.txt\")\n  step s = fs.search(pattern: \"old\", files: \"**/*.txt\")\n  output o = [l.entries.length(), g.paths.length(), s.matches.length()]\n}\n";
    place.put("a.pl", look);
    let json = place.planc(&["--format", "json", "plan", "a.pl"]).exits(0).json();
    assert_eq!(json["outputs"][0]["value"], serde_json::json!([2, 1, 0]), "{json}");
}

#[test]
fn a_file_beneath_replaces_no_rules() {
    let place = Place::new();
    place.put("planc.toml", "[policy]\n\"fs.write\" = \"deny\"\n[programs]\nscratch = [\"target\"]\n");
    place.planc(&["-C", ".", "init", "sub"]).exits(2).says("lies in the workspace of");
    assert!(!place.has("sub/planc.toml"));
    place.put("sub/planc.toml", "[programs]\nopen = [\"sh\"]\n").put("sub/a.pl", write("a.txt"));
    for command in ["plan", "run"] {
        place.planc(&["-C", "sub", command, "a.pl"]).exits(2).says("whose rules it would replace");
    }
    // A program may write one where it really writes; nobody obeys it.
    fs::remove_file(place.ws().join("sub/planc.toml")).unwrap();
    place.put("p.pl", shell("", "printf '[programs]\\nopen = [\"sh\"]\\n' > target/planc.toml"));
    place.planc(&["run", "--approve", "p.pl"]).exits(0);
    let out = place.at("out/run").display().to_string();
    place.put("target/q.pl", shell("", &format!("id > {out}")));
    place.planc(&["-C", "target", "plan", "q.pl"]).exits(2).says("whose rules it would replace");
    // The operator may say so, each on the way.
    place.put("planc.toml", "[workspace]\nnested = [\"sub\"]\n").put("sub/planc.toml", "");
    place.planc(&["-C", "sub", "run", "--approve", "a.pl"]).exits(0);
    place.put("sub/sub/planc.toml", "").put("sub/sub/a.pl", write("a.txt"));
    place.planc(&["-C", "sub/sub", "plan", "a.pl"]).exits(2).says("whose rules it would replace");
}

#[test]
fn home_keys_and_states_are_no_workspace() {
    let place = Place::new();
    place.put("a.pl", write("a.txt"));
    place.planc(&["run", "--approve", "a.pl"]).exits(0);
    fs::create_dir_all(place.at("home/.ssh")).unwrap();
    fs::create_dir_all(place.at("home/.config/autostart")).unwrap();
    let elsewhere = |folder: &str, path: &str| {
        fs::write(place.at("out/e.pl"), write(path)).unwrap();
        let mut command = place.bare(&["-C"]);
        let (folder, file, state) = (place.at(folder), place.at("out/e.pl"), place.at("other"));
        command.arg(folder).args(["run", "--approve"]).arg(file).arg("--state-dir").arg(state);
        said(command)
    };
    for (folder, path, why) in [
        ("home", ".bashrc", "the home of this account"),
        (".", "home/.bashrc", "the home of this account"),
        ("home/.ssh", "authorized_keys", "keys are kept there"),
        ("home/.config/autostart", "x.desktop", "what the home of this account hides"),
        ("state", "forged", "the state of another workspace"),
        ("state/contents", "forged", "the state of another workspace"),
    ] {
        elsewhere(folder, path).exits(2).says("cannot be a workspace").says(why);
    }
    for (folder, why) in [
        ("home/.config/more", "what the home of this account hides"),
        ("home", "the home of this account lies there"),
        ("state/contents", "the state of another workspace"),
    ] {
        place.planc(&["init", &place.at(folder).display().to_string()]).exits(2).says(why);
    }
    // A state that lies somewhere beneath is out of reach, wherever that is.
    let state = place.ws().join("kept");
    fs::create_dir(&state).unwrap();
    fs::copy(place.state().join("planc.db"), state.join("planc.db")).unwrap();
    fs::write(state.join("key"), "k").unwrap();
    place.put("a.pl", write("kept/key"));
    place.planc(&["run", "--approve", "a.pl"]).exits(1).says("`kept` is a workspace of its own");
}

#[test]
fn state_is_kept_where_the_operator_says() {
    let place = Place::new();
    let fixed = place.at("fixed").display().to_string();
    place.put("planc.toml", format!("[workspace]\nstate = {fixed:?}\n")).put("a.pl", write("a.txt"));
    said(place.bare(&["mode", "set", "plan", "--why", "the release is out"])).exits(0);
    assert!(place.at("fixed/planc.db").exists());
    // Neither an argument nor a variable leads to a state in which nobody has said so.
    place.planc(&["run", "--approve", "a.pl"]).exits(2).says("state is kept in");
    let mut command = place.bare(&["run", "--approve", "a.pl"]);
    command.env("XDG_STATE_HOME", place.at("another"));
    said(command).exits(6).says("the release is out");
    assert!(!place.has("a.txt"));
    place.put("planc.toml", "[workspace]\nstate = \"inside\"\n");
    said(place.bare(&["plan", "a.pl"])).exits(2).says("lies in the workspace");
}

const CATALOGUE: &str = "catalogue mail {\n  tool look() -> string {\n    reads \"mail:all\"\n  }\n}\n";
const LOOK: &str = "plan \"l\" {\n  step a = mail.look()\n}\n";

#[test]
fn what_runs_before_a_yes_is_changed_by_no_plan() {
    let place = Place::new();
    place.put("real/server.sh", "exit 1\n").put("mail.pl", CATALOGUE);
    place.link("real", "tools");
    for (command, args) in
        [("sh", "[\"tools/server.sh\"]"), ("./tools/server.sh", "[]"), ("sh", "[\"real/server.sh\"]")]
    {
        place.put(
            "planc.toml",
            format!("[catalogues]\nfiles = [\"mail.pl\"]\n[servers.mail]\ncommand = {command:?}\nargs = {args}\nread = [\"mail:*\"]\n"),
        );
        place.put("a.pl", write("real/server.sh"));
        place.planc(&["run", "--approve", "a.pl"]).exits(1).says("a part of a server");
        let script = "echo evil > real/server.sh";
        place.put("a.pl", shell("modify \"real/server.sh\"", script));
        place.run("a.pl").exits(4).says("a part of a server");
        if !args.contains("real") {
            // The way there is not led elsewhere.
            let script = "rm tools; mkdir evil; echo evil > evil/server.sh; ln -s evil tools";
            place.put("a.pl", shell("delete \"tools\"\n    create \"tools\"\n    modify \"tools\"\n    create \"evil/**\"\n    create \"evil\"", script));
            place.run("a.pl").exits(4).says("is planc's own");
        }
        assert_eq!(place.get("tools/server.sh"), "exit 1\n");
    }
    // What a server works on is no part of it.
    place.put("planc.toml", "[servers.mail]\ncommand = \"sh\"\nargs = [\"real/server.sh\"]\ndata = [\"real/*\"]\n");
    place.put("a.pl", write("real/server.sh"));
    place.planc(&["run", "--approve", "a.pl"]).exits(0);
}

#[test]
fn catalogues_behind_a_link_are_the_operators_too() {
    let place = Place::new();
    fs::create_dir_all(place.ws().join("Real/deep")).unwrap();
    place.link("Real/deep", "team");
    place.put("planc.toml", "[catalogues]\nfiles = [\"team/*.pl\"]\n[servers.mail]\ncommand = \"true\"\n");
    place.put("a.pl", write("Real/deep/new.pl"));
    place.planc(&["run", "--approve", "a.pl"]).exits(1).says("is planc's own");
    place.put("a.pl", shell("create \"Real/**\"", "echo x > Real/deep/new.pl"));
    place.run("a.pl").exits_with(&[4, 6]).says("is planc's own");
    assert!(!place.has("Real/deep/new.pl"));
}

#[test]
fn what_the_operator_names_is_not_found_in_the_workspace() {
    let mut place = Place::new();
    let out = place.at("out");
    for (name, mark) in [("git", "git"), ("server", "server")] {
        place.put(&format!("bin/{name}"), format!("#!/bin/sh\nid > {}/{mark}\n", out.display()));
        fs::set_permissions(place.ws().join(format!("bin/{name}")), fs::Permissions::from_mode(0o755)).unwrap();
    }
    place.put("mail.pl", CATALOGUE).put("l.pl", LOOK);
    place.put(
        "planc.toml",
        "[programs]\nopen = [\"git push\", \"sh -c\"]\nchanged = \"allow\"\n[model]\ncommand = [\"server\"]\n[catalogues]\nfiles = [\"mail.pl\"]\n[servers.mail]\ncommand = \"server\"\nread = [\"mail:*\"]\n",
    );
    place.link("bin", "other");
    for folder in ["bin", "other", "other/../bin"] {
        place.env = vec![("PATH".into(), format!("{}:/usr/bin:/bin", place.ws().join(folder).display()))];
        place.planc(&["plan", "l.pl"]).exits(1).says("there is no program `server`");
        place.put(
            "g.pl",
            "plan \"g\" {\n  critical { run \"git push\" }\n  step a = process.run(argv: [\"git\", \"push\"])\n}\n",
        );
        place.planc(&["plan", "g.pl"]).exits(0).says("confined: works on a copy");
        place.run("g.pl").exits(4);
        // Neither does what runs in the open find it, nor the program that asks a model.
        place.put("s.pl", "plan \"s\" {\n  critical { run \"sh -c\" }\n  step a = process.run(argv: [\"sh\", \"-c\", \"git push\"], success: [0, 1, 127, 128])\n}\n");
        place.run("s.pl").exits(0);
        place.put("m.pl", "plan \"m\" {\n  step t = fs.read(path: \"s.pl\")\n  step a = model.extract(from: t.text, ask: \"a number\", type: { n: int })\n}\n");
        place.planc(&["plan", "m.pl"]).exits(1).says("the model's program");
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0, "{folder}");
    }
}

#[test]
fn no_variable_says_what_time_it_is_somewhere() {
    let mut place = Place::new();
    let hour = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour();
    place.put(
        "planc.toml",
        format!(
            "[[mode.plan]]\nfrom = \"0 {} * * *\"\nto = \"0 {} * * *\"\nzone = \"Etc/UTC\"\n",
            (hour + 23) % 24,
            (hour + 2) % 24
        ),
    );
    place.put("a.pl", write("a.txt"));
    fs::create_dir_all(place.at("out/Etc")).unwrap();
    fs::copy("/usr/share/zoneinfo/Asia/Tokyo", place.at("out/Etc/UTC")).unwrap();
    place.env = vec![("TZDIR".into(), place.at("out").display().to_string()), ("TZ".into(), "Asia/Tokyo".into())];
    place.planc(&["run", "--approve", "a.pl"]).exits(6).says("it is plan time");
}

#[test]
fn a_workspace_is_not_chosen_within_what_others_execute() {
    let place = Place::new().unsaid();
    for folder in [".git/hooks", ".claude", "sub/.Codex/x", "bare/hooks", "bare/refs", "bare/objects"] {
        place.put(&format!("{folder}/keep"), "");
        place.put(&format!("{folder}/a.pl"), write("pre-commit"));
    }
    place.put("bare/HEAD", "");
    for folder in [".git/hooks", ".claude", "sub/.Codex/x", "bare/hooks"] {
        let all = [["run", "--approve", "a.pl"].as_slice(), &["plan", "a.pl"], &["init"]];
        for args in all {
            place.planc(&[&["-C", folder], args].concat()).exits(2).says("cannot be a workspace");
        }
        place.planc(&["-C", folder, "check", "a.pl"]).exits(0);
        assert!(!place.has(&format!("{folder}/pre-commit")), "{folder}");
    }
    // Where an operator has said something, it is one.
    place.put(".claude/worktrees/x/planc.toml", "").put(".claude/worktrees/x/a.pl", write("a.txt"));
    place.planc(&["-C", ".claude/worktrees/x", "run", "--approve", "a.pl"]).exits(0);
}

/// Somebody who wants a person for what is deleted does not get one for what is emptied: planc has what it held.
#[test]
fn to_empty_a_file_is_not_to_delete_it() {
    let place = Place::new();
    place.put("planc.toml", "[approval]\ndestructive = { require = \"terminal\" }\n").put("a.txt", "old\n");
    place.put("a.pl", write("a.txt"));
    place.planc(&["run", "--approve", "a.pl"]).exits(0);
    place.put("a.pl", "plan \"d\" {\n  critical { delete \"a.txt\" }\n  step d = fs.delete(path: \"a.txt\")\n}\n");
    place.planc(&["run", "--approve", "a.pl"]).exits(3);
}

#[test]
fn what_others_execute_or_go_by_is_named_and_written_with_a_person() {
    for path in [".git/hooks/pre-commit", ".claude/settings.json", "sub/.mcp.json", ".Codex/config.toml"] {
        let plan = |line: &str| {
            format!(
                "plan \"p\" {{\n  critical {{ create \"{line}\" }}\n  step w = fs.write(path: \"{path}\", text: \"x\")\n}}\n"
            )
        };
        let place = Place::new();
        place.put("wide.pl", plan("**")).put("named.pl", plan(path));
        place.planc(&["plan", "wide.pl"]).exits(1).says(&format!("no `critical` line allows `create \"{path}\"`"));
        place.planc(&["run", "--approve", "wide.pl"]).exits(1);
        // Nobody is there, and what is executed in the meantime is not taken back.
        place.planc(&["run", "--approve", "named.pl"]).exits(3);
        assert!(!place.ws().join(path).exists(), "{path}");
        let digest = place.digest("named.pl");
        place.planc(&["run", &format!("--approve={digest}"), "named.pl"]).exits(0);
        assert!(place.ws().join(path).exists(), "{path}");
    }
}

/// Where the report will be written is the operator's, also while nothing is there.
#[test]
fn the_way_to_the_report_leads_where_the_operator_said() {
    let place = Place::new();
    place.put("planc.toml", "[report]\nfile = \"reports/all.md\"\n");
    std::fs::create_dir_all(place.at("outside")).unwrap();
    let outside = place.at("outside").display().to_string();
    place.put(
        "p.pl",
        format!(
            "plan \"p\" {{\n  critical {{\n    create \"**\"\n    run \"ln\"\n  }}\n  step a = process.run(argv: [\"ln\", \"-s\", \"{outside}\", \"reports\"])\n}}\n"
        ),
    );
    place.planc(&["run", "--approve", "p.pl"]).exits(4);
    assert!(!place.has("reports"));
}

/// The configuration of a server that is read from before a yes, with further lines.
fn wired(command: &str, args: &str, more: &str) -> String {
    format!(
        "[catalogues]\nfiles = [\"mail.pl\"]\n[servers.mail]\ncommand = {command:?}\nargs = {args}\nread = [\"mail:*\"]\n{more}"
    )
}

#[test]
fn what_a_server_would_run_is_made_by_no_plan() {
    for (command, args, more, path) in [
        ("python3", "[\"tools/new.py\"]", "", "tools/new.py"),
        ("python3", "[\"tools/new.py\"]", "", "tools/new.py/__main__.py"),
        ("python3", "[\"new.py\"]", "cwd = \"tools\"\n", "tools/new.py"),
        ("python3", "[\"tools\"]", "", "tools/__main__.py"),
        ("python3", "[\"-m\", \"tools.server\"]", "", "tools/server/__main__.py"),
        ("python3", "[\"-m\", \"server\"]", "cwd = \"tools\"\n", "tools/server.py"),
        ("npx", "[\"-y\", \"./tools\"]", "", "tools/lib/deep.js"),
        ("npx", "[\"-y\", \"./other\"]", "", "other/package.json"),
        ("node", "[\"--require=./x.js\", \"y\"]", "", "x.js"),
        ("awk", "[\"-fx.awk\"]", "", "x.awk"),
        ("java", "[\"-cp\", \"lib/a.jar:lib/b.jar\", \"M\"]", "", "lib/b.jar"),
        ("java", "[\"-cp\", \"classes\", \"M\"]", "", "classes/M.class"),
        ("sh", "[\"-c\", \"exec python3 tools/new.py\"]", "", "tools/new.py"),
        ("uv", "[\"run\", \"--directory\", \"tools\", \"new.py\"]", "", "tools/new.py"),
        ("./bin/run", "[]", "", "bin/run"),
        ("python3", "[\"-c\", \"import x\"]", "env = { PYTHONPATH = \"later\" }\n", "later/x.py"),
        ("node", "[\"y\"]", "env = { NODE_OPTIONS = \"--require ./x.js\" }\n", "x.js"),
        ("python3", "[\"by/new.py\"]", "", "one/new.py"),
        ("python3", "[\"by/new.py\"]", "", "two/new.py"),
    ] {
        let place = Place::new();
        place.put("mail.pl", CATALOGUE).put("planc.toml", wired(command, args, more));
        place.put("tools/keep", "").put("classes/keep", "").put("real/keep", "");
        // A link leads to another one.
        for (to, from) in [("one", "by"), ("two", "one"), ("real", "two")] {
            place.link(to, from);
        }
        place.put("a.pl", write(path));
        place.planc(&["run", "--approve", "a.pl"]).exits_with(&[1, 4]);
        let (folder, _) = path.rsplit_once('/').unwrap_or((".", ""));
        let script = format!("mkdir -p {folder}; echo evil > {path}");
        let lines = "create \"**\"\n    modify \"**\"\n    delete \"one\"";
        place.put("a.pl", shell(lines, &script));
        place.run("a.pl").exits_with(&[4, 6]);
        place.put("a.pl", shell(lines, "mkdir -p evil; rm -f one; ln -s evil one"));
        if args.contains("by/") {
            place.run("a.pl").exits_with(&[4, 6]).says("is planc's own");
        }
        assert!(!place.ws().join(path).exists(), "{command} {args}: {path}");
        // What is beside it is a plan's.
        place.put("beside/keep", "").put("a.pl", write("beside/new.py"));
        place.run("a.pl").exits(0);
    }
    // Neither a word that is no path nor what the server works on is guarded.
    let place = Place::new();
    place.put("mail.pl", CATALOGUE).put("docs/a.md", "");
    place.put("planc.toml", wired("mail", "[\"serve\", \"--root\", \".\", \"--docs=./docs\"]", "data = [\"docs\"]\n"));
    for path in ["serve", "docs/a.md", "b.txt"] {
        place.put("a.pl", write(path));
        place.run("a.pl").exits(0);
    }
}

/// What nobody names, and is found: wherever in the workspace a program looks that is started before a yes.
#[test]
fn what_a_server_may_load_by_itself_is_changed_with_a_person() {
    let (module, program) = ("[\"-m\", \"crm\"]", "[\"srv/server.py\"]");
    let model = "[model]\ncommand = [\"python3\", \"-m\", \"ask\"]\n";
    let place = Place::new();
    let (outside, root) = (place.at("out").display().to_string(), place.ws().display().to_string());
    let out = format!("cwd = {outside:?}\n");
    let path = format!("{out}env = {{ PYTHONPATH = \"/x:{root}\" }}\n");
    let (linked, named) = (format!("{out}data = [\"docs/**\"]\n"), format!("[\"{root}/srv/server.py\"]"));
    let server = "the server `mail`";
    for (config, path, by) in [
        (wired("python3", module, ""), "json.py", server),
        (wired("python3", module, ""), "src/json.py", server),
        (wired("npx", "[\"-y\", \"crm\"]", ""), "node_modules/crm/x.js", server),
        (wired("node", "[\"index.js\"]", "cwd = \"sub\"\n"), "node_modules/dep/index.js", server),
        (wired("node", "[\"index.js\"]", "cwd = \"by\"\n"), "packages/dep/index.js", server),
        (wired(".venv/bin/python", "[\"-m\", \"crm\"]", ""), ".venv/lib/site-packages/x.pth", server),
        (wired("python3", program, ""), "src/json.py", server),
        (wired("python3", &named, &out), "src/json.py", server),
        (wired("python3", module, &path), "src/json.py", server),
        (wired("python3", "[\"-m\", \"crm\", \"../ws\"]", &out), "src/json.py", server),
        (wired("python3", module, "cwd = \"..\"\n"), "src/json.py", server),
        (wired("python3", module, "data = [\"docs/**\"]\n"), "src/json.py", server),
        (model.to_owned(), "src/json.py", "the program of `[model]`"),
        (wired("python3", module, &out), "src/json.py", server),
        (wired("python3", module, &linked), "src/json.py", server),
        (wired("python3", module, &format!("{out}data = [\"**\"]\n")), "src/json.py", ""),
        (wired("python3", module, "data = [\"docs/**\"]\n"), "docs/deep/a.py", ""),
        (wired("python3", module, "data = [\"**/*.md\"]\n"), "src/notes.md", ""),
        (format!("{model}data = [\"docs/**\"]\n"), "docs/deep/a.py", ""),
        ("[servers.mail]\nurl = \"http://127.0.0.1:9/\"\n".to_owned(), "src/json.py", ""),
        ("".to_owned(), "json.py", ""),
    ] {
        let place = &place;
        place.put("mail.pl", CATALOGUE).put("planc.toml", &config).put("srv/server.py", "").put("src/keep", "");
        place.put("docs/deep/keep", "").put("sub/server.py", "");
        if !place.has("by") {
            place.link("sub", "by");
        }
        let (folder, _) = path.rsplit_once('/').unwrap_or((".", ""));
        let script = format!("mkdir -p {folder}; echo evil > {path}");
        let all = folder.match_indices('/').map(|(at, _)| &folder[..at]).chain([folder]);
        let new: String =
            all.filter(|folder| !place.has(folder)).map(|folder| format!("create \"{folder}\"\n    ")).collect();
        let wide = if path.starts_with("docs/") { "docs/**" } else { "**" };
        let wide = if path.ends_with(".md") { "src/*.md" } else { wide };
        let named = shell(&format!("{new}create \"{path}\""), &script);
        for plan in [write(path), named, shell(&format!("create {wide:?}"), &script)] {
            place.put("a.pl", &plan);
            // What the operator excepts has a line of its own.
            if by.is_empty() {
                place.planc(&["run", "--approve", "a.pl"]).exits(0);
                fs::remove_file(place.ws().join(path)).unwrap();
                continue;
            }
            place.planc(&["run", "--approve", "a.pl"]).exits(3).says(&format!("what {by} may do by loading"));
            assert!(!place.has(path), "{config}: {path}");
        }
        if !by.is_empty() {
            place.put("a.pl", write(path));
            let card = place.planc(&["plan", "a.pl"]).exits(0);
            card.says(&format!("everything can be undone, but what {by} may do by loading `"));
            place.run("a.pl").exits(0);
            // Nor is it deleted by nobody.
            let delete = format!(
                "plan \"d\" {{\n  critical {{ delete \"{path}\" }}\n  step d = fs.delete(path: \"{path}\")\n}}\n"
            );
            place.put("a.pl", delete);
            place.planc(&["run", "--approve", "a.pl"]).exits(3).says(&format!("what {by} may do by loading"));
            place.run("a.pl").exits(0);
        }
    }
    // Where programs really write is such a place, too.
    let place = Place::new();
    place.put("mail.pl", CATALOGUE).put("a.pl", shell("", "true"));
    place.put("planc.toml", wired("npx", "[\"-y\", \"crm\"]", "[programs]\nscratch = [\"node_modules\"]\n"));
    place.planc(&["run", "--approve", "a.pl"]).exits(3).says("may do by loading `node_modules`");
}

#[test]
fn what_a_model_would_run_is_made_by_no_plan() {
    for (argv, path) in [
        ("[\"sh\", \"new.sh\"]", "new.sh"),
        ("[\"python3\", \"tools\"]", "tools/deep/x.py"),
        ("[\"python3\", \"-m\", \"tools.ask\"]", "tools/ask.py"),
    ] {
        let place = Place::new();
        place.put("planc.toml", format!("[model]\ncommand = {argv}\n")).put("tools/keep", "");
        place.put("a.pl", write(path));
        place.planc(&["run", "--approve", "a.pl"]).exits(1).says("a part of a server");
    }
}

#[test]
fn a_yes_is_bound_to_all_that_a_server_runs() {
    let place = Place::new();
    place.put("mail.pl", CATALOGUE).put("tools/__main__.py", "").put("tools/helper.py", "a = 1\n").put("l.pl", LOOK);
    place.put("planc.toml", wired("python3", "[\"tools\", \"--require=./later.js\"]", "").replace("read =", "# "));
    let first = place.digest("l.pl");
    place.put("tools/helper.py", "a = 2\n");
    let second = place.digest("l.pl");
    assert_ne!(first, second);
    place.put("later.js", "");
    assert_ne!(second, place.digest("l.pl"));
    place.planc(&["run", &format!("--approve={second}"), "l.pl"]).exits_with(&[3, 5]);
}

#[test]
fn nothing_that_runs_before_a_yes_lies_where_programs_write() {
    let place = Place::new();
    place.put("mail.pl", CATALOGUE).put("l.pl", LOOK).put("target/debug/server", "#!/bin/sh\nexit 1\n");
    fs::set_permissions(place.ws().join("target/debug/server"), fs::Permissions::from_mode(0o755)).unwrap();
    place.link("target/debug", "link");
    let scratch = "[programs]\nscratch = [\"target\"]\n";
    for config in [
        wired("./target/debug/server", "[]", scratch),
        wired("./link/server", "[]", scratch),
        wired("./server", "[]", &format!("cwd = \"target/debug\"\n{scratch}")),
        wired("python3", "[\"-m\", \"server\"]", &format!("cwd = \"TARGET\"\n{scratch}")),
        wired("python3", "[\"target/none.py\"]", scratch),
        wired("sh", "[\"-c\", \"./target/debug/server\"]", scratch),
        wired("python3", "[\"tools\"]", "[programs]\nscratch = [\"tools/cache\"]\n"),
        format!("[model]\ncommand = [\"./target/debug/server\"]\n{scratch}"),
        format!("[report]\nfile = \"target/report.md\"\n{scratch}"),
    ] {
        fs::create_dir_all(place.ws().join("tools")).unwrap();
        place.put("planc.toml", &config);
        for command in ["plan", "run", "check"] {
            place.planc(&[command, "l.pl"]).exits(2).says("programs really write `").says("help: ");
        }
    }
    place.put("planc.toml", wired("server", "[\"--db=target/mail.db\"]", &format!("data = [\"target/*\"]\n{scratch}")));
    place.planc(&["plan", "l.pl"]).says("there is no program `server`");
}

/// Whoever calls planc chooses a folder in which the rules of another workspace are kept: nothing there says so.
#[test]
fn where_no_operator_has_said_anything_somebody_approves() {
    let place = Place::new();
    fs::create_dir_all(place.at("out/ops")).unwrap();
    fs::write(place.at("out/ops/allowed_signers"), "ada").unwrap();
    let file = "../out/ops/a.pl";
    place.put(file, write("allowed_signers"));
    place.planc(&["-C", "../out/ops", "run", "--approve", "a.pl"]).exits(3).says("no `planc.toml` is here");
    assert_eq!(place.get("../out/ops/allowed_signers"), "ada");
    // Nor does planc say it for whoever calls it.
    for args in [["-C", "../out/ops", "init", "."], ["-C", "../out", "init", "ops"]] {
        place.planc(&args).exits(6).says("only a person on a terminal");
        assert!(!place.has("../out/ops/planc.toml"));
    }
    // A digest is one as everywhere.
    let digest = place.digest_with(&["-C", "../out/ops", "plan", "a.pl"]);
    place.planc(&["-C", "../out/ops", "run", &format!("--approve={digest}"), "a.pl"]).exits(0);
    // What was approved by nobody before the file went is none.
    place.put("a.pl", write("a.txt"));
    place.planc(&["run", "--approve", "a.pl"]).exits(0);
    let place = Place::new().unsaid();
    place.put("a.pl", write("a.txt"));
    place.planc(&["run", "--approve", "a.pl"]).exits(3).says("planc init");
    place.put("planc.toml", "").planc(&["run", "--approve", "a.pl"]).exits(0);
}

#[test]
fn nobody_goes_by_what_lies_in_a_workspace_within() {
    let place = Place::new();
    place.put("sub/planc.toml", "").put("sub/mail.pl", CATALOGUE).put("sub/srv/server.py", "").put("l.pl", LOOK);
    place.put("sub/policy.cedar", "").put("mail.pl", CATALOGUE).put("srv/server.py", "");
    place.link("sub/srv", "linked");
    let server = |more: &str| format!("[servers.mail]\ncommand = \"python3\"\n{more}");
    for (config, what) in [
        (server("args = [\"sub/srv/server.py\"]\n"), "runs, or is told of, `sub/srv/server.py`"),
        (server("args = [\"linked/server.py\"]\n"), "runs, or is told of, `sub/srv/server.py`"),
        (server("args = [\"server.py\"]\ncwd = \"sub/srv\"\n"), "`sub/srv"),
        (server("cwd = \"sub\"\n"), "works in `sub`"),
        ("[catalogues]\nfiles = [\"sub/mail.pl\"]\n".into(), "a catalogue is `sub/mail.pl`"),
        ("[catalogues]\nfiles = [\"*/*.pl\"]\n".into(), "a catalogue is `sub/mail.pl`"),
        ("[policy]\ncedar = \"sub/policy.cedar\"\n".into(), "the policy is read from `sub/policy.cedar`"),
        ("[model]\ncommand = [\"sh\", \"sub/srv/server.py\"]\n".into(), "the program of `[model]`"),
        ("[report]\nfile = \"sub/report.md\"\n".into(), "the report is written to `sub/report.md`"),
    ] {
        place.put("planc.toml", format!("[workspace]\nnested = [\"sub\"]\n{config}"));
        place.planc(&["plan", "l.pl"]).exits(2).says("`sub` is a workspace of its own").says(what);
    }
    // A folder that is named is one with all it holds.
    place.put("planc.toml", format!("[workspace]\nnested = [\"srv/*\"]\n{}", server("args = [\"./srv\"]\n")));
    place.planc(&["plan", "l.pl"]).exits_with(&[0, 1]);
    place.put("srv/x/planc.toml", "");
    place.planc(&["plan", "l.pl"]).exits(2).says("`srv/x` is a workspace of its own");
}

#[test]
fn what_one_workspace_starts_finds_nothing_of_another_around_or_within() {
    let place = Place::new();
    let server = "[servers.mail]\ncommand = \"python3\"\nargs = [\"-m\", \"server\"]\n";
    let nested = "[workspace]\nnested = [\"packages/*\", \"sub\"]\n";
    place.put("sub/a.pl", write("a.txt")).put("packages/x/a.pl", write("a.txt")).put("a.pl", write("a.txt"));
    place.put("planc.toml", format!("{nested}{server}")).put("sub/planc.toml", "").put("packages/x/planc.toml", "");
    for folder in ["sub", "packages/x"] {
        let said = place.planc(&["-C", folder, "run", "--approve", "a.pl"]).exits(3);
        said.says("the workspace around this one has programs");
        assert!(!place.has(&format!("{folder}/a.txt")));
    }
    place.put("planc.toml", nested).put("packages/x/planc.toml", server);
    place.planc(&["run", "--approve", "a.pl"]).exits(3).says("a workspace within this one has programs");
    place.planc(&["-C", "sub", "run", "--approve", "a.pl"]).exits(0);
    // What runs already, elsewhere, finds nothing here.
    place.put("packages/x/planc.toml", "[servers.mail]\nurl = \"https://mail.example/mcp\"\n");
    place.planc(&["run", "--approve", "a.pl"]).exits(0);
}

#[test]
fn signers_lie_in_no_workspace() {
    let place = Place::new();
    fs::create_dir_all(place.at("out/ops/keys")).unwrap();
    fs::write(place.at("out/ops/keys/allowed_signers"), "").unwrap();
    place.put("planc.toml", "[approval]\nsigners = \"../out/ops/keys/allowed_signers\"\n").put("a.pl", write("a.txt"));
    place.planc(&["plan", "a.pl"]).exits(0);
    fs::write(place.at("out/ops/planc.toml"), "").unwrap();
    place.planc(&["plan", "a.pl"]).exits(2).says("lies in the workspace `").says("the file of signers");
    fs::rename(place.at("out/ops"), place.at("out/real")).unwrap();
    std::os::unix::fs::symlink(place.at("out/real"), place.at("out/ops")).unwrap();
    place.planc(&["plan", "a.pl"]).exits(2).says("lies in the workspace `");
}
