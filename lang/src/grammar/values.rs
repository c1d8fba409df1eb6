//! Expressions and types. An expression is read along the table of its operators, loosest first, as the parser does.

use super::rules::{Builder, Part, choice, many, optional, seq};
use super::tokens::Quotes;
use crate::stdlib;
use crate::syntax::BinaryOp;

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where no tool is called.
    Pure,
    /// In the check of an assumption or verification, which may call read-only tools.
    Check,
}

impl Place {
    /// The name of a rule for expressions that stand here.
    pub fn named(self, name: &str) -> String {
        match self {
            Place::Pure => name.to_owned(),
            Place::Check => format!("check-{name}"),
        }
    }
}

/// How an expression may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Text,
    List,
    Record,
}

impl Start {
    pub fn name(self) -> &'static str {
        ["text", "list", "record"][self as usize]
    }
}

/// What may be said of a field before its name.
const MARKS: [&str; 5] = ["data", "exact", "secret", "trusted", "stored"];

/// How tightly operators bind, loosest first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Coalesce,
    Or,
    And,
    Comparison,
    Sum,
    Product,
}

const LEVELS: [Level; 6] = [Level::Coalesce, Level::Or, Level::And, Level::Comparison, Level::Sum, Level::Product];

fn level(op: BinaryOp) -> Level {
    match op {
        BinaryOp::Coalesce => Level::Coalesce,
        BinaryOp::Or => Level::Or,
        BinaryOp::And => Level::And,
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::In => Level::Comparison,
        BinaryOp::Add | BinaryOp::Subtract => Level::Sum,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => Level::Product,
    }
}

impl Level {
    fn name(self) -> &'static str {
        ["value", "either", "both", "comparison", "sum", "product"][self as usize]
    }

    fn tighter(self) -> Option<Level> {
        LEVELS.get(self as usize + 1).copied()
    }

    fn looser(self) -> Option<Level> {
        (self as usize).checked_sub(1).map(|at| LEVELS[at])
    }
}

impl Builder<'_> {
    /// Any expression.
    pub fn expression(&mut self, place: Place) -> Part {
        self.level(Level::Coalesce, place)
    }

    /// An expression that does not begin with one of these literals.
    pub fn expression_without(&mut self, starts: &[Start], place: Place) -> Part {
        let names: Vec<&str> = starts.iter().map(|start| start.name()).collect();
        self.phrase(place.named(&format!("value-not-{}", names.join("-"))), |b| {
            let (space, gap) = (b.space(), b.gap());
            let negation = seq!["not", space, b.negation(place), b.rest(Level::And, place)];
            let sign = seq!["-", gap, b.sign(place), b.conversions(), b.rest(Level::Product, place)];
            let condition = b.condition(place);
            let mut operands = vec![negation, sign, condition];
            let primaries = b.primaries(starts, place);
            let operand = seq![choice(primaries), many(b.postfix(place)), b.conversions()];
            operands.push(seq![operand, b.rest(Level::Product, place)]);
            choice(operands)
        })
    }

    /// Operands of one level with its operators between them.
    fn level(&mut self, level: Level, place: Place) -> Part {
        self.phrase(place.named(level.name()), |b| {
            let operand = b.operand(level, place);
            seq![operand, b.more(level, place)]
        })
    }

    fn operand(&mut self, level: Level, place: Place) -> Part {
        match level.tighter() {
            // `not` stands between `and` and comparisons.
            Some(Level::Comparison) => self.negation(place),
            Some(tighter) => self.level(tighter, place),
            None => self.converted(place),
        }
    }

    /// The operators of a level with their further operands; comparisons do not chain.
    fn more(&mut self, level: Level, place: Place) -> Part {
        let operand = self.operand(level, place);
        let ops: Vec<BinaryOp> =
            BinaryOp::ALL.iter().map(|(op, _)| *op).filter(|op| self::level(*op) == level).collect();
        let ways = ops.into_iter().map(|op| self.operator(op)).collect();
        let more = seq![choice(ways), operand];
        if level == Level::Comparison { optional(more) } else { many(more) }
    }

    fn operator(&mut self, op: BinaryOp) -> Part {
        let (gap, space) = (self.gap(), self.space());
        let spelling = op.as_str();
        match op {
            // A line that begins with `-` begins an operand.
            BinaryOp::Subtract => seq![optional(self.blank()), spelling, gap],
            BinaryOp::Or | BinaryOp::And | BinaryOp::In => seq![space.clone(), spelling, space],
            BinaryOp::Coalesce
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::Add
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Remainder => seq![gap.clone(), spelling, gap],
        }
    }

    /// What may follow an operand of a level, up to the loosest operators.
    fn rest(&mut self, level: Level, place: Place) -> Part {
        self.phrase(place.named(&format!("after-{}", level.name())), |b| {
            let more = b.more(level, place);
            match level.looser() {
                Some(looser) => seq![more, b.rest(looser, place)],
                None => more,
            }
        })
    }

    /// What may follow a value that is no operand of anything tighter.
    pub fn after_value(&mut self, place: Place) -> Part {
        self.rest(Level::Product, place)
    }

    fn negation(&mut self, place: Place) -> Part {
        self.phrase(place.named("negation"), |b| {
            let again = b.negation(place);
            choice(vec![seq!["not", b.space(), again], b.level(Level::Comparison, place)])
        })
    }

    /// An operand and the types that it is converted to.
    fn converted(&mut self, place: Place) -> Part {
        self.phrase(place.named("operand"), |b| seq![b.sign(place), b.conversions()])
    }

    /// `as Type`: a name, or any type in parentheses.
    fn conversions(&mut self) -> Part {
        let (space, gap) = (self.space(), self.gap());
        let ty = choice(vec![self.name(), "null".into(), seq!["(", gap.clone(), self.ty(), gap, ")"]]);
        many(seq![space.clone(), "as", space, ty])
    }

    fn sign(&mut self, place: Place) -> Part {
        self.phrase(place.named("sign"), |b| {
            let again = b.sign(place);
            let primaries = b.primaries(&[], place);
            choice(vec![seq!["-", b.gap(), again], b.condition(place), seq![choice(primaries), many(b.postfix(place))]])
        })
    }

    /// `if c then a else b`
    fn condition(&mut self, place: Place) -> Part {
        self.phrase(place.named("condition"), |b| {
            let (space, value) = (b.space(), b.expression(place));
            seq![
                "if",
                space.clone(),
                value.clone(),
                space.clone(),
                "then",
                space.clone(),
                value.clone(),
                space.clone(),
                "else",
                space,
                value,
            ]
        })
    }

    /// The values that operators stand between, without those that begin in these ways.
    fn primaries(&mut self, without: &[Start], place: Place) -> Vec<Part> {
        let mut ways =
            vec![self.name(), self.number(), "true".into(), "false".into(), "null".into(), self.paren(place)];
        ways.push(self.duration());
        if !without.contains(&Start::Text) {
            ways.push(self.text());
            ways.push(self.interpolated(place));
        }
        if !without.contains(&Start::List) {
            let element = self.expression(place);
            ways.push(self.phrase(place.named("list"), |b| b.list_of(element, place)));
        }
        if !without.contains(&Start::Record) {
            ways.push(self.record(place));
        }
        if place == Place::Check {
            ways.extend(self.read_only_call());
        }
        ways
    }

    fn paren(&mut self, place: Place) -> Part {
        self.phrase(place.named("paren"), |b| {
            let gap = b.gap();
            seq!["(", gap.clone(), b.expression(place), gap, ")"]
        })
    }

    /// A string with values in it.
    pub fn interpolated(&mut self, place: Place) -> Part {
        self.phrase(place.named("interpolated"), |b| {
            let inside = b.inside(place);
            let [line, block] = [Quotes::Line, Quotes::Block].map(|quotes| {
                let between = seq![b.between(quotes), inside.clone()];
                seq![b.opening(quotes), inside.clone(), many(between), b.closing(quotes)]
            });
            choice(vec![line, block])
        })
    }

    /// What stands in `${…}`.
    fn inside(&mut self, place: Place) -> Part {
        let gap = self.gap();
        seq![gap.clone(), self.expression(place), gap]
    }

    /// A list or comprehension of such elements.
    pub fn list_of(&mut self, element: Part, place: Place) -> Part {
        let (gap, space) = (self.gap(), self.space());
        let value = self.expression(place);
        let condition = seq![space.clone(), "if", space.clone(), value.clone()];
        let comprehension = seq![
            space.clone(),
            "for",
            space.clone(),
            self.name(),
            space.clone(),
            "in",
            space,
            value,
            optional(condition),
            optional(self.order(place)),
        ];
        let more = many(seq![self.comma(), element.clone()]);
        let items = seq![more, optional(seq![gap.clone(), ","])];
        seq!["[", gap.clone(), optional(seq![element, choice(vec![items, comprehension]), gap]), "]"]
    }

    /// `by a desc, b` behind a comprehension.
    fn order(&mut self, place: Place) -> Part {
        self.phrase(place.named("order"), |b| {
            let space = b.space();
            let key = seq![b.expression(place), optional(seq![space.clone(), "desc"])];
            seq![space.clone(), "by", space, key.clone(), many(seq![b.comma(), key])]
        })
    }

    pub fn comma(&mut self) -> Part {
        let gap = self.gap();
        seq![gap.clone(), ",", gap]
    }

    fn record(&mut self, place: Place) -> Part {
        self.phrase(place.named("record"), |b| {
            let gap = b.gap();
            let field = seq![b.field_name(), ":", gap.clone(), b.expression(place)];
            let more = many(seq![b.comma(), field.clone()]);
            seq!["{", gap.clone(), optional(seq![field, more, optional(seq![gap.clone(), ","]), gap]), "}"]
        })
    }

    /// The name of a field: one that is no name stands in quotes.
    fn field_name(&mut self) -> Part {
        choice(vec![self.word(), self.text()])
    }

    /// A field, an index, or a method of the standard library with its arguments.
    pub(super) fn postfix(&mut self, place: Place) -> Part {
        self.phrase(place.named("postfix"), |b| {
            let gap = b.gap();
            let dot = seq![gap.clone(), choice(vec![".".into(), "?.".into()])];
            let value = b.expression(place);
            let arguments = seq![value.clone(), many(seq![b.comma(), value.clone()]), optional(seq![gap.clone(), ","])];
            let call = seq!["(", gap.clone(), optional(seq![arguments, gap.clone()]), ")"];
            let method = b.method();
            choice(vec![seq![dot.clone(), b.word()], seq![dot, method, call], seq!["[", gap.clone(), value, gap, "]"]])
        })
    }

    fn method(&mut self) -> Part {
        self.token("method", |_| {
            let mut names: Vec<&str> = stdlib::all().map(|function| function.name).collect();
            names.sort_unstable();
            names.dedup();
            choice(names.into_iter().map(Part::from).collect())
        })
    }

    /// A type.
    pub fn ty(&mut self) -> Part {
        self.phrase("type", |b| {
            let gap = b.gap();
            let member = b.optional_type();
            seq![member.clone(), many(seq![gap.clone(), "|", gap, member])]
        })
    }

    fn optional_type(&mut self) -> Part {
        self.phrase("type-member", |b| {
            let (gap, ty) = (b.gap(), b.ty());
            let simple = choice(vec![
                b.name(),
                seq!["map", "<", gap.clone(), ty.clone(), gap.clone(), ">"],
                b.text(),
                seq![optional(seq!["-", gap.clone()]), b.integer()],
                "true".into(),
                "false".into(),
                "null".into(),
                seq!["[", gap.clone(), ty.clone(), gap.clone(), "]"],
                b.record_type(),
                seq!["(", gap.clone(), ty, gap, ")"],
            ]);
            seq![simple, optional(b.refinement()), many("?")]
        })
    }

    /// `{ a: T, b?: U, ... }`
    fn record_type(&mut self) -> Part {
        self.phrase("record-type", |b| {
            let (gap, blank) = (b.gap(), b.blank());
            let marks = MARKS.map(Part::from).to_vec();
            let marks = many(seq![choice(marks), blank]);
            let field = seq![marks, b.field_name(), optional("?"), ":", gap.clone(), b.ty()];
            let end = optional(seq![gap.clone(), ","]);
            let open = seq![b.comma(), "...", end.clone()];
            let more = many(seq![b.comma(), field.clone()]);
            let fields = seq![field, more, choice(vec![open, end.clone()])];
            let inside = choice(vec![fields, seq!["...", end]]);
            seq!["{", gap.clone(), optional(seq![inside, gap]), "}"]
        })
    }

    /// `(min: 1, max: 9)` behind a type.
    fn refinement(&mut self) -> Part {
        self.phrase("refinement", |b| {
            let gap = b.gap();
            let number = seq![optional(seq!["-", gap.clone()]), choice(vec![b.number(), b.duration()])];
            let literal = choice(vec![b.text(), number, "true".into(), "false".into(), "null".into()]);
            let argument = seq![optional(seq![b.word(), ":", gap.clone()]), literal];
            let more = many(seq![b.comma(), argument.clone()]);
            seq!["(", gap.clone(), argument, more, optional(seq![gap.clone(), ","]), gap, ")"]
        })
    }

    /// Names with commas between them.
    pub fn names(&mut self) -> Part {
        let name = self.name();
        let blank = optional(self.blank());
        seq![name.clone(), many(seq![blank.clone(), ",", blank, name])]
    }

    /// Items, each with the line break that ends it, in braces.
    pub fn block(&mut self, lines: Part) -> Part {
        seq!["{", self.newline(), lines, "}"]
    }

    /// A line that may stand more than once.
    pub fn lines(&mut self, line: Part) -> Part {
        many(seq![line, self.newline()])
    }
}
