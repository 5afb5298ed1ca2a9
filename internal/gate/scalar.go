package gate

import (
	"fmt"
	"time"
)

// Date is a day, written 2027-03-31.
type Date struct{ Day time.Time }

// UnmarshalText reads a day.
func (d *Date) UnmarshalText(text []byte) error {
	day, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a day, write it like 2027-03-31", text)
	}
	d.Day = day
	return nil
}

// UnmarshalYAML reads a day. The YAML decoder renders the whole document for each value it reads as text.
func (d *Date) UnmarshalYAML(decode func(any) error) error {
	var text string
	if err := decode(&text); err != nil {
		return fmt.Errorf("read a day: %w", err)
	}
	return d.UnmarshalText([]byte(text))
}

// MarshalText writes a day.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.Day.Format(time.DateOnly)), nil }

// End is the first moment after the day, in UTC.
func (d Date) End() time.Time { return d.Day.AddDate(0, 0, 1) }

// Duration is a span of time, written 15m.
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration, write it like 15m", text)
	}
	*d = Duration(span)
	return nil
}

// MarshalText writes a duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }
