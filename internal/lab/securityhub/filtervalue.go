package securityhub

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// dateCondition is a DateFilter.
type dateCondition struct {
	Start, End string
	DateRange  *dateRange
}

// dateRange counts back from now.
type dateRange struct {
	Value            int
	Unit, Comparison string
}

// compile returns the test for one value; a value that is no time never passes.
func (c dateCondition) compile(now time.Time) (func(any) bool, error) {
	from, until := time.Time{}, time.Time{}
	var err error
	switch {
	case c.DateRange != nil && (c.Start != "" || c.End != ""):
		err = errors.New("give DateRange, or Start and End, not both")
	case c.DateRange != nil:
		from, until, err = c.DateRange.bounds(now)
	case c.Start == "" && c.End == "":
		err = errors.New("give DateRange, Start or End")
	default:
		from, until, err = c.bounds()
	}
	if err != nil {
		return nil, err
	}
	return func(value any) bool {
		text, _ := value.(string)
		at, err := time.Parse(time.RFC3339Nano, text)
		return err == nil && !at.Before(from) && (until.IsZero() || !at.After(until))
	}, nil
}

// bounds are the first and the last moment, both inclusive; zero is open.
func (c dateCondition) bounds() (from, until time.Time, err error) {
	if c.Start != "" {
		if from, err = time.Parse(time.RFC3339Nano, c.Start); err != nil {
			return from, until, fmt.Errorf("its Start should be an RFC 3339 time: %w", err)
		}
	}
	if c.End != "" {
		if until, err = time.Parse(time.RFC3339Nano, c.End); err != nil {
			return from, until, fmt.Errorf("its End should be an RFC 3339 time: %w", err)
		}
	}
	return from, until, nil
}

// bounds make WITHIN and OLDER_THAN exclude each other down to the nanosecond.
func (r dateRange) bounds(now time.Time) (from, until time.Time, err error) {
	if r.Unit != "DAYS" || r.Value < 1 {
		return from, until, errors.New("its DateRange should be a positive number of DAYS")
	}
	edge := now.AddDate(0, 0, -r.Value)
	switch r.Comparison {
	case "", "WITHIN":
		return edge, now, nil
	case "OLDER_THAN":
		return time.Time{}, edge.Add(-time.Nanosecond), nil
	}
	return from, until, errors.New("its DateRange.Comparison should be WITHIN or OLDER_THAN")
}

// numberCondition is a NumberFilter; all of its bounds have to hold.
type numberCondition struct{ Gte, Lte, Eq, Gt, Lt *float64 }

// compile refuses a filter without bounds, which would match everything by accident.
func (c numberCondition) compile() (func(any) bool, error) {
	if c == (numberCondition{}) {
		return nil, errors.New("give Gte, Lte, Eq, Gt or Lt")
	}
	return func(value any) bool {
		literal, _ := value.(json.Number)
		number, err := literal.Float64()
		return err == nil &&
			(c.Gte == nil || number >= *c.Gte) && (c.Lte == nil || number <= *c.Lte) &&
			(c.Gt == nil || number > *c.Gt) && (c.Lt == nil || number < *c.Lt) &&
			(c.Eq == nil || number == *c.Eq)
	}, nil
}

// booleanCondition is a BooleanFilter.
type booleanCondition struct{ Value bool }

// compile returns the test for one value; it cannot fail but has the form of its siblings.
func (c booleanCondition) compile() (func(any) bool, error) {
	return func(value any) bool { return value == c.Value }, nil
}

// ipCondition is an IpFilter.
type ipCondition struct{ Cidr string }

// compile returns the test whether an address lies in the range.
func (c ipCondition) compile() (func(any) bool, error) {
	network, err := netip.ParsePrefix(c.Cidr)
	if err != nil {
		return nil, fmt.Errorf("its Cidr should be an address range: %w", err)
	}
	return func(value any) bool {
		text, _ := value.(string)
		address, err := netip.ParseAddr(text)
		return err == nil && network.Contains(address)
	}, nil
}
