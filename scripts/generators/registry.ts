/** One generated file: where it goes, from the root of the project, and how its text is made (whole, with a final newline). */
export interface Generated {
  path: string;
  make: () => Promise<string>;
}

/** A file of this folder that exports `generated`; `scripts/generate.ts` finds each by itself. */
export interface Generator {
  generated: Generated[];
}
