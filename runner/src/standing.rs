//! "Always approve this kind of call" ⟶ whether that answers for a call.
//!
//! A standing answer stands in for a person's yes where policy *asks*, and nowhere else: what policy denies, what `critical` does not
//! cover and what plan mode holds back is none of its business. It is closed by default: a control argument of which it
//! says nothing must be what it is when it is left out; only content may vary freely.

use crate::scope::Scope;
use jiff::{Span, Timestamp, tz::TimeZone};
use planc_lang::catalogue::{Param, Tool};
use planc_lang::digest::Digest;
use planc_lang::paths::{check_glob, compile_glob};
use planc_lang::syntax::Mark;
use planc_lang::types::Type;
use planc_lang::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How long a standing answer holds where nothing else is said.
pub const USUAL_HOURS: i64 = 7 * 24;

/// The longest that one holds, in days.
pub const MOST_DAYS: i64 = 366;

/// How often one is used where nothing else is said.
pub const USUAL_USES: u32 = 100;

/// The most uses of one.
pub const MOST_USES: u32 = 1_000_000;

/// What is approved always, and within which bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The full name of the tool.
    pub tool: String,
    /// Its definition, as it was when the answer was given: another one is another tool.
    pub definition: Digest,
    /// For calls in this scope and all that lies in it; absent: everywhere in this workspace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<Scope>,
    /// What arguments may be, by the names of their parameters.
    pub bounds: BTreeMap<String, Bound>,
    /// When it ends, RFC 3339 in UTC.
    #[serde(with = "instant")]
    pub until: Timestamp,
    /// How often it answers.
    pub uses: u32,
}

/// What an argument may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// This value.
    Is(Value),
    /// A text that a glob matches; for a path also where links lead.
    Like(String),
    /// A number that is no larger.
    AtMost(f64),
    /// Anything.
    Any,
}

/// Why there are no such terms: a phrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoTerms(pub String);

impl Terms {
    /// Calls of a tool with exactly these arguments, by parameter index, whatever its content is.
    pub fn exactly(tool: &Tool, args: &[Value], scope: Option<Scope>) -> Terms {
        let given = tool.params.iter().zip(args).filter(|(param, value)| !is_free(param) && !is_left_out(param, value));
        Terms {
            bounds: given.map(|(param, value)| (param.name.to_string(), Bound::Is(value.clone()))).collect(),
            ..Terms::of(tool, scope)
        }
    }

    /// Calls of a tool with no argument but content.
    pub fn of(tool: &Tool, scope: Option<Scope>) -> Terms {
        let until = Timestamp::now() + Span::new().hours(USUAL_HOURS);
        Terms {
            tool: tool.name.to_string(),
            definition: definition(tool),
            scope,
            bounds: BTreeMap::new(),
            until,
            uses: USUAL_USES,
        }
    }

    /// Bounds an argument: `path=docs/**`, `amount<=100`.
    pub fn bound(&mut self, tool: &Tool, line: &str) -> Result<(), NoTerms> {
        let no = |why: String| NoTerms(why);
        if let Some((name, most)) = line.split_once("<=") {
            let param = param(tool, name)?;
            let most: f64 = most.trim().parse().map_err(|_| no(format!("`{}` is no number", most.trim())))?;
            self.bounds.insert(param.name.to_string(), Bound::AtMost(most));
            return Ok(());
        }
        let (name, value) =
            line.split_once('=').ok_or_else(|| no(format!("`{line}` is neither `name=value` nor `name<=number`")))?;
        let param = param(tool, name)?;
        self.bounds.insert(param.name.to_string(), read(param, value.trim())?);
        Ok(())
    }

    /// Lets an argument be anything.
    pub fn free(&mut self, tool: &Tool, name: &str) -> Result<(), NoTerms> {
        let param = param(tool, name)?;
        self.bounds.insert(param.name.to_string(), Bound::Any);
        Ok(())
    }

    /// How long it holds, as `30d` or `12h`.
    pub fn last(&mut self, text: &str) -> Result<(), NoTerms> {
        let misfit = || NoTerms(format!("`{text}` is no time such as `12h` or `30d`, at most {} days", MOST_DAYS));
        let span: Span = text.trim().parse().map_err(|_| misfit())?;
        let now = Timestamp::now();
        let until = now.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| misfit())?.timestamp();
        let hours = until.duration_since(now).as_hours();
        match until > now && hours <= MOST_DAYS * 24 {
            true => self.until = until,
            false => return Err(misfit()),
        }
        Ok(())
    }

    /// How often it answers.
    pub fn often(&mut self, text: &str) -> Result<(), NoTerms> {
        match text.trim().parse() {
            Ok(uses @ 1..=MOST_USES) => {
                self.uses = uses;
                Ok(())
            }
            Ok(_) | Err(_) => Err(NoTerms(format!("`{text}` is no number from 1 to {MOST_USES}"))),
        }
    }

    /// Whether it answers for a call in a scope, now. `led` gives where a path leads, and nothing where that cannot be told.
    pub fn cover(
        &self,
        tool: &Tool,
        args: &[Value],
        scope: Option<&Scope>,
        led: impl Fn(&str) -> Vec<Option<String>>,
    ) -> bool {
        let in_scope = match (&self.scope, scope) {
            (None, _) => true,
            (Some(own), Some(scope)) => scope.is_within(own),
            (Some(_), None) => false,
        };
        self.tool == tool.name
            && self.definition == definition(tool)
            && in_scope
            && Timestamp::now() < self.until
            && args.len() == tool.params.len()
            && tool.params.iter().zip(args).all(|(param, value)| self.allows(param, value, &led))
    }

    fn allows(&self, param: &Param, value: &Value, led: &impl Fn(&str) -> Vec<Option<String>>) -> bool {
        let Some(bound) = self.bounds.get(param.name.as_str()) else {
            return is_free(param) || is_left_out(param, value);
        };
        match bound {
            Bound::Any => true,
            Bound::Is(wanted) => value.is_known() && value == wanted,
            Bound::AtMost(most) => number(value).is_some_and(|number| number <= *most),
            Bound::Like(glob) => {
                let Some(text) = value.as_str() else { return false };
                match is_path(&param.ty) {
                    true => compile_glob(glob).is_ok_and(|glob| {
                        let led = led(text);
                        !led.is_empty() && led.iter().all(|led| led.as_ref().is_some_and(|led| glob.is_match(led)))
                    }),
                    false => globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(text)),
                }
            }
        }
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.tool)?;
        for (at, (name, bound)) in self.bounds.iter().enumerate() {
            write!(f, "{} {name} ", if at == 0 { " where" } else { "," })?;
            match bound {
                Bound::Is(value) => write!(f, "is {value}")?,
                Bound::Like(glob) => write!(f, "is like `{glob}`")?,
                Bound::AtMost(most) => write!(f, "is at most {most}")?,
                Bound::Any => write!(f, "is anything")?,
            }
        }
        if let Some(scope) = &self.scope {
            write!(f, ", in `{scope}`")?;
        }
        let times = if self.uses == 1 { "once".to_owned() } else { format!("{} times at most", self.uses) };
        write!(f, ", {times}, until {}", self.until.strftime("%Y-%m-%d %H:%M UTC"))
    }
}

/// A point in time as its text.
mod instant {
    use jiff::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// What a tool is, as a standing answer knows it.
fn definition(tool: &Tool) -> Digest {
    Digest::of_json(tool.declared())
}

fn param<'t>(tool: &'t Tool, name: &str) -> Result<&'t Param, NoTerms> {
    let name = name.trim();
    let index = tool.param(name).ok_or_else(|| NoTerms(format!("`{}` has no parameter `{name}`", tool.name)))?;
    Ok(&tool.params[index])
}

/// Whether an argument is content, which decides nothing.
fn is_free(param: &Param) -> bool {
    param.marks.has(Mark::Data)
}

/// Whether an argument is what it is when it is left out.
fn is_left_out(param: &Param, value: &Value) -> bool {
    match &param.default {
        Some(default) => value == default,
        None => param.optional && *value == Value::Null,
    }
}

fn is_path(ty: &Type) -> bool {
    match ty {
        Type::Path => true,
        Type::Union(parts) => parts.iter().any(is_path),
        Type::Refined(refined) => is_path(&refined.base),
        _ => false,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

/// A text as what an argument may be.
fn read(param: &Param, text: &str) -> Result<Bound, NoTerms> {
    let misfit = |why: String| NoTerms(format!("`{text}` is nothing that `{}` can be: {why}", param.name));
    if text.contains(['*', '?', '[', '{']) && serde_json::from_str::<Value>(text).is_err() {
        match is_path(&param.ty) {
            true => check_glob(text).map_err(misfit)?,
            false => drop(globset::Glob::new(text).map_err(|error| misfit(error.kind().to_string()))?),
        }
        return Ok(Bound::Like(text.to_owned()));
    }
    let fits = |value: &Value| planc_lang::conform::check_value(value, &param.ty);
    let string = Value::string(text);
    if fits(&string).is_ok() {
        return Ok(Bound::Is(string));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| misfit(error.to_string()))?;
    fits(&value).map_err(|why| misfit(why.to_string()))?;
    Ok(Bound::Is(value))
}
