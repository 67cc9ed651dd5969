// What consumer groups did, by commands that went through this server.
import type { GroupAnswer, GroupCommand, VoidReason } from '../groups/group-state.ts';
import { counter } from './exposition.ts';

/** Counts commands of groups and what they moved. */
export class GroupMetrics {
  readonly #commands = new Map<GroupCommand['kind'], number>();
  readonly #voids = new Map<VoidReason, number>();
  #commits = 0;
  #rebalances = 0;
  #expiries = 0;

  /** A command was appended and answered. */
  applied(kind: GroupCommand['kind'], answer: GroupAnswer): void {
    this.#commands.set(kind, (this.#commands.get(kind) ?? 0) + 1);
    if (answer.kind === 'void') {
      this.#voids.set(answer.reason, (this.#voids.get(answer.reason) ?? 0) + 1);
      return;
    }
    const { committed, expired, granted, released } = answer.turnover;
    this.#commits += committed;
    this.#expiries += expired;
    if (granted + released + expired > 0) this.#rebalances += 1;
  }

  /** Lines of Prometheus' text format. */
  render(): string[] {
    return [
      ...counter('millrace_group_commands_total', 'Commands appended to the logs of consumer groups.', samples('kind', this.#commands)),
      ...counter('millrace_group_void_commands_total', 'Commands of consumer groups that changed nothing.', samples('reason', this.#voids)),
      ...counter('millrace_group_commits_total', 'Committed offsets moved, one a partition.', [`${this.#commits}`]),
      ...counter('millrace_group_rebalances_total', 'Commands by which partitions of a group changed hands.', [`${this.#rebalances}`]),
      ...counter('millrace_group_expiries_total', 'Instances that lost partitions because they ran out.', [`${this.#expiries}`]),
    ];
  }
}

function samples(name: string, counts: ReadonlyMap<string, number>): string[] {
  return [...counts].map(([value, count]) => `{${name}="${value}"} ${count}`);
}
