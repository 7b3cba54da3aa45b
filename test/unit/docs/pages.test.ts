import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { runCli } from '../../../controller/cli/main.ts';
import { controllerSettings } from '../../../controller/config.ts';
import { systemClock } from '../../../platform/clock.ts';
import type { Setting } from '../../../platform/settings.ts';
import { runtimeSettings } from '../../../runtime/config.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Headings as the anchors that a link names. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading as string);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** What `connectorctl` prints to stdout. */
async function help(...args: string[]): Promise<string> {
  let text = '';
  const take = (part: string): void => {
    text += part;
  };
  const output = { data: take, raw: async (part: string) => take(part), message: () => undefined, colour: false };
  const stdin = async () => new Uint8Array();
  await runCli([...args, '--help'], {
    output,
    clock: systemClock,
    stdin,
    env: {},
    defaultDataFolder: '/nowhere',
    version: '0',
    validate: async () => [],
  });
  return text;
}

describe.each(pages)('%s', (page) => {
  test('names files and headings that are there', () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, path, anchor]) => ({ path, anchor }));
    const broken = links.filter(({ path, anchor }) => {
      const target = path ? join(dirname(page), path) : page;
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(textOf(target)).has(anchor));
    });
    expect(broken).toEqual([]);
  });

  test('names paths of the project that are there', () => {
    const paths = [...textOf(page).matchAll(/`((?:controller|runtime|platform|schemas|test|scripts|docs|examples|crds|bin)\/[^`]*)`/g)];
    const missing = paths.map(([, path]) => path as string).filter((path) => !/[<*{ ]/.test(path) && !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  test('shows only commands of connectorctl and npm that there are', async () => {
    const verbs = new Set([...(await help()).matchAll(/^ {2}([a-z]+)(?: |$)/gm)].map(([, verb]) => verb as string));
    expect(verbs.has('get')).toBe(true);
    const text = textOf(page);
    const shown = [...text.matchAll(/(?:npx |`)connectorctl ([a-z]+)/g)].map(([, verb]) => verb as string);
    expect(shown.filter((verb) => !verbs.has(verb))).toEqual([]);
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const run = [...text.matchAll(/npm run ([a-z]+)/g)].map(([, script]) => script as string);
    expect(run.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});

test('the README has every setting of both programs as it is', () => {
  const settings = new Map<string, Setting<unknown>>();
  for (const setting of [...Object.values(controllerSettings), ...Object.values(runtimeSettings)] as Setting<unknown>[])
    if (!settings.has(setting.env)) settings.set(setting.env, setting);
  const rows = [...settings.values()].map(
    ({ flag, env, fallback, description }) => `| ${flag ? `\`${flag}\`` : ''} | \`${env}\` | ${defaultText(fallback)} | ${description} |`,
  );
  const table = textOf('README.md').match(/^\|.*\| `[A-Z_]+` \|.*$/gm);
  expect(table).toEqual(rows);
});

function defaultText(fallback: unknown): string {
  if (fallback === null || (Array.isArray(fallback) && fallback.length === 0)) return '';
  if (typeof fallback !== 'object') return `\`${String(fallback as string | number)}\``;
  const { host, port } = fallback as { host: string; port: number };
  return `\`${host}:${port}\``;
}

test('[CI-9.2] the rules for contributions name the four points of a change that makes instance identity public', () => {
  const section = textOf('CONTRIBUTING.md').split('## Instance identity is not public vocabulary')[1] ?? '';
  const points = [...section.matchAll(/^\d\. \*\*([a-z ]+)\*\*/gm)].map(([, point]) => point);
  expect(points).toEqual(['public field names', 'grant behaviour', 'privacy constraints', 'interoperability']);
});
