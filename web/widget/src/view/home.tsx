import type { RequestSummary } from '@standfast/api';
import { segments } from '@standfast/ui/mark';
import { durationRange, exact, relative } from '@standfast/ui/time';
import { h } from '../dom.ts';
import { ACTIVE, type Support } from '../support.ts';
import { Head } from './head.tsx';
import { Icon } from './icon.tsx';
import { markText } from './rich.tsx';
import { Risk } from './types.tsx';

export function Home({ support }: { support: Support }) {
  const { t, desk, language, unreachable } = support;
  // While processes are replaced one after the other, one of the version before knows one wait for all.
  const waiting = desk?.waits?.[language] ?? desk?.waiting;
  const visible = support.requests.filter(({ state }) => state !== 'merged' && state !== 'spam');
  const open = visible.filter(({ state }) => ACTIVE.includes(state));
  const past = visible.filter(({ state }) => !ACTIVE.includes(state)).slice(0, 5);
  const expected = waiting?.expected;
  return [
    <Head
      support={support}
      title={desk?.name ?? t('panel')}
      under={
        waiting && <p class={waiting.agents_present ? 'dim here' : 'dim'}>{waiting.presence}</p>
      }
    />,
    <div class="body" key="home">
      {desk?.notice && (
        // In full when pressed: incident, surge and maintenance at once would fill a phone.
        <details class="notice" key="home">
          <summary>{desk.notice[language]}</summary>
        </details>
      )}
      {unreachable && (
        <section class="notice" key="notice">
          <strong>{t('unreachable')}</strong>
          <p>{t('unreachable_next')}</p>
          <p>
            <button class="quiet" onclick={() => support.refresh()}>
              {t('try_again')}
            </button>
            <a href={`${support.api.base}/contact`} target="_blank" rel="noopener">
              {t('contact_page')}
            </a>
          </p>
        </section>
      )}
      {open.length > 0 && <List support={support} title={t('yours')} requests={open} />}
      <section class="wait" key="wait">
        <h3>{t('wait_now')}</h3>
        <p class="figure">
          {expected
            ? t('wait_expected', {
                time: durationRange(expected, language),
              })
            : (waiting ?? unreachable) && t('wait_unknown')}
        </p>
        {waiting && waiting.count > 0 && (
          <p class="dim">{t('wait_count', { count: waiting.count })}</p>
        )}
      </section>
      <button
        key="write"
        class={open.length > 0 ? 'quiet wide' : 'primary wide'}
        onclick={() => support.show({ name: 'write' })}
      >
        {t(open.length > 0 ? 'write_new' : 'write')}
      </button>
      <Risk support={support} />
      {past.length > 0 && <List support={support} title={t('earlier')} requests={past} />}
      <p class="foot">
        <a href={`${support.api.base}/t`} target="_blank" rel="noopener">
          {t('track')}
        </a>
      </p>
    </div>,
  ];
}

function List({
  support,
  title,
  requests,
}: {
  support: Support;
  title: string;
  requests: RequestSummary[];
}) {
  const { t, language } = support;
  return (
    <section key={title}>
      <h3>{title}</h3>
      <ul>
        {requests.map((request) => (
          <li key={request.id}>
            <button class="row" onclick={() => support.show({ name: 'talk', request: request.id })}>
              <span class="main">
                <strong>{brief(support, request.subject)}</strong>
                <span class="dim">
                  {request.at_risk ? (
                    <b class="risk">
                      <Icon name="alert" />
                      {t('at_risk')}
                    </b>
                  ) : (
                    t(`state_${request.state}`)
                  )}
                  {' · '}
                  <time datetime={request.updated_at} title={exact(request.updated_at, language)}>
                    {relative(request.updated_at, Date.now(), language)}
                  </time>
                </span>
              </span>
              {request.unread ? (
                <b class="badge" aria-label={t('unread', { count: request.unread })}>
                  {request.unread}
                </b>
              ) : null}
              <Icon name="next" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function brief({ t }: Support, text: string): string {
  return segments(text)
    .map((part) => (part.kind === 'mark' ? markText(t, part) : part.text))
    .join('');
}
