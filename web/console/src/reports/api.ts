/** Calls about reports, one function each. */
import type {
  Id,
  Report,
  ReportDefinition,
  ReportFormat,
  ReportList,
  ReportRun,
} from '@standfast/api';
import { ask, asProblem, BASE, problemOf, segment } from '../api/http';
import { language } from '../words.svelte';

export const list = () => ask<ReportList>('/console/reports');
export const runs = (id: Id) => ask<{ items: ReportRun[] }>(`/console/reports/${segment(id)}/runs`);

export const save = (old: Report | null, name: string, definition: ReportDefinition) =>
  old
    ? ask<Report>(`/console/reports/${segment(old.id)}`, {
        method: 'PUT',
        body: { version: old.version, report: { name, definition } },
      })
    : ask<Report>('/console/reports', { method: 'POST', body: { name, definition } });

export const remove = (id: Id) =>
  ask<void>(`/console/reports/${segment(id)}`, { method: 'DELETE' });

export const run = (id: Id, clientId: string, send: boolean) =>
  ask<ReportRun>(`/console/reports/${segment(id)}/runs`, {
    method: 'POST',
    body: { client_id: clientId, send },
  });

export const fileAddress = (id: Id, format: ReportFormat) =>
  `${BASE}/console/report-runs/${segment(id)}/file?format=${format}`;

/** The page of a run. */
export const page = (id: Id) => text(fileAddress(id, 'html'));

/** The page that a definition would make now. */
export const preview = (name: string, definition: ReportDefinition) =>
  text(`${BASE}/console/report-preview`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, definition }),
  });

async function text(address: string, init: RequestInit = {}): Promise<string> {
  let response: Response;
  try {
    response = await fetch(address, {
      ...init,
      credentials: 'same-origin',
      headers: { ...init.headers, 'Accept-Language': language() },
    });
  } catch (error) {
    throw asProblem(error);
  }
  if (!response.ok) throw await problemOf(response);
  return response.text();
}
