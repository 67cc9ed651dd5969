// Prometheus' text format.

/** What only grows. A sample is its labels, if any, and its value. */
export function counter(name: string, help: string, samples: readonly string[]): string[] {
  return metric(name, 'counter', help, samples);
}

/** What goes up and down. A sample is its labels, if any, and its value. */
export function gauge(name: string, help: string, samples: readonly string[]): string[] {
  return metric(name, 'gauge', help, samples);
}

function metric(name: string, type: 'counter' | 'gauge', help: string, samples: readonly string[]): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map((sample) => `${name}${sample.startsWith('{') ? '' : ' '}${sample}`),
  ];
}

/** A label's value, escaped and in quotes. */
export function label(name: string, value: string): string {
  return `${name}="${value.replaceAll(/["\\\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`))}"`;
}
