//! The order of steps, against a naive reading of its rules: random plans over few resources, so that much overlaps.

mod common;

use common::{compilation, compiled};
use planc_lang::codes::Code;
use planc_lang::compile::Compiled;
use planc_lang::effects::{Resource, overlap};
use planc_lang::eval::{Env, NoCalls, eval_args};
use planc_lang::plan::StepId;
use planc_lang::syntax::EffectVerb;
use proptest::prelude::*;

/// Tools with effects that the built-in ones do not have.
const TOOLS: &str = r#"
catalogue db {
  tool get(table: string) -> string { reads "table:${table}" }
  tool put(table: string, row: string) -> string { writes "table:${table}" }
  tool wild(anything: string) -> string
  tool think(about: string) -> string { pure }
}
catalogue web {
  tool look(url: string) -> string { reads url }
  tool head() -> string { reads "https://a.example/x" }
  tool post(url: string) -> string { contacts url }
  tool file(name: string) -> string { reads "file:${name}/x" }
}
"#;

const PATHS: [&str; 8] = [".", "a", "a/b", "a/b/c", "a/d", "e", "e/f.md", "ab"];
const GLOBS: [&str; 7] = ["**", "a/*", "a/**", "*.md", "e/*.md", "{a,e}/b", "a/b"];
const URLS: [&str; 4] = ["https://a.example/x", "https://b.example/y", "https://127.0.0.1/", "http://A.example:80/"];

/// A call as text; `?` stands for a text that is known only at run time.
fn call() -> impl Strategy<Value = String> {
    let path = || prop::sample::select(&PATHS[..]);
    prop_oneof![
        5 => path().prop_map(|path| format!("fs.stat(path: \"{path}\")")),
        3 => prop::sample::select(&GLOBS[..]).prop_map(|glob| format!("fs.glob(pattern: \"{glob}\")")),
        1 => Just("fs.stat(path: ?)".to_owned()),
        4 => path().prop_map(|path| format!("fs.write(path: \"{path}\", text: \"x\")")),
        2 => (path(), path()).prop_map(|(from, to)| format!("fs.copy(from: \"{from}\", to: \"{to}\")")),
        2 => (path(), path()).prop_map(|(from, to)| format!("fs.move(from: \"{from}\", to: \"{to}\")")),
        1 => Just("fs.delete(path: ?)".to_owned()),
        1 => Just("process.run(argv: [\"make\"])".to_owned()),
        2 => prop::sample::select(&URLS[..]).prop_map(|url| format!("http.get(url: \"{url}\")")),
        2 => prop::sample::select(&URLS[..]).prop_map(|url| format!("web.look(url: \"{url}\")")),
        1 => Just("web.look(url: ?)".to_owned()),
        1 => Just("web.head()".to_owned()),
        1 => prop::sample::select(&URLS[..]).prop_map(|url| format!("web.post(url: \"{url}\")")),
        2 => path().prop_map(|path| format!("web.file(name: \"{path}\")")),
        1 => Just("web.file(name: ?)".to_owned()),
        3 => prop::sample::select(vec!["t", "u"]).prop_map(|table| format!("db.get(table: \"{table}\")")),
        1 => Just("db.get(table: ?)".to_owned()),
        2 => prop::sample::select(vec!["t", "u"]).prop_map(|table| format!("db.put(table: \"{table}\", row: \"r\")")),
        1 => Just("db.put(table: ?, row: \"r\")".to_owned()),
        1 => Just("db.wild(anything: \"x\")".to_owned()),
        1 => Just("db.think(about: ?)".to_owned()),
    ]
}

/// Steps: a call each, which earlier step it waits for, and whether it belongs to a verification at the end.
fn plan() -> impl Strategy<Value = String> {
    prop::collection::vec((call(), any::<prop::sample::Index>(), 0..4u8), 1..24).prop_map(|steps| {
        let mut text = "plan \"p\" {\n  critical {\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    run \"make\"\n    contact \"*\"\n    create \"table:*\"\n  }\n  input far: string\n".to_owned();
        let verified = steps.len().div_ceil(4);
        let first_verified = steps.len() - verified;
        for (n, (call, other, link)) in steps.iter().enumerate() {
            if n == first_verified {
                text.push_str("  step planned = db.think(about: \"x\")\n  verify \"v\" {\n");
            }
            let call = call.replace('?', "far");
            let clause = match link {
                0 if n > 0 => format!(" {{\n after s{}\n }}", other.index(n)),
                1 if n > 0 => format!(" {{\n when if [s{}].to_json() != \"\" then true else false\n }}", other.index(n)),
                _ => String::new(),
            };
            text.push_str(&format!("  step s{n} = {call}{clause}\n"));
        }
        text.push_str("    true\n  }\n}\n");
        text
    })
}

/// The same with blocks around some of the steps: `kind` of each run of steps is none, `together`, `each` or a gate behind it.
fn blocks() -> impl Strategy<Value = String> {
    let group = (0..4u8, prop::collection::vec(call(), 1..5));
    prop::collection::vec(group, 1..8).prop_map(|groups| {
        let mut text = "plan \"p\" {\n  critical {\n    create \"**\"\n    modify \"**\"\n    delete \"**\"\n    run \"make\"\n    contact \"*\"\n    create \"table:*\"\n  }\n  input far: string\n  input many: [int]\n".to_owned();
        let mut n = 0;
        for (group, (kind, calls)) in groups.iter().enumerate() {
            text.push_str(match kind {
                1 => "  together {\n",
                2 => "  each LIST = x in many {\n",
                _ => "",
            }.replace("LIST", &format!("list{group}")).as_str());
            for call in calls {
                text.push_str(&format!("  step s{n} = {}\n", call.replace('?', "far")));
                n += 1;
            }
            text.push_str(match kind {
                1 | 2 => "  }\n",
                3 => "  gate \"go on?\"\n",
                _ => "",
            });
        }
        text.push_str("  step last = db.think(about: \"x\")\n}\n");
        text
    })
}

/// For each step all that it waits for, directly or not.
fn waits(compiled: &Compiled) -> Vec<Vec<bool>> {
    let count = compiled.plan.steps.len();
    let mut waits: Vec<Vec<bool>> = Vec::with_capacity(count);
    for step in compiled.plan.step_ids() {
        let mut row = vec![false; count];
        for (before, _) in compiled.graph.dependencies(step) {
            assert!(before < step, "an edge goes backwards");
            row[before.index()] = true;
            row.iter_mut().zip(&waits[before.index()]).for_each(|(waits, before)| *waits |= before);
        }
        waits.push(row);
    }
    waits
}

fn touches(compiled: &Compiled, step: StepId) -> Vec<(EffectVerb, Resource)> {
    let call = &compiled.plan.get(step).call;
    if compiled.plan.get(step).is_gate {
        return vec![(EffectVerb::Writes, Resource::Everything)];
    }
    let args = eval_args(call, &mut Env::of_text(&compiled.plan), &mut NoCalls).expect("arguments of the right types");
    call.tool.touches(&args)
}

/// Checks each pair of steps.
fn check_order(compiled: &Compiled) {
    let waits = waits(compiled);
    let touched: Vec<_> = compiled.plan.step_ids().map(|step| touches(compiled, step)).collect();
    for step in compiled.plan.step_ids() {
        let reads = compiled.plan.get(step).is_read_only();
        for before in compiled.plan.step_ids().take_while(|before| *before < step) {
            let changes = touched[before.index()].iter().filter(|(verb, _)| *verb != EffectVerb::Reads);
            let conflict = changes
                .clone()
                .any(|(_, changed)| touched[step.index()].iter().any(|(_, resource)| overlap(changed, resource)));
            let together = compiled.plan.get(step).together;
            let siblings = together.is_some() && together == compiled.plan.get(before).together;
            let must = !siblings && (!reads || (conflict && !compiled.plan.get(before).is_read_only()));
            assert!(
                !must || waits[step.index()][before.index()],
                "`{}` does not wait for `{}`: {:?} and {:?}",
                compiled.plan.get(step).name,
                compiled.plan.get(before).name,
                touched[step.index()],
                touched[before.index()],
            );
        }
        let named = compiled.plan.get(step).uses.iter().chain(&compiled.plan.get(step).after);
        assert!(named.clone().all(|before| waits[step.index()][before.index()]), "what is named is waited for");
    }
    let named: usize = compiled.plan.steps.iter().map(|step| step.uses.len() + step.after.len()).sum();
    let edges = compiled.graph.petgraph().edge_count();
    // Behind a `together` each step may wait for all of its steps.
    let most = if compiled.plan.steps.iter().any(|step| step.together.is_some()) { 16 } else { 3 };
    assert!(edges <= named + most * compiled.plan.steps.len(), "{edges} edges");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_is_safe(text in plan()) {
        check_order(&compiled(&text, &[TOOLS]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_blocks_is_safe(text in blocks()) {
        let compilation = compilation(&text, &[TOOLS]);
        let codes: Vec<Code> = compilation.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        match compilation.compiled {
            Some(compiled) => check_order(&compiled),
            None => prop_assert!(codes.contains(&Code::ConflictingTogether), "{codes:?}\n{text}"),
        }
    }
}

#[test]
fn a_long_plan_has_few_edges() {
    let mut text = "plan \"p\" {\n  critical {\n    create \"**\"\n  }\n".to_owned();
    for n in 0..3000 {
        match n % 3 {
            0 => text.push_str(&format!("  step s{n} = fs.write(path: \"d{}/f{n}\", text: \"x\")\n", n % 7)),
            _ => text.push_str(&format!("  step s{n} = fs.read(path: \"d{}/f{n}\")\n", n % 5)),
        }
    }
    text.push('}');
    let compiled = compiled(&text, &[]);
    assert!(compiled.graph.petgraph().edge_count() <= 3 * 3000);
}
