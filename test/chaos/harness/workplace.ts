import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const typesFolder = fileURLToPath(new URL('../types', import.meta.url));

/** One connector of the workplace. */
export interface ChaosConnector {
  readonly name: string;
  readonly type: 'chaos-counter' | 'chaos-ledger';
  readonly config: Readonly<Record<string, number>>;
  readonly every: string;
  readonly checkpointPolicy?: 'AtDone' | 'Incremental';
}

/** Folders of one installation: types with a pace that can be changed, documents, data. */
export class Workplace {
  readonly root = mkdtempSync(join(tmpdir(), 'chaos-'));
  readonly types = join(this.root, 'types');
  readonly watch = join(this.root, 'watch');
  /** Data folder of the only, or the first, `serve`. */
  readonly data = this.dataOf('data');

  constructor(pace: string) {
    chmodSync(this.root, 0o755); // PostgreSQL and connectors run under uids of their own when we are root
    cpSync(typesFolder, this.types, { recursive: true });
    mkdirSync(this.watch);
    this.setPace(pace);
  }

  /** Data folder of one more `serve` that shares documents and types. */
  dataOf(name: string): string {
    return join(this.root, name);
  }

  /** `<items a run> <seconds of pause after every fifth>`, from the next run on. */
  setPace(pace: string): void {
    for (const type of ['counter', 'ledger']) writeFileSync(join(this.types, type, 'pace'), `${pace}\n`);
  }

  /** Writes the documents; with `suspend` their schedules stop. */
  declare(connectors: readonly ChaosConnector[], suspend = false): void {
    for (const { name, type, config, every, checkpointPolicy = 'AtDone' } of connectors) {
      const spec = {
        owner: { type: 'user', id: '5f0c6a3e-8f0b-4c52-9d0e-3b1f6f2a7c11' },
        type,
        typeVersion: 1,
        displayName: name,
        enabled: true,
        config,
        schedule: { every, suspend },
        collection: { checkpointPolicy },
      };
      const document = { apiVersion: 'cynodeai.io/v1alpha1', kind: 'Connector', metadata: { name }, spec };
      writeFileSync(join(this.watch, `${name}.yaml`), JSON.stringify(document));
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
