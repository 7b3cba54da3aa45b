import { mkdir } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { Fault } from '../../../../platform/errors.ts';
import { ownFault } from '../../../../runtime/run/own-fault.ts';

test.each([
  [
    'a fault that is a reason of runs keeps its words',
    new Fault({ reason: 'LaunchFailed', message: 'no program', hint: 'look' }),
    'no program (look)',
  ],
  [
    'any other fault is told by its reason',
    new Fault({ reason: 'Unheard', message: 'secret' }),
    'the runtime met a fault of its own: Unheard',
  ],
  ['an error of a program is told by its kind', new TypeError('secret'), 'the runtime met a fault of its own: TypeError'],
  ['what is no error at all, too', 'secret', 'the runtime met a fault of its own: string'],
])('%s', (_reason, error, message) => {
  expect(ownFault(error).message).toBe(message);
});

test('a failed system call is told by its code, such as that of a full disk, and not by the path that it had', async () => {
  const error = await mkdir('/proc/secret').catch((thrown: unknown) => thrown);
  expect(ownFault(error)).toEqual({ reason: 'InternalError', message: 'the runtime met a fault of its own: ENOENT' });
});
