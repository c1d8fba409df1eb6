//! The table as a whole, and the functions one by one. The examples are executed where expressions can be parsed.

use super::*;
use crate::value::{MAX_ITEMS, MAX_TEXT_BYTES};
use std::collections::BTreeSet;

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::String(_) => Type::String,
        Value::Formed(formed) => Type::Form(formed.form()),
        Value::List(items) => Type::list(Type::union(items.iter().map(type_of))),
        Value::Record(record) => Type::record(record.iter().map(|(name, item)| (name.clone(), type_of(item)))),
        Value::Unknown(ty) => ty.clone(),
    }
}

/// Calls a function on a receiver of a type: checks its arguments, evaluates it, and checks the result against the type
/// that was promised.
fn call_on(ty: &Type, receiver: &Value, name: &str, args: &[Value]) -> Result<Value, String> {
    let function = find(ty, name).unwrap_or_else(|| panic!("`{name}` is no function on {ty}"));
    let types: Vec<Type> = args.iter().map(type_of).collect();
    let promised = (function.check)(ty, &types).map_err(|bad| format!("{bad:?}"))?;
    let value = (function.eval)(receiver, args)?;
    if let Err(misfit) = crate::conform::check_value(&value, &promised) {
        panic!("`{}` gave {value}, promised {promised}: {misfit}", function.signature);
    }
    Ok(value)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("the test has valid JSON")
}

/// Each case: receiver, name, arguments and result, all as JSON.
fn check(receiver_type: Option<Type>, cases: &[(&str, &str, &str, Result<&str, &str>)]) {
    for (receiver, name, args, expected) in cases {
        let receiver = json(receiver);
        let ty = receiver_type.clone().unwrap_or_else(|| type_of(&receiver));
        let args = json(args);
        let result = call_on(&ty, &receiver, name, args.as_list().expect("arguments are a list"));
        assert_eq!(result, expected.map(json).map_err(str::to_owned), "{receiver}.{name}{args}");
    }
}

#[test]
fn the_table_is_complete_and_without_duplicates() {
    let mut seen = BTreeSet::new();
    for function in all() {
        let receiver = function.signature.split_once(&format!(".{}(", function.name));
        let (kind, _) = receiver.unwrap_or_else(|| panic!("`{}` does not show its name", function.signature));
        assert!(seen.insert((kind.trim_matches(['[', ']']), function.name)), "`{}` is there twice", function.signature);
        assert!(function.doc.ends_with('.') && function.doc.len() > 10, "`{}` has a sentence", function.signature);
        assert!(function.example.0.contains(&format!(".{}(", function.name)), "`{}` is shown", function.signature);
        assert!(!function.example.1.is_empty());
    }
}

#[test]
fn methods_are_found_by_the_kind_of_the_receiver() {
    let literals = Type::union(["a", "b"].map(|text| Type::Literal(Literal::String(text.into()))));
    assert!(find(&literals, "upper").is_some());
    assert!(find(&Type::Path, "upper").is_some());
    assert!(find(&Type::Path, "parent").is_some());
    assert!(find(&Type::String, "parent").is_none());
    assert!(find(&Type::Bool, "to_json").is_some());
    assert!(find(&Type::union([Type::Int, Type::String]), "abs").is_none());
    assert!(find(&Type::union([Type::Int, Type::String]), "to_json").is_some());
    assert!(methods_of(&Type::list(Type::Int)).iter().any(|function| function.name == "sort"));
}

#[test]
fn functions_on_text() {
    check(
        None,
        &[
            (r#""häuser""#, "length", "[]", Ok("6")),
            (r#""a\r\nb\n""#, "lines", "[]", Ok(r#"["a", "b"]"#)),
            (r#""a = 1 = 2""#, "replace", r#"[" = ", "="]"#, Ok(r#""a=1=2""#)),
            (r#""a""#, "replace", r#"["", "b"]"#, Err("the text to look for must not be empty")),
            (r#""a.b.c""#, "replace_first", r#"[".", "/"]"#, Ok(r#""a/b.c""#)),
            (r#""a,b,,c""#, "split", r#"[","]"#, Ok(r#"["a", "b", "", "c"]"#)),
            (r#""äbcd""#, "slice", "[1, 3]", Ok(r#""bc""#)),
            (r#""äbcd""#, "slice", "[2]", Ok(r#""cd""#)),
            (r#""ab""#, "slice", "[2, 2]", Ok(r#""""#)),
            (r#""ab""#, "slice", "[0, 3]", Err("the range 0 to 3 is outside a text of 2 characters")),
            (r#""ab""#, "slice", "[-1, 1]", Err("the range -1 to 1 is outside a text of 2 characters")),
            (r#""ab""#, "slice", "[2, 1]", Err("the range 2 to 1 ends before it begins")),
            (r#""äb""#, "index_of", r#"["b"]"#, Ok("1")),
            (r#""äb""#, "index_of", r#"["c"]"#, Ok("null")),
            (r#""ab""#, "repeat", "[-1]", Err("the number of times is -1, it must not be negative")),
            (r#""7""#, "pad_start", r#"[3, "0"]"#, Ok(r#""007""#)),
            (r#""ab""#, "pad_end", "[1]", Ok(r#""ab""#)),
            (r#""ab""#, "pad_end", r#"[3, "xy"]"#, Err("the text to fill up with must be one character, found \"xy\"")),
            (r#""a\n\nb""#, "indent", "[2]", Ok(r#""  a\n\n  b""#)),
            (r#""-12""#, "parse_int", "[]", Ok("-12")),
            (r#""+12""#, "parse_int", "[]", Ok("null")),
            (r#""9223372036854775808""#, "parse_int", "[]", Ok("null")),
            (r#""1e3""#, "parse_float", "[]", Ok("1000.0")),
            (r#""nan""#, "parse_float", "[]", Ok("null")),
            (r#""1e999""#, "parse_float", "[]", Ok("null")),
            (r#""[1, null]""#, "parse_json", "[]", Ok("[1, null]")),
            (r#""v1.2""#, "strip_prefix", r#"["v"]"#, Ok(r#""1.2""#)),
            (r#""1.2""#, "strip_prefix", r#"["v"]"#, Ok(r#""1.2""#)),
            (r#""a""#, "upper", "[1]", Err("Count { expected: (0, 0) }")),
            (r#""a""#, "contains", "[1]", Err("Type { index: Some(0), expected: \"string\" }")),
        ],
    );
}

#[test]
fn regular_expressions_on_text() {
    check(
        None,
        &[
            (r#""v1.20""#, "matches", r#"["^v\\d+\\.\\d+$"]"#, Ok("true")),
            (r#""took 31 ms""#, "find", r#"["\\d+"]"#, Ok(r#""31""#)),
            (r#""none""#, "find", r#"["\\d+"]"#, Ok("null")),
            (r#""a1 b22""#, "find_all", r#"["\\d+"]"#, Ok(r#"["1", "22"]"#)),
            (r#""2024-05""#, "replace_regex", r#"["(\\d+)-(\\d+)", "$2/$1 $$ $x"]"#, Ok(r#""05/2024 $ $x""#)),
            (r#""ab""#, "replace_regex", r#"["", "-"]"#, Ok(r#""-a-b-""#)),
            (r#""a""#, "replace_regex", r#"["a", "$1"]"#, Err("the regular expression has no group `$1`")),
            (r#""a""#, "matches", r#"["("]"#, Err("the regular expression is not valid: unclosed group")),
            (r#""a""#, "matches", r#"["(\\w{1000}){1000}"]"#, Err("the regular expression is too large when compiled")),
        ],
    );
    assert!(regex(&"a".repeat(MAX_PATTERN_BYTES + 1)).is_err());
}

#[test]
fn functions_on_lists() {
    check(
        None,
        &[
            ("[1, 2]", "length", "[]", Ok("2")),
            ("[]", "first", r#"["no port is free"]"#, Err("no port is free")),
            ("[]", "last", "[]", Ok("null")),
            ("[1, 2]", "contains", "[2.0]", Ok("true")),
            ("[1]", "contains", r#"["a"]"#, Err("Type { index: Some(0), expected: \"int\" }")),
            (r#"["a", "b"]"#, "index_of", r#"["b"]"#, Ok("1")),
            (r#"["a", "b"]"#, "join", r#"[", "]"#, Ok(r#""a, b""#)),
            ("[1]", "join", r#"[","]"#, Err("Type { index: None, expected: \"[string]\" }")),
            ("[3, 1.5, 2]", "sort", "[]", Ok("[1.5, 2, 3]")),
            (r#"["b", "Z", "ä", "a"]"#, "sort", "[]", Ok(r#"["Z", "a", "b", "ä"]"#)),
            (r#"[1, "a"]"#, "sort", "[]", Err("Type { index: None, expected: \"[int], [float] or [string]\" }")),
            (r#"[2, 1, 2.0, {"a": 1, "b": 2}, {"b": 2, "a": 1}]"#, "unique", "[]", Ok(r#"[2, 1, {"a": 1, "b": 2}]"#)),
            ("[1, 2, 3]", "sum", "[]", Ok("6")),
            ("[1, 0.5]", "sum", "[]", Ok("1.5")),
            ("[9223372036854775807, 1]", "sum", "[]", Err("the sum does not fit into 64 bits")),
            ("[3, 1, 2]", "min", "[]", Ok("1")),
            ("[3, 1, 2]", "max", "[]", Ok("3")),
            ("[1, 2, 3]", "take", "[5]", Ok("[1, 2, 3]")),
            ("[1, 2, 3]", "drop", "[2]", Ok("[3]")),
            ("[1]", "take", "[-1]", Err("the number of items is -1, it must not be negative")),
            ("[1]", "concat", r#"[["a"]]"#, Ok(r#"[1, "a"]"#)),
            ("[[1], [2, 3]]", "flatten", "[]", Ok("[1, 2, 3]")),
            ("[1]", "flatten", "[]", Err("Type { index: None, expected: \"a list of lists\" }")),
            ("[1, 2]", "reverse", "[]", Ok("[2, 1]")),
        ],
    );
}

#[test]
fn functions_on_numbers_records_and_everything() {
    check(
        None,
        &[
            ("-3", "abs", "[]", Ok("3")),
            ("-9223372036854775808", "abs", "[]", Err("the result does not fit into 64 bits")),
            ("2.5", "round", "[]", Ok("3")),
            ("-2.5", "round", "[]", Ok("-3")),
            ("-1.5", "floor", "[]", Ok("-2")),
            ("1e300", "ceil", "[]", Err("the result does not fit into 64 bits")),
            ("9007199254740993", "to_float", "[]", Err("9007199254740993 is not exact as a float")),
            ("2.0", "to_string", "[]", Ok(r#""2.0""#)),
            (r#"{"b": 1, "a": 2}"#, "keys", "[]", Ok(r#"["b", "a"]"#)),
            (r#"{"a": 2}"#, "get", r#"["a"]"#, Ok("2")),
            (r#"{"a": 2}"#, "get", r#"["b"]"#, Ok("null")),
            (r#"{"b": [1, null, "x\n"]}"#, "to_json", "[]", Ok(r#""{\"b\":[1,null,\"x\\n\"]}""#)),
        ],
    );
}

#[test]
fn functions_on_paths() {
    check(
        Some(Type::Path),
        &[
            (r#""src/main.rs""#, "name", "[]", Ok(r#""main.rs""#)),
            (r#""src/main.rs""#, "parent", "[]", Ok(r#""src""#)),
            (r#""main.rs""#, "parent", "[]", Ok(r#"".""#)),
            (r#"".gitignore""#, "extension", "[]", Ok("null")),
            (r#""a.tar.gz""#, "extension", "[]", Ok(r#""gz""#)),
            (r#""a.tar.gz""#, "stem", "[]", Ok(r#""a.tar""#)),
            (r#""x/a.md""#, "with_extension", r#"["html"]"#, Ok(r#""x/a.html""#)),
            (r#""a.md""#, "with_extension", r#"[""]"#, Ok(r#""a""#)),
            (r#"".""#, "join", r#"["a"]"#, Ok(r#""a""#)),
            (r#""a""#, "join", r#"["../b"]"#, Err("the path `../b` leaves the workspace or goes back with `..`")),
            (
                r#""a""#,
                "join",
                r#"["/b"]"#,
                Err("the path `/b` is not relative to the workspace with `/` between its parts"),
            ),
            (
                r#""a""#,
                "with_extension",
                r#"["b/c"]"#,
                Err("an extension has no `/` and no leading dot, found \"b/c\""),
            ),
        ],
    );
}

#[test]
fn what_functions_make_is_bounded() {
    let large = Value::string("a".repeat(MAX_TEXT_BYTES / 2));
    let too_long = Err("the text has more than 64 MiB".to_owned());
    assert_eq!(call_on(&Type::String, &large, "repeat", &[Value::Int(3)]), too_long);
    assert_eq!(call_on(&Type::String, &large, "replace", &[Value::string("a"), Value::string("abc")]), too_long);
    assert_eq!(call_on(&Type::String, &Value::string("a"), "pad_start", &[Value::Int(i64::MAX)]), too_long);
    assert_eq!(call_on(&Type::String, &Value::string("a"), "indent", &[Value::Int(i64::MAX)]), too_long);
    let lists = Value::list([Value::list(vec![Value::Int(0); MAX_ITEMS]), Value::list([Value::Int(0)])]);
    let ty = Type::list(Type::list(Type::Int));
    assert_eq!(call_on(&ty, &lists, "flatten", &[]), Err("the list has more than 1000000 items".to_owned()));
}
