//! Which step and which block of one plan is which of the other.

use crate::compiled::Identities;
use crate::digest::Digest;
use crate::plan::{EachId, Plan};
use std::collections::{BTreeMap, BTreeSet};

/// How often steps are looked for that are the same but for those that were found before.
const MAX_ROUNDS: usize = 8;

/// For each newer step and block the older one that it was.
pub(super) struct Pairs {
    pub steps: Vec<Option<usize>>,
    pub blocks: Vec<Option<usize>>,
    /// Whether what a newer step does and depends on is exactly what the older one does.
    pub same: Vec<bool>,
}

/// What stands for a step or a block that both plans have.
fn token(kind: &str, number: usize) -> Digest {
    Digest::of_json(&(kind, number))
}

impl Pairs {
    /// What the parts of the older plan mean when a pair is one thing.
    pub fn before<'p>(&self, plan: &'p Plan) -> Identities<'p> {
        let mut steps: Vec<Digest> = (0..plan.steps.len()).map(|old| token("only before", old)).collect();
        let mut blocks: Vec<Digest> = (0..plan.eaches.len()).map(|old| token("only before", old)).collect();
        self.steps
            .iter()
            .enumerate()
            .for_each(|(new, old)| old.iter().for_each(|old| steps[*old] = token("step", new)));
        let pairs = self.blocks.iter().enumerate();
        pairs.for_each(|(new, old)| old.iter().for_each(|old| blocks[*old] = token("block", new)));
        Identities::with(plan, |id| Some(steps[id.index()]), |id| Some(blocks[id.index()]))
    }

    /// What the parts of the newer plan mean when a pair is one thing.
    pub fn after<'p>(&self, plan: &'p Plan) -> Identities<'p> {
        let of = |kind, pair: Option<usize>, new| token(if pair.is_some() { kind } else { "only after" }, new);
        Identities::with(
            plan,
            |id| Some(of("step", self.steps[id.index()], id.index())),
            |id| Some(of("block", self.blocks[id.index()], id.index())),
        )
    }
}

/// Finds out what belongs together: what is the same, then what has the same name, then what is the same but for that.
pub(super) fn pairs(before: &Plan, after: &Plan) -> Pairs {
    let (was, is) = (Identities::of(before), Identities::of(after));
    let old: Vec<(&str, Digest)> = before.step_ids().map(|id| (before.get(id).name.as_str(), was.step(id))).collect();
    let new: Vec<(&str, Digest)> = after.step_ids().map(|id| (after.get(id).name.as_str(), is.step(id))).collect();
    let mut steps = vec![None; new.len()];
    let mut free: BTreeSet<usize> = (0..old.len()).collect();
    pair_by(&mut steps, &mut free, &old, &new, Digest::of_json);
    pair_by(&mut steps, &mut free, &old, &new, |(_, digest)| *digest);
    let same = steps.iter().map(Option::is_some).collect();
    pair_by(&mut steps, &mut free, &old, &new, |(name, _)| Digest::of(name));
    let block = |plan: &Plan, ids: &Identities<'_>| -> Vec<(String, Digest)> {
        let eaches = plan.eaches.iter().enumerate();
        eaches.map(|(at, each)| (each.name.to_string(), ids.block(EachId::new(at)))).collect()
    };
    let (old, new) = (block(before, &was), block(after, &is));
    let mut blocks = vec![None; new.len()];
    let mut unpaired: BTreeSet<usize> = (0..old.len()).collect();
    pair_by(&mut blocks, &mut unpaired, &old, &new, |(_, digest)| *digest);
    pair_by(&mut blocks, &mut unpaired, &old, &new, |(name, _)| Digest::of(name));
    let mut pairs = Pairs { steps, blocks, same };
    for _ in 0..MAX_ROUNDS {
        if !pair_alike(&mut pairs, &mut free, before, after) {
            break;
        }
    }
    pairs
}

/// Pairs steps that say the same about steps that belong together; whether there were any.
fn pair_alike(pairs: &mut Pairs, free: &mut BTreeSet<usize>, before: &Plan, after: &Plan) -> bool {
    let count = free.len();
    if count == 0 || pairs.steps.iter().all(Option::is_some) {
        return false;
    }
    let (was, is) = (pairs.before(before), pairs.after(after));
    let old: Vec<Digest> = before.step_ids().map(|id| was.own(id)).collect();
    let new: Vec<Digest> = after.step_ids().map(|id| is.own(id)).collect();
    pair_by(&mut pairs.steps, free, &old, &new, |digest| *digest);
    free.len() < count
}

/// Pairs those that are still free and have the same mark, the first with the first.
pub(super) fn pair_by<T>(
    pairs: &mut [Option<usize>],
    free: &mut BTreeSet<usize>,
    before: &[T],
    after: &[T],
    mark: impl Fn(&T) -> Digest,
) {
    let mut marked: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
    free.iter().rev().for_each(|at| marked.entry(mark(&before[*at])).or_default().push(*at));
    for (at, pair) in pairs.iter_mut().enumerate().filter(|(_, pair)| pair.is_none()) {
        *pair = marked.get_mut(&mark(&after[at])).and_then(Vec::pop);
        pair.iter().for_each(|old| {
            free.remove(old);
        });
    }
}

/// The newer parts that no longer stand in the order of the older ones: the fewest that one would have to move.
pub(super) fn moved(pairs: &[Option<usize>]) -> BTreeSet<usize> {
    let kept: Vec<(usize, usize)> = pairs.iter().enumerate().filter_map(|(new, old)| Some((new, (*old)?))).collect();
    // The longest increasing sequence: for each length the end of the one with the smallest last member.
    let mut ends: Vec<usize> = Vec::new();
    let mut behind: Vec<Option<usize>> = Vec::with_capacity(kept.len());
    for (at, (_, old)) in kept.iter().enumerate() {
        let length = ends.partition_point(|end| kept[*end].1 < *old);
        behind.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut stays = BTreeSet::new();
    let mut next = ends.last().copied();
    while let Some(at) = next {
        stays.insert(kept[at].0);
        next = behind[at];
    }
    kept.iter().map(|(new, _)| *new).filter(|new| !stays.contains(new)).collect()
}
