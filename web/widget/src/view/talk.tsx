import type { Entry } from '@standfast/api';
import type { Outgoing } from '@standfast/ui/outbox';
import { clock, day, exact } from '@standfast/ui/time';
import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { Compose } from './compose.tsx';
import { File } from './file.tsx';
import { Button, Head } from './head.tsx';
import { Icon } from './icon.tsx';
import { Receipt } from './receipt.tsx';
import { Rich } from './rich.tsx';
import { Steps } from './steps.tsx';

export function Talk({ support }: { support: Support }) {
  const { t, current, typing } = support;
  const id = support.view.request ?? '';
  const entries = support.entries[id] ?? [];
  const receipt = support.receipts[id];
  const answers = entries.filter(({ author }) => author.kind === 'agent');
  const answer = answers[answers.length - 1];
  const own = entries.filter(({ author, event }) => !event && author.kind === 'customer');
  const lastOwn = own[own.length - 1]?.seq;
  // An answer proves that what came before it was read.
  const seen = Math.max(support.seenByAgent[id] ?? 0, answer?.seq ?? 0);
  return [
    <Head
      support={support}
      title={answer?.author.name ?? t('panel')}
      back={() => support.show({ name: 'home' })}
      under={
        <p class="dim line">
          <Icon name="shield" />
          {t('verified')}
          {current && ` · ${t(`state_${current.state}`)}`}
        </p>
      }
      extra={
        receipt &&
        answer && (
          <Button
            name="info"
            label={t('details')}
            expanded={support.details}
            onclick={() => support.toggleDetails()}
          />
        )
      }
    />,
    receipt && answer && support.details && (
      <div class="sheet" key="details">
        <Receipt support={support} receipt={receipt} waiting={current?.state === 'open'} />
      </div>
    ),
    <div
      class="body talk"
      key={`talk ${support.view.pending ?? id}`}
      role="region"
      tabindex="0"
      aria-label={t('messages')}
    >
      {(current?.at_risk ?? receipt?.at_risk) && (
        <Steps support={support} steps={receipt?.secret?.steps} />
      )}
      {receipt && !answer && (
        <Receipt
          support={support}
          receipt={receipt}
          waiting={!current || current.state === 'open'}
        />
      )}
      {(support.floor[id] ?? 0) > 0 && (
        <button class="quiet" key="earlier" onclick={() => support.loadEarlier()}>
          {t('earlier_load')}
        </button>
      )}
      <div role="log" aria-live="polite" aria-label={t('messages')} key="log">
        {entries.map((entry, index) => [
          <Divider support={support} entry={entry} before={entries[index - 1]} />,
          entry.kind === 'event' ? (
            <Event support={support} entry={entry} />
          ) : (
            <Message
              support={support}
              entry={entry}
              before={entries[index - 1]}
              mark={entry.seq === lastOwn ? t(seen >= entry.seq ? 'read' : 'sent') : ''}
            />
          ),
        ])}
        {support.sending.map((item) => (
          <Sending support={support} item={item} />
        ))}
      </div>
      {typing?.request === id && (
        <p class="dim" role="status" key="typing">
          {t('typing', { name: typing.name })}
        </p>
      )}
      {current && support.asked(current)}
    </div>,
    <Compose support={support} composer={support.composer} />,
  ];
}

interface Props {
  support: Support;
  entry: Entry;
  before?: Entry | undefined;
}

/** A line between two days. */
function Divider({ support: { language }, entry, before }: Props) {
  const today = day(entry.created_at, Date.now(), language);
  return (
    (!before || day(before.created_at, Date.now(), language) !== today) && (
      <p class="rule" key={`day ${entry.seq}`}>
        <span>{today}</span>
      </p>
    )
  );
}

function Event({ support: { t }, entry }: Props) {
  const { event } = entry;
  const type: string | undefined = event?.type === 'state' ? event.to : event?.type;
  // Said as where it stood in a text: what to do stands above, for the request is at risk.
  const key = type === 'file_redacted' ? 'mark_private_key' : `event_${type}`;
  const text = t(key, { ...event } as Record<string, string>);
  return (
    text !== key && (
      <p class="event" key={entry.seq}>
        {text}
      </p>
    )
  );
}

function Message({ support, entry, before, mark }: Props & { mark: string }) {
  const { t, language } = support;
  const { author, created_at } = entry;
  const own = author.kind === 'customer';
  const hidden = own && support.hidden(entry.text);
  const speaker = !own && (before?.kind !== 'text' || before.author.name !== author.name);
  return (
    <div class={own ? 'entry own' : 'entry'} key={entry.seq}>
      {speaker && (
        <p class="who">
          <strong>{author.name ?? t('panel')}</strong>
          {author.kind === 'agent' && (
            <span>
              <Icon name="shield" />
              {t('verified')}
            </span>
          )}
        </p>
      )}
      <div class="bubble">
        {entry.erased ? (
          <p class="dim">{t('erased')}</p>
        ) : (
          [
            entry.text && (
              <Rich
                support={support}
                text={entry.text}
                identifiers={entry.identifiers.map(({ value }) => value)}
                links={!own}
              />
            ),
            entry.attachments.map((file) => <File support={support} file={file} />),
          ]
        )}
      </div>
      {hidden && (
        <div class="hash" key="hash">
          <p>{t('hash_warn')}</p>
          <button class="quiet" onclick={() => support.prove(hidden)}>
            {t('hash_is')}
          </button>
        </div>
      )}
      <p class="mete">
        <time datetime={created_at} title={exact(created_at, language)}>
          {clock(created_at, language)}
        </time>
        {mark && `· ${mark}`}
      </p>
    </div>
  );
}

function Sending({ support, item }: { support: Support; item: Outgoing }) {
  const { t } = support;
  const { client_id, frame, state, problem } = item;
  // Also while an attempt is under way that nothing can come of.
  const waits =
    state === 'queued' || (state === 'sending' && (support.gone || support.unreachable));
  const files = (item.display ?? []) as { id: string; name: string }[];
  return (
    <div class={`entry own ${waits ? 'queued' : state}`} key={client_id}>
      <div class="bubble">
        {frame.text && <Rich support={support} text={frame.text} identifiers={[]} links={false} />}
        {files.map(({ name }) => (
          <p class="dim">{name}</p>
        ))}
      </div>
      {state === 'failed' ? (
        [
          <p class="mete bad" role="alert">
            <Icon name="alert" />
            {t('failed')} · {t('failed_next', { reason: problem?.detail ?? problem?.title ?? '' })}
          </p>,
          <p class="mete acts">
            <button onclick={() => support.retry(client_id)}>{t('try_again')}</button>
            <button onclick={() => support.edit(item)}>{t('edit')}</button>
            <button onclick={() => support.discard(client_id)}>{t('discard')}</button>
          </p>,
        ]
      ) : (
        <p class="mete">
          {waits && <Icon name="clock" />}
          {t(waits ? 'queued' : 'sending')}
        </p>
      )}
    </div>
  );
}
