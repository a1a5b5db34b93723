import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { actionHash, packAction } from './action_hash.ts';
import { addressOf, RECOVERIES, recoverSigner } from './recover.ts';
import { agentDigest, fromHex, type TypedField, toHex, userDigest } from './typed_data.ts';

interface Rsv {
  r: string;
  s: string;
  v: number;
}
interface L1Vector {
  name: string;
  signer: string;
  action: object;
  nonce: number;
  vaultAddress: string | null;
  expiresAfter: number | null;
  msgpackHex?: string;
  connectionId: string;
  mainnet: Rsv;
  testnet: Rsv;
}

const signature = ({ r, s, v }: Rsv) => ({ r: fromHex(r), s: fromHex(s), v });
const order = (p: string, s: string, rest: object = {}) => ({
  type: 'order',
  orders: [{ a: 1, b: true, p, s, r: false, t: { limit: { tif: 'Gtc' } }, ...rest }],
  grouping: 'na',
});
const PYTHON = '0x14791697260e4c9a71f18484c9f997b308e59325';

/** Facts printed in the protocol's public documentation and SDK tests: nonce 0, both networks. */
const PRINTED: L1Vector[] = [
  {
    name: 'order',
    signer: PYTHON,
    action: order('100', '100'),
    nonce: 0,
    vaultAddress: null,
    expiresAfter: null,
    connectionId: '0x884f2c32bb6dbdd65f6033e32fb28c0cb6f5b345db0f6471fd3366d85c9252c1',
    mainnet: {
      r: '0xd65369825a9df5d80099e513cce430311d7d26ddf477f5b3a33d2806b100d78e',
      s: '0x2b54116ff64054968aa237c20ca9ff68000f977c93289157748a3162b6ea940e',
      v: 28,
    },
    testnet: {
      r: '0x82b2ba28e76b3d761093aaded1b1cdad4960b3af30212b343fb2e6cdfa4e3d54',
      s: '0x6b53878fc99d26047f4d7e8c90eb98955a109f44209163f52d8dc4278cbbd9f5',
      v: 27,
    },
  },
  {
    name: 'order with cloid',
    signer: PYTHON,
    action: order('100', '100', { c: '0x00000000000000000000000000000001' }),
    nonce: 0,
    vaultAddress: null,
    expiresAfter: null,
    connectionId: '0x0ba500cedd8f4ba6ded620a0b1cd04f124d9ba745e2e2893fcc763bcc1444af5',
    mainnet: {
      r: '0x041ae18e8239a56cacbc5dad94d45d0b747e5da11ad564077fcac71277a946e3',
      s: '0x3c61f667e747404fe7eea8f90ab0e76cc12ce60270438b2058324681a00116da',
      v: 27,
    },
    testnet: {
      r: '0xeba0664bed2676fc4e5a743bf89e5c7501aa6d870bdb9446e122c9466c5cd16d',
      s: '0x7f3e74825c9114bc59086f1eebea2928c190fdfbfde144827cb02b85bbe90988',
      v: 28,
    },
  },
  {
    name: 'dummy with vault',
    signer: PYTHON,
    action: { type: 'dummy', num: 100_000_000_000 },
    nonce: 0,
    vaultAddress: '0x1719884eb866cb12b2287399b15f7db5e7d775ea',
    expiresAfter: null,
    connectionId: '0xde9e09a7a3da45cc694096d4bfdcd89bc1b892d05497c5ecc1f56c335945184c',
    mainnet: {
      r: '0x003c548db75e479f8012acf3000ca3a6b05606bc2ec0c29c50c515066a326239',
      s: '0x4d402be7396ce74fbba3795769cda45aec00dc3125a984f2a9f23177b190da2c',
      v: 28,
    },
    testnet: {
      r: '0xe281d2fb5c6e25ca01601f878e4d69c965bb598b88fac58e475dd1f5e56c362b',
      s: '0x7ddad27e9a238d045c035bc606349d075d5c5cd00a6cd1da23ab5c39d4ef0f60',
      v: 27,
    },
  },
];

function checkL1(vector: L1Vector): void {
  const id = actionHash(vector.action, vector.nonce, vector.vaultAddress, vector.expiresAfter);
  if (vector.msgpackHex !== undefined) expect(toHex(packAction(vector.action))).toBe(vector.msgpackHex);
  expect(toHex(id)).toBe(vector.connectionId);
  for (const [source, rsv] of [
    ['a', vector.mainnet],
    ['b', vector.testnet],
  ] as const)
    expect(recoverSigner(agentDigest(source, id), signature(rsv))).toBe(vector.signer.toLowerCase());
}

const USER_FIELDS: Record<string, readonly TypedField[]> = {
  UsdSend: [
    ['hyperliquidChain', 'string'],
    ['destination', 'string'],
    ['amount', 'string'],
    ['time', 'uint64'],
  ],
  ApproveBuilderFee: [
    ['hyperliquidChain', 'string'],
    ['maxFeeRate', 'string'],
    ['builder', 'address'],
    ['nonce', 'uint64'],
  ],
};
USER_FIELDS['Withdraw'] = USER_FIELDS['UsdSend'] ?? [];

describe('signatures printed in the protocol reference', () => {
  it.each(PRINTED)('$name', checkL1);

  it('a hash with vault and expiry', () => {
    const action = {
      type: 'order',
      orders: [{ a: 0, b: true, p: '30000', s: '0.1', r: false, t: { limit: { tif: 'Gtc' } } }],
      grouping: 'na',
    };
    const vault = '0x1234567890123456789012345678901234567890';
    expect(toHex(actionHash(action, 1_234_567_890, vault, 1_234_567_890))).toBe(
      '0x2d62412aa0fc57441b5189841d81554a6a9680bf07204e1454983a9ca44f0744',
    );
  });

  it('a user-signed transfer', () => {
    const message = {
      hyperliquidChain: 'Testnet',
      destination: '0x5e9ee1089755c3435139848e47e6635505d5a13a',
      amount: '1',
      time: 1_687_816_341_423,
    };
    const digest = userDigest('UsdSend', USER_FIELDS['UsdSend'] ?? [], message, 0x66eeen);
    const rsv = {
      r: '0x637b37dd731507cdd24f46532ca8ba6eec616952c56218baeff04144e4a77073',
      s: '0x11a6a24900e6e314136d2592e2f8d502cd89b7c15b198e1bee043c9589f9fad7',
      v: 27,
    };
    expect(recoverSigner(digest, signature(rsv))).toBe(PYTHON);
    expect(recoverSigner(digest, signature({ ...rsv, v: 28 }))).not.toBe(PYTHON);
  });
});

describe('recovery', () => {
  const digest = actionHash({ type: 'noop' }, 1, null, null);
  it.each([
    ['v 26', { r: `0x${'1'.repeat(64)}`, s: `0x${'1'.repeat(64)}`, v: 26 }],
    ['zero r', { r: `0x${'0'.repeat(64)}`, s: `0x${'1'.repeat(64)}`, v: 27 }],
    ['s beyond the order', { r: `0x${'1'.repeat(64)}`, s: `0x${'f'.repeat(64)}`, v: 27 }],
  ])('%s fits no key', (_, rsv) => {
    expect(recoverSigner(digest, signature(rsv))).toBeUndefined();
  });

  it('native and pure code agree', () => {
    const first = PRINTED[0];
    const rsv = signature(first?.mainnet ?? { r: '', s: '', v: 0 });
    const bytes = Uint8Array.from([...rsv.r, ...rsv.s]);
    const message = agentDigest('a', fromHex(first?.connectionId ?? ''));
    for (const recover of Object.values(RECOVERIES))
      expect(addressOf(recover(message, bytes, rsv.v - 27))).toBe(PYTHON);
  });
});

const FILE = join(import.meta.dirname, '../../../../shared/data/signing/signing-vectors.json');
describe.skipIf(!existsSync(FILE))('all 46 recorded vectors (../shared/data/signing)', () => {
  const vectors = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
  let checked = 0;

  it('L1 signatures on both networks', () => {
    for (const vector of vectors.l1Signatures as L1Vector[]) {
      checkL1(vector);
      checked += 2;
    }
  });

  it('action hashes', () => {
    for (const { action, nonce, vaultAddress, expiresAfter, connectionId } of vectors.actionHashes) {
      expect(toHex(actionHash(action, nonce, vaultAddress ?? null, expiresAfter ?? null))).toBe(connectionId);
      checked++;
    }
  });

  it('signatures of raw connection ids', () => {
    const signer = vectors.keys.rust.address;
    for (const { connectionId, mainnet, testnet } of vectors.connectionIdSignatures) {
      expect(recoverSigner(agentDigest('a', fromHex(connectionId)), signature(mainnet))).toBe(
        signer.toLowerCase(),
      );
      expect(recoverSigner(agentDigest('b', fromHex(connectionId)), signature(testnet))).toBe(
        signer.toLowerCase(),
      );
      checked += 2;
    }
  });

  it('user-signed actions, 46 in all', () => {
    for (const { primaryType, signatureChainId, message, signer, signature: rsv } of vectors.userSigned) {
      const name = String(primaryType).split(':')[1] ?? '';
      const digest = userDigest(name, USER_FIELDS[name] ?? [], message, BigInt(signatureChainId));
      expect(recoverSigner(digest, signature(rsv))).toBe(signer.toLowerCase());
      checked++;
    }
    expect(checked).toBe(46);
  });
});
