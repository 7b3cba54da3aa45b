import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

// Node itself closes the first ones, up to a gap beyond 16.
const leaked = 40;

test('what a runtime was started with beyond stdin, stdout and stderr is closed before a connector could inherit it', () => {
  const module = fileURLToPath(new URL('../../../../runtime/sandbox/process/inherited-descriptors.ts', import.meta.url));
  const program = `import { closeInheritedDescriptors } from ${JSON.stringify(module)}; console.log(JSON.stringify(closeInheritedDescriptors())); await fetch('data:,still works'); console.log('alive')`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit', ...Array.from({ length: 37 }, () => 'ignore' as const), 'pipe'],
    encoding: 'utf8',
  });
  const [closed, alive] = stdout.split('\n');
  expect(JSON.parse(closed ?? '')).toEqual(expect.arrayContaining([leaked]));
  expect(alive).toBe('alive');
});
