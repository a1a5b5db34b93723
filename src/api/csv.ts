/** CSV as RFC 4180, safe to open in a spreadsheet. */

const PLAIN_NUMBER = /^-?\d+(\.\d+)?$/;
/** What a spreadsheet would take as a formula. Coin names are attackers' input. */
const FORMULA = /^[=+\-@\t\r]/;

/** One field: a formula is made text by a leading apostrophe; what needs quotes is quoted. */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  const safe = FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvLine = (values: readonly (string | number | null)[]): string =>
  `${values.map(csvField).join(',')}\r\n`;
