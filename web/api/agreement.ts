/**
 * Does not compile when what the applications read is not what the desk's description says it writes. The description is
 * generated from the server's code, `openapi.d.ts` from the description.
 */
import type * as model from '@standfast/ui/model';
import type * as console from '../console/src/api/types';
import type { components } from './openapi';

type Schemas = components['schemas'];

/** The description calls a field that may be null optional as well; the desk always writes it. */
type Written<T> = T extends readonly (infer Item)[]
  ? Written<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Written<Exclude<T[Key], undefined>> }
    : T;

type Agrees<Read, Sent extends Read> = [Read, Sent];

export type Agreement = [
  Agrees<model.Entry, Written<Schemas['EntryView']>>,
  Agrees<model.Attachment, Written<Schemas['AttachmentView']>>,
  Agrees<model.Identifier, Written<Schemas['IdentifierView']>>,
  Agrees<model.RequestSummary, Written<Schemas['RequestSummary']>>,
  Agrees<model.Receipt, Written<Schemas['Receipt']>>,
  Agrees<model.Desk, Written<Schemas['DeskView']>>,
  Agrees<console.Agent, Written<Schemas['AgentView']>>,
  Agrees<console.InboxPage, Written<Schemas['Inbox']>>,
  Agrees<console.ConversationPage, Written<Schemas['ConversationPage']>>,
  Agrees<console.CustomerPanel, Written<Schemas['CustomerPanel']>>,
  Agrees<console.DeadJob, Written<Schemas['DeadJob']>>,
  Agrees<console.Team, Written<Schemas['TeamView']>>,
];
