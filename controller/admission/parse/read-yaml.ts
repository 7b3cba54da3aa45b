import { type Document, type ErrorCode, isAlias, isCollection, isMap, isNode, isScalar, parseAllDocuments } from 'yaml';
import type { FieldPath, FindingDraft, Locate } from '../../apis/finding.ts';
import { buildValue } from './build-value.ts';
import { MAX_DEPTH, MAX_DOCUMENT_LENGTH, MAX_FAULTS } from './limits.ts';
import { readSimpleYaml } from './simple-yaml.ts';
import { type TextPosition, positionOf } from './text-position.ts';

/** One document of a text: its value, or why it has none. */
export type ReadDocument = { value: unknown; locate: Locate } | { fault: FindingDraft; position: TextPosition };

// Errors are told with their place and our words, never with the library's code frame: it would quote values.
// The library's own check of unique keys compares every pair of keys, which takes seconds for a large mapping: buildValue has its own.
const OPTIONS = { prettyErrors: false, logLevel: 'error', strict: true, uniqueKeys: false } as const;

/** Reads every document of a text. Never throws for bad input. */
export function readYaml(text: string): ReadDocument[] {
  return readSimple(text) ?? readFull(text);
}

/** The quick way for most documents; only where a field stands is asked of the full reader, when it is asked. */
function readSimple(text: string): ReadDocument[] | undefined {
  const simple = readSimpleYaml(text);
  if (simple === undefined || simple.some((document) => document.text.length > MAX_DOCUMENT_LENGTH)) return undefined;
  return simple.map((document) => {
    let full: ReadDocument | undefined;
    const locate: Locate = (at) => {
      full ??= readFull(document.text)[0];
      const place = full !== undefined && 'locate' in full ? full.locate(at) : undefined;
      return place === undefined ? undefined : { line: place.line + document.linesBefore, column: place.column };
    };
    return { value: document.value, locate };
  });
}

/** The whole of YAML 1.2 and JSON, with every fault. Exported for the test that holds the quick way against it. */
export function readFull(text: string): ReadDocument[] {
  if (nestsTooDeep(text)) return [tooDeep(text, 0)];
  let documents: Document.Parsed[];
  try {
    documents = parseAllDocuments(text, OPTIONS) as Document.Parsed[];
  } catch (error) {
    // The reader descends by recursion: block nesting beyond any bound of ours ends the stack.
    if (error instanceof RangeError) return [tooDeep(text, 0)];
    throw error;
  }
  return documents.flatMap((document) => readDocument(text, document));
}

function readDocument(text: string, document: Document.Parsed): ReadDocument[] {
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) return problems.slice(0, MAX_FAULTS).map((problem) => syntaxFault(text, problem));
  const [start, end] = document.range;
  if (end - start > MAX_DOCUMENT_LENGTH) {
    const message = `the document has ${end - start} characters; at most ${MAX_DOCUMENT_LENGTH} are read`;
    return [{ fault: { at: [], reason: 'DocumentTooLarge', message }, position: positionOf(text, start) }];
  }
  const built = buildValue(document.contents);
  if ('fault' in built) return [{ fault: built.fault, position: positionOf(text, built.offset ?? start) }];
  return [{ value: built.value, locate: (at) => locateField(text, document, at) }];
}

function tooDeep(text: string, offset: number): ReadDocument {
  const message = `the document is nested more than ${MAX_DEPTH} deep`;
  return { fault: { at: [], reason: 'DocumentTooLarge', message }, position: positionOf(text, offset) };
}

/** A cheap look before the reader, whose time grows faster than the depth; generous, since brackets inside text count too. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (const { 0: bracket } of text.matchAll(/[[{\]}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > 20 * MAX_DEPTH) return true;
  }
  return false;
}

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  BAD_INDENT: 'the indentation does not fit what stands above',
  MISSING_CHAR: 'a character is missing: a quote, comma, colon or closing bracket',
  TAB_AS_INDENT: 'a tab is used as indentation',
  BLOCK_AS_IMPLICIT_KEY: 'a nested mapping stands on the line of its key',
  BLOCK_IN_FLOW: 'a block stands inside brackets',
  MULTILINE_IMPLICIT_KEY: 'a key runs over more than one line',
  BAD_DQ_ESCAPE: 'a quoted text has an unknown escape',
  TAG_RESOLVE_FAILED: 'a tag is not understood',
  BAD_DIRECTIVE: 'a directive is not understood',
  KEY_OVER_1024_CHARS: 'a key has more than 1024 characters',
  MULTIPLE_ANCHORS: 'a value has two anchors',
  MULTIPLE_TAGS: 'a value has two tags',
};

function syntaxFault(text: string, problem: { code: ErrorCode; pos: [number, number] }): ReadDocument {
  const message = MESSAGES[problem.code] ?? 'the text cannot be read here';
  return { fault: { at: [], reason: 'SyntaxInvalid', message }, position: positionOf(text, problem.pos[0]) };
}

/** Start of the key of a member or of an item; of the nearest one above it when the path leads further than the text. */
function locateField(text: string, document: Document.Parsed, at: FieldPath): TextPosition {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? document.range[0];
  for (const part of at) {
    const step = stepInto(isAlias(node) ? node.resolve(document) : node, part);
    if (step === undefined) break;
    offset = startOf(step.shown) ?? offset;
    node = step.inside;
  }
  return positionOf(text, offset);
}

/** What stands under a name or number: the node that shows it, and the one that holds its inside. */
function stepInto(node: unknown, part: string | number): { shown: unknown; inside: unknown } | undefined {
  if (!isCollection(node)) return undefined;
  if (!isMap(node))
    return node.items[Number(part)] === undefined ? undefined : { shown: node.items[Number(part)], inside: node.items[Number(part)] };
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  return pair === undefined ? undefined : { shown: pair.key, inside: pair.value };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
