//! What is different between two plans ⟶ lines: for a terminal, in the card of a plan that has another revision, and in Markdown.
//!
//! What may newly be touched comes first. Knows nothing of how the difference was found.

use super::foreign::isolated;
use super::text::{Look, Tone, count, hang, inline};
use planc_lang::revision::{Change, Entry, PartChange, Revision, SECTIONS};

/// The most characters that are shown of one side of a change; the middle of what both have in common is left out first.
const MAX_SHOWN: usize = 400;

/// How much of what both sides have in common is shown around a change in a long text.
const CONTEXT: usize = 30;

/// A line: how deep, its sign, and what it says.
pub struct Line {
    /// 0 for a part of the plan, 1 for what it says.
    pub depth: usize,
    /// How it is different.
    pub sign: Option<Change>,
    /// Not yet harmless.
    pub text: String,
}

/// The comparison for a terminal: sections with signs.
pub fn draw(revision: &Revision, look: Look) -> String {
    let mut out = String::new();
    for (title, lines) in sections(revision) {
        let gap = if out.is_empty() { "" } else { "\n" };
        out.push_str(&format!("{gap}{}\n", look.paint.tone(Tone::Strong, title)));
        lines.iter().for_each(|line| draw_line(&mut out, line, look));
    }
    if revision.is_rewritten() {
        out.push_str("nothing but the way of saying it: a `let` is written out, or the other way round\n");
    }
    isolated(out)
}

fn draw_line(out: &mut String, line: &Line, look: Look) {
    let lead = "  ".repeat(line.depth + 1);
    let (sign, tone) = line.sign.map_or((" ", None), |change| (sign(change), Some(tone(change))));
    let shown = tone.map_or_else(|| sign.to_owned(), |tone| look.paint.tone(tone, sign));
    hang(out, look, &format!("{lead}{shown} "), lead.len() + 2, &inline(&line.text), None);
}

/// How much is different, in one line.
pub fn summary(revision: &Revision) -> String {
    let steps = |wanted: &[Change]| revision.steps.iter().filter(|entry| wanted.contains(&entry.change)).count();
    let counts = [
        (steps(&[Change::Added]), "new"),
        (steps(&[Change::Removed]), "gone"),
        (steps(&[Change::Changed]), "changed"),
        (steps(&[Change::Affected]), "affected"),
        (steps(&[Change::Renamed]), "renamed"),
        (steps(&[Change::Moved]), "moved"),
    ];
    let said: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let steps = if said.is_empty() { "the same steps".to_owned() } else { format!("steps: {}", said.join(", ")) };
    let others = SECTIONS.iter().filter(|(name, _)| *name != "steps").map(|(_, section)| section(revision).len()).sum();
    match others {
        0 => steps,
        others => format!("{steps}; {}", count(others, "other change")),
    }
}

/// What is different, as titles with lines.
pub fn sections(revision: &Revision) -> Vec<(&'static str, Vec<Line>)> {
    let plain = |change, texts: &[String]| -> Vec<Line> {
        texts.iter().map(|text| Line { depth: 0, sign: Some(change), text: text.clone() }).collect()
    };
    let mut sections = vec![
        ("may newly touch", plain(Change::Added, &revision.reach.added)),
        ("no longer touches", plain(Change::Removed, &revision.reach.removed)),
    ];
    for (name, section) in SECTIONS {
        sections.push((title(name), section(revision).iter().flat_map(entry).collect()));
    }
    sections.retain(|(_, lines)| !lines.is_empty());
    sections
}

/// What people call a section.
fn title(name: &'static str) -> &'static str {
    match name {
        "eaches" => "each blocks",
        "texts" => "title and reasons",
        "reuse" => "leans on",
        other => other,
    }
}

fn entry(entry: &Entry) -> Vec<Line> {
    let was = entry.was.as_ref().map(|was| format!("  (was {was})")).unwrap_or_default();
    let moved = if entry.moved { "  (in another place)" } else { "" };
    let affected = if entry.change == Change::Affected { "  depends on what changed" } else { "" };
    let text = format!("{}{was}{moved}{affected}", entry.name);
    let head = Line { depth: 0, sign: Some(entry.change), text };
    std::iter::once(head).chain(entry.parts.iter().flat_map(part)).collect()
}

fn part(part: &PartChange) -> Vec<Line> {
    let name = part.part.strip_prefix("args.").unwrap_or(&part.part);
    let line = |sign, text| Line { depth: 1, sign, text };
    let through = match part.through.as_slice() {
        [] => String::new(),
        lets => format!("  (another value through {})", lets.join(", ")),
    };
    match (&part.before, &part.after) {
        (None, Some(after)) => vec![line(Some(Change::Added), format!("{name}: {}", cut(after)))],
        (Some(before), None) => vec![line(Some(Change::Removed), format!("{name}: {}", cut(before)))],
        (Some(before), Some(after)) if before == after => {
            vec![line(Some(Change::Changed), format!("{name}: {}{through}", cut(after)))]
        }
        (Some(before), Some(after)) => {
            let (before, after) = around(before, after);
            vec![
                line(Some(Change::Removed), format!("{name}: {before}")),
                line(Some(Change::Added), format!("{name}: {after}{through}")),
            ]
        }
        (None, None) => Vec::new(),
    }
}

/// A long text by its beginning.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Two long texts without most of what they have in common at both ends.
fn around(before: &str, after: &str) -> (String, String) {
    let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    if old.len().max(new.len()) <= 2 * CONTEXT {
        return (before.to_owned(), after.to_owned());
    }
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let (skipped, dropped) = (head.saturating_sub(CONTEXT), tail.saturating_sub(CONTEXT));
    let shown = |all: &[char]| {
        let middle: String = all[skipped..all.len() - dropped].iter().collect();
        let (start, end) = (if skipped > 0 { "…" } else { "" }, if dropped > 0 { "…" } else { "" });
        format!("{start}{}{end}", cut(&middle))
    };
    (shown(&old), shown(&new))
}

/// How something is different, as a sign.
pub fn sign(change: Change) -> &'static str {
    match change {
        Change::Added => "+",
        Change::Removed => "-",
        Change::Changed => "~",
        Change::Affected => "≈",
        Change::Renamed | Change::Moved => "→",
    }
}

/// How something is different, in a word.
pub fn word(change: Change) -> &'static str {
    match change {
        Change::Added => "new",
        Change::Removed => "gone",
        Change::Changed => "changed",
        Change::Affected => "affected",
        Change::Renamed => "renamed",
        Change::Moved => "moved",
    }
}

/// How something is different, as a tone.
pub fn tone(change: Change) -> Tone {
    match change {
        Change::Added => Tone::Good,
        Change::Removed => Tone::Bad,
        Change::Changed => Tone::Careful,
        Change::Affected | Change::Renamed | Change::Moved => Tone::Dim,
    }
}
