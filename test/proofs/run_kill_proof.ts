/**
 * kill -9 of streams and workers while the market trades, a command of its own:
 *   node --import tsx test/proofs/run_kill_proof.ts [kills=200] [seed=1]
 */
import { proveKills } from './kill_proof.ts';
import { startProofDatabases } from './proof_database.ts';
import { buildProgram } from './restarted_process.ts';

const [kills = '200', seed = '1'] = process.argv.slice(2);
buildProgram();
const databases = await startProofDatabases();
try {
  const { database, close } = await databases.open('kills');
  const report = await proveKills({ database, seed, kills: Number(kills) });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  await close();
} finally {
  await databases.stop();
}
