import { describe, expect, it } from 'vitest';
import { GROUPS, type GroupName } from '../runtime/config/groups.ts';
import { loadSettings } from '../runtime/config/load.ts';
import { parseServiceName, ROLES, servicesFor } from './roles.ts';
import { dependencyOrder } from './supervisor/service.ts';

const services = (environment: Record<string, string>) =>
  servicesFor(loadSettings({ environment, file: {} }, Object.keys(GROUPS) as GroupName[]).settings);
const names = (environment: Record<string, string>) => services(environment).map(({ name }) => name);

describe('servicesFor', () => {
  it('runs everything itself by default', () => {
    expect(names({})).toEqual(expect.arrayContaining(['database', 'simulator', 'api']));
  });

  it('leaves out what the settings replace, also as a dependency', () => {
    const external = services({ NETWORK: 'mainnet', DATABASE_URL: 'postgres://a:b@c/d' });
    expect(external.map(({ name }) => name)).not.toContain('database');
    expect(external.map(({ name }) => name)).not.toContain('simulator');
    expect(external.find(({ name }) => name === 'api')?.dependsOn).toEqual([]);
  });
});

describe('ROLES', () => {
  // All of the program is read and compiled for it.
  it('depend on one another without a circle, and every one can be loaded', { timeout: 60_000 }, async () => {
    const all = ROLES.map(({ name, dependsOn }) => ({ name, dependsOn }));
    expect(dependencyOrder(all)).toHaveLength(ROLES.length);
    for (const role of ROLES) expect(await role.load()).toBeTypeOf('function');
  });
});

describe('parseServiceName', () => {
  it('splits role and account', () => {
    expect(parseServiceName('copier@main')).toEqual({ role: 'copier', instance: 'main' });
    expect(parseServiceName('stream')).toEqual({ role: 'stream', instance: undefined });
  });
});
