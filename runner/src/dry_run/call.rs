//! Calls in plan mode: which may be made before approval, and making them on the overlay.

use super::DryRun;
use super::named::{leads_out, look_at_links, look_at_named, look_at_own};
use super::told::unbound;
use crate::config::ServerConfig;
use crate::coverage::Held;
use crate::direct::astray;
use crate::laid::{Laid, unforeseen};
use crate::named::{Named, Role, compiled_elsewhere, outside};
use crate::policy::{Moment, Verdict};
use crate::prediction::Pinned;
use crate::stop::raised;
use crate::tool::model::{NOT_WIRED, identity};
use crate::tool::pages::{Turn, follow};
use crate::tool::process::{NO_WORDS, Place, place};
use crate::tool::registry::Implementation;
use crate::tool::{Args, CallContext, Future_, LiveTool, ToolError};
use crate::workspace::{Kind, Look, Overlay};
use planc_lang::catalogue::Tool;
use planc_lang::conform::check_value;
use planc_lang::effects::{CriticalVerb, Grant, Resource};
use planc_lang::eval::{Caller, Failure};
use planc_lang::labels::Labels;
use planc_lang::paths::{compile_glob, literal_prefix, within};
use planc_lang::plan::Call;
use planc_lang::syntax::{Approval, EffectVerb};
use planc_lang::value::Value;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long a live read may take before approval where its tool does not say.
const LIVE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a call gives in plan mode.
pub(super) enum Called {
    /// It was made: a read, or an exact simulation.
    Made(Value),
    /// Another tool told what it would give.
    Foretold {
        /// That tool.
        by: String,
        /// What it told.
        value: Value,
    },
    /// A model was asked, now or before: its answer is used at the run.
    Extracted(Pinned),
    /// A program ran on a throwaway copy.
    Ran(Value),
    /// It is known only after the run; says why.
    Later(String),
}

impl DryRun<'_> {
    /// Makes a call on the overlay as far as plan mode allows. `earlier` says that it is asked for nothing: its
    /// arguments depend on earlier steps, or are secret.
    pub(super) fn call(
        &self,
        call: &Call,
        values: &[Value],
        earlier: bool,
        overlay: &mut Overlay,
    ) -> Result<Called, ToolError> {
        let args = Args { tool: call.tool.clone(), values: values.to_vec() };
        let touches = call.tool.touches(values);
        match self.registry.get(&call.tool.name) {
            None => Ok(self.later(&touches, overlay, format!("nothing here carries out `{}`", call.tool.name))),
            Some(Implementation::Files(tool)) => {
                if let Some(why) = self.may_not_look(call, values, &touches, overlay) {
                    return Ok(self.later(&touches, overlay, why.into()));
                }
                let value = tool(&args, overlay)?;
                match check_value(&value, &call.tool.result) {
                    Ok(()) => Ok(Called::Made(value)),
                    Err(misfit) => Err(ToolError::before(format!(
                        "the result of `{}` is not of its type: {misfit}",
                        call.tool.name
                    ))),
                }
            }
            Some(Implementation::Live(_)) if let Some(why) = self.astray(&call.tool, values, overlay) => {
                Err(ToolError::before(why))
            }
            Some(Implementation::Live(tool))
                if tool.as_program().is_some() && words(&call.tool, values).is_some_and(|words| words.is_empty()) =>
            {
                Err(ToolError::before(NO_WORDS))
            }
            Some(Implementation::Live(tool)) if call.tool.extracts() => self.extract(tool.as_ref(), &args, overlay),
            Some(Implementation::Live(tool)) => {
                let server = self.config.servers.get(call.tool.catalogue());
                let may_be_made = match server {
                    Some(server) => call.is_read_only() && self.may_ask(server, &call.tool, values, &touches),
                    None => self.may_contact(call, values, &touches),
                };
                if !earlier && may_be_made {
                    let Some(runtime) = self.runtime.filter(|_| self.may_be_asked(&args)) else {
                        return Ok(self.later(&touches, overlay, "it is not made here".into()));
                    };
                    let value = self.call_live(runtime, tool.as_ref(), &args, overlay)?;
                    return match check_value(&value, &call.tool.result) {
                        Ok(()) => Ok(Called::Made(value)),
                        Err(misfit) => {
                            let tool = &call.tool.name;
                            Err(ToolError::before(format!("the result of `{tool}` is not of its type: {misfit}")))
                        }
                    };
                }
                self.look_at_programs(&args, &touches, overlay)?;
                let foretold = if earlier { None } else { self.foretell(call, values, overlay) };
                match foretold {
                    Some(Ok(told)) => {
                        self.mark_unknown(&touches, overlay);
                        return Ok(told);
                    }
                    Some(Err(why)) => return Ok(self.later(&touches, overlay, why)),
                    None => {}
                }
                let why = match touches.iter().any(|(verb, _)| *verb == EffectVerb::Contacts) {
                    _ if call.tool.is_for_execution() => {
                        "its category is `execute`: it is called by an approved plan only"
                    }
                    _ if server.is_some() && call.is_read_only() => "its server is not asked before approval",
                    _ if server.is_some() && call.tool.simulate.is_none() => {
                        "its server is not asked before approval, and its catalogue names nothing that would tell"
                    }
                    _ if server.is_some() => "its server is not asked before approval",
                    true => "the network is not contacted before approval",
                    false => "programs do not run before approval",
                };
                let why = self.with_files(&args, overlay, why);
                Ok(self.later(&touches, overlay, why))
            }
        }
    }

    /// Asks the tool that the catalogue names what a call would give; none: it names none, or it may not be asked here.
    fn foretell(&self, call: &Call, values: &[Value], overlay: &Overlay) -> Option<Result<Called, String>> {
        let simulation = call.tool.simulate.as_ref()?;
        let by = simulation.by.clone()?;
        let asked = simulation.values(values);
        let server = self.config.servers.get(by.catalogue())?;
        let (Implementation::Live(tool), Some(runtime)) = (self.registry.get(&by.name)?, self.runtime) else {
            return None;
        };
        let is_astray = self.astray(&by, &asked, overlay).is_some();
        if is_astray || !self.may_ask(server, &by, &asked, &by.touches(&asked)) {
            return Some(Err(format!("its server is not asked before approval, not even `{}`", by.name)));
        }
        let args = Args { tool: by.clone(), values: asked };
        if !self.may_be_asked(&args) {
            return None;
        }
        let told = self.call_live(runtime, tool.as_ref(), &args, overlay).and_then(|value| {
            check_value(&value, &by.result)
                .and_then(|()| check_value(&value, &call.tool.result))
                .map(|()| value)
                .map_err(|misfit| ToolError::before(format!("what it told is not of the type: {misfit}")))
        });
        Some(match told {
            Ok(value) => Ok(Called::Foretold { by: by.name.to_string(), value }),
            Err(error) => Err(format!("`{}` could not tell: {}", by.name, error.message)),
        })
    }

    /// Why somebody else than planc must not be asked to carry a call out: see [`astray`]. Programs have rules of their own.
    pub(super) fn astray(&self, tool: &Tool, values: &[Value], overlay: &Overlay) -> Option<String> {
        match self.registry.get(&tool.name)? {
            Implementation::Live(live) if live.as_program().is_none() => {
                astray(self.config, tool, values, None, |path, changes| overlay.check_direct(path, changes))
            }
            Implementation::Live(_) | Implementation::Files(_) => None,
        }
    }

    /// Where the program of a call runs; none: it runs none. One that is not known yet may be one that runs in the open, where
    /// the operator has such.
    pub(super) fn place(&self, call: &Call, values: &[Value]) -> Option<Place> {
        let Some(Implementation::Live(tool)) = self.registry.get(&call.tool.name) else { return None };
        tool.as_program()?;
        match words(&call.tool, values) {
            None if !self.config.programs.open.is_empty() => Some(Place::Open),
            words => Some(place(self.config, &words.unwrap_or_default())),
        }
    }

    /// What stands against a call because its program cannot be confined.
    pub(super) fn unconfined(&self, call: &Call, values: &[Value]) -> Option<String> {
        match self.place(call, values)? {
            Place::Nowhere(why) => Some(format!(
                "programs cannot be confined here, and the operator does not let them run unconfined: {why}"
            )),
            Place::Cell | Place::Open | Place::Asked(_) => None,
        }
    }

    fn call_live(
        &self,
        runtime: &Handle,
        tool: &dyn LiveTool,
        args: &Args,
        overlay: &Overlay,
    ) -> Result<Value, ToolError> {
        let context = CallContext {
            workspace: self.workspace.root().to_owned(),
            identity: Some(self.workspace.identity()?),
            timeout: args.tool.timeout_ms.map_or(LIVE_TIMEOUT, Duration::from_millis),
            kill: self.stop.stopping(),
            run: "dry".into(),
            step: overlay.step().into(),
            idempotency_key: None,
            pass_env: Vec::new(),
        };
        let (context, pace, workspace, config) = (&context, self.registry.pace(), self.workspace, self.config);
        let is_program = tool.as_program().is_some();
        let one = |args: Args, _: Turn| -> Future_<'_, Result<Value, ToolError>> {
            Box::pin(async move {
                pace.wait(&args.tool).await?;
                // Whoever waits may have made a link meanwhile.
                let check = |touched: &Resource, changes| workspace.check_direct(touched, changes);
                let why = if is_program { None } else { astray(config, &args.tool, &args.values, None, check) };
                if let Some(why) = why {
                    return Err(ToolError::before(why));
                }
                tool.call(&args, context).await
            })
        };
        self.said(args, || {
            runtime.block_on(async {
                tokio::select! {
                    value = follow(args, &one) => value,
                    () = raised(self.stop.stopping()) => Err(ToolError::before("the dry run was stopped")),
                }
            })
        })
    }

    /// Asks a model, which acts on nothing, unless it was asked the same before.
    fn extract(&self, tool: &dyn LiveTool, args: &Args, overlay: &Overlay) -> Result<Called, ToolError> {
        let later = |why: &str| Ok(Called::Later(why.into()));
        let Some(wiring) = &self.config.model else { return later(NOT_WIRED) };
        if !args.values.iter().all(Value::is_known) {
            return later("what it reads is known only after the run");
        }
        let touches = args.tool.touches(&args.values);
        let verdict = self.config.policy.decide(&args.tool, &args.values, &touches, Moment::Planned);
        if verdict.decision != Approval::Auto {
            return later("policy asks before a model is asked");
        }
        let asked = identity(wiring, args);
        // A store keeps what an earlier dry run was told; it is a value of the type all the same.
        if let Some(value) = (self.recall)(&asked).filter(|value| check_value(value, &args.tool.result).is_ok()) {
            return Ok(Called::Extracted(Pinned { asked, value }));
        }
        let Some(runtime) = self.runtime.filter(|_| self.may_be_asked(args)) else {
            return later("it is not made here");
        };
        let value = self.call_live(runtime, tool, args, overlay)?;
        Ok(Called::Extracted(Pinned { asked, value }))
    }

    /// A call that is not made: what it may touch is unknown from here on.
    pub(super) fn later(&self, touches: &[(EffectVerb, Resource)], overlay: &mut Overlay, why: String) -> Called {
        self.mark_unknown(touches, overlay);
        Called::Later(why)
    }

    /// Makes what a call may change unknown to later reads.
    pub(super) fn mark_unknown(&self, touches: &[(EffectVerb, Resource)], overlay: &mut Overlay) {
        let step = overlay.step().to_owned();
        for (verb, resource) in touches.iter().filter(|(verb, _)| *verb != EffectVerb::Reads) {
            if *verb != EffectVerb::Contacts {
                overlay.mark_unknown(resource, &step);
            }
        }
    }

    /// The executable that a program name stands for is part of what is approved, and so are the files of the workspace that
    /// its arguments name: `sh build.sh` is as much `build.sh` as it is `sh`, and so is that it is not there.
    pub(super) fn look_at_programs(
        &self,
        args: &Args,
        touches: &[(EffectVerb, Resource)],
        overlay: &mut Overlay,
    ) -> Result<(), ToolError> {
        for (_, resource) in touches {
            let Resource::Program(argv) = resource else { continue };
            let Some(name) = argv.first() else { continue };
            match name.strip_prefix("./").filter(|path| !leads_out(path, overlay)) {
                Some(path) => look_at_own(name, path, overlay)?,
                None if overlay.observe_program(name)? == "absent" => {
                    return Err(ToolError::before(format!("there is no program `{name}`")));
                }
                None => look_at_links(name, overlay)?,
            }
        }
        let mut named = self.workspace.named_by(&args.tool, &args.values);
        if args.tool.runs_programs() {
            // It starts there, also where no word leads there.
            let directory = args.tool.param("directory").and_then(|at| args.values.get(at)?.as_str());
            named.extend(directory.map(|path| Named { path: path.to_owned(), role: Role::Folder }));
            self.look_for_hidden(args, &named)?;
        }
        look_at_named(&named, overlay)
    }

    /// Whether a call runs a program in a cell.
    fn is_confined(&self, args: &Args) -> bool {
        words(&args.tool, &args.values).is_some_and(|words| place(self.config, &words) == Place::Cell)
    }

    /// A program must not find what nobody can bind.
    fn look_for_hidden(&self, args: &Args, named: &[Named]) -> Result<(), ToolError> {
        let hidden = named.iter().find_map(|Named { path, role }| {
            let why = self.workspace.hidden(path, role.is_run())?;
            Some(format!("planc cannot look at `{path}`, which it names: {why}"))
        });
        let outside = || {
            let paths = outside(self.workspace.root(), &args.tool, &args.values);
            let odd = paths.iter().find_map(|path| Some((path, self.workspace.leads_in_from_outside(path)?)));
            odd.map(|(path, why)| format!("planc cannot bind `{}`, which it names: {why}", path.display()))
        };
        let unread = || {
            let (word, why) = self.workspace.unread(&args.tool, &args.values).into_iter().next()?;
            Some(unbound(&word, "", why))
        };
        let compiled = || {
            let folders = || compiled_elsewhere(self.workspace.root(), &args.tool, &args.values);
            let folder = self.is_confined(args).then(folders)?.into_iter().next()?;
            Some(format!(
                "Python would run what it finds compiled in `{folder}` in place of what the plan is bound to: leave the \
                 prefix away, or let it lie outside of the workspace"
            ))
        };
        hidden.or_else(outside).or_else(unread).or_else(compiled).map_or(Ok(()), |why| Err(ToolError::before(why)))
    }

    /// A call as policy is held against it.
    pub(super) fn held<'h>(&'h self, tool: &'h Tool, values: &'h [Value]) -> Held<'h> {
        let is_of_files = matches!(self.registry.get(&tool.name), Some(Implementation::Files(_)));
        Held { policy: &self.config.policy, tool, values, is_of_files, workspace: self.workspace }
    }

    /// What policy says of a call of a file tool by what it has looked at, where it says more than of what the call names.
    pub(super) fn beneath(&self, tool: &Tool, values: &[Value], overlay: &mut Overlay) -> Option<Verdict> {
        let held = self.held(tool, values);
        let touches = held.touched(leads(overlay));
        let all = held.beneath(touches, overlay.observed())?;
        Some(self.config.policy.decide(tool, values, &all, Moment::Planned))
    }

    /// Why a file tool may not look at what it touches before approval: it may at everything in the operator's read scope,
    /// where links lead included, and for reads with policy `auto`. A change looks too: its diff shows what was there.
    pub(super) fn may_not_look(
        &self,
        call: &Call,
        values: &[Value],
        touches: &[(EffectVerb, Resource)],
        overlay: &mut Overlay,
    ) -> Option<&'static str> {
        let touched = self.held(&call.tool, values).touched(leads(overlay));
        match self.config.policy.decide(&call.tool, values, &touched, Moment::Planned).decision {
            // What is denied is not even looked at.
            Approval::Deny => return Some("policy denies it"),
            Approval::Ask if call.is_read_only() => return Some("policy asks before it is read"),
            Approval::Ask | Approval::Auto => {}
        }
        let in_scope = touches.iter().all(|(_, resource)| match resource {
            Resource::Path(path) => {
                self.in_scope(path) && overlay.resolve(path).map_or(true, |led| self.in_scope(&led))
            }
            Resource::Glob(glob) => {
                let prefix = literal_prefix(glob);
                self.all_in_scope(prefix)
                    && (prefix.is_empty() || overlay.resolve(prefix).map_or(true, |led| self.all_in_scope(&led)))
            }
            // The tool itself says that it does not know what to read.
            Resource::AnyPath => true,
            _ => false,
        });
        (!in_scope).then_some("it reads outside of what may be read before approval")
    }

    /// Whether a path may be read before approval; a folder, too, of which all may be read.
    fn in_scope(&self, path: &str) -> bool {
        self.all_in_scope(path)
            || self.config.read.iter().any(|glob| compile_glob(glob).is_ok_and(|matcher| matcher.is_match(path)))
    }

    /// Whether everything in a folder may be read before approval.
    pub(super) fn all_in_scope(&self, folder: &str) -> bool {
        let folder = if folder.is_empty() { "." } else { folder };
        self.config.read.iter().any(|glob| match glob.strip_suffix("**") {
            Some("") => true,
            Some(above) => {
                above.strip_suffix('/').is_some_and(|above| above == literal_prefix(above) && within(folder, above))
            }
            None => false,
        })
    }

    /// Whether a server may be asked before approval: a call that only reads, by its reviewed catalogue, of what the operator
    /// lists for this server, with arguments that are all known, and of a tool that is not for execution. That it only reads
    /// is for the caller to know.
    fn may_ask(
        &self,
        server: &ServerConfig,
        tool: &Tool,
        values: &[Value],
        touches: &[(EffectVerb, Resource)],
    ) -> bool {
        let in_scope = |(verb, resource): &(EffectVerb, Resource)| {
            let is_listed = match resource {
                Resource::Glob(glob) if glob.contains(['*', '?']) => server.may_read_glob(glob),
                Resource::Path(path) | Resource::Glob(path) => {
                    server.may_read_path(path, self.workspace.kind(path) == Ok(Kind::File))
                }
                resource => server.may_read(&resource.to_string()),
            };
            *verb == EffectVerb::Reads && is_listed
        };
        let touched = || self.held(tool, values).touched(|_| Vec::new());
        !tool.is_for_execution()
            && self.config.policy.decide(tool, values, &touched(), Moment::Now).decision == Approval::Auto
            && !server.read.is_empty()
            && values.iter().all(Value::is_known)
            // What names nothing that it reads is in no scope.
            && !touches.is_empty()
            && touches.iter().all(in_scope)
    }

    /// Whether a network read may be made before approval: all known, nothing but reading, a host that the operator lists.
    fn may_contact(&self, call: &Call, values: &[Value], touches: &[(EffectVerb, Resource)]) -> bool {
        let reads_only = |(verb, resource): &(EffectVerb, Resource)| match (verb, resource) {
            (EffectVerb::Reads, _) => true,
            (EffectVerb::Contacts, Resource::Host(host)) => {
                let mut listed =
                    self.config.hosts.iter().filter_map(|glob| Grant::new(CriticalVerb::Contact, glob).ok());
                listed.any(|grant| grant.allows_host(host))
            }
            _ => false,
        };
        !call.tool.is_for_execution()
            && self.config.policy.decide(&call.tool, values, touches, Moment::Now).decision == Approval::Auto
            && values.iter().all(Value::is_known)
            && !touches.is_empty()
            && touches.iter().all(reads_only)
    }
}

/// The paths that a path leads to: where it ends, and the link at its end itself.
pub(super) fn leads(overlay: &mut Overlay) -> impl FnMut(&str) -> Vec<Option<String>> {
    |path| vec![overlay.resolve(path).ok(), overlay.resolve_link(path).ok()]
}

/// Which world a check sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum World {
    /// That before the plan.
    Before,
    /// That after its steps: of what is not in the overlay, nothing is known.
    After,
}

/// Makes the calls inside checks, on the overlay as it is.
pub(super) struct DryCaller<'d, 'a> {
    pub(super) dry: &'d DryRun<'a>,
    pub(super) world: World,
    pub(super) overlay: &'d mut Overlay,
    /// What steps have put where.
    pub(super) laid: &'d [Laid],
    /// Where values come from; none: no step has been looked at.
    pub(super) labels: Option<&'d Labels>,
}

impl Caller for DryCaller<'_, '_> {
    fn call(&mut self, call: &Call, args: Vec<Value>) -> Result<Value, Failure> {
        let failure = |message: String| Failure::new(call.span, message);
        if !call.is_read_only() {
            return Err(failure(format!("`{}` does not only read", call.tool.name)));
        }
        if let Some(labels) = self.labels {
            let overlay = &*self.overlay;
            let (reached, touches) = (labels.reached_in_check(call), call.tool.touches(&args));
            if let Some(why) = unforeseen(labels, reached, &touches, |path| overlay.leads(path), self.laid) {
                return Err(failure(why));
            }
        }
        let has_effects = || self.dry.compiled.plan.steps.iter().any(|step| !step.call.is_read_only());
        let is_server = self.dry.config.servers.contains_key(call.tool.catalogue());
        let later = self.world == World::After && is_server && has_effects();
        let called = self.dry.call(call, &args, later, self.overlay);
        let is_of_files = matches!(self.dry.registry.get(&call.tool.name), Some(Implementation::Files(_)));
        if is_of_files && self.dry.beneath(&call.tool, &args, self.overlay).is_some() {
            self.overlay.roll_back_untold();
            return Ok(Value::Unknown(call.tool.result.clone()));
        }
        match called {
            Ok(
                Called::Made(value)
                | Called::Ran(value)
                | Called::Extracted(Pinned { value, .. })
                | Called::Foretold { value, .. },
            ) => Ok(self.dry.known_result(call, None, value)),
            Ok(Called::Later(_)) => Ok(Value::Unknown(call.tool.result.clone())),
            Err(error) => Err(Failure { of_secret: self.dry.is_untold(call), ..failure(error.message) }),
        }
    }
}

/// A look at a path, for lines that a person reads.
pub(super) fn looked_path(look: &Look) -> Option<&str> {
    match look {
        Look::At { path } | Look::Entries { path } => Some(path),
        Look::Called { .. } | Look::Matches { .. } | Look::Program { .. } | Look::Call { .. } | Look::Tool { .. } => {
            None
        }
    }
}

/// The words of the command that a call runs; none: they are not known.
pub(super) fn words<'v>(tool: &Tool, values: &'v [Value]) -> Option<Vec<&'v str>> {
    let argv = values.get(tool.param("argv")?)?;
    argv.as_list().and_then(|words| words.iter().map(Value::as_str).collect())
}
