/** The messages of a role process to its process manager, over Node's IPC channel. */
import type { ChildReport } from './supervisor/service.ts';

export type ChildMessage =
  | { readonly type: 'ready' }
  | ({ readonly type: 'status' } & ChildReport)
  /** Alive, but not ready for a reason outside: the time to become ready starts anew. */
  | { readonly type: 'waiting'; readonly message: string }
  /** Why the process is about to end. */
  | { readonly type: 'fatal'; readonly message: string };

/** Reads a message from a child; undefined for anything else, as a child may be of another version. */
export function parseChildMessage(value: unknown): ChildMessage | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  const message = value as Record<string, unknown>;
  const { type, rssBytes, eventLoopLagMs, detail } = message;
  if (type === 'ready') return { type };
  if (type === 'waiting') return { type, message: String(message['message']).slice(0, 400) };
  if (type === 'fatal') return { type, message: String(message['message']).slice(0, 4_000) };
  if (type !== 'status' || typeof rssBytes !== 'number' || typeof eventLoopLagMs !== 'number')
    return undefined;
  return { type, rssBytes, eventLoopLagMs, detail: typeof detail === 'string' ? detail : undefined };
}
