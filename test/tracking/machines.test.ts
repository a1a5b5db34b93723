import { expect, it } from 'vitest';
import { createTestDatabase, redisServer } from '../database.ts';
import { namespacesMissing } from '../proofs/machines.ts';
import { proveMachines } from '../proofs/machines_proof.ts';

const redis = await redisServer();
const missing = 'missing' in redis ? redis.missing : namespacesMissing();
if (missing !== undefined) process.stdout.write(`skipped the proof over several machines: ${missing}\n`);

it.skipIf(missing !== undefined)(
  'machines killed, cut off and frozen stop nothing, count for nothing, and overdraw nothing',
  async () => {
    const test = await createTestDatabase();
    try {
      const report = await proveMachines({
        database: test.database,
        redisUrl: 'url' in redis ? redis.url : '',
        seed: test.name.replaceAll('_', '-'),
        traders: 60,
        awayMs: 22_000,
        togetherMs: 5_000,
      });
      expect(report).toMatchObject({ refused: 0, violations: 0, late: 0 });
      expect(report.mostWeightInAMinute).toBeLessThanOrEqual(1200);
      expect(report.states).toBeGreaterThan(100);
    } finally {
      await test.close();
    }
  },
  300_000,
);
