import type { Composer } from '../composer.ts';
import { type Child, h } from '../dom.ts';
import type { Support } from '../support.ts';
import { bytes } from '../upload.ts';
import { Button } from './head.tsx';
import { Icon } from './icon.tsx';

interface Props {
  support: Support;
  composer: Composer;
  /** The form of a new request; else the line below a conversation. */
  large?: boolean;
  children?: Child;
}

/** On a phone the return key makes a line; there is a button to send. */
const touch = matchMedia('(pointer: coarse)').matches;

export function Compose({ support, composer, large = false, children }: Props): Child {
  const { t } = support;
  const pick = (event: MouseEvent) =>
    (event.currentTarget as HTMLElement)
      .closest('.composer')
      ?.querySelector<HTMLInputElement>('[type=file]')
      ?.click();
  const field = (
    <textarea
      id="text"
      key="text"
      rows={large ? 5 : 1}
      value={composer.text}
      aria-label={large ? null : t('message')}
      placeholder={t(large ? 'what_hint' : 'message_hint')}
      onkeydown={(event: KeyboardEvent) => keys(event, composer, large)}
      oninput={(event: InputEvent) => composer.write((event.target as HTMLTextAreaElement).value)}
      onpaste={(event: ClipboardEvent) => paste(event, composer)}
    />
  );
  return [
    <div
      class={large ? 'composer large' : 'composer'}
      key="composer"
      ondragover={(event: DragEvent) => {
        event.preventDefault();
        if (!composer.dropping) composer.set({ dropping: true });
      }}
      ondragleave={() => composer.set({ dropping: false })}
      ondrop={(event: DragEvent) => {
        event.preventDefault();
        void composer.add(event.dataTransfer?.files);
      }}
    >
      {composer.problems.map((problem) => (
        <Bad text={problem} />
      ))}
      <Files support={support} composer={composer} />
      {large
        ? [
            <label class="what" for="text">
              {t('what')}
            </label>,
            <div class="box">{field}</div>,
            children,
            <p class="end">
              <button class="quiet" onclick={pick}>
                <Icon name="clip" />
                {t('attach')}
              </button>
              <button class="primary" disabled={!composer.ready} onclick={() => composer.send()}>
                {t('send')}
              </button>
            </p>,
          ]
        : [
            <div class="box">
              <Button name="clip" label={t('attach')} onclick={pick} />
              {field}
              <button
                class="go"
                aria-label={t('send')}
                title={t('send')}
                disabled={!composer.ready}
                onpointerdown={(event: Event) => event.preventDefault()}
                onclick={() => composer.send()}
              >
                <Icon name="send" />
              </button>
            </div>,
          ]}
      <input
        type="file"
        multiple
        hidden
        aria-label={t('attach')}
        accept="image/png,image/jpeg,image/gif,image/webp,text/*,.log,.txt,.json,.csv"
        onchange={(event: Event) => {
          const input = event.target as HTMLInputElement;
          void composer.add([...(input.files ?? [])]);
          input.value = '';
        }}
      />
      {composer.dropping && (
        <p class="drop" key="drop">
          {t('attach_drop')}
        </p>
      )}
    </div>,
    composer.found && <Secret support={support} composer={composer} />,
  ];
}

function Bad({ text }: { text: string }) {
  return (
    <p class="bad" role="alert" key={text}>
      <Icon name="alert" />
      {text}
    </p>
  );
}

function Files({ support, composer }: { support: Support; composer: Composer }): Child {
  const { t } = support;
  return composer.files.map((picked) => {
    const { name, size } = picked.file;
    const percent = Math.round(picked.progress * 100);
    return [
      <p class="picked" key={picked.clientId}>
        <Icon name="file" />
        <span>{name}</span>
        {picked.failed ? (
          <button class="link" onclick={() => support.attach(picked)}>
            {t('try_again')}
          </button>
        ) : picked.upload ? (
          <small>{bytes(size, support.language)}</small>
        ) : (
          <progress value={picked.progress} aria-label={t('upload_progress', { name, percent })} />
        )}
        <Button name="close" label={t('remove', { name })} onclick={() => composer.drop(picked)} />
      </p>,
      picked.failed && <Bad text={`${t('upload_failed', { name })} ${picked.reason}`} />,
    ];
  });
}

/** Asks before a secret leaves the device. Removing it is what the return key and Escape do. */
function Secret({ support: { t }, composer }: { support: Support; composer: Composer }) {
  const kind = composer.found?.suspicion.kind ?? 'private_key';
  const hex = kind === 'unproven_hex';
  return (
    <div class="scrim" key="secret">
      <div
        class="secret"
        role="alertdialog"
        tabindex="-1"
        aria-modal
        aria-labelledby="secret-title"
        aria-describedby="secret-text"
      >
        <h3 id="secret-title">
          <Icon name="alert" />
          {t(`secret_${kind}`)}
        </h3>
        <p id="secret-text">{t(hex ? 'hash_warn' : 'secret_never')}</p>
        <button class="primary" onclick={() => composer.remove()}>
          {t('secret_remove')}
        </button>
        <button class="quiet" onclick={() => composer.removeAndSend()}>
          {t('secret_without')}
        </button>
        <button class="link" onclick={() => composer.finish(true)}>
          {t(hex ? 'hash_is' : 'secret_unchanged')}
        </button>
      </div>
    </div>
  );
}

function paste(event: ClipboardEvent, composer: Composer): void {
  const files = event.clipboardData?.files;
  if (!files?.length) return;
  event.preventDefault();
  void composer.add([...files]);
}

function keys(event: KeyboardEvent, composer: Composer, large: boolean): void {
  // Return chooses a word while Chinese is being typed (229: Safari).
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  if ((touch || large) && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  void composer.send();
}
