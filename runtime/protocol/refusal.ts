import { Fault } from '../../platform/errors.ts';
import type { RefusalReason } from '../../schemas/terminal-reasons.ts';
import { terminalReasons } from '../../schemas/terminal-reasons.ts';

/** What was refused, and where. */
export interface RefusalInit {
  reason: RefusalReason;
  /** Name of the rule that was broken, such as `dependency_cycle` or `resources_empty`. */
  rule: string;
  /** Path of the field in the document that it came from, such as `streams[1].stateStream`. */
  path: string;
  message: string;
  details?: Record<string, unknown>;
}

/** A fault found before spawn: no process, no `run.started`, no retry. Thrown by every check of manifest, bindings, scope and stored state. */
export class Refusal extends Fault {
  readonly rule: string;
  readonly path: string;

  constructor(init: RefusalInit) {
    super({
      reason: init.reason,
      message: `${init.path}: ${init.message} (${init.rule})`,
      hint: terminalReasons[init.reason].hint,
      disposition: { kind: 'stall' },
      details: { ...init.details, rule: init.rule, path: init.path },
    });
    this.name = 'Refusal';
    this.rule = init.rule;
    this.path = init.path;
  }
}
