//! A workspace in which six real servers are wired up, imported, and reviewed as a person would.

use crate::place::{Place, skipped};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The catalogues.
const SERVERS: [&str; 6] = ["files", "memory", "every", "git", "clock", "sqlite"];
/// What was imported, by file.
static IMPORTED: OnceLock<Vec<(String, String)>> = OnceLock::new();
/// What a reviewer writes into a catalogue: to which tool, what takes the place of the comment on effects.
const REVIEWED: [(&str, &str); 14] = [
    ("files.write_file", "writes \"notes:${path}\""),
    ("files.read_text_file", "reads \"notes:${path}\""),
    ("memory.create_entities", "writes \"memory:graph\""),
    ("memory.read_graph", "reads \"memory:graph\""),
    ("every.get_sum", "pure"),
    ("every.echo", "pure"),
    ("every.get_structured_content", "reads \"weather\""),
    ("git.git_add", "writes \"git:${repo_path}\""),
    ("git.git_commit", "writes \"git:${repo_path}\""),
    ("git.git_log", "reads \"git:${repo_path}\""),
    ("git.git_branch", "reads \"git:${repo_path}\""),
    ("clock.get_current_time", "reads \"clock\""),
    ("sqlite.write_query", "writes \"sql:data\""),
    ("sqlite.read_query", "reads \"sql:data\""),
];
/// Further tools that only read.
const READ: [(&str, &str); 1] = [("sqlite.list_tables", "reads \"sql:data\"")];
/// Parameters that are content, and decide nothing.
const CONTENT: [(&str, &str); 3] =
    [("files.write_file", "content"), ("every.echo", "message"), ("git.git_commit", "message")];

/// The workspace.
pub struct World {
    pub place: Place,
}

impl World {
    /// One for a test; none where the servers are not installed, which is said.
    pub fn new(test: &str) -> Option<World> {
        let installed = installed();
        if !installed.join("installed").exists() {
            let how = "they are not installed; `runner/tests/real_servers/install.sh` does it";
            skipped(test, how);
            return None;
        }
        let world = World { place: Place::new() };
        world.lay_out(&installed);
        // What servers say of their tools is the same in every workspace: they are asked once.
        for (file, text) in IMPORTED.get_or_init(|| world.imported()) {
            world.place.put(file, text);
        }
        SERVERS.iter().for_each(|server| world.review(server, "reads"));
        Some(world)
    }

    fn imported(&self) -> Vec<(String, String)> {
        let files = SERVERS.iter().flat_map(|server| {
            self.place.planc(&["tools", "import", "--mcp", server]).exits(0);
            [format!("catalogues/{server}.pl"), format!("catalogues/{server}.mcp.json")]
        });
        files.map(|file| (file.clone(), self.place.get(&file))).collect()
    }

    fn lay_out(&self, installed: &Path) {
        let place = &self.place;
        let python = installed.join("venv/bin/python").display().to_string();
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_servers/between.py").display().to_string();
        let node = |package: &str| {
            let file = installed.join(format!("npm/node_modules/@modelcontextprotocol/{package}/dist/index.js"));
            vec![found("node"), file.display().to_string()]
        };
        let pypi = |program: &str| vec![installed.join("venv/bin").join(program).display().to_string()];
        let ws = place.ws().display().to_string();
        let database = place.at("out/data.db").display().to_string();
        let commands = [
            ("files", [node("server-filesystem"), vec![ws]].concat()),
            ("memory", node("server-memory")),
            ("every", node("server-everything")),
            ("git", pypi("mcp-server-git")),
            ("clock", [pypi("mcp-server-time"), vec!["--local-timezone".into(), "Etc/UTC".into()]].concat()),
            ("sqlite", [pypi("mcp-server-sqlite"), vec!["--db-path".into(), database]].concat()),
        ];
        let (graph, out) = (place.at("out/graph.jsonl"), place.at("out").display().to_string());
        let mut toml = "[catalogues]\nfiles = [\"catalogues/*.pl\"]\n".to_owned();
        for (name, command) in commands {
            let around = [ours.clone(), self.log_file(name), self.change_file(name)];
            let args: Vec<String> = around.into_iter().chain(command).collect();
            let env = format!(
                "{{ MEMORY_FILE_PATH = {graph:?}, GIT_AUTHOR_NAME = \"a\", GIT_AUTHOR_EMAIL = \"a@a.example\", GIT_COMMITTER_NAME = \"a\", GIT_COMMITTER_EMAIL = \"a@a.example\" }}"
            );
            toml.push_str(&format!("\n[servers.{name}]\ncommand = {python:?}\nargs = {args:?}\nenv = {env}\ndata = [\"{out}/*.log\", \"{out}/*.change\", \"{out}/*.db\"]\n"));
        }
        place.put("planc.toml", toml).put("repo/README.md", "first\n");
        self.git(&["init", "-q", "-b", "main"]);
        self.git(&["add", "README.md"]);
        self.git(&["-c", "user.name=a", "-c", "user.email=a@a.example", "commit", "-q", "-m", "first"]);
        let database = rusqlite::Connection::open(place.at("out/data.db")).expect("a database can be made");
        database.execute("CREATE TABLE releases (version TEXT)", []).expect("a table can be made");
    }

    /// What a person would write into the catalogue of a server.
    fn review(&self, server: &str, long: &str) {
        let file = format!("catalogues/{server}.pl");
        let long = format!("{long} \"work:operation\"");
        let mut out = String::new();
        let mut tool = String::new();
        for line in self.place.get(&file).lines() {
            if let Some(rest) = line.trim().strip_prefix("tool ") {
                tool = format!("{server}.{}", rest.split('(').next().unwrap_or_default());
            }
            let known = REVIEWED.iter().chain(&READ).find(|(of, _)| *of == tool).map(|(_, effect)| *effect);
            let effect = known.or((tool == "every.trigger_long_running_operation").then_some(long.as_str()));
            let trimmed = line.trim_start();
            let is_content = CONTENT.iter().any(|(of, name)| *of == tool && trimmed.starts_with(&format!("{name}:")));
            match effect {
                Some(effect) if line.contains("Effects are not reviewed") => out.push_str(&format!("    {effect}\n")),
                _ if is_content => out.push_str(&format!("    data {trimmed}\n")),
                _ => out.push_str(&format!("{line}\n")),
            }
        }
        self.place.put(&file, out);
    }

    /// Reviews the long call anew: it `reads` or `writes`.
    pub fn long(&self, verb: &str) {
        let text = self.place.get("catalogues/every.pl");
        self.place.put(
            "catalogues/every.pl",
            text.replace("reads \"work:operation\"", &format!("{verb} \"work:operation\"")),
        );
    }

    /// Has a server describe one of its tools in another way from now on.
    pub fn change(&self, server: &str, tool: Option<&str>) {
        std::fs::write(self.change_file(server), tool.unwrap_or_default()).expect("a file can be written");
    }

    /// A plan that uses all of them.
    pub fn plan(&self, long: &str) -> String {
        let long = if long == "writes" { "    modify \"work:operation\"\n" } else { "" };
        let repo = self.place.at("ws/repo").display().to_string();
        format!(
            r#"plan "Note a release everywhere" {{
  critical {{
    modify "notes:{repo}/release.md"
    modify "git:{repo}"
    modify "sql:data"
    modify "memory:graph"
{long}  }}
  step now = clock.get_current_time(timezone: "Etc/UTC")
  step note = files.write_file(path: "{repo}/release.md", content: "Release 1.0\n${{now}}\n")
  step add = git.git_add(repo_path: "{repo}", files: ["release.md"]) {{
    after note
  }}
  step commit = git.git_commit(repo_path: "{repo}", message: "Release 1.0, at ${{now}}") {{
    after add
  }}
  step row = sqlite.write_query(query: "INSERT INTO releases VALUES ('1.0')")
  step long = every.trigger_long_running_operation(duration: 2.0, steps: 2.0) {{
    after row, commit
  }}
  step known = memory.create_entities(
    entities: [{{ name: "1.0", entityType: "release", observations: ["written", "committed"] }}],
  ) {{
    after long
  }}
  step log = git.git_log(repo_path: "{repo}") {{
    expect log.contains("Release 1.0, at")
  }}
  verify "it stands everywhere" {{
    step rows = sqlite.read_query(query: "SELECT version FROM releases")
    step graph = memory.read_graph()
    step text = files.read_text_file(path: "{repo}/release.md")
    rows.contains("1.0") and graph.entities.length() == 1 and text.content.contains("timezone")
  }}
}}
"#
        )
    }

    /// Everything is as the plan wants it, nothing twice, and the long call was made this often.
    #[track_caller]
    pub fn is_done(&self, long: usize) {
        assert_eq!(self.commits(), 2);
        let database = rusqlite::Connection::open(self.place.at("out/data.db")).expect("there is a database");
        let rows: i64 =
            database.query_row("SELECT count(*) FROM releases", [], |row| row.get(0)).expect("there is a table");
        assert_eq!(rows, 1);
        for (server, tool, calls) in [
            ("files", "write_file", 1),
            ("git", "git_add", 1),
            ("git", "git_commit", 1),
            ("sqlite", "write_query", 1),
            ("memory", "create_entities", 1),
            ("every", "trigger-long-running-operation", long),
        ] {
            assert_eq!(count(self, server, tool), calls, "{server}.{tool}\n{}", self.log(server));
        }
    }

    /// How many commits there are.
    pub fn commits(&self) -> usize {
        self.git(&["rev-list", "--count", "HEAD"]).trim().parse().expect("a count is a number")
    }

    fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.place.at("ws/repo")).env("HOME", self.place.at("home"));
        let output = command.output().expect("git can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The calls that a server got, one name on each line.
    pub fn log(&self, server: &str) -> String {
        std::fs::read_to_string(self.log_file(server)).unwrap_or_default()
    }

    fn log_file(&self, server: &str) -> String {
        self.place.at("out").join(format!("{server}.log")).display().to_string()
    }

    fn change_file(&self, server: &str) -> String {
        self.place.at("out").join(format!("{server}.change")).display().to_string()
    }
}

/// How often a tool of a server was called.
pub fn count(world: &World, server: &str, tool: &str) -> usize {
    world.log(server).lines().filter(|line| *line == tool).count()
}

/// Where the servers are installed.
fn installed() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"));
    let named = std::env::var_os("PLANC_REAL_SERVERS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| target.join("real-servers"));
    folder.canonicalize().unwrap_or(folder)
}

/// Where a program of this machine lies.
fn found(program: &str) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.map_or_else(|| program.to_owned(), |file| file.display().to_string())
}
