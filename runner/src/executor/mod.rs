//! An approved plan ⟶ carried out step by step, each recorded before and after it happens.
//!
//! [`execute`] begins a run or goes on with one: what finished is never done again. This file is the loop: it asks
//! [`crate::schedule`] what to do next, and does it. It knows nothing of single tools.

mod attempt;
mod begin;
mod conflicts;
mod files;
mod finish;
mod live;
mod resume;
mod step;

use crate::event::{End, Event};
use crate::journal::RunLock;
use crate::run::{Recorder, RunError, RunSetup, raised};
use crate::schedule::{self, Action, Order, Situation};
use crate::state::{RunState, UndoState};
use crate::undo;
use conflicts::Conflicts;
use planc_lang::plan::StepId;
use planc_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use step::StepEnd;
use tokio::task::{Id, JoinError, JoinSet};

/// One carrying out, shared by all its steps.
pub(crate) struct Run {
    pub(crate) setup: Arc<RunSetup>,
    pub(crate) recorder: Recorder,
    order: Order,
}

/// Carries a run out, from its beginning or from where it stopped, until it ends or stops again. Must be called on a
/// tokio runtime; one run at a time in one state directory.
pub async fn execute(setup: RunSetup) -> Result<End, RunError> {
    let _lock = RunLock::take(&setup.config.state, &setup.run)?.in_workspace(setup.workspace.root())?;
    let events = setup.journal.events().await?;
    let plan = &setup.compiled.plan;
    let state = RunState::fold(plan, &events);
    let order = Order::of(plan, &setup.compiled.graph);
    let recorder = Recorder::new(setup.journal.clone(), setup.watch.clone(), state);
    let run = Arc::new(Run { setup: Arc::new(setup), recorder, order });
    if let Some(end) = run.left_over().await? {
        return Ok(end);
    }
    begin::approve(&run).await?;
    let resumed = events.iter().any(|event| matches!(event, Event::Started { .. }));
    run.recorder.record(Event::Started { pid: std::process::id(), resumed }).await?;
    let end = run.clone().carry_out(resumed).await?;
    let (end, outputs) = finish::outputs(&run, end).await?;
    run.recorder.record(Event::Ended { end, outputs }).await?;
    run.undo_if_wanted(end).await?;
    Ok(end)
}

impl Run {
    /// What is left of a run that has ended: nothing, or taking back that was cut off.
    async fn left_over(&self) -> Result<Option<End>, RunError> {
        let (can_resume, end, undo) = {
            let state = self.recorder.state();
            (state.can_resume(), state.end, state.undo)
        };
        match end {
            _ if can_resume => Ok(None),
            Some(end @ (End::Failed | End::Refused))
                if undo == UndoState::Started || undo == UndoState::No && self.wants_undo() =>
            {
                undo::take_back(&self.setup, &self.recorder).await?;
                Ok(Some(end))
            }
            end => {
                let how = match (undo, end) {
                    (UndoState::No, Some(end)) => format!("{end:?}").to_lowercase(),
                    (UndoState::Complete, _) => "it was taken back".to_owned(),
                    (UndoState::No | UndoState::Started | UndoState::Partial, _) => {
                        "taking it back has begun and is not finished".to_owned()
                    }
                };
                Err(RunError::Over { run: self.setup.run.clone(), how })
            }
        }
    }

    fn wants_undo(&self) -> bool {
        schedule::wants_undo(&self.setup.compiled.plan, &self.recorder.state())
    }

    async fn undo_if_wanted(&self, end: End) -> Result<(), RunError> {
        match end {
            End::Failed | End::Refused if self.wants_undo() => {
                undo::take_back(&self.setup, &self.recorder).await.map(|_| ())
            }
            End::Failed | End::Refused | End::Done | End::Stale | End::InDoubt | End::Interrupted | End::Waiting => {
                Ok(())
            }
        }
    }

    async fn carry_out(self: Arc<Run>, resumed: bool) -> Result<End, RunError> {
        if resumed {
            resume::settle(&self).await?;
        }
        let begun = self.recorder.state().has_begun();
        let early = match begun {
            true => None,
            false => begin::recheck(&self).await?,
        };
        match early {
            Some(end) => Ok(end),
            None => Drive::new(self).run().await,
        }
    }
}

/// A step and how the work on it ended.
type Worked = (StepId, Result<StepEnd, RunError>);

/// The loop over what is running.
struct Drive {
    run: Arc<Run>,
    tasks: JoinSet<Worked>,
    running: BTreeSet<StepId>,
    by_task: BTreeMap<Id, StepId>,
    halt: Option<End>,
    /// The first error: nothing new starts, and it is given once nothing runs.
    error: Option<RunError>,
    told: Told,
}

/// Which requests to stop are recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Stopping,
    Killing,
}

impl Drive {
    fn new(run: Arc<Run>) -> Drive {
        Drive {
            run,
            tasks: JoinSet::new(),
            running: BTreeSet::new(),
            by_task: BTreeMap::new(),
            halt: None,
            error: None,
            told: Told::Nothing,
        }
    }

    async fn run(mut self) -> Result<End, RunError> {
        loop {
            self.tell().await;
            match &self.error {
                Some(error) if self.running.is_empty() => return Err(error.clone()),
                Some(_) => {}
                None => {
                    if let Some(end) = self.turn().await? {
                        return Ok(end);
                    }
                }
            }
            if !self.running.is_empty() {
                self.wait().await;
            }
        }
    }

    /// Does what comes next; gives how the run ends when it does.
    async fn turn(&mut self) -> Result<Option<End>, RunError> {
        let actions = self.decide();
        if actions.is_empty() && self.running.is_empty() {
            // The schedule always has a next thing to do, or an end. Waiting for nothing would never end.
            let why = "nothing runs and nothing can start: this is a fault of planc's".to_owned();
            return Err(RunError::Broken { step: String::new(), why });
        }
        for action in actions {
            match action {
                Action::Start(step) => self.start(step),
                Action::Check(index) => finish::check(&self.run, index).await?,
                Action::End(end) => return Ok(Some(end)),
            }
        }
        Ok(None)
    }

    fn decide(&self) -> Vec<Action> {
        let setup = &self.run.setup;
        let state = self.run.recorder.state();
        let conflicts = Conflicts::new(setup, &state);
        let situation = Situation {
            running: &self.running,
            halt: self.halt,
            parallel: setup.parallel,
            may_conflict: &|early, earlier| conflicts.between(early, earlier),
        };
        schedule::next(&setup.compiled.plan, &self.run.order, &state, &situation)
    }

    fn start(&mut self, step: StepId) {
        self.running.insert(step);
        let run = self.run.clone();
        let task = self.tasks.spawn(async move { (step, step::work(&run, step).await) });
        self.by_task.insert(task.id(), step);
    }

    /// Waits until a step ends or somebody asks to stop.
    async fn wait(&mut self) {
        let stop = &self.run.setup.stop;
        let asked = async {
            match self.told {
                Told::Nothing => raised(stop.stopping()).await,
                Told::Stopping => raised(stop.kill()).await,
                Told::Killing => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
            () = asked => {}
        }
    }

    fn ended(&mut self, ended: Result<(Id, Worked), JoinError>) {
        match ended {
            Ok((id, (step, outcome))) => {
                self.by_task.remove(&id);
                self.running.remove(&step);
                match outcome {
                    Ok(StepEnd::Over) => {}
                    Ok(StepEnd::Halt(end)) => self.halt = Some(end),
                    Err(error) => self.error = self.error.take().or(Some(error)),
                }
            }
            Err(error) => {
                let step = self.by_task.remove(&error.id());
                self.running.retain(|running| Some(*running) != step);
                let name = step.map_or_else(String::new, |id| self.run.setup.compiled.plan.get(id).name.to_string());
                self.error = self.error.take().or(Some(RunError::Broken { step: name, why: error.to_string() }));
            }
        }
    }

    /// Records what a person asked for. A journal that does not take it is an error like any other.
    async fn tell(&mut self) {
        let stop = self.run.setup.stop.clone();
        if self.told == Told::Nothing && stop.is_stopping() {
            self.halt = self.halt.or(Some(End::Interrupted));
            self.told = Told::Stopping;
            self.note(Event::Interrupted { killed: false }).await;
        }
        if self.told == Told::Stopping && stop.is_killing() {
            self.told = Told::Killing;
            self.note(Event::Interrupted { killed: true }).await;
        }
    }

    async fn note(&mut self, event: Event) {
        if let Err(error) = self.run.recorder.record(event).await {
            self.error = self.error.take().or(Some(error.into()));
        }
    }
}

/// No outputs.
pub(crate) const NOTHING: Value = Value::Null;
