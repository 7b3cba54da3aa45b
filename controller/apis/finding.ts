import { FINDING_REASONS, type FindingReason } from './finding-reasons.ts';

/** One thing that is wrong (or worth a warning) in a document. Never carries a value that might be secret. */
export interface Finding {
  /** Path of the field, such as `spec.config.count` or `spec.collection.streams[0].name`; empty for the whole document. */
  path: string;
  reason: FindingReason;
  message: string;
  /** What to do about it. */
  hint: string;
  severity: 'error' | 'warning';
  file?: string;
  /** From 1. */
  line?: number;
  /** From 1, in UTF-16 code units. */
  column?: number;
}

/** Names of members and numbers of items, from the root of a document. */
export type FieldPath = readonly (string | number)[];

/** A finding before its place in the file is known. */
export interface FindingDraft {
  at: FieldPath;
  reason: FindingReason;
  message: string;
  /** The reason's own hint if left out. */
  hint?: string;
}

/** Where the field of a path begins; the nearest one above it that is there when the path itself is not. */
export type Locate = (at: FieldPath) => { line: number; column: number } | undefined;

/** Path as people read it: `spec.config.count`, `streams[0]`, `annotations["a.b/c"]`. */
export function fieldPath(at: FieldPath): string {
  let text = '';
  for (const part of at) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** Completes a draft with the hint and severity of its reason and with its place in the file. */
export function finding(draft: FindingDraft, place: { file?: string | undefined; locate?: Locate | undefined } = {}): Finding {
  const position = place.locate?.(draft.at);
  return {
    path: fieldPath(draft.at),
    reason: draft.reason,
    message: draft.message,
    hint: draft.hint ?? FINDING_REASONS[draft.reason].hint,
    severity: FINDING_REASONS[draft.reason].severity,
    ...(place.file === undefined ? {} : { file: place.file }),
    ...position,
  };
}

/** True when a finding refuses the document. */
export function refuses(found: { reason: FindingReason }): boolean {
  return FINDING_REASONS[found.reason].severity === 'error';
}
