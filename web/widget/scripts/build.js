// Builds dist/app.js (the widget), dist/rating.js (what it loads when something was solved) and dist/widget.js (the loader
// that a host page names).
import { build } from 'vite';
import { catalogues, tokens } from './lean.js';

const root = new URL('..', import.meta.url).pathname;

/**
 * The output holds ASCII only: a host page's charset then cannot garble the Chinese in it. Outside of string, template
 * and regular expression literals minified code has no other characters, and in those an escape means the same.
 */
const ascii = {
  name: 'ascii',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      file.code = file.code.replace(
        /[^\0-\x7f]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
};

async function make(entry, file, format = 'iife') {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [catalogues, tokens, ascii],
    build: {
      // Browsers and web views of the last five years.
      target: 'es2022',
      cssTarget: ['chrome92', 'safari15.4', 'firefox91'],
      outDir: 'dist',
      emptyOutDir: false,
      minify: 'terser',
      terserOptions: {
        ecma: 2020,
        module: true,
        compress: { passes: 3, unsafe_arrows: true, pure_getters: true, keep_fargs: false },
        format: { comments: false },
      },
      lib: { entry, formats: [format], name: 'StandfastWidget', fileName: () => file },
      ...(format === 'iife' && { rollupOptions: { output: { extend: false } } }),
    },
  });
}

await make('src/main.ts', 'app.js');
await make('src/rating/main.ts', 'rating.js', 'es');
await make('src/loader.ts', 'widget.js');
