//! A call ⟶ what policy is held against: what it touches as it is written and as links lead, and what it reads besides: the files
//! beneath, what is in a file that is changed, since its diff shows that, and each file by all names that it has in the workspace.
//!
//! What is read besides counts where policy says more of it than of the rest.

use crate::policy::{Moment, Policy, led};
use crate::workspace::{Kind, Observation, Workspace};
use planc_lang::catalogue::Tool;
use planc_lang::effects::Resource;
use planc_lang::paths::{literal_prefix, path_meets_glob, within};
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use std::collections::BTreeSet;

/// The most files of a folder that are held against policy one by one; of more, any may lie there.
const MAX_JUDGED: usize = 10_000;

type Touch = (EffectVerb, Resource);

/// A call that is held against policy.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    /// The rules.
    pub policy: &'a Policy,
    /// The tool.
    pub tool: &'a Tool,
    /// Its arguments.
    pub values: &'a [Value],
    /// Whether it is one of planc's own tools over files, of which is known which files it has read.
    pub is_of_files: bool,
    /// Where it works.
    pub workspace: &'a Workspace,
}

impl Held<'_> {
    /// What it touches and reads besides. `lead` gives the paths that a path leads to.
    pub fn touched(self, lead: impl FnMut(&str) -> Vec<Option<String>>) -> Vec<Touch> {
        let mut touches = led(&self.tool.touches(self.values), lead);
        let shows = |path: &&str| self.is_of_files && self.workspace.kind(path) == Ok(Kind::File);
        let paths = touches.iter().filter_map(|(_, touched)| path_of(touched));
        let shown: Vec<Touch> = paths.filter(shows).map(read).collect();
        let reads = touches.iter().filter(|(verb, _)| *verb == EffectVerb::Reads);
        let others = self.otherwise(&touches, reads.chain(&shown));
        let more = self.stricter(&touches, shown.into_iter().chain(others).collect());
        touches.extend(more);
        let more = self.stricter(&touches, self.in_folders(&touches));
        touches.extend(more);
        touches
    }

    /// What lies in the folders that somebody else than planc is given, or may come to lie there where he changes them.
    fn in_folders(self, touches: &[Touch]) -> Vec<Touch> {
        let given = touches.iter().filter(|_| !self.is_of_files);
        let given = given.filter_map(|(verb, touched)| Some((*verb, path_of(touched)?)));
        let may_matter = |verb| !self.stricter(touches, vec![(verb, Resource::AnyPath)]).is_empty();
        let is_folder = |path: &str| self.workspace.kind(path) == Ok(Kind::Directory);
        let folders = given.filter(|(verb, path)| is_folder(path) && may_matter(*verb));
        let all = |verb, folder: &str| {
            let glob = if folder == "." { "**".to_owned() } else { format!("{}/**", globset::escape(folder)) };
            vec![(verb, Resource::Glob(glob.into()))]
        };
        let inside = |(verb, folder): (EffectVerb, &str)| match self.workspace.held(folder) {
            Ok(files) if verb == EffectVerb::Reads && files.len() <= MAX_JUDGED => {
                files.iter().map(|file| read(file)).collect()
            }
            Ok(_) | Err(_) => all(verb, folder),
        };
        folders.flat_map(inside).collect()
    }

    /// What it touches with what it has read besides, where policy says more of all that.
    pub fn beneath(self, touches: Vec<Touch>, seen: &[Observation]) -> Option<Vec<Touch>> {
        let is_named = |path: &str| touches.iter().any(|(_, touched)| path_of(touched) == Some(path));
        let files = seen.iter().filter(|seen| seen.seen.starts_with("file ")).filter_map(|seen| seen.look.at());
        let files: Vec<Touch> = files.map(read).collect();
        let others = self.otherwise(&touches, files.iter());
        let unnamed = files.into_iter().filter(|(_, file)| path_of(file).is_none_or(|path| !is_named(path)));
        let more = self.stricter(&touches, unnamed.chain(others).collect());
        (!more.is_empty()).then(|| touches.into_iter().chain(more).collect())
    }

    /// The other names of what is read. Where not all can be found, it may be any.
    fn otherwise<'t>(self, touches: &[Touch], reads: impl Iterator<Item = &'t Touch>) -> Vec<Touch> {
        let (mut files, mut folders) = (BTreeSet::new(), Vec::new());
        for (_, touched) in reads {
            match touched {
                Resource::Path(path) if self.workspace.has_other_names(path) => drop(files.insert(path.as_str())),
                // What is read beneath by planc's own is known when it was.
                Resource::Path(_) | Resource::Glob(_) if !self.is_of_files => folders.push(touched),
                _ => {}
            }
        }
        let is_in = |path: &str, folder: &Resource| match folder {
            Resource::Path(folder) => within(path, folder),
            Resource::Glob(glob) => path_meets_glob(path, glob),
            _ => false,
        };
        let is_read = |path: &str| files.contains(path) || folders.iter().any(|folder| is_in(path, folder));
        let may_matter = || !self.stricter(touches, vec![(EffectVerb::Reads, Resource::AnyPath)]).is_empty();
        if files.is_empty() && folders.is_empty() || !may_matter() {
            return Vec::new();
        }
        match self.workspace.other_names(is_read) {
            Ok(names) => names.iter().map(|name| read(name)).collect(),
            Err(_) => vec![(EffectVerb::Reads, Resource::Glob("**".into()))],
        }
    }

    /// These, where policy says more of them than of others.
    fn stricter(self, touches: &[Touch], more: Vec<Touch>) -> Vec<Touch> {
        let decision = |touches: &[Touch]| self.policy.decide(self.tool, self.values, touches, Moment::Now).decision;
        let all = || [touches, &more].concat();
        match more.is_empty() || self.policy.is_empty() || decision(&all()) <= decision(touches) {
            true => Vec::new(),
            false => more,
        }
    }
}

fn read(path: &str) -> Touch {
    (EffectVerb::Reads, Resource::Path(path.into()))
}

fn path_of(touched: &Resource) -> Option<&str> {
    match touched {
        Resource::Path(path) => Some(path),
        // One without wildcards is a path.
        Resource::Glob(glob) if literal_prefix(glob) == glob => Some(glob),
        _ => None,
    }
}
