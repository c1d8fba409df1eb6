//! What one evaluation may spend: steps and bytes, with a clear failure past them.

use super::Failure;
use crate::forms::Formed;
use crate::source::Span;
use crate::value::{MAX_DEPTH, MAX_VALUE_BYTES, Value};

/// The most steps that one evaluation takes: expressions evaluated, and 64 bytes of a value looked through count as one.
pub const MAX_EVAL_STEPS: u64 = 50_000_000;

/// The most bytes that one evaluation makes, all intermediate values together.
pub const MAX_EVAL_BYTES: u64 = 512 * 1024 * 1024;

/// What is counted for a value besides the bytes of a text.
const VALUE_BYTES: u64 = 16;

/// What is left of the limits.
pub(super) struct Budget {
    steps: u64,
    bytes: u64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { steps: MAX_EVAL_STEPS, bytes: MAX_EVAL_BYTES }
    }
}

impl Budget {
    /// Takes one step.
    pub fn step(&mut self, span: Span) -> Result<(), Failure> {
        self.spend(1, span)
    }

    /// Takes the steps of ordering so many items.
    pub fn sort(&mut self, items: usize, span: Span) -> Result<(), Failure> {
        let items = items as u64;
        self.spend(items.saturating_mul(u64::from(items.max(2).ilog2())), span)
    }

    /// Whether a limit was passed; everything fails from then on.
    pub fn is_spent(&self) -> bool {
        self.steps == 0 || self.bytes == 0
    }

    /// Counts bytes that were made.
    pub fn produce(&mut self, bytes: usize, span: Span) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_sub(bytes as u64);
        match self.bytes {
            0 => Err(Failure::new(
                span,
                format!("the evaluation makes more than {} MiB of values", MAX_EVAL_BYTES / 1024 / 1024),
            )),
            _ => Ok(()),
        }
    }

    /// Counts a value that a function made: its text, or its items and their texts.
    pub fn produce_value(&mut self, value: &Value, span: Span) -> Result<(), Failure> {
        let shallow = |value: &Value| size_of::<Value>() + content(value);
        let items = value.as_list().unwrap_or_default();
        self.produce(shallow(value) + items.iter().map(shallow).sum::<usize>(), span)
    }

    /// Looks through a whole value, repeated parts each time: fails when it is past the limits, and says whether no part
    /// of it is unknown.
    pub fn walk(&mut self, value: &Value, span: Span) -> Result<bool, Failure> {
        let mut bytes = 0;
        let measured = measure(value, 0, &mut bytes);
        self.spend(bytes / 64, span)?;
        measured.map_err(|message| Failure::new(span, message))
    }

    fn spend(&mut self, steps: u64, span: Span) -> Result<(), Failure> {
        self.steps = self.steps.saturating_sub(steps);
        match self.steps {
            0 => Err(Failure::new(span, format!("the evaluation takes more than {MAX_EVAL_STEPS} steps"))),
            _ => Ok(()),
        }
    }
}

/// The bytes of a text, or of what is written as one.
fn content(value: &Value) -> usize {
    value.as_str().map(str::len).or_else(|| value.as_formed().map(Formed::size)).unwrap_or(0)
}

fn measure(value: &Value, depth: usize, bytes: &mut u64) -> Result<bool, String> {
    if depth > MAX_DEPTH {
        return Err(format!("the value is nested more than {MAX_DEPTH} deep"));
    }
    *bytes += VALUE_BYTES + content(value) as u64;
    if *bytes > MAX_VALUE_BYTES {
        return Err(format!("the value has more than {} MiB", MAX_VALUE_BYTES / 1024 / 1024));
    }
    match value {
        Value::Unknown(_) => Ok(false),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) | Value::Formed(_) => {
            Ok(true)
        }
        Value::List(items) => measure_all(items.iter(), depth, bytes),
        Value::Record(record) => measure_all(record.iter().map(|(_, item)| item), depth, bytes),
    }
}

fn measure_all<'v>(items: impl Iterator<Item = &'v Value>, depth: usize, bytes: &mut u64) -> Result<bool, String> {
    let mut known = true;
    for item in items {
        known &= measure(item, depth + 1, bytes)?;
    }
    Ok(known)
}
