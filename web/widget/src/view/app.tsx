import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { Home } from './home.tsx';
import { Icon } from './icon.tsx';
import { Talk } from './talk.tsx';
import { Write } from './write.tsx';

export interface Frame {
  /** Whether the page shows our button; else the host page opens the panel by itself. */
  readonly button: boolean;
  readonly left: boolean;
  /** The narrow screen is all panel: the page behind it is out of reach. */
  phone: boolean;
}

export function App({ support, frame }: { support: Support; frame: Frame }) {
  const { t, opened, unread, view } = support;
  const Body = { home: Home, write: Write, talk: Talk }[view.name];
  return (
    <div class={frame.left ? 'desk left' : 'desk'} lang={support.language}>
      {frame.button && !(opened && frame.phone) && (
        <button
          class="launcher"
          aria-expanded={opened}
          aria-label={opened ? t('close') : null}
          onclick={() => (opened ? support.close() : support.open())}
          onpointerenter={() => support.desk ?? support.loadDesk().catch(() => null)}
        >
          <Icon name={opened ? 'close' : 'chat'} />
          {!opened && <span>{t('ask')}</span>}
          {!opened &&
            unread > 0 && [
              <b class="badge" aria-hidden={true}>
                {unread}
              </b>,
              <i>{t('unread', { count: unread })}</i>,
            ]}
        </button>
      )}
      {opened && (
        <div
          class="panel"
          role="dialog"
          tabindex="-1"
          aria-label={t('panel')}
          aria-modal={frame.phone}
          onkeydown={(event: KeyboardEvent) => keys(event, support, frame)}
        >
          <Body support={support} />
        </div>
      )}
    </div>
  );
}

function keys(event: KeyboardEvent, support: Support, frame: Frame): void {
  // The host page's shortcuts are not meant for what is typed here.
  event.stopPropagation();
  const panel = event.currentTarget as HTMLElement;
  const dialog = panel.querySelector<HTMLElement>('.secret');
  if (event.key === 'Escape' && !event.isComposing) {
    if (dialog) support.composer.remove();
    else support.close();
  }
  if (event.key === 'Tab' && (dialog ?? frame.phone)) hold(event, dialog ?? panel);
}

/** Keeps the focus inside: past the last stop comes the first. */
function hold(event: KeyboardEvent, inside: HTMLElement): void {
  const stops = [...inside.querySelectorAll<HTMLElement>('button,a,summary,textarea,input')].filter(
    (stop) => !stop.hasAttribute('disabled') && stop.offsetParent,
  );
  const [from, to] = event.shiftKey
    ? [stops[0], stops[stops.length - 1]]
    : [stops[stops.length - 1], stops[0]];
  const at = (inside.getRootNode() as ShadowRoot).activeElement;
  if (at === from || !stops.includes(at as HTMLElement)) {
    event.preventDefault();
    to?.focus();
  }
}
