import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { SecretBundle } from '../../../../../runtime/credentials/secret-bundle.ts';
import { planLaunch } from '../../../../../runtime/run/prepare/plan-launch.ts';
import { deadlineMs, sandboxLimits } from '../../../../../runtime/run/prepare/run-limits.ts';
import { assignment } from '../../../../gen/run.ts';
import { typeSpec } from '../../../../gen/stored-run.ts';

const host = { env: { PATH: '/bin' }, bundledTypes: tmpdir(), baseFolder: '/srv/product' };
const typed = (runtime: Partial<ReturnType<typeof typeSpec>['runtime']>, mods: Parameters<typeof assignment>[0] = {}) =>
  assignment({ ...mods, type: { ...typeSpec(), runtime: { ...typeSpec().runtime, ...runtime } } });

describe('a launch plan', () => {
  const paths: readonly [template: string, config: Record<string, unknown>, path: string | undefined, reason: string][] = [
    ['../sdk', {}, '/sdk', "a literal path counts from the type's folder"],
    ['/opt/data', {}, '/opt/data', 'an absolute path stands as it is'],
    ['${config.folder}', { folder: 'in' }, '/srv/product/in', 'a path of the config counts from where the product was started'],
    ['${config.folder}', { folder: '/abs' }, '/abs', 'an absolute path stands as it is'],
    ['${config.folder}', { folder: 'https://example.org/x.git' }, undefined, 'a URL is no path'],
    ['${config.folder}', {}, undefined, 'no value, no path'],
    ['${config.folder}', { folder: '' }, undefined, 'an empty value names no path, least of all the base folder'],
  ];
  test.each(paths)('shows %s with %j as %s: %s', (template, config, path) => {
    const plan = planLaunch(typed({ paths: { read: [template] } }, { config }), new SecretBundle(), host);
    expect(plan.readPaths).toEqual(path === undefined ? [] : [path]);
  });

  test('names the attempt, works in the folder of the type, bundled or not', () => {
    expect(planLaunch(assignment({ attempt: 3 }), new SecretBundle(), host)).toMatchObject({ runId: `${assignment().runId}.3`, cwd: '/' });
    const bundled = assignment({ typeOrigin: { kind: 'bundled', folder: '.' } });
    expect(planLaunch(bundled, new SecretBundle(), host).cwd).toBe(tmpdir());
  });

  test('refuses a type whose folder is gone, and one without a program', () => {
    const gone = assignment({ typeOrigin: { kind: 'folder', folder: '/nowhere/at/all' } });
    expect(() => planLaunch(gone, new SecretBundle(), host)).toThrow(expect.objectContaining({ reason: 'TypeUnavailable' }));
    const { command: _, ...runtime } = typeSpec().runtime;
    const imageOnly = assignment({ type: { ...typeSpec(), runtime } });
    expect(() => planLaunch(imageOnly, new SecretBundle(), host)).toThrow(expect.objectContaining({ reason: 'LaunchFailed' }));
  });
});

describe('limits of a run', () => {
  test("are the connector's own, else its type's, else the defaults", () => {
    expect(sandboxLimits(assignment())).toMatchObject({ memoryBytes: 2 * 2 ** 30 });
    expect(sandboxLimits(assignment())).not.toHaveProperty('cpuCores');
    const ofType = typed({ resources: { cpu: '500m', memory: '256Mi' } });
    expect(sandboxLimits(ofType)).toMatchObject({ memoryBytes: 256 * 2 ** 20, cpuCores: 0.5 });
    const own = typed({ resources: { cpu: '500m', memory: '256Mi' } }, { execution: { resources: { memory: '1Gi' } } });
    expect(sandboxLimits(own)).toMatchObject({ memoryBytes: 2 ** 30, cpuCores: 0.5 });
  });

  test('of time: an hour unless the document says otherwise', () => {
    expect(deadlineMs(assignment())).toBe(3_600_000);
    expect(deadlineMs(assignment({ execution: { timeoutSeconds: 5 } }))).toBe(5_000);
  });
});
