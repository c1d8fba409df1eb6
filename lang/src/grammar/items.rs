//! The file, the items of a plan in the order of the canonical layout, and the clauses of its steps.

use super::rules::{Builder, Part, choice, many, optional, seq};
use super::values::Place;
use crate::effects::CriticalVerb;

/// The whole file: a plan, and types above or below it.
pub(super) fn file(builder: &mut Builder<'_>) {
    builder.phrase("root", |b| {
        let (gap, newline) = (b.gap(), b.newline());
        let types = many(seq![b.type_def(), newline.clone()]);
        let more = many(seq![newline, b.type_def()]);
        seq![gap.clone(), types, b.plan(), more, gap, optional(b.last_comment())]
    });
}

impl Builder<'_> {
    fn plan(&mut self) -> Part {
        self.phrase("plan", |b| {
            let blank = b.blank();
            let sections = [
                b.once("rationale"),
                b.once("context"),
                {
                    let line = b.type_def();
                    b.lines(line)
                },
                {
                    let line = b.input();
                    b.lines(line)
                },
                {
                    let line = b.assume();
                    b.lines(line)
                },
                {
                    let line = b.critical();
                    b.lines(line)
                },
                {
                    let line = b.reuse();
                    b.lines(line)
                },
                b.body(),
                {
                    let line = b.verify();
                    b.lines(line)
                },
                {
                    let line = b.named_value("output");
                    b.lines(line)
                },
            ];
            let items = b.block(Part::Sequence(sections.to_vec()));
            seq!["plan", blank.clone(), b.text(), blank, items]
        })
    }

    /// A section that stands at most once and is a text.
    fn once(&mut self, word: &str) -> Part {
        optional(seq![word, self.blank(), self.text(), self.newline()])
    }

    /// Steps and lets in any order, at least one step.
    fn body(&mut self) -> Part {
        let (step, value) = (self.step(), self.named_value("let"));
        let newline = self.newline();
        let first = seq![self.lines(value.clone()), step.clone(), newline];
        seq![first, self.lines(choice(vec![step, value]))]
    }

    fn type_def(&mut self) -> Part {
        self.phrase("type-def", |b| {
            let (blank, gap) = (b.blank(), b.gap());
            seq![many(b.doc()), "type", blank, b.name(), gap.clone(), "=", gap, b.ty()]
        })
    }

    fn input(&mut self) -> Part {
        self.phrase("input", |b| {
            let (blank, gap) = (b.blank(), b.gap());
            let default = seq![gap.clone(), "=", gap.clone(), b.expression(Place::Pure)];
            seq!["input", blank, b.name(), ":", gap, b.ty(), optional(default)]
        })
    }

    fn assume(&mut self) -> Part {
        self.phrase("assume", |b| {
            let blank = b.blank();
            let check = seq![b.expression(Place::Check), b.newline()];
            let block = seq![blank.clone(), b.block(check)];
            seq!["assume", blank, b.text(), optional(block)]
        })
    }

    fn critical(&mut self) -> Part {
        self.phrase("critical", |b| {
            let blank = b.blank();
            let verbs = choice(CriticalVerb::ALL.iter().map(|(_, spelling)| Part::from(*spelling)).collect());
            let why = optional(seq![blank.clone(), b.text()]);
            let line = seq![verbs, blank.clone(), b.text(), why];
            let lines = b.lines(line);
            seq!["critical", blank, b.block(lines)]
        })
    }

    fn reuse(&mut self) -> Part {
        self.phrase("reuse", |b| {
            let blank = b.blank();
            let targets = [Some(b.text()), b.any_tool_name()];
            let why = optional(seq![blank.clone(), b.text()]);
            seq!["reuse", blank, choice(targets.into_iter().flatten().collect()), why]
        })
    }

    /// `let name = expression`, `output name = expression`
    fn named_value(&mut self, word: &str) -> Part {
        self.phrase(word, |b| {
            let (blank, gap) = (b.blank(), b.gap());
            seq![word, blank, b.name(), gap.clone(), "=", gap, b.expression(Place::Pure)]
        })
    }

    fn step(&mut self) -> Part {
        self.phrase("step", |b| {
            let (blank, gap) = (b.blank(), b.gap());
            let clauses = b.clauses();
            let block = seq![blank.clone(), b.block(clauses)];
            seq!["step", blank, b.name(), gap.clone(), "=", gap, b.call(), optional(block)]
        })
    }

    fn clauses(&mut self) -> Part {
        let clause = self.phrase("clause", |b| {
            let (blank, value) = (b.blank(), b.expression(Place::Pure));
            let outcome = choice(vec!["stop".into(), "continue".into(), "undo".into()]);
            let every = optional(seq![blank.clone(), "every", blank.clone(), b.duration()]);
            choice(vec![
                seq!["because", blank.clone(), b.text()],
                seq!["after", blank.clone(), b.names()],
                seq!["when", blank.clone(), value.clone()],
                seq!["timeout", blank.clone(), b.duration()],
                seq!["retry", blank.clone(), b.integer(), every],
                seq!["expect", blank.clone(), value],
                seq!["undo", blank.clone(), b.call()],
                seq!["on", blank.clone(), "failure", blank, outcome],
            ])
        });
        self.lines(clause)
    }

    fn verify(&mut self) -> Part {
        self.phrase("verify", |b| {
            let blank = b.blank();
            let lines = choice(vec![b.step(), b.named_value("let")]);
            let lines = b.lines(lines);
            let check = seq![lines, b.expression(Place::Check), b.newline()];
            let block = seq![blank.clone(), b.block(check)];
            seq!["verify", blank, b.text(), optional(block)]
        })
    }
}
