import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const COMMAND = join(import.meta.dirname, '..', 'bin', 'autotrade.mjs');

/** A new sign-in link of the product that runs in `folder`, as a person gets one: the start prints none into a pipe. */
export async function signInLinkOf(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, 'link'], { cwd: folder });
  const link = /^https?:\S+\/sign-in#\S+$/m.exec(stdout)?.[0];
  if (link === undefined) throw new Error(`no link in what it printed:\n${stdout}`);
  return link;
}
