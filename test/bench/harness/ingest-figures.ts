import { createDatabase } from '../../database.ts';
import { benchIngest, type IngestFigures } from '../ingest.ts';
import { type Effort, type Figure, median, overRounds } from './figure.ts';

const sizes: Readonly<Record<Effort, { readonly records: number; readonly rounds: number }>> = {
  full: { records: 200_000, rounds: 3 },
  short: { records: 50_000, rounds: 1 },
};

/** The ingest bench as figures: each round in a database of its own, with COPY measured beside it. */
export async function measure(effort: Effort): Promise<readonly Figure[]> {
  const { records, rounds } = sizes[effort];
  const measured: IngestFigures[] = [];
  for (let round = 0; round < rounds; round++) measured.push(await inOwnDatabase((url) => benchIngest({ url, records })));
  const copy = median(measured.map(({ copyRate }) => Math.max(...copyRate)));
  const raw = { what: 'COPY into the same keyed table', value: copy };
  const count = records.toLocaleString('en-US');
  return [
    { key: 'ingest.rate', what: `ingest of ${count} new records of 500 bytes`, unit: 'rows/s', ...over(measured, 'ingestRate'), raw },
    { key: 'ingest.ratio', what: 'the same over COPY, round by round', unit: 'ratio', ...over(measured, 'ratio'), goal: { atLeast: 0.5 } },
    {
      key: 'ingest.unchanged',
      what: 'the same records again: nothing is written',
      unit: 'rows/s',
      ...over(measured, 'unchangedRate'),
      raw,
    },
  ];
}

function over(measured: readonly IngestFigures[], field: 'ingestRate' | 'ratio' | 'unchangedRate'): Pick<Figure, 'value' | 'range'> {
  return overRounds(measured.map((figures) => figures[field]));
}

async function inOwnDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const database = await createDatabase();
  try {
    return await work(database.url);
  } finally {
    await database.drop();
  }
}
