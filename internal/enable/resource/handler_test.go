package resource_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/enable/resource"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

// TestCreateUpdateDelete is the life of a stack: made, updated without a change, deleted. One id all along; what the
// second request finds is left as it is, and so is all of it by the third.
func TestCreateUpdateDelete(t *testing.T) {
	w := newWorld(t, home, other)
	a := w.asked(t, cfn.RequestCreate, "", everything())
	if a.Status != cfn.StatusSuccess || a.PhysicalResourceID != whole || a.Data["Open"] != "0" {
		t.Fatalf("%+v", a)
	}
	done := len(w.rows)
	if done < 10 || !strings.Contains(a.Reason, "done") {
		t.Errorf("%d rows: %s", done, a.Reason)
	}
	after := w.World.Places()
	b := w.asked(t, cfn.RequestUpdate, a.PhysicalResourceID, with(everything(), map[string]any{"Revision": "2"}))
	if b.Status != cfn.StatusSuccess || b.PhysicalResourceID != whole || strings.Contains(b.Reason, "done") {
		t.Errorf("%+v", b)
	}
	if len(w.rows) != done || slices.ContainsFunc(w.rows, func(r enable.Row) bool { return r.State != enable.Right }) {
		t.Errorf("%+v", w.rows)
	}
	w.harmless(t, whole, everything(), "Nothing was switched off")
	if diff := cmp.Diff(after, w.World.Places()); diff != "" {
		t.Errorf("something was changed: %s", diff)
	}
}

// harmless deletes a resource, which calls nothing of AWS's and says why.
func (w *world) harmless(t *testing.T, id string, properties map[string]any, want string) {
	t.Helper()
	w.Strike(nil)
	a := w.asked(t, cfn.RequestDelete, id, properties)
	if a.Status != cfn.StatusSuccess || a.PhysicalResourceID != id || !strings.Contains(a.Reason, want) {
		t.Errorf("%+v", a)
	}
	if calls := w.Calls(); len(calls) > 0 {
		t.Errorf("it calls AWS: %v", calls)
	}
}

// TestSameRowsAsTheCommand: the function goes through the steps of enable.Run, in whose words it logs.
func TestSameRowsAsTheCommand(t *testing.T) {
	w := newWorld(t, home, other)
	w.asked(t, cfn.RequestCreate, "", everything())
	o := lab.New(0, home, other)
	cfg, _ := o.As(lab.Management, home)
	org, err := enable.Read(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	wish, err := enable.Parse([]byte("administrator: \"" + lab.Administrator + "\"\nhome: " + home + "\nservices:\n" +
		"  securityhub: {configuration: central, standards: [fsbp-1.0.0, cis-3.0.0]}\n" +
		"  guardduty: {plans: [S3_DATA_EVENTS]}\n  inspector: {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if wish, err = wish.Complete(known()); err != nil {
		t.Fatal(err)
	}
	run := &enable.Run{
		Organization: org, Wish: wish, Regions: []string{home, other}, Open: o, Services: enable.Services(),
		Now: w.handler.Now, Sleep: w.handler.Sleep,
	}
	if diff := cmp.Diff(run.Enable(t.Context()), w.rows); diff != "" {
		t.Errorf("(-command +function):\n%s", diff)
	}
	if diff := cmp.Diff(o.World.Places(), w.World.Places()); diff != "" {
		t.Errorf("(-command +function):\n%s", diff)
	}
}

// TestFailedCreate: what failed is said, the id is one that a rollback may delete, and that Delete does nothing even
// where the resource asks for more.
func TestFailedCreate(t *testing.T) {
	w := newWorld(t, home, other)
	theirs := with(everything(), map[string]any{"Administrator": lab.Two})
	w.asked(t, cfn.RequestCreate, "", theirs)
	before := w.World.Places()
	asked := with(everything(), map[string]any{"OnDelete": "Withdraw"})
	a := w.asked(t, cfn.RequestCreate, "", asked)
	if a.Status != cfn.StatusFailed || a.PhysicalResourceID != unfinished {
		t.Fatalf("%+v", a)
	}
	for _, want := range []string{
		"are not done", "Update the stack with another Revision",
		"guardduty, delegated administrator, blocked: account " + lab.Two,
		"(" + home + ", " + other + ")",
	} {
		if !strings.Contains(a.Reason, want) {
			t.Errorf("%q is not in %s", want, a.Reason)
		}
	}
	w.harmless(t, unfinished, asked, "never created whole")
	if diff := cmp.Diff(before, w.World.Places()); diff != "" {
		t.Errorf("something was changed: %s", diff)
	}
}

// TestNotStrict: who says so gets a resource that is there with something open, and a figure that tells.
func TestNotStrict(t *testing.T) {
	w := newWorld(t, home)
	w.asked(t, cfn.RequestCreate, "", with(everything(), map[string]any{"Administrator": lab.Two}))
	a := w.asked(t, cfn.RequestCreate, "", with(everything(), map[string]any{"Strict": "false"}))
	if a.Status != cfn.StatusSuccess || a.PhysicalResourceID != whole || a.Data["Open"] == "0" || a.Data["Open"] == "" ||
		!strings.Contains(a.Data["Summary"].(string), "are not done") {
		t.Errorf("%+v", a)
	}
}

// TestWithdraw: a resource that asks for it takes back what Salve can take back, and says what stays.
func TestWithdraw(t *testing.T) {
	w := newWorld(t, home, other)
	asked := with(everything(), map[string]any{"OnDelete": "Withdraw"})
	a := w.asked(t, cfn.RequestCreate, "", asked)
	b := w.asked(t, cfn.RequestDelete, a.PhysicalResourceID, asked)
	if b.Status != cfn.StatusSuccess || b.PhysicalResourceID != whole || !strings.Contains(b.Reason, "taken back") {
		t.Errorf("%+v", b)
	}
	if !slices.ContainsFunc(w.rows, func(r enable.Row) bool {
		return r.State == enable.Back && r.Step == "delegated administrator"
	}) {
		t.Errorf("%+v", w.rows)
	}
}

// TestDeadline: a minute before the function's time is over it stops and says how far it came. The next request goes
// on.
func TestDeadline(t *testing.T) {
	w := newWorld(t, home, other)
	log := w.handler.Log
	stopped := make(chan struct{})
	w.handler.Log = func(r enable.Row) {
		log(r)
		if len(w.rows) == 3 {
			close(w.alarm)
			<-stopped
		}
	}
	open := w.handler.Open
	w.handler.Open = func(ctx context.Context) enable.Opener {
		context.AfterFunc(ctx, func() { close(stopped) })
		return open(ctx)
	}
	ctx := lasting{t.Context(), w.now.Add(900 * time.Second)}
	if err := w.handler.Handle(ctx, w.cloudFormation.event(cfn.RequestCreate, "", everything())); err != nil {
		t.Fatal(err)
	}
	if w.alarmIn != 900*time.Second-resource.Margin {
		t.Errorf("it stops after %s", w.alarmIn)
	}
	a := w.cloudFormation.answers[0]
	if a.Status != cfn.StatusFailed || a.PhysicalResourceID != unfinished ||
		!strings.HasPrefix(a.Reason, "Stopped in time to answer. ") ||
		!strings.Contains(a.Reason, "1 right already, 2 done") ||
		!strings.Contains(a.Reason, "guardduty, 10 steps, not tried: the run was stopped") {
		t.Errorf("%+v", a)
	}
	next := newHandler(w)
	b := next.asked(t, cfn.RequestCreate, "", everything())
	if b.Status != cfn.StatusSuccess || b.Data["Open"] != "0" {
		t.Errorf("%+v", b)
	}
}

// lasting is a context that ends by the clock of the test, which is to say never.
type lasting struct {
	context.Context //nolint:containedctx // it is one
	until           time.Time
}

// Deadline is what Lambda tells its functions.
func (l lasting) Deadline() (time.Time, bool) { return l.until, true }

// newHandler is another start of the function in the same organization.
func newHandler(w *world) *world {
	next := *w
	next.handler.Open = func(context.Context) enable.Opener { return next.Organisation }
	next.handler.Log = func(r enable.Row) { next.rows = append(next.rows, r) }
	next.handler.Alarm = func(time.Duration) <-chan time.Time { return nil }
	return &next
}

// TestRefused: what cannot be right is a sentence before anything is changed, in the right answer.
func TestRefused(t *testing.T) {
	tests := map[string]struct {
		change func(w *world, properties map[string]any)
		want   string
	}{
		"another account": {
			func(w *world, _ map[string]any) { w.handler.Account = lab.One },
			"deploy it in the management account",
		},
		"management as administrator": {func(_ *world, p map[string]any) {
			p["Administrator"] = lab.Management
		}, "use salve org enable"},
		"stranger":   {func(_ *world, p map[string]any) { p["Administrator"] = "555555555555" }, "no active account"},
		"no account": {func(_ *world, p map[string]any) { p["Administrator"] = "" }, "12 digits"},
		"unknown Region": {
			func(_ *world, p map[string]any) { p["Regions"] = home + ",xx-nowhere-1" },
			`"xx-nowhere-1" is not enabled`,
		},
		"home elsewhere": {func(_ *world, p map[string]any) { p["Regions"] = other }, "is not among regions of the document"},
		"OnDelete":       {func(_ *world, p map[string]any) { p["OnDelete"] = "Remove" }, "use Keep or Withdraw"},
		"field":          {func(_ *world, p map[string]any) { p["Service"] = "x" }, "Service is not known: use "},
		"request":        {nil, "request Poke is not known"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w, properties, kind := newWorld(t, home, other), everything(), cfn.RequestCreate
			if tc.change == nil {
				kind = "Poke"
			} else {
				tc.change(w, properties)
			}
			before := w.World.Places()
			a := w.asked(t, kind, "", properties)
			if a.Status != cfn.StatusFailed || a.PhysicalResourceID != unfinished || !strings.Contains(a.Reason, tc.want) {
				t.Errorf("%+v", a)
			}
			if diff := cmp.Diff(before, w.World.Places()); diff != "" {
				t.Errorf("something was changed: %s", diff)
			}
		})
	}
}

// TestRegions: those that are asked for, and home where none is named.
func TestRegions(t *testing.T) {
	w := newWorld(t, home, other, "us-east-1")
	a := w.asked(t, cfn.RequestCreate, "", with(everything(), map[string]any{"Home": "", "Regions": []any{home, other}}))
	if a.Status != cfn.StatusSuccess {
		t.Fatalf("%+v", a)
	}
	seen := map[string]bool{}
	for _, r := range w.rows {
		seen[r.Region] = true
	}
	if diff := cmp.Diff(map[string]bool{home: true, other: true}, seen); diff != "" {
		t.Error(diff)
	}
}

// TestNobodyToAnswer: who calls the function by hand changes nothing.
func TestNobodyToAnswer(t *testing.T) {
	w := newWorld(t, home)
	event := w.cloudFormation.event(cfn.RequestCreate, "", everything())
	event.ResponseURL = ""
	if err := w.handler.Handle(t.Context(), event); err == nil || len(w.Calls()) > 0 {
		t.Errorf("%v, %v", err, w.Calls())
	}
}

// TestBusyAnswer: an answer that S3 does not take at once is sent again; one that it refuses for good is an error, in
// which the URL does not stand.
func TestBusyAnswer(t *testing.T) {
	tests := map[string]struct {
		busy, status int
		slept        []time.Duration
		fails        bool
	}{
		"busy":    {2, http.StatusServiceUnavailable, []time.Duration{time.Second, 2 * time.Second}, false},
		"too bad": {9, http.StatusInternalServerError, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, true},
		"expired": {9, http.StatusForbidden, nil, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, home)
			w.cloudFormation.busy, w.cloudFormation.status = tc.busy, tc.status
			err := w.handler.Handle(t.Context(), w.cloudFormation.event(cfn.RequestDelete, whole, everything()))
			if (err != nil) != tc.fails {
				t.Error(err)
			}
			if diff := cmp.Diff(tc.slept, w.slept); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestURLIsNeverTold: neither in an error nor in the log, for whoever has it may answer for the resource.
func TestURLIsNeverTold(t *testing.T) {
	for name, url := range map[string]string{
		"nobody there": "http://127.0.0.1:1/bucket/key?" + secret, "no URL": "http://[broken?" + secret,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, home)
			event := w.cloudFormation.event(cfn.RequestCreate, "", everything())
			event.ResponseURL = url
			err := w.handler.Handle(t.Context(), event)
			if err == nil {
				t.Fatal("an answer that nobody heard is no error")
			}
			logged, _ := json.Marshal(w.rows)
			for _, told := range []string{err.Error(), string(logged), strings.Join(w.notes, " ")} {
				if told == "" || strings.Contains(told, "Signature") || strings.Contains(told, "/bucket/key") {
					t.Errorf("told: %s", told)
				}
			}
		})
	}
}
