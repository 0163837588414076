import { translator } from '@standfast/ui/i18n';
import en from '../../../../locales/en/rating.json';
import zh from '../../../../locales/zh-CN/rating.json';
import { type Child, h } from '../dom.ts';
import type { Support } from '../support.ts';
import type { Question } from './question.ts';

const CATALOGS = { 'zh-CN': zh, en } as const;
const SCORES = [1, 2, 3, 4, 5];

interface Props {
  support: Support;
  question: Question;
}

interface Part {
  t: ReturnType<typeof translator>;
  question: Question;
}

/** Everything that is asked below a conversation; nothing while there is nothing to ask. */
export function Asked({ support, question }: Props): Child {
  const { known, place, said, problem } = question;
  const t = translator(support.language, CATALOGS[support.language]);
  if (!known?.episode) return null;
  const undecided = known.state === 'claimed' || known.state === 'assumed';
  const asks = known.may_answer && undecided;
  return (
    <section class="asked" key="asked" tabindex="-1" aria-label={t('title')}>
      {said && (
        <p class="thanks" role="status" key="thanks">
          {t(`thanks_${said}`)}
        </p>
      )}
      {problem && (
        <p class="bad" role="alert" key="problem">
          {problem.text ?? t(problem.key ?? 'failed')}
        </p>
      )}
      {place === 'complaint' ? (
        <Complaint t={t} question={question} />
      ) : (
        [
          asks && <Solved t={t} question={question} />,
          !asks && known.may_rate && known.state !== 'repudiated' && (
            <Rating t={t} question={question} />
          ),
          place === 'details' && known.may_rate && <Details t={t} question={question} />,
          <p class="more" key="more">
            {known.state === 'repudiated' && known.may_rate && place === 'question' && (
              <button class="link" key="rate" onclick={() => question.set({ place: 'details' })}>
                {t('rate_anyway')}
              </button>
            )}
            <button
              class="link"
              key="complain"
              onclick={() => question.set({ place: 'complaint', said: null, problem: null })}
            >
              {t('complain')}
            </button>
          </p>,
        ]
      )}
    </section>
  );
}

function Solved({ t, question }: Part) {
  const again = question.known?.asked_again;
  return (
    <div key="solved" role="group" aria-label={t(again ? 'question_again' : 'question')}>
      <h3>{t(again ? 'question_again' : 'question')}</h3>
      <p class="yes-no">
        <button
          class="primary"
          disabled={question.busy}
          onclick={(event: Event) => after(event, question.answer(true))}
        >
          {t('yes')}
        </button>
        <button
          class="quiet"
          disabled={question.busy}
          onclick={(event: Event) => after(event, question.answer(false))}
        >
          {t('no')}
        </button>
      </p>
    </div>
  );
}

function Rating({ t, question }: Part) {
  return (
    <div key="rating" role="group" aria-label={t('rate')}>
      <h3>{t(question.score === null ? 'rate' : 'rated')}</h3>
      <div class="five">
        {SCORES.map((score) => (
          <button
            key={score}
            class="score"
            aria-pressed={question.score === score}
            aria-label={`${score} ${t(`score_${score}`)}`}
            disabled={question.busy}
            onclick={() => question.rate(score)}
          >
            <b>{score}</b>
            <span>{t(`score_${score}`)}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

function Details({ t, question }: Part): Child {
  if (question.score === null) return <Rating t={t} question={question} />;
  return (
    <div key="details" class="details">
      {question.known?.state === 'repudiated' && <Rating t={t} question={question} />}
      <p id="asked-why">{t(question.score >= 4 ? 'why_good' : 'why_bad')}</p>
      <div class="reasons" role="group" aria-labelledby="asked-why">
        {question.reasons.map((code) => (
          <button
            key={code}
            class="reason"
            aria-pressed={question.reason === code}
            onclick={() => question.set({ reason: question.reason === code ? null : code })}
          >
            {t(`reason_${code}`)}
          </button>
        ))}
      </div>
      <textarea
        key="comment"
        rows="2"
        value={question.comment}
        aria-label={t('comment')}
        placeholder={t('comment')}
        oninput={(event: InputEvent) =>
          question.set({ comment: (event.target as HTMLTextAreaElement).value, problem: null })
        }
      />
      <p class="yes-no">
        <button
          class="quiet"
          disabled={question.busy || !(question.reason ?? question.comment.trim())}
          onclick={(event: Event) => after(event, question.explain())}
        >
          {t('send')}
        </button>
      </p>
    </div>
  );
}

function Complaint({ t, question }: Part) {
  return (
    <div key="complaint" class="details">
      <label for="complaint">{t('complaint')}</label>
      <p class="dim" id="complaint-hint">
        {t('complaint_hint')}
      </p>
      <textarea
        id="complaint"
        key="text"
        rows="4"
        value={question.complaint}
        aria-describedby="complaint-hint"
        oninput={(event: InputEvent) =>
          question.set({ complaint: (event.target as HTMLTextAreaElement).value, problem: null })
        }
      />
      <p class="yes-no">
        <button
          class="primary"
          disabled={question.busy || question.complaint.trim() === ''}
          onclick={(event: Event) => after(event, question.complain())}
        >
          {t('complaint_send')}
        </button>
        <button class="quiet" onclick={() => question.set({ place: 'question', problem: null })}>
          {t('cancel')}
        </button>
      </p>
    </div>
  );
}

/** The button that was pressed goes; what it led to is read out from where it stood. */
async function after(event: Event, done: Promise<void>): Promise<void> {
  const root = (event.currentTarget as HTMLElement).getRootNode() as ShadowRoot;
  await done;
  setTimeout(() => {
    if (!root.activeElement || root.activeElement.matches('.panel'))
      root.querySelector<HTMLElement>('.asked')?.focus();
  });
}
