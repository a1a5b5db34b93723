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
      <div className={c('bar', look)} role="note" aria-label="Exchange">
        <span className={c('pad')}>{MODE_TEXT[mode]}</span>
      </div>
      <div className={c('frame', look)} aria-hidden="true" />
    </>
  );
}
