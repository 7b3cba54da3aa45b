import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Step n books on account n modulo `accounts`; every eleventh step deletes the account instead. Each stream goes on from its own cursor,
// so that a run that was killed between two commits replays one stream and not the other.
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const start = JSON.parse((await lines.next()).value);
const { total, accounts } = JSON.parse(process.env.CONNECTOR_CONFIG);
const [stepsARun, pauseSeconds] = readFileSync('pace', 'utf8').split(' ').map(Number);
const from = { accounts: start.state?.accounts?.next ?? 0, journal: start.state?.journal?.next ?? 0 };
const first = Math.min(from.accounts, from.journal);
const end = Math.min(total, first + stepsARun);
let emitted = 0;

async function say(message) {
  if (!process.stdout.write(`${JSON.stringify(message)}\n`)) await once(process.stdout, 'drain');
}

async function record(stream, key, fields) {
  await say({ type: 'RECORD', stream, key, emitted_at: new Date().toISOString(), ...fields });
  emitted += 1;
}

async function book(step) {
  const id = `account-${step % accounts}`;
  if (step % 11 === 10) await record('accounts', id, { op: 'delete' });
  else await record('accounts', id, { data: { id, booked: step, note: 'é\u2028'.repeat(step % 3) } });
}

for (let step = first; step < end; step += 1) {
  if (step >= from.accounts) await book(step);
  if (step >= from.journal) await record('journal', `step-${step}`, { data: { id: `step-${step}`, account: `account-${step % accounts}` } });
  if (step % 5 === 4 && pauseSeconds > 0) await sleep(pauseSeconds * 1_000);
}
for (const stream of ['accounts', 'journal']) await say({ type: 'STATE', stream, cursor: { next: Math.max(end, from[stream]) } });
await say({ type: 'DONE', status: 'succeeded', records_emitted: emitted });
await lines.next();
process.exit(0);
