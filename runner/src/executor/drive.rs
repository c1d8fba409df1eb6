//! The loop of a run: asks [`crate::schedule`] what to do next, does it, and waits for what is running.

use super::conflicts::Conflicts;
use super::work::StepEnd;
use super::{Run, block, finish, step};
use crate::event::{End, Event};
use crate::run::RunError;
use crate::schedule::{self, Action, Frontier, Situation};
use crate::stop::raised;
use planc_lang::plan::Instance;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::{Id, JoinError, JoinSet};

/// A step and how the work on it ended.
type Worked = (Instance, Result<StepEnd, RunError>);

/// The loop over what is running.
pub(super) struct Drive {
    run: Arc<Run>,
    tasks: JoinSet<Worked>,
    running: BTreeSet<Instance>,
    by_task: BTreeMap<Id, Instance>,
    /// What is kept from one decision to the next, because it is long to find out.
    conflicts: Conflicts,
    frontier: Frontier,
    halt: Option<End>,
    /// The first error: nothing new starts, and it is given once nothing runs.
    error: Option<RunError>,
    told: Told,
}

/// What comes after a turn.
enum Turn {
    /// Another one: what was done may let something start.
    Again,
    /// Something runs and is waited for.
    Wait,
    /// The run has ended.
    Over(End),
}

/// Which requests to stop are recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Stopping,
    Killing,
}

impl Drive {
    pub(super) fn new(run: Arc<Run>) -> Drive {
        Drive {
            run,
            tasks: JoinSet::new(),
            running: BTreeSet::new(),
            by_task: BTreeMap::new(),
            conflicts: Conflicts::default(),
            frontier: Frontier::default(),
            halt: None,
            error: None,
            told: Told::Nothing,
        }
    }

    pub(super) async fn run(mut self) -> Result<End, RunError> {
        loop {
            self.tell().await;
            match &self.error {
                Some(error) if self.running.is_empty() => return Err(error.clone()),
                Some(_) => {}
                None => match self.turn().await? {
                    Turn::Over(end) => return Ok(end),
                    Turn::Again => continue,
                    Turn::Wait => {}
                },
            }
            if !self.running.is_empty() {
                self.wait().await;
            }
        }
    }

    /// Does what comes next.
    async fn turn(&mut self) -> Result<Turn, RunError> {
        if self.halt.is_none() {
            self.halt = self.run.held().await?;
        }
        let actions = self.decide();
        if actions.is_empty() && self.running.is_empty() {
            // The schedule always has a next thing to do, or an end. Waiting for nothing would never end.
            let why = "nothing runs and nothing can start: this is a fault of planc's".to_owned();
            return Err(RunError::Broken { step: String::new(), why });
        }
        let mut turn = Turn::Wait;
        for action in actions {
            match action {
                Action::Start(instance) => self.start(instance),
                Action::Open(each) => {
                    self.halt = block::open(&self.run, each).await?.or(self.halt);
                    turn = Turn::Again;
                }
                Action::Close(each) => {
                    self.halt = block::close(&self.run, each).await?.or(self.halt);
                    turn = Turn::Again;
                }
                Action::Check(index) => {
                    self.halt = finish::check(&self.run, index).await?.or(self.halt);
                    turn = Turn::Again;
                }
                Action::End(end) => return Ok(Turn::Over(end)),
            }
        }
        Ok(turn)
    }

    fn decide(&mut self) -> Vec<Action> {
        let run = &self.run;
        let plan = &run.setup.compiled.plan;
        let state = run.recorder.state();
        self.frontier.advance(plan, &run.order, &state, &self.running);
        let situation = Situation {
            running: &self.running,
            halt: self.halt,
            parallel: run.setup.parallel,
            may_conflict: &|later, earlier| self.conflicts.between(run, &state, later, earlier),
            frontier: &self.frontier,
        };
        schedule::next(plan, &run.order, &state, &situation)
    }

    fn start(&mut self, instance: Instance) {
        self.running.insert(instance);
        let run = self.run.clone();
        let task = self.tasks.spawn(async move { (instance, step::work(&run, instance).await) });
        self.by_task.insert(task.id(), instance);
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
            Ok((id, (instance, outcome))) => {
                self.by_task.remove(&id);
                self.running.remove(&instance);
                self.conflicts.ended(&self.run, instance);
                match outcome {
                    Ok(StepEnd::Over) => {}
                    // Who was asked when the time was over has not said that it waits.
                    Ok(StepEnd::Halt(End::Waiting)) if self.run.setup.stop.is_overdue() => {}
                    Ok(StepEnd::Halt(end)) => self.halt = Some(end),
                    Err(error) => self.error = self.error.take().or(Some(error)),
                }
            }
            Err(error) => {
                let broken = self.by_task.remove(&error.id());
                self.running.retain(|running| Some(*running) != broken);
                let plan = &self.run.setup.compiled.plan;
                let name = broken.map_or_else(String::new, |instance| plan.name_of(instance).to_string());
                self.error = self.error.take().or(Some(RunError::Broken { step: name, why: error.to_string() }));
            }
        }
    }

    /// Records what a person asked for. A journal that does not take it is an error like any other.
    async fn tell(&mut self) {
        let stop = self.run.setup.stop.clone();
        if self.told != Told::Killing && stop.is_overdue() {
            self.told = Told::Killing;
            match self.run.overdue().await {
                Ok(end) => self.halt = self.halt.or(Some(end)),
                Err(error) => self.error = self.error.take().or(Some(error.into())),
            }
        }
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
