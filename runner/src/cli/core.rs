//! The one place where commands reach what carries plans out: a run or its undoing ⟶ shown while it goes on, then reported.

use super::exit::Exit;
use super::fault::Fault;
use super::output::Quiet;
use super::session::Session;
use super::terminal::AskOnTerminal;
use crate::desk::{Desk, Planned};
use crate::event::Event;
use crate::executor;
use crate::journal::StoredRun;
use crate::render::checklist::{Checklist, Place};
use crate::render::final_report;
use crate::render::run_report::fold;
use crate::render::stream::Line;
use crate::run::{Ask, Deadline, RunError, RunSetup, Watch};
use crate::state::RunState;
use crate::stop::Stop;
use crate::stop::raised;
use crate::undo;
use std::future::Future;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

/// The runtime that calls are made on.
pub fn runtime() -> Result<Runtime, Fault> {
    // Two at least: a question to a person blocks one.
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().max(2));
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| Fault::usage(format!("cannot start threads: {error}")))
}

/// Does what calls the world and has no effect, on a runtime of its own. Ctrl-C asks it to end, a second one does not wait.
pub fn interruptible<T>(stop: &Stop, work: impl FnOnce() -> T) -> Result<T, Fault> {
    let runtime = runtime()?;
    let _inside = runtime.enter();
    let listening = stop.listen().map_err(|error| Fault::usage(format!("cannot listen to signals: {error}")))?;
    let again = stop.kill();
    let leaving = runtime.spawn(async {
        raised(again).await;
        std::process::exit(Exit::Interrupted as i32);
    });
    let done = work();
    leaving.abort();
    drop(listening);
    Ok(done)
}

/// How a run is carried out.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Until when, where somebody says it.
    pub deadline: Option<Deadline>,
    /// What the yes is known by that was given for just this: where another planc is in the way it is taken back.
    pub yes: Option<String>,
}

/// Carries out a run that has its yes, or goes on with it.
pub fn execute(
    session: &Session,
    desk: &Desk,
    planned: &Planned,
    run: &StoredRun,
    Terms { deadline, yes }: Terms,
) -> Result<Exit, Fault> {
    desk.check_bound(run, planned)?;
    let end = watched(session, desk, planned, run, |setup| async move {
        let end = executor::execute(RunSetup { deadline, ..setup }).await;
        match (end, yes) {
            (Err(RunError::Lock(error)), Some(yes)) => {
                desk.unsay(&planned.plan, &yes)?;
                let fault = Fault::from(RunError::Lock(error));
                Err(fault.help("the yes that was given is taken back, since nothing has begun"))
            }
            (end, _) => Ok(end?),
        }
    })?;
    finish(session, desk, planned, run)?;
    Ok(end.into())
}

/// Takes back what a run has done.
pub fn take_back(session: &Session, desk: &Desk, planned: &Planned, run: &StoredRun) -> Result<Exit, Fault> {
    desk.check_undo(run, planned)?;
    let report = watched(session, desk, planned, run, undo::undo)?;
    finish(session, desk, planned, run)?;
    if let Some(why) = &report.stopped {
        session.out.progress(&format!("stopped: {}\n", crate::render::text::inline(why)));
    }
    Ok(match report {
        undo::UndoReport { complete: true, .. } => Exit::Success,
        undo::UndoReport { in_doubt: true, .. } => Exit::InDoubt,
        undo::UndoReport { .. } => Exit::Failed,
    })
}

/// Does something with a run while the checklist is drawn and Ctrl-C asks it to stop.
fn watched<T, F, E>(
    session: &Session,
    desk: &Desk,
    planned: &Planned,
    run: &StoredRun,
    work: impl FnOnce(RunSetup) -> F,
) -> Result<T, Fault>
where
    F: Future<Output = Result<T, E>>,
    Fault: From<E>,
{
    let screen = Arc::new(Screen::new(session, planned));
    let stop = Stop::new();
    let watch: Watch = match session.out.is_json() {
        true => {
            let (out, run) = (session.out, run.id.clone());
            // A reader that went away does not stop the run.
            Arc::new(move |event: &Event| drop(out.json(&Line::event(&run, event))))
        }
        false => {
            let screen = screen.clone();
            Arc::new(move |event: &Event| screen.on(event))
        }
    };
    let ask: Arc<dyn Ask> = Arc::new(AskOnTerminal {
        hide: {
            let screen = screen.clone();
            move |ask: &mut dyn FnMut()| screen.suspend(ask)
        },
        stop: stop.clone(),
        paint: session.out.err_paint(),
    });
    let setup = desk.setup(run, planned, ask, stop.clone(), Some(watch))?;
    let result = runtime()?.block_on(async {
        let listening = stop.listen().map_err(|error| Fault::usage(format!("cannot listen to signals: {error}")))?;
        let result = work(setup).await;
        drop(listening);
        Ok::<_, Fault>(result)
    })?;
    screen.finish();
    Ok(result?)
}

/// Prints what came of a run, and notes where its plan now is.
fn finish(session: &Session, desk: &Desk, planned: &Planned, run: &StoredRun) -> Result<(), Fault> {
    let events: Vec<Event> = desk.store.events(&run.id)?.into_iter().map(|stored| stored.event).collect();
    let status = RunState::fold(&planned.compiled.plan, &events).status;
    desk.store.set_plan_status(&planned.plan.digest, status)?;
    let report = fold(&run.id, &planned.plan.report, &desk.shown_events(&planned.plan, &run.id)?);
    match session.out.is_json() {
        true => session.out.json(&Line::report(&report)),
        false => {
            session.out.progress("\n");
            session.out.show(&final_report::draw(&report, session.out.look()))
        }
    }
}

/// The checklist, shared by everything that happens at the same time. While a person is asked, events queue up, so that no
/// call waits for the screen.
struct Screen {
    list: Mutex<Checklist>,
    queue: Mutex<Vec<Event>>,
}

impl Screen {
    fn new(session: &Session, planned: &Planned) -> Screen {
        let place = match (session.out.quiet, session.out.is_json()) {
            (Quiet::Yes, _) | (_, true) => Place::Nowhere,
            (Quiet::No, false) if std::io::stderr().is_terminal() => Place::Live,
            (Quiet::No, false) => Place::Log,
        };
        let list = Checklist::new(&planned.plan.report, place, session.out.err_paint());
        Screen { list: Mutex::new(list), queue: Mutex::default() }
    }

    fn on(&self, event: &Event) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        if let Ok(mut list) = self.list.try_lock() {
            self.drain(&mut list);
        }
    }

    fn drain(&self, list: &mut Checklist) {
        loop {
            let events = std::mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner));
            if events.is_empty() {
                return;
            }
            events.iter().for_each(|event| list.on(event));
        }
    }

    fn suspend(&self, ask: &mut dyn FnMut()) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.suspend(ask);
        self.drain(&mut list);
    }

    fn finish(&self) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        self.drain(&mut list);
        list.finish();
    }
}
