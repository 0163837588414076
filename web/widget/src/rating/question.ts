import type { Feedback, FeedbackReceipt, RequestSummary } from '@standfast/api';
import { Refused } from '@standfast/ui/delivery';
import { random } from '../host.ts';
import { suspicions } from '../secret.ts';
import type { Support } from '../support.ts';
import { confirmed } from '../words.ts';

/** What the view shows besides what the desk says. */
export type Place = 'question' | 'details' | 'complaint' | 'done';

type Path = 'resolution' | 'rating' | 'complaint';

/** The questions about one request, and what is being answered. What is typed stays in memory only. */
export class Question {
  /** As the desk has it; null until it is known. */
  known: Feedback | null = null;
  place: Place = 'question';
  /** What was just said, to be thanked for. */
  said: 'yes' | 'no' | 'rating' | 'complaint' | null = null;
  reason: string | null = null;
  comment = '';
  complaint = '';
  /** Why something was not sent: the desk's words, or the name of one of ours. */
  problem: { text?: string; key?: string } | null = null;
  busy = false;
  readonly #support: Support;
  readonly #number: string;
  /** Of the request when it was looked at last. */
  #seen = '';
  /** The answer that may have to be sent again, and its id. */
  #last = { body: '', id: '' };

  constructor(support: Support, number: string) {
    this.#support = support;
    this.#number = number;
  }

  /** Looks again when something happened to the request. */
  see(request: RequestSummary): void {
    const now = `${request.state} ${request.last_seq}`;
    if (now === this.#seen) return;
    this.#seen = now;
    void this.#load();
  }

  /** The score that was given, for its reasons and its button. */
  get score(): number | null {
    return this.known?.rating?.score ?? null;
  }

  get reasons(): readonly string[] {
    if (this.score === null || !this.known) return [];
    return this.score >= 4 ? this.known.reasons_high : this.known.reasons_low;
  }

  set(change: Partial<Question>): void {
    Object.assign(this, change);
    this.#support.onChange();
  }

  async answer(solved: boolean): Promise<void> {
    if (!(await this.#send('resolution', { solved }))) return;
    this.set({ said: solved ? 'yes' : 'no', place: 'question' });
  }

  /** A score counts as soon as it is pressed; the reason and the words may follow or not. */
  async rate(score: number): Promise<void> {
    if (score !== this.score) this.reason = null;
    if (!(await this.#send('rating', { score, reason: this.reason }))) return;
    this.set({ said: 'rating', place: 'details' });
  }

  async explain(): Promise<void> {
    const { score, reason, comment } = this;
    if (!(await this.#isSafe(comment))) return;
    if (!(await this.#send('rating', { score, reason, comment }))) return;
    this.set({ said: 'rating', place: 'done', comment: '' });
  }

  async complain(): Promise<void> {
    if (!(await this.#isSafe(this.complaint))) return;
    if (!(await this.#send('complaint', { text: this.complaint }))) return;
    this.set({ said: 'complaint', place: 'done', complaint: '' });
  }

  /** The desk takes secrets out; better that they never leave the device. */
  async #isSafe(text: string): Promise<boolean> {
    for (const found of suspicions(text)) {
      if (found.kind === 'unproven_hex') continue;
      if (!found.words || (await confirmed(found, this.#support.api.base))) {
        this.set({ problem: { key: 'secret' } });
        return false;
      }
    }
    return true;
  }

  /** Sending the same again, after a network that failed, is the same answer. */
  async #send(path: Path, answer: object): Promise<boolean> {
    if (this.busy) return false;
    const body = JSON.stringify([path, answer, this.known?.episode]);
    if (this.#last.body !== body) this.#last = { body, id: random(12) };
    this.set({ busy: true, problem: null });
    try {
      const { api } = this.#support;
      const taken = await api.post<FeedbackReceipt>(`/requests/${this.#number}/${path}`, {
        ...answer,
        client_id: this.#last.id,
      });
      this.#last = { body: '', id: '' };
      this.known = taken.feedback;
      return true;
    } catch (error) {
      const text = error instanceof Refused && error.problem.detail;
      this.problem = text ? { text } : { key: 'failed' };
      return false;
    } finally {
      this.set({ busy: false });
    }
  }

  async #load(): Promise<void> {
    try {
      const known = await this.#support.api.get<Feedback>(`/requests/${this.#number}/feedback`);
      // Called solved once more, it is asked once more.
      const anew = known.episode !== this.known?.episode;
      this.set({ known, ...(anew && { said: null, place: 'question', reason: null }) });
    } catch {
      // Nothing is asked then. The next look at the conversation asks again.
      this.#seen = '';
    }
  }
}
