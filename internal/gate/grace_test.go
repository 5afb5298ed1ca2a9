package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// graced gives others fourteen days from when the finding was first seen.
func graced(found time.Time) func(*gate.Input) {
	return func(in *gate.Input) {
		rule := in.Config.Controls["S3.8"]
		rule.After = 14
		in.Config.Controls["S3.8"] = rule
		in.Finding.FirstSeen = found
	}
}

func graceCases() map[string]verdict {
	const day = 24 * time.Hour
	waits := decided(gate.Defer, gate.InGrace, gate.Auto)
	waits.Until = now().Add(13 * day)
	waits.Detail = "found " + now().Add(-day).UTC().Format("2006-01-02 15:04 UTC") + ", 14 days"
	of := func(found time.Time, by gate.Trigger) gate.Input {
		in := input(mode(gate.Auto), graced(found))
		in.Trigger = by
		return in
	}
	acts, unknown := decided(gate.Act, gate.Allowed, gate.Auto), decided(gate.Ignore, gate.UnknownAge, gate.Auto)
	return map[string]verdict{
		"a day ago":             {of(now().Add(-day), gate.Imported), waits},
		"a moment too early":    {of(now().Add(time.Second-14*day), gate.Imported), early(waits)},
		"on the day":            {of(now().Add(-14*day), gate.Imported), acts},
		"long ago":              {of(now().Add(-300*day), gate.Imported), acts},
		"nobody says":           {of(time.Time{}, gate.Imported), unknown},
		"tomorrow":              {of(now().Add(day), gate.Imported), unknown},
		"a click":               {of(now().Add(-day), gate.Click), acts},
		"a click, nobody says":  {of(time.Time{}, gate.Click), acts},
		"an operator":           {of(now().Add(-day), gate.Operator), acts},
		"a run that has waited": {of(now().Add(-14*day), gate.Check), acts},
	}
}

// early is who waits a second more.
func early(d gate.Decision) gate.Decision {
	d.Until = now().Add(time.Second)
	d.Detail = "found " + now().Add(time.Second-14*24*time.Hour).UTC().Format("2006-01-02 15:04 UTC") + ", 14 days"
	return d
}

// TestLongestGrace: of standards that list a control the one counts that gives more time.
func TestLongestGrace(t *testing.T) {
	in := input(by(gate.Imported))
	in.Finding.FirstSeen = now().Add(-20 * 24 * time.Hour)
	in.Config.Controls = map[string]gate.Rule{
		"standard:fsbp-1.0.0": {Mode: gate.Auto, After: 14}, "standard:cis-5.0.0": {Mode: gate.Auto, After: 30},
	}
	if d := gate.Decide(in); d.Reason != gate.InGrace || !d.Until.Equal(now().Add(10*24*time.Hour)) {
		t.Errorf("%s until %s", d.Reason, d.Until)
	}
	if d := gate.Decide(in); !strings.Contains(d.WaitsFor(), "It goes on from "+d.Until.Format("2006-01-02")) {
		t.Errorf("it does not say the day: %s", d.WaitsFor())
	}
}

// TestDays: a number of days, and nothing else.
func TestDays(t *testing.T) {
	for _, text := range []string{"14", "0d", "-1d", "1.5d", "2w", "336h", "1000d", ""} {
		if _, err := gate.Parse([]byte("version: 1\ncontrols:\n  S3.8: {mode: auto, after: '" + text + "'}\n")); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	c := parse(t, "version: 1\ncontrols: {S3.8: {mode: auto, after: 14d}}\n")
	doc, err := c.JSON()
	if err != nil || !strings.Contains(string(doc), `"after":"14d"`) {
		t.Errorf("%s, %v", doc, err)
	}
	back, err := gate.FromJSON(doc)
	if err != nil || back.Controls["S3.8"].After != 14 {
		t.Errorf("%+v, %v", back.Controls, err)
	}
}
