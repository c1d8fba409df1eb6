//! The global arguments ⟶ what every command needs: configuration, output, and plans compiled from names.

use super::fault::Fault;
use super::output::{Colours, Format, Output};
use super::texts::{self, Base, Instead, Text};
use crate::config::{Config, Missing, Overrides, Places, STATE_NAME, is_hidden_in_home, lies_in};
use crate::coverage::{There, is_for_others};
use crate::desk::{Desk, DeskError, Draft, key_of, opened};
use crate::journal::{Role, Store, StoredSource};
use crate::mode::{InWorkspace, Modes};
use crate::render::text::{Paint, Tone, count, inline};
use crate::tool::registry::Registry;
use planc_lang::codes::Severity;
use planc_lang::compile::compile;
use planc_lang::diagnostic::{Colour, Diagnostic};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of every command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Work in this directory instead of the current one
    #[arg(short = 'C', long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
    /// Keep runs, approvals and earlier contents here; never inside the workspace
    #[arg(long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub state_dir: Option<PathBuf>,
    /// A further file with tools; may be given several times
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub catalogue: Vec<PathBuf>,
    /// The form of the result
    #[arg(long, global = true, value_enum, default_value_t)]
    pub format: Format,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Colours,
    /// No progress, only results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// What every command needs.
pub struct Session {
    /// Where results go.
    pub out: Output,
    /// What the operator decided.
    pub config: Arc<Config>,
    /// Where names on the command line are looked up.
    pub current: PathBuf,
}

impl Session {
    /// Finds and reads the configuration.
    pub fn open(global: &Global, out: Output) -> Result<Session, Fault> {
        Session::open_with(global, out, Missing::Mistake)
    }

    /// The same for a command to which a catalogue that is not there means this.
    pub fn open_with(global: &Global, out: Output, missing: Missing) -> Result<Session, Fault> {
        let places = Places::of_process()?;
        let overrides = Overrides {
            directory: global.directory.clone(),
            state: global.state_dir.clone(),
            catalogues: global.catalogue.clone(),
            missing,
        };
        let config = Arc::new(Config::load(&overrides, &places)?);
        let current = match &global.directory {
            Some(directory) => places.current.join(directory),
            None => places.current,
        };
        Ok(Session { out, config, current })
    }

    /// A file that was named, relative to the directory that the command works in.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.current.join(name)
    }

    /// A file that is to be written where the caller says: its name ends as its form does, and it is none that a shell or a session
    /// starts with, nor lies in what others execute or go by, since part of what is written is whatever a plan says.
    pub fn output(&self, name: impl AsRef<Path>, ending: &str) -> Result<PathBuf, Fault> {
        let path = self.path(name);
        let shown = path.display().to_string();
        let refused = |why: &str| Fault::usage(format!("`{}` {why}, and planc writes no such file", inline(&shown)));
        let ends = |path: &Path| path.extension().is_some_and(|extension| extension == ending);
        // What a link leads to is what would be written.
        let led = led(&path);
        if !ends(&path) {
            let why = format!("is no name for this, since what is in it is called `.{ending}`");
            return Err(refused(&why).help(format!("name one that ends in `.{ending}`")));
        }
        if is_hidden(&path) || led.as_deref().is_none_or(|led| is_hidden(led) || self.hides(led)) {
            return Err(
                refused("is hidden, or a link to what is or to nothing").help("name one that is not, and move it")
            );
        }
        match led.is_some_and(|led| ends(&led) && !self.is_for_others(&led)) {
            true => Ok(path),
            false => Err(refused("lies in what git or the clients of agents execute and go by, or leads elsewhere")
                .help(format!("name one in another folder, that ends in `.{ending}`"))),
        }
    }

    /// The same for a file that no part of planc reads: none of what is planc's own, either.
    pub fn output_of_none(&self, name: impl AsRef<Path>, ending: &str) -> Result<PathBuf, Fault> {
        let path = self.output(name, ending)?;
        let led = led(&path).unwrap_or_else(|| path.clone());
        let Some(within) = led.strip_prefix(&self.config.workspace).ok().and_then(Path::to_str) else {
            return Ok(path);
        };
        let workspace = opened(&self.config).map_err(DeskError::from)?;
        match workspace.kind(within) {
            Ok(_) => Ok(path),
            Err(error) => Err(Fault::usage(error.to_string()).help("name a file that is planc's in no way")),
        }
    }

    /// Whether the workspace hides a file, in a folder of it.
    fn hides(&self, path: &Path) -> bool {
        path.strip_prefix(&self.config.workspace).is_ok_and(|within| within.iter().any(is_dotted))
    }

    /// Whether others execute or go by what lies somewhere: told from the root of the workspace, or of everything.
    fn is_for_others(&self, path: &Path) -> bool {
        let root = if path.starts_with(&self.config.workspace) { &self.config.workspace } else { Path::new("/") };
        let within = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
        is_for_others(&within, |path| match root.join(path).symlink_metadata() {
            Ok(_) => There::Folder,
            Err(_) => There::Nothing,
        })
    }

    /// Refuses a file of the workspace whose folder is behind a link out of it: it would be written elsewhere than where it is named.
    pub fn stays_within(&self, path: &Path) -> Result<(), Fault> {
        let root = &self.config.workspace;
        match path.parent().is_none_or(|folder| !folder.starts_with(root) || lies_in(folder, root)) {
            true => Ok(()),
            false => Err(Fault::usage(format!(
                "`{}` is behind a link that leads out of the workspace, and planc writes no such file",
                self.config.shown(path)
            ))
            .help("make a folder of the link, or name another file")),
        }
    }

    /// The files that were named, and those in folders that were: names as they are shown, and where they are.
    pub fn files(&self, names: &[String]) -> Result<Vec<(String, PathBuf)>, Fault> {
        let mut files = Vec::new();
        for name in names {
            let path = self.path(name);
            match name != "-" && path.is_dir() {
                false => files.push((name.clone(), path)),
                true => files.extend(within(name, &path)?),
            }
        }
        Ok(files)
    }

    /// Whether diagnostics on this output have colours: they go to standard output for `check`, else to standard error.
    pub fn colour(paint: Paint) -> Colour {
        match paint {
            Paint::Plain => Colour::Never,
            Paint::Ansi => Colour::Always,
        }
    }

    /// The catalogues, with what is wrong with them. When nothing is, the rules of the policy are held against their tools.
    pub fn base(&self) -> Result<Base, Fault> {
        self.base_instead(&Instead::new())
    }

    /// The same, with some texts in place of what their files hold.
    pub fn base_instead(&self, instead: &Instead) -> Result<Base, Fault> {
        let base = texts::base(&self.config, instead)?;
        if count_errors(&base.diagnostics) == 0 {
            let tools: Vec<&str> = base.catalogue.tools().map(|tool| tool.name.as_str()).collect();
            for rule in self.config.idle_policies(&tools)? {
                let head = self.out.err_tone(Tone::Careful, "warning:");
                self.out.note(&format!("{head} `{}` in `[policy]` matches no tool\n", inline(rule)));
            }
        }
        Ok(base)
    }

    /// Whether a file is a catalogue that every plan of the workspace is compiled with.
    pub fn is_catalogue(&self, path: &Path) -> bool {
        let known = path.canonicalize().ok();
        known.is_some() && self.config.catalogues.iter().any(|catalogue| catalogue.canonicalize().ok() == known)
    }

    /// The catalogues, when nothing is wrong with them.
    pub fn catalogues(&self) -> Result<Base, Fault> {
        let base = self.base()?;
        let errors = count_errors(&base.diagnostics);
        match errors {
            0 => Ok(base),
            _ => {
                let message = format!("{} in the catalogues", count(errors, "error"));
                let colour = Session::colour(self.out.err_paint());
                Err(texts::fault(message, &base.diagnostics, &base.sources, colour))
            }
        }
    }

    /// The catalogues that plans are made with: what those from the command line say of a server's tools does not count.
    pub fn catalogues_of_plans(&self) -> Result<Base, Fault> {
        let base = self.catalogues()?;
        self.config.check_given(&base.catalogue, &base.sources)?;
        Ok(base)
    }

    /// Compiles a plan file, or standard input for `-`. Warnings go to standard error, errors are a fault.
    pub fn compile(&self, name: &str) -> Result<Draft, Fault> {
        let Base { mut sources, catalogue, .. } = self.catalogues_of_plans()?;
        let colour = Session::colour(self.out.err_paint());
        let shown = texts::shown(name).to_owned();
        let catalogues = sources.iter().skip(1).map(|source| (source.name.clone(), source.text.to_string()));
        let mut stored: Vec<StoredSource> =
            catalogues.map(|(name, text)| StoredSource { name, text, role: Role::Catalogue }).collect();
        let text = match texts::read(name, &self.path(name)) {
            Text::Read(text) => text,
            Text::Unreadable(why) => return Err(self.no_file(name, &why)),
            Text::Unfit(code, why) => {
                let diagnostic = texts::unfit_diagnostic(&mut sources, &shown, code, &why);
                return Err(texts::fault("1 error".into(), &[diagnostic], &sources, colour));
            }
        };
        stored.push(StoredSource { name: shown.clone(), text: text.clone(), role: Role::Plan });
        let index = sources.add(shown, text);
        let compilation = compile(&sources, index, &catalogue);
        let errors = count_errors(&compilation.diagnostics);
        match compilation.compiled {
            Some(compiled) => {
                self.out.progress(&texts::draw(&compilation.diagnostics, &sources, colour));
                let key = match name {
                    "-" => compiled.plan.title.clone(),
                    _ => key_of(&self.config, &self.path(name)),
                };
                Ok(Draft { key, compiled: Arc::new(compiled), sources, stored, part: None })
            }
            None => {
                let message = format!("{} in `{}`", count(errors, "error"), sources.get(index).name);
                Err(texts::fault(message, &compilation.diagnostics, &sources, colour))
            }
        }
    }

    /// A name that is no file.
    pub fn no_file(&self, name: &str, why: &str) -> Fault {
        Fault::usage(format!("cannot read `{}`: {why}", texts::shown(name)))
    }

    /// The store of runs; makes the state directory where it is missing.
    pub fn store(&self) -> Result<Store, Fault> {
        self.config.prepare_state()?;
        Ok(Store::open(&self.config.state, &self.config.workspace)?)
    }

    /// What carries plans out.
    pub fn desk(&self) -> Result<Desk, Fault> {
        Ok(Desk::open(self.config.clone(), self.store()?)?)
    }

    /// The modes of the workspace: looking creates nothing.
    pub fn modes(&self) -> Result<Modes, Fault> {
        let workspace = opened(&self.config).map_err(DeskError::from)?;
        let checks = InWorkspace {
            config: self.config.clone(),
            workspace: Arc::new(workspace),
            registry: Arc::new(Registry::builtin()),
        };
        Ok(Modes::new(self.config.clone(), self.existing_store()?, Arc::new(checks)))
    }

    /// The store of runs, where there is one: looking creates nothing.
    pub fn existing_store(&self) -> Result<Option<Store>, Fault> {
        if !self.config.state.exists() {
            return Ok(None);
        }
        self.config.prepare_state()?;
        self.config.state.join(STATE_NAME).exists().then(|| self.store()).transpose()
    }
}

/// The plans and catalogues in a folder that was named.
fn within(name: &str, folder: &Path) -> Result<Vec<(String, PathBuf)>, Fault> {
    let found = texts::find(folder);
    if found.is_empty() {
        return Err(Fault::usage(format!("there is no `*.pl` file in `{name}`")));
    }
    let shown = |path: PathBuf| match path.strip_prefix(folder) {
        Ok(rest) => (PathBuf::from(name).join(rest).display().to_string(), path),
        Err(_) => (path.display().to_string(), path),
    };
    Ok(found.into_iter().map(shown).collect())
}

/// How many of them refuse the plan.
pub fn count_errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity() == Severity::Error).count()
}

/// Whether a file is hidden, by its name or by the home of the account.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(is_dotted) || is_hidden_in_home(path)
}

fn is_dotted(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Where a file that is written would lie; none: behind a link to nothing, which is made by writing.
fn led(path: &Path) -> Option<PathBuf> {
    match path.symlink_metadata() {
        Ok(file) if file.is_symlink() => path.canonicalize().ok(),
        Ok(_) | Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
            let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            Some(folder.join(path.file_name()?))
        }
    }
}
