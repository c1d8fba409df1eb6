//! "Always approve this kind of call" ⟶ whether that answers for a call.
//!
//! A standing answer stands in for a person's yes where policy *asks*, and nowhere else: what policy denies, what `critical` does not
//! cover and what plan mode holds back is none of its business. It is closed by default: a control argument of which it
//! says nothing must be what it is when it is left out; only content may vary freely.

use crate::config::{Config, ServerConfig, Wiring, decides, in_the_open};
use crate::named::{Named, Role, named_paths, of_command, of_variables};
use crate::passed::{bound, of_cells};
use crate::scope::Scope;
use crate::workspace::{FOLDER_SEEN, FileState, Kind, Look, Workspace};
use jiff::{Span, Timestamp, tz::TimeZone};
use planc_lang::catalogue::{Param, Tool};
use planc_lang::digest::Digest;
use planc_lang::names::is_straight;
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
    /// What a bound command line names in the workspace, links on the way included, each as it was when the answer was given, also
    /// that nothing was there: a changed one is another program.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub files: BTreeMap<String, String>,
    /// The variables that a program, or the server of the tool, gets from whoever calls planc, each as it was when the answer was given,
    /// those of `pass_env` also where they were not set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub variables: BTreeMap<String, String>,
    /// How the server of the tool was reached when the answer was given; absent: the tool has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<Digest>,
}

/// The files and the variables as they are when an answer is given or asked for.
pub trait Place {
    /// Where a path leads: followed to its end, and to a link that it ends in; nothing where that cannot be told.
    fn led(&self, path: &str) -> Vec<Option<String>>;
    /// What a command line and the variables of a call may name, for a program that runs in a directory, as it is.
    fn named(&self, directory: &str, words: &[&str], env: Option<&Value>) -> Seen;
    /// The variables that a program of a tool, or its server, gets and that decide what it does, as they are.
    fn variables(&self, tool: &Tool) -> BTreeMap<String, String>;
    /// How the server of a tool is reached; none: it has none.
    fn server(&self, tool: &Tool) -> Option<Digest>;
}

/// The place in which plans work.
pub struct Here<'h> {
    /// The files.
    pub workspace: &'h Workspace,
    /// What the operator decided.
    pub config: &'h Config,
}

/// What is run of a package, which imports more of it.
const PACKAGE_START: &str = "/__main__.py";

/// What a command line names, as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Files, links on the way, and where a file is expected that there is none, by path.
    pub files: BTreeMap<String, String>,
    /// A folder in which code is looked for: what is in it is not one thing.
    pub folder: Option<String>,
}

impl Place for Here<'_> {
    fn led(&self, path: &str) -> Vec<Option<String>> {
        vec![self.workspace.resolve(path).ok(), self.workspace.resolve_link(path).ok()]
    }

    fn named(&self, directory: &str, words: &[&str], env: Option<&Value>) -> Seen {
        let (workspace, root) = (self.workspace, self.workspace.root());
        // A program is named from the root, whatever the directory.
        let program = words.iter().take(1).flat_map(|program| named_paths(root, ".", program));
        let program = program.map(|path| Named { path, role: Role::Perhaps });
        let follows = |directory: &str, word: &str| workspace.leads_of(directory, word);
        let named = of_command(root, directory, words, env, &follows);
        let named = workspace.completed(directory, named).into_iter();
        let mut seen = Seen::default();
        for named in program.chain(named).chain(of_variables(root, directory, env)) {
            workspace.see(&named, &mut seen);
        }
        seen
    }

    fn variables(&self, tool: &Tool) -> BTreeMap<String, String> {
        let (listed, given) = match self.config.servers.get(tool.catalogue()).map(|server| &server.wiring) {
            Some(Wiring::Program { pass_env, .. }) => {
                (pass_env, bound(self.config, pass_env, in_the_open(pass_env, &self.config.workspace)))
            }
            // Headers are tokens, which change by the hour.
            Some(Wiring::Url { .. }) => return BTreeMap::new(),
            None if tool.runs_programs() => (&self.config.pass_env, of_cells(self.config)),
            None => return BTreeMap::new(),
        };
        let given = given.into_iter().filter(|(name, _)| decides(listed, name));
        let absent = listed.iter().map(|name| (name.clone(), FileState::Absent.to_string()));
        absent.chain(given.map(|(name, value)| (name, value.to_string()))).collect()
    }

    fn server(&self, tool: &Tool) -> Option<Digest> {
        self.config.servers.get(tool.catalogue()).map(ServerConfig::reached)
    }
}

impl Workspace {
    /// Adds what is at a path that a command line may name, and the links on the way, also where these lead elsewhere.
    fn see(&self, Named { path, role }: &Named, seen: &mut Seen) {
        if self.hidden(path, true).is_some() {
            seen.folder = Some(path.clone());
        }
        let way = self.way(path);
        let kind = way.end.as_ref().and_then(|end| self.kind(end).ok());
        let end = way.end.filter(|_| match kind {
            Some(Kind::Missing) => matches!(role, Role::Path | Role::Script | Role::Start),
            // What a folder holds is not one thing.
            Some(Kind::Directory) | None => false,
            Some(_) => true,
        });
        let package = end.as_ref().and_then(|end| end.strip_suffix(PACKAGE_START));
        match (kind, role) {
            (Some(Kind::Directory), Role::Folder) => seen.folder = Some(path.clone()),
            (Some(Kind::File), Role::Start) if package.is_some() => seen.folder = package.map(str::to_owned),
            (Some(_) | None, _) => {}
        }
        for path in way.links.into_iter().chain(way.ups).chain(end) {
            let state = match self.kind(&path) {
                Ok(Kind::Directory) => Ok(FOLDER_SEEN.to_owned()),
                _ => self.observe(&Look::At { path: path.clone() }),
            };
            if let Ok(state) = state {
                seen.files.insert(path, state);
            }
        }
    }
}

/// What an argument may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// This value; for a path where links lead.
    Is(Value),
    /// A text that a glob matches, `*` within one part of it; for a path where links lead.
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
            files: BTreeMap::new(),
            variables: BTreeMap::new(),
            server: None,
        }
    }

    /// Ties the bounds to what they stand for as it is now: a path to where it leads, a command line to the files that it names, a
    /// program to the variables that it gets, and the tool of a server to how that is reached.
    pub fn tie(&mut self, tool: &Tool, place: &impl Place) {
        for param in &tool.params {
            if let Some(Bound::Is(value)) = self.bounds.get_mut(param.name.as_str()) {
                *value = led_to(&param.ty, value, place);
            }
        }
        self.files = self.fixed(tool, place).files;
        self.variables = place.variables(tool);
        self.server = place.server(tool);
    }

    /// What the bounds name, where they leave nothing open.
    fn fixed(&self, tool: &Tool, place: &impl Place) -> Seen {
        let bound = |name: &str| match self.bounds.get(name) {
            Some(Bound::Is(value)) => Some(value),
            Some(Bound::Like(_) | Bound::AtMost(_) | Bound::Any) | None => None,
        };
        self.named(tool, bound("directory"), bound("env"), place)
    }

    /// What the command lines that are bound name, for a call in a directory and with variables.
    fn named(&self, tool: &Tool, directory: Option<&Value>, env: Option<&Value>, place: &impl Place) -> Seen {
        let words = self.bounds.values().filter_map(|bound| match bound {
            Bound::Is(value) => value.as_list(),
            Bound::Like(_) | Bound::AtMost(_) | Bound::Any => None,
        });
        let words: Vec<&str> = words.flatten().filter_map(Value::as_str).collect();
        match tool.runs_programs() {
            true => place.named(directory.and_then(Value::as_str).unwrap_or("."), &words, env),
            false => Seen::default(),
        }
    }

    /// Refuses bounds that no call can be within: those with a folder in which code is looked for.
    pub fn check(&self, tool: &Tool, place: &impl Place) -> Result<(), NoTerms> {
        match self.fixed(tool, place).folder {
            Some(folder) => Err(NoTerms(format!(
                "the command line names `{folder}`, a folder in which code is looked for: no standing answer holds for what is in it"
            ))),
            None => Ok(()),
        }
    }

    /// Whether what a call names is what it was when the answer was given. No answer holds for a folder in which code is looked for.
    fn is_tied(&self, tool: &Tool, args: &[Value], place: &impl Place) -> bool {
        let value = |name: &str| args.get(tool.param(name)?);
        let seen = self.named(tool, value("directory"), value("env"), place);
        let is_given_by = || place.variables(tool) == self.variables && place.server(tool) == self.server;
        seen.folder.is_none() && seen.files == self.files && is_given_by()
    }

    /// Whether what these terms are tied to is as others found it.
    pub fn is_tied_as(&self, others: &Terms) -> bool {
        let has_seen = |(path, seen): (&String, &String)| others.files.get(path) == Some(seen);
        self.variables == others.variables && self.server == others.server && self.files.iter().all(has_seen)
    }

    /// Bounds an argument: `path=docs/**`, `amount<=100`.
    pub fn bound(&mut self, tool: &Tool, line: &str) -> Result<(), NoTerms> {
        let no = |why: String| NoTerms(why);
        if let Some((name, most)) = line.split_once("<=") {
            let param = open(param(tool, name)?)?;
            let most: f64 = most.trim().parse().map_err(|_| no(format!("`{}` is no number", most.trim())))?;
            self.bounds.insert(param.name.to_string(), Bound::AtMost(most));
            return Ok(());
        }
        let (name, value) =
            line.split_once('=').ok_or_else(|| no(format!("`{line}` is neither `name=value` nor `name<=number`")))?;
        let param = open(param(tool, name)?)?;
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

    /// Whether it answers for a call in a scope, now.
    pub fn cover(&self, tool: &Tool, args: &[Value], scope: Option<&Scope>, place: &impl Place) -> bool {
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
            && tool.params.iter().zip(args).all(|(param, value)| self.allows(param, value, place))
            && self.is_tied(tool, args, place)
    }

    fn allows(&self, param: &Param, value: &Value, place: &impl Place) -> bool {
        let Some(bound) = self.bounds.get(param.name.as_str()) else {
            return is_free(param) || is_left_out(param, value);
        };
        match bound {
            Bound::Any => true,
            Bound::Is(wanted) => value.is_known() && is_same(&param.ty, value, wanted, place),
            Bound::AtMost(most) => number(value).is_some_and(|number| number <= *most),
            Bound::Like(glob) => {
                let Some(text) = value.as_str() else { return false };
                match is_path(&param.ty) {
                    true => compile_glob(glob).is_ok_and(|glob| {
                        let led = place.led(text);
                        !led.is_empty() && led.iter().all(|led| led.as_ref().is_some_and(|led| glob.is_match(led)))
                    }),
                    false => is_like(glob, text),
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
        let absent = FileState::Absent.to_string();
        for (path, seen) in &self.files {
            match *seen == absent {
                true => write!(f, ", while nothing is at `{path}`")?,
                false => write!(f, ", while `{path}` is as it was then")?,
            }
        }
        if self.server.is_some() {
            write!(f, ", while its server is reached as it was then")?;
        }
        for (name, seen) in &self.variables {
            match *seen == absent {
                true => write!(f, ", while the variable `{name}` is not set")?,
                false => write!(f, ", while the variable `{name}` is as it was then")?,
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

/// A parameter that no secret goes to: what a standing answer is bound to is kept, listed and compared.
fn open(param: &Param) -> Result<&Param, NoTerms> {
    match param.marks.has(Mark::Secret) {
        true => Err(NoTerms(format!(
            "`{0}` takes a secret, which no standing answer keeps; `--any {0}` lets it be anything",
            param.name
        ))),
        false => Ok(param),
    }
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

/// Whether a value is the one that is wanted: where there are paths in it, whether they lead to what is wanted.
fn is_same(ty: &Type, value: &Value, wanted: &Value, place: &impl Place) -> bool {
    match (ty.without_null().plain(), value, wanted) {
        (Type::List(inner), Value::List(items), Value::List(wanted)) => {
            let mut pairs = items.iter().zip(wanted.iter());
            items.len() == wanted.len() && pairs.all(|(item, wanted)| is_same(&inner, item, wanted, place))
        }
        (ty, Value::String(path), Value::String(wanted)) if is_path(&ty) => {
            let led = place.led(path);
            !led.is_empty() && led.iter().all(|led| led.as_deref() == Some(&**wanted))
        }
        (_, value, wanted) => value == wanted,
    }
}

/// A value with its paths as they lead, where they lead to one place.
fn led_to(ty: &Type, value: &Value, place: &impl Place) -> Value {
    match (ty.without_null().plain(), value) {
        (Type::List(inner), Value::List(items)) => {
            Value::list(items.iter().map(|item| led_to(&inner, item, place)).collect::<Vec<_>>())
        }
        (ty, Value::String(path)) if is_path(&ty) => match place.led(path).as_slice() {
            [Some(led), rest @ ..] if rest.iter().all(|other| other.as_ref() == Some(led)) => {
                Value::string(led.as_str())
            }
            _ => value.clone(),
        },
        (_, value) => value.clone(),
    }
}

/// What a wildcard does not stand for: what parts an address. `**` stands for `/` too.
const PARTING: [char; 5] = ['/', '?', '#', '@', '\\'];

/// Whether a glob over texts matches one that is [straight](is_straight): a tool may take it for a name, a path or an address.
fn is_like(glob: &str, text: &str) -> bool {
    let count = |of: &str, what: char| of.chars().filter(|c| *c == what).count();
    // A wildcard `?` is none of the text; one in brackets is.
    let written = |what: char| if what == '?' { glob.matches("[?]").count() } else { count(glob, what) };
    let crosses = |what: &char| !(*what == '/' && glob.contains("**")) && count(text, *what) != written(*what);
    let matches = || globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(text));
    !PARTING.iter().any(crosses) && is_straight(text) && matches()
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
    let quoted = text.starts_with('"').then(|| serde_json::from_str::<Value>(text).ok()).flatten();
    if let Some(value) = quoted.filter(|value| planc_lang::conform::check_value(value, &param.ty).is_ok()) {
        return Ok(Bound::Is(value));
    }
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
