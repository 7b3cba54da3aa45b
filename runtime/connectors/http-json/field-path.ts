/** Follows a dotted path through objects and arrays (`data.items`, `results.0.id`); an empty path is the value itself. Undefined where it ends early. */
export function valueAt(value: unknown, dotted: string): unknown {
  let here = value;
  for (const name of dotted === '' ? [] : dotted.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined;
    here = (here as Record<string, unknown>)[name];
  }
  return here;
}
