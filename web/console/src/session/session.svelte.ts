import type { Agent, Id } from '@standfast/api';
import * as api from '../api/endpoints';
import { asProblem, whenSignedOut, type Problem } from '../api/http';
import { allows, type Deed } from './roles';

export type Standing = 'asking' | 'out' | 'in' | 'unreachable';

/** Who sits here. */
class Session {
  agent = $state.raw<Agent | null>(null);
  standing = $state<Standing>('asking');
  /** The session ended under our hands: the sign-in page says so, and says that nothing was lost. */
  expired = $state(false);
  problem = $state.raw<Problem | null>(null);

  constructor() {
    whenSignedOut(() => {
      if (this.standing !== 'in') return;
      this.expired = true;
      this.standing = 'out';
    });
  }

  get me(): Id {
    return this.agent?.id ?? '';
  }

  may(deed: Deed): boolean {
    return allows(this.agent?.role, deed);
  }

  async resume(): Promise<void> {
    this.standing = 'asking';
    try {
      this.#enter((await api.whoAmI()).agent);
    } catch (error) {
      this.problem = asProblem(error);
      this.standing = this.problem.passing ? 'unreachable' : 'out';
    }
  }

  /** Something was refused: are we still known? */
  async verify(): Promise<void> {
    try {
      await api.whoAmI();
    } catch (error) {
      if (asProblem(error).status !== 401 || this.standing !== 'in') return;
      this.expired = true;
      this.standing = 'out';
    }
  }

  /** Throws `Problem`. */
  async signIn(email: string, password: string): Promise<void> {
    this.#enter((await api.signIn(email, password)).agent);
  }

  async signOut(): Promise<void> {
    await api.signOut();
    this.agent = null;
    this.expired = false;
    this.standing = 'out';
  }

  #enter(agent: Agent): void {
    this.agent = agent;
    this.expired = false;
    this.problem = null;
    this.standing = 'in';
  }
}

export const session = new Session();
