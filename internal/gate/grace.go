package gate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// Days is a number of days, written like 14d.
type Days int

var daysShape = regexp.MustCompile(`^[1-9][0-9]{0,2}d$`)

// UnmarshalText reads a number of days.
func (d *Days) UnmarshalText(text []byte) error {
	if !daysShape.Match(text) {
		return fmt.Errorf("%q is not a number of days, write it like 14d", text)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(string(text), "d"))
	if err != nil {
		return fmt.Errorf("read a number of days: %w", err)
	}
	*d = Days(n)
	return nil
}

// MarshalText writes it.
func (d Days) MarshalText() ([]byte, error) { return []byte(strconv.Itoa(int(d)) + "d"), nil }

const (
	// mostDays is the longest grace.
	mostDays = 365
	// skew is how much clocks may differ before a finding is from the future.
	skew = 5 * time.Minute
)

// inGrace holds up what acts by itself while there is time for others: until so many days after the problem was found.
// When it was found must be known, or nobody can tell.
func inGrace(in Input, after Days, d Decision) Decision {
	if after == 0 || d.Verdict != Act || d.Mode != Auto || in.Trigger == Operator || in.Trigger == Click {
		return d
	}
	found := in.Finding.FirstSeen
	if found.IsZero() || found.After(in.Now.Add(skew)) {
		out := refuse(UnknownAge)
		out.Mode, out.Rule = d.Mode, d.Rule
		return out
	}
	due := found.Add(time.Duration(after) * 24 * time.Hour)
	if !in.Now.Before(due) {
		return d
	}
	d.Verdict, d.Reason, d.Until = Defer, InGrace, due
	d.Detail = fmt.Sprintf("found %s, %s", plain.Minute(found), plain.Count(int(after), "day"))
	return d
}

func (v *checker) after(path string, rule Rule) {
	switch {
	case rule.After == 0:
	case rule.Mode != Auto:
		v.add(path, "stands without mode auto", "remove it: it is about what happens by itself")
	case rule.After < 0 || rule.After > mostDays:
		v.add(path, fmt.Sprintf("is %dd", rule.After), "write 1d to 365d")
	}
}
