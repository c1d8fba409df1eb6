//! Functions on durations, dates, times of day and points in time, and those that read them from texts.

use super::strings::function;
use super::{Function, Needs, int, takes, text, wrong};
use crate::forms::{Date, Datetime, Duration, Form, Formed, Time};
use crate::types::Type;
use crate::value::Value;

use Type::{Int, String as Text};

const DURATION: Type = Type::Form(Form::Duration);
const DATE: Type = Type::Form(Form::Date);
const TIME: Type = Type::Form(Form::Time);
const DATETIME: Type = Type::Form(Form::Datetime);

#[rustfmt::skip]
pub(super) static OF_TEXT: &[Function] = &[
    function!("string.parse_duration() -> duration?",
        "The duration that the text is, as the language writes it, `90m` or `1h30m`, or in ISO 8601, `PT1H30M`; null where it is none.",
        (r#""1h30m".parse_duration()"#, "90m"), [], 0, DURATION.optional(), |s, _| Ok(parse(Form::Duration, text(s)?))),
    function!("string.parse_date() -> date?", "The date that the text is, `2026-05-01`; null where it is none.",
        (r#""2026-05-01".parse_date()?.day()"#, "1"), [], 0, DATE.optional(), |s, _| Ok(parse(Form::Date, text(s)?))),
    function!("string.parse_time() -> time?", "The time of day that the text is, `09:30:00`; null where it is none.",
        (r#""09:30:00".parse_time()?.minute()"#, "30"), [], 0, TIME.optional(), |s, _| Ok(parse(Form::Time, text(s)?))),
    function!("string.parse_datetime() -> datetime?",
        "The point in time that the text is in RFC 3339, `2026-05-01T09:30:00+02:00`; null where it is none.",
        (r#""2026-05-01T09:30:00Z".parse_datetime()?.unix_seconds()"#, "1777627800"), [], 0, DATETIME.optional(),
        |s, _| Ok(parse(Form::Datetime, text(s)?))),
];

#[rustfmt::skip]
pub(super) static DURATIONS: &[Function] = &[
    function!("duration.abs() -> duration", "The duration without its sign.",
        ("(-90m).abs()", "90m"), [], 0, DURATION, |d, _| Ok(Value::formed(Formed::Duration(duration(d)?.abs())))),
    function!("duration.to_string() -> string",
        "The duration as the language writes it, in the longest unit that leaves no rest; in ISO 8601 where it has parts of a millisecond.",
        ("120m.to_string()", "\"2h\""), [], 0, Text, |d, _| to_string(d)),
];

#[rustfmt::skip]
pub(super) static DATES: &[Function] = &[
    function!("date.year() -> int", "The year, 0 to 9999.",
        (r#""2026-05-01".parse_date()?.year()"#, "2026"), [], 0, Int, |d, _| Ok(Value::Int(date(d)?.year()))),
    function!("date.month() -> int", "The month, 1 to 12.",
        (r#""2026-05-01".parse_date()?.month()"#, "5"), [], 0, Int, |d, _| Ok(Value::Int(date(d)?.month()))),
    function!("date.day() -> int", "The day of the month, from 1.",
        (r#""2026-05-01".parse_date()?.day()"#, "1"), [], 0, Int, |d, _| Ok(Value::Int(date(d)?.day()))),
    function!("date.weekday() -> string", "The day of the week in English and in lower case.",
        (r#""2026-05-01".parse_date()?.weekday()"#, r#""friday""#), [], 0, Text, |d, _| Ok(Value::string(date(d)?.weekday()))),
    function!("date.add_months(months: int) -> date",
        "The same day so many months later, or the last day of that month where it has no such day.",
        (r#""2024-01-31".parse_date()?.add_months(1)?.to_string()"#, r#""2024-02-29""#), [Int], 0, DATE,
        |d, a| date(d)?.plus_months(int(&a[0])?).map(|date| Value::formed(Formed::Date(date))).ok_or_else(outside)),
    function!("date.at(time: time, offset?: duration) -> datetime",
        "The point in time at which clocks show this date and time, in UTC or so far ahead of it.",
        (r#""2026-05-01".parse_date()?.at("09:30:00", 2h)?.to_string()"#, r#""2026-05-01T09:30:00+02:00""#),
        [TIME, DURATION], 1, DATETIME, |d, a| at(date(d)?, a)),
    function!("date.to_string() -> string", "The date as `2026-05-01`.",
        (r#""2026-05-01".parse_date()?.to_string()"#, r#""2026-05-01""#), [], 0, Text, |d, _| to_string(d)),
];

#[rustfmt::skip]
pub(super) static TIMES: &[Function] = &[
    function!("time.hour() -> int", "The hour, 0 to 23.",
        (r#""09:30:00".parse_time()?.hour()"#, "9"), [], 0, Int, |t, _| Ok(Value::Int(time(t)?.hour()))),
    function!("time.minute() -> int", "The minute, 0 to 59.",
        (r#""09:30:00".parse_time()?.minute()"#, "30"), [], 0, Int, |t, _| Ok(Value::Int(time(t)?.minute()))),
    function!("time.second() -> int", "The second, 0 to 59, without its fraction.",
        (r#""09:30:15.5".parse_time()?.second()"#, "15"), [], 0, Int, |t, _| Ok(Value::Int(time(t)?.second()))),
    function!("time.to_string() -> string", "The time of day as `09:30:00`.",
        (r#""09:30:00".parse_time()?.to_string()"#, r#""09:30:00""#), [], 0, Text, |t, _| to_string(t)),
];

#[rustfmt::skip]
pub(super) static DATETIMES: &[Function] = &[
    function!("datetime.date() -> date", "The date that calendars show then, at its offset.",
        (r#""2026-05-01T23:30:00-02:00".parse_datetime()?.date()?.to_string()"#, r#""2026-05-01""#), [], 0, DATE,
        |d, _| Ok(Value::formed(Formed::Date(datetime(d)?.date())))),
    function!("datetime.time() -> time", "The time of day that clocks show then, at its offset.",
        (r#""2026-05-01T23:30:00-02:00".parse_datetime()?.time()?.to_string()"#, r#""23:30:00""#), [], 0, TIME,
        |d, _| Ok(Value::formed(Formed::Time(datetime(d)?.time())))),
    function!("datetime.offset() -> duration", "How far its clocks are ahead of UTC.",
        (r#""2026-05-01T23:30:00-02:00".parse_datetime()?.offset()"#, "-2h"), [], 0, DURATION,
        |d, _| Ok(Value::formed(Formed::Duration(datetime(d)?.offset())))),
    function!("datetime.in_offset(offset: duration) -> datetime",
        "The same point in time as clocks show it that are so far ahead of UTC; `0s` is UTC.",
        (r#""2026-05-01T23:30:00-02:00".parse_datetime()?.in_offset(0s)?.to_string()"#, r#""2026-05-02T01:30:00Z""#),
        [DURATION], 0, DATETIME, |d, a| in_offset(datetime(d)?, &a[0])),
    function!("datetime.unix_seconds() -> int", "The whole seconds since 1970 began in UTC, negative before.",
        (r#""1970-01-02T00:00:00Z".parse_datetime()?.unix_seconds()"#, "86400"), [], 0, Int,
        |d, _| Ok(Value::Int(datetime(d)?.instant().div_euclid(1_000_000_000) as i64))),
    function!("datetime.to_string() -> string", "The point in time as `2026-05-01T09:30:00+02:00`.",
        (r#""2026-05-01T09:30:00+00:00".parse_datetime()?.to_string()"#, r#""2026-05-01T09:30:00Z""#), [], 0, Text,
        |d, _| to_string(d)),
];

fn parse(form: Form, text: &str) -> Value {
    form.read(text).map_or(Value::Null, Value::formed)
}

fn to_string(value: &Value) -> Result<Value, String> {
    value.text().map(Value::string).ok_or_else(|| wrong("a date, a time or a duration", value))
}

/// The value of a form that a receiver or argument is, of which a constant argument is still a text.
fn formed(value: &Value, form: Form) -> Result<Formed, String> {
    let read = value.as_str().and_then(|text| form.read(text));
    read.or_else(|| value.as_formed().cloned())
        .filter(|formed| formed.form() == form)
        .ok_or_else(|| wrong(form.name(), value))
}

fn duration(value: &Value) -> Result<Duration, String> {
    match formed(value, Form::Duration)? {
        Formed::Duration(duration) => Ok(duration),
        _ => Err(wrong("duration", value)),
    }
}

fn date(value: &Value) -> Result<Date, String> {
    match formed(value, Form::Date)? {
        Formed::Date(date) => Ok(date),
        _ => Err(wrong("date", value)),
    }
}

fn time(value: &Value) -> Result<Time, String> {
    match formed(value, Form::Time)? {
        Formed::Time(time) => Ok(time),
        _ => Err(wrong("time", value)),
    }
}

fn datetime(value: &Value) -> Result<Datetime, String> {
    match formed(value, Form::Datetime)? {
        Formed::Datetime(datetime) => Ok(datetime),
        _ => Err(wrong("datetime", value)),
    }
}

fn outside() -> String {
    "the result lies outside of the years 0000 to 9999".into()
}

fn offset_of(value: &Value) -> Result<Duration, String> {
    let offset = duration(value)?;
    match offset.whole_minutes().is_some_and(|minutes| minutes.abs() < 24 * 60) {
        true => Ok(offset),
        false => Err("an offset from UTC is a whole number of minutes, and less than a day".into()),
    }
}

fn at(date: Date, args: &[Value]) -> Result<Value, String> {
    let offset = args.get(1).map_or(Ok(Duration::of_ms(0)), offset_of)?;
    date.at(time(&args[0])?, offset).map(|at| Value::formed(Formed::Datetime(at))).ok_or_else(outside)
}

fn in_offset(datetime: Datetime, offset: &Value) -> Result<Value, String> {
    datetime.in_offset(offset_of(offset)?).map(|at| Value::formed(Formed::Datetime(at))).ok_or_else(outside)
}
