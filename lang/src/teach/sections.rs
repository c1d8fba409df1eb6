//! The parts of the card that are the same for every catalogue: the texts of `lang/teach`, with what the code has tables of.

use super::{Form, Part, Section};
use crate::lexer::KEYWORDS;
use crate::stdlib::{self, Function};

/// A text of `lang/teach`.
macro_rules! page {
    ($name:literal) => {
        include_str!(concat!("../../teach/", $name, ".md"))
    };
}

/// The rules of the language, in the order in which they are read.
pub(super) fn rules() -> Vec<Part> {
    vec![
        part(&[(0, page!("plan"))]),
        part(&[(0, page!("form"))]),
        part(&[(1, page!("items"))]),
        part(&[(1, page!("critical"))]),
        part(&[(2, page!("clauses"))]),
        part(&[(2, page!("flow"))]),
        part(&[(3, page!("blocks"))]),
        part(&[(2, page!("expressions"))]),
        part(&[(3, page!("types"))]),
        part(&[(3, page!("extract"))]),
        methods(),
        part(&[(2, page!("mistakes"))]),
    ]
}

/// Whole plans.
pub(super) fn examples() -> Vec<Part> {
    vec![part(&[(6, page!("examples"))])]
}

/// What ends every card: where there is more.
pub(super) fn more(left_out: &[String]) -> Section {
    let title = "More".to_owned();
    let missing = match left_out {
        [] => String::new(),
        some => format!(
            "Left out for the budget: {}. `planc teach` without `--budget` says all of it.\n",
            some.iter().map(|title| title.replace('`', "")).collect::<Vec<_>>().join(", ")
        ),
    };
    let text = format!(
        "# {title}\n\n{missing}`planc check FILE` says what is wrong with a plan, `planc explain CODE` why, `planc tools \
         NAME` all about a tool or catalogue, `planc plan FILE` what a plan would do.\n"
    );
    Section { title, text }
}

/// A part with these forms, named by the heading of its text.
fn part(forms: &[(u8, &str)]) -> Part {
    let heading = forms.first().and_then(|(_, text)| text.lines().next()).unwrap_or_default();
    let title = heading.trim_start_matches("# ").to_owned();
    let forms = forms.iter().map(|(rank, text)| Form { rank: *rank, text: filled(text) }).collect();
    Part { title, forms }
}

/// A text with the tables of the code in the places of their names.
fn filled(text: &str) -> String {
    let keywords = KEYWORDS.map(|word| format!("`{word}`")).join(" ");
    text.replace("{{keywords}}", &keywords)
}

fn methods() -> Part {
    let short = page!("methods").replace("{{methods}}", &methods_by_receiver());
    let long = page!("methods").replace("{{methods}}", &methods_with_docs());
    part(&[(4, &short), (7, &long)])
}

/// Receiver and rest of a signature.
fn split(function: &Function) -> (&'static str, &'static str) {
    function.signature.split_once('.').unwrap_or(("", function.signature))
}

fn methods_by_receiver() -> String {
    let mut receivers: Vec<&str> = Vec::new();
    for (receiver, _) in stdlib::all().map(split) {
        if !receivers.contains(&receiver) {
            receivers.push(receiver);
        }
    }
    let row = |receiver: &&str| {
        let of = stdlib::all().map(split).filter(|(of, _)| of == receiver);
        let calls: Vec<String> = of.map(|(_, call)| format!("`{call}`")).collect();
        format!("- **{receiver}**: {}\n", calls.join(" · "))
    };
    receivers.iter().map(row).collect()
}

fn methods_with_docs() -> String {
    let row = |function: &Function| {
        let (expression, value) = function.example;
        format!("- `{}`: {} `{expression}` is `{value}`\n", function.signature, function.doc)
    };
    stdlib::all().map(row).collect()
}
