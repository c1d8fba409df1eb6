//! Records of a run ⟶ a chain: each carries a digest over itself and the digest of the one before it, the first over the run
//! and what was approved. Pure: it knows neither the database nor the key.
//!
//! The form is stated in `spec/09-execution.md`, so that other tools can recompute it. What is chained is the text as it is
//! kept: of a run with secrets the sealed one, so that nobody needs the key to check the chain.

use planc_lang::digest::Digest;
use serde::{Deserialize, Serialize};

/// The version of the chain.
pub const CHAIN_FORMAT: u32 = 1;

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// From 1, without gaps.
    pub seq: u64,
    /// When it was recorded, RFC 3339 in UTC.
    pub at: String,
    /// The event as JSON, sealed where the plan has secrets.
    pub kept: String,
    /// The link that was stored with it.
    pub link: String,
}

/// The end of a chain as the writer left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many records there are.
    pub seq: u64,
    /// The link of the last.
    pub link: String,
    /// How many of them were written before there were chains, and were linked only afterwards.
    pub adopted: u64,
}

/// What is wrong with a chain: where it is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// A record is not where it was: removed, inserted, or in another place.
    #[error("record {expected} is missing, record {found} stands in its place")]
    Gap {
        /// Which should come.
        expected: u64,
        /// Which comes.
        found: u64,
    },
    /// A record does not follow from the one before it.
    #[error("record {seq} does not follow from what stands before it: one of them was changed")]
    Changed {
        /// Which.
        seq: u64,
    },
    /// Fewer or more records than the head tells.
    #[error("it was left with {written} records, and has {found}")]
    Length {
        /// How many the head tells.
        written: u64,
        /// How many there are.
        found: u64,
    },
    /// The records are a chain, but not the one that was written.
    #[error("its {seq} records are not those that were written")]
    Rewritten {
        /// How many.
        seq: u64,
    },
    /// There are records and no head.
    #[error("its head is missing")]
    NoHead,
    /// The head was not written with the key of the state directory.
    #[error("its head was not written with the key of this state directory")]
    ForeignHead,
}

#[derive(Serialize)]
struct FirstForm<'a> {
    journal: u32,
    run: &'a str,
    plan: &'a str,
}

#[derive(Serialize)]
struct LinkForm<'a> {
    before: &'a str,
    seq: u64,
    at: &'a str,
    record: Digest,
}

/// What the first record of a run follows: the run, and the digest that its approval names.
pub fn first(run: &str, plan: &str) -> String {
    Digest::of_json(&FirstForm { journal: CHAIN_FORMAT, run, plan }).to_string()
}

/// The link of a record that follows another.
pub fn link(before: &str, seq: u64, at: &str, kept: &str) -> String {
    Digest::of_json(&LinkForm { before, seq, at, record: Digest::of(kept) }).to_string()
}

/// Whether records are a chain from its beginning; gives the last link.
pub fn check(run: &str, plan: &str, records: &[Record]) -> Result<String, Break> {
    let mut before = first(run, plan);
    for (expected, record) in (1..).zip(records) {
        if record.seq != expected {
            return Err(Break::Gap { expected, found: record.seq });
        }
        let link = link(&before, record.seq, &record.at, &record.kept);
        if link != record.link {
            return Err(Break::Changed { seq: record.seq });
        }
        before = link;
    }
    Ok(before)
}

/// Whether a chain ends where its writer left it. The head was found to be the writer's.
pub fn ends_at(head: Option<&Head>, records: u64, last: &str) -> Result<(), Break> {
    match head {
        None if records == 0 => Ok(()),
        None => Err(Break::NoHead),
        Some(head) if head.seq != records => Err(Break::Length { written: head.seq, found: records }),
        Some(head) if head.link != last => Err(Break::Rewritten { seq: records }),
        Some(_) => Ok(()),
    }
}
