import { readFile } from 'node:fs/promises';
import { findDocuments } from '../../platform/find-documents.ts';
import { type Finding, type FindingDraft, finding } from '../apis/finding.ts';
import { admit, isAccepted } from './admit.ts';
import type { AdmissionContext } from './context.ts';
import { isObject, withoutNulls } from './normalise.ts';
import { type ParsedDocument, parseDocuments } from './parse/parse-documents.ts';

/** Outcome of a validation. */
export interface ValidationReport {
  /** In the order of files, then of places; empty when everything is valid. */
  findings: Finding[];
  /** Documents that were read. */
  documents: number;
  /** True when nothing refuses a document; warnings do not. */
  valid: boolean;
}

/** What the caller adds to the context. */
export interface ValidateOptions {
  context: AdmissionContext;
  /** Judges ConnectorType and PolicyTemplate documents, which the catalog knows about; empty for good ones. */
  judgeTypeDocument: (value: unknown) => FindingDraft[];
}

/** Validates files, and every .yaml, .yml and .json below folders, without a server. Never throws for what cannot be read. */
export async function validatePaths(paths: readonly string[], options: ValidateOptions): Promise<ValidationReport> {
  const findings: Finding[] = [];
  let documents = 0;
  for (const path of paths) {
    const found = await findDocuments(path);
    for (const { path: place, code } of found.unreadable) findings.push(unreadable(place, code));
    for (const file of found.files) {
      const report = await validateFile(file, options);
      documents += report.documents;
      findings.push(...report.findings);
    }
  }
  return { findings, documents, valid: findings.every(({ severity }) => severity === 'warning') };
}

/** Validates one text. */
export function validateText(text: string | Uint8Array, file: string, options: ValidateOptions): ValidationReport {
  const parsed = parseDocuments(text, file);
  const findings = [...parsed.findings, ...parsed.documents.flatMap((document) => judge(document, options))];
  findings.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return { findings, documents: parsed.documents.length, valid: findings.every(({ severity }) => severity === 'warning') };
}

/** One line a finding: `FILE:LINE:COLUMN: path.of.field: Reason: message (hint)`. */
export function findingLine({ file, line, column, path, reason, message, hint }: Finding): string {
  const place = [file ?? '-', ...(line === undefined ? [] : [line, column ?? 1])].join(':');
  return `${place}: ${path === '' ? 'document' : path}: ${reason}: ${message} (${hint})`.replaceAll(/[\r\n\u2028\u2029]+/g, ' ');
}

async function validateFile(file: string, options: ValidateOptions): Promise<ValidationReport> {
  try {
    return validateText(await readFile(file), file, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { findings: [unreadable(file, code)], documents: 0, valid: false };
  }
}

function judge(document: ParsedDocument, { context, judgeTypeDocument }: ValidateOptions): Finding[] {
  const kind = isObject(document.value) ? document.value['kind'] : undefined;
  if (kind === 'ConnectorType' || kind === 'PolicyTemplate') {
    return judgeTypeDocument(withoutNulls(document.value)).map((draft) => finding(draft, document));
  }
  const admission = admit(document, context);
  return isAccepted(admission) ? admission.accepted.warnings : admission.findings;
}

function unreadable(path: string, code: string): Finding {
  return finding({ at: [], reason: 'FileUnreadable', message: `it could not be read (${code})` }, { file: path });
}
