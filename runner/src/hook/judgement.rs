//! What comes of an event of a client.

/// What comes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing stands against it. The note is for the person, the reason for the log.
    Pass {
        /// For the person at the client.
        note: Option<String>,
        /// For the log.
        why: String,
    },
    /// It is refused.
    Deny {
        /// For the agent.
        text: String,
        /// For the log.
        why: String,
    },
    /// It has happened, and the agent is told something.
    Tell {
        /// For the agent.
        text: String,
        /// For the log.
        why: String,
    },
}

impl Judgement {
    pub(super) fn pass(why: impl Into<String>) -> Judgement {
        Judgement::Pass { note: None, why: why.into() }
    }

    /// Whether it was let through.
    pub fn allowed(&self) -> bool {
        !matches!(self, Judgement::Deny { .. })
    }

    /// Why, for the log.
    pub fn why(&self) -> &str {
        match self {
            Judgement::Pass { why, .. } | Judgement::Deny { why, .. } | Judgement::Tell { why, .. } => why,
        }
    }
}
