//! `probe` clauses ⟶ the tools that they name, found fit to tell what became of a call.
//!
//! A probe is called with those arguments of the call whose names it has. It only reads, and gives what the call gave, or null
//! where the call did not take effect; of a tool that gives nothing, whether it did.

use crate::catalogue::{Catalogue, Param, Tool};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::{self, Ident, ToolClauseKind};
use crate::types::Type;

/// Finds the probes of a catalogue whose tools are all there.
pub(super) fn link(declared: &syntax::Catalogue, catalogue: &mut Catalogue, report: &Diagnostics) {
    let full = |tool: &Ident| format!("{}.{}", declared.name.name, tool.name);
    for (tool, name) in declared.tools.iter().filter_map(|tool| Some((tool, named(tool)?))) {
        // Of two with one name the first counts, and the second has been reported.
        let asked = catalogue.tool(&full(&tool.name)).filter(|known| known.span == tool.name.span).cloned();
        let Some(asked) = asked else { continue };
        let Some(probe) = catalogue.tool(&full(name)).cloned() else {
            let message = format!("the catalogue `{}` has no tool `{}`", declared.name.name, name.name);
            report.push(
                Diagnostic::new(Code::UnfitProbe, name.span, message)
                    .label("no tool of this catalogue")
                    .help("a probe stands in the catalogue of the tool that it tells about"),
            );
            continue;
        };
        match unfit(&asked, &probe) {
            Some(why) => {
                let message = format!("`{}` cannot be the probe of `{}`", probe.name, asked.name);
                report.push(
                    Diagnostic::new(Code::UnfitProbe, name.span, message)
                        .label(why)
                        .related(probe.span, "declared here"),
                );
            }
            None => catalogue.set_probe(&asked.name, probe),
        }
    }
}

/// The probe that a tool names; a second clause has been reported.
fn named(tool: &syntax::Tool) -> Option<&Ident> {
    tool.clauses.iter().find_map(|clause| match &clause.kind {
        ToolClauseKind::Probe(name) => Some(name),
        _ => None,
    })
}

/// Why one tool cannot tell what became of the calls of another; nothing: it can.
fn unfit(asked: &Tool, probe: &Tool) -> Option<String> {
    if asked.is_read_only() || asked.idempotent {
        return Some("what became of such a call is never in doubt: it can be made again".into());
    }
    if !probe.is_read_only() {
        return Some("it has effects, and a probe only looks".into());
    }
    if let Some(why) = probe.params.iter().find_map(|param| ungiven(asked, param)) {
        return Some(why);
    }
    let wanted = match asked.result {
        Type::Null => Type::Bool,
        _ if Type::Null.is_accepted_as(&asked.result) => {
            return Some("the call may give null, which could not be told from a call without effect".into());
        }
        _ => asked.result.clone().optional(),
    };
    if probe.result != wanted {
        let what = if wanted == Type::Bool { "whether it took effect" } else { "what the call gave, or null" };
        return Some(format!("it gives {}, not {wanted}: {what}", probe.result));
    }
    (probe.result_marks != asked.result_marks).then(|| "its result has other marks than that of the call".into())
}

/// Why a parameter of a probe gets no argument from the call; nothing: it gets one, or needs none.
fn ungiven(asked: &Tool, param: &Param) -> Option<String> {
    let Some(given) = asked.param(&param.name).map(|index| &asked.params[index]) else {
        return param.required().then(|| format!("it needs `{}`, which the call does not have", param.name));
    };
    if given.optional && !param.optional {
        return Some(format!("it needs `{}`, which the call may leave out", param.name));
    }
    if given.marks != param.marks {
        return Some(format!("its `{}` has other marks than that of the call", param.name));
    }
    (!given.ty.is_accepted_as(&param.ty))
        .then(|| format!("its `{}` is {}, that of the call {}", param.name, param.ty, given.ty))
}
