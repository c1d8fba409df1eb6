//! The file, the items of a plan in the order of the canonical layout, and the clauses of its steps.

use super::rules::{Builder, Part, choice, many, optional, seq};
use super::values::{Place, Start};
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
                    let line = b.output();
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

    /// Steps, lets and blocks in any order, at least one of them no let.
    fn body(&mut self) -> Part {
        let (value, newline) = (self.value(), self.newline());
        let acts = choice(vec![self.step(), self.each(), self.together(), self.when_group(), self.gate()]);
        let acts = self.phrase("act", |_| acts);
        let first = seq![self.lines(value.clone()), acts.clone(), newline];
        seq![first, self.lines(choice(vec![acts, value]))]
    }

    /// `each name = x in list { … }`
    fn each(&mut self) -> Part {
        self.phrase("each", |b| {
            let (blank, gap, space) = (b.blank(), b.gap(), b.space());
            let items = choice(vec![b.step(), b.value(), b.together(), b.when_inside()]);
            let result = optional(seq!["result", blank.clone(), b.expression(Place::Pure), b.newline()]);
            let lines = seq![b.lines(items), result];
            let list = b.expression(Place::Pure);
            let head = seq![
                "each",
                blank.clone(),
                b.name(),
                optional(blank.clone()),
                "=",
                gap,
                b.name(),
                space.clone(),
                "in",
                space
            ];
            seq![head, list, blank, b.block(lines)]
        })
    }

    fn together(&mut self) -> Part {
        self.phrase("together", |b| {
            let lines = choice(vec![b.step(), b.value()]);
            let lines = b.lines(lines);
            seq!["together", b.blank(), b.block(lines)]
        })
    }

    /// `when condition { … }` among the items of a plan.
    fn when_group(&mut self) -> Part {
        self.phrase("when-group", |b| {
            let again = b.when_group();
            let items = vec![b.step(), b.value(), b.each(), b.together(), again, b.gate()];
            b.when_of(items)
        })
    }

    /// The same within an `each`.
    fn when_inside(&mut self) -> Part {
        self.phrase("when-inside", |b| {
            let again = b.when_inside();
            let items = vec![b.step(), b.value(), b.together(), again];
            b.when_of(items)
        })
    }

    fn when_of(&mut self, items: Vec<Part>) -> Part {
        let blank = self.blank();
        let lines = self.lines(choice(items));
        seq!["when", blank.clone(), self.expression(Place::Pure), blank, self.block(lines)]
    }

    fn gate(&mut self) -> Part {
        self.phrase("gate", |b| {
            let (blank, value) = (b.blank(), b.expression(Place::Pure));
            let more = many(seq![b.comma(), value.clone()]);
            let show = seq![blank.clone(), "show", blank.clone(), value, more];
            seq!["gate", blank, b.text(), optional(show)]
        })
    }

    /// `let name = …`: an expression, or one for whose source or use a person answers.
    fn value(&mut self) -> Part {
        self.phrase("let", |b| {
            let (blank, gap) = (b.blank(), b.gap());
            let answered = seq!["(", gap.clone(), b.expression(Place::Pure), b.comma(), b.text()];
            let answered = seq![answered, optional(seq![gap.clone(), ","]), gap.clone(), ")"];
            let answered = seq![choice(vec!["endorse".into(), "reveal".into()]), answered];
            let value = choice(vec![b.expression(Place::Pure), answered]);
            seq!["let", blank.clone(), b.name(), optional(blank), "=", gap, value]
        })
    }

    fn type_def(&mut self) -> Part {
        self.phrase("type-def", |b| {
            let (blank, gap) = (b.blank(), b.gap());
            seq![many(b.doc()), "type", blank.clone(), b.name(), optional(blank), "=", gap, b.ty()]
        })
    }

    fn input(&mut self) -> Part {
        self.phrase("input", |b| {
            let (blank, gap) = (b.blank(), b.gap());
            let default = seq![gap.clone(), "=", gap.clone(), b.expression(Place::Pure)];
            let secret = optional(seq![blank.clone(), "secret"]);
            seq!["input", blank, b.name(), ":", gap, b.ty(), secret, optional(default)]
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
            let computed = b.expression_without(&[Start::Text, Start::Record], Place::Pure);
            let resource = choice(vec![b.text(), b.interpolated(Place::Pure), computed]);
            let line = seq![verbs, blank.clone(), resource, why];
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

    fn output(&mut self) -> Part {
        self.phrase("output", |b| {
            let (blank, gap) = (b.blank(), b.gap());
            seq!["output", blank.clone(), b.name(), optional(blank), "=", gap, b.expression(Place::Pure)]
        })
    }

    fn step(&mut self) -> Part {
        self.phrase("step", |b| {
            let (blank, gap) = (b.blank(), b.gap());
            let clauses = b.clauses();
            let block = seq![blank.clone(), b.block(clauses)];
            seq!["step", blank.clone(), b.name(), optional(blank), "=", gap, b.call(), optional(block)]
        })
    }

    fn clauses(&mut self) -> Part {
        let clause = self.phrase("clause", |b| {
            let (blank, value) = (b.blank(), b.expression(Place::Pure));
            let outcome = choice(vec!["stop".into(), "continue".into(), "undo".into()]);
            let times = seq!["every", blank.clone(), b.duration(), blank.clone(), "for", blank.clone(), b.duration()];
            let every = optional(seq![blank.clone(), "every", blank.clone(), b.duration()]);
            choice(vec![
                seq!["because", blank.clone(), b.text()],
                seq!["after", blank.clone(), b.names()],
                seq!["when", blank.clone(), value.clone()],
                seq!["timeout", blank.clone(), b.duration()],
                seq!["retry", blank.clone(), b.integer(), every],
                seq!["poll", blank.clone(), times, blank.clone(), "until", blank.clone(), value.clone()],
                seq!["expect", blank.clone(), value],
                seq!["undo", blank.clone(), b.call()],
                seq!["on", blank.clone(), "failure", blank, outcome],
                "reproduce".into(),
            ])
        });
        self.lines(clause)
    }

    fn verify(&mut self) -> Part {
        self.phrase("verify", |b| {
            let blank = b.blank();
            let lines = choice(vec![b.step(), b.value()]);
            let lines = b.lines(lines);
            let check = seq![lines, b.expression(Place::Check), b.newline()];
            let block = seq![blank.clone(), b.block(check)];
            seq!["verify", blank, b.text(), optional(block)]
        })
    }
}
