import { describe, expect, it } from 'vitest';
import type { Prediction, RequestDetail } from '@standfast/api';
import { likelihoodOf, questionOf } from '../src/conversation/question';
import { summary } from './fixtures';

function request(type: string, prediction: Partial<Prediction> | null): RequestDetail {
  const candidates = [
    { type: 'pending', confidence: 0.93 },
    { type: 'failed', confidence: 0.05 },
  ];
  const whole: Prediction = {
    candidates,
    unsure: false,
    advice: 'choose',
    model_version: 1,
    ...prediction,
  };
  return {
    ...summary('1', { type }),
    fields: {},
    context: {},
    identifiers: [],
    merged_into: null,
    first_reply_at: null,
    tier: 1,
    reopen_count: 0,
    follow_up_count: 0,
    link: '',
    read_seq_customer: 0,
    read_seq_agents: {},
    prediction: prediction && whole,
  };
}

const types = (asked: RequestDetail) =>
  questionOf(asked)?.options.map((option) => (option.keeps ? `=${option.type}` : option.type));

describe('the question about the type', () => {
  it('is asked only when the desk wants to know', () => {
    expect(questionOf(request('other', null))).toBeNull();
    expect(questionOf(request('other', { advice: 'none' }))).toBeNull();
    expect(questionOf(request('other', { advice: 'choose', candidates: [] }))).toBeNull();
  });

  it('offers what is possible, three at most', () => {
    expect(types(request('other', { advice: 'choose' }))).toEqual(['pending', 'failed']);
    const even = ['a', 'b', 'c', 'd'].map((type) => ({ type, confidence: 0.25 }));
    expect(types(request('other', { advice: 'choose', candidates: even }))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('lets the type stay that the customer chose, or that the desk has set', () => {
    expect(types(request('fee', { advice: 'suggest' }))).toEqual(['pending', '=fee']);
    expect(types(request('other', { advice: 'suggest' }))).toEqual(['pending', 'failed']);
    expect(types(request('pending', { advice: 'applied' }))).toEqual(['=pending', 'failed']);
    expect(questionOf(request('fee', { advice: 'suggest' }))?.options[1]?.likelihood).toBeNull();
  });

  it('says in words how likely something is', () => {
    expect([0.99, 0.9, 0.89, 0.6, 0.59, 0.25, 0.24].map((one) => likelihoodOf(one, false))).toEqual(
      ['very_likely', 'very_likely', 'likely', 'likely', 'possible', 'possible', 'unlikely'],
    );
  });
});
