import { expect, test } from '@jest/globals';
import { table } from '../../../../controller/cli/output.ts';
import { terminalText } from '../../../../controller/cli/terminal-text.ts';

test.each([
  { why: 'title and screen', text: '\u001b]0;mine\u0007\u001b[2Jgone', shown: String.raw`\x1b]0;mine\x07\x1b[2Jgone` },
  { why: 'C1 introducer', text: '\u009b2J', shown: String.raw`\x9b2J` },
  { why: 'a line written over', text: 'failed\rsucceeded', shown: String.raw`failed\x0dsucceeded` },
  { why: 'reversed text', text: 'a\u202eb', shown: String.raw`a\u202eb` },
  { why: 'a hidden text', text: '\u001b[8mx', shown: String.raw`\x1b[8mx` },
])('$why: a control character is shown, not obeyed', ({ text, shown }) => {
  expect(terminalText(text)).toBe(shown);
});

test('lines, tabs, other scripts and our own colours stay', () => {
  const coloured = table([{ header: 'State', show: (state: string) => state }], ['True', 'False', 'Unknown'], true);
  for (const text of ['a\tb\r\nc\n', 'é 𝄞 עברית', coloured]) expect(terminalText(text)).toBe(text);
  expect(coloured).toContain('\u001b[');
});
