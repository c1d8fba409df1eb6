//! The one table of exit codes. `--help`, documentation and tests follow from it.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// It did what it was asked for.
    Success = 0,
    /// The plan has errors, or its dry run found what stands against it.
    PlanErrors = 1,
    /// The command line, the configuration or a file is not usable.
    Usage = 2,
    /// It waits for a person, durably.
    Waiting = 3,
    /// A step or a verification failed.
    Failed = 4,
    /// The world, or the plan, is not what was approved.
    Stale = 5,
    /// Policy or the mode refuses it.
    Refused = 6,
    /// It cannot be told whether a call took effect.
    InDoubt = 7,
    /// The deadline of the run has passed, and it was stopped.
    Overdue = 124,
    /// A person interrupted it.
    Interrupted = crate::stop::INTERRUPTED,
}

impl Exit {
    /// Every code with its word, as JSON has it, and what it means.
    pub const ALL: [(Exit, &'static str, &'static str); 10] = [
        (Exit::Success, "success", "success"),
        (Exit::PlanErrors, "plan_errors", "the plan has errors"),
        (Exit::Usage, "usage", "usage or configuration"),
        (Exit::Waiting, "waiting", "waiting for approval, durably"),
        (Exit::Failed, "failed", "a step or a verification failed"),
        (Exit::Stale, "stale", "stale: the world is not what was approved"),
        (Exit::Refused, "refused", "refused by policy or mode"),
        (Exit::InDoubt, "in_doubt", "in doubt: a call may or may not have taken effect"),
        (Exit::Overdue, "overdue", "stopped: the deadline has passed"),
        (Exit::Interrupted, "interrupted", "interrupted"),
    ];

    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        Exit::ALL.iter().find(|(exit, _, _)| *exit == self).map_or("", |(_, word, _)| word)
    }

    /// The table, as `--help` shows it.
    pub fn table() -> String {
        let rows = Exit::ALL.iter().map(|(exit, _, meaning)| format!("  {:>3}  {meaning}\n", *exit as u8));
        format!("Exit codes:\n{}", rows.collect::<String>())
    }
}

impl From<crate::event::End> for Exit {
    fn from(end: crate::event::End) -> Exit {
        use crate::event::End;
        match end {
            End::Done => Exit::Success,
            End::Failed => Exit::Failed,
            End::Stale => Exit::Stale,
            End::InDoubt => Exit::InDoubt,
            End::Interrupted => Exit::Interrupted,
            End::Overdue => Exit::Overdue,
            End::Waiting => Exit::Waiting,
            End::Refused | End::Held => Exit::Refused,
        }
    }
}
