//! Texts that were given for the inputs of a plan ⟶ their values, or why they do not fit.

use crate::dry_run::InputValue;
use planc_lang::conform::check_value;
use planc_lang::plan::{Input, Plan};
use planc_lang::types::Type;
use planc_lang::value::Value;

/// Inputs that do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The plan has no such input.
    #[error("the plan has no input `{name}`")]
    Unknown {
        /// What was given.
        name: String,
        /// The inputs it has.
        known: Vec<String>,
    },
    /// It was given twice.
    #[error("the input `{name}` is given twice")]
    Twice {
        /// Which.
        name: String,
    },
    /// It is secret, and was given where others can see it.
    #[error("the input `{name}` is secret, and other processes can see the arguments of this one")]
    Exposed {
        /// Which.
        name: String,
    },
    /// It has no default and was not given.
    #[error("the input `{name}` is not given and has no default")]
    Missing {
        /// Which.
        name: String,
        /// Its type.
        ty: String,
        /// Whether it is secret.
        secret: bool,
    },
    /// It is not of its type.
    #[error("the input `{name}` does not fit: {why}")]
    Misfit {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
}

/// The text of an input, and how it came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The input.
    pub name: String,
    /// What was given.
    pub text: String,
    /// Whether other processes could see it on its way.
    pub exposed: bool,
}

/// The values of a plan's inputs from texts: a string is taken as it is, everything else is JSON.
pub fn inputs(plan: &Plan, given: &[Given]) -> Result<Vec<InputValue>, InputError> {
    inputs_or(plan, given, |_| None)
}

/// The same where the values of some are known already, whatever was given for them.
pub(super) fn inputs_or(
    plan: &Plan,
    given: &[Given],
    known: impl Fn(&Input) -> Option<Value>,
) -> Result<Vec<InputValue>, InputError> {
    for (index, Given { name, exposed, .. }) in given.iter().enumerate() {
        let Some(input) = plan.inputs.iter().find(|input| input.name == *name) else {
            let known = plan.inputs.iter().map(|input| input.name.to_string()).collect();
            return Err(InputError::Unknown { name: name.clone(), known });
        };
        if input.secret && *exposed {
            return Err(InputError::Exposed { name: name.clone() });
        }
        if given[..index].iter().any(|other| other.name == *name) {
            return Err(InputError::Twice { name: name.clone() });
        }
    }
    let one = |input: &Input| {
        if let Some(value) = known(input) {
            return Ok(InputValue { value, default: false });
        }
        let name = input.name.to_string();
        let Some(Given { text, .. }) = given.iter().find(|other| other.name == name) else {
            return match &input.default {
                Some(default) => Ok(InputValue { value: default.clone(), default: true }),
                None => Err(InputError::Missing { name, ty: input.ty.to_string(), secret: input.secret }),
            };
        };
        let value = value_of(text, &input.ty).map_err(|why| match input.secret {
            // The reason would show what was given.
            true => InputError::Misfit { name, why: format!("it is no {}", input.ty.brief()) },
            false => InputError::Misfit { name, why },
        })?;
        Ok(InputValue { value, default: false })
    };
    plan.inputs.iter().map(one).collect()
}

/// A text as a value of a type: as a string where the type takes it so, else as JSON.
pub fn value_of(text: &str, ty: &Type) -> Result<Value, String> {
    let string = Value::string(text);
    let as_string = check_value(&string, ty);
    if as_string.is_ok() {
        return Ok(string);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) => check_value(&value, ty).map(|()| value).map_err(|misfit| match is_too_large(text) {
            // As a number it is another one by now.
            true => format!(
                "{} lies outside of the whole numbers that there are, {} to {}",
                text.trim(),
                i64::MIN,
                i64::MAX
            ),
            false => misfit.to_string(),
        }),
        Err(_) => Err(as_string.err().map(|misfit| misfit.to_string()).unwrap_or_default()),
    }
}

/// Whether a text is a whole number that none of the language is.
fn is_too_large(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<i64>().is_err()
}
