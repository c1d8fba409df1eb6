//! `planc mcp`: the server for agents, on standard input and output or on HTTP, until the client hangs up or a signal comes.

use super::core;
use super::exit::Exit;
use super::fault::Fault;
use super::session::{Global, Session, count_errors};
use super::texts::{Instead, Texts};
use crate::approval::account;
use crate::config::named_from;
use crate::desk::Desk;
use crate::mcp_server::{
    CredentialError, Credentials, Gate, Http, long_names, make_credentials, on_signals, serve_http,
};
use crate::render::text::{Tone, inline};
use crate::session::{Caller, OpenWorld, Sessions, UNNAMED, World};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Arguments of `planc mcp`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "On HTTP every request needs `Authorization: Bearer …`: the credential that the file holds, one in a line as \
    `name: credential`; without `--credentials` it is what `[agents] credentials` names, else in the state directory, and made with a new one. The routes under `/sessions` are the operator's and \
    want a credential of their own file. Give agents the first file only, and run this server as another account than theirs."
)]
pub struct Args {
    /// Serve HTTP at this address instead of standard input and output; the path is `/mcp`
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    http: Option<SocketAddr>,
    /// Where the credentials of agents are
    #[arg(long, value_name = "FILE", requires = "http", value_hint = clap::ValueHint::FilePath)]
    credentials: Option<PathBuf>,
    /// Let everybody in who reaches the port; only on a loopback address
    #[arg(long, requires = "http", conflicts_with = "credentials")]
    no_credentials: bool,
    /// Where the credentials of approvers are; without them the operator's routes are not there
    #[arg(long, value_name = "FILE", requires = "http", value_hint = clap::ValueHint::FilePath)]
    approvers: Option<PathBuf>,
    /// Serve an address that other machines reach
    #[arg(long, requires = "http")]
    allow_remote: bool,
    /// A further name that it is reached under, with its port; may be given several times
    #[arg(long, requires = "allow_remote", value_name = "HOST:PORT")]
    host: Vec<String>,
    /// The client or project whose rules count
    #[arg(long, value_name = "NAME", default_value = "default", conflicts_with = "http")]
    scope: String,
    /// The session that goes on here
    #[arg(long, value_name = "ID", conflicts_with = "http")]
    session: Option<String>,
    /// The session that those opened here are children of
    #[arg(long, value_name = "ID", conflicts_with_all = ["http", "session"])]
    parent: Option<String>,
}

pub(super) fn run(session: &Session, global: &Global, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    // What is wrong now is told now, and not to the first agent.
    session.catalogues_of_plans()?;
    let desk = session.desk()?;
    let sessions = Sessions::new(world_opener(session, global, &desk));
    let head = session.out.err_tone(Tone::Careful, "warning:");
    for name in long_names(&sessions).map_err(|error| Fault::usage(error.to_string()))? {
        session.out.note(&format!("{head} the tool name `{}` is long: some clients cut it off\n", inline(&name)));
    }
    for (name, why) in sessions.kept_prefixes().map_err(|error| Fault::usage(error.to_string()))? {
        session.out.note(&format!("{head} the tool `{}` keeps its prefix: {why}\n", inline(&name)));
    }
    let runtime = core::runtime()?;
    let ended = match args.http {
        Some(address) => runtime.block_on(http(session, &desk, sessions, args, address)),
        None => runtime.block_on(stdio(&desk, sessions, args)),
    };
    // A read of standard input cannot be taken back.
    runtime.shutdown_background();
    ended.map(|()| Exit::Success)
}

/// Opens configuration and catalogues anew for each call; store, contents and tools stay, and what the same texts were compiled
/// to.
fn world_opener(session: &Session, global: &Global, desk: &Desk) -> OpenWorld {
    let (global, out) = (global.clone(), session.out);
    let last: Mutex<(Desk, Option<World>)> = Mutex::new((desk.clone(), None));
    Arc::new(move || {
        let said = |fault: Fault| inline(&fault.message);
        let session = Session::open(&global, out).map_err(said)?;
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = last.0.with_config(session.config.clone()).map_err(|error| error.to_string())?;
        // Servers that were started for one call serve the next.
        last.0.clone_from(&desk);
        let world = world_after(&session, &desk, last.1.as_ref())?;
        last.1 = Some(world.clone());
        Ok(world)
    })
}

/// The desk with the catalogues as they are now, or why not, in a line.
pub(super) fn world(session: &Session, desk: &Desk) -> Result<World, String> {
    world_after(session, desk, None)
}

fn world_after(session: &Session, desk: &Desk, before: Option<&World>) -> Result<World, String> {
    let said = |fault: Fault| inline(&fault.message);
    let texts = Texts::read(&session.config, &Instead::new()).map_err(said)?;
    let (sources, catalogue) = match before.filter(|before| texts.are(&before.sources)) {
        Some(before) => (before.sources.clone(), before.catalogue.clone()),
        None => {
            let base = texts.load();
            if count_errors(&base.diagnostics) > 0 {
                return Err("the catalogues have mistakes; the operator has to mend them".into());
            }
            (Arc::new(base.sources), Arc::new(base.catalogue))
        }
    };
    // Whose word a catalogue is, the configuration says, and that may be another one by now.
    session.config.check_given(&catalogue, &sources).map_err(|error| error.to_string())?;
    Ok(World { desk: desk.clone(), sources, catalogue })
}

async fn stdio(desk: &Desk, sessions: Sessions, args: &Args) -> Result<(), Fault> {
    let caller = Caller {
        principal: format!("account {}", account()),
        scope: args.scope.clone(),
        channel: "stdio",
        client: None,
        current: Arc::default(),
        parent: args.parent.clone(),
    };
    for id in args.session.iter().chain(&args.parent) {
        let known = desk.store.session(id)?.is_some_and(|session| session.principal == caller.principal);
        if !known {
            return Err(Fault::usage("there is no such session").help("`planc sessions` lists those there are"));
        }
    }
    caller.current.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&args.session);
    let stop = on_signals(&sessions).map_err(|error| Fault::usage(format!("cannot listen to signals: {error}")))?;
    let running = sessions.clone();
    let served = Gate::fixed(sessions, caller).serve_stdio();
    let ended = tokio::select! {
        ended = served => ended,
        () = stop.cancelled() => Ok(()),
    };
    settle(&running).await;
    ended.map_err(|error| Fault::usage(format!("the client was not understood: {error}")))
}

/// Waits until what runs has stopped: nothing new is started.
async fn settle(sessions: &Sessions) {
    sessions.stop();
    while sessions.is_running() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn http(
    session: &Session,
    desk: &Desk,
    sessions: Sessions,
    args: &Args,
    address: SocketAddr,
) -> Result<(), Fault> {
    if !address.ip().is_loopback() && (args.no_credentials || !args.allow_remote) {
        return Err(Fault::usage(format!("`{address}` can be reached from other machines"))
            .help("serve a loopback address, or say `--allow-remote`; it wants credentials"));
    }
    let workspace = &session.config.workspace;
    let told = |error: CredentialError| Fault::usage(error.to_string());
    // One that is named is the operator's, and there.
    let read = |path: &Path, name: &str| {
        let fault = |error| match path.symlink_metadata() {
            Ok(_) => told(error),
            Err(_) => told(error).help("make it: a line of 32 or more random characters, for you alone (mode 0600)"),
        };
        Credentials::read(path, name, workspace).map_err(fault)
    };
    let own = session.config.state.join("agents");
    let configured = session.config.agent_credentials.as_ref();
    let said = args.credentials.as_ref().map(|file| named(session, file));
    let file = said.or_else(|| configured.cloned()).unwrap_or_else(|| own.clone());
    if !args.no_credentials && file == own {
        make_credentials(&own).map_err(told)?;
    }
    let agents = (!args.no_credentials).then(|| read(&file, UNNAMED)).transpose()?;
    let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_vouched = configured.is_some_and(|configured| place(configured) == place(&file));
    let unvouched = (!is_vouched).then(|| place(&file));
    if is_vouched {
        tell_undeclared(session, agents.as_ref());
    }
    let approvers = args.approvers.as_ref().map(|file| read(&named(session, file), "approver")).transpose()?;
    let cannot = |error: std::io::Error| Fault::usage(format!("cannot serve `{address}`: {error}"));
    let listener = tokio::net::TcpListener::bind(address).await.map_err(cannot)?;
    let place = listener.local_addr().map_err(cannot)?;
    let stop = on_signals(&sessions).map_err(|error| Fault::usage(format!("cannot listen to signals: {error}")))?;
    session.out.print(&format!("http://{place}/mcp\n"))?;
    match args.no_credentials {
        true => session.out.progress("without credentials: whoever reaches this port is one and the same agent\n"),
        false => {
            session.out.progress(&format!("agents bring the credential in {}\n", inline(&file.display().to_string())))
        }
    }
    let running = sessions.clone();
    let http =
        Http { sessions, agents, unvouched, approvers, names: args.host.clone(), store: desk.store.clone(), stop };
    let ended = serve_http(listener, http).await;
    settle(&running).await;
    ended.map_err(cannot)
}

/// Says which scopes of credentials nobody declared: they are in plan mode.
fn tell_undeclared(session: &Session, agents: Option<&Credentials>) {
    let head = session.out.err_tone(Tone::Careful, "warning:");
    let is_declared = |name: &str| session.config.mode.scopes.keys().any(|scope| scope.as_str() == name);
    let names = agents.into_iter().flat_map(Credentials::names);
    for name in names.filter(|name| *name != UNNAMED && !is_declared(name)) {
        session.out.note(&format!(
            "{head} the scope `{name}` of a credential is not declared, and so in plan mode: add `\"{name}\" = \"inherit\"` to `[mode.scopes]`\n"
        ));
    }
}

/// A file of credentials that was named.
fn named(session: &Session, file: &Path) -> PathBuf {
    named_from(&session.path("."), file)
}
