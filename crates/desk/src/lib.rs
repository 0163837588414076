//! The use cases of the desk: everything a person or a system does enters here as a command, is decided by pure
//! code, is written in one unit of work, and leaves through the outbox.
//!
//! One module per noun or verb of the trade; each use case is a function over [`Desk`], a caller and a command.

mod activity;
mod agents;
mod alarm;
mod answer;
mod answer_mail;
mod attachment;
mod board;
mod caller;
mod census;
mod chain;
mod command;
mod conversation;
mod dashboard;
mod desk;
mod draft;
mod driver;
mod erasure;
mod error;
mod evidence;
mod feedback;
mod fold;
mod hours;
mod identity;
mod import;
mod inbox;
mod incident;
mod jobs;
mod keys;
mod machine;
mod maintenance;
mod numbers;
mod online;
mod outside;
mod planning;
mod probe;
mod promise;
mod receipt;
mod receive;
mod record;
mod relay;
mod roster;
mod screening;
mod seal;
mod session;
mod status;
mod subscription;
mod surge;
#[cfg(test)]
mod testing;
mod triage;
mod types;
mod verify;
mod view;
mod wallboard;
mod words;
mod work;

pub use activity::{
    ActiveDayView, ActiveUsers, ActiveUsersView, ActivityChange, MOST_ROWS, Ping, RowChange, TableFault,
    TotalView, active_days, active_users, count_pings, flush_pings, ping, put_active_users,
    upload_active_users,
};
pub use agents::{
    AgentChange, NewAgent, add_agent, add_team, change_agent, find_agent, list_agents, list_teams,
};
pub use alarm::{
    ALARM_MAIL, AlarmDetail, AlarmList, AlarmSettings, AlarmTitle, AlarmView, CoursePoint, Happened, Notice,
    Post, Posting, Recipient, WatchState, WatchView, Webhook, acknowledge_alarm, alarm_name, confirm_alarm,
    dismiss_alarm, find_alarm, list_alarms, watch_alarms,
};
pub use answer::{Answered, note, reply};
pub use answer_mail::{
    ANSWER_MAIL, AnswerLetter, AnswerMailView, AnswerNotice, MOST_A_DAY, answer_letter, answer_mail,
    ask_answer_mail, end_answer_mail, is_stop_token, note_told, refuse_address, stop_answer_mail,
    take_answer, untell,
};
pub use attachment::{Download, MEDIA_TYPES, Reader, Upload, open_attachment};
pub use board::{Asks, Board, Waiting};
pub use caller::{AgentCaller, Customer, Visitor};
pub use census::{Census, HourFault};
pub use command::{Answer, FollowUp, Intake, Join, Then, UploadCommand};
pub use conversation::{
    Window, conversation, customer_panel, detail, entries, merged_link, open_link, own_requests,
    read_by_agent, read_by_customer,
};
pub use dashboard::{
    DashboardCommand, DashboardView, Dashboards, add_dashboard, change_dashboard, list_dashboards,
    remove_dashboard, start_with_dashboard,
};
pub use desk::{Desk, FeedbackTimes, Limits, Settings};
pub use driver::{
    DriverCommand, DriverView, add_driver, change_driver, find_driver, list_drivers, put_driver,
    remove_driver, withdraw_driver,
};
pub use erasure::{erase, erase_customer};
pub use error::Error;
pub use feedback::{
    AgentFigures, Cause, Complaint, Episode, FeedbackFigures, FeedbackReceipt, FeedbackSummary, FeedbackView,
    Rate, RatingView, RequestFeedback, ReviewChange, ReviewState, ReviewView, Reviews, Solved, TypeFigures,
    answer_solved, change_review, complain, feedback_summary, own_feedback, rate, request_feedback, reviews,
};
pub use hours::{
    Audience as HoursAudience, AudienceGap, CalendarView, Opening, SchedulePreview, ScheduleView,
    ScheduleWish, add_calendar, add_schedule, change_schedule, follow_hours, hours_gaps, list_calendars,
    list_schedules, load_hours, opening, preview_schedule, read_calendar, remove_calendar, remove_schedule,
    timetable,
};
pub use identity::{HostKey, identify};
pub use import::{
    Importer, Outcome, PastMessage, PastRating, PastRequest, Speaker, Told, begin_import, check_import,
    import_desk, import_request, imported_stock,
};
pub use inbox::{InboxQuery, View, inbox, inbox_counts, inbox_since, list_requests};
pub use incident::{
    IncidentCommand, IncidentRequest, IncidentRequests, IncidentUpdate, LinkCommand, incident_now,
    link_requests, list_incident_requests, list_incident_updates, tell_incident, unlink_request,
};
pub use jobs::{dead_jobs, retry_job, run_jobs, work};
pub use keys::Keys;
pub use machine::{
    MachineCaller, NewToken, Signature, TokenView, add_token, authenticate_machine, authenticate_webhook,
    list_tokens, revoke_token,
};
pub use maintenance::{
    Maintenance, MaintenanceCommand, MaintenanceText, MaintenanceView, announce_maintenance, end_maintenance,
    follow_maintenance, list_maintenance, maintenance_ahead, plan_maintenance, stop_maintenance,
};
pub use online::{
    LedgerCheck, Minutes, OnlineDay, OnlinePart, OnlinePlace, OnlineSchedule, OnlineView, ProbeWord,
    ProbesTold, Win, keep_online, load_online, note_refused, online, put_down_past, tell_probes,
};
pub use outside::{Fetching, Outside};
pub use planning::{
    CourseAdvice, CourseGap, CoursePart, CourseRemedy, CourseSpare, CourseView, Distribution, ForecastDay,
    ForecastScore, ForecastView, ForecastWish, HalfHour, HandlingView, HourStaffing, LaneHandling, LaneNeed,
    LaneWhatIf, NeedView, PeakWish, PlanView, PlannedShift, PlanningView, Shortage, Special, SpecialEffect,
    StaffingView, TierNeed, Today, UnderContract, WhatIfView, WhatIfWish, change_planning, course, forecast,
    need, plan_shifts, planning, staffing, what_if,
};
pub use probe::{
    Marker, PROBE_MARK, ProbeReceipt, REFUSED as PROBE_REFUSED, keep_probing, probe, take_probe,
};
pub use promise::{
    Length, PromiseCount, PromiseFigures, PromiseGroup, asks, asks_anyhow, asks_of, promise_figures,
};
pub use receive::{Received, follow_up, receive, received_since};
pub use relay::{Audience, Signal, What, follow_line, oldest_unrelayed, relay};
pub use roster::{
    Adherence, CalendarAddress, NowView, OffView, PersonView, PersonWish, Published, ROSTER_MAIL,
    RosterLetter, RosterMail, RosterNotice, RosterView, ShiftNews, ShiftView, ShiftWish, SwapStep, SwapView,
    SwapWish, TimeOffStep, TimeOffView, TimeOffWish, add_shifts, adherence, ask_swap, ask_time_off,
    calendar_address, change_person, change_roster_mail, change_shift, follow_capacity, list_people,
    list_swaps, list_time_off, load_capacity, publish_shifts, remove_shift, renew_calendar, replace_drafts,
    roster, roster_letter, roster_mail, roster_now, set_present, shift_calendar, step_swap, step_time_off,
};
pub use session::{SignedIn, authenticate, confirm_password, sign_in, sign_out};
pub use status::{
    StatusDay, StatusHours, StatusIncident, StatusOpened, StatusService, StatusSpan, StatusView, StatusWait,
    is_attended, status,
};
pub use subscription::{
    CALL, STATUS_MAIL, StatusMail, StatusNotice, StatusTold, SubscribeCommand, SubscriptionView, UNREACHED,
    confirm_subscription, end_subscription, enqueue_call, enqueue_mail, find_subscription,
    next_subscriptions, run_calls, subscribe, subscription_link,
};
pub use surge::{
    CallOut, Measured, Peak, PeakKind, PeakSize, Peaks, PeaksFeed, PeaksRead, SURGE_MAIL, SignalCommand,
    SignalView, Surge, SurgeActions, SurgeChangeView, SurgeExpected, SurgeHold, SurgePlan, SurgePoint,
    SurgePreview, SurgePromises, SurgeReport, SurgeSignal, SurgeSummary, SurgeTeam, SurgeText, SurgeType,
    SurgeView, SurgeWords, called_out, choose_surge_plan, follow_surge, hold_surge, peaks_calendar,
    peaks_feed, preview_surge, promised_by, read_peaks, release_surge, renew_peaks_feed, surge_peaks,
    surge_report, surge_view, tell_signal, watch_surge,
};
pub use triage::{ClaimsView, ReasonCount, claims, dismiss_claim, exposed, put_at_risk, undo_dismissal};
pub use types::{
    Advice, CandidateView, ComparisonView, LabelCount, MeasuredShare, ModelView, NovelExample, NovelGroup,
    NovelView, PredictionView, TrainedModel, classify_requests, novel_requests, type_model,
};
pub use verify::{Fault, Verification, check_files, verify};
pub use view::{
    AgentView, AttachmentView, AuthorKind, AuthorView, Conversation, CustomerPanel, CustomerView, DeadJob,
    EntryView, Erasure, IdentifierView, Inbox, InboxCounts, LastEntry, NextStep, Receipt, RequestDetail,
    RequestSummary, SafetySteps, SecretNotice, TeamView, UploadView,
};
pub use wallboard::{Wallboard, WallboardClass, WallboardWait, wallboard};
pub use words::{has_words, spoken_wait, words};
pub use work::{Assignment, assign, merge, retype, tag, transition};
