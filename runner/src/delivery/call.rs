//! A report ⟶ one call of one tool, such as a note on a ticket. The call may touch nothing but what the operator listed for it,
//! with arguments that the operator wrote; of the plan it gets the text, as content that decides nothing.

use super::{CUT_OFF, Carrier, DELIVERY_TIMEOUT, Outcome, Parcel};
use crate::config::touch;
use crate::desk::Desk;
use crate::mode::catalogue;
use crate::policy::Moment;
use crate::tool::registry::Implementation;
use crate::tool::{Args, CallContext, EffectKnown, LiveTool};
use planc_lang::catalogue::Tool;
use planc_lang::conform::check_value;
use planc_lang::effects::{Grant, Resource};
use planc_lang::names::split_space;
use planc_lang::syntax::{Approval, EffectVerb, Mark};
use planc_lang::value::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::runtime::Handle;

/// What the call is known as to its server: it belongs to no run.
const RUN: &str = "report";

/// To a tool.
pub(super) struct ToTool<'d> {
    pub(super) desk: &'d Desk,
    pub(super) tool: &'d str,
    pub(super) arguments: &'d BTreeMap<String, Json>,
    pub(super) text: &'d str,
    pub(super) touches: &'d [String],
    pub(super) ready: Option<Ready>,
}

/// A call that may be made.
pub(super) struct Ready {
    tool: Arc<Tool>,
    values: Vec<Value>,
    /// Where the text goes.
    at: usize,
    live: Arc<dyn LiveTool>,
    runtime: Handle,
}

impl Carrier for ToTool<'_> {
    fn prepare(&mut self) -> Result<Json, String> {
        self.ready = Some(self.ready()?);
        Ok(json!(null))
    }

    fn send(&mut self, parcel: &Parcel<'_>) -> Outcome {
        let Some(ready) = &self.ready else { return Outcome::Failed("nothing was prepared".to_owned()) };
        let mut values = ready.values.clone();
        values[ready.at] = Value::string(parcel.body);
        let args = Args { tool: ready.tool.clone(), values };
        if let Err(why) = self.may_touch(&args) {
            return Outcome::Failed(why);
        }
        let identity = match self.desk.workspace.identity() {
            Ok(identity) => identity,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let (_keep, kill) = tokio::sync::watch::channel(false);
        let context = CallContext {
            workspace: self.desk.workspace.root().to_owned(),
            identity: Some(identity),
            timeout: DELIVERY_TIMEOUT,
            kill,
            run: RUN.to_owned(),
            step: RUN.to_owned(),
            idempotency_key: Some(parcel.key.to_owned()),
            pass_env: Vec::new(),
        };
        let called = ready
            .runtime
            .block_on(async { tokio::time::timeout(DELIVERY_TIMEOUT * 2, ready.live.call(&args, &context)).await });
        let late = || format!("`{}` did not answer within {} s", self.tool, DELIVERY_TIMEOUT.as_secs());
        match called {
            Ok(Ok(_)) => Outcome::Arrived,
            Ok(Err(error)) => match error.effect {
                EffectKnown::None => Outcome::Failed(error.message),
                EffectKnown::Done => Outcome::Arrived,
                EffectKnown::InDoubt => unclear(&ready.tool, error.message),
            },
            Err(_) => unclear(&ready.tool, late()),
        }
    }

    fn recover(&mut self, parcel: &Parcel<'_>) -> Outcome {
        match self.ready() {
            Ok(ready) if ready.tool.idempotent => {
                self.ready = Some(ready);
                self.send(parcel)
            }
            Ok(_) | Err(_) => Outcome::Unclear(CUT_OFF.to_owned()),
        }
    }
}

/// A call that may have been made; where it is the same however often it is made, it is made again.
fn unclear(tool: &Tool, why: String) -> Outcome {
    match tool.idempotent {
        true => Outcome::Failed(format!("{why}; it is called again")),
        false => Outcome::Unclear(why),
    }
}

impl ToTool<'_> {
    fn ready(&self) -> Result<Ready, String> {
        let name = self.tool;
        let catalogue = catalogue(&self.desk.config)?;
        let tool = catalogue.tool(name).ok_or_else(|| format!("there is no tool `{name}`"))?.clone();
        if !self.desk.config.servers.contains_key(tool.catalogue()) {
            return Err(format!("`{name}` is no tool of a server: a report changes no file and runs no program"));
        }
        let Some(Implementation::Live(live)) = self.desk.registry.get(name) else {
            return Err(format!("nothing here carries out `{name}`"));
        };
        let at = tool.param(self.text).ok_or_else(|| format!("`{name}` has no parameter `{}`", self.text))?;
        if !tool.params[at].marks.has(Mark::Data) {
            return Err(format!(
                "the parameter `{}` of `{name}` decides what is done: only one that its catalogue marks `data` takes a report",
                self.text
            ));
        }
        let values = self.values(&tool)?;
        let runtime = Handle::try_current().map_err(|_| "nothing can be called from here".to_owned())?;
        let ready = Ready { tool, values, at, live: live.clone(), runtime };
        self.may_touch(&Args { tool: ready.tool.clone(), values: ready.values.clone() })?;
        Ok(ready)
    }

    /// The operator's arguments, with an empty text.
    fn values(&self, tool: &Tool) -> Result<Vec<Value>, String> {
        if let Some(name) = self.arguments.keys().find(|name| tool.param(name).is_none() || *name == self.text) {
            return Err(format!("`{}` takes no argument `{name}` from the operator", self.tool));
        }
        let one = |param: &planc_lang::catalogue::Param| {
            let misfit = |why: String| format!("the argument `{}` of `{}`: {why}", param.name, self.tool);
            if param.name == self.text {
                return check_value(&Value::string(""), &param.ty)
                    .map(|()| Value::string(""))
                    .map_err(|why| misfit(why.to_string()));
            }
            match self.arguments.get(param.name.as_str()) {
                Some(given) => {
                    let value: Value =
                        serde_json::from_value(given.clone()).map_err(|error| misfit(error.to_string()))?;
                    check_value(&value, &param.ty).map_err(|why| misfit(why.to_string()))?;
                    Ok(value)
                }
                None if param.required() => Err(misfit("it is required".to_owned())),
                None => Ok(param.default.clone().unwrap_or(Value::Null)),
            }
        };
        tool.params.iter().map(one).collect()
    }

    /// The call touches nothing but what the operator listed, and policy lets it be made unasked.
    fn may_touch(&self, args: &Args) -> Result<(), String> {
        let grants: Vec<Grant> = self.touches.iter().map(|line| touch(line)).collect::<Result<_, _>>()?;
        let touches = args.tool.touches(&args.values);
        for (verb, resource) in &touches {
            if !grants.iter().any(|grant| covers(grant, *verb, resource)) {
                let line = format!("{} {resource}", verb.as_str());
                return Err(format!(
                    "`{}` does more than report: it `{line}`, which `touches` does not list",
                    self.tool
                ));
            }
        }
        let verdict = self.desk.config.policy.decide(&args.tool, &args.values, &touches, Moment::Now);
        match verdict.decision {
            Approval::Auto => Ok(()),
            Approval::Ask | Approval::Deny => {
                Err(format!("{}; nobody is asked in plan mode", verdict.phrase(&args.tool.name)))
            }
        }
    }
}

/// Whether a line of `touches` covers all of what a call touches there. Files and programs are never covered.
fn covers(grant: &Grant, verb: EffectVerb, resource: &Resource) -> bool {
    match resource {
        Resource::Host(host) => verb == EffectVerb::Contacts && grant.allows_host(host),
        Resource::Named(..) => grant.may_allow(verb, resource),
        Resource::AnyIn(space) => {
            let is_all = split_space(&grant.resource).is_some_and(|(own, name)| own == *space && name == "*");
            is_all && grant.may_allow(verb, resource)
        }
        Resource::Path(_)
        | Resource::Glob(_)
        | Resource::AnyPath
        | Resource::Program(_)
        | Resource::AnyProgram
        | Resource::AnyHost
        | Resource::Everything => false,
    }
}
