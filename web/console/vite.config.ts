import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

const api = process.env.STANDFAST_API ?? 'http://127.0.0.1:5280';

export default defineConfig({
  base: '/console/',
  plugins: [tailwindcss(), svelte()],
  server: {
    port: 5281,
    // The catalogues live above this folder.
    fs: { allow: ['..', '../../locales'] },
    proxy: { '/api': { target: api, ws: true, changeOrigin: false } },
  },
  build: {
    target: 'es2022',
    // The page's policy forbids data: and inline code, so nothing is folded into HTML or CSS.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
  },
});
