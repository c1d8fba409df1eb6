//! A catalogue and a budget ⟶ the language card: what somebody must know to write a valid plan over these tools.
//!
//! The card has parts, each in one or more forms from short to long. Every form has a rank; while the budget lasts, forms
//! are taken in the order of their ranks, so that a small budget loses details first and examples before rules. What is left
//! out is named at the end of the card. The texts are in `lang/teach`, where the tests execute them; what the code has a
//! table of is put in from there. It knows no tokenizer: tokens are estimated, see [`tokens`].

mod sections;
mod tools;

use crate::catalogue::Catalogue;
use serde::Serialize;

/// Bytes of a card for which sixteen tokens are counted. The tokenizers that are tried in `lang/llguidance` make fewer tokens of every card.
const BYTES_FOR_SIXTEEN_TOKENS: usize = 48;

/// A card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// How many tokens it has at most, as estimated by [`tokens`].
    pub tokens: usize,
    /// Its parts, in the order in which they are read.
    pub sections: Vec<Section>,
    /// The titles of what the budget did not allow, or allowed in a shorter form only.
    pub left_out: Vec<String>,
}

/// A part of a card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Markdown, with the title as heading.
    pub text: String,
}

/// A budget that not even the shortest card fits into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSmall {
    /// The least that a card for this catalogue takes.
    pub least: usize,
}

/// Something that a card tells, in its forms from short to long.
struct Part {
    title: String,
    forms: Vec<Form>,
}

/// One form of a part. Rank 0 must be told; of the others the lower rank goes first.
struct Form {
    rank: u8,
    text: String,
}

/// Makes the card; without a budget everything is in it.
pub fn teach(catalogue: &Catalogue, budget: Option<usize>) -> Result<Card, TooSmall> {
    let parts = parts(catalogue);
    let mut taken: Vec<Option<usize>> =
        parts.iter().map(|part| part.forms.iter().rposition(|form| form.rank == 0)).collect();
    let least = card(&parts, &taken);
    let budget = budget.unwrap_or(usize::MAX);
    if least.tokens > budget {
        return Err(TooSmall { least: least.tokens });
    }
    let mut best = least;
    for (part, form) in by_rank(&parts) {
        // A longer form says all that a shorter one says.
        let before = taken[part].replace(form);
        let next = card(&parts, &taken);
        if next.tokens <= budget {
            best = next;
        } else {
            taken[part] = before;
        }
    }
    Ok(best)
}

impl Card {
    /// The card as one Markdown text.
    pub fn to_markdown(&self) -> String {
        joined(&self.sections)
    }
}

/// How many tokens a text has at most: its bytes divided by three. Tokenizers of common models make one token of three and a
/// half to four bytes of a card.
pub fn tokens(text: &str) -> usize {
    (text.len() * 16).div_ceil(BYTES_FOR_SIXTEEN_TOKENS)
}

fn parts(catalogue: &Catalogue) -> Vec<Part> {
    let mut parts = sections::rules();
    parts.extend(tools::parts(catalogue));
    parts.extend(sections::examples());
    parts
}

/// The forms that may be taken, in the order in which they are tried.
fn by_rank(parts: &[Part]) -> Vec<(usize, usize)> {
    let mut order = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        order.extend(part.forms.iter().enumerate().filter(|(_, form)| form.rank > 0).map(|(form, _)| (at, form)));
    }
    order.sort_by_key(|(part, form)| parts[*part].forms[*form].rank);
    order
}

/// The card with these forms of its parts.
fn card(parts: &[Part], taken: &[Option<usize>]) -> Card {
    let mut sections = Vec::new();
    let mut left_out = Vec::new();
    for (part, taken) in parts.iter().zip(taken) {
        let text = taken.map(|form| part.forms[form].text.clone());
        sections.extend(text.map(|text| Section { title: part.title.clone(), text }));
        match taken {
            Some(form) if form + 1 == part.forms.len() => {}
            Some(_) => left_out.push(format!("{} (shortened)", part.title)),
            None => left_out.push(part.title.clone()),
        }
    }
    sections.push(sections::more(&left_out));
    let tokens = tokens(&joined(&sections));
    Card { tokens, sections, left_out }
}

fn joined(sections: &[Section]) -> String {
    sections.iter().map(|section| section.text.trim_end().to_owned()).collect::<Vec<_>>().join("\n\n") + "\n"
}
