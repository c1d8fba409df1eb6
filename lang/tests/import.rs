//! Definitions of servers ⟶ catalogues: every real tool can be called, and no schema, however odd, does harm.

mod common;

use planc_lang::catalogue::Tool;
use planc_lang::compile::{add_builtin, compile, load_catalogue};
use planc_lang::diagnostic::Severity;
use planc_lang::import::{self, pin};
use planc_lang::source::Sources;
use planc_lang::types::Type;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::path::Path;

const SERVERS: [&str; 10] =
    ["everything", "filesystem", "git", "mcp-atlassian", "memory", "mongodb", "notion", "playwright", "sqlite", "time"];

fn definitions(server: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runner/tests/data/catalogues");
    let text = common::read(&folder.join(format!("{server}.json")));
    let whole: Value = serde_json::from_str(&text).expect("it is JSON");
    whole["tools"].as_array().expect("it has tools").clone()
}

fn errors(diagnostics: &[planc_lang::diagnostic::Diagnostic]) -> Vec<String> {
    let severe = diagnostics.iter().filter(|diagnostic| diagnostic.severity() == Severity::Error);
    severe.map(|diagnostic| format!("{} {}", diagnostic.code, diagnostic.message)).collect()
}

/// The tools of a catalogue text, which must be without errors.
fn tools(text: &str) -> Vec<std::sync::Arc<Tool>> {
    let mut sources = Sources::default();
    let index = sources.add("c.pl", text);
    let (catalogue, diagnostics) = load_catalogue(&sources, &[index]);
    assert_eq!(errors(&diagnostics), Vec::<String>::new(), "{text}");
    catalogue.tools().cloned().collect()
}

/// A constant of a type.
fn sample(ty: &Type) -> String {
    match ty {
        Type::Any | Type::String | Type::Error => "\"a\"".into(),
        Type::Path | Type::Glob => "\"a.txt\"".into(),
        Type::Null => "null".into(),
        Type::Bool => "true".into(),
        Type::Int => "1".into(),
        Type::Float => "1.5".into(),
        Type::Form(form) => format!("\"{}\"", form.example()),
        Type::Literal(literal) => literal.to_string(),
        Type::List(element) if matches!(**element, Type::Named(_)) => "[]".into(),
        Type::List(element) => format!("[{}]", sample(element)),
        Type::Map(value) => format!("{{ a: {} }}", sample(value)),
        Type::Record(record) => {
            let needed = record.fields.iter().filter(|field| !field.optional);
            let fields: Vec<String> = needed
                .map(|field| format!("{}: {}", planc_lang::types::ShownName(&field.name), sample(&field.ty)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Type::Union(members) => sample(&members[0]),
        Type::Refined(refined) => {
            let rule = refined.rule.to_string();
            let min = rule.split("min: ").nth(1).and_then(|rest| rest.split([',', ')']).next()).map(str::to_owned);
            match (&refined.base, min) {
                (Type::Int | Type::Float, Some(min)) => min,
                (Type::String, _) => ["\"a\"", "\"PROJ-1\"", "\"ABC\"", "\"507f1f77bcf86cd799439011\""]
                    .into_iter()
                    .find(|text| refined.rule.text(&text[1..text.len() - 1]).is_ok())
                    .unwrap_or_else(|| panic!("no sample for {rule}"))
                    .into(),
                (Type::List(element), Some(min)) => {
                    let count: usize = min.parse().expect("a length");
                    format!("[{}]", vec![sample(element); count].join(", "))
                }
                (base, _) => sample(base),
            }
        }
        Type::Named(_) => "{}".into(),
        Type::Within(_) => unreachable!("it stands only in definitions"),
    }
}

#[test]
fn every_tool_of_ten_real_servers_can_be_called_from_a_checked_plan() {
    let mut count = 0;
    for server in SERVERS {
        let name = server.replace("mcp-", "");
        let definitions = definitions(server);
        let text = import::catalogue(&name, server, &definitions);
        let tools = tools(&text);
        assert_eq!(tools.len(), definitions.len(), "{server}");
        let mut steps = String::new();
        for (number, tool) in tools.iter().enumerate() {
            let definition = definitions.iter().find(|one| one["name"] == tool.wire_name()).expect("it is one of them");
            assert_eq!(tool.pinned, Some(pin(definition)));
            let empty = Map::new();
            let properties = definition["inputSchema"]["properties"].as_object().unwrap_or(&empty);
            let wires: Vec<&str> = tool.params.iter().map(|param| param.wire_name()).collect();
            assert_eq!(wires, properties.keys().map(String::as_str).collect::<Vec<_>>(), "{}", tool.name);
            assert!(!tool.is_read_only(), "no claim of a server is taken for an effect: {}", tool.name);
            let args: Vec<String> = tool
                .params
                .iter()
                .filter(|param| param.required())
                .map(|param| format!("{}: {}", param.name, sample(&param.ty)))
                .collect();
            steps.push_str(&format!("  step s{number} = {}({})\n", tool.name, args.join(", ")));
        }
        let mut sources = Sources::default();
        let builtin = add_builtin(&mut sources);
        let index = sources.add("c.pl", text.as_str());
        let (catalogue, _) = load_catalogue(&sources, &[builtin, index]);
        let critical = ["read", "create", "modify", "delete", "contact"].map(|verb| format!("    {verb} \"**\"\n"));
        let plan = format!("plan \"All\" {{\n  critical {{\n{}  }}\n{steps}}}\n", critical.concat());
        let index = sources.add("p.pl", plan.as_str());
        let compilation = compile(&sources, index, &catalogue);
        let wrong: Vec<String> =
            errors(&compilation.diagnostics).into_iter().filter(|message| !message.starts_with("P0401")).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{server}\n{plan}");
        count += tools.len();
    }
    assert_eq!(count, 233);
}

#[test]
fn imported_catalogues_read_like_written_ones() {
    for server in ["git", "memory", "sqlite", "time"] {
        insta::assert_snapshot!(server, import::catalogue(server, server, &definitions(server)));
    }
}

fn one(schema: Value) -> String {
    import::catalogue("c", "c", &[json!({ "name": "t", "inputSchema": schema })])
}

/// The type of the only parameter `x`.
fn type_of(schema: Value) -> String {
    let text = one(json!({ "type": "object", "properties": { "x": schema }, "required": ["x"] }));
    tools(&text)[0].params[0].ty.to_string()
}

#[test]
fn schemas_become_types() {
    let cases = [
        (json!({ "type": "string" }), "string"),
        (
            json!({ "type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[a-z]+$" }),
            "string(pattern: r\"^[a-z]+$\", min: 1, max: 9)",
        ),
        (json!({ "type": "string", "pattern": "(?=x)y" }), "string"),
        (json!({ "type": "string", "format": "date" }), "date"),
        (json!({ "type": "string", "format": "date-time" }), "datetime"),
        (json!({ "type": "string", "format": "uri" }), "string"),
        (json!({ "type": "integer", "minimum": 1, "exclusiveMaximum": 10 }), "int(min: 1, max: 9)"),
        (json!({ "type": "integer", "exclusiveMinimum": 0, "minimum": -5 }), "int(min: 1)"),
        (json!({ "type": "integer", "minimum": 2, "maximum": 1 }), "int"),
        (json!({ "type": "integer", "maximum": 1e300 }), "int"),
        (json!({ "type": "number", "minimum": 0.5 }), "float(min: 0.5)"),
        (json!({ "type": ["string", "null"] }), "string?"),
        (json!({ "type": ["string", "integer", "null"] }), "string | int | null"),
        (json!({ "anyOf": [{ "type": "integer" }, { "type": "null" }] }), "int?"),
        (json!({ "enum": ["a", 2, true, null] }), "\"a\" | 2 | true | null"),
        (json!({ "const": "a" }), "\"a\""),
        (json!({ "enum": [1.5, 2.5] }), "float"),
        (json!({ "enum": [] }), "any"),
        (json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }), "[string](min: 1)"),
        (json!({ "type": "array" }), "[any]"),
        (
            json!({ "type": "array", "prefixItems": [{ "type": "string" }, { "type": "integer" }], "items": false }),
            "[string | int]",
        ),
        (json!({ "type": "object" }), "map<any>"),
        (json!({ "type": "object", "additionalProperties": { "type": "integer" } }), "map<int>"),
        (json!({ "type": "object", "additionalProperties": false }), "{}"),
        (
            json!({ "type": "object", "properties": { "a": { "type": "string" }, "b-c": { "type": "integer" } }, "required": ["a"] }),
            "{ a: string, \"b-c\"?: int }",
        ),
        (json!({ "type": "object", "properties": { "a": {} }, "additionalProperties": true }), "{ a?: any, ... }"),
        (json!({ "type": "object", "required": ["a"] }), "{ a: any }"),
        (
            json!({ "oneOf": [
                { "type": "object", "properties": { "kind": { "const": "a" } }, "required": ["kind"] },
                { "type": "object", "properties": { "kind": { "const": "b" }, "n": { "type": "integer" } }, "required": ["kind"] },
            ] }),
            "{ kind: \"a\" } | { kind: \"b\", n?: int }",
        ),
        (
            json!({ "type": "object", "properties": { "a": { "type": "string" } }, "anyOf": [{ "required": ["a"] }, { "required": ["b"] }] }),
            "{ a: string } | { a?: string, b: any }",
        ),
        (
            json!({ "allOf": [{ "type": "object", "properties": { "a": { "type": "string" } } }, { "required": ["a"] }] }),
            "{ a: string }",
        ),
        (json!({ "type": "string", "nullable": true }), "string?"),
        (json!({ "$ref": "#/$defs/nothing" }), "any"),
        (json!({ "$ref": "https://example.com/schema.json" }), "any"),
        (json!({ "$ref": "#/properties/x" }), "any"),
        (json!(true), "any"),
        (json!(false), "any"),
        (json!(7), "any"),
        (json!({ "type": "nonsense" }), "any"),
    ];
    for (schema, expected) in cases {
        assert_eq!(type_of(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn types_that_contain_themselves_have_names() {
    let schema = json!({
        "type": "object",
        "properties": {
            "tree": {
                "type": "object",
                "properties": { "name": { "type": "string" }, "children": { "type": "array", "items": { "$ref": "#/properties/tree" } } },
                "required": ["name"],
            },
            "filter": { "$ref": "#/$defs/filter" },
        },
        "$defs": { "filter": { "anyOf": [{ "type": "string" }, { "type": "object", "properties": { "and": { "type": "array", "items": { "$ref": "#/$defs/filter" } } } }] } },
    });
    let text = one(schema);
    assert!(text.contains("type TTree = { name: string, children?: [TTree] }"), "{text}");
    assert!(text.contains("type Filter = string | { \"and\"?: [Filter] }"), "{text}");
    assert!(text.contains("tree?: TTree,"), "{text}");
    tools(&text);
}

#[test]
fn defaults_odd_names_and_claims() {
    let definition = json!({
        "name": "make-it",
        "description": "Makes it.\u{1b}[31m\r\n\nTwice.\u{202e}",
        "inputSchema": {
            "type": "object",
            "properties": {
                "Reply-To": { "type": "string", "description": "Where." },
                "reply_to": { "type": "string" },
                "in": { "type": "integer", "default": 3 },
                "method": { "enum": ["get", "put"] },
                "wrong": { "type": "integer", "default": "no" },
            },
        },
        "annotations": { "readOnlyHint": true, "destructiveHint": "yes" },
    });
    let text = import::catalogue("c", "c", &[definition.clone(), definition, json!({ "name": "" }), json!("x")]);
    insta::assert_snapshot!("odd", text);
    assert_eq!(tools(&text).len(), 1);
}

#[test]
fn what_people_wrote_stays() {
    let before = json!({ "name": "get", "description": "Get one.", "inputSchema": { "type": "object", "properties": {
        "id": { "type": "integer" }, "kind": { "type": "string" }, "old": { "type": "string" } }, "required": ["id"] } });
    let other = json!({ "name": "list", "inputSchema": { "type": "object" } });
    let gone = json!({ "name": "gone", "inputSchema": { "type": "object" } });
    let first = import::catalogue("c", "c", &[before.clone(), other.clone(), gone.clone()]);
    let reviewed = first
        .replacen("id: int,", "/// Its number.\n    data id: int(min: 1),", 1)
        .replacen("-> string {", "-> { trusted id: int, title: string } {", 1)
        .replacen(
            "// Effects are not reviewed",
            "reads \"c:${id}\" // looked at by Ada\n    approval ask\n    // Effects are not reviewed",
            1,
        )
        .replacen("catalogue c {", "// Reviewed in May.\ncatalogue c {\n  // Our own.\n  type Mine = string\n", 1);
    let mut after = before.clone();
    after["description"] = json!("Get one, or delete it.");
    after["inputSchema"]["properties"]["kind"] = json!({ "type": "integer" });
    after["inputSchema"]["properties"]["id"] = json!({ "type": "string" });
    after["inputSchema"]["properties"].as_object_mut().unwrap().remove("old");
    let new = json!({ "name": "new", "inputSchema": { "type": "object" } });
    let definitions = [before, other, gone];
    let merged = import::merge(&reviewed, "c", &definitions, &[after.clone(), definitions[1].clone(), new.clone()]);
    let merged = merged.expect("it parses").expect("it is there");
    let changed: Vec<&str> = merged.changed.iter().map(|standing| standing.name.as_str()).collect();
    assert_eq!(changed, ["get", "gone"]);
    let merged = merged.text;
    insta::assert_snapshot!("merged", merged);
    let again = import::merge(
        &merged,
        "c",
        &[after.clone(), definitions[1].clone(), new.clone()],
        &[after, definitions[1].clone(), new],
    );
    let again = again.unwrap().unwrap();
    assert_eq!((again.text, again.changed), (merged, Vec::new()), "nothing changed, nothing is changed");
}

#[test]
fn importing_again_changes_nothing() {
    for server in SERVERS {
        let definitions = definitions(server);
        let text = import::catalogue("c", server, &definitions);
        let again = import::merge(&text, "c", &definitions, &definitions).expect("it parses").expect("it is there");
        assert_eq!(again.changed, [], "{server}");
        let differing = again.text.lines().zip(text.lines()).find(|(again, text)| again != text);
        assert_eq!(differing, None, "{server}");
        // Without what the server said before, nothing can be told apart, and nothing is changed either.
        let again = import::merge(&text, "c", &[], &definitions).expect("it parses").expect("it is there");
        assert_eq!(again.changed, [], "{server}");
        let differing = again.text.lines().zip(text.lines()).find(|(again, text)| again != text);
        assert_eq!(differing, None, "{server}");
    }
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(
        json!({ "type": "string" }),
        |inner, _| json!({ "type": "object", "properties": { "a": inner }, "required": ["a"] }),
    )
}

#[test]
fn deep_wide_and_branching_schemas_end_soon() {
    tools(&one(deep(120)));
    let wide: Map<String, Value> =
        (0..3000).map(|n| (format!("p{n}"), json!({ "type": "string", "default": n }))).collect();
    let text = one(json!({ "type": "object", "properties": wide }));
    assert_eq!(tools(&text)[0].params.len(), import::MAX_PARAMETERS);
    // Each refers twice to the next: a tree of 2^40 if it were written out.
    let mut defs = Map::new();
    for n in 0..40 {
        let next = json!({ "$ref": format!("#/$defs/d{}", n + 1) });
        defs.insert(format!("d{n}"), json!({ "type": "object", "properties": { "a": next, "b": next } }));
    }
    let properties = json!({ "x": { "$ref": "#/$defs/d0" } });
    tools(&one(json!({ "type": "object", "properties": properties, "$defs": defs })));
    let all: Vec<Value> =
        (0..200).map(|_| json!({ "allOf": [{ "$ref": "#" }, { "$ref": "#/properties/x" }] })).collect();
    tools(&one(json!({ "type": "object", "properties": { "x": { "anyOf": all } } })));
}

fn odd_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|float| json!(float)),
        "\\PC{0,6}".prop_map(Value::from),
        Just(Value::Null),
        prop_oneof![
            Just("string"),
            Just("integer"),
            Just("number"),
            Just("object"),
            Just("array"),
            Just("null"),
            Just("#"),
            Just("#/properties/a"),
            Just("#/$defs/a"),
            Just("#/properties/a/items"),
            Just("^a$"),
            Just("date"),
            Just("(")
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 5, |inner| {
        let keyword = prop_oneof![
            Just("type".to_owned()),
            Just("properties".to_owned()),
            Just("required".to_owned()),
            Just("items".to_owned()),
            Just("anyOf".to_owned()),
            Just("oneOf".to_owned()),
            Just("allOf".to_owned()),
            Just("$ref".to_owned()),
            Just("enum".to_owned()),
            Just("const".to_owned()),
            Just("default".to_owned()),
            Just("additionalProperties".to_owned()),
            Just("minimum".to_owned()),
            Just("maximum".to_owned()),
            Just("exclusiveMinimum".to_owned()),
            Just("minItems".to_owned()),
            Just("pattern".to_owned()),
            Just("format".to_owned()),
            Just("prefixItems".to_owned()),
            Just("$defs".to_owned()),
            Just("description".to_owned()),
            Just("a".to_owned()),
            Just("nullable".to_owned()),
            "\\PC{0,4}".prop_map(|name| name),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((keyword, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_schema_does_harm(input in odd_schema(), output in odd_schema(), name in "\\PC{0,12}", doc in ".{0,40}") {
        let definition = json!({ "name": name, "description": doc, "inputSchema": input, "outputSchema": output });
        let text = import::catalogue("c", "\u{7}c", std::slice::from_ref(&definition));
        let found = tools(&text);
        prop_assert_eq!(found.len(), usize::from(!name.is_empty()));
        let again = import::merge(&text, "c", &[], &[definition, json!({ "name": "z" })]);
        tools(&again.expect("it parses").expect("it is there").text);
    }
}
