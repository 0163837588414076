import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Connection, LiveOptions } from '../src/live.ts';
import { Live } from '../src/live.ts';
import { Outbox } from '../src/outbox.ts';
import { chance, FakeDesk, FakeLocks, FakeStorage } from './desk.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('location', { href: 'http://desk/' });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function connect(desk: FakeDesk, more: Partial<LiveOptions> = {}) {
  const seen: number[] = [];
  const states: Connection[] = [];
  const live = new Live({
    base: '',
    fetch: desk.fetch,
    WebSocket: desk.WebSocket,
    onFrame: (frame) => frame.t === 'entry' && seen.push(frame.entry.seq),
    onConnection: (connection) => states.push(connection),
    ...more,
  });
  return { live, seen, states };
}

test('sends the cursors and receives what was missed, then what is new', async () => {
  const desk = new FakeDesk();
  for (const text of ['a', 'b', 'c']) desk.append('1', text, 'agent');
  const { live, seen } = connect(desk);
  live.subscribe('1', 1);
  live.start();
  await vi.advanceTimersByTimeAsync(100);
  desk.append('1', 'd', 'agent');
  await vi.advanceTimersByTimeAsync(100);
  expect(desk.hellos).toEqual([{ cursors: { 1: 1 } }]);
  expect(seen).toEqual([2, 3, 4]);
  live.stop();
});

test('drops what it has already handed on', async () => {
  const desk = new FakeDesk();
  const { live, seen } = connect(desk);
  live.subscribe('1', 0);
  live.start();
  await vi.advanceTimersByTimeAsync(100);
  const entry = desk.append('1', 'a', 'agent');
  for (const socket of desk.sockets) socket.push({ t: 'entry', request: '1', entry });
  await vi.advanceTimersByTimeAsync(100);
  expect(seen).toEqual([1]);
  live.stop();
});

test('waits a random part of a growing ceiling before it comes back', async () => {
  const desk = new FakeDesk();
  desk.network = false;
  const { live } = connect(desk, { random: () => 1 });
  const attempts: number[] = [];
  const counted = desk.fetch;
  const begin = Date.now();
  const other = connect(desk, {
    random: () => 1,
    fetch: ((...call: Parameters<typeof fetch>) => {
      attempts.push(Date.now() - begin);
      return counted(...call);
    }) as typeof fetch,
  });
  other.live.start();
  await vi.advanceTimersByTimeAsync(100_000);
  const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0) - 5);
  expect(gaps.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  other.live.stop();
  live.stop();
});

/** What a desk asks for that holds so many sockets: 500 are to come back in a second. */
const windowOf = (sockets: number) => sockets * 2;

test.each([
  ['a desk of 400 sockets', 400, 500],
  ['a desk of 1,000 sockets', 1_000, 1_000],
])('at %s one that is lost without a word soon comes back', async (_, sockets, within) => {
  const desk = new FakeDesk();
  desk.returnMs = windowOf(sockets);
  const { live, states } = connect(desk, { random: () => 1 });
  live.start();
  await vi.advanceTimersByTimeAsync(100);
  for (const socket of desk.sockets) socket.lose();
  await vi.advanceTimersByTimeAsync(within + 100);
  expect(states.at(-1)).toBe('live');
  live.stop();
});

test('whose network comes back does not wait, however full the desk is', async () => {
  const desk = new FakeDesk();
  desk.returnMs = windowOf(10_000);
  const { live, states } = connect(desk, { random: () => 1 });
  live.start();
  await vi.advanceTimersByTimeAsync(100);
  for (const socket of desk.sockets) socket.lose();
  await vi.advanceTimersByTimeAsync(100);
  expect(states.at(-1)).toBe('offline');
  live.wake();
  await vi.advanceTimersByTimeAsync(100);
  expect(states.at(-1)).toBe('live');
  // Nor does one whose own connection fell silent.
  for (const socket of desk.sockets) socket.push = () => undefined;
  const silent = Date.now();
  while (states.at(-1) === 'live' && Date.now() - silent < 80_000)
    await vi.advanceTimersByTimeAsync(100);
  expect(states.at(-1)).toBe('offline');
  await vi.advanceTimersByTimeAsync(600);
  expect(states.at(-1)).toBe('live');
  live.stop();
});

test('when a proxy cuts all sockets of a node they come back over seconds, to the first who is there', async () => {
  const desk = new FakeDesk();
  desk.returnMs = windowOf(10_000);
  const crowd = Array.from({ length: 200 }, (_, seed) => connect(desk, { random: chance(seed) }));
  for (const { live } of crowd) live.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(desk.sockets.size).toBe(crowd.length);
  desk.cut();
  const back: number[] = [];
  for (let second = 1; desk.sockets.size < crowd.length && second <= 30; second += 1) {
    const before = desk.sockets.size;
    await vi.advanceTimersByTimeAsync(1_000);
    back.push(desk.sockets.size - before);
  }
  // Ten seconds, about a tenth in each: of 10,000 a thousand a second. Who waits longest waits ten, all in the mean five.
  expect(back.length).toBeGreaterThanOrEqual(10);
  expect(back.length).toBeLessThanOrEqual(11);
  expect(Math.max(...back)).toBeLessThan(crowd.length * 0.18);
  const mean = back.reduce((sum, count, at) => sum + count * (at + 0.5), 0) / crowd.length;
  expect(mean).toBeCloseTo(5, 0);
  for (const { live } of crowd) live.stop();
});

test('when a full desk has lost everybody they do not all come back at once', async () => {
  const desk = new FakeDesk();
  desk.returnMs = 20_000;
  const { live, states } = connect(desk, { random: () => 0.9 });
  const comesBack = async (after: number) => {
    await vi.advanceTimersByTimeAsync(after - 200);
    expect(states.at(-1)).toBe('offline');
    await vi.advanceTimersByTimeAsync(400);
    expect(states.at(-1)).toBe('live');
  };
  live.start();
  await vi.advanceTimersByTimeAsync(100);
  // It says that it restarts.
  for (const socket of desk.sockets) socket.lose(1012);
  await comesBack(18_000);
  // It was killed: nobody is there at the first attempt.
  desk.network = false;
  for (const socket of desk.sockets) socket.lose();
  await vi.advanceTimersByTimeAsync(9_100);
  desk.network = true;
  await comesBack(18_000);
  live.stop();
});

test('comes back around the moment that the desk asked for', async () => {
  const desk = new FakeDesk();
  const { live, states } = connect(desk, { random: () => 0.5 });
  live.start();
  await vi.advanceTimersByTimeAsync(100);
  for (const socket of desk.sockets)
    socket.push({ t: 'bye', reason: 'drain', retry_after_ms: 4000 });
  await vi.advanceTimersByTimeAsync(3900);
  expect(states.at(-1)).toBe('offline');
  await vi.advanceTimersByTimeAsync(200);
  expect(states.at(-1)).toBe('live');
  live.stop();
});

test('a silent connection is given up', async () => {
  const desk = new FakeDesk();
  const { live, states } = connect(desk);
  live.start();
  await vi.advanceTimersByTimeAsync(100);
  for (const socket of desk.sockets) socket.push = () => undefined;
  await vi.advanceTimersByTimeAsync(80_000);
  expect(states).toContain('offline');
  expect(desk.tickets).toBeGreaterThan(1);
  live.stop();
});

test('stops when the desk does not accept who we are', async () => {
  const desk = new FakeDesk();
  const { live, states } = connect(desk, {
    fetch: (async () => Response.json({ code: 'unauthorized' }, { status: 401 })) as typeof fetch,
  });
  live.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(states).toEqual(['connecting', 'refused']);
});

test('polls where sockets do not pass, and returns to a socket when they do', async () => {
  const desk = new FakeDesk();
  desk.socketsPass = false;
  const { live, seen, states } = connect(desk);
  live.subscribe('1', 0);
  live.start();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(states.at(-1)).toBe('polling');
  desk.append('1', 'a', 'agent');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen).toEqual([1]);
  const before = desk.polls;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(desk.polls - before).toBeLessThanOrEqual(4);
  desk.socketsPass = true;
  await vi.advanceTimersByTimeAsync(300_000);
  expect(states.at(-1)).toBe('live');
  desk.append('1', 'b', 'agent');
  await vi.advanceTimersByTimeAsync(100);
  expect(seen).toEqual([1, 2]);
  live.stop();
});

test.each([0, 3, 6, 9, 12, 15, 20])(
  'a request followed %i ms after the start is followed',
  async (delay) => {
    const desk = new FakeDesk();
    desk.append('1', 'a', 'agent');
    const { live, seen } = connect(desk);
    live.start();
    await vi.advanceTimersByTimeAsync(delay);
    live.subscribe('1', 0);
    await vi.advanceTimersByTimeAsync(100);
    desk.append('1', 'b', 'agent');
    await vi.advanceTimersByTimeAsync(100);
    expect(seen).toEqual([1, 2]);
    live.stop();
  },
);

// Whatever the network does: every entry is seen once and in order, every message is kept once and in order.
test.each(Array.from({ length: 60 }, (_, seed) => seed))('random losses, seed %i', async (seed) => {
  const random = chance(seed + 1);
  const desk = new FakeDesk();
  const { live, seen } = connect(desk, { random });
  const written: string[] = [];
  const storage = new FakeStorage();
  const locks = new FakeLocks();
  const open = () =>
    new Outbox({
      name: 'test',
      storage,
      locks,
      channel: null,
      random,
      deliver: (item) => live.deliver(item.frame),
      onChange: () => undefined,
      onReceipt: () => undefined,
    });
  let outbox = open();
  live.subscribe('1', 0);
  live.start();
  for (let step = 0; step < 120; step += 1) {
    const dice = random();
    if (dice < 0.3) desk.append('1', `agent ${step}`, 'agent');
    else if (dice < 0.6) {
      const client_id = `m${step}`;
      written.push(client_id);
      outbox.add({
        client_id,
        created_at: new Date().toISOString(),
        frame: { t: 'send', client_id, request: '1', text: client_id },
      });
    } else if (dice < 0.7) desk.cut();
    else if (dice < 0.77) desk.loseNextAnswer = true;
    else if (dice < 0.84) {
      desk.network = false;
      desk.cut();
    } else if (dice < 0.92) {
      desk.network = true;
      live.wake();
    } else if (dice < 0.95) desk.socketsPass = !desk.socketsPass;
    else if (dice < 0.98) {
      // The page is reloaded.
      outbox.close();
      outbox = open();
      outbox.flush();
    }
    await vi.advanceTimersByTimeAsync(Math.floor(random() ** 3 * 4000));
  }
  desk.network = true;
  desk.socketsPass = true;
  await vi.advanceTimersByTimeAsync(3_600_000);
  const entries = desk.entries('1');
  expect(seen).toEqual(entries.map((entry) => entry.seq));
  const kept = entries.flatMap((entry) =>
    entry.author.kind === 'customer' ? [entry.client_id] : [],
  );
  expect(kept).toEqual(written);
  expect(outbox.items).toEqual([]);
  expect(storage.length).toBe(0);
  live.stop();
  outbox.close();
});
