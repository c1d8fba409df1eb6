//! The rules of information flow by name, each of which can be left out.
//!
//! Nothing but a test leaves one out: it shows that its attacks find a plan that goes wrong without the rule.

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Rule {
    /// A result is outside text unless its tool says otherwise.
    Outside,
    /// A value has the labels of its parts.
    Parts,
    /// Who decides a condition has chosen the value of an `if` or `??`.
    Condition,
    /// Who decides the condition of a comprehension has chosen its items.
    Filter,
    /// Who decides an order has chosen what stands where.
    Order,
    /// Who decides an index has a part in the item.
    Index,
    /// Who decides which items a list has, or where they stand, has chosen the one that an index gives.
    Position,
    /// The same of what the elements of a block are.
    Element,
    /// Who decides which items there are decides how many.
    Length,
    /// A result has the labels of the arguments.
    Arguments,
    /// Also a result that the server vouches for has those of what decided the call.
    Vouched,
    /// What is read has the labels of what was written.
    Resource,
    /// Programs write what they are given and what they find.
    Program,
    /// Who decides which fields a record has decides the keys of a map that it is.
    Keys,
    /// Whether a step has a result depends on its condition, and on what makes it fail.
    Absent,
    /// Endorsing a whole leaves its content as it is.
    Endorsed,
    /// Nothing untrusted reaches a control parameter.
    Control,
    /// Nothing chosen reaches an `exact` parameter.
    Exact,
    /// Nothing untrusted decides whether an effect happens.
    When,
    /// Nothing untrusted decides how often.
    Count,
    /// Nothing untrusted decides whether a run is taken back.
    Undo,
    /// Nothing untrusted decides what `critical` allows.
    Critical,
    /// No secret reaches a parameter that is not marked.
    Secret,
    /// No secret is sent.
    Sent,
    /// No secret decides whether or how often something is sent.
    SentBecause,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Rule; 25] = [
        Rule::Outside,
        Rule::Parts,
        Rule::Condition,
        Rule::Filter,
        Rule::Order,
        Rule::Index,
        Rule::Position,
        Rule::Element,
        Rule::Length,
        Rule::Arguments,
        Rule::Vouched,
        Rule::Resource,
        Rule::Program,
        Rule::Keys,
        Rule::Absent,
        Rule::Endorsed,
        Rule::Control,
        Rule::Exact,
        Rule::When,
        Rule::Count,
        Rule::Undo,
        Rule::Critical,
        Rule::Secret,
        Rule::Sent,
        Rule::SentBecause,
    ];
}

/// The rules that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules(u32);

impl Rules {
    /// All of them: what every surface uses.
    pub const ALL: Rules = Rules(u32::MAX);

    /// All but one.
    pub fn without(rule: Rule) -> Rules {
        Rules(!(1 << rule as u8))
    }

    /// Whether a rule counts.
    pub(super) fn has(self, rule: Rule) -> bool {
        self.0 & (1 << rule as u8) != 0
    }
}
