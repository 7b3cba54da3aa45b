import { describe, expect, test } from '@jest/globals';
import { idsInTitles, requirementRows } from '../../../scripts/trace/requirements.ts';

describe('requirement rows', () => {
  test('a row carries its area, or the name of its file where the table has none', () => {
    const markdown = [
      '| ID | Must hold | Area |',
      '|---|---|---|',
      '| RT-1.R1 | starts | protocol |',
      '',
      '| PROTO-1 | rules | seen |',
    ].join('\n');
    expect(requirementRows(markdown, 'runtime.md')).toEqual([
      { id: 'RT-1.R1', area: 'protocol', text: 'starts' },
      { id: 'PROTO-1', area: 'seen', text: 'rules' },
    ]);
    expect(requirementRows('| PROTO-2 | rules | seen |', 'protocol.md')).toEqual([{ id: 'PROTO-2', area: 'protocol', text: 'rules' }]);
  });

  test('rows of other tables are none', () => {
    expect(requirementRows('| CF-01 | a choice | |\n| word | meaning |', 'conflicts.md')).toEqual([]);
  });
});

describe('IDs in titles', () => {
  test.each([
    { reason: 'one and several, each in full', source: "test('[RT-2.1, PROTO-13] a record', () => {})", ids: ['RT-2.1', 'PROTO-13'] },
    {
      reason: 'describe blocks and modifiers count',
      source: 'describe.only("[HARD-19.3-1] x", f); it.each(rows)(`[CI-4.1] y`, f)',
      ids: ['HARD-19.3-1', 'CI-4.1'],
    },
    { reason: 'a title on the line after the parenthesis', source: "test(\n  '[REQ-CONNEC-0100] z',\n  f)", ids: ['REQ-CONNEC-0100'] },
    { reason: 'the title of a table of literal cases', source: "test.each([\n  { a: 1 },\n])('[RT-3.R1] $a', f)", ids: ['RT-3.R1'] },
    { reason: 'a comment shows nothing', source: '// [RT-2.1] is shown elsewhere', ids: [] },
    { reason: 'what is no ID is no claim', source: "test('[x] takes [1, 2]', f)", ids: [] },
  ])('$reason', ({ source, ids }) => {
    expect([...idsInTitles(source)]).toEqual(ids);
  });
});
