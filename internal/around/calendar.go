package around

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

// SSM is what says whether a change calendar is open.
type SSM interface {
	GetCalendarState(
		ctx context.Context, in *ssm.GetCalendarStateInput, options ...func(*ssm.Options),
	) (*ssm.GetCalendarStateOutput, error)
}

// calendarAge is how long what AWS says of a calendar is used, unless it changes before.
const calendarAge = time.Minute

// dated is what AWS said, and when.
type dated struct {
	gate.CalendarState
	at time.Time
}

// fresh tells that it still holds.
func (d dated) fresh(now time.Time) bool {
	age := now.Sub(d.at) // a clock that was put back makes nothing young
	return age >= 0 && age < calendarAge && (d.Next.IsZero() || now.Before(d.Next))
}

// maxWhy bounds what AWS says of a calendar that it does not say the state of.
const maxWhy = 300

// Calendars is what AWS says of change calendars: of one that it does not know, or that nobody may read, why not. Each
// is asked for alone, so that each has its own end and its own trouble.
func (f *Finder) Calendars(ctx context.Context, names []string) (map[string]gate.CalendarState, error) {
	f.calendars.Lock()
	defer f.calendars.Unlock()
	states := make(map[string]gate.CalendarState, len(names))
	for _, name := range names {
		now := f.Now()
		known, ok := f.states[name]
		if !ok || !known.fresh(now) {
			state, err := f.calendar(ctx, name, now)
			if err != nil {
				return nil, err
			}
			if f.states == nil {
				f.states = map[string]dated{}
			}
			known = dated{state, now}
			f.states[name] = known
		}
		states[name] = known.CalendarState
	}
	return states, nil
}

// calendar asks for one, at the instant that the decision is about. An error is what may pass.
func (f *Finder) calendar(ctx context.Context, name string, now time.Time) (gate.CalendarState, error) {
	out, err := f.SSM.GetCalendarState(ctx, &ssm.GetCalendarStateInput{
		CalendarNames: []string{name}, AtTime: aws.String(now.UTC().Format(time.RFC3339)),
	}, func(o *ssm.Options) {
		if of, err := arn.Parse(name); err == nil { // it is where its ARN says
			o.Region = of.Region
		}
	})
	switch class := fault.Of(err); {
	case class == fault.Retry:
		return gate.CalendarState{}, fmt.Errorf("read the state of calendar %s: %w", name, err)
	case err != nil:
		why := strings.TrimRight(plain.Short(fault.Cause(err), maxWhy), ". ")
		return gate.CalendarState{Why: why}, nil //nolint:nilerr // a right that is missing is an answer: not known
	}
	state := gate.CalendarState{Open: out.State == types.CalendarStateOpen}
	if !state.Open && out.State != types.CalendarStateClosed {
		return gate.CalendarState{Why: fmt.Sprintf("AWS says neither open nor closed but %q", out.State)}, nil
	}
	if next, err := time.Parse(time.RFC3339, aws.ToString(out.NextTransitionTime)); err == nil {
		state.Next = next.UTC()
	}
	return state, nil
}
