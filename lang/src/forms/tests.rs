//! Every value has one text and is read back from it; nothing else is read; arithmetic is exact or has no result.

use super::*;
use proptest::prelude::*;

fn durations() -> impl Strategy<Value = Duration> {
    let limit = MAX_DURATION_DAYS * 86_400_000_000_000;
    prop_oneof![
        (-limit..=limit).prop_map(|nanos| Duration::of_nanos(nanos).expect("within the limit")),
        (-5000_i64..5000, 0..5_usize)
            .prop_map(|(count, unit)| Duration::of(count, Unit::ALL[unit].0).expect("within the limit")),
    ]
}

fn dates() -> impl Strategy<Value = Date> {
    (0..=9999_u32, 1..=12_u32, 1..=31_u32)
        .prop_filter_map("a day of the calendar", |(y, m, d)| Date::read(&format!("{y:04}-{m:02}-{d:02}")))
}

fn times() -> impl Strategy<Value = Time> {
    let fraction = prop_oneof![Just(0_u32), 0..1000_u32, 0..1_000_000_000_u32];
    (0..24, 0..60, 0..60, fraction)
        .prop_map(|(h, m, s, nanos)| Time::read(&format!("{h:02}:{m:02}:{s:02}.{nanos:09}")).expect("a time of day"))
}

fn datetimes() -> impl Strategy<Value = Datetime> {
    (dates(), times(), -1439_i64..=1439).prop_map(|(date, time, minutes)| {
        date.at(time, Duration::of(minutes, Unit::Minute).expect("less than a day")).expect("a valid offset")
    })
}

fn formed() -> impl Strategy<Value = Formed> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Formed::Bytes(bytes.into())),
        durations().prop_map(Formed::Duration),
        dates().prop_map(Formed::Date),
        times().prop_map(Formed::Time),
        datetimes().prop_map(Formed::Datetime),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(value in formed()) {
        prop_assert_eq!(value.form().read(&value.to_string()), Some(value));
    }

    #[test]
    fn what_is_read_has_one_text(text in "[-P0-9TDHMSWZ:.+]{0,14}|[0-9]{4}-[01][0-9]-[0-3][0-9]([tT][0-2][0-9]:[0-6]0:00)?[zZ]?") {
        for form in Form::ALL {
            if let Some(value) = form.read(&text) {
                prop_assert_eq!(form.read(&value.to_string()), Some(value), "{} as {}", text, form);
            }
        }
    }

    #[test]
    fn literals_are_read_back(duration in durations()) {
        if let Some(literal) = duration.literal() {
            prop_assert_eq!(Duration::read_literal(&literal), Some(duration));
        }
    }

    #[test]
    fn the_order_is_that_of_the_texts_of_dates_and_of_differences(a in dates(), b in dates(), c in datetimes(), d in datetimes()) {
        prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        let apart = c.since(d).expect("all that lies between two points in time fits");
        prop_assert_eq!(Formed::Datetime(c).order(&Formed::Datetime(d)), apart.nanos().cmp(&0));
    }

    #[test]
    fn what_is_added_is_taken_away_again(a in durations(), b in durations(), date in dates(), at in datetimes(), other in datetimes()) {
        if let Some(sum) = a.plus(b) {
            prop_assert_eq!(sum.minus(b), Some(a));
        }
        let apart = at.since(other).expect("all that lies between two points in time fits");
        if let Some(again) = other.plus(apart) {
            prop_assert_eq!(again.instant(), at.instant());
            prop_assert_eq!(again.offset(), other.offset());
        }
        let days = a.nanos() / 86_400_000_000_000;
        if let Some(later) = date.plus_days(days as i64) {
            prop_assert_eq!(later.since(date).and_then(Duration::whole_days), Some(days as i64));
        }
        if let Some(shown) = at.in_offset(other.offset()) {
            prop_assert_eq!((shown.instant(), shown.offset()), (at.instant(), other.offset()));
        }
    }

    #[test]
    fn arithmetic_never_wraps(a in durations(), count in any::<i64>(), days in any::<i64>(), date in dates()) {
        let product = a.nanos().checked_mul(count.into());
        prop_assert_eq!(a.times(count).map(Duration::nanos), product.filter(|nanos| Duration::of_nanos(*nanos).is_some()));
        if let Some(later) = date.plus_days(days) {
            prop_assert!((0..=9999).contains(&later.year()));
        }
        if let Some(later) = date.plus_months(days) {
            prop_assert!((0..=9999).contains(&later.year()));
        }
    }
}

/// Each form: a text, and the one text of the value it stands for; none where it stands for none.
#[test]
fn texts_are_read_strictly() {
    let cases = [
        (Form::Bytes, "aGk=", Some("aGk=")),
        (Form::Bytes, "", Some("")),
        (Form::Bytes, "aGk", None),
        (Form::Bytes, "aGl=", None),
        (Form::Bytes, "a Gk=", None),
        (Form::Duration, "PT90M", Some("PT1H30M")),
        (Form::Duration, "PT36H", Some("P1DT12H")),
        (Form::Duration, "P1W", Some("P7D")),
        (Form::Duration, "-PT0.50S", Some("-PT0.5S")),
        (Form::Duration, "PT0.0000000001S", None),
        (Form::Duration, "-PT0S", Some("PT0S")),
        (Form::Duration, "P", None),
        (Form::Duration, "PT", None),
        (Form::Duration, "P1Y", None),
        (Form::Duration, "P1M", None),
        (Form::Duration, "PT1M1H", None),
        (Form::Duration, "PT1.5H", None),
        (Form::Duration, "P3660000D", Some("P3660000D")),
        (Form::Duration, "P3660000DT1S", None),
        (Form::Duration, "90m", Some("PT1H30M")),
        (Form::Duration, "-1h30m", Some("-PT1H30M")),
        (Form::Duration, "1.5h", None),
        (Form::Date, "2024-02-29", Some("2024-02-29")),
        (Form::Date, "2023-02-29", None),
        (Form::Date, "0000-01-01", Some("0000-01-01")),
        (Form::Date, "2024-2-29", None),
        (Form::Date, "20240229", None),
        (Form::Date, "2024-02-29T", None),
        (Form::Time, "23:59:59.120", Some("23:59:59.12")),
        (Form::Time, "09:30", None),
        (Form::Time, "23:59:60", None),
        (Form::Time, "24:00:00", None),
        (Form::Datetime, "2026-05-01t09:30:00z", Some("2026-05-01T09:30:00Z")),
        (Form::Datetime, "2026-05-01T09:30:00-00:00", Some("2026-05-01T09:30:00Z")),
        (Form::Datetime, "2026-05-01T09:30:00+02:00", Some("2026-05-01T09:30:00+02:00")),
        (Form::Datetime, "9999-12-31T23:59:59.999999999-23:59", Some("9999-12-31T23:59:59.999999999-23:59")),
        (Form::Datetime, "2026-05-01T09:30:00", None),
        (Form::Datetime, "2026-05-01 09:30:00Z", None),
        (Form::Datetime, "2026-05-01T09:30:00+24:00", None),
        (Form::Datetime, "2026-05-01T09:30:00+02", None),
    ];
    for (form, text, expected) in cases {
        assert_eq!(form.read(text).map(|value| value.to_string()).as_deref(), expected, "{text} as {form}");
        assert!(form.read(form.example()).is_some());
    }
}

#[test]
fn months_end_where_they_end() {
    let date = |text| Date::read(text).expect("the test has valid dates");
    assert_eq!(date("2024-01-31").plus_months(1), Some(date("2024-02-29")));
    assert_eq!(date("2024-03-31").plus_months(-13), Some(date("2023-02-28")));
    assert_eq!(date("9999-12-01").plus_months(1), None);
    assert_eq!(date("0000-01-01").plus_days(-1), None);
    assert_eq!(date("2026-05-01").weekday(), "friday");
}

#[test]
fn literals_go_from_long_to_short() {
    let nanos = |text| Duration::read_literal(text).map(Duration::nanos);
    assert_eq!(nanos("1h30m"), nanos("90m"));
    assert_eq!(nanos("-1d1ms"), Some(-86_400_001_000_000));
    for wrong in ["", "m", "30", "30m1h", "1m1m", "1.5h", "1h 30m", "9223372036854775808s", "3660001d"] {
        assert_eq!(nanos(wrong), None, "{wrong}");
    }
    assert_eq!(Duration::of_nanos(1).expect("short").literal(), None);
}
