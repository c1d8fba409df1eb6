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
            (
                r#"[1, "a"]"#,
                "sort",
                "[]",
                Err("Type { index: None, expected: \"a list of numbers, texts, or times of one kind\" }"),
            ),
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

/// Each case: text, constant argument, result, or what is said of it.
fn check_constant(name: &str, cases: &[(&str, &str, Result<&str, &str>)]) {
    for (receiver, pattern, expected) in cases {
        let function = find(&Type::String, name).expect("it is there");
        let args = [Type::Literal(Literal::String((*pattern).into()))];
        let result = match (function.check)(&Type::String, &args) {
            Err(BadArgument::Value { reason, .. }) => Err(reason),
            Err(other) => panic!("{pattern}: {other:?}"),
            Ok(ty) => (function.eval)(&Value::string(*receiver), &[Value::string(*pattern)]).inspect(|value| {
                assert_eq!(crate::conform::check_value(value, &ty), Ok(()), "{receiver:?} by {pattern:?}");
            }),
        };
        assert_eq!(
            result.map(|value| value.to_string()),
            expected.map(str::to_owned).map_err(str::to_owned),
            "{pattern:?}"
        );
    }
}

#[test]
fn texts_are_taken_apart_by_a_pattern() {
    check_constant(
        "parse",
        &[
            ("Rating: 4.5\n", "Rating: {rating: float}\n", Ok("{ rating: 4.5 }")),
            ("Rating: 4.5\r\n", "Rating: {rating: float}\n", Ok("{ rating: 4.5 }")),
            ("Rating: 4.5", "Rating: {rating: float}\n", Err("the text \"Rating: 4.5\" is not like the pattern")),
            ("a=b=c", "{key}={value}", Ok("{ key: \"a\", value: \"b=c\" }")),
            ("=", "{key}={value}", Ok("{ key: \"\", value: \"\" }")),
            ("{x 1}", "{{x {n:int}}}", Ok("{ n: 1 }")),
            ("a\nb\nn: -07", "{_}n: {n: int}", Ok("{ n: -7 }")),
            ("a\nb", "{all: string}", Err("the text \"a\\nb\" is not like the pattern")),
            ("a\nb", "{all: text}", Ok("{ all: \"a\\nb\" }")),
            (
                "true 2026-05-01 1h30m",
                "{a: bool} {b: date} {c: duration}",
                Ok("{ a: true, b: \"2026-05-01\", c: 90m }"),
            ),
            (
                "at 2026-05-01T09:30:00Z, 09:30:00.5",
                "at {a: datetime}, {b: time}",
                Ok("{ a: \"2026-05-01T09:30:00Z\", b: \"09:30:00.5\" }"),
            ),
            ("2026-13-01", "{day: date}", Err("`day`: \"2026-13-01\" is no date")),
            ("9223372036854775808", "{n: int}", Err("`n`: \"9223372036854775808\" is no int")),
            ("1e999", "{n: float}", Err("`n`: \"1e999\" is no float")),
            ("a.c", "a.{x}", Ok("{ x: \"c\" }")),
            ("abc", "a.{x}", Err("the text \"abc\" is not like the pattern")),
            ("", "text", Err("the pattern names no part: `{name: type}`")),
            ("", "{_}", Err("the pattern names no part: `{name: type}`")),
            ("", "{a}{b}", Err("between `{b}` and the part before it stands no text that tells them apart")),
            ("", "{a} {a}", Err("the pattern names `a` twice")),
            ("", "{a", Err("a `{` that stands for itself is written twice")),
            ("", "a}", Err("a `}` that stands for itself is written twice")),
            ("", "{}", Err("`{}` has no name; a brace that stands for itself is written twice")),
            (
                "",
                "{a: number}",
                Err(
                    "`number` is no type of a pattern; there are `string`, `text`, `int`, `float`, `bool`, `date`, `time`, `datetime`, `duration`",
                ),
            ),
        ],
    );
    let many: String = (0..=MAX_HOLES).map(|at| format!("{{a{at}}} ")).collect();
    check_constant("parse", &[("", &many, Err("the pattern names more than 64 parts"))]);
}

#[test]
fn tables_are_read_into_records() {
    check_constant(
        "parse_csv",
        &[
            (
                "id,Dose (mg),note\nA,2.5,\"x,\"\"y\"\"\"\nB, ,\n",
                "id, dose: float? from Dose (mg), note",
                Ok("[{ id: \"A\", dose: 2.5, note: \"x,\\\"y\\\"\" }, { id: \"B\", dose: null, note: \"\" }]"),
            ),
            ("\u{feff}n\r\n1\r\n", "n: int", Ok("[{ n: 1 }]")),
            ("n\n", "n: int", Ok("[]")),
            ("n\n1.5\n", "n: int", Err("line 2: `n` is no int: \"1.5\"")),
            ("n\n+1\n", "n: int", Err("line 2: `n` is no int: \"+1\"")),
            ("n\ninf\n", "n: float", Err("line 2: `n` is no float: \"inf\"")),
            ("n\n\"\"\n", "n: int", Err("line 2: `n` is no int: \"\"")),
            ("n,m\n1,2\n3\n", "n: int", Err("line 3 has 1 cells, the header has 2")),
            ("a,b\n", "c", Err("the table has no column `c`")),
            ("a,a\n", "a", Err("the table has two columns `a`")),
            ("", "a", Err("the table has no column `a`")),
            ("", "a, a", Err("the column `a` is declared twice")),
            ("", "Dose (mg)", Err("`Dose (mg)` declares no column: `name: type`")),
        ],
    );
}

#[test]
fn tables_are_written_with_all_fields() {
    let records = |text: &str| json(text);
    let ty = Type::list(Type::Record(std::sync::Arc::new(crate::types::RecordType {
        is_open: false,
        name: None,
        fields: [("a", Type::Any), ("b", Type::String.optional())]
            .map(|(name, ty)| crate::types::Field { name: name.into(), optional: name == "b", ty })
            .to_vec(),
    })));
    let write = find(&ty, "to_csv").expect("it is there");
    assert!((write.check)(&ty, &[]).is_err(), "what is of unknown shape is in no cell");
    let cases = [
        ("[]", "\"\""),
        (r#"[{"a": 1}, {"a": 2.5, "b": "x\ny"}]"#, r#""a,b\n1,\n2.5,\"x\ny\"\n""#),
        (r#"[{"a": null}]"#, r#""a\n\"\"\n""#),
    ];
    for (rows, expected) in cases {
        assert_eq!((write.eval)(&records(rows), &[]), Ok(json(expected)), "{rows}");
    }
}

#[test]
fn statistics_of_numbers() {
    check(
        None,
        &[
            ("[1, 2]", "mean", "[]", Ok("1.5")),
            ("[4, 1, 2, 3.5]", "median", "[]", Ok("2.75")),
            ("[1.0, 1.0]", "stddev", "[]", Ok("0.0")),
            ("[1]", "stddev", "[]", Err("there are fewer than 2 numbers")),
            ("[1e308, 1e308]", "mean", "[]", Err("the result is no finite number")),
            (r#"["a"]"#, "mean", "[]", Err("Type { index: None, expected: \"[int] or [float]\" }")),
            ("[1, 2, 3]", "slice", "[2]", Ok("[3]")),
            ("[1, 2, 3]", "slice", "[2, 4]", Err("the range 2 to 4 is outside a list of 3 items")),
            ("[1, 2]", "zip", "[[3]]", Err("one list has 2 items, the other 1")),
            ("[1]", "chunks", "[0]", Err("the length is 0, it must not be")),
        ],
    );
    let empty = Value::list([]);
    assert_eq!(call_on(&Type::list(Type::Int), &empty, "mean", &[]), Err("there is no number".to_owned()));
}

#[test]
fn numbers_are_rounded_by_their_exact_value() {
    check(
        None,
        &[
            ("0.125", "format", "[2]", Ok(r#""0.13""#)),
            ("0.135", "format", "[2]", Ok(r#""0.14""#)),
            ("1.005", "format", "[2]", Ok(r#""1.00""#)),
            ("-0.5", "format", "[0]", Ok(r#""-1""#)),
            ("2.5", "format", "[0]", Ok(r#""3""#)),
            ("9.5", "format", "[0]", Ok(r#""10""#)),
            ("99.96875", "format", "[4]", Ok(r#""99.9688""#)),
            ("-0.001", "format", "[2]", Ok(r#""0.00""#)),
            ("7", "format", "[2]", Ok(r#""7.00""#)),
            ("1.5", "format", "[-1]", Err("the number of digits is `-1`, it must be 0 to 100")),
            ("12.345", "round", "[1]", Ok("12.3")),
            ("-0.04", "round", "[1]", Ok("0.0")),
            ("3", "min", "[2]", Ok("2")),
            ("-1", "sqrt", "[]", Err("a negative number has no square root")),
        ],
    );
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn cell() -> impl Strategy<Value = Value> {
        prop_oneof![
            "[ -~\r\n\"äß,]{0,12}".prop_map(Value::string),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Value::Float),
            Just(Value::Null),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        cell().prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::list),
                prop::collection::btree_map("[a-z]{1,3}", inner, 0..4).prop_map(Value::record),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn json_is_read_back(value in value()) {
            let text = call_on(&Type::Any, &value, "to_json", &[]).expect("it is short");
            prop_assert_eq!(call_on(&Type::String, &text, "parse_json", &[]), Ok(value));
        }

        #[test]
        fn tables_are_read_back(rows in prop::collection::vec(("[ -~\r\n\"äß,]{0,12}", any::<i64>(), prop::option::of(any::<i64>())), 1..8)) {
            let row = |(text, int, maybe): &(String, i64, Option<i64>)| {
                let maybe = maybe.map_or(Value::Null, Value::Int);
                Value::record([("t", Value::string(text.as_str())), ("i", Value::Int(*int)), ("m", maybe)])
            };
            let table = Value::list(rows.iter().map(row));
            let text = call_on(&type_of(&table), &table, "to_csv", &[]).expect("it is small");
            let read = find(&Type::String, "parse_csv").expect("it is there");
            prop_assert_eq!((read.eval)(&text, &[Value::string("t, i: int, m: int?")]), Ok(table));
        }

        #[test]
        fn what_a_pattern_wrote_it_reads(key in "[a-z ]{0,8}", number in any::<i64>(), float in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            // Floats are written without exponent here.
            let text = format!("{key}: {number}, {float}\n");
            let read = find(&Type::String, "parse").expect("it is there");
            let value = (read.eval)(&Value::string(text), &[Value::string("{k}: {n: int}, {x: float}\n")]);
            prop_assert_eq!(value, Ok(Value::record([("k", Value::string(key)), ("n", Value::Int(number)), ("x", Value::Float(float))])));
        }

        #[test]
        fn no_pattern_and_no_table_harms(text in "[ -~\n]{0,30}", pattern in "([ a-z{}:?,\n]|\\{a\\}|: int|: float)*") {
            for name in ["parse", "parse_csv"] {
                let function = find(&Type::String, name).expect("it is there");
                let checked = (function.check)(&Type::String, &[Type::Literal(Literal::String(pattern.as_str().into()))]);
                let made = (function.eval)(&Value::string(text.as_str()), &[Value::string(pattern.as_str())]);
                if let (Ok(ty), Ok(value)) = (&checked, &made) {
                    prop_assert!(crate::conform::check_value(value, ty).is_ok());
                }
                prop_assert!(checked.is_ok() || made.is_err(), "{pattern:?} was refused, and yet gave {made:?}");
            }
        }

        #[test]
        fn rounding_is_to_the_nearest(x in -1e6..1e6_f64, digits in 0..6_i64) {
            let text = call_on(&Type::Float, &Value::Float(x), "format", &[Value::Int(digits)]).expect("few digits");
            let near: f64 = text.as_str().expect("a text").parse().expect("a number");
            prop_assert!((near - x).abs() <= 0.5 * 0.1_f64.powi(digits as i32) + 1e-9, "{x} became {near}");
        }

        #[test]
        fn bytes_are_read_back(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            let value = Value::formed(crate::forms::Formed::Bytes(bytes.into()));
            let ty = Type::Form(Form::Bytes);
            for (write, read) in [("to_hex", "parse_hex"), ("to_base64", "parse_base64")] {
                let text = call_on(&ty, &value, write, &[]).expect("it is short");
                prop_assert_eq!(call_on(&Type::String, &text, read, &[]), Ok(value.clone()));
            }
        }
    }
}
