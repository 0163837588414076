import { type Child, h } from '../dom.ts';
import type { Support } from '../support.ts';
import { Icon } from './icon.tsx';

interface Props {
  support: Support;
  title: string;
  back?: () => void;
  /** Second line of the title. */
  under?: Child;
  /** Buttons before the one that closes. */
  extra?: Child;
}

/** What stands above every view: title, the standing line about safety, and whether the network is there. */
export function Head({ support, title, back, under, extra }: Props): Child {
  const { t, desk, language } = support;
  return [
    <div class="head">
      {back && <Button name="back" label={t('back')} onclick={back} />}
      <div class="title">
        <h2>{title}</h2>
        {under}
      </div>
      {extra}
      <Button name="close" label={t('close')} onclick={() => support.close()} />
    </div>,
    <p class="safety">
      <Icon name="shield" />
      {desk?.safety_line[language] ?? t('safety')}
    </p>,
    (support.offline || support.unreachable) &&
      !(support.unreachable && support.view.name === 'home') && (
        <p key="offline" class="strip" role="status">
          <Icon name="clock" />
          {t('offline')}
        </p>
      ),
  ];
}

interface ButtonProps {
  name: Parameters<typeof Icon>[0]['name'];
  label: string;
  onclick: (event: MouseEvent) => void;
  expanded?: boolean;
}

export function Button({ name, label, onclick, expanded }: ButtonProps) {
  return (
    <button
      class="icon"
      aria-label={label}
      title={label}
      aria-expanded={expanded}
      onclick={onclick}
    >
      <Icon name={name} />
    </button>
  );
}
