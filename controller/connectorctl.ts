import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { systemClock } from '../platform/clock.ts';
import { runCli } from './cli/main.ts';
import { processOutput } from './cli/output.ts';
import { defaultDataFolder, processEnvironment } from './config.ts';

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
const env = processEnvironment();

process.exitCode = await runCli(process.argv.slice(2), {
  version,
  env,
  clock: systemClock,
  output: processOutput(env),
  stdin: () => buffer(process.stdin),
  defaultDataFolder: defaultDataFolder(env),
  // Loaded on use: most commands need neither parser nor schemas.
  validate: async (input) => (await import('./compose/offline.ts')).validateOffline(input),
});
