import { ownIdentity } from '../../platform/beat/identity.ts';
import { startHeartbeat } from '../../platform/beat/heartbeat.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemIds } from '../../platform/ids.ts';

// Beats quickly on the database given, tells its id, first beat and outages on stdout, and stops in order at the end of its stdin.
// 'hang' on stdin blocks the main loop for good.
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
const identity = await ownIdentity(systemIds(systemClock).uuid());
const heartbeat = startHeartbeat({
  url: process.argv[2] ?? '',
  identity,
  role: 'runtime',
  facts: { isolated: true },
  clock: systemClock,
  log: { warn: () => undefined } as never,
  intervalMs: 50,
  tickWithinMs: 300,
  lostAfterMs: 1_000,
  onBeatLost: () => tell('beat lost'),
});
await heartbeat.first;
tell(identity.processId);
process.stdin.on('data', () => {
  for (;;);
});
process.stdin.on('end', () => void heartbeat.stop().then(() => process.exit(0)));
