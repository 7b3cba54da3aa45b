import { isDeepStrictEqual } from 'node:util';
import { type BrokenFile, type Submission, wholeListing } from '../../apis/intake.ts';
import type { RecordedSpec, SourceFactChange } from '../../apis/ports.ts';
import type { DocumentOrigin, SourceClaim, SourceError } from '../../apis/rows.ts';
import type { MissingDecision } from './missing.ts';
import { keyOf, type Sorted } from './sort-documents.ts';

/** What the source says now about each recorded object whose own document did not change; only differences. Pure. */
export function sourceFacts(
  submission: Submission,
  recorded: readonly RecordedSpec[],
  { sorted, missing, written }: { sorted: readonly Sorted[]; missing: MissingDecision | null; written: ReadonlySet<string> },
): SourceFactChange[] {
  const errors = sourceErrors(submission, recorded, sorted, missing);
  const claims = claimsByKey(submission, sorted);
  const shown = new Map(sorted.flatMap((one) => (one.kind === 'answered' ? [] : [[keyOf(one.document), one.document.origin] as const])));
  const own = (object: RecordedSpec): boolean => object.source === submission.source && !written.has(keyOf(object));
  return recorded.flatMap((object) => {
    const key = keyOf(object);
    const before = { origin: object.origin, sourceError: object.sourceError, claims: object.claims };
    const next = {
      origin: own(object) ? originNow(object.origin, shown.get(key), submission.listing?.fingerprint) : object.origin,
      sourceError: own(object) ? (errors.get(key) ?? keptError(object, shown.has(key))) : object.sourceError,
      claims: claimsNow(object, submission, claims.get(key) ?? []),
    };
    if (object.deleting || isDeepStrictEqual(next, before)) return [];
    // A document that is written brings its own place, and clears its error.
    const kept = written.has(key) ? { claims: next.claims, origin: null, sourceError: null } : next;
    return [{ namespace: object.namespace, name: object.name, ...kept }];
  });
}

/** An object that is shown has no error any more; one that is not mentioned keeps what it had. */
function keptError(object: RecordedSpec, shown: boolean): SourceError | null {
  return shown ? null : object.sourceError;
}

/** Commit and line move with every edit around a document; only its file and scope are worth a write. */
function originNow(before: DocumentOrigin, shown: DocumentOrigin | undefined, scope: string | undefined): DocumentOrigin {
  if (shown === undefined) return before;
  const sameFile = shown.file === before.file;
  const sameScope = scope === undefined || scope === before.scope;
  if (sameFile && sameScope) return before;
  return { ...before, ...shown, ...(scope === undefined ? {} : { scope }) };
}

function sourceErrors(
  submission: Submission,
  recorded: readonly RecordedSpec[],
  sorted: readonly Sorted[],
  missing: MissingDecision | null,
): Map<string, SourceError> {
  const errors = new Map<string, SourceError>();
  for (const { recorded: object, error } of missing?.keep ?? []) errors.set(keyOf(object), error);
  const read = new Set(sorted.map(({ document }) => keyOf(document)));
  const brokenOf = brokenFiles(submission);
  for (const object of recorded) {
    const file = brokenOf(object.origin);
    if (file !== undefined && object.source === submission.source && !read.has(keyOf(object))) errors.set(keyOf(object), brokenError(file));
  }
  return errors;
}

/** Finds what is broken about the place of a document: its file, or a folder above it. */
export function brokenFiles({ broken = [] }: Submission): (origin: DocumentOrigin) => BrokenFile | undefined {
  const files = new Map(broken.map((one) => [one.file, one]));
  const folders = broken.filter(({ file }) => file.endsWith('/'));
  return ({ file }) => (file === undefined ? undefined : (files.get(file) ?? folders.find((folder) => file.startsWith(folder.file))));
}

function brokenError({ file, findings }: BrokenFile): SourceError {
  const found = findings[0];
  if (found === undefined) return { reason: 'FileUnreadable', message: `${file} could not be read`, hint: 'Check the file.' };
  const place = [file, found.line, found.column].filter((part) => part !== undefined).join(':');
  return { reason: found.reason, message: `${place}: ${found.message}`, hint: found.hint };
}

function claimsByKey(submission: Submission, sorted: readonly Sorted[]): Map<string, SourceClaim[]> {
  const claims = new Map<string, SourceClaim[]>();
  // An upload that loses is answered and gone; only doors that keep showing their document lay a lasting claim.
  if (submission.invalid === 'refuse') return claims;
  for (const one of sorted) {
    if (one.kind !== 'answered' || one.against === null || one.result.outcome !== 'conflict') continue;
    const { file } = one.document.origin;
    const claim = { source: submission.source, namespace: one.document.namespace, ...(file === undefined ? {} : { file }) };
    claims.set(keyOf(one.against), [...(claims.get(keyOf(one.against)) ?? []), claim]);
  }
  return claims;
}

/** A complete listing tells all claims of its source; a partial one only adds. */
function claimsNow(object: RecordedSpec, submission: Submission, claims: readonly SourceClaim[]): readonly SourceClaim[] {
  const kept = wholeListing(submission) === null ? object.claims : object.claims.filter(({ source }) => source !== submission.source);
  const added = claims.filter((claim) => !kept.some((old) => isDeepStrictEqual(old, claim)));
  return added.length === 0 && kept.length === object.claims.length ? object.claims : [...kept, ...added];
}
