//! Why a command did not do what it was asked for: an exit code, a message, advice; and what every error of the core means so.

use super::exit::Exit;
use crate::approval::{Refusal, RequestError};
use crate::config::Closed;
use crate::desk::{DeskError, InputError, Open};
use crate::event::Difference;
use crate::journal::{LockError, StoreError};
use crate::render::card::observed;
use crate::render::text::inline;
use crate::run::RunError;
use crate::seal::SealError;
use planc_lang::diagnostic::DiagnosticJson;
use planc_lang::part::PartError;

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub struct Fault {
    /// The exit code.
    pub exit: Exit,
    /// What was attempted on what. Is drawn as one line, whatever text of others stands in it.
    pub message: String,
    /// Lines of planc's own beneath it.
    pub rows: Vec<String>,
    /// Advice.
    pub help: Vec<String>,
    /// Mistakes in a text, drawn, and as data.
    pub diagnostics: Option<Box<(String, Vec<DiagnosticJson>)>>,
}

impl Fault {
    /// A fault with an exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Fault {
        Fault { exit, message: message.into(), rows: Vec::new(), help: Vec::new(), diagnostics: None }
    }

    /// A mistake on the command line or in a file that was named.
    pub fn usage(message: impl Into<String>) -> Fault {
        Fault::new(Exit::Usage, message)
    }

    /// A line beneath the message.
    pub fn row(mut self, text: impl Into<String>) -> Fault {
        self.rows.push(text.into());
        self
    }

    /// The message with all its lines.
    pub fn told(&self) -> String {
        [std::slice::from_ref(&self.message), &self.rows].concat().join("\n")
    }

    /// A sentence of advice.
    pub fn help(mut self, text: impl Into<String>) -> Fault {
        self.help.push(text.into());
        self
    }
}

/// What to do where nobody is.
const NAMED: &str = "or somebody names what was reviewed, with `--approve=DIGEST`";

/// What to do where no operator has said anything.
const UNSAID: &str =
    "where what planc can undo needs nobody, the operator puts a `planc.toml` there: `planc init`, on a terminal";

/// What to do where the state directory takes no more.
const ROOM: &str = "nothing that was recorded is lost: make room there, then go on: `planc runs` tells with what, \
    `planc resume RUN` goes on where it stopped";

/// What to do where the state directory belongs to another workspace.
const ONE_EACH: &str = "each workspace has a state directory of its own, and one that was moved begins with a new one: name it with \
    `--state-dir DIR`; where `[workspace] state` says which, the operator names another there, or takes the line away: then each \
    checkout has one of its own";

/// What to do where the state directory does not let itself be written.
const WRITABLE: &str = "nothing that was recorded is lost: see that this account may write there and that there is room, then go \
    on: `planc runs` tells with what, `planc resume RUN` goes on where it stopped";

impl From<crate::config::ConfigError> for Fault {
    fn from(error: crate::config::ConfigError) -> Fault {
        Fault { help: error.help.clone(), rows: error.rows(), ..Fault::usage(error.message) }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        let fault = Fault::usage(error.to_string());
        match error {
            StoreError::Broken { .. } => fault.help(
                "nothing goes on from a journal that cannot be trusted; look at the workspace, and put back an older copy \
                 of the state directory if there is one",
            ),
            StoreError::OfAnother { .. } => fault.help(ONE_EACH),
            StoreError::Full { .. } => fault.help(ROOM),
            StoreError::Io { .. } => fault.help(WRITABLE),
            StoreError::Unknown { kind: "run", .. } => fault.help("`planc runs` lists those of this workspace"),
            StoreError::Unknown { .. } => fault,
            StoreError::Newer { .. }
            | StoreError::NotAStore { .. }
            | StoreError::Busy { .. }
            | StoreError::Damaged { .. }
            | StoreError::Ambiguous { .. }
            | StoreError::Closed { .. } => fault,
        }
    }
}

impl From<DeskError> for Fault {
    fn from(error: DeskError) -> Fault {
        let message = error.to_string();
        match error {
            DeskError::Store(error) => error.into(),
            DeskError::Interrupted => Fault::new(Exit::Interrupted, message),
            DeskError::Lock(LockError::Io { .. })
            | DeskError::Contents { .. }
            | DeskError::Seal(SealError::Key { .. }) => Fault::usage(message).help(WRITABLE),
            DeskError::Lock(error) => busy(message, &error),
            DeskError::Workspace(_) | DeskError::Seal(_) => Fault::usage(message),
            DeskError::NoRoom { needed, held, most, removable } => {
                let enough = held.saturating_sub(removable).saturating_add(needed) <= most;
                let allow = "`max_mb` in `[contents]` of `planc.toml` allows more";
                Fault::usage(message).help(match (removable, enough) {
                    (0, _) => format!("no run can do without any of it: {allow}"),
                    (_, true) => format!("`planc gc` removes {removable} bytes that no run needs"),
                    (_, false) => format!("`planc gc` removes {removable} bytes that no run needs, which is not enough: {allow}"),
                })
            }
            DeskError::Input(error) => match error {
                InputError::Unknown { known, .. } if known.is_empty() => Fault::usage(message).help("it has none"),
                InputError::Unknown { known, .. } => {
                    Fault::usage(message).help(format!("it has `{}`", known.join("`, `")))
                }
                InputError::Missing { name, secret: true, .. } | InputError::Exposed { name } => {
                    Fault::usage(message).help(format!("give it with `--input-file {name}=PATH`, or on a terminal"))
                }
                InputError::Missing { name, ty, secret: false } => {
                    Fault::usage(message).help(format!("give it with `--input {name}=…`, {} {ty}", article(&ty)))
                }
                InputError::Twice { .. } | InputError::Misfit { .. } => Fault::usage(message),
            },
            DeskError::Refused(refusal) => match refusal {
                Refusal::Blocked { policy: true, .. } => Fault::new(Exit::Refused, message),
                Refusal::Blocked { policy: false, .. } => Fault::new(Exit::PlanErrors, message),
                Refusal::Closed(Closed::Unsaid) => Fault::new(Exit::Waiting, message).help(NAMED).help(UNSAID),
                Refusal::Closed(Closed::Around | Closed::Within) => Fault::new(Exit::Waiting, message).help(NAMED),
                Refusal::TerminalRequired
                | Refusal::SignatureRequired { .. }
                | Refusal::NoElicitation
                | Refusal::NotUndoable { .. }
                | Refusal::ChangesRequested { .. }
                | Refusal::OverrideUnseen => Fault::new(Exit::Waiting, message),
                Refusal::NothingToOverride { .. } => Fault::usage(message),
            },
            DeskError::OtherPolicy(_) | DeskError::OtherVariables { .. } => {
                Fault::new(Exit::Stale, message).help("`planc plan FILE` shows what it would do now")
            }
            DeskError::OtherFile { server, file, .. } => Fault::new(Exit::Stale, message)
                .help("`planc plan FILE` shows what it would do now")
                .help(format!(
                    "where it is what the server works on, and no part of it: `data = [{file:?}]` in `[servers.{server}]`"
                )),
            DeskError::UsedUp { .. } => Fault::new(Exit::Stale, message)
                .help("an approval is for one run: `planc plan FILE` shows what another one would do"),
            DeskError::Unfinished { run, open } => unfinished(message, &run, &open),
            DeskError::OtherWorld { digest, differences } => {
                let fault = Fault::new(Exit::Stale, message);
                let rows = differences.iter().map(|one| format!("  {}", planned_and_now(one)));
                rows.fold(fault, Fault::row)
                    .help("`planc plan FILE` looks at the world as it is now, and what that shows can be approved")
                    .help(format!("`planc show sha256:{}` shows what was planned", digest.short()))
            }
            DeskError::PlanMode(_) => Fault::new(Exit::Refused, message),
            DeskError::ProgramsOff => Fault::new(Exit::Refused, message)
                .help("the operator allows it with `dry_run = \"sealed\"` in `[programs]` of `planc.toml`"),
            DeskError::NoSandbox(_) => {
                Fault::new(Exit::Refused, message).help("leave `--run-programs` out: the dry run then runs no program")
            }
            DeskError::Aborted => {
                Fault::new(Exit::Waiting, message).help("`planc plan FILE` makes it wait for approval again")
            }
            DeskError::NoSigners | DeskError::Signers(_) => {
                Fault::usage(message).help("`[approval] signers` names the file, as OpenSSH has it")
            }
            DeskError::Statement(_) | DeskError::Elsewhere { .. } => Fault::new(Exit::Refused, message),
            DeskError::OtherDigest { .. } => {
                Fault::new(Exit::Stale, message).help("`planc plan FILE` shows what the plan does now")
            }
            DeskError::Request(RequestError::NoStep { near: Some(near), .. })
            | DeskError::Part(PartError::Unknown { near: Some(near), .. }) => {
                Fault::usage(message).help(format!("did you mean `{near}`?"))
            }
            DeskError::Part(PartError::Unknown { near: None, .. }) => {
                Fault::usage(message).help("`planc graph FILE` names its steps")
            }
            DeskError::Part(PartError::Whole) => {
                Fault::usage(message).help("leave `--only` or `--except` out to plan it as a whole")
            }
            DeskError::Request(RequestError::Empty) => {
                Fault::usage(message).help("say it with `--comment TEXT`, or about a step with `--step \"NAME=TEXT\"`")
            }
            DeskError::Part(PartError::Broken(_)) => Fault::new(Exit::PlanErrors, message),
            DeskError::Request(_) | DeskError::Part(_) | DeskError::Begun(_) => Fault::usage(message),
            DeskError::KnownAlready => Fault::new(Exit::Waiting, message),
            DeskError::OtherVersion(_) => Fault::new(Exit::Stale, message),
        }
    }
}

impl From<RunError> for Fault {
    fn from(error: RunError) -> Fault {
        let message = error.to_string();
        match error {
            RunError::Store(error) => error.into(),
            RunError::Lock(LockError::Io { .. }) => Fault::usage(message).help(WRITABLE),
            RunError::Lock(error) => busy(message, &error),
            RunError::Over { .. } => Fault::usage(message),
            RunError::Overdue { run, .. } => Fault::new(Exit::Overdue, message).help(format!(
                "`planc resume {run} --deadline 30m` gives it another, `planc undo {run}` takes back what it has done"
            )),
            RunError::NoRoom { run, .. } => Fault::usage(message)
                .help(format!("nothing is lost: make room, then `planc resume {run}` goes on where it stopped")),
            RunError::NotApproved { run, .. } => Fault::new(Exit::Waiting, message)
                .help(format!("a person approves it on a terminal with `planc approve {run}`")),
            RunError::OtherApproval { .. } => Fault::new(Exit::Stale, message),
            RunError::Broken { .. } => Fault::new(Exit::InDoubt, message)
                .help("`planc resume` finds out what became of it, as far as that can be told"),
        }
    }
}

fn planned_and_now(one: &Difference) -> String {
    let place = observed(&one.expected.look);
    format!("{place}: planned with {}, now {}", inline(&one.expected.seen), inline(&one.found))
}

/// The article of a type, by how its name begins.
fn article(ty: &str) -> &'static str {
    if ty.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// An earlier run comes first: how it goes on.
fn unfinished(message: String, run: &str, open: &Open) -> Fault {
    let exit = match open {
        Open::InDoubt => Exit::InDoubt,
        Open::Waits(_) => Exit::Waiting,
        Open::AtWork | Open::Stopped => Exit::Usage,
    };
    let fault = Fault::new(exit, message);
    match open {
        Open::AtWork => {
            fault.help(format!("`planc show {run}` tells what it does; it comes first, so wait until it ends"))
        }
        Open::Waits(_) => fault.help(format!(
            "it comes first: `planc resume {run}` asks on a terminal, and goes on; `planc undo {run}` takes it back"
        )),
        Open::InDoubt | Open::Stopped => fault
            .help(format!("it comes first: `planc resume {run}` goes on with it, `planc undo {run}` takes it back")),
    }
}

/// Another planc is at work: what it does, and how to wait for it or stop it.
fn busy(message: String, error: &LockError) -> Fault {
    let fault = Fault::usage(message);
    match error {
        LockError::Held { pid, run } if run != "?" => fault
            .help(format!("`planc show {run}` tells what it does; one run at a time works here, so wait until it ends"))
            .help(format!(
                "to stop it: Ctrl-C on its terminal, or `kill -INT {pid}`; `planc resume {run}` goes on with it"
            )),
        LockError::Held { .. } => fault.help("one run at a time works here: wait until it ends"),
        LockError::Workspace { .. } => fault
            .help("one run at a time works in a workspace: wait until it ends, or stop it where it was started")
            .help(
                "`--state-dir`, or `XDG_STATE_HOME`, says where its state is: `planc runs` with that tells which it is",
            ),
        LockError::Unreadable { .. } => fault
            .help("one run at a time works in a workspace, and only a folder that planc may read can be locked: see that this account may"),
        LockError::Io { .. } => fault.help(WRITABLE),
    }
}
