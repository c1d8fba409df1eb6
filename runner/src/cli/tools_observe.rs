//! `planc tools observe`: a tool and arguments ⟶ whether its claim to read only held, once, in a copy of the workspace.

use super::core::runtime;
use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use super::terminal;
use crate::desk::{opened, value_of};
use crate::direct::astray;
use crate::observe::{Difference, ObserveError, Observed, Verdict, observe};
use crate::render::text::{Tone, count, inline};
use planc_lang::catalogue::Tool;
use planc_lang::value::Value;

/// Arguments of `planc tools observe`.
#[derive(Debug, clap::Args)]
pub struct ObserveArgs {
    /// The tool, as `catalogue.tool`
    tool: String,
    /// An argument of the call: strings as they are, everything else as JSON
    #[arg(long = "arg", value_name = "NAME=VALUE")]
    args: Vec<String>,
}

pub(super) fn observe_tool(session: &Session, args: &ObserveArgs) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let base = session.catalogues_of_plans()?;
    let Some(tool) = base.catalogue.tool(&args.tool) else {
        let fault = Fault::usage(format!("there is no tool `{}`", inline(&args.tool)));
        let nearest = planc_lang::suggest::nearest(&args.tool, base.catalogue.tools().map(|tool| tool.name.as_str()));
        return Err(match nearest {
            Some(nearest) => fault.help(format!("did you mean `{nearest}`?")),
            None => fault.help("`planc tools` lists all of them"),
        });
    };
    if planc_lang::builtin::CATALOGUES.contains(&tool.catalogue()) {
        return Err(Fault::usage(format!("`{}` is planc's own, and claims nothing", tool.name))
            .help("what is observed are tools of servers"));
    }
    let values = values(tool, &args.args)?;
    // The copy has what the workspace has, and a path that leads out of the one may lead out of the other.
    let workspace = opened(&session.config).map_err(|error| Fault::usage(error.to_string()))?;
    if let Some(why) =
        astray(&session.config, tool, &values, None, |touched, changes| workspace.check_direct(touched, changes))
    {
        return Err(Fault::usage(why));
    }
    agreed(&tool.name, &args.args)?;
    session.out.progress(&format!("calling {} in a copy of the workspace\n", inline(&tool.name)));
    let seen = runtime()?.block_on(observe(&session.config, tool, &values))?;
    let exit = match seen.verdict {
        Verdict::Held => Exit::Success,
        Verdict::Broken | Verdict::Failed => Exit::Failed,
    };
    match session.out.is_json() {
        true => session.out.json(&seen)?,
        false => session.out.show(&drawn(session, &seen))?,
    }
    Ok(exit)
}

/// The call is a real one, by a program that is not confined: only the workspace is a copy. So a person says yes to it.
fn agreed(tool: &str, args: &[String]) -> Result<(), Fault> {
    let given = args.iter().map(|arg| format!("\n  {}", inline(arg))).collect::<String>();
    let question = format!(
        "\nCall `{}` once, with its server in a copy of the workspace? What it does elsewhere it really does.{given}",
        inline(tool)
    );
    let nobody = "nothing was called, since nobody has said that it may be";
    terminal::agreed(&question)
        .map_err(|no| no.fault(nobody, "nothing was called").help("a person says yes to it on a terminal"))
}

/// The arguments by parameter, with defaults for those that are not given.
fn values(tool: &Tool, given: &[String]) -> Result<Vec<Value>, Fault> {
    let mut values: Vec<Option<Value>> = tool.params.iter().map(|_| None).collect();
    for text in given {
        let Some((name, text)) = text.split_once('=') else {
            return Err(Fault::usage(format!("`--arg {}` has no value", inline(text))).help("write `--arg name=value`"));
        };
        let Some(index) = tool.param(name) else {
            let names: Vec<&str> = tool.params.iter().map(|param| param.name.as_str()).collect();
            return Err(Fault::usage(format!("`{}` has no parameter `{}`", tool.name, inline(name)))
                .help(format!("it has `{}`", names.join("`, `"))));
        };
        let value = value_of(text, &tool.params[index].ty)
            .map_err(|why| Fault::usage(format!("the argument `{}` does not fit: {}", inline(name), inline(&why))))?;
        if values[index].replace(value).is_some() {
            return Err(Fault::usage(format!("the argument `{}` is given twice", inline(name))));
        }
    }
    let whole = tool.params.iter().zip(values).map(|(param, value)| {
        value.or_else(|| param.default.clone()).or_else(|| param.optional.then_some(Value::Null)).ok_or_else(|| {
            Fault::usage(format!("`{}` needs the argument `{}`", tool.name, param.name)).help(format!(
                "give it with `--arg {}=…`, a {}",
                param.name,
                param.ty.brief()
            ))
        })
    });
    whole.collect()
}

fn drawn(session: &Session, seen: &Observed) -> String {
    let paint = session.out.paint;
    let tool = inline(&seen.tool);
    let claims = match (seen.server_claims, seen.catalogue_claims) {
        (Some(true), true) => "its server and the catalogue say that it only reads",
        (Some(true), false) => "its server says that it only reads; the catalogue does not",
        (Some(false), true) => "the catalogue says that it only reads; its server says that it does not",
        (None, true) => "the catalogue says that it only reads; its server says nothing",
        (Some(false), false) => "neither its server nor the catalogue says that it only reads",
        (None, false) => "nobody says that it only reads",
    };
    let (tone, head) = match seen.verdict {
        Verdict::Held => (Tone::Good, format!("{tool}: nothing was different after the call")),
        Verdict::Broken => (Tone::Bad, format!("{tool}: {} after the call", count(seen.by_call.len(), "difference"))),
        Verdict::Failed => (Tone::Careful, format!("{tool}: the call failed, and nothing was different")),
    };
    let mut out = format!("{}\n  {claims}\n", paint.tone(tone, head));
    if let Some(error) = &seen.error {
        out.push_str(&format!("  it said: {}\n", inline(error)));
    }
    out.push_str(&list(&seen.by_call, "  "));
    if !seen.at_start.is_empty() {
        out.push_str("  before the call, as the server started:\n");
        out.push_str(&list(&seen.at_start, "    "));
    }
    out.push_str(
        "This was one call in a copy of the workspace; the network and files elsewhere were not looked at.\n\
         It is a hint to whoever reviews the catalogue, and changes nothing.\n",
    );
    out
}

/// The first differences.
fn list(differences: &[Difference], indent: &str) -> String {
    let mut out: String = differences
        .iter()
        .take(SHOWN)
        .map(|difference| format!("{indent}{} {}\n", difference.what, inline(&difference.path)))
        .collect();
    if let Some(more) = differences.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        out.push_str(&format!("{indent}and {more} more\n"));
    }
    out
}

/// How many differences are shown.
const SHOWN: usize = 20;

impl From<ObserveError> for Fault {
    fn from(error: ObserveError) -> Fault {
        Fault::usage(error.to_string())
    }
}
