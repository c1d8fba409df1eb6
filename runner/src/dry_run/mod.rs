//! Plan mode: a compiled plan and the world ⟶ what would happen, without any effect.
//!
//! Sequential meaning on an overlay: reads are real, effects of file tools are simulated exactly, later reads see them, and
//! what a call with unknown outcome may have touched is unknown from there on. Nothing is guessed, nothing is written.

mod blocks;
mod call;
mod diff;
mod earlier;
mod early;
mod files;
mod identity;
mod judged;
mod meaning;
mod named;
mod others;
mod releases;
mod seen;
mod steps;
mod told;
mod undoing;
mod variables;

pub use diff::{MAX_DIFF_BYTES, change_report};
pub use early::EARLY_TIMEOUT;
pub use identity::{
    BOUND_FORMAT, Bound, FOUND, Unlike, approval_digest, bound_bytes, deed_digest, other_file, other_undo,
};
pub use variables::other_variables;

pub(crate) use meaning::{Meaning, undo};
pub(crate) use steps::{destroys, effects};
pub(crate) use told::unknown_args;

use crate::config::Config;
use crate::prediction::Prediction;
use crate::report::{
    AssumptionReport, CheckOutcome, CriticalReport, InputReport, OutputReport, PlanReport, PlanStatus, Problem,
    ReuseReport, VerificationReport,
};
use crate::standing::Terms;
use crate::stop::Stop;
use crate::tool::process::may_be_open;
use crate::tool::registry::Registry;
use crate::veil::Veil;
use crate::workspace::{Look, Observation, Overlay, Workspace};
use call::{DryCaller, World};
use planc_lang::compile::Compiled;
use planc_lang::digest::Digest;
use planc_lang::eval::{Env, eval};
use planc_lang::grants;
use planc_lang::plan::{CriticalScope, Expr, Instance, ReuseTarget, Unit};
use planc_lang::value::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use steps::Steps;
use told::KEPT;
pub use told::{Answers, Sight};

/// The value of an input and whether it is the default.
#[derive(Clone, Debug, PartialEq)]
pub struct InputValue {
    /// The value.
    pub value: Value,
    /// Whether nothing was supplied.
    pub default: bool,
}

/// Whether programs run in a dry run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Early {
    /// None does.
    #[default]
    Off,
    /// Those that may, on a copy that is thrown away.
    Sealed,
}

/// What a dry run is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// A plan that somebody may approve: its digest is over everything that decides what the run will do.
    #[default]
    Approval,
    /// To see what would happen, and nothing else. No digest is made of that, which takes all files of a server's program, and
    /// the one in the report names nothing that could be approved.
    Look,
}

/// What a dry run needs.
pub struct DryRun<'a> {
    /// What it is made for.
    pub purpose: Purpose,
    /// The plan.
    pub compiled: &'a Compiled,
    /// Values of its inputs, by index.
    pub inputs: &'a [InputValue],
    /// What the operator decided.
    pub config: &'a Config,
    /// The files.
    pub workspace: &'a Arc<Workspace>,
    /// The tools.
    pub registry: &'a Registry,
    /// Which time the plan would run, from 1.
    pub time: u32,
    /// What persons approved always.
    pub standing: &'a [Terms],
    /// Where a yes to the plan would count; none: nowhere.
    pub site: Option<Digest>,
    /// What is secret; none: nothing.
    pub veil: Option<&'a Veil>,
    /// What of it is known: [`Sight::All`], whoever asks for a dry run.
    pub sight: Sight<'a>,
    /// Whether programs run.
    pub early: Early,
    /// Runs the few live reads that are allowed before approval; none: they are known after run.
    pub runtime: Option<&'a tokio::runtime::Handle>,
    /// What a model said when it was asked this before, so that it is asked once.
    pub recall: &'a dyn Fn(&Digest) -> Option<Value>,
    /// Says when to stop: at once, for nothing has an effect.
    pub stop: &'a Stop,
}

/// What would happen.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the approver is shown.
    pub report: PlanReport,
    /// What is expected of each step.
    pub predictions: Vec<Prediction>,
    /// What was looked at besides what the report tells, because of a secret.
    pub untold: Vec<Observation>,
    /// What makes this digest another one than that of the next dry run, where there are secrets.
    pub once: Option<String>,
    /// What the digest is of, as canonical JSON: what an approval of it binds. Nothing, where it was made to look only.
    pub bound: Vec<u8>,
}

impl Outcome {
    /// Everything that was looked at outside the plan.
    pub fn looked(&self) -> Vec<Observation> {
        looked(&self.report, &self.untold)
    }
}

fn looked(report: &PlanReport, untold: &[Observation]) -> Vec<Observation> {
    report.observations.iter().chain(untold).cloned().collect()
}

/// What came of going through a plan once.
struct Passed {
    report: PlanReport,
    predictions: Vec<Prediction>,
}

impl DryRun<'_> {
    /// Makes the dry run; none: it was stopped. Blocks while it reads.
    pub fn run(&self) -> Option<Outcome> {
        if self.veil.is_none() {
            let Passed { report, predictions } = self.pass()?;
            return Some(self.bound(report, predictions, Vec::new()));
        }
        let answers = Answers::default();
        let told = DryRun { sight: Sight::Told(&answers), ..*self }.pass()?;
        let found = DryRun { sight: Sight::Found(&answers), ..*self }.pass()?;
        let shown: BTreeSet<&Look> = told.report.observations.iter().map(|seen| &seen.look).collect();
        let untold = found.report.observations.into_iter().filter(|seen| !shown.contains(&seen.look)).collect();
        let predictions = self.seen(&told.predictions, found.predictions);
        Some(self.bound(told.report, predictions, untold))
    }

    /// Goes through the plan once, as far as is known.
    fn pass(&self) -> Option<Passed> {
        let plan = &self.compiled.plan;
        let mut overlay = Overlay::new(self.workspace.clone());
        let mut env = Env::new(plan, self.known_inputs());
        self.veil.iter().for_each(|veil| env.hide(veil.hides()));
        let meaning = self.meaning();
        let assumptions: Vec<AssumptionReport> = plan
            .assumptions
            .iter()
            .map(|assumption| {
                let outcome = self.check(assumption.check.as_ref(), &mut env, &mut self.before(&mut overlay));
                meaning.assumption(assumption, outcome)
            })
            .collect();
        let mut steps = Steps::new(self, env, overlay);
        for unit in plan.units() {
            if self.stop.is_stopping() {
                return None;
            }
            match unit {
                Unit::Step(step) => steps.step(Instance { step, element: None }),
                Unit::Each(each) => steps.block(each),
            }
        }
        let Steps {
            mut env,
            mut overlay,
            reports,
            blocks,
            predictions,
            laid,
            mut problems,
            touched,
            released,
            labels,
            ..
        } = steps;
        let mut own = Vec::new();
        let mut of_verification: Vec<Vec<_>> = plan.verifications.iter().map(|_| Vec::new()).collect();
        for (verification, report) in reports {
            match verification {
                None => own.push(report),
                Some(index) => of_verification[index].push(report),
            }
        }
        earlier::mark(
            own.iter_mut().chain(of_verification.iter_mut().flatten()),
            overlay.contents(),
            self.workspace.root(),
        );
        let verifications: Vec<VerificationReport> = plan
            .verifications
            .iter()
            .zip(of_verification)
            .map(|(verification, steps)| {
                let labels = Some(&labels);
                let mut caller =
                    DryCaller { dry: self, world: World::After, overlay: &mut overlay, laid: &laid, labels };
                let outcome = self.check(verification.check.as_ref(), &mut env, &mut caller);
                meaning.verification(verification, steps, outcome)
            })
            .collect();
        let (outputs, failing) = self.outputs(&mut env, &mut overlay);
        let reuse = plan.reuse.iter().map(|reuse| self.reuse(reuse)).collect::<Vec<_>>();
        problems.splice(0..0, self.standing_problems(&assumptions, &verifications, &reuse));
        problems.extend(failing);
        let critical = self.critical_values(&mut env);
        let releases = self.releases(&labels, released, &mut env);
        let observations = overlay.base_observations().to_vec();
        // What it binds is known when all of it is; its assurance, its number and which part it is, the desk finds out.
        let report = PlanReport {
            status: if problems.is_empty() { PlanStatus::NeedsApproval } else { PlanStatus::Blocked },
            time: self.time,
            problems,
            catalogues: self.config.given_names(),
            scratch: if may_be_open(self.config, plan) { self.config.programs.scratch.clone() } else { Vec::new() },
            inputs: self.input_reports(),
            assumptions,
            critical: self.critical(critical, &touched),
            releases,
            disclosures: self.disclosures(),
            reuse,
            steps: own,
            blocks,
            verifications,
            outputs,
            observations,
            ..meaning.plan()
        };
        let report = match self.veil {
            Some(veil) => veil.report(report),
            None => report,
        };
        Some(Passed { report, predictions })
    }

    /// What an approval binds: the report as it is told, and everything as it is.
    fn bound(&self, mut report: PlanReport, predictions: Vec<Prediction>, untold: Vec<Observation>) -> Outcome {
        let once = self.veil.map(|_| uuid::Uuid::new_v4().simple().to_string());
        let bound = Bound {
            compiled: self.compiled,
            inputs: self.inputs,
            config: self.config,
            report: &report,
            observations: &looked(&report, &untold),
            predictions: &predictions,
            veil: self.veil,
            site: self.site,
            once: once.as_deref(),
        };
        let (bound, deed) = match self.purpose {
            Purpose::Approval => (bound_bytes(&bound), Some(deed_digest(&bound))),
            Purpose::Look => (Vec::new(), None),
        };
        (report.digest, report.deed) = (Digest::of(&bound), deed);
        Outcome { report, predictions, untold, once, bound }
    }

    /// Calls in the world before the plan.
    fn before<'d>(&'d self, overlay: &'d mut Overlay) -> DryCaller<'d, 'd> {
        DryCaller { dry: self, world: World::Before, overlay, laid: &[], labels: None }
    }

    /// What a check says in the world that its calls see.
    fn check(&self, check: Option<&Expr>, env: &mut Env<'_>, caller: &mut DryCaller<'_, '_>) -> CheckOutcome {
        let Some(expr) = check else { return CheckOutcome::ForPerson };
        match self.decided(expr, env, caller) {
            Ok(Value::Bool(true)) => CheckOutcome::Holds,
            Ok(Value::Bool(false)) => CheckOutcome::Fails { why: format!("`{}` is false", self.written(expr)) },
            Ok(_) if self.is_kept(expr) => CheckOutcome::Unconfirmed { why: KEPT.into() },
            Ok(_) => CheckOutcome::Unconfirmed { why: "it depends on what is known only after the run".into() },
            Err(failure) => CheckOutcome::Fails { why: failure.message },
        }
    }

    /// Whether a condition without steps holds in the world as it is; an error says why that cannot be told.
    pub fn holds(&self, condition: &Expr) -> Result<bool, String> {
        let mut overlay = Overlay::new(self.workspace.clone());
        let mut env = Env::new(&self.compiled.plan, Vec::new());
        match eval(condition, &mut env, &mut self.before(&mut overlay)) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err("what it looks at may not be read before approval".to_owned()),
            Err(failure) => Err(failure.message),
        }
    }

    fn input_reports(&self) -> Vec<InputReport> {
        let declared = self.compiled.plan.inputs.iter().zip(self.inputs);
        declared
            .map(|(declared, given)| InputReport {
                name: declared.name.to_string(),
                secret: declared.secret,
                value: given.value.clone(),
                default: given.default,
            })
            .collect()
    }

    /// The outputs, and what is wrong with those that cannot be computed.
    fn outputs(&self, env: &mut Env<'_>, overlay: &mut Overlay) -> (Vec<OutputReport>, Vec<Problem>) {
        let mut problems = Vec::new();
        let outputs = self.compiled.plan.outputs.iter().map(|output| {
            // An output calls nothing.
            let value = self.computed(&output.value, env, &mut self.before(overlay));
            let value = value.unwrap_or_else(|failure| {
                let message = format!("the output `{}` would fail: {}", output.name, failure.message);
                problems.push(Problem { step: None, message, policy: false, assumption: None });
                Value::Unknown(output.value.ty.clone())
            });
            OutputReport { name: output.name.to_string(), value }
        });
        (outputs.collect(), problems)
    }

    fn reuse(&self, reuse: &planc_lang::plan::Reuse) -> ReuseReport {
        let exists = match &reuse.target {
            ReuseTarget::Tool(_) => true,
            ReuseTarget::Path(path) => {
                let state = self.workspace.resolve(path).and_then(|path| self.workspace.state(&path));
                state.is_ok_and(|state| state != crate::workspace::FileState::Absent)
            }
        };
        self.meaning().reuse(reuse, exists)
    }

    fn standing_problems(
        &self,
        assumptions: &[AssumptionReport],
        verifications: &[VerificationReport],
        reuse: &[ReuseReport],
    ) -> Vec<Problem> {
        let problem = |message: String| Problem { step: None, message, policy: false, assumption: None };
        let mut problems = Vec::new();
        for assumption in assumptions {
            match &assumption.outcome {
                CheckOutcome::Fails { why } => {
                    problems.push(Problem {
                        assumption: Some(assumption.text.clone()),
                        ..problem(format!("the assumption \"{}\" does not hold: {why}", assumption.text))
                    });
                }
                CheckOutcome::Holds | CheckOutcome::Unconfirmed { .. } | CheckOutcome::ForPerson => {}
            }
        }
        for verification in verifications {
            match &verification.outcome {
                CheckOutcome::Fails { why } => {
                    problems.push(problem(format!("the verification \"{}\" would fail: {why}", verification.text)));
                }
                CheckOutcome::Holds | CheckOutcome::Unconfirmed { .. } | CheckOutcome::ForPerson => {}
            }
        }
        for missing in reuse.iter().filter(|reuse| !reuse.exists) {
            problems.push(problem(format!("the plan leans on `{}`, which is not there", missing.target)));
        }
        problems
    }

    /// What the lines of `critical` stand for that are about a value; nothing that is secret is bound.
    fn critical_values(&self, env: &mut Env<'_>) -> Vec<Option<Value>> {
        let plan = &self.compiled.plan;
        let mut values = grants::values(plan, env);
        for (line, value) in plan.critical.iter().zip(&mut values) {
            if let CriticalScope::Value(expr) = &line.scope
                && self.veil.is_some_and(|veil| veil.secrets().decide(plan, expr))
            {
                *value = Some(Value::Unknown(expr.ty.clone()));
            }
        }
        values
    }

    /// The lines of `critical`, each with its value where it is about one, and with what the dry run touched of it.
    fn critical(&self, values: Vec<Option<Value>>, touched: &[(usize, String)]) -> Vec<CriticalReport> {
        let lines = self.compiled.plan.critical.iter().zip(values).enumerate();
        lines
            .map(|(index, (line, value))| {
                let of_line: BTreeSet<&String> =
                    touched.iter().filter(|(i, _)| *i == index).map(|(_, what)| what).collect();
                self.meaning().critical(line, value, of_line.into_iter().cloned().collect())
            })
            .collect()
    }
}
