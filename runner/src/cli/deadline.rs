//! `--deadline` ⟶ until when a run may go on.

use super::fault::Fault;
use super::session::Session;
use super::terminal;
use crate::config::run_time;
use crate::run::Deadline;
use jiff::Timestamp;

/// The word for no deadline.
const NONE: &str = "none";

/// Until when a run may go on.
#[derive(Debug, clap::Args)]
pub struct DeadlineArgs {
    /// Stop once this time is over: `30m`, or a point in time such as `2026-12-01T18:00:00Z`; `none`: never
    #[arg(long, value_name = "TIME|none")]
    deadline: Option<String>,
}

impl DeadlineArgs {
    /// What is said; where the operator wants yeses on a terminal, a person says it there once more.
    pub fn read(&self, session: &Session) -> Result<Option<Deadline>, Fault> {
        let Some(text) = &self.deadline else { return Ok(None) };
        let deadline = match text.as_str() {
            NONE => Deadline::Never,
            text => match run_time(text) {
                Some(time) => Deadline::For(time),
                None => Deadline::Until(point(text)?),
            },
        };
        if session.config.approval.wants_terminal() {
            agreed(&deadline)?;
        }
        Ok(Some(deadline))
    }
}

/// A point in time that has not come.
fn point(text: &str) -> Result<Timestamp, Fault> {
    let help = "write `30m`, a point in time such as `2026-12-01T18:00:00Z`, or `none`";
    let wrong = |why: &str| Fault::usage(format!("`--deadline {text}`: {why}")).help(help);
    let at: Timestamp = text.parse().map_err(|_| wrong("this is no time"))?;
    match at > Timestamp::now() {
        true => Ok(at),
        false => Err(wrong("this is over already")),
    }
}

fn agreed(deadline: &Deadline) -> Result<(), Fault> {
    let message = "a deadline is said on a terminal here: `[approval] require = \"terminal\"`";
    let question = match deadline {
        Deadline::Until(at) => format!("The run may go on until {at}."),
        Deadline::For(time) => format!("The run may go on for {time:?}."),
        Deadline::Never => "The run may take as long as it takes.".to_owned(),
    };
    terminal::agreed(&question).map_err(|no| no.refused(message))
}
