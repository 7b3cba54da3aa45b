import { NotSimple, plainValue, quoted } from './simple-scalar.ts';

const MAX_DEPTH = 32;

/** A collection in brackets on one line, and where it ends. */
export function flowCollection(line: string, start: number, depth = 0): { value: unknown; end: number } {
  if (depth > MAX_DEPTH) throw new NotSimple();
  return line[start] === '{' ? flowMapping(line, start, depth) : flowSequence(line, start, depth);
}

function flowSequence(line: string, start: number, depth: number): { value: unknown[]; end: number } {
  const value: unknown[] = [];
  let at = blanks(line, start + 1);
  while (line[at] !== ']') {
    const item = flowValue(line, at, depth);
    value.push(item.value);
    at = separator(line, item.end, ']');
  }
  return { value, end: at + 1 };
}

function flowMapping(line: string, start: number, depth: number): { value: Record<string, unknown>; end: number } {
  const value: Record<string, unknown> = {};
  let at = blanks(line, start + 1);
  while (line[at] !== '}') {
    const key = flowKey(line, at);
    if (Object.hasOwn(value, key.text) || key.text === '__proto__') throw new NotSimple();
    const member = flowValue(line, key.end, depth);
    value[key.text] = member.value;
    at = separator(line, member.end, '}');
  }
  return { value, end: at + 1 };
}

const FLOW_KEY = /([A-Za-z_][A-Za-z0-9_./-]*): +/y;

function flowKey(line: string, at: number): { text: string; end: number } {
  if (line[at] === '"') {
    const { value, end } = quoted(line, at);
    if (line[end] !== ':') throw new NotSimple();
    return { text: value, end: blanks(line, end + 1) };
  }
  FLOW_KEY.lastIndex = at;
  const found = FLOW_KEY.exec(line);
  if (found?.[1] === undefined) throw new NotSimple();
  return { text: found[1], end: FLOW_KEY.lastIndex };
}

const FLOW_PLAIN = /[^,[\]{}]+/y;

function flowValue(line: string, at: number, depth: number): { value: unknown; end: number } {
  const first = line[at];
  if (first === '{' || first === '[') return flowCollection(line, at, depth + 1);
  if (first === '"' || first === "'") return quoted(line, at);
  FLOW_PLAIN.lastIndex = at;
  const found = FLOW_PLAIN.exec(line)?.[0];
  // A colon before a blank or a bracket begins a mapping, a number sign after a blank a comment.
  if (found === undefined || /: |:$| #/.test(found)) throw new NotSimple();
  const text = withoutBlanksAfter(found);
  if (text === '') throw new NotSimple();
  return { value: plainValue(text), end: at + found.length };
}

/** The next item, or the closing bracket. */
function separator(line: string, at: number, close: string): number {
  const here = blanks(line, at);
  if (line[here] === close) return here;
  if (line[here] !== ',') throw new NotSimple();
  const next = blanks(line, here + 1);
  // A comma before the bracket is allowed in YAML; left to the full reader.
  if (line[next] === close || line[next] === undefined) throw new NotSimple();
  return next;
}

function blanks(line: string, at: number): number {
  let here = at;
  while (line[here] === ' ') here += 1;
  return here;
}

/** Without the spaces at its end; other white space is content. */
export function withoutBlanksAfter(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ') end -= 1;
  return text.slice(0, end);
}
