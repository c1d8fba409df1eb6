//! The text of `planc.toml` ⟶ [`Settings`], or an error that shows file, line and column.
//!
//! Knows nothing of where the file was found.

use super::error::{ConfigError, Misplaced};
use super::mode::ModeSettings;
use super::model::ModelSettings;
use super::report::ReportSettings;
use super::run::RunSettings;
use super::servers::ServerSettings;
use super::{
    Approvals, Changed, EarlyPrograms, Effect, Elicitation, HookFor, Limits, MAX_SCRATCH, Network, PlanFor, Require,
    Rule, Unconfined,
};
use crate::policy::{Policy, PolicySettings};
use planc_lang::cover::PROTECTED_NAMES;
use planc_lang::effects::{CriticalVerb, Grant};
use planc_lang::paths::{check_glob, check_path};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The largest `planc.toml`.
pub const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// The size of the store of earlier contents where nothing is set, in MiB.
pub const DEFAULT_CONTENTS_MB: u64 = 4096;
/// The largest size that can be set.
pub const MAX_CONTENTS_MB: u64 = 1 << 30;
/// The most people that a plan may need a yes of.
pub const MAX_APPROVERS: u32 = 16;

/// What `planc init` writes: every setting with its default.
pub const TEMPLATE: &str = include_str!("template.toml");

/// `planc.toml` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `[workspace]`
    pub workspace: WorkspaceSettings,
    /// `[catalogues]`
    pub catalogues: CatalogueSettings,
    /// `[policy]`
    pub policy: PolicySettings,
    /// `[http]`
    pub http: HttpSettings,
    /// `[programs]`
    pub programs: ProgramSettings,
    /// `[model]`
    pub model: ModelSettings,
    /// `[approval]`
    pub approval: ApprovalSettings,
    /// `[contents]`
    pub contents: ContentSettings,
    /// `[run]`
    pub run: RunSettings,
    /// `[servers.NAME]`
    pub servers: BTreeMap<Spanned<String>, ServerSettings>,
    /// `[agents]`
    pub agents: AgentSettings,
    /// `[mode]`
    pub mode: ModeSettings,
    /// `[report]`
    pub report: ReportSettings,
}

/// `[workspace]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkspaceSettings {
    read: Option<Vec<Spanned<String>>>,
    /// Globs over folders that are workspaces of their own.
    nested: Vec<Spanned<String>>,
    /// Where state is kept, whatever a command line or a variable says.
    state: Option<Spanned<String>>,
}

impl WorkspaceSettings {
    /// Globs over what may be read before approval: everything unless something is listed.
    pub fn read(&self) -> Vec<String> {
        match &self.read {
            Some(globs) => globs.iter().map(|glob| glob.get_ref().clone()).collect(),
            None => vec!["**".to_owned()],
        }
    }

    /// Globs over folders beneath that are workspaces of their own.
    pub fn nested(&self) -> impl Iterator<Item = &str> {
        self.nested.iter().map(|glob| glob.get_ref().as_str())
    }

    /// Where state is kept, if the operator says so.
    pub fn state(&self, workspace: &Path) -> Option<PathBuf> {
        self.state.as_ref().map(|path| workspace.join(path.get_ref()))
    }
}

/// `[catalogues]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CatalogueSettings {
    /// Paths and globs, relative to the workspace.
    pub files: Vec<Spanned<String>>,
}

/// `[contents]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContentSettings {
    /// The size of the store of earlier contents, in MiB.
    pub max_mb: Spanned<u64>,
}

impl Default for ContentSettings {
    fn default() -> ContentSettings {
        ContentSettings { max_mb: Spanned::new(0..0, DEFAULT_CONTENTS_MB) }
    }
}

/// `[http]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// Hosts, with a port where it is not the usual one.
    pub hosts: Vec<Spanned<String>>,
}

/// `[programs]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProgramSettings {
    /// Names of environment variables.
    pub pass_env: Vec<Spanned<String>>,
    /// Folders of the workspace.
    pub scratch: Vec<Spanned<String>>,
    /// Files and folders outside the workspace; `~` is the home.
    pub read: Vec<Spanned<String>>,
    /// Programs by their first words.
    pub open: Vec<Spanned<String>>,
    /// Whether programs may reach the network.
    pub network: Network,
    /// Whether they may run before approval.
    pub dry_run: EarlyPrograms,
    /// What is done where programs cannot be confined.
    pub unconfined: Unconfined,
    /// What is done about what others have changed since the card was made.
    pub changed: Changed,
    /// What a program may use.
    pub limits: Limits,
}

impl ProgramSettings {
    /// Folders of the workspace that programs really write.
    pub fn scratch(&self) -> Vec<String> {
        self.scratch.iter().map(|folder| folder.get_ref().trim_end_matches('/').to_owned()).collect()
    }
}

/// `[approval]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalSettings {
    /// Of what kind.
    pub require: Require,
    elicitation: Elicitation,
    approvers: Option<Spanned<u32>>,
    not_author: bool,
    signers: Option<Spanned<PathBuf>>,
    accounts: BTreeMap<String, String>,
    agents: Vec<String>,
    destructive: Option<Rule>,
    not_undoable: Option<Rule>,
    contacts: Option<Rule>,
}

impl ApprovalSettings {
    /// What the operator wants. A relative file of signers is meant beside the configuration.
    pub fn read(&self, config: Option<&Path>) -> Approvals {
        let folder = config.and_then(Path::parent).unwrap_or(Path::new(""));
        let effects = [
            (Effect::Destructive, self.destructive),
            (Effect::NotUndoable, self.not_undoable),
            (Effect::Contacts, self.contacts),
        ];
        Approvals {
            rule: Rule {
                require: self.require,
                approvers: self.approvers.as_ref().map_or(1, |count| *count.get_ref()),
                not_author: self.not_author,
            },
            by_effect: effects.into_iter().filter_map(|(effect, rule)| Some((effect, rule?))).collect(),
            signers: self.signers.as_ref().map(|path| folder.join(path.get_ref())),
            accounts: self.accounts.clone(),
            agents: self.agents.clone(),
            elicitation: self.elicitation,
            closed: None,
        }
    }

    fn rules(&self) -> impl Iterator<Item = Rule> {
        let base = self.read(None).rule;
        std::iter::once(base).chain([self.destructive, self.not_undoable, self.contacts].into_iter().flatten())
    }
}

/// `[agents]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentSettings {
    /// What an agent needs a plan for.
    pub plan: PlanFor,
    /// When a hook refuses tools of the agent's client.
    pub hook: HookFor,
    /// Globs over tools of the agent's client that only read.
    pub reads: Vec<Spanned<String>>,
    /// The credentials of agents that say in which scope they are; a relative path is meant beside the configuration.
    pub credentials: Option<PathBuf>,
}

/// Reads and checks a configuration file.
pub(super) fn read(path: &Path) -> Result<Settings, ConfigError> {
    let name = path.display().to_string();
    parse(&name, &bounded(path, &name, MAX_CONFIG_BYTES)?)
}

/// Parses and checks the text of a configuration file that is called `name`.
pub fn parse(name: &str, text: &str) -> Result<Settings, ConfigError> {
    let settings: Settings = toml::from_str(text).map_err(|error| explain(name, text, &error))?;
    check(&settings).map_err(|(offset, error)| error.at(name, text, offset))?;
    Ok(settings)
}

/// The text of a file of the operator.
pub(super) fn bounded(path: &Path, name: &str, most: u64) -> Result<String, ConfigError> {
    let failed = |error: std::io::Error| ConfigError::world(format!("cannot read `{name}`: {error}"));
    let metadata = path.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(ConfigError::world(format!("cannot read `{name}`: it is not a file")));
    }
    let size = metadata.len();
    if size > most {
        return Err(ConfigError::world(format!("`{name}` has {size} bytes, the limit is {most}")));
    }
    std::fs::read_to_string(path).map_err(failed)
}

fn explain(name: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let message = error.message().trim().replace('\n', "; ");
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let mut explained = match (message.split_once(" `").map(|(head, _)| head), names.as_slice()) {
        (Some("unknown field"), [wrong, known @ ..]) => suggest(format!("unknown key `{wrong}`"), wrong, known),
        (Some("unknown variant"), [wrong, known @ ..]) => suggest(format!("unknown value `{wrong}`"), wrong, known),
        _ => ConfigError::world(message),
    };
    if let Some(span) = error.span() {
        explained = explained.at(name, text, span.start);
    }
    explained
}

fn suggest(message: String, wrong: &str, known: &[&str]) -> ConfigError {
    let nearest = known.iter().min_by_key(|name| strsim::osa_distance(wrong, name));
    let error = ConfigError::world(message);
    match nearest {
        Some(name) if strsim::osa_distance(wrong, name) <= 1 + wrong.len() / 3 => {
            error.help(format!("did you mean `{name}`?"))
        }
        _ if known.is_empty() => error,
        _ => {
            error.help(format!("known here: {}", known.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")))
        }
    }
}

fn check(settings: &Settings) -> Result<(), Misplaced> {
    let scopes = settings.mode.read()?.scopes;
    let named = settings.policy.rules.iter().flat_map(|rule| rule.get_ref().scopes());
    named.into_iter().try_for_each(|name| super::mode::known(&scopes, name).map(drop))?;
    settings.report.read(Path::new(""))?;
    settings.run.check()?;
    let at = |item: &Spanned<String>, message: String| (item.span().start, ConfigError::world(message));
    let workspace = &settings.workspace;
    let globs = workspace.read.iter().flatten().chain(&workspace.nested).chain(&settings.catalogues.files);
    for glob in globs {
        // Read as a glob it would silently exclude nothing.
        if glob.get_ref().starts_with('!') {
            let error = at(glob, format!("`{}` excludes nothing: there are no exclusions", glob.get_ref()));
            return Err((error.0, error.1.help("list what is meant instead, such as `docs/**` and `src/**`")));
        }
        check_glob(glob.get_ref()).map_err(|reason| at(glob, reason))?;
    }
    // With the file of Cedar they are compiled again.
    Policy::load(&settings.policy, None, None).map_err(|mistake| (mistake.offset, ConfigError::of(mistake)))?;
    for host in &settings.http.hosts {
        if host.get_ref().is_empty() || host.get_ref().contains(['/', '@', '*', ' ']) {
            let message = format!("`{}` is not a host: a name, with `:port` where needed", host.get_ref());
            return Err(at(host, message));
        }
    }
    for (name, server) in &settings.servers {
        if let Some((offset, message)) = server.mistake(name) {
            return Err((offset, ConfigError::world(message)));
        }
    }
    // Resources and prompts have no prefix by which it could be told whose they are.
    let mut transparent =
        settings.servers.iter().filter(|(_, server)| server.transparent.as_ref().is_some_and(|word| *word.get_ref()));
    if let Some((name, _)) = transparent.nth(1) {
        return Err(at(name, "only one server can be `transparent`, and this is another one".to_owned()));
    }
    check_approval(&settings.approval)?;
    for name in &settings.programs.pass_env {
        if name.get_ref().is_empty() || name.get_ref().contains(['=', '\0', ' ']) {
            return Err(at(name, format!("`{}` is not the name of an environment variable", name.get_ref())));
        }
    }
    for glob in &settings.agents.reads {
        if globset::Glob::new(glob.get_ref()).is_err() {
            return Err(at(glob, format!("the glob `{}` is not valid", glob.get_ref())));
        }
    }
    settings.model.check()?;
    let contents = &settings.contents.max_mb;
    if *contents.get_ref() == 0 || *contents.get_ref() > MAX_CONTENTS_MB {
        let message = format!("`max_mb` of `[contents]` is not between 1 and {MAX_CONTENTS_MB}");
        return Err((contents.span().start, ConfigError::world(message)));
    }
    check_programs(&settings.programs)
}

fn check_programs(programs: &ProgramSettings) -> Result<(), (usize, ConfigError)> {
    let at = |item: &Spanned<String>, message: String| (item.span().start, ConfigError::world(message));
    for folder in &programs.scratch {
        let path = folder.get_ref().trim_end_matches('/');
        let own = path.split('/').any(|part| PROTECTED_NAMES.iter().any(|own| part.eq_ignore_ascii_case(own)));
        if check_path(path).is_err() || path == "." || own || path.contains(['*', '?', '[', '{']) {
            return Err(at(folder, format!("`{}` is not a folder of the workspace", folder.get_ref())));
        }
    }
    if let Some(more) = programs.scratch.get(MAX_SCRATCH) {
        return Err(at(more, format!("more than {MAX_SCRATCH} folders of `scratch` are named")));
    }
    for path in &programs.read {
        let is_whole = path.get_ref().starts_with('/') || path.get_ref().starts_with("~/");
        if !is_whole || path.get_ref() == "/" || path.get_ref() == "~/" || path.get_ref().split('/').any(|p| p == "..")
        {
            let error = at(path, format!("`{}` is not an absolute path", path.get_ref()));
            return Err((error.0, error.1.help("begin it with `/` or `~/`; neither the root nor the home as a whole")));
        }
    }
    for words in &programs.open {
        Grant::new(CriticalVerb::Run, words.get_ref()).map_err(|why| at(words, why))?;
    }
    let limits = [
        programs.limits.memory_mb,
        programs.limits.cpu_s,
        programs.limits.processes,
        programs.limits.file_mb,
        programs.limits.open_files,
    ];
    match limits.contains(&0) {
        true => Err((0, ConfigError::world("a limit of `[programs.limits]` is 0: nothing could run"))),
        false => Ok(()),
    }
}

/// What an approval must be can be fulfilled, and is something.
fn check_approval(settings: &ApprovalSettings) -> Result<(), (usize, ConfigError)> {
    let place = settings.approvers.as_ref().map(|count| count.span().start);
    let place = place.or_else(|| settings.signers.as_ref().map(|path| path.span().start)).unwrap_or(0);
    if settings.rules().any(|rule| !(1..=MAX_APPROVERS).contains(&rule.approvers)) {
        let message = format!("`approvers` is a number from 1 to {MAX_APPROVERS}");
        return Err((place, ConfigError::world(message)));
    }
    if settings.signers.is_none() && settings.rules().any(Rule::is_signed) {
        let error = ConfigError::world("approvals are to be signed here, and `[approval]` names no `signers`");
        return Err((place, error.help("name a file of signers as OpenSSH and git have it: `signers = \"…\"`")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_the_default() {
        let settings = parse(super::super::CONFIG_NAME, TEMPLATE).unwrap();
        assert_eq!(settings.workspace.read(), Settings::default().workspace.read());
        assert_eq!(settings.approval.require, Require::Any);
    }

    #[test]
    fn a_wrong_key_is_shown_where_it_stands_with_the_right_one() {
        let error = parse("planc.toml", "[workspace]\nraed = [\"**\"]\n").unwrap_err();
        assert_eq!(error.to_string(), "unknown key `raed`\n --> planc.toml:2:1\n  |\n2 | raed = [\"**\"]\n  | ^");
        assert_eq!(error.help, ["did you mean `read`?"]);
        let error = parse("planc.toml", "[policy]\n\"fs.*\" = \"denny\"\n").unwrap_err();
        assert_eq!(error.help, ["did you mean `deny`?"]);
        assert_eq!(error.place.unwrap().line, 2);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in [
            "[workspace]\nread = [\"../up\"]",
            "[workspace]\nread = [\"**\", \"!secret/**\"]",
            "[catalogues]\nfiles = [\"!a.pl\"]",
            "[http]\nhosts = [\"https://a.example/\"]",
            "[programs]\npass_env = [\"A=B\"]",
            "[model]\ncommand = []",
            "[model]\ncommand = [\"a\"]\nendpoint = \"https://a.example/\"",
            "[model]\nendpoint = \"http://a.example/\"",
            "[model]\nendpoint = \"http://127.0.0.1@a.example/\"",
            "[model]\npass_env = [\"A=B\"]",
            "[policy]\n\"a[\" = \"ask\"",
            "[programs]\nscratch = [\"../up\"]",
            "[programs]\nscratch = [\".\"]",
            "[programs]\nscratch = [\"a/planc.toml\"]",
            "[programs]\nread = [\"docs\"]",
            "[programs]\nread = [\"/\"]",
            "[programs]\nread = [\"/a/../..\"]",
            "[programs]\nopen = [\"*\"]",
            "[programs]\nopen = [\"\"]",
            "[programs]\nunconfined = \"auto\"",
            "[programs]\nnetwork = \"on\"",
            "[programs]\ndry_run = true",
            "[programs.limits]\nprocesses = 0",
            "[approval]\nrequire = \"none\"",
            "[contents]\nmax_mb = 0",
            "[run]\ndeadline = \"soon\"",
            "[contents]\nmax_mb = 99999999999",
            "workspace = 3",
            "[workspace",
        ] {
            let error = parse("planc.toml", text).unwrap_err();
            assert!(error.place.is_some(), "{text}: {error}");
        }
    }
}
