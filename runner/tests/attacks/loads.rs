//! What a program that is started before a yes may load: all of its own workspace but its data, and nothing of another one, behind
//! whatever words and links.

use crate::place::{Place, said};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const LOOK: &str = "plan \"p\" {\n  step a = fs.stat(path: \"p.pl\")\n}\n";

fn edit() -> String {
    "plan \"p\" {\n  critical { modify \"lib/**\" }\n  step a = fs.write(path: \"lib/part.py\", text: \"evil\")\n}\n"
        .to_owned()
}

/// A server that works outside, and its plan.
fn outside(wiring: &str) -> Place {
    let place = Place::new();
    fs::create_dir_all(place.at("out")).unwrap();
    let (root, out) = (place.ws().display().to_string(), place.at("out").display().to_string());
    let wiring = wiring.replace("ROOT", &root).replace("OUT", &out);
    place.put("planc.toml", format!("[servers.crm]\n{wiring}\n")).put("lib/part.py", "").put("p.pl", edit());
    place
}

/// Whatever a word leads to, behind programs that planc does not know, or by variables.
#[test]
fn what_is_no_data_is_changed_with_a_person_whatever_a_server_is_told() {
    for wiring in [
        "command = \"python3\"\nargs = [\"OUT/proxy.py\", \"--stdio\", \"python3 $W/lib/x.py\"]",
        "command = \"python3\"\nargs = [\"OUT/proxy.py\"]\nenv = { MCP_COMMAND = \"python3 $W/lib/x.py\" }",
        "command = \"sh\"\nargs = [\"-c\", \"cd \\\"$W\\\" && exec python3 x.py\"]",
        "command = \"sh\"\nargs = [\"-c\", \"exec python3 ~/w/x.py\"]",
        "command = \"python3\"\nargs = [\"OUT/srv.py\"]\npass_env = [\"PYTHONPATH\"]",
        "command = \"python3\"\nargs = [\"OUT/srv.py\", \"--url\", \"https://x.example/api?v=2\"]",
        "command = \"python3\"\nargs = [\"OUT/srv.py\", \"--conf\", \"{\\\"url\\\":\\\"https://x.example/api\\\"}\"]",
        "command = \"python3\"\nargs = [\"OUT/srv.py\", \"--match\", \"docs/*.md\", \"--title\", \"about ../ws things\"]",
        "command = \"python3\"\nargs = [\"OUT/srv.py\"]\nenv = { DSN = \"postgres://u:p@db/x?sslmode=require\" }",
    ] {
        let place = outside(&format!("cwd = \"OUT\"\n{wiring}"));
        let said = place.planc(&["run", "--approve", "p.pl"]).exits(3);
        said.says("what the server `crm` may do by loading `lib/part.py`").says("`data = [\"**\"]`");
        // The operator says where it is not so, and then nobody is asked.
        for data in ["**", "lib/**"] {
            let place = outside(&format!("cwd = \"OUT\"\ndata = [{data:?}]\n{wiring}"));
            place.planc(&["run", "--approve", "p.pl"]).exits(0);
        }
    }
}

/// What stands beside an address is looked at as ever.
#[test]
fn an_address_hides_no_file() {
    for word in [
        "--config=https://x.example/base.yml,FOLDER/part.py",
        "duckdb://mem?init=FOLDER/part.py",
        "https://x.example/a?plugin=file://FOLDER/part.py",
        "NODE_OPTIONS=--import=https://x.example/a.mjs,FOLDER/part.py",
        "https://x.example/a:FOLDER/part.py",
        "curl https://x.example/a FOLDER/part.py",
    ] {
        for (folder, code) in [("ROOT/lib", 1), ("ROOT/../other", 2)] {
            let word = word.replace("FOLDER", folder);
            let place =
                outside(&format!("command = \"env\"\nargs = [{word:?}, \"python3\", \"OUT/srv.py\"]\ncwd = \"OUT\""));
            fs::create_dir_all(place.at("other")).unwrap();
            fs::write(place.at("other/part.py"), "").unwrap();
            fs::write(place.at("other/planc.toml"), "").unwrap();
            place.planc(&["run", "--approve", "p.pl"]).exits(code);
            assert_eq!(place.get("lib/part.py"), "", "{word}");
        }
    }
}

/// A name that leads into the workspace itself is a part of the server like a path.
#[test]
fn what_is_found_by_its_name_is_changed_by_no_plan() {
    for wiring in [
        "command = \"env\"\nargs = [\"crm-server\"]",
        "command = \"sh\"\nargs = [\"-c\", \"exec crm-server\"]",
        "command = \"timeout\"\nargs = [\"60\", \"crm-server\"]",
    ] {
        let place = outside(&format!("cwd = \"OUT\"\npass_env = [\"PATH\"]\n{wiring}"));
        fs::create_dir_all(place.at("bin")).unwrap();
        fs::write(place.at("bin/other"), "").unwrap();
        for file in [place.ws().join("lib/part.py"), place.at("bin/other")] {
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        symlink(place.ws().join("lib/part.py"), place.at("bin/crm-server")).unwrap();
        let mut command = place.bare(&["run", "--approve", "p.pl"]);
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", place.at("bin").display()));
        said(command).exits(1).says("a part of a server");
    }
}

/// Links in the folders in which a server works, looks for code, or has its script.
#[test]
fn no_link_in_a_folder_outside_leads_to_another_workspace() {
    for (wiring, link) in [
        ("command = \"make\"\ncwd = \"OUT\"", "out/Makefile"),
        ("command = \"make\"\ncwd = \"OUT\"", "out/deep/er/Makefile"),
        ("command = \"python3\"\nargs = [\"-m\", \"x\"]\nenv = { PYTHONPATH = \"OUT/deep\" }", "out/deep/helper"),
        ("command = \"python3\"\nargs = [\"OUT/srv.py\"]\ncwd = \"/usr\"", "out/helper"),
        ("command = \"python3\"\nargs = [\"OUT/srv.py\"]\ncwd = \"/usr\"\ndata = [\"**\"]", "out/helper"),
    ] {
        for (to, code) in [("other/part", 2), ("free/part", 0), ("ws/lib", 0)] {
            let place = outside(wiring);
            for folder in ["other/part", "free/part", "out/deep/er"] {
                fs::create_dir_all(place.at(folder)).unwrap();
            }
            fs::write(place.at("other/planc.toml"), "").unwrap();
            fs::write(place.at("out/srv.py"), "").unwrap();
            symlink(place.at(to), place.at(link)).unwrap();
            place.put("p.pl", LOOK);
            let said = place.planc(&["plan", "p.pl"]);
            assert_eq!(said.code, Some(code), "{wiring} {link} {to}: {}", said.short());
        }
    }
    // And what a variable says that is passed on.
    let place = outside("command = \"python3\"\nargs = [\"OUT/srv.py\"]\ncwd = \"OUT\"\npass_env = [\"PYTHONPATH\"]");
    fs::create_dir_all(place.at("other/src")).unwrap();
    fs::write(place.at("other/planc.toml"), "").unwrap();
    place.put("p.pl", LOOK).planc(&["plan", "p.pl"]).exits(0);
    let mut command = place.bare(&["plan", "p.pl"]);
    command.env("PYTHONPATH", place.at("other/src"));
    said(command).exits(2).says("is a workspace of its own");
}

/// The folder of a glob is meant with it, there or not, by whatever name a server is told of it.
#[test]
fn a_line_of_data_is_about_its_folder_as_well() {
    for (args, is_there) in
        [("[]", false), ("[\"--root=docs\"]", true), ("[\"ROOT/docs\"]", true), ("[\"-v\", \"ROOT/docs:/d\"]", true)]
    {
        for data in ["docs/**", "ROOT/docs/**"] {
            let place = outside(&format!("command = \"true\"\nargs = {args}\ndata = [{data:?}]"));
            if is_there {
                place.put("docs/keep", "");
            }
            place.put(
                "p.pl",
                "plan \"p\" {\n  critical { create \"docs/a.md\" }\n  step a = fs.write(path: \"docs/a.md\", text: \"a\")\n}\n",
            );
            place.planc(&["run", "--approve", "p.pl"]).exits(0);
        }
    }
}

/// What is run is a part of a server, also where it loads nothing else.
#[test]
fn what_a_server_runs_is_no_data_by_a_wildcard() {
    for wiring in [
        "command = \"python3\"\nargs = [\"lib/part.py\"]",
        "command = \"env\"\nargs = [\"-u\", \"X\", \"python3\", \"./lib/part.py\"]",
        "command = \"python3\"\nargs = [\"-m\", \"lib.part\"]",
        "command = \"./lib/part.py\"",
    ] {
        let place = outside(&format!("data = [\"**\"]\n{wiring}"));
        place.planc(&["run", "--approve", "p.pl"]).exits(1).says("a part of a server");
        // Beside it nobody is asked.
        place.put("p.pl", edit().replace("part.py", "other.md").replace("modify", "create"));
        place.planc(&["run", "--approve", "p.pl"]).exits(0);
    }
}

/// What a server of a workspace within may load nobody takes back: an accept that a client gives by itself is no yes to it, the rule for what
/// cannot be undone counts, and no file is written there where nobody is asked.
#[test]
fn a_yes_that_counts_for_what_can_be_undone_is_none_around_a_server() {
    for (has_server, code) in [(true, 3), (false, 0)] {
        let place = Place::new();
        let server = "[servers.crm]\ncommand = \"python3\"\nargs = [\"crm.py\"]\n";
        place.put("sub/planc.toml", if has_server { server } else { "" }).put("sub/crm.py", "");
        let toml = |rule: &str| format!("[workspace]\nnested = [\"sub\"]\n[approval]\n{rule}\n");
        let text = crate::around::write("a.txt");
        place.put("planc.toml", toml("elicitation = \"undoable\"")).put("p.pl", &text);
        let digest = place.digest("p.pl");
        let mut yes = place.a_yes(&digest);
        yes.channel = "elicitation".into();
        place.record(&yes);
        let said = place.planc(&["run", &digest]).exits_with(if has_server { &[3, 6] } else { &[0] });
        if has_server {
            said.says("may load what is");
        }
        assert_eq!(place.has("a.txt"), !has_server);
        place
            .put("planc.toml", toml("not_undoable = { require = \"terminal\" }"))
            .put("p.pl", text.replace("a.txt", "b.txt"));
        let digest = place.digest("p.pl");
        place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(code);
        assert_eq!(place.has("b.txt"), !has_server);
        place.put("planc.toml", toml("")).put("r.pl", "plan \"r\" {\n  step r = fs.stat(path: \"r.pl\")\n}\n");
        let digest = place.digest("r.pl");
        place.planc(&["run", &format!("--approve={digest}"), "r.pl"]).exits(0);
        place.planc(&["evidence", &place.last_run(), "-o", "x.json"]).exits(if has_server { 2 } else { 0 });
        place.planc(&["evidence", &place.last_run(), "-o", "../out/x.json"]).exits(0);
    }
}
