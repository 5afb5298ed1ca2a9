package work_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// TestRulesByPlace: a rule for accounts, Regions, units or tags acts there and
// nowhere else, by what AWS says now and not by what the finding says.
func TestRulesByPlace(t *testing.T) {
	dev := map[string][]string{"env": {"dev", "test"}}
	tests := map[string]struct {
		place gate.Where
		tags  map[string]string
		acts  bool
	}{
		"the account":         {gate.Where{Accounts: []string{"222222222222"}}, nil, true},
		"another account":     {gate.Where{Accounts: []string{"333333333333"}}, nil, false},
		"the Region":          {gate.Where{Regions: []string{"us-*"}}, nil, true},
		"another Region":      {gate.Where{Regions: []string{"eu-*"}}, nil, false},
		"the tag":             {gate.Where{Tags: dev}, map[string]string{"env": "test"}, true},
		"another value":       {gate.Where{Tags: dev}, map[string]string{"env": "prod"}, false},
		"no tags":             {gate.Where{Tags: dev}, nil, false},
		"a unit, not in one":  {gate.Where{OUs: []string{"ou-ab12-prod"}}, nil, false},
		"tag and Region":      {gate.Where{Tags: dev, Regions: []string{"us-*"}}, map[string]string{"env": "dev"}, true},
		"tag, another Region": {gate.Where{Tags: dev, Regions: []string{"eu-*"}}, map[string]string{"env": "dev"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Where(tt.place)
			store := w.Store(t, nil)
			w.Tag(store, tt.tags)
			id := w.Report(t, enginetest.Spec(store))
			w.Start().Handled(t, w.Imported(t, id))
			if got := w.Blocked(store); got != tt.acts {
				t.Errorf("acted: %v, want %v", got, tt.acts)
			}
			if !tt.acts {
				w.Says(t, id, finding.New)
			}
		})
	}
}

// TestUnitsAreAskedAfterTags: each kind of place is looked up, whichever the
// rules name first.
func TestUnitsAreAskedAfterTags(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	w.In(t, "ou-x")
	w.Config = enginetest.Where(gate.Where{OUs: []string{"ou-x"}})
	rule := w.Config.Controls["Store.3"]
	rule.Where = append(rule.Where, gate.Where{Tags: map[string][]string{"env": {"dev"}}})
	w.Config.Controls["Store.3"] = rule
	store := w.Store(t, nil)
	w.Tag(store, map[string]string{"env": "prod"})
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(store))))
	if !w.Blocked(store) {
		t.Error("the unit matches, and nothing happened")
	}
}

// TestRuleByTagsInAnAccountWithoutTheRole: whether the rule holds cannot be
// known yet, so the finding waits, and is asked about once it can.
func TestRuleByTagsInAnAccountWithoutTheRole(t *testing.T) {
	for name, tt := range map[string]struct {
		tags   map[string]string
		acts   bool
		status string
	}{
		"the tag":       {map[string]string{"env": "dev"}, true, finding.Resolved},
		"another value": {map[string]string{"env": "prod"}, false, finding.New},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Where(gate.Where{Tags: map[string][]string{"env": {"dev"}}})
			w.Distrust(enginetest.Member)
			p := w.Start()
			store := w.Store(t, nil)
			w.Tag(store, tt.tags)
			id := w.Report(t, enginetest.Spec(store))
			p.Handled(t, w.Imported(t, id))
			if r := w.Only(t); r.Status != run.StatusDeferred || !strings.Contains(r.Reason, "not onboarded") {
				t.Fatalf("run is %s: %s", r.Status, r.Reason)
			}
			w.Trust(enginetest.Member)
			w.Clock.Move(5 * time.Minute)
			p.Handled(t, enginetest.Sweep()) // the probe, which makes the run due
			p.Handled(t, enginetest.Sweep())
			w.Says(t, id, tt.status)
			if got := w.Blocked(store); got != tt.acts {
				t.Errorf("acted: %v, want %v", got, tt.acts)
			}
		})
	}
}

// TestClickByTagsInAnAccountWithoutTheRole: who clicked is told what is missing.
func TestClickByTagsInAnAccountWithoutTheRole(t *testing.T) {
	w := enginetest.New(t)
	w.Config = enginetest.Where(gate.Where{Tags: map[string][]string{"env": {"dev"}}})
	w.Distrust(enginetest.Member)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	w.Start().Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "not onboarded", "member.yaml")
}
