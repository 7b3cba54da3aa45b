import { dirname, join, relative } from 'node:path';
import type { Rule } from './rule.ts';

/** Who may import which of our folders. The first entry whose `from` matches a file judges it; `may` are path prefixes beside its own folder. */
interface Boundary {
  from: RegExp;
  may: string[];
  why: string;
}

const ground = ['platform/', 'schemas/'];
const boundaries: Boundary[] = [
  { from: /^schemas\//, may: ground, why: 'schemas/ and platform/ import nothing of ours but each other' },
  { from: /^platform\//, may: ground, why: 'schemas/ and platform/ import nothing of ours but each other' },
  { from: /^runtime\//, may: ['runtime/', ...ground], why: 'the runtime never reaches the controller' },
  // The composition root and what composes beside it: stages meet here and nowhere else.
  {
    from: /^controller\/([^/]+\.ts|serve\/|compose\/)/,
    may: ['controller/', ...ground],
    why: 'the controller never reaches into the runtime',
  },
  {
    from: /^controller\//,
    may: ['controller/apis/', 'controller/telemetry/', ...ground],
    why: 'stages are siblings: they meet in controller/main.ts only',
  },
];

/** The only folders that may import a package, so that replacing it touches one place. `node:` modules and packages not named here are free. */
const doors: Record<string, string[]> = {
  pg: ['controller/store/', 'runtime/store/', 'platform/postgres/', 'platform/beat/'],
  'pg-copy-streams': ['controller/store/', 'runtime/store/'],
  yaml: ['schemas/', 'controller/admission/'],
  ajv: ['schemas/', 'controller/admission/', 'runtime/protocol/'],
  'ajv-formats': ['schemas/', 'controller/admission/', 'runtime/protocol/'],
  typebox: ['schemas/', 'controller/gateway/'],
  chokidar: ['controller/sources/'],
  fastify: ['controller/gateway/'],
  '@fastify/': ['controller/gateway/'],
  croner: ['controller/schedule/'],
  commander: ['controller/cli/'],
  pino: ['platform/', 'controller/telemetry/', 'runtime/telemetry/'],
  'prom-client': ['controller/telemetry/', 'runtime/telemetry/', 'platform/'],
};

/** Enforces the import boundaries and the one door per dependency; type-only imports count too. */
export const boundariesRule: Rule = {
  create(context) {
    const file = relative(context.cwd, context.filename).replaceAll('\\', '/');
    const check = (node: { source?: { value?: unknown } | null }): void => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string') return;
      const message = specifier.startsWith('.') ? foreignFolder(file, specifier) : foreignDoor(file, specifier);
      if (message !== undefined) context.report({ node, message });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};

function foreignFolder(file: string, specifier: string): string | undefined {
  const target = join(dirname(file), specifier);
  const boundary = boundaries.find((candidate) => candidate.from.test(file));
  if (boundary === undefined) return undefined;
  const own = /^controller\/[^/]+\//.exec(file)?.[0] ?? `${file.split('/')[0]}/`;
  // package.json and other files at the top are data, not a layer.
  if (!target.includes('/') || [own, ...boundary.may].some((prefix) => target.startsWith(prefix))) return undefined;
  return `${file} may not import ${target}: ${boundary.why}`;
}

function foreignDoor(file: string, specifier: string): string | undefined {
  if (!/^(controller|runtime|schemas|platform)\//.test(file)) return undefined;
  const door = Object.entries(doors).find(([name]) => (name.endsWith('/') ? specifier.startsWith(name) : packageOf(specifier) === name));
  if (door === undefined || door[1].some((folder) => file.startsWith(folder))) return undefined;
  return `${specifier} has one door: import it only in ${door[1].join(', ')}`;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
