// What the build leaves out, because the browser would never need it. The sources stay as one would write them.
import { readFileSync } from 'node:fs';

/** Design tokens that the widget's styles do not use, and the document's own selectors: it lives in a shadow root. */
export const tokens = {
  name: 'tokens',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      const used = new Set(Array.from(file.code.matchAll(/var\((--[\w-]+)/g), ([, name]) => name));
      file.code = file.code
        .replace(/(--[\w-]+):[^;{}'"`]*(?:"[^"]*"[^;{}'"`]*)*;?/g, (whole, name) =>
          used.has(name) ? whole : '',
        )
        .replaceAll(':root,:host', ':host')
        .replace(/:root(:not\(\[[^\]]*\]\)|\[[^\]]*\]),(?=:host)/g, '');
    }
  },
};

const CHINESE = /\/zh-CN\/widget\.json$/;

/** The second language's texts in the order of the first one's keys, so that these are in the bundle once. */
export const catalogues = {
  name: 'catalogues',
  enforce: 'pre',
  transform(_code, id) {
    if (!CHINESE.test(id)) return null;
    const first = id.replace(CHINESE, '/en/widget.json');
    const own = JSON.parse(readFileSync(id, 'utf8'));
    const keys = Object.keys(JSON.parse(readFileSync(first, 'utf8')));
    const lost = Object.keys(own).filter((key) => !keys.includes(key));
    if (lost.length > 0) this.error(`in zh-CN alone: ${lost.join(', ')}`);
    // A key that this language has no text for, such as a plural form, is undefined as if it were absent.
    const texts = keys.map((key) => (key in own ? JSON.stringify(own[key]) : '')).join(',');
    return {
      code: `import first from ${JSON.stringify(first)};
        const texts = [${texts}];
        export default Object.fromEntries(Object.keys(first).map((key, at) => [key, texts[at]]));`,
      moduleType: 'js',
    };
  },
};
