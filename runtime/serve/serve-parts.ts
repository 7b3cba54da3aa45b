import type { Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Log } from '../../platform/log.ts';
import type { StartSteps } from '../../platform/start-steps.ts';
import type { RuntimeConfig } from '../config.ts';

/** What a runtime process is made of. */
export interface ServeParts {
  readonly config: RuntimeConfig;
  /** The process's own environment: secrets of the `env` provider, and PATH, LANG and TZ of connectors. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the types that ship with the program. */
  readonly bundledTypes: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Log;
  readonly steps: StartSteps;
  /** Resolves when the process is to stop. */
  readonly stopping: Promise<unknown>;
}
