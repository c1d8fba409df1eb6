//! The paths that a call names ⟶ also those that an interpreter makes of them: `node app` runs `app.js`, and Python what it has compiled
//! of a module instead of the module.

use super::{Kind, Workspace};
use crate::named::{Named, Role, of_call};
use planc_lang::catalogue::Tool;
use planc_lang::value::Value;

/// Where Python keeps what it has compiled, beside the sources.
pub(super) const COMPILED: &str = "__pycache__";
const PYTHON: &str = ".py";

impl Workspace {
    /// The paths that a call names, with those that are made of them.
    pub(crate) fn named_by(&self, tool: &Tool, values: &[Value]) -> Vec<Named> {
        self.completed(of_call(self.root(), tool, values))
    }

    /// The same for paths. Where no file of that name is there, the files are found that are called so with an ending.
    pub(crate) fn completed(&self, mut named: Vec<Named>) -> Vec<Named> {
        let made: Vec<Named> = named.iter().flat_map(|named| self.endings(named)).collect();
        named.extend(made);
        named
    }

    fn endings(&self, Named { path, role }: &Named) -> Vec<Named> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let is_file = || self.resolve(path).is_ok_and(|path| self.kind(&path) == Ok(Kind::File));
        match (role, name.strip_suffix(PYTHON)) {
            (Role::Perhaps | Role::Word | Role::Folder, _) => Vec::new(),
            (Role::Start, Some(module)) => {
                let compiled = super::walk::join(folder, COMPILED);
                [self.called(folder, module), self.called(&compiled, module)].concat()
            }
            (Role::Path | Role::Script | Role::Start, _) if is_file() => Vec::new(),
            (Role::Path | Role::Script | Role::Start, _) => self.called(folder, name),
        }
    }

    /// What is called so in a folder, with an ending.
    fn called(&self, folder: &str, name: &str) -> Vec<Named> {
        let entries = self.resolve(folder).and_then(|folder| self.entries(&folder)).unwrap_or_default();
        let is_called = |entry: &String| entry.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        let names = entries.into_iter().map(|entry| entry.name).filter(is_called);
        names.map(|entry| Named { path: super::walk::join(folder, &entry), role: Role::Perhaps }).collect()
    }
}
