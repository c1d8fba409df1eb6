//! Plans and runs in the store, by name.

use super::at::{At, Outcome, place};
use super::records::{StoredPlan, StoredRun, StoredSource};
use super::store::Store;
use super::{StoreError, now};
use crate::prediction::Prediction;
use crate::report::PlanStatus;
use crate::seal::Keys;
use crate::workspace::Observation;
use planc_lang::digest::Digest;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

/// How many names an ambiguous one is told to be.
const MAX_CANDIDATES: usize = 5;

/// How often a name for a run is drawn again when it is taken.
const MAX_DRAWS: usize = 100;

impl Store {
    /// Stores a plan, or what became of it: a plan with this digest is replaced, except that one which is approved or
    /// under way keeps its status. A plan that waits for approval gets a run, so that it can be named.
    pub fn save_plan(&self, plan: &StoredPlan) -> Outcome<()> {
        let plan = plan.clone();
        self.work("store the plan", move |at, connection| {
            let transaction = at.begin(connection)?;
            insert_plan(&at, &transaction, &plan)?;
            if plan.status == PlanStatus::NeedsApproval {
                waiting_run(&at, &transaction, &plan.digest)?;
            }
            at.sql(transaction.commit())
        })
    }

    /// Stores what the digest of a stored plan is of.
    pub fn save_bound(&self, plan: &StoredPlan, bound: &str) -> Outcome<()> {
        let (digest, bound, secret) = (plan.digest.to_string(), bound.to_owned(), plan.secret);
        self.work("store the plan", move |at, connection| {
            let text = if secret { at.sealed(&place(&digest, "bound"), &bound)? } else { bound.clone() };
            let insert = "INSERT INTO bounds (digest, text) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING";
            at.sql(connection.execute(insert, params![digest, text])).map(|_| ())
        })
    }

    /// What the digest of a stored plan is of; none: an earlier planc stored the plan.
    pub fn bound(&self, digest: &Digest) -> Outcome<Option<String>> {
        let digest = digest.to_string();
        self.work("read the plan", move |at, connection| {
            let query = "SELECT text FROM bounds WHERE digest = ?1";
            let text: Option<String> = at.sql(connection.query_row(query, [&digest], |row| row.get(0)).optional())?;
            text.map(|text| at.opened(&format!("plan `{digest}`"), &place(&digest, "bound"), text)).transpose()
        })
    }

    /// The plan with this digest, or the one whose digest begins so (with or without `sha256:`).
    pub fn plan(&self, name: &str) -> Outcome<StoredPlan> {
        let name = name.to_owned();
        self.work("read the plan", move |at, connection| {
            let prefix = name.strip_prefix("sha256:").unwrap_or(&name).to_ascii_lowercase();
            let digest = one(&at, connection, "plan", &name, &format!("sha256:{prefix}"))?;
            select_plan(&at, connection, "digest = ?1", &digest)?
                .ok_or(StoreError::Unknown { kind: "plan", name: name.clone() })
        })
    }

    /// The newest revision of a plan.
    pub fn latest_rev(&self, key: &str) -> Outcome<Option<StoredPlan>> {
        let key = key.to_owned();
        self.work("read the plan", move |at, connection| {
            select_plan(&at, connection, "key = ?1 ORDER BY rev DESC, rowid DESC LIMIT 1", &key)
        })
    }

    /// Sets where a plan is in its life.
    pub fn set_plan_status(&self, digest: &Digest, status: PlanStatus) -> Outcome<()> {
        let digest = digest.to_string();
        self.work("store the status of the plan", move |at, connection| {
            let status = at.text(&status)?;
            let changed =
                at.sql(connection.execute("UPDATE plans SET status = ?2 WHERE digest = ?1", params![digest, status]))?;
            match changed {
                0 => Err(StoreError::Unknown { kind: "plan", name: digest.clone() }),
                _ => Ok(()),
            }
        })
    }

    /// The run of a stored plan that has not begun; a new one where all have.
    pub fn open_run(&self, plan: &Digest) -> Outcome<StoredRun> {
        let plan = *plan;
        self.work("create a run", move |at, connection| {
            let transaction = at.begin(connection)?;
            let run = waiting_run(&at, &transaction, &plan)?;
            at.sql(transaction.commit())?;
            Ok(run)
        })
    }

    /// The newest run of a stored plan.
    pub fn run_of(&self, plan: &Digest) -> Outcome<StoredRun> {
        let plan = plan.to_string();
        self.work("read the run", move |at, connection| {
            let query = "SELECT id, plan, created_at FROM runs WHERE plan = ?1 ORDER BY rowid DESC LIMIT 1";
            match at.sql(connection.query_row(query, [&plan], row_of_run).optional())? {
                Some(run) => run.map_err(|why| at.damaged("a run", &why)),
                None => Err(StoreError::Unknown { kind: "run", name: plan.clone() }),
            }
        })
    }

    /// The runs of a compiled plan that have begun, under whatever digest each was approved, newest first.
    pub fn begun_runs(&self, plan_digest: &Digest) -> Outcome<Vec<StoredRun>> {
        let digest = plan_digest.to_string();
        self.work("list the runs of the plan", move |at, connection| {
            let query = "SELECT runs.id, runs.plan, runs.created_at FROM runs JOIN plans ON runs.plan = plans.digest
                WHERE plans.plan_digest = ?1 AND EXISTS (SELECT 1 FROM events WHERE run = runs.id)
                ORDER BY runs.rowid DESC";
            let rows = at.rows(connection, query, [&digest], row_of_run)?;
            rows.into_iter().map(|row| row.map_err(|why| at.damaged("a run", &why))).collect()
        })
    }

    /// The run with this name, or the one whose name begins so.
    pub fn run(&self, name: &str) -> Outcome<StoredRun> {
        let name = name.to_owned();
        self.work("read the run", move |at, connection| {
            let id = one(&at, connection, "run", &name, &name.to_ascii_lowercase())?;
            let query = "SELECT id, plan, created_at FROM runs WHERE id = ?1";
            at.sql(connection.query_row(query, [&id], row_of_run))?.map_err(|why| at.damaged("a run", &why))
        })
    }

    /// Keeps a plan as it was shown to who said the first yes to it, whatever was stored of it meanwhile; with what was in the
    /// workspace, where that was looked at right before.
    pub fn keep_as_shown(&self, plan: &StoredPlan) -> Outcome<()> {
        let plan = plan.clone();
        self.work("keep what was shown", move |at, connection| {
            let update = "UPDATE plans SET report = ?2, predictions = ?3
                WHERE digest = ?1 AND (SELECT count(*) FROM approvals WHERE digest = ?1) = 1";
            let values =
                params![plan.digest.to_string(), kept(&at, &plan, "report", &plan.report)?, predictions(&at, &plan)?];
            at.sql(connection.execute(update, values)).map(|_| ())
        })
    }

    /// All runs, newest first.
    pub fn runs(&self) -> Outcome<Vec<StoredRun>> {
        self.work("list the runs", |at, connection| {
            let query = "SELECT id, plan, created_at FROM runs ORDER BY created_at DESC, rowid DESC";
            let rows = at.rows(connection, query, [], row_of_run)?;
            rows.into_iter().map(|row| row.map_err(|why| at.damaged("a run", &why))).collect()
        })
    }
}

fn insert_plan(at: &At, connection: &Connection, plan: &StoredPlan) -> Outcome<()> {
    // What somebody has said yes to stays as it was shown to them: the same plan may be dry-run with programs, and without.
    let insert = "INSERT INTO plans VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (digest) DO UPDATE SET key = excluded.key, rev = excluded.rev, title = excluded.title,
        sources = excluded.sources, inputs = excluded.inputs,
        report = CASE WHEN EXISTS (SELECT 1 FROM approvals WHERE approvals.digest = plans.digest)
          THEN plans.report ELSE excluded.report END,
        predictions = CASE WHEN EXISTS (SELECT 1 FROM approvals WHERE approvals.digest = plans.digest)
          THEN plans.predictions ELSE excluded.predictions END,
        status = CASE
          WHEN plans.status IN ('approved', 'executing', 'verifying', 'paused', 'in_doubt') THEN plans.status
          ELSE excluded.status END";
    let values = params![
        plan.digest.to_string(),
        plan.plan_digest.to_string(),
        plan.key,
        plan.rev,
        plan.title,
        at.text(&plan.status)?,
        at.json(&plan.sources)?,
        kept(at, plan, "inputs", &plan.inputs)?,
        kept(at, plan, "report", &plan.report)?,
        predictions(at, plan)?,
        plan.created_at,
    ];
    at.sql(connection.execute(insert, values)).map(|_| ())
}

/// A part of a plan as it is kept.
fn predictions(at: &At, plan: &StoredPlan) -> Outcome<String> {
    match plan.secret {
        true => kept(at, plan, "predictions", &(&plan.predictions, &plan.untold, &plan.once)),
        false => kept(at, plan, "predictions", &plan.predictions),
    }
}

fn kept(at: &At, plan: &StoredPlan, part: &str, value: &impl Serialize) -> Outcome<String> {
    let json = at.json(value)?;
    if plan.secret { at.sealed(&place(&plan.digest.to_string(), part), &json) } else { Ok(json) }
}

fn select_plan(at: &At, connection: &Connection, condition: &str, value: &str) -> Outcome<Option<StoredPlan>> {
    let query = format!(
        "SELECT digest, plan_digest, key, rev, title, status, sources, inputs, report, predictions, created_at
         FROM plans WHERE {condition}"
    );
    let columns = at.sql(
        connection
            .query_row(&query, [value], |row| {
                let texts = [0, 1, 2, 4, 5, 6, 7, 8, 9, 10].map(|column| row.get::<_, String>(column));
                let texts = texts.into_iter().collect::<rusqlite::Result<Vec<String>>>()?;
                Ok((row.get::<_, u32>(3)?, texts))
            })
            .optional(),
    )?;
    let Some((rev, mut texts)) = columns else { return Ok(None) };
    let what = format!("plan `{}`", texts[0]);
    let digest = |text: &str| text.parse::<Digest>().map_err(|error| at.damaged(&what, &error.to_string()));
    let secret = Keys::is_sealed(&texts[6]);
    let mut sealed = |column: usize, part: &str| (place(&texts[0], part), std::mem::take(&mut texts[column]));
    let (inputs, report, predictions) = (sealed(6, "inputs"), sealed(7, "report"), sealed(8, "predictions"));
    let predictions = at.opened(&what, &predictions.0, predictions.1)?;
    let (predictions, untold, once) = match secret {
        true => found(&predictions),
        false => serde_json::from_str(&predictions).map(|told| (told, Vec::new(), None)),
    }
    .map_err(|error| at.damaged(&what, &error.to_string()))?;
    Ok(Some(StoredPlan {
        secret,
        digest: digest(&texts[0])?,
        plan_digest: digest(&texts[1])?,
        key: texts[2].clone(),
        rev,
        title: texts[3].clone(),
        status: at.parse(&what, "", format!("\"{}\"", texts[4]))?,
        sources: at.parse::<Vec<StoredSource>>(&what, "", texts[5].clone())?,
        inputs: at.parse(&what, &inputs.0, inputs.1)?,
        report: at.parse(&what, &report.0, report.1)?,
        predictions,
        untold,
        once,
        created_at: texts[9].clone(),
        heard: None,
        inventory: None,
    }))
}

/// What a dry run with secrets found besides its report.
type Found = (Vec<Prediction>, Vec<Observation>, Option<String>);

/// The same as it is kept now, or as earlier planc kept it: without what is there once, or without all that was not told.
fn found(json: &str) -> serde_json::Result<Found> {
    serde_json::from_str(json)
        .or_else(|_| serde_json::from_str(json).map(|(predictions, untold)| (predictions, untold, None)))
        .or_else(|_| serde_json::from_str(json).map(|predictions| (predictions, Vec::new(), None)))
}

/// The only plan or run whose name begins with `prefix`.
fn one(at: &At, connection: &Connection, kind: &'static str, name: &str, prefix: &str) -> Outcome<String> {
    let (table, column, least) = match kind {
        "plan" => ("plans", "digest", "sha256:".len() + 1),
        _ => ("runs", "id", 1),
    };
    let query = format!("SELECT {column} FROM {table} WHERE substr({column}, 1, length(?1)) = ?1 ORDER BY {column}");
    let mut candidates: Vec<String> = match prefix.len() < least {
        true => Vec::new(),
        false => at.rows(connection, &query, [prefix], |row| row.get(0))?,
    };
    match candidates.len() {
        0 => Err(StoreError::Unknown { kind, name: name.to_owned() }),
        1 => Ok(candidates.remove(0)),
        _ => {
            candidates.truncate(MAX_CANDIDATES);
            Err(StoreError::Ambiguous { kind, name: name.to_owned(), candidates })
        }
    }
}

fn row_of_run(row: &Row<'_>) -> rusqlite::Result<Result<StoredRun, String>> {
    let (id, plan, created_at): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(plan.parse().map(|plan| StoredRun { id, plan, created_at }).map_err(|error| error.to_string()))
}

/// The run of a plan that has no event yet; a new one where there is none.
fn waiting_run(at: &At, connection: &Connection, plan: &Digest) -> Outcome<StoredRun> {
    let query = "SELECT id, plan, created_at FROM runs WHERE plan = ?1
        AND NOT EXISTS (SELECT 1 FROM events WHERE run = runs.id) ORDER BY rowid DESC LIMIT 1";
    let found = at.sql(connection.query_row(query, [plan.to_string()], row_of_run).optional())?;
    if let Some(run) = found {
        return run.map_err(|why| at.damaged("a run", &why));
    }
    let insert = "INSERT OR IGNORE INTO runs (id, plan, created_at) VALUES (?1, ?2, ?3)";
    for _ in 0..MAX_DRAWS {
        let id = uuid::Uuid::new_v4().simple().to_string()[..8].to_owned();
        let created_at = now();
        if at.sql(connection.execute(insert, params![id, plan.to_string(), created_at]))? == 1 {
            return Ok(StoredRun { id, plan: *plan, created_at });
        }
    }
    Err(StoreError::Unknown { kind: "plan", name: plan.to_string() })
}
