/**
 * The objects of the REST API by the names that the applications use. Each is an alias of what `openapi.d.ts` says, which is
 * generated from the server's code: where the server's words change, the applications stop compiling.
 */
import type { components, operations } from './openapi';

type Schemas = components['schemas'];

/** 64 bits as a decimal string. */
export type Id = string;
/** RFC 3339, UTC. */
export type Timestamp = string;

export type State = Schemas['State'];
export type AuthorKind = Schemas['AuthorKind'];
export type Texts = Schemas['Texts'];
export type Expected = Schemas['Wait'];

export type RequestSummary = Schemas['RequestSummary'];
export type Entry = Schemas['EntryView'];
export type Event = Schemas['Event'];
export type Identifier = Schemas['IdentifierView'];
export type Attachment = Schemas['AttachmentView'];
export type Upload = Schemas['UploadView'];
export type Receipt = Schemas['Receipt'];
export type SecretNotice = Schemas['SecretNotice'];

/** What a customer is asked about the help, and has answered. */
export type Feedback = Schemas['FeedbackView'];
export type FeedbackReceipt = Schemas['FeedbackReceipt'];

/** GET /desk: what a customer's page needs to know before anybody is known. */
export type Desk = Schemas['DeskView'];
export type RequestType = Schemas['TypeView'];
export type Field = Schemas['FieldView'];

export type RequestDetail = Schemas['RequestDetail'];
export type Prediction = Schemas['PredictionView'];
export type ConversationPage = Schemas['ConversationPage'];
export type EntryPage = Pick<Schemas['Conversation_RequestSummary'], 'entries' | 'more'>;
export type CustomerPanel = Schemas['CustomerPanel'];
export type InboxPage = Schemas['Inbox'];
export type Counts = Schemas['InboxCounts'];
export type Viewer = Schemas['Viewer'];
export type Agent = Schemas['AgentView'];
export type Role = Schemas['Role'];
export type Team = Schemas['TeamView'];
export type DeadJob = Schemas['DeadJob'];
export type Ticket = Schemas['Ticket'];
export type RequestFeedback = Schemas['RequestFeedback'];
export type Episode = Schemas['Episode'];
export type Review = Schemas['ReviewView'];
export type Reviews = Schemas['Reviews'];

/** What is asked for; here an absent field says something. */
export type NewReply = Schemas['NewReply'];
/** What a reply leaves the request in. */
export type AfterReply = Schemas['ThenWish'];
export type NewNote = Schemas['NewNote'];
export type Transition = Schemas['Step'];
export type Assignment = Schemas['AssignWish'];
export type TagChange = Schemas['TagWish'];
export type NewAgent = Schemas['AgentWish'];
export type AgentChange = Schemas['AgentChangeWish'];
export type ReviewChange = Schemas['ReviewWish'];

/** The model of types, and what no type fits. */
export type ModelOfTypes = Schemas['ModelView'];
export type NovelRequests = Schemas['NovelView'];

/** What may explain the count of requests. */
export type Driver = Schemas['DriverView'];
export type DriverKind = Schemas['DriverKind'];
export type DriverDraft = Schemas['DriverWish'];
export type Alarm = Schemas['AlarmView'];
export type AlarmList = Schemas['AlarmList'];
export type AlarmDetail = Schemas['AlarmDetail'];
export type DismissReason = Schemas['DismissReason'];
export type ActiveDays = Schemas['ActiveDays'];
export type ActiveDayOf = Schemas['ActiveDayView'];
export type ActiveUsers = Schemas['ActiveUsersView'];
export type ActivityChange = Schemas['ActivityChange'];
export type TableFault = Schemas['TableFault'];

/** When the desk is open. */
export type OnlineRate = Schemas['OnlineView'];
export type IncidentUpdates = Schemas['IncidentUpdates'];
export type IncidentDraft = Schemas['IncidentWish'];
export type IncidentPhase = Schemas['IncidentPhase'];
export type IncidentRequests = Schemas['IncidentRequests'];
export type LinkWish = Schemas['LinkWish'];
export type Hours = Schemas['HoursView'];
export type ScheduleView = Schemas['ScheduleView'];
export type HoursDraft = Schemas['HoursWish'];
export type SchedulePreview = Schemas['SchedulePreview'];
export type Schedule = Schemas['HoursSchedule'];

/** How people are planned, what is expected, and who could work when. */
export type Planning = Schemas['PlanningView'];
export type PlanningSettings = Planning['settings'];
export type TypeGroup = Schemas['TypeGroup'];
export type Forecast = Schemas['ForecastView'];
export type DayOfForecast = Schemas['ForecastDay'];
export type ForecastQuery = NonNullable<operations['forecast']['parameters']['query']>;
export type WeekNeed = Schemas['NeedView'];
export type ShiftPlan = Schemas['PlanView'];
export type PlannedShift = Schemas['PlannedShift'];
export type WhatIfQuestion = Schemas['WhatIf'];
export type WhatIf = Schemas['WhatIfView'];
export type Spread = WhatIf['now'];
export type Season = Schemas['Season'];
export type WeekInterval = Schemas['WeekInterval'];
export type WeekGap = Schemas['WeekGap'];
export type AudienceGap = Schemas['AudienceGap'];
export type Opened = Schemas['Opened'];
export type CalendarDays = Schemas['CalendarDays'];
export type Calendars = Schemas['Calendars'];

/** Who works when. */
export type Roster = Schemas['RosterView'];
export type Person = Schemas['PersonView'];
export type PersonDraft = Schemas['ChangedPerson'];
export type Profile = Schemas['Profile'];
export type Contract = Schemas['Contract'];
export type Shift = Schemas['ShiftView'];
export type ShiftDraft = Schemas['ShiftDraft'];
export type Violation = Schemas['Violation'];
export type Published = Schemas['Published'];
export type TimeOff = Schemas['TimeOffView'];
export type TimeOffDraft = Schemas['TimeOffDraft'];
export type TimeOffDecision = Schemas['TimeOffDecision'];
export type Swap = Schemas['SwapView'];
export type SwapDraft = Schemas['SwapDraft'];
export type SwapDecision = Schemas['SwapDecision'];
export type RosterNow = Schemas['NowView'];
export type RosterMail = Schemas['RosterMail'];
export type DayCourse = Schemas['CourseView'];
export type Adherence = Schemas['Adherence'];
export type Covered = Schemas['Covered'];

/** Credentials of other systems. */
export type Token = Schemas['TokenView'];
export type TokenScope = Schemas['TokenScope'];
export type NewToken = Schemas['TokenWish'];
export type IssuedToken = Schemas['IssuedToken'];

/** RFC 9457 problem document. `code` is stable, `title` and `detail` are in the caller's language; some carry more. */
export type Problem = Partial<Schemas['ProblemDocument']> &
  Pick<Schemas['ProblemDocument'], 'code' | 'status' | 'title'> & { [extension: string]: unknown };

export type InboxQuery = NonNullable<operations['inbox']['parameters']['query']>;
export type ViewName = NonNullable<InboxQuery['view']>;
export type EntryRange = NonNullable<operations['entries']['parameters']['query']>;

/** GET /console/insight/catalogue: what can be measured and asked. */
export type InsightCatalogue = Schemas['CatalogueView'];
export type InsightMeasure = Schemas['MeasureView'];
export type InsightUnit = Schemas['UnitView'];
/** POST /console/insight/query. */
export type InsightQuery = Schemas['Asked'];
export type InsightAnswer = Schemas['AnswerView'];
export type InsightFigure = Schemas['FigureView'];
export type InsightChange = Schemas['FigureChange'];
/** POST /console/insight/rows: the requests behind a figure. */
export type InsightRows = Schemas['RowsView'];
export type ExportProgress = Schemas['ExportProgress'];
/** POST /console/insight/effect: before and after. */
export type EffectQuestion = Schemas['EffectQuestion'];
export type Effect = Schemas['EffectView'];
export type Verdict = Schemas['VerdictView'];
export type EffectEstimate = Schemas['EstimateView'];
/** POST /console/insight/decomposition: what a change between two periods is made of. */
export type ChangeQuestion = Schemas['ChangeQuestion'];
export type Change = Schemas['ChangeView'];
/** POST /console/insight/survival. */
export type SurvivalQuestion = Schemas['SurvivalQuestion'];
export type InsightSurvival = Schemas['SurvivalView'];
export type InsightCurve = Schemas['CurveView'];
export type InsightPromises = Schemas['PromiseFigures'];
export type InsightPromiseCount = Schemas['PromiseCount'];
/** GET /console/insight/dashboards. */
export type Dashboards = Schemas['Dashboards'];
export type Dashboard = Schemas['DashboardView'];
export type DashboardDraft = Schemas['DashboardWish'];
export type InsightMovementQuery = Schemas['MovementQuestion'];
export type InsightMovements = Schemas['MovementsView'];
export type InsightMovement = Schemas['MovementView'];
export type InsightMover = Schemas['ValueMovementView'];
export type InsightStaffing = Schemas['StaffingView'];
/** GET /console/maintenance. */
export type Maintenance = Schemas['MaintenanceView'];
export type MaintenanceWish = Schemas['MaintenanceWish'];
/** GET /console/reports. */
export type ReportList = Schemas['ReportList'];
export type Report = Schemas['ReportView'];
export type ReportDefinition = Schemas['Definition'];
export type ReportSection = Schemas['Section'];
export type ReportSchedule = NonNullable<ReportDefinition['schedule']>;
export type ReportFormat = Schemas['Format'];
/** GET /console/reports/{id}/runs. */
export type ReportRun = Schemas['RunView'];

export type Level = Schemas['Level'];
export type SurgeText = Schemas['SurgeText'];
/** A server leaves nothing out. */
export type SurgeActions = Required<Schemas['SurgeActions']>;
export type SurgePlan = Omit<Schemas['SurgePlan'], 'busy' | 'surge' | 'storm'> &
  Record<'busy' | 'surge' | 'storm', SurgeActions>;
export type Surge = Omit<Schemas['SurgeView'], 'plan'> & { plan: SurgePlan };
export type Reserve = Schemas['Reserve'];
export type Claims = Schemas['ClaimsView'];
export type FalseClaim = Schemas['FalseClaim'];
export type SurgeChange = Schemas['SurgeChangeView'];
export type SurgePreview = Schemas['SurgePreview'];
export type SurgeHold = Schemas['SurgeHoldWish'];
export type SurgeReport = Schemas['SurgeReport'];
export type Wallboard = Schemas['Wallboard'];
export type Peaks = Schemas['Peaks'];
export type PeaksRead = Schemas['PeaksRead'];
