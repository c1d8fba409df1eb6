//! Typed expressions and calls ⟶ the text that says them, with as few parentheses as possible.
//!
//! Knows names, and nothing of how it was written: a `let` stays a name, layout and kinds of literals are not kept.

use crate::lexer::is_name;
use crate::plan::{Call, Comprehension, Expr, ExprKind, Plan};
use crate::syntax::{BinaryOp, Direction, EXTRACT_TYPE, UnaryOp};
use crate::types::{Quoted, ShownName};
use crate::value::Value;
use smol_str::SmolStr;

/// How tightly the parts of an expression hold together; an operand that holds less needs parentheses.
mod binds {
    pub const LOOSEST: u8 = 0;
    pub const COALESCE: u8 = 1;
    pub const OR: u8 = 2;
    pub const AND: u8 = 3;
    pub const NOT: u8 = 4;
    pub const COMPARE: u8 = 5;
    pub const SUM: u8 = 6;
    pub const PRODUCT: u8 = 7;
    pub const CONVERT: u8 = 8;
    pub const NEGATE: u8 = 9;
    pub const ATOM: u8 = 10;
}

/// An expression as the language writes it, on one line.
pub fn expr(plan: &Plan, expr: &Expr) -> String {
    Writer { plan, locals: Vec::new() }.expr(expr, binds::LOOSEST)
}

/// A call as the language writes it, on one line.
pub fn call(plan: &Plan, call: &Call) -> String {
    Writer { plan, locals: Vec::new() }.call(call)
}

struct Writer<'p> {
    plan: &'p Plan,
    /// The variables of the comprehensions around, outermost first.
    locals: Vec<(usize, &'p SmolStr)>,
}

impl<'p> Writer<'p> {
    /// The expression as an operand that must hold together at least this tightly.
    fn expr(&mut self, expr: &'p Expr, least: u8) -> String {
        let (text, binds) = self.bare(expr);
        if binds < least { format!("({text})") } else { text }
    }

    fn list(&mut self, items: impl IntoIterator<Item = &'p Expr>) -> String {
        let items: Vec<String> = items.into_iter().map(|item| self.expr(item, binds::LOOSEST)).collect();
        items.join(", ")
    }

    /// The expression without parentheses, and how tightly it holds together.
    fn bare(&mut self, expr: &'p Expr) -> (String, u8) {
        let plan = self.plan;
        let text = match &expr.kind {
            ExprKind::Constant(value) => return constant(value),
            ExprKind::Interpolate(parts) => self.text(parts),
            ExprKind::Input(index) => plan.inputs[*index].name.to_string(),
            ExprKind::Let(index) => plan.lets[*index].name.to_string(),
            ExprKind::Step(id) => plan.get(*id).name.to_string(),
            ExprKind::Each(id) => plan.each(*id).name.to_string(),
            ExprKind::Element(id) => plan.each(*id).variable.to_string(),
            ExprKind::Local(slot) => {
                let named = self.locals.iter().rev().find(|(other, _)| other == slot);
                named.map_or_else(|| "it".to_owned(), |(_, name)| name.to_string())
            }
            ExprKind::Field { base, name, optional } => format!("{}{}{name}", self.receiver(base), dot(*optional)),
            ExprKind::Index { base, index } => {
                let base = self.receiver(base);
                format!("{base}[{}]", self.expr(index, binds::LOOSEST))
            }
            ExprKind::Method { function, args, optional } => {
                let receiver = args.first().map(|base| self.receiver(base)).unwrap_or_default();
                format!("{receiver}{}{}({})", dot(*optional), function.name, self.list(args.iter().skip(1)))
            }
            ExprKind::Call(call) => self.call(call),
            ExprKind::List(items) => format!("[{}]", self.list(items)),
            ExprKind::Record(fields) if fields.is_empty() => "{}".to_owned(),
            ExprKind::Record(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, value)| format!("{}: {}", ShownName(name), self.expr(value, binds::LOOSEST)))
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
            ExprKind::Unary(UnaryOp::Not, operand) => {
                return (format!("not {}", self.expr(operand, binds::NOT)), binds::NOT);
            }
            ExprKind::Unary(UnaryOp::Negate, operand) => {
                return (format!("-{}", self.expr(operand, binds::NEGATE)), binds::NEGATE);
            }
            ExprKind::Binary(op, operands) => return self.binary(*op, operands),
            ExprKind::If(parts) => {
                let (condition, then) = (self.expr(&parts.0, binds::COALESCE), self.expr(&parts.1, binds::COALESCE));
                let otherwise = self.expr(&parts.2, binds::LOOSEST);
                return (format!("if {condition} then {then} else {otherwise}"), binds::LOOSEST);
            }
            ExprKind::Comprehension(inner) => self.comprehension(inner),
            ExprKind::As(value, ty) => {
                let shown = ty.to_string();
                let shown = if is_name(&shown) { shown } else { format!("({shown})") };
                return (format!("{} as {shown}", self.expr(value, binds::CONVERT)), binds::CONVERT);
            }
        };
        (text, binds::ATOM)
    }

    fn binary(&mut self, op: BinaryOp, (left, right): &'p (Expr, Expr)) -> (String, u8) {
        let level = level(op);
        // Comparisons do not go in chains; all other operators associate to the left.
        let left = self.expr(left, if level == binds::COMPARE { level + 1 } else { level });
        (format!("{left} {} {}", op.as_str(), self.expr(right, level + 1)), level)
    }

    /// What stands before a dot or an index. A number there would take the dot for its own.
    fn receiver(&mut self, base: &'p Expr) -> String {
        let text = self.expr(base, binds::ATOM);
        match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => format!("({text})"),
            false => text,
        }
    }

    fn comprehension(&mut self, inner: &'p Comprehension) -> String {
        let Comprehension { slot, variable, element, list, condition, order } = inner;
        let list = self.expr(list, binds::COALESCE);
        self.locals.push((*slot, variable));
        let element = self.expr(element, binds::LOOSEST);
        let condition = condition.as_ref().map(|condition| format!(" if {}", self.expr(condition, binds::LOOSEST)));
        let keys: Vec<String> = order
            .iter()
            .map(|(key, direction)| match direction {
                Direction::Ascending => self.expr(key, binds::LOOSEST),
                Direction::Descending => format!("{} desc", self.expr(key, binds::COALESCE)),
            })
            .collect();
        self.locals.pop();
        let by = if keys.is_empty() { String::new() } else { format!(" by {}", keys.join(", ")) };
        format!("[{element} for {variable} in {list}{}{by}]", condition.unwrap_or_default())
    }

    /// A string with values in it. Two constants side by side, and one alone, are told apart from one text.
    fn text(&mut self, parts: &'p [Expr]) -> String {
        let mut text = "\"".to_owned();
        let mut was_bare = parts.len() == 1;
        for part in parts {
            match &part.kind {
                ExprKind::Constant(Value::String(constant)) if !was_bare && !constant.is_empty() => {
                    let quoted = Quoted(constant).to_string();
                    text.push_str(&quoted[1..quoted.len() - 1]);
                    was_bare = true;
                }
                _ => {
                    text.push_str(&format!("${{{}}}", self.expr(part, binds::LOOSEST)));
                    was_bare = false;
                }
            }
        }
        text + "\""
    }

    fn call(&mut self, call: &'p Call) -> String {
        let given = call.tool.params.iter().zip(&call.args);
        let args: Vec<String> = given
            .filter_map(|(param, arg)| {
                let arg = arg.as_ref()?;
                // A type stands for the schema that the model is shown.
                let is_type = call.tool.extracts() && param.name == EXTRACT_TYPE;
                let arg = if is_type { call.tool.result.to_string() } else { self.expr(arg, binds::LOOSEST) };
                Some(format!("{}: {arg}", param.name))
            })
            .collect();
        format!("{}({})", call.tool.name, args.join(", "))
    }
}

fn constant(value: &Value) -> (String, u8) {
    if let Value::String(text) = value
        && reads_raw(text)
    {
        return (format!("r\"{text}\""), binds::ATOM);
    }
    let text = value.to_string();
    let binds = if text.starts_with('-') { binds::NEGATE } else { binds::ATOM };
    (text, binds)
}

/// Whether a text is best written raw, as patterns are: all that would be escaped in it is backslashes.
fn reads_raw(text: &str) -> bool {
    text.contains('\\') && text.chars().all(|c| c == ' ' || c.is_ascii_graphic() && c != '"' && c != '$')
}

fn dot(optional: bool) -> &'static str {
    if optional { "?." } else { "." }
}

fn level(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Coalesce => binds::COALESCE,
        BinaryOp::Or => binds::OR,
        BinaryOp::And => binds::AND,
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::In => binds::COMPARE,
        BinaryOp::Add | BinaryOp::Subtract => binds::SUM,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => binds::PRODUCT,
    }
}
