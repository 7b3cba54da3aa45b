import type { Command } from 'commander';
import { printRecords, type RecordsOptions } from '../commands/records.ts';
import { printLog } from '../commands/logs.ts';
import { cancelRun, listRuns, printEvents, startRun } from '../commands/runs.ts';
import { type Face, limitOption, outputOption } from './face.ts';

/** run, cancel, runs, logs, events, records. */
export function addRunCommands(program: Command, face: Face): void {
  program
    .command('run')
    .description('start a run now')
    .argument('<name>')
    .option('--wait', 'wait for its end; exit code 0 only on success')
    .addOption(outputOption('json'))
    .action((name: string, options: { wait?: boolean; output?: string }) => startRun(name, options, face.context()));
  program
    .command('cancel')
    .description('end the active run')
    .argument('<name>')
    .option('--run <id>', 'this run only')
    .action((name: string, options: { run?: string }) => cancelRun(name, options, face.context()));
  program
    .command('runs')
    .description('list the runs of a connector, newest first')
    .argument('<name>')
    .addOption(limitOption())
    .addOption(outputOption('json'))
    .action((name: string, options: { output?: string; limit?: number }) => listRuns(name, options, face.context()));
  program
    .command('logs')
    .description('print what a connector wrote to stderr, secrets masked')
    .argument('<name>')
    .option('--run <id>', 'of this run; else of the newest')
    .option('-f, --follow', 'go on until the run has ended')
    .action((name: string, options: { run?: string; follow?: boolean }) => printLog(name, options, face.context()));
  program
    .command('events')
    .description('print the timeline of a run')
    .argument('<name>')
    .option('--run <id>', 'of this run; else of the newest')
    .addOption(outputOption('json'))
    .action((name: string, options: { run?: string; output?: string }) => printEvents(name, options, face.context()));
  program
    .command('records')
    .description('print the records of a stream, one JSON line each')
    .argument('<name>')
    .requiredOption('--stream <name>', 'the stream; `connectorctl types` shows those of the type')
    .option('--count', 'print their number only')
    .addOption(limitOption())
    .addOption(outputOption('jsonl'))
    .action((name: string, options: RecordsOptions) => printRecords(name, options, face.context()));
}
