//! Functions on lists. Those that only need to know which items there are work on lists with unknown items.

use super::scan::constant;
use super::strings::{name_of, range};
use super::{BadArgument, Function, Needs, count, int, list, size, takes, text, wrong};
use crate::forms::Form;
use crate::types::{Field, Type};
use crate::value::compare::{contains, equal, order};
use crate::value::{MAX_ITEMS, MAX_TEXT_BYTES, Value, exact_float, text_too_long, too_many_items};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use Needs::{Shape, Whole};
use Type::{Bool, Int, String as Text};

macro_rules! function {
    ($needs:expr, $signature:literal, $doc:literal, $example:expr, $check:expr, $eval:expr) => {
        Function {
            name: name_of($signature),
            signature: $signature,
            doc: $doc,
            example: $example,
            check: $check,
            needs: $needs,
            pattern: None,
            eval: $eval,
        }
    };
}

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    function!(Shape, "[T].length() -> int", "The number of items.",
        ("[1, 2].length()", "2"), |_, a| takes(a, &[], 0, Int), |l, _| Ok(size(list(l)?.len()))),
    function!(Shape, "[T].is_empty() -> bool", "Whether there is no item.",
        ("[1].is_empty()", "false"), |_, a| takes(a, &[], 0, Bool), |l, _| Ok(Value::Bool(list(l)?.is_empty()))),
    function!(Shape, "[T].first(message?: string) -> T?",
        "The first item; where there is none null, or with a message a failure that says it.",
        (r#"[3, 4].first("no port is free")"#, "3"), end_type, |l, a| end(list(l)?.first(), a)),
    function!(Shape, "[T].last(message?: string) -> T?",
        "The last item; where there is none null, or with a message a failure that says it.",
        ("[3, 4].last()", "4"), end_type, |l, a| end(list(l)?.last(), a)),
    function!(Whole, "[T].contains(item: T) -> bool", "Whether an item equals this one.",
        ("[1, 2].contains(2)", "true"), |l, a| takes_item(l, a, Bool),
        |l, a| Ok(Value::Bool(contains(list(l)?, &a[0]).unwrap_or(false)))),
    function!(Whole, "[T].index_of(item: T) -> int?", "The position of the first item that equals this one, from 0; null where there is none.",
        (r#"["a", "b"].index_of("b")"#, "1"), |l, a| takes_item(l, a, Int.optional()),
        |l, a| Ok(list(l)?.iter().position(|item| equal(item, &a[0]) == Some(true)).map_or(Value::Null, size))),
    function!(Whole, "[string].join(separator: string) -> string", "All items as one text, with the separator between them.",
        (r#"["a", "b"].join(", ")"#, r#""a, b""#), |l, a| of(l, &[Text], "[string]").and(takes(a, &[Text], 0, Text)),
        |l, a| join(list(l)?, text(&a[0])?)),
    function!(Shape, "[T].reverse() -> [T]", "The items from the last to the first.",
        ("[1, 2].reverse()", "[2, 1]"), |l, a| takes(a, &[], 0, same(l)), |l, _| Ok(Value::list(list(l)?.iter().rev().cloned()))),
    function!(Whole, "[T].sort() -> [T]", "Numbers and durations from the smallest, texts by code points, dates and times from the earliest; equal items keep their order.",
        ("[3, 1, 2].sort()", "[1, 2, 3]"), |l, a| of(l, ORDERED, ORDERED_LISTS).and(takes(a, &[], 0, same(l))),
        |l, _| sort(list(l)?)),
    function!(Whole, "[T].unique() -> [T]", "Each item the first time it occurs.",
        ("[2, 1, 2].unique()", "[2, 1]"), |l, a| takes(a, &[], 0, same(l)), |l, _| Ok(unique(list(l)?))),
    function!(Whole, "[T].sum() -> T", "The sum of integers or floats; 0 where there is none.",
        ("[1, 2, 3].sum()", "6"), |l, a| of(l, &[Int, Type::Float], "[int] or [float]").and(takes(a, &[], 0, number(l))),
        |l, _| sum(list(l)?)),
    function!(Whole, "[T].min() -> T?", "The smallest item, the first of equal ones; null where there is none.",
        ("[3, 1, 2].min()", "1"), |l, a| of(l, ORDERED, ORDERED_LISTS).and(takes(a, &[], 0, element(l).optional())),
        |l, _| extreme(list(l)?, Ordering::Less)),
    function!(Whole, "[T].max() -> T?", "The largest item, the first of equal ones; null where there is none.",
        ("[3, 1, 2].max()", "3"), |l, a| of(l, ORDERED, ORDERED_LISTS).and(takes(a, &[], 0, element(l).optional())),
        |l, _| extreme(list(l)?, Ordering::Greater)),
    function!(Shape, "[T].take(count: int) -> [T]", "The first items, at most so many.",
        ("[1, 2, 3].take(2)", "[1, 2]"), |l, a| takes(a, &[Int], 0, same(l)),
        |l, a| Ok(Value::list(list(l)?.iter().take(count(&a[0], "the number of items")?).cloned()))),
    function!(Shape, "[T].drop(count: int) -> [T]", "The items without the first ones, at most so many.",
        ("[1, 2, 3].drop(2)", "[3]"), |l, a| takes(a, &[Int], 0, same(l)),
        |l, a| Ok(Value::list(list(l)?.iter().skip(count(&a[0], "the number of items")?).cloned()))),
    function!(Shape, "[T].slice(start: int, end?: int) -> [T]",
        "The items from `start` (from 0) up to, not including, `end`, or all up to the end of the list.",
        ("[1, 2, 3, 4].slice(1, 3)", "[2, 3]"), |l, a| takes(a, &[Int, Int], 1, same(l)),
        |l, a| list(l).and_then(|l| Ok(Value::list(l[range(a, l.len(), "a list of {} items")?].iter().cloned())))),
    function!(Whole, "[T].count(item: T) -> int", "How many items equal this one.",
        ("[1, 2, 1].count(1)", "2"), |l, a| takes_item(l, a, Int),
        |l, a| Ok(size(list(l)?.iter().filter(|item| equal(item, &a[0]) == Some(true)).count()))),
    function!(Shape, "[T].zip(other: [U]) -> [{ first: T, second: U }]",
        "The items of both lists in pairs; fails where one list is longer.",
        (r#"[1, 2].zip(["a", "b"])"#, r#"[{ first: 1, second: "a" }, { first: 2, second: "b" }]"#), zip_type,
        |l, a| zip(list(l)?, list(&a[0])?)),
    function!(Shape, "[T].numbered() -> [{ index: int, item: T }]", "Each item with its position, from 0.",
        (r#"["a", "b"].numbered()"#, r#"[{ index: 0, item: "a" }, { index: 1, item: "b" }]"#), numbered_type,
        |l, _| Ok(Value::list(list(l)?.iter().enumerate().map(|(at, item)| {
            Value::record([("index", size(at)), ("item", item.clone())])
        })))),
    function!(Shape, "[T].chunks(length: int) -> [[T]]", "The items in lists of this length, of which the last may be shorter.",
        ("[1, 2, 3].chunks(2)", "[[1, 2], [3]]"), |l, a| takes(a, &[Int], 0, Type::list(same(l))),
        |l, a| chunks(list(l)?, count(&a[0], "the length")?)),
    function!(Whole, "[record].group(field: string) -> [{ key: K, items: [record] }]",
        "The records by the value of a field, which a constant names: each value once, in the order in which it first occurs.",
        (r#"[{ a: 1, b: 2 }, { a: 1, b: 3 }].group("a").length()"#, "1"), group_type, |l, a| group(list(l)?, text(&a[0])?)),
    function!(Shape, "[T].concat(other: [U]) -> [T | U]", "The items of both lists.",
        ("[1].concat([2, 3])", "[1, 2, 3]"), concat_type, |l, a| items(list(l)?.iter().chain(list(&a[0])?))),
    function!(Whole, "[[T]].flatten() -> [T]", "The items of all lists in this list.",
        ("[[1], [2, 3]].flatten()", "[1, 2, 3]"), flatten_type, |l, _| flatten(list(l)?)),
];

/// What can be ordered; a list holds one of them.
const ORDERED: &[Type] = &[
    Int,
    Type::Float,
    Text,
    Type::Form(Form::Duration),
    Type::Form(Form::Date),
    Type::Form(Form::Time),
    Type::Form(Form::Datetime),
];
const ORDERED_LISTS: &str = "a list of numbers, texts, or times of one kind";

/// The type of the items: of all lists that the receiver may be.
pub(super) fn element(receiver: &Type) -> Type {
    Type::union(receiver.members().iter().filter_map(Type::element).map(Type::head))
}

/// A list of the receiver's items, in another order or number.
fn same(receiver: &Type) -> Type {
    Type::list(element(receiver))
}

/// Whether all items are of one of these types.
fn of(receiver: &Type, types: &[Type], expected: &str) -> Result<(), BadArgument> {
    let element = element(receiver);
    match types.iter().any(|ty| element.is_subtype(ty)) {
        true => Ok(()),
        false => Err(BadArgument::Type { index: None, expected: expected.into() }),
    }
}

fn number(receiver: &Type) -> Type {
    if element(receiver).is_subtype(&Int) { Int } else { Type::Float }
}

fn end_type(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    let item = element(receiver);
    takes(args, &[Text], 1, if args.is_empty() { item.optional() } else { item })
}

/// An item to look for may be of a wider type than the items, or of a narrower one.
fn takes_item(receiver: &Type, args: &[Type], result: Type) -> Result<Type, BadArgument> {
    let element = element(receiver);
    match args {
        [arg] if element.is_accepted_as(arg) => Ok(result),
        _ => takes(args, &[element], 0, result),
    }
}

fn concat_type(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    match args {
        [arg] if arg.members().iter().all(|member| member.element().is_some()) => {
            Ok(Type::list(Type::union([element(receiver), element(arg)])))
        }
        _ => takes(args, &[same(receiver)], 0, same(receiver)),
    }
}

fn zip_type(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    match args {
        [arg] if arg.members().iter().all(|member| member.element().is_some()) => {
            Ok(Type::list(Type::record([("first", element(receiver)), ("second", element(arg))])))
        }
        _ => takes(args, &[same(receiver)], 0, same(receiver)),
    }
}

fn numbered_type(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    takes(args, &[], 0, Type::list(Type::record([("index", Int), ("item", element(receiver))])))
}

/// The field is one that all records have, so that its type is known.
fn group_type(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    let name = constant(args)?;
    let records = element(receiver);
    let field = |record: &Type| match record {
        Type::Record(record) => record.field(name).map(Field::read),
        _ => None,
    };
    let keys = records.members().iter().map(field).collect::<Option<Vec<_>>>();
    match keys {
        Some(keys) => Ok(Type::list(Type::record([("key", Type::union(keys)), ("items", same(receiver))]))),
        None => Err(BadArgument::Type { index: None, expected: format!("a list of records with the field `{name}`") }),
    }
}

fn flatten_type(receiver: &Type, args: &[Type]) -> Result<Type, BadArgument> {
    let inner = element(receiver);
    match inner.members().iter().all(|member| member.element().is_some() || *member == Type::Error) {
        true => takes(args, &[], 0, same(&inner)),
        false => Err(BadArgument::Type { index: None, expected: "a list of lists".into() }),
    }
}

fn end(item: Option<&Value>, args: &[Value]) -> Result<Value, String> {
    match (item, args) {
        (Some(item), _) => Ok(item.clone()),
        (None, []) => Ok(Value::Null),
        (None, [message, ..]) => Err(text(message)?.to_owned()),
    }
}

fn join(parts: &[Value], separator: &str) -> Result<Value, String> {
    let parts = parts.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    let between = separator.len().saturating_mul(parts.len().saturating_sub(1));
    match parts.iter().map(|part| part.len()).sum::<usize>().saturating_add(between) > MAX_TEXT_BYTES {
        true => Err(text_too_long()),
        false => Ok(Value::string(parts.join(separator))),
    }
}

fn sort(items: &[Value]) -> Result<Value, String> {
    let mut sorted = items.to_vec();
    sorted.sort_by(order);
    Ok(Value::list(sorted))
}

/// A value by the total order.
struct Ordered<'v>(&'v Value);

impl PartialEq for Ordered<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ordered<'_> {}

impl PartialOrd for Ordered<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        order(self.0, other.0)
    }
}

fn unique(items: &[Value]) -> Value {
    let mut seen = BTreeSet::new();
    Value::list(items.iter().filter(|item| seen.insert(Ordered(item))).cloned())
}

fn sum(items: &[Value]) -> Result<Value, String> {
    items.iter().try_fold(Value::Int(0), |sum, item| match (&sum, item) {
        (Value::Int(a), Value::Int(b)) => {
            a.checked_add(*b).map(Value::Int).ok_or_else(|| "the sum does not fit into 64 bits".to_owned())
        }
        (a, b) => match float(a)? + float(b)? {
            sum if sum.is_finite() => Ok(Value::Float(sum)),
            _ => Err("the sum is no finite number".to_owned()),
        },
    })
}

fn float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Float(x) => Ok(*x),
        other => exact_float(int(other)?).ok_or_else(|| format!("{other} is not exact as a float")),
    }
}

fn extreme(items: &[Value], wanted: Ordering) -> Result<Value, String> {
    let better = |best: &'_ Value, item: &Value| order(item, best) == wanted;
    let best = items.iter().reduce(|best, item| if better(best, item) { item } else { best });
    Ok(best.cloned().unwrap_or(Value::Null))
}

fn zip(first: &[Value], second: &[Value]) -> Result<Value, String> {
    if first.len() != second.len() {
        return Err(format!("one list has {} items, the other {}", first.len(), second.len()));
    }
    let pairs = first.iter().zip(second);
    Ok(Value::list(pairs.map(|(first, second)| Value::record([("first", first.clone()), ("second", second.clone())]))))
}

fn chunks(items: &[Value], length: usize) -> Result<Value, String> {
    match length {
        0 => Err("the length is 0, it must not be".into()),
        _ => Ok(Value::list(items.chunks(length).map(|chunk| Value::list(chunk.iter().cloned())))),
    }
}

fn group(records: &[Value], field: &str) -> Result<Value, String> {
    let mut places: BTreeMap<Ordered<'_>, usize> = BTreeMap::new();
    let mut groups: Vec<(&Value, Vec<Value>)> = Vec::new();
    for record in records {
        let key = record.get(field).unwrap_or(&Value::Null);
        let place = *places.entry(Ordered(key)).or_insert(groups.len());
        if place == groups.len() {
            groups.push((key, Vec::new()));
        }
        groups[place].1.push(record.clone());
    }
    let group =
        |(key, items): (&Value, Vec<Value>)| Value::record([("key", key.clone()), ("items", Value::list(items))]);
    Ok(Value::list(groups.into_iter().map(group)))
}

fn items<'v>(all: impl Iterator<Item = &'v Value>) -> Result<Value, String> {
    let all: Vec<Value> = all.take(MAX_ITEMS + 1).cloned().collect();
    match all.len() > MAX_ITEMS {
        true => Err(too_many_items()),
        false => Ok(Value::list(all)),
    }
}

fn flatten(lists: &[Value]) -> Result<Value, String> {
    match lists.iter().find(|inner| inner.as_list().is_none()) {
        Some(other) => Err(wrong("a list", other)),
        None => items(lists.iter().filter_map(Value::as_list).flatten()),
    }
}
