/** What audits found since the last flush, until it is written. */
import {
  type AuditRecords,
  type DriftRecord,
  POLL_PRIORITY,
  type PollRequest,
  type TraderDexRecord,
} from '../../store/audits.ts';
import type { Snapshot, Verdict } from '../../tracking/audit.ts';

export class AuditBuffer {
  done: number[] = [];
  polls: PollRequest[] = [];
  #traderDexs = new Map<string, TraderDexRecord>();
  #drifts: DriftRecord[] = [];

  judged(
    snapshotId: number,
    snapshot: Snapshot,
    verdict: Extract<Verdict, { kind: 'judged' }>,
    watched: boolean,
  ): void {
    const { traderId, dex, time } = snapshot;
    this.done.push(snapshotId);
    this.#traderDexs.set(`${traderId} ${dex}`, { traderId, dex, ...verdict.state });
    for (const drift of verdict.drifts) {
      this.#drifts.push({ ...drift, snapshotId, traderId, stateTime: time });
    }
    if (verdict.state.quarantined) {
      const priority = watched ? POLL_PRIORITY.watchedAnomaly : POLL_PRIORITY.quarantined;
      this.polls.push({ traderId, dex, priority, reason: 'quarantined' });
    }
  }

  take(): AuditRecords {
    const taken = {
      judged: this.done,
      traderDexs: [...this.#traderDexs.values()],
      drifts: this.#drifts,
      polls: this.polls,
    };
    this.done = [];
    this.polls = [];
    this.#traderDexs = new Map();
    this.#drifts = [];
    return taken;
  }
}
