/** One row of a table in docs/requirements. */
export interface Requirement {
  id: string;
  area: string;
  text: string;
}

const idPattern = /^(REQ-CONNEC|HARD|CI|RT|PROTO)-[A-Za-z0-9.]+(-\d+)?$/;

/** The requirement rows of one Markdown file; the area is its `Area` column, or the file's name where a table has none. */
export function requirementRows(markdown: string, fileName: string): Requirement[] {
  const rows: Requirement[] = [];
  let areaColumn = -1;
  for (const line of markdown.split('\n')) {
    if (!line.startsWith('|')) continue;
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (cells[0] === 'ID') areaColumn = cells.indexOf('Area');
    const [id = '', text = ''] = cells;
    if (!idPattern.test(id)) continue;
    rows.push({ id, area: cells[areaColumn] ?? fileName.replace(/\.md$/, ''), text });
  }
  return rows;
}

/** Requirement IDs in the titles of tests: comma-separated in square brackets inside a string, each in full. */
export function idsInTitles(source: string): Set<string> {
  const ids = new Set<string>();
  for (const [, title = ''] of source.matchAll(/\b(?:test|it|describe)(?:\.\w+(?:\([^()]*\))?)*\(\s*(['"`][^\n]*)/g)) collect(title, ids);
  // test.each(table)('title') has its title after a closing parenthesis.
  for (const [, title = ''] of source.matchAll(/\)\(\s*(['"`]\[[^\n]*)/g)) collect(title, ids);
  return ids;
}

function collect(title: string, into: Set<string>): void {
  for (const [, list = ''] of title.matchAll(/\[([^\]]+)\]/g)) {
    for (const id of list.split(',').map((part) => part.trim())) if (idPattern.test(id)) into.add(id);
  }
}
