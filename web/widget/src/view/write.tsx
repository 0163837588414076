import type { Field, RequestType } from '@standfast/api';
import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { Compose } from './compose.tsx';
import { Head } from './head.tsx';
import { Icon } from './icon.tsx';
import { Steps } from './steps.tsx';

export function Write({ support }: { support: Support }) {
  const { t, language, composer, desk } = support;
  const { type } = composer;
  const types = desk?.types ?? [];
  const other = types.find(({ code }) => code === 'other');
  const row = (each: RequestType | undefined) => (
    <li key={each?.code ?? 'other'}>
      <button class={each?.at_risk ? 'row danger' : 'row'} onclick={() => choose(support, each)}>
        {each?.at_risk && <Icon name="alert" />}
        <span class="main">{each?.title[language] ?? t('about_other')}</span>
        <Icon name="next" />
      </button>
    </li>
  );
  const head = (
    <Head
      support={support}
      title={t('write')}
      back={() => (type === null ? support.show({ name: 'home' }) : composer.set({ type: null }))}
    />
  );
  if (type === null) {
    const risky = types.filter(({ at_risk }) => at_risk);
    const rest = types.filter((each) => !each.at_risk && each !== other);
    return [
      head,
      <div class="body" key="types">
        <h3 class="ask">{t('about')}</h3>
        {risky.length > 0 && (
          <section key="risk">
            <h4>{t('about_risk')}</h4>
            <ul>{risky.map(row)}</ul>
          </section>
        )}
        <section key="rest">
          <h4>{t('about_rest')}</h4>
          <ul>{[...rest, other].map(row)}</ul>
        </section>
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

function intake({ desk }: Support, type: RequestType | undefined): Field[] {
  return (type?.fields ?? []).flatMap(
    (code) => desk?.fields.find((field) => field.code === code) ?? [],
  );
}

/** What the app already knows is filled in: by the field's own name. */
function choose(support: Support, type: RequestType | undefined): void {
  const { composer, context } = support;
  const fields = { ...composer.fields };
  for (const { code } of intake(support, type)) {
    const known = context[code];
    if (!fields[code] && (typeof known === 'string' || typeof known === 'number'))
      fields[code] = String(known);
  }
  composer.set({ type, fields });
}
