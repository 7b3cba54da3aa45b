import { schemaChecks, SchemaSample } from '../../runtime/protocol/manifest/schema-sample.ts';
import { defaultLimits } from '../../runtime/protocol/limits.ts';
import { LineSplitter } from '../../runtime/protocol/wire/framing.ts';
import { session, stream } from '../gen/protocol.ts';
import { benchRecord } from './bench-record.ts';
import { type Effort, type Figure, median, overRounds } from './harness/figure.ts';

const MESSAGES = 50_000;
const ROUNDS: Readonly<Record<Effort, number>> = { full: 15, short: 5 };
/** As a pipe hands it over. */
const CHUNK_BYTES = 64 * 1_024;
const LINE_FEED = 0x0a;

/** Fields and the time of each record are checked against the scope, as a collection that was narrowed has it. */
const narrowed = [{ name: 'items', fields: ['id', 'n', 'at', 'text'], timeRange: { since: '2025-01-01T00:00:00Z' } }];

/** Messages a second on one core, from bytes to checked records, against the same bytes split and parsed and nothing else. By turns. */
export async function measure(effort: Effort): Promise<readonly Figure[]> {
  const chunks = outputInChunks();
  const samples = { whole: [] as number[], narrowed: [] as number[], raw: [] as number[] };
  for (let round = 0; round < ROUNDS[effort]; round++) {
    samples.raw.push(rate(() => parseAlone(chunks)));
    samples.whole.push(rate(() => decode(chunks)));
    samples.narrowed.push(rate(() => decode(chunks, narrowed)));
  }
  const raw = { what: 'split and JSON.parse alone', value: median(samples.raw) };
  const goal = { atLeast: 200_000 };
  return [
    { key: 'decode.whole', what: 'decode and checks, whole stream in scope', unit: 'messages/s', ...overRounds(samples.whole), goal, raw },
    {
      key: 'decode.narrowed',
      what: 'decode and checks, scope of fields and time range',
      unit: 'messages/s',
      ...overRounds(samples.narrowed),
      goal,
      raw,
    },
  ];
}

function outputInChunks(): Buffer[] {
  const lines = Array.from({ length: MESSAGES }, (_, n) => {
    const { key, data } = benchRecord(n);
    return `{"type":"RECORD","stream":"items","key":"${key}","data":${data},"emitted_at":"2026-01-01T00:00:00Z"}\n`;
  });
  const output = Buffer.from(lines.join(''));
  const starts = Array.from({ length: Math.ceil(output.length / CHUNK_BYTES) }, (_, n) => n * CHUNK_BYTES);
  return starts.map((start) => output.subarray(start, start + CHUNK_BYTES));
}

/** Messages a second; `work` answers how many it saw, which must be all. */
function rate(work: () => number): number {
  const beganMs = performance.now();
  const seen = work();
  const seconds = (performance.now() - beganMs) / 1_000;
  if (seen !== MESSAGES) throw new Error(`${seen} of ${MESSAGES} messages were seen`);
  return MESSAGES / seconds;
}

/** What the runtime does with each line before its record goes to the ingest, the look at its schema included. */
function decode(chunks: readonly Buffer[], requested?: readonly unknown[]): number {
  const conversation = session(requested === undefined ? {} : { requested });
  const splitter = new LineSplitter(defaultLimits.maxLineBytes);
  const sample = new SchemaSample(schemaChecks(), [stream()]);
  for (const chunk of chunks) {
    for (const line of splitter.push(chunk)) {
      const effect = conversation.accept(line);
      if (effect?.kind === 'record') sample.look(effect.record);
    }
  }
  if (conversation.violation !== null) throw new Error(JSON.stringify(conversation.violation));
  return conversation.recordsAccepted;
}

function parseAlone(chunks: readonly Buffer[]): number {
  let held: Buffer = Buffer.alloc(0);
  let seen = 0;
  for (const chunk of chunks) {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, from)) {
      const message = JSON.parse(bytes.toString('utf8', from, end)) as { type?: unknown };
      if (message.type === 'RECORD') seen++;
      from = end + 1;
    }
    held = bytes.subarray(from);
  }
  return seen;
}
