import type { Attachment } from '@standfast/api';
import { segments } from '@standfast/ui/mark';
import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { bytes } from '../upload.ts';
import { Icon } from './icon.tsx';
import { Mark, markText } from './rich.tsx';

export function File({ support, file }: { support: Support; file: Attachment }) {
  const { t } = support;
  const parts = segments(file.name, []);
  const name = parts.map((part) => (part.kind === 'mark' ? markText(t, part) : part.text)).join('');
  const picture = file.picture ? support.pictures.url(file.id) : null;
  return (
    <button
      key={file.id}
      class={picture === null ? 'file' : 'picture'}
      title={t('download', { name })}
      onclick={() => save(support, file)}
    >
      {picture === null ? (
        [
          <Icon name="file" />,
          <span>
            {parts.map((part) => (part.kind === 'mark' ? <Mark t={t} part={part} /> : part.text))}
          </span>,
          <small>{bytes(file.size, support.language)}</small>,
        ]
      ) : (
        <img src={picture || null} alt={t('picture', { name })} onload={() => support.onChange()} />
      )}
    </button>
  );
}

/** The desk wants the visitor's secret with the request, which a plain link cannot carry. */
async function save({ api }: Support, { id, name }: Attachment): Promise<void> {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await api.blob(`/attachments/${id}`));
  link.download = name;
  link.click();
}
