//! `--input` and `--input-file`, and questions for secrets ⟶ the texts of a plan's inputs.

use super::fault::Fault;
use super::session::Session;
use super::terminal::{Terminal, Typed};
use crate::desk::Given;
use crate::render::text::inline;
use crate::stop::Stop;
use planc_lang::plan::Plan;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest file that is read as an input.
pub const MAX_INPUT_BYTES: u64 = 1024 * 1024;

/// Where the inputs of a plan come from.
#[derive(Debug, Default, clap::Args)]
pub struct InputArgs {
    /// An input of the plan: strings as they are, everything else as JSON
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    /// An input that a file holds, without the line break at its end; the way for secrets
    #[arg(long = "input-file", value_name = "NAME=PATH")]
    files: Vec<String>,
}

impl InputArgs {
    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.files.is_empty()
    }

    /// The texts of inputs. A secret that is not given is asked for where there is a terminal.
    pub fn given(&self, session: &Session, plan: &Plan) -> Result<Vec<Given>, Fault> {
        let mut given = self.read(session, |_| true)?;
        let asked = |name: &str| given.iter().any(|given| given.name == name);
        let secret = plan.inputs.iter().filter(|input| input.secret && !asked(&input.name));
        let missing: Vec<&str> = secret.map(|input| input.name.as_str()).collect();
        if let Some(terminal) = Terminal::open().filter(|_| !missing.is_empty()) {
            for name in missing {
                given.push(Given { text: ask(&terminal, name)?, name: name.to_owned(), exposed: false });
            }
        }
        Ok(given)
    }

    /// The same of the inputs that are no secrets: what was given for others is not looked at, and nobody is asked.
    pub fn given_openly(&self, session: &Session, plan: &Plan) -> Result<Vec<Given>, Fault> {
        self.read(session, |name| !plan.inputs.iter().any(|input| input.secret && input.name == name))
    }

    fn read(&self, session: &Session, is_read: impl Fn(&str) -> bool) -> Result<Vec<Given>, Fault> {
        let mut given = Vec::new();
        for text in &self.inputs {
            let (name, text) = split("--input", "value", text)?;
            given.push(Given { name, text, exposed: true });
        }
        for text in &self.files {
            let (name, path) = split("--input-file", "path", text)?;
            let text = if is_read(&name) { content(&name, &session.path(&path))? } else { String::new() };
            given.push(Given { name, text, exposed: false });
        }
        Ok(given)
    }
}

fn split(flag: &str, what: &str, text: &str) -> Result<(String, String), Fault> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Fault::usage(format!("`{flag} {text}` has no {what}")).help(format!("write `{flag} name={what}`"))),
    }
}

fn content(name: &str, path: &Path) -> Result<String, Fault> {
    let refuse = |why: &str| Fault::usage(format!("cannot read the input `{name}` from `{}`: {why}", path.display()));
    let file = File::open(path).map_err(|error| refuse(&error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes).map_err(|error| refuse(&error.to_string()))?;
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        return Err(refuse(&format!("it has more than {MAX_INPUT_BYTES} bytes")));
    }
    // The bytes stay out of the message.
    let mut text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8"))?;
    if text.ends_with('\n') {
        text.truncate(text.len() - 1 - usize::from(text.ends_with("\r\n")));
    }
    Ok(text)
}

fn ask(terminal: &Terminal, name: &str) -> Result<String, Fault> {
    let prompt = format!("The secret `{}` (not shown): ", inline(name));
    match terminal.ask_hidden(&prompt, &Stop::new()) {
        Ok(Typed::Line(text)) if !text.is_empty() => Ok(text),
        Ok(Typed::Line(_) | Typed::End | Typed::Interrupted) => {
            Err(Fault::usage(format!("the input `{name}` was not given")))
        }
        Err(error) => Err(Fault::usage(format!("cannot ask for the input `{name}`: {error}"))),
    }
}
