/**
 * Menus. Never modal: the modal form locks scrolling with a <style> element, which the content security policy
 * of the app refuses.
 */
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';
import styles from './menu.module.css';
import { pick } from './pick.ts';

const c = pick(styles);

export const Menu = ({ button, children }: { readonly button: ReactNode; readonly children: ReactNode }) => (
  <DropdownMenu.Root modal={false}>
    <DropdownMenu.Trigger asChild>{button}</DropdownMenu.Trigger>
    <DropdownMenu.Portal>
      <DropdownMenu.Content className={c('panel')} align="end" sideOffset={6} collisionPadding={8}>
        {children}
      </DropdownMenu.Content>
    </DropdownMenu.Portal>
  </DropdownMenu.Root>
);

export interface MenuChoice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

/** One of several. */
export function MenuChoices<Value extends string>({
  label,
  value,
  choices,
  onChoose,
}: {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly MenuChoice<Value>[];
  readonly onChoose: (value: Value) => void;
}) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChoose(next as Value)}>
      <DropdownMenu.Label className={c('label')}>{label}</DropdownMenu.Label>
      {choices.map((choice) => (
        <DropdownMenu.RadioItem key={choice.value} value={choice.value} className={c('item')}>
          <Mark />
          {choice.label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

const Mark = () => (
  <span className={c('mark')}>
    <DropdownMenu.ItemIndicator>
      <Icon name="check" />
    </DropdownMenu.ItemIndicator>
  </span>
);

/** On or off; the menu stays open. */
export const MenuSwitch = ({
  checked,
  onChange,
  children,
}: {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children: ReactNode;
}) => (
  <DropdownMenu.CheckboxItem
    className={c('item')}
    checked={checked}
    onCheckedChange={onChange}
    onSelect={(event) => event.preventDefault()}
  >
    <Mark />
    {children}
  </DropdownMenu.CheckboxItem>
);

export const MenuAction = ({
  icon,
  onSelect,
  children,
}: {
  readonly icon: IconName;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}) => (
  <DropdownMenu.Item className={c('item')} onSelect={onSelect}>
    <span className={c('mark')}>
      <Icon name={icon} />
    </span>
    {children}
  </DropdownMenu.Item>
);

export const MenuLine = () => <DropdownMenu.Separator className={c('line')} />;
