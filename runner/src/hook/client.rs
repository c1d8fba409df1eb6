//! Which tools the clients bring themselves, and what they do: what is not known to only read acts.

use super::payload::Payload;
use std::path::{Component, Path};

/// A client that calls hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Client {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
    /// Gemini CLI
    Gemini,
}

/// What a tool of a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It is one of planc's server.
    Own,
    /// It only reads, or asks the person, or keeps the client's own books.
    Reads,
    /// It writes the file in which the client keeps its plan.
    PlanFile,
    /// It hands the client's plan in.
    HandsIn,
    /// It does more than read, or nobody knows.
    Acts,
}

/// What a client brings.
struct Tools {
    reads: &'static [&'static str],
    hands_in: &'static [&'static str],
    writes: &'static [&'static str],
    /// A tool of the client, and the tool of planc that does the same as a step.
    instead: &'static [(&'static str, &'static str)],
    /// The folder below the home in which it keeps plans.
    plans: PlanFolder,
}

/// Where a client keeps the files of its plans.
enum PlanFolder {
    /// It keeps none.
    None,
    /// In this folder itself.
    Fixed(&'static str),
    /// In folders `plans` somewhere within this one.
    Within(&'static str),
}

const CLAUDE: Tools = Tools {
    reads: &[
        "Read",
        "Glob",
        "Grep",
        "LS",
        "LSP",
        "NotebookRead",
        "Agent",
        "Task",
        "AskUserQuestion",
        "BashOutput",
        "EnterPlanMode",
        "ListMcpResourcesTool",
        "ReadMcpResourceTool",
        "ReportFindings",
        "Skill",
        "TaskCreate",
        "TaskGet",
        "TaskList",
        "TaskOutput",
        "TaskStop",
        "TaskUpdate",
        "TodoWrite",
        "ToolSearch",
    ],
    hands_in: &["ExitPlanMode"],
    writes: &["Write", "Edit", "MultiEdit"],
    instead: &[
        ("Write", "fs.write"),
        ("Edit", "fs.edit"),
        ("MultiEdit", "fs.edit"),
        ("NotebookEdit", "fs.edit"),
        ("Bash", "process.run"),
        ("WebFetch", "http.get"),
    ],
    plans: PlanFolder::Fixed(".claude/plans"),
};

const CODEX: Tools = Tools {
    reads: &["view_image", "update_plan", "request_user_input", "get_goal", "create_goal", "update_goal"],
    hands_in: &[],
    writes: &[],
    instead: &[("Bash", "process.run"), ("apply_patch", "fs.edit")],
    plans: PlanFolder::None,
};

const GEMINI: Tools = Tools {
    reads: &[
        "read_file",
        "read_many_files",
        "list_directory",
        "glob",
        "grep_search",
        "search_file_content",
        "activate_skill",
        "ask_user",
        "cli_help",
        "codebase_investigator",
        "enter_plan_mode",
        "get_internal_docs",
        "write_todos",
    ],
    hands_in: &["exit_plan_mode"],
    writes: &["write_file", "replace"],
    instead: &[
        ("write_file", "fs.write"),
        ("replace", "fs.edit"),
        ("run_shell_command", "process.run"),
        ("web_fetch", "http.get"),
    ],
    plans: PlanFolder::Within(".gemini/tmp"),
};

impl Client {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Client::Claude => "claude",
            Client::Codex => "codex",
            Client::Gemini => "gemini",
        }
    }

    fn tools(self) -> &'static Tools {
        match self {
            Client::Claude => &CLAUDE,
            Client::Codex => &CODEX,
            Client::Gemini => &GEMINI,
        }
    }

    /// What the tool of a payload does; `reads` are globs over names that the operator knows to only read, `own` are the names
    /// of all tools that planc's server has.
    pub fn class(self, payload: &Payload, reads: &[String], own: impl IntoIterator<Item = String>) -> Class {
        let (name, tools) = (payload.tool.as_str(), self.tools());
        let matches = |glob: &String| globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(name));
        if tools.hands_in.contains(&name) {
            Class::HandsIn
        } else if is_own(name, own) {
            Class::Own
        } else if tools.reads.contains(&name) || reads.iter().any(matches) {
            Class::Reads
        } else if tools.writes.contains(&name) && payload.file().is_some_and(|file| is_plan_file(&tools.plans, &file)) {
            Class::PlanFile
        } else {
            Class::Acts
        }
    }

    /// The tool of planc that does the same as a step.
    pub fn instead(self, tool: &str) -> Option<&'static str> {
        self.tools().instead.iter().find(|(name, _)| *name == tool).map(|(_, own)| *own)
    }
}

/// What clients write before the names of the tools of planc's server. That of another server may begin like it, so that only
/// the whole name of a tool tells.
const OF_PLANC: [&str; 4] = ["mcp__planc__", "mcp__plugin_planc_planc__", "mcp_planc_", "mcp_planc__"];

/// What Gemini CLI writes in the place of the middle of a long name, and how many characters it keeps on each side.
const CUT: (&str, usize) = ("...", 30);

/// Whether a tool is one of planc's server.
fn is_own(name: &str, own: impl IntoIterator<Item = String>) -> bool {
    if !OF_PLANC.iter().any(|prefix| name.starts_with(prefix)) {
        return false;
    }
    let is_cut = |whole: &str| {
        let (dots, kept) = CUT;
        name.split_once(dots).is_some_and(|(head, tail)| {
            [head, tail].iter().all(|part| part.len() == kept)
                && whole.len() > name.len()
                && whole.starts_with(head)
                && whole.ends_with(tail)
        })
    };
    own.into_iter().any(|tool| {
        OF_PLANC.iter().map(|prefix| format!("{prefix}{tool}")).any(|whole| whole == name || is_cut(&whole))
    })
}

/// Whether a path is that of a file in which a client keeps a plan: Markdown in the folder of its plans, and no way leads out
/// of there.
fn is_plan_file(plans: &PlanFolder, path: &Path) -> bool {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let is_plain = path.components().all(|part| !matches!(part, Component::ParentDir));
    let is_text = path.extension().is_some_and(|extension| extension == "md");
    let parent = path.parent().unwrap_or(path);
    let within = !home.is_empty()
        && match plans {
            PlanFolder::None => false,
            PlanFolder::Fixed(folder) => parent == Path::new(&home).join(folder),
            PlanFolder::Within(folder) => {
                parent.ends_with("plans") && parent.starts_with(Path::new(&home).join(folder))
            }
        };
    // A link would lead elsewhere.
    let is_no_link = path.symlink_metadata().map_or(true, |meta| meta.is_file());
    is_plain && is_text && within && is_no_link
}
