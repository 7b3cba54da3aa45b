import type { SecretForm } from './secret-forms.ts';

/** Where secrets lie in a text: `[start, end)` in bytes, ascending, never touching each other. */
export type Span = [start: number, end: number];

/** What a scan found. Bytes from `settledBytes` on may still turn out to be part of a secret, once more is known. */
export interface Scan {
  spans: Span[];
  settledBytes: number;
}

/** What lies around the bytes that are scanned. */
export interface ScanEdges {
  /** Nothing follows: everything is settled. */
  final: boolean;
  /** The byte before the first one is a letter, a digit or `_`. */
  afterWord: boolean;
}

/** Where a form ends, and in what. */
interface Place {
  text: Uint8Array;
  edges: ScanEdges;
  end: number;
}

/**
 * Finds many secrets in one pass (Aho-Corasick). The automaton is a complete table over classes of bytes: bytes that occur
 * in no secret share one class, so that a table has the size of the secrets and each byte of text costs one look-up.
 */
export class SecretMatcher {
  readonly #classOf = new Uint8Array(256);
  readonly #forms: readonly SecretForm[];
  #classes = 1;
  /** next[state * classes + class]: the state after one more byte. */
  #next = new Int32Array(0);
  /** Length of the longest beginning of a form that ends in this state: what must be held back. */
  readonly #depth: number[] = [0];
  /** Form that ends in this state, or -1. */
  readonly #form: number[] = [-1];
  /** Nearest shorter state in which a form ends too, or 0. */
  readonly #shorter: number[] = [0];

  constructor(forms: readonly SecretForm[]) {
    this.#forms = forms;
    this.#classify();
    this.#link(this.#trie());
  }

  /** Scans `text` from its first byte; a stream calls again with the bytes that were not settled. */
  scan(text: Uint8Array, edges: ScanEdges): Scan {
    const scan: Scan = { spans: [], settledBytes: text.length };
    // Copies in locals: this loop sees every byte of every log.
    const next = this.#next;
    const classOf = this.#classOf;
    const classes = this.#classes;
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      state = next[state * classes + (classOf[text[at] as number] as number)] as number;
      if (state !== 0) this.#collect(state, { text, edges, end: at + 1 }, scan);
    }
    if (edges.final) return { spans: scan.spans, settledBytes: text.length };
    return settle(scan.spans, Math.min(scan.settledBytes, text.length - (this.#depth[state] ?? 0)));
  }

  /** Overwrites the tables, from which the secrets could be read back. The matcher then finds nothing. */
  wipe(): void {
    this.#next.fill(0);
    this.#classOf.fill(0);
    for (const form of this.#forms) form.bytes.fill(0);
  }

  #endingAt(state: number): number {
    return (this.#form[state] ?? -1) >= 0 ? state : (this.#shorter[state] ?? 0);
  }

  /** Adds every form that ends here. */
  #collect(state: number, place: Place, scan: Scan): void {
    for (let hit = this.#endingAt(state); hit !== 0; hit = this.#shorter[hit] ?? 0) {
      const start = place.end - (this.#depth[hit] ?? 0);
      const verdict = this.#forms[this.#form[hit] ?? -1]?.wholeWord === true ? standsAlone(start, place) : 'yes';
      if (verdict === 'unknown') scan.settledBytes = Math.min(scan.settledBytes, start);
      if (verdict === 'yes') unite(scan.spans, start, place.end);
    }
  }

  #classify(): void {
    for (const { bytes } of this.#forms) {
      for (const byte of bytes) {
        if (this.#classOf[byte] === 0) this.#classOf[byte] = this.#classes++;
      }
    }
  }

  /** Children of each state by class of byte; state 0 is the empty beginning. */
  #trie(): Map<number, number>[] {
    const children: Map<number, number>[] = [new Map()];
    this.#forms.forEach(({ bytes }, form) => {
      let state = 0;
      for (const byte of bytes) {
        const branch = children[state] as Map<number, number>;
        const known = branch.get(this.#classOf[byte] ?? 0);
        state = known ?? this.#addState(children, state);
        if (known === undefined) branch.set(this.#classOf[byte] ?? 0, state);
      }
      this.#form[state] = form;
    });
    return children;
  }

  #addState(children: Map<number, number>[], parent: number): number {
    children.push(new Map());
    this.#depth.push((this.#depth[parent] ?? 0) + 1);
    this.#form.push(-1);
    this.#shorter.push(0);
    return children.length - 1;
  }

  /** Breadth first: a state's fallback is shorter, so its row is complete when it is needed. */
  #link(children: Map<number, number>[]): void {
    this.#next = new Int32Array(children.length * this.#classes);
    const fallback = new Int32Array(children.length);
    const queue = [0];
    for (const state of queue) {
      const back = fallback[state] ?? 0;
      const row = state * this.#classes;
      if (state !== 0) this.#next.copyWithin(row, back * this.#classes, (back + 1) * this.#classes);
      for (const [byteClass, child] of children[state] as Map<number, number>) {
        fallback[child] = this.#next[row + byteClass] ?? 0;
        this.#next[row + byteClass] = child;
        queue.push(child);
      }
      this.#shorter[state] = this.#endingAt(back);
    }
  }
}

/** Letters, digits, `_` and every byte of a character outside ASCII. */
export function isWordByte(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0x80 || /\w/.test(String.fromCharCode(byte)));
}

function standsAlone(start: number, { text, edges, end }: Place): 'yes' | 'no' | 'unknown' {
  if (start === 0 ? edges.afterWord : isWordByte(text[start - 1])) return 'no';
  if (end === text.length) return edges.final ? 'yes' : 'unknown';
  return isWordByte(text[end]) ? 'no' : 'yes';
}

/** Ends come in ascending order, so a new span can only touch those at the end of the list. */
function unite(spans: Span[], start: number, end: number): void {
  let from = start;
  for (let last = spans.at(-1); last !== undefined && last[1] >= from; last = spans.at(-1)) {
    from = Math.min(from, last[0]);
    spans.pop();
  }
  spans.push([from, end]);
}

/** A span that reaches beyond the settled bytes may still grow: it is held back whole. */
function settle(spans: Span[], settledBytes: number): Scan {
  const last = spans.at(-1);
  if (last === undefined || last[1] < settledBytes) return { spans, settledBytes };
  return settle(spans.slice(0, -1), Math.min(settledBytes, last[0]));
}
