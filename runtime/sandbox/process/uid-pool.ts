import { createServer, type Server } from 'node:net';
import { listProcesses, sendSignal } from './process-table.ts';

/** First uid that connectors run under when the runtime is root; PostgreSQL's (65534) is never among them. */
export const firstConnectorUid = 60_100;
const lastConnectorUid = 64_999;

/**
 * Uids for connectors, one a run at a time, so that two connectors can neither signal nor read each other, and so that everything a
 * run has started can be found by its uid. A uid belongs to one runtime of this host at a time: the claim is an abstract socket,
 * which the kernel frees when its holder dies, however it dies.
 */
export class UidPool {
  readonly #claims: Server[] = [];
  readonly #free: number[] = [];
  #next = firstConnectorUid;

  /** A uid under which nothing runs: what a dead runtime has left under a new one is killed first. Throws when all are taken. */
  async acquire(): Promise<number> {
    return this.#free.pop() ?? this.#claim();
  }

  /** Gives a uid back for the next run, without a process: the look takes milliseconds, which no launch should wait for. */
  release(uid: number): void {
    killAllOf(uid);
    this.#free.push(uid);
  }

  close(): void {
    for (const claim of this.#claims) claim.close();
  }

  async #claim(): Promise<number> {
    while (this.#next <= lastConnectorUid) {
      const uid = this.#next++;
      const claim = await listen(`\0connector-controller-uid-${uid}`);
      if (claim === undefined) continue;
      this.#claims.push(claim);
      killAllOf(uid);
      return uid;
    }
    throw new Error('every uid for connectors is in use on this host');
  }
}

function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}

function killAllOf(uid: number): void {
  for (const entry of listProcesses()) if (entry.uid === uid) sendSignal(entry.pid, 'SIGKILL');
}
