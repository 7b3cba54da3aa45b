import { describe, expect, test } from '@jest/globals';
import { matchBindings } from '../../../../../runtime/protocol/manifest/bindings.ts';

describe('matchBindings', () => {
  test('[RT-1.4, PROTO-3] network and filesystem are always advertised', () => {
    expect(matchBindings({})).toEqual({ network: {}, filesystem: {} });
    expect(matchBindings({ network: { required: true }, filesystem: {} })).toEqual({ network: {}, filesystem: {} });
  });

  test.each([
    ['interactive without a handler', { interactive: { required: true } }, ['interactive']],
    ['what this runtime does not know', { telepathy: { required: true } }, ['telepathy']],
    ['a namespaced one', { 'vendor.example/x': { required: true } }, ['vendor.example/x']],
    ['a name that every object has', { constructor: { required: true } }, ['constructor']],
    [
      'each of several',
      { interactive: { required: true }, browser: { required: true }, network: { required: true } },
      ['interactive', 'browser'],
    ],
  ])('[RT-1.4, PROTO-3] %s is refused and named', (_name, requirements, missing) => {
    expect(() => matchBindings(requirements)).toThrow(
      expect.objectContaining({ reason: 'binding_unsatisfied', details: expect.objectContaining({ missing }) }),
    );
  });

  test('[RT-1.4, PROTO-3] an optional one that is missing is left out', () => {
    expect(matchBindings({ interactive: { required: false }, browser: {} })).toEqual({ network: {}, filesystem: {} });
  });

  test('[RT-1.4, PROTO-3] what a run has is given to a type that asks, and only to that', () => {
    const available = { interactive: {}, browser_profile: { profile_path: '/p' } };
    expect(matchBindings({ interactive: { required: true } }, available)).toEqual({ interactive: {}, network: {}, filesystem: {} });
  });
});
