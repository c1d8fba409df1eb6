//! A compiled plan ⟶ its order: as text, for Graphviz, for Mermaid, as JSON.

use super::foreign::isolated;
use super::text::inline;
use planc_lang::compile::Compiled;
use planc_lang::graph::Edge;
use planc_lang::plan::Step;
use serde_json::json;

/// The form of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Drawing {
    /// A line for each step.
    Text,
    /// Graphviz.
    Dot,
    /// Mermaid.
    Mermaid,
    /// Steps, edges and waves.
    Json,
}

/// Draws the order of a plan's steps.
pub fn draw(compiled: &Compiled, form: Drawing) -> String {
    match form {
        Drawing::Text => isolated(text(compiled)),
        Drawing::Dot => isolated(dot(compiled)),
        Drawing::Mermaid => isolated(mermaid(compiled)),
        Drawing::Json => serde_json::to_string_pretty(&json(compiled)).unwrap_or_default() + "\n",
    }
}

fn why(edge: Edge) -> &'static str {
    match edge {
        Edge::Data => "data",
        Edge::After => "after",
        Edge::Conflict => "conflict",
        Edge::Order => "order",
    }
}

/// The edges from what is waited for to what waits, by index.
fn edges(compiled: &Compiled) -> Vec<(usize, usize, Edge)> {
    let waits =
        |step| compiled.graph.dependencies(step).map(move |(before, edge)| (before.index(), edge, step.index()));
    let mut list: Vec<_> = compiled.plan.step_ids().flat_map(waits).map(|(from, edge, to)| (from, to, edge)).collect();
    list.sort();
    list
}

fn text(compiled: &Compiled) -> String {
    let mut out = String::new();
    for (number, wave) in compiled.graph.waves().iter().enumerate() {
        for step in wave {
            let mut waits: Vec<String> = compiled
                .graph
                .dependencies(*step)
                .map(|(before, edge)| format!("{} ({})", inline(&compiled.plan.get(before).name), why(edge)))
                .collect();
            waits.sort();
            let after = if waits.is_empty() { String::new() } else { format!("  after {}", waits.join(", ")) };
            let step = compiled.plan.get(*step);
            out.push_str(&format!(
                "{:>3}  {}  {}{}{after}\n",
                number + 1,
                inline(&step.name),
                inline(&step.call.tool.name),
                block_of(compiled, step).map_or_else(String::new, |block| format!("  in {block}"))
            ));
        }
    }
    out
}

/// The blocks that a step stands in, in words.
fn block_of(compiled: &Compiled, step: &Step) -> Option<String> {
    let each = step.each.map(|each| format!("each {}", inline(&compiled.plan.each(each).name)));
    let together = step.together.map(|number| format!("together {}", number + 1));
    match (each, together) {
        (Some(each), Some(together)) => Some(format!("{each}, {together}")),
        (each, together) => each.or(together),
    }
}

/// The steps, from top to bottom, with the lines that open and close a box around those of one block.
fn boxes(
    compiled: &Compiled,
    node: impl Fn(usize, &Step) -> String,
    open: impl Fn(usize, &str) -> String,
    close: &str,
) -> String {
    let mut out = String::new();
    let mut inside: Option<String> = None;
    for (index, step) in compiled.plan.steps.iter().enumerate() {
        let block = block_of(compiled, step);
        if block != inside {
            out.push_str(if inside.is_some() { close } else { "" });
            out.push_str(&block.as_ref().map_or_else(String::new, |block| open(index, block)));
            inside = block;
        }
        out.push_str(&node(index, step));
    }
    out + if inside.is_some() { close } else { "" }
}

fn dot(compiled: &Compiled) -> String {
    let quoted = |text: &str| inline(text).replace('\\', "\\\\").replace('"', "\\\"");
    let mut out = format!("digraph \"{}\" {{\n  node [shape=box];\n", quoted(&compiled.plan.title));
    let node = |index: usize, step: &Step| {
        format!("  s{index} [label=\"{}\\n{}\"];\n", quoted(&step.name), quoted(&step.call.tool.name))
    };
    let open = |index: usize, name: &str| format!("  subgraph cluster_{index} {{\n  label=\"{}\";\n", quoted(name));
    out.push_str(&boxes(compiled, node, open, "  }\n"));
    for (from, to, edge) in edges(compiled) {
        out.push_str(&format!("  s{from} -> s{to} [label=\"{}\"];\n", why(edge)));
    }
    out + "}\n"
}

fn mermaid(compiled: &Compiled) -> String {
    let quoted = |text: &str| inline(text).replace('&', "&amp;").replace('"', "#quot;").replace('<', "&lt;");
    let mut out = "flowchart TD\n".to_owned();
    let node = |index: usize, step: &Step| {
        format!("  s{index}[\"{}: {}\"]\n", quoted(&step.name), quoted(&step.call.tool.name))
    };
    let open = |index: usize, name: &str| format!("  subgraph b{index}[\"{}\"]\n", quoted(name));
    out.push_str(&boxes(compiled, node, open, "  end\n"));
    for (from, to, edge) in edges(compiled) {
        out.push_str(&format!("  s{from} -->|{}| s{to}\n", why(edge)));
    }
    out
}

fn json(compiled: &Compiled) -> serde_json::Value {
    let name = |index: usize| compiled.plan.steps[index].name.as_str();
    let steps = compiled.plan.steps.iter().map(|step| {
        let mut form = json!({ "name": step.name, "tool": step.call.tool.name });
        if let Some(each) = step.each {
            form["each"] = json!(compiled.plan.each(each).name);
        }
        if let Some(number) = step.together {
            form["together"] = json!(number);
        }
        form
    });
    let edges = edges(compiled);
    let edges = edges.iter().map(|(from, to, edge)| json!({ "from": name(*from), "to": name(*to), "why": edge }));
    let waves = compiled.graph.waves();
    let waves = waves.iter().map(|wave| wave.iter().map(|step| name(step.index())).collect::<Vec<_>>());
    json!({
        "title": compiled.plan.title,
        "steps": steps.collect::<Vec<_>>(),
        "edges": edges.collect::<Vec<_>>(),
        "waves": waves.collect::<Vec<_>>(),
    })
}
