import { describe, expect, it } from 'vitest';
import { welcome } from './start.ts';

const URL_OF_APP = 'http://127.0.0.1:8787';
const LINK = `${URL_OF_APP}/sign-in#code`;

describe('what the start says when the app answers', () => {
  it('is a sign-in link at a terminal', async () => {
    expect(await welcome(URL_OF_APP, true, async () => LINK)).toContain(`\n  ${LINK}\n`);
  });

  it('is how to get a link where the output may be kept; none is made', async () => {
    const made: string[] = [];
    const text = await welcome(URL_OF_APP, false, async () => {
      made.push(LINK);
      return LINK;
    });
    expect(text).toContain(`Open ${URL_OF_APP} in a browser.`);
    expect(text).toContain('npx autotrade link');
    expect(made).toEqual([]);
  });
});
