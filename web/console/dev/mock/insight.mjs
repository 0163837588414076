/** Invented counts for Insight: requests of a year in memory, counted for real, so that filters and groups agree. */
const TYPES = [
  ['transfer_missing', '转账未到账', 30],
  ['wrong_network', '选错网络', 17],
  ['stuck', '交易卡住', 13],
  ['fees', '手续费', 11],
  ['theft', '资产被盗', 8],
  ['restore', '恢复钱包', 8],
  ['dapp', '应用与授权', 6],
  ['staking', '质押', 4],
  ['other', '其他', 3],
];
const CHANNELS = [
  ['widget', '网站与应用内', 62],
  ['mail', '邮件', 21],
  ['telegram', 'Telegram', 12],
  ['wechat', '微信公众号', 5],
];
const CHAINS = [
  ['tron', 'TRON', 44],
  ['ethereum', 'Ethereum', 24],
  ['bsc', 'BNB Smart Chain', 19],
  ['bitcoin', 'Bitcoin', 9],
  ['', '未知', 4],
];
const DIMENSIONS = [
  ['type', '类型', TYPES],
  ['channel', '渠道', CHANNELS],
  ['chain', '链', CHAINS],
];
const MEASURES = [
  ['requests', 'requests', '工单数', '在时段内建立的工单'],
  ['customers', 'customers', '提单用户数', '至少提交一张工单的用户'],
  ['one_contact', 'share', '一次解决率', '第一次回复后未再来问的已解决工单 ÷ 已解决工单'],
  ['first_response', 'seconds', '首次回复时间（中位数）', '从提交到第一次人工回复'],
];
const STEPS = new Set(['hour', 'day', 'week', 'month']);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function luck(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function pick(next, list) {
  let left = next() * list.reduce((sum, [, , weight]) => sum + weight, 0);
  return list.find(([, , weight]) => (left -= weight) <= 0)?.[0] ?? list[0][0];
}

function parts(at, format) {
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

export class Counted {
  constructor(desk) {
    this.desk = desk;
    this.requests = [];
    const next = luck(7);
    const end = Date.now();
    for (let at = end - 400 * DAY; at < end;) {
      const hour = (new Date(at).getUTCHours() + 8) % 24;
      const busy =
        0.12 + Math.exp(-((hour - 11) ** 2) / 12) + 1.2 * Math.exp(-((hour - 21) ** 2) / 8);
      const days = (end - at) / DAY;
      const surge = days < 12 && days > 9 ? 2.2 : 1;
      const weekend = [0, 6].includes(new Date(at + 8 * HOUR).getUTCDay()) ? 0.7 : 1;
      at += (-Math.log(1 - next()) * HOUR) / (5 * busy * weekend * surge * (1.3 - days / 1_300));
      this.requests.push({
        at,
        type: surge > 1 && next() < 0.5 ? 'transfer_missing' : pick(next, TYPES),
        channel: pick(next, CHANNELS),
        chain: pick(next, CHAINS),
        user: Math.floor(next() ** 2 * 9_000),
        solved: next() < 0.7,
        answer: Math.exp(6.7 + 1.1 * (next() + next() + next() - 1.5) * 2),
      });
    }
  }

  catalogue() {
    const both = (text) => ({ 'zh-CN': text, en: text });
    const begins = new Date(Math.min(...this.requests.map(({ at }) => at))).toISOString();
    return {
      requests: this.requests.length,
      history: { all: begins, desk: begins, imported: null },
      steps: [],
      measures: MEASURES.map(([code, unit, name, formula]) => ({
        code,
        unit,
        name: both(name),
        formula: both(formula),
        leaves_out: both('垃圾、已合并与测试工单'),
        time_base: 'created',
        parameters: {},
      })),
      dimensions: DIMENSIONS.map(([code, name, values]) => ({
        code,
        name: both(name),
        values: values
          .filter(([value]) => value)
          .map(([value, title]) => ({ code: value, name: both(title) })),
      })),
    };
  }

  matching({ from, until, filter = {} }) {
    const [low, high] = [Date.parse(from), Date.parse(until)];
    return this.requests.filter(
      (each) =>
        each.at >= low &&
        each.at < high &&
        Object.entries(filter).every(([dimension, values]) => values.includes(each[dimension])),
    );
  }

  query(wanted) {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone: wanted.zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      weekday: 'short',
      hourCycle: 'h23',
    });
    const groups = new Map();
    const found = this.matching(wanted);
    for (const each of found) {
      const keys = wanted.group.map((group) => this.keyOf(each, group, format));
      const key = JSON.stringify(keys);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(each);
    }
    const unit = MEASURES.find(([code]) => code === wanted.measure)?.[1] ?? 'requests';
    const all = [...groups].map(([keys, some]) => [JSON.parse(keys), some]);
    const weeks = (Date.parse(wanted.until) - Date.parse(wanted.from)) / 604_800_000;
    const axes = wanted.group.map((code, axis) => ({
      code,
      members: [...new Set(all.map(([keys]) => keys[axis]))].map((key) =>
        STEPS.has(code)
          ? { code: key, from: key }
          : // An hour of the week comes once in each of its weeks.
            code === 'hour_of_week'
            ? { code: key, seconds: 3_600 * weeks }
            : { code: key },
      ),
    }));
    const place = (axis, key) => axes[axis].members.findIndex(({ code }) => code === key);
    return {
      measure: wanted.measure,
      unit,
      from: wanted.from,
      until: wanted.until,
      left_out: 0,
      excluded: {
        spam: Math.round(found.length / 40),
        merged: Math.round(found.length / 60),
        test: 3,
      },
      axes,
      cells: all.map(([keys, some]) => ({
        at: keys.map((key, axis) => place(axis, key)),
        figure: this.figure(wanted.measure, some),
      })),
      total: this.figure(wanted.measure, found),
    };
  }

  keyOf(each, group, format) {
    if (!STEPS.has(group) && group !== 'hour_of_week') return each[group] ?? '';
    const { year, month, day, hour, minute, second, weekday } = parts(each.at, format);
    const since = (Number(minute) * 60 + Number(second)) * 1_000 + (each.at % 1_000);
    const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(weekday);
    if (group === 'hour_of_week') return `${days + 1}-${Number(hour)}`;
    if (group === 'hour') return new Date(each.at - since).toISOString();
    // Good enough for zones whose clocks do not change within the bucket.
    const midnight = Math.round((each.at - since) / 1_000) * 1_000 - Number(hour) * HOUR;
    if (group === 'day') return new Date(midnight).toISOString();
    if (group === 'week') return new Date(midnight - days * DAY).toISOString();
    return new Date(
      Date.UTC(Number(year), Number(month) - 1, 1) +
        (midnight - Date.UTC(Number(year), Number(month) - 1, Number(day))),
    ).toISOString();
  }

  figure(measure, all) {
    const n = all.length;
    const small = n < 30;
    if (measure === 'customers') {
      const value = new Set(all.map(({ user }) => user)).size;
      return { value, n, small: false };
    }
    if (measure === 'one_contact') {
      if (n === 0) return { value: null, n, small: true };
      const hits = all.filter(({ solved }) => solved).length;
      // Wilson, 95 %.
      const [z, p] = [1.96, hits / n];
      const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
      const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
      return {
        value: p,
        n,
        numerator: hits,
        denominator: n,
        low: middle - half,
        high: middle + half,
        small,
      };
    }
    if (measure === 'first_response') {
      if (n === 0) return { value: null, n, small: true };
      const sorted = all.map(({ answer }) => answer).toSorted((a, b) => a - b);
      const at = (part) => sorted[Math.max(0, Math.min(n - 1, Math.round(part)))];
      const half = 0.98 * Math.sqrt(n);
      return { value: at(n / 2), n, low: at(n / 2 - half), high: at(n / 2 + half), small };
    }
    return { value: n, n, small: false };
  }

  rows({ query }) {
    return {
      items: this.matching(query)
        .slice(-50)
        .map((each, index) => ({
          id: String(index + 1),
          number: `K7M39QX${String(index).padStart(3, '2')}`,
          type: each.type,
          created_at: new Date(each.at).toISOString(),
          subject: '转账一直没有到账',
        })),
      next: null,
    };
  }
}
