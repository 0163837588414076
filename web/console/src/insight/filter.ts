/** A filter, and how an address says it: the dimension and its values with commas between. Pure. */
export interface Filter {
  dimension: string;
  values: readonly string[];
  /** Everything but these. */
  not?: boolean;
}

const CODE = /^[\w.:-]{1,64}$/;

export function printFilter({ dimension, values }: Filter): string {
  return [dimension, ...values].map(encodeURIComponent).join(',');
}

/** Null when it names no dimension, or no value. */
export function parseFilter(text: string): Filter | null {
  const [dimension = '', ...values] = text.split(',').map(decode);
  const kept = [...new Set(values)].filter((value) => value !== '');
  return CODE.test(dimension) && kept.length > 0 ? { dimension, values: kept } : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
