import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { browserClock } from '../browser.ts';
import { shortAddress } from '../format/address.ts';
import styles from './address.module.css';
import { announce } from './announce.ts';
import { IconButton } from './button.tsx';
import { pick } from './pick.ts';

const c = pick(styles);

/** Copies all 42 characters and says so. */
export function CopyAddress({ address, tabIndex }: { readonly address: string; readonly tabIndex?: number }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      setDone(true);
      announce('Address copied');
      browserClock.after(1_500, () => setDone(false));
    } catch {
      announce('The browser refused access to the clipboard');
    }
  };
  return (
    <IconButton
      small
      icon={done ? 'check' : 'copy'}
      label={done ? 'Copied' : `Copy address ${shortAddress(address)}`}
      tabIndex={tabIndex}
      onClick={(event) => {
        event.stopPropagation();
        void copy();
      }}
    />
  );
}

/** A trader's address as a link to its page. */
export function AddressLink({ address, tabIndex }: { readonly address: string; readonly tabIndex?: number }) {
  return (
    <Link
      to="/traders/$address"
      params={{ address }}
      className={c('text')}
      data-tip={address}
      tabIndex={tabIndex}
    >
      {shortAddress(address)}
    </Link>
  );
}

export const addressClass = c('address');
