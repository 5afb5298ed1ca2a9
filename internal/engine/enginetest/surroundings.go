package enginetest

import (
	"context"
	"maps"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// surroundings are what rules ask about, answered as internal/around does.
type surroundings struct{ w *World }

// Placed is by what is charted, read anew each time.
func (s surroundings) Placed(ctx context.Context, account string) (gate.Placed, error) {
	c, err := s.w.Ledger.Chart(ctx)
	return c.Place(account, s.w.Clock.Now()), err
}

// organization is what sweeps read.
type organization struct{ w *World }

// Chart is the organization as it is.
func (o organization) Chart(ctx context.Context, now time.Time) (c gate.Chart, err error) {
	call := Call{Service: Organizations, Operation: "ListAccountsForParent"}
	err = o.w.call(ctx, call, func() error {
		c = gate.Chart{At: now, Root: Root, Above: maps.Clone(o.w.Above)}
		return nil
	})
	return c, err
}

// Tags are those that the world has.
func (o organization) Tags(ctx context.Context, accounts []string) (map[string]map[string]string, error) {
	read := map[string]map[string]string{}
	for _, id := range accounts {
		call := Call{Service: Organizations, Operation: "ListTagsForResource", Resource: id}
		if err := o.w.call(ctx, call, func() error { read[id] = maps.Clone(o.w.AccountTags[id]); return nil }); err != nil {
			return read, err
		}
	}
	return read, nil
}

// Tags are read with a session of their own. Of an account without the role they may be known one day.
func (s surroundings) Tags(ctx context.Context, t control.Target, runID string) (map[string]string, error) {
	cfg, err := sessions(s).Open(ctx, control.SessionRequest{
		Target: t, RunID: runID, Source: "Security Hub", Actions: []string{"tag:GetResources"},
	})
	tags := map[string]string{}
	if err == nil {
		env := control.Env{Config: cfg, Target: t}
		err = reach(ctx, env, Call{Service: "tag", Operation: "GetResources"}, func(r *resource) error {
			if r != nil {
				maps.Copy(tags, r.tags)
			}
			return nil
		})
	}
	switch class := fault.Of(err); {
	case err == nil:
		return tags, nil
	case class == fault.Retry, class == fault.NotOnboarded:
		return nil, err
	}
	return nil, nil //nolint:nilerr // a right that is missing is an answer: not known
}

// Calendars are as the world has them, read anew each time.
func (s surroundings) Calendars(ctx context.Context, names []string) (map[string]gate.CalendarState, error) {
	states := map[string]gate.CalendarState{}
	for _, name := range names {
		err := s.w.call(ctx, Call{Service: "SSM", Operation: "GetCalendarState", Resource: name}, func() error {
			state, there := s.w.Calendars[name]
			if states[name] = state; !there {
				states[name] = gate.CalendarState{Why: "there is no such calendar"}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return states, nil
}

// Judged is read with a session of its own, too.
func (s surroundings) Judged(
	ctx context.Context, t control.Target, controlID, runID string,
) (control.Judged, error) {
	cfg, err := sessions(s).Open(ctx, control.SessionRequest{
		Target: t, RunID: runID, Source: "Security Hub", Actions: []string{"securityhub:BatchGetSecurityControls"},
	})
	if err != nil {
		return nil, err
	}
	judged := control.Judged{}
	env := control.Env{Config: cfg, Target: t}
	err = reach(ctx, env, Call{Service: "securityhub", Operation: "BatchGetSecurityControls"}, func(*resource) error {
		maps.Copy(judged, s.w.Judged[controlID])
		return nil
	})
	return judged, err
}
