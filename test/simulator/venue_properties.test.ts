import { describe, it } from 'vitest';
import { provePriceTime } from '../proofs/price_time.ts';
import { proveSequences } from '../proofs/venue_sequences.ts';

// A small share of the long proof; CONTRIBUTING names the command that runs ten thousand sequences.
describe('the venue, over random sequences', () => {
  it('matches as the plainest price-time book does', () => {
    provePriceTime(100);
  });

  it('keeps money, positions, margin and reduce-only right after every block', () => {
    proveSequences(100);
  });
});
