/** Most characters of a level's texts, in each language; of why a level is held; and of a figure's name. */
export const MOST = { banner: 300, answer: 1000, reason: 300, source: 100 } as const;
