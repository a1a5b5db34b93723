import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from './env_file.ts';

const parse = (text: string) => parseEnvFile(Buffer.from(text));

describe('parseEnvFile', () => {
  it.each([
    'NETWORK=mainnet\nPORT=9000\n',
    '# a comment\n\n  export PORT = 9000 # why\r\nHOST=::1\r\n',
    'A=\nB=  \nC=#\nD=""\nE=1=2',
    'A="x # y" # z\nB=\'a\\nb\'\nC="a\\nb"\nD=`q"\'`\nE=it\'s',
    'KEY="-----BEGIN\nline=2\n# no comment\n-----END"\nAFTER=1',
    'A=x#cut\nB= "x" \nC=\t1\t',
  ])('reads what is well written as Node does: %j', (text) => {
    const { values, problems } = parse(text);
    expect(problems).toEqual([]);
    const trimmed = Object.entries(parseEnv(text)).map(([key, value]) => [key, value?.trim()]);
    expect(values).toEqual(Object.fromEntries(trimmed));
  });

  it.each([
    ['NETWORK mainnet\nPORT=1', ['.env line 1 is not KEY=value'], { PORT: '1' }],
    ['PORT=1\n\nNETWORK: mainnet', ['.env line 3 is not KEY=value'], { PORT: '1' }],
    ['set PORT=1', ['.env line 1 is not KEY=value'], {}],
    ['=1\nA=2', ['.env line 1 is not KEY=value'], { A: '2' }],
    ['PORT=1\nA=2\nexport PORT=1', ['.env line 3: PORT is in line 1 too; keep one'], { PORT: '1', A: '2' }],
    ['A="x\nB=1', ['.env line 1: the quote " is not closed'], { B: '1' }],
    ['A="x"y\nB=1', ['.env line 1: something stands behind the closing quote "'], { B: '1' }],
    ['A="x\ny"\nhunter2', ['.env line 3 is not KEY=value'], { A: 'x\ny' }],
    ['A=1\nhunter2\0\nB=2\0', ['.env has NUL bytes (line 2, 3); save it as UTF-8'], {}],
  ])('names the line of a mistake, not its text: %j', (text, problems, values) => {
    expect(parse(text)).toEqual({ values, problems });
    expect(problems.join()).not.toContain('hunter2');
  });

  it('reads a file with a byte order mark', () => {
    expect(parse('\uFEFFNETWORK=mainnet')).toEqual({ values: { NETWORK: 'mainnet' }, problems: [] });
  });

  it('refuses other encodings with one sentence', () => {
    const utf16 = Buffer.from('\uFEFFNETWORK=mainnet\nPORT=1\n', 'utf16le');
    const problemsOf = (bytes: Buffer) => parseEnvFile(bytes).problems;
    expect(problemsOf(utf16)).toEqual(['.env is UTF-16; save it as UTF-8']);
    expect(problemsOf(Buffer.from(utf16).swap16())).toEqual(['.env is UTF-16; save it as UTF-8']);
    expect(problemsOf(utf16.subarray(2))).toEqual([expect.stringContaining('NUL bytes (line 1, 2, 3)')]);
    expect(problemsOf(Buffer.from('A=f\xfcnf', 'latin1'))).toEqual([
      '.env is not UTF-8 text; save it as UTF-8',
    ]);
  });

  it('keeps a key that is the name of a prototype as data', () => {
    expect(Object.keys(parse('__proto__=1').values)).toEqual(['__proto__']);
  });
});
