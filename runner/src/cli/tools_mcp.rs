//! `planc tools import`, `planc tools check`: servers ⟶ reviewed catalogues, and what has changed since.

use super::core::runtime;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal::agreed;
use super::texts::{Instead, Texts};
use crate::config::{CONFIG_NAME, Config, ServerConfig, Wiring, lies_in};
use crate::import::{
    Answer, Change, ChangeKind, Files, ImportError, Imported, Review, ask, catalogue_file, compare, import,
    own_catalogue_file, recorded,
};
use crate::render::text::{Tone, count, inline};
use crate::tool::mcp::Lock;
use crate::writing::Place;
use planc_lang::catalogue::Tool;
use planc_lang::codes::Severity;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `planc tools import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The catalogue that the server's tools become; without command, address or file, as `[servers.NAME]` says
    #[arg(long, value_name = "NAME")]
    mcp: String,
    /// The address of a server that runs already
    #[arg(long, value_name = "URL", conflicts_with_all = ["from", "command"])]
    url: Option<String>,
    /// A recorded answer to `tools/list`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "command")]
    from: Option<PathBuf>,
    /// Write this file instead of `catalogues/NAME.pl`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    to: Option<PathBuf>,
    /// Take over what is different in the catalogue then, which a person looks at on the terminal
    #[arg(long)]
    accept: bool,
    /// The server: a program with its arguments, as `command` and `args` of `[servers.NAME]` have it, where `data` lists what of the
    /// workspace it does not load, all with `["**"]`: plans that change what else is there want a person
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Arguments of `planc tools check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The catalogue; without one, all that have a server in `planc.toml`
    name: Option<String>,
}

/// The file that is written, as it is named, and what it and its lock hold now: where the configuration says, or where the caller does.
fn written(session: &Session, name: &str, to: Option<&Path>) -> Result<(PathBuf, Files), Fault> {
    let own = own_catalogue_file(&session.config, name);
    let file = to.map_or_else(|| catalogue_file(&session.config, name), |to| session.path(to));
    if Session::is_same(&file, &own) {
        let stays = |path: &Path| {
            let cannot =
                |error| Fault::usage(format!("cannot write `{}`: {error}", inline(&session.config.shown(path))));
            let place = Place::of(path).map_err(cannot)?;
            session.stays_within(path, &place).map(|()| place)
        };
        let files = Files::read(stays(&own)?, stays(&Lock::path_of(&own))?)?;
        return Ok((own, files));
    }
    let told = |fault: Fault| fault.help("or list it in `[catalogues]` of `planc.toml`, and leave `--to` out");
    let place = session.output(&file, "pl").map_err(told)?;
    let lock = session.output(Lock::path_of(&file), "json").map_err(told)?;
    Ok((file, Files::read(place, lock)?))
}

pub(super) fn import_tools(session: &Session, args: &ImportArgs) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let name = args.mcp.as_str();
    let is_name = planc_lang::lexer::is_name(name) && !planc_lang::builtin::CATALOGUES.contains(&name);
    if !is_name {
        return Err(Fault::usage(format!("`{}` cannot be the name of a catalogue", inline(name)))
            .help("letters, digits and `_`, and none of the built-in names"));
    }
    let answer = match &args.from {
        Some(path) => recorded(&session.path(path))?,
        None => {
            let server = wiring(session, args)?;
            may_start(session, args, &server)?;
            asked(session, name, &server)?
        }
    };
    let (file, files) = written(session, name, args.to.as_deref())?;
    let brought = |review: Review| import(&files, (name, &answer), review, |text| mistake(session, &files, text));
    let outcome = match brought(Review::Unseen)? {
        Imported::ToReview(changes) if args.accept => {
            looked_at(session, &changes)?;
            brought(Review::Seen)?
        }
        outcome => outcome,
    };
    let shown = session.config.shown(&file).into_owned();
    let (exit, status, changes) = match &outcome {
        Imported::Written { changes, .. } => (Exit::Success, "written", changes.as_slice()),
        Imported::Unchanged => (Exit::Success, "unchanged", [].as_slice()),
        Imported::ToReview(changes) => (Exit::Stale, "to_review", changes.as_slice()),
    };
    if session.out.is_json() {
        session.out.json(&json!({ "catalogue": name, "file": shown, "status": status, "tools": answer.definitions.len(), "changes": changes }))?;
        return Ok(exit);
    }
    let mut text = String::new();
    match &outcome {
        Imported::Unchanged => text.push_str(&format!("`{}` is as the server says\n", inline(&shown))),
        Imported::Written { tools, changes } => {
            let old = changes.iter().filter(|change| change.kind != ChangeKind::New);
            old.for_each(|change| text.push_str(&drawn(session, change)));
            text.push_str(&format!(
                "wrote {} with {}, and what the server said of them beside it\n",
                inline(&shown),
                count(*tools, "tool")
            ));
            text.push_str(&next_steps(session, args, name, &file));
        }
        Imported::ToReview(changes) => {
            changes.iter().for_each(|change| text.push_str(&drawn(session, change)));
            text.push_str(
                "nothing was written: what was reviewed is different now. Once somebody has looked at the changes:\n",
            );
            text.push_str(&format!("  planc tools import --mcp {} --accept …\n", inline(name)));
        }
    }
    session.out.show(&text)?;
    Ok(exit)
}

/// The first mistake that the catalogues would have with this text in a file, and do not have now: no plan could be made with them.
fn mistake(session: &Session, files: &Files, text: &str) -> Option<String> {
    let others = session.config.catalogues.iter().filter(|path| path.exists() && !Session::is_same(path, files.path()));
    let config = Config { catalogues: others.cloned().collect(), ..Config::clone(&session.config) };
    let messages = |text: Option<String>| -> Vec<String> {
        let texts = Texts::read(&config, &Instead::new());
        let base = texts.map(|texts| texts.and(&session.config.shown(files.path()), text).load());
        let found = base.map(|base| base.diagnostics).unwrap_or_default();
        found.iter().filter(|one| one.severity() == Severity::Error).map(|one| one.message.clone()).collect()
    };
    let now = messages(files.text().map(str::to_owned));
    messages(Some(text.to_owned())).into_iter().find(|message| !now.contains(message))
}

/// Shows on the terminal what is different, and asks whether it counts from now on. An argument alone says nothing of somebody
/// who has looked.
fn looked_at(session: &Session, changes: &[Change]) -> Result<(), Fault> {
    let drawn: String = changes.iter().map(|change| drawn(session, change)).collect();
    let nobody = "nothing was written, since nobody is here who has looked at the changes";
    agreed(&format!("\n{drawn}Shall the tools count as reviewed as they are now?"))
        .map_err(|no| no.fault(nobody, "nothing was written").help("a person looks at the changes on a terminal"))
}

pub(super) fn check_tools(session: &Session, args: &CheckArgs) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let base = session.catalogues()?;
    let servers = &session.config.servers;
    let wanted: Vec<(&String, &ServerConfig)> = match &args.name {
        None => servers.iter().collect(),
        Some(name) => servers.iter().filter(|(server, _)| *server == name).collect(),
    };
    if let (Some(name), true) = (&args.name, wanted.is_empty()) {
        return Err(Fault::usage(format!("there is no server `{}` in `planc.toml`", inline(name)))
            .help("how it is reached stands in `[servers.NAME]`"));
    }
    let mut exit = Exit::Success;
    let (mut text, mut all) = (String::new(), Vec::new());
    for (name, server) in wanted {
        let tools: Vec<Arc<Tool>> = base.catalogue.tools().filter(|tool| tool.catalogue() == name).cloned().collect();
        let lock = Lock::read(&Lock::path_of(&catalogue_file(&session.config, name))).map_err(ImportError::from)?;
        let answer = asked(session, name, server)?;
        let changes = compare(&tools, lock.as_ref(), &answer.definitions);
        match changes.is_empty() {
            true => text.push_str(&format!("{}: {} as reviewed\n", inline(name), count(tools.len(), "tool"))),
            false => {
                exit = Exit::Stale;
                text.push_str(&format!("{}: {} since the review\n", inline(name), count(changes.len(), "change")));
                changes.iter().for_each(|change| text.push_str(&drawn(session, change)));
            }
        }
        all.push(json!({ "catalogue": name, "server": answer.server, "tools": tools.len(), "changes": changes }));
    }
    if session.out.is_json() {
        session.out.json(&json!({ "servers": all }))?;
        return Ok(exit);
    }
    if text.is_empty() {
        text.push_str("no servers are wired up; `planc tools import --mcp NAME -- COMMAND` begins with one\n");
    }
    if exit == Exit::Stale {
        text.push_str(
            "calls of changed tools are refused until they are reviewed: `planc tools import --mcp NAME --accept`\n",
        );
    }
    session.out.show(&text)?;
    Ok(exit)
}

/// How the server is reached: as the arguments say, else as the operator does.
fn wiring(session: &Session, args: &ImportArgs) -> Result<ServerConfig, Fault> {
    match (&args.url, args.command.as_slice()) {
        (Some(url), _) => Ok(match session.config.servers.get(&args.mcp) {
            Some(server) if matches!(&server.wiring, Wiring::Url { url: own, .. } if own == url) => server.clone(),
            Some(_) | None => {
                let wiring = Wiring::Url { url: url.clone(), headers_from_env: BTreeMap::new() };
                ServerConfig::new(wiring, session.config.workspace.clone())
            }
        }),
        (None, [command, rest @ ..]) => Ok(match session.config.servers.get(&args.mcp) {
            Some(server) if is_command(&server.wiring, command, rest) => server.clone(),
            Some(_) | None => {
                let workspace = session.config.workspace.clone();
                let wiring = Wiring::Program {
                    command: command.clone(),
                    args: rest.to_vec(),
                    cwd: workspace.clone(),
                    env: BTreeMap::new(),
                    pass_env: Vec::new(),
                    data: Vec::new(),
                };
                ServerConfig::new(wiring, workspace)
            }
        }),
        (None, []) => session.config.servers.get(&args.mcp).cloned().ok_or_else(|| {
            Fault::usage(format!("nothing says how the server `{}` is reached", inline(&args.mcp)))
                .help("name its command behind `--`, its address with `--url`, or a recorded answer with `--from`")
        }),
    }
}

/// Whether this command line is what the operator says of the server.
fn is_command(wiring: &Wiring, command: &str, rest: &[String]) -> bool {
    matches!(wiring, Wiring::Program { command: own, args, .. } if own == command && args == rest)
}

/// Refuses to start a program, or to contact an address, that nobody but the command line names, unless a person types a yes: agents
/// may be allowed to call planc, and planc starts nothing and contacts nobody for them that the operator did not name.
fn may_start(session: &Session, args: &ImportArgs, server: &ServerConfig) -> Result<(), Fault> {
    if session.config.servers.get(&args.mcp) == Some(server) {
        return Ok(());
    }
    if let Some(url) = &args.url {
        return may_contact(&inline(&args.mcp), &inline(&format!("{url:?}")));
    }
    let words: Vec<String> = args.command.iter().map(|word| inline(&format!("{word:?}"))).collect();
    let (name, shown) = (inline(&args.mcp), words.join(" "));
    let (command, rest) = (&words[0], words[1..].join(", "));
    let help =
        format!("or the operator names it in `{CONFIG_NAME}`: [servers.{name}] command = {command}, args = [{rest}]");
    agreed(&format!("\nStart this program, with all that your account may?\n  {shown}")).map_err(|no| {
        let what = format!("{shown} would be started as the server `{name}`, with all that your account may");
        let nobody = format!("nothing was started, since nobody has said that it may be: {what}");
        no.fault(&nobody, &what).help("a person says yes to it on a terminal").help(help)
    })
}

/// The same for an address, in whose path and query something can be told.
fn may_contact(name: &str, url: &str) -> Result<(), Fault> {
    let help = format!("or the operator names it in `{CONFIG_NAME}`: [servers.{name}] url = {url}");
    agreed(&format!("\nContact this address, and tell it what stands there?\n  {url}")).map_err(|no| {
        let what = format!("{url} would be contacted as the server `{name}`");
        let nobody = format!("nobody was contacted, since nobody has said that it may be: {what}");
        no.fault(&nobody, &what).help("a person says yes to it on a terminal").help(help)
    })
}

fn asked(session: &Session, name: &str, server: &ServerConfig) -> Result<Answer, Fault> {
    session.config.check_fit()?;
    session.out.progress(&format!("asking {}\n", inline(name)));
    Ok(runtime()?.block_on(ask(name, server))?)
}

fn drawn(session: &Session, change: &Change) -> String {
    let paint = session.out.paint;
    let head = match change.kind {
        ChangeKind::New => format!("  + {} is new", inline(&change.tool)),
        ChangeKind::Gone => format!("  - {} is gone", inline(&change.tool)),
        ChangeKind::Changed => format!("  ~ {} is different", inline(&change.tool)),
    };
    let mut out = format!("{}\n", paint.tone(Tone::Careful, head));
    for line in change.diff.lines().skip(2) {
        let tone = match line.as_bytes().first() {
            Some(b'+') => Tone::Good,
            Some(b'-') => Tone::Bad,
            _ => Tone::Dim,
        };
        out.push_str(&format!("      {}\n", paint.tone(tone, inline(line))));
    }
    out
}

/// What is still to be said in `planc.toml`.
fn next_steps(session: &Session, args: &ImportArgs, name: &str, file: &std::path::Path) -> String {
    let mut out = String::new();
    let shown = session.config.shown(file);
    match session.config.catalogues.iter().any(|known| known == file) {
        true => {}
        false if lies_in(file, &session.config.workspace) => {
            out.push_str(&format!("  in planc.toml, `[catalogues]`: files = [{:?}]\n", shown));
        }
        false => {
            out.push_str("  move both files into the workspace: `[catalogues]` in planc.toml names nothing else\n")
        }
    }
    if !session.config.servers.contains_key(name) {
        let how = match (&args.url, args.command.as_slice()) {
            (Some(url), _) => format!("url = {url:?}"),
            (None, [command, rest @ ..]) => format!("command = {command:?}, args = {rest:?}"),
            (None, []) => "command = …".to_owned(),
        };
        out.push_str(&format!("  in planc.toml, `[servers.{name}]`: {}\n", inline(&how)));
        if args.url.is_none() {
            out.push_str(
                "    and `data = [\"**\"]` where it loads nothing of the workspace, or the folders that it does not load: plans that \
                 change what else is here want a person\n",
            );
        }
    }
    out.push_str(
        "  in the catalogue: what each tool reads, writes or contacts; until then a call may touch anything\n",
    );
    out
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Fault {
        let fault = Fault::usage(error.to_string());
        match error {
            ImportError::Other { .. } => fault.help("name another file with `--to FILE`: each has one catalogue"),
            ImportError::Server(_)
            | ImportError::Lock(_)
            | ImportError::File { .. }
            | ImportError::Broken { .. }
            | ImportError::Clash { .. }
            | ImportError::NoAnswer { .. } => fault,
        }
    }
}
