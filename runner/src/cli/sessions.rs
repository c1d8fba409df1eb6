//! `planc sessions`: what agents planned, read, were refused and ran; and the audit log of their calls.

use super::exit::Exit;
use super::fault::Fault;
use super::session::Session;
use crate::journal::{AuditRow, Store};
use crate::render::text::{Tone, inline, lines};
use crate::session::{Phase, SessionReport, TodoStatus};
use serde_json::json;

/// Arguments of `planc sessions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do with sessions.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the sessions, newest first
    List {
        /// The most sessions that are listed
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show a session with everything
    Show {
        /// Its id; the beginning is enough
        id: String,
        /// The most lines of the audit log
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show the audit log: every call of every agent, and whether it was allowed
    Audit {
        /// The most lines
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

pub(super) fn run(session: &Session, args: &Args) -> Result<Exit, Fault> {
    session.out.without_markdown()?;
    let store = session.existing_store()?;
    match (&args.command, store) {
        (None, store) => list(session, store.as_ref(), 50)?,
        (Some(Command::List { limit }), store) => list(session, store.as_ref(), *limit)?,
        (Some(Command::Show { id, .. }), None) => return Err(Fault::usage(format!("there is no session `{id}`"))),
        (Some(Command::Show { id, limit }), Some(store)) => show(session, &store, id, *limit)?,
        (Some(Command::Audit { limit }), store) => audit(session, store.as_ref(), *limit)?,
    }
    Ok(Exit::Success)
}

fn list(session: &Session, store: Option<&Store>, limit: usize) -> Result<(), Fault> {
    let all = store.map(Store::sessions).transpose()?.unwrap_or_default();
    let total = all.len();
    let reports = match store {
        Some(store) => {
            all.into_iter().take(limit).map(|one| SessionReport::of(store, one)).collect::<Result<Vec<_>, _>>()?
        }
        None => Vec::new(),
    };
    if session.out.is_json() {
        let rows = reports.iter().map(|report| {
            json!({
                "session": report.session, "parent": report.parent, "principal": report.principal,
                "scope": report.scope, "phase": report.phase, "goal": report.goal,
                "revisions": report.revisions.len(), "created_at": report.created_at,
            })
        });
        return session.out.json(&json!({ "sessions": rows.collect::<Vec<_>>(), "total": total }));
    }
    if reports.is_empty() {
        return session.out.show("no agent has called yet in this workspace; `planc mcp` serves them\n");
    }
    let mut text = String::new();
    for report in &reports {
        let day = report.created_at.get(..16).unwrap_or(&report.created_at).replace('T', " ");
        let phase = session.out.paint.tone(tone(report.phase), report.phase.word());
        let what = report.goal.as_deref().unwrap_or("no goal was named");
        text.push_str(&format!(
            "{}  {day}  {phase}  {}  {}\n",
            report.session.get(..8).unwrap_or(&report.session),
            inline(&report.principal),
            inline(what)
        ));
    }
    if total > reports.len() {
        text.push_str(&format!("… {} older, `planc sessions list --limit {total}`\n", total - reports.len()));
    }
    session.out.show(&text)
}

fn show(session: &Session, store: &Store, id: &str, limit: usize) -> Result<(), Fault> {
    let report = SessionReport::of(store, store.session_named(id)?)?;
    let audit = store.audit_log(Some(&report.session), limit)?;
    if session.out.is_json() {
        return session.out.json(&json!({ "session": report, "audit": audit }));
    }
    let paint = session.out.paint;
    let mut text = format!(
        "session {}  {}\n{} · scope {} · since {}\n",
        report.session,
        paint.tone(tone(report.phase), report.phase.word()),
        inline(&report.principal),
        inline(&report.scope),
        report.created_at
    );
    let mut section = |title: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            text.push_str(&format!("\n{}\n", paint.tone(Tone::Strong, title)));
            rows.iter().for_each(|row| text.push_str(&format!("  {row}\n")));
        }
    };
    section("Child of", report.parent.iter().map(|parent| inline(parent)).collect());
    section("Goal", report.goal.iter().map(|goal| inline(goal)).collect());
    let todo = |todo: &crate::session::Todo| {
        let sign = match todo.status {
            TodoStatus::Pending => "○",
            TodoStatus::InProgress => "▶",
            TodoStatus::Completed => "✓",
        };
        format!("{sign} {}", inline(&todo.text))
    };
    section("To-dos", report.todos.iter().map(todo).collect());
    let latest = report.revisions.last();
    let title = latest.map_or_else(String::new, |latest| format!("Plan, rev {} of {}", latest.rev, latest.at));
    section(&title, latest.map(|latest| lines(&latest.text)).unwrap_or_default());
    section(
        "Read for it",
        report.grounding.iter().map(|read| format!("{}  {}", read.at, inline(&read.call))).collect(),
    );
    let proposed = |step: &crate::session::Proposal| format!("{}  {}", step.at, inline(&step.step));
    section("Refused, and proposed as steps", report.proposed.iter().map(proposed).collect());
    let asked = |asked: &crate::session::Asked| format!("{}  run {} (rev {})", asked.at, inline(&asked.run), asked.rev);
    section("Handed in", report.asked.iter().map(asked).collect());
    section("Runs", report.runs.iter().map(|run| inline(run)).collect());
    section("Calls", audit.iter().map(audit_line).collect());
    session.out.show(&text)
}

fn audit(session: &Session, store: Option<&Store>, limit: usize) -> Result<(), Fault> {
    let rows = store.map(|store| store.audit_log(None, limit)).transpose()?.unwrap_or_default();
    if session.out.is_json() {
        return session.out.json(&json!({ "audit": rows }));
    }
    if rows.is_empty() {
        return session.out.show("no agent has called yet in this workspace; `planc mcp` serves them\n");
    }
    let line = |row: &AuditRow| {
        let id = row.session.as_deref().and_then(|id| id.get(..8)).unwrap_or("-");
        format!("{id:8}  {:24}  {}\n", inline(&row.principal), audit_line(row))
    };
    session.out.show(&rows.iter().map(line).collect::<String>())
}

fn audit_line(row: &AuditRow) -> String {
    let verdict = if row.allowed { "allowed" } else { "denied " };
    format!("{}  {verdict}  {:5}  {} — {}", row.at, row.channel, inline(&row.tool), inline(&row.why))
}

fn tone(phase: Phase) -> Tone {
    match phase {
        Phase::Planning | Phase::Aborted => Tone::Dim,
        Phase::Waiting | Phase::ChangesRequested | Phase::Approved | Phase::Paused => Tone::Careful,
        Phase::Running | Phase::Done => Tone::Good,
        Phase::Failed => Tone::Bad,
    }
}
