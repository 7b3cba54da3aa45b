import type { Ids } from '../../../platform/ids.ts';
import type { ConnectorSpec } from '../../../schemas/connector.ts';
import type { Submission } from '../../apis/intake.ts';
import type { IntakeStore, ObjectKey, RecordedSpec, RetainedInstance } from '../../apis/ports.ts';
import type { Judged } from './admit-documents.ts';
import { conflictResult, keyOf, type Sorted } from './sort-documents.ts';

/** A document that may be written, with the instance that it gets. */
export interface Placed extends Judged {
  readonly instanceId: string;
}

/** Judged documents, and those whose name turned out to be taken. */
export interface Placement {
  readonly placed: readonly Placed[];
  readonly conflicts: readonly Extract<Sorted, { kind: 'answered' }>[];
}

/**
 * Finds an instance for each document: its own, one that an earlier document of the same identity left behind, or a new one. A name that
 * the same owner has in another namespace, or that a retained instance of somebody else holds, is a conflict. Two queries at most.
 */
export async function placeObjects(store: IntakeStore, ids: Ids, submission: Submission, judged: readonly Judged[]): Promise<Placement> {
  const candidates = judged.flatMap(candidateOf);
  const { sameOwnerName, retained } = candidates.length === 0 ? { sameOwnerName: [], retained: [] } : await store.claimsOf(candidates);
  const taken = new Map<string, Taken>(
    sameOwnerName.map((object) => [ownerName(object), { key: object, source: object.source, recorded: object }]),
  );
  const left = Map.groupBy(retained, keyOf);
  const placed: Placed[] = [];
  const conflicts: Placement['conflicts'][number][] = [];
  for (const one of judged) {
    const instances = left.get(keyOf(one.document)) ?? [];
    const conflict = takenBy(one, taken) ?? retainedByOther(one, instances);
    if (conflict === null) {
      const mine = instances.find((instance) => sameIdentity(one, instance));
      placed.push({ ...one, instanceId: one.recorded?.instanceId ?? mine?.instanceId ?? ids.uuid() });
      claim(taken, one, submission.source);
    } else {
      const result = conflictResult(one.document, conflict.owner);
      conflicts.push({ kind: 'answered', document: one.document, result, against: conflict.against });
    }
  }
  return { placed, conflicts };
}

/** Documents that bring a new object, or another owner for one that is there. */
function candidateOf(one: Judged): (ObjectKey & Owned)[] {
  const owner = ownerOf(one);
  return owner !== null && (one.recorded === null || ownerChanged(one.recorded, owner)) ? [{ ...keyPart(one), ...owner }] : [];
}

/** A second document of this very submission for the same owner and name meets the first one here. */
function claim(taken: Map<string, Taken>, one: Judged, source: string): void {
  const owner = ownerOf(one);
  if (owner !== null) taken.set(ownerName({ ...keyPart(one), ...owner }), { key: keyPart(one), source, recorded: null });
}

type Owned = { ownerType: string; ownerId: string; projectId: string | null };

type OwnerName = { name: string; ownerType: string | null; ownerId: string | null; projectId: string | null };
type Conflict = { owner: string; against: RecordedSpec | null };

/** Who has a name of an owner and project. `recorded` null: a document of the same submission. */
interface Taken {
  readonly key: ObjectKey;
  readonly source: string;
  readonly recorded: RecordedSpec | null;
}

function takenBy(one: Judged, taken: ReadonlyMap<string, Taken>): Conflict | null {
  const owner = ownerOf(one);
  const by = owner === null ? undefined : taken.get(ownerName({ ...keyPart(one), ...owner }));
  if (by === undefined || keyOf(by.key) === keyOf(one.document)) return null;
  return { owner: `${keyOf(by.key)} of source ${by.source}: owner, project and name together are unique`, against: by.recorded };
}

function retainedByOther(one: Judged, retained: readonly RetainedInstance[]): Conflict | null {
  if (one.recorded !== null || ownerOf(one) === null) return null;
  const other = retained.find((instance) => instance.live && !sameIdentity(one, instance));
  return other === undefined ? null : { owner: 'an installed connector of another owner or type whose document is gone', against: null };
}

function sameIdentity(one: Judged, instance: RetainedInstance): boolean {
  const owner = ownerOf(one);
  const type = (one.verdict.storable as Partial<ConnectorSpec>).type;
  return (
    owner !== null &&
    instance.ownerType === owner.ownerType &&
    instance.ownerId === owner.ownerId &&
    (instance.projectId ?? null) === owner.projectId &&
    instance.connectorKey === type
  );
}

function ownerChanged(recorded: RecordedSpec, owner: Owned): boolean {
  return recorded.ownerType !== owner.ownerType || recorded.ownerId !== owner.ownerId || recorded.projectId !== owner.projectId;
}

/** The owner that a document names; null when it names none that could be read. */
function ownerOf({ verdict }: Judged): Owned | null {
  const { owner, projectId } = verdict.storable as Partial<ConnectorSpec>;
  if (typeof owner?.type !== 'string' || typeof owner.id !== 'string') return null;
  return { ownerType: owner.type, ownerId: owner.id, projectId: typeof projectId === 'string' ? projectId : null };
}

function ownerName(object: OwnerName): string {
  return [object.ownerType, object.ownerId, object.projectId ?? '', object.name].join('\n');
}

function keyPart({ document }: Judged): ObjectKey {
  return { namespace: document.namespace, name: document.name };
}
