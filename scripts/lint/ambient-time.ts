import type { Rule, SyntaxNode } from './rule.ts';

/** Reads of time and chance that bypass the ports of platform/clock.ts and platform/ids.ts. */
const bannedMembers = new Set(['Date.now', 'Math.random', 'crypto.randomUUID']);
const hint = 'pass a Clock or Ids in (platform/clock.ts, platform/ids.ts), so that a test can hold time still';

/** Bans `Date.now()`, `new Date()` without arguments, `Date()`, `Math.random()` and `randomUUID`. */
export const ambientTimeRule: Rule = {
  create(context) {
    const report = (node: unknown, what: string): void => context.report({ node, message: `${what} is ambient: ${hint}` });
    return {
      NewExpression(node: { callee: SyntaxNode; arguments: unknown[] }) {
        if (isName(node.callee, 'Date') && node.arguments.length === 0) report(node, 'new Date()');
      },
      CallExpression(node: { callee: SyntaxNode }) {
        if (isName(node.callee, 'Date')) report(node, 'Date()');
      },
      MemberExpression(node: { object: SyntaxNode; property: SyntaxNode }) {
        const name = `${String(node.object['name'])}.${String(node.property['name'])}`;
        if (bannedMembers.has(name)) report(node, name);
      },
      ImportSpecifier(node: { imported: SyntaxNode }) {
        if (isName(node.imported, 'randomUUID')) report(node, 'randomUUID');
      },
    };
  },
};

function isName(node: SyntaxNode, name: string): boolean {
  return node['name'] === name;
}
