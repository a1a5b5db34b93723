/** Where browsers reach the web server: at its own address, and at others in front of it. */
import { ConfigError } from '../runtime/errors.ts';

export interface Place {
  /** As in HOST: a name, an IP address, or a wildcard for every address of the machine. */
  readonly host: string;
  readonly port: number;
  /** As in PUBLIC_URL, for example of a TLS proxy: "https://autotrade.example". */
  readonly publicUrls?: readonly string[];
}

const WILDCARDS = new Set(['0.0.0.0', '[::]']);

function parse(setting: 'HOST' | 'PUBLIC_URL', text: string, address: string): URL {
  if (URL.canParse(address)) return new URL(address);
  const example = setting === 'HOST' ? '127.0.0.1' : 'https://autotrade.example';
  throw new ConfigError(
    `${setting}_INVALID`,
    `${setting} has no address in it that a browser can open: ${text}. Write it like ${example}.`,
  );
}

/** The server's own address as a browser writes it: an IP address in its one short form, IPv6 in brackets. */
export const ownUrl = ({ host, port }: Pick<Place, 'host' | 'port'>): URL =>
  parse('HOST', host, `http://${host.includes(':') ? `[${host}]` : host}:${port}`);

/** The name in the server's own address; undefined when it listens everywhere, which names no address. */
export function ownName(place: Pick<Place, 'host' | 'port'>): string | undefined {
  const { hostname } = ownUrl(place);
  return WILDCARDS.has(hostname) ? undefined : hostname;
}

export const publicUrlsOf = ({ publicUrls = [] }: Pick<Place, 'publicUrls'>): URL[] =>
  publicUrls.map((text) => parse('PUBLIC_URL', text, text));

/** The address to give to a person: the public one if there is one, else one that is listened on. */
export function browserUrl(place: Place): string {
  const [publicUrl] = publicUrlsOf(place);
  if (publicUrl !== undefined) return publicUrl.origin;
  return ownUrl(ownName(place) === undefined ? { ...place, host: '127.0.0.1' } : place).origin;
}
