//! What an approval names: one digest over everything that decides what the run will do.

use super::InputValue;
use super::variables::{OF_PROGRAMS, of_server, others, stored_variables, variables};
use crate::config::{Approvals, Changed, Config, Limits, Network, Programs, ServerIdentity, Unconfined};
use crate::passed::Values;
use crate::prediction::{Elements, Exact, Pinned, Prediction};
use crate::report::PlanReport;
use crate::tool::model::wiring_identity;
use crate::tool::process::{enforced, is_watched};
use crate::veil::Veil;
use crate::workspace::{Change, Observation};
use planc_lang::catalogue::Tool;
use planc_lang::compile::Compiled;
use planc_lang::compiled::tools;
use planc_lang::digest::{Digest, canonical};
use planc_lang::effects::Effects;
use planc_lang::plan::{Input, Plan};
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The version of what is bound; another one makes every earlier approval void.
pub const BOUND_FORMAT: u32 = 1;

/// The role in which what was found in a plan with secrets is committed to.
pub const FOUND: &str = "found";

/// What an approval is bound to.
pub struct Bound<'a> {
    /// The plan with every text that is shown, and the definitions of its tools.
    pub compiled: &'a Compiled,
    /// Its inputs.
    pub inputs: &'a [InputValue],
    /// Policy, workspace and the environment that programs get.
    pub config: &'a Config,
    /// What the approver is shown. Of it are bound: which time the plan would run, for what was approved for one run is approved for
    /// no other; the values that lines of `critical` are about, which are what is allowed; and what the plan endorses and
    /// reveals, as far as it is known.
    pub report: &'a PlanReport,
    /// Everything that was looked at outside the plan.
    pub observations: &'a [Observation],
    /// What is expected of each step: its condition and arguments are bound as far as they are known.
    pub predictions: &'a [Prediction],
    /// What of that is secret: bound as commitments.
    pub veil: Option<&'a Veil>,
    /// Where a yes to the plan counts; none: nowhere. Bound where what others have changed there since is to be shown.
    pub site: Option<Digest>,
    /// What makes the digest of a plan with secrets another one for each dry run; none: what was bound before there was any.
    pub once: Option<&'a str>,
}

impl Bound<'_> {
    fn input<'v>(&self, input: &Input, value: &'v Value) -> Cow<'v, Value> {
        match self.veil.filter(|_| input.secret) {
            Some(veil) => Cow::Owned(veil.committed(&format!("input {}", input.name), value)),
            None => Cow::Borrowed(value),
        }
    }

    /// What the dry run found, as far as a secret may decide it; none: the plan has no secrets, and all of it is bound in the open.
    pub fn found(&self) -> Option<Vec<u8>> {
        self.veil.map(|_| canonical(&FoundForm { once: self.once, found: self.findings() }))
    }

    fn findings(&self) -> Findings<'_> {
        let mut observations: Vec<&Observation> = self.observations.iter().collect();
        observations.sort_by(|a, b| a.look.cmp(&b.look));
        let steps = self.predictions.iter().filter(|prediction| prediction.each.is_none());
        let calls = steps.map(|step| {
            let (args, undo) = (self.args(&step.step, &step.args, false), self.args(&step.step, &step.undo, true));
            (step.step.as_str(), step.when, args, undo)
        });
        let blocks = self.predictions.iter().filter_map(|block| Some((block.step.as_str(), block.when, block.each?)));
        let pinned = self.predictions.iter().filter_map(|step| Some((step.step.as_str(), step.pinned.as_ref()?)));
        let exact = self.predictions.iter().filter(|step| step.exact == Exact::Yes);
        Findings {
            observations,
            calls: calls.collect(),
            blocks: blocks.collect(),
            extracted: pinned.collect(),
            reproduced: exact.map(|step| (step.step.as_str(), step.changes.as_slice())).collect(),
        }
    }

    fn args<'v>(&self, step: &str, args: &'v Value, undo: bool) -> Cow<'v, Value> {
        match self.veil {
            Some(veil) => Cow::Owned(veil.bound_args(step, args, undo)),
            None => Cow::Borrowed(args),
        }
    }
}

/// A step, whether it runs, and the arguments of its call and of its `undo`.
type BoundCall<'a> = (&'a str, Option<bool>, Cow<'a, Value>, Cow<'a, Value>);

#[derive(Serialize)]
struct BoundForm<'a> {
    bound: u32,
    time: u32,
    plan: Digest,
    /// Of a plan with secrets, a commitment to what was found: nobody without the key finds out by trying, nor by changing a file and
    /// planning again.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Digest>,
    inputs: Vec<(&'a str, Cow<'a, Value>)>,
    policy: Digest,
    approval: &'a Approvals,
    pass_env: &'a [String],
    /// The values of the variables that what the plan starts gets, by who gets them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<String, Values>,
    #[serde(skip_serializing_if = "Option::is_none")]
    programs: Option<BoundPrograms<'a>>,
    workspace: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    servers: BTreeMap<&'a str, ServerIdentity>,
    /// Of a plan without secrets, what was found.
    #[serde(flatten)]
    findings: Option<Findings<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    critical: Vec<&'a Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    releases: Vec<(&'a str, &'a Value)>,
    /// How the model is reached that the plan asks, and what it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Digest>,
}

/// What a dry run found of the world and of the calls.
#[derive(Serialize)]
struct Findings<'a> {
    observations: Vec<&'a Observation>,
    calls: Vec<BoundCall<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<(&'a str, Option<bool>, Elements)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extracted: Vec<(&'a str, &'a Pinned)>,
    /// What programs must change exactly.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reproduced: Vec<(&'a str, &'a [Change])>,
}

/// The same of a plan with secrets, with what is there once.
#[derive(Serialize)]
struct FoundForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    once: Option<&'a str>,
    #[serde(flatten)]
    found: Findings<'a>,
}

/// How the servers are reached whose tools the plan calls, in steps or checks.
fn servers<'a>(bound: &Bound<'a>) -> BTreeMap<&'a str, ServerIdentity> {
    let used = tools(&bound.compiled.plan);
    let is_used = |name: &str| used.values().any(|tool| tool.catalogue() == name);
    identities(bound.config, is_used)
}

fn identities(config: &Config, is_used: impl Fn(&str) -> bool) -> BTreeMap<&str, ServerIdentity> {
    let wired = config.servers.iter().filter(|(name, _)| is_used(name));
    wired.map(|(name, server)| (name.as_str(), server.identity())).collect()
}

/// What the declared `undo` calls of a plan would meet that is not what was bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// A file that an argument of a server names.
    File {
        /// The server.
        server: String,
        /// The argument.
        file: String,
    },
    /// The workspace, or what the operator decided: how a server is reached, or where programs run.
    Policy,
    /// Values of variables.
    Variables(Vec<String>),
}

/// What of what was bound decides where the program of an `undo` call runs.
const PLACE: [&str; 5] = ["network", "open", "read", "unconfined", "holds"];

/// Where a run of what was bound would be taken back in another workspace, or `undo` calls of these tools be made by other servers, or
/// their programs run in another place.
pub fn other_undo(stored: &str, plan: &Plan, config: &Config, undo: &[&Tool]) -> Option<Unlike> {
    let (bound, present) = (stored_variables(stored), variables_of(config, plan));
    let another = |owner: &str| {
        let names = others(bound.get(owner), present.get(owner));
        (!names.is_empty()).then_some(Unlike::Variables(names))
    };
    let stored: serde_json::Value = serde_json::from_str(stored).ok()?;
    if stored.get("workspace").and_then(|root| root.as_str()) != Some(&*shown_root(config)) {
        return Some(Unlike::Policy);
    }
    for (name, now) in identities(config, |name| undo.iter().any(|tool| tool.catalogue() == name)) {
        let then: Option<ServerIdentity> =
            stored.get("servers").and_then(|servers| serde_json::from_value(servers.get(name)?.clone()).ok());
        if then.as_ref() != Some(&now) {
            let file = then.as_ref().and_then(|then| then.other_file(&now)).map(str::to_owned);
            let other = |file| Unlike::File { server: name.to_owned(), file };
            return Some(file.map_or(Unlike::Policy, other));
        }
        if let Some(unlike) = another(&of_server(name)) {
            return Some(unlike);
        }
    }
    if !undo.iter().any(|tool| may_run(tool)) {
        return None;
    }
    let now = serde_json::to_value(programs(config, plan, None)).ok()?;
    let then = stored.get("programs").unwrap_or(&serde_json::Value::Null);
    let passed = serde_json::to_value(&config.pass_env).ok()?;
    let is_same = PLACE.iter().all(|part| then.get(part) == now.get(part)) && stored.get("pass_env") == Some(&passed);
    match is_same {
        true => OF_PROGRAMS.into_iter().find_map(another),
        false => Some(Unlike::Policy),
    }
}

fn may_run(tool: &Tool) -> bool {
    match &tool.effects {
        Effects::Undeclared => true,
        Effects::Declared(effects) => effects.iter().any(|effect| effect.verb == EffectVerb::Runs),
    }
}

/// A server whose argument names a file with another content than was bound, with that argument.
pub fn other_file(stored: &str, now: &Bound<'_>) -> Option<(String, String)> {
    #[derive(serde::Deserialize)]
    struct Stored {
        #[serde(default)]
        servers: BTreeMap<String, ServerIdentity>,
    }
    let stored: Stored = serde_json::from_str(stored).ok()?;
    servers(now).into_iter().find_map(|(name, now)| {
        let file = stored.servers.get(name)?.other_file(&now)?.to_owned();
        Some((name.to_owned(), file))
    })
}

/// What confines the programs of a plan.
#[derive(Serialize)]
struct BoundPrograms<'a> {
    scratch: &'a [String],
    read: &'a [PathBuf],
    open: &'a [String],
    network: Network,
    unconfined: Unconfined,
    changed: Changed,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<Digest>,
    limits: Limits,
    /// Whether this machine can confine them.
    holds: bool,
}

fn programs<'a>(config: &'a Config, plan: &Plan, site: Option<Digest>) -> Option<BoundPrograms<'a>> {
    let enforced = enforced(config, plan)?;
    let Programs { scratch, read, open, network, dry_run: _, unconfined, changed, limits, launcher: _, home: _ } =
        &config.programs;
    let (network, unconfined, changed, limits) = (*network, *unconfined, *changed, *limits);
    let site = site.filter(|_| is_watched(config, plan));
    Some(BoundPrograms { scratch, read, open, network, unconfined, changed, site, limits, holds: enforced.holds() })
}

/// The digest that an approval names.
pub fn approval_digest(bound: &Bound<'_>) -> Digest {
    Digest::of(bound_bytes(bound))
}

/// What a yes to several runs is for: the same but for which time the plan would run.
pub fn deed_digest(bound: &Bound<'_>) -> Digest {
    Digest::of(bytes(bound, 0))
}

/// What the digest is of: canonical JSON, in which what is secret stands as commitments.
pub fn bound_bytes(bound: &Bound<'_>) -> Vec<u8> {
    bytes(bound, bound.report.time)
}

fn bytes(bound: &Bound<'_>, time: u32) -> Vec<u8> {
    let plan = &bound.compiled.plan;
    let found = bound.found();
    canonical(&BoundForm {
        bound: BOUND_FORMAT,
        time,
        plan: bound.compiled.digest,
        found: bound.veil.zip(found.as_deref()).map(|(veil, found)| veil.committed_to(FOUND, found)),
        inputs: plan
            .inputs
            .iter()
            .zip(bound.inputs)
            .map(|(input, given)| (input.name.as_str(), bound.input(input, &given.value)))
            .collect(),
        policy: bound.config.policy.digest(),
        approval: &bound.config.approval,
        pass_env: &bound.config.pass_env,
        variables: variables_of(bound.config, plan),
        programs: programs(bound.config, plan, bound.site),
        workspace: shown_root(bound.config),
        servers: servers(bound),
        findings: bound.veil.is_none().then(|| bound.findings()),
        critical: bound.report.critical.iter().filter_map(|line| line.value.as_ref()).collect(),
        releases: bound.report.releases.iter().map(|release| (release.name.as_str(), &release.value)).collect(),
        model: bound.config.model.as_ref().filter(|_| asks_model(plan)).map(wiring_identity),
    })
}

fn variables_of(config: &Config, plan: &Plan) -> BTreeMap<String, Values> {
    variables(config, plan, enforced(config, plan).is_some(), asks_model(plan))
}

/// The workspace, as it is bound.
fn shown_root(config: &Config) -> String {
    config.workspace.to_string_lossy().into_owned()
}

fn asks_model(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.call.tool.extracts())
}
