import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { Compose } from './compose.tsx';
import { Head } from './head.tsx';
import { Steps } from './steps.tsx';
import { intake, Types } from './types.tsx';

export function Write({ support }: { support: Support }) {
  const { t, language, composer } = support;
  const { type } = composer;
  const head = (
    <Head
      support={support}
      title={t('write')}
      back={() => (type === null ? support.show({ name: 'home' }) : composer.set({ type: null }))}
    />
  );
  if (type === null) {
    return [
      head,
      <div class="body" key="types">
        <h3 class="ask">{t('about')}</h3>
        <Types support={support} />
      </div>,
    ];
  }
  const fields = intake(support, type);
  return [
    head,
    <div class="body" key="form">
      <p class="chosen">
        <span>{type?.title[language] ?? t('about_other')}</span>
        <button class="link" onclick={() => composer.set({ type: null })}>
          {t('change')}
        </button>
      </p>
      {type?.at_risk && [<Steps support={support} />, <p class="dim">{t('steps_then')}</p>]}
      <Compose support={support} composer={composer} large>
        {fields.length > 0 && (
          <fieldset>
            <legend>
              {t('helps')} <span class="dim">({t('optional')})</span>
            </legend>
            {fields.map(({ code, title, hint }) => (
              <label key={code}>
                <span>{title[language]}</span>
                <input
                  value={composer.fields[code] ?? ''}
                  placeholder={hint[language]}
                  autocomplete="off"
                  autocapitalize="off"
                  spellcheck="false"
                  oninput={(event: InputEvent) =>
                    composer.fill(code, (event.target as HTMLInputElement).value)
                  }
                />
              </label>
            ))}
          </fieldset>
        )}
      </Compose>
    </div>,
  ];
}
