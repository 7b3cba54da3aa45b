// The program is main.ts in a checkout and main.js in the published package; the type document names this file, so that it is the same in both.
import { existsSync } from 'node:fs';

const compiled = existsSync(new URL('main.js', import.meta.url));
await import(compiled ? './main.js' : './main.ts');
