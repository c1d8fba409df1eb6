//! `--input name=value` ⟶ the inputs of a plan: strings as they are, everything else as JSON, each checked against its type.

use super::fault::Fault;
use planc_lang::conform::check_value;
use planc_lang::plan::Plan;
use planc_lang::types::Type;
use planc_lang::value::Value;

/// The values that were given, by name. What is left out has its default, or is a fault.
pub fn parse(plan: &Plan, given: &[String]) -> Result<Value, Fault> {
    let mut fields: Vec<(String, Value)> = Vec::new();
    for item in given {
        let Some((name, text)) = item.split_once('=') else {
            return Err(Fault::usage(format!("`--input {item}` has no value")).help("write `--input name=value`"));
        };
        let Some(input) = plan.inputs.iter().find(|input| input.name == name) else {
            let names: Vec<&str> = plan.inputs.iter().map(|input| input.name.as_str()).collect();
            let fault = Fault::usage(format!("the plan has no input `{name}`"));
            return Err(match names.is_empty() {
                true => fault.help("it has none"),
                false => fault.help(format!("it has `{}`", names.join("`, `"))),
            });
        };
        if fields.iter().any(|(other, _)| other == name) {
            return Err(Fault::usage(format!("the input `{name}` is given twice")));
        }
        let value = value(text, &input.ty);
        check_value(&value, &input.ty)
            .map_err(|misfit| Fault::usage(format!("the input `{name}` does not fit: {}", misfit.reason)))?;
        fields.push((name.to_owned(), value));
    }
    let missing = plan.inputs.iter().find(|input| {
        input.default.is_none() && !input.ty.has_null() && !fields.iter().any(|(name, _)| *name == input.name)
    });
    match missing {
        Some(input) => Err(Fault::usage(format!("the input `{}` is missing: {}", input.name, input.ty))
            .help(format!("`--input {}=…`", input.name))),
        None => Ok(Value::record(fields)),
    }
}

fn value(text: &str, ty: &Type) -> Value {
    let plain = Value::string(text);
    if *ty != Type::Any && check_value(&plain, ty).is_ok() {
        return plain;
    }
    serde_json::from_str::<Value>(text).unwrap_or(plain)
}
