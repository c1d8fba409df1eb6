//! Before the first step: the approval, the world as it was observed, what is taken as given.

use super::Run;
use crate::event::{Difference, End, Event};
use crate::run::{RunError, check, look_again};
use crate::tool::mcp;
use crate::workspace::{Look, Observation};
use planc_lang::compiled::tools;
use std::sync::Arc;

/// Makes sure that the journal says who said yes to exactly this, and that what they said still holds: a yes that has lapsed
/// while the run was interrupted is asked for again.
pub(crate) async fn approve(run: &Run) -> Result<(), RunError> {
    let recorded = run.recorder.state().approved.clone();
    let given = recorded.clone().or_else(|| run.setup.approval.clone());
    let approval = match given {
        Some(approval) if approval.all().all(|yes| yes.terms.is_plain()) => approval,
        Some(_) | None => {
            let taken = run.recorder.begin(&run.setup.claim, recorded.as_ref()).await?;
            taken.map_err(|lack| RunError::NotApproved { run: run.setup.run.clone(), why: lack.told() })?
        }
    };
    if !approval.is_for(run.setup.digest, run.setup.claim.deed) {
        let (approved, wanted) = (approval.digest.to_string(), run.setup.digest.to_string());
        return Err(RunError::OtherApproval { approved, wanted });
    }
    if run.recorder.state().approved.as_ref() != Some(&approval) {
        run.recorder.record(Event::Approved { approval: approval.into() }).await?;
    }
    Ok(())
}

/// Looks again at everything that the approval is bound to; gives how the run ends when it is not so any more.
pub(crate) async fn recheck(run: &Arc<Run>) -> Result<Option<End>, RunError> {
    let differences = look_again(&run.setup, run.setup.observations.clone()).await;
    if !differences.is_empty() {
        run.recorder.record(Event::Stale { step: None, differences }).await?;
        return Ok(Some(End::Stale));
    }
    let differences = changed_tools(run).await;
    if !differences.is_empty() {
        run.recorder.record(Event::Stale { step: None, differences }).await?;
        return Ok(Some(End::Stale));
    }
    let mut end = None;
    for assumption in &run.setup.compiled.plan.assumptions {
        let Some(expr) = &assumption.check else { continue };
        let text = assumption.text.clone();
        let why = check(&run.setup, &run.recorder, expr).await;
        if run.is_past_deadline() {
            return Ok(Some(run.overdue().await?));
        }
        if run.setup.stop.is_killing() {
            run.recorder.record(Event::Interrupted { killed: true }).await?;
            return Ok(Some(End::Interrupted));
        }
        let approval = run.recorder.state().approved.clone();
        let overridden = approval.as_ref().and_then(|approval| approval.overrides(&text));
        let event = match (why, overridden) {
            (None, _) => Event::AssumptionHeld { text },
            (Some(why), Some((by, reason))) => {
                Event::AssumptionOverridden { why, by: by.to_owned(), reason: reason.to_owned(), text }
            }
            (Some(why), None) => {
                end = Some(End::Failed);
                Event::AssumptionFailed { text, why: format!("{why}; nothing was started") }
            }
        };
        run.recorder.record(event).await?;
    }
    Ok(end)
}

/// The tools of servers of which their servers say something else than was reviewed. A server that cannot be reached says
/// nothing: the step that needs it fails.
async fn changed_tools(run: &Arc<Run>) -> Vec<Difference> {
    let mut differences = Vec::new();
    for tool in tools(&run.setup.compiled.plan).into_values() {
        let Some(server) = run.setup.registry.server(tool.catalogue()) else { continue };
        let Ok(connection) = server.connection(&run.setup.run).await else { continue };
        let Ok(definitions) = connection.definitions().await else { continue };
        let definition = definitions.get(tool.wire_name());
        if let Some(found) = mcp::unlike(tool, definition) {
            let seen = tool.pinned.map_or_else(|| "there".to_owned(), |pinned| pinned.to_string());
            let expected = Observation { look: Look::Tool { tool: tool.name.to_string() }, seen };
            differences.push(Difference { expected, found });
        }
    }
    differences
}
