//! A plan report ⟶ the card on a terminal: what stands against it, what cannot be taken back, then the plan from top to
//! bottom, and how a person says yes. Empty sections are left out.

use super::call::{brief, meant, value_text};
use super::fold::{Fold, is_whole};
use super::foreign::isolated;
use super::summary::{Totals, badge, totals};
use super::text::{Look, Tone, Word, columns, command, count, hang, hang_said, inline, lines, one_of, said, wrap};
use super::{late, listed, risk};
use crate::report::{Assurance, ChangeRequest, CheckOutcome, Chosen, PlanReport, PlanStatus, StepOutcome, StepReport};

/// What the card is told besides the report.
#[derive(Clone, Copy, Debug)]
pub struct Card<'a> {
    /// How it looks.
    pub look: Look,
    /// The plan as a person names it on the command line: its file.
    pub plan: Option<&'a str>,
    /// Whether long parts are folded.
    pub folded: Folded,
}

/// Whether long parts are folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// Long diffs and harmless reads in one line each.
    Yes,
    /// Everything is drawn.
    No,
}

/// Draws the card, which is then [shown](super::text::shown).
pub fn card(report: &PlanReport, card: Card<'_>) -> String {
    let look = card.look;
    let words = [chosen(report), vec![file(card.plan)]].concat();
    let full = format!("planc plan --full {}", words.iter().map(Word::in_sentence).collect::<Vec<_>>().join(" "));
    let fold = (card.folded == Folded::Yes).then(|| Fold::of(report, &full));
    let totals = totals(report);
    let mut out = String::new();
    header(&mut out, report, look, card.folded);
    requested(&mut out, report, look);
    problems(&mut out, report, look);
    if fold.is_some_and(|fold| !fold.whole) {
        hang(&mut out, look, "\n  ! ", 4, &format!("{}: `{full}` shows all", NOT_WHOLE), Some(Tone::Bad));
    }
    given(&mut out, report, look);
    risks(&mut out, report, look, fold);
    revision(&mut out, report, look);
    if let Some(rationale) = &report.rationale {
        out.push('\n');
        said(&mut out, look, "  ", 2, &inline(rationale));
    }
    context(&mut out, report, look, fold);
    inputs(&mut out, report, look);
    assumptions(&mut out, report, look);
    critical(&mut out, report, look, fold);
    releases(&mut out, report, look);
    reuse(&mut out, report, look);
    if !report.steps.is_empty() || !report.blocks.is_empty() {
        heading(&mut out, look, "Steps");
        listed::draw(&mut out, look, &report.steps, &report.blocks, 1, fold);
    }
    overlap(&mut out, report, look);
    verification(&mut out, report, look, fold);
    names(&mut out, report, look);
    outputs(&mut out, report, look);
    if fold.is_none() && !report.observations.is_empty() {
        heading(&mut out, look, "Looked at");
        for seen in &report.observations {
            let text = format!("{}: {}", observed(&seen.look), inline(&seen.seen));
            hang(&mut out, look, "  ", 2, &text, Some(Tone::Dim));
        }
    }
    footer(&mut out, report, &totals, card);
    isolated(out)
}

fn heading(out: &mut String, look: Look, text: &str) {
    out.push_str(&format!("\n{}\n", look.paint.tone(Tone::Strong, text)));
}

fn header(out: &mut String, report: &PlanReport, look: Look, folded: Folded) {
    let badge = badge(report.status).to_uppercase();
    let tone = tone(report.status);
    let title = wrap(&inline(&report.title), look.width.saturating_sub(badge.len() + 4));
    for (index, line) in title.iter().enumerate() {
        out.push_str(&look.paint.tone(Tone::Strong, line));
        if index == 0 {
            let gap = look.width.saturating_sub(columns(line) + badge.len() + 2);
            out.push_str(&" ".repeat(gap));
            out.push_str(&look.paint.tone(tone, format!("[{badge}]")));
        }
        out.push('\n');
    }
    let line = format!("rev {} · {} · {}", report.rev, report.digest.short(), assurance(report.assurance));
    hang(out, look, "", 0, &line, Some(Tone::Dim));
    if folded == Folded::No {
        report.grounds.iter().for_each(|ground| hang(out, look, "  ", 4, &inline(ground), Some(Tone::Dim)));
    }
}

/// What people want to be different about this very text.
fn requested(out: &mut String, report: &PlanReport, look: Look) {
    if report.changes_requested.is_empty() {
        return;
    }
    heading(out, look, "Changes requested");
    for (who, text) in report.changes_requested.iter().flat_map(comments) {
        let lead = format!("  {} ", look.paint.tone(Tone::Bad, "✗"));
        hang(out, look, &lead, 4, &format!("{}: {}", inline(&who), inline(&text)), None);
    }
}

/// What a request says, with what it is about.
pub fn comments(request: &ChangeRequest) -> Vec<(String, String)> {
    let whole = request.comment.iter().map(|text| (request.by.clone(), text.clone()));
    let steps = request.steps.iter().map(|step| (format!("{}, about {}", request.by, step.step), step.comment.clone()));
    whole.chain(steps).collect()
}

/// The tone of a status.
pub fn tone(status: PlanStatus) -> Tone {
    match status {
        PlanStatus::Blocked | PlanStatus::Failed | PlanStatus::InDoubt | PlanStatus::Stale => Tone::Bad,
        PlanStatus::NeedsApproval
        | PlanStatus::Reported
        | PlanStatus::ChangesRequested
        | PlanStatus::Paused
        | PlanStatus::Aborted
        | PlanStatus::Undone => Tone::Careful,
        PlanStatus::Approved | PlanStatus::Executing | PlanStatus::Verifying | PlanStatus::Done => Tone::Good,
    }
}

/// How much an approval proves, in words.
pub fn assurance(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::Advisory => "advisory: guards against mistakes, not malice",
        Assurance::SignedRecord => "signed record: a forged approval is found out by who has the signers",
        Assurance::Gateway => "gateway: agents change nothing here but through planc",
        Assurance::Enforced => "enforced: agents neither pass by planc nor forge an approval",
    }
}

fn problems(out: &mut String, report: &PlanReport, look: Look) {
    if report.problems.is_empty() {
        return;
    }
    heading(out, look, "What stands against it");
    for problem in &report.problems {
        let step = problem.step.as_ref().map_or_else(String::new, |step| format!("{}: ", inline(step)));
        let by = if problem.policy { " (refused by policy)" } else { "" };
        let (first, more) = problem.message.split_once('\n').unwrap_or((&problem.message, ""));
        let text = format!("{step}{}{by}", inline(first));
        hang(out, look, &format!("  {} ", look.paint.tone(Tone::Bad, "✗")), 4, &text, None);
        // What a program said, for one: none of it looks like a line of planc's own.
        lines(more).iter().filter(|_| !more.is_empty()).for_each(|line| said(out, look, "    ", 4, line));
    }
}

/// The most steps under one risk that have a line each on a folded card.
const FOLD_RISKS: usize = 12;

/// The most characters of steps under one risk on a folded card that is not whole.
const MAX_RISKS: usize = 4000;

fn risks(out: &mut String, report: &PlanReport, look: Look, fold: Option<Fold<'_>>) {
    let risks = risk::risks(report);
    if risks.is_empty() {
        return;
    }
    heading(out, look, "Read first");
    for (risk, items) in risks {
        let tone = if risk.is_grave() { Tone::Bad } else { Tone::Careful };
        let (mark, title) = (look.paint.tone(tone, "!"), risk.title());
        let told = |item: &risk::Item| format!("{}: {}", inline(&item.step), item.what);
        if let [one] = items.as_slice() {
            hang(out, look, &format!("  {mark} "), 4, &format!("{title} — {}", told(one)), None);
            continue;
        }
        out.push_str(&format!("  {mark} {title}\n"));
        let shown = if fold.is_some() { items.len().min(FOLD_RISKS) } else { items.len() };
        items[..shown].iter().for_each(|item| hang(out, look, "    ", 6, &told(item), None));
        if let (Some(fold), true) = (fold, shown < items.len()) {
            let mut more: String = items[shown..].iter().map(told).collect::<Vec<_>>().join("; ");
            if !fold.whole && more.chars().count() > MAX_RISKS {
                more = format!("{}… `{}`", more.chars().take(MAX_RISKS).collect::<String>(), fold.command);
            }
            hang(out, look, "    ", 6, &more, None);
        }
    }
}

fn revision(out: &mut String, report: &PlanReport, look: Look) {
    let Some(revision) = &report.revision else { return };
    heading(out, look, &format!("Changed since rev {}", report.rev.saturating_sub(1)));
    let before: Vec<&str> =
        report.all_steps().filter(|step| step.approved_before.is_some()).map(|step| step.name.as_str()).collect();
    if !before.is_empty() {
        let all = report.all_steps().count();
        let text =
            format!("{} of {} were approved before and do the same; they say so", before.len(), count(all, "step"));
        hang(out, look, "  ", 4, &text, Some(Tone::Dim));
    }
    let drawn = super::revision::draw(revision, look);
    drawn.lines().filter(|line| !line.is_empty()).for_each(|line| out.push_str(&format!("  {line}\n")));
}

/// The most lines of context on a folded card.
const FOLD_CONTEXT: usize = 12;

fn context(out: &mut String, report: &PlanReport, look: Look, fold: Option<Fold<'_>>) {
    let Some(context) = &report.context else { return };
    heading(out, look, "Context");
    let all = lines(context);
    let shown = if fold.is_some() && all.len() > FOLD_CONTEXT + 2 { FOLD_CONTEXT } else { all.len() };
    for line in &all[..shown] {
        said(out, look, "  ", 2, line);
    }
    if let (Some(fold), true) = (fold, shown < all.len()) {
        let more = format!("  … {}, `{}`", count(all.len() - shown, "more line"), fold.command);
        out.push_str(&format!("{}\n", look.paint.tone(Tone::Dim, more)));
    }
}

fn inputs(out: &mut String, report: &PlanReport, look: Look) {
    if report.inputs.is_empty() {
        return;
    }
    heading(out, look, "Inputs");
    for input in &report.inputs {
        let mark = if input.default { " (default)" } else { "" };
        // An input is part of what is approved: shown whole.
        let text = format!("{} = {}{mark}", inline(&input.name), value_text(&input.value, false));
        hang(out, look, "  ", 2, &text, None);
    }
}

/// The mark of a check, its tone, and what is to be said beyond its text.
pub fn check_mark(outcome: &CheckOutcome, person: &'static str) -> (&'static str, Tone, Option<String>) {
    match outcome {
        CheckOutcome::Holds => ("✓", Tone::Good, None),
        CheckOutcome::Fails { why } => ("✗", Tone::Bad, Some(inline(why))),
        CheckOutcome::Unconfirmed { why } => ("?", Tone::Careful, Some(inline(why))),
        CheckOutcome::ForPerson => ("?", Tone::Careful, Some(person.to_owned())),
    }
}

fn assumptions(out: &mut String, report: &PlanReport, look: Look) {
    if report.assumptions.is_empty() {
        return;
    }
    heading(out, look, "Assumptions");
    for assumption in &report.assumptions {
        let (mark, tone, more) = check_mark(&assumption.outcome, "for you to confirm");
        said(out, look, &format!("  {} ", look.paint.tone(tone, mark)), 4, &inline(&assumption.text));
        more.iter().for_each(|more| hang(out, look, "    ", 4, more, Some(tone)));
        holds_when(out, look, assumption.check.as_deref());
    }
}

/// The heading of what the names stand for that are shown as they are written.
pub const NAMES: &str = "What names stand for";

/// A name is part of what is said with it, and so of what is approved: none is folded.
fn names(out: &mut String, report: &PlanReport, look: Look) {
    if report.names.is_empty() {
        return;
    }
    heading(out, look, NAMES);
    for one in &report.names {
        hang(out, look, "  ", 4, &format!("{} = {}", inline(&one.name), inline(&one.value)), None);
    }
}

/// What is checked: the text above it is only what the author says about it.
fn holds_when(out: &mut String, look: Look, check: Option<&str>) {
    if let Some(check) = check {
        hang(out, look, "    ", 4, &format!("holds when {}", inline(check)), Some(Tone::Dim));
    }
}

/// The most touched resources listed under one line of `critical` on a folded card.
const FOLD_TOUCHED: usize = 8;

fn critical(out: &mut String, report: &PlanReport, look: Look, fold: Option<Fold<'_>>) {
    if report.critical.is_empty() {
        return;
    }
    heading(out, look, "Critical: all that it may touch");
    for line in &report.critical {
        let tone = match line.verb.as_str() {
            "delete" => Tone::Bad,
            "read" => Tone::Dim,
            _ => Tone::Careful,
        };
        let why = line.why.as_ref().map(|why| inline(why));
        let first = format!("  {} ", look.paint.tone(tone, format!("{:<7}", inline(&line.verb))));
        hang_said(out, look, &first, 10, &inline(&line.resource), why.as_deref());
        if let Some(value) = meant(line) {
            hang(out, look, "          ", 10, &format!("that is: {value}"), None);
        }
        let exact = line.touched.len() == 1 && line.touched[0] == line.resource;
        if !exact && !line.touched.is_empty() {
            let shown = if fold.is_some() { FOLD_TOUCHED } else { line.touched.len() };
            let mut list: Vec<String> = line.touched.iter().take(shown).map(|touched| one_of(touched)).collect();
            if line.touched.len() > shown {
                list.push(format!("… {} more", line.touched.len() - shown));
            }
            hang(out, look, "          ", 10, &format!("here: {}", list.join(", ")), Some(Tone::Dim));
        }
    }
}

/// Everything that the approver answers for, never folded.
fn releases(out: &mut String, report: &PlanReport, look: Look) {
    if report.releases.is_empty() {
        return;
    }
    heading(out, look, "Your yes answers for");
    for release in &report.releases {
        let first = format!("  {} ", look.paint.tone(Tone::Careful, late::word(release.kind)));
        let value = match release.is_known() {
            true => late::exact(&release.value),
            false => late::KNOWN_LATER.to_owned(),
        };
        hang(out, look, &first, 11, &format!("{} = {value}", inline(&release.name)), None);
        if let Some(foreign) = late::foreign(&release.value).filter(|_| release.is_known()) {
            hang(out, look, "           ", 11, &format!("! {foreign}"), Some(Tone::Bad));
        }
        hang(out, look, "           ", 11, &format!("the plan's author says: {}", inline(&release.reason)), None);
        let ways = [("from", &release.from), ("to", &release.to)];
        for (word, way) in ways.into_iter().filter(|(_, way)| !way.is_empty()) {
            let way: Vec<String> = way.iter().map(|place| inline(place)).collect();
            hang(out, look, "           ", 16, &format!("{word:<4} {}", way.join("; ")), Some(Tone::Dim));
        }
    }
}

fn reuse(out: &mut String, report: &PlanReport, look: Look) {
    if report.reuse.is_empty() {
        return;
    }
    heading(out, look, "Leans on");
    for reuse in &report.reuse {
        let why = reuse.why.as_ref().map(|why| inline(why));
        let (mark, tone) = if reuse.exists { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
        let missing = if reuse.exists { "" } else { " — is not there" };
        let text = format!("{}{missing}", inline(&reuse.target));
        hang_said(out, look, &format!("  {} ", look.paint.tone(tone, mark)), 4, &text, why.as_deref());
    }
}

/// The most groups of overlapping steps that are listed.
const FOLD_WAVES: usize = 10;

fn overlap(out: &mut String, report: &PlanReport, look: Look) {
    let together: Vec<&Vec<String>> = report.waves.iter().filter(|wave| wave.len() > 1).collect();
    if together.is_empty() {
        return;
    }
    heading(out, look, "At the same time");
    for wave in together.iter().take(FOLD_WAVES) {
        let (head, more) = wave.split_at(wave.len().min(12));
        let more = if more.is_empty() { String::new() } else { format!(", … {} more", more.len()) };
        hang(out, look, "  ", 2, &format!("{}{more}", inline(&head.join(", "))), Some(Tone::Dim));
    }
    if together.len() > FOLD_WAVES {
        out.push_str(&format!("  … {}\n", count(together.len() - FOLD_WAVES, "more group")));
    }
}

fn verification(out: &mut String, report: &PlanReport, look: Look, fold: Option<Fold<'_>>) {
    if report.verifications.is_empty() {
        return;
    }
    heading(out, look, "Verification");
    let mut number = report.steps.len() + 1;
    for verification in &report.verifications {
        let (mark, tone, more) = check_mark(&verification.outcome, "for you to follow afterwards");
        said(out, look, &format!("  {} ", look.paint.tone(tone, mark)), 4, &inline(&verification.text));
        more.iter().for_each(|more| hang(out, look, "    ", 4, more, Some(tone)));
        listed::draw(out, look, &verification.steps, &[], number, fold);
        number += verification.steps.len();
        holds_when(out, look, verification.check.as_deref());
    }
}

fn outputs(out: &mut String, report: &PlanReport, look: Look) {
    if report.outputs.is_empty() {
        return;
    }
    heading(out, look, "Outputs");
    for output in &report.outputs {
        let text = format!("{} = {}", inline(&output.name), brief(&output.value, 300));
        hang(out, look, "  ", 2, &text, None);
    }
}

/// What was looked at, in words.
pub fn observed(look: &crate::workspace::Look) -> String {
    use crate::workspace::Look::{At, Call, Called, Entries, Matches, Program, Tool};
    match look {
        At { path } => inline(path),
        Entries { path } => format!("entries of {}", inline(path)),
        Called { path, endings: crate::workspace::Endings::Whole } => inline(path),
        Called { path, endings: crate::workspace::Endings::Versions } => {
            format!("folders of versions in {}", inline(path))
        }
        Called { path, .. } => format!("{}.*", inline(path)),
        Matches { glob, .. } => format!("matches of {}", inline(glob)),
        Program { name } => format!("program {}", inline(name)),
        Tool { tool } => format!("what its server says of `{}`", inline(tool)),
        Call { step, part } => format!("`{}` of step {}", inline(part), inline(step)),
    }
}

fn footer(out: &mut String, report: &PlanReport, totals: &Totals, card: Card<'_>) {
    let look = card.look;
    out.push_str(&format!("\n{}\n", look.paint.tone(Tone::Dim, "─".repeat(look.width))));
    let tone = if totals.irreversible.is_empty() { Tone::Good } else { Tone::Bad };
    let (numbers, undo) = (totals.numbers(), totals.undo());
    match columns(&numbers) + columns(" — ") + columns(&undo) > look.width {
        true => {
            hang(out, look, "", 0, &numbers, None);
            hang(out, look, "", 0, &undo, Some(tone));
        }
        false => out.push_str(&format!("{numbers} — {}\n", look.paint.tone(tone, undo))),
    }
    let plan = target(card.plan, report);
    if let Some(why) = &report.plan_mode {
        hang(out, look, "", 0, &inline(&told(why)), None);
        return;
    }
    match report.status {
        PlanStatus::NeedsApproval if card.folded == Folded::Yes && !is_whole(report) => {
            let text = "Nothing has been changed. A person reads all of it, and is asked then, with";
            hang(out, look, "", 0, text, None);
            command(out, look, "planc run --approve --full", &plan);
        }
        PlanStatus::NeedsApproval => {
            out.push_str("Nothing has been changed. A person approves with\n");
            command(out, look, "planc run --approve", &plan);
            out.push_str("or, naming exactly what was read here,\n");
            command(out, look, &format!("planc run --approve={}", report.digest), &plan);
        }
        PlanStatus::Blocked => {
            let text = "Nothing has been changed, and nothing can be approved yet.";
            hang(out, look, "", 0, text, None);
            out.push_str(&format!("{}\n", report.digest));
        }
        PlanStatus::Reported
        | PlanStatus::ChangesRequested
        | PlanStatus::Approved
        | PlanStatus::Executing
        | PlanStatus::Verifying
        | PlanStatus::Done
        | PlanStatus::Failed
        | PlanStatus::Paused
        | PlanStatus::InDoubt
        | PlanStatus::Undone
        | PlanStatus::Aborted
        | PlanStatus::Stale => out.push_str(&format!("{}\n", look.paint.tone(Tone::Dim, report.digest.to_string()))),
    }
}

/// What is said of a card that leaves out paths.
pub const NOT_WHOLE: &str = "This card is not whole, so many paths change: it counts most of them by folder";

/// What is said of a catalogue that was named on the command line.
pub const GIVEN: &str =
    "named on the command line, not by the operator: what it says of its tools nobody else has read";

/// The catalogues that are not the operator's.
fn given(out: &mut String, report: &PlanReport, look: Look) {
    if report.catalogues.is_empty() {
        return;
    }
    heading(out, look, "Catalogues");
    for name in &report.catalogues {
        let lead = format!("  {} ", look.paint.tone(Tone::Careful, "!"));
        hang(out, look, &lead, 4, &format!("{}: {GIVEN}", inline(name)), None);
    }
}

/// What is said instead of how to approve, where plan mode is active.
pub fn told(why: &str) -> String {
    format!("Nothing has been changed, and nothing can be approved: plan mode is active, {why}")
}

/// The longest input that is part of a command that is shown, in bytes.
const MAX_SHOWN_INPUT: usize = 200;

/// What `planc run` is given to make the same dry run again: the file and the inputs that were given; `…` for a value that
/// is too long for a command, or cannot be shown.
pub fn target(plan: Option<&str>, report: &PlanReport) -> Vec<Word> {
    let mut words = Vec::new();
    words.extend(report.all_steps().any(ran_early).then(|| Word::own("--run-programs")));
    words.extend(chosen(report));
    words.push(file(plan));
    for input in report.inputs.iter().filter(|input| !input.default) {
        let untold = format!("{}=…", input.name);
        if input.secret {
            words.extend([Word::own("--input-file"), Word::of(&untold, &untold)]);
            continue;
        }
        let text = match input.value.as_str() {
            Some(text) => text.to_owned(),
            None => serde_json::to_string(&input.value).unwrap_or_default(),
        };
        let given = format!("{}={text}", input.name);
        let given = if given.len() <= MAX_SHOWN_INPUT { &given } else { &untold };
        words.extend([Word::own("--input"), Word::of(given, &untold)]);
    }
    words
}

/// The same in one line that nothing breaks.
pub fn whole_target(plan: Option<&str>, report: &PlanReport) -> String {
    target(plan, report).iter().map(Word::whole).collect::<Vec<_>>().join(" ")
}

fn file(plan: Option<&str>) -> Word {
    plan.map_or_else(|| Word::own("FILE"), |plan| Word::of(plan, "FILE"))
}

/// Which part of the file is meant: without it the hint would be about the whole.
fn chosen(report: &PlanReport) -> Vec<Word> {
    let (flag, names) = match &report.part {
        None => return Vec::new(),
        Some(Chosen::Only(names)) => ("--only", names),
        Some(Chosen::Except(names)) => ("--except", names),
    };
    vec![Word::own(flag), Word::of(&names.join(","), "STEPS")]
}

fn ran_early(step: &StepReport) -> bool {
    matches!(step.outcome, StepOutcome::Ran { .. })
}
