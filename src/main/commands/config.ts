import { effectiveSettings } from '../../runtime/config/describe.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import type { Command } from './command.ts';
import { ALL_GROUPS } from './start.ts';

export const configCheckCommand: Command = {
  name: 'config check',
  usage: '',
  summary: 'check the settings and print what is in force',
  help: 'Passwords and keys are hidden. All mistakes are reported at once, with exit code 78. Every setting: docs/CONFIG.md.',
  options: {},
  words: { min: 0, max: 0 },
  async run({ source, print }) {
    const loaded = loadSettings(source, ALL_GROUPS);
    const { settings, hash } = effectiveSettings(loaded);
    const width = Math.max(...settings.map(({ name }) => name.length));
    for (const { name, value, origin } of settings)
      print(`${name.padEnd(width)}  ${value || '(absent)'}${origin === 'default' ? '' : `  (${origin})`}`);
    for (const warning of loaded.warnings) print(`warning: ${warning}`);
    print(`\nThe settings are fine (hash ${hash}).`);
    return 0;
  },
};
