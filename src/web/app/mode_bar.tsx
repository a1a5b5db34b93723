import { pick } from '../ui/pick.ts';
import { MODE_TEXT, useMode } from './mode.ts';
import styles from './mode_bar.module.css';

const c = pick(styles);

/** Bar and frame of every page that say whose prices these are. */
export function ModeBar() {
  const mode = useMode();
  const look = mode === 'connecting' ? 'mainnet' : mode;
  return (
    <>
      <aside className={c('bar', look)} aria-label="Exchange">
        <span className={c('pad')}>{MODE_TEXT[mode]}</span>
      </aside>
      <div className={c('frame', look)} aria-hidden="true" />
    </>
  );
}
