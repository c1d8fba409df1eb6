//! The paths that a call names ⟶ also those that an interpreter makes of them: `node app` runs `app.js`, and Python what it has compiled
//! of a module instead of the module.

use super::{Kind, Workspace};
use crate::named::{
    Named, Role, directory_of, of_call, of_first_line, searched_by_name, searched_by_words, unread, unread_line,
};
use planc_lang::catalogue::Tool;
use planc_lang::value::Value;
use std::path::Path;

/// Where Python keeps what it has compiled, beside the sources.
pub(super) const COMPILED: &str = "__pycache__";
const PYTHON: &str = ".py";
/// How Java is told to take all archives of a folder, and what these end in.
const ALL_ARCHIVES: &str = "/*";
const ARCHIVES: [&str; 2] = [".jar", ".JAR"];
/// How much the kernel reads of a first line, and how often one names a script again.
const MAX_LINE: usize = 256;
const MAX_LINES: usize = 64;

impl Workspace {
    /// The paths that a call names, with those that are made of them.
    pub(crate) fn named_by(&self, tool: &Tool, values: &[Value]) -> Vec<Named> {
        let named = of_call(self.root(), tool, values, &|directory, word| self.leads_of(directory, word));
        self.completed(directory_of(tool, values), named)
    }

    /// The same for paths that a program names which runs in a directory. Where no file of that name is there, the files are found that are
    /// called so with an ending; of what is a script, what its first line names.
    pub(crate) fn completed(&self, directory: &str, mut named: Vec<Named>) -> Vec<Named> {
        let mut read = 0;
        for _ in 0..MAX_LINES {
            let lines: Vec<String> = named[read..].iter().filter_map(|named| self.first_line(named)).collect();
            read = named.len();
            for line in lines {
                let more =
                    of_first_line(self.root(), directory, &line, &|directory, word| self.leads_of(directory, word));
                let new: Vec<Named> = more.into_iter().filter(|more| !named.contains(more)).collect();
                named.extend(new);
            }
        }
        let mut made: Vec<Named> = named.iter().flat_map(|named| self.endings(named)).collect();
        made.extend(named.iter().flat_map(|named| self.archives(named)));
        let beneath = self.beneath_versions(&named);
        named.extend(made);
        named.extend(beneath);
        named
    }

    /// The folders in which a call, or the first line of a script that it names, says that code of any name is, each with the variable that
    /// says so: nobody can bind what will be looked for there.
    pub(crate) fn searched_by_name(&self, tool: &Tool, values: &[Value]) -> Vec<(String, String)> {
        if !tool.runs_programs() {
            return Vec::new();
        }
        let leads_in = |folder: &Path| self.comes_in(folder);
        let mut found = searched_by_name(self.root(), tool, values, &leads_in);
        for line in self.first_lines(tool, values) {
            let words: Vec<&str> = line.split_whitespace().collect();
            found.extend(searched_by_words(self.root(), &words, None, &leads_in));
        }
        found
    }

    /// What a call, or the first line of a script that it names, says in a way that planc does not read as a program does, with why.
    pub(crate) fn unread(&self, tool: &Tool, values: &[Value]) -> Vec<(String, &'static str)> {
        let mut found = unread(self.root(), tool, values);
        found.extend(self.first_lines(tool, values).iter().flat_map(|line| unread_line(line)));
        found
    }

    /// The first lines of the scripts that a call of a program names.
    fn first_lines(&self, tool: &Tool, values: &[Value]) -> Vec<String> {
        match tool.runs_programs() {
            true => self.named_by(tool, values).iter().filter_map(|named| self.first_line(named)).collect(),
            false => Vec::new(),
        }
    }

    /// What is told to the kernel in the first line of a file.
    fn first_line(&self, Named { path, role }: &Named) -> Option<String> {
        let end = self.way(path).end.filter(|_| !matches!(role, Role::Folder | Role::Versions))?;
        let line = self.beginning(&end, MAX_LINE).ok()?;
        let line = line.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?.to_vec();
        // What is no text is passed on as it is, beside words that are.
        Some(String::from_utf8_lossy(&line).into_owned())
    }

    /// The modules that Perl finds in folders of versions first.
    fn beneath_versions(&self, named: &[Named]) -> Vec<Named> {
        let mut found = Vec::new();
        for Named { path: folder, .. } in named.iter().filter(|named| named.role == Role::Versions) {
            let within = |named: &Named| Some(named.path.strip_prefix(folder.as_str())?.strip_prefix('/')?.to_owned());
            let modules: Vec<String> =
                named.iter().filter(|named| named.role == Role::Start).filter_map(within).collect();
            let Some(end) = self.way(folder).end else { continue };
            for version in self.versions(&end) {
                let version = super::walk::join(folder, &version);
                let machines = self.way(&version).end.map(|end| self.versions(&end)).unwrap_or_default();
                let machines = machines.iter().map(|machine| super::walk::join(&version, machine));
                for folder in [version.clone()].into_iter().chain(machines) {
                    let starts = modules.iter().map(|module| super::walk::join(&folder, module));
                    let starts: Vec<String> = starts.collect();
                    found.extend(
                        starts
                            .iter()
                            .filter_map(|start| start.rsplit_once('/'))
                            .flat_map(|(folder, name)| self.called(folder, name)),
                    );
                    found.extend(starts.into_iter().map(|path| Named { path, role: Role::Start }));
                }
                found.push(Named { path: version, role: Role::Versions });
            }
        }
        found
    }

    fn endings(&self, Named { path, role }: &Named) -> Vec<Named> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let is_file = || self.resolve(path).is_ok_and(|path| self.kind(&path) == Ok(Kind::File));
        match (role, name.strip_suffix(PYTHON)) {
            (Role::Perhaps | Role::Word | Role::Text | Role::Folder | Role::Versions, _) => Vec::new(),
            (Role::Start, Some(module)) => {
                let compiled = super::walk::join(folder, COMPILED);
                [self.called(folder, module), self.called(&compiled, module)].concat()
            }
            (Role::Path | Role::Script | Role::Start, _) if is_file() => Vec::new(),
            (Role::Path | Role::Script | Role::Start, _) => self.called(folder, name),
        }
    }

    /// The archives of a folder that Java is told to take all of.
    fn archives(&self, Named { path, .. }: &Named) -> Vec<Named> {
        let Some(folder) = path.strip_suffix(ALL_ARCHIVES) else { return Vec::new() };
        let entries = self.resolve(folder).and_then(|folder| self.entries(&folder)).unwrap_or_default();
        let is_archive = |entry: &String| ARCHIVES.iter().any(|ending| entry.ends_with(ending));
        let archives = entries.into_iter().map(|entry| entry.name).filter(is_archive);
        archives.map(|entry| Named { path: super::walk::join(folder, &entry), role: Role::Perhaps }).collect()
    }

    /// What is called so in a folder, with an ending.
    fn called(&self, folder: &str, name: &str) -> Vec<Named> {
        let entries = self.resolve(folder).and_then(|folder| self.entries(&folder)).unwrap_or_default();
        let is_called = |entry: &String| entry.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        let names = entries.into_iter().map(|entry| entry.name).filter(is_called);
        names.map(|entry| Named { path: super::walk::join(folder, &entry), role: Role::Perhaps }).collect()
    }
}
