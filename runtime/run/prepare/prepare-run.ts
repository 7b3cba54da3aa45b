import type { CheckpointStore } from '../../apis/ports.ts';
import type { RunAssignment } from '../../apis/run.ts';
import { type Bindings, matchBindings } from '../../protocol/manifest/bindings.ts';
import { checkCapabilities, checkManifest } from '../../protocol/manifest/check-manifest.ts';
import type { ManifestStream } from '../../protocol/manifest/manifest-stream.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { type CompiledScope, compileScope } from '../../protocol/scope/compile-scope.ts';
import { normaliseScope } from '../../protocol/scope/normalise-scope.ts';
import type { Scope } from '../../protocol/scope/scope.ts';
import { type CollectionMode, collectionMode, readStoredState, startLine } from '../../protocol/start.ts';

/** Everything that is settled before a process is started. */
export interface Prepared {
  readonly manifest: readonly ManifestStream[];
  readonly scope: Scope;
  readonly checks: CompiledScope;
  readonly mode: CollectionMode;
  readonly bindings: Bindings;
  /** False: START has no state, and none is committed (`single_use` access). */
  readonly persist: boolean;
  /** The START line with its line feed. */
  readonly start: string;
}

/**
 * Checks manifest, bindings, scope and stored state and builds START. Throws `Refusal`: no process, no `run.started`, no retry.
 * Stored cursors go along whatever the mode: what a full refresh makes of them (such as noticing what has vanished) is the connector's.
 */
export async function prepareRun(run: RunAssignment, checkpoints: Pick<CheckpointStore, 'load'>): Promise<Prepared> {
  checkProtocol(run);
  const manifest = run.type.streams ?? [];
  checkManifest(manifest);
  const bindings = matchBindings(run.type.runtime.bindings ?? {});
  const scope = normaliseScope(manifest, run.collection.streams);
  checkCapabilities(manifest, new Set(scope.streams.map((stream) => stream.name)));
  const mode = collectionMode(run.collection.mode, scope, manifest);
  const persist = run.collection.accessMode !== 'single_use';
  const state = readStoredState(persist ? await checkpoints.load(run) : [], manifest);
  const start = startLine({ runId: run.runId, mode, scope, bindings, state });
  return { manifest, scope, checks: compileScope(scope, manifest), mode, bindings, persist, start };
}

/** Checkpoints that another scoped stream names as its parent. */
export function gatedCheckpoints({ manifest, checks }: Prepared): ReadonlySet<string> {
  const scoped = manifest.filter((stream) => checks.has(stream.name));
  return new Set(
    scoped.flatMap((stream) => [...(stream.parentStreams ?? []), ...(stream.stateStream === undefined ? [] : [stream.stateStream])]),
  );
}

function checkProtocol(run: RunAssignment): void {
  const { protocol } = run.type.runtime;
  if (protocol === 'pdpp') return;
  throw new Refusal({
    reason: 'UnsupportedProtocol',
    rule: 'protocol',
    path: 'runtime.protocol',
    message: `${run.connectorKey} speaks ${protocol}, which this runtime does not`,
    details: { protocol },
  });
}
