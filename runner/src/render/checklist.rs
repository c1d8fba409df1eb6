//! Events as they happen ⟶ the live checklist: ○ waiting, a spinner while it runs, ✓ done, ✗ failed, – skipped, ? in doubt.
//!
//! On a terminal each step has its line; otherwise each event that matters is one plain line.

use super::call::brief_call;
use super::foreign::SAID;
use super::late::exact;
use super::text::{Paint, Tone, UNTOLD, count, elapsed, inline, lines, shown};
use crate::approval::Approved;
use crate::event::{End, Event, PROBE_CHANNEL};
use crate::report::{BlockReport, PlanReport};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use planc_lang::plan::base_name;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The most steps with a line of their own on a terminal; past it only what runs and what went wrong is drawn.
pub const MAX_LIVE_LINES: usize = 20;

/// How many columns a spinner and the time may take beside the name of a step.
const AROUND: u16 = 12;

/// The last lines of a failing program's output that are shown.
pub const TAIL_LINES: usize = 20;

/// Where the checklist is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A terminal that lines can be redrawn on.
    Live,
    /// A log: lines are only added.
    Log,
    /// Nowhere.
    Nowhere,
}

/// A checklist on standard error.
pub struct Checklist {
    place: Place,
    paint: Paint,
    all: MultiProgress,
    bars: BTreeMap<String, ProgressBar>,
    tools: BTreeMap<String, String>,
    started: BTreeMap<String, Instant>,
    one_line_each: bool,
    blocks: BTreeMap<String, Block>,
    /// The block of each step that stands in one.
    in_block: BTreeMap<String, String>,
}

/// How far an `each` block has come.
#[derive(Default)]
struct Block {
    /// How many steps it has for each element.
    steps: usize,
    elements: usize,
    /// How many steps of elements have ended.
    ended: usize,
    /// How many tenths of it were told.
    told: usize,
}

impl Block {
    fn over(&self) -> usize {
        self.ended / self.steps.max(1)
    }

    /// Whether its single steps would hide everything else.
    fn is_long(&self) -> bool {
        self.elements > MAX_LIVE_LINES
    }
}

impl Checklist {
    /// A checklist of the steps of a report.
    pub fn new(report: &PlanReport, place: Place, paint: Paint) -> Checklist {
        let target = if place == Place::Live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let tools: BTreeMap<String, String> =
            report.all_steps().map(|step| (step.name.clone(), step.tool.clone())).collect();
        let mut list = Checklist {
            place,
            paint,
            all: MultiProgress::with_draw_target(target),
            bars: BTreeMap::new(),
            one_line_each: tools.len() <= MAX_LIVE_LINES,
            blocks: blocks(report),
            in_block: in_block(report),
            tools,
            started: BTreeMap::new(),
        };
        if place == Place::Live && list.one_line_each {
            for step in report.all_steps().filter(|step| step.each.is_none() || step.element.is_some()) {
                let bar = list.bar(&step.name);
                bar.set_style(still());
                bar.set_message(fitted(&paint.tone(Tone::Dim, format!("○ {}", list.name(&step.name))), 0));
                bar.tick();
            }
        }
        list
    }

    /// Draws what an event changes.
    pub fn on(&mut self, event: &Event) {
        let took = match progress(event) {
            Progress::Starts(step) => {
                self.started.insert(step.to_owned(), Instant::now());
                None
            }
            Progress::Ends(step) | Progress::Passes(step) => self.started.get(step).map(Instant::elapsed),
            Progress::Beside => None,
        };
        let (counted, hides) = self.count(event);
        match self.place {
            Place::Nowhere => {}
            Place::Log => {
                let own = if hides { Vec::new() } else { log_lines(event, took, self.paint) };
                for line in own.into_iter().chain(counted) {
                    // A closed standard error is no reason to stop a run.
                    let _ =
                        std::io::Write::write_all(&mut std::io::stderr(), shown(&format!("{line}\n"), None).as_bytes());
                }
            }
            Place::Live => {
                self.draw(event, took);
                if let Some(line) = counted {
                    self.draw_block(event, line);
                }
            }
        }
    }

    /// Counts an event of a block: a line with its progress where there is one to tell, and whether that takes the place of
    /// the event's own.
    fn count(&mut self, event: &Event) -> (Option<String>, bool) {
        if let Event::EachStarted { each, elements } = event
            && let Some(block) = self.blocks.get_mut(each)
        {
            block.elements = *elements as usize;
        }
        let (step, is_quiet) = match progress(event) {
            Progress::Passes(step) => (step, true),
            Progress::Starts(step) => (step, true),
            Progress::Ends(step) => (step, false),
            Progress::Beside => return (None, false),
        };
        let base = base_name(step);
        let Some((name, block)) = self.in_block.get(base).and_then(|name| Some((name, self.blocks.get_mut(name)?)))
        else {
            return (None, false);
        };
        if !block.is_long() {
            return (None, false);
        }
        block.ended += usize::from(matches!(event, Event::StepSucceeded { .. } | Event::StepSkipped { .. }));
        let tenths = block.over() * 10 / block.elements.max(1);
        let tells = tenths > block.told && tenths < 10 || self.place == Place::Live;
        block.told = tenths;
        let progress = format!("{} {}/{}", inline(name), block.over(), block.elements);
        let line = tells.then(|| format!("{} {progress}", self.paint.tone(Tone::Dim, "·")));
        (line, is_quiet)
    }

    fn draw_block(&mut self, event: &Event, line: String) {
        let (Progress::Starts(step) | Progress::Passes(step) | Progress::Ends(step)) = progress(event) else { return };
        let base = base_name(step);
        let Some(name) = self.in_block.get(base).cloned() else { return };
        let bar = self.bar(&name);
        bar.set_style(still());
        bar.set_message(fitted(&line, 0));
        bar.tick();
    }

    /// Leaves the last state on the screen.
    pub fn finish(&mut self) {
        for bar in self.bars.values() {
            bar.abandon();
        }
    }

    /// Takes the checklist off the screen while a person is asked something.
    pub fn suspend<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.all.suspend(ask)
    }

    fn draw(&mut self, event: &Event, took: Option<Duration>) {
        let step = match progress(event) {
            Progress::Starts(step) => {
                let bar = self.bar(step);
                bar.set_style(running(self.paint));
                bar.set_message(fitted(&self.name(step), AROUND));
                bar.reset_elapsed();
                bar.enable_steady_tick(Duration::from_millis(100));
                return;
            }
            Progress::Ends(step) | Progress::Passes(step) => Some(step),
            Progress::Beside => None,
        };
        let mut drawn = log_lines(event, took, self.paint).into_iter();
        if let Some(step) = step
            && let Some(first) = drawn.next()
        {
            let bar = self.bar(step);
            bar.disable_steady_tick();
            bar.set_style(still());
            bar.set_message(fitted(&first, 0));
            bar.tick();
            let in_long = self.in_long_block(step);
            if (!self.one_line_each || in_long) && matches!(progress(event), Progress::Passes(_)) {
                bar.finish_and_clear();
                self.bars.remove(step);
            }
        }
        for line in drawn {
            let _ = self.all.println(fitted(&line, 0));
        }
    }

    fn in_long_block(&self, step: &str) -> bool {
        let base = base_name(step);
        let block = self.in_block.get(base).and_then(|name| self.blocks.get(name));
        block.is_some_and(Block::is_long)
    }

    fn bar(&mut self, step: &str) -> ProgressBar {
        let all = &self.all;
        self.bars.entry(step.to_owned()).or_insert_with(|| all.add(ProgressBar::new_spinner())).clone()
    }

    fn name(&self, step: &str) -> String {
        let tool = self
            .tools
            .get(step)
            .map_or_else(String::new, |tool| format!("  {}", self.paint.tone(Tone::Dim, inline(tool))));
        format!("{}{tool}", inline(step))
    }
}

/// A line as it stands on the terminal, beside so many columns of something else.
fn fitted(line: &str, around: u16) -> String {
    let columns = terminal_size::terminal_size_of(std::io::stderr()).map_or(UNTOLD, |(width, _)| width.0);
    shown(line, Some(columns.saturating_sub(around)))
}

fn blocks(report: &PlanReport) -> BTreeMap<String, Block> {
    let block = |block: &BlockReport| Block { steps: block.steps.len(), ..Block::default() };
    report.blocks.iter().map(|each| (each.name.clone(), block(each))).collect()
}

fn in_block(report: &PlanReport) -> BTreeMap<String, String> {
    let of = |block: &BlockReport| {
        let name = block.name.clone();
        block.steps.clone().into_iter().map(move |step| (step, name.clone()))
    };
    report.blocks.iter().flat_map(of).collect()
}

/// What an event means for the line of a step.
enum Progress<'e> {
    /// Its call is about to be made.
    Starts(&'e str),
    /// It ended in a way that a person should see.
    Ends(&'e str),
    /// It ended as hoped.
    Passes(&'e str),
    /// It is about no step, or changes no line.
    Beside,
}

fn progress(event: &Event) -> Progress<'_> {
    match event {
        Event::StepStarted { step, .. } => Progress::Starts(step),
        Event::StepSucceeded { step, .. } | Event::StepSkipped { step, .. } => Progress::Passes(step),
        Event::StepFailed { step, .. } | Event::StepInDoubt { step, .. } | Event::StepUndone { step, .. } => {
            Progress::Ends(step)
        }
        Event::Approved { .. }
        | Event::Started { .. }
        | Event::AssumptionHeld { .. }
        | Event::AssumptionOverridden { .. }
        | Event::AssumptionFailed { .. }
        | Event::Stale { .. }
        | Event::CallAnswered { .. }
        | Event::CallWaits { .. }
        | Event::DoubtResolved { .. }
        | Event::StepObserved { .. }
        | Event::Looked { .. }
        | Event::GateAnswered { .. }
        | Event::ValuesWait { .. }
        | Event::ValuesAnswered { .. }
        | Event::EachStarted { .. }
        | Event::EachSkipped { .. }
        | Event::EachEnded { .. }
        | Event::EachFailed { .. }
        | Event::VerificationHeld { .. }
        | Event::VerificationFailed { .. }
        | Event::Interrupted { .. }
        | Event::DeadlineSet { .. }
        | Event::DeadlinePassed { .. }
        | Event::Held { .. }
        | Event::Ended { .. }
        | Event::UndoStarted { .. }
        | Event::UndoCallStarted { .. }
        | Event::UndoCallObserved { .. }
        | Event::UndoCallEnded { .. }
        | Event::UndoEnded { .. } => Progress::Beside,
    }
}

fn still() -> ProgressStyle {
    ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn running(paint: Paint) -> ProgressStyle {
    let template = match paint {
        Paint::Plain => "{spinner} {msg}  {elapsed}",
        Paint::Ansi => "{spinner:.cyan} {msg}  {elapsed:.dim}",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}

/// An event as lines of a log; none where it is of no interest while a run goes on.
pub fn log_lines(event: &Event, took: Option<Duration>, paint: Paint) -> Vec<String> {
    let time = took.map_or_else(String::new, |took| paint.tone(Tone::Dim, format!("  {}", elapsed(took))));
    let line = |tone: Tone, mark: &str, text: String| vec![format!("{} {text}", paint.tone(tone, mark))];
    let nth = |attempt: u32| if attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
    match event {
        Event::Approved { approval } => {
            let one = |yes: &Approved| format!("{} ({})", inline(&yes.by), inline(&yes.channel));
            let all: Vec<String> = approval.all().map(one).collect();
            line(Tone::Dim, "·", format!("approved by {}", all.join(" and ")))
        }
        Event::Started { resumed: true, .. } => line(Tone::Dim, "·", "resumed".into()),
        Event::Started { resumed: false, .. }
        | Event::AssumptionHeld { .. }
        | Event::StepObserved { .. }
        | Event::UndoStarted { .. } => Vec::new(),
        Event::AssumptionFailed { text, why } => {
            line(Tone::Bad, "✗", format!("no longer so: {} {SAID} {}", inline(why), inline(text)))
        }
        Event::AssumptionOverridden { text, why, by, reason } => {
            let text = format!(
                "not so: {}; taken as given by {}: {} {SAID} {}",
                inline(why),
                inline(by),
                inline(reason),
                inline(text)
            );
            line(Tone::Careful, "!", text)
        }
        Event::Stale { step, differences } => {
            let at = step.as_ref().map_or_else(String::new, |step| format!(" before `{}`", inline(step)));
            let mut out = line(Tone::Bad, "✗", format!("the world is not what was approved{at}"));
            out.extend(differences.iter().map(|difference| format!("    {}", difference_text(difference))));
            out
        }
        Event::CallAnswered { step, answer, standing, changes } => {
            let what = if changes.is_some() { "what `" } else { "`" };
            let did = if changes.is_some() { " changed" } else { "" };
            let by = standing.as_ref().map_or_else(String::new, |standing| {
                format!(" (standing answer {}: {})", standing.number, inline(&standing.terms))
            });
            line(Tone::Dim, "·", format!("{what}{}`{did} was answered: {}{by}", inline(step), inline(answer)))
        }
        Event::Held { why } => line(Tone::Careful, "‖", format!("nothing further starts: {}", inline(why))),
        Event::CallWaits { step } => line(Tone::Careful, "?", format!("`{}` waits for a yes", inline(step))),
        Event::StepStarted { step, attempt, .. } => line(Tone::Name, "▸", format!("{}{}", inline(step), nth(*attempt))),
        Event::StepSucceeded { step, attempt, .. } => {
            line(Tone::Good, "✓", format!("{}{}{time}", inline(step), nth(*attempt)))
        }
        Event::StepFailed { step, attempt, error, effect_done, .. } => {
            let mut out = line(Tone::Bad, "✗", format!("{}{}{time}", inline(step), nth(*attempt)));
            out.extend(tail(error).into_iter().map(|line| format!("    {line}")));
            if *effect_done {
                out.push(format!("    {}", paint.tone(Tone::Careful, "its effect took place")));
            }
            out
        }
        Event::StepSkipped { step, reason } => line(Tone::Dim, "–", format!("{}: {}", inline(step), inline(reason))),
        Event::StepInDoubt { step, reason, .. } => {
            line(Tone::Careful, "?", format!("{} in doubt: {}{time}", inline(step), inline(reason)))
        }
        Event::DoubtResolved { step, resolution, channel, .. } => {
            let by = if channel == PROBE_CHANNEL { ", as its probe tells" } else { "" };
            let word = match resolution {
                crate::event::Resolution::Redo => "will be made again",
                crate::event::Resolution::Fail => "counts as failed",
                crate::event::Resolution::Done => "counts as done",
            };
            line(Tone::Dim, "·", format!("{} {word}{by}", inline(step)))
        }
        Event::Looked { .. } => Vec::new(),
        Event::GateAnswered { step, agreed, by, .. } => {
            let answer = if *agreed { "agreed" } else { "did not agree" };
            line(Tone::Dim, "·", format!("{} {answer} at `{}`", inline(by), inline(step)))
        }
        Event::ValuesWait { of, values } => {
            let text = format!("{}: waits for a person to look at {}", inline(of), count(values.len(), "value"));
            let mut out = line(Tone::Careful, "?", text);
            out.extend(values.iter().map(|late| format!("    {} = {}", inline(&late.id), exact(&late.value))));
            out
        }
        Event::ValuesAnswered { of, agreed, by, values } => {
            let answer = if *agreed { "agreed" } else { "did not agree" };
            let values = count(values.len(), "value");
            line(Tone::Dim, "·", format!("{} {answer} to {values} for `{}`", inline(by), inline(of)))
        }
        Event::EachStarted { each, elements } => {
            line(Tone::Name, "▸", format!("{}: {}", inline(each), count(*elements as usize, "element")))
        }
        Event::EachSkipped { each, reason } => line(Tone::Dim, "–", format!("{}: {}", inline(each), inline(reason))),
        Event::EachEnded { each } => line(Tone::Good, "✓", inline(each)),
        Event::EachFailed { each, error } => {
            let mut out = line(Tone::Bad, "✗", inline(each));
            out.extend(tail(error).into_iter().map(|line| format!("    {line}")));
            out
        }
        Event::VerificationHeld { text } => line(Tone::Good, "✓", format!("verified {SAID} {}", inline(text))),
        Event::VerificationFailed { text, why } => {
            let mut out = line(Tone::Bad, "✗", format!("not so {SAID} {}", inline(text)));
            out.extend(reason(why).into_iter().map(|line| format!("    {line}")));
            out
        }
        Event::DeadlineSet { at, .. } => {
            let until =
                at.as_ref().map_or_else(|| "it has no deadline".to_owned(), |at| format!("until {}", inline(at)));
            line(Tone::Dim, "·", until)
        }
        Event::DeadlinePassed { at } => {
            line(Tone::Bad, "!", format!("the deadline has passed, {}: killed what ran", inline(at)))
        }
        Event::Interrupted { killed: false } => {
            line(Tone::Careful, "!", "stopping: what runs may finish; again to kill it".into())
        }
        Event::Interrupted { killed: true } => line(Tone::Bad, "!", "killed what ran".into()),
        Event::Ended { end, .. } => match end {
            End::Done => Vec::new(),
            End::Failed
            | End::Stale
            | End::InDoubt
            | End::Interrupted
            | End::Overdue
            | End::Held
            | End::Waiting
            | End::Refused => line(Tone::Dim, "·", format!("ended: {}", end_word(*end))),
        },
        Event::StepUndone { step, conflicts, .. } if conflicts.is_empty() => {
            line(Tone::Good, "↶", format!("{} taken back", inline(step)))
        }
        Event::StepUndone { step, conflicts, .. } => {
            let mut out = line(Tone::Careful, "↶", format!("{} taken back in part", inline(step)));
            out.extend(conflicts.iter().map(|c| format!("    left {}: {}", inline(&c.path), inline(&c.why))));
            out
        }
        Event::UndoCallStarted { step, tool, args } => {
            line(Tone::Name, "↶", format!("{}: {}", inline(step), brief_call(tool, args, 80)))
        }
        // What the step changed itself is taken back next, and told then.
        Event::UndoCallObserved { .. } | Event::UndoCallEnded { error: None, .. } => Vec::new(),
        Event::UndoCallEnded { step, error: Some(error) } => {
            line(Tone::Bad, "✗", format!("{} could not be taken back: {}", inline(step), inline(error)))
        }
        Event::UndoEnded { complete: true } => {
            line(Tone::Good, "✓", "all that planc can take back was taken back".into())
        }
        Event::UndoEnded { complete: false } => {
            line(Tone::Careful, "!", "not all that planc can take back was taken back".into())
        }
    }
}

/// How a run ended, in words.
pub fn end_word(end: End) -> &'static str {
    match end {
        End::Done => "done",
        End::Failed => "failed",
        End::Stale => "stale",
        End::InDoubt => "in doubt",
        End::Interrupted => "interrupted",
        End::Overdue => "past its deadline",
        End::Held => "held by plan mode",
        End::Waiting => "waiting for a yes",
        End::Refused => "refused by policy",
    }
}

/// What was expected and what is there.
pub fn difference_text(difference: &crate::event::Difference) -> String {
    let place = super::card::observed(&difference.expected.look);
    format!("{place}: approved with {}, now {}", inline(&difference.expected.seen), inline(&difference.found))
}

/// Why a check does not hold, harmless. What a step said that failed is told with that step, and once.
pub fn reason(why: &str) -> Vec<String> {
    let step = why.strip_prefix("step `").and_then(|rest| rest.split_once("` failed: "));
    match step.filter(|(step, said)| said.contains('\n') && !step.contains('`')) {
        Some((step, _)) => vec![format!("step `{}` failed", inline(step))],
        None => tail(why),
    }
}

/// The last lines of an error with output, harmless.
pub fn tail(error: &str) -> Vec<String> {
    let all = lines(error);
    match all.len() > TAIL_LINES + 1 {
        // The first line says what failed.
        true => {
            let dropped = all.len() - TAIL_LINES - 1;
            let mut out = vec![all[0].clone(), format!("… {dropped} lines")];
            out.extend_from_slice(&all[all.len() - TAIL_LINES..]);
            out
        }
        false => all,
    }
}
