//! Figures: what can be asked, the answers, the requests behind them, and what comparisons of days say.

pub(crate) mod catalogue;
pub(crate) mod dashboard;
pub(crate) mod decomposition;
pub(crate) mod effect;
pub(crate) mod export;
mod figure;
mod finding;
pub(crate) mod machine;
pub(crate) mod movement;
pub(crate) mod promise;
pub(crate) mod query;
mod question;
pub(crate) mod rows;
pub(crate) mod staffing;
pub(crate) mod survival;

use standfast_domain::Permission;

use crate::route::{Access, Route};

pub(super) fn routes() -> [Route; 16] {
    let figures = Access::Agent(Permission::ReadInsight);
    [
        Route::get("/api/v1/console/insight/catalogue", figures, catalogue::list),
        Route::post("/api/v1/console/insight/query", figures, query::ask),
        Route::post("/api/v1/console/insight/rows", figures, rows::list),
        Route::post("/api/v1/console/insight/export", figures, export::export).rests(),
        Route::get("/api/v1/console/insight/exports/{id}", figures, export::progress::show),
        Route::post("/api/v1/console/insight/effect", figures, effect::ask),
        Route::post("/api/v1/console/insight/survival", figures, survival::ask),
        Route::post("/api/v1/console/insight/decomposition", figures, decomposition::ask),
        Route::post("/api/v1/console/insight/movements", figures, movement::ask),
        Route::get("/api/v1/console/insight/promises", figures, promise::show),
        Route::get("/api/v1/console/insight/staffing", figures, staffing::show),
        Route::get("/api/v1/console/insight/dashboards", figures, dashboard::list),
        Route::post("/api/v1/console/insight/dashboards", figures, dashboard::add).rests(),
        Route::put("/api/v1/console/insight/dashboards/{id}", figures, dashboard::change).rests(),
        Route::delete("/api/v1/console/insight/dashboards/{id}", figures, dashboard::remove).rests(),
        Route::put("/api/v1/console/insight/start", figures, dashboard::start).rests(),
    ]
}
