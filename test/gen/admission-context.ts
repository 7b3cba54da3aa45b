import type { AdmissionContext } from '../../controller/admission/context.ts';
import { schemaCompiler } from '../../controller/admission/schema/compile-schema.ts';
import { Catalog } from '../../controller/catalog/catalog.ts';
import type { ConnectorType } from '../../schemas/connector-type.ts';
import type { RegisteredType } from '../../controller/apis/catalog.ts';
import { parseSchedule } from '../../controller/schedule/parse-schedule.ts';
import { digestOf } from '../../schemas/revision.ts';
import { connectorType, withTypeSpec } from './documents.ts';

/** A registered type made of a document. */
export function registeredType(document: ConnectorType): RegisteredType {
  const { spec, metadata } = document;
  const origin = { file: `/types/${metadata.name}.yaml`, folder: '/types', bundled: false };
  return { key: spec.key ?? metadata.name, version: spec.version, digest: digestOf(spec), spec, origin };
}

/** Types that the documents of the tests refer to. */
export const TEST_TYPES: readonly RegisteredType[] = [
  connectorType('counter'),
  connectorType(
    'mailbox',
    withTypeSpec({
      version: '2.3.1',
      auth: { kind: 'none' },
      configSchema: {
        version: 4,
        schema: {
          type: 'object',
          properties: {
            host: { type: 'string' },
            port: { type: 'integer' },
            tls: { type: 'boolean' },
            mailbox: { type: 'string' },
            pin: { type: 'string', writeOnly: true },
            filter: { type: 'object', properties: { fromAllowlist: { type: 'array', items: { type: 'string' } } } },
          },
          required: ['host'],
        },
      },
      runtime: { protocol: 'mcp', command: ['mailbox'], egress: ['${config.host}:993'] },
      polling: { interval: '5m' },
      inbound: { subscriptions: [{ name: 'alerts', signature: 'github' }] },
      operations: [operation('readInbox'), operation('searchInbox')],
    }),
  ),
].map(registeredType);

/** A reading operation. */
export function operation(name: string): NonNullable<ConnectorType['spec']['operations']>[number] {
  return {
    name,
    modes: ['sync'],
    class: 'read',
    mutating: false,
    requestSchema: { type: 'object' },
    responseSchema: { type: 'object' },
    maxTimeoutMs: 1_000,
    supportsIdempotency: false,
    maxPayloadBytes: 1_000,
    redact: [],
  };
}

/** One for all tests: compiling is what costs, and a compiler has no state but what it compiled. */
const compiler = schemaCompiler();

/** A context in which `connector('a')` is accepted. */
export function admissionContext(parts: Partial<AdmissionContext> = {}): AdmissionContext {
  return {
    catalog: new Catalog(TEST_TYPES, new Map([['read-only', { allowOperations: ['readInbox'] }]])),
    compiler,
    door: { defaultNamespace: 'default' },
    parseSchedule: (schedule) => {
      const parsed = parseSchedule(schedule);
      return parsed.ok ? [] : parsed.faults;
    },
    providers: new Map([
      ['env', 'env'],
      ['file', 'file'],
      ['cynode-vault', 'cynode-vault'],
    ]),
    credentialModes: new Set(['none', 'secretRef', 'oauth']),
    cluster: false,
    ...parts,
  };
}
