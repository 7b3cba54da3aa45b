import type { ManifestStream } from '../manifest/manifest-stream.ts';
import { checkResources, checkTimeRange, completeFields, refuseScope } from './constraints.ts';
import type { Scope, ScopeStream } from './scope.ts';

const ROOT = 'collection.streams';

/**
 * Normalises what a Connector's `spec.collection.streams` asks for against the manifest (protocol A7, steps 1 to 5): without a request
 * every stream of the manifest, bare, in its order. Throws `Refusal` (`scope_invalid`) with the broken rule and its path.
 */
export function normaliseScope(manifest: readonly ManifestStream[], requested?: readonly unknown[]): Scope {
  if (requested === undefined) {
    if (manifest.length === 0) throw refuseScope('streams_empty', 'streams', 'the type has no stream to collect');
    return { streams: manifest.map(({ name }) => ({ name })) };
  }
  if (requested.length === 0) throw refuseScope('streams_empty', ROOT, 'needs one or more streams');
  const declared = new Map(manifest.map((stream) => [stream.name, stream]));
  const seen = new Set<string>();
  const streams = requested.map((entry, index) => {
    const path = `${ROOT}[${index}]`;
    const stream = normaliseStream(entry, declared, path);
    if (seen.has(stream.name)) throw refuseScope('stream_duplicate', `${path}.name`, `${stream.name} is given twice`);
    seen.add(stream.name);
    return stream;
  });
  return { streams };
}

function normaliseStream(entry: unknown, declared: ReadonlyMap<string, ManifestStream>, path: string): ScopeStream {
  if (typeof entry !== 'object' || entry === null) throw refuseScope('stream_shape', path, 'is no object');
  const { name, resources, timeRange, fields, ...others } = entry as Record<string, unknown>;
  checkOthers(others, path);
  const stream = findStream(name, declared, `${path}.name`);
  return {
    name: stream.name,
    ...(resources === undefined ? {} : { resources: checkResources(resources, stream, `${path}.resources`) }),
    ...(timeRange === undefined ? {} : { time_range: checkTimeRange(timeRange, stream, `${path}.timeRange`) }),
    ...(fields === undefined ? {} : { fields: completeFields(fields, stream, timeRange !== undefined, `${path}.fields`) }),
  };
}

/** Step 2: views are resolved to fields before, and how badly a stream is wanted is not the connector's business. */
function checkOthers(others: Readonly<Record<string, unknown>>, path: string): void {
  const [other] = Object.keys(others);
  if (other === undefined) return;
  const rule = other === 'view' ? 'view_unresolved' : other === 'necessity' ? 'necessity_refused' : 'member_unknown';
  throw refuseScope(rule, `${path}.${other}`, 'may not stand in a scope');
}

function findStream(name: unknown, declared: ReadonlyMap<string, ManifestStream>, path: string): ManifestStream {
  if (typeof name !== 'string' || name === '') throw refuseScope('stream_name', path, 'is no non-empty string');
  if (name === '*') throw refuseScope('stream_wildcard', path, 'is a wildcard: leave collection.streams out to collect all');
  const stream = declared.get(name);
  if (stream === undefined) throw refuseScope('stream_undeclared', path, `the type has no stream ${name}`);
  return stream;
}
