//! `planc explain`: a code ⟶ its page; nothing ⟶ all codes by what they are about.

use super::exit::Exit;
use super::fault::Fault;
use super::output::Output;
use crate::render::text::{Tone, inline};
use planc_lang::codes::{Code, Group, Severity};
use serde_json::json;

/// Arguments of `planc explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A code, such as `P0312`; without one, all codes are listed
    code: Option<String>,
}

pub(super) fn run(out: Output, args: &Args) -> Result<Exit, Fault> {
    out.without_markdown()?;
    match &args.code {
        None => list(out)?,
        Some(text) => page(out, find(text)?)?,
    }
    Ok(Exit::Success)
}

fn find(text: &str) -> Result<Code, Fault> {
    let by_name = || Code::ALL.iter().copied().find(|code| code.name().eq_ignore_ascii_case(text));
    Code::parse(text).or_else(by_name).ok_or_else(|| {
        Fault::usage(format!("there is no code `{text}`")).help("`planc explain` without a code lists all of them")
    })
}

fn row(code: Code) -> serde_json::Value {
    json!({
        "code": code,
        "name": code.name(),
        "group": code.group().title(),
        "severity": code.severity(),
        "title": code.title(),
    })
}

fn list(out: Output) -> Result<(), Fault> {
    if out.is_json() {
        return out.json(&Code::ALL.iter().map(|code| row(*code)).collect::<Vec<_>>());
    }
    let groups = Group::ALL.into_iter().filter(|group| group.codes().next().is_some()).map(|group| {
        let head = out.paint.tone(Tone::Strong, inline(group.title()));
        format!("{head}\n{}", group.codes().map(|code| line(out, code)).collect::<String>())
    });
    out.show(&groups.collect::<Vec<_>>().join("\n"))
}

fn line(out: Output, code: Code) -> String {
    let tone = match code.severity() {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Careful,
    };
    format!("  {}  {}\n", out.paint.tone(tone, code.to_string()), code.title())
}

fn page(out: Output, code: Code) -> Result<(), Fault> {
    if out.is_json() {
        let mut page = row(code);
        page["page"] = code.page().into();
        return out.json(&page);
    }
    let head = format!("{code}: {}", code.title());
    // The first line of a page is its title.
    let text = code.page().trim().split_once('\n').map_or("", |(_, text)| text.trim());
    out.show(&format!("{}\n\n{text}\n", out.paint.tone(Tone::Strong, head)))
}
