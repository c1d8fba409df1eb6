//! The files that a call of a file tool names, where an earlier step may change them ⟶ bound as they are before the plan: what is neither that
//! nor as the run has left it, others have put there.

use super::DryRun;
use super::call::leads;
use crate::workspace::{Kind, Look, MAX_PATHS, Observation, Overlay};
use planc_lang::effects::Resource;
use planc_lang::paths::within;
use planc_lang::plan::Call;
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use std::collections::BTreeSet;

impl DryRun<'_> {
    /// Binds what a call names and has not looked at; of what it copies, moves or deletes also what lies beneath. What a step may change
    /// that nobody records is left out, and so is what may not be read before the yes.
    pub(super) fn hold_files(
        &self,
        call: &Call,
        values: &[Value],
        touches: &[(EffectVerb, Resource)],
        overlay: &mut Overlay,
    ) {
        if self.is_untold(call) || self.may_not_look(call, values, touches, overlay).is_some() {
            return;
        }
        let (mut paths, mut trees) = (Vec::new(), Vec::new());
        for (verb, touched) in touches {
            let Resource::Path(path) = touched else { continue };
            let led: Vec<String> = [overlay.resolve(path), overlay.resolve_link(path)].into_iter().flatten().collect();
            if !call.is_read_only() && matches!(verb, EffectVerb::Reads | EffectVerb::Deletes) {
                trees.extend(led.iter().flat_map(|path| beneath(path, overlay)));
            }
            paths.extend(led);
        }
        if self.may_be_read(call, values, &trees, overlay) {
            paths.extend(trees);
        }
        paths.sort();
        paths.dedup();
        let is_scratch = |path: &str| self.config.programs.scratch.iter().any(|folder| within(path, folder));
        let seen: BTreeSet<String> =
            overlay.observed().iter().filter_map(|seen| Some(seen.look.at()?.to_owned())).collect();
        for path in paths {
            let kind = overlay.kind(&path).unwrap_or(Kind::Other);
            if path != "." && !is_scratch(&path) && !seen.contains(&path) && !overlay.is_unrecorded(&path, kind) {
                // What cannot be looked at fails the call.
                let _ = overlay.hold(&path);
            }
        }
    }

    /// Whether policy says of what lies beneath what a call names no more than of that itself.
    pub(super) fn may_be_read(&self, call: &Call, values: &[Value], paths: &[String], overlay: &mut Overlay) -> bool {
        let as_read = |path: &String| Observation { look: Look::At { path: path.clone() }, seen: "file ".to_owned() };
        let read: Vec<Observation> = paths.iter().map(as_read).collect();
        let held = self.held(&call.tool, values);
        held.beneath(held.touched(leads(overlay)), &read).is_none()
    }
}

/// What lies beneath a path before the plan.
pub(super) fn beneath(path: &str, overlay: &Overlay) -> Vec<String> {
    let workspace = overlay.workspace();
    let mut found = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(folder) = open.pop().filter(|_| found.len() <= MAX_PATHS) {
        if !matches!(workspace.kind(&folder), Ok(Kind::Directory)) {
            continue;
        }
        for entry in workspace.entries(&folder).unwrap_or_default() {
            let path = if folder == "." { entry.name } else { format!("{folder}/{}", entry.name) };
            open.push(path.clone());
            found.push(path);
        }
    }
    found
}
