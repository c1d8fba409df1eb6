//! A file that planc writes where its caller says ⟶ whether it may lie there. Part of what is written is whatever a plan or a server says.

use super::fault::Fault;
use super::session::Session;
use super::terminal::{NoYes, agreed};
use crate::config::{CONFIG_NAME, Closed, Config, Rule, above, is_hidden_in_home, ways};
use crate::coverage::{There, is_for_others};
use crate::desk::{DeskError, opened};
use crate::policy::Moment;
use crate::render::text::inline;
use crate::workspace::{Change, FileState};
use crate::writing::Place;
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::digest::Digest;
use planc_lang::source::Sources;
use planc_lang::syntax::Approval;
use planc_lang::value::Value;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;

/// The tool as whose call such a file is judged, and its parameter that says where.
const WRITE: &str = "fs.write";
const PATH: &str = "path";

impl Session {
    /// A file that is to be written where the caller says: its name ends as its form does, and it is none that a shell or a session
    /// starts with, nor lies in what others execute or go by. It lies in this workspace or in none, and where a plan would write
    /// it with nobody's yes.
    pub fn output(&self, name: impl AsRef<Path>, ending: &str) -> Result<Place, Fault> {
        let place = self.placed(name, ending)?;
        self.may_lie(place.path())?;
        Ok(place)
    }

    /// A file that is called as its form is, by a name that is followed here, and never again.
    pub fn placed(&self, name: impl AsRef<Path>, ending: &str) -> Result<Place, Fault> {
        let path = self.path(name);
        match Place::of(&path) {
            Ok(place) => self.called(&path, Some(place), ending),
            Err(error) if error.kind() == ErrorKind::NotFound => self.called(&path, None, ending),
            Err(error) => Err(Fault::usage(format!("cannot write `{}`: {error}", inline(&path.display().to_string())))
                .help("name a file in a folder that this account may write in")),
        }
    }

    /// A file that is called as its form is: none that a shell or a session starts with, nor in what others execute or go by. None: the name
    /// leads nowhere.
    pub fn called(&self, path: &Path, place: Option<Place>, ending: &str) -> Result<Place, Fault> {
        let shown = path.display().to_string();
        let refused = |why: &str| Fault::usage(format!("`{}` {why}, and planc writes no such file", inline(&shown)));
        let ends = |path: &Path| path.extension().is_some_and(|extension| extension == ending);
        if !ends(path) {
            let why = format!("is no name for this, since what is in it is called `.{ending}`");
            return Err(refused(&why).help(format!("name one that ends in `.{ending}`")));
        }
        // What a link leads to is what would be written.
        let is_seen = |place: &Place| !is_hidden(place.path()) && !self.hides(place.path());
        let place = place.filter(|place| !is_hidden(path) && is_seen(place)).ok_or_else(|| {
            refused("is hidden, or a link to what is or to nothing").help("name one that is not, and move it")
        })?;
        match ends(place.path()) && !self.is_for_others(place.path()) {
            true => Ok(place),
            false => Err(refused("lies in what git or the clients of agents execute and go by, or leads elsewhere")
                .help(format!("name one in another folder, that ends in `.{ending}`"))),
        }
    }

    /// Refuses a file that lies in another workspace or in what planc goes by. A person is asked, where one is there, about what a plan that
    /// nobody reads could not write in this one, whatever its `critical` says.
    pub fn may_lie(&self, led: &Path) -> Result<(), Fault> {
        let Some(within) = self.is_in_reach(led)? else { return Ok(()) };
        let Some(why) = self.is_loaded(&within).or_else(|| self.waits(&within)) else { return Ok(()) };
        let shown = inline(&led.display().to_string());
        agreed(&format!("\n`{shown}` {why}.\nWrite it all the same?")).map_err(|no| match no {
            NoYes::Nobody => refused(led, &why),
            NoYes::Other | NoYes::Interrupted => no.fault("", &format!("`{shown}` is not written")),
        })
    }

    /// Refuses a file that lies in another workspace or in what planc goes by. Gives its path in this workspace, where it lies in it.
    pub fn is_in_reach(&self, led: &Path) -> Result<Option<String>, Fault> {
        let Ok(within) = led.strip_prefix(&self.config.workspace) else {
            return match (above(led), self.goes_by(led)) {
                (Some(other), _) => {
                    let other = other.parent().unwrap_or(&other).display().to_string();
                    Err(refused(led, &format!("lies in the workspace `{}`", inline(&other))))
                }
                (None, true) => Err(refused(led, "lies in what planc goes by here")),
                (None, false) => Ok(None),
            };
        };
        let within = within.to_str().ok_or_else(|| refused(led, "has a name that is no text"))?;
        // What the caller names besides is not the operator's.
        let catalogues =
            self.config.catalogues.iter().filter(|path| !self.config.given.contains(path)).cloned().collect();
        let config = Config { catalogues, given: Vec::new(), ..Config::clone(&self.config) };
        let workspace = opened(&config).map_err(DeskError::from)?;
        let file = FileState::File { digest: Digest::of(""), bytes: 0, mode: 0 };
        let change = Change::new(within, FileState::Absent, file);
        let checked = workspace.kind(within).and_then(|_| workspace.check_change(&change));
        checked.map_err(|error| Fault::usage(error.to_string()).help("name a file in a folder of no workspace"))?;
        Ok(Some(within.to_owned()))
    }

    /// What may load a file of the workspace, as the end of a sentence; none: nothing does.
    pub fn is_loaded(&self, path: &str) -> Option<String> {
        self.config.loaders().by(path).map(|by| format!("is what {by} may load before anybody approves anything"))
    }

    /// Whether what planc goes by outside of the workspace lies at a path or around it: by what is there a server or a catalogue is another.
    fn goes_by(&self, path: &Path) -> bool {
        let reach = self.config.reach();
        let parts = reach.own.iter().chain(&reach.run).chain(&reach.ways).chain([&self.config.state]);
        // A way to the workspace itself is none of these.
        parts.filter(|part| !self.config.workspace.starts_with(part)).any(|part| path.starts_with(part))
    }

    /// Why a plan may not write a file of the workspace with nobody's yes, as the end of a sentence; none: it may.
    pub fn waits(&self, path: &str) -> Option<String> {
        let told = |why: String| format!("is none that a plan may write with nobody's yes: {why}");
        // Where no operator has said anything it is a folder of no workspace.
        if let Some(why) = self.config.approval.closed.filter(|closed| *closed != Closed::Unsaid) {
            return Some(told(why.told().to_owned()));
        }
        let rule = &self.config.approval.rule;
        if *rule != Rule::default() {
            return Some(told(format!("`[approval]` asks for {}", rule.told())));
        }
        let mut sources = Sources::default();
        let builtin = add_builtin(&mut sources);
        let (catalogue, _) = load_catalogue(&sources, &[builtin]);
        let tool = catalogue.tool(WRITE)?;
        let params = tool.params.iter();
        let args = params.map(|param| match param.name.as_str() == PATH {
            true => Value::string(path),
            false => Value::Unknown(param.ty.clone()),
        });
        let args: Vec<Value> = args.collect();
        let verdict = self.config.policy.decide(tool, &args, &tool.touches(&args), Moment::Now);
        (verdict.decision != Approval::Auto).then(|| told(verdict.phrase(WRITE)))
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

    /// Whether two names are those of one file, there or not.
    pub fn is_same(path: &Path, other: &Path) -> bool {
        path == other || Place::of(path).is_ok_and(|place| leads_to(other, &place))
    }

    /// Refuses a file of the workspace that is behind a link out of it, or into a workspace within it: it would be written elsewhere
    /// than where it is named.
    pub fn stays_within(&self, path: &Path, place: &Place) -> Result<(), Fault> {
        let root = &self.config.workspace;
        let is_named_here = |folder: &Path| ways(folder).iter().any(|way| is_straight(way) && way.starts_with(root));
        let is_here = |path: &Path| path.starts_with(root) && above(path) == above(&root.join(CONFIG_NAME));
        let is_elsewhere = !is_here(place.named()) || !is_here(place.path());
        match is_elsewhere && path.parent().is_some_and(is_named_here) {
            false => Ok(()),
            true => Err(Fault::usage(format!(
                "`{}` is behind a link that leads out of the workspace or into another, and planc writes no such file",
                inline(&self.config.shown(path))
            ))
            .help("name the file that it leads to, or make a folder of the link")),
        }
    }
}

/// Whether a name is that of a file in an open folder.
pub fn leads_to(path: &Path, place: &Place) -> bool {
    Place::of(path).is_ok_and(|other| other.path() == place.path())
}

fn refused(led: &Path, why: &str) -> Fault {
    let shown = led.display().to_string();
    Fault::usage(format!("`{}` {why}, and planc writes no such file", inline(&shown)))
        .help("name one in a folder of no workspace")
}

/// Whether a path goes up nowhere.
fn is_straight(path: &Path) -> bool {
    path.components().all(|part| part != std::path::Component::ParentDir)
}

/// Whether a file is hidden, by its name or by the home of the account.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(is_dotted) || is_hidden_in_home(path)
}

fn is_dotted(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
