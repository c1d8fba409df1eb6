//! `planc hook`: payloads that clients sent, as they sent them, with the folders of the test in place of theirs.

#[path = "../place/mod.rs"]
mod place;

use place::{LIMIT, Place, Said, text};
use serde_json::{Value, json};
use std::path::Path;

fn payload(place: &Place, name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/hook/payloads/{name}.json"));
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.replace("@WS@", place.ws().to_str().unwrap()).replace("@HOME@", place.at("home").to_str().unwrap());
    serde_json::from_str(&text).unwrap()
}

fn told(place: &Place, client: &str, event: &[u8]) -> Said {
    let mut command = assert_cmd::Command::from_std(place.command(&["hook", "--client", client]));
    let output = command.write_stdin(event).timeout(LIMIT).output().unwrap();
    Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

fn hook(place: &Place, client: &str, event: &Value) -> Said {
    told(place, client, event.to_string().as_bytes())
}

/// The answer to an event, and whether it is a no of its client.
#[track_caller]
fn denied(place: &Place, client: &str, event: &Value) -> String {
    let answer = hook(place, client, event).exits(0).json();
    let (verdict, reason) = match client {
        "gemini" => (answer["decision"].clone(), answer["reason"].clone()),
        _ => {
            let own = &answer["hookSpecificOutput"];
            assert_eq!(own["hookEventName"], event["hook_event_name"], "{answer}");
            (own["permissionDecision"].clone(), own["permissionDecisionReason"].clone())
        }
    };
    assert_eq!(verdict, "deny", "{answer}");
    reason.as_str().unwrap().to_owned()
}

#[track_caller]
fn passed(place: &Place, client: &str, event: &Value) -> String {
    let said = hook(place, client, event).exits(0);
    assert!(
        !said.out.contains("deny") && !said.out.contains("block") && !said.out.contains("allow"),
        "{}",
        said.short()
    );
    said.out
}

fn governed(config: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", config);
    place.put("a.txt", "hello\n");
    place
}

#[test]
fn a_plan_with_a_mistake_comes_back_with_its_diagnostics_and_a_good_one_passes() {
    let place = governed("");
    let mut event = payload(&place, "claude-exit-plan-mode");
    let reason = denied(&place, "claude", &event);
    assert!(reason.contains("1 mistake") && reason.contains("P0302") && reason.contains("use `text`"), "{reason}");
    let plan = event["tool_input"]["plan"].as_str().unwrap().replace("txt:", "text:");
    event["tool_input"]["plan"] = json!(plan);
    let note = passed(&place, "claude", &event);
    assert!(note.contains("systemMessage") && note.contains("no mistakes"), "{note}");
    assert!(!place.has("b.txt"));
    // A dry run that finds something against it is told, too.
    event["tool_input"]["plan"] = json!(plan.replace("create \"b.txt\"", "create \"c.txt\""));
    assert!(denied(&place, "claude", &event).contains("b.txt"));
    for (text, says) in [
        ("Write the file b.txt.".to_owned(), "nothing in the plan language"),
        (format!("{plan}\n{plan}"), "2 blocks"),
        ("```planc\n```".to_owned(), "mistake"),
        ("x".repeat(2 << 20), "too long"),
    ] {
        event["tool_input"]["plan"] = json!(text);
        let reason = denied(&place, "claude", &event);
        assert!(reason.contains(says), "{says}: {reason}");
    }
    let audit = place.planc(&["sessions", "audit"]).exits(0);
    assert!(audit.out.contains("denied   hook   ExitPlanMode — the plan has mistakes"), "{}", audit.out);
    assert!(audit.out.contains("allowed  hook   ExitPlanMode — the plan has no mistakes"), "{}", audit.out);
}

#[test]
fn tools_of_a_client_are_refused_while_it_plans() {
    let place = governed("");
    for name in ["claude-write", "claude-bash"] {
        let reason = denied(&place, "claude", &payload(&place, name));
        assert!(reason.starts_with("[Tool denied — plan mode is active]"), "{reason}");
        for word in ["planc approve", "--approve", "planc.toml", "terminal"] {
            assert!(!reason.contains(word), "{word}: {reason}");
        }
    }
    passed(&place, "claude", &payload(&place, "claude-read"));
    passed(&place, "claude", &payload(&place, "claude-prompt"));
    // The client keeps its plan in a file of its own.
    let mut file = payload(&place, "claude-write-plan-file");
    passed(&place, "claude", &file);
    let home = place.at("home");
    for path in [
        place.ws().join("plans/x.md"),
        home.join(".claude/plans/../../x.md"),
        home.join(".claude/plans/x.sh"),
        home.join(".claude/settings.md"),
        home.join(".claude/skills/plans/SKILL.md"),
        home.join(".claude/plans/more/x.md"),
        home.join("plans/x.md"),
    ] {
        file["tool_input"]["file_path"] = json!(path);
        denied(&place, "claude", &file);
    }
    std::fs::create_dir_all(home.join(".claude/plans")).unwrap();
    std::os::unix::fs::symlink(place.ws().join("a.txt"), home.join(".claude/plans/link.md")).unwrap();
    file["tool_input"]["file_path"] = json!(home.join(".claude/plans/link.md"));
    denied(&place, "claude", &file);
    // What nobody knows acts; the tools of planc are judged where they are called.
    for (tool, is_refused) in [
        ("mcp__other__read", true),
        ("Read2", true),
        ("mcp__planc__fs__write", false),
        ("mcp__plugin_planc_planc__plan_exit", false),
        ("mcp__planc2__fs__write", true),
        ("mcp__planc__evil__write", true),
        ("mcp__planc__", true),
    ] {
        let mut event = payload(&place, "claude-bash");
        event["tool_name"] = json!(tool);
        match is_refused {
            true => drop(denied(&place, "claude", &event)),
            false => drop(passed(&place, "claude", &event)),
        }
    }
}

#[test]
fn the_operator_says_when_tools_of_a_client_are_refused() {
    let mut bash = payload(&governed(""), "claude-bash");
    bash["permission_mode"] = json!("default");
    for (config, is_refused) in [
        ("", false),
        ("[mode]\ndefault = \"plan\"\n", true),
        ("[agents]\nhook = \"always\"\n", true),
        ("[agents]\nhook = \"always\"\nreads = [\"Bash\"]\n", false),
        ("[agents]\nhook = \"never\"\n\n[mode]\ndefault = \"plan\"\n", false),
    ] {
        let place = governed(config);
        match is_refused {
            true => drop(denied(&place, "claude", &bash)),
            false => drop(passed(&place, "claude", &bash)),
        }
    }
    // Where planc is not used nothing is refused, and nothing is made.
    let place = Place::new().unsaid();
    bash["permission_mode"] = json!("plan");
    passed(&place, "claude", &bash);
    assert!(!place.state().exists());
}

#[test]
fn what_a_person_saw_is_told_to_the_agent() {
    let place = governed("");
    let mut event = payload(&place, "claude-after-exit-plan-mode");
    let answer = hook(&place, "claude", &event).exits(0).json();
    let context = answer["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned();
    assert!(context.contains("has mistakes") && context.contains("P0302"), "{context}");
    let plan = event["tool_response"]["plan"].as_str().unwrap().replace("txt:", "text:");
    event["tool_response"]["plan"] = json!(plan);
    let answer = hook(&place, "claude", &event).exits(0).json();
    let context = answer["hookSpecificOutput"]["additionalContext"].as_str().unwrap();
    assert!(context.contains("step w = fs.write(path: \"b.txt\", text: \"x\\n\")") && context.contains("plan_write"));
}

#[test]
fn codex_is_answered_in_its_words() {
    let place = governed("[agents]\nhook = \"always\"\n");
    denied(&place, "codex", &payload(&place, "codex-bash"));
    // Fields that it does not know would be a hook that failed, so that a pass says nothing.
    for name in ["codex-after-bash", "codex-stop"] {
        assert_eq!(passed(&place, "codex", &payload(&place, name)), "");
    }
    let mut stop = payload(&place, "codex-stop");
    stop["permission_mode"] = json!("plan");
    stop["last_assistant_message"] = json!("```planc\nplan \"p\" {\n  step a = fs.red(path: \"a.txt\")\n}\n```\n");
    let answer = hook(&place, "codex", &stop).exits(0).json();
    assert_eq!(answer["decision"], "block", "{answer}");
    assert!(answer["reason"].as_str().unwrap().contains("fs.read"), "{answer}");
    stop["stop_hook_active"] = json!(true);
    assert_eq!(passed(&place, "codex", &stop), "", "it is sent back once");
}

/// A plan with a mistake, and one without.
const PLANS: [&str; 2] = ["red", "read"];

fn block(tool: &str) -> String {
    format!("```planc\nplan \"p\" {{\n  step a = fs.{tool}(path: \"a.txt\")\n}}\n```\n")
}

#[test]
fn what_codex_does_not_tell_a_hook_of_its_plan_mode_stands_in_its_record() {
    let place = governed("");
    let mut stop = payload(&place, "codex-stop-in-plan-mode");
    let mut bash = payload(&place, "codex-bash");
    for key in ["turn_id", "transcript_path"] {
        bash[key] = stop[key].clone();
    }
    let record = std::path::PathBuf::from(stop["transcript_path"].as_str().unwrap());
    assert_eq!(passed(&place, "codex", &stop), "", "there is no record");
    std::fs::create_dir_all(record.parent().unwrap()).unwrap();
    let turn = stop["turn_id"].as_str().unwrap().to_owned();
    let event = |kind: &str, payload: Value| json!({ "type": kind, "payload": payload }).to_string();
    let mode = |turn: &str, mode: &str| {
        let mode = json!({ "mode": mode, "settings": { "model": "scripted" } });
        event("turn_context", json!({ "turn_id": turn, "collaboration_mode": mode }))
    };
    let plan = |turn: &str, text: &str| {
        let item = json!({ "type": "Plan", "text": text });
        event("event_msg", json!({ "type": "item_completed", "turn_id": turn, "item": item }))
    };
    let keep = |lines: &[String]| std::fs::write(&record, lines.join("\n")).unwrap();
    let begun = mode(&turn, "plan");
    let [wrong, right] = PLANS.map(|tool| plan(&turn, &block(tool)));

    keep(&[mode("another", "plan"), plan("another", &block("red")), mode(&turn, "default"), wrong.clone()]);
    assert_eq!(passed(&place, "codex", &stop), "", "the mode is that of the turn");
    assert_eq!(passed(&place, "codex", &bash), "");
    keep(&[begun.clone(), "{\"cut off".into()]);
    assert!(denied(&place, "codex", &bash).starts_with("[Tool denied — plan mode is active]"));
    assert_eq!(passed(&place, "codex", &stop), "", "it has proposed nothing");
    let blocked = |event: &Value| {
        let answer = hook(&place, "codex", event).exits(0).json();
        assert_eq!(answer["decision"], "block", "{answer}");
        answer["reason"].as_str().unwrap().to_owned()
    };
    keep(&[begun.clone(), wrong.clone()]);
    assert!(blocked(&stop).contains("fs.read"));
    keep(&[begun.clone(), plan(&turn, "Read the file.")]);
    assert!(blocked(&stop).contains("nothing in the plan language"));
    keep(&[begun.clone(), wrong.clone(), right]);
    assert_eq!(passed(&place, "codex", &stop), "", "the last one counts");

    // It comes back again, but not for ever.
    stop["stop_hook_active"] = json!(true);
    let most = planc::hook::MAX_RETURNS;
    keep(&[vec![begun.clone()], vec![wrong.clone(); most]].concat());
    assert!(blocked(&stop).contains("fs.read"));
    keep(&[vec![begun], vec![wrong; most + 1]].concat());
    assert_eq!(passed(&place, "codex", &stop), "");
}

#[test]
fn gemini_is_answered_in_its_words() {
    let place = governed("[agents]\nhook = \"always\"\n");
    denied(&place, "gemini", &payload(&place, "gemini-write-file"));
    let mut exit = payload(&place, "gemini-exit-plan-mode");
    let file = place.at("home").join(".gemini/tmp/ws/5f0c/plans/plan.md");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    assert!(denied(&place, "gemini", &exit).contains("nothing in the plan language"), "it says nowhere where that is");
    let mut place = place;
    place.env.push(("GEMINI_PLANS_DIR".into(), file.parent().unwrap().display().to_string()));
    assert!(denied(&place, "gemini", &exit).contains("nothing in the plan language"), "there is no file");
    let [wrong, right] = PLANS.map(block);
    std::fs::write(&file, &wrong).unwrap();
    assert!(denied(&place, "gemini", &exit).contains("fs.read"));
    std::fs::write(&file, &right).unwrap();
    passed(&place, "gemini", &exit);
    // Named wholly, and from where the client works.
    let home = place.at("home");
    let from_ws = format!("../{}/.gemini/tmp/ws/5f0c/plans/plan.md", home.file_name().unwrap().display());
    for (key, named) in [
        ("plan_filename", file.display().to_string()),
        ("plan_filename", from_ws.clone()),
        ("plan_path", file.display().to_string()),
    ] {
        exit["tool_input"] = json!({ key: named });
        passed(&place, "gemini", &exit);
    }
    // Anywhere else there is no plan, whatever stands there.
    place.put("plan.md", &right);
    std::fs::write(home.join(".gemini/plan.md"), &right).unwrap();
    for named in
        ["../../../../plan.md".to_owned(), place.ws().join("plan.md").display().to_string(), "../plan.md".into()]
    {
        exit["tool_input"] = json!({ "plan_filename": named });
        assert!(denied(&place, "gemini", &exit).contains("nothing in the plan language"), "{named}");
    }
    // The file of the plan may be written, however it is named.
    let mut write = payload(&place, "gemini-write-file");
    for named in [file.display().to_string(), from_ws] {
        write["tool_input"]["file_path"] = json!(named);
        passed(&place, "gemini", &write);
    }
    for (tool, is_refused) in [
        ("mcp_planc_plan_exit", false),
        ("mcp_planc_fs__write", false),
        ("mcp_planc_evil_write", true),
        ("mcp_planc_evil_server_with_a_l...ong_name_that_is_not_of_planc__", true),
    ] {
        let mut event = payload(&place, "gemini-write-file");
        event["tool_name"] = json!(tool);
        match is_refused {
            true => drop(denied(&place, "gemini", &event)),
            false => drop(passed(&place, "gemini", &event)),
        }
    }
    for path in ["plans/plan.md".into(), home.join(".gemini/skills/plans/SKILL.md").display().to_string()] {
        write["tool_input"]["file_path"] = json!(path);
        denied(&place, "gemini", &write);
    }
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let place = governed("");
    let long = vec![b' '; 17 << 20];
    let events: [&[u8]; 6] = [
        b"",
        b"{",
        b"[]",
        b"{\"hook_event_name\":\"PreToolUse\"}",
        b"{\"hook_event_name\":7,\"tool_name\":\"Bash\"}",
        &long,
    ];
    for event in events {
        let said = told(&place, "claude", event).exits(2);
        assert!(!said.err.is_empty() && said.out.is_empty(), "{}", said.short());
    }
    let read = payload(&place, "claude-read");
    place.put("planc.toml", "[agents]\nhok = 1\n");
    hook(&place, "claude", &read).exits(2);
    place.put("planc.toml", "[catalogues]\nfiles = [\"tools.pl\"]\n");
    place.put("tools.pl", "catalogue {");
    hook(&place, "claude", &read).exits(2).says("catalogues have mistakes");
}

/// Teaching without a workspace: what every client can be given.
fn taught() -> String {
    Place::new().planc(&["teach", "--skill"]).exits(0).out
}

#[test]
fn the_skills_of_the_plugins_are_what_planc_teaches() {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let taught = taught();
    assert!(taught.starts_with("---\nname: planc\n"), "{taught}");
    for client in ["claude", "codex", "gemini"] {
        let file = plugins.join(client).join("skills/planc/SKILL.md");
        if std::env::var_os("SKILLS_UPDATE").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &taught).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap();
        assert!(kept == taught, "`planc teach --skill` says something else: SKILLS_UPDATE=1 writes {}", file.display());
    }
}

#[test]
fn the_plugins_call_what_there_is() {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let read = |path: &str| std::fs::read_to_string(plugins.join(path)).unwrap();
    let json = |path: &str| serde_json::from_str::<Value>(&read(path)).unwrap();
    for (file, client, event) in [
        ("claude/hooks/hooks.json", "claude", "PreToolUse"),
        ("claude/hooks/hooks.json", "claude", "PostToolUse"),
        ("codex/hooks.json", "codex", "PreToolUse"),
        ("codex/hooks.json", "codex", "Stop"),
        ("gemini/hooks/hooks.json", "gemini", "BeforeTool"),
        ("gemini/hooks/hooks.json", "gemini", "AfterTool"),
    ] {
        let hook = &json(file)["hooks"][event][0]["hooks"][0];
        let command = hook["command"].as_str().unwrap();
        assert!(command.starts_with(&format!("planc hook --client {client}")), "{file}: {command}");
    }
    for file in ["claude/.mcp.json", "codex/.mcp.json", "gemini/gemini-extension.json"] {
        let server = json(file)["mcpServers"]["planc"].clone();
        assert_eq!((&server["command"], &server["args"]), (&json!("planc"), &json!(["mcp"])), "{file}");
    }
    let codex: toml::Table = toml::from_str(&read("codex/config.toml")).unwrap();
    assert_eq!(codex["mcp_servers"]["planc"]["command"].as_str(), Some("planc"));
    assert_eq!(json("claude/.claude-plugin/plugin.json")["name"], "planc");
    let codex = json("codex/.codex-plugin/plugin.json");
    for part in ["skills", "hooks", "mcpServers"] {
        assert!(plugins.join("codex").join(codex[part].as_str().unwrap()).exists(), "{part}: {codex}");
    }
    let offered = &json(".agents/plugins/marketplace.json")["plugins"][0];
    assert_eq!((&offered["name"], &offered["source"]["path"]), (&json!("planc"), &json!("./codex")));
    // The commands are commands: an event that is none is refused by each.
    let place = governed("");
    for client in ["claude", "codex", "gemini"] {
        told(&place, client, b"{}").exits(2).says("none of a hook");
        let odd = json!({ "hook_event_name": "pretooluse", "tool_name": "Bash", "tool_input": { "command": "rm x" } });
        told(&place, client, odd.to_string().as_bytes()).exits(2).says("none of the events that are known");
    }
}
