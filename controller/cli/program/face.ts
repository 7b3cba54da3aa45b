import { Option } from 'commander';
import type { CommandContext } from '../context.ts';

/** What command definitions share: the context of the call and a way to set its exit code. */
export interface Face {
  context(): CommandContext;
  exit(code: number): void;
}

/** `-o json` and whatever else a command prints. */
export function outputOption(...forms: string[]): Option {
  return new Option('-o, --output <form>', 'form of the output').choices(forms);
}

/** `-f FILE`, repeatable. */
export function filesOption(): Option {
  return new Option('-f, --filename <path...>', 'file or folder of documents, - for stdin').makeOptionMandatory();
}
