//! A catalogue that people have worked on, and what the server says by now ⟶ both together, part by part.
//!
//! A part that people left as it was written for them follows the server; one that they changed stays; where both changed,
//! the server's stands, with what people had written as a comment beside it. Nothing that people wrote is lost.

use super::tool::NOT_REVIEWED;
use super::types::Names;
use super::{Declaration, declarations, formatted, pin};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::parser::parse;
use crate::source::{Source, Sources, Span};
use crate::syntax::{self, Comment, EffectVerb, ToolClauseKind, TopItem};
use crate::types::Quoted;
use serde_json::Value;

/// A text of the language, parsed.
struct Written {
    sources: Sources,
    file: syntax::File,
}

impl Written {
    fn new(text: String) -> Result<Written, Vec<Diagnostic>> {
        let mut sources = Sources::default();
        let index = sources.add("", text);
        let report = Diagnostics::default();
        let file = parse(&sources, index, &report);
        let found = report.into_sorted();
        match found.iter().any(|diagnostic| diagnostic.severity() == Severity::Error) {
            true => Err(found),
            false => Ok(Written { sources, file }),
        }
    }

    fn source(&self) -> &Source {
        self.sources.get(0)
    }

    fn slice(&self, span: Span) -> &str {
        self.source().slice(span)
    }

    fn catalogue(&self, name: &str) -> Option<&syntax::Catalogue> {
        self.file.items.iter().find_map(|item| match item {
            TopItem::Catalogue(catalogue) if catalogue.name.name == name => Some(catalogue),
            TopItem::Catalogue(_) | TopItem::Plan(_) | TopItem::Type(_) => None,
        })
    }
}

/// A text and what a server says now, in one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The text.
    pub text: String,
    /// The declarations that stood in the earlier text and are not there as they were: other ones, remarked on, or dropped.
    pub changed: Vec<Standing>,
    /// The tools that did not stand there, by their names at the server.
    pub new: Vec<String>,
}

/// A declaration that stood in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The name of a tool at its server, or that of a type.
    pub name: String,
    /// What the tool was pinned to, as far as it was.
    pub pinned: Option<String>,
    /// Whether there is nothing of this name any more.
    pub is_gone: bool,
}

/// A tool of a text, in parts.
struct Parts {
    doc: String,
    params: Vec<Param>,
    result: String,
    /// Comments and clauses in order, those apart that say names and pin.
    inner: Vec<Inner>,
    pinned: String,
}

struct Param {
    wire: String,
    name: String,
    text: String,
}

#[derive(Clone)]
enum Inner {
    Comment(String),
    Clause(String),
}

/// Brings the catalogue `name` of the text `previous` up to what the server says `now`; `before` is what it said when that
/// text was written, as far as it is known. None: the text has no such catalogue.
pub fn merge(previous: &str, name: &str, before: &[Value], now: &[Value]) -> Result<Option<Merged>, Vec<Diagnostic>> {
    let written = Written::new(previous.to_owned())?;
    let Some(catalogue) = written.catalogue(name) else { return Ok(None) };
    let (base, base_types) = declarations(name, before, Names::new());
    let text_of = |ty: &syntax::TypeDef| squeezed(written.slice(ty.ty.span));
    let is_generated = |ty: &syntax::TypeDef| {
        let generated = base_types.get(ty.name.name.as_str());
        generated.and_then(|text| formatted_type(text)).is_some_and(|text| squeezed(&text) == text_of(ty))
    };
    let own: Names = catalogue
        .types
        .iter()
        .filter(|ty| !is_generated(ty))
        .map(|ty| (ty.name.name.to_string(), text_of(ty)))
        .collect();
    let is_gone = |definition: &&Value| !now.iter().any(|other| other.get("name") == definition.get("name"));
    let all: Vec<Value> = now.iter().chain(before.iter().filter(is_gone)).cloned().collect();
    let (theirs, types) = declarations(name, &all, own.clone());
    let find = |list: &[Value], wire: &str| {
        list.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(wire)).cloned()
    };
    let mut edits: Vec<(Span, String)> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    let mut changed: Vec<Standing> = Vec::new();
    for tool in &catalogue.tools {
        let wire = wire_name(tool);
        known.push(wire.clone());
        let span = whole(tool.doc.as_ref(), tool.span);
        let standing = |is_gone| Standing { name: wire.clone(), pinned: pinned(tool), is_gone };
        let Some(definition) = find(now, &wire) else {
            let gone = "// The server has no such tool any more.\n";
            let is_said =
                written.file.comments.iter().any(|comment| {
                    tool.span.start <= comment.span.start && written.slice(comment.span) == gone.trim_end()
                });
            if let (Some(block), false) = (tool.block, is_said) {
                changed.push(standing(true));
                edits.push((Span::new(block.start + 1, block.start + 1), format!("\n{gone}")));
            }
            continue;
        };
        let pinned = format!("\"{}\"", pin(&definition));
        let ours = parts(&written, tool);
        if ours.pinned == pinned {
            continue;
        }
        let Some(new) = theirs.iter().find(|declaration| declaration.wire == wire).and_then(alone) else { continue };
        let old = base.iter().find(|declaration| declaration.wire == wire).and_then(alone);
        changed.push(standing(false));
        edits.push((span, joined(tool.name.name.as_str(), &wire, old.as_ref(), &ours, &new)));
    }
    let new: Vec<&Declaration> = theirs
        .iter()
        .filter(|declaration| !known.contains(&declaration.wire) && find(now, &declaration.wire).is_some())
        .collect();
    let end = Span::new(catalogue.body.end - 1, catalogue.body.end - 1);
    let texts: String = new.iter().map(|declaration| format!("\n{}\n", declaration.text)).collect();
    edits.push((end, texts));
    let edited_in: String = edits.iter().map(|(_, text)| text.as_str()).collect();
    for ty in catalogue.types.iter().filter(|ty| is_generated(ty)) {
        let name = ty.name.name.as_str();
        let is_used = || mentions(previous, name) || mentions(&edited_in, name);
        let (span, text) = match types.get(name) {
            Some(text) => (ty.ty.span, text.clone()),
            None if !is_used() => (whole(ty.doc.as_ref(), ty.span), String::new()),
            None => continue,
        };
        if text.is_empty() || formatted_type(&text).is_none_or(|text| squeezed(&text) != text_of(ty)) {
            changed.push(Standing { name: name.to_owned(), pinned: None, is_gone: text.is_empty() });
        }
        edits.push((span, text));
    }
    let start = Span::new(catalogue.body.start + 1, catalogue.body.start + 1);
    let present = |name: &str| catalogue.types.iter().any(|ty| ty.name.name == name);
    let fresh: String =
        types.iter().filter(|(name, _)| !present(name)).map(|(name, ty)| format!("\ntype {name} = {ty}\n")).collect();
    edits.push((start, fresh));
    let text = edited(written.source(), edits);
    let new = new.iter().map(|declaration| declaration.wire.clone()).collect();
    Ok(Some(Merged { text: formatted(&text).unwrap_or(text), changed, new }))
}

/// Whether a text has a name more than once, or in something that is not its own declaration.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let whole =
        |at: &usize| !is_part(text[..*at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next());
    let found: Vec<usize> = text.match_indices(name).map(|(at, _)| at).filter(whole).collect();
    found.iter().any(|at| !text[..*at].trim_end().ends_with("type"))
}

fn edited(source: &Source, mut edits: Vec<(Span, String)>) -> String {
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut out = String::new();
    let mut from = source.base;
    for (span, text) in edits {
        if span.start < from {
            continue;
        }
        out.push_str(source.slice(Span::new(from, span.start)));
        out.push_str(&text);
        from = span.end;
    }
    out.push_str(source.slice(Span::new(from, source.base + source.text.len() as u32)));
    out
}

fn formatted_type(text: &str) -> Option<String> {
    let whole = formatted(&format!("catalogue c {{\ntype T = {text}\n}}\n"))?;
    let written = Written::new(whole).ok()?;
    let ty = written.catalogue("c")?.types.first()?.ty.span;
    Some(written.slice(ty).to_owned())
}

fn whole(doc: Option<&syntax::Text>, span: Span) -> Span {
    doc.map_or(span, |doc| doc.span.to(span))
}

/// The name that the server knows a tool by.
fn wire_name(tool: &syntax::Tool) -> String {
    let named = tool.clauses.iter().find_map(|clause| match &clause.kind {
        ToolClauseKind::Named(None, name) => Some(name.value.clone()),
        _ => None,
    });
    named.unwrap_or_else(|| tool.name.name.to_string())
}

/// What the definition of a tool is pinned to.
fn pinned(tool: &syntax::Tool) -> Option<String> {
    tool.clauses.iter().find_map(|clause| match &clause.kind {
        ToolClauseKind::Pinned(digest) => Some(digest.value.clone()),
        _ => None,
    })
}

/// A generated declaration in parts.
fn alone(declaration: &Declaration) -> Option<Parts> {
    let text = formatted(&format!("catalogue c {{\n{}\n}}\n", declaration.text))?;
    let written = Written::new(text).ok()?;
    let tool = written.catalogue("c")?.tools.first()?;
    Some(parts(&written, tool))
}

fn parts(written: &Written, tool: &syntax::Tool) -> Parts {
    let named = |param: &syntax::Param| {
        let given = tool.clauses.iter().find_map(|clause| match &clause.kind {
            ToolClauseKind::Named(Some(of), name) if of.name == param.name.name => Some(name.value.clone()),
            _ => None,
        });
        given.unwrap_or_else(|| param.name.name.to_string())
    };
    let params = tool.params.iter().map(|param| Param {
        wire: named(param),
        name: param.name.name.to_string(),
        text: written.slice(param.span).to_owned(),
    });
    let result = tool.result.as_ref().map(|ty| {
        let start = tool.result_marks.first().map_or(ty.span, |mark| mark.span);
        written.slice(start.to(ty.span)).to_owned()
    });
    let within = |comment: &&Comment, span: Span| span.start <= comment.span.start && comment.span.end <= span.end;
    let in_param = |comment: &&Comment| tool.params.iter().any(|param| within(comment, param.span));
    let comments = written.file.comments.iter().filter(|comment| within(comment, tool.span) && !in_param(comment));
    let mut inner: Vec<(u32, Inner)> =
        comments.map(|comment| (comment.span.start, Inner::Comment(written.slice(comment.span).to_owned()))).collect();
    let mut pinned = String::new();
    for clause in &tool.clauses {
        match &clause.kind {
            ToolClauseKind::Named(..) => {}
            ToolClauseKind::Pinned(digest) => pinned = written.slice(digest.span).to_owned(),
            _ => inner.push((clause.span.start, Inner::Clause(written.slice(clause.span).to_owned()))),
        }
    }
    inner.sort_by_key(|(start, _)| *start);
    Parts {
        doc: tool.doc.as_ref().map_or(String::new(), |doc| written.slice(doc.span).to_owned()),
        params: params.collect(),
        result: result.unwrap_or_else(|| "null".to_owned()),
        inner: inner.into_iter().map(|(_, inner)| inner).collect(),
        pinned,
    }
}

/// Without what layout decides.
fn squeezed(text: &str) -> String {
    let mut out = String::new();
    for part in text.split_whitespace() {
        let closes = part.starts_with(['}', ']', ')']);
        if closes && out.ends_with(',') {
            out.pop();
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(part);
    }
    out.replace(", )", ")").replace("( ", "(").replace(" )", ")").replace("[ ", "[").replace(" ]", "]")
}

/// One of three: where only one side changed it, that one's. Both: the server's, and what people had is remarked.
fn chosen(what: &str, base: Option<&str>, ours: &str, theirs: &str, remarks: &mut Vec<String>) -> String {
    let (base, own, new) = (base.map(squeezed), squeezed(ours), squeezed(theirs));
    if own == new || base.as_ref() == Some(&new) {
        return ours.to_owned();
    }
    if base.as_ref() != Some(&own) && !own.is_empty() {
        remarks.push(format!("// Reviewed before, {what}: {own}"));
    }
    theirs.to_owned()
}

/// Whether a clause says what a call touches.
fn is_effect(clause: &str) -> bool {
    let word = clause.split_whitespace().next().unwrap_or_default();
    word == "pure" || EffectVerb::ALL.iter().any(|(_, verb)| *verb == word)
}

fn joined(name: &str, wire: &str, base: Option<&Parts>, ours: &Parts, theirs: &Parts) -> String {
    let mut remarks = Vec::new();
    let doc = match (&ours.doc, base.map(|base| &base.doc)) {
        // A text about a text reads badly in a comment: what people wrote stays above what the server says.
        (own, old)
            if squeezed(own) != squeezed(&theirs.doc) && old.is_none_or(|old| squeezed(old) != squeezed(own)) =>
        {
            match old.is_some_and(|old| squeezed(old) == squeezed(&theirs.doc)) || own.is_empty() {
                true => own.clone(),
                false => format!("{own}\n{}", theirs.doc),
            }
        }
        _ => theirs.doc.clone(),
    };
    let of = |parts: &'_ Parts, wire: &str| {
        parts.params.iter().find(|param| param.wire == wire).map(|param| param.text.clone())
    };
    let mut out = format!("{doc}\ntool {name}({}", if theirs.params.is_empty() { "" } else { "\n" });
    let mut names = Vec::new();
    for param in &theirs.params {
        let own = ours.params.iter().find(|own| own.wire == param.wire);
        let text = match own {
            None => param.text.clone(),
            Some(own) => {
                let base = base.and_then(|base| of(base, &param.wire));
                chosen(&format!("`{}`", own.name), base.as_deref(), &own.text, &param.text, &mut remarks)
            }
        };
        let is_own = own.is_some_and(|own| own.text == text);
        let name = own.filter(|_| is_own).map_or(&param.name, |own| &own.name);
        if *name != param.wire {
            names.push(format!("named {name} {}\n", Quoted(&param.wire)));
        }
        out.push_str(&format!("{text},\n"));
    }
    for own in ours.params.iter().filter(|own| !theirs.params.iter().any(|param| param.wire == own.wire)) {
        if base.and_then(|base| of(base, &own.wire)).is_none_or(|old| squeezed(&old) != squeezed(&own.text)) {
            remarks.push(format!("// Reviewed before, gone now: {}", squeezed(&own.text)));
        }
    }
    let result =
        chosen("the result", base.map(|base| base.result.as_str()), &ours.result, &theirs.result, &mut remarks);
    out.push_str(&format!(") -> {result} {{\n"));
    let comments = |parts: &Parts| -> Vec<String> {
        let of = |inner: &Inner| match inner {
            Inner::Comment(text) => Some(text.clone()),
            Inner::Clause(_) => None,
        };
        parts.inner.iter().filter_map(of).collect()
    };
    let (old, own, new) = (base.map(&comments).unwrap_or_default(), comments(ours), comments(theirs));
    for comment in new.iter().filter(|comment| !old.contains(comment) && !own.contains(comment)) {
        out.push_str(&format!("{comment}\n"));
    }
    let unreviewed = format!("// {NOT_REVIEWED}");
    let is_reviewed = ours.inner.iter().any(|inner| matches!(inner, Inner::Clause(text) if is_effect(text)));
    for inner in &ours.inner {
        match inner {
            Inner::Comment(text) if is_reviewed && text.starts_with(&unreviewed) => {}
            Inner::Comment(text) if old.contains(text) && !new.contains(text) => {}
            Inner::Comment(text) | Inner::Clause(text) => out.push_str(&format!("{text}\n")),
        }
    }
    remarks.iter().for_each(|remark| out.push_str(&format!("{remark}\n")));
    if wire != name {
        out.push_str(&format!("named {}\n", Quoted(wire)));
    }
    names.iter().for_each(|line| out.push_str(line));
    out.push_str(&format!("pinned {}\n}}", theirs.pinned));
    out
}
