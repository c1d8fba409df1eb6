//! The lines of catalogues ⟶ types and tools with their clauses.

use super::faults::{self, Place};
use super::walk::{Line, Walk, run};
use crate::lexer::Kind;
use crate::syntax::*;

impl<'s> Walk<'s> {
    pub(super) fn catalogue(&mut self, line: Line<'s>) -> Option<Catalogue> {
        let name = run!(self, name, line, 1, Place::Catalogue);
        if !self.need_block(line, "a catalogue needs its tools in braces") {
            return None;
        }
        let (mut types, mut tools) = (Vec::new(), Vec::new());
        let body = self.block(|walk, line| match walk.word(line.head()) {
            "type" => types.extend(walk.type_def(line)),
            "tool" => tools.extend(walk.tool(line)),
            _ => {
                faults::unknown_item(walk.report, walk.written, line.tokens, Place::CatalogueItem);
                if walk.kind() == Some(Kind::BlockOpen) {
                    walk.skip_block();
                }
            }
        });
        let doc = self.doc(line);
        name.map(|name| Catalogue { doc, name, types, tools, span: line.span().to(body), body })
    }

    fn tool(&mut self, line: Line<'s>) -> Option<Tool> {
        let parts = run!(self, tool, line, 1, Place::Tool);
        let mut clauses = Vec::new();
        let mut block = None;
        if self.has_block() {
            block = Some(self.block(|walk, line| {
                walk.no_doc(line.doc);
                let kind = walk.tool_clause(walk.word(line.head()), line);
                clauses.extend(kind.map(|kind| ToolClause { kind, span: line.span() }));
                walk.no_inner_block(line);
            }));
        }
        let span = block.map_or(line.span(), |block| line.span().to(block));
        let doc = self.doc(line);
        parts.map(|((name, params), result)| {
            let (result_marks, result) = result.map_or((Vec::new(), None), |(marks, ty)| (marks, Some(ty)));
            Tool { doc, name, params, result_marks, result, clauses, span, block }
        })
    }

    fn tool_clause(&mut self, word: &str, line: Line<'s>) -> Option<ToolClauseKind> {
        if let Some((verb, _)) = EffectVerb::ALL.iter().find(|(_, spelling)| *spelling == word) {
            return run!(self, target, line, 1, Place::Effect)
                .map(|(target, when)| ToolClauseKind::Effect(*verb, target, when));
        }
        match word {
            "pure" => run!(self, nothing, line, 1, Place::Word).map(|()| ToolClauseKind::Pure),
            "idempotent" => run!(self, nothing, line, 1, Place::Word).map(|()| ToolClauseKind::Idempotent),
            "independent" => run!(self, nothing, line, 1, Place::Word).map(|()| ToolClauseKind::Independent),
            "approval" => run!(self, approval, line, 1, Place::Approval).map(ToolClauseKind::Approval),
            "timeout" => run!(self, duration, line, 1, Place::Timeout).map(ToolClauseKind::Timeout),
            "probe" => run!(self, name, line, 1, Place::Probe).map(ToolClauseKind::Probe),
            "category" => run!(self, name, line, 1, Place::Category).map(ToolClauseKind::Category),
            "named" => run!(self, named, line, 1, Place::Named).map(|(of, name)| ToolClauseKind::Named(of, name)),
            "pinned" => run!(self, text, line, 1, Place::Pinned).map(ToolClauseKind::Pinned),
            "simulate" => run!(self, expr, line, 1, Place::Simulate).map(ToolClauseKind::Simulate),
            "limit" => run!(self, limit, line, 1, Place::Limit).map(|(calls, unit)| ToolClauseKind::Limit(calls, unit)),
            "paged" => run!(self, paged, line, 1, Place::Paged)
                .map(|((cursor, from), most)| ToolClauseKind::Paged(cursor, from, most)),
            _ => {
                let meant = faults::unknown_clause(self.report, self.written, line.tokens, Place::ToolClause)?;
                self.tool_clause(meant, line)
            }
        }
    }
}
