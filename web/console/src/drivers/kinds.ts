import BookOpen from '@lucide/svelte/icons/book-open';
import CircleArrowUp from '@lucide/svelte/icons/circle-arrow-up';
import CircleDot from '@lucide/svelte/icons/circle-dot';
import Coins from '@lucide/svelte/icons/coins';
import GitFork from '@lucide/svelte/icons/git-fork';
import LockOpen from '@lucide/svelte/icons/lock-open';
import Megaphone from '@lucide/svelte/icons/megaphone';
import Presentation from '@lucide/svelte/icons/presentation';
import Rocket from '@lucide/svelte/icons/rocket';
import TrendingDown from '@lucide/svelte/icons/trending-down';
import TriangleAlert from '@lucide/svelte/icons/triangle-alert';
import type { DriverKind } from '@standfast/api';

/** Kinds of events in the order in which they are offered. */
export const KINDS: readonly DriverKind[] = [
  'release',
  'incident',
  'campaign',
  'listing',
  'fork',
  'upgrade',
  'unlock',
  'price',
  'article',
  'webinar',
  'other',
];

export const ICONS = {
  release: Rocket,
  incident: TriangleAlert,
  campaign: Megaphone,
  listing: Coins,
  fork: GitFork,
  upgrade: CircleArrowUp,
  unlock: LockOpen,
  price: TrendingDown,
  article: BookOpen,
  webinar: Presentation,
  other: CircleDot,
} satisfies Record<DriverKind, unknown>;
