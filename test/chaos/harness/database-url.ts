import { join } from 'node:path';
import { systemClock } from '../../../platform/clock.ts';
import { startEmbedded } from '../../../platform/postgres/embedded/start-embedded.ts';

/** Address of the embedded server that a `serve` of this data folder runs; stays valid over its restarts. */
export async function embeddedUrl(dataFolder: string): Promise<string> {
  const server = await startEmbedded({ dataFolder: join(dataFolder, 'postgres'), clock: systemClock });
  await server.leave();
  return server.url;
}
