//! The examples of the standard library's functions: each parses, has the type that is promised, and gives its value.

mod common;

use common::compiled;
use planc_lang::conform::check_value;
use planc_lang::eval::{Env, NoCalls, eval};
use planc_lang::stdlib::{Function, all};
use planc_lang::value::Value;

/// The receiver of an example on a path, which is a plain string there, and the rest of the example.
fn receiver(function: &Function) -> (&str, &str) {
    let (path, rest) = function.example.0[1..].split_once('"').expect("an example on a path begins with one");
    (path, rest)
}

#[test]
fn examples_give_their_values() {
    for function in all() {
        let on_path = function.signature.starts_with("path.");
        let (path, call) = match on_path {
            true => {
                let (path, rest) = receiver(function);
                (path, format!("receiver{rest}"))
            }
            false => (".", function.example.0.to_owned()),
        };
        let text = format!(
            "plan \"p\" {{\n  input receiver: path\n  step s = fs.stat(path: receiver)\n  output found = {call}\n  output wanted = {}\n}}\n",
            function.example.1
        );
        let compiled = compiled(&text, &[]);
        let mut env = Env::new(&compiled.plan, vec![Value::string(path)]);
        let [found, wanted] = [0, 1].map(|output| {
            let value = &compiled.plan.outputs[output].value;
            eval(value, &mut env, &mut NoCalls).unwrap_or_else(|failure| panic!("{call}: {}", failure.message))
        });
        assert_eq!(found, wanted, "{}", function.example.0);
        let promised = &compiled.plan.outputs[0].value.ty;
        assert_eq!(check_value(&found, promised), Ok(()), "{} is {found}, promised {promised}", function.example.0);
    }
}
