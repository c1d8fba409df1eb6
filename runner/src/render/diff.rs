//! A change of a file ⟶ its lines on the card: what kind, how many lines, the unified diff, folded.

use super::fold::{Fold, SUMMARISED};
use super::foreign::content;
use super::long::{self, Drawn};
use super::text::{Look, Tone, count, hang, inline, named};
use crate::report::ChangeReport;
use crate::workspace::FileState;
use planc_lang::secrets::HIDDEN;
use std::collections::BTreeMap;

/// What happens to a path, as a sign and a word.
pub fn verb(change: &ChangeReport) -> (&'static str, &'static str, Tone) {
    match (&change.before, &change.after) {
        (before, after) if before == after && !is_secret(change) => ("=", "keep", Tone::Dim),
        (FileState::Absent, FileState::Directory { .. }) => ("+", "make directory", Tone::Good),
        (FileState::Absent, _) => ("+", "create", Tone::Good),
        (_, FileState::Absent) => ("-", "delete", Tone::Bad),
        (FileState::File { digest: a, .. }, FileState::File { digest: b, .. }) if a == b && !is_secret(change) => {
            ("~", "change mode of", Tone::Careful)
        }
        _ => ("~", "modify", Tone::Careful),
    }
}

/// What is there afterwards, where no diff says it: `120 bytes, mode 0755`.
pub fn what(change: &ChangeReport) -> String {
    let describe = |state: &FileState| match state {
        FileState::Absent => "nothing".to_owned(),
        FileState::File { bytes, mode, .. } if is_secret(change) || state.is_untold() => {
            format!("{bytes} bytes, mode {mode:04o}")
        }
        // Nothing else tells two contents of one length apart.
        FileState::File { bytes, mode, digest } => format!("{bytes} bytes, mode {mode:04o}, {digest}"),
        FileState::Directory { mode } => format!("directory, mode {mode:04o}"),
        FileState::Link { target } => format!("link to {}", inline(target)),
        FileState::Other => "a device or a pipe".to_owned(),
    };
    match (&change.before, &change.after) {
        (FileState::File { mode: a, .. }, FileState::File { mode: b, .. }) if a != b => {
            format!("{}, was mode {a:04o}", describe(&change.after))
        }
        (_, FileState::Absent) => format!("was {}", describe(&change.before)),
        (FileState::Absent, after) => describe(after),
        (before, after) => format!("{}, was {}", describe(after), describe(before)),
    }
}

/// Whether nobody is told what is in the file: what it was, or will be, follows from a secret.
fn is_secret(change: &ChangeReport) -> bool {
    change.diff.as_ref().is_some_and(|diff| diff.trim_end() == HIDDEN)
}

/// How much of a path changes: its lines and its mode, or what is there afterwards where no diff says it.
pub fn extent(change: &ChangeReport) -> String {
    let lines_changed = match &change.diff {
        Some(_) if is_secret(change) => "its content is secret".to_owned(),
        Some(_) => format!("+{} -{} lines", change.added, change.removed),
        None => what(change),
    };
    format!("{lines_changed}{}", mode(change))
}

/// What a change with a diff does to the mode: `, mode 0644 ⟶ 0755`.
pub fn mode(change: &ChangeReport) -> String {
    match (&change.before, &change.after) {
        (FileState::File { mode: a, .. }, FileState::File { mode: b, .. }) if a != b && change.diff.is_some() => {
            format!(", mode {a:04o} ⟶ {b:04o}")
        }
        (FileState::Absent, FileState::File { mode, .. }) if *mode != 0o644 && change.diff.is_some() => {
            format!(", mode {mode:04o}")
        }
        _ => String::new(),
    }
}

/// The tone of a line of a diff.
pub fn tone(line: &str) -> Option<Tone> {
    match line.as_bytes().first() {
        Some(b'+') => Some(Tone::Good),
        Some(b'-') => Some(Tone::Bad),
        Some(b'@') => Some(Tone::Dim),
        _ => None,
    }
}

/// Draws a change beneath a step. `fold` is how a person sees all of it; none: everything is drawn.
pub fn draw(out: &mut String, look: Look, indent: usize, change: &ChangeReport, fold: Option<Fold<'_>>) {
    let margin = " ".repeat(indent);
    let (sign, word, kind) = verb(change);
    let text = format!("{word} {} ({})", named(&change.path), extent(change));
    hang(out, look, &format!("{margin}{} ", look.paint.tone(kind, sign)), indent + 2, &text, None);
    draw_body(out, look, indent, change, fold);
}

/// Draws the diff of a change, where it has one.
pub fn draw_body(out: &mut String, look: Look, indent: usize, change: &ChangeReport, fold: Option<Fold<'_>>) {
    let margin = " ".repeat(indent);
    let Some(diff) = &change.diff else { return };
    let body = body(diff);
    let shown = match fold {
        // Folding away two lines would save nothing.
        Some(fold) if body.len() > fold.diff_lines + 2 => fold.diff_lines,
        _ => body.len(),
    };
    let Some(fold) = fold else {
        body.iter().for_each(|line| hang(out, look, &format!("{margin}  "), indent + 2, line, tone(line)));
        return;
    };
    for Drawn { text, same, more } in long::lines(&body[..shown], fold.diff_lines) {
        hang(out, look, &format!("{margin}  "), indent + 2, &text, tone(&text));
        let same = (same > 0).then(|| format!("{} of this line as they were", count(same, "character")));
        let more = (more > 0).then(|| count(more, "more character"));
        if same.is_some() || more.is_some() {
            let left: Vec<String> = more.into_iter().chain(same).collect();
            let left = format!("… {}, `{}`", left.join(", "), fold.command);
            out.push_str(&format!("{margin}  {}\n", look.paint.tone(Tone::Dim, left)));
        }
    }
    if shown < body.len() {
        let more = format!("… {}, `{}`", count(body.len() - shown, "more line"), fold.command);
        out.push_str(&format!("{margin}  {}\n", look.paint.tone(Tone::Dim, more)));
    }
}

/// The hunks of a unified diff, harmless, without the two lines that name the file. Behind its sign each line is drawn as a
/// line of a content.
pub fn body(diff: &str) -> Vec<String> {
    let all: Vec<&str> = diff.strip_suffix('\n').unwrap_or(diff).split('\n').collect();
    let named = all.len() >= 2 && all[0].starts_with("--- ") && all[1].starts_with("+++ ");
    let drawn = |line: &&str| match line.split_at_checked(1) {
        Some((sign @ (" " | "+" | "-"), line)) => format!("{sign}{}", content(line)),
        Some(_) | None => content(line),
    };
    all.iter().skip(if named { 2 } else { 0 }).map(drawn).collect()
}

/// Changes of which the paths are not listed: how many in which folders.
pub fn summary(out: &mut String, look: Look, indent: usize, changes: &[&ChangeReport]) {
    let mut folders: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for change in changes {
        let folder = change.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        *folders.entry((verb(change).1, folder)).or_default() += 1;
    }
    let margin = " ".repeat(indent);
    for ((verb, folder), number) in folders.iter().take(SUMMARISED) {
        let text = format!("… {verb} {} in {}", count(*number, "path"), inline(folder));
        hang(out, look, &margin, indent, &text, Some(Tone::Bad));
    }
    let (rest, paths): (usize, usize) =
        folders.values().skip(SUMMARISED).fold((0, 0), |(folders, paths), number| (folders + 1, paths + number));
    if rest > 0 {
        let text = format!("… {} in {}", count(paths, "path"), count(rest, "more folder"));
        hang(out, look, &margin, indent, &text, Some(Tone::Bad));
    }
}
