//! The controlling terminal ⟶ a person's answer. Never standard input, which a program may feed; no default answer: only a
//! typed word counts, and an interrupt, an end of input or an empty line is never a yes.

use super::exit::Exit;
use super::fault::Fault;
use crate::render::call::{value_text, whole_call};
use crate::render::foreign::SAID;
use crate::render::late::question;
use crate::render::text::{Paint, Tone, UNTOLD, inline, shown};
use crate::run::{Agreement, Answer, Ask, GateQuestion, LateQuestion, Question};
use crate::standing::Terms;
use crate::stop::Stop;
use crate::tool::Future_;
use planc_lang::value::Value;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::termios::{QueueSelector, tcflush};
use std::fs::File;
use std::io::{self, Write};

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 1024;

/// How long an interrupt may take from the terminal to the flag that it sets.
const SETTLE: std::time::Duration = std::time::Duration::from_millis(100);

/// The controlling terminal of this process.
pub struct Terminal {
    tty: File,
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A line, without its end, blanks around it removed.
    Line(String),
    /// The end of input.
    End,
    /// A person interrupted.
    Interrupted,
}

impl Terminal {
    /// Opens it; none where this process has no controlling terminal.
    pub fn open() -> Option<Terminal> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        rustix::fs::open("/dev/tty", flags, Mode::empty()).ok().map(|fd| Terminal { tty: File::from(fd) })
    }

    /// Styles on the terminal; those of standard error, which people look at.
    pub fn write(&self, text: &str) -> io::Result<()> {
        // What is foreign stands above the line that says what may be typed.
        let (above, prompt) = text.rsplit_once('\n').unwrap_or(("", text));
        let end = if above.len() + prompt.len() < text.len() { "\n" } else { "" };
        let above = shown(above, Some(self.columns()));
        (&self.tty).write_all(format!("{above}{end}{}", shown(prompt, None)).as_bytes())?;
        (&self.tty).flush()
    }

    /// Its width in columns.
    pub fn columns(&self) -> u16 {
        terminal_size::terminal_size_of(&self.tty).map_or(UNTOLD, |(width, _)| width.0)
    }

    /// Asks, and reads one line. What was typed before the question is dropped: it answered something else.
    pub fn ask(&self, prompt: &str, stop: &Stop) -> io::Result<Typed> {
        tcflush(&self.tty, QueueSelector::IFlush)?;
        self.write(prompt)?;
        let mut line = Vec::new();
        loop {
            if stop.is_stopping() {
                self.write("\n")?;
                return Ok(Typed::Interrupted);
            }
            let wait = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
            match poll(&mut [PollFd::new(&self.tty, PollFlags::IN)], Some(&wait)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let mut byte = [0];
            match rustix::io::read(&self.tty, &mut byte) {
                Ok(0) => return Ok(Typed::End),
                Ok(_) if byte[0] == b'\n' => break,
                Ok(_) => line.push(byte[0]),
                Err(rustix::io::Errno::INTR) => {}
                // A terminal that went away.
                Err(_) => return Ok(Typed::End),
            }
            if line.len() > MAX_ANSWER {
                return Ok(Typed::End);
            }
        }
        // An interrupt that was typed before the line may still be on its way to the flag.
        std::thread::sleep(SETTLE);
        match stop.is_stopping() {
            true => Ok(Typed::Interrupted),
            false => Ok(Typed::Line(String::from_utf8_lossy(&line).trim().to_owned())),
        }
    }
}

impl Terminal {
    /// Asks, and reads one line that the terminal does not show.
    pub fn ask_hidden(&self, prompt: &str, stop: &Stop) -> io::Result<Typed> {
        let silence = Silence::of(&self.tty)?;
        let typed = self.ask(prompt, stop);
        drop(silence);
        self.write("\n")?;
        typed
    }
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silence<'t> {
    tty: &'t File,
    before: rustix::termios::Termios,
}

impl Silence<'_> {
    fn of(tty: &File) -> io::Result<Silence<'_>> {
        let before = rustix::termios::tcgetattr(tty)?;
        let mut silent = before.clone();
        silent.local_modes.remove(rustix::termios::LocalModes::ECHO);
        rustix::termios::tcsetattr(tty, rustix::termios::OptionalActions::Flush, &silent)?;
        Ok(Silence { tty, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        // A terminal that went away shows nothing any more.
        let _ = rustix::termios::tcsetattr(self.tty, rustix::termios::OptionalActions::Flush, &self.before);
    }
}

/// Why there is no yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoYes {
    /// There is no terminal, and so nobody to ask.
    Nobody,
    /// Something else was typed, or the terminal went away.
    Other,
    /// A person interrupted.
    Interrupted,
}

impl NoYes {
    /// What is said of it: `nobody` where nobody could be asked, and that `nothing` was done where somebody was.
    pub fn fault(self, nobody: &str, nothing: &str) -> Fault {
        match self {
            NoYes::Nobody => Fault::new(Exit::Refused, nobody),
            NoYes::Other => Fault::new(Exit::Waiting, format!("that was not a yes; {nothing}")),
            NoYes::Interrupted => Fault::new(Exit::Interrupted, format!("interrupted; {nothing}")),
        }
    }

    /// The same where one sentence says what is wanted, and nothing waits for it.
    pub fn refused(self, message: &str) -> Fault {
        match self {
            NoYes::Nobody | NoYes::Other => Fault::new(Exit::Refused, message),
            NoYes::Interrupted => Fault::new(Exit::Interrupted, message),
        }
    }
}

/// Asks a person on the terminal whether something shall be done.
pub fn agreed(question: &str) -> Result<(), NoYes> {
    let terminal = Terminal::open().ok_or(NoYes::Nobody)?;
    match confirm(&terminal, question) {
        Ok(Typed::Line(line)) if line == "yes" => Ok(()),
        Ok(Typed::Line(_) | Typed::End) | Err(_) => Err(NoYes::Other),
        Ok(Typed::Interrupted) => Err(NoYes::Interrupted),
    }
}

/// Asks whether what was shown shall be done. Only a typed `yes` is one.
pub fn confirm(terminal: &Terminal, question: &str) -> io::Result<Typed> {
    line(terminal, &format!("{question}\nOnly `yes` is a yes: "))
}

/// Asks for one line, outside of a run.
pub fn line(terminal: &Terminal, prompt: &str) -> io::Result<Typed> {
    outside(|stop| terminal.ask(prompt, stop))
}

/// Asks for one line that is not shown, outside of a run.
pub fn hidden(terminal: &Terminal, prompt: &str) -> io::Result<Typed> {
    outside(|stop| terminal.ask_hidden(prompt, stop))
}

fn outside(ask: impl FnOnce(&Stop) -> io::Result<Typed>) -> io::Result<Typed> {
    let stop = Stop::new();
    let _listening = stop.listen()?;
    ask(&stop)
}

/// Asks about single calls on the controlling terminal.
pub struct AskOnTerminal<H> {
    /// Takes the live checklist off the screen while a person is asked.
    pub hide: H,
    /// Stops waiting for an answer.
    pub stop: Stop,
    /// Styles.
    pub paint: Paint,
}

impl<H> Ask for AskOnTerminal<H>
where
    H: Fn(&mut dyn FnMut()) + Send + Sync,
{
    fn ask<'a>(&'a self, question: &'a Question) -> Future_<'a, Answer> {
        Box::pin(async move {
            // One question blocks one worker; the others carry on.
            tokio::task::block_in_place(|| {
                let mut answer = Answer::CannotAsk;
                (self.hide)(&mut || answer = ask_once(question, &self.stop, self.paint));
                answer
            })
        })
    }

    fn agree<'a>(&'a self, question: &'a GateQuestion) -> Future_<'a, Agreement> {
        Box::pin(async move {
            tokio::task::block_in_place(|| {
                let mut answer = Agreement::CannotAsk;
                (self.hide)(&mut || answer = agree_once(question, &self.stop, self.paint));
                answer
            })
        })
    }

    fn look<'a>(&'a self, question: &'a LateQuestion) -> Future_<'a, Agreement> {
        Box::pin(async move {
            tokio::task::block_in_place(|| {
                let mut answer = Agreement::CannotAsk;
                (self.hide)(&mut || answer = look_once(question, &self.stop, self.paint));
                answer
            })
        })
    }
}

fn look_once(asked: &LateQuestion, stop: &Stop, paint: Paint) -> Agreement {
    let Some(terminal) = Terminal::open() else { return Agreement::CannotAsk };
    let shown = question(&asked.of, &asked.values, paint);
    answered(&terminal, &format!("{shown}\n`yes` goes on with exactly this, `no` ends the run here: "), stop)
}

fn agree_once(question: &GateQuestion, stop: &Stop, paint: Paint) -> Agreement {
    let Some(terminal) = Terminal::open() else { return Agreement::CannotAsk };
    let (mark, name) = (paint.tone(Tone::Careful, "‖"), inline(&question.step));
    let mut text = format!("\n{mark} {name} asks {SAID} {}\n", inline(&question.text));
    if let Value::Record(shown) = &question.shown {
        let rows = shown.iter().map(|(name, value)| format!("  {} = {}\n", inline(name), value_text(value, false)));
        rows.for_each(|row| text.push_str(&row));
    }
    text.push_str("`yes` goes on, `no` ends the run here: ");
    answered(&terminal, &text, stop)
}

/// A typed `yes` or `no`; everything else is none.
fn answered(terminal: &Terminal, text: &str, stop: &Stop) -> Agreement {
    match terminal.ask(text, stop) {
        Ok(Typed::Line(line)) => match line.as_str() {
            "yes" => Agreement::Yes,
            "no" => Agreement::No,
            _ => Agreement::CannotAsk,
        },
        Ok(Typed::End | Typed::Interrupted) | Err(_) => Agreement::CannotAsk,
    }
}

fn ask_once(question: &Question, stop: &Stop, paint: Paint) -> Answer {
    let Some(terminal) = Terminal::open() else { return Answer::CannotAsk };
    let mut text = format!(
        "\n{} {} = {}\n",
        paint.tone(Tone::Careful, "?"),
        inline(&question.step),
        whole_call(&question.tool, &question.args),
    );
    if let Some(because) = &question.because {
        text.push_str(&format!("  {SAID} {}\n", inline(because)));
    }
    question.why.iter().for_each(|why| text.push_str(&format!("  policy asks: {}\n", inline(why))));
    if question.is_about_changes {
        text.push_str("  it has run, and nothing of what it changed is kept yet:\n");
    }
    question.effects.iter().for_each(|effect| text.push_str(&format!("  {}\n", inline(effect))));
    text.push_str(match &question.always {
        Some(_) => "`once`, `always` within bounds that are asked next, or `no`: ",
        None => "`once`, or `no`: ",
    });
    match (terminal.ask(&text, stop), &question.always) {
        (Ok(Typed::Line(line)), always) => match (line.as_str(), always) {
            ("once", _) => Answer::Once,
            ("always", Some(terms)) => ask_always(&terminal, question, terms.clone(), stop),
            ("no", _) => Answer::No,
            (_, _) => Answer::CannotAsk,
        },
        (Ok(Typed::End | Typed::Interrupted) | Err(_), _) => Answer::CannotAsk,
    }
}

/// How often the bounds may be changed at one question.
const MAX_CHANGES: usize = 20;

/// Asks within which bounds calls are approved always: shown whole, changed line by line, taken by a typed `yes`.
fn ask_always(terminal: &Terminal, question: &Question, mut terms: Terms, stop: &Stop) -> Answer {
    let mut note = String::new();
    for _ in 0..MAX_CHANGES {
        let shown = inline(&terms.to_string());
        let text = format!(
            "{note}  always, without being asked again: {shown}\n  `yes` takes it so; `name=value`, `name<=number`, \
             `any name`, `for 30d` or `uses 5` changes it: "
        );
        let line = match terminal.ask(&text, stop) {
            Ok(Typed::Line(line)) => line,
            Ok(Typed::End | Typed::Interrupted) | Err(_) => return Answer::CannotAsk,
        };
        let tool = &question.definition;
        let changed = match line.split_once(' ') {
            _ if line == "yes" => return Answer::Always(Box::new(terms)),
            _ if line.is_empty() => return Answer::CannotAsk,
            Some(("any", name)) => terms.free(tool, name),
            Some(("for", time)) => terms.last(time),
            Some(("uses", uses)) => terms.often(uses),
            Some(_) | None => terms.bound(tool, &line),
        };
        note = changed.err().map_or_else(String::new, |why| format!("  {}\n", inline(&why.to_string())));
    }
    Answer::CannotAsk
}
