import { openSandbox } from '../../../../runtime/sandbox/sandbox.ts';

// A runtime reduced to its sandbox: starts one connector (shell script in argv), says so, and stays until it is killed.
const [folder, method, script] = process.argv.slice(2) as [string, 'auto' | 'process', string];
const sandbox = await openSandbox({ runsFolder: `${folder}/runs`, hiddenPaths: [], hostEnvironment: process.env, method });
const child = await sandbox.launch({
  runId: 'held',
  command: ['/bin/sh', '-c', script],
  cwd: `${folder}/types`,
  readPaths: [],
  environment: () => ({ PATH: '/usr/bin:/bin', CONNECTOR_RUN_ID: 'held' }),
  limits: { pids: 100 },
});
child.stdout.once('data', () => process.stdout.write(`${JSON.stringify({ connector: child.pid })}\n`));
setInterval(() => undefined, 60_000);
