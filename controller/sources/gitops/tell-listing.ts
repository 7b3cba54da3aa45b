import type { Log } from '../../../platform/log.ts';
import type { BrokenFile, DocumentResult, SubmissionResult } from '../../apis/intake.ts';

/** What is told about one subject: a file, or a document in its file. */
interface Told {
  readonly subject: string;
  readonly facts: Record<string, unknown>;
  readonly message: string;
}

/** Logs what is wrong with the documents of one source: each thing once, for as long as it stays wrong. */
export class ListingTeller {
  readonly #log: Log;
  readonly #source: string;
  /** What still holds of what was told, by subject. */
  #told: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  constructor(log: Log, source: string) {
    this.#log = log;
    this.#source = source;
  }

  /** Tells what a whole listing led to. What was told of a document that is unchanged still holds. */
  tell(broken: readonly BrokenFile[], result: SubmissionResult): void {
    this.#tell(broken, result, new Map());
  }

  /** Tells what some documents of a listing led to; what was told of the others still holds. */
  tellSome(result: SubmissionResult): void {
    const others = new Map([...this.#told].map(([subject, texts]) => [subject, new Set(texts)]));
    for (const one of result.results) others.delete(subjectOf(one));
    this.#tell([], result, others);
  }

  #tell(broken: readonly BrokenFile[], { results, pendingRemoval }: SubmissionResult, now: Map<string, Set<string>>): void {
    for (const one of [...broken.flatMap(ofFile), ...results.flatMap(ofDocument), ...ofRemoval(pendingRemoval)]) {
      const text = JSON.stringify(one.facts);
      if (this.#told.get(one.subject)?.has(text) !== true) this.#log.warn({ source: this.#source, ...one.facts }, one.message);
      now.set(one.subject, (now.get(one.subject) ?? new Set()).add(text));
    }
    for (const result of results) {
      const before = result.outcome === 'unchanged' ? this.#told.get(subjectOf(result)) : undefined;
      if (before !== undefined) now.set(subjectOf(result), new Set(before));
    }
    this.#told = now;
    this.#tellCounts(results);
  }

  /** What changed, in one line however many documents it was. */
  #tellCounts(results: readonly DocumentResult[]): void {
    const counts: Record<string, number> = {};
    for (const { outcome } of results) if (CHANGES.has(outcome)) counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (Object.keys(counts).length > 0) this.#log.info({ source: this.#source, ...counts }, 'documents taken in');
  }
}

const CHANGES: ReadonlySet<DocumentResult['outcome']> = new Set(['created', 'configured', 'refused', 'removal_requested']);
const REFUSED = 'document was refused; the last accepted revision stays in force';

function ofFile({ file, findings }: BrokenFile): Told[] {
  const message = 'file cannot be read; what it declared before stays in force';
  return findings.map(({ line, column, path, reason, message: problem, hint }) => ({
    subject: `file ${file}`,
    facts: { file, line, column, path, reason, problem, hint },
    message,
  }));
}

function ofDocument(result: DocumentResult): Told[] {
  const { namespace, name, file, outcome, reason, message: problem, hint } = result;
  const [subject, connector] = [subjectOf(result), `${namespace}/${name}`];
  const findings = result.findings.map((found) => ({
    subject,
    facts: { connector, file, line: found.line, column: found.column, path: found.path, ...worded(found) },
    message: found.severity === 'error' ? REFUSED : 'document has a warning',
  }));
  if (outcome !== 'conflict' && outcome !== 'removing') return findings;
  return [...findings, { subject, facts: { connector, file, reason, problem, hint }, message: 'document was not taken' }];
}

function worded({ reason, message: problem, hint }: DocumentResult['findings'][number]): Record<string, unknown> {
  return { reason, problem, hint };
}

function ofRemoval(pending: SubmissionResult['pendingRemoval']): Told[] {
  if (pending === null) return [];
  const { count, total } = pending;
  return [{ subject: 'removal', facts: { reason: 'RemovalPending', count, total }, message: 'mass removal waits for confirmation' }];
}

function subjectOf({ namespace, name, file = '' }: DocumentResult): string {
  return `document ${namespace}/${name} ${file}`;
}
