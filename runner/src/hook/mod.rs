//! A call that an agent's own client is about to make ⟶ whether planc lets it: the client's plan is held against the
//! compiler, and tools of the client with effects are refused while a plan is being made.
//!
//! Three clients speak to one judge; [`payload`] knows what each of them says, [`answer`] what it wants to hear. A hook can
//! only refuse: it never says yes in anybody's place, so that the client asks its person as ever.

mod answer;
mod client;
mod judgement;
mod payload;
mod record;
mod text;

pub use client::{Class, Client};
pub use judgement::Judgement;
pub use payload::{Event, MAX_PAYLOAD_BYTES, Payload, Unreadable};
pub use record::MAX_RECORD_BYTES;
pub use text::{PlanText, plan_in};

use crate::config::HookFor;
use crate::desk::DeskError;
use crate::session::{Checked, DENIED, OWN, World, foreseen, names};

/// How often a plan comes back in one turn of a client that hands it in by ending the turn. After that its person sees it as it
/// is, and planc refuses it where it is handed in here.
pub const MAX_RETURNS: usize = 8;

/// Judges an event of a client.
pub fn judge(world: &World, client: Client, payload: &Payload) -> Result<Judgement, DeskError> {
    let completed = match client {
        Client::Codex => record::completed(payload),
        Client::Claude | Client::Gemini => payload.clone(),
    };
    let payload = &completed;
    match payload.event {
        Event::Before => before(world, client, payload),
        Event::After if class(world, client, payload) == Class::HandsIn => Ok(after(world, payload)),
        Event::Ends if payload.is_planning && comes_back(payload) => match &payload.said {
            Some(said) if payload.plans > 0 || text::has_block(said) => plan(world, Some(said.clone())),
            Some(_) | None => Ok(Judgement::pass("it says no plan")),
        },
        Event::After | Event::Ends | Event::Other => Ok(Judgement::pass("nothing is judged here")),
    }
}

/// What the tool of a payload does.
fn class(world: &World, client: Client, payload: &Payload) -> Class {
    let own = OWN.iter().map(|own| own.name.to_owned()).chain(names(world).into_iter().map(|named| named.wire));
    client.class(payload, &world.desk.config.agent_reads, own)
}

/// Whether a plan that ends a turn may come back once more.
fn comes_back(payload: &Payload) -> bool {
    !payload.was_stopped || (1..=MAX_RETURNS).contains(&payload.plans)
}

fn before(world: &World, client: Client, payload: &Payload) -> Result<Judgement, DeskError> {
    let config = &world.desk.config;
    match class(world, client, payload) {
        Class::Own => Ok(Judgement::pass("planc judges its own tools where they are called")),
        Class::Reads => Ok(Judgement::pass("it only reads")),
        Class::PlanFile => Ok(Judgement::pass("it writes nothing but the client's plan")),
        Class::HandsIn => plan(world, payload.plan()),
        Class::Acts => {
            let planning = match (config.agent_hook, payload.is_planning) {
                (HookFor::Never, _) => return Ok(Judgement::pass("the operator leaves it to the client")),
                (HookFor::Always, _) => true,
                (HookFor::Plan, true) => true,
                (HookFor::Plan, false) => world.desk.modes().effective(&world.desk.standing)?.refuses().is_some(),
            };
            match planning {
                true => Ok(refused(client, payload)),
                false => Ok(Judgement::pass("no plan is being made")),
            }
        }
    }
}

/// Refuses a tool of the client.
fn refused(client: Client, payload: &Payload) -> Judgement {
    let tool = crate::render::text::inline(&payload.tool);
    let instead =
        client.instead(&payload.tool).map_or_else(String::new, |own| format!(" As a step of a plan that is `{own}`."));
    let why = format!("`{tool}` is a tool of the client that does more than read");
    let text = format!(
        "{DENIED}\n{why}. Nothing was done.\n\nAllowed now: tools that only read, and the tools of planc.{instead}\n\nWrite the \
         whole plan in the plan language with plan_write, hand it in with plan_exit; once it is approved, plan_run carries it out."
    );
    Judgement::Deny { text, why }
}

/// Holds the client's plan against the compiler and a dry run.
fn plan(world: &World, text: Option<String>) -> Result<Judgement, DeskError> {
    let deny = |text: String, why: &str| Ok(Judgement::Deny { text, why: why.to_owned() });
    let found = text.as_deref().map_or(PlanText::None, plan_in);
    let plan = match (found, world.desk.config.agent_hook) {
        (PlanText::One(plan), _) => plan,
        (PlanText::None, HookFor::Never) => return Ok(Judgement::pass("it has nothing in the plan language")),
        (PlanText::None, HookFor::Plan | HookFor::Always) => {
            let text = "the plan has nothing in the plan language, so that nobody can tell what it would do: put the whole plan, \
                        with every call, between ```planc and ```";
            return deny(text.to_owned(), "it has nothing in the plan language");
        }
        (PlanText::Many(count), _) => {
            let text = format!("the plan has {count} blocks in the plan language: put the whole plan into one");
            return deny(text, "it has more than one block");
        }
        (PlanText::TooLong, _) => return deny("the plan is too long to be checked".to_owned(), "it is too long"),
    };
    let Checked { draft, drawn, errors, .. } = world.check("hook", &plan);
    let Some(draft) = draft else {
        let noun = if errors == 1 { "mistake" } else { "mistakes" };
        let text = format!("the plan has {errors} {noun}; hand it in again without them\n\n{}", drawn.trim_end());
        return deny(text, "the plan has mistakes");
    };
    // Values of inputs are given with plan_exit, where the dry run is made with them.
    if draft.compiled.plan.inputs.iter().any(|input| input.default.is_none()) {
        return Ok(Judgement::Pass { note: None, why: "the plan has no mistakes".into() });
    }
    let values = crate::desk::inputs(&draft.compiled.plan, &[])?;
    let report = world.look(&draft, &values)?;
    match report.problems.is_empty() {
        true => {
            let note = format!("planc: no mistakes. {}", foreseen(&report).trim_end());
            Ok(Judgement::Pass { note: Some(note), why: "the plan has no mistakes".into() })
        }
        false => deny(
            format!("the plan has no mistakes, and cannot be approved\n\n{}", foreseen(&report).trim_end()),
            "something stands against the plan",
        ),
    }
}

/// Tells the agent which text a person has seen: it may have been changed there.
fn after(world: &World, payload: &Payload) -> Judgement {
    let Some(PlanText::One(plan)) = payload.agreed().as_deref().map(plan_in) else {
        return Judgement::pass("it has nothing in the plan language");
    };
    let Checked { draft, drawn, .. } = world.check("hook", &plan);
    let (text, why) = match draft {
        Some(_) => (
            format!(
                "This is the plan that the client showed:\n\n```planc\n{}\n```\n\nWrite exactly this with plan_write and hand it in \
                 with plan_exit; plan_run carries it out once plan_status says that it is approved.",
                plan.trim_end()
            ),
            "the plan has no mistakes",
        ),
        None => (
            format!("The plan that the client showed has mistakes and cannot be carried out:\n\n{}", drawn.trim_end()),
            "the plan has mistakes",
        ),
    };
    Judgement::Tell { text, why: why.into() }
}
