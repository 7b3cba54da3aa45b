import { flowCollection, withoutBlanksAfter } from './simple-flow.ts';
import { NotSimple, plainValue, quoted } from './simple-scalar.ts';

// Most documents use a small part of YAML: block mappings and lists, one-line scalars, one-line brackets. This reader takes exactly that
// part, about fifteen times as fast as the full one, and gives up at anything else (anchors, tags, block and folded text, numbers other
// than small integers, repeated keys, odd indentation), so that faults and rare forms always come from the full reader. A property test
// holds the two against each other.

/** A line with content: its indentation and the text after it. */
interface Line {
  indent: number;
  text: string;
}

/** One document of a text in the simple part of YAML. */
export interface SimpleDocument {
  value: unknown;
  /** Its own text, and the number of lines before it. */
  text: string;
  linesBefore: number;
}

/** White space and line ends other than space and LF, and directives: left to the full reader. */
const FOREIGN = /[\t\r\u0085\u00a0\u2028\u2029\ufeff]|^%/m;

/** Documents of a text, or undefined when it is not in the simple part. */
export function readSimpleYaml(text: string): SimpleDocument[] | undefined {
  if (FOREIGN.test(text)) return undefined;
  try {
    return splitDocuments(text).flatMap((part) => {
      const lines = contentLines(part.text);
      return lines.length === 0 ? [] : [{ ...part, value: new BlockReader(lines).document() }];
    });
  } catch (error) {
    if (error instanceof NotSimple) return undefined;
    throw error;
  }
}

/** Parts between lines of three dashes; no form that the simple reader takes can hold such a line. */
function splitDocuments(text: string): { text: string; linesBefore: number }[] {
  if (!/^(---|\.\.\.)/m.test(text)) return [{ text, linesBefore: 0 }];
  const parts: { text: string; linesBefore: number }[] = [];
  let current: string[] = [];
  let linesBefore = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('...')) throw new NotSimple();
    if (!line.startsWith('---')) {
      current.push(line);
      continue;
    }
    if (withoutBlanksAfter(line) !== '---') throw new NotSimple();
    parts.push({ text: current.join('\n'), linesBefore });
    current = [];
    linesBefore = index + 1;
  }
  return [...parts, { text: current.join('\n'), linesBefore }];
}

function contentLines(text: string): Line[] {
  const lines: Line[] = [];
  for (const line of text.split('\n')) {
    let indent = 0;
    while (line[indent] === ' ') indent += 1;
    if (indent < line.length && line[indent] !== '#') lines.push({ indent, text: line.slice(indent) });
  }
  return lines;
}

const BLOCK_KEY = /^([A-Za-z_][A-Za-z0-9_./-]*):(?: +|$)/;

/** Reads block mappings and lists out of lines. */
class BlockReader {
  readonly #lines: Line[];
  #at = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  document(): unknown {
    const value = this.#mapping(0);
    if (this.#at < this.#lines.length) throw new NotSimple();
    return value;
  }

  #mapping(indent: number): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    for (let line = this.#lines[this.#at]; line?.indent === indent; line = this.#lines[this.#at]) {
      const [whole, key] = BLOCK_KEY.exec(line.text) ?? [];
      if (whole === undefined || key === undefined) break;
      if (Object.hasOwn(value, key) || key === '__proto__') throw new NotSimple();
      this.#at += 1;
      value[key] = this.#member(line.text.slice(whole.length), indent);
    }
    if (Object.keys(value).length === 0) throw new NotSimple();
    return value;
  }

  #member(rest: string, indent: number): unknown {
    return rest === '' || rest.startsWith('#') ? this.#nested(indent) : this.#inline(rest, indent);
  }

  /** What stands below a key: deeper lines, a list (which may stand at the key's own indentation), or nothing. */
  #nested(indent: number): unknown {
    const next = this.#lines[this.#at];
    if (next === undefined || next.indent < indent) return null;
    if (next.text.startsWith('- ')) return this.#list(next.indent);
    return next.indent === indent ? null : this.#mapping(next.indent);
  }

  #list(indent: number): unknown[] {
    const value: unknown[] = [];
    for (let line = this.#lines[this.#at]; line?.indent === indent && line.text.startsWith('- '); line = this.#lines[this.#at]) {
      const rest = line.text.replace(/^- +/, '');
      if (BLOCK_KEY.test(rest)) {
        // `- name: x` is a mapping that begins after the dash.
        const inside = indent + line.text.length - rest.length;
        this.#lines[this.#at] = { indent: inside, text: rest };
        value.push(this.#mapping(inside));
      } else {
        this.#at += 1;
        value.push(this.#inline(rest, indent));
      }
    }
    return value;
  }

  /** A value on the line of its key or dash. */
  #inline(rest: string, indent: number): unknown {
    const next = this.#lines[this.#at];
    // A deeper line would go on with this value.
    if (next !== undefined && next.indent > indent) throw new NotSimple();
    const first = rest[0];
    if (first === '{' || first === '[') return ended(flowCollection(rest, 0), rest);
    if (first === '"' || first === "'") return ended(quoted(rest, 0), rest);
    const comment = rest.indexOf(' #');
    const text = withoutBlanksAfter(comment === -1 ? rest : rest.slice(0, comment));
    if (text === '' || /: |:$/.test(text)) throw new NotSimple();
    return plainValue(text);
  }
}

/** The value, when nothing but a comment follows it. */
function ended({ value, end }: { value: unknown; end: number }, line: string): unknown {
  if (/^ *( #.*)?$/.test(line.slice(end))) return value;
  throw new NotSimple();
}
