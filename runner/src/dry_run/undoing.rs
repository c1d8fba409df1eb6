//! The declared `undo` call of a step ⟶ shown with its values, and bound: the program and the files that it names are looked at.
//!
//! It is made after the step, and perhaps after others. What these make of such a file is for the run to tell.

use super::files::beneath;
use super::named::{leads_out, may_be_absent, stems};
use super::steps::{Steps, destroys, effects, given};
use crate::named::{Named, Role, commands};
use crate::report::Undoing;
use crate::tool::registry::Implementation;
use crate::workspace::{Kind, Observation};
use planc_lang::effects::Resource;
use planc_lang::plan::{Call, Step};
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;

impl Steps<'_, '_> {
    /// The call that takes a step back, with its arguments as far as they are known; none: it has none, or they fail.
    pub(super) fn undo_values<'s>(&mut self, step: &'s Step) -> Option<(&'s Call, Vec<Value>)> {
        let call = step.undo.as_deref()?;
        Some((call, self.dry.arguments(call, &mut self.env).ok()?))
    }

    /// What the approver is shown of that.
    pub(super) fn undoing(&mut self, step: &Step) -> Option<Undoing> {
        let (call, values) = self.undo_values(step)?;
        Some(Undoing {
            tool: call.tool.name.to_string(),
            args: given(call, &values),
            effects: effects(&call.tool, &values),
            destructive: destroys(&call.tool, &values),
            confined: self.confined(call, &values),
        })
    }

    /// Looks at what the call would run and name here, and at what a file tool would change.
    pub(super) fn look_at_undo(&mut self, step: &Step) -> Vec<Observation> {
        let Some((call, values)) = self.undo_values(step) else { return Vec::new() };
        match self.dry.registry.get(&call.tool.name) {
            Some(Implementation::Live(_)) => self.look_at_commands(call, &values),
            Some(Implementation::Files(_)) => self.look_at_changed(call, &values),
            None => {}
        }
        self.overlay.take_observations()
    }

    fn look_at_commands(&mut self, call: &Call, values: &[Value]) {
        for words in commands(&call.tool, values) {
            if let Some(Some(program)) = words.first() {
                self.look_at_program(program);
            }
        }
        let mut named = self.dry.workspace.named_by(&call.tool, values);
        let directory = call.tool.param("directory").filter(|_| call.tool.runs_programs());
        let directory = directory.and_then(|at| values.get(at)?.as_str());
        named.extend(directory.map(|path| Named { path: path.to_owned(), role: Role::Folder }));
        // A word may come to be the name of something long before anybody takes back.
        let meant: Vec<Named> = named.iter().filter(|named| named.role != Role::Word).cloned().collect();
        for (stages, path, endings) in stems(&meant, &self.overlay) {
            stages.iter().for_each(|stage| drop(self.overlay.observe_named(stage)));
            let _ = self.overlay.observe_called(path, endings);
        }
        for Named { path, role } in named {
            // Most words are no paths, and what cannot be looked at is no file that a plan could have meant.
            let way = self.overlay.way(&path);
            let Some(end) = way.end.clone() else {
                way.stages().for_each(|stage| drop(self.overlay.observe_named(stage)));
                continue;
            };
            // A script that is not there: whoever makes one afterwards would choose what takes the step back.
            let is_bound = match self.overlay.kind(&end) {
                Ok(Kind::File | Kind::Other | Kind::Directory) => true,
                Ok(Kind::Missing) => may_be_absent(role, &end, &self.overlay),
                Ok(Kind::Link) | Err(_) => false,
            };
            if is_bound {
                let end = (end != ".").then_some(&end);
                way.stages().chain(end).for_each(|path| drop(self.overlay.observe_named(path)));
            }
        }
    }

    /// One that is not there fails the call when it is made, unless the run has made it by then.
    fn look_at_program(&mut self, program: &str) {
        let _ = match program.strip_prefix("./").filter(|path| !leads_out(path, &mut self.overlay)) {
            Some(path) => self.overlay.resolve(path).and_then(|path| self.overlay.observe_path(&path)),
            None => self.overlay.observe_program(program).map(drop),
        };
        if let Ok(Some(file)) = self.overlay.workspace().program(program) {
            let way = self.overlay.workspace().way_to(&file);
            way.stages().for_each(|stage| drop(self.overlay.observe_named(stage)));
        }
    }

    fn look_at_changed(&mut self, call: &Call, values: &[Value]) {
        let touches = call.tool.touches(values);
        if self.dry.may_not_look(call, values, &touches, &mut self.overlay).is_some() {
            return;
        }
        let mut paths = Vec::new();
        for (verb, resource) in touches.iter().filter(|(verb, _)| *verb != EffectVerb::Reads) {
            let Resource::Path(path) = resource else { continue };
            let Ok(path) = self.overlay.resolve_link(path) else { continue };
            if *verb == EffectVerb::Deletes {
                paths.extend(beneath(&path, &self.overlay));
            }
            let _ = self.overlay.observe_path(&path);
        }
        if self.dry.may_be_read(call, values, &paths, &mut self.overlay) {
            paths.iter().for_each(|path| drop(self.overlay.observe_named(path)));
        }
    }
}
