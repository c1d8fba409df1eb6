//! Which values of a plan a secret decides.

mod common;

use common::compiled;
use planc_lang::compile::Compiled;
use planc_lang::secrets::Secrets;
use planc_lang::value::Value;

const VAULT: &str = r#"
/// A vault.
catalogue vault {
  tool get(name: string) -> { trusted name: string, secret value: string, note: string } {
    reads "vault:${name}"
  }
  tool put(name: string, data secret value: string) -> { trusted version: int, note: string } {
    writes "vault:${name}"
  }
  tool log(data secret text: string) {
    writes "log:all"
  }
}
"#;

const PLAN: &str = r#"plan "p" {
  input token: string secret
  input names: [string]
  critical {
    modify "vault:*"
    modify "log:all"
  }
  let header = "Bearer ${token}"
  let plain = names.length()
  step old = vault.get(name: "old")
  step put = vault.put(name: "a", value: header)
  step open = vault.put(name: "b", value: "${plain}")
  step version = vault.log(text: "${put.version} ${old.name}")
  step note = vault.log(text: put.note)
  step length = vault.log(text: "${old.value.length()}")
  each all = name in names {
    step each_put = vault.put(name: name, value: token)
    step each_log = vault.log(text: name)
    result each_put.note
  }
  output version = put.version
  output notes = all
  output header = header
  output names = names
}"#;

fn secrets() -> (Compiled, Secrets) {
    let compiled = compiled(PLAN, &[VAULT]);
    let secrets = Secrets::of(&compiled.plan);
    (compiled, secrets)
}

#[test]
fn a_secret_goes_where_its_value_goes_and_no_further() {
    let (compiled, secrets) = secrets();
    let plan = &compiled.plan;
    assert!(secrets.any());
    let given = |name: &str| secrets.given(plan.step(name).expect("the step is there"));
    let all = ["old", "put", "open", "version", "note", "length", "each_put", "each_log"];
    let found: Vec<&str> = all.into_iter().filter(|name| given(name)).collect();
    assert_eq!(found, ["put", "note", "length", "each_put"]);
    let outputs: Vec<&str> = plan
        .outputs
        .iter()
        .filter(|output| secrets.decide(plan, &output.value))
        .map(|output| output.name.as_str())
        .collect();
    assert_eq!(outputs, ["notes", "header"]);
}

#[test]
fn what_is_shown_leaves_out_what_is_secret_and_nothing_else() {
    let (compiled, secrets) = secrets();
    let plan = &compiled.plan;
    let step = |name: &str| plan.step(name).expect("the step is there");
    let text = Value::string;
    let old = Value::record([("name", text("old")), ("value", text("x")), ("note", text("n"))]);
    let shown = secrets.shown_result(plan, step("old"), &old);
    assert_eq!(shown, Value::record([("name", text("old")), ("value", text("(secret)")), ("note", text("n"))]));
    let put = Value::record([("version", Value::Int(3)), ("note", text("n"))]);
    let shown = secrets.shown_result(plan, step("put"), &put);
    assert_eq!(shown, Value::record([("version", Value::Int(3)), ("note", text("(secret)"))]));
    let args = Value::record([("name", text("a")), ("value", text("Bearer x"))]);
    let shown = secrets.shown_args(plan, &plan.get(step("put")).call, &args);
    assert_eq!(shown, Value::record([("name", text("a")), ("value", text("(secret)"))]));
    assert_eq!(secrets.shown_args(plan, &plan.get(step("open")).call, &args), args);
}

#[test]
fn a_plan_without_secrets_hides_nothing() {
    let compiled = compiled("plan \"p\" {\n  step a = fs.read(path: \"a\")\n}", &[]);
    assert!(!Secrets::of(&compiled.plan).any());
}

#[test]
fn a_long_chain_is_followed_in_time() {
    let links = (1..20_000)
        .map(|at| format!("  let l{at} = s{0}.note\n  step s{at} = vault.put(name: \"a\", value: l{at})\n", at - 1));
    let plan = format!(
        "plan \"p\" {{\n  input token: string secret\n  critical {{ modify \"vault:*\" }}\n  step s0 = vault.put(name: \"a\", value: token)\n{}}}",
        links.collect::<String>()
    );
    let compiled = compiled(&plan, &[VAULT]);
    let secrets = Secrets::of(&compiled.plan);
    assert!(compiled.plan.step_ids().all(|step| secrets.given(step)));
}

#[test]
fn how_many_there_are_of_what_a_secret_finds_is_not_shown() {
    const SHELF: &str = "catalogue shelf {
  tool find(data secret words: string) -> [{ trusted id: string, text: string }] {
    reads \"shelf:all\"
  }
}
";
    let text = "plan \"p\" {
  input token: string secret
  step found = shelf.find(words: token)
  step all = shelf.find(words: \"a\")
}
";
    let plan = compiled(text, &[SHELF]).plan;
    let secrets = Secrets::of(&plan);
    let result = Value::list([Value::record([("id", Value::string("1")), ("text", Value::string("x"))])]);
    let [found, all] = plan.step_ids().collect::<Vec<_>>()[..] else { panic!("two steps") };
    assert_eq!(secrets.shown_result(&plan, found, &result), Value::string(planc_lang::secrets::HIDDEN));
    assert_eq!(secrets.shown_result(&plan, all, &result), result);
}
