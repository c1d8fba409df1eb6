//! Tools of servers behind the mode: the server speaks to planc, and the agent to planc.

use super::support::Place;
use serde_json::{Value, json};

/// A workspace in which the mock server behaves in this way, its catalogue imported and reviewed by hand.
pub fn wired(behaviour: &str, more: &str) -> Place {
    let place = Place::new("");
    wire(&place, behaviour, more);
    place.prints(&["tools", "import", "--mcp", "mock"]);
    let file = place.workspace().join("catalogues/mock.pl");
    let (mut out, mut tool) = (String::new(), "");
    let text = std::fs::read_to_string(&file).unwrap();
    for line in text.lines() {
        tool = line.trim().strip_prefix("tool ").and_then(|rest| rest.split('(').next()).unwrap_or(tool);
        match line.contains("Effects are not reviewed") {
            true if tool == "put" => out.push_str("    writes \"mock:store\"\n"),
            true => out.push_str("    reads \"mock:store\"\n"),
            false => out.push_str(&format!("{line}\n")),
        }
    }
    std::fs::write(file, out).unwrap();
    place
}

fn wire(place: &Place, behaviour: &str, more: &str) {
    let own = std::env::current_exe().unwrap();
    let log = place.workspace().with_file_name("log");
    let toml = format!(
        "[catalogues]\nfiles = [\"catalogues/*.pl\"]\n\n[servers.mock]\ncommand = {own:?}\n\
         args = [\"mock::serves\", \"--exact\", \"--nocapture\", \"-q\"]\n\
         env = {{ MOCK = {behaviour:?}, MOCK_LOG = {log:?} }}\n{more}"
    );
    place.write("planc.toml", &toml);
}

pub fn log(place: &Place) -> Vec<String> {
    let text = std::fs::read_to_string(place.workspace().with_file_name("log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

const READ: &str = "read = [\"mock:*\"]\n";
const PUT: &str =
    "plan \"Put\" {\n  critical {\n    modify \"mock:store\"\n  }\n  step p = mock.put(key: \"a\", value: \"b\")\n}\n";

fn handed_in(agent: &mut super::support::Client, text: &str) -> String {
    agent.done("plan_write", json!({ "text": text }));
    agent.done("plan_exit", json!({})).data["plan_id"].as_str().unwrap().to_owned()
}

#[test]
fn what_the_operator_changes_in_a_catalogue_counts_for_the_next_call() {
    let place = wired("plain", READ);
    let mut agent = place.server(&[]);
    let file = place.workspace().join("catalogues/mock.pl");
    let reads = std::fs::read_to_string(&file).unwrap();
    for _ in 0..2 {
        assert_eq!(agent.done("mock__get_all", json!({})).text, "a\nb");
        std::fs::write(&file, reads.replace("reads \"mock:store\"", "writes \"mock:store\"")).unwrap();
        let refused = agent.call("mock__get_all", json!({}));
        assert!(refused.text.starts_with("[Tool denied — plan mode is active]"), "{}", refused.text);
        std::fs::write(&file, "catalogue {").unwrap();
        let refused = agent.call("mock__get_all", json!({}));
        assert!(refused.is_error && refused.text.contains("the catalogues have mistakes"), "{}", refused.text);
        std::fs::write(&file, &reads).unwrap();
    }
}

#[test]
fn tools_of_a_server_are_there_word_for_word_and_behind_the_mode() {
    let place = wired("lying", READ);
    let mut agent = place.server(&[]);
    let listed = agent.request("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let find =
        |name: &str| tools.iter().find(|tool| tool["name"] == name).unwrap_or_else(|| panic!("{listed}")).clone();
    let (put, all) = (find("mock__put"), find("mock__get_all"));
    assert_eq!(put["inputSchema"]["properties"]["value"]["not"], json!({ "const": "forbidden" }), "{put}");
    assert_eq!(put["outputSchema"]["required"], json!(["stored"]), "{put}");
    // What the server says of itself is no reason to believe it.
    assert_eq!(put["annotations"]["readOnlyHint"], false, "{put}");
    assert_eq!(all["annotations"]["readOnlyHint"], true, "{all}");

    // Arguments have the names of the server, or those of the language.
    assert_eq!(agent.done("mock__get_all", json!({ "Odd-Name": "x" })).text, "a\nb");
    assert_eq!(agent.done("mock__get_all", json!({ "Odd_Name": "y" })).text, "a\nb");
    let twice = agent.call("mock__get_all", json!({ "Odd-Name": "x", "Odd_Name": "y" }));
    assert!(twice.is_error && twice.text.contains("twice"), "{}", twice.text);
    assert_eq!(log(&place), ["get-all {\"Odd-Name\":\"x\"} -", "get-all {\"Odd-Name\":\"y\"} -"]);

    let refused = agent.call("mock__put", json!({ "key": "a", "value": "b" }));
    assert!(refused.text.starts_with("[Tool denied — plan mode is active]"), "{}", refused.text);
    assert_eq!(refused.data["step"], "step put_1 = mock.put(key: \"a\", value: \"b\")");
    assert_eq!(refused.data["critical"], json!(["modify \"mock:store\""]));
    assert_eq!(log(&place).len(), 2);

    let plan = handed_in(&mut agent, PUT);
    place.approve(&plan);
    let report = agent.done("plan_run", json!({ "plan_id": plan }));
    assert_eq!(report.data["report"]["end"], "done", "{}", report.text);
    let log = log(&place);
    assert!(log.len() == 3 && log[2].starts_with("put {\"key\":\"a\",\"value\":\"b\"} "), "{log:?}");
    assert!(agent.call("mock__put", json!({ "key": "a", "value": "b" })).is_error, "a run opens nothing behind it");
}

#[test]
fn a_server_is_not_asked_where_the_operator_lists_nothing() {
    let place = wired("good", "");
    let mut agent = place.server(&[]);
    let refused = agent.call("mock__get_all", json!({}));
    assert!(refused.text.contains("its server is not asked before approval"), "{}", refused.text);
    assert!(log(&place).is_empty());
    // What the operator changes counts for the next call.
    wire(&place, "good", READ);
    agent.done("mock__get_all", json!({}));
    assert_eq!(log(&place).len(), 1);
}

#[test]
fn a_tool_for_execution_is_called_by_an_approved_plan_only() {
    let place = wired("good", READ);
    let file = place.workspace().join("catalogues/mock.pl");
    let reviewed = std::fs::read_to_string(&file).unwrap();
    let said = |category: &str| {
        let clause = format!("    reads \"mock:store\"\n    category {category}\n");
        std::fs::write(&file, reviewed.replace("    reads \"mock:store\"\n", &clause)).unwrap();
    };
    let mut agent = place.server(&[]);
    for (category, calls) in [("document", 1), ("analyze", 2), ("plan", 3)] {
        said(category);
        agent.done("mock__get_all", json!({}));
        assert_eq!(log(&place).len(), calls, "{category}");
    }
    said("execute");
    let refused = agent.call("mock__get_all", json!({}));
    assert!(refused.is_error && refused.text.contains("its category is `execute`"), "{}", refused.text);
    let text = "plan \"Read\" {\n  step all = mock.get_all()\n}\n";
    let plan = handed_in(&mut agent, text);
    assert_eq!(log(&place).len(), 3, "neither directly nor in a dry run");
    place.approve(&plan);
    let report = agent.done("plan_run", json!({ "plan_id": plan }));
    assert_eq!((&report.data["report"]["end"], log(&place).len()), (&json!("done"), 4), "{}", report.text);

    // What acts is locked, whatever it says that it is for.
    let acts = reviewed.replace("    writes \"mock:store\"\n", "    writes \"mock:store\"\n    category analyze\n");
    std::fs::write(&file, acts).unwrap();
    assert!(agent.call("mock__put", json!({ "key": "a", "value": "b" })).is_error);
    assert_eq!(log(&place).len(), 4);
}

#[test]
fn a_changed_definition_is_not_called() {
    let place = wired("good", READ);
    let mut agent = place.server(&[]);
    let plan = handed_in(&mut agent, PUT);
    place.approve(&plan);
    wire(&place, "changed", READ);
    let report = agent.call("plan_run", json!({ "plan_id": plan }));
    assert!(report.is_error, "{}", report.text);
    let plan = handed_in(&mut agent, PUT);
    place.approve(&plan);
    let report = agent.call("plan_run", json!({ "plan_id": plan }));
    assert!(report.is_error && report.text.contains("is not what was reviewed"), "{}", report.text);
    assert!(log(&place).is_empty(), "{:?}", log(&place));
}

#[test]
fn whatever_a_server_answers_the_gateway_goes_on() {
    for behaviour in
        ["giant", "malformed", "no-json", "deep", "wrong-type", "unknown", "dies", "error", "asks", "flood"]
    {
        let place = wired(behaviour, READ);
        let mut agent = place.server(&[]);
        let plan = handed_in(&mut agent, PUT);
        place.approve(&plan);
        let report = agent.call("plan_run", json!({ "plan_id": plan }));
        assert!(report.is_error && report.text.len() < 20_000, "{behaviour}: {}", report.text);
        assert!(!report.text.contains('\u{1b}'), "{behaviour}: {:?}", report.text);
        // What is in doubt is not tried again, however often an agent asks.
        let again = agent.call("plan_run", json!({ "plan_id": plan }));
        assert!(again.is_error, "{behaviour}: {}", again.text);
        let puts = log(&place).iter().filter(|line| line.starts_with("put ")).count();
        assert_eq!(puts, 1, "{behaviour}");
        assert_eq!(agent.done("mock__get_all", json!({})).text, "a\nb", "{behaviour}");
    }
    let place = wired("escapes", READ);
    let said = place.server(&[]).done("mock__get_all", json!({})).text;
    assert!(!said.contains('\u{1b}') && said.contains("owned"), "{said:?}");
}

#[test]
fn content_is_passed_on_block_by_block_where_it_is_declared() {
    let place = wired("good", READ);
    let file = place.workspace().join("catalogues/mock.pl");
    let text = std::fs::read_to_string(&file).unwrap();
    let odd = "-> string {";
    assert!(text.contains(odd), "{text}");
    std::fs::write(&file, text.replace(odd, "-> { content: [any] } {")).unwrap();
    let mut agent = place.server(&[]);
    let answer = agent.raw("mock__get_all", json!({}));
    assert_eq!(answer["result"]["content"], json!([{ "type": "text", "text": "a\nb" }]), "{answer}");
    assert_eq!(answer["result"].get("structuredContent"), None::<&Value>, "{answer}");
}
