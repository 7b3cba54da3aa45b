/** A place in a text, both from 1; columns count UTF-16 code units. Only LF ends a line: U+2028 is an ordinary character in YAML and JSON. */
export interface TextPosition {
  line: number;
  column: number;
}

/** Position of an offset. */
export function positionOf(text: string, offset: number): TextPosition {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf('\n'); next !== -1 && next < offset; next = text.indexOf('\n', next + 1)) {
    line += 1;
    start = next + 1;
  }
  return { line, column: offset - start + 1 };
}
