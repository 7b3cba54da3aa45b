import { expect, test } from '@jest/globals';
import { runtimeEnvironment } from '../../../../controller/serve/serve.ts';

const start = { databaseUrl: 'postgres:///here', dataFolder: '/data', baseFolder: '/work' };

test('the runtime works on the database and the data folder of this start, whatever the environment says', () => {
  const env = { DATABASE_URL: 'postgres:///elsewhere', CONNECTOR_DATA: 'relative', PATH: '/bin' };
  expect(runtimeEnvironment(env, start)).toEqual({
    PATH: '/bin',
    DATABASE_URL: 'postgres:///here',
    CONNECTOR_DATA: '/data',
    CONNECTOR_BASEDIR: '/work',
  });
});

test('a base folder that the user named stays', () => {
  expect(runtimeEnvironment({ CONNECTOR_BASEDIR: '/named' }, start)['CONNECTOR_BASEDIR']).toBe('/named');
});
