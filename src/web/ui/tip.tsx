/**
 * One tooltip for the whole page: any element with `data-tip` shows it on hover and on keyboard focus. It only
 * repeats for the eye what the element already says to a screen reader, hence hidden from it. Escape hides it.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { browserClock, type Timer } from '../browser.ts';
import { pick } from './pick.ts';
import styles from './tip.module.css';

const c = pick(styles);
const WAIT_MS = 250;
const GAP_PX = 6;

const carrierOf = (target: EventTarget | null): HTMLElement | null => {
  if (!(target instanceof Element)) return null;
  const around = target.closest<HTMLElement>('[data-tip]');
  return around ?? (target.matches(':focus') ? target.querySelector<HTMLElement>('[data-tip]') : null);
};

function useCarrier(): HTMLElement | null {
  const [carrier, setCarrier] = useState<HTMLElement | null>(null);
  useEffect(() => {
    let timer: Timer | null = null;
    const show = (event: Event, waitMs: number) => {
      const next = carrierOf(event.target);
      timer?.cancel();
      if (next === null) setCarrier(null);
      else timer = browserClock.after(waitMs, () => setCarrier(next));
    };
    const over = (event: Event) => show(event, WAIT_MS);
    const focus = (event: Event) => {
      if (event.target instanceof Element && event.target.matches(':focus-visible')) show(event, 0);
    };
    const hide = () => {
      timer?.cancel();
      setCarrier(null);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') hide();
    };
    document.addEventListener('pointerover', over);
    document.addEventListener('focusin', focus);
    document.addEventListener('focusout', hide);
    document.addEventListener('pointerdown', hide);
    document.addEventListener('scroll', hide, true);
    document.addEventListener('keydown', onKey);
    return () => {
      timer?.cancel();
      document.removeEventListener('pointerover', over);
      document.removeEventListener('focusin', focus);
      document.removeEventListener('focusout', hide);
      document.removeEventListener('pointerdown', hide);
      document.removeEventListener('scroll', hide, true);
      document.removeEventListener('keydown', onKey);
    };
  }, []);
  return carrier;
}

/** Below the carrier if there is room, else above; inside the page. */
function place(tip: HTMLElement, carrier: HTMLElement): void {
  const around = carrier.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const below = around.bottom + GAP_PX;
  const top = below + size.height > window.innerHeight ? around.top - GAP_PX - size.height : below;
  const middle = around.left + around.width / 2 - size.width / 2;
  const left = Math.max(8, Math.min(middle, window.innerWidth - size.width - 8));
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

export function TipLayer() {
  const carrier = useCarrier();
  const tip = useRef<HTMLDivElement>(null);
  const text = carrier?.isConnected ? carrier.dataset['tip'] : undefined;
  useLayoutEffect(() => {
    if (tip.current !== null && carrier !== null && text !== undefined) place(tip.current, carrier);
  }, [carrier, text]);
  if (text === undefined || text === '') return null;
  return (
    <div ref={tip} className={c('tip')} aria-hidden="true">
      {text}
    </div>
  );
}
