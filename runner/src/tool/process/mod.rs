//! `process.run`: an argument vector ⟶ a program in a process group of its own ⟶ its exit code and output.
//!
//! Never a shell, never the terminal as input. The environment is a few variables, those that the operator passes on, and
//! those that the call gives. When the program has ended, whatever of it still runs is ended too and named at the end of
//! `stderr`. A program runs in a cell ([`sealed`]) unless the operator says otherwise ([`place`]); nothing confines one that
//! runs in the open, and a child of it that leaves the group is found by [`survivors`].

mod author;
mod group;
mod output;
mod second_names;
mod sealed;
mod walls;

pub use group::{kill_survivors, survivors};
pub use sealed::Ran;
pub use walls::{Place, Walls, enforced, is_watched, may_be_open, place};

use super::{Args, CallContext, Future_, LiveTool, ToolError};
use crate::config::{confined, in_the_open};
use crate::workspace::{Kind, Workspace};
pub(super) use group::Group;
use output::Collected;
use planc_lang::value::Value;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;

/// The tool that runs programs.
pub const NAME: &str = "process.run";
/// What is wrong with no words at all.
pub const NO_WORDS: &str = "could not run a program: `argv` is empty";
/// The variable that tells a program which run it belongs to.
pub const RUN_VARIABLE: &str = "PLANC_RUN";
/// How long a program may take to end after it was asked to, before it is killed.
pub const GRACE: Duration = Duration::from_secs(2);
/// The largest `max_output_bytes`: 64 MiB for each of the two streams.
pub const MAX_OUTPUT_BYTES: u64 = 64 << 20;

/// What programs in cells get that scribble where nobody asked them to, unless the call says otherwise: git, which refreshes
/// its index when it is only asked, and python, which keeps compiled code beside the source.
pub const QUIETENED: [(&str, &str); 2] = [("GIT_OPTIONAL_LOCKS", "0"), ("PYTHONDONTWRITEBYTECODE", "1")];

/// How long output is waited for that something outside the group still holds open.
const DRAIN: Duration = Duration::from_secs(1);

/// `process.run`
#[derive(Clone, Copy, Debug)]
pub struct Run;

impl LiveTool for Run {
    fn call<'a>(&'a self, args: &'a Args, context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let request = Request::new(args, context, Sees::World)?;
            request.run(context).await
        })
    }

    fn as_program(&self) -> Option<&Run> {
        Some(self)
    }
}

/// A call with known arguments.
struct Request {
    /// The program and its arguments, as a person reads them.
    shown: String,
    program: PathBuf,
    argv: Vec<String>,
    /// Relative to the workspace.
    directory: String,
    env: Vec<(OsString, OsString)>,
    workspace: Workspace,
    stdin: Vec<u8>,
    success: Vec<i64>,
    max_output: usize,
}

/// What a program sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sees {
    /// Everything: it runs in the open.
    World,
    /// A copy of the workspace.
    Copy,
    /// A copy of the workspace as a simulation shows it.
    Simulated,
}

/// How a program ended.
enum Ended {
    /// By itself.
    Exit(ExitStatus),
    /// It took longer than it may.
    Timeout,
    /// A person ended it.
    Killed,
    /// The operating system does not say.
    Lost(std::io::Error),
}

impl Request {
    /// The call, for a program that sees this.
    fn new(args: &Args, context: &CallContext, sees: Sees) -> Result<Request, ToolError> {
        let argv = texts(args.get("argv")).ok_or_else(|| unknown("argv"))?;
        let shown = shown(&argv);
        let failed = |why: String| ToolError::before(format!("could not run `{shown}`: {why}"));
        let name = argv.first().ok_or_else(|| ToolError::before(NO_WORDS))?;
        if argv.iter().any(|arg| arg.contains('\0')) {
            return Err(failed("an argument has a NUL character".into()));
        }
        let own = std::env::current_exe().and_then(|exe| exe.canonicalize()).into_iter().collect();
        let workspace = Workspace::open(&context.workspace, own)?;
        if context.identity.is_some_and(|identity| workspace.identity().ok() != Some(identity)) {
            return Err(failed(format!("`{}` is another folder by now", workspace.root().display())));
        }
        let program = match (workspace.program(name)?, name.strip_prefix("./").filter(|_| sees == Sees::Simulated)) {
            (Some(program), _) => program,
            // An earlier step may make it: whether it is there is seen when it is started.
            (None, Some(path)) => workspace.root().join(workspace.resolve(path)?),
            (None, None) => return Err(failed(format!("there is no program `{name}`"))),
        };
        let written = args.text("directory").ok_or_else(|| unknown("directory"))?;
        let directory = workspace.resolve(written)?;
        if sees != Sees::Simulated && workspace.kind(&directory)? != Kind::Directory {
            return Err(failed(format!("`{directory}` is not a directory")));
        }
        // A copy has the links that were given, and the kernel follows those.
        let (program, directory) = match (sees, name.strip_prefix("./")) {
            (Sees::World, _) => (program, directory),
            (Sees::Copy | Sees::Simulated, Some(path)) => (workspace.root().join(path), written.to_owned()),
            (Sees::Copy | Sees::Simulated, None) => (program, written.to_owned()),
        };
        let given = given_env(args.get("env")).map_err(failed)?;
        let mut env = match sees {
            Sees::World => in_the_open(&context.pass_env, workspace.root()),
            Sees::Copy | Sees::Simulated => confined(&context.pass_env, workspace.root()),
        };
        // What the call gives comes last and counts; what planc says of the run comes after all.
        for (name, value) in given.into_iter().chain([(RUN_VARIABLE.to_owned(), context.run.clone())]) {
            env.retain(|(known, _)| *known != *name);
            env.push((name.into(), value.into()));
        }
        let max_output = args.size("max_output_bytes")?.ok_or_else(|| unknown("max_output_bytes"))?;
        if max_output > MAX_OUTPUT_BYTES {
            return Err(failed(format!("`max_output_bytes` is more than {MAX_OUTPUT_BYTES}")));
        }
        let codes = args.get("success").as_list().ok_or_else(|| unknown("success"))?;
        Ok(Request {
            program,
            directory,
            env,
            workspace,
            stdin: args.text("stdin").ok_or_else(|| unknown("stdin"))?.as_bytes().to_vec(),
            success: codes.iter().filter_map(Value::as_int).collect(),
            max_output: max_output as usize,
            shown,
            argv,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg0(&self.argv[0])
            .args(&self.argv[1..])
            .current_dir(self.workspace.handle().join(&self.directory))
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .process_group(0);
        command
    }

    async fn run(mut self, context: &CallContext) -> Result<Value, ToolError> {
        let command = self.command();
        // A program of the workspace is named by its path.
        self.workspace.check_place()?;
        let mut child = self.start(command)?;
        let group = Group::led_by(&child);
        let stdout = Collected::drain(child.stdout.take(), self.max_output);
        let stderr = Collected::drain(child.stderr.take(), self.max_output);
        tokio::spawn(feed(child.stdin.take(), std::mem::take(&mut self.stdin)));
        let ended = ended(&mut child, context).await;
        let left = match ended {
            Ended::Exit(_) => group.end_rest().await,
            Ended::Timeout | Ended::Killed | Ended::Lost(_) => {
                group.end().await;
                // Reaps the leader; it was killed, so this is a matter of moments.
                let _ = tokio::time::timeout(DRAIN, child.wait()).await;
                Vec::new()
            }
        };
        let (stdout, stderr) = tokio::join!(stdout.finish(DRAIN), stderr.finish(DRAIN));
        self.judge(&ended, context, stdout, stderr, &left)
    }

    fn start(&self, mut command: Command) -> Result<Child, ToolError> {
        command.kill_on_drop(true).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|error| ToolError::before(format!("could not run `{}`: {}", self.shown, plain(&error))))
    }

    fn judge(
        &self,
        ended: &Ended,
        context: &CallContext,
        stdout: output::Output,
        stderr: output::Output,
        left: &[String],
    ) -> Result<Value, ToolError> {
        let shown = &self.shown;
        let last = last_lines(&stderr, &stdout);
        let status = match ended {
            Ended::Exit(status) => status,
            Ended::Timeout => {
                let limit = shown_duration(context.timeout);
                return Err(ToolError::in_doubt(format!("`{shown}` took longer than {limit} and was killed{last}")));
            }
            Ended::Killed => return Err(ToolError::in_doubt(format!("`{shown}` was killed on request{last}"))),
            Ended::Lost(error) => {
                return Err(ToolError::in_doubt(format!("could not tell how `{shown}` ended: {}", plain(error))));
            }
        };
        let Some(code) = status.code() else {
            let signal = status.signal().map_or_else(|| "a signal".to_owned(), group::signal_name);
            return Err(ToolError::done(format!("`{shown}` was ended by {signal}{last}")));
        };
        if !self.success.contains(&i64::from(code)) {
            return Err(ToolError::done(format!("`{shown}` ended with exit code {code}{last}")));
        }
        let mut stderr_text = stderr.text;
        if !left.is_empty() {
            let left: Vec<String> = left.iter().map(|name| name.escape_debug().to_string()).collect();
            stderr_text.push_str(&format!("planc: ended what the program left running: {}\n", left.join(", ")));
        }
        Ok(Value::record([
            ("exit_code", Value::Int(code.into())),
            ("stdout", Value::string(stdout.text)),
            ("stderr", Value::string(stderr_text)),
            ("truncated", Value::Bool(stdout.truncated || stderr.truncated)),
        ]))
    }
}

async fn ended(child: &mut Child, context: &CallContext) -> Ended {
    tokio::select! {
        biased;
        status = child.wait() => status.map_or_else(Ended::Lost, Ended::Exit),
        () = asked_to_end(context.kill.clone()) => Ended::Killed,
        () = tokio::time::sleep(context.timeout) => Ended::Timeout,
    }
}

/// Ends when a person asks for it; never when nobody can ask any more.
async fn asked_to_end(mut kill: watch::Receiver<bool>) {
    if kill.wait_for(|kill| *kill).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Gives a program its input. A program that does not read it has said what it thinks of it.
async fn feed(stdin: Option<ChildStdin>, bytes: Vec<u8>) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(&bytes).await;
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_list()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn unknown(name: &str) -> ToolError {
    ToolError::before(format!("could not run a program: `{name}` is not known"))
}

fn given_env(env: &Value) -> Result<Vec<(String, String)>, String> {
    let mut variables = Vec::new();
    for variable in env.as_list().unwrap_or_default() {
        let field = |name| variable.get(name).and_then(Value::as_str);
        let (Some(name), Some(value)) = (field("name"), field("value")) else {
            return Err("`env` is not known".into());
        };
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(format!("`{}` cannot be an environment variable", name.escape_debug()));
        }
        variables.push((name.to_owned(), value.to_owned()));
    }
    Ok(variables)
}

/// The command as a person reads it: words with blanks quoted, clipped.
fn shown(argv: &[String]) -> String {
    let plain = |arg: &str| !arg.is_empty() && !arg.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"');
    let words: Vec<String> = argv.iter().map(|arg| if plain(arg) { arg.clone() } else { format!("{arg:?}") }).collect();
    let line = words.join(" ");
    match line.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn shown_duration(duration: Duration) -> String {
    match duration.as_millis() {
        ms if ms % 60_000 == 0 && ms > 0 => format!("{}m", ms / 60_000),
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

/// The end of what a program said: of `stderr`, or of `stdout` where it said nothing there.
fn last_lines(stderr: &output::Output, stdout: &output::Output) -> String {
    match (stderr.last.trim(), stdout.last.trim()) {
        ("", "") => String::new(),
        ("", last) => format!("; the end of stdout:\n{last}"),
        (last, _) => format!("; the end of stderr:\n{last}"),
    }
}

fn plain(error: &std::io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()
}
