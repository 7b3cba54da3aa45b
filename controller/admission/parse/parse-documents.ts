import type { FieldPath, Finding, Locate } from '../../apis/finding.ts';
import { finding } from '../../apis/finding.ts';
import { decodeText } from './decode-text.ts';
import { MAX_DOCUMENTS } from './limits.ts';
import { readYaml } from './read-yaml.ts';
import { unstorableValue } from './unstorable-value.ts';

/** One document of a file. */
export interface ParsedDocument {
  /** JSON value as authored, nulls included. */
  value: unknown;
  /** Name of the file as it was handed in. */
  file: string | undefined;
  /** Where a field begins; reads the text again at the first call, so that documents without findings cost nothing. */
  locate: Locate;
}

/** What a text holds. Documents that could be read are there even when others could not. */
export interface ParsedFile {
  documents: ParsedDocument[];
  /** Faults of reading; when there is one, the file's documents are incomplete. */
  findings: Finding[];
}

/**
 * Reads YAML or JSON with any number of documents; a Kubernetes List counts as its items, an empty document as none.
 * Pure; never throws for bad input. Bounds: see limits.ts.
 */
export function parseDocuments(text: string | Uint8Array, file?: string): ParsedFile {
  const decoded = decodeText(text);
  if ('fault' in decoded) return { documents: [], findings: [{ ...finding(decoded.fault, { file }), ...decoded.position }] };
  const documents: ParsedDocument[] = [];
  const findings: Finding[] = [];
  for (const read of readYaml(decoded.text)) {
    if ('fault' in read) {
      findings.push({ ...finding(read.fault, { file }), ...read.position });
      continue;
    }
    const fault = unstorableValue(read.value);
    if (fault !== undefined) findings.push(finding(fault, { file, locate: read.locate }));
    else documents.push(...itemsOf({ value: read.value, file, locate: read.locate }));
  }
  if (documents.length <= MAX_DOCUMENTS) return { documents, findings };
  const message = `there are ${documents.length} documents; at most ${MAX_DOCUMENTS} are read from one file`;
  return { documents: [], findings: [finding({ at: [], reason: 'DocumentTooLarge', message }, { file })] };
}

function itemsOf(document: ParsedDocument): ParsedDocument[] {
  if (document.value === null) return [];
  const list = document.value as { kind?: unknown; apiVersion?: unknown; items?: unknown };
  if (list.kind !== 'List' || list.apiVersion !== 'v1' || !Array.isArray(list.items)) return [document];
  return list.items.map((value: unknown, index) => ({
    value,
    file: document.file,
    locate: (at: FieldPath) => document.locate(['items', index, ...at]),
  }));
}
