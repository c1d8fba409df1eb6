//! The report of a run ⟶ what people read of it: how it ended, what each step did, planned against actual, and what to do next.

use super::call;
use super::checklist::{difference_text, end_word, reason, tail};
use super::diff;
use super::foreign::{SAID, isolated};
use super::run_report::{BlockRow, PlannedActual, RunReport, StepEnd, StepRow};
use super::text::{Look, Tone, count, hang, inline, shell_word, wrap};
use crate::event::End;
use crate::veil::WHY;
use crate::workspace::FileState;
use planc_lang::secrets::HIDDEN;
use planc_lang::value::Value;

/// The sign of a step's outcome.
pub fn sign(end: StepEnd) -> (&'static str, Tone) {
    match end {
        StepEnd::Waiting => ("○", Tone::Dim),
        StepEnd::Running => ("▸", Tone::Name),
        StepEnd::Done => ("✓", Tone::Good),
        StepEnd::Failed => ("✗", Tone::Bad),
        StepEnd::Skipped => ("–", Tone::Dim),
        StepEnd::InDoubt => ("?", Tone::Careful),
        StepEnd::Undone => ("↶", Tone::Dim),
        StepEnd::UndonePart => ("!", Tone::Careful),
    }
}

/// The status of a run in words, with its tone.
pub fn status(report: &RunReport) -> (&'static str, Tone) {
    match (report.undone, report.end) {
        (Some(true), _) => ("undone", Tone::Careful),
        (Some(false), _) => ("undone in part", Tone::Bad),
        (None, _) if report.taking_back => ("undone in part", Tone::Bad),
        (None, Some(End::Done)) => ("done", Tone::Good),
        (None, Some(end @ (End::Waiting | End::Held | End::Interrupted | End::Overdue))) => {
            (end_word(end), Tone::Careful)
        }
        (None, Some(end)) => (end_word(end), Tone::Bad),
        (None, None) if report.approval.is_some() => ("not finished", Tone::Careful),
        (None, None) => ("not started", Tone::Dim),
    }
}

/// Draws the report of a run.
pub fn draw(report: &RunReport, look: Look) -> String {
    let (word, tone) = status(report);
    let title = wrap(&inline(&report.title), look.width.saturating_sub(word.len() + 4));
    let title: Vec<String> = title.iter().map(|line| look.paint.tone(Tone::Strong, line)).collect();
    let mut out = format!(
        "{}  {}\n{}\n",
        title.join("\n"),
        look.paint.tone(tone, format!("[{}]", word.to_uppercase())),
        look.paint.tone(Tone::Dim, format!("run {} · {}", inline(&report.run), report.counts()))
    );
    if let Some(approval) = &report.approval {
        for yes in approval.all() {
            let mut text = format!("approved by {} ({}) at {}", yes.by, yes.channel, yes.at);
            if !yes.terms.is_plain() {
                text.push_str(&format!(", {}", yes.terms.told()));
            }
            hang(&mut out, look, "", 0, &inline(&text), Some(Tone::Dim));
        }
        for over in approval.all().flat_map(|yes| &yes.overrides) {
            let text = format!("taken as given although it fails: {} — {}", over.assumption, over.reason);
            hang(&mut out, look, "", 0, &inline(&text), Some(Tone::Careful));
        }
    }
    if !report.steps.is_empty() {
        out.push('\n');
    }
    draw_rows(&mut out, report, look);
    draw_conflicts(&mut out, report, look);
    let list = |out: &mut String, title: &str, lines: Vec<(&str, Tone, String)>, below: Vec<Vec<String>>| {
        if !lines.is_empty() {
            out.push_str(&format!("\n{}\n", look.paint.tone(Tone::Strong, title)));
        }
        for (index, (sign, tone, text)) in lines.into_iter().enumerate() {
            hang(out, look, &format!("  {} ", look.paint.tone(tone, sign)), 4, &text, None);
            below.get(index).into_iter().flatten().for_each(|line| hang(out, look, "      ", 6, line, None));
        }
    };
    // What held of what was taken back, and what it returned, is nothing that is so now.
    let now = !report.taking_back;
    let checks =
        report.verified.iter().filter(|_| now).map(|text| ("✓", Tone::Good, format!("{SAID} {}", inline(text))));
    let broken = report.broken.iter().map(|(text, _)| ("✗", Tone::Bad, format!("{SAID} {}", inline(text))));
    let ends = report.broken.iter().map(|(_, why)| reason(why));
    let below = checks.clone().map(|_| Vec::new()).chain(ends).collect();
    list(&mut out, "Checks", checks.chain(broken).collect(), below);
    let stale = report.stale.iter().map(|difference| ("✗", Tone::Bad, difference_text(difference)));
    list(&mut out, "The world is not what was approved", stale.collect(), Vec::new());
    list(&mut out, "Planned against actual", report.differences.iter().map(difference_row).collect(), Vec::new());
    if !report.left.is_empty() {
        let names: Vec<String> = report.left.iter().map(|step| inline(step)).collect();
        out.push('\n');
        hang(&mut out, look, "", 2, &format!("left as they are: {}", names.join(", ")), Some(Tone::Careful));
    }
    if let (Value::Record(outputs), true) = (&report.outputs, now) {
        let rows = outputs
            .iter()
            .map(|(name, value)| ("=", Tone::Dim, format!("{} = {}", inline(name), call::brief(value, 400))));
        list(&mut out, "Outputs", rows.collect(), Vec::new());
    }
    if report.gone {
        out.push_str(&format!("\n{}", look.paint.tone(Tone::Careful, "not finished: the process is gone")));
    }
    for line in next(report).into_iter().chain(untold(report)) {
        out.push_str(&format!("\n{}", look.paint.tone(Tone::Name, line)));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    isolated(out)
}

/// How many lines are drawn of the diff of a path that was left.
const CONFLICT_LINES: usize = 40;

/// What others changed since the run, and what was left because of it.
fn draw_conflicts(out: &mut String, report: &RunReport, look: Look) {
    let changed: Vec<(&str, &str)> = report
        .conflicts
        .iter()
        .filter_map(|conflict| Some((conflict.path.as_str(), conflict.diff.as_deref()?)))
        .collect();
    if changed.is_empty() {
        return;
    }
    let title = "Changed since: as the run left it (-), as it is now (+)";
    out.push_str(&format!("\n{}\n", look.paint.tone(Tone::Strong, title)));
    for (path, diff) in changed {
        hang(out, look, &format!("  {} ", look.paint.tone(Tone::Careful, "!")), 4, &inline(path), None);
        let body = diff::body(diff);
        for line in body.iter().take(CONFLICT_LINES) {
            hang(out, look, "    ", 4, line, diff::tone(line));
        }
        if body.len() > CONFLICT_LINES {
            let run = shell_word(&report.run);
            let more = count(body.len() - CONFLICT_LINES, "more line");
            let text = format!("    … {more}, `planc --format json show {run}`\n");
            out.push_str(&look.paint.tone(Tone::Dim, text));
        }
    }
}

/// A block with more steps than this is drawn without those that are done.
const FOLD_ROWS: usize = 10;

fn draw_rows(out: &mut String, report: &RunReport, look: Look) {
    let mut blocks = report.blocks.iter().peekable();
    let mut index = 0;
    while index < report.steps.len() {
        let row = &report.steps[index];
        while let Some(block) = blocks.next_if(|block| block.at <= row.order.0) {
            draw_block(out, block, look);
        }
        let of_block = |other: &&StepRow| row.each.is_some() && other.each == row.each;
        let rows = &report.steps[index..index + report.steps[index..].iter().take_while(of_block).count().max(1)];
        let is_shown =
            |row: &&StepRow| rows.len() <= FOLD_ROWS || !matches!(row.outcome, StepEnd::Done | StepEnd::Waiting);
        rows.iter().filter(is_shown).for_each(|row| draw_row(out, row, look));
        index += rows.len();
    }
    blocks.for_each(|block| draw_block(out, block, look));
}

/// A block with its progress; its steps follow.
fn draw_block(out: &mut String, block: &BlockRow, look: Look) {
    let (sign, tone) = sign(block.outcome);
    let progress = block.elements.map_or_else(String::new, |elements| format!("  {}/{elements}", block.over));
    out.push_str(&format!("  {} each {}{progress}\n", look.paint.tone(tone, sign), inline(&block.name)));
    for line in block.why.iter().flat_map(|why| tail(why)) {
        hang(out, look, "      ", 6, &line, None);
    }
}

fn draw_row(out: &mut String, row: &StepRow, look: Look) {
    let (sign, tone) = sign(row.outcome);
    let attempts = if row.attempts > 1 { format!(" ({} attempts)", row.attempts) } else { String::new() };
    out.push_str(&format!("  {} {}{attempts}\n", look.paint.tone(tone, sign), inline(&row.step)));
    for line in row.why.iter().flat_map(|why| tail(why)) {
        hang(out, look, "      ", 6, &line, None);
    }
}

/// Draws only what is different from the plan.
pub fn draw_differences(report: &RunReport, look: Look) -> String {
    let mut out = String::new();
    for difference in &report.differences {
        let (sign, tone, text) = difference_row(difference);
        hang(&mut out, look, &format!("{} ", look.paint.tone(tone, sign)), 2, &text, None);
    }
    match (report.differences.len(), report.end) {
        (0, Some(_)) => out.push_str("everything that has run did what was planned\n"),
        (0, None) => out.push_str("nothing has run to its end yet\n"),
        (n, _) => out.push_str(&format!("{} from the plan\n", count(n, "difference"))),
    }
    if !report.unrecorded.is_empty() {
        let names: Vec<String> = report.unrecorded.iter().map(|step| inline(step)).collect();
        let text = format!("nobody has recorded what was changed by {}", names.join(", "));
        hang(&mut out, look, "", 2, &text, Some(Tone::Careful));
    }
    isolated(out)
}

fn difference_row(difference: &PlannedActual) -> (&'static str, Tone, String) {
    let describe = |state: &Option<FileState>| match state {
        None => "no change".to_owned(),
        Some(state @ FileState::File { mode, .. }) if state.is_untold() => format!("a file, mode {mode:04o}, {HIDDEN}"),
        Some(FileState::File { digest, bytes, mode }) => format!("{bytes} bytes, mode {mode:04o}, {}", digest.short()),
        Some(FileState::Absent) => "deleted".to_owned(),
        Some(FileState::Directory { .. }) => "a directory".to_owned(),
        Some(FileState::Link { target }) => format!("a link to {}", inline(target)),
        Some(FileState::Other) => "something else".to_owned(),
    };
    let planned = match difference.predicted {
        true => format!("planned {}", describe(&difference.planned)),
        false => "not known before".to_owned(),
    };
    let text = format!(
        "{} by `{}`: {planned}, actual {}",
        inline(&difference.path),
        inline(&difference.step),
        describe(&difference.actual)
    );
    ("~", Tone::Careful, text)
}

/// What a person may do next.
fn next(report: &RunReport) -> Vec<String> {
    let run = shell_word(&report.run);
    if report.taking_back {
        return next_of_taking_back(report);
    }
    match report.end {
        None if report.gone => resumed(report, format!("planc resume {run}   goes on")),
        Some(End::Done) | None => Vec::new(),
        Some(End::Failed | End::Refused) => undone(report).into_iter().collect(),
        Some(End::Stale) => vec!["planc plan FILE   looks at the world as it is now".to_owned()],
        Some(End::InDoubt) => {
            let doubtful = report.steps.iter().filter(|row| row.outcome == StepEnd::InDoubt);
            doubtful
                .map(|row| {
                    format!(
                        "planc resume {run} --resolve {}=ANSWER   says what became of it: redo, fail or done:JSON",
                        shell_word(&row.step)
                    )
                })
                .collect()
        }
        Some(End::Overdue) => {
            resumed(report, format!("planc resume {run} --deadline 30m   goes on, for as long as that"))
        }
        Some(End::Interrupted | End::Held | End::Waiting) => resumed(report, format!("planc resume {run}   goes on")),
    }
}

/// Where it is told why calls failed that had a secret at hand.
fn untold(report: &RunReport) -> Option<String> {
    let is_untold = |why: &Option<String>| why.as_deref() == Some(WHY);
    let any = report.steps.iter().any(|row| is_untold(&row.why));
    any.then(|| format!("planc show {} --failures   tells why, to a person on a terminal", shell_word(&report.run)))
}

/// How it goes on, and how it is taken back where anything was done.
fn resumed(report: &RunReport, goes_on: String) -> Vec<String> {
    std::iter::once(goes_on).chain(undone(report)).collect()
}

/// How a run is taken back; none: it did nothing.
fn undone(report: &RunReport) -> Option<String> {
    let is_open = |row: &StepRow| matches!(row.outcome, StepEnd::Running | StepEnd::InDoubt);
    let may_have = report.has_acted || report.steps.iter().any(is_open);
    may_have.then(|| format!("planc undo {}   takes back what it has done", shell_word(&report.run)))
}

/// What is left to say of calls in doubt, else that taking back can go on.
fn next_of_taking_back(report: &RunReport) -> Vec<String> {
    let run = shell_word(&report.run);
    if report.undone == Some(true) {
        return Vec::new();
    }
    let doubtful = report.steps.iter().filter(|row| row.outcome == StepEnd::InDoubt);
    let lines: Vec<String> = doubtful
        .map(|row| match report.undo_doubts().any(|step| step == row.step) {
            true => format!(
                "planc resume {run} --resolve {}=ANSWER   says what became of its undo call, redo or fail, and takes back the rest",
                shell_word(&row.step)
            ),
            false => format!(
                "planc resume {run} --resolve {}=fail   says that you have looked, and takes back the rest",
                shell_word(&row.step)
            ),
        })
        .collect();
    match lines.is_empty() {
        true => vec![format!("planc undo {run}   goes on taking back")],
        false => lines,
    }
}
