//! Real agent clients, driven by a scripted model.
mod model;
use model::*;
use serde_json::json;
use std::process::Command;
#[test]
fn trial() {
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let model = Model::new(
        vec![
            Turn::Call("echo", Box::new(|_| json!({ "message": "one" }))),
            Turn::Call(
                "get-sum",
                Box::new(|r| {
                    println!("saw {r:?}");
                    json!({ "a": 1, "b": 2 })
                }),
            ),
            Turn::Say("All done."),
        ],
        |i, r| println!("turn {i} {r:?}"),
    );
    let address = rt.block_on(model.serve());
    let dir = tempfile::tempdir().unwrap();
    let which = std::env::var("WHICH").unwrap_or("claude".into());
    let mut c = Command::new(&which);
    c.current_dir(dir.path()).env("HOME", dir.path());
    if which == "claude" {
        std::fs::write(
            dir.path().join("mcp.json"),
            json!({"mcpServers": {"planc": {"command": "an-mcp-server", "args": []}}}).to_string(),
        )
        .unwrap();
        c.env("ANTHROPIC_BASE_URL", format!("http://{address}"))
            .env("ANTHROPIC_API_KEY", "sk-ant-test")
            .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .env("ENABLE_TOOL_SEARCH", "false")
            .args([
                "-p",
                "Do it.",
                "--mcp-config",
                "mcp.json",
                "--strict-mcp-config",
                "--allowedTools",
                "mcp__planc",
                "--output-format",
                "json",
            ]);
    } else {
        let home = dir.path().join(".codex");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("config.toml"), format!("model = \"scripted\"\nmodel_provider = \"scripted\"\n[model_providers.scripted]\nname = \"scripted\"\nbase_url = \"http://{address}/v1\"\nwire_api = \"responses\"\nenv_key = \"SCRIPTED_KEY\"\n[mcp_servers.planc]\ncommand = \"an-mcp-server\"\nargs = []\ndefault_tools_approval_mode = \"approve\"\n")).unwrap();
        c.env("CODEX_HOME", &home).env("SCRIPTED_KEY", "x").args(["exec", "--skip-git-repo-check", "--json", "Do it."]);
    }
    let out = c.stdin(std::process::Stdio::null()).output().unwrap();
    println!("{}\n{}\n{}", out.status, String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    println!(
        "strange {:?}\noffered {:?}\nresults {:?}",
        model.strange.lock().unwrap(),
        model.offered.lock().unwrap(),
        model.results()
    );
    assert!(model.is_over());
}
