//! A call and what is known of its arguments ⟶ the places in them that nobody has seen yet and that a person must see.
//!
//! Of a call that acts these are the control places that are not known; of one that destroys or sends something, all places.
//! What a place is for say the marks of the parameter.

use planc_lang::builtin;
use planc_lang::effects::{Effects, Resource};
use planc_lang::marks::{Taken, Use};
use planc_lang::plan::Call;
use planc_lang::syntax::EffectVerb;
use planc_lang::value::{Value, is_known, is_wholly_known};

/// A place in an argument.
#[derive(Clone, Debug)]
pub struct Unseen<'v> {
    /// The way to it.
    pub way: Way,
    /// What is there.
    pub value: &'v Value,
    /// Whether it is content, and decides nothing.
    pub is_content: bool,
}

/// The places of an argument for a parameter of a call that are not known in what was expected of it. `whole` says that
/// content counts too.
pub fn unseen<'v>(taken: Taken<'_>, expected: Option<&Value>, value: &'v Value, whole: bool) -> Vec<Unseen<'v>> {
    let mut found = Vec::new();
    Walk { whole, way: Vec::new(), found: &mut found }.walk(taken, expected, value);
    found
}

/// Whether all arguments of a call count, contents too: it destroys or sends something with them, a server writes them where whatever runs
/// in the open may find them, or nobody knows what it does.
pub fn is_looked_at_whole(call: &Call, values: &[Value]) -> bool {
    let is_of_server = !builtin::CATALOGUES.contains(&call.tool.catalogue());
    let is_whole = |(verb, resource): &(EffectVerb, Resource)| match (verb, resource) {
        (EffectVerb::Deletes | EffectVerb::Contacts, _) => true,
        (EffectVerb::Reads, _) => false,
        (_, Resource::Path(_) | Resource::Glob(_) | Resource::AnyPath | Resource::Everything) => is_of_server,
        (_, _) => false,
    };
    call.tool.effects == Effects::Undeclared || call.tool.touches(values).iter().any(is_whole)
}

/// The way to a place in an argument.
#[derive(Clone, Debug, Default)]
pub struct Way(Vec<Turn>);

#[derive(Clone, Debug)]
enum Turn {
    Field(String),
    Item(usize),
}

impl Way {
    /// What is there in a value.
    pub fn get<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, turn| match turn {
            Turn::Field(name) => value.get(name),
            Turn::Item(index) => value.as_list()?.get(*index),
        })
    }
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|turn| match turn {
            Turn::Field(name) => write!(f, ".{name}"),
            Turn::Item(index) => write!(f, "[{index}]"),
        })
    }
}

/// Where in an argument the walk is, and what it has found.
struct Walk<'a, 'v> {
    whole: bool,
    way: Vec<Turn>,
    found: &'a mut Vec<Unseen<'v>>,
}

impl<'v> Walk<'_, 'v> {
    fn walk(&mut self, taken: Taken<'_>, expected: Option<&Value>, value: &'v Value) {
        let is_unknown = expected.is_none_or(|expected| !is_known(expected));
        match (value, expected) {
            // It was known, and the call is the one that was approved.
            (_, Some(expected)) if is_wholly_known(expected) => {}
            (Value::Record(record), _) if taken.tells_fields_apart() || !is_unknown => {
                for (name, value) in record.iter() {
                    let expected = expected.filter(|_| !is_unknown).and_then(|expected| expected.get(name));
                    self.turn(Turn::Field(name.to_string()), taken.field(name), expected, value);
                }
            }
            (Value::List(items), _) if !items.is_empty() && (taken.tells_fields_apart() || !is_unknown) => {
                let known = expected.filter(|_| !is_unknown).and_then(Value::as_list);
                for (index, value) in items.iter().enumerate() {
                    let expected = known.and_then(|known| known.get(index));
                    self.turn(Turn::Item(index), taken, expected, value);
                }
            }
            (value, _) => {
                let is_content = taken.for_use == Use::Data;
                if self.whole || !is_content {
                    self.found.push(Unseen { way: Way(self.way.clone()), value, is_content });
                }
            }
        }
    }

    fn turn(&mut self, turn: Turn, taken: Taken<'_>, expected: Option<&Value>, value: &'v Value) {
        self.way.push(turn);
        self.walk(taken, expected, value);
        self.way.pop();
    }
}
