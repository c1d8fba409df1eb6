//! Expressions ⟶ labels, given those of what they name.

use super::{Label, Rule, Rules, Tree, tree::Inner};
use crate::plan::{Comprehension, Expr, ExprKind, Plan};
use crate::stdlib::Function;
use crate::syntax::BinaryOp;
use crate::types::Type;
use crate::value::Value;
use std::collections::BTreeMap;

/// The labels of everything that has a name, and of the results of calls.
#[derive(Clone, Debug)]
pub(super) struct Values {
    pub(super) rules: Rules,
    pub(super) inputs: Vec<Tree>,
    pub(super) lets: Vec<Tree>,
    pub(super) steps: Vec<Tree>,
    /// The results of each block.
    pub(super) eaches: Vec<Tree>,
    /// The elements of each block.
    pub(super) elements: Vec<Tree>,
    /// What a call in a check gives, by where it stands.
    pub(super) calls: BTreeMap<u32, Tree>,
}

/// The variables of comprehensions around, by slot.
pub(super) type Slots = Vec<Option<Tree>>;

/// Sets what a variable stands for; gives what it stood for before.
pub(super) fn bind(slots: &mut Slots, slot: usize, tree: Option<Tree>) -> Option<Tree> {
    if slots.len() <= slot {
        slots.resize(slot + 1, None);
    }
    std::mem::replace(&mut slots[slot], tree)
}

impl Values {
    /// The labels of an expression. Recurses as deep as the expression.
    pub(super) fn tree(&self, plan: &Plan, expr: &Expr, slots: &mut Slots) -> Tree {
        match &expr.kind {
            ExprKind::Constant(_) => Tree::leaf(Label::default()),
            ExprKind::Input(index) => self.inputs[*index].clone(),
            ExprKind::Let(index) => self.lets[*index].clone(),
            ExprKind::Step(step) => self.steps[step.index()].clone(),
            ExprKind::Each(each) => self.eaches[each.index()].clone(),
            ExprKind::Element(each) => self.elements[each.index()].clone(),
            ExprKind::Local(slot) => {
                slots.get(*slot).cloned().flatten().unwrap_or_else(|| Tree::leaf(Label::default()))
            }
            ExprKind::Interpolate(parts) => self.flat(plan, parts, slots),
            ExprKind::Field { base, name, optional } => {
                let base = self.tree(plan, base, slots);
                let field = base.field(name);
                if *optional { field.over(base.own) } else { field }
            }
            ExprKind::Index { base, index } => self.index(plan, (base, index), &expr.ty, slots),
            ExprKind::Method { function, args, optional } => {
                let trees: Vec<Tree> = args.iter().map(|arg| self.tree(plan, arg, slots)).collect();
                let given = self.method(function, args, &trees, &expr.ty);
                if *optional { given.over(trees[0].own) } else { given }
            }
            ExprKind::Call(call) => {
                self.calls.get(&call.span.start).cloned().unwrap_or_else(|| Tree::leaf(Label::default()))
            }
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.tree(plan, item, slots)).reduce(|all, item| all.join(&item));
                Tree::list(Label::default(), items.unwrap_or_else(|| Tree::leaf(Label::default())))
            }
            ExprKind::Record(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.clone(), self.tree(plan, value, slots)));
                Tree::record(Label::default(), fields.collect(), Label::default())
            }
            ExprKind::Unary(_, operand) => Tree::leaf(self.parts(self.tree(plan, operand, slots).all)),
            ExprKind::Binary(op, operands) => self.binary(plan, *op, operands, &expr.ty, slots),
            ExprKind::If(parts) => {
                let condition = self.tree(plan, &parts.0, slots).all;
                let then = self.tree(plan, &parts.1, slots);
                let value = then.join(&self.tree(plan, &parts.2, slots));
                self.picked(Rule::Condition, value, condition, &expr.ty)
            }
            ExprKind::Comprehension(inner) => self.comprehension(plan, inner, slots),
            ExprKind::As(value, ty) => {
                let tree = self.tree(plan, value, slots);
                // The plan's text says which fields there are.
                match (&tree.inner, &value.kind, ty.head().plain()) {
                    (Inner::Record(fields, _), ExprKind::Record(_), Type::Map(_)) => {
                        let values = fields.values().cloned().reduce(|all, field| all.join(&field));
                        Tree::list(tree.own, values.unwrap_or_else(|| Tree::leaf(Label::default())))
                    }
                    _ => tree,
                }
            }
        }
    }

    fn flat(&self, plan: &Plan, parts: &[Expr], slots: &mut Slots) -> Tree {
        let all = parts.iter().map(|part| self.tree(plan, part, slots).all);
        Tree::leaf(self.parts(all.fold(Label::default(), Label::join)))
    }

    fn parts(&self, label: Label) -> Label {
        if self.rules.has(Rule::Parts) { label } else { Label::default() }
    }

    fn picked(&self, rule: Rule, value: Tree, by: Label, ty: &Type) -> Tree {
        if self.rules.has(rule) { value.picked(by, ty) } else { value }
    }

    /// The labels of an item by where it stands: what a list is made of, and how many items it has, may decide that, and both
    /// are in the label of the list, whatever functions it went through.
    pub(super) fn standing(&self, rule: Rule, list: &Tree, ty: &Type) -> Tree {
        self.picked(rule, list.items(), list.own, ty)
    }

    fn index(&self, plan: &Plan, (base, index): (&Expr, &Expr), ty: &Type, slots: &mut Slots) -> Tree {
        let by = self.tree(plan, index, slots).all;
        let tree = self.tree(plan, base, slots);
        let by = if self.rules.has(Rule::Index) { by } else { Label::default() };
        match (&tree.inner, &index.kind) {
            (Inner::Record(..), ExprKind::Constant(Value::String(name))) => tree.field(name),
            (Inner::Record(..), _) => Tree::leaf(tree.all.join(by)),
            // Whether a key is there decides between a value and null.
            (Inner::List(items), _) if matches!(base.ty.without_null(), Type::Map(_)) => {
                (**items).clone().over(tree.own).over(by)
            }
            (Inner::List(_) | Inner::Leaf, _) => self.standing(Rule::Position, &tree, ty).over(by),
        }
    }

    fn binary(&self, plan: &Plan, op: BinaryOp, operands: &(Expr, Expr), ty: &Type, slots: &mut Slots) -> Tree {
        let (left, right) = (self.tree(plan, &operands.0, slots), self.tree(plan, &operands.1, slots));
        let is_null = |expr: &Expr| matches!(expr.kind, ExprKind::Constant(Value::Null));
        match op {
            BinaryOp::Coalesce => {
                let by = left.own;
                self.picked(Rule::Condition, left.join(&right), by, ty)
            }
            BinaryOp::Equal | BinaryOp::NotEqual if is_null(&operands.1) => Tree::leaf(self.parts(left.own)),
            BinaryOp::Equal | BinaryOp::NotEqual if is_null(&operands.0) => Tree::leaf(self.parts(right.own)),
            BinaryOp::Or
            | BinaryOp::And
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::In
            | BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Remainder => Tree::leaf(self.parts(left.all.join(right.all))),
        }
    }

    fn comprehension(&self, plan: &Plan, inner: &Comprehension, slots: &mut Slots) -> Tree {
        let list = self.tree(plan, &inner.list, slots);
        let outer = bind(slots, inner.slot, Some(list.items()));
        let element = self.tree(plan, &inner.element, slots);
        let label = |expr: &Expr, slots: &mut Slots| self.tree(plan, expr, slots).all;
        let condition = inner.condition.as_ref().map_or(Label::default(), |condition| label(condition, slots));
        let order = inner.order.iter().fold(Label::default(), |order, (key, _)| order.join(label(key, slots)));
        bind(slots, inner.slot, outer);
        let element = self.picked(Rule::Filter, element, condition, &inner.element.ty);
        let element = self.picked(Rule::Order, element, order, &inner.element.ty);
        let own = if self.rules.has(Rule::Length) { list.own.join(condition) } else { list.own };
        Tree::list(own, element)
    }

    fn method(&self, function: &Function, args: &[Expr], trees: &[Tree], ty: &Type) -> Tree {
        let [receiver, given @ ..] = trees else { return Tree::leaf(Label::default()) };
        let others = given.iter().fold(Label::default(), |all, tree| all.join(tree.all));
        let flat = || Tree::leaf(self.parts(receiver.all.join(others)));
        let length = || if self.rules.has(Rule::Length) { receiver.own } else { Label::default() };
        // A record that is taken for a map: nothing tells which of its fields are there but all that is known of it.
        let keys = || match receiver.inner {
            Inner::Record(..) if self.rules.has(Rule::Keys) => receiver.all,
            Inner::Leaf | Inner::Record(..) | Inner::List(_) => receiver.own,
        };
        let constant = || match args.get(1).map(|arg| &arg.kind) {
            Some(ExprKind::Constant(Value::String(name))) => Some(name.clone()),
            _ => None,
        };
        let name = function.name;
        match args[0].ty.without_null().plain() {
            Type::List(_) => match name {
                "length" | "is_empty" => Tree::leaf(length()),
                "first" | "last" | "min" | "max" => self.picked(Rule::Filter, receiver.items(), length(), ty),
                "reverse" | "sort" => Tree::list(receiver.own, receiver.items()),
                "unique" => Tree::list(receiver.all, receiver.items()),
                "take" | "drop" | "slice" => {
                    let items = self.picked(Rule::Index, receiver.items(), others, args[0].ty.element().unwrap_or(ty));
                    Tree::list(receiver.own.join(others), items)
                }
                "concat" => match given {
                    [other] => Tree::list(receiver.own.join(other.own), receiver.items().join(&other.items())),
                    _ => flat(),
                },
                "flatten" => {
                    let inner = receiver.items();
                    Tree::list(receiver.own.join(inner.own), inner.items())
                }
                "numbered" => {
                    Tree::list(receiver.own, record([("index", Tree::leaf(receiver.own)), ("item", receiver.items())]))
                }
                "zip" => match given {
                    [other] => {
                        let own = receiver.own.join(other.own);
                        Tree::list(own, record([("first", receiver.items()), ("second", other.items())]))
                    }
                    _ => flat(),
                },
                "chunks" => {
                    let own = receiver.own.join(others);
                    Tree::list(own, Tree::list(own, receiver.items()))
                }
                "group" => match constant() {
                    Some(field) => {
                        let items = receiver.items();
                        let key = items.field(&field);
                        let own = receiver.own.join(key.all);
                        let element = args[0].ty.element().unwrap_or(ty);
                        let items = self.picked(Rule::Filter, items, key.all, element);
                        Tree::list(own, record([("key", key), ("items", Tree::list(own, items))]))
                    }
                    None => flat(),
                },
                _ => flat(),
            },
            Type::Map(_) => match name {
                "length" | "is_empty" if self.rules.has(Rule::Length) => Tree::leaf(keys()),
                "length" | "is_empty" => Tree::leaf(Label::default()),
                "keys" => Tree::list(keys(), Tree::leaf(keys())),
                "has" => Tree::leaf(self.parts(keys().join(others))),
                "values" => Tree::list(keys(), receiver.items()),
                "entries" => Tree::list(keys(), record([("key", Tree::leaf(keys())), ("value", receiver.items())])),
                "get" => receiver.items().over(receiver.own).over(others),
                _ => flat(),
            },
            Type::Record(_) if name == "get" => match constant() {
                Some(field) => receiver.field(&field),
                None => flat(),
            },
            _ => flat(),
        }
    }
}

fn record<const N: usize>(fields: [(&str, Tree); N]) -> Tree {
    let fields = fields.into_iter().map(|(name, tree)| (name.into(), tree));
    Tree::record(Label::default(), fields.collect(), Label::default())
}
