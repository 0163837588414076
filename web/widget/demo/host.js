// ?lang=en shows the page in English; the widget follows the page's language.
if (/[?&]lang=en/.test(location.search)) document.documentElement.lang = 'en';

// In a real app these come from the app itself.
window.addEventListener('load', () => {
  window.Standfast?.('context', { app_version: '2.14.0', device: 'Pixel 8, Android 15' });
});
