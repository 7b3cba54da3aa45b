import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { GatewayParts } from '../../controller/gateway/gateway-parts.ts';
import { buildServer } from '../../controller/gateway/server.ts';
import type { Generated } from './registry.ts';

const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url));

/** The API's own description, as the server answers it at /openapi.json. */
export const generated: Generated[] = [{ path: 'schemas/generated/openapi.json', make: describeServer }];

/** Routes are described without being called: the parts are never touched. */
async function describeServer(): Promise<string> {
  const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { version: string };
  const silent = { error: () => undefined, debug: () => undefined };
  const server = await buildServer({ version } as GatewayParts, { uuid: () => 'none' }, silent);
  try {
    const { body } = await server.inject({ url: '/openapi.json' });
    return `${JSON.stringify(JSON.parse(body), null, 2)}\n`;
  } finally {
    await server.close();
  }
}
