/** Every /info request of this process and its outcome, as seen on the way out. */
import { systemClock } from '../../src/runtime/clock.ts';
import { infoWeight } from '../../src/simulator/wire/weights.ts';

interface Sent {
  readonly port: number;
  readonly type: string;
  readonly user: string;
  /** Monotonic ms of its sending. */
  readonly at: number;
  readonly status: number;
}

export interface TrafficFigures {
  /** Account states answered per minute in the span. */
  readonly statesPerMinute: number;
  readonly refused: number;
  /** Most weight, surcharges left out, sent in any 60 s. */
  readonly mostWeightInAMinute: number;
  /** Longest wait of any account between two of its states, ms; undefined if none had two. */
  readonly longestWaitMs: number | undefined;
}

export class Traffic {
  readonly #sent: Sent[] = [];
  readonly #real = globalThis.fetch;

  /** Watches the platform's own fetch until `end`. */
  begin(): void {
    globalThis.fetch = async (input, init) => {
      const { type = '', user = '' } = JSON.parse(String(init?.body ?? '{}')) as {
        type?: string;
        user?: string;
      };
      const at = systemClock.monotonic();
      const response = await this.#real(input, init);
      const port = Number(new URL(String(input)).port);
      this.#sent.push({ port, type, user, at, status: response.status });
      return response;
    };
  }

  end(): void {
    globalThis.fetch = this.#real;
  }

  figures(port: number, from: number, to: number): TrafficFigures {
    const all = this.#sent.filter((one) => one.port === port).sort((a, b) => a.at - b.at);
    const states = all.filter((one) => one.type === 'clearinghouseState' && one.status === 200);
    const inSpan = states.filter((one) => one.at >= from && one.at < to).length;
    return {
      statesPerMinute: (inSpan * 60_000) / (to - from),
      refused: all.filter((one) => one.status === 429).length,
      mostWeightInAMinute: mostInAMinute(all),
      longestWaitMs: longestWait(states),
    };
  }
}

function mostInAMinute(sent: readonly Sent[]): number {
  let most = 0;
  let weight = 0;
  let first = 0;
  for (const one of sent) {
    weight += infoWeight(one.type);
    for (
      let oldest = sent[first];
      oldest !== undefined && oldest.at <= one.at - 60_000;
      oldest = sent[first]
    ) {
      weight -= infoWeight(oldest.type);
      first++;
    }
    most = Math.max(most, weight);
  }
  return most;
}

function longestWait(states: readonly Sent[]): number | undefined {
  const last = new Map<string, number>();
  let longest: number | undefined;
  for (const { user, at } of states) {
    const before = last.get(user);
    if (before !== undefined) longest = Math.max(longest ?? 0, at - before);
    last.set(user, at);
  }
  return longest;
}
