//! A workspace with a server for agents on a pipe, as a client sees it, and a person with a terminal.

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A folder with a workspace and a state directory.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// An empty workspace with this configuration.
    pub fn new(config: &str) -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(place.workspace()).unwrap();
        place.write("planc.toml", config);
        place
    }

    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("ws")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.workspace().join(name), text).unwrap();
    }

    /// A file beside the workspace that is its owner's alone; gives its path.
    pub fn private(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn has(&self, name: &str) -> bool {
        self.workspace().join(name).exists()
    }

    pub fn planc(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_planc"));
        command.current_dir(self.workspace()).arg("--state-dir").arg(self.state()).args(args);
        command.env("HOME", self.folder.path()).env_remove("XDG_STATE_HOME");
        command
    }

    /// What a command of an operator prints.
    pub fn prints(&self, args: &[&str]) -> String {
        let output = self.planc(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A server on a pipe that was greeted in the era of sessions.
    pub fn server(&self, args: &[&str]) -> Client {
        let mut client = self.stateless(args);
        client.meta = Value::Null;
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        });
        let answer = client.request("initialize", hello);
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{answer}");
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    /// A server on a pipe in the era without sessions, for a client that can show forms.
    pub fn stateless(&self, args: &[&str]) -> Client {
        let all: Vec<&str> = ["mcp"].into_iter().chain(args.iter().copied()).collect();
        let mut child =
            self.planc(&all).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
        });
        Client { child, input, output, meta, next: 0 }
    }

    /// A person says yes on a terminal to the plan that an agent calls this.
    pub fn approve(&self, plan: &str) {
        self.says_yes(&["approve", plan]);
    }

    /// A person says yes on a terminal to what a command asks.
    pub fn says_yes(&self, args: &[&str]) {
        let pair =
            native_pty_system().openpty(PtySize { rows: 40, cols: 90, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_planc"));
        command.arg("--state-dir");
        command.arg(self.state());
        command.args(args);
        command.cwd(self.workspace());
        command.env("HOME", self.folder.path());
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut writer = pair.master.take_writer().unwrap();
        let (mut screen, mut buffer, mut answered) = (Vec::new(), [0; 4096], false);
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            screen.extend(&buffer[..n]);
            if !answered && String::from_utf8_lossy(&screen).contains("Only `yes` is a yes: ") {
                writer.write_all(b"yes\n").unwrap();
                answered = true;
            }
        }
        let screen = String::from_utf8_lossy(&screen).into_owned();
        assert!(child.wait().unwrap().success(), "{screen}");
    }
}

/// A client of a server on a pipe.
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    meta: Value,
    next: u64,
}

/// The result of a call.
#[derive(Debug)]
pub struct Called {
    pub text: String,
    pub data: Value,
    pub is_error: bool,
}

impl Client {
    pub fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{message}\n").as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// Sends nothing with requests from here on; gives what was sent.
    pub fn without_meta(&mut self) -> Value {
        std::mem::take(&mut self.meta)
    }

    /// Sends this with requests from here on.
    pub fn with_meta(&mut self, meta: Value) {
        self.meta = meta;
    }

    /// The next message of the server.
    pub fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Sends a request, and reads until its answer comes.
    pub fn request(&mut self, method: &str, mut params: Value) -> Value {
        self.next += 1;
        if !self.meta.is_null() {
            params["_meta"] = self.meta.clone();
        }
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    /// Calls a tool, and gives the whole answer.
    pub fn raw(&mut self, name: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({ "name": name, "arguments": arguments }))
    }

    /// Calls a tool.
    pub fn call(&mut self, name: &str, arguments: Value) -> Called {
        let answer = self.raw(name, arguments);
        let result = &answer["result"];
        called(result)
    }

    /// The same, where it must not fail.
    pub fn done(&mut self, name: &str, arguments: Value) -> Called {
        let called = self.call(name, arguments);
        assert!(!called.is_error, "{name}: {}", called.text);
        called
    }

    /// Hangs up, and gives the exit code and what stood on standard error.
    pub fn hang_up(mut self) -> (Option<i32>, String) {
        self.input = None;
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (self.child.wait().unwrap().code(), text)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a result of `tools/call` says. Data of a refused call of a catalogue's tool stands in `_meta`.
pub fn called(result: &Value) -> Called {
    let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}")).to_owned();
    let is_error = result["isError"] == true;
    let data = result.get("structuredContent").or_else(|| result["_meta"].get("planc/answer")).cloned();
    Called { text, data: data.unwrap_or_default(), is_error }
}

/// A plan that writes a file.
pub fn writing(name: &str) -> String {
    format!(
        "plan \"Write {name}\" {{\n  critical {{\n    create \"{name}\"\n  }}\n  step w = fs.write(path: \"{name}\", text: \"x\\n\")\n}}\n"
    )
}
