import { describe, expect, it } from 'vitest';
import { AppError } from '../runtime/errors.ts';
import { StoreError, storeError } from './errors.ts';

const driver = (code: string, message = 'said the server') =>
  Object.assign(new Error(message), { code, severity: 'ERROR' });

describe('errors of the driver', () => {
  it.each([
    ['40001', 'STORE_SERIALIZATION', true],
    ['40P01', 'STORE_DEADLOCK', true],
    ['53100', 'STORE_DISK_FULL', true],
    ['53300', 'STORE_CONNECTION', true],
    ['57P01', 'STORE_CONNECTION', true],
    ['57P03', 'STORE_CONNECTION', true],
    ['57014', 'STORE_TIMEOUT', true],
    ['55P03', 'STORE_TIMEOUT', true],
    ['08006', 'STORE_CONNECTION', true],
    ['23505', 'STORE_CONSTRAINT', false],
    ['28P01', 'STORE_PERMISSION', false],
    ['42501', 'STORE_PERMISSION', false],
    ['42P01', 'STORE_QUERY', false],
  ])('SQLSTATE %s is %s', (sqlState, code, retryable) => {
    expect(storeError(driver(sqlState))).toMatchObject({ code, retryable, sqlState });
  });

  it.each([
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'STORE_CONNECTION'],
    [new Error('Connection terminated unexpectedly'), 'STORE_CONNECTION'],
    [new Error('Connection terminated due to connection timeout'), 'STORE_CONNECTION'],
    [new Error('timeout exceeded when trying to connect'), 'STORE_TIMEOUT'],
    [new Error('Query read timeout'), 'STORE_TIMEOUT'],
  ])('%s is retryable', (error, code) => {
    expect(storeError(error)).toMatchObject({ code, retryable: true, sqlState: undefined });
  });

  it('takes an internal error that ends the connection for an outage, and one of a statement for a mistake', () => {
    const internal = (severity: string) =>
      Object.assign(new Error('could not write init file'), { code: 'XX000', severity });
    expect(storeError(internal('FATAL'))).toMatchObject({ code: 'STORE_CONNECTION', retryable: true });
    expect(storeError(internal('ERROR'))).toMatchObject({ code: 'STORE_QUERY', retryable: false });
  });

  it('leaves alone what is not of the database, and what is typed already', () => {
    const own = new AppError('OTHER', 'x');
    const bug = new TypeError('x is not a function');
    expect(storeError(own)).toBe(own);
    expect(storeError(bug)).toBe(bug);
    expect(storeError(new StoreError('STORE_QUERY', 'x'))).toBeInstanceOf(StoreError);
    expect(storeError('text')).toBe('text');
  });
});
