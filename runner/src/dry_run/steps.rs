//! The steps of a plan, one after the other on the overlay ⟶ what is reported and predicted of each.

use super::DryRun;
use super::call::{Called, looked_path, words};
use super::diff::{change_report, is_drawn};
use super::meaning;
use super::releases::Released;
use super::told::{KEPT, unknown_args};
use crate::config::Config;
use crate::coverage::{There, unallowed, verb_of};
use crate::laid::{Laid, is_worse};
use crate::late::{is_looked_at_whole, unseen};
use crate::policy::Verdict;
use crate::prediction::{Exact, Pinned, Prediction, imitates_unknown};
use crate::report::{BlockReport, Confinement, EffectReport, Problem, StepOutcome, StepReport, UndoKind};
use crate::sandbox::probe;
use crate::standing::{self, Here};
use crate::tool::Args;
use crate::tool::process::{Place, Walls};
use crate::tool::registry::Implementation;
use crate::workspace::{Change, Overlay, Sight};
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use planc_lang::effects::{CriticalVerb, Grant, Resource};
use planc_lang::eval::{Env, NoCalls};
use planc_lang::grants::{self, Grants};
use planc_lang::graph::Edge;
use planc_lang::labels::{Label, Labels};
use planc_lang::marks::Taken;
use planc_lang::paths::{path_meets_glob, within};
use planc_lang::plan::{Call, Expr, Instance, Step};
use planc_lang::releases;
use planc_lang::syntax::{EffectVerb, OnFailure};
use planc_lang::types::Type;
use planc_lang::value::{UNKNOWN_KEY, Value};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

/// The dry run as far as it has come.
pub(super) struct Steps<'d, 'a> {
    pub(super) dry: &'d DryRun<'a>,
    pub(super) env: Env<'d>,
    pub(super) overlay: Overlay,
    /// Each with the verification that it belongs to.
    pub(super) reports: Vec<(Option<usize>, StepReport)>,
    pub(super) blocks: Vec<BlockReport>,
    pub(super) predictions: Vec<Prediction>,
    /// What steps have put where, as far as that is simulated and not simply trusted and public.
    pub(super) laid: Vec<Laid>,
    pub(super) problems: Vec<Problem>,
    /// Which line of `critical` was used, and for what.
    pub(super) touched: Vec<(usize, String)>,
    /// What the step at hand changes, of which it is not known what is there before.
    pub(super) unsure: Vec<String>,
    /// What releases in blocks release.
    pub(super) released: Vec<Released>,
    /// Where values come from.
    pub(super) labels: Labels,
    /// A step has failed: nothing after it is reached.
    pub(super) stopped: bool,
    /// What belongs to others in the workspace, once that was asked.
    pub(super) others: OnceCell<Vec<(String, bool)>>,
}

/// The most paths that are told of those that a program cannot write.
const MAX_OF_OTHERS: usize = 100;

/// What became of one step.
struct Done {
    outcome: StepOutcome,
    changes: Vec<Change>,
    value: Value,
    /// What a model said, if one was asked.
    pinned: Option<Pinned>,
}

/// The step at hand.
pub(super) struct At<'d> {
    pub(super) instance: Instance,
    pub(super) step: &'d Step,
    pub(super) name: String,
}

impl At<'_> {
    /// Whether it stands for any element of a block.
    fn is_symbolic(&self) -> bool {
        self.step.each.is_some() && self.instance.element.is_none()
    }
}

impl Done {
    fn nothing(outcome: StepOutcome, value: Value) -> Done {
        Done { outcome, changes: Vec::new(), value, pinned: None }
    }
}

impl<'d, 'a> Steps<'d, 'a> {
    pub(super) fn new(dry: &'d DryRun<'a>, env: Env<'d>, overlay: Overlay) -> Steps<'d, 'a> {
        Steps {
            dry,
            env,
            overlay,
            reports: Vec::new(),
            blocks: Vec::new(),
            predictions: Vec::new(),
            laid: Vec::new(),
            problems: Vec::new(),
            touched: Vec::new(),
            unsure: Vec::new(),
            released: Vec::new(),
            labels: match dry.veil {
                Some(veil) => veil.secrets().labels().clone(),
                None => Labels::of(&dry.compiled.plan),
            },
            stopped: false,
            others: OnceCell::new(),
        }
    }

    /// Goes one step further, in a block for the element that was entered.
    pub(super) fn step(&mut self, instance: Instance) {
        let at = self.at(instance);
        let Step { call, .. } = at.step;
        self.overlay.begin(&at.name);
        self.overlay.take_observations();
        self.overlay.take_named();
        let args = self.dry.arguments(call, &mut self.env);
        let values = args.clone().unwrap_or_else(|_| unknown_args(call));
        if self.dry.place(call, &values) == Some(Place::Cell) {
            let bounds = self.grants().changeable();
            self.overlay.bound(bounds);
        } else if !self.is_of_files(at.step) {
            self.overlay.unrecorded();
        }
        let when = if self.stopped { None } else { self.condition(&at) };
        let mut undo_observations = match (self.stopped, when) {
            (true, _) | (_, Some(false)) => Vec::new(),
            (false, _) => self.look_at_undo(at.step),
        };
        let done = match (self.stopped, when, &args) {
            (true, _, _) => self.unknown(&at, StepOutcome::NotReached),
            (false, Some(false), _) => Done::nothing(StepOutcome::Skipped, Value::Null),
            (false, Some(true), Err(failure)) => self.failed(&at, failure.message.clone(), Vec::new()),
            (false, _, Ok(_)) if values.iter().any(imitates_unknown) => {
                self.failed(&at, format!("no field of an argument may be called `{UNKNOWN_KEY}`"), Vec::new())
            }
            (false, _, _) if at.step.is_gate => Done::nothing(StepOutcome::Gate, Value::Null),
            (false, Some(true), Ok(_)) if at.is_symbolic() => {
                self.not_made(&at, &values, "it is made for each element, and they are known only after the run")
            }
            (false, Some(true), Ok(_)) => self.made(&at, &values),
            (false, None, _) if at.step.when.as_ref().is_some_and(|when| self.dry.is_kept(when)) => {
                self.not_made(&at, &values, "a secret decides whether it runs, and nobody is told before the run")
            }
            (false, None, _) => self.not_made(&at, &values, "whether it runs is known only after the run"),
        };
        let verdict = self.policy(&at, &values, &done.changes);
        self.reproducible(&at, &done.outcome);
        let observations = self.overlay.take_observations();
        self.note_touched(at.step, &values, &done.changes, &observations);
        self.env.set_step(instance.step, done.value.clone());
        let undo = self.undo_values(at.step).map(|(call, values)| call.tool.named(&values));
        if !matches!(done.outcome, StepOutcome::Skipped | StepOutcome::NotReached) {
            let after = self.look_at_undo(at.step);
            undo_observations.retain(|seen| after.iter().all(|again| again.look != seen.look));
            undo_observations.extend(after);
        }
        if is_worse(&self.labels, instance.step, Label::default()) {
            let laid = done.changes.iter().map(|change| Laid::changed(instance.step, &at.name, &change.path));
            self.laid.extend(laid);
        }
        self.predictions.push(Prediction {
            step: at.name.clone(),
            each: None,
            when,
            args: call.tool.named(&values),
            undo: undo.unwrap_or(Value::Unknown(Type::Any)),
            // What any element sees is not known: others may have gone before it.
            observations: if at.is_symbolic() { Vec::new() } else { observations },
            undo_observations,
            named: self.overlay.take_named(),
            undrawn: self.undrawn(&done.changes),
            changes: done.changes.clone(),
            pinned: done.pinned.clone(),
            exact: match at.step.reproduce && matches!(done.outcome, StepOutcome::Ran { .. }) {
                true => Exact::Yes,
                false => Exact::No,
            },
        });
        self.report(&at, when, &values, done, &verdict);
    }

    /// The files of which no diff shows what they will hold.
    fn undrawn(&self, changes: &[Change]) -> Vec<String> {
        let undrawn = changes.iter().filter(|change| !is_drawn(change, self.overlay.contents()));
        undrawn.map(|change| change.path.clone()).collect()
    }

    fn at(&self, instance: Instance) -> At<'d> {
        let plan = &self.dry.compiled.plan;
        At { instance, step: plan.get(instance.step), name: plan.name_of(instance).to_string() }
    }

    /// A call that is not made: what it may touch is judged and unknown from here on.
    fn not_made(&mut self, at: &At<'_>, values: &[Value], why: &str) -> Done {
        let touches = at.step.call.tool.touches(values);
        self.judge_touches(at, &touches);
        self.judge_paths(at, values, &touches);
        self.judge_astray(at, &at.step.call, values);
        let args = Args { tool: at.step.call.tool.clone(), values: values.to_vec() };
        let why = self.dry.with_files(&args, &mut self.overlay, why);
        // What is not there fails the call, should it be made.
        let _ = self.dry.look_at_programs(&args, &touches, &mut self.overlay);
        self.hold_files(at, values, &touches);
        self.dry.mark_unknown(&touches, &mut self.overlay);
        self.later(at, why)
    }

    fn hold_files(&mut self, at: &At<'_>, values: &[Value], touches: &[(EffectVerb, Resource)]) {
        if self.is_of_files(at.step) && !self.dry.is_reached(at.instance.step) {
            self.dry.hold_files(&at.step.call, values, touches, &mut self.overlay);
        }
    }

    /// Whether the step runs; none: known only after the run. A condition that fails is a failure of the step.
    fn condition(&mut self, at: &At<'_>) -> Option<bool> {
        let Some(when) = &at.step.when else { return Some(true) };
        match self.dry.decided(when, &mut self.env, &mut NoCalls) {
            Ok(value) => value.as_bool(),
            Err(failure) => {
                self.problem(at, failure.message);
                None
            }
        }
    }

    /// The step, made as far as plan mode allows.
    fn made(&mut self, at: &At<'_>, values: &[Value]) -> Done {
        let plan = &self.dry.compiled.plan;
        let step = at.step;
        let touches = step.call.tool.touches(values);
        self.judge_touches(at, &touches);
        self.judge_reads(at, &touches);
        if let Some(why) = self.unforeseen(at, &touches) {
            self.problem(at, why);
            self.dry.mark_unknown(&touches, &mut self.overlay);
            return self.later(at, "it would find what no path of the plan says".into());
        }
        if step.call.tool.extracts() && self.dry.shows_secret(at.instance.step) {
            return self.later(at, "a model would be shown a secret".into());
        }
        // What a server would say after a step that is not made is not known.
        let behind = |(_, edge): (_, Edge)| edge == Edge::Conflict;
        let is_server = self.dry.config.servers.contains_key(step.call.tool.catalogue());
        // No secret leaves before a yes.
        let earlier = plan.depends_on_results(step)
            || self.dry.is_given(at.instance.step)
            || is_server && self.dry.compiled.graph.dependencies(at.instance.step).any(behind);
        let called = match self.early(at, values, &touches) {
            Some(called) => called,
            None => self.dry.call(&step.call, values, earlier, &mut self.overlay),
        };
        // Also where it fails: that may follow from what it has read.
        if let Some(why) = self.judge_beneath(at, values) {
            // Nobody is told what it has read, nor does anything after it find that.
            self.overlay.roll_back_untold();
            self.dry.mark_unknown(&touches, &mut self.overlay);
            return self.later(at, why);
        }
        let called = match called {
            Ok(called) => called,
            // Whether a file tool fails may follow from what is in a file, and a tool that gives secrets may say one.
            Err(_)
                if self.dry.is_untold(&step.call)
                    || self.dry.is_reached(at.instance.step) && self.is_of_files(step) =>
            {
                self.overlay.roll_back();
                self.dry.mark_unknown(&touches, &mut self.overlay);
                return self.later(at, KEPT.into());
            }
            Err(error) => {
                self.overlay.roll_back();
                return self.failed(at, error.message, Vec::new());
            }
        };
        self.judge_unknown(at);
        self.hold_files(at, values, &touches);
        let changes = self.overlay.take_changes();
        let grants = self.grants();
        let looked = |path: &str| self.overlay.stat_unseen(path).ok().and_then(Sight::known);
        let unallowed = unallowed(&grants, &changes, |path| There::of(looked(path).as_ref()));
        for uncovered in unallowed {
            self.problem(at, uncovered.to_string());
        }
        match called {
            Called::Later(why) => {
                self.judge_paths(at, values, &touches);
                Done { changes, ..self.later(at, why) }
            }
            Called::Made(value) => self.gave(at, value, changes),
            Called::Foretold { by, value } => {
                self.judge_paths(at, values, &touches);
                let done = self.gave(at, value, changes);
                let outcome = match done.outcome {
                    StepOutcome::Simulated { result } => StepOutcome::Foretold { by, result },
                    other => other,
                };
                Done { outcome, ..done }
            }
            Called::Ran(value) => {
                let done = self.gave(at, value, changes);
                let outcome = match done.outcome {
                    StepOutcome::Simulated { result } => StepOutcome::Ran { result },
                    other => other,
                };
                Done { outcome, ..done }
            }
            Called::Extracted(pinned) => {
                let done = self.gave(at, pinned.value.clone(), changes);
                let outcome = match done.outcome {
                    StepOutcome::Read { result } => StepOutcome::Extracted { result },
                    other => other,
                };
                Done { outcome, pinned: Some(pinned), ..done }
            }
        }
    }

    /// What follows from a result: whether a step that polls has seen what it waits for, whether it is as expected.
    fn gave(&mut self, at: &At<'_>, value: Value, changes: Vec<Change>) -> Done {
        let step = at.step;
        let known = self.dry.known_result(&step.call, Some(at.instance.step), value.clone());
        self.env.set_step(at.instance.step, known.clone());
        match step.poll.as_ref().map(|poll| self.dry.decided(&poll.until, &mut self.env, &mut NoCalls)) {
            None | Some(Ok(Value::Bool(true))) => {}
            Some(Ok(_)) if step.poll.as_ref().is_some_and(|poll| self.dry.is_kept(&poll.until)) => {
                return self.later(at, KEPT.into());
            }
            Some(Ok(_)) => return self.later(at, "what it waits for is not so yet".into()),
            Some(Err(failure)) => return self.failed(at, failure.message, changes),
        }
        for expect in &step.expect {
            match self.dry.decided(expect, &mut self.env, &mut NoCalls) {
                Ok(Value::Bool(false)) => {
                    let why = format!("`{}` is false", self.dry.written(expect));
                    return self.failed(at, why, changes);
                }
                Ok(_) => {}
                Err(failure) => return self.failed(at, failure.message, changes),
            }
        }
        let outcome = match (step.call.is_read_only(), value.is_known()) {
            (true, true) => StepOutcome::Read { result: value.clone() },
            (false, true) => StepOutcome::Simulated { result: value.clone() },
            (_, false) => StepOutcome::KnownAfterRun { why: "it depends on what is known only after the run".into() },
        };
        Done { outcome, changes, value: known, pinned: None }
    }

    /// What the lines of `critical` allow as far as it is known here; what is not known may allow.
    pub(super) fn grants(&mut self) -> Grants<'d> {
        let plan = &self.dry.compiled.plan;
        Grants::new(plan, &grants::values(plan, &mut self.env))
    }

    fn later(&self, at: &At<'_>, why: String) -> Done {
        self.unknown(at, StepOutcome::KnownAfterRun { why })
    }

    fn unknown(&self, at: &At<'_>, outcome: StepOutcome) -> Done {
        Done::nothing(outcome, Value::Unknown(at.step.ty.clone()))
    }

    fn failed(&mut self, at: &At<'_>, why: String, changes: Vec<Change>) -> Done {
        let value = match at.step.on_failure {
            OnFailure::Continue => Value::Null,
            OnFailure::Stop | OnFailure::Undo => {
                self.problem(at, format!("it would fail: {why}"));
                self.stopped = true;
                Value::Unknown(at.step.ty.clone())
            }
        };
        Done { outcome: StepOutcome::Fails { why }, changes, value, pinned: None }
    }

    pub(super) fn problem(&mut self, at: &At<'_>, message: String) {
        self.problems.push(Problem { step: Some(at.name.clone()), message, policy: false, assumption: None });
    }

    /// Notes which lines of `critical` the step makes use of.
    fn note_touched(
        &mut self,
        step: &Step,
        values: &[Value],
        changes: &[Change],
        observations: &[crate::workspace::Observation],
    ) {
        let mut used: Vec<(CriticalVerb, String)> = Vec::new();
        used.extend(changes.iter().filter_map(|change| Some((verb_of(change)?, change.path.clone()))));
        let read = observations.iter().filter_map(|observation| looked_path(&observation.look));
        used.extend(read.map(|path| (CriticalVerb::Read, path.to_owned())));
        let touches = step.call.tool.touches(values);
        for (index, grant) in self.grants().known().with_lines() {
            for (verb, path) in &used {
                if grant.verb == *verb && grant.allows_path(*verb, path) {
                    self.touched.push((index, path.clone()));
                }
            }
            for (verb, resource) in &touches {
                let allowed = match resource {
                    Resource::Program(argv) => *verb == EffectVerb::Runs && grant.allows_program(argv),
                    Resource::Host(host) => grant.allows_host(host),
                    _ => false,
                };
                if allowed {
                    self.touched.push((index, resource.to_string()));
                }
            }
        }
    }

    fn report(&mut self, at: &At<'_>, when: Option<bool>, values: &[Value], done: Done, verdict: &Verdict) {
        let At { instance, step, .. } = *at;
        let tool = &step.call.tool;
        let standing_yes = self.standing_yes(tool, values);
        let confined = self.confined(&step.call, values);
        let unsure = std::mem::take(&mut self.unsure);
        let for_others = self.for_others(at, &done.outcome, &done.changes, &unsure);
        let loadable = self.loadable(at, &done.outcome, &done.changes, &unsure, confined.as_ref());
        let report = StepReport {
            args: given(&step.call, values),
            effects: effects(tool, values),
            destructive: destroys(tool, values),
            policy: verdict.decision,
            policy_why: verdict.told(),
            standing_yes,
            undo: self.undo_kind(step, confined.as_ref()),
            confined,
            outcome: done.outcome,
            changes: done.changes.iter().map(|change| change_report(change, self.overlay.contents())).collect(),
            for_others,
            loadable,
            late: self.late(step, when, values),
            undoing: self.undoing(step),
            ..self.dry.meaning().step(instance)
        };
        self.reports.push((step.verification, report));
    }

    /// What of a step that acts becomes known only during the run, which stops then. What is a release by itself stops it there.
    fn late(&self, step: &Step, when: Option<bool>, values: &[Value]) -> Vec<String> {
        if step.is_read_only() || step.is_gate || when == Some(false) {
            return Vec::new();
        }
        let whole = is_looked_at_whole(&step.call, values);
        let is_foreseen = |expr: &Expr| self.dry.is_kept(expr) && self.dry.is_foreseen(expr, &self.env);
        let is_late = |expr: &Expr| !releases::follows(&self.dry.compiled.plan, expr) && !is_foreseen(expr);
        let condition = step.when.iter().filter(|expr| when.is_none() && is_late(expr)).map(|_| "when".to_owned());
        let mut late: Vec<String> = condition.collect();
        for ((param, arg), value) in step.call.tool.params.iter().zip(&step.call.args).zip(values) {
            let Some(arg) = arg.as_ref().filter(|arg| is_late(arg)) else { continue };
            // Which of what a secret decides is known would tell of it.
            let kept = self.dry.is_kept(arg).then(|| Value::Unknown(arg.ty.clone()));
            let value = kept.as_ref().unwrap_or(value);
            let places = unseen(Taken::whole(&param.marks), Some(value), value, whole);
            late.extend(places.iter().map(|place| format!("{}{}", param.name, place.way)));
        }
        late
    }

    /// Whether something that was approved always answers for a call.
    fn standing_yes(&mut self, tool: &Tool, values: &[Value]) -> bool {
        let scope = self.dry.config.policy.scope();
        let simulated = Simulated { overlay: RefCell::new(&mut self.overlay), config: self.dry.config };
        self.dry.standing.iter().any(|terms| terms.cover(tool, values, scope, &simulated))
    }

    /// What confines the program that a call runs.
    pub(super) fn confined(&mut self, call: &Call, values: &[Value]) -> Option<Confinement> {
        let grants = self.grants().known();
        let scratch = || self.dry.config.programs.scratch.clone();
        match self.dry.place(call, values)? {
            Place::Open if words(&call.tool, values).is_none() => Some(Confinement::Late { scratch: scratch() }),
            Place::Cell => {
                let walls = Walls::new(self.dry.config, &grants);
                let enforced = probe(&self.dry.config.programs.launcher, &self.dry.config.state);
                let of_others = self.of_others(&grants);
                Some(Confinement::Cell {
                    ports: walls.ports().map(<[u16]>::to_vec),
                    scratch: scratch(),
                    processes: enforced.processes,
                    of_others,
                    no_author: walls.knows_no_author(self.dry.config, &call.tool, values),
                })
            }
            Place::Open => Some(Confinement::Open),
            Place::Asked(why) => Some(Confinement::Asked { why }),
            Place::Nowhere(_) => None,
        }
    }

    /// What lines of `critical` let a program in a cell write, and it cannot. What lies in folders of `scratch` is there for real.
    fn of_others(&self, grants: &Grants<'_>) -> Vec<String> {
        let globs = grants.iter().filter_map(|grant| match grant.paths() {
            Some(Resource::Glob(glob)) => Some((grant, glob)),
            _ => None,
        });
        let writes = |grant: &Grant| matches!(grant.verb, CriticalVerb::Create | CriticalVerb::Modify);
        let changes = |grant: &Grant| writes(grant) || grant.verb == CriticalVerb::Delete;
        let globs: Vec<_> = globs.filter(|(grant, _)| changes(grant)).collect();
        if globs.is_empty() {
            return Vec::new();
        }
        let is_real = |path: &str| self.dry.config.programs.scratch.iter().any(|folder| within(path, folder));
        // A file can be deleted all the same, and one be made anew in its place.
        let may_write = |path: &str, is_folder: bool| {
            globs.iter().any(|(grant, glob)| match is_folder {
                true => path_meets_glob(path, glob),
                false => writes(grant) && grant.allows_path(grant.verb, path),
            })
        };
        let all = self.others.get_or_init(|| self.dry.workspace.of_others());
        let found = all.iter().filter(|(path, is_folder)| may_write(path, *is_folder) && !is_real(path));
        found.map(|(path, _)| path.clone()).take(MAX_OF_OTHERS).collect()
    }

    pub(super) fn is_of_files(&self, step: &Step) -> bool {
        matches!(self.dry.registry.get(&step.call.tool.name), Some(Implementation::Files(_)))
    }

    fn undo_kind(&self, step: &Step, confined: Option<&Confinement>) -> UndoKind {
        let tool = &step.call.tool;
        if let Some(undo) = meaning::undo(step) {
            return undo;
        }
        match self.dry.registry.get(&tool.name) {
            Some(Implementation::Files(_)) => UndoKind::Automatic,
            Some(Implementation::Live(_)) if matches!(confined, Some(Confinement::Cell { ports: None, .. })) => {
                UndoKind::Automatic
            }
            Some(Implementation::Live(_)) | None => UndoKind::Impossible,
        }
    }
}

/// The files as a standing answer sees them in a dry run.
struct Simulated<'o> {
    overlay: RefCell<&'o mut Overlay>,
    config: &'o Config,
}

impl Simulated<'_> {
    /// What is there for real.
    fn here<T>(&self, look: impl FnOnce(&Here<'_>) -> T) -> T {
        look(&Here { workspace: self.overlay.borrow().workspace(), config: self.config })
    }
}

impl standing::Place for Simulated<'_> {
    fn led(&self, path: &str) -> Vec<Option<String>> {
        let mut overlay = self.overlay.borrow_mut();
        vec![overlay.resolve(path).ok(), overlay.resolve_link(path).ok()]
    }

    fn named(&self, directory: &str, words: &[&str], env: Option<&Value>) -> standing::Seen {
        self.here(|here| here.named(directory, words, env))
    }

    fn variables(&self, tool: &Tool) -> BTreeMap<String, String> {
        self.here(|here| here.variables(tool))
    }

    fn server(&self, tool: &Tool) -> Option<Digest> {
        self.here(|here| here.server(tool))
    }
}

/// What a call touches.
pub(crate) fn effects(tool: &Tool, values: &[Value]) -> Vec<EffectReport> {
    let touches = tool.touches(values).into_iter().map(|(verb, resource)| {
        let program = tool.program(values).filter(|_| resource == Resource::AnyProgram);
        let partly = program.map(|program| format!("{program} (with arguments known after run)"));
        EffectReport { verb, resource: partly.unwrap_or_else(|| resource.to_string()) }
    });
    touches.collect()
}

/// Whether a call destroys something.
pub(crate) fn destroys(tool: &Tool, values: &[Value]) -> bool {
    tool.touches(values).iter().any(|(verb, _)| *verb == EffectVerb::Deletes)
}

/// The arguments that a call gives, by name; defaults are the catalogue's and are left out.
pub(super) fn given(call: &Call, values: &[Value]) -> Value {
    let params = call.tool.params.iter().zip(&call.args).zip(values);
    Value::record(
        params.filter(|((_, arg), _)| arg.is_some()).map(|((param, _), value)| (param.name.clone(), value.clone())),
    )
}
