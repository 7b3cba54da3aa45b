import { InvalidArgumentError, Option } from 'commander';
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

/** `--limit N`: a whole number from 1. */
export function limitOption(): Option {
  return new Option('--limit <count>', 'at most this many').argParser(wholeNumber);
}

/** Reads a whole number from 1; anything else is wrong usage. */
export function wholeNumber(text: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 is needed.');
  return Number(text);
}
