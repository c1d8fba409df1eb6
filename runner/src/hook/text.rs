//! What an agent wrote for a person ⟶ the plan in it: the one fenced block in the plan language, or the whole text where it
//! is nothing but a plan.

use crate::session::MAX_PLAN_BYTES;

/// The names of the language behind a fence.
const NAMES: [&str; 3] = ["planc", "plan", "pl"];

/// What is found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanText {
    /// Nothing in the plan language.
    None,
    /// The plan.
    One(String),
    /// So many blocks.
    Many(usize),
    /// More than a plan may have.
    TooLong,
}

/// The plan in a text.
pub fn plan_in(text: &str) -> PlanText {
    if text.len() > MAX_PLAN_BYTES {
        return PlanText::TooLong;
    }
    let mut blocks = blocks(text);
    match (blocks.len(), blocks.pop()) {
        (0, _) if text.trim_start().starts_with("plan \"") => PlanText::One(text.to_owned()),
        (0, _) => PlanText::None,
        (1, Some(block)) => PlanText::One(block),
        (count, _) => PlanText::Many(count),
    }
}

/// Whether there is a block in the plan language.
pub(super) fn has_block(text: &str) -> bool {
    text.len() <= MAX_PLAN_BYTES && !blocks(text).is_empty()
}

/// The fenced blocks that are named after the language. One without an end goes to the end of the text.
fn blocks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // The fence that is open, and whether what stands in it is a plan.
    let mut open: Option<(String, Option<String>)> = None;
    for line in text.lines() {
        let plain = line.trim_start();
        let ticks: String = plain.chars().take_while(|c| *c == '`' || *c == '~').collect();
        let is_fence = ticks.len() >= 3 && ticks.chars().all(|c| ticks.starts_with(c));
        match &mut open {
            None if is_fence => {
                let name = plain[ticks.len()..].trim_start().split([' ', '{', ',']).next().unwrap_or_default();
                let is_plan = NAMES.iter().any(|own| name.eq_ignore_ascii_case(own));
                open = Some((ticks, is_plan.then(String::new)));
            }
            None => {}
            Some((fence, content)) => {
                let ends = is_fence && ticks.starts_with(fence.as_str()) && plain.trim_end().len() == ticks.len();
                match (ends, content) {
                    (true, content) => {
                        found.extend(content.take());
                        open = None;
                    }
                    (false, Some(content)) => {
                        content.push_str(line);
                        content.push('\n');
                    }
                    (false, None) => {}
                }
            }
        }
    }
    found.extend(open.and_then(|(_, content)| content));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_found_in_what_is_written_around_it() {
        let one = |text: &str| PlanText::One(text.to_owned());
        assert_eq!(plan_in("# Why\n\n```planc\nplan \"a\" {\n}\n```\n\nmore"), one("plan \"a\" {\n}\n"));

        assert_eq!(plan_in("~~~~planc\nx\n~~~\ny\n~~~~\n"), one("x\n~~~\ny\n"));
        assert_eq!(plan_in("```sh\n```planc\nx\n```\n"), PlanText::None, "what stands in another block is none");
        assert_eq!(plan_in("```planc\nx"), one("x\n"));
        assert_eq!(plan_in("plan \"a\" {\n}\n"), one("plan \"a\" {\n}\n"));
        assert_eq!(plan_in("```planc\na\n```\n```pl\nb\n```\n"), PlanText::Many(2));
        assert_eq!(plan_in("Write the file."), PlanText::None);
        assert_eq!(plan_in(&"x".repeat(MAX_PLAN_BYTES + 1)), PlanText::TooLong);
    }
}
