// Fails when the widget outgrows what a host page was promised (gzip -9, bytes).
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMITS = { 'widget.js': 1024, 'app.js': 25 * 1024, 'rating.js': 8 * 1024 };

for (const [name, limit] of Object.entries(LIMITS)) {
  const bytes = readFileSync(new URL(`../dist/${name}`, import.meta.url));
  const size = gzipSync(bytes, { level: 9 }).length;
  const foreign = bytes.findIndex((byte) => byte > 127);
  console.log(`${name}: ${size} of ${limit} bytes gzip (${bytes.length} plain)`);
  if (size > limit || foreign >= 0) process.exitCode = 1;
  if (size > limit) console.error(`${name} is ${size - limit} bytes over its budget.`);
  if (foreign >= 0) console.error(`${name} is not plain ASCII at byte ${foreign}.`);
}
