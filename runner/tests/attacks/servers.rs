//! Tools of servers open the paths that they are given by themselves: through links, out of the workspace, past `critical`.

use crate::place::Place;
use crate::terminal::{Act, on_terminal};
use std::fs;
use std::path::PathBuf;

/// An honest server: it reads and writes the path that it is told, wherever that leads, and keeps a list of its calls.
const SERVER: &str = r#"while read -r line; do
  id=$(printf %s "$line" | sed -n 's/.*"id":\([^,}]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*) answer='"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"files","version":"1"}}' ;;
    *'"method":"tools/list"'*) answer='"result":{"tools":[{"name":"put","inputSchema":{"type":"object"}},{"name":"get","inputSchema":{"type":"object"}}]}' ;;
    *'"method":"tools/call"'*)
      name=$(printf %s "$line" | sed -n 's/.*"name":"\([a-z]*\)".*/\1/p')
      path=$(printf %s "$line" | sed -n 's/.*"path":"\([^"]*\)".*/\1/p')
      echo "$name $path" >> "$CALLS"
      if [ "$name" = put ]; then echo evil > "$path"; fi
      answer="\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"$(cat "$path" 2>&1)\"}]}" ;;
    *) answer='"error":{"code":-32601,"message":"there is no such method"}' ;;
  esac
  [ -n "$id" ] && printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$answer"
done"#;

const CATALOGUE: &str = r#"catalogue files {
  tool put(path: path) -> string {
    writes path
  }
  tool place(path: string) -> string {
    named "put"
    writes "file:${path}"
  }
  tool get(path: path) -> string {
    reads path
  }
  tool fetch(path: string) -> string {
    named "get"
    reads "file:${path}"
  }
}
"#;

/// A workspace with the server, where `docs` may be read before a yes.
pub fn place() -> Place {
    let place = Place::new();
    place.program("server.sh", SERVER);
    let toml = format!(
        "[workspace]\nread = [\"docs/**\"]\n[catalogues]\nfiles = [\"files.pl\"]\n[servers.files]\ncommand = {:?}\n\
         env = {{ CALLS = {:?} }}\nread = [\"docs/**\"]\n",
        place.at("server.sh"),
        place.at("out/calls")
    );
    place.put("planc.toml", toml).put("files.pl", CATALOGUE);
    place.put("docs/a", "doc\n").put("docs/sub/b", "doc\n").put("secret/key", "KEY\n");
    fs::create_dir_all(place.ws().join(".git/hooks")).unwrap();
    fs::write(place.at("home/.bashrc"), "mine\n").unwrap();
    place
}

pub fn calls(place: &Place) -> String {
    fs::read_to_string(place.at("out/calls")).unwrap_or_default()
}

fn plan(steps: &str) -> String {
    format!("plan \"Write\" {{\n  critical {{\n    modify \"docs/**\"\n    run \"sh gen.sh\"\n  }}\n{steps}\n}}\n")
}

/// A link `from` in the workspace, the path that is written, and the file that it leads to.
fn links(place: &Place) -> Vec<(PathBuf, &'static str, &'static str, PathBuf)> {
    vec![
        (place.at("home/.bashrc"), "docs/l", "docs/l", place.at("home/.bashrc")),
        (place.at("home"), "docs/l", "docs/l/.profile", place.at("home/.profile")),
        ("../secret/key".into(), "docs/l", "docs/l", place.ws().join("secret/key")),
        ("../secret".into(), "docs/l", "docs/l/key", place.ws().join("secret/key")),
        ("../planc.toml".into(), "docs/l", "docs/l", place.ws().join("planc.toml")),
        ("../.git/hooks/pre-commit".into(), "docs/l", "docs/l", place.ws().join(".git/hooks/pre-commit")),
        // Where nothing else would be touched, too: nobody has to find out.
        ("sub/b".into(), "docs/l", "docs/l", place.ws().join("docs/sub/b")),
    ]
}

#[test]
fn no_server_goes_through_a_link() {
    for tool in ["put", "place"] {
        for at in 0..links(&Place::new()).len() {
            let place = place();
            let (target, link, path, end) = links(&place).remove(at);
            let before = fs::read(&end).ok();
            place.link(&target, link);
            place.put("p.pl", plan(&format!("  step a = files.{tool}(path: \"{path}\")")));
            let said = place.planc(&["plan", "p.pl"]);
            assert_ne!(said.code, Some(0), "{tool} {path} to {target:?}: {}", said.short());
            assert!(said.out.contains("BLOCKED") && said.out.contains("is not called"), "{}", said.short());
            // Nor one that is made after the yes.
            fs::remove_file(place.ws().join(link)).unwrap();
            let digest = place.digest("p.pl");
            place.link(&target, link);
            let said = place.planc(&["run", &format!("--approve={digest}"), "p.pl"]);
            assert_ne!(said.code, Some(0), "{tool} {path} to {target:?}: {}", said.short());
            assert_eq!(fs::read(&end).ok(), before, "{tool} {path} to {target:?}");
            assert_eq!(calls(&place), "");
        }
    }
}

#[test]
fn no_server_goes_through_a_link_that_the_run_makes() {
    let place = place();
    place.put("gen.sh", "ln -s ../secret/key docs/l\n");
    let steps = "  step g = process.run(argv: [\"sh\", \"gen.sh\"])\n  step a = files.put(path: \"docs/l\") {\n    after g\n  }";
    place.put("p.pl", plan(steps).replace("modify", "create \"docs/**\"\n    modify"));
    let said = place.run("p.pl");
    assert_ne!(said.code, Some(0), "{}", said.short());
    said.says("leads through the link `docs/l`");
    assert_eq!((place.get("secret/key"), calls(&place)), ("KEY\n".to_owned(), String::new()));
}

#[test]
fn what_planc_keeps_from_its_tools_it_keeps_from_servers() {
    let place = place();
    place.put("nested/planc.toml", "").put("own/part.sh", "").put("other", "x\n");
    fs::hard_link(place.ws().join("other"), place.ws().join("docs/second")).unwrap();
    let toml = place.get("planc.toml").replace("command = ", "args = [\"./own/part.sh\"]\ncommand = ");
    place.put("planc.toml", toml);
    for path in ["planc.toml", "files.pl", ".planc/x", "nested/x", "own/part.sh", "docs/second"] {
        place.put("p.pl", plan(&format!("  step a = files.put(path: \"{path}\")")).replace("docs/**", "**"));
        let said = place.planc(&["plan", "p.pl"]);
        assert!(said.code != Some(0), "{path}: {}", said.short());
    }
    assert_eq!(calls(&place), "");
}

/// What an agent is given before anybody is asked: only what `read` names, by the one path that it has.
#[test]
fn nothing_is_read_through_a_link_before_a_yes() {
    for path in ["docs/l", "docs/l/key"] {
        for (target, code) in [("../secret/key", 1), ("../secret", 1), ("../planc.toml", 1)] {
            let place = place();
            place.link(target, "docs/l");
            for tool in ["get", "fetch"] {
                let step = format!("  step a = files.{tool}(path: \"{path}\")\n  output said = a");
                place.put("p.pl", format!("plan \"Read\" {{\n{step}\n}}\n"));
                let said = place.planc(&["plan", "--full", "p.pl"]);
                assert!(said.code >= Some(code) && !said.out.contains("KEY"), "{}", said.short());
                let check = format!("  assume \"so\" {{\n    files.{tool}(path: \"{path}\") == \"doc\"\n  }}");
                place.put("p.pl", format!("plan \"Read\" {{\n{check}\n  step a = fs.stat(path: \"docs/a\")\n}}\n"));
                let said = place.planc(&["plan", "--full", "p.pl"]);
                assert!(!said.out.contains("KEY"), "{}", said.short());
            }
            assert_eq!(calls(&place), "", "{path} {target}");
        }
    }
    // A path that a rule is about is not asked for either, whatever the catalogue makes of it.
    let place = place();
    let rule = "[[policy.rule]]\neffects = [\"reads\"]\nresources = [\"docs/sub/**\"]\ndecision = \"deny\"\n";
    place.put("planc.toml", format!("{}{rule}", place.get("planc.toml")));
    for tool in ["get", "fetch"] {
        for path in ["docs/sub/b", "docs/sub/[b]"] {
            place.put("p.pl", format!("plan \"Read\" {{\n  step a = files.{tool}(path: \"{path}\")\n}}\n"));
            place.planc(&["plan", "p.pl"]);
        }
    }
    assert_eq!(calls(&place), "");
    // Nor by another name that it has, nor the folder in which it has that.
    fs::create_dir(place.ws().join("docs/pub")).unwrap();
    fs::hard_link(place.ws().join("docs/sub/b"), place.ws().join("docs/pub/hard")).unwrap();
    for path in ["docs/pub/hard", "docs/pub"] {
        place.put("p.pl", format!("plan \"Read\" {{\n  step a = files.get(path: \"{path}\")\n}}\n"));
        place.planc(&["plan", "p.pl"]).exits(6).says("reads docs/sub/b");
    }
    assert_eq!(calls(&place), "");
    place.put("p.pl", "plan \"Read\" {\n  step a = files.get(path: \"docs/a\")\n}\n");
    place.planc(&["plan", "p.pl"]).exits(0);
    assert_eq!(calls(&place), "get docs/a\n");
}

/// A folder is all that it holds for a rule, too: an exception for some of it is none for the rest, and a rule about a file anywhere
/// is met by the folder of one.
#[test]
fn a_rule_means_what_lies_in_the_folder_of_a_server() {
    let place = place();
    let toml = place.get("planc.toml");
    let rule = |text: &str| format!("{toml}[[policy.rule]]\ndecision = \"deny\"\nreason = \"kept\"\n{text}\n");
    for except in ["docs/*", "docs/[a-s]*", "docs/sub", "docs/sub/b"] {
        place.put("planc.toml", rule(&format!("tools = [\"files.*\"]\nexcept = [{except:?}, \"docs/a\"]")));
        for tool in ["put", "place", "get", "fetch"] {
            place.put("p.pl", plan(&format!("  step a = files.{tool}(path: \"docs/sub\")")));
            place.planc(&["plan", "p.pl"]).exits(6).says("kept");
            place.put("p.pl", plan(&format!("  step a = files.{tool}(path: \"docs/a\")")));
            let said = place.planc(&["plan", "p.pl"]);
            assert!(!said.out.contains("kept"), "{except} {tool}: {}", said.short());
        }
    }
    for resources in ["**/b", "docs/*/b"] {
        place.put("planc.toml", rule(&format!("effects = [\"reads\"]\nresources = [{resources:?}]")));
        for path in ["docs", "docs/sub"] {
            place.put("p.pl", plan(&format!("  step a = files.get(path: {path:?})")));
            place.planc(&["plan", "p.pl"]).exits(6).says("kept (`reads docs");
        }
    }
    place.put("planc.toml", rule("effects = [\"reads\"]\nresources = [\"**/b\"]")).put("docs/free/c", "free\n");
    place.put("p.pl", plan("  step a = files.get(path: \"docs/free\")"));
    let said = place.planc(&["plan", "p.pl"]);
    assert!(!said.out.contains("kept"), "{}", said.short());
    let left = calls(&place);
    assert!(!left.contains("docs/sub") && !left.contains("put"), "{left}");
}

/// A path that becomes known in the run is held to `critical`, and so is a text of which a template makes none.
#[test]
fn a_late_path_is_held_to_critical() {
    for (tool, path) in [
        ("put", "secret/key"),
        ("place", "secret/key"),
        ("place", "secret/[k]ey"),
        ("place", "../out/pwned"),
        ("place", "/tmp/pwned"),
        // All that is in it would be the server's.
        ("put", "secret"),
    ] {
        let place = place();
        let step = format!("  step a = files.{tool}(path: \"{path}\")");
        place.put("p.pl", plan(&step));
        let said = place.planc(&["plan", "p.pl"]);
        assert_ne!(said.code, Some(0), "{tool} {path}: {}", said.short());
        let late = format!(
            "  step g = process.run(argv: [\"sh\", \"gen.sh\"])\n  \
             step a = files.{tool}(path: if g.exit_code == 0 then \"{path}\" else \"docs/a\")"
        );
        place.put("gen.sh", "true\n").put("p.pl", plan(&late));
        place.run("p.pl").exits(3);
        // A yes to the value is none to what `critical` does not name.
        let run = place.last_run();
        let (code, shown) = on_terminal(&place, &["resume", &run], "`no` ends the run here: ", &Act::Type(b"yes\n"));
        assert!(code != 0 && shown.contains(path), "{tool} {path}: {shown:?}");
        assert_eq!((place.get("secret/key"), calls(&place)), ("KEY\n".to_owned(), String::new()), "{tool} {path}");
    }
}

/// What a tool may change beneath a folder, or by a glob, lines must allow whole: nobody records what it did.
#[test]
fn a_part_that_is_covered_does_not_cover_the_whole() {
    let place = place();
    place.put(
        "files.pl",
        CATALOGUE.replace(
            "  tool get(",
            "  tool wipe(files: glob) -> string {\n    named \"put\"\n    deletes files\n  }\n  tool get(",
        ),
    );
    for (line, step, code) in [
        ("modify \"docs/a\"", "files.put(path: \"docs\")", false),
        ("modify \"docs/*\"", "files.put(path: \"docs/sub\")", false),
        ("modify \"docs/**\"", "files.put(path: \"docs/sub\")", true),
        ("modify \"**\"", "files.put(path: \".\")", false),
        ("delete \"docs/a\"", "files.wipe(files: \"docs/*\")", false),
        ("delete \"docs/*\"", "files.wipe(files: \"docs/*\")", true),
        ("delete \"docs/**\"", "files.wipe(files: \"docs/*.md\")", true),
        ("delete \"docs/*.md\"", "files.wipe(files: \"docs/**\")", false),
    ] {
        place.put("p.pl", format!("plan \"W\" {{\n  critical {{\n    {line}\n  }}\n  step a = {step}\n}}\n"));
        let said = place.planc(&["plan", "p.pl"]);
        assert_eq!(said.code == Some(0), code, "{line} {step}: {}", said.short());
    }
}

/// A call that takes a step back goes through no link either.
#[test]
fn nothing_is_taken_back_through_a_link() {
    let place = place();
    let step = "  step a = fs.write(path: \"docs/a\", text: \"x\") {\n    undo files.put(path: \"docs/l\")\n  }";
    place.link("../secret/key", "docs/l");
    place.put("p.pl", plan(step));
    let said = place.planc(&["plan", "p.pl"]);
    assert_ne!(said.code, Some(0), "{}", said.short());
    fs::remove_file(place.ws().join("docs/l")).unwrap();
    place.run("p.pl").exits(0);
    place.link("../secret/key", "docs/l");
    let said = place.planc(&["undo", &place.last_run()]);
    assert_ne!(said.code, Some(0), "{}", said.short());
    assert_eq!((place.get("secret/key"), calls(&place)), ("KEY\n".to_owned(), String::new()));
}

/// What a folder holds is touched with it, and so is what a glob may match, whoever decides what that is.
#[test]
fn a_folder_is_all_that_it_holds() {
    for (path, changes, reads) in [
        ("own", false, true),
        ("own/part.sh", false, true),
        ("cat", false, false),
        ("sub", false, false),
        ("second", false, true),
        (".", false, false),
        ("docs", true, true),
        // A catalogue may come to lie there.
        ("later", false, false),
    ] {
        let place = place();
        place.put("cat/more.pl", "catalogue more {}\n").put("own/part.sh", "").put("sub/inner/planc.toml", "");
        place.put("files.pl", CATALOGUE.replace("  tool get(", WIDER)).put("second/a", "");
        fs::hard_link(place.ws().join("second/a"), place.ws().join("docs-a")).unwrap();
        let toml = place.get("planc.toml").replace("command = ", "args = [\"./own/part.sh\"]\ncommand = ");
        let toml = toml.replace("\"files.pl\"", "\"files.pl\", \"cat/*.pl\", \"later/*.pl\"");
        place.put("planc.toml", toml.replace("[\"docs/**\"]", "[\"**\"]"));
        let glob = if path == "." { "*.p?".to_owned() } else { format!("{path}/*.p?") };
        for (step, is_fine) in [
            (format!("files.put(path: \"{path}\")"), changes),
            (format!("files.all(path: \"{glob}\")"), changes),
            (format!("files.get(path: \"{path}\")"), reads),
            (format!("files.find(path: \"{glob}\")"), reads),
        ] {
            place.put("p.pl", plan(&format!("  step a = {step}")).replace("docs/**", "**"));
            let said = place.planc(&["plan", "p.pl"]);
            assert_eq!(said.code == Some(0), is_fine, "{step}: {}", said.short());
        }
        assert_eq!(calls(&place).contains("get"), reads, "{path}: {}", calls(&place));
        assert!(!calls(&place).contains("put"));
    }
}

/// What others execute later a line must name for a server, too.
#[test]
fn a_server_changes_hooks_by_their_name_only() {
    for (path, line, is_fine) in [
        (".git/hooks/pre-commit", "**", false),
        (".git/hooks/pre-commit", ".git/**", false),
        (".git/hooks/pre-commit", ".git/hooks/pre-commit", true),
        (".git/hooks", ".git/**", false),
        (".git/hooks", ".git/hooks/**", true),
        (".git", ".git/**", false),
        ("repo", "**", false),
        ("repo/refs", "**", true),
        (".claude/settings.json", "**", false),
        (".claude/settings.json", ".claude/**", true),
    ] {
        let place = place();
        place.put("repo/.git/config", "").put("repo/refs/x", "");
        let steps = format!("  step a = files.put(path: \"{path}\")");
        place.put("p.pl", plan(&steps).replace("docs/**", line));
        let said = place.planc(&["plan", "p.pl"]);
        assert_eq!(said.code == Some(0), is_fine, "{path} by {line}: {}", said.short());
    }
}

/// A server that lists, searches, and reads addresses.
const WIDER: &str = r#"  tool all(path: glob) -> string {
    named "put"
    writes path
  }
  tool find(path: glob) -> string {
    named "get"
    reads path
  }
  tool open(path: string) -> string {
    named "get"
    reads path
  }
  tool perhaps(path: path | "none") -> string {
    named "get"
    reads path
  }
  tool get("#;

fn wider() -> Place {
    let place = place();
    place.put("files.pl", CATALOGUE.replace("  tool get(", WIDER));
    place.put("planc.toml", place.get("planc.toml").replace("read = [\"docs/**\"]", "read = [\"**\"]"));
    place
}

/// Some take blanks and quotes off the ends of a path, `~` for a home, braces for alternatives, a class for a link.
#[test]
fn no_path_is_read_otherwise_than_it_is_written() {
    let place = wider();
    place.link("../secret", "docs/s");
    for (tool, path) in [
        ("get", "'secret/key'"),
        ("get", "\\\"secret/key\\\""),
        ("get", " secret/key"),
        ("get", "secret/key "),
        ("get", "docs/~root/x"),
        ("get", "docs/$HOME/x"),
        ("get", "docs/%2e%2e/secret/key"),
        ("get", "file:secret/key"),
        ("get", "-rf"),
        ("find", "docs/{a,s}/key"),
        ("find", "docs/[s]/key"),
        ("find", "docs/@(s)/key"),
        ("find", "docs/?/key"),
        ("find", "docs/*/key"),
    ] {
        let change = if tool == "get" { "put" } else { "all" };
        for step in [format!("files.{tool}(path: \"{path}\")"), format!("files.{change}(path: \"{path}\")")] {
            place.put("p.pl", plan(&format!("  step a = {step}")).replace("docs/**", "**"));
            let said = place.planc(&["plan", "p.pl"]);
            assert!(said.code != Some(0) && said.out.contains("BLOCKED"), "{step}: {}", said.short());
        }
    }
    assert_eq!(calls(&place), "");
    for path in [
        "docs/.github/ci.yml",
        "docs/@scope/x",
        "docs/[id].tsx",
        "docs/+page.svelte",
        "docs/_x/__init__.py",
        "docs/(auth)/page.tsx",
        "docs/\u{dc}ber uns.md",
        "docs/a-b_c.d,e=1",
    ] {
        place.put("p.pl", plan(&format!("  step a = files.put(path: \"{path}\")")));
        place.planc(&["plan", "p.pl"]).exits(0);
    }
    place.put("p.pl", plan("  step a = files.find(path: \"docs/**/b\")"));
    place.planc(&["plan", "p.pl"]).exits(0);
    assert_eq!(calls(&place), "get docs/**/b\n");
}

/// The address of a file is a path, and what may be a path is one.
#[test]
fn no_address_of_a_file_goes_round_the_rule_for_paths() {
    let place = wider();
    let root = place.ws().display().to_string();
    place.link("../secret", "docs/s");
    place.put("planc.toml", place.get("planc.toml").replace("read = [\"**\"]", "read = [\"**\", \"url:file:**\"]"));
    for (tool, path) in [
        ("open", format!("file://{root}/docs/s/key")),
        ("open", format!("file://{root}/docs/x?/../../secret/key")),
        ("open", format!("FILE://{root}/docs/a")),
        ("open", format!("file:{root}/docs/a")),
        ("open", "file:../home/x".into()),
        ("open", "file:docs/s/key".into()),
        ("perhaps", "docs/s/key".into()),
    ] {
        place.put("p.pl", plan(&format!("  step a = files.{tool}(path: \"{path}\")")));
        let said = place.planc(&["plan", "p.pl"]);
        assert!(said.code != Some(0) && said.out.contains("is not called"), "{tool} {path}: {}", said.short());
    }
    assert_eq!(calls(&place), "");
    place.put("p.pl", plan("  step a = files.perhaps(path: \"docs/a\")"));
    place.planc(&["plan", "p.pl"]).exits(0);
    assert_eq!(calls(&place), "get docs/a\n");
}

/// Before a yes it is looked right before the call, also where planc has waited for the limit of a tool.
#[test]
fn a_link_that_is_made_in_a_wait_is_not_followed() {
    let place = place();
    let limited = CATALOGUE.replace(
        "  tool get(path: path) -> string {\n",
        "  tool get(path: path) -> string {\n    limit 1 per second\n",
    );
    place.put("files.pl", limited).put("docs/n/key", "doc\n");
    let read = |path: &str| format!("files.get(path: \"{path}\")");
    place.put(
        "p.pl",
        plan(&format!("  step a = {}\n  step b = {} {{\n    after a\n  }}", read("docs/a"), read("docs/n/key"))),
    );
    let (list, folder) = (place.at("out/calls"), place.ws().join("docs/n"));
    let swap = std::thread::spawn(move || {
        while !list.exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        fs::remove_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink("../secret", &folder).unwrap();
    });
    let said = place.planc(&["plan", "--full", "p.pl"]);
    swap.join().unwrap();
    assert!(said.code != Some(0) && !said.out.contains("KEY"), "{}", said.short());
    assert_eq!(calls(&place), "get docs/a\n");
}

/// The folder that a template makes is covered whole, as any other.
#[test]
fn a_folder_by_a_template_is_covered_whole() {
    let place = place();
    for (line, is_fine) in [("docs/*", false), ("docs/**", true)] {
        place.put("p.pl", plan("  step a = files.place(path: \"docs/sub\")").replace("docs/**", line));
        let said = place.planc(&["plan", "p.pl"]);
        assert_eq!(said.code == Some(0), is_fine, "{line}: {}", said.short());
    }
}

/// A line over the files of a folder is none over the folders in it.
#[test]
fn a_folder_is_read_before_a_yes_where_all_in_it_may_be() {
    for (read, step, is_asked) in [
        ("docs/*", "files.get(path: \"docs/a\")", true),
        ("docs/*", "files.get(path: \"docs/sub\")", false),
        ("docs/**", "files.get(path: \"docs/sub\")", true),
        ("docs/*", "files.find(path: \"docs/**\")", false),
        ("docs/*", "files.find(path: \"docs/*\")", true),
        ("docs/sub/**", "files.find(path: \"docs/sub/*\")", true),
    ] {
        let place = wider();
        let toml = place.get("planc.toml");
        let at = toml.rfind("read = [").unwrap();
        place.put("planc.toml", format!("{}read = [{read:?}]\n", &toml[..at]));
        place.put("p.pl", format!("plan \"R\" {{\n  step a = {step}\n}}\n"));
        place.planc(&["plan", "p.pl"]);
        assert_eq!(!calls(&place).is_empty(), is_asked, "{read} for {step}");
    }
}

/// The copy in which a tool is observed has no way back to the workspace.
#[test]
fn nothing_is_observed_through_a_link() {
    let place = place();
    place.link("../secret/key", "docs/l");
    place.link(place.ws().join("secret"), "docs/k");
    for path in ["docs/l", "docs/k/key"] {
        let (code, shown) = on_terminal(
            &place,
            &["tools", "observe", "files.put", &format!("--arg=path={path}")],
            "is not called",
            &Act::Type(b"yes\n"),
        );
        assert!(code != 0 && shown.contains("is not called"), "{path}: {shown}");
    }
    assert_eq!((place.get("secret/key"), calls(&place)), ("KEY\n".to_owned(), String::new()));
}

/// A path that is judged from the workspace is another one for a server that works in a folder of it.
#[test]
fn a_server_that_works_elsewhere_is_told_no_path() {
    for (cwd, works) in [("docs/sub", false), (".", true), ("docs/..", true)] {
        let place = place();
        place.put("docs/docs-of-sub", "").put("docs/sub/docs/a", "another\n");
        let toml = place.get("planc.toml").replace("command =", &format!("cwd = \"{cwd}\"\ncommand ="));
        place.put("planc.toml", toml);
        for step in ["files.put(path: \"docs/a\")", "files.place(path: \"docs/a\")"] {
            let said = place.put("p.pl", plan(&format!("  step a = {step}"))).planc(&["plan", "p.pl"]);
            match works {
                true => drop(said.exits(0)),
                false => drop(said.exits(1).says("its server works in")),
            }
        }
        let reads = "plan \"r\" {\n  step a = files.get(path: \"docs/a\")\n  output o = a\n}\n";
        let said = place.put("p.pl", reads).planc(&["plan", "--format", "json", "p.pl"]);
        assert_eq!(calls(&place).contains("get docs/a"), works, "{cwd}: {}", said.short());
    }
}
