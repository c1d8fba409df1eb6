//! Answers in the store: yeses to plans, each used up by the runs that it is for.
//!
//! Which yeses are enough is judged in [`crate::approval`], on what stands here, in the transaction that uses them up.

use super::at::{At, Outcome};
use super::records::{KeptApproval, Recorded};
use super::store::Store;
use super::{head, inventories};
use crate::approval::{Approved, Candidate, Channel, Claim, Credential, Lack, now, written};
use crate::report::{ChangeRequest, PlanStatus};
use jiff::Timestamp;
use planc_lang::digest::Digest;
use rusqlite::{Connection, OptionalExtension, params};

/// How often a yes was used by runs that have begun: one that was cut off before its first event has not.
const BEGUN: &str = "(SELECT count(*) FROM approval_uses WHERE approval = approvals.id
    AND EXISTS (SELECT 1 FROM events WHERE run = approval_uses.run))";

impl Store {
    /// Records a yes to what has this plan digest, by somebody who has seen these requests for changes, as [`Store::heard`] has them.
    /// With a yes by a person to whom they were shown they stand no more. Other requests than these, and it is none: all in one
    /// transaction, so that no request comes in between.
    pub fn record_approval(&self, approval: &Approved, plan: &Digest, heard: Option<Digest>) -> Outcome<Recorded> {
        let (approval, plan) = (approval.clone(), plan.to_string());
        self.work("record the approval", move |at, connection| {
            let transaction = at.begin(connection)?;
            let (all, standing) = requests(&at, &transaction, &plan)?;
            // Nobody who only names a digest, or is not there, has been shown a request.
            let is_shown = approval.signed.is_some() || approval.channel == Channel::Terminal.as_str();
            let unheard = match is_shown {
                true => all.last().filter(|_| told(&all) != heard),
                false => standing.last(),
            };
            if let Some(ChangeRequest { by, .. }) = unheard {
                return Ok(Recorded::Unheard { by: by.clone() });
            }
            let (digest, aborted) = (approval.digest.to_string(), at.text(&PlanStatus::Aborted)?);
            let query = "SELECT EXISTS (SELECT 1 FROM plans WHERE digest = ?1 AND status = ?2)";
            if at.sql(transaction.query_row(query, params![digest, aborted], |row| row.get(0)))? {
                return Ok(Recorded::Aborted);
            }
            let insert = "INSERT OR IGNORE INTO approvals (name, digest, deed, uses, record, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let deed = approval.deed.map(|deed| deed.to_string());
            let time = clock(&at, &transaction)?;
            let values =
                params![approval.id, digest, deed, approval.terms.uses, at.json(&approval)?, written(time)];
            if at.sql(transaction.execute(insert, values))? == 0 {
                return Ok(Recorded::Known);
            }
            let update = "UPDATE comments SET withdrawn = ?2 WHERE key = ?1 AND withdrawn IS NULL";
            at.sql(transaction.execute(update, params![plan, now()]))?;
            at.sql(transaction.commit())?;
            Ok(Recorded::New)
        })
    }

    /// Uses up what a run needs, durably and at once: as many yeses as are wanted, or none, and what is lacking. A run that
    /// has used some up gets the same again. In the same transaction the run begins, with the record that `kept` makes of it: a no
    /// comes before that, or finds a run that has begun.
    pub fn consume_approval(
        &self,
        claim: &Claim,
        run: &str,
        kept: impl Fn(&Approved) -> Outcome<Option<String>> + Send + 'static,
    ) -> Outcome<Result<Approved, Lack>> {
        let (claim, run) = (claim.clone(), run.to_owned());
        self.work("use up the approval", move |at, connection| {
            let transaction = at.begin(connection)?;
            let time = clock(&at, &transaction)?;
            let (ids, candidates) = candidates(&at, &transaction, &claim, &run)?;
            let chosen = match claim.choose(&candidates, time) {
                Ok(chosen) => chosen,
                Err(lack) => return Ok(Err(lack)),
            };
            let insert = "INSERT OR IGNORE INTO approval_uses (approval, run, at) VALUES (?1, ?2, ?3)";
            for (index, _) in &chosen {
                at.sql(transaction.execute(insert, params![ids[*index], run, written(time)]))?;
            }
            let approval = joined(chosen);
            inventories::begin(&at, &transaction, &run, &claim.deed.to_string())?;
            if let Some(record) = kept(&approval)? {
                head::append(&at, &transaction, &run, &[record])?;
            }
            at.sql(transaction.commit())?;
            Ok(Ok(approval))
        })
    }

    /// What a run would use up now; nothing is.
    pub fn judge_approval(&self, claim: &Claim, run: &str) -> Outcome<Result<Approved, Lack>> {
        let (claim, run) = (claim.clone(), run.to_owned());
        self.work("read the approvals", move |at, connection| {
            let transaction = at.begin(connection)?;
            let time = clock(&at, &transaction)?;
            let (_, candidates) = candidates(&at, &transaction, &claim, &run)?;
            at.sql(transaction.commit())?;
            Ok(claim.choose(&candidates, time).map(joined))
        })
    }

    /// What was drawn when this database was made: a yes that was given to another is none here.
    pub fn identity(&self) -> Outcome<String> {
        self.work("read what the store is known by", |at, connection| {
            at.sql(connection.query_row("SELECT drawn FROM identity WHERE id = 1", [], |row| row.get(0)))
        })
    }

    /// The present time, never earlier than what was seen here before: a clock that is set back gives no yes more time.
    pub fn time(&self) -> Outcome<Timestamp> {
        self.work("look at the clock", |at, connection| {
            let transaction = at.begin(connection)?;
            let time = clock(&at, &transaction)?;
            at.sql(transaction.commit())?;
            Ok(time)
        })
    }

    /// Records a no to a plan, and takes back every yes for its digest that is not used up, also one to several times of the same
    /// deed; false: it has begun, and nothing is recorded.
    pub fn abort(&self, digest: &Digest, deed: &Digest) -> Outcome<bool> {
        let (digest, deed) = (digest.to_string(), deed.to_string());
        self.work("take back the approval", move |at, connection| {
            let transaction = at.begin(connection)?;
            if has_begun(&at, &transaction, &digest)? {
                return Ok(false);
            }
            let update = format!(
                "UPDATE approvals SET revoked = ?3 WHERE (digest = ?1 OR deed = ?2) AND revoked IS NULL AND {BEGUN} < uses"
            );
            at.sql(transaction.execute(&update, params![digest, deed, now()]))?;
            let update = "UPDATE plans SET status = ?2 WHERE digest = ?1";
            at.sql(transaction.execute(update, params![digest, at.text(&PlanStatus::Aborted)?]))?;
            at.sql(transaction.commit())?;
            Ok(true)
        })
    }

    /// Records a request for changes of what has this plan digest, and takes back every yes to it that is not used up, whichever
    /// dry run of it the yes is to; false: what the request names has begun, and nothing is recorded.
    pub fn record_request(&self, request: &ChangeRequest, deed: &Digest, plan: &Digest) -> Outcome<bool> {
        let (request, deed, plan) = (request.clone(), deed.to_string(), plan.to_string());
        self.work("record the request", move |at, connection| {
            let transaction = at.begin(connection)?;
            let digest = request.digest.to_string();
            if has_begun(&at, &transaction, &digest)? {
                return Ok(false);
            }
            let insert = "INSERT INTO comments (digest, key, record, at) VALUES (?1, ?2, ?3, ?4)";
            at.sql(transaction.execute(insert, params![digest, plan, at.json(&request)?, now()]))?;
            let update = format!(
                "UPDATE approvals SET revoked = ?3 WHERE revoked IS NULL AND {BEGUN} < uses AND (digest = ?1 OR deed = ?2
                OR digest IN (SELECT digest FROM plans WHERE plan_digest = ?4))"
            );
            at.sql(transaction.execute(&update, params![digest, deed, now(), plan]))?;
            // What had such a yes waits again; what was asked about says so itself.
            let (waits, approved) = (at.text(&PlanStatus::NeedsApproval)?, at.text(&PlanStatus::Approved)?);
            let update = "UPDATE plans SET status = ?2 WHERE plan_digest = ?1 AND status = ?3
                AND NOT EXISTS (SELECT 1 FROM runs WHERE plan = plans.digest AND EXISTS (SELECT 1 FROM events WHERE run = runs.id))";
            at.sql(transaction.execute(update, params![plan, waits, approved]))?;
            at.sql(transaction.commit())?;
            Ok(true)
        })
    }

    /// The requests for changes of what has this plan digest that stand, oldest first.
    pub fn requests(&self, plan: &Digest) -> Outcome<Vec<ChangeRequest>> {
        Ok(self.heard(plan)?.0)
    }

    /// The same, with what stands for all that there ever were, also those that were closed; none: there were none.
    pub fn heard(&self, plan: &Digest) -> Outcome<(Vec<ChangeRequest>, Option<Digest>)> {
        let plan = plan.to_string();
        self.work("read the requests", move |at, connection| {
            let (all, standing) = requests(&at, connection, &plan)?;
            Ok((standing, told(&all)))
        })
    }

    /// Takes back one yes; whether it could be used before.
    pub fn revoke_approval(&self, id: i64) -> Outcome<bool> {
        self.work("take back the approval", move |at, connection| {
            let update =
                format!("UPDATE approvals SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL AND {BEGUN} < uses");
            at.sql(connection.execute(&update, params![id, now()])).map(|changed| changed > 0)
        })
    }

    /// Takes back the yes that is known by this, as far as it is not used up.
    pub fn revoke_named(&self, name: &str) -> Outcome<()> {
        let name = name.to_owned();
        self.work("take back the approval", move |at, connection| {
            let update =
                format!("UPDATE approvals SET revoked = ?2 WHERE name = ?1 AND revoked IS NULL AND {BEGUN} < uses");
            at.sql(connection.execute(&update, params![name, now()])).map(|_| ())
        })
    }

    /// All yeses, newest first.
    pub fn approvals(&self) -> Outcome<Vec<KeptApproval>> {
        self.work("list the approvals", |at, connection| {
            let query = format!("SELECT id, record, revoked, {BEGUN} FROM approvals ORDER BY id DESC");
            let rows = at.rows(connection, &query, [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?))
            })?;
            let read = |(id, record, revoked, used)| {
                Ok(KeptApproval { id, yes: at.parse(&format!("approval {id}"), "", record)?, revoked, used })
            };
            rows.into_iter().map(read).collect()
        })
    }

    /// Notes that somebody made a plan. Who did stays so, whoever makes it again.
    pub fn add_author(&self, digest: &Digest, author: &Credential) -> Outcome<()> {
        let (digest, author) = (digest.to_string(), author.clone());
        self.work("note who made the plan", move |at, connection| {
            let insert = "INSERT OR IGNORE INTO authors (digest, credential, at) VALUES (?1, ?2, ?3)";
            at.sql(connection.execute(insert, params![digest, at.json(&author)?, now()])).map(|_| ())
        })
    }

    /// Those who made a plan.
    pub fn authors(&self, digest: &Digest) -> Outcome<Vec<Credential>> {
        let digest = digest.to_string();
        self.work("look up who made the plan", move |at, connection| {
            let query = "SELECT credential FROM authors WHERE digest = ?1 ORDER BY credential";
            let rows = at.rows(connection, query, [&digest], |row| row.get::<_, String>(0))?;
            rows.into_iter().map(|json| at.parse("who made a plan", "", json)).collect()
        })
    }
}

/// Whether a run of what has this digest has begun.
fn has_begun(at: &At, connection: &Connection, digest: &str) -> Outcome<bool> {
    let query =
        "SELECT EXISTS (SELECT 1 FROM runs WHERE plan = ?1 AND EXISTS (SELECT 1 FROM events WHERE run = runs.id))";
    at.sql(connection.query_row(query, [digest], |row| row.get(0)))
}

/// All requests for changes of what has this plan digest, and those that stand, oldest first.
fn requests(at: &At, connection: &Connection, plan: &str) -> Outcome<(Vec<ChangeRequest>, Vec<ChangeRequest>)> {
    let query = "SELECT record, withdrawn IS NULL FROM comments WHERE key = ?1 ORDER BY id";
    let rows = at.rows(connection, query, [plan], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?;
    let (mut all, mut standing) = (Vec::new(), Vec::new());
    for (json, stands) in rows {
        let request: ChangeRequest = at.parse("a request for changes", "", json)?;
        standing.extend(stands.then(|| request.clone()));
        all.push(request);
    }
    Ok((all, standing))
}

/// What stands for requests that somebody was told of.
fn told(requests: &[ChangeRequest]) -> Option<Digest> {
    (!requests.is_empty()).then(|| Digest::of_json(&requests))
}

/// Several yeses as one record.
fn joined(chosen: Vec<(usize, Approved)>) -> Approved {
    let mut yeses = chosen.into_iter().map(|(_, yes)| yes);
    let first = yeses.next().expect("a rule wants one approver at least");
    Approved { with: yeses.collect(), ..first }
}

/// The time, not earlier than the latest that was seen, which is remembered.
pub(super) fn clock(at: &At, connection: &Connection) -> Outcome<Timestamp> {
    let seen: Option<String> =
        at.sql(connection.query_row("SELECT latest FROM clock WHERE id = 1", [], |row| row.get(0)).optional())?;
    let seen = seen.map(|text| text.parse::<Timestamp>().map_err(|error| at.damaged("the clock", &error.to_string())));
    let time = seen.transpose()?.map_or_else(Timestamp::now, |seen| seen.max(Timestamp::now()));
    let update =
        "INSERT INTO clock (id, latest) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET latest = excluded.latest";
    at.sql(connection.execute(update, [time.to_string()]))?;
    Ok(time)
}

/// What may be a yes to a claim, oldest first, with its number.
fn candidates(at: &At, connection: &Connection, claim: &Claim, run: &str) -> Outcome<(Vec<i64>, Vec<Candidate>)> {
    let query = "SELECT id, record,
          (SELECT count(*) FROM approval_uses WHERE approval = approvals.id AND run <> ?3),
          EXISTS (SELECT 1 FROM approval_uses WHERE approval = approvals.id AND run = ?3),
          EXISTS (SELECT 1 FROM runs WHERE plan = ?1 AND id <> ?3 AND EXISTS (SELECT 1 FROM events WHERE run = runs.id)),
          EXISTS (SELECT 1 FROM comments
            WHERE withdrawn IS NULL AND key = (SELECT plan_digest FROM plans WHERE digest = ?1))
        FROM approvals WHERE (digest = ?1 OR deed = ?2) AND revoked IS NULL ORDER BY id";
    let rows = at.rows(connection, query, params![claim.digest.to_string(), claim.deed.to_string(), run], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
    })?;
    let (mut ids, mut candidates) = (Vec::new(), Vec::new());
    for (id, record, used, ours, is_spent, is_disputed) in rows {
        // What cannot be read is no yes.
        let Ok(yes) = at.parse::<Approved>("an approval", "", record) else { continue };
        ids.push(id);
        candidates.push(Candidate { yes, used, ours, is_spent, is_disputed });
    }
    Ok((ids, candidates))
}
