import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Receipt } from '@standfast/api';
import { Refused } from '../src/delivery.ts';
import type { Outgoing, OutboxOptions } from '../src/outbox.ts';
import { Outbox } from '../src/outbox.ts';
import { FakeDesk, FakeLocks, FakeStorage, pause } from './desk.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A browser: tabs share storage, locks and a channel. */
function browser(desk: FakeDesk) {
  const storage = new FakeStorage();
  const locks = new FakeLocks();
  const tabs: ((event: { data: unknown }) => void)[] = [];
  const delivered: string[] = [];
  const tab = (more: Partial<OutboxOptions> = {}) => {
    let own: (event: { data: unknown }) => void = () => undefined;
    const receipts: string[] = [];
    const outbox = new Outbox({
      name: 'test',
      storage,
      locks,
      channel: {
        addEventListener: (_kind: string, listener: never) => tabs.push((own = listener)),
        postMessage: (data) => {
          for (const each of tabs) if (each !== own) setTimeout(() => each({ data }), 1);
        },
        close: () => tabs.splice(tabs.indexOf(own), 1),
      },
      deliver: async (item: Outgoing): Promise<Receipt | null> => {
        await pause(20);
        if (!desk.network) return null;
        delivered.push(item.client_id);
        return desk.accept(item.frame);
      },
      onChange: () => undefined,
      onReceipt: (item) => receipts.push(item.client_id),
      ...more,
    });
    return { outbox, receipts };
  };
  return { tab, storage, delivered };
}

function message(clientId: string, text: string, request?: string, follows?: string) {
  return {
    client_id: clientId,
    created_at: new Date().toISOString(),
    ...(follows !== undefined && { follows }),
    frame: {
      t: 'send' as const,
      client_id: clientId,
      text,
      ...(request !== undefined && { request }),
    },
  };
}

test('survives a reload and an hour without network', async () => {
  const desk = new FakeDesk();
  desk.network = false;
  const { tab } = browser(desk);
  const first = tab();
  first.outbox.add(message('a', 'one', '1'));
  first.outbox.add(message('b', 'two', '1'));
  await vi.advanceTimersByTimeAsync(3_600_000);
  first.outbox.close();
  const second = tab();
  expect(second.outbox.items.map((item) => item.client_id)).toEqual(['a', 'b']);
  desk.network = true;
  second.outbox.flush();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(desk.entries('1').map((entry) => entry.text)).toEqual(['one', 'two']);
  expect(second.outbox.items).toEqual([]);
});

test('messages written before the request exists follow it', async () => {
  const desk = new FakeDesk();
  desk.network = false;
  const { tab } = browser(desk);
  const { outbox } = tab();
  outbox.add(message('a', 'first'));
  outbox.add(message('b', 'second', undefined, 'a'));
  outbox.add(message('c', 'third', undefined, 'a'));
  await vi.advanceTimersByTimeAsync(5_000);
  desk.network = true;
  await vi.advanceTimersByTimeAsync(120_000);
  const created = desk.receipts.get('a')?.request_id ?? '';
  expect(desk.entries(created).map((entry) => entry.text)).toEqual(['first', 'second', 'third']);
  expect(desk.requests.size).toBe(2);
});

test('two tabs send each message once, and both learn of it', async () => {
  const desk = new FakeDesk();
  const { tab, delivered } = browser(desk);
  const one = tab();
  const two = tab();
  one.outbox.add(message('a', 'one', '1'));
  two.outbox.add(message('b', 'two', '1'));
  one.outbox.flush();
  two.outbox.flush();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(delivered.sort()).toEqual(['a', 'b']);
  expect(one.receipts.sort()).toEqual(['a', 'b']);
  expect(two.receipts.sort()).toEqual(['a', 'b']);
});

test('when the sending tab is closed another one goes on', async () => {
  const desk = new FakeDesk();
  desk.network = false;
  const { tab } = browser(desk);
  const one = tab();
  const two = tab();
  one.outbox.add(message('a', 'one', '1'));
  await vi.advanceTimersByTimeAsync(100);
  one.outbox.close();
  desk.network = true;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(desk.entries('1')).toHaveLength(1);
  expect(two.outbox.items).toEqual([]);
});

test('a refused message fails and holds back what follows it; retry and discard release', async () => {
  const desk = new FakeDesk();
  const { tab } = browser(desk);
  let refuse = true;
  const { outbox } = tab({
    deliver: async (item) => {
      if (refuse && item.client_id === 'a') {
        throw new Refused({ code: 'too_long', status: 422, title: 'Too long' });
      }
      return desk.accept(item.frame);
    },
  });
  outbox.add(message('a', 'one', '1'));
  outbox.add(message('b', 'two', '1'));
  outbox.add(message('x', 'elsewhere', '2'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(outbox.items.map((item) => [item.client_id, item.state, item.problem?.code])).toEqual([
    ['a', 'failed', 'too_long'],
    ['b', 'queued', undefined],
  ]);
  expect(desk.entries('2')).toHaveLength(1);
  refuse = false;
  outbox.retry('a');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(desk.entries('1').map((entry) => entry.text)).toEqual(['one', 'two']);
});

test('a busy desk is asked again when it said, with the same client id', async () => {
  const desk = new FakeDesk();
  const { tab } = browser(desk);
  const times: number[] = [];
  const begin = Date.now();
  const { outbox } = tab({
    random: () => 0,
    deliver: async (item) => {
      times.push(Date.now() - begin);
      if (times.length < 2) {
        throw new Refused({ code: 'busy', status: 503, title: '', retry_after: 7 });
      }
      return desk.accept(item.frame);
    },
  });
  outbox.add(message('a', 'one', '1'));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(times).toEqual([0, 7_000]);
  expect(desk.entries('1')).toHaveLength(1);
});

test('a volatile message is sent but never written down', async () => {
  const desk = new FakeDesk();
  desk.network = false;
  const { tab, storage } = browser(desk);
  const { outbox } = tab();
  outbox.add({ ...message('a', 'abandon ability able', '1'), volatile: true });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(storage.dump()).toBe('[]');
  desk.network = true;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(storage.dump()).toBe('[]');
  expect(desk.entries('1')).toHaveLength(1);
});

test('where storage is full the message stays in memory and is sent', async () => {
  const desk = new FakeDesk();
  const { tab, storage } = browser(desk);
  storage.full = true;
  const { outbox } = tab();
  outbox.add(message('a', 'one', '1'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(desk.entries('1')).toHaveLength(1);
  expect(outbox.items).toEqual([]);
});
