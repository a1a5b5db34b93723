/** The web server's addresses as the settings have them. */
import { browserUrl } from '../api/place.ts';
import type { Settings } from '../runtime/config/groups.ts';

/** The words of a setting that takes several, separated by commas. */
export const words = (text: string): string[] => text.split(',').filter((word) => word !== '');

/** What a person opens in a browser. */
export const webUrl = (settings: Pick<Settings, 'HOST' | 'PORT' | 'PUBLIC_URL'>): string =>
  browserUrl({ host: settings.HOST, port: settings.PORT, publicUrls: words(settings.PUBLIC_URL) });
