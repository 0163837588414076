// Runs before the first paint so that a dark desk never flashes white. Kept in step with src/session/preferences.svelte.ts.
(function () {
  try {
    var saved = JSON.parse(localStorage.getItem('standfast.preferences') || '{}');
    if (saved.theme === 'light' || saved.theme === 'dark')
      document.documentElement.dataset.theme = saved.theme;
    if (saved.language) document.documentElement.lang = saved.language;
  } catch {
    // A blocked or damaged storage means defaults.
  }
})();
