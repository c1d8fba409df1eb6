//! The tools of a catalogue, in four forms: how many there are, their names, their signatures, everything.

use super::{Form, Part};
use crate::catalogue::{Catalogue, Tool};
use crate::syntax::Approval;
use crate::types::{RecordType, Type};
use smol_str::SmolStr;
use std::sync::Arc;

/// A part for each catalogue.
pub(super) fn parts(catalogue: &Catalogue) -> Vec<Part> {
    let mut groups: Vec<(&str, Vec<&Arc<Tool>>)> = Vec::new();
    for tool in catalogue.tools() {
        let name = tool.name.split('.').next().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, tools)) => tools.push(tool),
            None => groups.push((name, vec![tool])),
        }
    }
    groups.into_iter().map(|(name, tools)| part(name, &tools)).collect()
}

fn part(name: &str, tools: &[&Arc<Tool>]) -> Part {
    let title = format!("Tools of `{name}`");
    let names: Vec<String> = tools.iter().map(|tool| format!("`{}`", tool.name)).collect();
    let types = types_of(tools);
    let signatures: String = tools.iter().map(|tool| short(tool) + "\n").collect();
    let everything: Vec<String> = tools.iter().map(|tool| long(tool)).collect();
    let headed = |text: String| format!("# {title}\n\n{text}\n");
    let forms = vec![
        Form { rank: 0, text: headed(format!("{} tools: `planc tools {name}` lists them.", tools.len())) },
        Form { rank: 1, text: headed(format!("{}; `planc tools NAME` says how to call one.", names.join(", "))) },
        Form { rank: 2, text: headed(fenced(&format!("{types}{signatures}"))) },
        Form { rank: 5, text: headed(fenced(&format!("{types}{}", everything.join("\n")))) },
    ];
    Part { title, forms }
}

/// The text in a fence that none of its own ends.
fn fenced(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}text\n{}\n{fence}", text.trim_end())
}

/// Signature and effects on one line.
fn short(tool: &Tool) -> String {
    format!("{}  // {}", tool.signature(), facts(tool).join(", "))
}

/// With what is said of the tool and of its parameters.
fn long(tool: &Tool) -> String {
    let mut out: String = tool.doc.lines().map(|line| format!("/// {line}\n")).collect();
    for param in tool.params.iter().filter(|param| !param.doc.is_empty()) {
        out.push_str(&format!("/// `{}`: {}\n", param.name, param.doc.replace('\n', " ")));
    }
    out + &short(tool) + "\n"
}

fn facts(tool: &Tool) -> Vec<String> {
    let mut facts = tool.effect_words();
    facts.extend(tool.idempotent.then(|| "idempotent".to_owned()));
    facts.extend(tool.limit.map(|limit| format!("at most {}", limit.words())));
    facts.extend(tool.paged.as_ref().map(|paged| format!("gives all pages, at most {}", paged.at_most)));
    facts.extend(tool.probe.is_some().then(|| "may be retried".to_owned()));
    facts.extend(tool.is_for_execution().then(|| "called by an approved plan only".to_owned()));
    match tool.approval {
        Approval::Auto => {}
        Approval::Ask => facts.push("asks for a yes of its own".to_owned()),
        Approval::Deny => facts.push("refused".to_owned()),
    }
    facts
}

/// The definitions of the types that signatures name, each once: records, and types that contain themselves.
fn types_of(tools: &[&Arc<Tool>]) -> String {
    let mut found: Vec<(SmolStr, Type)> = Vec::new();
    for tool in tools {
        tool.params.iter().for_each(|param| collect(&param.ty, &mut found));
        collect(&tool.result, &mut found);
    }
    found.iter().map(|(name, ty)| format!("type {name} = {}\n", unnamed(ty))).collect()
}

/// What a name stands for.
fn unnamed(ty: &Type) -> Type {
    match ty {
        Type::Record(record) => {
            Type::Record(Arc::new(RecordType { name: None, fields: record.fields.clone(), is_open: record.is_open }))
        }
        other => other.clone(),
    }
}

fn collect(ty: &Type, found: &mut Vec<(SmolStr, Type)>) {
    let name = match ty {
        Type::Record(record) => record.name.clone(),
        Type::Named(named) => Some(named.name().into()),
        _ => None,
    };
    let ty = ty.head();
    if let Some(name) = name {
        if found.iter().any(|(known, _)| *known == name) {
            return;
        }
        found.push((name, ty.clone()));
    }
    match &ty {
        Type::Union(members) => members.iter().for_each(|member| collect(member, found)),
        Type::Record(record) => record.fields.iter().for_each(|field| collect(&field.ty, found)),
        Type::Map(value) => collect(value, found),
        other => other.element().into_iter().for_each(|element| collect(element, found)),
    }
}
