/** The faults in force. Every decision is a pure function of seed, rule and identity unless a rule has a count. */
import type { Clock } from '../../runtime/clock.ts';
import type { Fields } from '../wire/backend.ts';
import type {
  AnswerFate,
  FaultGate,
  FrameStep,
  RequestFacts,
  RequestFate,
  SocketFacts,
} from '../wire/fault_gate.ts';
import { driftText } from './drift.ts';
import { fateOf } from './fate.ts';
import { ReplicaHistory } from './replica.ts';
import { type FaultKind, type FaultRule, type FaultRuleInput, faultRule } from './rules.ts';
import { sentinelRule } from './sentinels.ts';

interface Active {
  readonly id: number;
  readonly rule: FaultRule;
  /** Monotonic ms; Infinity without forMs. */
  readonly endsAt: number;
  /** Firings left; Infinity without count. */
  left: number;
  fired: number;
  /** How often each topic or client address has come to the rule: with it, a fate of its own every time. */
  readonly tries: Map<string, number>;
  /** The fates of the sockets that have met the rule. */
  readonly sockets: WeakMap<SocketFacts, boolean>;
}

/** Counts one more coming of `key`. @returns how often it came */
function countOne(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  if (counts.size >= MAX_COUNTED && count === 1) counts.clear();
  counts.set(key, count);
  return count;
}

type RequestRule = Extract<FaultRule, { path?: unknown }>;
const REQUEST_KINDS: ReadonlySet<FaultKind> = new Set([
  'http-status',
  'html',
  'truncate',
  'slow',
  'timeout',
  'reset',
  'lagging-replica',
  'schema-drift',
]);

const HTML =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n';
const PASS: readonly FrameStep[] = [{ kind: 'send', delayMs: 0 }];
/** Distinct requests whose repetitions are counted. */
const MAX_COUNTED = 10_000;

export class FaultPlan implements FaultGate {
  readonly #seed: string;
  readonly #clock: Clock;
  readonly #active = new Map<number, Active>();
  readonly #seen = new Map<string, number>();
  readonly #replica: ReplicaHistory;
  #nextId = 1;

  constructor(seed: string, clock: Clock) {
    this.#seed = seed;
    this.#clock = clock;
    this.#replica = new ReplicaHistory(clock);
  }

  /** Puts a rule in force. @returns its id @throws ZodError when it is not a rule */
  add(input: FaultRuleInput): number {
    const rule = faultRule.parse(input);
    const id = this.#nextId++;
    const endsAt = rule.forMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.monotonic() + rule.forMs;
    const left = rule.count ?? Number.POSITIVE_INFINITY;
    this.#active.set(id, { id, rule, endsAt, left, fired: 0, tries: new Map(), sockets: new WeakMap() });
    return id;
  }

  remove(id: number): boolean {
    return this.#active.delete(id);
  }

  clear(): void {
    this.#active.clear();
  }

  list(): { id: number; rule: FaultRule; fired: number }[] {
    return [...this.#rules()].map(({ id, rule, fired }) => ({ id, rule, fired }));
  }

  request(facts: RequestFacts): RequestFate | undefined {
    if (this.#active.size === 0 && sentinelRule(facts.body) === undefined) return undefined;
    const identity = this.#identity(facts);
    const user = lazily(() => userOf(facts));
    let delayMs = 0;
    let found: { stage: 'before' | 'after'; answer: AnswerFate } | undefined;
    const sentinel = sentinelRule(facts.body);
    if (sentinel !== undefined) {
      if (sentinel.kind === 'slow') delayMs += sentinel.delayMs;
      else found = this.#answerFate(sentinel, facts);
    }
    for (const active of this.#rules()) {
      const { rule } = active;
      if (!REQUEST_KINDS.has(rule.kind) || !matchesRequest(rule as RequestRule, facts, user)) continue;
      if (!this.#fires(active, identity)) continue;
      if (rule.kind === 'slow') delayMs += rule.delayMs;
      else found ??= this.#answerFate(rule as RequestRule, facts);
    }
    if (found === undefined && delayMs === 0) return undefined;
    return { delayMs, stage: found?.stage ?? 'after', answer: found?.answer };
  }

  frame(key: string, frame: string): readonly FrameStep[] {
    if (this.#active.size === 0) return PASS;
    let steps = PASS;
    for (const active of this.#rules()) {
      const { rule } = active;
      if (!matchesTopic(rule, key) || !FRAME_STEPS.has(rule.kind) || !this.#fires(active, frame)) continue;
      steps = (FRAME_STEPS.get(rule.kind) as (rule: FaultRule) => readonly FrameStep[])(rule);
    }
    return steps;
  }

  connect(ip: string): number | undefined {
    for (const active of this.#rules())
      if (active.rule.kind === 'refuse-connect' && this.#firesNext(active, ip)) return active.rule.status;
    return undefined;
  }

  subscribe(key: string): 'accept' | 'ignore' | { readonly error: string } {
    for (const active of this.#rules()) {
      const { rule } = active;
      if (rule.kind !== 'refuse-subscribe' || !matchesTopic(rule, key)) continue;
      if (this.#firesNext(active, key)) return rule.error === undefined ? 'ignore' : { error: rule.error };
    }
    return 'accept';
  }

  /** Decided when the socket first has something to send under the rule, and kept as long as both are there. */
  halfOpen(socket: SocketFacts): boolean {
    for (const active of this.#rules()) {
      if (active.rule.kind !== 'half-open') continue;
      let hit = active.sockets.get(socket);
      if (hit === undefined) {
        hit = active.left > 0 && this.#fires(active, `${socket.ip} ${socket.ordinal}`);
        active.sockets.set(socket, hit);
      }
      if (hit) return true;
    }
    return false;
  }

  *#rules(): Iterable<Active> {
    const now = this.#clock.monotonic();
    for (const active of this.#active.values()) {
      // Sockets stay half open when the last that may be has become so.
      const spent = active.left <= 0 && active.rule.kind !== 'half-open';
      if (active.endsAt > now && !spent) yield active;
      else this.#active.delete(active.id);
    }
  }

  #fires(active: Active, identity: string): boolean {
    const { rule } = active;
    if (rule.share < 1 && fateOf(this.#seed, rule.name ?? rule.kind, identity) >= rule.share) return false;
    active.left--;
    active.fired++;
    return true;
  }

  /** Decides for the next coming of what has no identity but its name and how often it came. */
  #firesNext(active: Active, key: string): boolean {
    return this.#fires(active, `${key} ${countOne(active.tries, key)}`);
  }

  /** Nonce for actions; for reads the client's request id, else the body and how often it came from there. */
  #identity({ path, ip, body, requestId }: RequestFacts): string {
    if (path === '/exchange') return `${path} ${String(body['nonce'])} ${String(body['vaultAddress'])}`;
    if (requestId !== undefined) return `${path} ${requestId}`;
    const key = `${ip} ${JSON.stringify(body)}`;
    return `${path} ${key} ${countOne(this.#seen, key)}`;
  }

  #answerFate(rule: RequestRule, facts: RequestFacts): { stage: 'before' | 'after'; answer: AnswerFate } {
    const after = (rewrite: (text: string) => string) =>
      ({ stage: 'after', answer: { kind: 'rewrite', rewrite } }) as const;
    switch (rule.kind) {
      case 'timeout':
        return { stage: rule.stage, answer: { kind: 'hang' } };
      case 'reset':
        return { stage: rule.stage, answer: { kind: 'reset' } };
      case 'http-status':
      case 'html':
        return { stage: rule.stage, answer: replacement(rule) };
      case 'truncate':
        return after((text) => text.slice(0, Math.max(1, Math.floor(text.length / 2))));
      case 'schema-drift':
        return after((text) => driftText(text, rule.drift));
      case 'lagging-replica':
        return after((text) => this.#replica.older(JSON.stringify(facts.body), text, rule.lagMs));
      case 'slow':
        return after((text) => text);
    }
  }
}

function replacement(rule: Extract<FaultRule, { kind: 'http-status' | 'html' }>): AnswerFate {
  const html = rule.kind === 'html' || rule.status === 502 || rule.status === 503;
  const retryAfter = rule.kind === 'http-status' ? rule.retryAfterSeconds : undefined;
  return {
    kind: 'replace',
    status: rule.status,
    contentType: html ? 'text/html' : 'application/json',
    body: html ? HTML : 'null',
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  };
}

/** To recover a signer costs more than the rest of a request, so it waits until a rule asks. */
function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const userOf = ({ path, body, actor }: RequestFacts): string =>
  String((path === '/exchange' ? actor() : body['user']) ?? '').toLowerCase();

function matchesRequest(rule: RequestRule, { path, ip, body }: RequestFacts, user: () => string): boolean {
  const action = body['action'] as Fields | undefined;
  const type = path === '/info' ? body['type'] : action?.['type'];
  return (
    (rule.path === undefined || rule.path === path) &&
    (rule.type === undefined || rule.type === type) &&
    (rule.ip === undefined || rule.ip === ip) &&
    (rule.user === undefined || rule.user.toLowerCase() === user())
  );
}

function matchesTopic(rule: FaultRule, key: string): boolean {
  if (!('channel' in rule || 'coin' in rule || 'user' in rule)) return true;
  const { channel, coin, user } = rule as { channel?: string; coin?: string; user?: string };
  if (channel === undefined && coin === undefined && user === undefined) return true;
  const topic = JSON.parse(key) as Record<string, unknown>;
  return (
    (channel === undefined || channel === topic['type']) &&
    (coin === undefined || coin === topic['coin']) &&
    (user === undefined || user.toLowerCase() === topic['user'])
  );
}

const FRAME_STEPS: ReadonlyMap<FaultKind, (rule: FaultRule) => readonly FrameStep[]> = new Map([
  ['drop-frame', () => []],
  ['silent-stall', () => []],
  ['duplicate-frame', () => [...PASS, ...PASS]],
  ['reorder-frame', () => [{ kind: 'hold' }]],
  ['delay-frame', (rule) => [{ kind: 'send', delayMs: 'delayMs' in rule ? rule.delayMs : 0 }]],
  ['close-socket', (rule) => [{ kind: 'close', code: 'code' in rule ? rule.code : 1006 }]],
] as [FaultKind, (rule: FaultRule) => readonly FrameStep[]][]);
