package takeback_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/takeback"
)

// engine takes back runs that are only names here: what one may be refused for stands in for the engine's own tests.
type engine struct {
	fails  map[string]error
	after  map[string]string // run → the later one that has to go first
	empty  map[string]bool
	ends   map[string]run.Status
	undone []string
	looked []string
}

func (e *engine) in(id string) error {
	if err := e.fails[id]; err != nil {
		return err
	}
	for _, done := range e.undone {
		if e.after[id] == done {
			return nil
		}
	}
	if later := e.after[id]; later != "" {
		return fault.New(fault.Refused, "BlockPublicAcls is as run %s (S3.2) left it later: take that run back first, "+
			"or put back by hand what this one changed", later)
	}
	return nil
}

func (e *engine) PreviewUndo(_ context.Context, t work.Takeback) (work.UndoPreview, error) {
	e.looked = append(e.looked, t.Run)
	plan := control.Plan{Changes: []control.Change{{Path: "BlockPublicAcls"}}}
	if e.empty[t.Run] {
		plan = control.Plan{}
	}
	return work.UndoPreview{Plan: plan, Unmet: []string{"S3.2"}}, e.in(t.Run)
}

func (e *engine) TakeBack(_ context.Context, t work.Takeback) (*run.Run, error) {
	if err := e.in(t.Run); err != nil {
		return nil, err
	}
	status := run.StatusUndone
	if s, ok := e.ends[t.Run]; ok {
		status = s
	}
	if status == run.StatusUndone {
		e.undone = append(e.undone, t.Run)
	}
	return &run.Run{ID: "u-" + t.Run, Undoes: t.Run, Actor: t.Actor, State: run.StateClosed, Status: status}, nil
}

// history are runs that can be taken back, begun a minute after each other.
func history(ids ...string) []*run.Run {
	var out []*run.Run
	for n, id := range ids {
		out = append(out, &run.Run{
			ID: id, State: run.StateClosed, Status: run.StatusVerified, BeforeHash: "a", AfterHash: "b",
			Created: time.Date(2026, 11, 30, 12, n, 0, 0, time.UTC),
			Plan:    &control.Plan{Changes: []control.Change{{Path: "BlockPublicAcls"}}},
		})
	}
	return out
}

func ids(runs []*run.Run) string {
	var out []string
	for _, r := range runs {
		out = append(out, r.ID)
	}
	return strings.Join(out, " ")
}

// TestRuns: the last run comes first, in whatever order the history has them; what cannot be taken back is left out.
func TestRuns(t *testing.T) {
	all := history("r1", "r2", "r3", "r4", "r5")
	all[1].UndoneBy = "u"
	all[3].State = run.StateParked
	all[0], all[4] = all[4], all[0]
	if got := ids(takeback.Runs(all)); got != "r5 r3 r1" {
		t.Error(got)
	}
}

// TestPreview: each of the runs says what would become of it, and nothing is taken back.
func TestPreview(t *testing.T) {
	e := &engine{
		fails: map[string]error{
			"drifted":  &control.DriftError{Path: "BlockPublicAcls", Now: "off"},
			"refused":  fault.New(fault.Refused, "Policy is as run r0 (S3.2) left it later: take that run back first"),
			"gone":     fault.New(fault.Gone, "no such bucket"),
			"nothing":  fmt.Errorf("run x: %w", work.ErrNothingToUndo),
			"denied":   &smithy.GenericAPIError{Code: "AccessDenied"},
			"whatever": errors.New("odd"),
		},
		after: map[string]string{"r1": "r2"}, empty: map[string]bool{"back": true},
	}
	e.fails["drifted"] = fault.Wrap(fault.Refused, e.fails["drifted"])
	runs := takeback.Runs(history("r1", "back", "drifted", "refused", "gone", "nothing", "denied", "whatever", "r2"))
	items, err := takeback.Preview(t.Context(), e, runs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range items {
		got = append(got, item.Run.ID+" "+string(item.State))
		if because := item.State == takeback.Ready || item.State == takeback.Nothing; because == (item.Reason != "") {
			t.Errorf("%s: %q", item.State, item.Reason)
		}
	}
	want := []string{
		"r2 ready", "whatever unlooked", "denied unlooked", "nothing refused", "gone gone", "refused refused",
		"drifted refused", "back nothing", "r1 after",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(e.undone) > 0 {
		t.Errorf("%v", e.undone)
	}
}

// TestCarryOut: the last run first, so that those of siblings are taken back at all; one that has drifted is named, and
// the others go on, but for those that would need it.
func TestCarryOut(t *testing.T) {
	e := &engine{
		fails: map[string]error{"r4": fault.New(fault.Refused, "somebody changed it")},
		after: map[string]string{"r1": "r2", "r3": "r4"}, ends: map[string]run.Status{"r0": run.StatusUndoneInPart},
	}
	var asked, said []string
	items, err := takeback.Carrying{
		Engine: e, Actor: "ann", Begin: func(r *run.Run) error { asked = append(asked, r.ID); return nil },
		Said: func(i takeback.Item) { said = append(said, i.Run.ID) },
	}.CarryOut(t.Context(), takeback.Runs(history("r0", "r1", "r2", "r3", "r4", "r5")))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range items {
		got = append(got, fmt.Sprint(item.Run.ID, " ", item.State, " ", item.Failed()))
	}
	want := []string{
		"r5 done false", "r4 refused true", "r3 refused true", "r2 done false", "r1 done false", "r0 done true",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if strings.Join(e.undone, " ") != "r5 r2 r1" || items[0].Undo.Actor != "ann" {
		t.Errorf("%v", e.undone)
	}
	if all := "r5 r4 r3 r2 r1 r0"; strings.Join(asked, " ") != all || strings.Join(said, " ") != all {
		t.Errorf("%v, %v", asked, said)
	}
}

// TestStops: no audit, no act; an ended session and Ctrl-C stop it with a sentence, and leave the rest for later.
func TestStops(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	begin := func(*run.Run) error { return nil }
	for name, tc := range map[string]struct {
		ctx   context.Context
		begin func(*run.Run) error
		fails error
		want  string
	}{
		"no audit": {t.Context(), func(*run.Run) error { return errors.New("no audit, no act") }, nil, "no audit, no act"},
		"Ctrl-C":   {stopped, begin, nil, "stopped: 0 of 2 were looked at; the same command goes on with the rest"},
		"an ended session": {
			t.Context(), begin, &smithy.GenericAPIError{Code: "ExpiredToken"},
			"your session has ended: log in again; the same command goes on with the rest",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{fails: map[string]error{"r2": tc.fails}}
			items, err := takeback.Carrying{Engine: e, Begin: tc.begin, Said: func(takeback.Item) {}}.
				CarryOut(tc.ctx, takeback.Runs(history("r1", "r2")))
			if err == nil || err.Error() != tc.want || len(items)+len(e.undone) > 0 {
				t.Errorf("%v, %d items", err, len(items))
			}
		})
	}
	e := &engine{fails: map[string]error{"r2": &smithy.GenericAPIError{Code: "ExpiredToken"}}}
	if _, err := takeback.Preview(t.Context(), e, takeback.Runs(history("r1", "r2"))); err == nil || len(e.looked) != 1 {
		t.Errorf("%v, %v", err, e.looked)
	}
	if _, err := takeback.Preview(stopped, e, takeback.Runs(history("r1"))); err == nil {
		t.Error("Ctrl-C does not stop a preview")
	}
}
