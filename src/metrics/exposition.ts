/**
 * The room `metrics/`: figures of the box as Prometheus takes them.
 * May import: admin, listener, placement, relay.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram';
export type Labels = Readonly<Record<string, string | number>>;

/** Cumulative counts of a histogram. */
export interface HistogramCounts {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Observations by bucket, not cumulative; one more than bounds, for those above all. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** One metric, with the samples that are added to it. */
export class Family {
  readonly #name: string;
  readonly #lines: string[];

  constructor(name: string, type: MetricType, help: string) {
    this.#name = name;
    this.#lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
  }

  /** Adds a sample; `labels`: as values, or as text of `labelText`. */
  add(value: number, labels: Labels | string = ''): this {
    const text = typeof labels === 'string' ? labels : labelText(labels);
    this.#lines.push(`${this.#name}${text} ${numberText(value)}`);
    return this;
  }

  /** Adds the samples of a histogram. */
  addHistogram({ bounds, counts, sum }: HistogramCounts, labels: Labels = {}): this {
    let total = 0;
    for (const [index, count] of counts.entries()) {
      total += count;
      const le = numberText(bounds[index] ?? Infinity);
      this.#lines.push(`${this.#name}_bucket${labelText({ ...labels, le })} ${total}`);
    }
    const own = labelText(labels);
    this.#lines.push(
      `${this.#name}_sum${own} ${numberText(sum)}`,
      `${this.#name}_count${own} ${total}`,
    );
    return this;
  }

  /** Returns the text, with a line end; '' without samples. */
  toString(): string {
    return this.#lines.length === 2 ? '' : `${this.#lines.join('\n')}\n`;
  }
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** Returns `{name="value"}`, for many samples of one thing; '' for no labels. */
export function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function escaped(value: string | number): string {
  if (typeof value === 'number') return String(value);
  return /["\\\n]/.test(value) ? value.replace(/["\\\n]/g, (sign) => ESCAPES[sign] ?? '') : value;
}
