import type { ServerFrame } from '@standfast/ui/frame';
import { alarms } from '../alarms/alarms.svelte';
import { setServerTime } from '../clock.svelte';
import { open } from '../conversation/open.svelte';
import { reviews } from '../feedback/reviews.svelte';
import { inbox } from '../inbox/inbox.svelte';
import { outbox } from '../reply/outbox.svelte';
import { directory } from '../session/directory.svelte';
import { session } from '../session/session.svelte';
import { announce } from './announce.svelte';
import { link } from './link.svelte';
import { pulse } from './pulse.svelte';

/** Hands every frame to what it is about. */
export function take(frame: ServerFrame): void {
  switch (frame.t) {
    case 'ready':
      setServerTime(frame.now);
      break;
    case 'inbox':
      inbox.apply(frame.items, frame.counts);
      if (frame.items.length > 0) {
        reviews.stale();
        pulse.tell();
      }
      for (const item of frame.items) open.get(item.id)?.applySummary(item);
      announce.arrivals(frame.items);
      break;
    case 'request':
      pulse.tell();
      inbox.apply([frame.request]);
      open.get(frame.request.id)?.applyChange(frame.request);
      break;
    case 'inbox_reset':
      void inbox.reload();
      break;
    case 'entry':
      open.get(frame.request)?.applyEntry(frame.entry);
      if (open.current?.id === frame.request) announce.entry(frame.entry);
      break;
    case 'erased':
      open.get(frame.request)?.applyErased(frame.entry);
      break;
    case 'read':
      open.get(frame.request)?.applyRead(frame.by, frame.agent, frame.seq);
      break;
    case 'typing':
      open.get(frame.request)?.applyTyping(frame.author, frame.on);
      break;
    case 'viewers': {
      const conversation = open.get(frame.request);
      if (conversation) conversation.viewers = frame.agents;
      break;
    }
    case 'alarm':
      alarms.stale();
      break;
    case 'presence':
      directory.setPresence(frame.agents);
      break;
    default:
      // ack, nack: replies go over REST; waiting: the customer's.
      break;
  }
}

/** The link is there again: what was kept back goes out, and what only REST tells is asked anew. */
export function back(): void {
  outbox.flush();
  if (open.current?.status === 'failed') void open.current.load();
  if (inbox.status === 'failed') void inbox.reload();
}

/** Starts the link at the feed cursor of the first list. */
export function startLive(): void {
  link.listen({ frame: take, back, refused: () => void session.verify() });
  inbox.onFeed((feed) => link.start(feed));
}
