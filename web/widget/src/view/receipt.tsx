import type { Receipt as Data } from '@standfast/api';
import { durationRange } from '@standfast/ui/time';
import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { Icon } from './icon.tsx';
import { Copy } from './rich.tsx';

/** `waiting`: it is still our turn, so place and expected time mean something. */
export function Receipt({
  support,
  receipt,
  waiting,
}: {
  support: Support;
  receipt: Data;
  waiting: boolean;
}) {
  const { t, language } = support;
  const { expected, place } = receipt;
  return (
    <section class="receipt" key="receipt" aria-label={t('receipt')}>
      <h3>
        <Icon name="check" />
        {t(receipt.joined ? 'receipt_joined' : 'receipt')}
      </h3>
      <dl>
        <dt>{t('receipt_number')}</dt>
        <dd>
          <Copy support={support} value={receipt.number} text={receipt.number} />
        </dd>
        {waiting && place !== null && [<dt>{t('receipt_place')}</dt>, <dd>{place}</dd>]}
        {waiting && [
          <dt>{t('receipt_expected')}</dt>,
          <dd>
            {expected
              ? t('wait_expected', {
                  time: durationRange(expected, language),
                })
              : t('wait_unknown')}
          </dd>,
          <dt>{t('receipt_next')}</dt>,
          // The desk's words name the place, which has its own line here and stays true.
          <dd>{receipt.next.code === 'queue' ? t('receipt_here') : receipt.next.text}</dd>,
        ]}
      </dl>
      <p>
        <a href={support.api.base + receipt.link} target="_blank" rel="noopener noreferrer">
          {t('receipt_link')}
        </a>{' '}
        <span class="dim">{t('receipt_link_note')}</span>
      </p>
    </section>
  );
}
