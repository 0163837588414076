import type { Entry, Id, RequestSummary } from '@standfast/api';
import { session } from '../session/session.svelte';
import { t } from '../words.svelte';

const SETTLE_MS = 1_500;

/** One polite voice for people who listen to the screen; said at most every moment, never for their own deeds. */
class Announcer {
  text = $state('');
  #known = new Set<Id>();
  #atRisk = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    // The same sentence twice is only read out when the node changes.
    this.text = this.text === text ? `${text}\u00a0` : text;
  }

  /** New requests with assets at risk are worth a word; other arrivals are not. */
  arrivals(items: readonly RequestSummary[]): void {
    for (const item of items) {
      if (!item.at_risk || item.state !== 'open' || item.last_seq > 1 || this.#known.has(item.id))
        continue;
      this.#known.add(item.id);
      this.#atRisk += 1;
    }
    if (this.#atRisk === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.say(t('announce.at_risk', { count: this.#atRisk }));
      this.#atRisk = 0;
    }, SETTLE_MS);
  }

  entry(entry: Entry): void {
    if (entry.kind === 'event' || entry.author.id === session.me) return;
    const who = entry.author.name || t('customer.unnamed');
    this.say(
      t(entry.kind === 'note' ? 'announce.note' : 'announce.message', {
        who,
        text: (entry.text ?? '').slice(0, 140),
      }),
    );
  }
}

export const announce = new Announcer();
