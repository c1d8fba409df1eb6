//! Where a command writes: results on standard output, progress and errors on standard error. A reader that went away is
//! no error.

use super::fault::Fault;
use crate::render::text::{Look, Paint, Tone, UNTOLD, inline, lines, shown};
use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use serde_json::json;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

/// The form of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For pull requests, tickets and models, where a command has it.
    Markdown,
    /// One page for a browser: `planc plan` and `planc show`.
    Html,
    /// `planc grammar` for llama.cpp.
    Gbnf,
    /// `planc grammar` for llguidance.
    Lark,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colours {
    /// On a terminal, unless `NO_COLOR` is set; elsewhere where `CLICOLOR_FORCE` is.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where a command writes.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// The form of results.
    pub format: Format,
    /// Whether progress is left out.
    pub quiet: Quiet,
    /// How JSON is laid out.
    pub layout: Layout,
    /// Styles on standard output.
    pub paint: Paint,
    err_paint: Paint,
}

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One object over many lines.
    Object,
    /// One object on each line, as things happen.
    Lines,
}

/// Whether progress is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// Progress is shown.
    No,
    /// Only results and errors.
    Yes,
}

/// How wide the terminal is that a stream goes to; none: it goes to none.
fn columns(stream: &(impl IsTerminal + AsFd)) -> Option<u16> {
    stream.is_terminal().then(|| terminal_size::terminal_size_of(stream).map_or(UNTOLD, |(width, _)| width.0))
}

impl Output {
    /// What the command line says, and what the streams are.
    pub fn new(format: Format, colours: Colours, quiet: Quiet) -> Output {
        match colours {
            Colours::Auto => {}
            Colours::Always => ColorChoice::AlwaysAnsi.write_global(),
            Colours::Never => ColorChoice::Never.write_global(),
        }
        let paint = |choice: ColorChoice| if choice == ColorChoice::Never { Paint::Plain } else { Paint::Ansi };
        Output {
            format,
            quiet,
            layout: Layout::Object,
            paint: paint(AutoStream::choice(&io::stdout())),
            err_paint: paint(AutoStream::choice(&io::stderr())),
        }
    }

    /// The same, with JSON as one object on each line.
    pub fn in_lines(self) -> Output {
        Output { layout: Layout::Lines, ..self }
    }

    /// Whether programs read the results.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// How cards and reports look on standard output.
    pub fn look(&self) -> Look {
        Look::new(columns(&io::stdout()), self.paint)
    }

    /// Styles on standard error.
    pub fn err_paint(&self) -> Paint {
        self.err_paint
    }

    /// A tone on standard error.
    pub fn err_tone(&self, tone: Tone, text: &str) -> String {
        self.err_paint.tone(tone, text)
    }

    /// Writes a result that people read.
    pub fn show(&self, text: &str) -> Result<(), Fault> {
        self.print(&shown(text, columns(&io::stdout())))
    }

    /// Writes a result that programs read, or a document, as it is.
    pub fn print(&self, text: &str) -> Result<(), Fault> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Fault::usage(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Writes a report of plan mode to standard output, and tells of every failure.
    pub fn deliver(&self, text: &str) -> io::Result<()> {
        let text = match self.format {
            Format::Text => shown(text, columns(&io::stdout())),
            Format::Json | Format::Markdown | Format::Html | Format::Gbnf | Format::Lark => text.to_owned(),
        };
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
    }

    /// Writes a result for programs.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Fault> {
        self.print(&self.json_text(value)?)
    }

    /// A result for programs, as it is written.
    pub fn json_text(&self, value: &impl Serialize) -> Result<String, Fault> {
        let text = match self.layout {
            Layout::Object => serde_json::to_string_pretty(value),
            Layout::Lines => serde_json::to_string(value),
        };
        let text = text.map_err(|error| Fault::usage(format!("cannot represent the result as JSON: {error}")))?;
        Ok(text + "\n")
    }

    /// Writes an error or a message to standard error.
    pub fn note(&self, text: &str) {
        // There is nowhere left to complain.
        let _ = io::stderr().write_all(shown(text, columns(&io::stderr())).as_bytes());
    }

    /// Says why a command did not do what it was asked for: to people on standard error, to programs as the one object on
    /// standard output.
    pub fn say(&self, fault: &Fault) {
        if self.is_json() {
            // There is nowhere left to complain.
            let _ = self.json(&json!({ "error": self.error(fault) }));
            return;
        }
        self.complain(fault);
    }

    /// Says on standard error why a part of what a command was asked for was not done.
    pub fn complain(&self, fault: &Fault) {
        if let Some((drawn, _)) = fault.diagnostics.as_deref() {
            self.note(drawn);
        }
        // A path, a plan or what others wrote may stand in a message: what it says is harmless, and begins no line.
        self.note(&format!("{} {}\n", self.err_tone(Tone::Bad, "error:"), inline(&fault.message)));
        fault.rows.iter().for_each(|row| self.note(&format!("{}\n", lines(row).join("\\n"))));
        for help in &fault.help {
            self.note(&format!("{} {}\n", self.err_tone(Tone::Name, "help:"), inline(help)));
        }
    }

    /// Why a command, or a part of it, did not do what it was asked for, for programs.
    pub fn error(&self, fault: &Fault) -> serde_json::Value {
        let mut error = json!({
            "kind": fault.exit.word(),
            "exit": fault.exit as u8,
            "message": fault.told(),
            "help": fault.help,
        });
        if let Some((_, list)) = fault.diagnostics.as_deref() {
            error["diagnostics"] = json!(list);
        }
        error
    }

    /// Writes progress to standard error, unless it is unwanted.
    pub fn progress(&self, text: &str) {
        if self.quiet == Quiet::No && !self.is_json() {
            self.note(text);
        }
    }

    /// Refuses Markdown where a command has none, and what only `grammar` has.
    pub fn without_markdown(&self) -> Result<(), Fault> {
        match self.format {
            Format::Markdown => Err(Fault::usage("this command has no Markdown form")
                .help("`--format markdown` works for `plan`, `show` and `teach`")),
            Format::Html => self.without_page(),
            Format::Text | Format::Json | Format::Gbnf | Format::Lark => self.without_grammar(),
        }
    }

    /// Refuses a page where a command has none.
    pub fn without_page(&self) -> Result<(), Fault> {
        match self.format {
            Format::Html => {
                Err(Fault::usage("this command has no page").help("`--format html` works for `plan` and `show`"))
            }
            Format::Text | Format::Json | Format::Markdown | Format::Gbnf | Format::Lark => Ok(()),
        }
    }

    /// Refuses the formats of grammars.
    pub fn without_grammar(&self) -> Result<(), Fault> {
        match self.format {
            Format::Gbnf | Format::Lark => {
                Err(Fault::usage("this command prints no grammar").help("`planc grammar` prints the grammar of plans"))
            }
            Format::Text | Format::Json | Format::Markdown | Format::Html => Ok(()),
        }
    }
}
