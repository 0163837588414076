import type { Field, RequestType } from '@standfast/api';
import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { Icon } from './icon.tsx';

/** What most people come with; then the groups of the contact page. What is in none of them is in the last. */
const GROUPS = {
  common: 'pending deposit balance access',
  transfer: 'pending failed deposit withdrawal wrong_transfer poisoning swap bridge',
  asset: 'balance fee airdrop',
  wallet: 'access import app hardware',
  use: 'dapp staking purchase',
  other: '',
};

export function Types({ support }: { support: Support }) {
  const { t, desk, composer } = support;
  if (!desk) return <Row support={support} />;
  let left = desk.types.filter(({ at_risk }) => !at_risk);
  return [
    <Risk support={support} />,
    Object.entries(GROUPS).map(([name, codes]) => {
      if ((name === 'common') === composer.more) return null;
      const types = codes
        ? codes.split(' ').flatMap((code) => left.find((each) => each.code === code) ?? [])
        : left;
      left = left.filter((each) => !types.includes(each));
      return <Group support={support} name={name} types={types} />;
    }),
    !composer.more && (
      <button class="quiet" key="more" onclick={() => composer.set({ more: true })}>
        {t('about_more')}
      </button>
    ),
  ];
}

/** Money at risk, which goes before everything else. */
export function Risk({ support }: { support: Support }) {
  const types = support.desk?.types.filter(({ at_risk }) => at_risk) ?? [];
  return <Group support={support} name="risk" types={types} />;
}

interface Props {
  support: Support;
  name: string;
  types: readonly RequestType[];
}

function Group({ support, name, types }: Props) {
  return (
    types.length > 0 && (
      <section key={name} class={name}>
        <h3>
          {name === 'risk' && <Icon name="alert" />}
          {support.t(`about_${name}`)}
        </h3>
        <ul>
          {types.map((type) => (
            <li key={type.code}>
              <Row support={support} type={type} />
            </li>
          ))}
        </ul>
      </section>
    )
  );
}

/** Without a type while the desk's own have not come. */
function Row({ support, type }: { support: Support; type?: RequestType }) {
  return (
    <button class="row" onclick={() => choose(support, type)}>
      <span class="main">{type?.title[support.language] ?? support.t('about_other')}</span>
      <Icon name="next" />
    </button>
  );
}

export function intake({ desk }: Support, type: RequestType | undefined): Field[] {
  return (type?.fields ?? []).flatMap(
    (code) => desk?.fields.find((field) => field.code === code) ?? [],
  );
}

/** What the app already knows is filled in: by the field's own name. */
function choose(support: Support, type: RequestType | undefined): void {
  if (support.view.name !== 'write') support.show({ name: 'write' });
  const { composer, context } = support;
  const fields = { ...composer.fields };
  for (const { code } of intake(support, type)) {
    const known = context[code];
    if (!fields[code] && (typeof known === 'string' || typeof known === 'number'))
      fields[code] = String(known);
  }
  composer.set({ type, fields });
}
