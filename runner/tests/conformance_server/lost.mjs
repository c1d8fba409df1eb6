// `lost.mjs ALONE THROUGH BASELINE` compares what the suite found for the fixture alone and through planc. Each check that passed
// alone and did not through planc stands in the baseline, as `scenario:check`, and nothing else does.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [alone, through, baseline] = process.argv.slice(2);

// How many times each check passed, by `scenario:check`.
function passed(folder) {
  const found = new Map();
  for (const run of readdirSync(folder)) {
    const scenario = run.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[-\d]+Z$/, '');
    for (const { id, status } of JSON.parse(readFileSync(join(folder, run, 'checks.json'), 'utf8'))) {
      const name = `${scenario}:${id}`;
      found.set(name, (found.get(name) ?? 0) + (status === 'SUCCESS' ? 1 : 0));
    }
  }
  return found;
}

const [before, after] = [passed(alone), passed(through)];
const lost = [...before].filter(([name, count]) => (after.get(name) ?? 0) < count).map(([name]) => name);
const entries = readFileSync(baseline, 'utf8').split('\n').map((line) => line.match(/^ +- ([^\s#]+)/)?.[1]).filter(Boolean);
const sum = (counts) => [...counts.values()].reduce((all, count) => all + count, 0);
console.log(`${sum(before)} checks passed alone, ${sum(after)} through planc; lost: ${lost.join(', ') || 'none'}`);
const unnamed = lost.filter((name) => !entries.includes(name));
// Whole scenarios, and checks that fail alone, are for the suite itself to hold against the baseline.
const stale = entries.filter((entry) => before.get(entry) > 0 && !lost.includes(entry));
for (const name of unnamed) console.log(`lost through planc, and not named in ${baseline}: ${name}`);
for (const name of stale) console.log(`not lost any more: take it out of ${baseline}: ${name}`);
if (sum(before) === 0) console.log('nothing passed alone: the fixture does not work');
process.exitCode = unnamed.length + stale.length > 0 || sum(before) === 0 ? 1 : 0;
