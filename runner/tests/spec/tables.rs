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
        ("all that a program changes", mib(planc::sandbox::MAX_CHANGED_BYTES)),
        ("folders of `programs.scratch`", planc::config::MAX_SCRATCH.to_string()),
        ("a program: memory of a process, unless set", format!("{} MiB", planc::config::Limits::default().memory_mb)),
        ("a program: processor time of a process, unless set", format!("{} s", planc::config::Limits::default().cpu_s)),
        ("a program: processes, unless set", planc::config::Limits::default().processes.to_string()),
        ("a program: size of a file, unless set", format!("{} MiB", planc::config::Limits::default().file_mb)),
        ("a program: open files, unless set", planc::config::Limits::default().open_files.to_string()),
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
        ("tools of a server", planc_lang::import::MAX_TOOLS.to_string()),
        ("parameters of an imported tool", planc_lang::import::MAX_PARAMETERS.to_string()),
        ("starts of a server without a call that went well", mcp::MAX_STARTS.to_string()),
        ("calls at the same time", planc::schedule::MAX_PARALLEL.to_string()),
        ("steps and blocks that are looked ahead", planc::schedule::MAX_AHEAD.to_string()),
        ("elements of an `each`", planc::prediction::MAX_ELEMENTS.to_string()),
        ("elements of an `each` that are begun", planc::schedule::MAX_OPEN_ELEMENTS.to_string()),
        ("a bundle of evidence", mib(planc::evidence::MAX_BUNDLE_BYTES)),
        ("runs that one approval is for", planc::approval::MAX_USES.to_string()),
        ("until when an approval may count", format!("{} days", planc::approval::MAX_EXPIRY_DAYS)),
        ("a window of an approval", format!("{} bytes", planc::approval::MAX_WINDOW_BYTES)),
        ("what is signed, and a signature", mib(planc::approval::MAX_STATEMENT_BYTES as u64)),
        ("a file of signers", mib(planc::approval::MAX_SIGNERS_BYTES)),
        ("a file of a private key", format!("{} KiB", planc::approval::MAX_KEY_BYTES >> 10)),
        ("people who approve one plan", planc::config::MAX_APPROVERS.to_string()),
        ("one attempt, where nothing else is said", format!("{} s", planc::run::DEFAULT_TIMEOUT.as_secs())),
    ];
    let width = rows.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
    rows.iter().map(|(what, most)| format!("{what:width$}  {most}\n")).collect()
}
