//! `planc schema`: a name ⟶ the JSON Schema of a published form; nothing ⟶ all of them.

use super::exit::Exit;
use super::fault::Fault;
use super::output::Output;
use planc_lang::suggest::nearest;
use serde_json::json;

/// Arguments of `planc schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which schema; without a name, all are listed
    name: Option<String>,
}

/// A published form.
struct Schema {
    /// `diagnostics`.
    name: &'static str,
    /// Its JSON Schema.
    text: &'static str,
}

/// The files `spec/schemas/*.schema.json`.
const SCHEMAS: &[Schema] = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

pub(super) fn run(out: Output, args: &Args) -> Result<Exit, Fault> {
    out.without_markdown()?;
    match &args.name {
        Some(name) => out.print(find(name)?.text)?,
        None => list(out)?,
    }
    Ok(Exit::Success)
}

fn find(name: &str) -> Result<&'static Schema, Fault> {
    SCHEMAS.iter().find(|schema| schema.name == name).ok_or_else(|| {
        let fault = Fault::usage(format!("there is no schema `{name}`"));
        match nearest(name, SCHEMAS.iter().map(|schema| schema.name)) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help("`planc schema` without a name lists all of them"),
        }
    })
}

fn list(out: Output) -> Result<(), Fault> {
    let rows = SCHEMAS.iter().map(|schema| (schema.name, title(schema)));
    if out.is_json() {
        return out.json(&rows.map(|(name, title)| json!({ "name": name, "title": title })).collect::<Vec<_>>());
    }
    let width = SCHEMAS.iter().map(|schema| schema.name.len()).max().unwrap_or(0);
    out.show(&rows.map(|(name, title)| format!("{name:width$}  {title}\n")).collect::<String>())
}

/// What a schema says it is of.
fn title(schema: &Schema) -> String {
    let parsed: serde_json::Value = serde_json::from_str(schema.text).unwrap_or_default();
    parsed["title"].as_str().unwrap_or_default().to_owned()
}
