/** Invented data with the shapes that real desks have: days and weeks, a launch, an incident, thin groups, very long names. */
import type { Estimate, Mark, Point, Ranked, Series } from '../../src/plots/data';
import type { Bin, Percentile } from '../../src/plots/Distribution.svelte';
import type { Curve, Step } from '../../src/plots/Survival.svelte';
import { advance, instant, startOf, weekday, type Unit } from '../../src/plots/zone';

export const ZONE = 'Asia/Shanghai';
export const START = instant({ year: 2026, month: 9, day: 7 }, ZONE);
export const NOW = instant({ year: 2026, month: 11, day: 28, hour: 14 }, ZONE);

/** The same numbers each time (mulberry32), so that pictures can be compared. */
export function luck(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function days(count: number, unit: Unit = 'day', from = START, zone = ZONE): number[] {
  const found = [startOf(from, unit, zone)];
  while (found.length < count) found.push(advance(found.at(-1) ?? from, unit, 1, zone));
  return found;
}

interface Course {
  level: number;
  seed: number;
  growth?: number;
  /** [index of the day, factor]: a surge that fades over days. */
  surge?: readonly [number, number];
  band?: boolean;
}

export function course(
  instants: readonly number[],
  { level, seed, growth = 0, surge, band }: Course,
): Point[] {
  const next = luck(seed);
  return instants.map((at, index) => {
    const weekend = weekday(at, ZONE) > 5 ? 0.72 : 1;
    const extra =
      surge && index >= surge[0] ? 1 + surge[1] * Math.exp(-(index - surge[0]) / 2.5) : 1;
    const value = Math.round(level * (1 + growth * index) * weekend * extra * (0.9 + next() * 0.2));
    const half = 1.96 * Math.sqrt(value);
    return {
      at,
      value,
      ...(band
        ? { low: Math.max(0, Math.round(value - half * 2)), high: Math.round(value + half * 2) }
        : {}),
      n: value,
      partial: index === instants.length - 1,
    };
  });
}

const TITLES: Record<string, readonly [en: string, zh: string]> = {
  transfer_missing: ['Transfer has not arrived', '转账未到账'],
  wrong_network: ['Sent over the wrong network', '选错网络'],
  stuck: ['Transaction is stuck', '交易卡住'],
  fees: ['Fees', '手续费'],
  theft: ['Theft', '资产被盗'],
  restore: ['Restoring a wallet', '恢复钱包'],
  dapp: ['Apps and approvals', '应用与授权'],
  staking: ['Staking', '质押'],
  swap: ['Swap', '闪兑'],
  other: ['Something else', '其他'],
};
export const TYPES = Object.keys(TITLES);

export function typeName(code: string, zh: boolean): string {
  const found = TITLES[code];
  return found ? found[zh ? 1 : 0] : code;
}

export function typesOverTime(count: number, zh: boolean, codes = TYPES.slice(0, 5)): Series[] {
  const instants = days(count);
  return codes.map((key, index) => ({
    key,
    label: typeName(key, zh),
    points: course(instants, {
      level: 220 / (index + 1),
      seed: 11 + index,
      growth: index === 1 ? 0.01 : 0.001,
      ...(index === 0 ? { surge: [48, 1.6] as const } : {}),
    }),
  }));
}

export function marks(zh: boolean): Mark[] {
  const day = (index: number) => advance(START, 'day', index, ZONE);
  return [
    { key: 'a', at: day(12), label: zh ? '版本 5.2.0' : 'Release 5.2.0' },
    { key: 'b', at: day(24), until: day(31), label: zh ? '国庆假期' : 'National Day holidays' },
    {
      key: 'c',
      at: day(48),
      until: day(49),
      label: zh ? '故障：TRON 节点停止同步' : 'Incident: TRON nodes stopped syncing',
    },
    { key: 'd', at: day(50), label: zh ? '版本 5.3.0' : 'Release 5.3.0' },
    { key: 'e', at: day(51), label: zh ? '行情大涨' : 'Market up 18%' },
    { key: 'f', at: day(79), label: zh ? '版本 5.4.0' : 'Release 5.4.0' },
  ];
}

export function ranking(zh: boolean): Ranked[] {
  const next = luck(5);
  return TYPES.map((key, index) => {
    const value = Math.round(4_200 / (index + 1) ** 1.1);
    const half = Math.round(1.96 * Math.sqrt(value) * 3);
    return {
      key,
      label: typeName(key, zh),
      value,
      low: value - half,
      high: value + half,
      n: value,
      before: Math.round(value * (0.8 + next() * 0.4)),
      small: index === 9,
    };
  });
}

export function longRanking(zh: boolean): Ranked[] {
  const long = zh
    ? '在浏览器扩展 5.3.0-beta.11 里连接硬件钱包之后签名一直等待而且没有任何提示的问题'
    : 'Signing waits forever after connecting a hardware wallet to the browser extension 5.3.0-beta.11';
  return Array.from({ length: 24 }, (_, index) => ({
    key: `long-${index}`,
    label: index % 3 === 0 ? `${long} #${index}` : typeName(TYPES[index % TYPES.length] ?? '', zh),
    value: index === 0 ? 1_234_567_890 : index === 23 ? null : 987_654_321 / (index + 1),
    n: 12,
    small: index > 12,
  }));
}

export function heat(): Estimate[][] {
  const next = luck(9);
  return Array.from({ length: 7 }, (_, day) =>
    Array.from({ length: 24 }, (_, hour) => {
      const office =
        Math.exp(-((hour - 10.5) ** 2) / 12) + 1.15 * Math.exp(-((hour - 21) ** 2) / 7);
      const value = Math.round((day > 4 ? 62 : 96) * office * (0.85 + next() * 0.3));
      return { value, n: value };
    }),
  );
}

export const BINS: readonly Bin[] = [
  [60, 120, 88],
  [120, 240, 420],
  [240, 480, 1_130],
  [480, 960, 1_904],
  [960, 1_920, 1_610],
  [1_920, 3_840, 884],
  [3_840, 7_680, 402],
  [7_680, 15_360, 190],
  [15_360, 30_720, 96],
  [30_720, 61_440, 41],
  [61_440, 122_880, 22],
].map(([from = 0, until = 0, count = 0]) => ({ from, until, count }));
export const PERCENTILES: readonly Percentile[] = [
  { p: 50, value: 840 },
  { p: 90, value: 5_100 },
  { p: 99, value: 43_000 },
];
export const RATINGS: readonly Bin[] = Array.from({ length: 20 }, (_, index) => ({
  from: index,
  until: index === 19 ? null : index + 1,
  count: Math.round(900 * Math.exp(-index / 4)) + (index === 19 ? 60 : 0),
}));

/** Greenwood's interval, as a real curve would have it. */
export function curve(key: string, label: string, scale: number, n: number, seed: number): Curve {
  const next = luck(seed);
  const times = Array.from({ length: n }, () => -Math.log(1 - next()) * scale).toSorted(
    (a, b) => a - b,
  );
  const end = 3 * 86_400;
  const steps: Step[] = [{ t: 0, value: 1, low: 1, high: 1, at_risk: n }];
  const censored: number[] = [];
  let [value, sum] = [1, 0];
  for (const [index, t] of times.entries()) {
    if (t > end) break;
    const atRisk = n - index;
    if (next() < 0.08) {
      censored.push(t);
      continue;
    }
    value *= 1 - 1 / atRisk;
    sum += 1 / (atRisk * Math.max(1, atRisk - 1));
    const half = 1.96 * value * Math.sqrt(sum);
    steps.push({
      t,
      value,
      low: Math.max(0, value - half),
      high: Math.min(1, value + half),
      at_risk: atRisk,
    });
  }
  return { key, label, steps, end, censored, n };
}
