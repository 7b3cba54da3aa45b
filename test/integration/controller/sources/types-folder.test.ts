import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../../platform/clock.ts';
import type { ConnectorType } from '../../../../schemas/connector-type.ts';
import { printYaml } from '../../../../schemas/print-yaml.ts';
import { startCatalogLoop } from '../../../../controller/compose/catalog-loop.ts';
import { createRefreshCatalog, type RefreshCatalog } from '../../../../controller/compose/catalog.ts';
import { readConfig } from '../../../../controller/config.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { connector, connectorType, withSpec, withTypeSpec } from '../../../gen/documents.ts';
import {
  conditionIn,
  type Installation,
  installation,
  type LogLine,
  rememberingLog,
  specOf,
  type TestFolder,
  testFolder,
} from '../../../gen/doors.ts';

let database: TestDatabase;
let installed: Installation;
let documents: TestFolder;
let types: string;
let lines: LogLine[];
let refresh: RefreshCatalog;
let key = '';
let made = 0;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  database = await createDatabase();
  installed = await installation(database.pool);
});
beforeEach(async () => {
  key = `made-${(made += 1)}`;
  types = realpathSync(mkdtempSync(join(tmpdir(), 'types-')));
  documents = await testFolder(installed);
  const { log, lines: told } = rememberingLog();
  lines = told;
  refresh = createRefreshCatalog({ db: installed.db, tools: installed.desired.tools, folders: [types], log });
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => database.drop());

const write = (...mods: Parameters<typeof withTypeSpec>[0][]): void => {
  const document: ConnectorType = connectorType(key, withTypeSpec({ auth: { kind: 'none' } }), ...mods.map(withTypeSpec));
  mkdirSync(join(types, key), { recursive: true });
  writeFileSync(join(types, key, 'type.tmp'), printYaml(document));
  renameSync(join(types, key, 'type.tmp'), join(types, key, 'type.yaml'));
};
const use = async (name: string, typeVersion: number | string = 1): Promise<void> => {
  documents.write(`${name}.yaml`, printYaml(connector(name, withSpec({ type: key, typeVersion, credentials: { mode: 'none' } }))));
  await documents.list();
  await installed.converge();
};
const spec = (name: string): Promise<Record<string, unknown> | undefined> => specOf(installed.db, name);
const look = async (): Promise<void> => {
  await refresh();
  await installed.converge();
};
const reasons = (): unknown[] => lines.filter(({ level }) => level === 'warn').map(({ facts }) => facts['reason']);

describe('a folder of types', () => {
  test('a type that appears while the controller runs makes the connectors that waited for it Ready', async () => {
    await use(`${key}-waits`);
    expect(conditionIn(await spec(`${key}-waits`), 'Ready')).toMatchObject({ status: 'False' });
    expect(conditionIn(await spec(`${key}-waits`), 'Admitted')).toMatchObject({ reason: 'TypeUnknown' });
    const { log } = rememberingLog();
    const config = readConfig([], { CONNECTOR_TYPES: types, CONNECTOR_RESCAN_SECONDS: '3600' }, '/nowhere');
    const { db, desired } = installed;
    const loop = await startCatalogLoop({ config, db, tools: desired.tools, clock: systemClock, log, random: () => 0.5 });
    stops.push(loop.stop);
    for (let asked = 0; asked < 500; asked++) {
      // The watch begins a moment after the loop does: what was written before is found by the next event.
      if (asked % 50 === 0) write();
      await installed.converge();
      if (conditionIn(await spec(`${key}-waits`), 'Ready')?.status === 'True') return;
      await sleep(20);
    }
    throw new Error('the type was not noticed within ten seconds');
  });

  test('a document that is edited without a new version is told once, and changes nothing', async () => {
    write();
    await look();
    await use(`${key}-user`);
    write({ displayName: 'Edited' });
    await look();
    await look();
    expect(reasons()).toEqual(['TypeVersionConflict']);
    const { rows } = await installed.db.query(
      `select document ->> 'displayName' as name, withdrawn_at from connector_types where connector_key = $1`,
      [key],
    );
    expect(rows).toEqual([{ name: key, withdrawn_at: null }]);
    write({ displayName: 'Edited', version: '1.1.0' });
    await look();
    expect(await spec(`${key}-user`)).toMatchObject({ generation: 1 });
    const { rows: used } = await installed.db.query('select connector_type_version as version from connector_instances where name = $1', [
      `${key}-user`,
    ]);
    expect(used).toEqual([{ version: '1.1.0' }]);
  });

  test('a new minor that takes something away is refused, against what is registered', async () => {
    write();
    await look();
    write({ version: '1.1.0', streams: [] });
    await look();
    expect(reasons()).toContain('TypeIncompatible');
    const { rows } = await installed.db.query('select version, withdrawn_at from connector_types where connector_key = $1', [key]);
    expect(rows).toEqual([{ version: '1.0.0', withdrawn_at: null }]);
  });

  test('a type whose document is gone stays in force where it is used, and takes no new connector', async () => {
    write();
    await look();
    await use(`${key}-user`);
    rmSync(join(types, key), { recursive: true });
    await look();
    expect(conditionIn(await spec(`${key}-user`), 'Ready')).toMatchObject({ status: 'True' });
    expect(conditionIn(await spec(`${key}-user`), 'TypeAvailable')).toMatchObject({ reason: 'Withdrawn' });
    await use(`${key}-late`);
    expect(conditionIn(await spec(`${key}-late`), 'Admitted')).toMatchObject({ status: 'False' });
  });

  test('a folder or document that cannot be read withdraws nothing', async () => {
    write();
    await look();
    renameSync(types, `${types}-away`);
    await look();
    await look();
    expect(reasons()).toEqual(['FileUnreadable']);
    renameSync(`${types}-away`, types);
    writeFileSync(join(types, key, 'type.yaml'), 'kind: ConnectorType\nmetadata: {name: [\n');
    await look();
    const { rows } = await installed.db.query('select withdrawn_at from connector_types where connector_key = $1', [key]);
    expect(rows).toEqual([{ withdrawn_at: null }]);
    await use(`${key}-still`);
    expect(conditionIn(await spec(`${key}-still`), 'Ready')).toMatchObject({ status: 'True' });
  });
});
