import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { IngestRecord } from '../../apis/run.ts';
import { type KnownGap, type Redact, storedText } from '../known-gaps.ts';
import type { ManifestStream } from './manifest-stream.ts';

/** Tells where data does not fit a schema: a JSON pointer and the keyword; null when it fits. */
export type SchemaCheck = (data: unknown) => string | null;

/** Compiled schemas, shared by the runs of a process. */
export interface SchemaChecks {
  /** Null for a schema that cannot be compiled: then nothing can be said. */
  of(schema: object): SchemaCheck | null;
}

/** Compiled schemas that are kept; the oldest goes first. */
const MAX_KEPT = 256;
/** Of each stream the first records are looked at, then one in a while, up to a bound: cheap for any number of records. */
const FIRST_RECORDS = 20;
const ONE_IN = 1_000;
const MAX_SAMPLED = 200;
/** Places of mismatches that a gap names. */
const MAX_PLACES = 5;

/** Makes the shared checks. Compiling takes milliseconds, hence once a schema. */
export function schemaChecks(): SchemaChecks {
  const kept = new Map<string, SchemaCheck | null>();
  return {
    of(schema) {
      const source = JSON.stringify(schema);
      let check = kept.get(source);
      if (check === undefined) {
        check = compile(schema);
        if (kept.size >= MAX_KEPT) for (const oldest of [...kept.keys()].slice(0, 1)) kept.delete(oldest);
        kept.set(source, check);
      }
      return check;
    },
  };
}

function compile(schema: object): SchemaCheck | null {
  // One instance a schema: an instance keeps every schema that it was ever given.
  const ajv = new Ajv2020({ strict: false, validateSchema: false, logger: false });
  addFormats.default(ajv);
  try {
    const validate = ajv.compile<unknown>(schema);
    return (data) => (validate(data) ? null : placeOf(validate.errors?.[0]));
  } catch {
    return null;
  }
}

function placeOf(error: ErrorObject | undefined): string {
  return `${error?.instancePath === '' ? '/' : error?.instancePath}: ${error?.keyword}`;
}

interface StreamSample {
  seen: number;
  sampled: number;
  mismatched: number;
  /** Undefined until the first record. */
  check?: SchemaCheck | null;
  readonly places: Set<string>;
}

/** Counts a record, and tells whether it belongs to the sample. */
function isDue(stream: StreamSample): boolean {
  const turn = stream.seen++;
  return (turn < FIRST_RECORDS || turn % ONE_IN === 0) && stream.sampled < MAX_SAMPLED;
}

function note(stream: StreamSample, place: string | null): void {
  stream.sampled++;
  if (place === null) return;
  stream.mismatched++;
  if (stream.places.size < MAX_PLACES) stream.places.add(place);
}

/**
 * Samples the records of one run against the schemas of their streams. A mismatch is no violation of the wire (protocol A8) but a known
 * gap: consumers of the records were promised something else.
 */
export class SchemaSample {
  readonly #checks: SchemaChecks;
  readonly #schemas: ReadonlyMap<string, object>;
  readonly #streams = new Map<string, StreamSample>();

  constructor(checks: SchemaChecks, manifest: readonly ManifestStream[]) {
    this.#checks = checks;
    this.#schemas = new Map(manifest.map((stream) => [stream.name, stream.schema]));
  }

  /** Looks at a record, if it is one of the sample. Deletes need not be whole. */
  look(record: IngestRecord): void {
    if (record.deleted || record.dataText === null) return;
    const stream = this.#streams.get(record.stream) ?? this.#open(record.stream);
    if (!isDue(stream)) return;
    if (stream.check === undefined) stream.check = this.#checks.of(this.#schemas.get(record.stream) ?? {});
    if (stream.check !== null) note(stream, stream.check(JSON.parse(record.dataText)));
  }

  /** One gap for each stream with mismatches: how many of how many, and where. */
  gaps(redact: Redact): KnownGap[] {
    return [...this.#streams].flatMap(([stream, { sampled, mismatched, places }]) => {
      if (mismatched === 0) return [];
      return [
        {
          reason: 'record_schema_mismatch',
          scope: { stream },
          message: `${mismatched} of ${sampled} sampled records do not fit the schema of the stream`,
          details: { sampled, mismatched, places: [...places].map((place) => storedText(place, redact)) },
        },
      ];
    });
  }

  #open(name: string): StreamSample {
    const stream: StreamSample = { seen: 0, sampled: 0, mismatched: 0, places: new Set() };
    this.#streams.set(name, stream);
    return stream;
  }
}
