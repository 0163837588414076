/** Every plot with realistic and with overfull data, for tests in a browser; never part of the console's bundle. */
import { mount } from 'svelte';
import '../../src/app.css';
import '../../src/plots/plots.css';
import './gallery.css';
import { preferences } from '../../src/session/preferences.svelte';
import { useArea, useLanguage } from '../../src/words.svelte';
import Gallery from './Gallery.svelte';

const target = document.getElementById('console');
if (target) {
  await useLanguage(preferences.language);
  await useArea('insight');
  mount(Gallery, { target });
}
