import { systemClock } from '../../platform/clock.ts';
import { startEmbedded } from '../../platform/postgres/embedded/start-embedded.ts';

// Starts the embedded server of the folder given, says how, and stays until its stdin ends (then stops it) or it is killed.
const server = await startEmbedded({ dataFolder: process.argv[2] ?? '', clock: systemClock });
process.stdout.write(`${JSON.stringify({ pid: server.pid, adopted: server.adopted, owner: server.owner })}\n`);
process.stdin.resume();
process.stdin.on('end', () => void server.stop());
