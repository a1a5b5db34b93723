import { describe, expect, it } from 'vitest';
import { loadSettings } from '../runtime/config/load.ts';
import { webUrl } from './web_url.ts';

const urlOf = (environment: Record<string, string>) =>
  webUrl(loadSettings({ environment, file: {} }, ['base', 'api']).settings);

describe('webUrl', () => {
  it('is the first public address, else the one that is listened on', () => {
    expect(urlOf({})).toBe('http://127.0.0.1:8787');
    expect(urlOf({ HOST: '192.168.1.5', PORT: '9000' })).toBe('http://192.168.1.5:9000');
    const publicUrls = 'https://autotrade.example,https://other.example';
    expect(urlOf({ HOST: '192.168.1.5', PUBLIC_URL: publicUrls })).toBe('https://autotrade.example');
  });
});
