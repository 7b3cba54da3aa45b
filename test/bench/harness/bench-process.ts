import type { Effort } from './figure.ts';
import { benches } from './benches.ts';

// One bench in a process of its own. argv: name, effort; stdout: its figures as JSON.
const [name = '', effort = 'full'] = process.argv.slice(2);
const load = benches[name];
if (load === undefined) throw new Error(`there is no bench ${name}`);
const measure = await load();
process.stdout.write(JSON.stringify(await measure(effort as Effort)));
