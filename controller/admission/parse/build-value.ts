import { type Node, type Pair, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { FindingDraft } from '../../apis/finding.ts';
import { MAX_ALIASED_VALUES, MAX_DEPTH } from './limits.ts';

/** The value of a document's nodes, or the first fault and where it stands. */
export type BuiltValue = { value: unknown } | { fault: FindingDraft; offset: number | undefined };

/** Values by anchor as they were completed, so that an alias inside its own anchor finds nothing. */
interface Building {
  path: (string | number)[];
  anchors: Map<string, { value: unknown; count: number }>;
  /** Values made so far, and how many of them through aliases. */
  count: number;
  aliased: number;
}

class BuildFault extends Error {
  readonly fault: FindingDraft;
  readonly node: unknown;

  constructor(fault: FindingDraft, node: unknown) {
    super(fault.message);
    this.fault = fault;
    this.node = node;
  }
}

/** Turns nodes into JSON values in one pass: refuses a repeated key, an alias without anchor or with too much behind it, and depth. */
export function buildValue(contents: unknown): BuiltValue {
  try {
    return { value: build(contents, { path: [], anchors: new Map(), count: 0, aliased: 0 }) };
  } catch (error) {
    if (!(error instanceof BuildFault)) throw error;
    return { fault: error.fault, offset: isNode(error.node) ? error.node.range?.[0] : undefined };
  }
}

function build(node: unknown, building: Building): unknown {
  const before = building.count;
  building.count += 1;
  if (building.path.length > MAX_DEPTH) {
    const message = `the document is nested more than ${MAX_DEPTH} deep`;
    throw new BuildFault({ at: building.path.slice(0, 4), reason: 'DocumentTooLarge', message }, node);
  }
  if (isAlias(node)) return aliased(node, building);
  const value = bare(node, building);
  const anchor = isNode(node) ? (node as Node & { anchor?: string }).anchor : undefined;
  if (anchor !== undefined) building.anchors.set(anchor, { value, count: building.count - before });
  return value;
}

function bare(node: unknown, building: Building): unknown {
  if (isScalar(node)) return node.value;
  if (isMap(node)) return members(node.items, building);
  if (isSeq(node)) {
    return node.items.map((item, index) => {
      building.path.push(index);
      const value = build(item, building);
      building.path.pop();
      return value;
    });
  }
  return null;
}

function members(pairs: Pair[], building: Building): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const pair of pairs) {
    const key = memberName(pair, building);
    if (Object.hasOwn(value, key)) {
      const message = `the key ${JSON.stringify(key.slice(0, 64))} is already there above`;
      throw new BuildFault({ at: [...building.path, key], reason: 'DuplicateKey', message }, pair.key);
    }
    building.path.push(key);
    // Defined rather than assigned: `__proto__` must become a member like any other, which is refused later by name.
    if (key === '__proto__') Object.defineProperty(value, key, { value: build(pair.value, building), enumerable: true });
    else value[key] = build(pair.value, building);
    building.path.pop();
  }
  return value;
}

function memberName(pair: Pair, building: Building): string {
  const key: unknown = isAlias(pair.key) ? aliased(pair.key, building) : isScalar(pair.key) ? pair.key.value : pair.key;
  if (typeof key !== 'object') return String(key as string | number | boolean | bigint | undefined);
  if (key === null) return '';
  throw new BuildFault({ at: building.path, reason: 'SyntaxInvalid', message: 'a key is a list or a mapping' }, pair.key);
}

function aliased(alias: Node & { source: string }, building: Building): unknown {
  const found = building.anchors.get(alias.source);
  if (found === undefined) {
    throw new BuildFault(
      { at: [...building.path], reason: 'SyntaxInvalid', message: 'an alias names an anchor that is not above it' },
      alias,
    );
  }
  building.count += found.count;
  building.aliased += found.count;
  if (building.aliased <= MAX_ALIASED_VALUES) return found.value;
  const message = `aliases stand for more than ${MAX_ALIASED_VALUES} values`;
  throw new BuildFault({ at: [...building.path], reason: 'AliasLimitExceeded', message }, alias);
}
