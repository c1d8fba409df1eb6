//! A call whose words were known when the card was made ⟶ the links on the way to what it names that were not there then, and that
//! nobody is known to have made: what a confined program would find behind them nobody has approved.

use super::RunSetup;
use super::known::{left, unrecorded};
use super::unapproved::Naming;
use crate::event::Difference;
use crate::named::Role;
use crate::state::RunState;
use crate::workspace::{FileState, Look, Observation};
use planc_lang::paths::within;

/// What is expected of such links, with what was found. Blocks while it looks.
pub(super) fn strange_links(
    setup: &RunSetup,
    state: &RunState,
    naming: Naming<'_>,
    expected: &[Observation],
) -> Vec<Difference> {
    // What is known only in the run was not looked at before, and what nobody records may be the run's own.
    if !was_named(setup, naming) || unrecorded(setup, state, naming.instance).is_some() {
        return Vec::new();
    }
    let workspace = &setup.workspace;
    let named = workspace.named_by(&naming.call.tool, naming.values).into_iter();
    // Of other words only those links are bound that led to something.
    let meant = named.filter(|named| matches!(named.role, Role::Path | Role::Script | Role::Start));
    let mut links: Vec<String> = meant.flat_map(|named| workspace.way(&named.path).links).collect();
    links.sort();
    links.dedup();
    let is_scratch = |path: &str| setup.config.programs.scratch.iter().any(|folder| within(path, folder));
    let is_expected = |path: &str| expected.iter().any(|seen| seen.look.at() == Some(path));
    links.retain(|link| !is_scratch(link) && !is_expected(link));
    let strange = links.into_iter().filter_map(|path| {
        let present = workspace.state(&path).ok()?;
        let is_strange = matches!(present, FileState::Link { .. }) && left(state, &path, &present).is_none();
        let expected = Observation { look: Look::At { path }, seen: FileState::Absent.to_string() };
        is_strange.then(|| Difference { expected, found: present.to_string() })
    });
    strange.collect()
}

/// Whether all words of the call are those that the card was made with.
fn was_named(setup: &RunSetup, naming: Naming<'_>) -> bool {
    let predicted = setup.predictions.of(&setup.compiled.plan, naming.instance);
    let now = naming.call.tool.named(naming.values);
    predicted
        .is_some_and(|prediction| now == if naming.is_undo { prediction.undo.clone() } else { prediction.args.clone() })
}
