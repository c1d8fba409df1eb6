//! How a yes arrived.

/// How a yes arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Typed on the controlling terminal after the card was shown there.
    Terminal,
    /// The digest was named.
    Argument,
    /// Nobody was there, and every effect can be undone.
    Unattended,
    /// Signed with an approver's key, here without a terminal or on another machine.
    Signed,
}

impl Channel {
    /// All of them.
    pub const ALL: [Channel; 4] = [Channel::Terminal, Channel::Argument, Channel::Unattended, Channel::Signed];

    /// As the journal names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Terminal => "terminal",
            Channel::Argument => "argument",
            Channel::Unattended => "unattended",
            Channel::Signed => "signed",
        }
    }

    /// The one that the journal names so.
    pub fn parse(text: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}
