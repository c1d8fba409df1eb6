//! The name of a script or a module, without what it ends in ⟶ the files that an interpreter looks for by that name, and which of them are
//! there.

use super::completed::COMPILED;
use super::{FileError, Kind, Look, Workspace};
use crate::named::{Named, Role};
use planc_lang::paths::check_path;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What names end in that an interpreter is told without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Endings {
    /// None: the whole name.
    Whole,
    /// What Node and its like, Perl, Ruby, Lua and Java look for.
    Script,
    /// What Python looks for where it is told a module.
    Module,
    /// What Python has compiled of a module.
    Compiled,
    /// None: the folder itself, and what Perl looks for in it by the names of versions and machines.
    Versions,
}

const SCRIPTS: [&str; 17] = [
    "js", "json", "node", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "pm", "pmc", "rb", "so", "lua", "class",
    "wasm",
];
const MODULES: [&str; 4] = ["py", "pyc", "so", "abi3.so"];
/// What stands in the names of what Python has compiled, or loads instead, before its version.
const PYTHONS: [(&str, std::ops::RangeInclusive<u32>); 2] = [("cpython-3", 6..=25), ("pypy3", 6..=15)];
/// What stands behind it, for the levels of optimisation.
const LEVELS: [&str; 3] = ["", ".opt-1", ".opt-2"];
/// The systems for which extensions are made, behind the processor.
const SYSTEMS: [&str; 2] = ["linux-gnu", "linux-musl"];
/// The versions of Perl by their second and third numbers.
const PERLS: std::ops::RangeInclusive<u32> = 8..=56;
const PATCHES: std::ops::RangeInclusive<u32> = 0..=9;
/// The systems for which Perl is made, behind the processor.
const MACHINES: [&str; 6] =
    ["linux", "linux-gnu", "linux-musl", "linux-thread-multi", "linux-gnu-thread-multi", "linux-musl-thread-multi"];
/// How long a name may be, in bytes.
const MAX_NAME: usize = 255;
/// What is seen where there is none.
const NONE: &str = "absent";

impl Endings {
    /// Whether this is what such a name ends in.
    fn has(self, ending: &str) -> bool {
        let is_versioned = |last: &str| {
            ending.ends_with(last) && PYTHONS.iter().any(|(python, _)| ending.starts_with(python.trim_end_matches('3')))
        };
        match self {
            Endings::Whole | Endings::Versions => false,
            Endings::Script => SCRIPTS.contains(&ending),
            Endings::Module => MODULES.contains(&ending) || is_versioned(".so"),
            Endings::Compiled => ending.ends_with("pyc"),
        }
    }

    /// Those that planc knows, one by one: of Python for the versions that there are, and will be for some years.
    fn all(self) -> Vec<String> {
        let owned = |known: &[&str]| known.iter().map(|ending| (*ending).to_owned()).collect::<Vec<_>>();
        let tags = PYTHONS
            .into_iter()
            .flat_map(|(python, versions)| versions.map(move |version| format!("{python}{version}")));
        match self {
            Endings::Whole | Endings::Versions => Vec::new(),
            Endings::Script => owned(&SCRIPTS),
            Endings::Module => {
                let of = |tag: String| SYSTEMS.map(|system| format!("{tag}-{}-{system}.so", std::env::consts::ARCH));
                owned(&MODULES).into_iter().chain(tags.flat_map(of)).collect()
            }
            Endings::Compiled => tags.flat_map(|tag| LEVELS.map(|level| format!("{tag}{level}.pyc"))).collect(),
        }
    }
}

impl Workspace {
    /// The names, without what they end in, by which an interpreter finds what a call has it run: in which folder, and what they may end
    /// in. The folder is not looked for through links.
    pub(crate) fn stems(&self, Named { path, role }: &Named) -> Vec<(String, String, Endings)> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let of = |folder: &str, name: &str, endings| (folder.to_owned(), name.to_owned(), endings);
        if matches!(name, "" | "." | "..") {
            return Vec::new();
        }
        match (role, name.rsplit_once('.')) {
            (Role::Perhaps | Role::Folder, _) => Vec::new(),
            (Role::Versions, _) => vec![of(path, "", Endings::Versions)],
            (Role::Start, Some((module, "py"))) => {
                let compiled = super::walk::join(folder, COMPILED);
                vec![of(folder, module, Endings::Module), of(&compiled, module, Endings::Compiled)]
            }
            (Role::Word | Role::Text, _) => {
                let is_missing = self.way(path).end.is_some_and(|end| self.kind(&end) == Ok(Kind::Missing));
                if is_missing { vec![of(folder, name, Endings::Whole)] } else { Vec::new() }
            }
            // It is the whole name.
            (Role::Start, Some(_)) => Vec::new(),
            (Role::Start, None) => vec![of(folder, name, Endings::Script)],
            (Role::Path | Role::Script, _) => {
                let is_file = self.resolve(path).is_ok_and(|path| self.kind(&path) == Ok(Kind::File));
                if is_file { Vec::new() } else { vec![of(folder, name, Endings::Script)] }
            }
        }
    }

    /// What is called so, but for folders, as an observation.
    pub(super) fn observe_called(&self, path: &str, endings: Endings) -> Result<String, FileError> {
        if endings == Endings::Whole {
            return self.observe(&Look::At { path: path.to_owned() });
        }
        if endings == Endings::Versions {
            let there = self.versions(path);
            return Ok(if there.is_empty() { NONE.to_owned() } else { there.join(", ") });
        }
        let (folder, _) = split(path);
        match self.kind(folder)? {
            Kind::Directory => {
                let there = self.called_so(path, endings)?;
                Ok(if there.is_empty() { NONE.to_owned() } else { there.join(", ") })
            }
            Kind::Missing | Kind::File | Kind::Other => Ok(NONE.to_owned()),
            kind @ Kind::Link => Ok(kind.described().to_owned()),
        }
    }

    /// The paths that an interpreter may look for by such a name: those that planc knows, and those that are there now. Where its folder
    /// is not there, or is none, the folder stands for them all.
    pub(crate) fn looked_for(&self, path: &str, endings: Endings) -> Vec<String> {
        if endings == Endings::Whole {
            return vec![path.to_owned()];
        }
        if endings == Endings::Versions {
            let is_folder = self.kind(path) == Ok(Kind::Directory);
            let known = perls().into_iter().filter(|_| is_folder);
            let mut found: Vec<String> =
                known.chain(self.versions(path)).map(|name| super::walk::join(path, &name)).collect();
            found.sort();
            found.dedup();
            return found;
        }
        let (folder, _) = split(path);
        match self.kind(folder) {
            Ok(Kind::Directory) => {
                let known = endings.all().into_iter().map(|ending| format!("{path}.{ending}"));
                let mut found: Vec<String> = known.collect();
                let there = self.called_so(path, endings).unwrap_or_default();
                found.extend(there.into_iter().map(|name| super::walk::join(folder, &name)));
                // Nothing is called what nothing can be called.
                found.retain(|path| check_path(path).is_ok() && split(path).1.len() <= MAX_NAME);
                found.sort();
                found.dedup();
                found
            }
            // Nothing is found in a file.
            Ok(Kind::File | Kind::Other) => Vec::new(),
            Ok(Kind::Missing | Kind::Link) | Err(_) => vec![folder.to_owned()],
        }
    }

    /// Those paths of what a call names at which planc cannot look.
    pub(crate) fn looked_for_unseen(&self, named: &[Named]) -> Vec<String> {
        let stems = named.iter().flat_map(|named| self.stems(named));
        let paths = stems.flat_map(|(folder, name, endings)| self.looked_for(&stem_at(&folder, &name), endings));
        paths.filter(|path| self.kind(path).is_err()).collect()
    }

    /// The folders, and links, in a folder that are called like versions or machines.
    pub(super) fn versions(&self, folder: &str) -> Vec<String> {
        let entries = self.entries(folder).unwrap_or_default().into_iter();
        let folders = entries.filter(|entry| matches!(entry.kind, Kind::Directory | Kind::Link));
        folders.map(|entry| entry.name).filter(|name| is_version(name)).collect()
    }

    fn called_so(&self, path: &str, endings: Endings) -> Result<Vec<String>, FileError> {
        let (folder, name) = split(path);
        let is_called = |entry: &str| {
            let ending = entry.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            ending.is_some_and(|ending| endings.has(ending))
        };
        let entries = self.entries(folder)?.into_iter();
        Ok(entries
            .filter(|entry| entry.kind != Kind::Directory && is_called(&entry.name))
            .map(|entry| entry.name)
            .collect())
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or((".", path))
}

/// Where a name lies in a folder; without one, the folder.
pub(crate) fn stem_at(folder: &str, name: &str) -> String {
    if name.is_empty() { folder.to_owned() } else { super::walk::join(folder, name) }
}

fn is_version(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit()) || name.contains(std::env::consts::ARCH) || name.contains("linux")
}

/// The versions of Perl that there are, and will be for some years, and the machines, as its folders are called.
fn perls() -> Vec<String> {
    let versions = PERLS.step_by(2).flat_map(|minor| PATCHES.map(move |patch| format!("5.{minor}.{patch}")));
    let machines = MACHINES.map(|machine| format!("{}-{machine}", std::env::consts::ARCH));
    versions.chain(machines).collect()
}
