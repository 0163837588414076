import type { Attachment } from '@standfast/ui/model';
import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { bytes } from '../upload.ts';
import { Icon } from './icon.tsx';

export function File({ support, file }: { support: Support; file: Attachment }) {
  const { t } = support;
  const picture = file.picture ? support.pictures.url(file.id) : null;
  return (
    <button
      key={file.id}
      class={picture === null ? 'file' : 'picture'}
      title={t('download', { name: file.name })}
      onclick={() => save(support, file)}
    >
      {picture === null ? (
        [
          <Icon name="file" />,
          <span>{file.name}</span>,
          <small>{bytes(file.size, support.language)}</small>,
        ]
      ) : (
        <img
          src={picture || null}
          alt={t('picture', { name: file.name })}
          onload={() => support.onChange()}
        />
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
