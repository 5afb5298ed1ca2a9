package gate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// askedFor has the owner of the resource ask by its tag.
func askedFor(value string) func(*gate.Input) {
	return func(in *gate.Input) {
		in.Config.ByTag = &gate.ByTag{Tag: "keep", Controls: []string{"S3.*"}, Days: 10}
		if in.Snapshots.Tags == nil {
			in.Snapshots.Tags = map[string]string{}
		}
		in.Snapshots.Tags["keep"] = value
	}
}

// TestAskedAtMost: the days that the configuration allows, from the day on which the tag was seen, and fewer where
// the tag says so.
func TestAskedAtMost(t *testing.T) {
	in := input(mode(gate.Auto), by(gate.Imported), askedFor("S3.8"))
	d := gate.Decide(in)
	if d.Reason != gate.Excepted || d.Asked == nil || d.Until.Sub(in.Now) > 11*24*time.Hour {
		t.Fatalf("%+v", d)
	}
	day := in.Now.UTC().Truncate(24 * time.Hour)
	seen := in
	seen.Overlay = seen.Overlay.With([]gate.Given{*d.Asked})
	for name, tc := range map[string]struct {
		value   string
		now     time.Time
		verdict gate.Verdict
		until   time.Time
	}{
		"at once":           {"S3.8", in.Now, gate.Ignore, day.AddDate(0, 0, 11)},
		"the last moment":   {"S3.8", day.AddDate(0, 0, 11).Add(-time.Second), gate.Ignore, day.AddDate(0, 0, 11)},
		"too late":          {"S3.8", day.AddDate(0, 0, 11), gate.Act, time.Time{}},
		"changed, too late": {"all until=2099-01-01", day.AddDate(0, 0, 11), gate.Act, time.Time{}},
		"shorter": {
			"S3.8 until=" + day.AddDate(0, 0, 2).Format(time.DateOnly), in.Now, gate.Ignore, day.AddDate(0, 0, 3),
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := seen
			askedFor(tc.value)(&at)
			at.Now = tc.now
			if d := gate.Decide(at); d.Verdict != tc.verdict || !d.Until.Equal(tc.until) || d.Asked != nil ||
				(d.Aside != "") != (tc.verdict == gate.Act) {
				t.Errorf("%+v", d)
			}
		})
	}
	if len(seen.Overlay.Asked()) != 1 || len(seen.Overlay.Exceptions) != 0 {
		t.Error("one that a tag asks for holds without the tag")
	}
}

// TestAskedByMany: who may write tags in an account cannot fill what is kept for all.
func TestAskedByMany(t *testing.T) {
	in := input(mode(gate.Auto), by(gate.Imported), askedFor("all"))
	list := make([]gate.Given, gate.MostAsked)
	for n := range list {
		list[n] = gate.Given{
			Exception: gate.Exception{ID: fmt.Sprintf("tag-%d", n), Control: "*", Account: in.Finding.Account},
		}
	}
	in.Overlay = in.Overlay.With(list)
	if d := gate.Decide(in); d.Verdict != gate.Act || d.Aside == "" {
		t.Errorf("%+v", d)
	}
	in.Overlay = gate.Overlay{}.With(list[1:])
	if d := gate.Decide(in); d.Reason != gate.Excepted {
		t.Errorf("%+v", d)
	}
}

// TestAYearAhead: what is pushed ends within a year, as what is made by hand does.
func TestAYearAhead(t *testing.T) {
	k := known()
	k.Today = time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC)
	if err := parse(t, document).Validate(k); err != nil {
		t.Error(err)
	}
	k.Today = k.Today.AddDate(0, 0, -1)
	wantProblem(t, parse(t, document).Validate(k), "exceptions[0].expires", 16)
}
