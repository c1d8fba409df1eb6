//! Elements of a block, and the single changes of a long plan ⟶ groups of those that do the same: each group once, with its
//! diff, and every path of all of them. Of a group that changes something else, what is different is shown.
//!
//! Two are alike when all that a card shows of them is equal, but for their own names and paths.

use super::call::{CONTENTS, Detail, value_text};
use super::diff;
use super::fold::{Fold, SUMMARISED};
use super::steps::{draw_change, draw_step, notes, sign};
use super::text::{Look, Tone, columns, count, hang, inline, named};
use crate::report::{ChangeReport, StepReport};
use crate::workspace::FileState;
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashMap;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Elements of a block.
    Elements,
    /// Steps of a long plan of which each makes one plain change; their reasons are left out but for one of each group.
    Changes,
}

/// An element, or a change.
#[derive(Clone, Copy)]
pub struct Unit<'s> {
    /// Its steps.
    pub steps: &'s [StepReport],
    /// The number of the first.
    pub first: usize,
}

impl<'s> Unit<'s> {
    /// The paths that it changes, and what it reads, in the order of its steps.
    fn own(&self) -> Vec<&'s str> {
        let paths = self.steps.iter().flat_map(|step| {
            let changed = step.changes.iter().map(|change| change.path.as_str());
            let reads = step.effects.iter().filter(|effect| step.read_only && effect.verb == EffectVerb::Reads);
            changed.chain(reads.map(|effect| effect.resource.as_str()))
        });
        let mut own = Vec::new();
        paths.for_each(|path| {
            if !own.contains(&path) {
                own.push(path)
            }
        });
        own
    }

    /// What it is told apart by: its paths, or its name where it has none.
    fn told(&self, of: Of) -> String {
        let own: Vec<String> = self.own().iter().map(|path| word(path)).collect();
        let name = self.steps.first().map_or_else(String::new, |step| inline(&step.name));
        match of {
            Of::Elements if own.is_empty() => name,
            Of::Elements => own.join(" + "),
            Of::Changes => format!("{name} {}", own.join(" + ")),
        }
    }

    fn changes(&self) -> impl Iterator<Item = &'s ChangeReport> {
        self.steps.iter().flat_map(|step| &step.changes)
    }

    /// All that a card shows of it; with `contents` left out, how it is done and not with what.
    fn shape(&self, of: Of, contents: bool) -> String {
        let own = self.own();
        let place = |text: &str| own.iter().position(|path| *path == text);
        let mut shape = String::new();
        for step in self.steps {
            let (mark, _) = sign(step);
            shape.push_str(&format!("{mark}{:?}", step.tool));
            if let Value::Record(args) = &step.args {
                let has_diff = step.changes.iter().any(|change| change.diff.is_some());
                let is_content = |name: &str| {
                    has_diff
                        && CONTENTS.iter().any(|(tool, way)| *tool == step.tool && way.split('.').next() == Some(name))
                };
                for (name, value) in args.iter().filter(|(name, _)| contents || !is_content(name)) {
                    shape.push_str(&format!("\n{name:?}: {}", masked(value, &place)));
                }
            }
            for effect in &step.effects {
                let what =
                    place(&effect.resource).map_or_else(|| format!("{:?}", effect.resource), |at| at.to_string());
                shape.push_str(&format!("\n{} {what}", effect.verb.as_str()));
            }
            if of == Of::Elements {
                shape.push_str(&format!("\n{:?}", step.because));
            }
            shape.push_str(&format!(
                "\n{:?}",
                notes(step, Detail::Compact).into_iter().map(|(_, text)| text).collect::<Vec<_>>()
            ));
            for change in &step.changes {
                let (_, verb, _) = diff::verb(change);
                let (before, after) = (mode(&change.before), mode(&change.after));
                shape.push_str(&format!("\n{verb} {:?} {before:?} {after:?}", place(&change.path)));
                match (&change.diff, contents) {
                    (Some(_), false) => shape.push_str(" diff"),
                    (Some(text), true) => shape.push_str(&format!(" {:?}", diff::body(text))),
                    (None, _) => shape.push_str(&diff::what(change)),
                }
            }
        }
        shape
    }

    /// The lines of its diffs.
    fn lines(&self) -> Vec<String> {
        self.changes().filter_map(|change| change.diff.as_deref()).flat_map(diff::body).collect()
    }
}

fn mode(state: &FileState) -> Option<u32> {
    match state {
        FileState::File { mode, .. } | FileState::Directory { mode } => Some(*mode),
        FileState::Absent | FileState::Link { .. } | FileState::Other => None,
    }
}

/// A value in which the texts that are an own path stand as their place.
fn masked(value: &Value, place: &dyn Fn(&str) -> Option<usize>) -> String {
    match value {
        Value::String(text) => place(text).map_or_else(|| value_text(value, false), |at| format!("own {at}")),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| masked(item, place)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Record(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name:?}: {}", masked(value, place)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        _ => value_text(value, false),
    }
}

/// A path in a list: one with what separates paths is quoted.
fn word(path: &str) -> String {
    match path.contains([',', '"', '+', ' ']) {
        true => inline(&format!("{path:?}")),
        false => inline(path),
    }
}

/// Draws units, grouped by what they do.
pub fn draw(out: &mut String, look: Look, units: &[Unit<'_>], of: Of, numbers: usize, fold: Fold<'_>) {
    let mut groups: Vec<Vec<Unit<'_>>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for unit in units {
        match known.entry(unit.shape(of, true)) {
            std::collections::hash_map::Entry::Occupied(entry) => groups[*entry.get()].push(*unit),
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(groups.len());
                groups.push(vec![*unit]);
            }
        }
    }
    // The first of those that are done in the same way.
    let mut bases: HashMap<String, Unit<'_>> = HashMap::new();
    let shown = if fold.whole { groups.len() } else { groups.len().min(SUMMARISED) };
    for group in &groups[..shown] {
        let [unit, more @ ..] = group.as_slice() else { continue };
        let way = unit.shape(of, false);
        let unlike = bases.get(&way).and_then(|base| Some((*base, unlike(base, unit)?)));
        match unlike {
            Some((base, lines)) => draw_unlike(out, look, unit, &base, &lines, numbers, fold),
            None => draw_first(out, look, unit, of, numbers, fold),
        }
        bases.entry(way).or_insert(*unit);
        draw_more(out, look, more, of, numbers, fold);
    }
    let rest: Vec<&ChangeReport> = groups[shown..].iter().flatten().flat_map(|unit| unit.changes()).collect();
    diff::summary(out, look, numbers + 5, &rest);
}

/// The first of a group, whole.
fn draw_first(out: &mut String, look: Look, unit: &Unit<'_>, of: Of, numbers: usize, fold: Fold<'_>) {
    for (index, step) in unit.steps.iter().enumerate() {
        match of {
            Of::Elements => draw_step(out, look, step, unit.first + index, numbers, Some(fold)),
            Of::Changes => {
                draw_change(out, look, step, unit.first + index, numbers);
                step.changes.iter().for_each(|change| diff::draw_body(out, look, numbers + 5, change, Some(fold)));
            }
        }
    }
}

/// The others of a group: each by its paths.
fn draw_more(out: &mut String, look: Look, more: &[Unit<'_>], of: Of, numbers: usize, fold: Fold<'_>) {
    if more.is_empty() {
        return;
    }
    if !fold.whole {
        let changes: Vec<&ChangeReport> = more.iter().flat_map(Unit::changes).collect();
        return diff::summary(out, look, numbers + 5, &changes);
    }
    let noun = if of == Of::Elements { "more element" } else { "more step" };
    let does = if more.len() == 1 { "does" } else { "do" };
    let told: Vec<String> = more.iter().map(|unit| unit.told(of)).collect();
    let margin = " ".repeat(numbers + 3);
    let text = format!("{} {does} the same: {}", count(more.len(), noun), told.join(", "));
    hang(out, look, &format!("{margin}= "), numbers + 5, &text, None);
}

/// The sign that a line of a diff begins with.
fn sign_of(line: &str) -> Option<char> {
    line.chars().next()
}

/// Whether a diff has one line with the sign of this one.
fn is_only(lines: &[String], line: &str) -> bool {
    lines.iter().filter(|other| sign_of(other) == sign_of(line)).count() == 1
}

/// The lines of a unit that one which is done in the same way does not have, and those of that which it has not, each with its place, so that
/// the one can be made of the other; none: it is shorter to draw all of it.
fn unlike(base: &Unit<'_>, unit: &Unit<'_>) -> Option<Vec<String>> {
    let (old, new) = (base.lines(), unit.lines());
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (had, has) = (&old[op.old_range()], &new[op.new_range()]);
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        // Where there is one such line in each, nothing is left to be said.
        if let ([before], [line]) = (had, has)
            && sign_of(before) == sign_of(line)
            && [&old, &new].into_iter().all(|all| is_only(all, line))
        {
            lines.push(line.clone());
            continue;
        }
        let (from, to) = (op.old_range().start + 1, op.new_range().start + 1);
        lines.extend(had.iter().enumerate().map(|(at, line)| format!("{} without {line}", from + at)));
        lines.extend(has.iter().enumerate().map(|(at, line)| format!("{} with {line}", to + at)));
    }
    (!lines.is_empty() && lines.len() * 2 <= new.len().max(2)).then_some(lines)
}

/// What is different in a unit that is done in the same way as another.
fn draw_unlike(
    out: &mut String,
    look: Look,
    unit: &Unit<'_>,
    base: &Unit<'_>,
    lines: &[String],
    numbers: usize,
    fold: Fold<'_>,
) {
    let (indent, margin) = (numbers + 5, " ".repeat(numbers + 5));
    let names = |unit: &Unit<'_>| unit.steps.first().map_or_else(String::new, |step| inline(&step.name));
    let changes: Vec<String> = unit
        .changes()
        .map(|change| format!("{} {} ({})", diff::verb(change).1, named(&change.path), diff::extent(change)))
        .collect();
    let (mark, tone) = unit.steps.iter().find(|step| !step.read_only).map_or(("~", Tone::Careful), sign);
    let number = look.paint.tone(Tone::Dim, format!("{:>numbers$}", unit.first));
    let head = format!("  {number} {} ", look.paint.tone(tone, mark));
    let text = format!("{}: {}; unlike {}:", names(unit), changes.join(", "), names(base));
    if let [line] = lines
        && columns(&text) + columns(line) + 1 + indent <= look.width
    {
        return hang(out, look, &head, indent, &format!("{text} {line}"), None);
    }
    hang(out, look, &head, indent, &text, None);
    let shown = if lines.len() > fold.diff_lines + 2 { fold.diff_lines } else { lines.len() };
    for line in &lines[..shown] {
        let is_without = line.split_once(' ').is_some_and(|(_, rest)| rest.starts_with("without "));
        let tone = if is_without { Tone::Bad } else { Tone::Good };
        hang(out, look, &format!("{margin}  "), indent + 2, line, Some(tone));
    }
    if shown < lines.len() {
        let more = format!("… {} that differ, `{}`", count(lines.len() - shown, "more line"), fold.command);
        out.push_str(&format!("{margin}  {}\n", look.paint.tone(Tone::Bad, more)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_differ_in_their_brackets_are_not_alike() {
        let shown = |json: &str| masked(&Value::from_json(&serde_json::from_str(json).expect("JSON")), &|_| None);
        assert_ne!(shown(r#"[["a"], ["b"]]"#), shown(r#"[["a", "b"]]"#));
        assert_ne!(shown("[[]]"), shown("[[[]]]"));
    }
}
