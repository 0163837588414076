import type { RequestDetail } from '@standfast/api';

/** A type that answers the question, and what choosing it does. */
export interface Option {
  type: string;
  /** In words; null where the model says nothing of it. */
  likelihood: Likelihood | null;
  /** It has this type already: choosing it confirms that. */
  keeps: boolean;
}

export interface Question {
  /** `choose`: nobody knows; `suggest`: the model sees another one; `applied`: the desk has set it. */
  kind: 'choose' | 'suggest' | 'applied';
  /** One to three, each with its key: 1, 2, 3. */
  options: readonly Option[];
}

export const LIKELIHOODS = ['very_likely', 'likely', 'possible', 'unlikely'] as const;
export type Likelihood = (typeof LIKELIHOODS)[number];

const MOST = 3;

/** A probability in words: what an agent can act on has no digits. What nobody is sure of is not very likely. */
export function likelihoodOf(confidence: number, unsure: boolean): Likelihood {
  if (confidence >= 0.9 && !unsure) return 'very_likely';
  if (confidence >= 0.6) return 'likely';
  return confidence >= 0.25 ? 'possible' : 'unlikely';
}

/** What the desk asks about the type of a request; null when there is nothing to ask. */
export function questionOf(request: RequestDetail): Question | null {
  const { prediction, type } = request;
  if (!prediction || prediction.advice === 'none') return null;
  const known = prediction.candidates.map((candidate) => ({
    type: candidate.type,
    likelihood: likelihoodOf(candidate.confidence, prediction.unsure),
    keeps: candidate.type === type,
  }));
  const others = known.filter((option) => !option.keeps);
  const own: Option = known.find((option) => option.keeps) ?? {
    type,
    likelihood: null,
    keeps: true,
  };
  const options: Option[] =
    prediction.advice === 'applied'
      ? [own, ...others]
      : prediction.advice === 'suggest' && type !== 'other'
        ? [...others.slice(0, 1), own]
        : others;
  if (options.length === 0) return null;
  return { kind: prediction.advice, options: options.slice(0, MOST) };
}
