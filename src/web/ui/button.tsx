import type { ButtonHTMLAttributes, Ref } from 'react';
import styles from './button.module.css';
import { Icon, type IconName } from './icon.tsx';
import { pick } from './pick.ts';

const c = pick(styles);

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'normal' | 'primary' | 'quiet';
  readonly small?: boolean;
  readonly icon?: IconName;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = 'normal', small = false, icon, children, type, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type ?? 'button'}
      className={c('button', look !== 'normal' && look, small && 'small')}
    >
      {icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon'> {
  readonly icon: IconName;
  /** Its name, also shown on hover and focus. */
  readonly label: string;
  readonly filled?: boolean;
}

export function IconButton({
  icon,
  label,
  look = 'quiet',
  small = false,
  filled = false,
  type,
  ...rest
}: IconButtonProps) {
  return (
    <button
      {...rest}
      type={type ?? 'button'}
      aria-label={label}
      data-tip={label}
      className={c('button', 'icon', look !== 'normal' && look, small && 'small')}
    >
      <Icon name={icon} size={small ? 14 : 16} filled={filled} />
    </button>
  );
}
