import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { runStates, terminalStates } from '../../schemas/run-words.ts';

/** What the database says about the whole installation at the moment of a scrape. */
export interface FleetNumbers {
  /** Connectors by phase; a phase without one may be left out. */
  readonly connectors: ReadonlyMap<string, number>;
  /** Runs that are not over, by state. */
  readonly runs: ReadonlyMap<string, number>;
  /** Age of the oldest due item of each queue, in seconds; 0 when nothing waits. */
  readonly oldestDueSeconds: ReadonlyMap<string, number>;
}

const PHASES = ['provisioning', 'active', 'degraded', 'credential_expired', 'error', 'disabled'];
const QUEUES = ['specs', 'schedules', 'runs'];
const DOCUMENT_OUTCOMES = ['created', 'configured', 'refused', 'conflict', 'stale', 'removing', 'removal_requested', 'missing', 'broken'];

/** Every series of the control plane. Label values are preset to zero, so that a rate exists before the first event. */
export class Metrics {
  readonly #registry = new Registry();
  /** Passes over a batch of connectors, by how they ended. */
  readonly reconcilePasses = this.#counter('connector_reconcile_passes_total', 'Reconcile passes over a batch.', 'outcome', [
    'done',
    'failed',
  ]);
  readonly reconcileObjects = this.#counter('connector_reconcile_objects_total', 'Connectors that were reconciled.', 'outcome', [
    'settled',
    'failed',
  ]);
  readonly reconcileSeconds = new Histogram({
    name: 'connector_reconcile_pass_seconds',
    help: 'Duration of a reconcile pass over a batch.',
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.#registry],
  });
  readonly documents = this.#counter(
    'connector_documents_total',
    'Documents that doors handed in, by what became of them.',
    'outcome',
    DOCUMENT_OUTCOMES,
  );
  readonly ticks = this.#counter('connector_schedule_ticks_total', 'Due schedules, by what became of the tick.', 'outcome', [
    'started',
    'skipped',
    'passed_over',
  ]);
  readonly requests = new Histogram({
    name: 'connector_http_request_seconds',
    help: 'Duration of API requests.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.#registry],
  });
  readonly #connectors = this.#gauge('connector_connectors', 'Connectors by phase.', 'phase', PHASES);
  readonly #runs = this.#gauge(
    'connector_runs',
    'Runs that are not over, by state.',
    'state',
    runStates.filter((state) => !(terminalStates as readonly string[]).includes(state)),
  );
  readonly #oldestDue = this.#gauge('connector_queue_oldest_due_seconds', 'Age of the oldest due item.', 'queue', QUEUES);

  /** Media type of `text`. */
  readonly contentType = this.#registry.contentType;

  /** The text of a scrape with the numbers of the database. */
  async text(fleet: FleetNumbers): Promise<string> {
    for (const phase of PHASES) this.#connectors.set({ phase }, fleet.connectors.get(phase) ?? 0);
    for (const state of runStates)
      if (!(terminalStates as readonly string[]).includes(state)) this.#runs.set({ state }, fleet.runs.get(state) ?? 0);
    for (const queue of QUEUES) this.#oldestDue.set({ queue }, fleet.oldestDueSeconds.get(queue) ?? 0);
    return this.#registry.metrics();
  }

  #counter<L extends string>(name: string, help: string, label: L, values: readonly string[]): Counter<L> {
    const counter = new Counter({ name, help, labelNames: [label] as const, registers: [this.#registry] });
    for (const value of values) counter.inc({ [label]: value } as Record<L, string>, 0);
    return counter;
  }

  #gauge<L extends string>(name: string, help: string, label: L, values: readonly string[]): Gauge<L> {
    const gauge = new Gauge({ name, help, labelNames: [label] as const, registers: [this.#registry] });
    for (const value of values) gauge.set({ [label]: value } as Record<L, string>, 0);
    return gauge;
  }
}
