import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs a program of ours on Node 24: in this process where it is new enough, else in the Node that npm installed beside us
 * (the user's own `node` may be older, and only 24 runs TypeScript as it is). `main` is the path of the entry point
 * without its ending: compiled JavaScript in dist/ where the package ships that, else the source.
 */
export async function runOnPinnedNode(program, main) {
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    keepCompiled();
    return import(entryPoint(main));
  }
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `Node 24 is needed, this is ${process.version}: run npm ci in the project, which installs it, or start with a newer node\n`,
    );
    process.exit(1);
  }
  passThrough(spawn(node, [...process.execArgv, fileURLToPath(program), ...process.argv.slice(2)], { stdio: 'inherit' }));
}

/** Programs stay up for months: what was compiled is kept as soon as the start is over, not only at their end. */
const STARTED_MS = 10_000;

/**
 * Lets Node keep what it made of the sources (types stripped, code compiled), which halves the time of every later start. In a folder that
 * the user alone may write, since what lies there is run; where there is none, every start compiles anew.
 */
function keepCompiled() {
  const home = homedir();
  if (!isAbsolute(home) || !existsSync(home)) return;
  module.enableCompileCache(join(home, '.cache', 'connector-controller', 'compiled'));
  setTimeout(() => module.flushCompileCache(), STARTED_MS).unref();
}

function entryPoint(main) {
  const source = new URL(`../${main}.ts`, import.meta.url);
  // Node strips types nowhere below node_modules: an installed package has its compiled form only.
  return existsSync(source) ? source.href : new URL(`../dist/${main}.js`, import.meta.url).href;
}

/** Signals go to the child and its end becomes ours, so that a caller cannot tell the difference. */
function passThrough(child) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}
