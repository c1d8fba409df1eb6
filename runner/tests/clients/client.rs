//! The clients: how each is started on one prompt, with planc's folder of `plugins/` loaded as its README says, and its model
//! on loopback.

use crate::place::{Place, Said, skipped, text};
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// How long a client may take for a conversation.
const LIMIT: Duration = Duration::from_secs(180);

/// A client that `install.sh` installs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Claude,
    Codex,
    /// With a model of which it knows that it writes patches.
    PatchingCodex,
    /// With the folder as a plugin.
    PluggedCodex,
    Gemini,
}

/// Whether a client runs hooks that no person has reviewed in it. Only Codex asks that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hooks {
    Reviewed,
    Unreviewed,
}

impl Client {
    /// A workspace for a test, with a person's home in which the client finds planc; none where the client is not
    /// installed, which is said.
    pub fn place(self, test: &str, config: &str) -> Option<Place> {
        if !self.folder().join("installed").exists() {
            let how = "is not installed; `runner/tests/clients/install.sh` does it";
            skipped(&format!("{test} of {}", self.name()), &format!("{} {how}", self.name()));
            return None;
        }
        let mut place = Place::new();
        place.put("planc.toml", config);
        // Not every client hands all variables on to servers and hooks: the state lies where it does by default.
        place.env.push(("XDG_STATE_HOME".into(), place.at("home/.local/state").display().to_string()));
        let planc = assert_cmd::cargo::cargo_bin!("planc");
        std::os::unix::fs::symlink(planc, place.at("bin/planc")).expect("a link can be made");
        Some(place)
    }

    /// What people start it by.
    pub fn name(self) -> &'static str {
        match self {
            Client::Claude => "claude",
            Client::Codex | Client::PatchingCodex | Client::PluggedCodex => "codex",
            Client::Gemini => "gemini",
        }
    }

    /// The tool of its own that makes a file of the workspace, with arguments that do.
    pub fn writes(self, place: &Place, file: &str) -> (&'static str, Value) {
        let path = place.ws().canonicalize().expect("it exists").join(file);
        match self {
            Client::Claude => ("Write", json!({ "file_path": path, "content": "x\n" })),
            Client::Codex | Client::PluggedCodex => ("exec_command", json!({ "cmd": format!("echo x > {file}") })),
            Client::PatchingCodex => {
                let patch = format!("*** Begin Patch\n*** Add File: {file}\n+x\n*** End Patch\n");
                ("apply_patch", json!({ "input": patch }))
            }
            Client::Gemini => ("write_file", json!({ "file_path": path, "content": "x\n" })),
        }
    }

    /// What it tells a server that it is.
    pub fn introduces_itself_as(self) -> &'static str {
        match self {
            Client::Claude => "claude-code ",
            Client::Codex | Client::PatchingCodex | Client::PluggedCodex => "codex-mcp-client ",
            Client::Gemini => "gemini-cli-mcp-client",
        }
    }

    /// Runs a conversation to its end.
    pub fn converses(self, place: &Place, model: SocketAddr, prompt: &str, hooks: Hooks) -> Said {
        match self {
            Client::Claude => said(self.claude(place, model).args(["-p", prompt, "--output-format", "json"])),
            Client::Codex | Client::PatchingCodex | Client::PluggedCodex => {
                said(&mut self.codex(place, model, prompt, hooks))
            }
            Client::Gemini => said(&mut self.gemini(place, model, prompt, "yolo")),
        }
    }

    /// Runs a conversation of Gemini CLI to its end that begins in its plan mode.
    pub fn plans(self, place: &Place, model: SocketAddr, prompt: &str) -> Said {
        assert_eq!(self, Client::Gemini, "the others are driven otherwise");
        said(&mut self.gemini(place, model, prompt, "plan"))
    }

    /// Claude Code with the plugin, without what it is to do. A person has allowed these tools.
    pub fn claude(self, place: &Place, model: SocketAddr) -> Command {
        let mut command = self.command(place);
        command.env("ANTHROPIC_BASE_URL", format!("http://{model}")).env("ANTHROPIC_API_KEY", "none");
        command.env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1").env("ENABLE_TOOL_SEARCH", "false");
        command.arg("--plugin-dir").arg(plugin("claude"));
        command.args(["--allowedTools", "mcp__plugin_planc_planc,Write,Skill"]);
        command
    }

    /// Codex as editors and apps start it, with its home as `plugins/README.md` says.
    pub fn codex_server(self, place: &Place, model: SocketAddr) -> Command {
        self.codex_home(place, model);
        let mut command = self.command(place);
        command.env("SCRIPTED_KEY", "none").arg("app-server");
        command
    }

    fn codex(self, place: &Place, model: SocketAddr, prompt: &str, hooks: Hooks) -> Command {
        self.codex_home(place, model);
        let mut command = self.command(place);
        command.env("SCRIPTED_KEY", "none");
        // Where this runs may have no sandbox within a sandbox: that the hook refuses is what counts here.
        command.args(["exec", "--skip-git-repo-check", "--json", "--sandbox", "danger-full-access"]);
        if hooks == Hooks::Reviewed {
            command.arg("--dangerously-bypass-hook-trust");
        }
        command.arg(prompt);
        command
    }

    fn codex_home(self, place: &Place, model: SocketAddr) {
        let (home, ours) = (place.at("home/.codex"), plugin("codex"));
        fs::create_dir_all(home.join("skills/planc")).expect("folders can be made");
        let name = if self == Client::PatchingCodex { "gpt-5.5" } else { "scripted" };
        let mut config = format!(
            "model = \"{name}\"\nmodel_provider = \"scripted\"\n\n[model_providers.scripted]\nname = \"scripted\"\n\
             base_url = \"http://{model}/v1\"\nwire_api = \"responses\"\nenv_key = \"SCRIPTED_KEY\"\n\n"
        );
        if self != Client::PluggedCodex {
            config += &fs::read_to_string(ours.join("config.toml")).expect("it can be read");
        }
        fs::write(home.join("config.toml"), config).expect("a file can be written");
        if self == Client::PluggedCodex {
            let all = ours.parent().expect("it lies beside those of the others");
            said(self.command(place).args(["plugin", "marketplace", "add"]).arg(all)).exits(0);
            said(self.command(place).args(["plugin", "add", "planc@planc"])).exits(0);
            return;
        }
        for file in ["hooks.json", "skills/planc/SKILL.md"] {
            fs::copy(ours.join(file), home.join(file)).expect("a file can be copied");
        }
    }

    fn gemini(self, place: &Place, model: SocketAddr, prompt: &str, mode: &str) -> Command {
        let home = place.at("home/.gemini");
        fs::create_dir_all(&home).expect("a folder can be made");
        let settings = json!({
            "security": { "auth": { "selectedType": "gemini-api-key" }, "folderTrust": { "enabled": false } },
            "general": { "enableAutoUpdate": false },
            "privacy": { "usageStatisticsEnabled": false },
        });
        fs::write(home.join("settings.json"), settings.to_string()).expect("a file can be written");
        let command = || {
            let mut command = self.command(place);
            command.env("GEMINI_API_KEY", "none").env("GOOGLE_GEMINI_BASE_URL", format!("http://{model}"));
            command
        };
        said(command().args(["extensions", "install", "--consent"]).arg(plugin("gemini"))).exits(0);
        let mut command = command();
        command.args(["--model", "gemini-2.5-pro", "--approval-mode", mode, "--output-format", "json"]);
        command.args(["--prompt", prompt]);
        command
    }

    fn command(self, place: &Place) -> Command {
        let mut command = Command::new(self.folder().join("node_modules/.bin").join(self.name()));
        let path = std::env::var("PATH").unwrap_or_default();
        command.current_dir(place.ws()).env_clear().env("HOME", place.at("home"));
        command.env("PATH", format!("{}:{path}", place.at("bin").display())).env("TERM", "xterm-256color");
        command
    }

    fn folder(self) -> PathBuf {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or(ours, PathBuf::from);
        target.join("agent-clients").join(self.name())
    }
}

/// planc's folder for a client.
fn plugin(client: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins").join(client);
    folder.canonicalize().expect("it is in the repository")
}

fn said(command: &mut Command) -> Said {
    let command = std::mem::replace(command, Command::new("true"));
    let mut command = assert_cmd::Command::from_std(command);
    let Output { status, stdout, stderr } = command.timeout(LIMIT).output().expect("the client can be started");
    Said { code: status.code(), out: text(&stdout), err: text(&stderr) }
}
