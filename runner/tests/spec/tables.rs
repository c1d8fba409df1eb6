//! Tables that the code knows already: the standard library, the groups of codes, and every limit.

use planc::tool::mcp;
use planc_lang::codes::Group;
use planc_lang::stdlib;

/// The functions of the standard library: signature, an example with its value, what it gives.
pub fn functions() -> String {
    stdlib::all()
        .map(|function| {
            let (expression, value) = function.example;
            format!("{}\n    {}\n    {expression}  // ⟶ {value}\n", function.signature, function.doc)
        })
        .collect()
}

/// The hundreds of diagnostic codes.
pub fn groups() -> String {
    Group::ALL.iter().map(|group| format!("P{:02}xx  {}\n", *group as u16, group.title())).collect()
}

/// Everything that is bounded.
pub fn limits() -> String {
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    let rows = [
        ("a source", mib(planc_lang::source::MAX_SOURCE_BYTES as u64)),
        ("an evaluation: steps", planc_lang::eval::MAX_EVAL_STEPS.to_string()),
        ("an evaluation: values made", mib(planc_lang::eval::MAX_EVAL_BYTES)),
        ("a text", mib(planc_lang::value::MAX_TEXT_BYTES as u64)),
        ("a list: items", planc_lang::value::MAX_ITEMS.to_string()),
        ("a value: depth", planc_lang::value::MAX_DEPTH.to_string()),
        ("a value: size", mib(planc_lang::value::MAX_VALUE_BYTES)),
        ("a JSON text that is parsed", mib(stdlib::MAX_JSON_BYTES as u64)),
        ("a CSV text that is parsed", mib(stdlib::MAX_CSV_BYTES as u64)),
        ("a table of CSV: cells", stdlib::MAX_CSV_CELLS.to_string()),
        ("a pattern of `parse`: parts", stdlib::MAX_HOLES.to_string()),
        ("a regular expression: text", format!("{} bytes", stdlib::MAX_PATTERN_BYTES)),
        ("a regular expression: compiled", mib(stdlib::MAX_REGEX_BYTES as u64)),
        ("a duration", format!("{} days", planc_lang::forms::MAX_DURATION_DAYS)),
        ("a type: parts", planc_lang::types::MAX_TYPE_PARTS.to_string()),
        ("a type: depth", planc_lang::types::MAX_TYPE_DEPTH.to_string()),
        ("`planc.toml`", mib(planc::config::MAX_CONFIG_BYTES)),
        ("catalogue files of a workspace", planc::config::MAX_CATALOGUES.to_string()),
        ("rules of `[policy]`", planc::policy::MAX_RULES.to_string()),
        ("a file of Cedar", mib(planc::policy::MAX_CEDAR_BYTES)),
        ("scopes of a workspace", planc::config::MAX_SCOPES.to_string()),
        ("things that force plan mode", planc::config::MAX_FORCES.to_string()),
        ("a report of plan mode", mib(planc::delivery::MAX_REPORT_BYTES as u64)),
        ("the name of an occasion", format!("{} bytes", planc::delivery::MAX_OCCASION_BYTES)),
        ("delivering a report", format!("{} s", planc::delivery::DELIVERY_TIMEOUT.as_secs())),
        ("a standing answer: days", planc::standing::MOST_DAYS.to_string()),
        ("a standing answer: uses", planc::standing::MOST_USES.to_string()),
        ("the reason for a change of mode", format!("{} bytes", planc::mode::MAX_WHY_BYTES)),
        ("a file that a tool reads or writes", mib(planc::workspace::MAX_FILE_BYTES)),
        ("all that one call reads and writes", mib(planc::workspace::MAX_CALL_BYTES)),
        ("all contents that one dry run holds", mib(planc::workspace::MAX_HELD_BYTES)),
        ("paths that one call finds or changes", planc::workspace::MAX_PATHS.to_string()),
        ("entries that one call walks over", planc::workspace::MAX_WALKED.to_string()),
        ("an index of version control", mib(planc::workspace::MAX_INDEX_BYTES)),
        ("links on the way to a path", planc::workspace::MAX_LINKS.to_string()),
        ("a program: `max_output_bytes`", mib(planc::tool::process::MAX_OUTPUT_BYTES)),
        ("paths that a program changes", planc::sandbox::MAX_UPPER.to_string()),
        ("a path that a program leaves: parts", planc::sandbox::MAX_DEEP.to_string()),
        ("all that a program changes", mib(planc::sandbox::MAX_CHANGED_BYTES)),
        ("folders of `programs.scratch`", planc::config::MAX_SCRATCH.to_string()),
        ("entries of a folder of `PATH` among which is a program", planc::config::MAX_LOOKED_AT.to_string()),
        ("a program: memory of a process, unless set", format!("{} MiB", planc::config::Limits::default().memory_mb)),
        ("a program: processor time of a process, unless set", format!("{} s", planc::config::Limits::default().cpu_s)),
        ("a program: processes, unless set", planc::config::Limits::default().processes.to_string()),
        ("a program: size of a file, unless set", format!("{} MiB", planc::config::Limits::default().file_mb)),
        ("a program: open files, unless set", planc::config::Limits::default().open_files.to_string()),
        ("a program: stack", mib(planc::sandbox::STACK)),
        ("a program: memory that is kept from being swapped out", format!("{} KiB", planc::sandbox::LOCKED >> 10)),
        (
            "a program in a dry run, where nothing else is said",
            format!("{} s", planc::dry_run::EARLY_TIMEOUT.as_secs()),
        ),
        ("the store of earlier contents, unless set", format!("{} MiB", planc::config::DEFAULT_CONTENTS_MB)),
        ("a page: `max_bytes`", mib(planc::tool::http::MAX_BODY_BYTES)),
        ("a page: redirects", planc::tool::http::MAX_REDIRECTS.to_string()),
        ("a text that a model is shown", mib(planc::tool::model::MAX_MODEL_TEXT_BYTES as u64)),
        ("an answer of a model", mib(planc::tool::model::MAX_ANSWER_BYTES as u64)),
        ("requests for one value", planc::tool::model::MAX_ASKS.to_string()),
        ("`check --fix`: rounds", planc_lang::fix::MAX_ROUNDS.to_string()),
        ("`check --fix`: edits of one round", planc_lang::fix::MAX_EDITS.to_string()),
        ("`check --fix`: edits tried one by one in a round", planc_lang::fix::MAX_TRIALS.to_string()),
        ("a file that is an input", mib(planc::cli::inputs::MAX_INPUT_BYTES)),
        ("a message of a server", mib(mcp::MAX_MESSAGE_BYTES as u64)),
        ("a result of a server, where nothing else is said", mib(planc::config::DEFAULT_RESULT_BYTES)),
        ("a result of a server, at most", mib(planc::config::MAX_RESULT_BYTES)),
        ("messages of a server that answer nothing", mcp::MAX_STRAY.to_string()),
        ("error output of a server that is kept", format!("{} KiB", mcp::MAX_STDERR_BYTES >> 10)),
        ("pages of a list of tools", mcp::MAX_PAGES.to_string()),
        ("conversations that a transparent server serves", mcp::MAX_LINES.to_string()),
        (
            "the wait for what it offers, when a client greets",
            format!("{} s", planc::mcp_server::OFFERS_WAIT.as_secs()),
        ),
        (
            "how long it is known which arguments headers say, too",
            format!("{} s", planc::mcp_server::HEADERS_FOR.as_secs()),
        ),
        ("what it says to those that use it, in characters", planc::mcp_server::MAX_INSTRUCTIONS.to_string()),
        ("what it says during a call that waits for the client", mcp::MAX_WAITING.to_string()),
        ("questions that it asks during a call", mcp::MAX_QUESTIONS.to_string()),
        ("the state of a round of its questions", format!("{} KiB", planc::session::MAX_STATE_BYTES >> 10)),
        ("resources that a client listens to with one request", planc::mcp_server::MAX_LISTENED.to_string()),
        (
            "the pause before its list of tools is looked at again",
            format!("{} ms", planc::mcp_server::CHANGES_PAUSE.as_millis()),
        ),
        ("tools of a server", planc_lang::import::MAX_TOOLS.to_string()),
        ("parameters of an imported tool", planc_lang::import::MAX_PARAMETERS.to_string()),
        ("starts of a server without a call that went well", mcp::MAX_STARTS.to_string()),
        ("the time within which they count", format!("{} s", mcp::STARTS_WITHIN.as_secs())),
        ("entries of a workspace that is copied to observe a tool", planc::observe::MAX_COPIED_ENTRIES.to_string()),
        ("files of a workspace that is copied to observe a tool", mib(planc::observe::MAX_COPIED_BYTES)),
        ("calls that `limit` may allow", planc_lang::resolve::MAX_LIMIT_CALLS.to_string()),
        ("pages that `paged` may follow", planc_lang::resolve::MAX_FOLLOWED_PAGES.to_string()),
        ("all pages of one call", mib(planc::tool::pages::MAX_JOINED_BYTES as u64)),
        ("calls at the same time", planc::schedule::MAX_PARALLEL.to_string()),
        ("steps and blocks that are looked ahead", planc::schedule::MAX_AHEAD.to_string()),
        ("elements of an `each`", planc::prediction::MAX_ELEMENTS.to_string()),
        ("elements of an `each` that are begun", planc::schedule::MAX_OPEN_ELEMENTS.to_string()),
        ("a late value that is shown whole", format!("{} KiB", planc::run::MAX_LATE_BYTES >> 10)),
        ("contents for programs in the open: shown one by one", planc::run::MAX_LEFT_SHOWN.to_string()),
        ("contents for programs in the open: named in a list", planc::run::MAX_LISTED.to_string()),
        ("a longer content: what is shown of it", format!("{} characters", planc::run::MAX_CONTENT_SHOWN)),
        ("changes of paths on a folded card that is whole", planc::render::fold::WHOLE_CHANGES.to_string()),
        ("what is drawn of each step or block on one that is not", planc::render::fold::SUMMARISED.to_string()),
        ("elements of a block that are drawn one by one", planc::render::fold::SHOWN_ELEMENTS.to_string()),
        ("a diff of a path that undo leaves", format!("{} KiB", planc::undo::MAX_CONFLICT_BYTES >> 10)),
        ("a bundle of evidence", mib(planc::evidence::MAX_BUNDLE_BYTES)),
        ("a pause before a further attempt, by failures", format!("{} s", planc::schedule::MAX_PAUSE.as_secs())),
        ("steps of a plan that is approved in parts", planc_lang::depend::MAX_DEPENDING.to_string()),
        ("a comment on a plan", format!("{} KiB", planc::approval::MAX_COMMENT_BYTES >> 10)),
        ("comments of a request for changes", planc::approval::MAX_COMMENTS.to_string()),
        ("earlier approvals that a revision is compared with", planc::desk::MAX_EARLIER.to_string()),
        ("runs that one approval is for", planc::approval::MAX_USES.to_string()),
        ("until when an approval may count", format!("{} days", planc::approval::MAX_EXPIRY_DAYS)),
        ("how long a run may be given", format!("{} days", planc::config::MAX_DEADLINE_DAYS)),
        ("a window of an approval", format!("{} bytes", planc::approval::MAX_WINDOW_BYTES)),
        ("what is signed, and a signature", mib(planc::approval::MAX_STATEMENT_BYTES as u64)),
        ("a file of signers", mib(planc::approval::MAX_SIGNERS_BYTES)),
        ("a file of a private key", format!("{} KiB", planc::approval::MAX_KEY_BYTES >> 10)),
        ("people who approve one plan", planc::config::MAX_APPROVERS.to_string()),
        ("one attempt, where nothing else is said", format!("{} s", planc::run::DEFAULT_TIMEOUT.as_secs())),
        ("the plan of an agent", mib(planc::session::MAX_PLAN_BYTES as u64)),
        ("arguments of an agent's call", mib(planc::session::MAX_ARGUMENT_BYTES as u64)),
        ("arguments of an agent's call: depth", planc::session::MAX_ARGUMENT_DEPTH.to_string()),
        ("a result that an agent is given", mib(planc::session::MAX_ANSWER_BYTES as u64)),
        ("a request of an agent", mib(planc::mcp_server::MAX_BODY_BYTES as u64)),
        ("a refused call that is kept whole", format!("{} bytes", planc::session::MAX_KEPT_BYTES)),
        ("entries of a session", planc::session::MAX_ENTRIES.to_string()),
        ("generations of sessions", planc::session::MAX_GENERATIONS.to_string()),
        ("to-dos of a session", planc::session::MAX_TODOS.to_string()),
        ("a to-do or a goal: characters", planc::session::MAX_WORDS.to_string()),
        ("globs over the tools of a session", planc::session::MAX_GLOBS.to_string()),
        ("tools of one page of `tools/list`", planc::mcp_server::PAGE.to_string()),
        ("an event of an agent's client", mib(planc::hook::MAX_PAYLOAD_BYTES)),
        ("how often a plan comes back in a turn of Codex", planc::hook::MAX_RETURNS.to_string()),
        (
            "the record of a session of Codex that is read, its end",
            format!("{} MiB", planc::hook::MAX_RECORD_BYTES >> 20),
        ),
        ("conversations of one agent on HTTP", planc::mcp_server::MAX_CONVERSATIONS.to_string()),
        ("silence in a conversation on HTTP", format!("{} s", planc::mcp_server::IDLE.as_secs())),
        ("a file with credentials", format!("{} bytes", planc::mcp_server::MAX_CREDENTIAL_BYTES)),
        ("a credential, at least: characters", planc::mcp_server::MIN_CREDENTIAL.to_string()),
        ("an answer in an agent's client", format!("{} s", planc::session::ANSWER_SECONDS)),
    ];
    let width = rows.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
    rows.iter().map(|(what, most)| format!("{what:width$}  {most}\n")).collect()
}
