import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// What `npm test` runs: Jest with the flags that ESM in Jest needs. Arguments are passed on (paths, -t, --coverage).
// The flags go on the command line rather than into NODE_OPTIONS: Jest's workers inherit them, programs started by tests do not.
const root = fileURLToPath(new URL('..', import.meta.url));
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const child = spawn(process.execPath, [...flags, 'node_modules/jest/bin/jest.js', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});

// Jest stops its workers and runs the global teardown on a signal, so it only has to be passed on and waited for.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
