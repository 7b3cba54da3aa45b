/** Thrown to leave the simple reader: the text may mean more than it understands. */
export class NotSimple extends Error {}

const KEYWORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

const SMALL_INTEGER = /^(0|-?[1-9][0-9]{0,14})$/;
/** What YAML's core schema may read as a number: left to the full reader. */
const NUMBER =
  /^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
/** Characters that give a plain text another meaning when it begins with them. */
const INDICATOR = /^[-?:,[\]{}#&*!|>'"%@`]/;

/** Value of a plain text as the core schema of YAML 1.2 has it. */
export function plainValue(text: string): unknown {
  const keyword = KEYWORDS.get(text);
  if (keyword !== undefined) return keyword;
  if (SMALL_INTEGER.test(text)) return Number(text);
  if (NUMBER.test(text) || INDICATOR.test(text)) throw new NotSimple();
  return text;
}

const DOUBLE_QUOTED = /"(?:[^"\\]|\\.)*"/y;
const SINGLE_QUOTED = /'[^']*'/y;

/** The quoted text that begins at an offset of a line, and where it ends. Only escapes that JSON has. */
export function quoted(line: string, start: number): { value: string; end: number } {
  const shape = line[start] === '"' ? DOUBLE_QUOTED : SINGLE_QUOTED;
  shape.lastIndex = start;
  const found = shape.exec(line)?.[0];
  const end = start + (found?.length ?? 0);
  // Two single quotes in a row stand for one.
  if (found === undefined || line[end] === "'") throw new NotSimple();
  if (line[start] === "'" || !found.includes('\\')) return { value: found.slice(1, -1), end };
  try {
    return { value: JSON.parse(found) as string, end };
  } catch {
    throw new NotSimple();
  }
}
