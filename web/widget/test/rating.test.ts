// @vitest-environment happy-dom
import type { Feedback, RequestSummary } from '@standfast/api';
import { Refused } from '@standfast/ui/delivery';
import { beforeEach, expect, test, vi } from 'vitest';
import { render } from '../src/dom.ts';
import { Question } from '../src/rating/question.ts';
import { Asked } from '../src/rating/view.tsx';
import type { Support } from '../src/support.ts';

const CLAIMED: Feedback = {
  episode: 1,
  state: 'claimed',
  asked_again: false,
  may_answer: true,
  may_rate: true,
  rating: null,
  reasons_low: ['slow', 'unclear'],
  reasons_high: ['fast'],
};
const rated = (score: number): Feedback => ({
  ...CLAIMED,
  state: 'confirmed',
  rating: { score, reason: null, comment: null },
});
const summary = (state: string, last_seq: number) =>
  ({ id: '7', number: 'K7M-39Q-X24J', state, last_seq }) as unknown as RequestSummary;

let known: Feedback;
let sent: { path: string; body: Record<string, unknown> }[];
let refuse: unknown;
let question: Question;
let root: HTMLElement;

const api = {
  base: '',
  get: vi.fn(async () => known),
  post: vi.fn(async (path: string, body: Record<string, unknown>) => {
    sent.push({ path, body });
    if (refuse) throw refuse;
    return { seq: 9, feedback: known, secret: null, receipt: null };
  }),
};
const support = { api, language: 'zh-CN', onChange: () => draw() } as unknown as Support;

function draw(): void {
  render(root, Asked({ support, question }));
}

const text = () => root.textContent ?? '';
const button = (name: string) =>
  [...root.querySelectorAll('button')].find(
    (each) => each.textContent?.trim() === name || each.getAttribute('aria-label') === name,
  );

beforeEach(async () => {
  root = document.createElement('div');
  sent = [];
  refuse = undefined;
  known = CLAIMED;
  vi.clearAllMocks();
  question = new Question(support, 'K7M-39Q-X24J');
  question.see(summary('solved', 4));
  await vi.waitFor(() => expect(question.known).not.toBeNull());
});

test('first whether it is solved, then how good the help was', async () => {
  expect(text()).toContain('您的问题解决了吗？');
  expect(root.querySelectorAll('.score')).toHaveLength(0);
  known = { ...CLAIMED, state: 'confirmed' };
  await question.answer(true);
  expect(sent[0]).toMatchObject({
    path: '/requests/K7M-39Q-X24J/resolution',
    body: { solved: true },
  });
  expect(text()).toContain('谢谢您的确认');
  expect(root.querySelectorAll('.score')).toHaveLength(5);
  expect(button('5 很满意')?.getAttribute('aria-pressed')).toBe('false');
});

test('a score is sent when it is pressed; its reasons follow', async () => {
  known = rated(2);
  await question.rate(2);
  expect(sent[0]?.body).toMatchObject({ score: 2, reason: null });
  expect(button('2 不好')?.getAttribute('aria-pressed')).toBe('true');
  expect(text()).toContain('哪里需要改进');
  expect(button('回复快')).toBeUndefined();
  button('回复慢')?.click();
  question.set({ comment: '等了很久' });
  await question.explain();
  expect(sent[1]?.body).toMatchObject({ score: 2, reason: 'slow', comment: '等了很久' });
  expect(sent[1]?.body['client_id']).not.toBe(sent[0]?.body['client_id']);
  expect(text()).toContain('谢谢您的评价');
});

test('what failed is sent again under the same id, and what is refused says why', async () => {
  refuse = new TypeError('network');
  question.set({ place: 'complaint', complaint: '说了三遍' });
  await question.complain();
  expect(text()).toContain('没有发送成功');
  expect(root.querySelector('textarea')?.value).toBe('说了三遍');
  await question.complain();
  expect(sent[1]?.body['client_id']).toBe(sent[0]?.body['client_id']);
  refuse = new Refused({ code: 'busy', title: '', detail: '请稍后再来。', status: 503 });
  await question.complain();
  expect(text()).toContain('请稍后再来。');
  refuse = undefined;
  await question.complain();
  expect(text()).toContain('投诉已收到');
  expect(question.complaint).toBe('');
});

test('a secret in a comment stays on the device', async () => {
  known = rated(4);
  await question.rate(4);
  question.set({ comment: `私钥 ${'5'.padEnd(51, 'K')}` });
  await question.explain();
  expect(sent).toHaveLength(1);
  expect(text()).toContain('这看起来含有助记词或私钥');
});

test('it looks again when something happened, and asks anew about a new claim', async () => {
  known = { ...CLAIMED, state: 'repudiated', may_answer: false };
  await question.answer(false);
  expect(text()).toContain('问题已重新打开');
  question.see(summary('solved', 4));
  expect(api.get).toHaveBeenCalledTimes(1);
  known = { ...CLAIMED, episode: 2, asked_again: true };
  question.see(summary('solved', 9));
  await vi.waitFor(() => expect(text()).toContain('再跟您确认一下'));
  expect(text()).not.toContain('问题已重新打开');
});

test('nothing is asked while nobody called it solved', async () => {
  known = { ...CLAIMED, episode: null, state: null, may_answer: false, may_rate: false };
  question.see(summary('open', 10));
  await vi.waitFor(() => expect(root.querySelector('.asked')).toBeNull());
});
