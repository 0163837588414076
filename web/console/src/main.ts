import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { preferences } from './session/preferences.svelte';
import { session } from './session/session.svelte';
import { useLanguage } from './words.svelte';

const target = document.getElementById('console');
if (target) {
  // The texts and the answer to "who am I" travel at the same time.
  const asked = session.resume();
  await useLanguage(preferences.language);
  mount(App, { target });
  await asked;
}
