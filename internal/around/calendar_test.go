package around_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// calendars stands in for SSM: no emulator has GetCalendarState. It answers as AWS's documentation says, by name.
type calendars struct {
	says  map[string]*ssm.GetCalendarStateOutput
	fails map[string]error
	asked []string // name, Region and time
}

// GetCalendarState answers for one calendar.
func (c *calendars) GetCalendarState(
	_ context.Context, in *ssm.GetCalendarStateInput, options ...func(*ssm.Options),
) (*ssm.GetCalendarStateOutput, error) {
	o := ssm.Options{Region: "eu-central-1"}
	for _, option := range options {
		option(&o)
	}
	name := in.CalendarNames[0]
	c.asked = append(c.asked, name+" "+o.Region+" "+aws.ToString(in.AtTime))
	if err := c.fails[name]; err != nil {
		return nil, err
	}
	return c.says[name], nil
}

func state(s types.CalendarState, next string) *ssm.GetCalendarStateOutput {
	out := &ssm.GetCalendarStateOutput{State: s, AtTime: aws.String("2026-12-01T10:00:00Z")}
	if next != "" {
		out.NextTransitionTime = &next
	}
	return out
}

func apiError(code string) error { return &smithy.GenericAPIError{Code: code, Message: "no"} }

// TestCalendars: each is asked for alone, where it is, and at the time of the decision; what AWS does not say is not
// open.
func TestCalendars(t *testing.T) {
	const shared = "arn:aws:ssm:eu-west-1:222222222222:document/year-end"
	c := &calendars{
		says: map[string]*ssm.GetCalendarStateOutput{
			"open":     state(types.CalendarStateOpen, "2026-12-20T17:00:00Z"),
			"always":   state(types.CalendarStateOpen, ""), // a default state, and no events
			shared:     state(types.CalendarStateClosed, "2026-12-01T23:00:00+01:00"),
			"for good": state(types.CalendarStateClosed, ""),
			"odd":      state(types.CalendarStateClosed, "soon"),
			"new":      state("HALF_OPEN", ""),
			"silent":   {},
		},
		fails: map[string]error{
			"denied": apiError("AccessDeniedException"), "gone": apiError("InvalidDocument"),
			"no calendar": apiError("InvalidDocumentType"), "old form": apiError("UnsupportedCalendarException"),
		},
	}
	f := &around.Finder{SSM: c, Now: read}
	got, err := f.Calendars(t.Context(), []string{
		"open", "always", shared, "for good", "odd", "new", "silent", "denied", "gone", "no calendar", "old form",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"new", "silent", "denied", "gone", "no calendar", "old form"} {
		if got[name].Open || got[name].Why == "" {
			t.Errorf("%s: %+v", name, got[name])
		}
		delete(got, name)
	}
	want := map[string]gate.CalendarState{
		"open":     {Open: true, Next: time.Date(2026, 12, 20, 17, 0, 0, 0, time.UTC)},
		"always":   {Open: true},
		shared:     {Next: time.Date(2026, 12, 1, 22, 0, 0, 0, time.UTC)},
		"for good": {},
		"odd":      {},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if c.asked[0] != "open eu-central-1 2026-12-01T10:00:00Z" || c.asked[2] != shared+" eu-west-1 2026-12-01T10:00:00Z" {
		t.Errorf("asked %v", c.asked)
	}
}

// TestCalendarsAreCached for a minute, and not past the time at which they change; a clock that was put back makes
// nothing young.
func TestCalendarsAreCached(t *testing.T) {
	c := &calendars{says: map[string]*ssm.GetCalendarStateOutput{
		"a": state(types.CalendarStateOpen, "2026-12-01T10:01:30Z"),
	}}
	now := read()
	f := &around.Finder{SSM: c, Now: func() time.Time { return now }}
	for n, step := range []struct {
		move  time.Duration
		asked int
	}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {29 * time.Second, 2}, {time.Second, 3}, {-time.Hour, 4}} {
		now = now.Add(step.move)
		if _, err := f.Calendars(t.Context(), []string{"a"}); err != nil || len(c.asked) != step.asked {
			t.Errorf("step %d: asked %d times, %v", n, len(c.asked), err)
		}
	}
}

// TestCalendarThrottled: what may pass is no answer; the message comes again.
func TestCalendarThrottled(t *testing.T) {
	c := &calendars{fails: map[string]error{"a": apiError("ThrottlingException")}}
	f := &around.Finder{SSM: c, Now: read}
	if got, err := f.Calendars(t.Context(), []string{"a"}); fault.Of(err) != fault.Retry {
		t.Errorf("%v, %v", got, err)
	}
}
