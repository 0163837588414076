/** What a browser must fetch before the console can be used: everything that index.html leads to without a click. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMIT = 150_000;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const manifest = JSON.parse(readFileSync(`${dist}manifest.json`, 'utf8'));
const size = (file) => gzipSync(readFileSync(dist + file), { level: 9 }).length;

const files = new Set(['index.html', 'theme.js']);
function follow(key) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const next of chunk.imports ?? []) follow(next);
}
follow('index.html');
// One language is loaded before anything is shown; count the larger.
const catalogs = Object.keys(manifest).filter((key) => key.endsWith('/console.json'));
const largest = catalogs.toSorted((a, b) => size(manifest[b].file) - size(manifest[a].file))[0];
if (largest) files.add(manifest[largest].file);

let total = 0;
for (const file of files) {
  total += size(file);
  console.log(`${String(size(file)).padStart(8)}  ${file}`);
}
console.log(`console_gzip_bytes ${total} (limit ${LIMIT})`);
if (total > LIMIT) {
  console.error('The first load of the console is over its budget.');
  process.exit(1);
}
