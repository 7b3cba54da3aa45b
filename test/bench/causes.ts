/**
 * Why a goal is missed, kept by hand: one line a figure, by its key. It is shown only while the figure misses its goal. A line begins
 * with what costs the time or the memory and ends with what would change it.
 */
export const causes: Readonly<Record<string, string>> = {};
