import type {
  ActiveDays,
  ActiveUsers,
  ActivityChange,
  Adherence,
  Agent,
  AgentChange,
  Alarm,
  AlarmDetail,
  AlarmList,
  Assignment,
  CalendarDays,
  Calendars,
  Claims,
  ConversationPage,
  CustomerPanel,
  Dashboard,
  DashboardDraft,
  Dashboards,
  DayCourse,
  DeadJob,
  Desk,
  DismissReason,
  Driver,
  DriverDraft,
  EntryPage,
  EntryRange,
  FalseClaim,
  Forecast,
  ForecastQuery,
  Hours,
  HoursDraft,
  Id,
  InboxPage,
  InboxQuery,
  IncidentDraft,
  IncidentRequests,
  IncidentUpdates,
  LinkWish,
  IssuedToken,
  Level,
  Maintenance,
  MaintenanceWish,
  ModelOfTypes,
  NewAgent,
  NewNote,
  NewReply,
  NewToken,
  Peaks,
  PeaksRead,
  NovelRequests,
  OnlineRate,
  Person,
  PersonDraft,
  Planning,
  PlanningSettings,
  Published,
  RequestFeedback,
  RequestSummary,
  Review,
  ReviewChange,
  Reviews,
  Roster,
  RosterMail,
  RosterNow,
  SchedulePreview,
  ScheduleView,
  Shift,
  ShiftDraft,
  ShiftPlan,
  Swap,
  SwapDecision,
  SwapDraft,
  Surge,
  SurgeHold,
  SurgePlan,
  SurgePreview,
  SurgeReport,
  TagChange,
  Team,
  Ticket,
  TimeOff,
  TimeOffDecision,
  TimeOffDraft,
  Token,
  Transition,
  WeekNeed,
  WhatIf,
  WhatIfQuestion,
  Wallboard,
} from '@standfast/api';
import { ask, query, segment } from './http';

/** Every call the console makes, one function each; the contract's names. */

export const signIn = (email: string, password: string) =>
  ask<{ agent: Agent }>('/session', { method: 'POST', body: { email, password } });
export const whoAmI = () => ask<{ agent: Agent }>('/session');
export const signOut = () => ask<void>('/session', { method: 'DELETE' });
export const liveTicket = () => ask<Ticket>('/live/ticket', { method: 'POST', body: {} });

export const desk = () => ask<Desk>('/desk');
export const agents = () => ask<{ items: Agent[] }>('/console/agents');
export const teams = () => ask<{ items: Team[] }>('/console/teams');

export const inbox = (wanted: InboxQuery, signal?: AbortSignal) =>
  ask<InboxPage>(`/console/inbox${query({ ...wanted })}`, { signal });

/** Requests that match, whatever became of them: the inbox looks either at active ones or at done ones. */
export async function search(
  q: string,
  limit: number,
  signal?: AbortSignal,
): Promise<RequestSummary[]> {
  const pages = await Promise.all([
    inbox({ view: 'all', q, limit }, signal),
    inbox({ view: 'solved', q, limit }, signal),
  ]);
  return pages.flatMap((page) => page.items);
}

const at = (id: Id, rest = '') => `/console/requests/${segment(id)}${rest}`;
const post = <T = void>(path: string, body: unknown) => ask<T>(path, { method: 'POST', body });

export const conversation = (id: Id, signal?: AbortSignal) =>
  ask<ConversationPage>(at(id), { signal });
export const entries = (id: Id, range: EntryRange) =>
  ask<EntryPage>(at(id, `/entries${query(range)}`));

export const reply = (id: Id, body: NewReply) => post<{ seq: number }>(at(id, '/reply'), body);
export const note = (id: Id, body: NewNote) => post<{ seq: number }>(at(id, '/notes'), body);
export const assign = (id: Id, body: Assignment) => post(at(id, '/assign'), body);
export const setType = (id: Id, type: string) => post(at(id, '/type'), { type });
export const setTags = (id: Id, body: TagChange) => post(at(id, '/tags'), body);
export const dismissClaim = (id: Id, reason: FalseClaim) =>
  post(at(id, '/not-at-risk'), { reason });
/** Takes that back. */
export const undoDismissal = (id: Id) => ask<void>(at(id, '/not-at-risk'), { method: 'DELETE' });
export const putAtRisk = (id: Id) => post(at(id, '/at-risk'), {});
export const transition = (id: Id, name: Transition, worked_seconds?: number) =>
  post(at(id, '/transition'), { transition: name, worked_seconds });
export const merge = (id: Id, into: string) => post(at(id, '/merge'), { into });
export const erase = (id: Id, seq: number, reason: string) =>
  post(at(id, '/erase'), { seq, reason });
export const read = (id: Id, seq: number) => post(at(id, '/read'), { seq });
export const customer = (id: Id) => ask<CustomerPanel>(`/console/customers/${segment(id)}`);

export const requestFeedback = (id: Id) => ask<RequestFeedback>(at(id, '/feedback'));
export const reviews = (wanted: { state: 'open' | 'done'; cursor?: Id | null; limit: number }) =>
  ask<Reviews>(`/console/feedback/reviews${query(wanted)}`);
export const changeReview = (id: Id, body: ReviewChange) =>
  ask<Review>(`/console/feedback/reviews/${segment(id)}`, { method: 'PATCH', body });

export const addAgent = (body: NewAgent) => post<Agent>('/console/agents', body);
export const changeAgent = (id: Id, body: AgentChange) =>
  ask<Agent>(`/console/agents/${segment(id)}`, { method: 'PATCH', body });
export const deadJobs = () => ask<{ items: DeadJob[] }>('/console/jobs/dead');
export const retryJob = (id: Id) => post(`/console/jobs/${segment(id)}/retry`, {});

export const modelOfTypes = (signal?: AbortSignal) =>
  ask<ModelOfTypes>('/console/types/model', { signal });
export const novelRequests = (signal?: AbortSignal) =>
  ask<NovelRequests>('/console/types/novel', { signal });

export const onlineRate = (days: number, signal?: AbortSignal) =>
  ask<OnlineRate>(`/console/online?days=${days}`, { ...(signal && { signal }) });
export const incidentUpdates = (id: Id) =>
  ask<IncidentUpdates>(`/console/drivers/${segment(id)}/updates`);
export const tellIncident = (id: Id, draft: IncidentDraft) =>
  post<IncidentUpdates>(`/console/drivers/${segment(id)}/updates`, draft);
export const incidentRequests = (id: Id) =>
  ask<IncidentRequests>(`/console/drivers/${segment(id)}/requests`);
export const linkRequests = (id: Id, which: LinkWish) =>
  post<IncidentRequests>(`/console/drivers/${segment(id)}/requests`, which);
export const unlinkRequest = (id: Id, request: Id) =>
  ask<void>(`/console/drivers/${segment(id)}/requests/${segment(request)}`, { method: 'DELETE' });
export const drivers = () => ask<{ items: Driver[] }>('/console/drivers');
export const addDriver = (clientId: string, driver: DriverDraft) =>
  post<Driver>('/console/drivers', { client_id: clientId, driver });
export const changeDriver = (id: Id, version: number, driver: DriverDraft) =>
  ask<Driver>(`/console/drivers/${segment(id)}`, { method: 'PUT', body: { version, driver } });
export const removeDriver = (id: Id) =>
  ask<void>(`/console/drivers/${segment(id)}`, { method: 'DELETE' });

export const alarms = () => ask<AlarmList>('/console/alarms');
export const alarm = (id: Id) => ask<AlarmDetail>(`/console/alarms/${segment(id)}`);
export const acknowledgeAlarm = (id: Id) =>
  post<Alarm>(`/console/alarms/${segment(id)}/acknowledge`, {});
export const dismissAlarm = (id: Id, reason: DismissReason) =>
  post<Alarm>(`/console/alarms/${segment(id)}/dismiss`, { reason });
export const confirmAlarm = (id: Id, incident: DriverDraft) =>
  post<Alarm>(`/console/alarms/${segment(id)}/incident`, incident);

export const activeDays = (from?: string) =>
  ask<ActiveDays>(`/console/active-users${query({ from })}`);
export const activeUsers = (day: string) =>
  ask<{ items: ActiveUsers[] }>(`/console/active-users/${segment(day)}`);
/** A large table on a slow line takes its time. */
export const uploadActiveUsers = (table: Blob, dryRun: boolean) =>
  ask<ActivityChange>(`/console/active-users/csv${query({ dry_run: dryRun })}`, {
    method: 'POST',
    table,
    timeout: 60_000,
  });

export const roster = (from: string, until: string) =>
  ask<Roster>(`/console/roster${query({ from, until })}`);
export const rosterPeople = () => ask<{ items: Person[] }>('/console/roster/people');
export const changePerson = (id: Id, body: PersonDraft) =>
  ask<Person>(`/console/roster/people/${segment(id)}`, { method: 'PUT', body });
export const addShifts = (shifts: ShiftDraft[]) =>
  post<{ items: Shift[] }>('/console/roster/shifts', { shifts });
export const changeShift = (id: Id, version: number, shift: ShiftDraft, reason?: string) =>
  ask<Shift>(`/console/roster/shifts/${segment(id)}`, {
    method: 'PUT',
    body: { version, shift, reason },
  });
export const removeShift = (id: Id, version: number, reason?: string) =>
  ask<void>(`/console/roster/shifts/${segment(id)}${query({ version, reason })}`, {
    method: 'DELETE',
  });
export const publishShifts = (from: string, until: string, reason?: string) =>
  post<Published>('/console/roster/publish', { from, until, reason });
export const timesOff = () => ask<{ items: TimeOff[] }>('/console/roster/time-off');
export const askTimeOff = (body: TimeOffDraft) => post<TimeOff>('/console/roster/time-off', body);
export const stepTimeOff = (id: Id, body: TimeOffDecision) =>
  post<TimeOff>(`/console/roster/time-off/${segment(id)}/step`, body);
export const swaps = () => ask<{ items: Swap[] }>('/console/roster/swaps');
export const askSwap = (body: SwapDraft) => post<Swap>('/console/roster/swaps', body);
export const stepSwap = (id: Id, body: SwapDecision) =>
  post<Swap>(`/console/roster/swaps/${segment(id)}/step`, body);
export const rosterNow = () => ask<RosterNow>('/console/roster/now');
export const dayCourse = () => ask<DayCourse>('/console/planning/today', { timeout: 60_000 });
export const adherence = (days: number, zone: string) =>
  ask<Adherence>(`/console/roster/adherence${query({ days, zone })}`);
export const rosterMail = () => ask<RosterMail>('/console/roster/mail');
export const changeRosterMail = (enabled: boolean) =>
  ask<RosterMail>('/console/roster/mail', { method: 'PUT', body: { enabled } });
export const shiftCalendar = () => ask<{ url: string }>('/console/roster/calendar');
export const renewShiftCalendar = () => post<{ url: string }>('/console/roster/calendar', {});
export const hours = () => ask<Hours>('/console/hours');
export const calendars = () => ask<Calendars>('/console/hours/calendars');
export const addCalendar = (schedule: Id, url: string) =>
  ask<Calendars['items'][number]>(`/console/hours/${segment(schedule)}/calendars`, {
    method: 'POST',
    body: { url },
    timeout: 30_000,
  });
export const removeCalendar = (id: Id) =>
  ask<void>(`/console/hours/calendars/${segment(id)}`, { method: 'DELETE' });
export const addHours = (body: HoursDraft) => post<ScheduleView>('/console/hours', body);
export const changeHours = (id: Id, version: number, hours: HoursDraft) =>
  ask<ScheduleView>(`/console/hours/${segment(id)}`, { method: 'PUT', body: { version, hours } });
export const removeHours = (id: Id, version: number) =>
  ask<void>(`/console/hours/${segment(id)}${query({ version })}`, { method: 'DELETE' });
export const previewHours = (id: Id | undefined, hours: HoursDraft) =>
  post<SchedulePreview>('/console/hours/preview', { id, hours });
export const readCalendar = (table: Blob) =>
  ask<CalendarDays>('/console/hours/calendar', {
    method: 'POST',
    table,
    mediaType: 'text/calendar',
  });

export const planning = () => ask<Planning>('/console/planning');
export const changePlanning = (version: number, settings: PlanningSettings) =>
  ask<Planning>('/console/planning', { method: 'PUT', body: { version, settings } });
export const forecast = (of: ForecastQuery) =>
  ask<Forecast>(`/console/planning/forecast${query(of)}`, { timeout: 60_000 });
export const need = (from: string, weeks = 1) =>
  ask<WeekNeed>(`/console/planning/need${query({ from, weeks })}`, { timeout: 60_000 });
export const planShifts = (from: string, weeks: number) =>
  ask<ShiftPlan>('/console/planning/plan', {
    method: 'POST',
    body: { from, weeks },
    timeout: 120_000,
  });
/** A proposal in place of the drafts of its time. */
export const acceptPlan = ({ from, until, shifts }: ShiftPlan) =>
  ask<unknown>('/console/roster/drafts', { method: 'PUT', body: { from, until, shifts } });
export const whatIf = (body: WhatIfQuestion) =>
  ask<WhatIf>('/console/planning/what-if', { method: 'POST', body, timeout: 60_000 });

export const tokens = () => ask<{ items: Token[] }>('/console/tokens');
export const addToken = (body: NewToken) => post<IssuedToken>('/console/tokens', body);
export const revokeToken = (id: Id) =>
  ask<void>(`/console/tokens/${segment(id)}`, { method: 'DELETE' });

export const dashboards = () => ask<Dashboards>('/console/insight/dashboards');
export const addDashboard = (clientId: string, dashboard: DashboardDraft) =>
  post<Dashboard>('/console/insight/dashboards', { client_id: clientId, dashboard });
export const changeDashboard = (id: Id, version: number, dashboard: DashboardDraft) =>
  ask<Dashboard>(`/console/insight/dashboards/${segment(id)}`, {
    method: 'PUT',
    body: { version, dashboard },
  });
export const removeDashboard = (id: Id) =>
  ask<void>(`/console/insight/dashboards/${segment(id)}`, { method: 'DELETE' });
export const startWithDashboard = (id: Id | null) =>
  ask<void>('/console/insight/start', { method: 'PUT', body: { id } });

export const maintenance = () => ask<{ items: Maintenance[] }>('/console/maintenance');
export const announceMaintenance = (body: MaintenanceWish) =>
  ask<Maintenance>('/console/maintenance', { method: 'POST', body });
export const endMaintenance = (id: Id) =>
  ask<void>(`/console/maintenance/${segment(id)}`, { method: 'DELETE' });

export const surge = () => ask<Surge>('/console/surge');
export const chooseSurgePlan = (body: { version: number; plan: SurgePlan }) =>
  ask<Surge>('/console/surge/plan', { method: 'PUT', body });
export const previewSurge = (body: { plan: SurgePlan; level: Level }) =>
  post<SurgePreview>('/console/surge/preview', body);
export const falseClaims = () => ask<Claims>('/console/surge/claims');
export const holdSurge = (body: SurgeHold) => post<Surge>('/console/surge/hold', body);
export const releaseSurge = (body: { reason: string; replaces: string | null }) =>
  post<Surge>('/console/surge/release', body);
export const surgeReport = (id: Id) => ask<SurgeReport>(`/console/surge/${segment(id)}`);
export const wallboard = () => ask<Wallboard>('/console/wallboard');
export const surgePeaks = () => ask<Peaks>('/console/surge/peaks');
export const readPeaks = (table: Blob) =>
  ask<PeaksRead>('/console/surge/calendar', {
    method: 'POST',
    table,
    mediaType: 'text/calendar',
  });
export const peaksFeed = () => ask<{ address: string }>('/console/surge/feed');
export const renewPeaksFeed = () => post<{ address: string }>('/console/surge/feed', {});
