import { Refusal } from '../refusal.ts';
import type { ManifestStream } from './manifest-stream.ts';

/** The whole manifest, also the part that no scope asks for. */
export interface Manifest {
  readonly streams: readonly ManifestStream[];
  readonly byName: ReadonlyMap<string, ManifestStream>;
}

/** One broken rule: its name, the field and what is wrong. */
export interface DependencyFinding {
  readonly rule: string;
  readonly path: string;
  readonly message: string;
  readonly details?: Record<string, unknown>;
}

type StreamRule = (stream: ManifestStream, path: string, manifest: Manifest) => DependencyFinding | undefined;

/** Rule 1: nobody is their own parent by declaration; a stream without one is self-mapped anyway. */
const self: StreamRule = (stream, path) => {
  const field =
    stream.stateStream === stream.name ? 'stateStream' : stream.parentStreams?.includes(stream.name) ? 'parentStreams' : undefined;
  return field && { rule: 'dependency_self', path: `${path}.${field}`, message: `stream ${stream.name} names itself` };
};

/** Rule 2. */
const unknown: StreamRule = (stream, path, manifest) => {
  const missing = declaredParents(stream).find((name) => !manifest.byName.has(name));
  const field = missing === stream.stateStream ? 'stateStream' : 'parentStreams';
  return missing === undefined
    ? undefined
    : { rule: 'dependency_unknown', path: `${path}.${field}`, message: `no stream is named ${missing}` };
};

/** Rule 3. */
const duplicate: StreamRule = (stream, path) => {
  const repeated = stream.parentStreams?.find((name, index, all) => all.indexOf(name) !== index);
  if (repeated === undefined) return undefined;
  return { rule: 'dependency_duplicate', path: `${path}.parentStreams`, message: `${repeated} is named twice` };
};

/** Rule 4: tested directly, not left to the strategy rule to catch. */
const both: StreamRule = (stream, path) =>
  stream.stateStream !== undefined && stream.parentStreams !== undefined
    ? { rule: 'dependency_both', path, message: 'stateStream and parentStreams exclude each other' }
    : undefined;

/** Rule 5. */
const empty: StreamRule = (stream, path) =>
  stream.parentStreams?.length === 0
    ? { rule: 'dependency_empty', path: `${path}.parentStreams`, message: 'is empty: name a parent or leave it out' }
    : undefined;

/** Rule 7: each kind of parent has its own way to prove completeness. */
const strategy: StreamRule = (stream, path) => {
  const wanted = strategyFor(stream);
  if (wanted === undefined || stream.coverageStrategy === wanted) return undefined;
  return { rule: 'dependency_strategy', path: `${path}.coverageStrategy`, message: `must be ${wanted}` };
};

/** Rule 8: parents are resolved one level deep. Runs after the cycle search, so that a cycle is named as one. */
const chained: StreamRule = (stream, path, manifest) => {
  const parent = declaredParents(stream).find((name) => declaredParents(manifest.byName.get(name)).length > 0);
  if (parent === undefined) return undefined;
  const field = parent === stream.stateStream ? 'stateStream' : 'parentStreams';
  return { rule: 'dependency_chained', path: `${path}.${field}`, message: `${parent} declares a parent itself` };
};

/** Throws `Refusal` (`manifest_invalid`) for the first broken dependency rule of protocol A3, in the order 1 to 5, 7, 6, 8. */
export function checkDependencies(streams: readonly ManifestStream[]): void {
  const manifest = { streams, byName: new Map(streams.map((stream) => [stream.name, stream])) };
  const finding =
    firstFinding([self, unknown, duplicate, both, empty, strategy], manifest) ?? findCycle(manifest) ?? firstFinding([chained], manifest);
  if (finding !== undefined) throw new Refusal({ reason: 'manifest_invalid', ...finding });
}

function firstFinding(rules: readonly StreamRule[], manifest: Manifest): DependencyFinding | undefined {
  for (const rule of rules) {
    for (const [index, stream] of manifest.streams.entries()) {
      const finding = rule(stream, `streams[${index}]`, manifest);
      if (finding !== undefined) return finding;
    }
  }
  return undefined;
}

/**
 * Rule 6, a depth-first search over edges of both kinds: white (not seen), grey (on the path), black (left). Meeting grey is a cycle
 * and the path from there on is its shape. Depth is bounded by the number of streams, which the type's schema bounds.
 */
function findCycle(manifest: Manifest): DependencyFinding | undefined {
  const black = new Set<string>();
  const grey: string[] = [];
  const visit = (name: string): readonly string[] | undefined => {
    if (black.has(name)) return undefined;
    if (grey.includes(name)) return [...grey.slice(grey.indexOf(name)), name];
    grey.push(name);
    for (const parent of declaredParents(manifest.byName.get(name))) {
      const cycle = visit(parent);
      if (cycle !== undefined) return cycle;
    }
    grey.pop();
    black.add(name);
    return undefined;
  };
  for (const [index, stream] of manifest.streams.entries()) {
    const cycle = visit(stream.name);
    if (cycle === undefined) continue;
    return { rule: 'dependency_cycle', path: `streams[${index}]`, message: cycle.join(' > '), details: { cycle } };
  }
  return undefined;
}

function declaredParents(stream: ManifestStream | undefined): readonly string[] {
  if (stream === undefined) return [];
  return [...(stream.stateStream === undefined ? [] : [stream.stateStream]), ...(stream.parentStreams ?? [])];
}

function strategyFor(stream: ManifestStream): string | undefined {
  if (stream.stateStream !== undefined) return 'checkpoint_window';
  return stream.parentStreams === undefined ? undefined : 'parent_detail_accounting';
}
