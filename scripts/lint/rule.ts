/** A node of the syntax tree, as far as our rules look at it. */
export interface SyntaxNode {
  type?: string;
  [key: string]: unknown;
}

/** What a rule learns about the file and how it reports. */
export interface RuleContext {
  readonly filename: string;
  readonly cwd: string;
  report(finding: { node: unknown; message: string }): void;
}

/** The part of the ESLint rule interface that oxlint's JavaScript plugins take and that we use. */
export interface Rule {
  /** Visitors by node type; `never` because each takes its own shape of node. */
  create(context: RuleContext): Record<string, (node: never) => void>;
}
