import { createSignInLink } from '../../api/access.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Source } from '../../runtime/config/environment.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { withDatabase } from '../command_database.ts';
import { webUrl } from '../web_url.ts';
import type { Command } from './command.ts';

/** A new single-use address; for the terminal only, never for a log. */
export async function signInLink(source: Source): Promise<string> {
  const { settings } = loadSettings(source, ['storage', 'api', 'simulator']);
  return withDatabase(settings, async (database) => {
    const { url } = await createSignInLink(database, systemClock, { baseUrl: webUrl(settings) });
    return url.reveal();
  });
}

export const linkCommand: Command = {
  name: 'link',
  usage: '',
  summary: 'print a new sign-in link for the browser',
  help: 'The link works once, for 10 minutes. Whoever has it is signed in: do not send it to anybody.',
  options: {},
  words: { min: 0, max: 0 },
  async run({ source, print }) {
    print(await signInLink(source));
    return 0;
  },
};
